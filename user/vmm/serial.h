/* SPDX-License-Identifier: GPL-2.0 */
/* The serial port COM1, a 16550A. */
#ifndef VMM_SERIAL_H
#define VMM_SERIAL_H

#include <stddef.h>

void serial_init(void);

/* The machine is reset. Device lock held. */
void serial_reset(void);

/* Type @len bytes. Return: how many it took. Takes the device lock. */
size_t serial_input(const void *buf, size_t len);

#endif /* VMM_SERIAL_H */

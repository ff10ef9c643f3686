/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The console: what the serial port says goes to a log and to all who are connected,
 * what these type goes to the serial port. Nobody is waited for.
 */
#ifndef VMM_CONSOLE_H
#define VMM_CONSOLE_H

#include <stdint.h>

#include "options.h"

/* Return: 0, or -1 after fail(). */
int console_open(const struct options *opts);

/* A byte of the guest. Device lock held. */
void console_output(uint8_t byte);

/* The serial port, which was full, has room again. Device lock held. */
void console_input_room(void);

/* Say what there still is to say, and leave no socket behind. */
void console_close(void);

#endif /* VMM_CONSOLE_H */

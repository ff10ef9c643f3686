/* SPDX-License-Identifier: GPL-2.0 */
/* ACPI tables: hardware-reduced, so there is little hardware behind them. */
#ifndef VMM_ACPI_H
#define VMM_ACPI_H

#include <stdint.h>

void acpi_init(unsigned int cpus);

/* Put the tables into the guest's memory. Return: where the RSDP is, or 0 after fail(). */
uint64_t acpi_load(void);

#endif /* VMM_ACPI_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where things are in the guest's address spaces. Plain numbers, as the ACPI
 * source reads them too.
 */
#ifndef VMM_LAYOUT_H
#define VMM_LAYOUT_H

/* physical memory */
#define LAYOUT_ZERO_PAGE	0x00007000
#define LAYOUT_GDT		0x00008000
#define LAYOUT_PAGE_TABLES	0x00009000	/* six pages */
#define LAYOUT_STACK		0x00010000	/* grows downwards, for the first instructions */
#define LAYOUT_SETUP_DATA	0x00011000
#define LAYOUT_CMDLINE		0x00020000
#define LAYOUT_CMDLINE_SIZE	0x00010000
#define LAYOUT_LOW_END		0x0009fc00	/* above: what a PC's firmware would have */
#define LAYOUT_ACPI		0x000e0000
#define LAYOUT_ACPI_SIZE	0x0001fff0
#define LAYOUT_RESET_VECTOR	0x000ffff0
#define LAYOUT_HIGH		0x00100000
#define LAYOUT_RAM_LOW_END	0xc0000000	/* the hole for devices reaches to 4 GiB */
#define LAYOUT_PCI_MEM		0xc0000000
#define LAYOUT_PCI_MEM_SIZE	0x20000000
#define LAYOUT_PCI_MEM_LAST	0xdfffffff
#define LAYOUT_ECAM		0xe0000000	/* of bus 0, the only one */
#define LAYOUT_ECAM_SIZE	0x00100000
#define LAYOUT_IOAPIC		0xfec00000
#define LAYOUT_LAPIC		0xfee00000
#define LAYOUT_IDENTITY_MAP	0xfffbc000	/* KVM's own, on Intel */
#define LAYOUT_TSS		0xfffbd000	/* likewise, three pages */

/* ports */
#define LAYOUT_COM1		0x3f8
#define LAYOUT_SLEEP		0x600		/* control, status, reset */
#define LAYOUT_SLEEP_SIZE	3
#define LAYOUT_RESET		0x602

/* interrupts of the I/O APIC */
#define LAYOUT_COM1_GSI		4
#define LAYOUT_BUTTON_GSI	16
#define LAYOUT_GSIS		24		/* its pins; messages come after them */

/* how the guest switches itself off and resets itself */
#define LAYOUT_S5_TYPE		5
#define LAYOUT_RESET_VALUE	1

#endif /* VMM_LAYOUT_H */

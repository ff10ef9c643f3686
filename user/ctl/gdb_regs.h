/* SPDX-License-Identifier: GPL-2.0 */
/* Registers in the form and order that gdb is told of in the target's description. */
#ifndef VMICTL_GDB_REGS_H
#define VMICTL_GDB_REGS_H

#include <stddef.h>
#include <stdint.h>

#include <linux/vmi_chr.h>

#define GDB_REGS_BYTES	640	/* all of them, and some */

/* The description, an XML document; the caller frees it. Return: NULL without memory. */
char *gdb_regs_xml(void);

/* All of a vCPU, @fpu being its FXSAVE area. Return: their bytes. */
size_t gdb_regs_get(const struct vmi_regs *regs, const uint8_t *fpu, uint8_t *to);

/* Where register @n is among all. Return: its bytes, 0 when there is no such. */
size_t gdb_regs_find(unsigned int n, size_t *at);

/*
 * Change register @n, of gdb_regs_find() bytes. Return: 0, -1 when it cannot be set; an FPU
 * register cannot.
 */
int gdb_regs_set(struct vmi_regs *regs, unsigned int n, const uint8_t *from);

#endif /* VMICTL_GDB_REGS_H */

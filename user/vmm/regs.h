/* SPDX-License-Identifier: GPL-2.0 */
/* Registers of a vCPU that is held or of the caller's own, @fd being KVM's file of it. */
#ifndef VMM_REGS_H
#define VMM_REGS_H

#include <linux/vmi_chr.h>

/* Return: 0 or a negative errno. */
int regs_get(int fd, struct vmi_regs *regs);
int regs_set(int fd, const struct vmi_regs *regs);
int regs_get_gprs(int fd, struct vmi_gprs *gprs);
int regs_set_gprs(int fd, const struct vmi_gprs *gprs);

/* The FXSAVE area, 512 bytes. */
int regs_get_fpu(int fd, void *area);

#endif /* VMM_REGS_H */

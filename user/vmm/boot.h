/* SPDX-License-Identifier: GPL-2.0 */
/* The Linux kernel as a guest: image, initial RAM disk, command line, memory map. */
#ifndef VMM_BOOT_H
#define VMM_BOOT_H

#include "options.h"
#include "vcpu.h"

/*
 * Open the files and see that the guest can be booted with them. They stay open,
 * so that each boot of the guest finds the same. Return: 0, or -1 after fail().
 */
int boot_open(const struct options *opts);

/* Put everything into the guest's memory, which is zero. Return: 0, or -1 after fail(). */
int boot_load(struct vcpu_entry *entry);

#endif /* VMM_BOOT_H */

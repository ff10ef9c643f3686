/* SPDX-License-Identifier: GPL-2.0 */
/* A kernel as it was linked: ELF, for x86-64. */
#ifndef VMM_VMLINUX_H
#define VMM_VMLINUX_H

#include <stdbool.h>

#include "image.h"

/* Whether the file begins as an ELF file does. */
bool vmlinux_is(const void *start);

/* Check the file and fill in the rest of @image. Return: 0, or -1 after fail(). */
int vmlinux_check(struct image *image);

/* Return: 0, or -1 after fail(). */
int vmlinux_load(const struct image *image);

#endif /* VMM_VMLINUX_H */

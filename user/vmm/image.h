/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The file of a Linux kernel: a bzImage, which unpacks itself in the guest and moves to
 * a random address, or the vmlinux within one (ELF), which starts at once where it was
 * linked to. Documentation/arch/x86/boot.rst; System V ABI, chapter 5.
 */
#ifndef VMM_IMAGE_H
#define VMM_IMAGE_H

#include <asm/bootparam.h>

#include "file.h"

/**
 * struct image - what is known of it
 * @file: the file
 * @header: of the boot protocol; made up for a vmlinux
 * @end: guest physical address behind all that it needs
 * @entry: guest physical address of its 64-bit entry
 */
struct image {
	struct file file;
	struct setup_header header;
	uint64_t end;
	uint64_t entry;
};

/* Open the kernel @path and check what it says of itself. Return: 0, or -1 after fail(). */
int image_open(struct image *image, const char *path);

/* Put it into the guest's memory, which is zero. Return: 0, or -1 after fail(). */
int image_load(const struct image *image);

#endif /* VMM_IMAGE_H */

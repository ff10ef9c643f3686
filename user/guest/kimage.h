/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's image: where it lies in physical and in virtual memory. It is
 * found by its own symbol table, and proved by its own page tables: those that
 * the symbol init_top_pgt names must map _text to where it was found.
 */
#ifndef VMIG_KIMAGE_H
#define VMIG_KIMAGE_H

#include "kallsyms.h"
#include "walk.h"

/**
 * struct guest_kimage - a kernel
 * @text_gpa: _text in physical memory
 * @text_va: _text in virtual memory
 * @kaslr_bytes: how far that is from where it was linked to
 * @space: the kernel's own address space
 */
struct guest_kimage {
	uint64_t text_gpa;
	uint64_t text_va;
	uint64_t kaslr_bytes;
	struct guest_space space;
};

/**
 * guest_kimage_find() - find the kernel in memory
 * @m: memory
 * @img: result
 * @ks: its symbols, with virtual addresses; to be freed when found
 *
 * Return: 0, -ENOENT where there is no Linux kernel, -ENOMEM, or an error of @m.
 */
int guest_kimage_find(struct guest_mem *m, struct guest_kimage *img, struct guest_kallsyms *ks);

#endif /* VMIG_KIMAGE_H */

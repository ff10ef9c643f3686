/* SPDX-License-Identifier: GPL-2.0 */
/* Symbols of a kernel, from a file as System.map or /proc/kallsyms. */
#ifndef VMICTL_SYMMAP_H
#define VMICTL_SYMMAP_H

#include "session.h"
#include "vec.h"

/**
 * struct symmap - what a file says
 * @syms: of struct sym, by address
 * @slide: how far the kernel is from where the file has it
 */
struct symmap {
	struct vmi_vec syms;
	uint64_t slide;
};

#define SYM_LEN	128

struct sym {
	uint64_t addr;
	char name[SYM_LEN];
};

/* Return: 0 or an exit code, after the message. */
int symmap_load(struct symmap *m, const char *path);
void symmap_free(struct symmap *m);

/*
 * The kernel may have put itself anywhere: find out by the address of its int3 handler.
 * Needs the rights to read memory and registers. Return: 0 or an exit code.
 */
int symmap_find_slide(struct symmap *m, const struct session *s);

/* Return: 0, or -1 when there is no such symbol. */
int symmap_addr(const struct symmap *m, const char *name, uint64_t *addr);

/* The symbol at or before @addr into "NAME+0xOFFSET"; or the number. */
void symmap_name(const struct symmap *m, uint64_t addr, char *buf, size_t size);

#endif /* VMICTL_SYMMAP_H */

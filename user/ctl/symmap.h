/* SPDX-License-Identifier: GPL-2.0 */
/* Symbols of a guest's kernel, out of its memory or of a file. */
#ifndef VMICTL_SYMMAP_H
#define VMICTL_SYMMAP_H

#include "session.h"
#include "vec.h"

/**
 * struct symmap - symbols
 * @syms: of struct sym, by address
 * @slide: how far the kernel is from where a file has it
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

/* The file is as System.map or /proc/kallsyms. Return: 0 or an exit code, after the message. */
int symmap_load(struct symmap *m, const char *path);

/* Those that a Linux guest has in its memory; needs the right to read. Likewise. */
int symmap_load_guest(struct symmap *m, const struct session *s);
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

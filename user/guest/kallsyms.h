/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own symbol table, as it lies compressed in the guest's memory.
 *
 * It is found by its token index: 256 ascending 16-bit offsets into a table of
 * strings that ends where the index begins. The other parts lie around it in
 * one of two orders, and addresses are kept in one of three forms:
 *
 *	to 6.3		offsets, base, count, names, markers, [order,] tokens, index
 *	from 6.4	count, names, markers, tokens, index, offsets, [base,] order
 *
 *	absolute per-CPU	an address is base - 1 - offset, or a small offset itself
 *	relative		base + offset
 *	PC-relative		place of the offset + offset (no base)
 */
#ifndef VMIG_KALLSYMS_H
#define VMIG_KALLSYMS_H

#include "mem.h"

#define GUEST_SYM_LEN		512	/* bytes of a name with its NUL */
#define GUEST_SYMS_MAX		(1U << 20)
#define GUEST_TOKENS		256

/**
 * struct guest_kallsyms - the symbols
 * @n: how many
 * @addrs: addresses; physical ones while @physical
 * @types: letters as nm has them
 * @names: offset of each name in @text
 * @text: names, each with a NUL
 * @buckets: hash of the names: number of a symbol + 1
 * @nbuckets: a power of two
 * @order: symbols by address, where the table itself is not in that order
 * @physical: addresses are GPAs, as PC-relative offsets give them
 */
struct guest_kallsyms {
	uint32_t n;
	uint64_t *addrs;
	char *types;
	uint32_t *names;
	char *text;
	uint32_t *buckets;
	uint32_t nbuckets;
	uint32_t *order;
	bool physical;
};

/**
 * guest_kallsyms_scan() - look for a token index
 * @m: memory
 * @from: first address
 * @to: end
 * @index_gpa: result
 *
 * Return: 0, -ENOENT where there is none, or an error of @m.
 */
int guest_kallsyms_scan(struct guest_mem *m, uint64_t from, uint64_t to, uint64_t *index_gpa);

/**
 * guest_kallsyms_load() - unpack the table around a token index
 * @m: memory
 * @index_gpa: token index
 * @ks: result, to be freed with guest_kallsyms_free()
 *
 * Return: 0, -EBADMSG where there is no such table after all, -ENOMEM, or an error of @m.
 */
int guest_kallsyms_load(struct guest_mem *m, uint64_t index_gpa, struct guest_kallsyms *ks);

/* Add @delta to all addresses, which are then virtual. */
void guest_kallsyms_move(struct guest_kallsyms *ks, uint64_t delta);

void guest_kallsyms_free(struct guest_kallsyms *ks);

static inline const char *guest_kallsyms_name(const struct guest_kallsyms *ks, uint32_t i)
{
	return ks->text + ks->names[i];
}

/* The first symbol of a name. Return: 0 or -ENOENT. */
int guest_kallsyms_find(const struct guest_kallsyms *ks, const char *name, uint64_t *addr);

/* The last symbol at or below an address. Return: its number, or -ENOENT. */
int64_t guest_kallsyms_at(const struct guest_kallsyms *ks, uint64_t addr);

#endif /* VMIG_KALLSYMS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Symbols of the kernel and its modules. */
#ifndef VMIG_SYMBOL_H
#define VMIG_SYMBOL_H

#include "module.h"

#define GUEST_MODULE_SYMS_MAX	(1U << 18)	/* of a module */

/**
 * struct guest_symbol_info - a symbol
 * @addr: address
 * @type: letter as nm has it
 * @name: name
 * @module: module's name, empty for the kernel itself
 */
struct guest_symbol_info {
	uint64_t addr;
	char type;
	char *name;
	char module[GUEST_MODULE_NAME_LEN];
};

/**
 * guest_symbols() - the symbols whose names match
 * @g: guest
 * @pattern: with *, ? and [] as the shell has them; NULL for all
 * @symbols: vector of struct guest_symbol_info, empty; to be freed with
 * guest_symbols_free()
 *
 * The kernel's by address, then those of each module. Return: 0 or see guest_open().
 */
int guest_symbols(struct guest *g, const char *pattern, struct vmi_vec *symbols);

void guest_symbols_free(struct vmi_vec *symbols);

/**
 * guest_symbol_at() - what lies at an address
 * @g: guest
 * @addr: address
 * @sym: result: the symbol at or before it; its name to be freed
 *
 * Return: 0, -ENOENT where it is neither in the kernel nor in a module, or see guest_open().
 */
int guest_symbol_at(struct guest *g, uint64_t addr, struct guest_symbol_info *sym);

#endif /* VMIG_SYMBOL_H */

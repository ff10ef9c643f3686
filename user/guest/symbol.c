// SPDX-License-Identifier: GPL-2.0
#include <elf.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "symbol.h"

/* struct fields - members that the symbols of modules are read from */
struct fields {
	struct guest_field kallsyms, symtab, n, strtab, typetab;
};

static const struct guest_want wants[] = {
	GUEST_WANT(fields, kallsyms, "module", "kallsyms"),
	GUEST_WANT(fields, symtab, "mod_kallsyms", "symtab"),
	GUEST_WANT(fields, n, "mod_kallsyms", "num_symtab"),
	GUEST_WANT(fields, strtab, "mod_kallsyms", "strtab"),
	GUEST_MAY_WANT(fields, typetab, "mod_kallsyms", "typetab"),
};

/* struct module_syms - the tables of a module */
struct module_syms {
	const struct guest_module *module;
	uint64_t symtab;
	uint64_t strtab;
	uint64_t typetab;
	uint64_t n;
};

static int open_module(struct guest *g, const struct fields *f, const struct guest_module *m,
		       struct module_syms *s)
{
	uint64_t at;
	int ret = guest_get(g, m->addr, &f->kallsyms, &at);

	memset(s, 0, sizeof(*s));
	s->module = m;
	if (ret || !at)
		return ret;
	ret = guest_get(g, at, &f->symtab, &s->symtab);
	if (!ret)
		ret = guest_get(g, at, &f->n, &s->n);
	if (!ret)
		ret = guest_get(g, at, &f->strtab, &s->strtab);
	if (!ret)
		ret = guest_get(g, at, &f->typetab, &s->typetab);
	return !ret && s->n > GUEST_MODULE_SYMS_MAX ? -EAGAIN : ret;
}

/* Name and all. Return: 0, or -ENOENT for an entry that the kernel does not show either. */
static int read_symbol(struct guest *g, const struct module_syms *s, uint64_t i,
		       struct guest_symbol_info *sym, char *name)
{
	Elf64_Sym elf;
	int ret = guest_read(g, s->symtab + i * sizeof(elf), &elf, sizeof(elf));

	if (ret)
		return ret;
	if (elf.st_shndx == SHN_UNDEF)
		return -ENOENT;
	sym->addr = elf.st_value;
	sym->type = '?';
	sym->name = NULL;
	snprintf(sym->module, sizeof(sym->module), "%s", s->module->name);
	if (s->typetab)
		ret = guest_read(g, s->typetab + i, &sym->type, 1);
	if (!ret)
		ret = guest_get_text(g, s->strtab + elf.st_name, name, GUEST_SYM_LEN);
	if (ret)
		return ret;
	return name[0] ? 0 : -ENOENT;
}

static int add(struct vmi_vec *symbols, const struct guest_symbol_info *sym, const char *name)
{
	struct guest_symbol_info *to = vmi_vec_add(symbols);

	if (!to)
		return -ENOMEM;
	*to = *sym;
	to->name = strdup(name);
	return to->name ? 0 : -ENOMEM;
}

static int add_module(struct guest *g, const struct module_syms *s, const char *pattern,
		      struct vmi_vec *symbols)
{
	struct guest_symbol_info sym;
	char name[GUEST_SYM_LEN];
	uint64_t i;
	int ret = 0;

	for (i = 0; !ret && i < s->n; i++) {
		ret = read_symbol(g, s, i, &sym, name);
		if (ret == -ENOENT)
			ret = 0;
		else if (!ret && (!pattern || !fnmatch(pattern, name, 0)))
			ret = add(symbols, &sym, name);
	}
	return ret;
}

static void fill(const struct guest_kallsyms *ks, uint32_t i, struct guest_symbol_info *sym)
{
	memset(sym, 0, sizeof(*sym));
	sym->addr = ks->addrs[i];
	sym->type = ks->types[i];
}

static int add_kernel(const struct guest_kallsyms *ks, const char *pattern,
		      struct vmi_vec *symbols)
{
	struct guest_symbol_info sym;
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && i < ks->n; i++) {
		if (pattern && fnmatch(pattern, guest_kallsyms_name(ks, i), 0))
			continue;
		fill(ks, i, &sym);
		ret = add(symbols, &sym, guest_kallsyms_name(ks, i));
	}
	return ret;
}

static int add_modules(struct guest *g, const struct fields *f, const char *pattern,
		       struct vmi_vec *symbols)
{
	struct vmi_vec modules = VMI_VEC_INIT(struct guest_module);
	const struct guest_module *m;
	struct module_syms s;
	int ret = guest_modules(g, &modules);

	vmi_vec_for_each(m, &modules) {
		if (!ret)
			ret = open_module(g, f, m, &s);
		if (!ret)
			ret = add_module(g, &s, pattern, symbols);
	}
	vmi_vec_free(&modules);
	return ret;
}

int guest_symbols(struct guest *g, const char *pattern, struct vmi_vec *symbols)
{
	struct fields f = { 0 };
	unsigned int tries = 0;
	int ret;

	guest_begin(g);
	ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &f);
	if (ret)
		return ret;
	do {
		guest_symbols_free(symbols);
		ret = add_kernel(&g->syms, pattern, symbols);
		if (!ret)
			ret = add_modules(g, &f, pattern, symbols);
	} while (guest_retry(g, ret, &tries));
	return ret;
}

void guest_symbols_free(struct vmi_vec *symbols)
{
	struct guest_symbol_info *sym;

	vmi_vec_for_each(sym, symbols)
		free(sym->name);
	vmi_vec_free(symbols);
}

/* The last symbol at or before an address in the module around it. */
static int find_in_module(struct guest *g, const struct guest_module *m, uint64_t addr,
			  struct guest_symbol_info *sym)
{
	char name[GUEST_SYM_LEN], best[GUEST_SYM_LEN] = "";
	struct guest_symbol_info one;
	struct fields f = { 0 };
	struct module_syms s;
	uint64_t i;
	int ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &f);

	if (!ret)
		ret = open_module(g, &f, m, &s);
	memset(sym, 0, sizeof(*sym));
	for (i = 0; !ret && i < s.n; i++) {
		ret = read_symbol(g, &s, i, &one, name);
		if (!ret && one.addr <= addr && one.addr >= m->base && one.addr >= sym->addr) {
			*sym = one;
			strcpy(best, name);
		}
		if (ret == -ENOENT)
			ret = 0;
	}
	if (ret || !best[0])
		return ret ? ret : -ENOENT;
	sym->name = strdup(best);
	return sym->name ? 0 : -ENOMEM;
}

int guest_symbol_at(struct guest *g, uint64_t addr, struct guest_symbol_info *sym)
{
	struct vmi_vec modules = VMI_VEC_INIT(struct guest_module);
	const struct guest_module *m;
	uint64_t first, last;
	int64_t i;
	int ret;

	if (!guest_kallsyms_find(&g->syms, "_text", &first) &&
	    !guest_kallsyms_find(&g->syms, "_end", &last) && addr >= first && addr < last) {
		i = guest_kallsyms_at(&g->syms, addr);
		if (i < 0)
			return -ENOENT;
		fill(&g->syms, i, sym);
		sym->name = strdup(guest_kallsyms_name(&g->syms, i));
		return sym->name ? 0 : -ENOMEM;
	}
	ret = guest_modules(g, &modules);
	if (!ret)
		ret = -ENOENT;
	vmi_vec_for_each(m, &modules) {
		if (addr < m->base || addr - m->base >= m->text_bytes)
			continue;
		ret = find_in_module(g, m, addr, sym);
		break;
	}
	vmi_vec_free(&modules);
	return ret;
}

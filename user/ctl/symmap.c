// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/symbol.h"
#include "ctl.h"
#include "symmap.h"

#define INT3		3
#define GATE_BYTES	16
#define HANDLER		"asm_exc_int3"
#define NEAR_BYTES	(1U << 20)	/* farther from it, an address belongs to no symbol */

static void add(struct symmap *m, uint64_t addr, const char *name)
{
	struct sym *sym = vmi_vec_add(&m->syms);

	if (!sym)
		exit(fail(EXIT_FAILED, "out of memory"));
	sym->addr = addr;
	snprintf(sym->name, sizeof(sym->name), "%s", name);
}

static int by_addr(const void *a, const void *b)
{
	const struct sym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

int symmap_load(struct symmap *m, const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512], name[SYM_LEN], type;
	uint64_t addr;

	*m = (struct symmap){ .syms = VMI_VEC_INIT(struct sym) };
	if (!file)
		return fail_errno(errno, "cannot open %s", path);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 " %c %127s", &addr, &type, name) == 3 && addr)
			add(m, addr, name);
	}
	fclose(file);
	if (!m->syms.n)
		return fail(EXIT_FAILED, "%s holds no symbols, as System.map or /proc/kallsyms do",
			    path);
	qsort(m->syms.data, m->syms.n, sizeof(struct sym), by_addr);
	return 0;
}

int symmap_load_guest(struct symmap *m, const struct session *s)
{
	struct vmi_vec list = VMI_VEC_INIT(struct guest_symbol_info);
	const struct guest_symbol_info *info;
	struct guest guest;
	int ret = guest_open_fd(&guest, s->fd);

	*m = (struct symmap){ .syms = VMI_VEC_INIT(struct sym) };
	if (!ret)
		ret = guest_symbols(&guest, NULL, &list);
	if (ret)
		ret = fail(EXIT_FAILED, "cannot find symbols in %s: %s", s->name, guest_error(&guest));
	vmi_vec_for_each(info, &list)
		add(m, info->addr, info->name);
	if (m->syms.n)
		qsort(m->syms.data, m->syms.n, sizeof(struct sym), by_addr);
	guest_symbols_free(&list);
	guest_close(&guest);
	return ret;
}

void symmap_free(struct symmap *m)
{
	vmi_vec_free(&m->syms);
}

int symmap_addr(const struct symmap *m, const char *name, uint64_t *addr)
{
	const struct sym *sym;

	vmi_vec_for_each(sym, &m->syms) {
		if (!strcmp(sym->name, name)) {
			*addr = sym->addr + m->slide;
			return 0;
		}
	}
	return -1;
}

int symmap_find_slide(struct symmap *m, const struct session *s)
{
	struct vmi_regs regs;
	struct vmi_view view;
	uint8_t gate[GATE_BYTES];
	uint64_t handler, there;
	size_t done;
	int ret;

	if (symmap_addr(m, HANDLER, &there))
		return 0;
	ret = vmi_vcpu_regs(s->fd, 0, &regs);
	if (ret)
		return session_fail(s, ret, "cannot read registers");
	view = vmi_regs_view(&regs);
	ret = vmi_session_read(s->fd, &view, regs.idt_base + INT3 * GATE_BYTES, gate, sizeof(gate),
			       &done);
	if (ret)
		return session_fail(s, ret, "cannot read the interrupt table");
	/* SDM volume 3 section 6.14.1 */
	handler = (uint64_t)gate[11] << 56 | (uint64_t)gate[10] << 48 | (uint64_t)gate[9] << 40 |
		  (uint64_t)gate[8] << 32 | (uint64_t)gate[7] << 24 | (uint64_t)gate[6] << 16 |
		  (uint64_t)gate[1] << 8 | gate[0];
	m->slide = handler - there;
	return 0;
}

void symmap_name(const struct symmap *m, uint64_t addr, char *buf, size_t size)
{
	const struct sym *sym, *best = NULL;

	vmi_vec_for_each(sym, &m->syms) {
		if (sym->addr + m->slide > addr)
			break;
		best = sym;
	}
	if (!best || addr - best->addr - m->slide > NEAR_BYTES)
		snprintf(buf, size, "0x%" PRIx64, addr);
	else if (addr == best->addr + m->slide)
		snprintf(buf, size, "%s", best->name);
	else
		snprintf(buf, size, "%s+0x%" PRIx64, best->name, addr - best->addr - m->slide);
}

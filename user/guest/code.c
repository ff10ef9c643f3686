// SPDX-License-Identifier: GPL-2.0
/* The kernel's code, and the tables by which it is entered. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "check.h"

#define CALLS_MAX	1024
#define GATES		256
#define EXCEPTIONS	32
#define EARLY_BYTES_MAX	16		/* of an entry of start-up */
#define PRESENT		0x80		/* in byte 5 of a gate */
#define HEAD_BYTES	16		/* of a function, that are looked at */

/* struct range - addresses from @from to before @to */
struct range {
	uint64_t from;
	uint64_t to;
};

static int find_range(struct guest *g, const char *from, const char *to, struct range *r)
{
	int ret = guest_symbol(g, from, &r->from);

	return ret ? ret : guest_symbol(g, to, &r->to);
}

static bool inside(const struct range *r, uint64_t va)
{
	return va >= r->from && va < r->to;
}

static const char *name_at(const struct guest *g, uint64_t va)
{
	int64_t i = guest_kallsyms_at(&g->syms, va);

	return i < 0 ? "nothing" : guest_kallsyms_name(&g->syms, i);
}

/* Where the next symbol begins, this one ends. */
static uint64_t end_of(const struct guest *g, uint64_t va)
{
	uint64_t step = 8;

	while (step < 8 * CALLS_MAX && g->syms.addrs[guest_kallsyms_at(&g->syms, va + step)] <= va)
		step += 8;
	return va + step;
}

static bool is_call(const char *name, const char *prefix)
{
	return name && (!strncmp(name, prefix, strlen(prefix)) || strstr(name, "sys_ni_syscall"));
}

static int check_calls(struct guest *g, const char *table, const char *prefix,
		       const struct range *text, struct vmi_vec *findings)
{
	uint64_t at, end, va, i;
	int ret = 0;

	if (guest_kallsyms_find(&g->syms, table, &at))
		return 0;
	end = end_of(g, at);
	for (i = 0; !ret && at + 8 * i < end; i++) {
		ret = guest_get_u64(g, at + 8 * i, &va);
		if (ret || !va || (inside(text, va) && is_call(guest_symbol_name(g, va), prefix)))
			continue;
		ret = guest_finding_add(findings, GUEST_FINDING_SYSCALL, at + 8 * i,
					"system call %" PRIu64 " of %s leads to 0x%" PRIx64 " (%s)",
					i, table, va,
					inside(text, va) ? name_at(g, va) : "outside the kernel");
	}
	return ret;
}

/* Exceptions that no CPU raises keep the entries of start-up, whose code is gone. */
static bool is_early(const struct guest *g, unsigned int vector, uint64_t va)
{
	uint64_t early;

	return vector < EXCEPTIONS &&
	       !guest_kallsyms_find(&g->syms, "early_idt_handler_array", &early) &&
	       va >= early && va - early < EXCEPTIONS * EARLY_BYTES_MAX;
}

static int check_gates(struct guest *g, const struct range *text, struct vmi_vec *findings)
{
	uint8_t gate[16];
	uint64_t at, va;
	unsigned int i;
	int ret = 0;

	if (guest_kallsyms_find(&g->syms, "idt_table", &at))
		return 0;
	for (i = 0; !ret && i < GATES; i++) {
		ret = guest_read(g, at + 16 * i, gate, sizeof(gate));
		if (ret || !(gate[5] & PRESENT))
			continue;
		va = gate[0] | (uint64_t)gate[1] << 8 | (uint64_t)gate[6] << 16 |
		     (uint64_t)gate[7] << 24;
		memcpy((uint8_t *)&va + 4, gate + 8, 4);
		if (!inside(text, va) && !is_early(g, i, va))
			ret = guest_finding_add(findings, GUEST_FINDING_IDT, at + 16 * i,
						"interrupt %u leads to 0x%" PRIx64
						", outside the kernel", i, va);
	}
	return ret;
}

static int check_rights(struct guest *g, const struct range *r, const char *what,
			struct vmi_vec *findings)
{
	uint64_t va = r->from, from = 0;
	struct guest_mapping map;
	int ret = 0;

	while (!ret && va < r->to) {
		int err = guest_walk(&g->mem, &g->image.space, va, &map);
		uint64_t next = err ? (va | (GUEST_PAGE_BYTES - 1)) + 1 : va + map.left_bytes;

		if (err && err != -EFAULT)
			return err == -ENXIO ? -EAGAIN : err;
		if (!err && map.writable && !from)
			from = va;
		if (from && (err || !map.writable || next >= r->to)) {
			ret = guest_finding_add(findings, GUEST_FINDING_WRITABLE, from,
						"%s can be written from 0x%" PRIx64 " on (%s)", what,
						from, name_at(g, from));
			from = 0;
		}
		va = next;
	}
	return ret;
}

/* Where a jump or call at the start of a function leads, 0 where there is none. */
static uint64_t target(uint64_t va, const uint8_t *code)
{
	static const uint8_t endbr[] = { 0xf3, 0x0f, 0x1e, 0xfa };
	size_t at = memcmp(code, endbr, sizeof(endbr)) ? 0 : sizeof(endbr);
	uint64_t to;
	int32_t rel;

	if (code[at] == 0xe8 || code[at] == 0xe9) {
		memcpy(&rel, code + at + 1, 4);
		return va + at + 5 + rel;
	}
	/* mov $address, %rax; jmp or call *%rax */
	if (at + 12 <= HEAD_BYTES && code[at] == 0x48 && code[at + 1] == 0xb8 &&
	    code[at + 10] == 0xff && (code[at + 11] | 0x30) == 0xf0) {
		memcpy(&to, code + at + 2, 8);
		return to;
	}
	return 0;
}

static int check_functions(struct guest *g, const struct range *text, const struct range *image,
			   struct vmi_vec *findings)
{
	const struct guest_kallsyms *ks = &g->syms;
	uint8_t code[HEAD_BYTES];
	uint64_t to, last = 0;
	uint32_t i;
	int ret = 0;

	for (i = 0; !ret && i < ks->n; i++) {
		if ((ks->types[i] | 0x20) != 't' || ks->addrs[i] == last ||
		    !inside(text, ks->addrs[i]) || text->to - ks->addrs[i] < sizeof(code))
			continue;
		last = ks->addrs[i];
		ret = guest_read(g, last, code, sizeof(code));
		to = ret ? 0 : target(last, code);
		if (to && !inside(image, to))
			ret = guest_finding_add(findings, GUEST_FINDING_HOOK, last,
						"%s begins with a jump to 0x%" PRIx64
						", outside the kernel", guest_kallsyms_name(ks, i), to);
	}
	return ret;
}

int guest_check_code(struct guest *g, struct vmi_vec *findings)
{
	struct range text, constants, image;
	int ret = find_range(g, "_stext", "_etext", &text);

	if (!ret)
		ret = find_range(g, "__start_rodata", "__end_rodata", &constants);
	if (!ret)
		ret = find_range(g, "_text", "_end", &image);
	if (!ret)
		ret = check_calls(g, "sys_call_table", "__x64_", &text, findings);
	if (!ret)
		ret = check_calls(g, "ia32_sys_call_table", "__ia32_", &text, findings);
	if (!ret)
		ret = check_gates(g, &text, findings);
	if (!ret)
		ret = check_rights(g, &text, "kernel code", findings);
	if (!ret)
		ret = check_rights(g, &constants, "a kernel constant", findings);
	return ret ? ret : check_functions(g, &text, &image, findings);
}

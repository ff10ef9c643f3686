// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "json.h"
#include "regname.h"

#define PER_LINE	4

/**
 * struct regname - a register
 * @name: of it
 * @at: where it is in struct vmi_regs
 * @bytes: that it has there
 */
struct regname {
	const char *name;
	size_t at;
	size_t bytes;
};

#define FIELD(name, field) \
	{ name, offsetof(struct vmi_regs, field), sizeof(((struct vmi_regs *)0)->field) }

/* those of struct vmi_gprs first */
#define GPRS	18

static const struct regname names[] = {
	FIELD("rax", gprs.gpr[0]), FIELD("rbx", gprs.gpr[3]), FIELD("rcx", gprs.gpr[1]),
	FIELD("rdx", gprs.gpr[2]), FIELD("rsi", gprs.gpr[6]), FIELD("rdi", gprs.gpr[7]),
	FIELD("rbp", gprs.gpr[5]), FIELD("rsp", gprs.gpr[4]), FIELD("r8", gprs.gpr[8]),
	FIELD("r9", gprs.gpr[9]), FIELD("r10", gprs.gpr[10]), FIELD("r11", gprs.gpr[11]),
	FIELD("r12", gprs.gpr[12]), FIELD("r13", gprs.gpr[13]), FIELD("r14", gprs.gpr[14]),
	FIELD("r15", gprs.gpr[15]), FIELD("rip", gprs.rip), FIELD("rflags", gprs.rflags),
	FIELD("cs", seg[1].selector), FIELD("ss", seg[2].selector), FIELD("ds", seg[3].selector),
	FIELD("es", seg[0].selector), FIELD("fs", seg[4].selector), FIELD("gs", seg[5].selector),
	FIELD("fs_base", seg[4].base), FIELD("gs_base", seg[5].base),
	FIELD("k_gs_base", kernel_gs_base), FIELD("tr", seg[7].selector),
	FIELD("tr_base", seg[7].base), FIELD("ldtr", seg[6].selector),
	FIELD("gdt_base", gdt_base), FIELD("gdt_limit", gdt_limit), FIELD("idt_base", idt_base),
	FIELD("idt_limit", idt_limit), FIELD("cr0", cr0), FIELD("cr2", cr2), FIELD("cr3", cr3),
	FIELD("cr4", cr4), FIELD("cr8", cr8), FIELD("efer", efer), FIELD("apic_base", apic_base),
	FIELD("dr0", dr[0]), FIELD("dr1", dr[1]), FIELD("dr2", dr[2]), FIELD("dr3", dr[3]),
	FIELD("dr6", dr[6]), FIELD("dr7", dr[7]),
};

#define NAMES	(sizeof(names) / sizeof(names[0]))

/* the machine is little-endian, as are the registers */
static uint64_t get(const void *regs, const struct regname *r)
{
	uint64_t val = 0;

	memcpy(&val, (const char *)regs + r->at, r->bytes);
	return val;
}

void regs_print(const struct vmi_regs *regs)
{
	size_t i;

	for (i = 0; i < NAMES; i++)
		printf("%-9s %0*" PRIx64 "%s", names[i].name, 2 * (int)names[i].bytes,
		       get(regs, &names[i]),
		       i % PER_LINE == PER_LINE - 1 || i == NAMES - 1 ? "\n" :
		       names[i].bytes == 8 ? "  " : names[i].bytes == 4 ? "          " :
		       "              ");
}

static void put(struct json_object *to, const void *from, size_t n)
{
	struct json_object *obj = json_object_new_object();
	size_t i;

	for (i = 0; i < n; i++)
		json_put_number(obj, names[i].name, get(from, &names[i]));
	json_object_object_add(to, "registers", obj);
}

void regs_to_json(struct json_object *to, const struct vmi_regs *regs)
{
	put(to, regs, NAMES);
}

void gprs_to_json(struct json_object *to, const struct vmi_gprs *gprs)
{
	_Static_assert(!offsetof(struct vmi_regs, gprs), "the same offsets");
	put(to, gprs, GPRS);
}

int regs_set(struct vmi_regs *regs, const char *name, size_t len, uint64_t val)
{
	size_t i;

	for (i = 0; i < NAMES; i++) {
		if (strlen(names[i].name) != len || memcmp(names[i].name, name, len))
			continue;
		if (names[i].bytes < 8 && val >> (8 * names[i].bytes))
			return -1;
		memcpy((char *)regs + names[i].at, &val, names[i].bytes);
		return 0;
	}
	return -1;
}

void gprs_print_line(const struct vmi_gprs *g)
{
	printf("rip=%" PRIx64 " rsp=%" PRIx64 " rax=%" PRIx64 " rdi=%" PRIx64 " rsi=%" PRIx64
	       " rdx=%" PRIx64 " rcx=%" PRIx64 " r8=%" PRIx64 " r9=%" PRIx64 "\n",
	       (uint64_t)g->rip, (uint64_t)g->gpr[4], (uint64_t)g->gpr[0], (uint64_t)g->gpr[7],
	       (uint64_t)g->gpr[6], (uint64_t)g->gpr[2], (uint64_t)g->gpr[1], (uint64_t)g->gpr[8],
	       (uint64_t)g->gpr[9]);
}

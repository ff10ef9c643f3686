// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gdb_regs.h"

#define FXSAVE_CW	0
#define FXSAVE_SW	2
#define FXSAVE_TW	4
#define FXSAVE_OP	6
#define FXSAVE_IP	8
#define FXSAVE_DP	16
#define FXSAVE_MXCSR	24
#define FXSAVE_ST	32
#define FXSAVE_XMM	160

enum from { REGS, FPU, TAGS };

/**
 * struct reg - a register for gdb
 * @feature: name of a feature that begins with this one, or NULL
 * @name: gdb's
 * @type: gdb's
 * @bytes: for gdb
 * @from: struct vmi_regs, the FXSAVE area, or the tag word made of it
 * @at: where it is there
 * @have: bytes that it has there
 */
struct reg {
	const char *feature;
	const char *name;
	const char *type;
	size_t bytes;
	enum from from;
	size_t at;
	size_t have;
};

#define OF(field)	REGS, offsetof(struct vmi_regs, field), \
			sizeof(((struct vmi_regs *)0)->field)
#define GPR(name, i)	{ NULL, name, "int64", 8, OF(gprs.gpr[i]) }
#define SEG(name, i)	{ NULL, name, "int32", 4, OF(seg[i].selector) }
#define ST(name, i)	{ NULL, name, "i387_ext", 10, FPU, FXSAVE_ST + 16 * (i), 10 }
#define CTL(name, at, n)	{ NULL, name, "int", 4, FPU, at, n }
#define XMM(name, i)	{ NULL, name, "vec128", 16, FPU, FXSAVE_XMM + 16 * (i), 16 }
#define SYS(name, field)	{ NULL, name, "int64", 8, OF(field) }

static const struct reg table[] = {
	{ "org.gnu.gdb.i386.core", "rax", "int64", 8, OF(gprs.gpr[0]) },
	GPR("rbx", 3), GPR("rcx", 1), GPR("rdx", 2), GPR("rsi", 6), GPR("rdi", 7),
	{ NULL, "rbp", "data_ptr", 8, OF(gprs.gpr[5]) },
	{ NULL, "rsp", "data_ptr", 8, OF(gprs.gpr[4]) },
	GPR("r8", 8), GPR("r9", 9), GPR("r10", 10), GPR("r11", 11), GPR("r12", 12),
	GPR("r13", 13), GPR("r14", 14), GPR("r15", 15),
	{ NULL, "rip", "code_ptr", 8, OF(gprs.rip) },
	{ NULL, "eflags", "x86_flags", 4, REGS, offsetof(struct vmi_regs, gprs.rflags), 4 },
	SEG("cs", 1), SEG("ss", 2), SEG("ds", 3), SEG("es", 0), SEG("fs", 4), SEG("gs", 5),
	ST("st0", 0), ST("st1", 1), ST("st2", 2), ST("st3", 3), ST("st4", 4), ST("st5", 5),
	ST("st6", 6), ST("st7", 7),
	CTL("fctrl", FXSAVE_CW, 2), CTL("fstat", FXSAVE_SW, 2),
	{ NULL, "ftag", "int", 4, TAGS, FXSAVE_TW, 1 },
	CTL("fiseg", FXSAVE_IP + 4, 2), CTL("fioff", FXSAVE_IP, 4),
	CTL("foseg", FXSAVE_DP + 4, 2), CTL("fooff", FXSAVE_DP, 4), CTL("fop", FXSAVE_OP, 2),
	{ "org.gnu.gdb.i386.sse", "xmm0", "vec128", 16, FPU, FXSAVE_XMM, 16 },
	XMM("xmm1", 1), XMM("xmm2", 2), XMM("xmm3", 3), XMM("xmm4", 4), XMM("xmm5", 5),
	XMM("xmm6", 6), XMM("xmm7", 7), XMM("xmm8", 8), XMM("xmm9", 9), XMM("xmm10", 10),
	XMM("xmm11", 11), XMM("xmm12", 12), XMM("xmm13", 13), XMM("xmm14", 14),
	XMM("xmm15", 15), CTL("mxcsr", FXSAVE_MXCSR, 4),
	{ "org.gnu.gdb.i386.segments", "fs_base", "int64", 8, OF(seg[4].base) },
	SYS("gs_base", seg[5].base),
	/* gdb knows no standard name for these: it shows them as they are described */
	{ "vmi.system", "k_gs_base", "int64", 8, OF(kernel_gs_base) },
	SYS("cr0", cr0), SYS("cr2", cr2), SYS("cr3", cr3), SYS("cr4", cr4), SYS("cr8", cr8),
	SYS("efer", efer),
};

#define REGS_N	(sizeof(table) / sizeof(table[0]))

static const char types[] =
	"<flags id=\"x86_flags\" size=\"4\">"
	"<field name=\"CF\" start=\"0\" end=\"0\"/><field name=\"\" start=\"1\" end=\"1\"/>"
	"<field name=\"PF\" start=\"2\" end=\"2\"/><field name=\"AF\" start=\"4\" end=\"4\"/>"
	"<field name=\"ZF\" start=\"6\" end=\"6\"/><field name=\"SF\" start=\"7\" end=\"7\"/>"
	"<field name=\"TF\" start=\"8\" end=\"8\"/><field name=\"IF\" start=\"9\" end=\"9\"/>"
	"<field name=\"DF\" start=\"10\" end=\"10\"/><field name=\"OF\" start=\"11\" end=\"11\"/>"
	"<field name=\"NT\" start=\"14\" end=\"14\"/><field name=\"RF\" start=\"16\" end=\"16\"/>"
	"<field name=\"AC\" start=\"18\" end=\"18\"/></flags>";

static const char vectors[] =
	"<vector id=\"v4f\" type=\"ieee_single\" count=\"4\"/>"
	"<vector id=\"v2d\" type=\"ieee_double\" count=\"2\"/>"
	"<vector id=\"v16b\" type=\"int8\" count=\"16\"/>"
	"<vector id=\"v8w\" type=\"int16\" count=\"8\"/>"
	"<vector id=\"v4l\" type=\"int32\" count=\"4\"/>"
	"<vector id=\"v2q\" type=\"int64\" count=\"2\"/>"
	"<union id=\"vec128\"><field name=\"v4_float\" type=\"v4f\"/>"
	"<field name=\"v2_double\" type=\"v2d\"/><field name=\"v16_int8\" type=\"v16b\"/>"
	"<field name=\"v8_int16\" type=\"v8w\"/><field name=\"v4_int32\" type=\"v4l\"/>"
	"<field name=\"v2_int64\" type=\"v2q\"/><field name=\"uint128\" type=\"uint128\"/></union>";

char *gdb_regs_xml(void)
{
	char *text = NULL;
	size_t len, i;
	FILE *f = open_memstream(&text, &len);

	if (!f)
		return NULL;
	fputs("<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\"><target>"
	      "<architecture>i386:x86-64</architecture>", f);
	for (i = 0; i < REGS_N; i++) {
		if (table[i].feature)
			fprintf(f, "%s<feature name=\"%s\">%s", i ? "</feature>" : "", table[i].feature,
				!i ? types : strcmp(table[i].type, "vec128") ? "" : vectors);
		fprintf(f, "<reg name=\"%s\" bitsize=\"%zu\" type=\"%s\"%s/>", table[i].name,
			8 * table[i].bytes, table[i].type,
			strcmp(table[i].type, "int") ? "" : " group=\"float\"");
	}
	fputs("</feature></target>", f);
	return fclose(f) ? NULL : text;
}

/* Two bits a register, as the FPU itself has it: valid or empty is all that is known. */
static uint16_t tags(uint8_t valid)
{
	uint16_t word = 0;
	unsigned int i;

	for (i = 0; i < 8; i++)
		if (!(valid >> i & 1))
			word |= (uint16_t)(3 << (2 * i));
	return word;
}

size_t gdb_regs_get(const struct vmi_regs *regs, const uint8_t *fpu, uint8_t *to)
{
	size_t i, at = 0;

	for (i = 0; i < REGS_N; i++) {
		const struct reg *r = &table[i];
		const uint8_t *from = r->from == REGS ? (const uint8_t *)regs : fpu;
		uint16_t word;

		memset(to + at, 0, r->bytes);
		if (r->from == TAGS) {
			word = tags(from[r->at]);
			memcpy(to + at, &word, sizeof(word));
		} else {
			memcpy(to + at, from + r->at, r->have);
		}
		at += r->bytes;
	}
	return at;
}

size_t gdb_regs_find(unsigned int n, size_t *at)
{
	unsigned int i;

	if (n >= REGS_N)
		return 0;
	*at = 0;
	for (i = 0; i < n; i++)
		*at += table[i].bytes;
	return table[n].bytes;
}

int gdb_regs_set(struct vmi_regs *regs, unsigned int n, const uint8_t *from)
{
	const struct reg *r = &table[n];

	if (r->from != REGS)
		return -1;
	memcpy((uint8_t *)regs + r->at, from, r->have);
	return 0;
}

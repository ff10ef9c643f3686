// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

#define LOOKS	3

const char *guest_finding_word(uint32_t kind)
{
	static const char *const words[] = {
		"syscall", "idt", "writable", "hook", "module", "process",
	};

	return kind < sizeof(words) / sizeof(words[0]) ? words[kind] : "unknown";
}

static bool has(const struct vmi_vec *findings, uint32_t kind, uint64_t addr)
{
	const struct guest_finding *f;

	vmi_vec_for_each(f, findings)
		if (f->kind == kind && f->addr == addr)
			return true;
	return false;
}

int guest_finding_add(struct vmi_vec *findings, uint32_t kind, uint64_t addr, const char *fmt, ...)
{
	struct guest_finding *f;
	va_list ap;

	if (has(findings, kind, addr))
		return 0;
	if (findings->n >= GUEST_FINDINGS_MAX)
		return -E2BIG;
	f = vmi_vec_add(findings);
	if (!f)
		return -ENOMEM;
	f->kind = kind;
	f->addr = addr;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
	return 0;
}

static int look(struct guest *g, struct vmi_vec *findings)
{
	unsigned int tries = 0;
	int ret;

	guest_begin(g);
	do {
		vmi_vec_free(findings);
		ret = guest_check_code(g, findings);
		if (!ret)
			ret = guest_check_hidden(g, findings);
		/* there is more of it, but enough was seen */
		if (ret == -E2BIG)
			ret = 0;
	} while (guest_retry(g, ret, &tries));
	return ret;
}

/* Keep what both have. */
static void meet(struct vmi_vec *findings, const struct vmi_vec *again)
{
	struct guest_finding *f, *to = findings->data;

	vmi_vec_for_each(f, findings) {
		if (!has(again, f->kind, f->addr))
			continue;
		if (to != f)
			*to = *f;
		to++;
	}
	if (findings->data)
		findings->n = to - (struct guest_finding *)findings->data;
}

int guest_check(struct guest *g, struct vmi_vec *findings)
{
	struct vmi_vec again = VMI_VEC_INIT(struct guest_finding);
	unsigned int i;
	int ret = look(g, findings);

	for (i = 1; !ret && findings->n && i < LOOKS; i++) {
		ret = look(g, &again);
		if (!ret)
			meet(findings, &again);
	}
	vmi_vec_free(&again);
	return ret;
}

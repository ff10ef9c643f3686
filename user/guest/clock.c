// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "clock.h"

struct fields {
	struct guest_field timekeeper, offs_real, offs_boot;
};

static const struct guest_want wants[] = {
	GUEST_MAY_WANT(fields, timekeeper, "tk_data", "timekeeper"),
	GUEST_MAY_WANT(fields, offs_real, "timekeeper", "offs_real"),
	GUEST_MAY_WANT(fields, offs_boot, "timekeeper", "offs_boot"),
};

int guest_clock(struct guest *g, struct guest_clock *clock)
{
	uint64_t at, real, boot;
	struct fields f = { 0 };
	int ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &f);

	if (ret || !f.offs_real.there || !f.offs_boot.there)
		return -ENODATA;
	/* before 6.13 the structure around it has no name, but there is a copy */
	if (f.timekeeper.there) {
		if (guest_kallsyms_find(&g->syms, "timekeeper_data", &at) &&
		    guest_kallsyms_find(&g->syms, "tk_core", &at))
			return -ENODATA;
		at += f.timekeeper.offset;
	} else if (guest_kallsyms_find(&g->syms, "shadow_timekeeper", &at)) {
		return -ENODATA;
	}
	ret = guest_get(g, at, &f.offs_real, &real);
	if (!ret)
		ret = guest_get(g, at, &f.offs_boot, &boot);
	clock->boot_to_real_ns = ret ? 0 : (int64_t)(real - boot);
	return ret;
}

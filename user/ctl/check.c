// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "../guest/check.h"
#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"
#include "view.h"

static void print_table(const struct vmi_vec *findings)
{
	struct table t = TABLE_INIT("KIND", "ADDRESS", "FOUND");
	const struct guest_finding *f;

	vmi_vec_for_each(f, findings) {
		char addr[FMT_LEN];

		snprintf(addr, sizeof(addr), "0x%016" PRIx64, f->addr);
		table_row(&t, guest_finding_word(f->kind), addr, f->text);
	}
	table_print(&t);
}

static void print_json(const struct vmi_vec *findings)
{
	struct json_object *list = json_object_new_array();
	const struct guest_finding *f;

	vmi_vec_for_each(f, findings) {
		struct json_object *obj = json_object_new_object();
		char addr[FMT_LEN];

		snprintf(addr, sizeof(addr), "0x%016" PRIx64, f->addr);
		json_put_text(obj, "kind", guest_finding_word(f->kind));
		json_put_text(obj, "address", addr);
		json_put_text(obj, "text", f->text);
		json_object_array_add(list, obj);
	}
	json_print(list);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec findings = VMI_VEC_INIT(struct guest_finding);
	const char *image = NULL;
	const struct opt opts[] = {
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, 1);
	struct view v;
	int ret = view_open(&v, verb, image, &argc, &args, 0);

	if (ret)
		return ret;
	ret = guest_check(&v.guest, &findings);
	if (!ret && ctl.json)
		print_json(&findings);
	else if (!ret && findings.n)
		print_table(&findings);
	else if (!ret)
		say("%s: nothing found", v.name);
	ret = ret ? view_fail(&v, ret) : findings.n ? EXIT_FAILED : EXIT_OK;
	vmi_vec_free(&findings);
	view_close(&v);
	return ret;
}

const struct verb verb_check = {
	.name = "check",
	.args = "NAME",
	.summary = "Look for signs of a rootkit in a Linux guest, from outside",
	.help = "System calls and interrupts that lead elsewhere, code that can be written, functions\n"
		"that begin with a jump out of the kernel, and modules and processes that are missing\n"
		"in the lists that show them. Exit status 1 where something is found.",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "../guest/module.h"
#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"
#include "view.h"

static const char *state_word(uint32_t state)
{
	static const char *const words[] = { "live", "loading", "unloading", "unformed" };

	return state < sizeof(words) / sizeof(words[0]) ? words[state] : "unknown";
}

static void print_table(const struct vmi_vec *modules)
{
	struct table t = TABLE_INIT("NAME", ">SIZE", ">REFS", "STATE", "ADDRESS", "TAINTS",
				    "USED BY");
	const struct guest_module *m;

	vmi_vec_for_each(m, modules) {
		char size[FMT_LEN], refs[FMT_LEN], base[FMT_LEN], taints[GUEST_TAINTS_LEN];

		snprintf(size, sizeof(size), "%" PRIu64, m->size_bytes);
		snprintf(refs, sizeof(refs), "%" PRId32, m->refs);
		snprintf(base, sizeof(base), "0x%016" PRIx64, m->base);
		table_row(&t, m->name, size, refs, state_word(m->state), base,
			  guest_module_taints(m->taints, taints), m->users);
	}
	table_print(&t);
}

static void print_json(const struct vmi_vec *modules)
{
	struct json_object *list = json_object_new_array();
	const struct guest_module *m;

	vmi_vec_for_each(m, modules) {
		struct json_object *obj = json_object_new_object();
		char base[FMT_LEN], taints[GUEST_TAINTS_LEN];

		snprintf(base, sizeof(base), "0x%016" PRIx64, m->base);
		json_put_text(obj, "name", m->name);
		json_put_number(obj, "size-bytes", m->size_bytes);
		json_object_object_add(obj, "refs", json_object_new_int64(m->refs));
		json_put_text(obj, "state", state_word(m->state));
		json_put_text(obj, "address", base);
		json_put_text(obj, "taints", guest_module_taints(m->taints, taints));
		json_put_text(obj, "used-by", m->users);
		json_object_array_add(list, obj);
	}
	json_print(list);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec modules = VMI_VEC_INIT(struct guest_module);
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
	ret = guest_modules(&v.guest, &modules);
	if (!ret && ctl.json)
		print_json(&modules);
	else if (!ret)
		print_table(&modules);
	ret = view_fail(&v, ret);
	vmi_vec_free(&modules);
	view_close(&v);
	return ret;
}

const struct verb verb_modules = {
	.name = "modules",
	.args = "NAME",
	.summary = "List a Linux guest's loaded modules, from outside",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "../guest/mount.h"
#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"
#include "view.h"

static void print_table(const struct vmi_vec *mounts)
{
	struct table t = TABLE_INIT("POINT", "TYPE", "SOURCE", "ROOT", "OPTIONS", ">ID",
				    ">PARENT", "DEVICE");
	const struct guest_mount *m;

	vmi_vec_for_each(m, mounts) {
		char flags[GUEST_MOUNT_FLAGS_LEN], id[FMT_LEN], parent[FMT_LEN], dev[FMT_LEN];

		snprintf(id, sizeof(id), "%" PRIu32, m->id);
		snprintf(parent, sizeof(parent), "%" PRIu32, m->parent);
		snprintf(dev, sizeof(dev), "%" PRIu32 ":%" PRIu32, m->major, m->minor);
		table_row(&t, m->point, m->type, m->source, m->root, guest_mount_flags(m, flags),
			  id, parent, dev);
	}
	table_print(&t);
}

static void print_json(const struct vmi_vec *mounts)
{
	struct json_object *list = json_object_new_array();
	const struct guest_mount *m;

	vmi_vec_for_each(m, mounts) {
		struct json_object *obj = json_object_new_object();
		char flags[GUEST_MOUNT_FLAGS_LEN], dev[FMT_LEN];

		snprintf(dev, sizeof(dev), "%" PRIu32 ":%" PRIu32, m->major, m->minor);
		json_put_number(obj, "id", m->id);
		json_put_number(obj, "parent", m->parent);
		json_put_text(obj, "device", dev);
		json_put_text(obj, "root", m->root);
		json_put_text(obj, "point", m->point);
		json_put_text(obj, "options", guest_mount_flags(m, flags));
		json_put_text(obj, "type", m->type);
		json_put_text(obj, "source", m->source);
		json_object_array_add(list, obj);
	}
	json_print(list);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec mounts = VMI_VEC_INIT(struct guest_mount);
	const char *image = NULL;
	uint32_t pid = 1;
	const struct opt opts[] = {
		{ "pid", 0, "PID", set_u32, &pid,
		  "process in whose namespace to look (default: 1)" },
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, 1);
	struct view v;
	int ret = view_open(&v, verb, image, &argc, &args, 0);

	if (ret)
		return ret;
	ret = guest_mounts(&v.guest, (int32_t)pid, &mounts);
	if (!ret && ctl.json)
		print_json(&mounts);
	else if (!ret)
		print_table(&mounts);
	ret = view_fail(&v, ret);
	guest_mounts_free(&mounts);
	view_close(&v);
	return ret;
}

const struct verb verb_mounts = {
	.name = "mounts",
	.args = "NAME",
	.summary = "List what a Linux guest has mounted, from outside",
	.run = run,
};

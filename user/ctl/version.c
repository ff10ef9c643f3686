// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "json.h"
#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	struct json_object *obj;
	uint32_t family = 0;
	struct vmi_nl *nl;
	int ret;

	opts_parse(verb, NULL, &argc, argv, 0, 0);
	ret = vmi_nl_open(&nl);
	if (!ret) {
		family = vmi_nl_version(nl);
		vmi_nl_close(nl);
	} else if (ret != -EPROTONOSUPPORT) {
		return fail_errno(ret, "cannot reach the kernel");
	}
	if (ctl.json) {
		obj = json_object_new_object();
		json_put_text(obj, "vmictl", VMICTL_VERSION);
		json_put_bool(obj, "module", !ret);
		if (!ret)
			json_put_number(obj, "family", family);
		json_print(obj);
		return 0;
	}
	puts("vmictl " VMICTL_VERSION);
	if (ret)
		puts("module not loaded");
	else
		printf("module loaded, family version %u\n", family);
	return 0;
}

const struct verb verb_version = {
	.name = "version",
	.args = "",
	.summary = "Print the versions of vmictl and of the module",
	.run = run,
};

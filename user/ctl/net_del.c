// SPDX-License-Identifier: GPL-2.0
#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	char **names = opts_parse(verb, NULL, &argc, argv, 1, -1);
	struct vmi_nl *nl;
	int i, ret, code;

	for (i = 0; i < argc; i++)
		if (check_name(names[i]))
			return EXIT_USAGE;
	code = ctl_open(&nl);
	if (code)
		return code;
	for (i = 0; i < argc; i++) {
		ret = vmi_net_del(nl, names[i]);
		if (!ret) {
			say("network %s is deleted", names[i]);
			continue;
		}
		ret = fail_nl(nl, ret, "cannot delete network %s", names[i]);
		if (!code)
			code = ret;
	}
	vmi_nl_close(nl);
	return code;
}

const struct verb verb_net_del = {
	.name = "net del",
	.args = "NAME...",
	.summary = "Delete networks that have no ports",
	.run = run,
};

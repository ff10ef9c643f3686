// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "portref.h"
#include "verbs.h"

int link_parse(const char *word)
{
	if (!strcmp(word, "up"))
		return 1;
	return strcmp(word, "down") ? -1 : 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	char **args = opts_parse(verb, NULL, &argc, argv, 3, 3);
	int up = link_parse(args[2]);
	struct port_ref ref = { 0 };
	struct vmi_nl *nl;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if (set_u32(args[1], &ref.index))
		return usage(verb, "link: '%s' is not the index of a port", args[1]);
	if (up < 0)
		return usage(verb, "link: '%s' is neither up nor down", args[2]);
	snprintf(ref.vm, sizeof(ref.vm), "%s", args[0]);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = portref_find(nl, &ref);
	if (ret)
		goto out;
	ret = vmi_port_set_link(nl, ref.id, up);
	if (ret)
		ret = fail_nl(nl, ret, "cannot change port %u of %s", ref.index, ref.vm);
	else
		say("link %u of %s is %s", ref.index, ref.vm, args[2]);
out:
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_link = {
	.name = "link",
	.args = "NAME INDEX up|down",
	.summary = "Plug or unplug the cable of a VM's port",
	.run = run,
};

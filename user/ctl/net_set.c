// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/vmi.h>

#include "netopts.h"
#include "verbs.h"

/* flags are set as a whole: begin with those that stand */
static int change_isolated(struct vmi_nl *nl, struct vmi_net_spec *spec, bool isolated)
{
	const uint32_t bit = 1U << VMI_NET_FLAG_ISOLATED;
	struct vmi_net now;
	int ret;

	ret = vmi_net_get(nl, spec->net.name, &now);
	if (ret)
		return ret;
	spec->net.flags = isolated ? now.flags | bit : now.flags & ~bit;
	spec->has |= VMI_HAS(VMI_A_NET_FLAGS);
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_net_spec spec = { 0 };
	bool isolated = false, no_isolated = false;
	const struct opt opts[] = {
		{ "range", 'r', "A-B", netopt_range, &spec, "addresses leased from now on" },
		{ "lease", 'l', "S", netopt_lease, &spec, "lease time in seconds" },
		{ "ageing", 0, "S", netopt_ageing, &spec, "life of a forwarding entry" },
		{ "isolated", 0, NULL, NULL, &isolated, "guests reach the host only" },
		{ "no-isolated", 0, NULL, NULL, &no_isolated, "guests reach one another" },
		{ "guard", 0, "LIST", netopt_guard, &spec, "checks of what guests send, as mac,ip or -arp,+nd" },
		{ "storm-limit", 0, "N", netopt_storm, &spec, "broadcasts a second of a port" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct vmi_nl *nl;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if (isolated && no_isolated)
		return usage(verb, "net set: an option and its opposite");
	if (!spec.has && !isolated && !no_isolated)
		return usage(verb, "net set: nothing to set");
	strcpy(spec.net.name, args[0]);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = isolated || no_isolated ? change_isolated(nl, &spec, isolated) : 0;
	if (!ret)
		ret = vmi_net_set(nl, &spec);
	if (ret)
		ret = fail_nl(nl, ret, "cannot change network %s", spec.net.name);
	else
		say("network %s is changed", spec.net.name);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_net_set = {
	.name = "net set",
	.args = "NAME",
	.summary = "Change a network while it is in use",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/vmi.h>

#include "netopts.h"
#include "verbs.h"

/**
 * struct flags - changes of the network's flags
 * @host: let the host in
 * @no_host: keep it out
 * @isolated: guests reach the host only
 * @no_isolated: guests reach one another
 */
struct flags {
	bool host;
	bool no_host;
	bool isolated;
	bool no_isolated;
};

/* flags are set as a whole: begin with those that stand */
static int change_flags(struct vmi_nl *nl, struct vmi_net_spec *spec, const struct flags *f)
{
	const uint32_t no_host = 1U << VMI_NET_FLAG_NO_HOST;
	const uint32_t isolated = 1U << VMI_NET_FLAG_ISOLATED;
	struct vmi_net now;
	int ret;

	if (!f->host && !f->no_host && !f->isolated && !f->no_isolated)
		return 0;
	ret = vmi_net_get(nl, spec->net.name, &now);
	if (ret)
		return ret;
	spec->net.flags = now.flags;
	if (f->host)
		spec->net.flags &= ~no_host;
	if (f->no_host)
		spec->net.flags |= no_host;
	if (f->no_isolated)
		spec->net.flags &= ~isolated;
	if (f->isolated)
		spec->net.flags |= isolated;
	spec->has |= VMI_HAS(VMI_A_NET_FLAGS);
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_net_spec spec = { 0 };
	struct flags f = { 0 };
	const struct opt opts[] = {
		{ "range", 'r', "A-B", netopt_range, &spec, "addresses leased from now on" },
		{ "lease", 'l', "S", netopt_lease, &spec, "lease time in seconds" },
		{ "ageing", 0, "S", netopt_ageing, &spec, "life of a forwarding entry" },
		{ "host", 0, NULL, NULL, &f.host, "the host is part of the network" },
		{ "no-host", 0, NULL, NULL, &f.no_host, "it is not" },
		{ "isolated", 0, NULL, NULL, &f.isolated, "guests reach the host only" },
		{ "no-isolated", 0, NULL, NULL, &f.no_isolated, "guests reach one another" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct vmi_nl *nl;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if ((f.host && f.no_host) || (f.isolated && f.no_isolated))
		return usage(verb, "net set: an option and its opposite");
	strcpy(spec.net.name, args[0]);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = change_flags(nl, &spec, &f);
	if (!ret && !spec.has)
		ret = usage(verb, "net set: nothing to set");
	else if (!ret)
		ret = vmi_net_set(nl, &spec);
	if (ret < 0)
		ret = fail_nl(nl, ret, "cannot change network %s", spec.net.name);
	else if (!ret)
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

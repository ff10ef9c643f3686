// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/vmi.h>

#include "netopts.h"
#include "verbs.h"

/**
 * struct change - of flags
 * @set: bits to set
 * @clear: bits to clear
 */
struct change {
	uint32_t set;
	uint32_t clear;
};

/* flags are set as a whole: begin with those that stand */
static int change_flags(struct vmi_nl *nl, struct vmi_net_spec *spec, const struct change *change)
{
	struct vmi_net now;
	int ret;

	ret = vmi_net_get(nl, spec->net.name, &now);
	if (ret)
		return ret;
	spec->net.flags = (now.flags & ~change->clear) | change->set;
	spec->has |= VMI_HAS(VMI_A_NET_FLAGS);
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_net_spec spec = { 0 };
	bool isolated = false, no_isolated = false, mac_nat = false, no_mac_nat = false;
	bool no_flow_table = false, flow_table = false;
	const struct opt opts[] = {
		{ "range", 'r', "A-B", netopt_range, &spec, "addresses leased from now on" },
		{ "lease", 'l', "S", netopt_lease, &spec, "lease time in seconds" },
		{ "mtu", 0, "BYTES", netopt_mtu, &spec, "largest IP packet; with ports, only larger" },
		{ "ageing", 0, "S", netopt_ageing, &spec, "life of a forwarding entry" },
		{ "isolated", 0, NULL, NULL, &isolated, "guests do not reach one another" },
		{ "no-isolated", 0, NULL, NULL, &no_isolated, "guests reach one another" },
		{ "dns", 0, "IP,..", netopt_dns, &spec, "name servers; auto: the host's, none" },
		{ "domain", 0, "NAME", netopt_domain, &spec, "search domain; auto: the host's, none" },
		{ "uplink", 'u', "IFACE", netopt_uplink, &spec, "of a bridged network: its interface, or auto" },
		{ "mac-nat", 0, NULL, NULL, &mac_nat, "all guests under the uplink's MAC address" },
		{ "no-mac-nat", 0, NULL, NULL, &no_mac_nat, "only if the uplink is a Wi-Fi station" },
		{ "guard", 0, "LIST", netopt_guard, &spec, "checks of what guests send, as mac,ip or -arp,+nd" },
		{ "storm-limit", 0, "N", netopt_storm, &spec, "broadcasts a second of a port" },
		{ "no-flow-table", 0, NULL, NULL, &no_flow_table, "established flows go by the host's firewall, too" },
		{ "flow-table", 0, NULL, NULL, &flow_table, "they take the short way" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	const struct change change = {
		.set = (uint32_t)isolated << VMI_NET_FLAG_ISOLATED |
		       (uint32_t)mac_nat << VMI_NET_FLAG_MAC_NAT |
		       (uint32_t)no_flow_table << VMI_NET_FLAG_NO_FLOW_TABLE,
		.clear = (uint32_t)no_isolated << VMI_NET_FLAG_ISOLATED |
			 (uint32_t)no_mac_nat << VMI_NET_FLAG_MAC_NAT |
			 (uint32_t)flow_table << VMI_NET_FLAG_NO_FLOW_TABLE,
	};
	struct vmi_nl *nl;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if (change.set & change.clear)
		return usage(verb, "net set: an option and its opposite");
	if (!spec.has && !change.set && !change.clear)
		return usage(verb, "net set: nothing to set");
	strcpy(spec.net.name, args[0]);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = change.set || change.clear ? change_flags(nl, &spec, &change) : 0;
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

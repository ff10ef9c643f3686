// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/vmi.h>

#include "netopts.h"
#include "verbs.h"

/* A guest behind NAT uses the resolvers that the host uses. */
static void resolvers(struct vmi_net_spec *spec)
{
	if (spec->net.mode != VMI_NET_MODE_NAT)
		return;
	if (!(spec->has & VMI_HAS(VMI_A_NET_DNS))) {
		netopt_dns("auto", spec);
		if (!spec->net.ndns && !spec->net.ndns6)
			say("guests are told of no name server: the host names none that they can reach");
	}
	if (!(spec->has & VMI_HAS(VMI_A_NET_DOMAIN)))
		netopt_domain("auto", spec);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_net_spec spec = {
		.net.mode = VMI_NET_MODE_HOST_ONLY,
		.has = VMI_HAS(VMI_A_NET_MODE),
	};
	bool no_host = false, isolated = false, mac_nat = false, no_flow_table = false;
	const struct opt opts[] = {
		{ "mode", 'm', "MODE", netopt_mode, &spec, "host-only (default), nat or bridged" },
		{ "subnet", 's', "NET/LEN", netopt_subnet, &spec, "IPv4 subnet, as 192.0.2.0/24; not if bridged" },
		{ "uplink", 'u', "IFACE", netopt_uplink, &spec,
		  "bridged: the host's interface on the LAN, or auto (default)" },
		{ "gateway", 'g', "IP", netopt_gateway, &spec, "the host's address (default: the first)" },
		{ "range", 'r', "A-B", netopt_range, &spec, "addresses leased (default: the upper half)" },
		{ "lease", 'l', "S", netopt_lease, &spec, "lease time in seconds (default: 3600)" },
		{ "mtu", 0, "BYTES", netopt_mtu, &spec, "largest IP packet (default: 1500, or the uplink's)" },
		{ "ageing", 0, "S", netopt_ageing, &spec, "life of a forwarding entry (default: 300)" },
		{ "subnet6", 0, "NET/48", netopt_subnet6, &spec, "IPv6 subnet (fd00::/8) of a nat network; auto: a random one" },
		{ "dns", 0, "IP,..", netopt_dns, &spec, "name servers; auto: the host's (default of nat), none" },
		{ "domain", 0, "NAME", netopt_domain, &spec, "search domain; auto: the host's (default of nat), none" },
		{ "ifname", 0, "NAME", netopt_ifname, &spec, "the host's interface (default: vmi-NAME)" },
		{ "no-host", 0, NULL, NULL, &no_host, "the host is not part of the network" },
		{ "isolated", 0, NULL, NULL, &isolated, "guests do not reach one another" },
		{ "mac-nat", 0, NULL, NULL, &mac_nat, "bridged: all guests under the uplink's MAC address" },
		{ "guard", 0, "LIST", netopt_guard, &spec, "checks of what guests send (default: all)" },
		{ "storm-limit", 0, "N", netopt_storm, &spec, "broadcasts a second of a port (default: 1000)" },
		{ "no-flow-table", 0, NULL, NULL, &no_flow_table, "established flows go by the host's firewall, too" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct vmi_nl *nl;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if (!(spec.has & VMI_HAS(VMI_A_NET_SUBNET)) && spec.net.mode != VMI_NET_MODE_BRIDGED)
		return usage(verb, "net add: --subnet is missing");
	strcpy(spec.net.name, args[0]);
	resolvers(&spec);
	if (no_host)
		spec.net.flags |= 1U << VMI_NET_FLAG_NO_HOST;
	if (no_flow_table)
		spec.net.flags |= 1U << VMI_NET_FLAG_NO_FLOW_TABLE;
	if (isolated)
		spec.net.flags |= 1U << VMI_NET_FLAG_ISOLATED;
	if (mac_nat)
		spec.net.flags |= 1U << VMI_NET_FLAG_MAC_NAT;
	if (spec.net.flags)
		spec.has |= VMI_HAS(VMI_A_NET_FLAGS);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_net_new(nl, &spec);
	if (ret)
		ret = fail_nl(nl, ret, "cannot add network %s", spec.net.name);
	else
		say("network %s is added", spec.net.name);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_net_add = {
	.name = "net add",
	.args = "NAME --subnet NET/LEN | NAME --mode bridged",
	.summary = "Add a network",
	.help = "Guests of a bridged network are hosts of the LAN, which gives them their\n"
		"addresses. With --uplink auto the interface is that of the default route, and\n"
		"follows it. A Wi-Fi station lets one MAC address through: there --mac-nat is on\n"
		"without being asked for.",
	.run = run,
};

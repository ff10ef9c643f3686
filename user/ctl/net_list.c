// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

static void print_table(const struct vmi_vec *nets)
{
	struct table t = TABLE_INIT("NAME", "MODE", "SUBNET", "GATEWAY", "INTERFACE", "UPLINK",
				    ">MTU", ">PORTS");
	const struct vmi_net *net;

	vmi_vec_for_each(net, nets) {
		char subnet[2 * FMT_LEN] = "-", ip[FMT_LEN], gateway[FMT_LEN];
		char mtu[FMT_LEN], ports[FMT_LEN], uplink[FMT_LEN] = "-";

		if (net->prefix_len)
			snprintf(subnet, sizeof(subnet), "%s/%u", fmt_ip(net->subnet, ip),
				 net->prefix_len);
		if (net->uplink[0])
			snprintf(uplink, sizeof(uplink), "%s %s",
				 net->uplink_ifname[0] ? net->uplink_ifname : net->uplink,
				 vmi_uplink_state_name(net->uplink_state));
		snprintf(mtu, sizeof(mtu), "%u", net->mtu);
		snprintf(ports, sizeof(ports), "%u", net->ports);
		table_row(&t, net->name, vmi_net_mode_name(net->mode), subnet,
			  fmt_ip(net->gateway, gateway), net->ifname[0] ? net->ifname : "-",
			  uplink, mtu, ports);
	}
	table_print(&t);
}

static void print_nets(const struct vmi_vec *nets)
{
	struct json_object *list;
	const struct vmi_net *net;

	if (ctl.json) {
		list = json_object_new_array();
		vmi_vec_for_each(net, nets)
			json_object_array_add(list, net_to_json(net));
		json_print(list);
	} else if (ctl.quiet) {
		vmi_vec_for_each(net, nets)
			puts(net->name);
	} else {
		print_table(nets);
	}
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec nets = VMI_VEC_INIT(struct vmi_net);
	struct vmi_nl *nl;
	int ret;

	opts_parse(verb, NULL, &argc, argv, 0, 0);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_net_dump(nl, &nets);
	if (ret)
		ret = fail_nl(nl, ret, "cannot list the networks");
	else
		print_nets(&nets);
	vmi_vec_free(&nets);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_net_list = {
	.name = "net list",
	.args = "",
	.summary = "List networks",
	.help = "With --quiet only names are printed.",
	.run = run,
};

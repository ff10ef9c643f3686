// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include <linux/vmi.h>

#include "fmt.h"
#include "json.h"
#include "policy.h"
#include "show.h"
#include "verbs.h"

static const char *fmt_dns(const struct vmi_net *net, char *text, size_t size)
{
	char a[FMT_IP6_LEN];
	size_t len = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < net->ndns + net->ndns6 && len < size; i++)
		len += (size_t)snprintf(text + len, size - len, "%s%s", i ? ", " : "",
					i < net->ndns ? fmt_ip(net->dns[i], a) :
					fmt_ip6(&net->dns6[i - net->ndns], a));
	return text;
}

static void print_subnet(const struct vmi_net *net)
{
	char text[512], a[FMT_LEN], b[FMT_LEN], ip6[FMT_IP6_LEN];

	snprintf(text, sizeof(text), "%s/%u", fmt_ip(net->subnet, a), net->prefix_len);
	show_line("subnet", text);
	show_line("gateway", fmt_ip(net->gateway, a));
	snprintf(text, sizeof(text), "%s to %s, for %u s", fmt_ip(net->range_first, a),
		 fmt_ip(net->range_last, b), net->lease_s);
	show_line("leases", text);
	if (!IN6_IS_ADDR_UNSPECIFIED(&net->subnet6)) {
		snprintf(text, sizeof(text), "%s/48", fmt_ip6(&net->subnet6, ip6));
		show_line("subnet6", text);
	}
	show_line("dns", fmt_dns(net, text, sizeof(text)));
	show_line("domain", net->domain);
}

static void print_uplink(const struct vmi_net *net)
{
	char text[128];

	snprintf(text, sizeof(text), "%s, %s%s%s", net->uplink,
		 vmi_uplink_state_name(net->uplink_state),
		 strcmp(net->uplink, net->uplink_ifname) && net->uplink_ifname[0] ? ": " : "",
		 strcmp(net->uplink, net->uplink_ifname) ? net->uplink_ifname : "");
	show_line("uplink", text);
	show_line("mac-nat", net->mac_nat ? "yes" : "no");
}

static void print_net(const struct vmi_net *net)
{
	char text[POLICY_LEN], a[FMT_LEN];

	show_line("name", net->name);
	show_line("mode", vmi_net_mode_name(net->mode));
	if (net->uplink[0])
		print_uplink(net);
	else
		print_subnet(net);
	show_line("interface", net->ifname);
	snprintf(text, sizeof(text), "%u", net->mtu);
	show_line("mtu", text);
	show_line("ageing", fmt_age(net->ageing_ms, a));
	show_line("host", net->flags & (1U << VMI_NET_FLAG_NO_HOST) ? "no" : "yes");
	if (net->mode == VMI_NET_MODE_NAT)
		show_line("flow table",
			  net->flags & (1U << VMI_NET_FLAG_NO_FLOW_TABLE) ? "no" : "yes");
	show_line("isolated", net->flags & (1U << VMI_NET_FLAG_ISOLATED) ? "yes" : "no");
	show_line("guard", fmt_guard(net->guard, text));
	snprintf(text, sizeof(text), "%u broadcasts a second of a port", net->storm_pps);
	show_line("storm limit", text);
	show_stats(&net->stats);
}

static void print(const struct vmi_net *net, const struct vmi_vec *ports)
{
	struct json_object *obj, *list;
	const struct vmi_port *p;

	if (ctl.json) {
		obj = net_to_json(net);
		list = json_object_new_array();
		vmi_vec_for_each(p, ports)
			json_object_array_add(list, port_to_json(p));
		json_object_object_add(obj, "visible-ports", list);
		json_print(obj);
		return;
	}
	print_net(net);
	if (ports->n) {
		putchar('\n');
		show_ports(ports, true);
	}
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	char **args = opts_parse(verb, NULL, &argc, argv, 1, 1);
	struct vmi_net net;
	struct vmi_nl *nl;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_net_get(nl, args[0], &net);
	if (!ret)
		ret = vmi_port_dump(nl, NULL, args[0], &ports);
	if (ret)
		ret = fail_nl(nl, ret, "cannot show network %s", args[0]);
	else
		print(&net, &ports);
	vmi_vec_free(&ports);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_net_show = {
	.name = "net show",
	.args = "NAME",
	.summary = "Show a network, its counters and the ports you may see",
	.run = run,
};

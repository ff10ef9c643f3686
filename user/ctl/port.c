// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include <linux/vmi.h>

#include "def.h"
#include "fmt.h"
#include "json.h"
#include "link.h"
#include "policy.h"
#include "portref.h"
#include "show.h"
#include "verbs.h"

static int run_list(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	const char *vm = NULL, *net = NULL;
	const struct opt opts[] = {
		{ "vm", 0, "NAME", set_name, &vm, "only those of a VM" },
		{ "net", 0, "NAME", set_name, &net, "only those of a network" },
		OPT_END
	};
	struct json_object *list;
	const struct vmi_port *p;
	struct vmi_net on;
	struct vmi_vm of;
	struct vmi_nl *nl;
	int ret;

	opts_parse(verb, opts, &argc, argv, 0, 0);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	/* nothing of what does not exist is another answer than nothing of what does */
	ret = vm && !def_exists(vm) ? vmi_vm_get(nl, vm, &of) : 0;
	if (!ret && net)
		ret = vmi_net_get(nl, net, &on);
	if (!ret)
		ret = vmi_port_dump(nl, vm, net, &ports);
	if (ret) {
		ret = fail_nl(nl, ret, "cannot list the ports");
	} else if (ctl.json) {
		list = json_object_new_array();
		vmi_vec_for_each(p, &ports)
			json_object_array_add(list, port_to_json(p));
		json_print(list);
	} else {
		show_ports(&ports, true);
	}
	vmi_vec_free(&ports);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_list_ports = {
	.name = "port list",
	.args = "",
	.summary = "List ports with their counters",
	.run = run_list,
};

static const char *set_link_word(const char *val, void *dest)
{
	int up = link_parse(val);

	*(int *)dest = up;
	return up < 0 ? "is neither up nor down" : NULL;
}

static const char lists[] =
	"A guard LIST has names out of mac, ip, arp, nd, dhcp, ra and storm, or all or none;\n"
	"or changes, as -mac,+storm; \"default\" is what the network has.\n"
	"A limit LIST: rate=100mbit or bytes=10M (a second), burst=BYTES, packets=N (a\n"
	"second), packets-burst=N; or none.\n"
	"An impairment LIST: loss=1%, delay=20ms, jitter=5ms, reorder=10%; or none.";

static int run_set(const struct verb *verb, int argc, char **argv)
{
	struct vmi_policy_spec spec = { 0 };
	bool isolated = false, no_isolated = false;
	int up = -1;
	const struct opt opts[] = {
		{ "link", 'l', "up|down", set_link_word, &up, "what the guest sees of its cable" },
		{ "guard", 'g', "LIST", policyopt_guard, &spec, "checks of what the guest sends" },
		{ "isolated", 0, NULL, NULL, &isolated, "the guest reaches the host only" },
		{ "no-isolated", 0, NULL, NULL, &no_isolated, "the guest reaches the others" },
		{ "rx-limit", 0, "LIST", policyopt_rx_limit, &spec, "most that the guest receives" },
		{ "tx-limit", 0, "LIST", policyopt_tx_limit, &spec, "most that the guest sends" },
		{ "rx-impair", 0, "LIST", policyopt_rx_impair, &spec, "a bad network, receiving" },
		{ "tx-impair", 0, "LIST", policyopt_tx_impair, &spec, "a bad network, sending" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct port_ref ref;
	struct vmi_nl *nl;
	int ret;

	if (portref_parse(verb, args[0], &ref))
		return EXIT_USAGE;
	if (isolated && no_isolated)
		return usage(verb, "port set: an option and its opposite");
	if (isolated || no_isolated) {
		spec.policy.isolated = isolated;
		spec.has |= VMI_HAS(VMI_A_PORT_ISOLATED);
	}
	if (up < 0 && !spec.has)
		return usage(verb, "port set: nothing to set");
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = portref_find(nl, &ref);
	if (ret)
		goto out;
	ret = spec.has ? vmi_port_set_policy(nl, ref.id, &spec) : 0;
	if (!ret && up >= 0)
		ret = vmi_port_set_link(nl, ref.id, up);
	if (ret)
		ret = fail_nl(nl, ret, "cannot change port %u", ref.id);
	else if (spec.has)
		say("port %u is changed", ref.id);
	else
		say("the link of port %u is %s", ref.id, up ? "up" : "down");
out:
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_set_port = {
	.name = "port set",
	.args = "PORT",
	.summary = "Change a port while it is in use",
	.help = lists,
	.run = run_set,
};

static void say_moved(struct vmi_nl *nl, uint32_t id)
{
	char ip[FMT_LEN], text[FMT_LEN + 16] = "";
	struct vmi_port port;

	if (vmi_port_get(nl, id, &port))
		return;
	if (port.ip.s_addr)
		snprintf(text, sizeof(text), " with address %s", fmt_ip(port.ip, ip));
	say("port %u is on %s%s", id, port.net, text);
	if (def_exists(port.vm))
		say("the definition of %s is as it was, and counts when it is started again", port.vm);
}

static int run_move(const struct verb *verb, int argc, char **argv)
{
	struct in_addr ip = { 0 };
	const struct opt opts[] = {
		{ "ip", 0, "IP", set_ip, &ip, "its address there (default: one of the range)" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 2, 2);
	struct port_ref ref;
	struct vmi_nl *nl;
	int ret;

	if (portref_parse(verb, args[0], &ref) || check_name(args[1]))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = portref_find(nl, &ref);
	if (ret)
		goto out;
	ret = vmi_port_move(nl, ref.id, args[1], ip);
	if (ret)
		ret = fail_nl(nl, ret, "cannot move port %u to %s", ref.id, args[1]);
	else
		say_moved(nl, ref.id);
out:
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_move_port = {
	.name = "port move",
	.args = "PORT NET",
	.summary = "Plug a port into another network, while the guest runs or not",
	.help = "It keeps its MAC address and gets an address of the network. The guest sees its link\n"
		"go down for two seconds, upon which its DHCP client asks for the new address.",
	.run = run_move,
};

static void print_port(const struct vmi_port *p)
{
	const struct vmi_policy *policy = &p->policy;
	char text[POLICY_LEN + 32], list[POLICY_LEN];

	snprintf(text, sizeof(text), "%u, number %u of %s, on %s", p->id, p->index, p->vm, p->net);
	show_line("port", text);
	show_line("mac", fmt_mac(p->mac, text));
	show_line("address", fmt_ip(p->ip, text));
	show_line("link", p->link ? "up" : "down");
	if (p->fault)
		show_line("fault", vmi_port_fault_name(p->fault));
	snprintf(text, sizeof(text), "%u (%u in use)", p->pairs, p->pairs_active);
	show_line("queues", text);
	snprintf(text, sizeof(text), "%s%s", fmt_guard(policy->guard, list),
		 policy->guard_own ? "" : " (of the network)");
	show_line("guard", text);
	show_line("isolated", policy->isolated ? "yes" : "no");
	show_line("rx-limit", fmt_limit(&policy->limit[VMI_DIR_RX], text));
	show_line("tx-limit", fmt_limit(&policy->limit[VMI_DIR_TX], text));
	show_line("rx-impair", fmt_impair(&policy->impair[VMI_DIR_RX], text));
	show_line("tx-impair", fmt_impair(&policy->impair[VMI_DIR_TX], text));
	show_stats(&p->stats);
}

static int run_show(const struct verb *verb, int argc, char **argv)
{
	char **args = opts_parse(verb, NULL, &argc, argv, 1, 1);
	struct port_ref ref;
	struct vmi_port port;
	struct vmi_nl *nl;
	int ret;

	if (portref_parse(verb, args[0], &ref))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = portref_find(nl, &ref);
	if (ret)
		goto out;
	ret = vmi_port_get(nl, ref.id, &port);
	if (ret)
		ret = fail_nl(nl, ret, "cannot show port %u", ref.id);
	else if (ctl.json)
		json_print(port_to_json(&port));
	else
		print_port(&port);
out:
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_show_port = {
	.name = "port show",
	.args = "PORT",
	.summary = "Show a port, its guards and limits, and its counters",
	.run = run_show,
};

static int run(const struct verb *verb, int argc, char **argv)
{
	static const struct verb *const verbs[] = {
		&verb_list_ports, &verb_move_port, &verb_set_port, &verb_show_port, NULL,
	};

	return group_run(verb, verbs, argc, argv);
}

const struct verb verb_port = {
	.name = "port",
	.args = "list|move|set|show",
	.summary = "List, change and move ports: links, guards, limits",
	.run = run,
};

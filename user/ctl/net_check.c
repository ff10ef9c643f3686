// SPDX-License-Identifier: GPL-2.0
/* Why does traffic not flow? Each check has a name that scripts may rely on. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vmi.h>

#include "fmt.h"
#include "host.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

enum level { FINE, WARN, BAD };

struct finding {
	enum level level;
	const char *check;
	char text[512];
};

/**
 * struct check - what is known, and what was found
 * @nl: socket
 * @net: the network
 * @to: an address that guests should reach
 * @ports: of struct vmi_port
 * @forwards: of struct vmi_forward
 * @found: of struct finding
 */
struct check {
	struct vmi_nl *nl;
	struct vmi_net net;
	struct in_addr to;
	struct vmi_vec ports;
	struct vmi_vec forwards;
	struct vmi_vec found;
};

static const char *const level_names[] = { [FINE] = "ok", [WARN] = "warn", [BAD] = "fail" };

__attribute__((format(printf, 4, 5)))
static void found(struct check *c, enum level level, const char *check, const char *fmt, ...)
{
	struct finding *f = vmi_vec_add(&c->found);
	va_list ap;

	if (!f)
		exit(fail(EXIT_FAILED, "out of memory"));
	f->level = level;
	f->check = check;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof(f->text), fmt, ap);
	va_end(ap);
}

static uint64_t drops(const struct vmi_net *net, const char *reason)
{
	unsigned int i;

	for (i = 0; i < net->stats.ndrops; i++)
		if (!strcmp(net->stats.drops[i].reason, reason))
			return net->stats.drops[i].packets;
	return 0;
}

/* The host's leg. Return: whether the rest can be asked. */
static bool check_interface(struct check *c)
{
	const struct vmi_net *net = &c->net;
	char a[FMT_LEN], name[IF_NAMESIZE];
	struct host_route r;

	if (net->flags & (1U << VMI_NET_FLAG_NO_HOST)) {
		found(c, FINE, "interface", "the host is not part of the network");
		return false;
	}
	if (!net->ifindex) {
		found(c, BAD, "interface",
		      "the network has lost the host's interface: its network namespace ended");
		return false;
	}
	if (!if_indextoname(net->ifindex, name) || strcmp(name, net->ifname)) {
		found(c, WARN, "interface",
		      "%s is in another network namespace: the host is checked from there only",
		      net->ifname);
		return false;
	}
	/* how a packet from the gateway to the subnet would leave says it all */
	if (host_route_get(net->range_first, net->gateway, 0, &r) || r.error) {
		found(c, BAD, "interface", "%s is down, or has lost its address %s (try: ip addr add %s/%u dev %s; ip link set %s up)",
		      name, fmt_ip(net->gateway, a), a, net->prefix_len, name, name);
		return false;
	}
	if (r.ifindex != net->ifindex)
		found(c, BAD, "interface", "the host sends packets for the guests to %s, not to %s",
		      r.ifname, name);
	else
		found(c, FINE, "interface", "%s is up and has %s", name, fmt_ip(net->gateway, a));
	return true;
}

static void check_overlap(struct check *c)
{
	char other[IF_NAMESIZE], a[FMT_LEN];
	int ret = host_overlap(c->net.subnet, c->net.prefix_len, c->net.ifindex, other);

	fmt_ip(c->net.subnet, a);
	if (ret)
		found(c, WARN, "overlap", "cannot read the host's routes: %s", strerror(-ret));
	else if (other[0])
		found(c, BAD, "overlap", "%s/%u overlaps a subnet behind %s: guests and what is there miss each other",
		      a, c->net.prefix_len, other);
	else
		found(c, FINE, "overlap", "no other interface has a part of %s/%u", a, c->net.prefix_len);
}

static struct in_addr some_guest(const struct check *c)
{
	const struct vmi_port *p;

	vmi_vec_for_each(p, &c->ports)
		return p->ip;
	return c->net.range_first;
}

static void check_route(struct check *c)
{
	struct host_route r;
	char a[FMT_LEN];
	int ret;

	fmt_ip(c->to, a);
	ret = host_route_get(c->to, some_guest(c), c->net.ifindex, &r);
	if (ret) {
		found(c, WARN, "route", "cannot ask for the host's route: %s", strerror(-ret));
		return;
	}
	if (r.error) {
		found(c, BAD, "route", "the host has no route to %s for guests: %s", a,
		      strerror(r.error));
		return;
	}
	if (r.ifindex == c->net.ifindex) {
		found(c, FINE, "route", "%s is in the network itself", a);
		return;
	}
	found(c, FINE, "route", "%s is reached by %s", a, r.ifname);
	if (!r.up)
		found(c, BAD, "uplink", "%s is down or has no carrier", r.ifname);
	else if (!r.has_address)
		found(c, BAD, "uplink", "%s has no IPv4 address to translate guests to", r.ifname);
	else if (r.mtu < c->net.mtu)
		found(c, FINE, "uplink", "%s is up; its MTU is %u, so TCP is clamped to that and other guests' packets are fragmented or refused",
		      r.ifname, r.mtu);
	else
		found(c, FINE, "uplink", "%s is up and has an address", r.ifname);
}

static void check_route6(struct check *c)
{
	/* of the public addresses, as above */
	const struct in6_addr to = { .s6_addr = { 0x20, [15] = 1 } };
	struct host_route r;
	int ret;

	if (IN6_IS_ADDR_UNSPECIFIED(&c->net.subnet6))
		return;
	ret = host_route_get6(&to, &r);
	if (ret || r.error)
		found(c, WARN, "route6", "guests have IPv6, but the host has no route to the internet by it");
	else
		found(c, FINE, "route6", "the IPv6 internet is reached by %s", r.ifname);
}

static void check_firewall(struct check *c)
{
	uint64_t n = drops(&c->net, "host-firewall");
	char chains[256];
	int ret = host_forward_drop(chains, sizeof(chains));

	if (ret)
		snprintf(chains, sizeof(chains), "unknown: %s", strerror(-ret));
	if (n && chains[0])
		found(c, BAD, "host-firewall",
		      "the host's firewall has dropped %" PRIu64 " packets of the network; chains whose policy is to drop: %s (allow it: accept what has iifname or oifname %s there)",
		      n, chains, c->net.ifname);
	else if (n)
		found(c, WARN, "host-firewall",
		      "the host's firewall has dropped %" PRIu64 " packets of the network, by a rule or a policy that is gone",
		      n);
	else if (chains[0] && !ret)
		found(c, WARN, "host-firewall",
		      "no packet was dropped, but these chains drop what they do not accept: %s", chains);
	else
		found(c, FINE, "host-firewall", "the host's firewall has dropped nothing");
}

static void check_conntrack(struct check *c)
{
	uint64_t count = 0, max = 0, n = drops(&c->net, "untracked");

	host_number("/proc/sys/net/netfilter/nf_conntrack_count", &count);
	host_number("/proc/sys/net/netfilter/nf_conntrack_max", &max);
	if (max && count >= max)
		found(c, BAD, "conntrack", "the table of flows is full (%" PRIu64 "): raise net.netfilter.nf_conntrack_max",
		      max);
	else if (n)
		found(c, WARN, "conntrack", "%" PRIu64 " packets were of no flow, by a notrack rule or because they were invalid, and were dropped",
		      n);
	else
		found(c, FINE, "conntrack", "%" PRIu64 " of %" PRIu64 " flows", count, max);
}

static void check_refused(struct check *c)
{
	uint64_t n = drops(&c->net, "uplink-without-address");

	if (n)
		found(c, WARN, "translation", "%" PRIu64 " flows found no address to be translated to", n);
	n = drops(&c->net, "no-route");
	if (n)
		found(c, WARN, "no-route", "%" PRIu64 " packets had no way to or from a guest", n);
	n = drops(&c->net, "unsolicited");
	if (n)
		found(c, FINE, "unsolicited", "%" PRIu64 " packets wanted to reach guests without a forward, and did not",
		      n);
}

static void check_forwards(struct check *c)
{
	const struct vmi_forward *f;
	unsigned int n = 0;

	vmi_vec_for_each(f, &c->forwards) {
		n++;
		/* to us the VM's name is a secret, or it has no port here */
		if (f->vm[0] && !f->ip.s_addr)
			found(c, WARN, "forward", "%s port %u leads to %s, which has no port in the network",
			      f->proto == IPPROTO_TCP ? "tcp" : "udp", f->port, f->vm);
	}
	if (n)
		found(c, FINE, "forwards", "%u", n);
}

static void check_ports(struct check *c)
{
	const struct vmi_port *p;
	unsigned int active = 0, n = 0;
	uint64_t spoofed = 0;
	unsigned int i;

	vmi_vec_for_each(p, &c->ports) {
		n++;
		active += p->active;
		if (p->fault)
			found(c, BAD, "port", "port %u of %s is stopped: its guest broke the rules of virtio (%s)",
			      p->index, p->vm, vmi_port_fault_name(p->fault));
		if (!p->link)
			found(c, WARN, "link", "the link of port %u of %s is down", p->index, p->vm);
		for (i = 0; i < p->stats.ndrops; i++)
			if (!strcmp(p->stats.drops[i].reason, "source-ip"))
				spoofed += p->stats.drops[i].packets;
	}
	if (spoofed)
		found(c, WARN, "source-ip", "%" PRIu64 " packets of guests had other addresses than their leases: is one configured by hand?",
		      spoofed);
	if (!c->net.ports)
		found(c, WARN, "ports", "no VM has a port in the network");
	else if (n)
		found(c, FINE, "ports", "%u of %u in use by their guests", active, n);
}

static void check_dns(struct check *c)
{
	if (c->net.ndns + c->net.ndns6)
		found(c, FINE, "dns", "%u name servers are given to guests",
		      c->net.ndns + c->net.ndns6);
	else
		found(c, WARN, "dns", "guests are told of no name server (vmictl net set %s --dns auto)",
		      c->net.name);
}

static int run_checks(struct check *c)
{
	int ret;

	ret = vmi_port_dump(c->nl, NULL, c->net.name, &c->ports);
	if (!ret)
		ret = vmi_forward_dump(c->nl, c->net.name, &c->forwards);
	if (ret)
		return ret;
	check_ports(c);
	if (check_interface(c)) {
		check_overlap(c);
		if (c->net.mode == VMI_NET_MODE_NAT) {
			check_route(c);
			check_route6(c);
			check_firewall(c);
			check_conntrack(c);
		}
	}
	if (c->net.mode == VMI_NET_MODE_NAT) {
		check_refused(c);
		check_forwards(c);
		check_dns(c);
	}
	return 0;
}

static void print(const struct check *c, bool bad)
{
	struct table t = TABLE_INIT("STATUS", "CHECK", "WHAT");
	struct json_object *obj, *list;
	const struct finding *f;

	if (!ctl.json) {
		vmi_vec_for_each(f, &c->found)
			if (!ctl.quiet || f->level != FINE)
				table_row(&t, level_names[f->level], f->check, f->text);
		table_print(&t);
		return;
	}
	obj = json_object_new_object();
	list = json_object_new_array();
	vmi_vec_for_each(f, &c->found) {
		struct json_object *item = json_object_new_object();

		json_put_text(item, "check", f->check);
		json_put_text(item, "status", level_names[f->level]);
		json_put_text(item, "text", f->text);
		json_object_array_add(list, item);
	}
	json_put_text(obj, "net", c->net.name);
	json_put_bool(obj, "ok", !bad);
	json_object_object_add(obj, "checks", list);
	json_print(obj);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct check c = {
		.ports = VMI_VEC_INIT(struct vmi_port),
		.forwards = VMI_VEC_INIT(struct vmi_forward),
		.found = VMI_VEC_INIT(struct finding),
	};
	const struct opt opts[] = {
		{ "to", 0, "IP", set_ip, &c.to, "an address that guests should reach" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	const struct finding *f;
	bool bad = false;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if (!c.to.s_addr)
		c.to = HOST_WORLD;
	ret = ctl_open(&c.nl);
	if (ret)
		return ret;
	ret = vmi_net_get(c.nl, args[0], &c.net);
	if (!ret)
		ret = run_checks(&c);
	if (ret) {
		ret = fail_nl(c.nl, ret, "cannot check network %s", args[0]);
	} else {
		vmi_vec_for_each(f, &c.found)
			bad |= f->level == BAD;
		print(&c, bad);
		ret = bad ? EXIT_FAILED : EXIT_OK;
	}
	vmi_vec_free(&c.found);
	vmi_vec_free(&c.forwards);
	vmi_vec_free(&c.ports);
	vmi_nl_close(c.nl);
	return ret;
}

const struct verb verb_net_check = {
	.name = "net check",
	.args = "NAME",
	.summary = "Say why traffic of a network does not flow",
	.help = "Each line is one check. The status is 1 when one of them fails.",
	.run = run,
};

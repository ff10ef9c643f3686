// SPDX-License-Identifier: GPL-2.0
/*
 * Networks: the object, its addresses and leases.
 */
#include <linux/cred.h>
#include <linux/etherdevice.h>
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>

#include "capture.h"
#include "compat.h"
#include "event.h"
#include "guard.h"
#include "hostdev.h"
#include "nat.h"
#include "net.h"
#include "port.h"
#include "reserve.h"
#include "text.h"
#include "uplink.h"
#include "vm.h"

#define DEFAULT_PREFIX		24
#define DEFAULT_LEASE_S		3600
#define DEFAULT_MTU		1500
#define DEFAULT_AGEING_MS	300000
#define PORTS_MAX		1024	/* of a network */
#define NET_FLAGS		(BIT(VMI_NET_FLAG_NO_HOST) | BIT(VMI_NET_FLAG_ISOLATED) | \
				 BIT(VMI_NET_FLAG_MAC_NAT) | BIT(VMI_NET_FLAG_NO_FLOW_TABLE))

static LIST_HEAD(vmi_nets);	/* vmi_ctl */
static u32 vmi_net_nets;	/* vmi_ctl */
static u32 vmi_net_last_id;	/* vmi_ctl */

static void emit(const struct vmi_net *net, u32 kind, const char *text)
{
	struct vmi_event ev = {
		.kind = kind,
		.owner = net->uid,
		.by = from_kuid(&init_user_ns, current_uid()),
	};

	strscpy(ev.net, net->conf.name, sizeof(ev.net));
	strscpy(ev.text, text, sizeof(ev.text));
	vmi_event_emit(&ev);
}

/**
 * vmi_stats_fold - add the counters of all CPUs
 * @view: added to
 * @stats: the counters
 *
 * Context: any.
 */
void vmi_stats_fold(struct vmi_stats_view *view, const struct vmi_stats __percpu *stats)
{
	const struct vmi_stats *s;
	unsigned int i;
	int cpu;

	BUILD_BUG_ON(VMI_DROP_COUNT > VMI_DROPS_MAX);
	for_each_possible_cpu(cpu) {
		s = per_cpu_ptr(stats, cpu);
		view->rx_packets += READ_ONCE(s->rx_packets);
		view->rx_bytes += READ_ONCE(s->rx_bytes);
		view->tx_packets += READ_ONCE(s->tx_packets);
		view->tx_bytes += READ_ONCE(s->tx_bytes);
		for (i = 0; i < VMI_DROP_COUNT; i++)
			view->drop[i] += READ_ONCE(s->drop[i]);
	}
}

/**
 * vmi_stats_sub - take counters off others
 * @view: from these
 * @less: these
 *
 * Context: any.
 */
void vmi_stats_sub(struct vmi_stats_view *view, const struct vmi_stats_view *less)
{
	unsigned int i;

	view->rx_packets -= less->rx_packets;
	view->rx_bytes -= less->rx_bytes;
	view->tx_packets -= less->tx_packets;
	view->tx_bytes -= less->tx_bytes;
	for (i = 0; i < VMI_DROP_COUNT; i++)
		view->drop[i] -= less->drop[i];
}

/**
 * vmi_net_find - look a network up
 * @name: its name
 *
 * Context: process, vmi_ctl held; the network is good as long.
 * Return: the network or NULL.
 */
struct vmi_net *vmi_net_find(const char *name)
{
	struct vmi_net *net;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(net, &vmi_nets, node) {
		if (!strcmp(net->conf.name, name))
			return net;
	}
	return NULL;
}

/**
 * vmi_net_mac_used - is an address taken?
 * @mac: the address
 *
 * Context: process, vmi_ctl held.
 * Return: true if a port or host's interface of any network has it.
 */
bool vmi_net_mac_used(const u8 *mac)
{
	struct vmi_port *port;
	struct vmi_net *net;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(net, &vmi_nets, node) {
		if (ether_addr_equal_unaligned(net->host_mac, mac))
			return true;
		list_for_each_entry(port, &net->ports, net_node) {
			if (ether_addr_equal_unaligned(port->mac, mac))
				return true;
		}
	}
	return false;
}

static bool ip_used(const struct vmi_net *net, __be32 ip)
{
	struct vmi_port *port;

	if (ip == net->conf.gateway || ip == net->server)
		return true;
	list_for_each_entry(port, &net->ports, net_node) {
		if (port->ip == ip)
			return true;
	}
	return false;
}

/* an address of the subnet, of anywhere if there is none, that a machine can have */
static bool usable(const struct vmi_net_conf *conf, __be32 ip)
{
	u32 host = ntohl(ip) & ~ntohl(inet_make_mask(conf->prefix_len));

	if ((ip ^ conf->subnet) & inet_make_mask(conf->prefix_len))
		return false;
	return host && host != ~ntohl(inet_make_mask(conf->prefix_len));
}

/**
 * vmi_net_usable - is it an address that a guest of the network can have?
 * @net: the network
 * @ip: the address
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -EINVAL (not of the subnet) or -EADDRINUSE (the host's).
 */
int vmi_net_usable(const struct vmi_net *net, __be32 ip, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&vmi_ctl);
	if (!usable(&net->conf, ip)) {
		NL_SET_ERR_MSG_MOD(extack, "the address is not one of the network's subnet");
		return -EINVAL;
	}
	if (ip == net->conf.gateway || ip == net->server) {
		NL_SET_ERR_MSG_MOD(extack, "the address is the host's");
		return -EADDRINUSE;
	}
	return 0;
}

/**
 * vmi_net_lease - find or check the address of a new port
 * @net: the network
 * @mac: the port's MAC address
 * @ip: 0 to have one chosen, the one that is kept for @mac or one of the range, or none where
 *	there is no subnet; any free address of the subnet may be asked for
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -EINVAL (outside the subnet), -EADDRINUSE, or -ENOSPC (no free one).
 */
int vmi_net_lease(struct vmi_net *net, const u8 *mac, __be32 *ip, struct netlink_ext_ack *extack)
{
	u32 i, first, last;
	int err;

	lockdep_assert_held(&vmi_ctl);
	if (net->nports >= PORTS_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "the network has as many ports as it can have");
		return -ENOSPC;
	}
	if (!*ip && !net->conf.subnet)
		return 0;
	if (!*ip)
		*ip = vmi_reserve_ip(net, mac);
	if (*ip) {
		err = vmi_net_usable(net, *ip, extack);
		if (err)
			return err;
		if (ip_used(net, *ip)) {
			NL_SET_ERR_MSG_MOD(extack, "the address is in use");
			return -EADDRINUSE;
		}
		if (vmi_reserve_taken(net, *ip, mac)) {
			NL_SET_ERR_MSG_MOD(extack, "the address is kept for another MAC address");
			return -EADDRINUSE;
		}
		return 0;
	}
	first = ntohl(net->conf.range_first);
	last = ntohl(net->conf.range_last);
	/* Ends early: PORTS_MAX, VMI_RESERVE_MAX and two addresses at most are taken. */
	for (i = first; i <= last; i++) {
		if (!ip_used(net, htonl(i)) && !vmi_reserve_taken(net, htonl(i), NULL)) {
			*ip = htonl(i);
			return 0;
		}
	}
	NL_SET_ERR_MSG_MOD(extack, "all addresses of the network's range are in use");
	return -ENOSPC;
}

/**
 * vmi_net_prefix6 - the IPv6 prefix of a port
 * @net: the network
 * @ip: the port's lease
 * @prefix6: set to a /64, unspecified without IPv6
 *
 * Sixteen bits of the lease tell the ports of a network apart, see check_subnet6(). A guest
 * makes addresses in its own /64 as it likes, and in no other one.
 *
 * Context: any.
 */
void vmi_net_prefix6(const struct vmi_net *net, __be32 ip, struct in6_addr *prefix6)
{
	*prefix6 = net->conf.subnet6;
	if (!ipv6_addr_any(prefix6))
		prefix6->s6_addr16[3] = htons(ntohl(ip) & 0xffff);
}

static int check_subnet6(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	struct in6_addr prefix;

	if (ipv6_addr_any(&conf->subnet6))
		return 0;
	if (conf->mode != VMI_NET_MODE_NAT) {
		NL_SET_ERR_MSG_MOD(extack, "only a NAT network has an IPv6 subnet");
		return -EINVAL;
	}
	ipv6_addr_prefix(&prefix, &conf->subnet6, VMI_NET_PREFIX6);
	if (conf->subnet6.s6_addr[0] != 0xfd || !ipv6_addr_equal(&prefix, &conf->subnet6)) {
		NL_SET_ERR_MSG_MOD(extack, "the IPv6 subnet is not a unique local /48 (fd00::/8)");
		return -EINVAL;
	}
	/* Each guest has the /64 of the last 16 bits of its lease; the host that of 0. */
	if (conf->prefix_len < 16) {
		NL_SET_ERR_MSG_MOD(extack, "with an IPv6 subnet the prefix length is not below 16");
		return -EINVAL;
	}
	return 0;
}

static int check_range(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	if (!usable(conf, conf->range_first) || !usable(conf, conf->range_last)) {
		NL_SET_ERR_MSG_MOD(extack, "the range is not within the subnet");
		return -EINVAL;
	}
	if (ntohl(conf->range_first) > ntohl(conf->range_last)) {
		NL_SET_ERR_MSG_MOD(extack, "the range ends before it begins");
		return -EINVAL;
	}
	return 0;
}

static int check_flags(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	if (conf->flags & ~NET_FLAGS) {
		NL_SET_ERR_MSG_MOD(extack, "unknown flag");
		return -EINVAL;
	}
	if (conf->flags & BIT(VMI_NET_FLAG_MAC_NAT) && conf->mode != VMI_NET_MODE_BRIDGED) {
		NL_SET_ERR_MSG_MOD(extack, "only a bridged network can translate MAC addresses");
		return -EINVAL;
	}
	if (conf->flags & BIT(VMI_NET_FLAG_NO_FLOW_TABLE) && conf->mode != VMI_NET_MODE_NAT) {
		NL_SET_ERR_MSG_MOD(extack, "only a NAT network has a flow table to be without");
		return -EINVAL;
	}
	return 0;
}

static int check_dns(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	unsigned int i;

	if (!conf->subnet && (conf->dns[0] || conf->domain[0] || !ipv6_addr_any(&conf->dns6[0]))) {
		NL_SET_ERR_MSG_MOD(extack, "guests of a bridged network are told of name servers by the LAN");
		return -EINVAL;
	}
	for (i = 0; i < VMI_DNS_MAX && conf->dns[i]; i++) {
		/* A guest would ask itself. */
		if (ipv4_is_loopback(conf->dns[i]) || ipv4_is_multicast(conf->dns[i]) ||
		    ipv4_is_zeronet(conf->dns[i]) || ipv4_is_lbcast(conf->dns[i])) {
			NL_SET_ERR_MSG_MOD(extack, "a name server's address is not one that guests can reach");
			return -EINVAL;
		}
	}
	for (i = 0; i < VMI_DNS_MAX && !ipv6_addr_any(&conf->dns6[i]); i++) {
		if (!(ipv6_addr_type(&conf->dns6[i]) & IPV6_ADDR_UNICAST) ||
		    ipv6_addr_type(&conf->dns6[i]) & (IPV6_ADDR_LOOPBACK | IPV6_ADDR_LINKLOCAL)) {
			NL_SET_ERR_MSG_MOD(extack, "a name server's address is not one that guests can reach");
			return -EINVAL;
		}
	}
	if (!vmi_domain_ok(conf->domain)) {
		NL_SET_ERR_MSG_MOD(extack, "the search domain is not a domain name");
		return -EINVAL;
	}
	return 0;
}

/* The LAN gives the addresses, and the uplink the MTU. */
static int fill_in_bridged(struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	int err;

	if (conf->subnet || conf->prefix_len || conf->gateway || conf->range_first ||
	    conf->range_last || conf->lease_s) {
		NL_SET_ERR_MSG_MOD(extack, "a bridged network has no subnet, gateway or lease: its guests get addresses from the LAN");
		return -EINVAL;
	}
	if (conf->ifname[0]) {
		NL_SET_ERR_MSG_MOD(extack, "a bridged network has no interface of its own: the host uses the uplink");
		return -EINVAL;
	}
	if (!conf->uplink[0])
		strscpy(conf->uplink, VMI_UPLINK_AUTO, sizeof(conf->uplink));
	if ((conf->mtu && (conf->mtu < 576 || conf->mtu > 9216)) || conf->ageing_ms < 1000) {
		NL_SET_ERR_MSG_MOD(extack, "MTU or ageing time out of bounds");
		return -EINVAL;
	}
	err = check_subnet6(conf, extack);
	return err ? err : check_dns(conf, extack);
}

/* Fill in what the client left open, and check the rest. */
static int fill_in(struct vmi_net_conf *conf, __be32 *server, struct netlink_ext_ack *extack)
{
	bool host = !(conf->flags & BIT(VMI_NET_FLAG_NO_HOST));
	u32 mask, base, top;
	int err;

	err = check_flags(conf, extack);
	if (err)
		return err;
	if (!conf->ageing_ms)
		conf->ageing_ms = DEFAULT_AGEING_MS;
	conf->guard = (VMI_GUARD_ALL & ~conf->guard_mask) | (conf->guard & conf->guard_mask);
	if (!conf->storm_pps)
		conf->storm_pps = VMI_STORM_PPS;
	if (conf->mode == VMI_NET_MODE_BRIDGED)
		return fill_in_bridged(conf, extack);
	if (conf->mode == VMI_NET_MODE_NAT && !host) {
		NL_SET_ERR_MSG_MOD(extack, "a NAT network needs the host: it translates");
		return -EINVAL;
	}
	if (conf->uplink[0]) {
		NL_SET_ERR_MSG_MOD(extack, "only a bridged network has an uplink");
		return -EINVAL;
	}
	if (!conf->subnet) {
		NL_SET_ERR_MSG_MOD(extack, "a network needs a subnet");
		return -EINVAL;
	}
	if (!conf->prefix_len)
		conf->prefix_len = DEFAULT_PREFIX;
	if (conf->prefix_len < 8 || conf->prefix_len > 30) {
		NL_SET_ERR_MSG_MOD(extack, "the prefix length is not from 8 to 30");
		return -EINVAL;
	}
	mask = ntohl(inet_make_mask(conf->prefix_len));
	base = ntohl(conf->subnet);
	top = base | ~mask;
	if (base & ~mask) {
		NL_SET_ERR_MSG_MOD(extack, "the subnet has bits beyond its prefix");
		return -EINVAL;
	}
	if (ipv4_is_zeronet(conf->subnet) || ipv4_is_loopback(conf->subnet) ||
	    base >= 0xe0000000) {
		NL_SET_ERR_MSG_MOD(extack, "the subnet is not of unicast addresses");
		return -EINVAL;
	}

	if (!host && conf->gateway) {
		NL_SET_ERR_MSG_MOD(extack, "a network without the host has no gateway");
		return -EINVAL;
	}
	if (host && !conf->gateway)
		conf->gateway = htonl(base + 1);
	if (host && !usable(conf, conf->gateway)) {
		NL_SET_ERR_MSG_MOD(extack, "the gateway is not an address of the subnet");
		return -EINVAL;
	}
	*server = host ? conf->gateway : htonl(top - 1);

	/* The 128th of a /24 is its middle. */
	if (!conf->range_first)
		conf->range_first = htonl(base + (top - base + 1) / 2);
	if (!conf->range_last)
		conf->range_last = htonl(top - 1);

	if (!conf->lease_s)
		conf->lease_s = DEFAULT_LEASE_S;
	if (!conf->mtu)
		conf->mtu = DEFAULT_MTU;
	if (conf->lease_s < 60 || conf->mtu < 576 || conf->mtu > 9216 || conf->ageing_ms < 1000) {
		NL_SET_ERR_MSG_MOD(extack, "lease time, MTU or ageing time out of bounds");
		return -EINVAL;
	}

	if (!conf->ifname[0])
		snprintf(conf->ifname, sizeof(conf->ifname), "vmi-%s", conf->name);
	if (!dev_valid_name(conf->ifname) || strchr(conf->ifname, '%')) {
		NL_SET_ERR_MSG_MOD(extack, "not a name of an interface");
		return -EINVAL;
	}
	err = check_subnet6(conf, extack);
	if (!err)
		err = check_dns(conf, extack);
	return err ? err : check_range(conf, extack);
}

/* Guests keep the MTU that they were told, and nobody takes what is larger than it from them. */
static int check_mtu(const struct vmi_net *net, u32 mtu, struct netlink_ext_ack *extack)
{
	if (mtu < 576 || mtu > 9216) {
		NL_SET_ERR_MSG_MOD(extack, "the MTU is not from 576 to 9216");
		return -EINVAL;
	}
	if (mtu < net->conf.mtu && net->nports) {
		NL_SET_ERR_MSG_MOD(extack, "the MTU of a network with ports can only grow");
		return -EBUSY;
	}
	return 0;
}

static int check_overlap(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	const struct vmi_net *net;
	__be32 mask;

	if (!conf->subnet)
		return 0;
	list_for_each_entry(net, &vmi_nets, node) {
		if (!net->conf.subnet)
			continue;
		mask = inet_make_mask(min(conf->prefix_len, net->conf.prefix_len));
		if (!((conf->subnet ^ net->conf.subnet) & mask)) {
			NL_SET_ERR_MSG_MOD(extack, "the subnet overlaps that of another network");
			return -EEXIST;
		}
		if (!ipv6_addr_any(&conf->subnet6) &&
		    ipv6_addr_equal(&conf->subnet6, &net->conf.subnet6)) {
			NL_SET_ERR_MSG_MOD(extack, "another network has the IPv6 subnet");
			return -EEXIST;
		}
	}
	return 0;
}

/**
 * vmi_net_new - add a network
 * @netns: where the host's interface is to be, or where the uplink is
 * @conf: what the client asks for
 * @id: set to the identifier
 * @ifindex: set to the host's interface, 0 for none
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held; takes rtnl.
 * Return: 0, -EINVAL, -EOPNOTSUPP (mode), -EEXIST (name, subnet, interface),
 * -ENOMEM, what vmi_uplink_add() returns, or what the network stack says.
 */
int vmi_net_new(struct net *netns, const struct vmi_net_conf *conf, u32 *id, int *ifindex,
		struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	struct vmi_net *net;
	int err;

	lockdep_assert_held(&vmi_ctl);
	if (!vmi_name_ok(conf->name, sizeof(conf->name))) {
		NL_SET_ERR_MSG_MOD(extack, "not a name of a network");
		return -EINVAL;
	}
	if (vmi_net_find(conf->name)) {
		NL_SET_ERR_MSG_MOD(extack, "a network of that name exists");
		return -EEXIST;
	}
	net = kzalloc(sizeof(*net), GFP_KERNEL);
	if (!net)
		return -ENOMEM;
	net->conf = *conf;
	net->uid = current_uid();
	net->carrier = true;
	INIT_LIST_HEAD(&net->ports);
	INIT_LIST_HEAD(&net->forwards);
	INIT_LIST_HEAD(&net->reserves);
	vmi_claims_init(&net->claims);
	err = vmi_fdb_init(&net->fdb, &net->conf.ageing_ms);
	if (err) {
		kfree(net);
		return err;
	}

	err = fill_in(&net->conf, &net->server, extack);
	if (err)
		goto err_free;
	err = check_overlap(&net->conf, extack);
	if (err)
		goto err_free;

	err = -ENOMEM;
	net->stats = alloc_percpu(struct vmi_stats);
	if (!net->stats)
		goto err_free;
	do {
		eth_random_addr(net->host_mac);
	} while (vmi_net_mac_used(net->host_mac));

	/* As long as there are networks their frames run through this module. */
	err = -ENODEV;
	if (!try_module_get(THIS_MODULE)) {
		NL_SET_ERR_MSG_MOD(extack, "the module is being unloaded");
		goto err_stats;
	}

	/* In the list first: the end of its network namespace must find it. */
	net->id = ++vmi_net_last_id;
	list_add_tail(&net->node, &vmi_nets);
	vmi_net_nets++;
	if (net->conf.mode == VMI_NET_MODE_BRIDGED) {
		err = vmi_uplink_add(net, netns, extack);
		if (err)
			goto err_unlist;
	} else if (!(net->conf.flags & BIT(VMI_NET_FLAG_NO_HOST))) {
		err = vmi_fdb_add(&net->fdb, net->host_mac, NULL);
		if (err)
			goto err_unlist;
		err = vmi_hostdev_add(net, netns, extack);
		if (err)
			goto err_unlist;
	}
	if (net->conf.mode == VMI_NET_MODE_NAT) {
		err = vmi_nat_add(net, netns, extack);
		if (err)
			goto err_host;
	}

	dev = rcu_dereference_protected(net->host, lockdep_is_held(&vmi_ctl));
	*id = net->id;
	*ifindex = dev ? dev->ifindex : 0;
	emit(net, VMI_EVENT_KIND_NET_NEW, "");
	return 0;

err_host:
	vmi_hostdev_del(net);
err_unlist:
	list_del(&net->node);
	vmi_net_nets--;
	module_put(THIS_MODULE);
err_stats:
	free_percpu(net->stats);
err_free:
	vmi_fdb_destroy(&net->fdb);
	kfree(net);
	return err;
}

/**
 * vmi_net_set - change a network
 * @conf: name, and what is to change; zero leaves as it is
 * @extack: for the explanation
 *
 * Leases that ports have already stay, inside the new range or not.
 *
 * Context: process, vmi_ctl held; takes rtnl where the MTU or the uplink changes.
 * Return: 0, -ENOENT, -EINVAL, -EBUSY (a smaller MTU), -EOPNOTSUPP (no-host cannot change), or
 * what the network stack says of the MTU, or vmi_uplink_set().
 */
int vmi_net_set(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	struct vmi_net_conf new;
	struct vmi_port *port;
	struct vmi_net *net;
	int err;

	lockdep_assert_held(&vmi_ctl);
	net = vmi_net_find(conf->name);
	if (!net) {
		NL_SET_ERR_MSG_MOD(extack, "no such network");
		return -ENOENT;
	}
	new = net->conf;
	if (conf->set_flags) {
		if ((conf->flags ^ new.flags) & BIT(VMI_NET_FLAG_NO_HOST)) {
			NL_SET_ERR_MSG_MOD(extack, "no-host cannot be changed");
			return -EOPNOTSUPP;
		}
		new.flags = conf->flags;
		err = check_flags(&new, extack);
		if (err)
			return err;
	}
	if (!new.subnet && (conf->range_first || conf->range_last || conf->lease_s)) {
		NL_SET_ERR_MSG_MOD(extack, "a bridged network has no leases");
		return -EINVAL;
	}
	if (conf->uplink[0] && !net->uplink) {
		NL_SET_ERR_MSG_MOD(extack, "only a bridged network has an uplink");
		return -EINVAL;
	}
	if (conf->range_first)
		new.range_first = conf->range_first;
	if (conf->range_last)
		new.range_last = conf->range_last;
	if (conf->lease_s)
		new.lease_s = conf->lease_s;
	if (conf->ageing_ms)
		new.ageing_ms = conf->ageing_ms;
	if (conf->mtu)
		new.mtu = conf->mtu;
	new.guard = (new.guard & ~conf->guard_mask) | (conf->guard & conf->guard_mask);
	if (conf->storm_pps)
		new.storm_pps = conf->storm_pps;
	if ((new.subnet && new.lease_s < 60) || new.ageing_ms < 1000) {
		NL_SET_ERR_MSG_MOD(extack, "lease time or ageing time out of bounds");
		return -EINVAL;
	}
	if (conf->set_dns)
		memcpy(new.dns, conf->dns, sizeof(new.dns));
	if (conf->set_dns6)
		memcpy(new.dns6, conf->dns6, sizeof(new.dns6));
	if (conf->set_domain)
		memcpy(new.domain, conf->domain, sizeof(new.domain));
	err = check_mtu(net, new.mtu, extack);
	if (!err)
		err = check_dns(&new, extack);
	if (!err && new.subnet)
		err = check_range(&new, extack);
	if (!err && new.mtu != net->conf.mtu)
		err = vmi_hostdev_set_mtu(net, new.mtu, extack);
	if (err)
		return err;
	/* the last that can fail; who has an uplink has no such interface */
	err = conf->uplink[0] ? vmi_uplink_set(net, conf->uplink, extack) : 0;
	if (err)
		return err;

	memcpy(net->conf.dns, new.dns, sizeof(new.dns));
	memcpy(net->conf.dns6, new.dns6, sizeof(new.dns6));
	memcpy(net->conf.domain, new.domain, sizeof(new.domain));
	net->conf.range_first = new.range_first;
	net->conf.range_last = new.range_last;
	/* Read by ports and in the packet path without a lock, each for itself. */
	WRITE_ONCE(net->conf.flags, new.flags);
	vmi_nat_flags_changed(net);
	WRITE_ONCE(net->conf.lease_s, new.lease_s);
	WRITE_ONCE(net->conf.ageing_ms, new.ageing_ms);
	WRITE_ONCE(net->conf.mtu, new.mtu);
	net->conf.guard = new.guard;
	net->conf.storm_pps = new.storm_pps;
	list_for_each_entry(port, &net->ports, net_node)
		vmi_port_follow(port);
	vmi_uplink_set_flags(net);
	emit(net, VMI_EVENT_KIND_NET_SET, "");
	return 0;
}

/**
 * vmi_net_del - delete a network
 * @name: its name
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held; takes rtnl and waits for an RCU grace period.
 * Return: 0, -ENOENT, or -EBUSY (it has ports).
 */
int vmi_net_del(const char *name, struct netlink_ext_ack *extack)
{
	struct vmi_net *net;

	lockdep_assert_held(&vmi_ctl);
	net = vmi_net_find(name);
	if (!net) {
		NL_SET_ERR_MSG_MOD(extack, "no such network");
		return -ENOENT;
	}
	if (net->nports) {
		NL_SET_ERR_MSG_MOD(extack, "the network has ports: delete these, or their VMs, first");
		return -EBUSY;
	}
	list_del(&net->node);
	vmi_net_nets--;
	vmi_capture_end(0, net->id, 0);
	vmi_nat_del(net);
	vmi_hostdev_del(net);
	vmi_uplink_del(net);
	vmi_reserve_del_all(net);
	emit(net, VMI_EVENT_KIND_NET_DEL, "");
	/* A poll of a deleted port, of the host's interface, or a hook may still use it. */
	synchronize_rcu();
	vmi_fdb_destroy(&net->fdb);
	vmi_uplink_free(net);
	free_percpu(net->stats);
	kfree(net);
	module_put(THIS_MODULE);
	return 0;
}

static void fill_uplink(struct vmi_net *net, struct vmi_net_view *view)
{
	struct vmi_uplink_view up;

	vmi_uplink_view(net, &up);
	strscpy(view->conf.uplink, up.want, sizeof(view->conf.uplink));
	strscpy(view->uplink_ifname, up.ifname, sizeof(view->uplink_ifname));
	view->uplink_state = up.state;
	view->mac_nat = up.mac_nat;
}

static void fill(struct vmi_net *net, struct vmi_net_view *view, struct vmi_stats_view *stats)
{
	struct net_device *dev = rcu_dereference_protected(net->host, lockdep_is_held(&vmi_ctl));
	struct vmi_port *port;

	memset(view, 0, sizeof(*view));
	view->conf = net->conf;
	view->id = net->id;
	view->ports = net->nports;
	view->uid = net->uid;
	if (dev) {
		view->ifindex = dev->ifindex;
		/* It may have been renamed; a query does not wait for rtnl to see that whole. */
		strscpy(view->conf.ifname, dev->name, sizeof(view->conf.ifname));
	} else {
		view->conf.ifname[0] = '\0';
	}
	if (net->uplink)
		fill_uplink(net, view);
	if (!stats)
		return;
	*stats = net->gone;
	vmi_stats_fold(stats, net->stats);
	list_for_each_entry(port, &net->ports, net_node)
		vmi_port_stats_here(port, stats);
}

/**
 * vmi_net_next - show the networks one by one
 * @cursor: identifier of the last one shown, 0 to begin; moved on
 * @view: result
 * @stats: sum over its ports, may be NULL
 *
 * Context: process, vmi_ctl held.
 * Return: 0, or -ENOENT at the end.
 */
int vmi_net_next(u32 *cursor, struct vmi_net_view *view, struct vmi_stats_view *stats)
{
	struct vmi_net *net;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(net, &vmi_nets, node) {
		if (net->id > *cursor) {
			fill(net, view, stats);
			*cursor = net->id;
			return 0;
		}
	}
	return -ENOENT;
}

/**
 * vmi_net_view - show a network
 * @name: its name
 * @view: result
 * @stats: sum over its ports, may be NULL
 *
 * Context: process, vmi_ctl held.
 * Return: 0 or -ENOENT.
 */
int vmi_net_view(const char *name, struct vmi_net_view *view, struct vmi_stats_view *stats)
{
	struct vmi_net *net = vmi_net_find(name);

	if (!net)
		return -ENOENT;
	fill(net, view, stats);
	return 0;
}

/**
 * vmi_net_count - count the networks
 *
 * Context: process, vmi_ctl held.
 * Return: their number.
 */
u32 vmi_net_count(void)
{
	lockdep_assert_held(&vmi_ctl);
	return vmi_net_nets;
}

/**
 * vmi_net_fdb - show forwarding entries
 * @name: the network's name
 * @index: which entry to begin with, from 0; moved on, beyond those that were shown
 * @show: takes an entry, or returns false if it has no room for it
 * @arg: for @show
 *
 * Context: process, vmi_ctl held.
 * Return: 0, or -ENOENT: no such network.
 */
int vmi_net_fdb(const char *name, u32 *index,
		bool (*show)(void *arg, const struct vmi_fdb_view *view), void *arg)
{
	struct vmi_net *net = vmi_net_find(name);
	struct vmi_fdb_entry_view e;
	struct vmi_fdb_entry *at;

	if (!net)
		return -ENOENT;
	rcu_read_lock();
	for (at = vmi_fdb_next(&net->fdb, NULL, *index); at;
	     at = vmi_fdb_next(&net->fdb, at, 0), ++*index) {
		struct vmi_fdb_view view = { 0 };

		if (!vmi_fdb_show(at, net->conf.ageing_ms, &e))
			continue;
		ether_addr_copy(view.mac, e.mac);
		view.age_ms = e.age_ms;
		view.ages = e.ages;
		if (e.port) {
			view.port = e.port->id;
			strscpy(view.vm, e.port->vm->name, sizeof(view.vm));
		}
		if (!show(arg, &view))
			break;
	}
	rcu_read_unlock();
	return 0;
}

/*
 * A network namespace ends: the network stack would remove the host's
 * interface behind our back. The network goes on without it, or without its uplink.
 */
static void __net_exit netns_exit(struct net *netns)
{
	struct net_device *dev;
	struct vmi_net *net;

	mutex_lock(&vmi_ctl);
	list_for_each_entry(net, &vmi_nets, node) {
		vmi_uplink_netns_exit(net, netns);
		dev = rcu_dereference_protected(net->host, lockdep_is_held(&vmi_ctl));
		if (!dev || !net_eq(dev_net(dev), netns))
			continue;
		vmi_nat_del(net);
		vmi_hostdev_del(net);
		vmi_fdb_del(&net->fdb, net->host_mac, NULL);
		emit(net, VMI_EVENT_KIND_NET_SET, "the network namespace of the host's interface ended");
	}
	mutex_unlock(&vmi_ctl);
}

static struct pernet_operations vmi_net_pernet = {
	.exit = netns_exit,
};

/**
 * vmi_net_init - prepare for networks
 *
 * Context: process, when the module is loaded.
 * Return: 0 or a negative errno.
 */
int vmi_net_init(void)
{
	int err;

	err = register_pernet_device(&vmi_net_pernet);
	if (err)
		return err;
	err = vmi_uplink_init();
	if (err)
		unregister_pernet_device(&vmi_net_pernet);
	return err;
}

/**
 * vmi_net_exit - undo vmi_net_init(); there are no networks
 *
 * Context: process, when the module is unloaded.
 */
void vmi_net_exit(void)
{
	vmi_uplink_exit();
	unregister_pernet_device(&vmi_net_pernet);
}

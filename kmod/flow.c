// SPDX-License-Identifier: GPL-2.0
/*
 * Established flows of NAT networks, past most of the host's stack.
 *
 * nf_flow_table does what it does for nftables: it keeps, for both directions of
 * a flow, what has been found out at its first packets, translates the next
 * ones and sends them off, without connection tracking, routing and firewall. It
 * gives a flow back to these when it ends, when its route has changed, or for a
 * packet that is not plain.
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_flow_table.h>
#include <net/route.h>
#include <net/xfrm.h>

#include "flow.h"

static struct nf_flowtable_type vmi_flow_type = {
	.family	= NFPROTO_INET,
	.owner	= THIS_MODULE,
};

/**
 * vmi_flow_init - make an empty table
 * @table: the table
 * @netns: the network namespace of the flows
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int vmi_flow_init(struct nf_flowtable *table, struct net *netns)
{
	table->type = &vmi_flow_type;
	table->flags = NF_FLOWTABLE_COUNTER;
	write_pnet(&table->net, netns);
	return nf_flow_table_init(table);
}

/**
 * vmi_flow_exit - give all flows back, and free what a table has
 * @table: the table; nobody uses it any more
 *
 * Context: process; waits for the collection of flows that have ended.
 */
void vmi_flow_exit(struct nf_flowtable *table)
{
	nf_flow_table_free(table);
}

static bool is_empty(const struct nf_flowtable *table)
{
	return !atomic_read(&table->rhashtable.nelems);
}

/**
 * vmi_flow_give_back - give flows back to connection tracking
 * @table: the table
 * @dev: the interface of a network: the flows of its guests
 *
 * Those that connection tracking has forgotten end by that, the others can come again.
 *
 * Context: process; waits for the collection of the flows.
 */
void vmi_flow_give_back(struct nf_flowtable *table, struct net_device *dev)
{
	if (!is_empty(table))
		nf_flow_table_cleanup(dev);
}

/* Have both sides agreed, and is there nothing that must see every packet? */
static bool is_ripe(const struct nf_conn *ct, enum ip_conntrack_info ctinfo)
{
	if ((ctinfo != IP_CT_ESTABLISHED && ctinfo != IP_CT_ESTABLISHED_REPLY) ||
	    !nf_ct_is_confirmed(ct) || nfct_help(ct) ||
	    ct->status & (IPS_SEQ_ADJUST | IPS_NAT_CLASH | IPS_OFFLOAD | IPS_DYING))
		return false;
	switch (nf_ct_protonum(ct)) {
	case IPPROTO_TCP:
		return READ_ONCE(ct->proto.tcp.state) == TCP_CONNTRACK_ESTABLISHED;
	case IPPROTO_UDP:
		return ct->status & IPS_SEEN_REPLY;
	}
	return false;
}

/* The route to the sender of a guest's packet; NULL without one. */
static struct dst_entry *route_to_guest(const struct nf_conn *ct, enum ip_conntrack_dir dir,
					const struct nf_hook_state *state)
{
	const union nf_inet_addr *guest = &ct->tuplehash[dir].tuple.src.u3;
	struct flowi6 fl6 = { .flowi6_oif = state->in->ifindex };
	struct flowi4 fl4 = { .flowi4_oif = state->in->ifindex };
	struct dst_entry *dst;
	struct rtable *rt;

	if (state->pf == NFPROTO_IPV4) {
		fl4.daddr = guest->ip;
		rt = ip_route_output_key(state->net, &fl4);
		return IS_ERR(rt) ? NULL : &rt->dst;
	}
	fl6.daddr = guest->in6;
	dst = ip6_route_output(state->net, NULL, &fl6);
	if (!dst->error)
		return dst;
	dst_release(dst);
	return NULL;
}

static bool is_plain(const struct dst_entry *dst, const struct net_device *dev)
{
	return dst->dev == dev && !dst_xfrm(dst) && !dst->lwtstate && !dst->error;
}

static void set_route(struct nf_flow_route *route, struct dst_entry *dst,
		      enum ip_conntrack_dir dir)
{
	route->tuple[!dir].in.ifindex = dst->dev->ifindex;
	route->tuple[dir].out.ifindex = dst->dev->ifindex;
	route->tuple[dir].dst = dst;
	route->tuple[dir].xmit_type = FLOW_OFFLOAD_XMIT_NEIGH;
}

/* Routes of both directions, with references. False: it is better left to the stack. */
static bool set_routes(struct nf_flow_route *route, const struct sk_buff *skb,
		       const struct nf_conn *ct, enum ip_conntrack_dir dir,
		       const struct nf_hook_state *state)
{
	struct dst_entry *out = skb_dst(skb), *back;

	if (skb_sec_path(skb) || !is_plain(out, state->out) || !dst_hold_safe(out))
		return false;
	back = route_to_guest(ct, dir, state);
	if (!back || !is_plain(back, state->in)) {
		dst_release(back);
		dst_release(out);
		return false;
	}
	set_route(route, out, dir);
	set_route(route, back, !dir);
	return true;
}

/* The windows move on unseen. */
static void be_liberal(struct nf_conn *ct)
{
	if (nf_ct_protonum(ct) != IPPROTO_TCP)
		return;
	spin_lock_bh(&ct->lock);
	ct->proto.tcp.seen[0].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	ct->proto.tcp.seen[1].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	spin_unlock_bh(&ct->lock);
}

/**
 * vmi_flow_add - take a flow into the table, if it is time
 * @table: the table
 * @skb: a packet from a guest, whose route is known
 * @state: of the FORWARD hook that it is at
 *
 * Only packets from guests begin it: their route is the true one, whatever rules the
 * host has for it, and there is no doubt about the way back.
 *
 * Context: softirq, RCU read side.
 */
void vmi_flow_add(struct nf_flowtable *table, struct sk_buff *skb,
		  const struct nf_hook_state *state)
{
	struct nf_flow_route route = {};
	enum ip_conntrack_info ctinfo;
	struct flow_offload *flow;
	enum ip_conntrack_dir dir;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || !is_ripe(ct, ctinfo) || test_and_set_bit(IPS_OFFLOAD_BIT, &ct->status))
		return;
	dir = CTINFO2DIR(ctinfo);
	if (!set_routes(&route, skb, ct, dir, state))
		goto err_bit;
	flow = flow_offload_alloc(ct);
	if (!flow)
		goto err_routes;
	be_liberal(ct);
	/* It has the references of the routes from here on. */
	flow_offload_route_init(flow, &route);
	if (flow_offload_add(table, flow)) {
		flow_offload_free(flow);
		goto err_bit;
	}
	return;

err_routes:
	dst_release(route.tuple[0].dst);
	dst_release(route.tuple[1].dst);
err_bit:
	clear_bit(IPS_OFFLOAD_BIT, &ct->status);
}

/**
 * vmi_flow_take4 - send a packet of a flow in the table on
 * @table: the table
 * @skb: an IPv4 packet that has come in
 * @state: of the PRE_ROUTING hook that it is at
 *
 * Context: softirq, RCU read side.
 * Return: a netfilter verdict.
 */
unsigned int vmi_flow_take4(struct nf_flowtable *table, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	if (is_empty(table))
		return NF_ACCEPT;
	return nf_flow_offload_ip_hook(table, skb, state);
}

/**
 * vmi_flow_take6 - send a packet of a flow in the table on
 * @table: the table
 * @skb: an IPv6 packet that has come in
 * @state: of the PRE_ROUTING hook that it is at
 *
 * Context: softirq, RCU read side.
 * Return: a netfilter verdict.
 */
unsigned int vmi_flow_take6(struct nf_flowtable *table, struct sk_buff *skb,
			    const struct nf_hook_state *state)
{
	if (is_empty(table))
		return NF_ACCEPT;
	return nf_flow_offload_ipv6_hook(table, skb, state);
}

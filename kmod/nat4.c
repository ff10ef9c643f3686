// SPDX-License-Identifier: GPL-2.0
/*
 * NAT of IPv4: what becomes of a packet at netfilter's hooks.
 *
 * A packet of a guest comes from the network's interface into the host's stack and
 * takes its ordinary way; masquerade() gives it an address of the host. Its
 * answers, and what a port forward (portfwd.c) lets in, is sent on by route().
 */
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_nat.h>
#include <net/netfilter/nf_nat_masquerade.h>
#include <net/route.h>

#include "hop.h"
#include "hostdev.h"
#include "nat_priv.h"
#include "net.h"
#include "portfwd.h"

/* ---- at the first packet of a flow ---- */

/* Can the sender be what it says? As the stack would ask before it took the packet. */
static bool source_ok(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct flowi4 fl4 = { .daddr = ip_hdr(skb)->saddr, .flowi4_mark = skb->mark };
	struct in_device *in_dev = __in_dev_get_rcu(state->in);
	struct rtable *rt;
	bool ok;

	if (inet_addr_type(state->net, ip_hdr(skb)->saddr) != RTN_UNICAST)
		return false;
	if (!in_dev || !IN_DEV_RPFILTER(in_dev))
		return true;
	rt = ip_route_output_key(state->net, &fl4);
	if (IS_ERR(rt))
		return false;
	/* 1 is strict: answers must leave where this came in. */
	ok = IN_DEV_RPFILTER(in_dev) != 1 || rt->dst.dev == state->in;
	ip_rt_put(rt);
	return ok;
}

/* To a forwarded port of the host: let it go to the guest. */
static unsigned int forward_port(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct nf_nat_range2 range = {
		.flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
	};
	const struct nf_conntrack_tuple *tuple;
	enum ip_conntrack_info ctinfo;
	struct vmi_nat *nat = priv;
	struct vmi_portfwd *fwd;
	struct nf_conn *ct;
	__be32 ip;
	u16 port;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct || ctinfo != IP_CT_NEW)
		return NF_ACCEPT;
	if (nf_ct_protonum(ct) != IPPROTO_TCP && nf_ct_protonum(ct) != IPPROTO_UDP)
		return NF_ACCEPT;
	tuple = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	port = ntohs(tuple->dst.u.all);
	fwd = vmi_portfwd_find(&nat->forwards, nf_ct_protonum(ct), port, tuple->dst.u3.ip);
	if (!fwd || inet_addr_type(state->net, tuple->dst.u3.ip) != RTN_LOCAL)
		return NF_ACCEPT;
	if (state->hook == NF_INET_PRE_ROUTING) {
		/* Guests of a network that is not NAT have no way out of it, nor into another. */
		if (vmi_hostdev_net(state->in) && !vmi_nat_net(state->in))
			return NF_ACCEPT;
		if (!source_ok(skb, state))
			return vmi_nat_drop(fwd->net, VMI_DROP_SRC_IP);
	}
	ip = READ_ONCE(fwd->ip);
	if (!ip) {
		/* No guest: TCP gets a reset from the host. UDP would get stuck in the socket. */
		return nf_ct_protonum(ct) == IPPROTO_TCP ? NF_ACCEPT :
							   vmi_nat_drop(fwd->net, VMI_DROP_NO_DEST);
	}
	range.min_addr.ip = ip;
	range.max_addr.ip = ip;
	range.min_proto.all = htons(fwd->conf.to + (port - fwd->conf.first));
	range.max_proto = range.min_proto;
	atomic64_inc(&fwd->connections);
	return nf_nat_setup_info(ct, &range, NF_NAT_MANIP_DST);
}

/* From a guest to elsewhere, or what a guest could not answer: give it an address of the host. */
static unsigned int masquerade(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct vmi_net *net = vmi_nat_net(state->in);
	struct nf_nat_range2 range = {};
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct;

	ct = nf_ct_get(skb, &ctinfo);
	if (!ct)
		return NF_ACCEPT;
	if (!net) {
		/* From a loopback address of the host, through a forward. */
		net = vmi_nat_net(state->out);
		if (!net ||
		    !ipv4_is_loopback(ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple.src.u3.ip))
			return NF_ACCEPT;
	}
	/* The function below writes to the log of each flow that finds no address. */
	if (!inet_select_addr(state->out, rt_nexthop(skb_rtable(skb), ip_hdr(skb)->daddr),
			      RT_SCOPE_UNIVERSE))
		return vmi_nat_drop(net, VMI_DROP_NO_ADDRESS);
	return nf_nat_masquerade_ipv4(skb, state->hook, &range, state->out);
}

/* ---- at every packet ---- */

/**
 * vmi_nat4_set_up - have an interface forward what guests send
 * @dev: the interface
 *
 * It forwards, whatever the host's other ones do, and answers to flows that began at
 * a loopback address may come in by it. Nothing but guests' frames does, and these are looked
 * at in route().
 *
 * Context: RCU read side.
 */
void vmi_nat4_set_up(const struct net_device *dev)
{
	struct in_device *in_dev = __in_dev_get_rcu(dev);

	if (!in_dev || (IN_DEV_FORWARD(in_dev) && IN_DEV_CONF_GET(in_dev, ROUTE_LOCALNET)))
		return;
	IN_DEV_CONF_SET(in_dev, FORWARDING, 1);
	IN_DEV_CONF_SET(in_dev, ROUTE_LOCALNET, 1);
}

/* Before all others: what is established needs none of them. */
static unsigned int take(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct vmi_nat *nat = priv;

	return vmi_flow_take4(&nat->flows, skb, state);
}

/* Behind all that may rewrite the destination: is it a guest? */
static unsigned int route(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct vmi_nat *nat = priv;
	struct net_device *dev;
	struct vmi_net *net;

	net = vmi_nat_net(state->in);
	if (net) {
		/* Someone may have set "forwarding" of all interfaces. */
		vmi_nat4_set_up(state->in);
		/* The stack leaves both to us now. */
		if (ipv4_is_loopback(iph->saddr))
			return vmi_nat_drop(net, VMI_DROP_SRC_IP);
		if (ipv4_is_loopback(iph->daddr) &&
		    !(ct && (ct->status & IPS_SRC_NAT) && CTINFO2DIR(ctinfo) == IP_CT_DIR_REPLY))
			return vmi_nat_drop(net, VMI_DROP_LOOPBACK);
	}
	/* Of what is not translated nothing is for a guest; IP options are the stack's business. */
	if (!ct || !(ct->status & IPS_NAT_MASK) || iph->ihl != 5)
		return NF_ACCEPT;
	net = vmi_nat_net_of(nat, iph->daddr);
	if (!net || iph->daddr == net->conf.gateway)
		return NF_ACCEPT;
	dev = rcu_dereference(net->host);
	if (!dev)
		return NF_ACCEPT;
	return vmi_hop_to_guest(skb, state, net, dev);
}

/**
 * vmi_nat4_forwarded - did a forward send a flow to where it goes?
 * @nat: of the network namespace
 * @ct: the flow
 * @net: the network that it goes to
 *
 * Context: softirq, RCU read side.
 * Return: true if it was a forward of that network.
 */
bool vmi_nat4_forwarded(struct vmi_nat *nat, const struct nf_conn *ct, const struct vmi_net *net)
{
	const struct nf_conntrack_tuple *tuple = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	struct vmi_portfwd *fwd;

	if (!(ct->status & IPS_DST_NAT))
		return false;
	fwd = vmi_portfwd_find(&nat->forwards, nf_ct_protonum(ct), ntohs(tuple->dst.u.all),
			       tuple->dst.u3.ip);
	return fwd && fwd->net == net &&
	       READ_ONCE(fwd->ip) == ct->tuplehash[IP_CT_DIR_REPLY].tuple.src.u3.ip;
}

const struct nf_hook_ops vmi_nat4_fns[VMI_NAT4_FNS] = {
	{
		.hook		= forward_port,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_NAT_DST + 1,
	}, {
		.hook		= forward_port,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_LOCAL_OUT,
		.priority	= NF_IP_PRI_NAT_DST + 1,
	}, {
		.hook		= masquerade,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_POST_ROUTING,
		.priority	= NF_IP_PRI_NAT_SRC + 1,
	},
};

const struct nf_hook_ops vmi_nat4_hooks[VMI_NAT_HOOKS] = {
	{
		.hook		= take,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_FIRST,
	}, {
		.hook		= route,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP_PRI_LAST,
	}, {
		.hook		= vmi_nat_forward_first,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FIRST + 1,	/* behind wall.c */
	}, {
		.hook		= vmi_nat_forward_last,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_LAST,
	},
};

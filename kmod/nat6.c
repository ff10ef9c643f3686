// SPDX-License-Identifier: GPL-2.0
/*
 * NAT of IPv6: what becomes of a packet at netfilter's hooks.
 *
 * The stack forwards IPv6 only if all interfaces do, and then no longer configures
 * the host itself by router advertisements. So both directions are sent on by route().
 * Towards guests the host is a router nevertheless, see be_router().
 */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_nat.h>
#include <net/netfilter/nf_nat_masquerade.h>

#include "hop.h"
#include "nat_priv.h"
#include "net.h"

/* From a guest to elsewhere: give it an address of the host. */
static unsigned int masquerade(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	struct vmi_net *net = vmi_nat_net(state->in);
	struct nf_nat_range2 range = {};
	unsigned int verdict;

	if (!net || ipv6_addr_any(&net->conf.subnet6))
		return NF_ACCEPT;
	verdict = nf_nat_masquerade_ipv6(skb, &range, state->out);
	return verdict == NF_DROP ? vmi_nat_drop(net, VMI_DROP_NO_ADDRESS) : verdict;
}

/*
 * "forwarding" of one interface is what neighbour advertisements say there. A guest whose
 * neighbour is no router any more takes its default route away (RFC 4861 section 7.2.5).
 * Someone may have set that of all interfaces.
 */
static void be_router(const struct net_device *dev)
{
	struct inet6_dev *in6_dev = __in6_dev_get(dev);

	if (in6_dev && !READ_ONCE(in6_dev->cnf.forwarding))
		WRITE_ONCE(in6_dev->cnf.forwarding, 1);
}

/* Before all others: what is established needs none of them. */
static unsigned int take(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct vmi_nat *nat = priv;

	return vmi_flow_take6(&nat->flows, skb, state);
}

/* Behind all that may rewrite the destination: is it for a guest, or from one for elsewhere? */
static unsigned int route(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct vmi_net *in = vmi_nat_net(state->in), *net;
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	int type = ipv6_addr_type(&hdr->daddr);
	enum ip_conntrack_info ctinfo;
	struct nf_conn *ct = nf_ct_get(skb, &ctinfo);
	struct vmi_nat *nat = priv;

	if (in && !ipv6_addr_any(&in->conf.subnet6))
		be_router(state->in);
	if (!(type & IPV6_ADDR_UNICAST) || type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK))
		return NF_ACCEPT;
	if (in && !ipv6_addr_any(&in->conf.subnet6))
		return vmi_hop6(skb, state, in);
	if (!ct || !(ct->status & IPS_NAT_MASK))
		return NF_ACCEPT;
	net = vmi_nat_net_of6(nat, &hdr->daddr);
	return net ? vmi_hop6(skb, state, net) : NF_ACCEPT;
}

const struct nf_hook_ops vmi_nat6_fn = {
	.hook		= masquerade,
	.pf		= NFPROTO_IPV6,
	.hooknum	= NF_INET_POST_ROUTING,
	.priority	= NF_IP6_PRI_NAT_SRC + 1,
};

const struct nf_hook_ops vmi_nat6_hooks[VMI_NAT_HOOKS] = {
	{
		.hook		= take,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_FIRST,
	}, {
		.hook		= route,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_PRE_ROUTING,
		.priority	= NF_IP6_PRI_LAST,
	}, {
		.hook		= vmi_nat_forward_first,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_FIRST + 1,	/* behind wall.c */
	}, {
		.hook		= vmi_nat_forward_last,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_LAST,
	},
};

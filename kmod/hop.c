// SPDX-License-Identifier: GPL-2.0
/*
 * The hop of a packet over the host to a guest, without the host being a router.
 *
 * The IP stack forwards what comes in by an interface only if that one has
 * "forwarding" set, and with that it would forward everybody's packets, between
 * any of its networks. The answers to guests come in by whichever interface has
 * the default route today. So those, and what is forwarded to a guest on purpose, are
 * passed on here, through the FORWARD and POST_ROUTING hooks as ever, and
 * no setting of the host is touched.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/inetdevice.h>
#include <linux/ip.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/icmp.h>
#include <net/ip.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#include "compat.h"
#include "hop.h"
#include "net.h"

#define MSS_MIN		536	/* RFC 9293: what a peer may assume anyway */

static unsigned int drop(struct vmi_net *net, enum vmi_drop why)
{
	vmi_net_drop(net, why);
	return NF_DROP;
}

static int hop_finish(struct net *netns, struct sock *sk, struct sk_buff *skb)
{
	/* It was the time of its arrival, and would be taken for that of its departure. */
	skb_clear_tstamp(skb);
	return dst_output(netns, sk, skb);
}

/* Does it take fragments to send this, and may there be none? */
static bool too_big(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb->len <= mtu || !(ip_hdr(skb)->frag_off & htons(IP_DF)))
		return false;
	/* It came in fragments which were put together, and goes in such. */
	if (IPCB(skb)->frag_max_size)
		return IPCB(skb)->frag_max_size > mtu;
	return !skb_is_gso(skb) || !skb_gso_validate_network_len(skb, mtu);
}

/**
 * vmi_hop_to_guest - pass a packet on to a guest
 * @skb: an IPv4 packet that has come in, without IP options; its route is not known yet
 * @state: of the PRE_ROUTING hook that it is at
 * @net: the guest's network
 * @dev: its interface
 *
 * What a router has to do (RFC 1812): lifetime, size, and the errors about these.
 *
 * Context: softirq, RCU read side.
 * Return: a netfilter verdict, for the hook to return.
 */
unsigned int vmi_hop_to_guest(struct sk_buff *skb, const struct nf_hook_state *state,
			      struct vmi_net *net, struct net_device *dev)
{
	struct flowi4 fl4 = {
		.flowi4_oif = dev->ifindex,
		.flowi4_mark = skb->mark,
		.daddr = ip_hdr(skb)->daddr,
	};
	struct rtable *rt;
	unsigned int mtu;

	/* Merged by the card in a way that cannot be undone, or refused by IPsec. */
	if (skb->pkt_type != PACKET_HOST || skb_warn_if_lro(skb) ||
	    !xfrm4_policy_check(NULL, XFRM_POLICY_FWD, skb))
		return drop(net, VMI_DROP_NO_ROUTE);
	rt = ip_route_output_key(state->net, &fl4);
	if (IS_ERR(rt))
		return drop(net, VMI_DROP_NO_ROUTE);
	if (rt->rt_type != RTN_UNICAST || rt->dst.dev != dev) {
		ip_rt_put(rt);
		return drop(net, VMI_DROP_NO_ROUTE);
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, &rt->dst);

	skb_forward_csum(skb);
	if (ip_hdr(skb)->ttl <= 1) {
		icmp_send(skb, ICMP_TIME_EXCEEDED, ICMP_EXC_TTL, 0);
		return drop(net, VMI_DROP_TTL);
	}
	IPCB(skb)->flags |= IPSKB_FORWARDED;
	mtu = ip_dst_mtu_maybe_forward(&rt->dst, true);
	if (too_big(skb, mtu)) {
		icmp_send(skb, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, htonl(mtu));
		return drop(net, VMI_DROP_TOO_LONG);
	}
	if (skb_cow(skb, LL_RESERVED_SPACE(dev)))
		return drop(net, VMI_DROP_NO_MEM);
	ip_decrease_ttl(ip_hdr(skb));
	NF_HOOK(NFPROTO_IPV4, NF_INET_FORWARD, state->net, NULL, skb, skb->dev, dev, hop_finish);
	return NF_STOLEN;
}

static bool too_big6(const struct sk_buff *skb, unsigned int mtu)
{
	if (skb->len <= mtu)
		return false;
	if (IP6CB(skb)->frag_max_size)
		return IP6CB(skb)->frag_max_size > mtu;
	return !skb_is_gso(skb) || !skb_gso_validate_network_len(skb, mtu);
}

/**
 * vmi_hop6 - pass a packet on to a guest, or from a guest to where it is for
 * @skb: an IPv6 packet that has come in, for a unicast address; its route is not known yet
 * @state: of the PRE_ROUTING hook that it is at
 * @net: the guest's network
 *
 * As vmi_hop_to_guest().
 *
 * Context: softirq, RCU read side.
 * Return: a netfilter verdict, for the hook to return.
 */
unsigned int vmi_hop6(struct sk_buff *skb, const struct nf_hook_state *state, struct vmi_net *net)
{
	const struct ipv6hdr *hdr = ipv6_hdr(skb);
	struct flowi6 fl6 = {
		.flowi6_iif = state->in->ifindex,
		.flowi6_mark = skb->mark,
		.flowi6_proto = hdr->nexthdr,
		.flowlabel = ip6_flowinfo(hdr),
		.daddr = hdr->daddr,
		.saddr = hdr->saddr,
	};
	int type = ipv6_addr_type(&hdr->saddr);
	struct dst_entry *dst;
	struct rt6_info *rt;
	unsigned int mtu;

	dst = ip6_route_input_lookup(state->net, state->in, &fl6, skb, RT6_LOOKUP_F_HAS_SADDR);
	rt = container_of(dst, struct rt6_info, dst);
	if (rt->rt6i_flags & RTF_LOCAL) {
		dst_release(dst);
		return NF_ACCEPT;
	}
	skb_dst_drop(skb);
	skb_dst_set(skb, dst);
	if (dst->error) {
		icmpv6_send(skb, ICMPV6_DEST_UNREACH, ICMPV6_NOROUTE, 0);
		return drop(net, VMI_DROP_NO_ROUTE);
	}
	if (skb->pkt_type != PACKET_HOST || skb_warn_if_lro(skb) || !(type & IPV6_ADDR_UNICAST) ||
	    type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK) ||
	    !xfrm6_policy_check(NULL, XFRM_POLICY_FWD, skb) || !xfrm6_route_forward(skb))
		return drop(net, VMI_DROP_NO_ROUTE);
	dst = skb_dst(skb);

	skb_forward_csum(skb);
	if (ipv6_hdr(skb)->hop_limit <= 1) {
		icmpv6_send(skb, ICMPV6_TIME_EXCEED, ICMPV6_EXC_HOPLIMIT, 0);
		return drop(net, VMI_DROP_TTL);
	}
	IP6CB(skb)->flags |= IP6SKB_FORWARDED;
	mtu = max_t(unsigned int, ip6_dst_mtu_maybe_forward(dst, true), IPV6_MIN_MTU);
	if (too_big6(skb, mtu)) {
		icmpv6_send(skb, ICMPV6_PKT_TOOBIG, 0, mtu);
		return drop(net, VMI_DROP_TOO_LONG);
	}
	if (skb_cow(skb, LL_RESERVED_SPACE(dst->dev)))
		return drop(net, VMI_DROP_NO_MEM);
	ipv6_hdr(skb)->hop_limit--;
	NF_HOOK(NFPROTO_IPV6, NF_INET_FORWARD, state->net, NULL, skb, skb->dev, dst->dev,
		hop_finish);
	return NF_STOLEN;
}

/* MTU of the way back to the sender of a packet; 0 when there is none */
static unsigned int mtu_back4(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct flowi4 fl4 = {
		.flowi4_mark = skb->mark,
		.daddr = ip_hdr(skb)->saddr,
	};
	struct rtable *rt;
	unsigned int mtu;

	rt = ip_route_output_key(state->net, &fl4);
	if (IS_ERR(rt))
		return 0;
	mtu = dst_mtu(&rt->dst);
	ip_rt_put(rt);
	return mtu;
}

static unsigned int mtu_back6(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct flowi6 fl6 = {
		.flowi6_mark = skb->mark,
		.daddr = ipv6_hdr(skb)->saddr,
	};
	struct dst_entry *dst;
	unsigned int mtu;

	dst = ip6_route_output(state->net, NULL, &fl6);
	mtu = dst->error ? 0 : dst_mtu(dst);
	dst_release(dst);
	return mtu;
}

/* The MSS option of a TCP header of @len bytes; NULL without one. */
static u8 *mss_option(struct tcphdr *th, unsigned int len)
{
	u8 *p = (u8 *)(th + 1), *end = (u8 *)th + len;

	while (p < end && *p != TCPOPT_EOL) {
		if (*p == TCPOPT_NOP) {
			p++;
			continue;
		}
		if (p + 1 >= end || p[1] < 2 || p + p[1] > end)
			return NULL;
		if (*p == TCPOPT_MSS && p[1] == TCPOLEN_MSS)
			return p;
		p += p[1];
	}
	return NULL;
}

/**
 * vmi_hop_clamp_mss - have a TCP connection begin with segments that fit
 * @skb: an IPv4 or IPv6 packet of it, not a fragment, whose route is known
 * @state: of the FORWARD hook that it is at
 *
 * The sender of a SYN says what it can receive, and does not know of narrower
 * links on the way here and on. Where the errors of path MTU discovery are lost, and
 * many lose them, this is all that makes the connection work.
 *
 * Context: softirq, RCU read side.
 */
void vmi_hop_clamp_mss(struct sk_buff *skb, const struct nf_hook_state *state)
{
	unsigned int mtu, back, len, headers, off = 0;
	struct tcphdr *th, copy;
	__be16 from, to;
	u16 mss, old;
	u8 *opt;

	/* An ICMP error is a connection's, too. */
	if (state->pf == NFPROTO_IPV4) {
		if (ip_hdr(skb)->protocol != IPPROTO_TCP)
			return;
		off = ip_hdrlen(skb);
		headers = sizeof(struct iphdr) + sizeof(struct tcphdr);
	} else {
		if (ipv6_find_hdr(skb, &off, IPPROTO_TCP, NULL, NULL) < 0)
			return;
		headers = sizeof(struct ipv6hdr) + sizeof(struct tcphdr);
	}
	th = skb_header_pointer(skb, off, sizeof(copy), &copy);
	if (!th || !th->syn)
		return;
	len = th->doff * 4;
	if (len <= sizeof(*th) || skb_ensure_writable(skb, off + len))
		return;
	th = (struct tcphdr *)(skb_network_header(skb) + off);
	opt = mss_option(th, len);
	if (!opt)
		return;

	mtu = dst_mtu(skb_dst(skb));
	back = state->pf == NFPROTO_IPV4 ? mtu_back4(skb, state) : mtu_back6(skb, state);
	if (back)
		mtu = min(mtu, back);
	if (mtu < MSS_MIN + headers)
		return;
	mss = min_t(unsigned int, mtu - headers, U16_MAX);
	old = opt[2] << 8 | opt[3];
	if (old <= mss)
		return;
	opt[2] = mss >> 8;
	opt[3] = mss & 0xff;
	from = htons(old);
	to = htons(mss);
	/* In the sum a byte counts by where it stands. */
	if ((opt - (u8 *)th) & 1) {
		from = (__force __be16)swab16((__force u16)from);
		to = (__force __be16)swab16((__force u16)to);
	}
	inet_proto_csum_replace2(&th->check, skb, from, to, false);
}

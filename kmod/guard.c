// SPDX-License-Identifier: GPL-2.0
/*
 * Port security: what a guest may send.
 *
 * A guest has the MAC of its port and the address of its lease, if the network has
 * leases; it serves neither DHCP nor router advertisements. Each check can be
 * switched off for a port. Pure: decides on a parsed frame. Who of several guests has
 * an IPv6 address is another question, see claim.c.
 */
#include <linux/bits.h>
#include <linux/etherdevice.h>
#include <linux/in.h>

#include "frame.h"
#include "guard.h"

#define DHCP_CLIENT	68
#define DHCP6_CLIENT	546
#define DHCP6_SERVER	547

#define ON(guard, flag)	((guard) & BIT(VMI_GUARD_##flag))

static bool ip6_is_any(const struct in6_addr *a)
{
	return !(a->s6_addr32[0] | a->s6_addr32[1] | a->s6_addr32[2] | a->s6_addr32[3]);
}

/*
 * There are no IPv6 leases: where a guest may not have any address, it has link-local ones,
 * and those that begin with its prefix.
 */
static bool ip6_allowed(const struct in6_addr *a, __be32 lease, const struct in6_addr *prefix6)
{
	if (!lease)
		return a->s6_addr[0] != 0xff;
	if (a->s6_addr[0] == 0xfe && (a->s6_addr[1] & 0xc0) == 0x80)
		return true;
	return !ip6_is_any(prefix6) && a->s6_addr32[0] == prefix6->s6_addr32[0] &&
	       a->s6_addr32[1] == prefix6->s6_addr32[1];
}

static int check_arp(const struct vmi_frame *f, const u8 *mac, __be32 lease)
{
	if (f->flags & VMI_FRAME_ARP_ODD || !ether_addr_equal_unaligned(f->arp_mac, mac))
		return VMI_DROP_ARP;
	/* 0.0.0.0 is a probe (RFC 5227). */
	return !lease || !f->ip4_src || f->ip4_src == lease ? VMI_FRAME_OK : VMI_DROP_ARP;
}

/* What cannot be seen is taken for the worst that it can be. */
static bool may_hide(const struct vmi_frame *f, u8 proto)
{
	return f->flags & VMI_FRAME_L4_HIDDEN &&
	       (!(f->flags & VMI_FRAME_L4) || f->l4_proto == proto);
}

/* By either port: clients look at the destination only. */
static bool is_dhcp_server(const struct vmi_frame *f)
{
	if (may_hide(f, IPPROTO_UDP))
		return true;
	if (!(f->flags & VMI_FRAME_UDP))
		return false;
	if (f->flags & VMI_FRAME_IP4)
		return f->sport == VMI_DHCP_SERVER || f->dport == DHCP_CLIENT;
	return f->sport == DHCP6_SERVER || f->dport == DHCP6_CLIENT;
}

static bool ip4_source_ok(const struct vmi_frame *f, __be32 lease)
{
	if (f->ip4_src == lease)
		return true;
	if (f->ip4_src)
		return !lease && !ipv4_is_multicast(f->ip4_src) && !ipv4_is_lbcast(f->ip4_src);
	/* A client that has not got its lease yet. */
	if (f->flags & VMI_FRAME_UDP && f->sport == DHCP_CLIENT && f->dport == VMI_DHCP_SERVER)
		return true;
	/* IGMP may be sent before there is an address (RFC 3376 section 4.2.13). */
	return f->l4_proto == IPPROTO_IGMP;
}

static int check_ip4(const struct vmi_frame *f, u32 guard, __be32 lease)
{
	if (ON(guard, DHCP) && is_dhcp_server(f))
		return VMI_DROP_ROGUE_DHCP;
	if (ON(guard, IP) && !ip4_source_ok(f, lease))
		return VMI_DROP_SRC_IP;
	return VMI_FRAME_OK;
}

/* Which addresses are claimed, and that they are this port's. */
static bool nd_ok(const struct vmi_frame *f, const u8 *mac, __be32 lease,
		  const struct in6_addr *prefix6)
{
	if (f->flags & VMI_FRAME_ND_BAD)
		return false;
	if (f->nd.has_lladdr && !ether_addr_equal_unaligned(f->nd.lladdr, mac))
		return false;
	if (!ip6_is_any(&f->ip6_src) && !ip6_allowed(&f->ip6_src, lease, prefix6))
		return false;
	return f->nd.type != VMI_ND_ADVERT || ip6_allowed(&f->nd.target, lease, prefix6);
}

static int check_ip6(const struct vmi_frame *f, u32 guard, const u8 *mac, __be32 lease,
		     const struct in6_addr *prefix6)
{
	if (ON(guard, RA) && (f->flags & VMI_FRAME_RA || may_hide(f, IPPROTO_ICMPV6)))
		return VMI_DROP_ROGUE_RA;
	if (ON(guard, DHCP) && is_dhcp_server(f))
		return VMI_DROP_ROGUE_DHCP;
	if (ON(guard, ND) &&
	    (f->flags & VMI_FRAME_ND ? !nd_ok(f, mac, lease, prefix6) : may_hide(f, IPPROTO_ICMPV6)))
		return VMI_DROP_ND;
	if (!ON(guard, IP) || ip6_allowed(&f->ip6_src, lease, prefix6))
		return VMI_FRAME_OK;
	/* No address yet: it is being detected, or groups are reported. */
	if (ip6_is_any(&f->ip6_src) && f->flags & VMI_FRAME_L4 && f->l4_proto == IPPROTO_ICMPV6)
		return VMI_FRAME_OK;
	return VMI_DROP_SRC_IP;
}

/**
 * vmi_guard_check - may a guest send this frame?
 * @f: the frame, parsed
 * @guard: which checks to make, BIT(VMI_GUARD_*); the storm limit is not among them
 * @mac: the port's
 * @lease: the port's address, 0 if it may use any
 * @prefix6: 64 bits that its IPv6 addresses may begin with, unspecified for none
 *
 * Context: any.
 * Return: VMI_FRAME_OK or the enum vmi_drop.
 */
int vmi_guard_check(const struct vmi_frame *f, u32 guard, const u8 *mac, __be32 lease,
		    const struct in6_addr *prefix6)
{
	if (ON(guard, MAC) && !ether_addr_equal_unaligned(f->src, mac))
		return VMI_DROP_SRC_MAC;
	if (f->flags & VMI_FRAME_IP4)
		return check_ip4(f, guard, lease);
	if (f->flags & VMI_FRAME_IP6)
		return check_ip6(f, guard, mac, lease, prefix6);
	if (f->flags & VMI_FRAME_ARP && ON(guard, ARP))
		return check_arp(f, mac, lease);
	return VMI_FRAME_OK;
}

/**
 * vmi_guard_claims - the IPv6 addresses that a frame says to be its sender's
 * @f: the frame, parsed
 * @source: set to the one it comes from, or NULL
 * @target: set to the one that neighbour discovery says so of, or NULL
 *
 * Context: any.
 */
void vmi_guard_claims(const struct vmi_frame *f, const struct in6_addr **source,
		      const struct in6_addr **target)
{
	*source = NULL;
	*target = NULL;
	if (!(f->flags & VMI_FRAME_IP6))
		return;
	if (!ip6_is_any(&f->ip6_src))
		*source = &f->ip6_src;
	if (!(f->flags & VMI_FRAME_ND) || f->flags & VMI_FRAME_ND_BAD)
		return;
	/* A solicitation without a source asks whether somebody else has it (RFC 4862 5.4). */
	if (f->nd.type == VMI_ND_ADVERT || (f->nd.type == VMI_ND_SOLICIT && !*source))
		*target = &f->nd.target;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * MAC translation, for an uplink that lets one hardware address through.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/string.h>

#include "macnat.h"

/* offsets in ARP for Ethernet and IPv4 */
#define ARP_SHA		8
#define ARP_THA		18

/* neighbour discovery, RFC 4861 section 4 */
#define ND_RS		133
#define ND_NS		135
#define ND_NA		136
#define ND_OPT_SOURCE	1
#define ND_OPT_TARGET	2
#define ND_OPT_LEN	8	/* of these two, for Ethernet */
#define ICMP6_CSUM	2

/* DHCP, RFC 2131 section 2 */
#define DHCP_SERVER	67
#define BOOTP_OFF	8	/* behind the UDP header */
#define BOOTP_FLAGS	10
#define BOOTP_REQUEST	1
#define BOOTP_BROADCAST	0x80	/* of the first byte of the flags */
#define UDP_CSUM	6

#define IP6_DST		24	/* in the IPv6 header */

static u16 be16_at(const u8 *p)
{
	return p[0] << 8 | p[1];
}

static void put_be16(u8 *p, u16 val)
{
	p[0] = val >> 8;
	p[1] = val;
}

/* Write bytes, an even number at an even offset, and keep the checksum over them true (RFC 1624). */
static void replace(u8 *csum, u8 *at, const u8 *val, unsigned int len)
{
	u32 sum = (u16)~be16_at(csum);
	unsigned int i;

	for (i = 0; i < len; i += 2)
		sum += (u16)~be16_at(at + i) + be16_at(val + i);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put_be16(csum, ~sum);
	memcpy(at, val, len);
}

static void mapped(struct in6_addr *addr, __be32 ip)
{
	memset(addr, 0, 10);
	memset(addr->s6_addr + 10, 0xff, 2);
	memcpy(addr->s6_addr + 12, &ip, sizeof(ip));
}

/* of one machine, and of no other by its nature */
static bool unicast(const struct in6_addr *addr)
{
	static const u8 zero[16];

	return addr->s6_addr[0] != 0xff && memcmp(addr->s6_addr, zero, sizeof(zero));
}

static bool unicast4(__be32 ip)
{
	return ip && ntohl(ip) < 0xe0000000;
}

/**
 * vmi_macnat_source - which IP address does the sender of a frame have?
 * @f: the frame, parsed
 * @addr: result; an IPv4 address is mapped
 *
 * Context: any.
 * Return: false if the frame does not say.
 */
bool vmi_macnat_source(const struct vmi_frame *f, struct in6_addr *addr)
{
	if (f->flags & (VMI_FRAME_ARP | VMI_FRAME_IP4)) {
		mapped(addr, f->ip4_src);
		return unicast4(f->ip4_src);
	}
	if (f->flags & VMI_FRAME_IP6) {
		*addr = f->ip6_src;
		return unicast(addr);
	}
	return false;
}

/**
 * vmi_macnat_target - which IP address is a frame for?
 * @f: the frame, parsed
 * @head: its first bytes
 * @head_len: their number
 * @addr: result; an IPv4 address is mapped
 *
 * Context: any.
 * Return: false if the frame does not say.
 */
bool vmi_macnat_target(const struct vmi_frame *f, const u8 *head, u32 head_len,
		       struct in6_addr *addr)
{
	if (f->flags & (VMI_FRAME_ARP | VMI_FRAME_IP4)) {
		mapped(addr, f->ip4_dst);
		return unicast4(f->ip4_dst);
	}
	if (f->flags & VMI_FRAME_IP6) {
		/* The parser has seen to it that the header is there. */
		if (f->l3_off + IP6_DST + sizeof(*addr) > head_len)
			return false;
		memcpy(addr, head + f->l3_off + IP6_DST, sizeof(*addr));
		return unicast(addr);
	}
	return false;
}

/* Neighbours would send to a guest's address: give them the uplink's. */
static void out_nd(const struct vmi_frame *f, u8 *head, u32 head_len, const u8 *mac, bool partial)
{
	u8 unused[2] = {}, *icmp = head + f->l4_off;
	u32 off = f->l4_off;
	u8 want;

	if (off + 8 > head_len)
		return;
	switch (icmp[0]) {
	case ND_RS:
		want = ND_OPT_SOURCE;
		off += 8;
		break;
	case ND_NS:
		want = ND_OPT_SOURCE;
		off += 24;
		break;
	case ND_NA:
		want = ND_OPT_TARGET;
		off += 24;
		break;
	default:
		return;
	}
	while (off + ND_OPT_LEN <= head_len && head[off + 1]) {
		if (head[off] == want && head[off + 1] == 1)
			replace(partial ? unused : icmp + ICMP6_CSUM, head + off + 2, mac, ETH_ALEN);
		off += head[off + 1] * 8;
	}
}

/* A server would answer to the client's hardware address: have it answer to all. */
static void out_dhcp(const struct vmi_frame *f, u8 *head, u32 head_len, bool partial)
{
	u32 bootp = f->l4_off + BOOTP_OFF;
	u8 unused[2] = {}, flags[2];
	u8 *csum;

	if (bootp + BOOTP_FLAGS + sizeof(flags) > head_len || head[bootp] != BOOTP_REQUEST)
		return;
	csum = head + f->l4_off + UDP_CSUM;
	/* 0 is no checksum, or one that is completed later over what we write */
	if (partial || !be16_at(csum))
		csum = unused;
	memcpy(flags, head + bootp + BOOTP_FLAGS, sizeof(flags));
	flags[0] |= BOOTP_BROADCAST;
	replace(csum, head + bootp + BOOTP_FLAGS, flags, sizeof(flags));
	if (csum != unused && !be16_at(csum))
		put_be16(csum, 0xffff);
}

/**
 * vmi_macnat_out - translate a frame of a guest
 * @f: the frame, parsed
 * @head: its first bytes, written to
 * @head_len: their number
 * @mac: the uplink's address
 * @partial: the transport checksum is completed later
 *
 * Context: any.
 * Return: false if the frame may not leave by such an uplink.
 */
bool vmi_macnat_out(const struct vmi_frame *f, u8 *head, u32 head_len, const u8 *mac, bool partial)
{
	/* It would speak for the uplink to the access point. */
	if (f->proto == htons(ETH_P_PAE) || f->proto == htons(ETH_P_PREAUTH))
		return false;
	memcpy(head + ETH_ALEN, mac, ETH_ALEN);
	if (f->flags & VMI_FRAME_ARP_ODD)
		return true;
	if (f->flags & VMI_FRAME_ARP) {
		u8 *arp = head + f->l3_off;

		memcpy(arp + ARP_SHA, mac, ETH_ALEN);
		/* an announcement may name the sender as the target, too */
		if (!memcmp(arp + ARP_THA, f->src, ETH_ALEN))
			memcpy(arp + ARP_THA, mac, ETH_ALEN);
	} else if ((f->flags & VMI_FRAME_IP6) && (f->flags & VMI_FRAME_L4) &&
		   f->l4_proto == IPPROTO_ICMPV6) {
		out_nd(f, head, head_len, mac, partial);
	} else if ((f->flags & VMI_FRAME_IP4) && (f->flags & VMI_FRAME_UDP) &&
		   f->dport == DHCP_SERVER) {
		out_dhcp(f, head, head_len, partial);
	}
	return true;
}

/**
 * vmi_macnat_in - translate a frame for a guest
 * @f: the frame, parsed
 * @head: its first bytes, written to
 * @head_len: their number
 * @mac: the uplink's address
 * @guest: the guest's
 *
 * Context: any.
 */
void vmi_macnat_in(const struct vmi_frame *f, u8 *head, u32 head_len, const u8 *mac,
		   const u8 *guest)
{
	u8 *tha = head + f->l3_off + ARP_THA;

	memcpy(head, guest, ETH_ALEN);
	if ((f->flags & (VMI_FRAME_ARP | VMI_FRAME_ARP_ODD)) == VMI_FRAME_ARP &&
	    f->l3_off + ARP_THA + ETH_ALEN <= head_len && !memcmp(tha, mac, ETH_ALEN))
		memcpy(tha, guest, ETH_ALEN);
}

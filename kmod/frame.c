// SPDX-License-Identifier: GPL-2.0
/*
 * Parsing of a frame's first bytes and of its virtio-net header.
 */
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>

#include "frame.h"

#define EXT_HDRS_MAX	8
#define ARP_IP_LEN	28	/* ARP for Ethernet and IPv4 */
#define SNAP_LEN	8	/* LLC and SNAP header (RFC 1042) */
#define ETH_TYPE_MIN	1536	/* what is less is a length */

/* RFC 4861 section 4: more ICMPv6 types, bytes before the options, options */
#define ND_RA		134
#define ND_REDIRECT	137
#define ND_RS_LEN	8
#define ND_NS_LEN	24	/* an advertisement's, too */
#define ND_OPT_SOURCE	1
#define ND_OPT_TARGET	2
#define ND_OPT_UNIT	8

static u16 be16_at(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/* The options from @off to @end; false if one of them cannot be what it says. */
static bool parse_nd_options(struct vmi_frame_nd *nd, const u8 *head, u32 off, u32 end)
{
	const u8 *opt;
	u32 len;

	for (; off < end; off += len) {
		opt = head + off;
		len = off + 2 <= end ? opt[1] * ND_OPT_UNIT : 0;
		if (!len || len > end - off)
			return false;
		if (opt[0] != ND_OPT_SOURCE && opt[0] != ND_OPT_TARGET)
			continue;
		if (len != ND_OPT_UNIT || (nd->has_lladdr && memcmp(nd->lladdr, opt + 2, 6)))
			return false;
		memcpy(nd->lladdr, opt + 2, 6);
		nd->has_lladdr = true;
	}
	return true;
}

/* A fragment has no business here (RFC 6980). */
static void parse_nd(struct vmi_frame *f, const u8 *head, u32 head_len)
{
	u32 off = f->l4_off, end, body;

	body = head[off] == VMI_ND_ROUTER_SOLICIT ? ND_RS_LEN : ND_NS_LEN;
	end = f->l3_off + sizeof(struct ipv6hdr) + be16_at(head + f->l3_off + 4);
	end = min(end, f->len);
	memset(&f->nd, 0, sizeof(f->nd));
	f->flags |= VMI_FRAME_ND;
	if (f->flags & VMI_FRAME_FRAG || end > head_len || off + body > end) {
		f->flags |= VMI_FRAME_ND_BAD;
		return;
	}
	f->nd.type = head[off];
	if (f->nd.type != VMI_ND_ROUTER_SOLICIT)
		memcpy(&f->nd.target, head + off + 8, sizeof(f->nd.target));
	if (!parse_nd_options(&f->nd, head, off + body, end))
		f->flags |= VMI_FRAME_ND_BAD;
}

static void parse_icmp6(struct vmi_frame *f, const u8 *head, u32 head_len)
{
	if (f->l4_off >= head_len) {
		f->flags |= VMI_FRAME_L4_HIDDEN;
		return;
	}
	switch (head[f->l4_off]) {
	case ND_RA:
	case ND_REDIRECT:
		f->flags |= VMI_FRAME_RA;
		break;
	case VMI_ND_ROUTER_SOLICIT:
	case VMI_ND_SOLICIT:
	case VMI_ND_ADVERT:
		parse_nd(f, head, head_len);
		break;
	}
}

/* IPv4 and IPv6 alike: what is behind the network headers */
static __always_inline void parse_l4(struct vmi_frame *f, const u8 *head, u32 head_len)
{
	u32 off = f->l4_off;

	f->flags |= VMI_FRAME_L4;
	if (f->l4_proto == IPPROTO_UDP) {
		if (off + sizeof(struct udphdr) > head_len) {
			f->flags |= VMI_FRAME_L4_HIDDEN;
			return;
		}
		f->sport = be16_at(head + off);
		f->dport = be16_at(head + off + 2);
		f->flags |= VMI_FRAME_UDP;
	} else if (f->l4_proto == IPPROTO_ICMPV6 && (f->flags & VMI_FRAME_IP6)) {
		parse_icmp6(f, head, head_len);
	}
}

static int parse_ip4(struct vmi_frame *f, const u8 *head, u32 head_len)
{
	u32 off = f->l3_off;
	u32 hlen;
	u16 frag;

	if (off + sizeof(struct iphdr) > head_len)
		return VMI_DROP_RUNT;
	hlen = (head[off] & 0xf) * 4;
	if (head[off] >> 4 != 4 || hlen < sizeof(struct iphdr) || off + hlen > f->len)
		return VMI_DROP_BAD_HEADER;
	f->flags |= VMI_FRAME_IP4;
	memcpy(&f->ip4_src, head + off + 12, sizeof(f->ip4_src));
	memcpy(&f->ip4_dst, head + off + 16, sizeof(f->ip4_dst));
	frag = be16_at(head + off + 6);
	if (frag & 0x3fff)	/* more fragments, or an offset */
		f->flags |= VMI_FRAME_FRAG;
	f->l4_off = off + hlen;
	f->l4_proto = head[off + 9];
	if (!(frag & 0x1fff))
		parse_l4(f, head, head_len);
	return VMI_FRAME_OK;
}

/*
 * Router advertisements can hide behind extension headers (RFC 7113), so these
 * are walked, and a frame whose headers cannot be followed is marked.
 */
static int parse_ip6(struct vmi_frame *f, const u8 *head, u32 head_len)
{
	u32 off = f->l3_off;
	unsigned int i;
	u8 next;

	if (off + sizeof(struct ipv6hdr) > head_len)
		return VMI_DROP_RUNT;
	if (head[off] >> 4 != 6)
		return VMI_DROP_BAD_HEADER;
	f->flags |= VMI_FRAME_IP6;
	memcpy(&f->ip6_src, head + off + 8, sizeof(f->ip6_src));
	next = head[off + 6];
	off += sizeof(struct ipv6hdr);

	for (i = 0; i < EXT_HDRS_MAX; i++) {
		const u8 *p = head + off;

		switch (next) {
		case IPPROTO_HOPOPTS:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case IPPROTO_MH:
		case IPPROTO_AH:
			if (off + 2 > head_len)
				goto hidden;
			/* AH counts in words, the others in pairs of them */
			off += next == IPPROTO_AH ? (p[1] + 2) * 4 : (p[1] + 1) * 8;
			next = p[0];
			break;
		case IPPROTO_FRAGMENT:
			if (off + 8 > head_len)
				goto hidden;
			f->flags |= VMI_FRAME_FRAG;
			/* Of a later fragment the transport header is elsewhere. */
			if (be16_at(p + 2) & 0xfff8)
				return VMI_FRAME_OK;
			off += 8;
			next = p[0];
			break;
		case IPPROTO_NONE:
			return VMI_FRAME_OK;
		default:
			f->l4_off = off;
			f->l4_proto = next;
			parse_l4(f, head, head_len);
			return VMI_FRAME_OK;
		}
	}
hidden:
	f->flags |= VMI_FRAME_L4_HIDDEN;
	return VMI_FRAME_OK;
}

static int parse_arp(struct vmi_frame *f, const u8 *head, u32 head_len)
{
	/* hardware type 1, protocol IPv4, lengths 6 and 4 */
	static const u8 eth_ip[6] = { 0, 1, 8, 0, 6, 4 };
	const u8 *p = head + f->l3_off;

	if (f->l3_off + ARP_IP_LEN > head_len)
		return VMI_DROP_RUNT;
	f->flags |= VMI_FRAME_ARP;
	if (memcmp(p, eth_ip, sizeof(eth_ip))) {
		f->flags |= VMI_FRAME_ARP_ODD;
		return VMI_FRAME_OK;
	}
	memcpy(f->arp_mac, p + 8, sizeof(f->arp_mac));
	memcpy(&f->ip4_src, p + 14, sizeof(f->ip4_src));
	memcpy(&f->ip4_dst, p + 24, sizeof(f->ip4_dst));
	return VMI_FRAME_OK;
}

/* The EtherType in an LLC/SNAP header (RFC 1042), 0 if there is none. */
static u16 snap_proto(const u8 *p)
{
	static const u8 llc[5] = { 0xaa, 0xaa, 3, 0, 0 };

	/* OUI 00:00:00, or 00:00:f8 of bridge tunnels (IEEE 802.1H) */
	if (memcmp(p, llc, sizeof(llc)) || (p[5] && p[5] != 0xf8))
		return 0;
	return be16_at(p + 6);
}

/**
 * vmi_frame_parse - parse the first bytes of a frame
 * @f: result
 * @head: copy of the frame's first bytes
 * @head_len: their number, the lesser of @len and VMI_FRAME_HEAD
 * @len: bytes of the whole frame
 *
 * Context: any.
 * Return: VMI_FRAME_OK or an enum vmi_drop.
 */
int vmi_frame_parse(struct vmi_frame *f, const u8 *head, u32 head_len, u32 len)
{
	u32 off = 2 * ETH_ALEN;
	unsigned int tags = 0;
	u16 proto;

	f->len = len;
	f->flags = 0;
	f->proto = 0;
	f->l3_off = 0;
	f->l4_off = 0;
	f->l4_proto = 0;
	f->sport = 0;
	f->dport = 0;
	f->ip4_src = 0;
	f->ip4_dst = 0;
	if (head_len < ETH_HLEN)
		return VMI_DROP_RUNT;
	memcpy(f->dst, head, ETH_ALEN);
	memcpy(f->src, head + ETH_ALEN, ETH_ALEN);
	if (f->dst[0] & 1)
		f->flags |= VMI_FRAME_MCAST;

	proto = be16_at(head + off);
	while (proto == ETH_P_8021Q || proto == ETH_P_8021AD) {
		off += VMI_VLAN_TAG_LEN;
		if (off + 2 > head_len)
			return VMI_DROP_RUNT;
		/* More tags than are looked behind would hide a network header. */
		if (++tags > VMI_VLAN_TAGS_MAX)
			return VMI_DROP_BAD_HEADER;
		proto = be16_at(head + off);
	}
	f->l3_off = off + 2;
	/* Some systems take IP out of it, so it is no place to hide. */
	if (proto < ETH_TYPE_MIN && f->l3_off + SNAP_LEN <= head_len &&
	    snap_proto(head + f->l3_off)) {
		proto = snap_proto(head + f->l3_off);
		f->l3_off += SNAP_LEN;
		f->flags |= VMI_FRAME_SNAP;
	}
	f->proto = htons(proto);

	switch (proto) {
	case ETH_P_IP:
		return parse_ip4(f, head, head_len);
	case ETH_P_IPV6:
		return parse_ip6(f, head, head_len);
	case ETH_P_ARP:
		return parse_arp(f, head, head_len);
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		/* a tag behind SNAP */
		return VMI_DROP_BAD_HEADER;
	default:
		return VMI_FRAME_OK;
	}
}

/**
 * vmi_frame_hdr_negotiated - does a virtio-net header keep to the negotiation?
 * @h: copy of the header
 * @features: negotiated by the driver that wrote it
 *
 * Context: any.
 * Return: false if the driver uses what it did not negotiate.
 */
bool vmi_frame_hdr_negotiated(const struct virtio_net_hdr *h, u64 features)
{
	if ((h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) && !(features & BIT_ULL(VIRTIO_NET_F_CSUM)))
		return false;
	if ((h->gso_type & VIRTIO_NET_HDR_GSO_ECN) && !(features & BIT_ULL(VIRTIO_NET_F_HOST_ECN)))
		return false;

	switch (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return !(h->gso_type & VIRTIO_NET_HDR_GSO_ECN);
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return features & BIT_ULL(VIRTIO_NET_F_HOST_TSO4);
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return features & BIT_ULL(VIRTIO_NET_F_HOST_TSO6);
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		return features & BIT_ULL(VIRTIO_NET_F_HOST_USO) &&
		       !(h->gso_type & VIRTIO_NET_HDR_GSO_ECN);
	default:
		return false;
	}
}

/**
 * vmi_frame_hdr_gso - the part of vmi_frame_hdr_check() about segmentation
 * @f: as there, and all below
 * @head: see there
 * @head_len: see there
 * @h: see there
 * @max: bytes of the longest segment
 *
 * Context: any.
 * Return: as vmi_frame_hdr_check().
 */
int vmi_frame_hdr_gso(const struct vmi_frame *f, const u8 *head, u32 head_len,
		      struct virtio_net_hdr *h, u32 max)
{
	u16 size = le16_to_cpu((__force __le16)h->gso_size);
	bool udp = h->gso_type == VIRTIO_NET_HDR_GSO_UDP_L4;
	u32 hdr_len, ip = VMI_FRAME_IP4;

	if (udp)
		ip |= VMI_FRAME_IP6;
	else if ((h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) == VIRTIO_NET_HDR_GSO_TCPV6)
		ip = VMI_FRAME_IP6;
	/* Segmentation needs the checksum to be left to it (virtio 1.2 section 5.1.6.2). */
	if (!(h->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) || !size)
		return VMI_DROP_BAD_HEADER;
	if (!(f->flags & ip) || !(f->flags & VMI_FRAME_L4) ||
	    (f->flags & (VMI_FRAME_FRAG | VMI_FRAME_SNAP)) ||
	    f->l4_proto != (udp ? IPPROTO_UDP : IPPROTO_TCP))
		return VMI_DROP_BAD_HEADER;
	if (le16_to_cpu((__force __le16)h->csum_start) != f->l4_off ||
	    le16_to_cpu((__force __le16)h->csum_offset) !=
	    (udp ? offsetof(struct udphdr, check) : offsetof(struct tcphdr, check)))
		return VMI_DROP_BAD_HEADER;
	if (udp) {
		hdr_len = sizeof(struct udphdr);
	} else {
		if (f->l4_off + sizeof(struct tcphdr) > head_len)
			return VMI_DROP_BAD_HEADER;
		hdr_len = (head[f->l4_off + 12] >> 4) * 4;
		if (hdr_len < sizeof(struct tcphdr))
			return VMI_DROP_BAD_HEADER;
	}
	hdr_len += f->l4_off;
	if (hdr_len > f->len)
		return VMI_DROP_BAD_HEADER;
	if (hdr_len + size > max)
		return VMI_DROP_TOO_LONG;
	/* The sender's value is a hint that nobody may rely on: state the true one. */
	h->hdr_len = (__force __virtio16)cpu_to_le16(hdr_len);
	return VMI_FRAME_OK;
}

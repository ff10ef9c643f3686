/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parsing of a frame's first bytes and of its virtio-net header.
 *
 * Pure: works on local copies only; no lock, no allocation.
 */
#ifndef VMI_FRAME_H
#define VMI_FRAME_H

#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/virtio_net.h>

#include "drop.h"

/* UDP segmentation: of virtio 1.2, and of <linux/virtio_net.h> from Linux 6.2 on */
#ifndef VIRTIO_NET_F_HOST_USO
#define VIRTIO_NET_F_GUEST_USO4		54
#define VIRTIO_NET_F_GUEST_USO6		55
#define VIRTIO_NET_F_HOST_USO		56
#endif
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4	5
#endif

#define VMI_FRAME_HEAD	128	/* bytes looked at; they hold all headers that matter */
#define VMI_FRAME_OK	(-1)	/* instead of an enum vmi_drop */
#define VMI_VLAN_TAGS_MAX	2
#define VMI_VLAN_TAG_LEN	4

#define VMI_FRAME_MCAST		BIT(0)	/* Ethernet multicast or broadcast */
#define VMI_FRAME_ARP		BIT(1)
#define VMI_FRAME_IP4		BIT(2)
#define VMI_FRAME_IP6		BIT(3)
#define VMI_FRAME_L4		BIT(4)	/* l4_off and l4_proto are known, no later fragment */
#define VMI_FRAME_FRAG		BIT(5)	/* some fragment of a packet */
#define VMI_FRAME_UDP		BIT(6)	/* ports are known */
#define VMI_FRAME_RA		BIT(7)	/* ICMPv6 router advertisement or redirect */
#define VMI_FRAME_L4_HIDDEN	BIT(8)	/* headers go on beyond what is looked at */
#define VMI_FRAME_ARP_ODD	BIT(9)	/* ARP, not for Ethernet and IPv4: arp_mac and ip4_* are 0 */
#define VMI_FRAME_ND		BIT(10)	/* other neighbour discovery: nd is set */
#define VMI_FRAME_ND_BAD	BIT(11)	/* such, in fragments or not to be followed to its end */
#define VMI_FRAME_SNAP		BIT(12)	/* the network header is behind an LLC/SNAP header */

/* RFC 4861 section 4 */
#define VMI_ND_ROUTER_SOLICIT	133
#define VMI_ND_SOLICIT		135
#define VMI_ND_ADVERT		136

/**
 * struct vmi_frame_nd - what a router solicitation, neighbour solicitation or advertisement claims
 * @type: VMI_ND_*
 * @has_lladdr: @lladdr is good
 * @lladdr: link-layer address option
 * @target: not of a router solicitation
 */
struct vmi_frame_nd {
	u8 type;
	bool has_lladdr;
	u8 lladdr[6];
	struct in6_addr target;
};

/**
 * struct vmi_frame - what a frame says
 * @len: bytes of the frame
 * @flags: VMI_FRAME_*
 * @dst: Ethernet destination
 * @src: Ethernet source
 * @proto: EtherType behind VLAN tags
 * @l3_off: offset of the network header
 * @l4_off: offset of the transport header
 * @l4_proto: IPPROTO_*
 * @sport: UDP source port
 * @dport: UDP destination port
 * @ip4_src: IPv4 source, or ARP sender's protocol address
 * @ip4_dst: IPv4 destination, or ARP target
 * @arp_mac: ARP sender's hardware address, with VMI_FRAME_ARP
 * @ip6_src: IPv6 source, with VMI_FRAME_IP6
 * @nd: only with VMI_FRAME_ND
 *
 * What a frame has not got is 0, but for the last three.
 */
struct vmi_frame {
	u32 len;
	u32 flags;
	u8 dst[6];
	u8 src[6];
	__be16 proto;
	u16 l3_off;
	u16 l4_off;
	u8 l4_proto;
	u16 sport;
	u16 dport;
	__be32 ip4_src;
	__be32 ip4_dst;
	u8 arp_mac[6];
	struct in6_addr ip6_src;
	struct vmi_frame_nd nd;
};

/* Does a DHCP client get what is sent to that UDP port? Of TCP none is known, it is 0. */
static inline bool vmi_frame_is_dhcp_client(u16 dport)
{
	return dport == 68 || dport == 546;
}

/* of Ethernet, IPv4 and the ports: what a struct vmi_frame_run compares */
#define VMI_FRAME_RUN_HEAD	(14 + 20 + 8)

/**
 * struct vmi_frame_run - how the frames of a flow begin
 * @on: there is a flow
 * @word: the first bytes of one of its frames
 *
 * Only of frames to one station, IPv4 without options or fragments, TCP or UDP, not to a
 * DHCP client: then what vmi_frame_parse() says depends on the bytes that are compared, and on
 * the length.
 */
struct vmi_frame_run {
	bool on;
	u64 word[5];
};

/* bytes that are compared, in the order of the wire: not the length, TTL, checksums, DSCP */
#define VMI_FRAME_RUN_MASK1	cpu_to_be64(0xffffffffffffff00ULL)
#define VMI_FRAME_RUN_MASK2	cpu_to_be64(0x00000000ffff00ffULL)
#define VMI_FRAME_RUN_MASK3	cpu_to_be64(0x0000ffffffffffffULL)
#define VMI_FRAME_RUN_MASK4	cpu_to_be64(0xffffffffffff0000ULL)

/**
 * vmi_frame_goes_on - is a frame the next one of a flow?
 * @r: the flow
 * @head: copy of the frame's first bytes
 * @head_len: their number
 *
 * Context: any.
 * Return: true if vmi_frame_parse() would say of it what it said of the flow's first, but
 * for the length.
 */
static inline bool vmi_frame_goes_on(const struct vmi_frame_run *r, const u8 *head, u32 head_len)
{
	u64 differ, w[5];

	if (!r->on || head_len < VMI_FRAME_RUN_HEAD)
		return false;
	memcpy(w, head, sizeof(w));
	differ = w[0] ^ r->word[0];
	differ |= (w[1] ^ r->word[1]) & (__force u64)VMI_FRAME_RUN_MASK1;
	differ |= (w[2] ^ r->word[2]) & (__force u64)VMI_FRAME_RUN_MASK2;
	differ |= (w[3] ^ r->word[3]) & (__force u64)VMI_FRAME_RUN_MASK3;
	differ |= (w[4] ^ r->word[4]) & (__force u64)VMI_FRAME_RUN_MASK4;
	return !differ;
}

/**
 * vmi_frame_begin - remember a frame for those of its flow that follow, if it is that simple
 * @r: the flow
 * @f: the frame, parsed
 * @head: copy of its first bytes
 * @head_len: their number
 *
 * Context: any.
 */
static inline void vmi_frame_begin(struct vmi_frame_run *r, const struct vmi_frame *f,
				   const u8 *head, u32 head_len)
{
	r->on = head_len >= VMI_FRAME_RUN_HEAD && f->l3_off == 14 && f->l4_off == 34 &&
		!vmi_frame_is_dhcp_client(f->dport) &&
		(f->flags & ~VMI_FRAME_UDP) == (VMI_FRAME_IP4 | VMI_FRAME_L4);
	if (r->on)
		memcpy(r->word, head, sizeof(r->word));
}

int vmi_frame_parse(struct vmi_frame *f, const u8 *head, u32 head_len, u32 len);
bool vmi_frame_hdr_negotiated(const struct virtio_net_hdr *h, u64 features);
int vmi_frame_hdr_gso(const struct vmi_frame *f, const u8 *head, u32 head_len,
		      struct virtio_net_hdr *h, u32 max);

/**
 * vmi_frame_hdr_check - check a virtio-net header against its frame
 * @f: the frame, parsed
 * @head: copy of its first bytes
 * @head_len: their number
 * @h: copy of the header; what is meaningless is cleared, so that a receiver can have it
 * @mtu: of the network
 *
 * Context: any.
 * Return: VMI_FRAME_OK or an enum vmi_drop.
 */
static inline int vmi_frame_hdr_check(const struct vmi_frame *f, const u8 *head,
				      u32 head_len, struct virtio_net_hdr *h, u32 mtu)
{
	u32 max = mtu + ETH_HLEN + VMI_VLAN_TAGS_MAX * VMI_VLAN_TAG_LEN;
	u32 start, end;

	h->flags &= VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->hdr_len = 0;
	if (h->flags) {
		start = le16_to_cpu((__force __le16)h->csum_start);
		end = start + le16_to_cpu((__force __le16)h->csum_offset) + 2;
		if (start < ETH_HLEN || end > f->len)
			return VMI_DROP_BAD_HEADER;
	} else {
		h->csum_start = 0;
		h->csum_offset = 0;
	}
	if (unlikely(h->gso_type != VIRTIO_NET_HDR_GSO_NONE))
		return vmi_frame_hdr_gso(f, head, head_len, h, max);
	h->gso_size = 0;
	return f->len > max ? VMI_DROP_TOO_LONG : VMI_FRAME_OK;
}

#endif /* VMI_FRAME_H */

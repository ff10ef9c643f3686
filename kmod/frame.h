/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parsing of a frame's first bytes and of its virtio-net header.
 *
 * Pure: works on local copies only; no lock, no allocation.
 */
#ifndef VMI_FRAME_H
#define VMI_FRAME_H

#include <linux/types.h>
#include <linux/virtio_net.h>

#include "drop.h"

#define VMI_FRAME_HEAD	128	/* bytes looked at; they hold all headers that matter */
#define VMI_FRAME_OK	(-1)	/* instead of an enum vmi_drop */

#define VMI_FRAME_MCAST		BIT(0)	/* Ethernet multicast or broadcast */
#define VMI_FRAME_ARP		BIT(1)
#define VMI_FRAME_IP4		BIT(2)
#define VMI_FRAME_IP6		BIT(3)
#define VMI_FRAME_L4		BIT(4)	/* l4_off and l4_proto are known, no later fragment */
#define VMI_FRAME_FRAG		BIT(5)	/* some fragment of a packet */
#define VMI_FRAME_UDP		BIT(6)	/* ports are known */
#define VMI_FRAME_RA		BIT(7)	/* ICMPv6 router advertisement */
#define VMI_FRAME_L4_HIDDEN	BIT(8)	/* IPv6 headers go on beyond what is looked at */

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
 * @arp_mac: ARP sender's hardware address
 * @ip6_src: IPv6 source
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
};

int vmi_frame_parse(struct vmi_frame *f, const u8 *head, u32 head_len, u32 len);
bool vmi_frame_hdr_negotiated(const struct virtio_net_hdr *h, u64 features);
int vmi_frame_hdr_check(const struct vmi_frame *f, const u8 *head, u32 head_len,
			struct virtio_net_hdr *h, u32 mtu);

#endif /* VMI_FRAME_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Port security: what a guest may send.
 *
 * A guest has the MAC of its port and the address of its lease, it serves
 * neither DHCP nor router advertisements. Pure: decides on a parsed frame.
 */
#include <linux/etherdevice.h>
#include <linux/in.h>
#include <net/ipv6.h>

#include "frame.h"
#include "guard.h"

#define DHCP_SERVER	67
#define DHCP_CLIENT	68

static int check_ip4(const struct vmi_frame *f, __be32 lease)
{
	bool udp = f->flags & VMI_FRAME_UDP;

	if (udp && f->sport == DHCP_SERVER)
		return VMI_DROP_ROGUE_DHCP;
	if (f->ip4_src == lease)
		return VMI_FRAME_OK;
	/* A client that has not got its lease yet. */
	if (!f->ip4_src && udp && f->sport == DHCP_CLIENT && f->dport == DHCP_SERVER)
		return VMI_FRAME_OK;
	/* IGMP may be sent before there is an address (RFC 3376 section 4.2.13). */
	if (!f->ip4_src && f->l4_proto == IPPROTO_IGMP)
		return VMI_FRAME_OK;
	return VMI_DROP_SRC_IP;
}

static int check_ip6(const struct vmi_frame *f)
{
	if (f->flags & (VMI_FRAME_RA | VMI_FRAME_L4_HIDDEN))
		return VMI_DROP_ROGUE_RA;
	/* There are no IPv6 leases: link-local, or unspecified during address detection. */
	if (ipv6_addr_any(&f->ip6_src) || __ipv6_addr_type(&f->ip6_src) & IPV6_ADDR_LINKLOCAL)
		return VMI_FRAME_OK;
	return VMI_DROP_SRC_IP;
}

/**
 * vmi_guard_check - may a guest send this frame?
 * @f: the frame, parsed
 * @mac: the port's
 * @lease: the port's address
 *
 * Context: any.
 * Return: VMI_FRAME_OK or the enum vmi_drop.
 */
int vmi_guard_check(const struct vmi_frame *f, const u8 *mac, __be32 lease)
{
	if (!ether_addr_equal_unaligned(f->src, mac))
		return VMI_DROP_SRC_MAC;
	if (f->flags & VMI_FRAME_ARP) {
		if (!ether_addr_equal_unaligned(f->arp_mac, mac))
			return VMI_DROP_ARP;
		/* 0.0.0.0 is a probe (RFC 5227). */
		return !f->ip4_src || f->ip4_src == lease ? VMI_FRAME_OK : VMI_DROP_ARP;
	}
	if (f->flags & VMI_FRAME_IP4)
		return check_ip4(f, lease);
	if (f->flags & VMI_FRAME_IP6)
		return check_ip6(f);
	return VMI_FRAME_OK;
}

/**
 * vmi_guard_is_dhcp_request - is the frame for the network's DHCP server?
 * @f: the frame, parsed
 * @server: the server's address
 *
 * Context: any.
 * Return: true if the VMM is to have it, and nobody else.
 */
bool vmi_guard_is_dhcp_request(const struct vmi_frame *f, __be32 server)
{
	return (f->flags & VMI_FRAME_IP4) && (f->flags & VMI_FRAME_UDP) &&
	       !(f->flags & VMI_FRAME_FRAG) && f->dport == DHCP_SERVER &&
	       (f->ip4_dst == htonl(INADDR_BROADCAST) || f->ip4_dst == server);
}

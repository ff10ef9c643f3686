/* SPDX-License-Identifier: GPL-2.0 */
/* Port security: what a guest may send. */
#ifndef VMI_GUARD_H
#define VMI_GUARD_H

#include <linux/in.h>
#include <linux/types.h>
#include <linux/vmi.h>

#include "frame.h"

struct in6_addr;

#define VMI_DHCP_SERVER	67	/* UDP port */

/* every check there is; the default of networks */
#define VMI_GUARD_ALL	(BIT(VMI_GUARD_STORM + 1) - 1)

int vmi_guard_check(const struct vmi_frame *f, u32 guard, const u8 *mac, __be32 lease,
		    const struct in6_addr *prefix6);
void vmi_guard_claims(const struct vmi_frame *f, const struct in6_addr **source,
		      const struct in6_addr **target);

/* Is the frame for the network's router? Then the VMM is to have it, and nobody else. */
static inline bool vmi_guard_is_router_solicit(const struct vmi_frame *f)
{
	return unlikely(f->flags & VMI_FRAME_ND) && !(f->flags & VMI_FRAME_ND_BAD) &&
	       f->nd.type == VMI_ND_ROUTER_SOLICIT;
}

/* Is the frame for the DHCP server of a network, whose address is @server? */
static inline bool vmi_guard_is_dhcp_request(const struct vmi_frame *f, __be32 server)
{
	return unlikely(f->dport == VMI_DHCP_SERVER) && (f->flags & VMI_FRAME_IP4) &&
	       (f->flags & VMI_FRAME_UDP) && !(f->flags & VMI_FRAME_FRAG) &&
	       (f->ip4_dst == htonl(INADDR_BROADCAST) || f->ip4_dst == server);
}

#endif /* VMI_GUARD_H */

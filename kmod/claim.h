/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which guest of a network has which IPv6 address: first come, first served.
 *
 * There are no leases for IPv6: guests make their addresses up. So the one that
 * used an address first keeps it as long as its rings run, and no other guest can
 * pass for it (RFC 6620, with the switch in the place of every binding anchor).
 */
#ifndef VMI_CLAIM_H
#define VMI_CLAIM_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct in6_addr;
struct vmi_frame;
struct vmi_port;

#define VMI_CLAIM_BUCKETS	256
#define VMI_CLAIMS_PER_PORT	64	/* a guest that uses more loses the one used longest ago */

/**
 * struct vmi_claims - the claims of a network
 * @lock: leaf; writers, bottom halves off
 * @seed: of the hash; const
 * @bucket: claims by address; @lock, read by RCU
 */
struct vmi_claims {
	spinlock_t lock;
	u32 seed;
	struct hlist_head bucket[VMI_CLAIM_BUCKETS];
};

void vmi_claims_init(struct vmi_claims *claims);
/* RCU held: VMI_FRAME_OK, or why a guest may not send the frame */
int vmi_claim_check(struct vmi_port *port, const struct vmi_frame *f, u32 guard);
void vmi_claims_forget(struct vmi_claims *claims, struct vmi_port *port);
bool vmi_claims_pop(struct vmi_claims *claims, struct vmi_port *port, struct in6_addr *addr);

#endif /* VMI_CLAIM_H */

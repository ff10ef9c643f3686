/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of its queue pairs a guest is given a flow on (virtio 1.2 section 5.1.6.5.6.1).
 *
 * That on which it sent the flow last; but a flow that it is receiving goes nowhere
 * else, since what it gets there could overtake what it has not read yet.
 *
 * Pure: no lock, no allocation; any number of CPUs at a time.
 */
#ifndef VMI_STEER_H
#define VMI_STEER_H

#include <linux/types.h>

struct vmi_frame;

#define VMI_STEER_FLOWS		256
#define VMI_STEER_IDLE_MS	100	/* a flow that was silent so long may change its pair */

/**
 * struct vmi_steer - a table of flows
 * @flow: by hash: number of the pair, UINT32_MAX for none yet, and in the upper half jiffies when it
 *	was last given something; exchanged as a whole
 */
struct vmi_steer {
	u64 flow[VMI_STEER_FLOWS];
};

u32 vmi_steer_hash(const struct vmi_frame *f, const u8 *head, u32 head_len);
void vmi_steer_init(struct vmi_steer *s);
u32 vmi_steer_give(struct vmi_steer *s, u32 hash, u32 pairs);
void vmi_steer_sent(struct vmi_steer *s, u32 hash, u32 pair);

#endif /* VMI_STEER_H */

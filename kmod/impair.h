/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a bad network does to frames: loss, delay, jitter and reordering, for tests.
 *
 * No lock of its own: the caller serialises the use of an impairment.
 */
#ifndef VMI_IMPAIR_H
#define VMI_IMPAIR_H

#include <linux/rbtree.h>
#include <linux/types.h>

struct sk_buff;

#define VMI_IMPAIR_PPM		1000000		/* all of them */
#define VMI_IMPAIR_FRAMES	4096		/* kept at most */
#define VMI_IMPAIR_BYTES	(8U << 20)	/* the same, memory of the skbs */

/**
 * struct vmi_impair_conf - as clients know it; all 0 for none
 * @loss_ppm: frames lost of a million
 * @delay_us: time that a frame is kept
 * @jitter_us: by as much the delay varies in both directions, at most @delay_us
 * @reorder_ppm: frames not kept, of a million
 */
struct vmi_impair_conf {
	u32 loss_ppm;
	u32 delay_us;
	u32 jitter_us;
	u32 reorder_ppm;
};

/**
 * struct vmi_impair - an impairment of one direction
 * @conf: what to do
 * @queue: skbs by the time at which they go on
 * @frames: their number
 * @bytes: their memory
 */
struct vmi_impair {
	struct vmi_impair_conf conf;
	struct rb_root queue;
	u32 frames;
	u32 bytes;
};

/* What becomes of a frame. */
enum vmi_impair_fate {
	VMI_IMPAIR_PASS,	/* it goes on at once */
	VMI_IMPAIR_KEPT,	/* taken over; it goes on later */
	VMI_IMPAIR_LOST,
	VMI_IMPAIR_FULL,	/* there is no room to keep it */
};

enum vmi_impair_fate vmi_impair_admit(struct vmi_impair *im, struct sk_buff *skb, u64 now_ns);
/* the next one whose time has come, or NULL */
struct sk_buff *vmi_impair_due(struct vmi_impair *im, u64 now_ns);
/* when the next one goes on, U64_MAX if there is none */
u64 vmi_impair_next_ns(const struct vmi_impair *im);

#endif /* VMI_IMPAIR_H */

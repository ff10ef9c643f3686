/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Token buckets. Pure: no lock, no allocation, the time is handed in.
 *
 * A bucket that is not empty lets anything pass and may be overdrawn, so that what
 * is larger than the bucket passes, and pays for it afterwards.
 */
#ifndef VMI_LIMIT_H
#define VMI_LIMIT_H

#include <linux/types.h>

#define VMI_RATE_MAX	1000000000000ULL	/* tokens a second */
#define VMI_BURST_MAX	4000000000ULL		/* tokens */

/**
 * struct vmi_bucket - a token bucket
 * @rate: tokens a second, 0 for no limit
 * @burst: tokens that it holds
 * @burst_ns: time in which it fills
 * @full_ns: when it will be full, or was
 * @rest: what the last division for @full_ns left, in tokens * 1e-9
 */
struct vmi_bucket {
	u64 rate;
	u64 burst;
	u64 burst_ns;
	u64 full_ns;
	u64 rest;
};

/**
 * struct vmi_limit_conf - limits as clients know them; 0 where there is none
 * @packets: a second
 * @packets_burst: at once
 * @bytes: a second
 * @bytes_burst: at once
 */
struct vmi_limit_conf {
	u64 packets;
	u64 packets_burst;
	u64 bytes;
	u64 bytes_burst;
};

/**
 * struct vmi_limit - limits of one direction
 * @packets: bucket of packets
 * @bytes: bucket of bytes
 */
struct vmi_limit {
	struct vmi_bucket packets;
	struct vmi_bucket bytes;
};

void vmi_bucket_set(struct vmi_bucket *b, u64 rate, u64 burst);
/* ns until something may pass, 0 if it may now */
u64 vmi_bucket_wait_ns(const struct vmi_bucket *b, u64 now_ns);
void vmi_bucket_take(struct vmi_bucket *b, u64 now_ns, u64 tokens);

/* false: out of bounds */
bool vmi_limit_fill_in(struct vmi_limit_conf *conf);
void vmi_limit_set(struct vmi_limit *l, const struct vmi_limit_conf *conf);
u64 vmi_limit_wait_ns(const struct vmi_limit *l, u64 now_ns);
void vmi_limit_take(struct vmi_limit *l, u64 now_ns, u32 packets, u64 bytes);

#endif /* VMI_LIMIT_H */

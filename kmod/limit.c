// SPDX-License-Identifier: GPL-2.0
/*
 * Token buckets.
 *
 * A bucket is kept as the time at which it will be full (the theoretical arrival time
 * of the generic cell rate algorithm): nothing has to fill it.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/time64.h>

#include "limit.h"

#define BURST_PACKETS_MIN	16ULL
#define BURST_BYTES_MIN		65536ULL
#define BURST_PART		10	/* of a second, where the client does not say */

/**
 * vmi_bucket_set - set a bucket up, full
 * @b: the bucket
 * @rate: tokens a second, up to VMI_RATE_MAX, 0 for no limit
 * @burst: tokens that it holds, up to VMI_BURST_MAX
 *
 * Context: any; the caller serialises the use of a bucket.
 */
void vmi_bucket_set(struct vmi_bucket *b, u64 rate, u64 burst)
{
	b->rate = rate;
	b->burst = burst;
	b->burst_ns = rate ? max_t(u64, div64_u64(burst * NSEC_PER_SEC, rate), 1) : 0;
	b->full_ns = 0;
	b->rest = 0;
}

/**
 * vmi_bucket_wait_ns - how long until there is a token
 * @b: the bucket
 * @now_ns: the time
 *
 * Context: any; the caller serialises the use of a bucket.
 * Return: the time in ns, 0 if something may pass now.
 */
u64 vmi_bucket_wait_ns(const struct vmi_bucket *b, u64 now_ns)
{
	if (!b->rate || b->full_ns < now_ns + b->burst_ns)
		return 0;
	return b->full_ns - b->burst_ns - now_ns + 1;
}

/**
 * vmi_bucket_take - take tokens out, be they there or not
 * @b: the bucket
 * @now_ns: the time
 * @tokens: how many, of a frame or its segments
 *
 * Context: any; the caller serialises the use of a bucket.
 */
void vmi_bucket_take(struct vmi_bucket *b, u64 now_ns, u64 tokens)
{
	if (!b->rate)
		return;
	if (b->full_ns < now_ns) {
		b->full_ns = now_ns;
		b->rest = 0;
	}
	b->full_ns += div64_u64_rem(tokens * NSEC_PER_SEC + b->rest, b->rate, &b->rest);
}

static bool fill_in(u64 rate, u64 *burst, u64 min)
{
	if (!rate) {
		*burst = 0;
		return true;
	}
	if (!*burst)
		*burst = clamp_t(u64, rate / BURST_PART, min, VMI_BURST_MAX);
	return rate <= VMI_RATE_MAX && *burst <= VMI_BURST_MAX;
}

/**
 * vmi_limit_fill_in - complete and check what a client asks for
 * @conf: the limits; bursts of 0 are set
 *
 * Context: any.
 * Return: false if something is out of bounds.
 */
bool vmi_limit_fill_in(struct vmi_limit_conf *conf)
{
	return fill_in(conf->packets, &conf->packets_burst, BURST_PACKETS_MIN) &&
	       fill_in(conf->bytes, &conf->bytes_burst, BURST_BYTES_MIN);
}

/**
 * vmi_limit_set - set both buckets up, full
 * @l: the limits
 * @conf: complete and checked
 *
 * Context: any; the caller serialises the use of the limits.
 */
void vmi_limit_set(struct vmi_limit *l, const struct vmi_limit_conf *conf)
{
	vmi_bucket_set(&l->packets, conf->packets, conf->packets_burst);
	vmi_bucket_set(&l->bytes, conf->bytes, conf->bytes_burst);
}

/**
 * vmi_limit_wait_ns - how long until a frame may pass
 * @l: the limits
 * @now_ns: the time
 *
 * Context: any; the caller serialises the use of the limits.
 * Return: the time in ns, 0 if one may pass now.
 */
u64 vmi_limit_wait_ns(const struct vmi_limit *l, u64 now_ns)
{
	return max(vmi_bucket_wait_ns(&l->packets, now_ns),
		   vmi_bucket_wait_ns(&l->bytes, now_ns));
}

/**
 * vmi_limit_take - charge a frame
 * @l: the limits
 * @now_ns: the time
 * @packets: what it will be on the wire
 * @bytes: of these
 *
 * Context: any; the caller serialises the use of the limits.
 */
void vmi_limit_take(struct vmi_limit *l, u64 now_ns, u32 packets, u64 bytes)
{
	vmi_bucket_take(&l->packets, now_ns, packets);
	vmi_bucket_take(&l->bytes, now_ns, bytes);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * What a bad network does to frames.
 */
#include <linux/math64.h>
#include <linux/random.h>
#include <linux/skbuff.h>
#include <linux/time64.h>

#include "impair.h"

/**
 * struct impair_cb - what a kept skb has in its control block
 * @due_ns: when it goes on
 */
struct impair_cb {
	u64 due_ns;
};

static struct impair_cb *impair_cb(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct impair_cb) > sizeof(skb->cb));
	return (struct impair_cb *)skb->cb;
}

/* true @ppm times of a million */
static bool chance(u32 ppm)
{
	return ppm && get_random_u32() < ((u64)ppm << 32) / VMI_IMPAIR_PPM;
}

static u64 delay_ns(const struct vmi_impair_conf *conf)
{
	u64 ns = (u64)conf->delay_us * NSEC_PER_USEC;
	u64 jitter_ns = (u64)conf->jitter_us * NSEC_PER_USEC;

	return ns - jitter_ns + mul_u64_u32_shr(2 * jitter_ns, get_random_u32(), 32);
}

static void insert(struct vmi_impair *im, struct sk_buff *skb)
{
	struct rb_node **p = &im->queue.rb_node, *parent = NULL;
	u64 due_ns = impair_cb(skb)->due_ns;

	while (*p) {
		parent = *p;
		/* Behind those of the same time: what is not to overtake does not. */
		if (due_ns < impair_cb(rb_to_skb(parent))->due_ns)
			p = &parent->rb_left;
		else
			p = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, p);
	rb_insert_color(&skb->rbnode, &im->queue);
	im->frames++;
	im->bytes += skb->truesize;
}

/**
 * vmi_impair_admit - decide what becomes of a frame
 * @im: the impairment
 * @skb: the frame, with no owner and no device; taken over if it is kept
 * @now_ns: the time
 *
 * Context: any; the caller serialises.
 * Return: enum vmi_impair_fate.
 */
enum vmi_impair_fate vmi_impair_admit(struct vmi_impair *im, struct sk_buff *skb, u64 now_ns)
{
	const struct vmi_impair_conf *conf = &im->conf;

	if (chance(conf->loss_ppm))
		return VMI_IMPAIR_LOST;
	if (!conf->delay_us || chance(conf->reorder_ppm))
		return VMI_IMPAIR_PASS;
	if (im->frames >= VMI_IMPAIR_FRAMES || im->bytes + skb->truesize > VMI_IMPAIR_BYTES)
		return VMI_IMPAIR_FULL;
	impair_cb(skb)->due_ns = now_ns + delay_ns(conf);
	insert(im, skb);
	return VMI_IMPAIR_KEPT;
}

/**
 * vmi_impair_due - take out a frame whose time has come
 * @im: the impairment
 * @now_ns: the time; U64_MAX for any frame
 *
 * Context: any; the caller serialises.
 * Return: the frame, or NULL.
 */
struct sk_buff *vmi_impair_due(struct vmi_impair *im, u64 now_ns)
{
	struct rb_node *first = rb_first(&im->queue);
	struct sk_buff *skb;

	if (!first || impair_cb(rb_to_skb(first))->due_ns > now_ns)
		return NULL;
	skb = rb_to_skb(first);
	rb_erase(first, &im->queue);
	im->frames--;
	im->bytes -= skb->truesize;
	/* It shares its place with the list pointers and the device. */
	skb->next = NULL;
	skb->prev = NULL;
	skb->dev = NULL;
	return skb;
}

/**
 * vmi_impair_next_ns - when the next frame goes on
 * @im: the impairment
 *
 * Context: any; the caller serialises.
 * Return: the time, or U64_MAX if there is none.
 */
u64 vmi_impair_next_ns(const struct vmi_impair *im)
{
	const struct rb_node *first = rb_first(&im->queue);

	return first ? impair_cb(rb_to_skb(first))->due_ns : U64_MAX;
}

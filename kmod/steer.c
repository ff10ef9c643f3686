// SPDX-License-Identifier: GPL-2.0
/*
 * Which of its queue pairs a guest is given a flow on.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "frame.h"
#include "steer.h"

static u32 pair_of(u64 flow)
{
	return flow;
}

static u32 given(u64 flow)
{
	return flow >> 32;
}

static u64 flow_of(u32 pair, u32 when)
{
	return (u64)when << 32 | pair;
}

static bool is_idle(u64 flow, u32 now)
{
	return pair_of(flow) == U32_MAX || now - given(flow) > msecs_to_jiffies(VMI_STEER_IDLE_MS);
}

static u32 word_at(const u8 *p)
{
	u32 w;

	memcpy(&w, p, sizeof(w));
	return w;
}

/* A number of an IPv6 address. */
static u32 fold(const u8 *p)
{
	u32 w = 0;
	unsigned int i;

	for (i = 0; i < sizeof(struct in6_addr); i += sizeof(w))
		w = rol32(w, 7) ^ word_at(p + i);
	return w;
}

/**
 * vmi_steer_hash - tell flows apart
 * @f: a frame, parsed
 * @head: copy of its first bytes
 * @head_len: their number
 *
 * The two directions of a flow have one number. Fragments, of which only the first
 * has ports, go by the addresses alone.
 *
 * Context: any.
 * Return: a number that all frames of a flow share, 0 for what is not IP.
 */
u32 vmi_steer_hash(const struct vmi_frame *f, const u8 *head, u32 head_len)
{
	const u8 *ip = head + f->l3_off, *l4 = head + f->l4_off;
	u32 from, to, ports = 0, sport, dport;

	if (f->flags & VMI_FRAME_IP4) {
		from = word_at(ip + offsetof(struct iphdr, saddr));
		to = word_at(ip + offsetof(struct iphdr, daddr));
	} else if (f->flags & VMI_FRAME_IP6) {
		from = fold(ip + offsetof(struct ipv6hdr, saddr));
		to = fold(ip + offsetof(struct ipv6hdr, daddr));
	} else {
		return 0;
	}
	if ((f->flags & (VMI_FRAME_L4 | VMI_FRAME_FRAG)) == VMI_FRAME_L4 &&
	    (f->l4_proto == IPPROTO_TCP || f->l4_proto == IPPROTO_UDP) &&
	    f->l4_off + 4 <= head_len) {
		sport = l4[0] << 8 | l4[1];
		dport = l4[2] << 8 | l4[3];
		ports = min(sport, dport) << 16 | max(sport, dport);
	}
	return jhash_3words(min(from, to), max(from, to), ports, 0);
}

/**
 * vmi_steer_init - forget all flows
 * @s: the table
 *
 * Context: any.
 */
void vmi_steer_init(struct vmi_steer *s)
{
	unsigned int i;

	for (i = 0; i < VMI_STEER_FLOWS; i++)
		WRITE_ONCE(s->flow[i], flow_of(U32_MAX, 0));
}

/**
 * vmi_steer_give - choose the pair for a frame that the guest is given
 * @s: the table
 * @hash: of the frame's flow
 * @pairs: how many there are to choose from
 *
 * Context: any.
 * Return: number of the pair.
 */
u32 vmi_steer_give(struct vmi_steer *s, u32 hash, u32 pairs)
{
	u64 *flow = &s->flow[hash % VMI_STEER_FLOWS];
	u64 old = READ_ONCE(*flow), new;
	u32 now = jiffies, pair;

	do {
		pair = pair_of(old);
		if (pair >= pairs)
			pair = hash % VMI_STEER_FLOWS % pairs;
		new = flow_of(pair, now);
		/* One write a jiffy; who moves the flow meanwhile is seen. */
	} while (new != old && !try_cmpxchg64(flow, &old, new));
	return pair;
}

/**
 * vmi_steer_sent - note on which pair the guest sent a frame
 * @s: the table
 * @hash: of the frame's flow
 * @pair: number of the pair
 *
 * Context: any.
 */
void vmi_steer_sent(struct vmi_steer *s, u32 hash, u32 pair)
{
	u64 *flow = &s->flow[hash % VMI_STEER_FLOWS];
	u64 old = READ_ONCE(*flow);

	if (pair_of(old) != pair && is_idle(old, jiffies))
		cmpxchg64(flow, old, flow_of(pair, given(old)));
}

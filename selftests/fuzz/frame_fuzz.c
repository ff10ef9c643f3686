// SPDX-License-Identifier: GPL-2.0
/*
 * The parser of frames and the port guard (kmod/frame.c, kmod/guard.c), compiled for user
 * space with the address and undefined-behaviour sanitizers.
 *
 * As a program of its own, frame_fuzz ROUNDS [SEED], it makes frames up: honest ones,
 * attacks, any of them hidden behind tags, options and extension headers, cut off and
 * mutated. With -DLIBFUZZER it is a target of libFuzzer. Either way it asserts that
 *
 * - no byte beyond the copy of a frame's head is read, and what is said of a
 *   frame lies within it;
 * - a frame that is taken for the next one of a flow is parsed as that was, but for its length;
 * - a virtio-net header that passes can be given to a receiver: its offsets lie
 *   within the frame, and a segment within the MTU;
 * - a frame that passes the guard is harmless to a receiver that is more tolerant than any
 *   is: it takes off any number of tags, follows any number of extension headers to
 *   the end of the frame, and reads what it finds there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "../../kmod/frame.h"
#include "../../kmod/guard.h"
#include "../fuzz.h"

#define FRAME_MAX	600
#define MTU		500
#define LEASE		htonl(0xc6336480)	/* 198.51.100.128 */

#define MUST(cond) do {								\
	if (!(cond)) {								\
		fprintf(stderr, "line %d: not so: %s\n", __LINE__, #cond);	\
		abort();							\
	}									\
} while (0)

static const u8 our_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const u8 other_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const struct in6_addr our_prefix = { .s6_addr = { 0xfd, 1, 2, 3, 4, 5, 0x64, 0x80 } };
static const struct in6_addr no_prefix;

/* how often each outcome was seen: a fuzzer that is not let in finds nothing */
static unsigned long seen[VMI_DROP_COUNT + 1];
static unsigned long seen_nd, seen_gso, seen_run;

static u16 get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/* ---- the tolerant receiver ---- */

/**
 * struct view - what it looks at
 * @p: the frame
 * @len: bytes of it
 * @lease: that the sender has, 0 for any
 * @prefix6: that it has, with a lease
 */
struct view {
	const u8 *p;
	u32 len;
	u32 lease;
	const struct in6_addr *prefix6;
};

static bool has(const struct view *v, u32 off, u32 n)
{
	return off <= v->len && n <= v->len - off;
}

static bool is_any(const u8 *addr)
{
	static const u8 any[16];

	return !memcmp(addr, any, 16);
}

static void expect_own(const struct view *v, const u8 *addr)
{
	if (v->prefix6 == &our_prefix && !memcmp(addr, &our_prefix, 8))
		return;
	if (v->lease)
		MUST(addr[0] == 0xfe && addr[1] >> 6 == 2);
	else
		MUST(addr[0] != 0xff);
}

static void receive_arp(const struct view *v, u32 off)
{
	u32 ip;

	if (!has(v, off, 8) || get16(v->p + off) != 1 || get16(v->p + off + 2) != 0x800 ||
	    v->p[off + 4] != 6 || v->p[off + 5] != 4 || !has(v, off, 28))
		return;
	MUST(!memcmp(v->p + off + 8, our_mac, 6));
	memcpy(&ip, v->p + off + 14, 4);
	MUST(!ip || !v->lease || ip == v->lease);
}

static void receive_nd(const struct view *v, u32 off, u32 end, bool fragment)
{
	u32 body = v->p[off] == 133 ? 8 : 24;
	u32 len;

	/* Who takes it out of fragments reads what nobody has seen. */
	MUST(!fragment);
	if (!has(v, off, body) || off + body > end)
		return;
	if (v->p[off] == 136)
		expect_own(v, v->p + off + 8);
	for (off += body; off + 8 <= end && has(v, off, 8); off += len) {
		len = v->p[off + 1] * 8;
		if (!len)
			break;
		if (v->p[off] == 1 || v->p[off] == 2)
			MUST(!memcmp(v->p + off + 2, our_mac, 6));
	}
}

static void receive_ip6(const struct view *v, u32 off)
{
	bool fragment = false;
	u32 end;
	u8 next;

	if (!has(v, off, 40) || v->p[off] >> 4 != 6)
		return;
	end = off + 40 + get16(v->p + off + 4);
	next = v->p[off + 6];
	if (!is_any(v->p + off + 8))
		expect_own(v, v->p + off + 8);
	for (off += 40;;) {
		switch (next) {
		case 0: case 43: case 60: case 135:
			if (!has(v, off, 8))
				return;
			next = v->p[off];
			off += (v->p[off + 1] + 1) * 8;
			continue;
		case 51:
			if (!has(v, off, 8))
				return;
			next = v->p[off];
			off += (v->p[off + 1] + 2) * 4;
			continue;
		case 44:
			if (!has(v, off, 8))
				return;
			fragment = true;
			if (get16(v->p + off + 2) & 0xfff8)
				return;
			next = v->p[off];
			off += 8;
			continue;
		}
		break;
	}
	if (next == 17 && has(v, off, 8)) {
		MUST(get16(v->p + off) != 547);
		MUST(get16(v->p + off + 2) != 546);
	}
	if (next != 58 || !has(v, off, 4))
		return;
	MUST(v->p[off] != 134 && v->p[off] != 137);
	if (v->p[off] == 133 || v->p[off] == 135 || v->p[off] == 136)
		receive_nd(v, off, end < v->len ? end : v->len, fragment);
}

static void receive_ip4(const struct view *v, u32 off)
{
	u32 ip, l4;
	bool udp;

	if (!has(v, off, 20) || v->p[off] >> 4 != 4 || (v->p[off] & 15) < 5)
		return;
	memcpy(&ip, v->p + off + 12, 4);
	l4 = off + (v->p[off] & 15) * 4;
	udp = v->p[off + 9] == 17 && !(get16(v->p + off + 6) & 0x1fff) && has(v, l4, 8);
	if (udp) {
		MUST(get16(v->p + l4) != 67);
		MUST(get16(v->p + l4 + 2) != 68);
	}
	if (!v->lease || ip == v->lease)
		return;
	MUST(!ip);
	MUST(v->p[off + 9] == 2 || (udp && get16(v->p + l4) == 68 && get16(v->p + l4 + 2) == 67));
}

static void receive(const struct view *v)
{
	u32 off = 12;

	MUST(v->len >= 14 && !memcmp(v->p + 6, our_mac, 6));
	while (has(v, off, 6) && (get16(v->p + off) == 0x8100 || get16(v->p + off) == 0x88a8))
		off += 4;
	if (!has(v, off, 2))
		return;
	if (get16(v->p + off) < 1536 && has(v, off, 10) &&
	    !memcmp(v->p + off + 2, "\xaa\xaa\3\0\0", 5) &&
	    (!v->p[off + 7] || v->p[off + 7] == 0xf8))
		off += 8;
	switch (get16(v->p + off)) {
	case 0x800:
		receive_ip4(v, off + 2);
		break;
	case 0x806:
		receive_arp(v, off + 2);
		break;
	case 0x86dd:
		receive_ip6(v, off + 2);
		break;
	}
}

/* ---- one round ---- */

static void check_parsed(const struct vmi_frame *f, u32 len)
{
	MUST(f->len == len);
	MUST(f->l3_off >= 14 && f->l3_off <= len);
	MUST(!(f->flags & VMI_FRAME_L4) || f->l4_off > f->l3_off);
	MUST(!(f->flags & VMI_FRAME_UDP) || f->l4_off + 8U <= len);
	MUST(!(f->flags & VMI_FRAME_ND_BAD) || f->flags & VMI_FRAME_ND);
	MUST(!(f->flags & VMI_FRAME_IP4) + !(f->flags & VMI_FRAME_IP6) + !(f->flags & VMI_FRAME_ARP) >= 2);
}

static void check_header(const struct vmi_frame *f, const u8 *head, u32 head_len,
			 struct virtio_net_hdr h)
{
	u32 max = MTU + 14 + 8;

	if (vmi_frame_hdr_check(f, head, head_len, &h, MTU) != VMI_FRAME_OK)
		return;
	MUST(!(h.flags & ~VIRTIO_NET_HDR_F_NEEDS_CSUM));
	if (h.flags)
		MUST(h.csum_start >= 14 && (u32)h.csum_start + h.csum_offset + 2 <= f->len);
	else
		MUST(!h.csum_start && !h.csum_offset);
	if (h.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		MUST(!h.gso_size && !h.hdr_len && f->len <= max);
		return;
	}
	seen_gso++;
	MUST(h.flags && h.gso_size);
	MUST(h.gso_type == VIRTIO_NET_HDR_GSO_UDP_L4 ?
	     f->l4_proto == 17 && h.hdr_len == h.csum_start + 8 :
	     f->l4_proto == 6 && h.hdr_len >= h.csum_start + 20);
	MUST(h.hdr_len <= f->len && (u32)h.hdr_len + h.gso_size <= max);
}

/* A frame that differs from this one in a bit, or in its length: is it of the same flow? */
static void check_run(const struct vmi_frame *f, const u8 *head, u32 head_len)
{
	struct vmi_frame_run run = { };
	u8 next[VMI_FRAME_HEAD];
	struct vmi_frame g = *f;
	u32 i, pick = 0, len;

	vmi_frame_begin(&run, f, head, head_len);
	if (!run.on)
		return;
	/* by what it says itself, so that it is the same again the next time */
	for (i = 0; i < head_len; i++)
		pick = (pick + head[i]) * 0x9e3779b1;
	memcpy(next, head, head_len);
	next[pick / 8 % VMI_FRAME_RUN_HEAD] ^= BIT(pick % 8);
	len = pick >> 31 ? head_len : (pick >> 16) % (head_len + 1);
	if (!vmi_frame_goes_on(&run, next, len))
		return;
	seen_run++;
	MUST(vmi_frame_parse(&g, next, len, len) == VMI_FRAME_OK);
	g.len = f->len;
	MUST(!memcmp(&g, f, sizeof(g)));
}

static void one(const struct virtio_net_hdr *h, const u8 *frame, u32 len)
{
	u32 head_len = len < VMI_FRAME_HEAD ? len : VMI_FRAME_HEAD;
	/* of exactly its size, so that the sanitizer sees who reads beyond */
	u8 *head = malloc(head_len ? head_len : 1);
	struct view v = { .p = frame, .len = len };
	struct vmi_frame f;
	int why, lease;

	MUST(head);
	memcpy(head, frame, head_len);
	memset(&f, 0x5a, sizeof(f));
	why = vmi_frame_parse(&f, head, head_len, len);
	if (why == VMI_FRAME_OK) {
		check_parsed(&f, len);
		check_header(&f, head, head_len, *h);
		check_run(&f, head, head_len);
		/* any; one without IPv6; one with it */
		for (lease = 0; lease < 3; lease++) {
			v.lease = lease ? LEASE : 0;
			v.prefix6 = lease == 2 ? &our_prefix : &no_prefix;
			why = vmi_guard_check(&f, VMI_GUARD_ALL, our_mac, v.lease, v.prefix6);
			if (why == VMI_FRAME_OK) {
				receive(&v);
				seen_nd += !!(f.flags & VMI_FRAME_ND);
			}
			seen[why + 1]++;
			/* Without checks everything passes. */
			MUST(vmi_guard_check(&f, 0, our_mac, v.lease, v.prefix6) == VMI_FRAME_OK);
		}
		vmi_guard_is_router_solicit(&f);
		vmi_guard_is_dhcp_request(&f, LEASE);
	} else {
		MUST(why >= 0 && why < VMI_DROP_COUNT);
		seen[why + 1]++;
	}
	free(head);
}

#ifdef LIBFUZZER
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct virtio_net_hdr h;

	if (size < sizeof(h) || size > sizeof(h) + FRAME_MAX)
		return 0;
	memcpy(&h, data, sizeof(h));
	one(&h, data + sizeof(h), size - sizeof(h));
	return 0;
}
#else

/* ---- frames made up ---- */

static u8 frame[FRAME_MAX];
static u32 flen;

static void put(const void *p, u32 n)
{
	if (flen + n > sizeof(frame))
		n = sizeof(frame) - flen;
	memcpy(frame + flen, p, n);
	flen += n;
}

static void put8(u8 v)
{
	put(&v, 1);
}

static void put16(u16 v)
{
	put8(v >> 8);
	put8(v);
}

static void put_zero(u32 n)
{
	while (n--)
		put8(0);
}

static void set16(u32 off, u16 v)
{
	frame[off] = v >> 8;
	frame[off + 1] = v;
}

static const u8 *some_mac(void)
{
	return one_in(4) ? other_mac : our_mac;
}

/* a link-local address, one of our prefix, one nearly, a global or a multicast address, or none */
static void put_ip6(bool source)
{
	static const u8 kinds[6][8] = {
		{ 0xfe, 0x80 }, { 0xfd, 1, 2, 3, 4, 5, 0x64, 0x80 }, { 0xfd, 1, 2, 3, 4, 5, 0x64, 0x81 },
		{ 0x20, 1 }, { 0xff, 2 }, { 0 },
	};
	unsigned int kind = source && !one_in(4) ? below(2) : below(6);

	put(kinds[kind], 8);
	put_zero(7);
	put8(kind == 5 ? 0 : 1 + below(3));
}

static void put_udp(void)
{
	static const u16 ports[] = { 67, 68, 546, 547, 1, 53, 4000 };
	u32 i;

	for (i = 0; i < 2; i++)
		put16(ports[below(7)]);
	put16(16);
	put16(0);
	put_zero(8);
}

static void put_tcp(void)
{
	put16(1000);
	put16(80);
	put_zero(8);
	put8((5 + (one_in(4) ? below(11) : 0)) << 4);
	put_zero(7);
	put_zero(below(300));
}

static void put_icmp6(void)
{
	static const u8 types[] = { 133, 134, 135, 136, 137, 128, 143 };
	u8 type = types[below(7)];
	u32 n;

	put8(type);
	put_zero(7);
	if (type >= 135 && type <= 137)
		put_ip6(true);
	if (type == 137)
		put_ip6(false);
	for (n = below(3); n; n--) {
		put8(one_in(4) ? below(30) : 1 + below(2));
		put8(one_in(8) ? below(20) : 1);
		put(some_mac(), 6);
	}
}

static void put_ip4_packet(void)
{
	u32 at = flen, options = one_in(4) ? below(11) * 4 : 0;
	static const u8 protos[] = { 17, 17, 6, 2, 1 };
	u8 proto = protos[below(5)];

	put8(0x45 + options / 4);
	put8(0);
	put16(0);
	put16(1);
	put16(one_in(4) ? below(4) * 0x1000 + below(3) : 0);
	put8(64);
	put8(proto);
	put16(0);
	if (one_in(3))
		put_zero(4);
	else
		put("\xc6\x33\x64\x80", 4);
	put("\xff\xff\xff\xff", 4);
	put_zero(options);
	if (proto == 17)
		put_udp();
	else if (proto == 6)
		put_tcp();
	else
		put_zero(16);
	if (at + 4 <= flen)
		set16(at + 2, flen - at);
}

static void put_ip6_packet(void)
{
	static const u8 exts[] = { 0, 43, 60, 44, 51, 135 };
	static const u8 protos[] = { 58, 58, 58, 17, 6, 59 };
	u8 kind[24], proto = protos[below(6)];
	u32 at = flen, n = one_in(2) ? 0 : below(one_in(8) ? 20 : 4), i;

	for (i = 0; i < n; i++)
		kind[i] = exts[below(6)];
	kind[n] = proto;
	put8(0x60);
	put_zero(3);
	put16(0);
	put8(kind[0]);
	put8(255);
	put_ip6(true);
	put_ip6(false);
	for (i = 0; i < n; i++) {
		u32 more = kind[i] != 44 && one_in(4) ? below(16) : 0;

		put8(kind[i + 1]);
		put8(kind[i] == 51 ? 2 * more : more);
		put16(kind[i] == 44 && one_in(3) ? below(64) : 0);
		put_zero(4 + more * 8);
	}
	if (proto == 58)
		put_icmp6();
	else if (proto == 17)
		put_udp();
	else if (proto == 6)
		put_tcp();
	if (at + 40 <= flen)
		set16(at + 4, flen - at - 40);
}

static void put_arp_packet(void)
{
	put("\0\1\x08\0\6\4", 6);
	put16(1 + below(2));
	put(some_mac(), 6);
	put(one_in(3) ? "\0\0\0\0" : one_in(3) ? "\xc6\x33\x64\1" : "\xc6\x33\x64\x80", 4);
	put_zero(28);
}

static void make(void)
{
	static const u16 types[] = { 0x800, 0x86dd, 0x86dd, 0x806, 0x88b5 };
	u16 type = types[below(5)];
	u32 n;

	flen = 0;
	put(one_in(2) ? other_mac : (const u8 *)"\xff\xff\xff\xff\xff\xff", 6);
	put(one_in(8) ? other_mac : our_mac, 6);
	for (n = one_in(2) ? 0 : below(4); n; n--) {
		put16(one_in(2) ? 0x8100 : 0x88a8);
		put16(below(8));
	}
	if (one_in(6)) {
		put16(100);
		put("\xaa\xaa\3\0\0", 5);
		put8(one_in(2) ? 0 : 0xf8);
	}
	put16(type);
	if (type == 0x800)
		put_ip4_packet();
	else if (type == 0x86dd)
		put_ip6_packet();
	else if (type == 0x806)
		put_arp_packet();
	else
		put_zero(46);
	put_zero(one_in(4) ? below(100) : 0);
	if (one_in(8))
		flen = below(flen + 1);
	for (n = one_in(2) ? 0 : below(4); n; n--)
		mutate(frame, flen);
}

/* a header, for a frame with TCP or UDP mostly one that fits */
static void make_header(struct virtio_net_hdr *h)
{
	struct vmi_frame f;

	rnd_fill(h, sizeof(*h));
	if (one_in(3))
		memset(h, 0, sizeof(*h));
	if (vmi_frame_parse(&f, frame, min(flen, VMI_FRAME_HEAD), flen) != VMI_FRAME_OK ||
	    !(f.flags & VMI_FRAME_L4) || (f.l4_proto != 6 && f.l4_proto != 17))
		return;
	h->flags = 1;
	h->gso_type = f.flags & VMI_FRAME_IP4 ? 1 : 4;
	if (f.l4_proto == 17)
		h->gso_type = VIRTIO_NET_HDR_GSO_UDP_L4;
	h->gso_size = 1 + below(600);
	h->csum_start = f.l4_off;
	h->csum_offset = f.l4_proto == 17 ? 6 : 16;
	if (one_in(4))
		mutate(h, sizeof(*h));
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000000, i;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	struct virtio_net_hdr h;
	unsigned int why;

	fuzz_start(seed);
	for (i = 0; i < rounds; i++) {
		make();
		make_header(&h);
		one(&h, frame, flen);
	}
	printf("# %lu frames, seed %llu: %lu passed, %lu of neighbour discovery, %lu to be segmented\n",
	       rounds, (unsigned long long)seed, seen[0], seen_nd, seen_gso);
	for (why = 0; why < VMI_DROP_COUNT; why++) {
		if (seen[why + 1])
			printf("# %s %lu\n", vmi_drop_names[why], seen[why + 1]);
	}
	if (rounds < 100000)
		return 0;
	MUST(seen[0] > rounds / 20 && seen_nd > rounds / 1000 && seen_gso > rounds / 1000 &&
	     seen_run > rounds / 1000);
	MUST(seen[VMI_DROP_SRC_MAC + 1] && seen[VMI_DROP_SRC_IP + 1] && seen[VMI_DROP_ARP + 1] &&
	     seen[VMI_DROP_ND + 1] && seen[VMI_DROP_ROGUE_DHCP + 1] && seen[VMI_DROP_ROGUE_RA + 1]);
	return 0;
}
#endif

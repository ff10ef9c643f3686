// SPDX-License-Identifier: GPL-2.0
/*
 * Checksum and segmentation offloads: every sender with every receiver, by the features
 * that they have negotiated.
 *
 * What a sender leaves to its device is right at the receiver: whole if that has negotiated as
 * much, in right segments with right checksums if not. What is right is decided here, by
 * code that shares nothing with what makes the frames or with the kernel.
 *
 * Plays the VMM and the guests' virtio-net drivers. Needs root and a loaded module.
 */
#include <netinet/udp.h>
#include <stdarg.h>

#include "vnet_policy.h"

#define NET		"tof"
#define IFNAME		"vmi-tof"
#define SUBNET		"198.51.100.0"
#define MTU		9216

/* not in the headers of every distribution that this is built on */
#define GUEST_USO4	BITF(54)
#define GUEST_USO6	BITF(55)
#define HOST_USO	BITF(56)
#define GSO_USO		5

#define CSUM		BITF(VIRTIO_NET_F_CSUM)
#define HOST_TSO4	BITF(VIRTIO_NET_F_HOST_TSO4)
#define HOST_TSO6	BITF(VIRTIO_NET_F_HOST_TSO6)
#define HOST_ECN	BITF(VIRTIO_NET_F_HOST_ECN)
#define GUEST_CSUM	BITF(VIRTIO_NET_F_GUEST_CSUM)
#define GUEST_TSO4	BITF(VIRTIO_NET_F_GUEST_TSO4)
#define GUEST_TSO6	BITF(VIRTIO_NET_F_GUEST_TSO6)
#define GUEST_ECN	BITF(VIRTIO_NET_F_GUEST_ECN)
#define GUEST_USO	(GUEST_USO4 | GUEST_USO6)
#define EVENT_IDX	BITF(VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT	BITF(VIRTIO_RING_F_INDIRECT_DESC)

#define TCP		6
#define UDP		17
#define CWR		0x80
#define FIN_PSH		0x09
#define SEQ		0xfffff000u	/* it wraps within a frame */
#define IP_ID		0xfff8

static struct guest a, b;
static uint8_t out[FRAME_MAX], in[FRAME_MAX], whole[FRAME_MAX];
static struct virtio_net_hdr_mrg_rxbuf hdr;
static unsigned int frames, segments;

/* ---- frames as they are sent ---- */

enum csum { FULL, LEFT, NONE };

/* what a frame is like; 0 for the simplest */
struct kind {
	const char *name;
	int v6;
	int proto;
	int tags;		/* VLAN tags */
	int options;		/* of IPv4, or extension headers */
	enum csum csum;
	int gso;		/* payload of a segment, 0: it is none to be segmented */
	int payload;
	int cwr;
	int dport;
};

static const struct kind kinds[] = {
	{ "UDP", .proto = UDP, .payload = 301 },
	{ "UDP without checksum", .proto = UDP, .payload = 40, .csum = NONE },
	{ "UDP of the largest MTU", .proto = UDP, .payload = MTU - 28 },
	{ "UDP left", .proto = UDP, .payload = 1001, .csum = LEFT },
	{ "UDP6 left, empty", .proto = UDP, .v6 = 1, .csum = LEFT },
	{ "TCP left, tag, options", .proto = TCP, .payload = 99, .csum = LEFT, .tags = 1, .options = 1 },
	{ "TCP6 left, tags", .proto = TCP, .v6 = 1, .payload = 1200, .csum = LEFT, .tags = 2 },
	{ "UDP6 left, extensions", .proto = UDP, .v6 = 1, .payload = 77, .csum = LEFT, .options = 1 },
	{ "DHCP answer", .proto = UDP, .payload = 301, .csum = LEFT, .dport = 68 },
	{ "DHCP6 answer", .proto = UDP, .v6 = 1, .payload = 100, .csum = LEFT, .dport = 546 },
	{ "TSO", .proto = TCP, .payload = 20001, .csum = LEFT, .gso = 1448 },
	{ "TSO, tag", .proto = TCP, .payload = 5792, .csum = LEFT, .gso = 1448, .tags = 1 },
	{ "TSO, options", .proto = TCP, .payload = 9000, .csum = LEFT, .gso = 1000, .options = 1 },
	{ "TSO, jumbo", .proto = TCP, .payload = 60000, .csum = LEFT, .gso = 9160 },
	{ "TSO of one segment", .proto = TCP, .payload = 1000, .csum = LEFT, .gso = 1448 },
	{ "TSO, ECN", .proto = TCP, .payload = 7001, .csum = LEFT, .gso = 1400, .cwr = 1 },
	{ "TSO6", .proto = TCP, .v6 = 1, .payload = 20001, .csum = LEFT, .gso = 1428 },
	{ "TSO6, tags, extensions", .proto = TCP, .v6 = 1, .payload = 6000, .csum = LEFT, .gso = 1300,
	  .tags = 2, .options = 1 },
	{ "TSO6, ECN", .proto = TCP, .v6 = 1, .payload = 3000, .csum = LEFT, .gso = 1400, .cwr = 1 },
	{ "USO", .proto = UDP, .payload = 20001, .csum = LEFT, .gso = 1472 },
	{ "USO, tag, options", .proto = UDP, .payload = 5000, .csum = LEFT, .gso = 999, .tags = 1,
	  .options = 1 },
	{ "USO of one segment", .proto = UDP, .payload = 1000, .csum = LEFT, .gso = 1000 },
	{ "USO6", .proto = UDP, .v6 = 1, .payload = 20001, .csum = LEFT, .gso = 1452 },
	{ "USO6, tag", .proto = UDP, .v6 = 1, .payload = 7777, .csum = LEFT, .gso = 1111, .tags = 1 },
};

static uint8_t payload_at(int i)
{
	return i * 31 + (i >> 8) * 17 + 5;
}

static uint64_t sender_needs(const struct kind *k)
{
	uint64_t need = k->csum == LEFT ? CSUM : 0;

	if (k->gso && k->proto == UDP)
		need |= HOST_USO;
	else if (k->gso)
		need |= k->v6 ? HOST_TSO6 : HOST_TSO4;
	return k->cwr ? need | HOST_ECN : need;
}

/* its offsets; all from the first byte of the frame */
struct layout {
	int l3;
	int l4;
	int data;
};

static void lay_out(const struct kind *k, struct layout *l)
{
	l->l3 = 14 + 4 * k->tags;
	l->l4 = l->l3 + (k->v6 ? 40 + 24 * k->options : 20 + 8 * k->options);
	l->data = l->l4 + (k->proto == TCP ? 20 + 12 : 8);
}

static void put_ip6(uint8_t *ip, const struct kind *k, int len)
{
	/* hop-by-hop options and destination options, padded */
	static const uint8_t ext[24] = { 60, 0, 1, 4, 0, 0, 0, 0, 0, 1, 1, 12 };

	memset(ip, 0, 40);
	ip[0] = 0x60;
	put16(ip + 4, len + 24 * k->options);
	ip[6] = k->options ? 0 : k->proto;
	ip[7] = 64;
	ip[8] = 0xfe, ip[9] = 0x80, ip[23] = 1;
	ip[24] = 0xfe, ip[25] = 0x80, ip[39] = 2;
	if (k->options) {
		memcpy(ip + 40, ext, sizeof(ext));
		ip[48] = k->proto;
	}
}

static void put_ip4(uint8_t *ip, const struct kind *k, int len)
{
	/* record route, which each segment has, and an end */
	static const uint8_t options[8] = { 7, 7, 4, 0, 0, 0, 0, 0 };
	int hlen = 20 + 8 * k->options;

	memset(ip, 0, 20);
	ip[0] = 0x40 | hlen / 4;
	put16(ip + 2, hlen + len);
	put16(ip + 4, IP_ID);
	ip[8] = 64;
	ip[9] = k->proto;
	memcpy(ip + 12, &a.info.ip, 4);
	memcpy(ip + 16, &b.info.ip, 4);
	if (k->options)
		memcpy(ip + 20, options, sizeof(options));
	put16(ip + 10, ~csum16(ip, hlen, 0));
}

static void put_tcp(uint8_t *t, const struct kind *k)
{
	/* timestamps, as Linux has them */
	static const uint8_t options[12] = { 1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8 };

	memset(t, 0, 20);
	put16(t, 4001);
	put16(t + 2, 4002);
	put16(t + 4, SEQ >> 16);
	put16(t + 6, SEQ & 0xffff);
	put16(t + 10, 77);
	t[12] = (20 + 12) / 4 << 4;
	t[13] = 0x10 | FIN_PSH | (k->cwr ? CWR : 0);
	put16(t + 14, 1000);
	memcpy(t + 20, options, sizeof(options));
}

static uint32_t pseudo_sum(const uint8_t *ip, int v6, int proto, int len)
{
	return v6 ? csum16(ip + 8, 32, 0) + proto + len : csum16(ip + 12, 8, 0) + proto + len;
}

/* a frame of that kind and its header; its length */
static int make(const struct kind *k, uint8_t *f, struct virtio_net_hdr_mrg_rxbuf *h)
{
	int i, len, at = k->proto == TCP ? 16 : 6;
	struct layout l;
	uint16_t sum;

	lay_out(k, &l);
	len = l.data - l.l4 + k->payload;
	memcpy(f, b.info.mac, 6);
	memcpy(f + 6, a.info.mac, 6);
	for (i = 0; i < k->tags; i++) {
		put16(f + 12 + 4 * i, k->tags == 2 && !i ? 0x88a8 : 0x8100);
		put16(f + 14 + 4 * i, 5 + i);
	}
	put16(f + l.l3 - 2, k->v6 ? 0x86dd : 0x0800);
	if (k->v6)
		put_ip6(f + l.l3, k, len);
	else
		put_ip4(f + l.l3, k, len);
	if (k->proto == TCP) {
		put_tcp(f + l.l4, k);
	} else {
		put16(f + l.l4, k->dport ? k->dport - 1 : 4001);
		put16(f + l.l4 + 2, k->dport ? k->dport : 4002);
		put16(f + l.l4 + 4, len);
		put16(f + l.l4 + 6, 0);
	}
	for (i = 0; i < k->payload; i++)
		f[l.data + i] = payload_at(i);

	memset(h, 0, sizeof(*h));
	if (k->csum == LEFT) {
		put16(f + l.l4 + at, csum16(NULL, 0, pseudo_sum(f + l.l3, k->v6, k->proto, len)));
		h->hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		h->hdr.csum_start = l.l4;
		h->hdr.csum_offset = at;
	} else if (k->csum == FULL) {
		sum = ~csum16(f + l.l4, len, pseudo_sum(f + l.l3, k->v6, k->proto, len));
		put16(f + l.l4 + at, sum ? sum : 0xffff);
	}
	if (k->gso) {
		h->hdr.gso_type = k->proto == UDP ? GSO_USO :
				  k->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
		if (k->cwr)
			h->hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
		h->hdr.gso_size = k->gso;
		h->hdr.hdr_len = l.data;
	}
	return l.data + k->payload;
}

/* ---- frames as they are received ---- */

/* may a receiver with these features be given that header? */
static int may_have(uint64_t features, const struct virtio_net_hdr *h, int v6)
{
	if (h->flags & ~VIRTIO_NET_HDR_F_NEEDS_CSUM)
		return 0;
	if (h->flags && !(features & GUEST_CSUM))
		return 0;
	if (h->gso_type & VIRTIO_NET_HDR_GSO_ECN && !(features & GUEST_ECN))
		return 0;
	switch (h->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return !h->gso_type;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		return !v6 && features & GUEST_TSO4;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		return v6 && features & GUEST_TSO6;
	case GSO_USO:
		return !!(features & (v6 ? GUEST_USO6 : GUEST_USO4));
	default:
		return 0;
	}
}

/* is the transport's checksum right, complete or left? */
static int sum_ok(const struct kind *k, const struct layout *l, const uint8_t *f, int n,
		  const struct virtio_net_hdr *h)
{
	int at = k->proto == TCP ? 16 : 6;
	uint32_t start = pseudo_sum(f + l->l3, k->v6, k->proto, n - l->l4);
	uint16_t sum = get16(f + l->l4 + at);

	if (h->flags)
		return h->csum_start == l->l4 && h->csum_offset == at &&
		       sum == csum16(NULL, 0, start);
	/* of UDP, 0 says that there is none: only if the sender said so */
	if (k->proto == UDP && !sum)
		return k->csum == NONE;
	return csum16(f + l->l4, n - l->l4, start) == 0xffff;
}

/* the network header of a segment, the @i-th: as the sender's but for length, identification, sum */
static int ip_ok(const struct kind *k, const struct layout *l, const uint8_t *f, int n, int i)
{
	const uint8_t *ip = f + l->l3, *was = out + l->l3;

	if (k->v6)
		return get16(ip + 4) == n - l->l3 - 40 && !memcmp(ip, was, 4) &&
		       !memcmp(ip + 6, was + 6, l->l4 - l->l3 - 6);
	return get16(ip + 2) == n - l->l3 && get16(ip + 4) == (uint16_t)(IP_ID + i) &&
	       csum16(ip, l->l4 - l->l3, 0) == 0xffff && !memcmp(ip, was, 2) &&
	       !memcmp(ip + 6, was + 6, 4) && !memcmp(ip + 12, was + 12, l->l4 - l->l3 - 12);
}

/* the transport header of a segment that begins at byte @done, the @i-th */
static int l4_right(const struct kind *k, const struct layout *l, const uint8_t *f, int n, int i,
		    int done)
{
	const uint8_t *t = f + l->l4, *was = out + l->l4;
	int last = done + n - l->data == k->payload;
	uint8_t flags = was[13];

	if (k->proto == UDP)
		return !memcmp(t, was, 4) && get16(t + 4) == n - l->l4;
	if (i)
		flags &= ~CWR;
	if (!last)
		flags &= ~FIN_PSH;
	return !memcmp(t, was, 4) && ((uint32_t)get16(t + 4) << 16 | get16(t + 6)) == SEQ + done &&
	       !memcmp(t + 8, was + 8, 5) && t[13] == flags && !memcmp(t + 14, was + 14, 2) &&
	       !memcmp(t + 18, was + 18, l->data - l->l4 - 18);
}

static int gpa_stride(void)
{
	return b.rxlen > 4096 ? 0x14000 : 4096;
}

static void post(int i)
{
	uint16_t old = b.avail[0];

	desc_set(&b, 0, i, RXBUF_GPA + i * gpa_stride(), b.rxlen, VRING_DESC_F_WRITE, 0);
	avail_add(&b, 0, i);
	if (kick_wanted(&b, 0, old))
		kick(&b, 0);
}

/* rx_frame(), for large buffers as well */
static int receive(int timeout_ms)
{
	volatile struct vring_used_elem *e;
	uint16_t n = 1, i;
	uint8_t *buf;
	int len = 0, id;

	if (used_wait(&b, 0, timeout_ms))
		return -1;
	for (i = 0; i < n; i++) {
		if (used_idx(&b, 0) == b.seen[0])
			return -2;
		e = &used_of(&b, 0)->ring[b.seen[0]++ % b.qsize];
		id = e->id;
		buf = b.mem + RXBUF_GPA + id * gpa_stride();
		if (e->len > b.rxlen || (!i && e->len < HDR))
			return -3;
		if (!i) {
			memcpy(&hdr, buf, HDR);
			n = hdr.num_buffers;
			if (!n || (n > 1 && !(b.features & F_MRG)))
				return -4;
		}
		memcpy(in + len, buf + (i ? 0 : HDR), e->len - (i ? 0 : HDR));
		len += e->len - (i ? 0 : HDR);
		post(id);
	}
	return len;
}

/* the next frame from @mac */
static int receive_from(const uint8_t *mac, int timeout_ms)
{
	int n;

	do {
		n = receive(timeout_ms);
	} while (n >= 14 && memcmp(in + 6, mac, 6));
	return n;
}

/* all of a frame has come, whole or in segments */
static int check_arrived(const struct kind *k, const struct virtio_net_hdr *sent, const uint8_t *mac)
{
	int i, j, n, part, done = 0;
	struct layout l;
	int expect_whole = may_have(b.features, sent, k->v6);

	lay_out(k, &l);
	for (i = 0; !i || done < k->payload; i++) {
		n = receive_from(mac, 2000);
		CHECK(n >= l.data);
		part = n - l.data;
		CHECK(may_have(b.features, &hdr.hdr, k->v6));
		CHECK(!memcmp(in, out, l.l3));
		CHECK(ip_ok(k, &l, in, n, i));
		CHECK(l4_right(k, &l, in, n, i, done));
		CHECK(sum_ok(k, &l, in, n, &hdr.hdr));
		for (j = 0; j < part && in[l.data + j] == payload_at(done + j); j++)
			;
		CHECK(j == part);
		if (k->dport)
			CHECK(!hdr.hdr.flags);
		if (expect_whole && !k->dport) {
			CHECK(part == k->payload && hdr.hdr.flags == sent->flags);
			CHECK(hdr.hdr.gso_type == sent->gso_type && hdr.hdr.gso_size == sent->gso_size);
			CHECK(!k->gso || hdr.hdr.hdr_len == l.data);
		} else if (k->gso) {
			CHECK(!hdr.hdr.gso_type);
			CHECK(part == k->gso || (part < k->gso && done + part == k->payload));
			segments++;
		}
		done += part;
	}
	CHECK(done == k->payload);
	frames++;
	return 0;
}

static int start_b(uint64_t features)
{
	int i;

	guest_stop(&b, NULL);
	CHECK(!guest_start(&b, features));
	b.rxlen = features & F_MRG ? 1536 : 66000;
	for (i = 0; i < (features & F_MRG ? 192 : 48); i++)
		post(i);
	return 0;
}

static const char *features_text(uint64_t f)
{
	static char text[2][160];
	static int which;
	char *t = text[which ^= 1];

	snprintf(t, sizeof(text[0]), "%#llx", (unsigned long long)f);
	return t;
}

/* the kinds that a sender with these features can send, to a receiver with those */
static int pair(uint64_t fa, uint64_t fb, int round)
{
	struct virtio_net_hdr_mrg_rxbuf h;
	unsigned int i, again = 0;
	long full;
	int n;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		const struct kind *k = &kinds[i];
		enum tx_how how = (i + round) % 3;

		if ((sender_needs(k) & fa) != sender_needs(k))
			continue;
		if (how == TX_INDIRECT && !(fa & INDIRECT))
			how = TX_SPLIT;
		n = make(k, out, &h);
		/* A slow machine may take longer to find a page than a frame waits for it. */
		full = port_drops(&b, "receiver-full");
		if (!tx_frame(&a, &h, out, n, how) && !check_arrived(k, &h.hdr, a.info.mac))
			continue;
		if (port_drops(&b, "receiver-full") > full && again++ < 3) {
			while (receive(100) >= 0)
				;
			i--;
			continue;
		}
		printf("# %s, from %s to %s\n", k->name, features_text(fa), features_text(fb));
		return -1;
	}
	return 0;
}

/* 15 sets of what can be negotiated of checksum, TSO4, TSO6, ECN and USO */
#define SETS	15

static uint64_t set_of(int i, uint64_t csum, uint64_t tso4, uint64_t tso6, uint64_t ecn, uint64_t uso)
{
	int n = 0, bits;

	if (!i)
		return 0;
	for (bits = 0; bits < 16; bits++) {
		/* ECN needs one of the two */
		if (bits & 8 && !(bits & 3))
			continue;
		if (++n == i)
			break;
	}
	return csum | (bits & 1 ? tso4 : 0) | (bits & 2 ? tso6 : 0) | (bits & 4 ? uso : 0) |
	       (bits & 8 ? ecn : 0);
}

static uint64_t sender_set(int i)
{
	return set_of(i, CSUM, HOST_TSO4, HOST_TSO6, HOST_ECN, HOST_USO);
}

static uint64_t receiver_set(int i)
{
	return set_of(i, GUEST_CSUM, GUEST_TSO4, GUEST_TSO6, GUEST_ECN, GUEST_USO);
}

/* the rings' own features go round besides: they are another matter */
static uint64_t ring_set(int i)
{
	return (i & 1 ? EVENT_IDX : 0) | (i & 2 ? INDIRECT : 0);
}

static int pairs(uint64_t mrg)
{
	int i, j;

	frames = segments = 0;
	for (i = 0; i < SETS; i++) {
		uint64_t fa = F_BASE | sender_set(i) | ring_set(i);

		guest_stop(&a, NULL);
		CHECK(!guest_start(&a, fa));
		for (j = 0; j < SETS; j++) {
			uint64_t fb = F_BASE | receiver_set(j) | mrg | ring_set(i + j / 2);

			CHECK(!start_b(fb));
			if (pair(fa, fb, i + j))
				return -1;
		}
	}
	printf("# %u frames arrived, of which some in %u segments\n", frames, segments);
	CHECK(frames > 1000 && segments > 1000);
	guest_stop(&a, NULL);
	guest_stop(&b, NULL);
	return 0;
}

static int test_pairs_mrg(void)
{
	return pairs(F_MRG);
}

static int test_pairs(void)
{
	return pairs(0);
}

/* one that has IPv4 or IPv6 only: the header does not say which it is, so it gets segments */
static int test_half_uso(void)
{
	const uint64_t half[] = { GUEST_USO4, GUEST_USO6 };
	const struct kind *k;
	struct virtio_net_hdr_mrg_rxbuf h;
	struct layout l;
	unsigned int i;
	int n, sum;

	CHECK(!guest_start(&a, F_BASE | CSUM | HOST_USO));
	for (i = 0; i < 2; i++) {
		CHECK(!start_b(F_BASE | F_MRG | GUEST_CSUM | half[i]));
		for (k = kinds; k < kinds + sizeof(kinds) / sizeof(kinds[0]); k++) {
			if (!(sender_needs(k) & HOST_USO))
				continue;
			lay_out(k, &l);
			CHECK(!tx_frame(&a, &h, out, (n = make(k, out, &h), n), TX_ONE));
			for (sum = 0; sum < k->payload; sum += n - l.data) {
				n = receive_from(a.info.mac, 2000);
				CHECK(n > l.data && n <= l.data + k->gso);
				CHECK(!hdr.hdr.gso_type && sum_ok(k, &l, in, n, &hdr.hdr));
			}
		}
	}
	guest_stop(&a, NULL);
	guest_stop(&b, NULL);
	return 0;
}

/* what the features contradict is refused */
static int test_refused(void)
{
	static const uint64_t bad[] = {
		GUEST_TSO4, GUEST_TSO6, GUEST_USO4, GUEST_USO6, HOST_TSO4, HOST_TSO6, HOST_USO,
		GUEST_CSUM | GUEST_ECN, CSUM | HOST_ECN, BITF(VIRTIO_NET_F_MQ),
		BITF(VIRTIO_NET_F_CTRL_VQ), BITF(VIRTIO_NET_F_GUEST_UFO) | GUEST_CSUM,
		BITF(VIRTIO_NET_F_HOST_UFO) | CSUM,
	};
	unsigned int i;

	CHECK((a.info.features & (HOST_USO | GUEST_USO)) == (HOST_USO | GUEST_USO));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(refused(guest_start(&a, F_BASE | bad[i]), EINVAL));
	return 0;
}

static int drop_hdr(const struct virtio_net_hdr_mrg_rxbuf *h, int n, const char *reason)
{
	long before = port_drops(&a, reason);

	CHECK(!tx_frame(&a, h, out, n, TX_ONE));
	CHECK(port_drops(&a, reason) == before + 1);
	return 0;
}

/* large UDP frames that are none: dropped; and a sender that has not negotiated them: stopped */
static int test_bad_uso(void)
{
	const struct kind k = { .proto = UDP, .payload = 5000, .csum = LEFT, .gso = 1000 };
	struct virtio_net_hdr_mrg_rxbuf h, good;
	struct drop_query q = { 0 };
	int n = make(&k, out, &good);

	CHECK(!guest_start(&a, F_BASE | CSUM | HOST_USO | HOST_TSO4 | HOST_ECN));
	CHECK(!start_b(F_BASE | F_MRG));
	h = good, h.hdr.gso_size = 0;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.flags = 0;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.csum_offset = 16;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.csum_start = 14;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.gso_size = MTU;
	CHECK(!drop_hdr(&h, n, "too-long"));
	h = good, h.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	out[23] = TCP;
	CHECK(!drop_hdr(&good, n, "bad-header"));
	out[23] = UDP;
	out[20] = 0x20;	/* a fragment */
	CHECK(!drop_hdr(&good, n, "bad-header"));
	n = make(&k, out, &good);
	CHECK(!tx_frame(&a, &good, out, n, TX_ONE));
	CHECK(!check_arrived(&k, &good.hdr, a.info.mac));

	h = good, h.hdr.gso_type |= VIRTIO_NET_HDR_GSO_ECN;
	tx_put(&a, 1, &h, out, n, TX_ONE);
	usleep(20000);
	CHECK(!port_query(a.port_id, &q) && q.fault == VMI_PORT_FAULT_BAD_HEADER);
	CHECK(!guest_stop(&a, NULL));
	CHECK(!guest_start(&a, F_BASE | CSUM | HOST_TSO4));
	tx_put(&a, 0, &good, out, n, TX_ONE);
	usleep(20000);
	CHECK(!port_query(a.port_id, &q) && q.fault == VMI_PORT_FAULT_BAD_HEADER);
	guest_stop(&a, NULL);
	guest_stop(&b, NULL);
	return 0;
}

/* ---- frames of the host ---- */

static int sh(const char *fmt, ...)
{
	char cmd[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	return system(cmd);
}

/* its stack sends @bytes in one datagram, or (@gso) in one frame that is to be segmented */
static int host_send(int bytes, int gso)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(4002),
				  .sin_addr.s_addr = b.info.ip };
	int i, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (i = 0; i < bytes; i++)
		whole[i] = payload_at(i);
	if (gso)
		CHECK(!setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &gso, sizeof(gso)));
	CHECK(sendto(fd, whole, bytes, 0, (struct sockaddr *)&to, sizeof(to)) == bytes);
	close(fd);
	return 0;
}

static int host_arrived(const uint8_t *mac, int bytes, int gso, uint64_t features)
{
	const struct kind k = { .proto = UDP, .csum = LEFT };
	int uso = (features & GUEST_USO) == GUEST_USO;
	struct layout l;
	int i, n, done = 0;

	lay_out(&k, &l);
	while (done < bytes) {
		/* it also says things of its own */
		do {
			n = receive_from(mac, 2000);
		} while (n >= 14 && (n <= l.data || get16(in + 12) != ETH_P_IP || in[23] != UDP ||
				     get16(in + 36) != 4002));
		CHECK(n > l.data && may_have(features, &hdr.hdr, 0));
		CHECK(sum_ok(&k, &l, in, n, &hdr.hdr));
		CHECK(csum16(in + 14, 20, 0) == 0xffff && get16(in + 38) == n - l.l4);
		for (i = 0; i < n - l.data; i++)
			CHECK(in[l.data + i] == payload_at(done + i));
		if (gso && uso)
			CHECK(hdr.hdr.gso_type == GSO_USO && hdr.hdr.gso_size == gso && i == bytes);
		else if (gso)
			CHECK(!hdr.hdr.gso_type && (i == gso || done + i == bytes));
		done += i;
	}
	return 0;
}

static int host_mac(uint8_t *mac)
{
	FILE *f = fopen("/sys/class/net/" IFNAME "/address", "r");
	unsigned int m[6], i;

	CHECK(f && fscanf(f, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) == 6);
	fclose(f);
	for (i = 0; i < 6; i++)
		mac[i] = m[i];
	return 0;
}

static int test_host(void)
{
	uint8_t mac[6];
	int j;

	CHECK(!host_mac(mac));
	CHECK(!sh("ip neigh replace %s lladdr %02x:%02x:%02x:%02x:%02x:%02x dev " IFNAME,
		  inet_ntoa((struct in_addr){ b.info.ip }), b.info.mac[0], b.info.mac[1],
		  b.info.mac[2], b.info.mac[3], b.info.mac[4], b.info.mac[5]));
	for (j = 0; j < 2 * SETS; j++) {
		uint64_t fb = F_BASE | receiver_set(j / 2) | (j & 1 ? F_MRG : 0) | ring_set(j);

		CHECK(!start_b(fb));
		CHECK(!host_send(1001, 0) && !host_arrived(mac, 1001, 0, fb));
		CHECK(!host_send(20001, 1400) && !host_arrived(mac, 20001, 1400, fb));
	}
	guest_stop(&b, NULL);
	return 0;
}

/* a program of the host gets the datagrams that a guest has left to be made of one frame */
static int test_to_host(void)
{
	const struct kind k = { .proto = UDP, .payload = 20001, .csum = LEFT, .gso = 1400 };
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(4002),
				  .sin_addr.s_addr = a.info.server };
	int i, n, done = 0, fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	const struct vmi_port_open of_b = b.info;
	struct virtio_net_hdr_mrg_rxbuf h;
	struct pollfd p = { .fd = fd, .events = POLLIN };

	CHECK(!bind(fd, (struct sockaddr *)&at, sizeof(at)));
	CHECK(!guest_start(&a, F_BASE | CSUM | HOST_USO));
	/* as if the host were b */
	CHECK(!host_mac(b.info.mac));
	b.info.ip = a.info.server;
	n = make(&k, out, &h);
	b.info = of_b;
	CHECK(!tx_frame(&a, &h, out, n, TX_SPLIT));
	while (done < k.payload) {
		CHECK(poll(&p, 1, 2000) == 1);
		n = recv(fd, in, sizeof(in), 0);
		CHECK(n == k.gso || (n < k.gso && done + n == k.payload));
		for (i = 0; i < n; i++)
			CHECK(in[i] == payload_at(done + i));
		done += n;
	}
	close(fd);
	guest_stop(&a, NULL);
	return 0;
}

/* ---- the MTU ---- */

static int test_mtu(void)
{
	struct net_args n = { .name = "tof2", .subnet = "203.0.113.0", .prefix = 24, .mtu = 9217 };
	const struct kind largest = { .proto = UDP, .payload = MTU - 28, .tags = 2 };
	const struct kind larger = { .proto = UDP, .payload = MTU - 27, .tags = 2 };
	struct virtio_net_hdr_mrg_rxbuf h;
	char text[16] = "";
	FILE *f;
	int len;

	CHECK(refused(net_new(&n), ERANGE) || refused(net_new(&n), EINVAL));
	f = fopen("/sys/class/net/" IFNAME "/mtu", "r");
	CHECK(f && fgets(text, sizeof(text), f) && atoi(text) == MTU);
	fclose(f);
	CHECK(a.info.mtu == MTU);
	CHECK(sh("ip link set " IFNAME " mtu 9217 2>/dev/null"));

	CHECK(!guest_start(&a, F_BASE));
	CHECK(!start_b(F_BASE));
	len = make(&largest, out, &h);
	CHECK(!tx_frame(&a, &h, out, len, TX_SPLIT));
	CHECK(!check_arrived(&largest, &h.hdr, a.info.mac));
	len = make(&larger, out, &h);
	CHECK(!drop_hdr(&h, len, "too-long"));
	guest_stop(&a, NULL);
	guest_stop(&b, NULL);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "features that contradict each other", test_refused },
	{ "every sender with every receiver, mergeable buffers", test_pairs_mrg },
	{ "every sender with every receiver, large buffers", test_pairs },
	{ "UDP segmentation of one IP only", test_half_uso },
	{ "UDP segmentation that is not as it should be", test_bad_uso },
	{ "the host's stack as sender", test_host },
	{ "and as receiver", test_to_host },
	{ "the largest MTU", test_mtu },
};

int main(void)
{
	unsigned int i, failed = 0, n = sizeof(tests) / sizeof(tests[0]);
	struct net_args net = { .name = NET, .subnet = SUBNET, .prefix = 24, .mtu = MTU };

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	if (vnet_open() || net_new(&net) || guest_new(&a, "tof-a", NET) ||
	    guest_new(&b, "tof-b", NET) || port_guard(a.port_id, 0, GUARD_ALL)) {
		printf("Bail out! no network or no guests: %s\n", strerror(errno));
		failed = 1;
		n = 0;
	}
	/* pages that are there are found soon */
	if (n)
		memset(b.mem + RXBUF_GPA, 0, GMEM - RXBUF_GPA);
	for (i = 0; i < n; i++) {
		long t = now_us();
		int bad = tests[i].fn();

		failed += !!bad;
		printf("%sok %u %s\n# %ld ms\n", bad ? "not " : "", i + 1, tests[i].name,
		       (now_us() - t) / 1000);
		guest_stop(&a, NULL);
		guest_stop(&b, NULL);
	}
	guest_del(&a);
	guest_del(&b);
	if (net_del(NET)) {
		printf("# network not deleted: %s\n", strerror(errno));
		failed++;
	}
	return failed ? 1 : 0;
}

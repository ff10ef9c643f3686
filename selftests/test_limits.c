// SPDX-License-Identifier: GPL-2.0
/*
 * Limits and impairments of a port.
 *
 * What a limit forbids is asserted exactly: in the time that has passed no more can have
 * come through than the bucket and the rate allow. What is left to chance or to the speed of
 * the machine is asserted generously.
 *
 * Plays the VMM and the guests' virtio-net drivers. Needs root and a loaded module.
 */
#include "vnet_policy.h"

#define NET		"tlm"
#define IFNAME		"vmi-tlm"
#define SUBNET		"198.51.100.0"
#define GATEWAY		"198.51.100.1"
#define PORT		4242	/* of the frames that count */
#define FRAMES_MAX	6000
#define WAIT_MS		10000
#define DELAYED		200	/* frames on their way at once: fewer than b has buffers */

static struct guest a, b;
static int host = -1;
static uint8_t host_mac[6];
static uint8_t out[FRAME_MAX], in[FRAME_MAX];

/* what came of numbered frames */
struct tally {
	int sent;
	int got;
	int twice;
	int overtaken;		/* came after one with a higher number */
	int last;		/* highest number that came */
	long least_us;		/* shortest time on the way */
	long most_us;
	long sent_us[FRAMES_MAX];
	uint8_t seen[FRAMES_MAX];
};

static struct tally t;

static void tally_begin(void)
{
	memset(&t, 0, sizeof(t));
	t.last = -1;
	t.least_us = 1L << 40;
}

static int frame_put(int payload)
{
	int n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, PORT, payload, 0);

	memcpy(out + 42, &t.sent, 4);
	return n;
}

/* wait for a chain of a's to be given back, if @timeout_ms allows */
static int tx_done(int timeout_ms)
{
	if (used_wait(&a, 1, timeout_ms))
		return -1;
	a.seen[1]++;
	return 0;
}

/* send one frame without waiting for more than a place in the ring */
static int send_one(int payload)
{
	int n = frame_put(payload);

	while ((uint16_t)(a.avail[1] - a.seen[1]) >= TXBUFS)
		CHECK(!tx_done(WAIT_MS));
	t.sent_us[t.sent] = now_us();
	tx_put(&a, a.avail[1] % TXBUFS, NULL, out, n, TX_ONE);
	t.sent++;
	return 0;
}

/* take what has come to b; the first is waited for */
static void take(int timeout_ms)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	long us;
	int n, seq;

	while ((n = rx_frame(&b, &hdr, in, timeout_ms)) > 0) {
		timeout_ms = 0;
		if (get16(in + 12) != ETH_P_IP || get16(in + 36) != PORT)
			continue;
		memcpy(&seq, in + 42, 4);
		if (seq < 0 || seq >= t.sent || t.seen[seq]) {
			t.twice++;
			continue;
		}
		us = now_us() - t.sent_us[seq];
		t.seen[seq] = 1;
		t.got++;
		t.overtaken += seq < t.last;
		if (seq > t.last)
			t.last = seq;
		if (us < t.least_us)
			t.least_us = us;
		if (us > t.most_us)
			t.most_us = us;
	}
}

/* all chains given back, and @count frames here */
static int finish(int count)
{
	long end = now_us() + WAIT_MS * 1000L;

	while (t.got < count && now_us() < end)
		take(100);
	while ((uint16_t)(a.avail[1] - a.seen[1]))
		CHECK(!tx_done(WAIT_MS));
	take(0);
	CHECK(!t.twice);
	CHECK(t.got == count);
	return 0;
}

static int start(void)
{
	CHECK(!guest_start(&a, F_ALL));
	CHECK(!guest_start(&b, F_ALL));
	rx_post(&b, 256, 1536);
	usleep(1000);
	return 0;
}

static int stop(void)
{
	CHECK(!guest_stop(&a, NULL));
	CHECK(!guest_stop(&b, NULL));
	return 0;
}

static int clear_policy(void)
{
	static const struct limit_args no_limit;
	static const struct impair_args no_impair;
	struct guest *g[] = { &a, &b };
	int i;

	for (i = 0; i < 2; i++) {
		CHECK(!port_limit(g[i]->port_id, VMI_A_PORT_TX_LIMIT, &no_limit));
		CHECK(!port_limit(g[i]->port_id, VMI_A_PORT_RX_LIMIT, &no_limit));
		CHECK(!port_impair(g[i]->port_id, VMI_A_PORT_TX_IMPAIR, &no_impair));
		CHECK(!port_impair(g[i]->port_id, VMI_A_PORT_RX_IMPAIR, &no_impair));
	}
	return 0;
}

/* ---- limits ---- */

/* @count frames through a's limit: none is lost, and they take their time */
static int tx_through(const struct limit_args *l, int count, int payload, long least_us)
{
	long begin, us;
	int i;

	CHECK(!start());
	CHECK(!port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, l));
	tally_begin();
	begin = now_us();
	for (i = 0; i < count; i++) {
		CHECK(!send_one(payload));
		take(0);
	}
	CHECK(!finish(count));
	us = now_us() - begin;
	printf("# %d frames in %ld ms, not less than %ld\n", count, us / 1000, least_us / 1000);
	CHECK(us >= least_us);
	CHECK(!t.overtaken);
	CHECK(!clear_policy());
	return stop();
}

static int test_tx_packets(void)
{
	struct limit_args l = { .packets = 200, .packets_burst = 10 };

	return tx_through(&l, 150, 100, (150 - 10 - 1) * 5000L);
}

static int test_tx_bytes(void)
{
	struct limit_args l = { .bytes = 100000, .bytes_burst = 5000 };

	/* one frame may overdraw the bucket */
	return tx_through(&l, 80, 958, (79 * 1000 - 5000 - 1000) * 10L);
}

/* the stricter one counts */
static int test_tx_both(void)
{
	struct limit_args l = { .packets = 1000000, .bytes = 50000, .bytes_burst = 1000 };

	return tx_through(&l, 40, 958, (39 * 1000 - 2000) * 20L);
}

/* a frame to be segmented counts as its segments, and passes a bucket smaller than it is */
static int test_tx_segments(void)
{
	struct limit_args l = { .packets = 100, .packets_burst = 1 };
	struct virtio_net_hdr_mrg_rxbuf h = { 0 };
	int n, payload = 40000;
	long begin, us;

	CHECK(!start());
	CHECK(!port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, &l));
	n = ip_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 6, 20 + payload);
	memset(out + n, 0, 20 + payload);
	put16(out + n + 2, 80);
	out[n + 12] = 5 << 4;
	put16(out + n + 16, csum16(NULL, 0, pseudo(out + 14, 20 + payload)));
	h.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h.hdr.gso_size = 1000;
	h.hdr.csum_start = 34;
	h.hdr.csum_offset = 16;
	begin = now_us();
	CHECK(!tx_frame(&a, &h, out, n + 20 + payload, TX_SPLIT));
	CHECK(rx_frame(&b, &h, in, WAIT_MS) == n + 20 + payload);
	tally_begin();
	CHECK(!send_one(100));
	CHECK(!finish(1));
	us = now_us() - begin;
	printf("# after %ld ms, not less than 390\n", us / 1000);
	CHECK(us >= 390000);
	CHECK(!clear_policy());
	return stop();
}

/* what b may not receive is dropped, and nothing else is */
static int rx_through(const struct limit_args *l, int count, int payload, double per_us, int burst)
{
	long before, begin, dropped, us;
	int i, most;

	CHECK(!start());
	CHECK(!port_limit(b.port_id, VMI_A_PORT_RX_LIMIT, l));
	before = port_drops(&b, "rate-limit");
	tally_begin();
	begin = now_us();
	for (i = 0; i < count; i++) {
		CHECK(!send_one(payload));
		CHECK(!tx_done(WAIT_MS));
		take(0);
	}
	us = now_us() - begin;
	take(0);
	most = burst + us * per_us + 1;
	dropped = port_drops(&b, "rate-limit") - before;
	printf("# of %d frames in %ld ms %d came, %ld were dropped\n", count, us / 1000, t.got,
	       dropped);
	CHECK(t.got + dropped == count && !t.overtaken && !t.twice);
	CHECK(t.got >= burst && t.got <= most && dropped > 0);
	CHECK(!clear_policy());
	return stop();
}

static int test_rx_packets(void)
{
	struct limit_args l = { .packets = 100, .packets_burst = 20 };

	return rx_through(&l, 1000, 100, 1e-4, 20);
}

static int test_rx_bytes(void)
{
	struct limit_args l = { .bytes = 50000, .bytes_burst = 20000 };

	return rx_through(&l, 1000, 958, 5e-5, 20);
}

/* a limit set, changed and removed while frames wait for it */
static int test_live(void)
{
	struct limit_args slow = { .packets = 1, .packets_burst = 1 };
	struct limit_args fast = { .packets = 1000000 };
	struct policy_query q = { .attr = VMI_A_PORT_TX_LIMIT };
	long begin;
	int i;

	CHECK(!start());
	CHECK(!port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, &slow));
	CHECK(!port_policy(a.port_id, &q) && q.limit.packets == 1 && q.limit.packets_burst == 1);
	tally_begin();
	begin = now_us();
	for (i = 0; i < 50; i++)
		CHECK(!send_one(100));
	take(100);
	CHECK(t.got <= 1 + (now_us() - begin) / 1000000 + 1);
	CHECK(!port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, &fast));
	CHECK(!finish(50));
	CHECK(!port_policy(a.port_id, &q) && q.limit.packets == 1000000 &&
	      q.limit.packets_burst == 100000);

	CHECK(!port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, &slow));
	tally_begin();
	for (i = 0; i < 50; i++)
		CHECK(!send_one(100));
	CHECK(!clear_policy());
	CHECK(!finish(50));
	CHECK(now_us() - begin < 40 * 1000000L);
	/* and one that ends with its guest */
	CHECK(!port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, &slow));
	tally_begin();
	for (i = 0; i < 50; i++)
		CHECK(!send_one(100));
	CHECK(!stop());
	CHECK(!clear_policy());
	return 0;
}

static int test_bounds(void)
{
	struct impair_args jitter = { .delay_us = 1000, .jitter_us = 1001 };
	struct impair_args loss = { .loss_ppm = 1000001 };
	struct impair_args delay = { .delay_us = 10000001 };
	struct limit_args rate = { .bytes = 1000000000001 };
	struct limit_args burst = { .packets = 1, .packets_burst = 4000000001 };
	struct limit_args small = { .packets = 1, .bytes = 1 };
	struct policy_query q = { .attr = VMI_A_PORT_RX_LIMIT };
	uint32_t id = a.port_id;

	CHECK(refused(port_impair(id, VMI_A_PORT_RX_IMPAIR, &jitter), EINVAL));
	CHECK(refused(port_impair(id, VMI_A_PORT_RX_IMPAIR, &loss), ERANGE));
	CHECK(refused(port_impair(id, VMI_A_PORT_TX_IMPAIR, &delay), ERANGE));
	CHECK(refused(port_limit(id, VMI_A_PORT_RX_LIMIT, &rate), EINVAL));
	CHECK(refused(port_limit(id, VMI_A_PORT_TX_LIMIT, &burst), EINVAL));
	CHECK(!port_limit(id, VMI_A_PORT_RX_LIMIT, &small));
	CHECK(!port_policy(id, &q));
	CHECK(q.limit.packets == 1 && q.limit.packets_burst == 16);
	CHECK(q.limit.bytes == 1 && q.limit.bytes_burst == 65536);
	CHECK(!clear_policy());
	memset(&q.limit, 0, sizeof(q.limit));
	CHECK(!port_policy(id, &q));
	CHECK(!q.limit.packets && !q.limit.packets_burst && !q.limit.bytes && !q.limit.bytes_burst);
	return 0;
}

/* ---- impairments ---- */

static int loss(struct guest *g, int attr)
{
	struct impair_args im = { .loss_ppm = 300000 };
	long before = port_drops(g, "impair-loss"), lost;
	int i, count = 2000;

	CHECK(!start());
	CHECK(!port_impair(g->port_id, attr, &im));
	tally_begin();
	for (i = 0; i < count; i++) {
		CHECK(!send_one(100));
		take(0);
	}
	while ((uint16_t)(a.avail[1] - a.seen[1]))
		CHECK(!tx_done(WAIT_MS));
	lost = port_drops(g, "impair-loss") - before;
	CHECK(!finish(count - lost));
	printf("# lost %ld of %d, 600 are to be expected\n", lost, count);
	/* six standard deviations of a fair coin of that kind */
	CHECK(lost > 600 - 123 && lost < 600 + 123 && !t.overtaken);

	im.loss_ppm = 1000000;
	CHECK(!port_impair(g->port_id, attr, &im));
	before = port_drops(g, "impair-loss");
	tally_begin();
	for (i = 0; i < 100; i++) {
		CHECK(!send_one(100));
		CHECK(!tx_done(WAIT_MS));
	}
	take(0);
	CHECK(!t.got && port_drops(g, "impair-loss") == before + 100);
	CHECK(!clear_policy());
	tally_begin();
	CHECK(!send_one(100));
	CHECK(!finish(1));
	return stop();
}

static int test_loss_rx(void)
{
	return loss(&b, VMI_A_PORT_RX_IMPAIR);
}

static int test_loss_tx(void)
{
	return loss(&a, VMI_A_PORT_TX_IMPAIR);
}

static int delayed(struct guest *g, int attr, const struct impair_args *im, int count)
{
	int i;

	CHECK(!start());
	CHECK(!port_impair(g->port_id, attr, im));
	tally_begin();
	for (i = 0; i < count; i++) {
		CHECK(!send_one(100));
		CHECK(!tx_done(WAIT_MS));
		take(0);
	}
	CHECK(!finish(count));
	printf("# %d frames, %d of them overtaken, in %ld to %ld ms each\n", count, t.overtaken,
	       t.least_us / 1000, t.most_us / 1000);
	CHECK(!clear_policy());
	return stop();
}

static int test_delay_rx(void)
{
	struct impair_args im = { .delay_us = 50000 };

	CHECK(!delayed(&b, VMI_A_PORT_RX_IMPAIR, &im, DELAYED));
	CHECK(t.least_us >= 50000 && !t.overtaken);
	return 0;
}

static int test_delay_tx(void)
{
	struct impair_args im = { .delay_us = 50000 };

	CHECK(!delayed(&a, VMI_A_PORT_TX_IMPAIR, &im, DELAYED));
	CHECK(t.least_us >= 50000 && !t.overtaken);
	return 0;
}

static int test_jitter(void)
{
	struct impair_args im = { .delay_us = 60000, .jitter_us = 50000 };

	CHECK(!delayed(&b, VMI_A_PORT_RX_IMPAIR, &im, DELAYED));
	CHECK(t.least_us >= 10000 && t.overtaken > 0);
	CHECK(!delayed(&a, VMI_A_PORT_TX_IMPAIR, &im, DELAYED));
	CHECK(t.least_us >= 10000 && t.overtaken > 0);
	return 0;
}

static int test_reorder(void)
{
	struct impair_args im = { .delay_us = 200000, .reorder_ppm = 300000 };

	CHECK(!delayed(&b, VMI_A_PORT_RX_IMPAIR, &im, DELAYED));
	CHECK(t.least_us < 200000 && t.overtaken > 0);
	return 0;
}

/* memory is bounded, and what is kept goes with the guest */
static int test_bounded(void)
{
	struct impair_args im = { .delay_us = 10000000 };
	long before, full;
	int i, dir;

	for (dir = 0; dir < 2; dir++) {
		struct guest *g = dir ? &a : &b;

		CHECK(!start());
		CHECK(!port_impair(g->port_id, dir ? VMI_A_PORT_TX_IMPAIR : VMI_A_PORT_RX_IMPAIR, &im));
		before = port_drops(g, "impair-queue-full");
		tally_begin();
		for (i = 0; i < 5000; i++)
			CHECK(!send_one(1000));
		while ((uint16_t)(a.avail[1] - a.seen[1]))
			CHECK(!tx_done(WAIT_MS));
		take(0);
		full = port_drops(g, "impair-queue-full") - before;
		printf("# %ld of 5000 frames found no room\n", full);
		/* if the machine is slow, some have been kept for their time and are here */
		CHECK(full > 0 || t.got > 0);
		CHECK(!stop());
		CHECK(!clear_policy());
		CHECK(!start());
		tally_begin();
		CHECK(!send_one(100));
		CHECK(!finish(1));
		CHECK(!stop());
	}
	return 0;
}

/* frames of the host, to the host, and to be segmented come through whole */
static int test_host(void)
{
	struct impair_args im = { .delay_us = 20000 };
	struct virtio_net_hdr_mrg_rxbuf h = { 0 };
	int n, payload = 30000, got;
	long begin;

	CHECK(!start());
	rx_post(&a, 128, 1536);
	host_flush(host);
	CHECK(!port_impair(a.port_id, VMI_A_PORT_TX_IMPAIR, &im));
	CHECK(!port_impair(a.port_id, VMI_A_PORT_RX_IMPAIR, &im));
	CHECK(!port_impair(b.port_id, VMI_A_PORT_RX_IMPAIR, &im));

	n = udp_put(out, host_mac, a.info.mac, a.info.ip, inet_addr(GATEWAY), 1, 9, 700, 0);
	begin = now_us();
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), WAIT_MS) == n && !memcmp(in, out, n));
	CHECK(now_us() - begin >= 20000);
	n = udp_put(out, a.info.mac, host_mac, inet_addr(GATEWAY), a.info.ip, 9, 1, 700, 0);
	begin = now_us();
	CHECK(send(host, out, n, 0) == n);
	do {
		got = rx_frame(&a, &h, in, WAIT_MS);
		CHECK(got > 0);
	} while (get16(in + 12) != ETH_P_IP);
	CHECK(got == n && !memcmp(in, out, n));
	CHECK(now_us() - begin >= 20000);

	n = ip_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 6, 20 + payload);
	memset(out + n, 0x77, 20 + payload);
	out[n + 12] = 5 << 4;
	put16(out + n + 16, csum16(NULL, 0, pseudo(out + 14, 20 + payload)));
	memset(&h, 0, sizeof(h));
	h.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h.hdr.gso_size = 1000;
	h.hdr.csum_start = 34;
	h.hdr.csum_offset = 16;
	begin = now_us();
	CHECK(!tx_frame(&a, &h, out, n + 20 + payload, TX_SPLIT));
	do {
		got = rx_frame(&b, &h, in, WAIT_MS);
		CHECK(got > 0);
	} while (get16(in + 12) != ETH_P_IP);
	CHECK(got == n + 20 + payload && !memcmp(in, out, got));
	CHECK(h.hdr.gso_type == VIRTIO_NET_HDR_GSO_TCPV4 && h.hdr.gso_size == 1000);
	CHECK(now_us() - begin >= 40000);
	CHECK(!clear_policy());
	return stop();
}

/* all of it at once, changed under traffic, with a guest that comes and goes */
static int test_together(void)
{
	struct impair_args im = { .loss_ppm = 50000, .delay_us = 2000, .jitter_us = 2000,
				  .reorder_ppm = 100000 };
	struct limit_args l = { .packets = 20000, .bytes = 20000000 };
	int i;

	for (i = 0; i < 20; i++) {
		struct guest *g = i % 2 ? &a : &b;

		CHECK(!start());
		tally_begin();
		CHECK(!port_impair(g->port_id, VMI_A_PORT_RX_IMPAIR, &im));
		CHECK(!port_limit(g->port_id, VMI_A_PORT_TX_LIMIT, &l));
		while (t.sent < 100) {
			CHECK(!send_one(200));
			take(0);
		}
		CHECK(!port_impair(g->port_id, VMI_A_PORT_TX_IMPAIR, &im));
		CHECK(!port_limit(g->port_id, VMI_A_PORT_RX_LIMIT, &l));
		while (t.sent < 200) {
			CHECK(!send_one(200));
			take(0);
		}
		if (i % 4 < 2)
			CHECK(!clear_policy());
		CHECK(!stop());
		CHECK(!clear_policy());
		CHECK(!t.twice);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "bounds and defaults", test_bounds },
	{ "sending: packets a second", test_tx_packets },
	{ "sending: bytes a second", test_tx_bytes },
	{ "sending: both", test_tx_both },
	{ "sending: a frame counts as its segments", test_tx_segments },
	{ "receiving: packets a second", test_rx_packets },
	{ "receiving: bytes a second", test_rx_bytes },
	{ "limits changed while frames wait", test_live },
	{ "loss, receiving", test_loss_rx },
	{ "loss, sending", test_loss_tx },
	{ "delay, receiving", test_delay_rx },
	{ "delay, sending", test_delay_tx },
	{ "jitter", test_jitter },
	{ "reordering", test_reorder },
	{ "frames kept are bounded, and go with the guest", test_bounded },
	{ "delay of the host's frames and of segments", test_host },
	{ "all together, changed under traffic", test_together },
};

static int get_host_mac(void)
{
	char line[64];
	unsigned int m[6], i;
	FILE *f = fopen("/sys/class/net/" IFNAME "/address", "r");

	CHECK(f && fgets(line, sizeof(line), f));
	fclose(f);
	CHECK(sscanf(line, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) == 6);
	for (i = 0; i < 6; i++)
		host_mac[i] = m[i];
	return 0;
}

static int setup(void)
{
	struct net_args n = { .name = NET, .subnet = SUBNET, .prefix = 24 };

	CHECK(!vnet_open());
	CHECK(!net_new(&n));
	CHECK(!get_host_mac());
	host = host_open(net_ifindex(NET));
	CHECK(host >= 0);
	CHECK(!guest_new(&a, "tlm-a", NET));
	CHECK(!guest_new(&b, "tlm-b", NET));
	return 0;
}

int main(void)
{
	unsigned int i, failed = 0, n = sizeof(tests) / sizeof(tests[0]);

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	if (setup()) {
		printf("Bail out! no network or no guests\n");
		failed = 1;
		n = 0;
	}
	for (i = 0; i < n; i++) {
		int bad = tests[i].fn();

		failed += !!bad;
		printf("%sok %u %s\n", bad ? "not " : "", i + 1, tests[i].name);
		if (bad) {	/* whatever it left on */
			guest_stop(&a, NULL);
			guest_stop(&b, NULL);
			clear_policy();
			host_flush(host);
		}
	}
	guest_del(&a);
	guest_del(&b);
	if (host >= 0)
		close(host);
	if (net_del(NET)) {
		printf("# network not deleted: %s\n", strerror(errno));
		failed++;
	}
	return failed ? 1 : 0;
}

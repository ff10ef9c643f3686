// SPDX-License-Identifier: GPL-2.0
/*
 * Several queue pairs on a port: flows spread over them, each in order; the number changed
 * while traffic runs; queues that do not exist, and such as are broken.
 *
 * Plays the VMM and the guests' virtio-net drivers. Needs root and a loaded module.
 */
#include <pthread.h>

#include "vnet_policy.h"

#define NET		"tmq"
#define NET2		"tmq2"
#define SUBNET		"198.51.100.0"
#define PAIRS		VNET_PAIRS
#define FLOWS		64
#define FRAMES		400	/* of each flow, under changes */
#define RXBUFS		128	/* of a pair */
#define TXSLOTS		(TXBUFS / PAIRS)
#define WAIT_MS		5000
#define IDLE_MS		80	/* a flow that is silent for a little longer may go elsewhere */

#define F_MQ		(F_ALL | BITF(VIRTIO_NET_F_MQ) | BITF(VIRTIO_NET_F_CTRL_VQ))

static struct guest a, b, c;	/* a and b have PAIRS, c has one */

/* ---- a driver of several queues ---- */

static void post(struct guest *g, int pair, int i)
{
	uint16_t old = g->avail[2 * pair];

	desc_set(g, 2 * pair, i, RXBUF_GPA + pair * 0x100000UL + i * 4096UL, 2048,
		 VRING_DESC_F_WRITE, 0);
	avail_add(g, 2 * pair, i);
	if (kick_wanted(g, 2 * pair, old))
		kick(g, 2 * pair);
}

static int start(struct guest *g, int pairs)
{
	int p, i;

	g->pairs = pairs;
	CHECK(!guest_start(g, pairs > 1 ? F_MQ : F_ALL));
	for (p = 0; p < pairs; p++) {
		for (i = 0; i < RXBUFS; i++)
			post(g, p, i);
	}
	return 0;
}

static int set_active(struct guest *g, uint32_t n)
{
	struct vmi_port_pairs arg = { .active = n };

	return ioctl(g->port, VMI_PORT_PAIRS, &arg);
}

/* Take one frame off a receive queue. Return: its length, 0 if there is none. */
static int take(struct guest *g, int pair, uint8_t *frame)
{
	int q = 2 * pair, id, len;
	uint8_t *buf;

	if (used_idx(g, q) == g->seen[q])
		return 0;
	id = used_of(g, q)->ring[g->seen[q] % g->qsize].id;
	len = used_of(g, q)->ring[g->seen[q] % g->qsize].len - HDR;
	g->seen[q]++;
	buf = g->mem + RXBUF_GPA + pair * 0x100000UL + id * 4096UL;
	memcpy(frame, buf + HDR, len);
	post(g, pair, id);
	return len;
}

static int is_flow(const uint8_t *f, int n)
{
	return n == 60 && get16(f + 12) == ETH_P_IP && f[23] == 17 && get16(f + 34) >= 5000;
}

/* the next frame of a flow on any pair, which becomes *@pair; -1 when there is none in time */
static int take_any(struct guest *g, uint8_t *frame, int *pair, int timeout_ms)
{
	long end = now_us() + timeout_ms * 1000L;
	int p, n;

	do {
		for (p = 0; p < g->pairs; p++) {
			n = take(g, p, frame);
			if (n && is_flow(frame, n)) {
				*pair = p;
				return n;
			}
		}
		if (timeout_ms)
			usleep(50);
	} while (now_us() < end);
	return -1;
}

/* Put a frame into a transmit queue. Return: false when it is full. */
static int put(struct guest *g, int pair, const uint8_t *frame, int n)
{
	static const struct virtio_net_hdr_mrg_rxbuf none;
	int q = 2 * pair + 1, slot = g->avail[q] % TXSLOTS;
	uint64_t gpa = TXBUF_GPA + (pair * TXSLOTS + slot) * TXBUF_SIZE;
	uint16_t old = g->avail[q];

	if ((uint16_t)(g->avail[q] - used_idx(g, q)) >= TXSLOTS)
		return 0;
	memcpy(g->mem + gpa, &none, HDR);
	memcpy(g->mem + gpa + HDR, frame, n);
	desc_set(g, q, slot, gpa, HDR + n, 0, 0);
	avail_add(g, q, slot);
	if (kick_wanted(g, q, old))
		kick(g, q);
	return 1;
}

static int put_wait(struct guest *g, int pair, const uint8_t *frame, int n)
{
	long end = now_us() + WAIT_MS * 1000L;

	while (!put(g, pair, frame, n)) {
		if (now_us() > end)
			return -1;
		usleep(50);
	}
	return 0;
}

/* the @seq-th frame of a flow, 60 bytes */
static int flow_put(uint8_t *f, const struct guest *from, const struct guest *to, int flow,
		    uint32_t seq)
{
	int n = udp_put(f, to->info.mac, from->info.mac, from->info.ip, to->info.ip, 5000 + flow,
			6000 + flow, 18, 0);

	/* no matter that the checksum is not right then */
	memcpy(f + 42, &seq, 4);
	return n;
}

/* of a frame in the one direction or the other */
static int flow_of(const uint8_t *f)
{
	int port = get16(f + 34);

	return port >= 6000 ? port - 6000 : port - 5000;
}

static uint32_t seq_of(const uint8_t *f)
{
	uint32_t seq;

	memcpy(&seq, f + 42, 4);
	return seq;
}

static void drain(struct guest *g)
{
	uint8_t f[2048];
	int p;

	while (take_any(g, f, &p, 30) > 0)
		;
}

static int begin(int pairs, int active)
{
	CHECK(!start(&a, pairs));
	CHECK(!start(&b, PAIRS));
	CHECK(!start(&c, 1));
	if (active)
		CHECK(!set_active(&b, active));
	return 0;
}

static int end(void)
{
	CHECK(!guest_stop(&a, NULL));
	CHECK(!guest_stop(&b, NULL));
	CHECK(!guest_stop(&c, NULL));
	return 0;
}

/* ---- what clients and VMMs see ---- */

struct pairs_shown {
	uint32_t pairs;
	uint32_t active;
};

static int pairs_attr(const struct nlattr *attr, void *data)
{
	struct pairs_shown *s = data;

	if (mnl_attr_get_type(attr) == VMI_A_PORT_PAIRS)
		s->pairs = mnl_attr_get_u32(attr);
	if (mnl_attr_get_type(attr) == VMI_A_PORT_PAIRS_ACTIVE)
		s->active = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int pairs_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), pairs_attr, data);
}

static int shown(uint32_t id, uint32_t pairs, uint32_t active)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_GET, 0);
	struct pairs_shown s = { 0 };

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	CHECK(!nl_talk(nlh, pairs_msg, &s));
	CHECK(s.pairs == pairs && s.active == active);
	return 0;
}

static int test_shown(void)
{
	struct port_new_args pa = { .vm = "tmq-p", .net = NET, .pairs = VMI_PAIRS_MAX + 1 };
	const uint64_t mq = BITF(VIRTIO_NET_F_MQ) | BITF(VIRTIO_NET_F_CTRL_VQ);
	uint32_t id = 0;

	nl_vm(VMI_CMD_VM_DEL, "tmq-p");
	CHECK(!nl_vm(VMI_CMD_VM_NEW, "tmq-p"));
	CHECK(refused(port_new(&pa, &id), EINVAL));
	pa.pairs = -1;
	CHECK(refused(port_new(&pa, &id), EINVAL));
	pa.pairs = VMI_PAIRS_MAX;
	CHECK(!port_new(&pa, &id));
	CHECK(!shown(id, VMI_PAIRS_MAX, 0));
	CHECK(!nl_vm(VMI_CMD_VM_DEL, "tmq-p"));

	CHECK(a.info.pairs == PAIRS && (a.info.features & mq) == mq);
	CHECK(c.info.pairs == 1 && !(c.info.features & mq));
	CHECK(!begin(PAIRS, 3));
	CHECK(!shown(b.port_id, PAIRS, 3));
	CHECK(!shown(a.port_id, PAIRS, 1));
	CHECK(!shown(c.port_id, 1, 1));
	CHECK(!end());
	CHECK(!shown(b.port_id, PAIRS, 0));
	return 0;
}

static int enable(struct guest *g, uint16_t pairs, uint16_t active, uint64_t features)
{
	struct vmi_port_enable en = {
		.on = 1, .pairs = pairs, .active = active, .features = features,
	};

	return ioctl(g->port, VMI_PORT_ENABLE, &en);
}

/* numbers of queues and pairs that do not exist, features that do not allow them */
static int test_numbers(void)
{
	static const uint32_t bad[] = { 2 * PAIRS, 2 * PAIRS + 1, 2 * VMI_PAIRS_MAX, 0x7fffffff, -1 };
	struct vmi_port_queue q = {
		.size = QSIZE, .desc_gpa = DESC_GPA(0), .avail_gpa = AVAIL_GPA(0),
		.used_gpa = USED_GPA(0), .kick_fd = -1, .call_fd = -1,
	};
	struct vmi_port_pairs arg = { .active = 1 };
	struct guest d = { 0 };
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		q.index = bad[i];
		CHECK(refused(ioctl(b.port, VMI_PORT_QUEUE, &q), EINVAL));
		q.index = bad[i] == 2 * PAIRS ? 2 : bad[i];
		CHECK(refused(ioctl(c.port, VMI_PORT_QUEUE, &q), EINVAL));
	}
	/* all queues of b are set up from here on, but nothing runs */
	CHECK(!start(&b, PAIRS) && !guest_stop(&b, NULL));
	CHECK(refused(ioctl(b.port, VMI_PORT_PAIRS, &arg), EINVAL));
	CHECK(refused(enable(&b, PAIRS + 1, 1, F_MQ), EINVAL));
	CHECK(refused(enable(&b, 0xffff, 0xffff, F_MQ), EINVAL));
	CHECK(refused(enable(&b, 2, 3, F_MQ), EINVAL));
	CHECK(refused(enable(&b, 0, 2, F_MQ), EINVAL));
	CHECK(refused(enable(&b, 2, 1, F_ALL), EINVAL));
	CHECK(refused(enable(&b, 1, 1, F_ALL | BITF(VIRTIO_NET_F_MQ)), EINVAL));
	CHECK(refused(enable(&c, 1, 1, F_MQ), EINVAL));
	CHECK(!enable(&b, 2, 2, F_MQ));
	CHECK(refused(set_active(&b, 0), EINVAL));
	CHECK(refused(set_active(&b, 3), EINVAL));
	CHECK(refused(set_active(&b, -1), EINVAL));
	arg.pad = 1;
	CHECK(refused(ioctl(b.port, VMI_PORT_PAIRS, &arg), EINVAL));
	CHECK(!set_active(&b, 1) && !set_active(&b, 2) && !set_active(&b, 2));
	CHECK(!guest_stop(&b, NULL));

	/* a VMM that has set up the first pair only */
	CHECK(!guest_new_pairs(&d, "tmq-d", NET, 2));
	d.qsize = QSIZE;
	CHECK(!guest_queue(&d, 0) && !guest_queue(&d, 1) && !guest_queue(&d, 3));
	CHECK(refused(enable(&d, 2, 1, F_MQ), EINVAL));
	CHECK(!enable(&d, 1, 1, F_MQ));
	CHECK(refused(set_active(&d, 2), EINVAL));
	guest_del(&d);
	return 0;
}

/* ---- steering ---- */

/* @n frames of each flow, from the sender's pair @pair, or (-1) each from one of its own */
static int send_flows(int pair, uint32_t n, int on[FLOWS])
{
	uint32_t next[FLOWS] = { 0 }, seq;
	uint8_t f[2048];
	int flow, p, got = 0, len;

	for (seq = 0; seq < n; seq++) {
		for (flow = 0; flow < FLOWS; flow++) {
			len = flow_put(f, &a, &b, flow, seq);
			CHECK(!put_wait(&a, pair < 0 ? flow % a.pairs : pair, f, len));
		}
		while (got < (int)(seq + 1) * FLOWS) {
			CHECK(take_any(&b, f, &p, WAIT_MS) > 0);
			flow = flow_of(f);
			CHECK(seq_of(f) == next[flow]++);
			CHECK(on[flow] < 0 || on[flow] == p);
			on[flow] = p;
			got++;
		}
	}
	return 0;
}

static int count(const int on[FLOWS], int pair)
{
	int i, n = 0;

	for (i = 0; i < FLOWS; i++)
		n += on[i] == pair;
	return n;
}

/* until the driver asks for more, and after it has asked for one, all come on the first pair */
static int test_first(void)
{
	int on[FLOWS], i;

	CHECK(!begin(1, 0));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(0, 3, on));
	CHECK(count(on, 0) == FLOWS);
	CHECK(!set_active(&b, PAIRS));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(0, 3, on));
	CHECK(count(on, 0) < FLOWS);
	for (i = 0; i < 3; i++)
		CHECK(!set_active(&b, 1) && !set_active(&b, 1 + i));
	CHECK(!set_active(&b, 1));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(0, 3, on));
	CHECK(count(on, 0) == FLOWS);
	return end();
}

/* flows are spread over the pairs, and each stays on its own */
static int test_spread(void)
{
	int on[FLOWS], p;

	CHECK(!begin(PAIRS, PAIRS));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 20, on));
	for (p = 0; p < PAIRS; p++) {
		printf("# %d of %d flows on pair %d\n", count(on, p), FLOWS, p);
		CHECK(count(on, p) >= FLOWS / PAIRS / 4);
	}
	/* and from whichever queue they come */
	CHECK(!send_flows(1, 3, on));
	CHECK(!set_active(&b, 3));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 3, on));
	CHECK(count(on, 3) == 0 && count(on, 0) && count(on, 1) && count(on, 2));
	return end();
}

/* an answer comes on the pair on which the guest has asked; and stays there while it comes */
static int test_answers(void)
{
	uint8_t f[2048];
	int flow, p, q, n, i;
	long t;

	CHECK(!begin(PAIRS, PAIRS));
	for (flow = 0; flow < PAIRS; flow++) {
		p = flow % PAIRS;
		t = 0;
		/* two flows can have one entry: let it be silent */
		usleep(200000);
		n = flow_put(f, &b, &a, flow, 1);
		CHECK(!put_wait(&b, p, f, n));
		CHECK(take_any(&a, f, &q, WAIT_MS) > 0);
		/* the answer, with the ports the other way round */
		n = udp_put(f, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 6000 + flow, 5000 + flow,
			    18, 0);
		for (i = 0; i < 3; i++) {
			CHECK(!put_wait(&a, 0, f, n));
			CHECK(take_any(&b, f, &q, WAIT_MS) > 0);
			/* unless this machine has slept over it */
			CHECK(q == p || (i && now_us() - t > IDLE_MS * 1000L));
			p = q;
			t = now_us();
			/* the guest goes on elsewhere, in mid-stream */
			n = flow_put(f, &b, &a, flow, 2 + i);
			CHECK(!put_wait(&b, (p + 1) % PAIRS, f, n));
			CHECK(take_any(&a, f, &q, WAIT_MS) > 0);
			n = udp_put(f, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 6000 + flow,
				    5000 + flow, 18, 0);
		}
	}
	/* a flow that has been silent may go with its guest */
	usleep(300000);
	n = flow_put(f, &b, &a, 0, 9);
	CHECK(!put_wait(&b, 2, f, n));
	CHECK(take_any(&a, f, &q, WAIT_MS) > 0);
	n = udp_put(f, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 6000, 5000, 18, 0);
	CHECK(!put_wait(&a, 0, f, n));
	CHECK(take_any(&b, f, &q, WAIT_MS) > 0 && q == 2);
	return end();
}

/* ---- changes under traffic ---- */

static volatile int sending, changes;

/* as its driver would, again and again */
static void *change(void *arg)
{
	unsigned int n = 0;

	(void)arg;
	while (sending) {
		if (set_active(&b, 1 + (n * 7 + n / 4) % PAIRS))
			return "VMI_PORT_PAIRS failed";
		n++;
		changes++;
		usleep(2000);
	}
	return NULL;
}

static struct {
	int pair;		/* on which it came last */
	int moves;
	uint32_t next;
	uint8_t on[FRAMES];	/* of each frame, 1 + pair */
} seen[FLOWS];

static int got_one(const uint8_t *f, int p)
{
	int flow = flow_of(f);
	uint32_t seq = seq_of(f);

	CHECK(flow >= 0 && flow < FLOWS && seq < FRAMES);
	CHECK(!seen[flow].on[seq]);	/* once */
	seen[flow].on[seq] = 1 + p;
	return 0;
}

/*
 * On each queue a flow's frames are in order; and of the queues the second is begun only when the
 * first is done with, so a flow goes over no more often than the number was changed.
 */
static int check_order(int nchanges)
{
	int flow, moves, last, total = 0;
	uint32_t i;

	for (flow = 0; flow < FLOWS; flow++) {
		moves = 0;
		last = 0;
		for (i = 0; i < FRAMES; i++) {
			if (!seen[flow].on[i])
				continue;
			total++;
			moves += last && last != seen[flow].on[i];
			last = seen[flow].on[i];
		}
		CHECK(moves <= nchanges);
	}
	return total;
}

static int test_changes(void)
{
	uint32_t last_on[PAIRS][FLOWS], sent = 0;
	long deadline = now_us() + 20 * 1000000L, before = port_drops(&b, "receiver-full");
	int flow = 0, p, n, total = 0;
	void *failed = NULL;
	uint8_t f[2048];
	pthread_t t;

	CHECK(!begin(PAIRS, PAIRS));
	memset(seen, 0, sizeof(seen));
	memset(last_on, 0, sizeof(last_on));
	sending = 1;
	changes = 0;
	CHECK(!pthread_create(&t, NULL, change, NULL));
	while (sent < FRAMES && now_us() < deadline) {
		/* each flow from one queue of its sender, all at once */
		for (; flow < FLOWS; flow++) {
			n = flow_put(f, &a, &b, flow, sent);
			if (!put(&a, flow % PAIRS, f, n))
				break;
		}
		if (flow == FLOWS) {
			flow = 0;
			sent++;
		}
		for (p = 0; p < PAIRS; p++) {
			while ((n = take(&b, p, f))) {
				if (!is_flow(f, n))
					continue;
				/* its seq + 1, so that 0 is none */
				if (got_one(f, p) || seq_of(f) + 1 <= last_on[p][flow_of(f)]) {
					sending = 0;
					break;
				}
				last_on[p][flow_of(f)] = seq_of(f) + 1;
			}
		}
		if (!sending)
			break;
	}
	n = sending;
	sending = 0;
	pthread_join(t, &failed);
	CHECK(n && !failed && sent == FRAMES);
	while (take_any(&b, f, &p, 200) > 0)
		CHECK(!got_one(f, p));
	total = check_order(changes);
	before = port_drops(&b, "receiver-full") - before;
	printf("# %d frames, %ld dropped, %d changes\n", total, before, changes);
	/* others than ours may have been dropped as well */
	CHECK(total >= FRAMES * FLOWS / 2 && total + before >= FRAMES * FLOWS);
	CHECK(changes > 3);
	return end();
}

/* many senders to one receiver of several pairs, and one that waits for one pair does no harm */
static int test_full_pair(void)
{
	int on[FLOWS], flow, p, n, full, other = -1;
	uint8_t f[2048];
	uint32_t i;
	long t;

	CHECK(!begin(PAIRS, PAIRS));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 1, on));
	/* flow 0's pair gets no buffers back from here on */
	full = on[0];
	for (flow = 1; flow < FLOWS && other < 0; flow++) {
		if (on[flow] != full && flow % PAIRS != 0)
			other = flow;
	}
	CHECK(other > 0);
	for (i = 0; i < 2 * RXBUFS; i++) {
		n = flow_put(f, &a, &b, 0, i);
		CHECK(!put_wait(&a, 0, f, n));
	}
	/* another flow, from another queue to another one, goes its way */
	for (i = 0; i < 50; i++) {
		n = flow_put(f, &a, &b, other, i);
		CHECK(!put_wait(&a, other % PAIRS, f, n));
		t = now_us();
		do {
			n = take(&b, on[other], f);
		} while (!is_flow(f, n) && now_us() < t + WAIT_MS * 1000L);
		CHECK(is_flow(f, n) && flow_of(f) == other && seq_of(f) == i);
	}
	CHECK(port_drops(&b, "receiver-full") > 0);
	drain(&b);
	/* buffers again: it goes on */
	n = flow_put(f, &a, &b, 0, 777);
	CHECK(!put_wait(&a, 0, f, n));
	do {
		CHECK(take_any(&b, f, &p, WAIT_MS) > 0);
	} while (seq_of(f) != 777);
	CHECK(p == full);
	return end();
}

/* frames for all, and of the host, come to a port of several pairs, once */
static int test_broadcast(void)
{
	uint8_t f[2048];
	int p, n, i;

	CHECK(!begin(PAIRS, PAIRS));
	for (i = 0; i < 16; i++) {
		n = flow_put(f, &a, &b, i, i);
		memset(f, 0xff, 6);
		CHECK(!put_wait(&a, i % PAIRS, f, n));
		CHECK(take_any(&b, f, &p, WAIT_MS) > 0 && flow_of(f) == i);
		CHECK(take_any(&c, f, &p, WAIT_MS) > 0 && flow_of(f) == i);
	}
	CHECK(take_any(&b, f, &p, 50) == -1 && take_any(&a, f, &p, 0) == -1);
	return end();
}

/* ---- stops and faults ---- */

/* a ring of any pair that is broken stops its port, which goes on after a new start */
static int test_fault(void)
{
	struct drop_query q;
	uint8_t f[2048];
	int on[FLOWS], p, n, ring;
	long t;

	for (ring = 1; ring < 2 * PAIRS; ring += 2) {
		CHECK(!begin(PAIRS, PAIRS));
		/* more entries than the ring has */
		__atomic_store_n(&avail_of(&a, ring)->idx, a.avail[ring] + QSIZE + 1,
				 __ATOMIC_RELEASE);
		kick(&a, ring);
		t = now_us();
		do {
			memset(&q, 0, sizeof(q));
			CHECK(!port_query(a.port_id, &q));
		} while (!q.fault && now_us() < t + WAIT_MS * 1000L);
		CHECK(q.fault == VMI_PORT_FAULT_INDEX_JUMP && !q.active);
		/* its other pairs are stopped as well, other ports are not */
		n = flow_put(f, &a, &b, 1, 1);
		CHECK(put(&a, 0, f, n));
		CHECK(take_any(&b, f, &p, 50) == -1);
		n = flow_put(f, &c, &b, 1, 1);
		CHECK(!put_wait(&c, 0, f, n));
		CHECK(take_any(&b, f, &p, WAIT_MS) > 0);
		CHECK(refused(set_active(&a, PAIRS + 1), EINVAL));
		CHECK(!end());
	}
	CHECK(!begin(PAIRS, PAIRS));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 2, on));
	return end();
}

/* a stop says where each queue stands, and a start goes on there */
static int test_stop(void)
{
	struct vmi_port_enable en = { 0 };
	int on[FLOWS], p, q;
	uint16_t keep;

	CHECK(!begin(PAIRS, PAIRS));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 5, on));
	CHECK(!guest_stop(&b, &en));
	for (p = 0; p < PAIRS; p++) {
		CHECK(en.avail_idx[2 * p] == used_idx(&b, 2 * p));
		CHECK(en.avail_idx[2 * p + 1] == used_idx(&b, 2 * p + 1));
	}
	for (q = 2 * PAIRS; q < 2 * VMI_PAIRS_MAX; q++)
		CHECK(!en.avail_idx[q]);
	for (q = 0; q < 2 * PAIRS; q++) {
		keep = b.avail[q];
		b.avail[q] = en.avail_idx[q];
		CHECK(!guest_queue(&b, q));
		b.avail[q] = keep;
	}
	CHECK(!enable(&b, PAIRS, PAIRS, F_MQ));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 5, on));
	/* fewer than are set up: the others are left alone */
	CHECK(!guest_stop(&b, &en) && !enable(&b, 2, 2, F_MQ));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 5, on));
	CHECK(count(on, 0) + count(on, 1) == FLOWS);
	CHECK(!guest_stop(&b, NULL) && !enable(&b, 1, 1, F_ALL));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 5, on));
	CHECK(count(on, 0) == FLOWS);
	return end();
}

static int move(uint32_t id, const char *net)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_SET, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	mnl_attr_put_strz(nlh, VMI_A_PORT_NET, net);
	return nl_talk(nlh, NULL, NULL);
}

/* a port of several pairs goes to another network and comes back, under traffic */
static int test_move(void)
{
	int on[FLOWS], i, flow, p;
	uint8_t f[2048];

	CHECK(!begin(PAIRS, PAIRS));
	for (i = 0; i < 10; i++) {
		for (flow = 0; flow < 2 * PAIRS; flow++)
			put(&a, flow % PAIRS, f, flow_put(f, &a, &b, flow, i));
		CHECK(!move(b.port_id, i % 2 ? NET : NET2));
	}
	drain(&b);
	CHECK(!ioctl(b.port, VMI_PORT_INFO, &b.info));
	memset(on, -1, sizeof(on));
	CHECK(!send_flows(-1, 3, on));
	for (p = 0; p < PAIRS; p++)
		CHECK(count(on, p));
	return end();
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "what is shown of queue pairs", test_shown },
	{ "numbers of queues and pairs that do not exist", test_numbers },
	{ "the first pair, until more are asked for", test_first },
	{ "flows are spread, each stays on its pair", test_spread },
	{ "answers come where they were asked for", test_answers },
	{ "the number changed under traffic, all in order", test_changes },
	{ "a pair without buffers", test_full_pair },
	{ "frames for all", test_broadcast },
	{ "a broken ring of one pair", test_fault },
	{ "stop and start", test_stop },
	{ "moved to another network", test_move },
};

int main(void)
{
	struct net_args net = { .name = NET, .subnet = SUBNET, .prefix = 24 };
	struct net_args net2 = { .name = NET2, .subnet = "203.0.113.0", .prefix = 24 };
	unsigned int i, failed = 0, n = sizeof(tests) / sizeof(tests[0]);

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	if (vnet_open() || net_new(&net) || net_new(&net2) ||
	    guest_new_pairs(&a, "tmq-a", NET, PAIRS) ||
	    guest_new_pairs(&b, "tmq-b", NET, PAIRS) || guest_new(&c, "tmq-c", NET) ||
	    port_guard(a.port_id, 0, GUARD_ALL) || port_guard(b.port_id, 0, GUARD_ALL)) {
		printf("Bail out! no network or no guests: %s\n", strerror(errno));
		failed = 1;
		n = 0;
	}
	for (i = 0; i < n; i++) {
		long t = now_us();
		int bad = tests[i].fn();

		failed += !!bad;
		printf("%sok %u %s\n# %ld ms\n", bad ? "not " : "", i + 1, tests[i].name,
		       (now_us() - t) / 1000);
		if (bad) {
			guest_stop(&a, NULL);
			guest_stop(&b, NULL);
			guest_stop(&c, NULL);
		}
	}
	guest_del(&a);
	guest_del(&b);
	guest_del(&c);
	if (net_del(NET) | net_del(NET2)) {
		printf("# network not deleted: %s\n", strerror(errno));
		failed++;
	}
	return failed ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Networks and ports changed while guests run: edits that no guest notices, ports moved
 * from one network to another, a thousand of each under traffic.
 *
 * Plays the VMM and the guests' virtio-net drivers. Needs root and a loaded module.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "vnet_policy.h"

#define NET1		"tlv1"
#define NET2		"tlv2"
#define SUBNET1		"198.51.100.0"
#define SUBNET2		"203.0.113.0"
#define MASK		0x00ffffff	/* of a /24, as it is in memory */
#define NOBODY		65534
#define WAIT_MS		5000
#define MTU		1500
#define MTU_LARGE	9000
#define ROUNDS		1000

static struct guest a, b, c, m;	/* a and b are on the first network, c on the second, m moves */
static uint8_t out[FRAME_MAX], in[FRAME_MAX];
static struct virtio_net_hdr_mrg_rxbuf hdr;

static int rounds(void)
{
	const char *s = getenv("VMI_ROUNDS");

	return s ? atoi(s) : ROUNDS;
}

/* ---- requests ---- */

static int port_move(uint32_t id, const char *net, const char *ip)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_SET, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	if (net)
		mnl_attr_put_strz(nlh, VMI_A_PORT_NET, net);
	put_ip(nlh, VMI_A_PORT_IP, ip);
	return nl_talk(nlh, NULL, NULL);
}

static int net_set_u32(const char *net, int attr, uint32_t val)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_SET, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, net);
	mnl_attr_put_u32(nlh, attr, val);
	return nl_talk(nlh, NULL, NULL);
}

static int net_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == VMI_A_NET_STATS)
		return mnl_attr_parse_nested(attr, stats_attr, data);
	return MNL_CB_OK;
}

static int net_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), net_attr, data);
}

static int net_query(const char *net, struct drop_query *q)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_GET, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, net);
	return nl_talk(nlh, net_msg, q);
}

struct fdb_query {
	const uint8_t *mac;
	int found;
};

static int fdb_attr(const struct nlattr *attr, void *data)
{
	struct fdb_query *q = data;

	if (mnl_attr_get_type(attr) == VMI_A_FDB_MAC)
		q->found += !memcmp(mnl_attr_get_payload(attr), q->mac, 6);
	return MNL_CB_OK;
}

static int fdb_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), fdb_attr, data);
}

/* how often a network's table has the address */
static int fdb_has(const char *net, const uint8_t *mac)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_FDB_GET, NLM_F_DUMP);
	struct fdb_query q = { .mac = mac };

	mnl_attr_put_strz(nlh, VMI_A_FDB_NET, net);
	return nl_talk(nlh, fdb_msg, &q) ? -1 : q.found;
}

static int host_mtu(const char *ifname)
{
	char path[64];
	int mtu = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/class/net/%s/mtu", ifname);
	f = fopen(path, "r");
	if (f && fscanf(f, "%d", &mtu) != 1)
		mtu = -1;
	if (f)
		fclose(f);
	return mtu;
}

/* ---- frames ---- */

/* the next IPv4 frame of a guest */
static int rx_ip(struct guest *g, int timeout_ms)
{
	int n;

	do {
		n = rx_frame(g, &hdr, in, timeout_ms);
	} while (n >= 14 && get16(in + 12) != ETH_P_IP);
	return n;
}

static int passes(struct guest *from, struct guest *to, int payload)
{
	int n = udp_put(out, to->info.mac, from->info.mac, from->info.ip, to->info.ip, 1, 2,
			payload, 0);

	CHECK(!tx_frame(from, NULL, out, n, TX_ONE));
	CHECK(rx_ip(to, WAIT_MS) == n && !memcmp(in, out, n));
	return 0;
}

/* it is counted at @at for that reason; and at @not does not arrive, where one is given */
static int is_dropped(struct guest *from, int n, const struct guest *at, const char *reason,
		      struct guest *not)
{
	long before = port_drops(at, reason);

	CHECK(!tx_frame(from, NULL, out, n, TX_ONE));
	CHECK(port_drops(at, reason) == before + 1);
	CHECK(!not || rx_ip(not, 50) == -1);
	return 0;
}

static int start_all(void)
{
	struct guest *all[] = { &a, &b, &c, &m };
	int i;

	for (i = 0; i < 4; i++) {
		CHECK(!guest_start(all[i], F_ALL));
		rx_post(all[i], 128, 4096);
	}
	return 0;
}

static int stop_all(void)
{
	CHECK(!guest_stop(&a, NULL) && !guest_stop(&b, NULL));
	CHECK(!guest_stop(&c, NULL) && !guest_stop(&m, NULL));
	return 0;
}

/* what the VMM does when the port file says that something has changed */
static int news(struct guest *g, struct vmi_port_status *st)
{
	struct pollfd p = { .fd = g->port, .events = POLLPRI };

	CHECK(poll(&p, 1, WAIT_MS) == 1 && p.revents == POLLPRI);
	CHECK(!ioctl(g->port, VMI_PORT_STATUS, st));
	CHECK(!ioctl(g->port, VMI_PORT_INFO, &g->info));
	CHECK(poll(&p, 1, 0) == 0);
	return 0;
}

/* ---- tests ---- */

static int edit(int (*change)(void), int *times)
{
	struct vmi_port_status st;

	CHECK(!change());
	CHECK(!ioctl(a.port, VMI_PORT_STATUS, &st));
	CHECK(st.link == 1 && st.on == 1 && !st.fault && !st.moves);
	CHECK(!passes(&a, &b, 100) && !passes(&b, &a, 100));
	++*times;
	return 0;
}

static int edit_range(void)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_SET, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, NET1);
	put_ip(nlh, VMI_A_NET_RANGE_FIRST, "198.51.100.10");
	put_ip(nlh, VMI_A_NET_RANGE_LAST, "198.51.100.99");
	return nl_talk(nlh, NULL, NULL);
}

static int edit_lease(void)
{
	return net_set_u32(NET1, VMI_A_NET_LEASE_S, 1234);
}

static int edit_ageing(void)
{
	return net_set_u32(NET1, VMI_A_NET_AGEING_MS, 60000);
}

static int edit_guard(void)
{
	return net_guard(NET1, 0, GUARD(ARP)) || net_guard(NET1, GUARD(ARP), GUARD(ARP)) ||
	       port_guard(a.port_id, 0, GUARD(ND)) ||
	       port_set_u8(a.port_id, VMI_A_PORT_GUARD_OWN, 0);
}

static int edit_limits(void)
{
	const struct limit_args none = { 0 }, some = { .packets = 1000000, .bytes = 1000000000 };

	return net_storm(NET1, 5000) || port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, &some) ||
	       port_limit(a.port_id, VMI_A_PORT_RX_LIMIT, &some) ||
	       port_limit(a.port_id, VMI_A_PORT_TX_LIMIT, &none) ||
	       port_limit(a.port_id, VMI_A_PORT_RX_LIMIT, &none);
}

static int edit_mtu(void)
{
	return net_set_u32(NET1, VMI_A_NET_MTU, MTU_LARGE);
}

static int edit_nothing(void)
{
	return port_move(a.port_id, NET1, NULL) || port_link(a.port_id, 1);
}

/* rings go on, the link stays up, and the VMM hears what it has to tell */
static int test_edit(void)
{
	struct vmi_port_enable was;
	struct vmi_port_status st;
	int times = 0, n;

	CHECK(!start_all());
	CHECK(!edit(edit_range, &times) && !edit(edit_ageing, &times) &&
	      !edit(edit_guard, &times) && !edit(edit_limits, &times) &&
	      !edit(edit_nothing, &times));
	CHECK(!edit(edit_lease, &times) && !news(&b, &st));
	CHECK(st.link == 1 && b.info.lease_s == 1234 && b.info.mtu == MTU);

	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 4000, 0);
	CHECK(!is_dropped(&a, n, &a, "too-long", &b));
	CHECK(host_mtu("vmi-" NET1) == MTU);
	CHECK(!edit(edit_mtu, &times) && !news(&b, &st));
	CHECK(st.link == 1 && b.info.mtu == MTU_LARGE && host_mtu("vmi-" NET1) == MTU_LARGE);
	CHECK(!passes(&a, &b, 4000));

	CHECK(refused(net_set_u32(NET1, VMI_A_NET_MTU, MTU), EBUSY));
	CHECK(refused(net_set_u32(NET1, VMI_A_NET_MTU, 9217), ERANGE));
	CHECK(!passes(&a, &b, 4000) && host_mtu("vmi-" NET1) == MTU_LARGE);
	/* the rings were never stopped: the device is where the driver is */
	CHECK(!guest_stop(&a, &was));
	CHECK(was.avail_idx[1] == a.avail[1] && a.avail[1] == times + 3);
	CHECK(!guest_start(&a, F_ALL));
	return stop_all();
}

static int test_refusals(void)
{
	struct vmi_port_status st;
	char ip[INET_ADDRSTRLEN];

	CHECK(!start_all());
	inet_ntop(AF_INET, &c.info.ip, ip, sizeof(ip));
	CHECK(refused(port_move(m.port_id, "absent", NULL), ENOENT));
	CHECK(refused(port_move(4000000, NET2, NULL), ENOENT));
	CHECK(refused(port_move(m.port_id, "-bad", NULL), EINVAL));
	CHECK(refused(port_move(m.port_id, NET2, "198.51.100.7"), EINVAL));
	CHECK(refused(port_move(m.port_id, NET2, ip), EADDRINUSE));
	CHECK(refused(port_move(m.port_id, NET2, "203.0.113.1"), EADDRINUSE));
	CHECK(refused(port_move(m.port_id, NULL, "203.0.113.7"), EINVAL));
	CHECK(refused(port_move(m.port_id, NET1, "198.51.100.7"), EOPNOTSUPP));
	CHECK(!ioctl(m.port, VMI_PORT_STATUS, &st) && !st.moves && st.link);
	CHECK(fdb_has(NET1, m.info.mac) == 1 && fdb_has(NET2, m.info.mac) == 0);
	CHECK(!passes(&m, &a, 100) && !passes(&a, &m, 100));
	return stop_all();
}

/* in a child with the uid of somebody; what port_move() made of it */
static int move_as(uid_t uid, uint32_t id)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setresuid(uid, uid, uid) || vnet_open_nl())
			_exit(255);
		_exit(port_move(id, NET2, NULL) ? errno : 0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int test_permission(void)
{
	struct port_new_args pa = { .vm = "tlv-own", .net = NET1 };
	struct nlmsghdr *nlh;
	uint32_t id;

	CHECK(move_as(NOBODY, m.port_id) == ENOENT);
	nl_vm(VMI_CMD_VM_DEL, pa.vm);
	nlh = nl_request(nl_family, VMI_CMD_VM_NEW, 0);
	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, pa.vm);
	mnl_attr_put_u32(nlh, VMI_A_VM_UID, NOBODY);
	CHECK(!nl_talk(nlh, NULL, NULL));
	CHECK(!port_new(&pa, &id));
	CHECK(!move_as(NOBODY, id));
	CHECK(!port_move(id, NET1, NULL));
	CHECK(!nl_vm(VMI_CMD_VM_DEL, pa.vm));
	return 0;
}

/* the guest is told; old address, table entries and counters stay behind */
static int test_move(void)
{
	struct drop_query net1 = { 0 }, net2 = { 0 }, then1 = { 0 }, then2 = { 0 };
	struct port_new_args pa = { .vm = "tlv-next", .net = NET1 };
	uint32_t old_ip = m.info.ip, id;
	struct vmi_port_status st;
	char ip[INET_ADDRSTRLEN];
	int n;

	CHECK(!start_all());
	CHECK(!passes(&m, &a, 100) && !passes(&a, &m, 100));
	CHECK(!net_query(NET1, &net1) && !net_query(NET2, &net2));

	CHECK(!port_move(m.port_id, NET2, "203.0.113.77"));
	CHECK(!news(&m, &st) && st.moves == 1 && st.link == 1 && st.on == 1 && !st.fault);
	CHECK(m.info.ip == inet_addr("203.0.113.77") && m.info.server == inet_addr("203.0.113.1") &&
	      m.info.port_id == m.port_id && m.info.mtu == MTU);
	CHECK(fdb_has(NET1, m.info.mac) == 0 && fdb_has(NET2, m.info.mac) == 1);

	/* from here on it is a guest of the second network, and of that only */
	CHECK(!passes(&m, &c, 100) && !passes(&c, &m, 100));
	n = udp_put(out, c.info.mac, m.info.mac, old_ip, c.info.ip, 1, 2, 100, 0);
	CHECK(!is_dropped(&m, n, &m, "source-ip", &c));
	n = udp_put(out, a.info.mac, m.info.mac, m.info.ip, a.info.ip, 1, 2, 100, 0);
	CHECK(!is_dropped(&m, n, &m, "no-destination", &a));
	n = udp_put(out, m.info.mac, a.info.mac, a.info.ip, old_ip, 1, 2, 100, 0);
	CHECK(!is_dropped(&a, n, &a, "no-destination", &m));
	n = udp_put(out, bcast, a.info.mac, a.info.ip, INADDR_BROADCAST, 1, 2, 100, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(rx_ip(&b, WAIT_MS) == n && rx_ip(&m, 50) == -1);

	/* its old address is free */
	inet_ntop(AF_INET, &old_ip, ip, sizeof(ip));
	pa.ip = ip;
	nl_vm(VMI_CMD_VM_DEL, pa.vm);
	CHECK(!nl_vm(VMI_CMD_VM_NEW, pa.vm) && !port_new(&pa, &id));
	CHECK(refused(port_move(m.port_id, NET1, ip), EADDRINUSE));
	CHECK(!nl_vm(VMI_CMD_VM_DEL, pa.vm));

	/* two frames each way; those of the past are the first network's */
	CHECK(!net_query(NET1, &then1) && !net_query(NET2, &then2));
	CHECK(then1.tx >= net1.tx && then1.rx >= net1.rx);
	CHECK(then2.tx >= net2.tx + 3 && then2.tx <= net2.tx + 4);
	CHECK(then2.rx >= net2.rx + 2 && then2.rx < net2.rx + 20);

	CHECK(!port_move(m.port_id, NET1, ip));
	CHECK(!news(&m, &st) && st.moves == 2 && m.info.ip == old_ip);
	CHECK(!passes(&m, &a, 100) && !passes(&a, &m, 100));
	return stop_all();
}

/* frames that are on their way inside the port do not come along */
static int test_kept(void)
{
	const struct impair_args slow = { .delay_us = 300000 }, none = { 0 };
	struct vmi_port_status st;
	int n;

	CHECK(!start_all());
	CHECK(!port_impair(m.port_id, VMI_A_PORT_TX_IMPAIR, &slow));
	n = udp_put(out, bcast, m.info.mac, m.info.ip, INADDR_BROADCAST, 1, 2, 100, 0);
	CHECK(!tx_frame(&m, NULL, out, n, TX_ONE));
	CHECK(!port_move(m.port_id, NET2, NULL) && !news(&m, &st));
	CHECK(rx_ip(&c, 600) == -1 && rx_ip(&a, 0) == -1);
	CHECK(!port_impair(m.port_id, VMI_A_PORT_TX_IMPAIR, &none));
	CHECK(!passes(&m, &c, 100));
	CHECK(!port_move(m.port_id, NET1, NULL) && !news(&m, &st));
	return stop_all();
}

/* a port whose rings are stopped, or not open at all, and one that starts on the new network */
static int test_stopped(void)
{
	struct vmi_port_status st;

	CHECK(!port_move(m.port_id, NET2, NULL) && !news(&m, &st));
	CHECK(!start_all());
	CHECK(!passes(&m, &c, 100) && !passes(&c, &m, 100));
	CHECK(!stop_all());
	CHECK(!port_move(m.port_id, NET1, NULL) && !news(&m, &st) && !st.on);
	CHECK(!start_all());
	CHECK(!passes(&m, &a, 100) && !passes(&a, &m, 100));
	return stop_all();
}

/* ---- under traffic ---- */

/**
 * struct traffic - what the thread that plays all drivers has seen
 * @end: it is to stop
 * @m_ip: addresses that m claims to have, of either network; atomic
 * @sent: frames of a to b
 * @got: of these at b
 * @disorder: of these, those that came out of order
 * @foreign: frames that came from the other network
 * @m_got: frames that m has got
 * @m_heard: frames of m that the others have got
 * @zap: pages come and go: what is in a buffer may be gone
 */
struct traffic {
	int end;
	uint32_t m_ip[2];
	uint32_t sent;
	uint32_t got;
	uint32_t disorder;
	uint32_t foreign;
	uint32_t m_got;
	uint32_t m_heard;
	int zap;
};

static struct traffic t;

static void tx_reap(struct guest *g)
{
	g->seen[1] = used_idx(g, 1);
}

static int tx_room(struct guest *g)
{
	tx_reap(g);
	return (uint16_t)(g->avail[1] - g->seen[1]) < TXBUFS;
}

static void tx_try(struct guest *from, const uint8_t *dmac, uint32_t sip, uint32_t number)
{
	static uint8_t f[256];
	int n = udp_put(f, dmac, from->info.mac, sip, INADDR_BROADCAST, 7, 7, 60, 0);

	memcpy(f + 42, &number, 4);
	if (tx_room(from))
		tx_put(from, from->avail[1] % TXBUFS, NULL, f, n, TX_ONE);
}

static void note(struct guest *g, const uint8_t *f, uint32_t *last)
{
	uint32_t sip, subnet, number;

	memcpy(&sip, f + 26, 4);
	memcpy(&number, f + 42, 4);
	subnet = inet_addr(g == &c ? SUBNET2 : SUBNET1);
	if (g == &m)
		t.m_got++;
	else if ((sip & MASK) != subnet)
		t.foreign++;
	if (g != &m && !memcmp(f + 6, m.info.mac, 6))
		t.m_heard++;
	if (g == &b && !memcmp(f + 6, a.info.mac, 6) && !memcmp(f, b.info.mac, 6)) {
		t.disorder += number <= *last;
		*last = number;
		t.got++;
	}
}

static void drain(struct guest *g, uint32_t *last)
{
	static struct virtio_net_hdr_mrg_rxbuf h;
	static uint8_t f[FRAME_MAX];
	int n;

	while ((n = rx_frame(g, &h, f, 0)) != -1)
		if (n >= 60 && get16(f + 12) == ETH_P_IP && f[23] == 17 && get16(f + 36) == 7)
			note(g, f, last);
}

static void *play(void *arg)
{
	uint32_t last = 0, i;

	(void)arg;
	for (i = 0; !__atomic_load_n(&t.end, __ATOMIC_RELAXED); i++) {
		if (tx_room(&a)) {
			t.sent++;
			tx_try(&a, b.info.mac, a.info.ip, t.sent);
		}
		/* m may send as either, and only one gets through; it is sent to from both sides */
		tx_try(&m, i & 2 ? c.info.mac : a.info.mac,
		       __atomic_load_n(&t.m_ip[i & 1], __ATOMIC_RELAXED), i);
		if (i % 4 == 0)
			tx_try(&a, m.info.mac, a.info.ip, i);
		if (i % 4 == 1)
			tx_try(&c, m.info.mac, c.info.ip, i);
		if (i % 64 == 2)
			tx_try(&m, bcast, __atomic_load_n(&t.m_ip[i >> 6 & 1], __ATOMIC_RELAXED), i);
		drain(&a, &last);
		drain(&b, &last);
		drain(&c, &last);
		drain(&m, &last);
	}
	return NULL;
}

static int traffic_begin(pthread_t *thread)
{
	memset(&t, 0, sizeof(t));
	t.m_ip[0] = m.info.ip;
	t.m_ip[1] = inet_addr("203.0.113.200");
	CHECK(!start_all());
	CHECK(!net_storm(NET1, 1000000) && !net_storm(NET2, 1000000));
	CHECK(!pthread_create(thread, NULL, play, NULL));
	return 0;
}

static int traffic_end(pthread_t thread)
{
	__atomic_store_n(&t.end, 1, __ATOMIC_RELAXED);
	CHECK(!pthread_join(thread, NULL));
	CHECK(!guest_stop(&a, NULL) && !guest_stop(&b, NULL));
	CHECK(!guest_stop(&c, NULL) && !guest_stop(&m, NULL));
	printf("# %u frames sent and %u got, %u got and %u sent by the one that moves\n",
	       t.sent, t.got, t.m_got, t.m_heard);
	return 0;
}

static int no_fault(void)
{
	struct guest *all[] = { &a, &b, &c, &m };
	struct vmi_port_status st;
	int i;

	for (i = 0; i < 4; i++)
		CHECK(!ioctl(all[i]->port, VMI_PORT_STATUS, &st) && !st.fault);
	return 0;
}

/* the other guests lose nothing, and nobody hears what is not of his network */
static int test_thousand(void)
{
	struct port_new_args pa = { .vm = "tlv-x", .net = NET1 };
	int i, bad = 0, n = rounds();
	pthread_t thread;
	long begin;
	uint32_t id;

	nl_vm(VMI_CMD_VM_DEL, pa.vm);
	CHECK(!nl_vm(VMI_CMD_VM_NEW, pa.vm));
	CHECK(!traffic_begin(&thread));
	begin = now_us();
	for (i = 0; i < n && !bad; i++)
		bad = port_new(&pa, &id) || port_move(id, NET2, NULL) ||
		      fdb_has(i & 1 ? NET1 : NET2, m.info.mac) < 0 || port_del(id);
	printf("# %d ports added, moved and removed in %ld ms\n", i, (now_us() - begin) / 1000);
	CHECK(!traffic_end(thread));
	CHECK(!nl_vm(VMI_CMD_VM_DEL, pa.vm));
	CHECK(!bad && !no_fault());
	CHECK(t.got > 100 && t.got + 64 >= t.sent && !t.disorder && !t.foreign);
	CHECK(t.m_got && t.m_heard);
	return 0;
}

static int test_thousand_moves(void)
{
	int i, bad = 0, n = rounds();
	struct vmi_port_status st;
	pthread_t thread;
	long begin;

	CHECK(!traffic_begin(&thread));
	begin = now_us();
	for (i = 0; i < n && !bad; i++) {
		bad = port_move(m.port_id, i & 1 ? NET1 : NET2, i & 1 ? NULL : "203.0.113.200");
		if (!bad && i & 1) {
			bad = ioctl(m.port, VMI_PORT_INFO, &m.info);
			__atomic_store_n(&t.m_ip[0], m.info.ip, __ATOMIC_RELAXED);
		}
	}
	printf("# a port moved %d times in %ld ms\n", i, (now_us() - begin) / 1000);
	CHECK(!traffic_end(thread));
	CHECK(!bad && !no_fault());
	CHECK(t.got && t.got + 64 >= t.sent && !t.disorder && !t.foreign);
	CHECK(t.m_got && t.m_heard);
	CHECK(!ioctl(m.port, VMI_PORT_STATUS, &st) && (int)st.moves >= n);
	return 0;
}

static void *zap(void *arg)
{
	struct guest *g[] = { &b, &m };
	unsigned int i;

	(void)arg;
	for (i = 0; !__atomic_load_n(&t.end, __ATOMIC_RELAXED); i++) {
		madvise(g[i & 1]->mem + RXBUF_GPA, QSIZE * 4096, MADV_DONTNEED);
		madvise(g[i & 1]->mem + TXBUF_GPA, TXBUFS * TXBUF_SIZE, MADV_DONTNEED);
		usleep(500);
	}
	return NULL;
}

static int few_got(uint32_t n)
{
	return __atomic_load_n(&t.got, __ATOMIC_RELAXED) < n;
}

/* as a balloon does; also while a port moves */
static int test_reclaim(void)
{
	int i, bad = 0, n = rounds() / 5;
	pthread_t thread, zapper;
	long end;

	CHECK(!traffic_begin(&thread));
	CHECK(!pthread_create(&zapper, NULL, zap, NULL));
	end = now_us() + WAIT_MS * 1000L;
	for (i = 0; !bad && (i < n || (few_got(100) && now_us() < end)); i++)
		bad = port_move(m.port_id, i & 1 ? NET1 : NET2, NULL);
	CHECK(!traffic_end(thread));
	CHECK(!pthread_join(zapper, NULL));
	printf("# %d moves\n", i);
	CHECK(!bad && !no_fault() && !few_got(100));
	CHECK(!ioctl(m.port, VMI_PORT_INFO, &m.info));
	CHECK(!start_all());
	CHECK(!passes(&a, &b, 100) && !passes(&m, i & 1 ? &c : &a, 100));
	return stop_all();
}

/* the host has a neighbour of that address with a MAC address */
static int host_knows(const char *ip)
{
	char cmd[128];

	snprintf(cmd, sizeof(cmd), "ip neigh show %s dev vmi-" NET1 " | grep -q lladdr", ip);
	return !system(cmd);
}

static int host_told(const char *ip, const struct guest *g, const char *state)
{
	const uint8_t *m = g->info.mac;
	char cmd[160];

	snprintf(cmd, sizeof(cmd), "ip neigh replace %s dev vmi-" NET1
		 " lladdr %02x:%02x:%02x:%02x:%02x:%02x nud %s", ip, m[0], m[1], m[2], m[3], m[4], m[5],
		 state);
	return !system(cmd) && host_knows(ip);
}

/* a guest says something by IPv6, so that the address is its own */
static int speak_ip6(struct guest *g, const char *ip)
{
	uint8_t *h = out + 14;

	memcpy(out, bcast, 6);
	memcpy(out + 6, g->info.mac, 6);
	put16(out + 12, ETH_P_IPV6);
	memset(h, 0, 40);
	h[0] = 0x60;
	h[6] = 59;	/* nothing follows */
	h[7] = 64;
	inet_pton(AF_INET6, ip, h + 8);
	inet_pton(AF_INET6, "ff02::1", h + 24);
	put16(out, 0x3333);
	put16(out + 2, 0);
	put16(out + 4, 1);
	return tx_frame(g, NULL, out, 60, TX_ONE);
}

/* the host sends a packet to a guest, which answers when it is asked who it is */
static int host_reaches(struct guest *g)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7),
				  .sin_addr.s_addr = g->info.ip };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), n, asked = 0;
	uint8_t arp[64];

	CHECK(fd >= 0);
	n = sendto(fd, "heir", 4, 0, (void *)&to, sizeof(to));
	close(fd);
	CHECK(n == 4);
	for (;;) {
		n = rx_frame(g, &hdr, in, WAIT_MS);
		CHECK(n > 0);
		if (get16(in + 12) == ETH_P_IP && in[23] == IPPROTO_UDP && !memcmp(in + 30, &g->info.ip, 4))
			return asked;
		if (get16(in + 12) != ETH_P_ARP || get16(in + 20) != 1 || memcmp(in + 38, &g->info.ip, 4))
			continue;
		asked++;
		n = arp_put(arp, in + 6, g->info.mac, 2, g->info.mac, g->info.ip, in + 22,
			    inet_addr("198.51.100.1"));
		CHECK(!tx_frame(g, NULL, arp, n, TX_ONE));
	}
}

/* the host does not send to the guest that had an address before */
static int test_heir(void)
{
	uint8_t old_mac[6];
	struct guest g;
	char ip[INET_ADDRSTRLEN];

	CHECK(!guest_new(&g, "tlv-heir", NET1) && !guest_start(&g, F_ALL));
	rx_post(&g, 64, 4096);
	inet_ntop(AF_INET, &g.info.ip, ip, sizeof(ip));
	memcpy(old_mac, g.info.mac, 6);
	CHECK(!speak_ip6(&g, "fe80::77") && !speak_ip6(&g, "fe80::78"));
	CHECK(host_told(ip, &g, "reachable") && host_told("fe80::77", &g, "reachable"));
	/* what an administrator has entered is his */
	CHECK(host_told("fe80::78", &g, "permanent"));
	CHECK(host_reaches(&g) == 0);

	guest_del(&g);
	CHECK(!host_knows(ip) && !host_knows("fe80::77") && host_knows("fe80::78"));
	CHECK(!guest_new(&g, "tlv-heir", NET1) && !guest_start(&g, F_ALL));
	rx_post(&g, 64, 4096);
	CHECK(g.info.ip == inet_addr(ip) && memcmp(g.info.mac, old_mac, 6));
	CHECK(host_reaches(&g) > 0);
	/* one that has moved away is not there any more either */
	CHECK(host_knows(ip) && !port_move(g.port_id, NET2, NULL) && !host_knows(ip));
	guest_del(&g);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "edits of a network and a port are no event for a guest", test_edit },
	{ "what is no move is refused, and changes nothing", test_refusals },
	{ "who may move a port", test_permission },
	{ "a port moves to another network, and back", test_move },
	{ "frames kept in a port do not move along", test_kept },
	{ "a port moves while its rings are stopped", test_stopped },
	{ "an address that goes to another guest", test_heir },
	{ "ports added, moved and removed under traffic", test_thousand },
	{ "a port moved under its own traffic", test_thousand_moves },
	{ "pages discarded under traffic", test_reclaim },
};

static int setup(void)
{
	struct net_args n1 = { .name = NET1, .subnet = SUBNET1, .prefix = 24 };
	struct net_args n2 = { .name = NET2, .subnet = SUBNET2, .prefix = 24 };

	CHECK(!vnet_open());
	CHECK(!net_new(&n1) && !net_new(&n2));
	CHECK(!guest_new(&a, "tlv-a", NET1) && !guest_new(&b, "tlv-b", NET1));
	CHECK(!guest_new(&c, "tlv-c", NET2) && !guest_new(&m, "tlv-m", NET1));
	return 0;
}

int main(void)
{
	unsigned int i, failed = 0, n = sizeof(tests) / sizeof(tests[0]);

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	if (setup()) {
		printf("Bail out! no networks or no guests\n");
		failed = 1;
		n = 0;
	}
	for (i = 0; i < n; i++) {
		int bad = tests[i].fn();

		failed += !!bad;
		printf("%sok %u %s\n", bad ? "not " : "", i + 1, tests[i].name);
		if (bad) {	/* whatever it left on */
			__atomic_store_n(&t.end, 1, __ATOMIC_RELAXED);
			guest_stop(&a, NULL);
			guest_stop(&b, NULL);
			guest_stop(&c, NULL);
			guest_stop(&m, NULL);
			port_move(m.port_id, NET1, NULL);
		}
	}
	guest_del(&a);
	guest_del(&b);
	guest_del(&c);
	guest_del(&m);
	if (net_del(NET1) || net_del(NET2)) {
		printf("# networks not deleted: %s\n", strerror(errno));
		failed++;
	}
	return failed ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Large forwarding tables: 100,000 addresses are learned, shown and reached; how many there
 * can be, of a network and behind one guest; old ones make room.
 *
 * Plays the VMM and the guests' virtio-net drivers. Needs root and a loaded module.
 */
#include "vnet_policy.h"

#define NET		"tfd"
#define SUBNET		"198.51.100.0"
#define STATIONS	100000
#define NET_MAX		131072
#define PORT_MAX	8192
#define WAIT_MS		5000
#define AGED_MS		60000	/* until old entries are gone, at most; a second is likely */

static struct guest a, b;
static int host = -1;
static uint8_t in[FRAME_MAX], out[FRAME_MAX];

/* ---- the table ---- */

/* struct fdb - what a table has: permanent entries, learned behind the host and behind a port */
struct fdb {
	int fixed;
	int host;
	uint32_t port;
	int behind;
};

static int fdb_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;

	if (mnl_attr_get_type(attr) <= VMI_A_FDB_MAX)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int fdb_msg(const struct nlmsghdr *nlh, void *data)
{
	const struct nlattr *tb[VMI_A_FDB_MAX + 1] = { NULL };
	struct fdb *t = data;

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), fdb_attr, tb);
	if (!tb[VMI_A_FDB_AGE_MS])
		t->fixed++;
	else if (!tb[VMI_A_FDB_PORT])
		t->host++;
	else
		t->behind += mnl_attr_get_u32(tb[VMI_A_FDB_PORT]) == t->port;
	return MNL_CB_OK;
}

static int fdb_get(struct fdb *t, const struct guest *g)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_FDB_GET, NLM_F_DUMP);

	memset(t, 0, sizeof(*t));
	t->port = g->port_id;
	mnl_attr_put_strz(nlh, VMI_A_FDB_NET, NET);
	return nl_talk(nlh, fdb_msg, t);
}

static int set_ageing(uint32_t ms)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_SET, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, NET);
	mnl_attr_put_u32(nlh, VMI_A_NET_AGEING_MS, ms);
	return nl_talk(nlh, NULL, NULL);
}

/* ---- frames ---- */

static void station(uint8_t *mac, int kind, int i)
{
	const uint8_t m[6] = { 2, kind, 0, i >> 16, i >> 8, i };

	memcpy(mac, m, 6);
}

/* a frame of a station, for nobody */
static int hello(int kind, int i)
{
	static const uint8_t nobody[6] = { 2, 0xff, 0xff, 0xff, 0xff, 0xff };

	memset(out, 0, 60);
	memcpy(out, nobody, 6);
	station(out + 6, kind, i);
	put16(out + 12, 0x88b5);	/* for experiments */
	return 60;
}

static int host_says(int kind, int first, int count)
{
	int i, n;

	for (i = first; i < first + count; i++) {
		n = hello(kind, i);
		if (send(host, out, n, 0) != n && errno != ENOBUFS)
			return -1;
	}
	host_flush(host);
	return 0;
}

static int guest_says(struct guest *g, int kind, int first, int count)
{
	int i, n;

	for (i = first; i < first + count; i++) {
		n = hello(kind, i);
		if (tx_frame(g, NULL, out, n, TX_ONE))
			return -1;
	}
	return 0;
}

/* a guest's frame for a station behind the host gets there */
static int reaches(struct guest *g, int kind, int i)
{
	uint8_t mac[6];
	int n;

	station(mac, kind, i);
	n = udp_put(out, mac, g->info.mac, g->info.ip, inet_addr("198.51.100.50"), 1, 2, 10, 0);
	host_flush(host);
	CHECK(!tx_frame(g, NULL, out, n, TX_ONE));
	CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), WAIT_MS) == n && !memcmp(in, mac, 6));
	return 0;
}

/* ---- tests ---- */

static int test_many(void)
{
	struct fdb t;

	CHECK(!host_says(1, 0, STATIONS));
	CHECK(!fdb_get(&t, &b) && t.fixed == 3 && t.host == STATIONS && !t.behind);
	CHECK(!reaches(&a, 1, 0) && !reaches(&a, 1, STATIONS / 2) && !reaches(&a, 1, STATIONS - 1));
	/* who speaks again is not learned again */
	CHECK(!host_says(1, 0, 1000));
	CHECK(!fdb_get(&t, &b) && t.host == STATIONS);
	return 0;
}

/* a guest that may use any address fills its share and no more, and loses it with the guard */
static int test_share(void)
{
	struct fdb t;

	CHECK(!port_guard(b.port_id, 0, GUARD_ALL));
	CHECK(!guest_says(&b, 2, 0, PORT_MAX + 100));
	CHECK(!fdb_get(&t, &b) && t.behind == PORT_MAX && t.host == STATIONS && t.fixed == 3);
	/* an address that moves: to a port that has its share, and back to the host */
	CHECK(!guest_says(&b, 1, 0, 1) && !fdb_get(&t, &b));
	CHECK(t.behind == PORT_MAX && t.host == STATIONS);
	CHECK(!host_says(2, 0, 10) && !fdb_get(&t, &b));
	CHECK(t.behind == PORT_MAX - 10 && t.host == STATIONS + 10);
	CHECK(!guest_says(&b, 1, 0, 1) && !fdb_get(&t, &b));
	CHECK(t.behind == PORT_MAX - 9 && t.host == STATIONS + 9);
	CHECK(!host_says(1, 0, 1));

	CHECK(!port_guard(b.port_id, GUARD_ALL, GUARD_ALL));
	CHECK(!fdb_get(&t, &b) && !t.behind && t.host == STATIONS + 10 && t.fixed == 3);
	return 0;
}

/* a full table learns nothing and forgets nobody, until some are old */
static int test_full(void)
{
	long end;
	struct fdb t;

	CHECK(!host_says(3, 0, NET_MAX - STATIONS + 100));
	CHECK(!fdb_get(&t, &b) && t.host == NET_MAX && t.fixed == 3);
	CHECK(!reaches(&a, 1, 0) && !reaches(&a, 1, STATIONS - 1));
	CHECK(!set_ageing(1000));
	end = now_us() + AGED_MS * 1000L;
	do {
		CHECK(now_us() < end);
		CHECK(!host_says(4, 0, 1) && !fdb_get(&t, &b));
	} while (t.host != 1);
	CHECK(t.fixed == 3);
	CHECK(!set_ageing(300000) && !host_says(4, 0, 1));
	return reaches(&a, 4, 0);
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "100,000 addresses are learned, shown and reached", test_many },
	{ "a guest has its share of a table", test_share },
	{ "a full table, and old entries that make room", test_full },
};

static int setup(void)
{
	struct net_args n = { .name = NET, .subnet = SUBNET, .prefix = 24 };

	CHECK(!vnet_open() && !net_new(&n));
	host = host_open(net_ifindex(NET));
	CHECK(host >= 0);
	CHECK(!guest_new(&a, "tfd-a", NET) && !guest_new(&b, "tfd-b", NET));
	CHECK(!guest_start(&a, F_ALL) && !guest_start(&b, F_ALL));
	rx_post(&a, 64, 4096);
	rx_post(&b, 64, 4096);
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

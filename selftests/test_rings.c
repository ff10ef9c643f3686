// SPDX-License-Identifier: GPL-2.0
/*
 * Malicious rings: the port is stopped with the right reason, which is visible;
 * the host and the other guests are unharmed; the port can be started again.
 *
 * Plays the VMM and the guest's virtio-net driver. Needs root and a loaded module.
 */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "vnet.h"

#define NET		"trg"
#define SUBNET		"198.51.100.0"

static struct guest g, peer;
static uint8_t in[FRAME_MAX], out[FRAME_MAX];
static struct virtio_net_hdr_mrg_rxbuf hdr;

/* wait for the fault, and check that everybody is told */
static int expect_fault(struct guest *v, uint32_t fault)
{
	struct pollfd p = { .fd = v->port, .events = POLLPRI };
	struct vmi_port_status st = { 0 };
	struct drop_query q = { 0 };

	if (poll(&p, 1, 2000) != 1) {
		printf("# no fault\n");
		return -1;
	}
	CHECK((p.revents & POLLPRI) && (p.revents & POLLERR));
	CHECK(!port_query(v->port_id, &q));
	CHECK(!ioctl(v->port, VMI_PORT_STATUS, &st));
	if (st.fault != fault || q.fault != fault) {
		printf("# fault %u (netlink %u), not %u\n", st.fault, q.fault, fault);
		return -1;
	}
	CHECK(!q.active && st.on);
	return 0;
}

/* after a fault, or not: stop and start, and a frame goes through */
static int recovers(void)
{
	int n = udp_put(out, peer.info.mac, g.info.mac, g.info.ip, peer.info.ip, 1, 2, 333, 0);
	int got;

	CHECK(!guest_stop(&g, NULL));
	CHECK(!guest_stop(&peer, NULL));
	CHECK(!guest_start(&g, F_ALL));
	CHECK(!guest_start(&peer, F_ALL));
	rx_post(&g, 32, 1536);
	rx_post(&peer, 32, 1536);
	CHECK(!tx_frame(&g, NULL, out, n, TX_SPLIT));
	do {
		got = rx_frame(&peer, &hdr, in, 1000);
	} while (got >= 14 && get16(in + 12) != ETH_P_IP);
	CHECK(got == n && !memcmp(in, out, n));
	return 0;
}

static int begin(uint64_t features, uint16_t size)
{
	guest_stop(&g, NULL);
	CHECK(!guest_start_at(&g, features, size, 0));
	return 0;
}

/* descriptor 0 heads a chain that is bad in itself */
static int fault_tx(uint32_t fault)
{
	avail_add(&g, 1, 0);
	kick(&g, 1);
	CHECK(!expect_fault(&g, fault));
	return recovers();
}

static int test_index_jump(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	avail_of(&g, 1)->idx = QSIZE + 1;
	kick(&g, 1);
	CHECK(!expect_fault(&g, VMI_PORT_FAULT_INDEX_JUMP));
	return recovers();
}

static int test_index_back(void)
{
	int n = udp_put(out, peer.info.mac, g.info.mac, g.info.ip, peer.info.ip, 1, 2, 3, 0);

	CHECK(!begin(F_ALL, QSIZE));
	CHECK(!tx_frame(&g, NULL, out, n, TX_ONE));
	avail_of(&g, 1)->idx = 0;
	kick(&g, 1);
	CHECK(!expect_fault(&g, VMI_PORT_FAULT_INDEX_JUMP));
	return recovers();
}

static int test_bad_head(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	avail_add(&g, 1, QSIZE);
	kick(&g, 1);
	CHECK(!expect_fault(&g, VMI_PORT_FAULT_BAD_HEAD));
	return recovers();
}

static int test_bad_next(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TXBUF_GPA, HDR, VRING_DESC_F_NEXT, 0xffff);
	return fault_tx(VMI_PORT_FAULT_BAD_HEAD);
}

static int test_self_loop(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TXBUF_GPA, 64, VRING_DESC_F_NEXT, 0);
	return fault_tx(VMI_PORT_FAULT_LOOP);
}

static int test_big_loop(void)
{
	int i;

	CHECK(!begin(F_ALL, QSIZE));
	for (i = 0; i < QSIZE; i++)
		desc_set(&g, 1, i, TXBUF_GPA, 60000, VRING_DESC_F_NEXT, (i + 1) % QSIZE);
	return fault_tx(VMI_PORT_FAULT_LOOP);
}

static int test_table_loop(void)
{
	struct vring_desc *t = (struct vring_desc *)(g.mem + TABLE_GPA);

	CHECK(!begin(F_ALL, QSIZE));
	t[0] = (struct vring_desc){ TXBUF_GPA, 64, VRING_DESC_F_NEXT, 1 };
	t[1] = (struct vring_desc){ TXBUF_GPA, 64, VRING_DESC_F_NEXT, 0 };
	desc_set(&g, 1, 0, TABLE_GPA, 32, VRING_DESC_F_INDIRECT, 0);
	return fault_tx(VMI_PORT_FAULT_LOOP);
}

static int test_zero_length(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TXBUF_GPA, HDR, VRING_DESC_F_NEXT, 1);
	desc_set(&g, 1, 1, TXBUF_GPA, 0, 0, 0);
	return fault_tx(VMI_PORT_FAULT_BAD_LENGTH);
}

static int test_giant(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TXBUF_GPA, 0xffffffff, 0, 0);
	CHECK(!fault_tx(VMI_PORT_FAULT_BAD_LENGTH));
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TXBUF_GPA, 65563, 0, 0);
	CHECK(!fault_tx(VMI_PORT_FAULT_BAD_LENGTH));
	/* sums that wrap */
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TXBUF_GPA, 0x80000000, VRING_DESC_F_NEXT, 1);
	desc_set(&g, 1, 1, TXBUF_GPA, 0x80000000, VRING_DESC_F_NEXT, 2);
	desc_set(&g, 1, 2, TXBUF_GPA, 100, 0, 0);
	return fault_tx(VMI_PORT_FAULT_BAD_LENGTH);
}

static int test_many_segments(void)
{
	int i;

	CHECK(!begin(F_ALL, QSIZE));
	for (i = 0; i < 65; i++)
		desc_set(&g, 1, i, TXBUF_GPA, 10, i < 64 ? VRING_DESC_F_NEXT : 0, i + 1);
	return fault_tx(VMI_PORT_FAULT_BAD_LENGTH);
}

static int test_runts(void)
{
	long before;
	int len;

	for (len = 1; len < HDR + 14; len += 4) {
		CHECK(!begin(F_ALL, QSIZE));
		before = port_drops(&g, "runt");
		desc_set(&g, 1, 0, TXBUF_GPA, len, 0, 0);
		CHECK(!fault_tx(VMI_PORT_FAULT_BAD_LENGTH));
		CHECK(port_drops(&g, "runt") == before + 1);
	}
	return 0;
}

static int test_outside(void)
{
	uint64_t bad[] = { GMEM, GMEM - 10, 1ULL << 40, 0xfffffffff000ULL, -4096ULL, -30ULL };
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(!begin(F_ALL, QSIZE));
		desc_set(&g, 1, 0, bad[i], 100, 0, 0);
		CHECK(!fault_tx(VMI_PORT_FAULT_BAD_ADDRESS));
	}
	return 0;
}

static int test_indirect(void)
{
	struct vring_desc *t = (struct vring_desc *)(g.mem + TABLE_GPA);
	uint32_t bad_len[] = { 0, 15, 24, 16 * (QSIZE + 1), 0xfffffff0 };
	unsigned int i;

	/* a table within a table */
	CHECK(!begin(F_ALL, QSIZE));
	t[0] = (struct vring_desc){ TABLE_GPA, 32, VRING_DESC_F_INDIRECT, 0 };
	t[1] = (struct vring_desc){ TXBUF_GPA, 64, 0, 0 };
	desc_set(&g, 1, 0, TABLE_GPA, 32, VRING_DESC_F_INDIRECT, 0);
	CHECK(!fault_tx(VMI_PORT_FAULT_BAD_INDIRECT));
	/* with a descriptor to follow */
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TABLE_GPA, 32, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1);
	CHECK(!fault_tx(VMI_PORT_FAULT_BAD_INDIRECT));
	/* of a bad size */
	for (i = 0; i < sizeof(bad_len) / sizeof(bad_len[0]); i++) {
		CHECK(!begin(F_ALL, QSIZE));
		desc_set(&g, 1, 0, TABLE_GPA, bad_len[i], VRING_DESC_F_INDIRECT, 0);
		CHECK(!fault_tx(VMI_PORT_FAULT_BAD_INDIRECT));
	}
	/* next beyond the table */
	CHECK(!begin(F_ALL, QSIZE));
	t[0] = (struct vring_desc){ TXBUF_GPA, 64, VRING_DESC_F_NEXT, 2 };
	desc_set(&g, 1, 0, TABLE_GPA, 32, VRING_DESC_F_INDIRECT, 0);
	CHECK(!fault_tx(VMI_PORT_FAULT_BAD_INDIRECT));
	/* outside memory, and around its end */
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, GMEM - 8, 32, VRING_DESC_F_INDIRECT, 0);
	CHECK(!fault_tx(VMI_PORT_FAULT_BAD_ADDRESS));
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, -16ULL, 32, VRING_DESC_F_INDIRECT, 0);
	CHECK(!fault_tx(VMI_PORT_FAULT_BAD_ADDRESS));
	/* not negotiated */
	CHECK(!begin(F_ALL & ~BITF(VIRTIO_RING_F_INDIRECT_DESC), QSIZE));
	desc_set(&g, 1, 0, TABLE_GPA, 32, VRING_DESC_F_INDIRECT, 0);
	return fault_tx(VMI_PORT_FAULT_BAD_INDIRECT);
}

static int test_direction(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 1, 0, TXBUF_GPA, 100, VRING_DESC_F_WRITE, 0);
	return fault_tx(VMI_PORT_FAULT_BAD_DIRECTION);
}

/* a header that uses what the driver did not negotiate */
static int test_header(void)
{
	struct virtio_net_hdr_mrg_rxbuf *h = (void *)(g.mem + TXBUF_GPA);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		CHECK(!begin(i ? F_ALL : F_BASE | F_RING, QSIZE));
		memset(h, 0, 200);
		switch (i) {
		case 0:
			h->hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
			break;
		case 1:
			h->hdr.gso_type = VIRTIO_NET_HDR_GSO_UDP;
			break;
		case 2:
			h->hdr.gso_type = 0x7f;
			break;
		case 3:
			h->hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4 | VIRTIO_NET_HDR_GSO_ECN;
			break;
		}
		desc_set(&g, 1, 0, TXBUF_GPA, 200, 0, 0);
		CHECK(!fault_tx(VMI_PORT_FAULT_BAD_HEADER));
	}
	return 0;
}

/* the peer sends to a victim whose receive ring is bad: only the victim is stopped */
static int fault_rx(uint32_t fault)
{
	int n = udp_put(out, g.info.mac, peer.info.mac, peer.info.ip, g.info.ip, 1, 2, 1000, 0);

	guest_stop(&peer, NULL);
	CHECK(!guest_start(&peer, F_ALL));
	CHECK(!tx_frame(&peer, NULL, out, n, TX_ONE));
	CHECK(!expect_fault(&g, fault));
	/* the sender is not held up */
	CHECK(!tx_frame(&peer, NULL, out, n, TX_ONE));
	CHECK(!tx_frame(&peer, NULL, out, n, TX_INDIRECT));
	CHECK(port_drops(&g, "receiver-off") > 0);
	return recovers();
}

static int test_rx(void)
{
	/* the driver never kicks, so that the frame finds the ring */
	CHECK(!begin(F_ALL, QSIZE));
	avail_of(&g, 0)->idx = 0x8000;
	CHECK(!fault_rx(VMI_PORT_FAULT_INDEX_JUMP));

	CHECK(!begin(F_ALL, QSIZE));
	avail_add(&g, 0, 0xffff);
	CHECK(!fault_rx(VMI_PORT_FAULT_BAD_HEAD));

	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 0, 0, RXBUF_GPA, 1536, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT, 0);
	avail_add(&g, 0, 0);
	CHECK(!fault_rx(VMI_PORT_FAULT_LOOP));

	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 0, 0, RXBUF_GPA, 1536, 0, 0);
	avail_add(&g, 0, 0);
	CHECK(!fault_rx(VMI_PORT_FAULT_BAD_DIRECTION));

	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 0, 0, GMEM - 100, 1536, VRING_DESC_F_WRITE, 0);
	avail_add(&g, 0, 0);
	CHECK(!fault_rx(VMI_PORT_FAULT_BAD_ADDRESS));

	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 0, 0, RXBUF_GPA, 0, VRING_DESC_F_WRITE, 0);
	avail_add(&g, 0, 0);
	CHECK(!fault_rx(VMI_PORT_FAULT_BAD_LENGTH));

	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 0, 0, RXBUF_GPA, 0xffffffff, VRING_DESC_F_WRITE, 0);
	avail_add(&g, 0, 0);
	CHECK(!fault_rx(VMI_PORT_FAULT_BAD_LENGTH));

	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 0, 0, TABLE_GPA, 15, VRING_DESC_F_INDIRECT, 0);
	avail_add(&g, 0, 0);
	return fault_rx(VMI_PORT_FAULT_BAD_INDIRECT);
}

/* found when buffers are looked at ahead of any frame, after a kick */
static int test_rx_ahead(void)
{
	CHECK(!begin(F_ALL, QSIZE));
	desc_set(&g, 0, 0, 1ULL << 45, 1536, VRING_DESC_F_WRITE, 0);
	avail_add(&g, 0, 0);
	kick(&g, 0);
	CHECK(!expect_fault(&g, VMI_PORT_FAULT_BAD_ADDRESS));
	return recovers();
}

/* memory of the ring, or of a buffer, is taken away under it */
static int test_unmapped(void)
{
	struct vmi_mem_region r = { .size = GMEM, .uaddr = (uintptr_t)g.mem };
	struct vmi_mem_region none = { 0 };

	CHECK(!begin(F_ALL, QSIZE));
	CHECK(!ioctl(g.vm, VMI_VM_MEM, &none));
	kick(&g, 1);
	CHECK(!expect_fault(&g, VMI_PORT_FAULT_RING_ADDRESS));
	CHECK(!ioctl(g.vm, VMI_VM_MEM, &r));
	CHECK(!recovers());

	/* the region is there, the VMM's mapping under it is not */
	CHECK(!begin(F_ALL, QSIZE));
	CHECK(munmap(g.mem + TXBUF_GPA, 0x10000) == 0);
	desc_set(&g, 1, 0, TXBUF_GPA, 100, 0, 0);
	avail_add(&g, 1, 0);
	kick(&g, 1);
	CHECK(!expect_fault(&g, VMI_PORT_FAULT_BAD_ADDRESS));
	CHECK(mmap(g.mem + TXBUF_GPA, 0x10000, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == g.mem + TXBUF_GPA);
	return recovers();
}

static struct guest orphan;

/* in a child of the VMM, which has its files but not its address space */
static int orphan_faults(int vmm)
{
	struct pollfd p = { .fd = vmm, .events = POLLIN };

	CHECK(poll(&p, 1, 10000) == 1);
	kick(&orphan, 0);
	kick(&orphan, 1);
	return expect_fault(&orphan, VMI_PORT_FAULT_RING_ADDRESS);
}

/* the VMM ends, and a child keeps the VM going: there is no memory for its rings */
static int test_orphan(void)
{
	int result[2], vmm;
	char ok = 0;

	CHECK(!pipe(result));
	if (!fork()) {
		vmm = syscall(SYS_pidfd_open, getpid(), 0);
		if (guest_new(&orphan, "trg-o", NET) || guest_start(&orphan, F_ALL))
			_exit(1);
		rx_post(&orphan, 4, 1536);
		if (fork())
			_exit(0);
		ok = !orphan_faults(vmm);
		close(orphan.port);
		close(orphan.vm);
		_exit(write(result[1], &ok, 1) != 1);
	}
	close(result[1]);
	if (read(result[0], &ok, 1) != 1)
		ok = 0;
	close(result[0]);
	wait(NULL);
	CHECK(!nl_vm(VMI_CMD_VM_DEL, "trg-o"));
	CHECK(ok);
	return recovers();
}

/* many kicks on a port that has been stopped, and on one that is being stopped */
static int test_kick_storm(void)
{
	int i;

	CHECK(!begin(F_ALL, QSIZE));
	avail_of(&g, 1)->idx = 0x4000;
	for (i = 0; i < 20000; i++)
		kick(&g, i & 1);
	CHECK(!expect_fault(&g, VMI_PORT_FAULT_INDEX_JUMP));
	for (i = 0; i < 200; i++) {
		CHECK(!begin(F_ALL, QSIZE));
		kick(&g, 0);
		kick(&g, 1);
	}
	return recovers();
}

/* random rings, with and without sense: only the port may suffer */
static int test_fuzz(void)
{
	unsigned int seed = 12345, round, i, faults = 0, rounds = 3000;
	struct vmi_port_status st;
	int n = udp_put(out, g.info.mac, peer.info.mac, peer.info.ip, g.info.ip, 1, 2, 1400, 0);

	if (getenv("VMI_FUZZ_ROUNDS"))
		rounds = atoi(getenv("VMI_FUZZ_ROUNDS"));
	guest_stop(&peer, NULL);
	CHECK(!guest_start(&peer, F_ALL));
	for (round = 0; round < rounds; round++) {
		guest_stop(&g, NULL);
		CHECK(!guest_start_at(&g, round & 1 ? F_ALL : F_BASE | F_RING, 16,
				      rand_r(&seed)));
		for (i = 0; i < 16; i++) {
			uint64_t gpa = rand_r(&seed) % (GMEM + 4096);
			uint32_t len = rand_r(&seed) % (rand_r(&seed) & 1 ? 2000 : 70000);
			int q = rand_r(&seed) & 1;

			if (rand_r(&seed) % 8 == 0)
				gpa = TABLE_GPA + (rand_r(&seed) % 4096);
			if (rand_r(&seed) % 16 == 0)
				gpa = RING_GPA(q) + (rand_r(&seed) % 0x10000);
			if (rand_r(&seed) % 16 == 0)
				len = rand_r(&seed) % 16 * 16;
			desc_set(&g, q, i, gpa, len,
				 (q ? 0 : VRING_DESC_F_WRITE) ^ (rand_r(&seed) % 4 ? 0 : rand_r(&seed) % 8),
				 rand_r(&seed) % 17);
			if (rand_r(&seed) & 1)
				avail_add(&g, q, rand_r(&seed) % (rand_r(&seed) % 32 ? 16 : 65536));
		}
		for (i = 0; i < 256; i++)
			((struct vring_desc *)(g.mem + TABLE_GPA))[i] = (struct vring_desc){
				rand_r(&seed) % GMEM, rand_r(&seed) % 3000,
				rand_r(&seed) % 4, rand_r(&seed) % 16 };
		kick(&g, 0);
		kick(&g, 1);
		CHECK(!tx_frame(&peer, NULL, out, n, round % 3));
		if (!(round % 8))
			usleep(1000);
		CHECK(!ioctl(g.port, VMI_PORT_STATUS, &st));
		faults += !!st.fault;
	}
	printf("# %u rounds, %u faults\n", rounds, faults);
	CHECK(faults > rounds / 10);
	return recovers();
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "index jump", test_index_jump },
	{ "index goes back", test_index_back },
	{ "head beyond the ring", test_bad_head },
	{ "next beyond the ring", test_bad_next },
	{ "loop of one", test_self_loop },
	{ "loop of the whole ring", test_big_loop },
	{ "loop in a table", test_table_loop },
	{ "zero length", test_zero_length },
	{ "giant lengths", test_giant },
	{ "too many segments", test_many_segments },
	{ "runts", test_runts },
	{ "descriptors outside memory", test_outside },
	{ "indirect tables", test_indirect },
	{ "wrong direction", test_direction },
	{ "header beyond the negotiation", test_header },
	{ "receive rings", test_rx },
	{ "receive ring, looked at ahead", test_rx_ahead },
	{ "memory taken away", test_unmapped },
	{ "address space gone", test_orphan },
	{ "kick storm", test_kick_storm },
	{ "random rings", test_fuzz },
};

int main(void)
{
	struct net_args na = { .name = NET, .subnet = SUBNET, .prefix = 24 };
	unsigned int i, failed = 0, n = sizeof(tests) / sizeof(tests[0]);

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	if (vnet_open() || net_new(&na) || guest_new(&g, "trg-g", NET) ||
	    guest_new(&peer, "trg-p", NET)) {
		printf("Bail out! no network or no guests: %s\n", strerror(errno));
		failed = 1;
		n = 0;
	}
	for (i = 0; i < n; i++) {
		int bad = tests[i].fn();

		failed += !!bad;
		printf("%sok %u %s\n", bad ? "not " : "", i + 1, tests[i].name);
	}
	guest_del(&g);
	guest_del(&peer);
	if (net_del(NET)) {
		printf("# network not deleted: %s\n", strerror(errno));
		failed++;
	}
	return failed ? 1 : 0;
}

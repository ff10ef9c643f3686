// SPDX-License-Identifier: GPL-2.0
/*
 * The switch: networks, ports, forwarding, the host's interface, port security.
 *
 * Plays the VMM and the guest's virtio-net driver. Needs root and a loaded module.
 */
#include <pthread.h>

#include "vnet.h"

#define NET		"tsw"
#define IFNAME		"vmi-tsw"
#define SUBNET		"198.51.100.0"
#define GATEWAY		"198.51.100.1"

static struct guest a, b, c;
static int host = -1;
static uint8_t host_mac[6];
static uint8_t in[FRAME_MAX], out[FRAME_MAX];
static struct virtio_net_hdr_mrg_rxbuf hdr;

static int start_pair(uint64_t fa, uint64_t fb)
{
	CHECK(!guest_start(&a, fa));
	CHECK(!guest_start(&b, fb));
	rx_post(&a, 128, 1536);
	rx_post(&b, 128, 1536);
	return 0;
}

static int stop_pair(void)
{
	CHECK(!guest_stop(&a, NULL));
	CHECK(!guest_stop(&b, NULL));
	return 0;
}

/* the next frame at @g that is not of the host's own making (it asks for its neighbours) */
static int rx_wanted(struct guest *g, uint16_t proto, int timeout_ms)
{
	int n;

	do {
		n = rx_frame(g, &hdr, in, timeout_ms);
	} while (n >= 14 && get16(in + 12) != proto);
	return n;
}

/* the same, but for frames of the host itself, which has IPv6 too */
static int rx_of_guest(struct guest *g, uint16_t proto, int timeout_ms)
{
	int n;

	do {
		n = rx_wanted(g, proto, timeout_ms);
	} while (n >= 14 && !memcmp(in + 6, host_mac, 6));
	return n;
}

static int refused(int ret, int err)
{
	return ret == -1 && errno == err;
}

static int test_networks(void)
{
	struct net_args n = { .name = "tsw2", .subnet = "203.0.113.0", .prefix = 24 };
	struct net_args t;

	t = n, t.mode = VMI_NET_MODE_BRIDGED;	/* has no subnet */
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.name = "-bad";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.name = NET;
	CHECK(refused(net_new(&t), EEXIST));
	t = n, t.subnet = "198.51.100.128", t.prefix = 25;
	CHECK(refused(net_new(&t), EEXIST));
	t = n, t.subnet = "198.51.0.0", t.prefix = 16;
	CHECK(refused(net_new(&t), EEXIST));
	t = n, t.subnet = "203.0.113.1";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.subnet = "224.0.0.0";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.subnet = NULL;
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.gateway = "203.0.114.1";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.gateway = "203.0.113.255";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.first = "203.0.113.20", t.last = "203.0.113.10";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.last = "203.0.114.10";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.ifname = "lo";
	CHECK(refused(net_new(&t), EEXIST));
	t = n, t.ifname = "a/b";
	CHECK(refused(net_new(&t), EINVAL));
	t = n, t.flags = 1 << 30;
	CHECK(refused(net_new(&t), EINVAL));
	CHECK(refused(net_del("absent"), ENOENT));

	CHECK(!net_new(&n));
	CHECK(net_ifindex("tsw2") > 0);
	CHECK(!net_del("tsw2"));
	n.flags = 1 << VMI_NET_FLAG_NO_HOST;
	CHECK(!net_new(&n));
	CHECK(net_ifindex("tsw2") == 0);
	CHECK(!net_del("tsw2"));
	return 0;
}

static int test_ports(void)
{
	struct port_new_args pa = { .vm = "tsw-p", .net = NET };
	static const uint8_t mcast[6] = { 1 };
	static const uint8_t mac[6] = { 2, 0, 0, 0, 0, 9 };
	uint32_t id, id2;

	nl_vm(VMI_CMD_VM_DEL, "tsw-p");
	CHECK(!nl_vm(VMI_CMD_VM_NEW, "tsw-p"));
	pa.ip = "203.0.113.5";
	CHECK(refused(port_new(&pa, &id), EINVAL));
	pa.ip = GATEWAY;
	CHECK(refused(port_new(&pa, &id), EADDRINUSE));
	pa.ip = "198.51.100.0";
	CHECK(refused(port_new(&pa, &id), EINVAL));
	pa.ip = NULL;
	pa.mac = mcast;
	CHECK(refused(port_new(&pa, &id), EINVAL));
	pa.mac = a.info.mac;
	CHECK(refused(port_new(&pa, &id), EADDRINUSE));
	pa.mac = mac;
	pa.net = "absent";
	CHECK(refused(port_new(&pa, &id), ENOENT));
	pa.net = NET;
	pa.ip = "198.51.100.9";
	CHECK(!port_new(&pa, &id));
	pa.mac = NULL;
	CHECK(refused(port_new(&pa, &id2), EADDRINUSE));
	/* the VM of a has a VMM, the network has ports */
	CHECK(refused(port_del(a.port_id), EBUSY));
	CHECK(refused(net_del(NET), EBUSY));
	CHECK(refused(port_del(0xffffff), ENOENT));
	CHECK(!port_del(id));
	CHECK(refused(port_link(id, 0), ENOENT));
	CHECK(!nl_vm(VMI_CMD_VM_DEL, "tsw-p"));
	return 0;
}

static int test_port_file(void)
{
	struct vmi_port_open po = { 0 };
	struct vmi_port_enable en = { .on = 1, .features = F_ALL };
	struct vmi_port_status st;
	struct vmi_port_queue q = {
		.size = 256, .desc_gpa = DESC_GPA(0), .avail_gpa = AVAIL_GPA(0),
		.used_gpa = USED_GPA(0), .kick_fd = -1, .call_fd = -1,
	}, t;
	int null = open("/dev/null", O_RDWR);

	CHECK(refused(ioctl(a.vm, VMI_VM_PORT, &po), EBUSY));
	po.index = 1;
	CHECK(refused(ioctl(a.vm, VMI_VM_PORT, &po), ENOENT));
	po.flags = 1;
	CHECK(refused(ioctl(a.vm, VMI_VM_PORT, &po), EINVAL));

	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EINVAL));	/* no queue */
	t = q, t.index = 2;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.size = 3;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.size = 2048;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.size = 0;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.desc_gpa = 8;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.avail_gpa = 1;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.used_gpa = 2;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.desc_gpa = -16ULL;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.pad[1] = 1;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.kick_fd = null;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EINVAL));
	t = q, t.call_fd = 9999;
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &t), EBADF));
	close(null);

	CHECK(!ioctl(a.port, VMI_PORT_QUEUE, &q));
	t = q, t.index = 1, t.used_gpa = GMEM;
	CHECK(!ioctl(a.port, VMI_PORT_QUEUE, &t));
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EFAULT));	/* a ring outside */
	t = q, t.index = 1;
	CHECK(!ioctl(a.port, VMI_PORT_QUEUE, &t));
	en.features = F_ALL | BITF(VIRTIO_NET_F_MQ);
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EINVAL));
	en.features = F_ALL & ~BITF(VIRTIO_F_VERSION_1);
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EINVAL));
	en.features = (F_ALL & ~BITF(VIRTIO_NET_F_CSUM));
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EINVAL));
	en.features = F_ALL, en.pairs = 2;
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EINVAL));
	en.pairs = 1, en.active = 2;
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EINVAL));
	en.pairs = 0, en.active = 0, en.on = 2;
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EINVAL));
	CHECK(refused(ioctl(a.port, VMI_PORT_STATUS, NULL), EFAULT));
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, NULL), EFAULT));
	CHECK(refused(ioctl(a.port, VMI_ATTACH, NULL), ENOTTY));

	CHECK(!guest_start(&a, F_ALL));
	en.on = 1, en.features = F_ALL;
	CHECK(refused(ioctl(a.port, VMI_PORT_ENABLE, &en), EBUSY));
	CHECK(refused(ioctl(a.port, VMI_PORT_QUEUE, &q), EBUSY));
	CHECK(!ioctl(a.port, VMI_PORT_STATUS, &st) && st.on && st.link && !st.fault);
	CHECK(!guest_stop(&a, NULL));
	CHECK(!guest_stop(&a, NULL));	/* twice is no error */
	return 0;
}

/* one UDP frame from a to b, any layout of descriptors and size */
static int one_udp(int payload, enum tx_how how)
{
	int n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1000, 2000, payload, 0);
	int got;

	CHECK(!tx_frame(&a, NULL, out, n, how));
	got = rx_wanted(&b, ETH_P_IP, 1000);
	CHECK(got == n);
	CHECK(!memcmp(in, out, n));
	CHECK(!hdr.hdr.flags && !hdr.hdr.gso_type);
	return 0;
}

static int unicast(uint64_t features)
{
	int sizes[] = { 0, 1, 17, 85, 86, 87, 200, 1000, 1471, 1472 };
	unsigned int i, how;

	CHECK(!start_pair(features, features));
	for (how = TX_ONE; how <= TX_INDIRECT; how++) {
		if (how == TX_INDIRECT && !(features & BITF(VIRTIO_RING_F_INDIRECT_DESC)))
			continue;
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			CHECK(!one_udp(sizes[i], how));
	}
	return stop_pair();
}

static int test_unicast(void)
{
	return unicast(F_ALL);
}

static int test_unicast_plain(void)
{
	return unicast(F_BASE);
}

static int test_unicast_mrg_noevent(void)
{
	return unicast(F_ALL & ~BITF(VIRTIO_RING_F_EVENT_IDX));
}

/* the ring's indices wrap; many frames in flight; all arrive once, in order */
static int test_many(void)
{
	int i, n, sent = 0, got = 0, total = 20000;
	long end = now_us() + 60 * 1000000L;
	uint32_t seq;

	CHECK(!guest_start_at(&a, F_ALL, 128, 65500));
	CHECK(!guest_start_at(&b, F_ALL, 256, 65400));
	rx_post(&a, 100, 1536);
	rx_post(&b, 256, 1536);
	while (got < total && now_us() < end) {
		while (sent < total && (uint16_t)(a.avail[1] - used_idx(&a, 1)) < TXBUFS) {
			n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
			memcpy(out + 42, &sent, 4);
			tx_put(&a, sent % TXBUFS, NULL, out, n, sent % 3);
			sent++;
			a.seen[1] = used_idx(&a, 1);
			if (sent % 16 == 0)
				break;
		}
		for (i = 0; i < 64; i++) {
			n = rx_frame(&b, &hdr, in, sent == total ? 1000 : 0);
			if (n < 0)
				break;
			if (get16(in + 12) != ETH_P_IP || n != 142)
				continue;
			memcpy(&seq, in + 42, 4);
			CHECK(seq == (uint32_t)got);
			got++;
			if (got == total)
				break;
		}
	}
	printf("# %d of %d frames\n", got, total);
	CHECK(got == total);
	return stop_pair();
}

static int test_broadcast(void)
{
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	host_flush(host);
	n = arp_put(out, bcast, a.info.mac, 1, a.info.mac, a.info.ip, zero_mac, b.info.ip);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(rx_wanted(&b, ETH_P_ARP, 1000) == n);
	CHECK(!memcmp(in, out, n));
	CHECK(host_recv(host, ETH_P_ARP, in, sizeof(in), 1000) == n);
	CHECK(!memcmp(in, out, n));
	/* not back to its sender */
	CHECK(rx_frame(&a, &hdr, in, 100) == -1 || memcmp(in + 6, a.info.mac, 6));
	return stop_pair();
}

static int tcp_put(uint8_t *f, struct virtio_net_hdr_mrg_rxbuf *h, int payload, int mss)
{
	int i, n = ip_put(f, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 6, 20 + payload);
	uint8_t *t = f + n;

	memset(t, 0, 20);
	put16(t, 1234);
	put16(t + 2, 80);
	t[7] = 1;
	t[12] = 5 << 4;
	t[13] = 0x18;
	put16(t + 14, 1000);
	put16(t + 16, csum16(NULL, 0, pseudo(f + 14, 20 + payload)));
	for (i = 0; i < payload; i++)
		t[20 + i] = i * 13 + (i >> 8);
	memset(h, 0, sizeof(*h));
	h->hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h->hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h->hdr.gso_size = mss;
	h->hdr.hdr_len = 54;
	h->hdr.csum_start = 34;
	h->hdr.csum_offset = 16;
	return n + 20 + payload;
}

static int test_tso_pass(void)
{
	struct virtio_net_hdr_mrg_rxbuf h;
	int n, got;

	CHECK(!start_pair(F_ALL, F_ALL));
	n = tcp_put(out, &h, 60000, 1460);
	h.hdr.hdr_len = 7;	/* a lie that must not be passed on */
	CHECK(!tx_frame(&a, &h, out, n, TX_SPLIT));
	got = rx_wanted(&b, ETH_P_IP, 1000);
	CHECK(got == n);
	CHECK(!memcmp(in, out, n));
	CHECK(hdr.hdr.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK(hdr.hdr.gso_type == VIRTIO_NET_HDR_GSO_TCPV4 && hdr.hdr.gso_size == 1460);
	CHECK(hdr.hdr.csum_start == 34 && hdr.hdr.csum_offset == 16 && hdr.hdr.hdr_len == 54);
	CHECK(hdr.num_buffers == (n + HDR + 1535) / 1536);
	return stop_pair();
}

static int segments(uint64_t fb, int csum_left)
{
	struct virtio_net_hdr_mrg_rxbuf h;
	int n, got, sum = 0;

	CHECK(!start_pair(F_ALL, fb));
	n = tcp_put(out, &h, 20000, 1000);
	CHECK(!tx_frame(&a, &h, out, n, TX_ONE));
	while (sum < 20000) {
		got = rx_wanted(&b, ETH_P_IP, 1000);
		CHECK(got > 54 && got <= 1054);
		CHECK(!hdr.hdr.gso_type);
		CHECK(!!(hdr.hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) == csum_left);
		CHECK(csum_left || l4_ok(in));
		CHECK(csum16(in + 14, 20, 0) == 0xffff);
		CHECK(!memcmp(in + 54, out + 54 + sum, got - 54));
		sum += got - 54;
	}
	CHECK(sum == 20000);
	return stop_pair();
}

static int test_tso_segmented(void)
{
	return segments(F_BASE | F_RING | F_MRG, 0);
}

static int test_tso_segmented_csum(void)
{
	return segments(F_BASE | F_RING | BITF(VIRTIO_NET_F_GUEST_CSUM), 1);
}

static int test_csum(void)
{
	struct virtio_net_hdr_mrg_rxbuf h = { 0 };
	int n;

	h.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.hdr.csum_start = 34;
	h.hdr.csum_offset = 6;
	CHECK(!start_pair(F_ALL, F_ALL));
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 501, 1);
	CHECK(!tx_frame(&a, &h, out, n, TX_ONE));
	CHECK(rx_wanted(&b, ETH_P_IP, 1000) == n);
	CHECK(hdr.hdr.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM);
	CHECK(hdr.hdr.csum_start == 34 && hdr.hdr.csum_offset == 6);
	CHECK(!stop_pair());

	CHECK(!start_pair(F_ALL, F_BASE | F_RING));
	CHECK(!tx_frame(&a, &h, out, n, TX_ONE));
	CHECK(rx_wanted(&b, ETH_P_IP, 1000) == n);
	CHECK(!hdr.hdr.flags && l4_ok(in));
	return stop_pair();
}

/* a frame that needs several buffers, and a receiver that cannot merge them */
static int test_rx_small(void)
{
	long before = port_drops(&b, "receiver-buffer-too-small");
	int n;

	CHECK(!guest_start(&a, F_ALL));
	CHECK(!guest_start(&b, F_BASE | F_RING));
	rx_post(&b, 16, 256);
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 400, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(port_drops(&b, "receiver-buffer-too-small") == before + 1);
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(rx_wanted(&b, ETH_P_IP, 1000) == n);
	return stop_pair();
}

static int test_host(void)
{
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	host_flush(host);
	n = udp_put(out, host_mac, a.info.mac, a.info.ip, inet_addr(GATEWAY), 1, 9, 700, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), 1000) == n);
	CHECK(!memcmp(in, out, n));

	n = udp_put(out, b.info.mac, host_mac, inet_addr(GATEWAY), b.info.ip, 9, 1, 700, 0);
	CHECK(send(host, out, n, 0) == n);
	CHECK(rx_wanted(&b, ETH_P_IP, 1000) == n);
	CHECK(!memcmp(in, out, n));
	/* and to nobody else */
	CHECK(rx_wanted(&a, ETH_P_IP, 100) == -1);

	n = arp_put(out, bcast, host_mac, 1, host_mac, inet_addr(GATEWAY), zero_mac, a.info.ip);
	CHECK(send(host, out, n, 0) == n);
	CHECK(rx_wanted(&a, ETH_P_ARP, 1000) == n);
	CHECK(rx_wanted(&b, ETH_P_ARP, 1000) == n);
	return stop_pair();
}

/* the host's own stack answers, from the address it was given */
static int test_host_stack(void)
{
	int n, i;

	CHECK(!start_pair(F_ALL, F_ALL));
	n = arp_put(out, bcast, a.info.mac, 1, a.info.mac, a.info.ip, zero_mac, inet_addr(GATEWAY));
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	do {
		CHECK(rx_wanted(&a, ETH_P_ARP, 1000) > 0);
	} while (get16(in + 20) != 2);
	CHECK(!memcmp(in + 22, host_mac, 6));

	n = ip_put(out, host_mac, a.info.mac, a.info.ip, inet_addr(GATEWAY), 1, 8 + 56);
	memset(out + n, 0, 64);
	out[n] = 8;
	for (i = 0; i < 56; i++)
		out[n + 8 + i] = i;
	put16(out + n + 2, ~csum16(out + n, 64, 0));
	CHECK(!tx_frame(&a, NULL, out, n + 64, TX_SPLIT));
	/* the host may ask who we are before it answers */
	for (;;) {
		i = rx_frame(&a, &hdr, in, 2000);
		CHECK(i > 0);
		if (get16(in + 12) == ETH_P_ARP && get16(in + 20) == 1 &&
		    !memcmp(in + 38, &a.info.ip, 4)) {
			uint8_t arp[64];
			int m = arp_put(arp, host_mac, a.info.mac, 2, a.info.mac, a.info.ip, host_mac,
					inet_addr(GATEWAY));

			CHECK(!tx_frame(&a, NULL, arp, m, TX_ONE));
		}
		if (get16(in + 12) == ETH_P_IP && in[23] == 1 && in[34] == 0)
			break;
	}
	CHECK(i == n + 64 && !memcmp(in + 42, out + 42, 56));
	return stop_pair();
}

/* a TSO frame for the host arrives whole or in right segments */
static int test_host_tso(void)
{
	struct virtio_net_hdr_mrg_rxbuf h;
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	host_flush(host);
	n = tcp_put(out, &h, 30000, 1460);
	memcpy(out, host_mac, 6);
	CHECK(!tx_frame(&a, &h, out, n, TX_SPLIT));
	CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), 1000) == n);
	CHECK(!memcmp(in + 54, out + 54, n - 54));
	return stop_pair();
}

static int dhcp_put(uint8_t *f, struct guest *g, int partial)
{
	return udp_put(f, bcast, g->info.mac, 0, INADDR_BROADCAST, 68, 67, 300, partial);
}

static int test_dhcp(void)
{
	struct virtio_net_hdr_mrg_rxbuf h = { 0 };
	struct pollfd p = { .fd = a.port, .events = POLLIN };
	long full;
	int n, i;

	CHECK(!start_pair(F_ALL, F_ALL));
	host_flush(host);
	CHECK(!fcntl(a.port, F_SETFL, O_NONBLOCK));
	CHECK(refused(read(a.port, in, sizeof(in)), EAGAIN));

	h.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	h.hdr.csum_start = 34;
	h.hdr.csum_offset = 6;
	n = dhcp_put(out, &a, 1);
	CHECK(!tx_frame(&a, &h, out, n, TX_ONE));
	CHECK(poll(&p, 1, 1000) == 1 && (p.revents & POLLIN));
	CHECK(refused(read(a.port, in, 10), EMSGSIZE));
	CHECK(read(a.port, in, sizeof(in)) == n);
	CHECK(l4_ok(in) && !memcmp(in, out, 40) && !memcmp(in + 42, out + 42, n - 42));
	/* it goes nowhere else */
	CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), 100) == -1);
	CHECK(rx_wanted(&b, ETH_P_IP, 100) == -1);

	/* the answer reaches this guest only */
	n = udp_put(out, a.info.mac, host_mac, a.info.server, a.info.ip, 67, 68, 300, 0);
	CHECK(write(a.port, out, n) == n);
	CHECK(rx_wanted(&a, ETH_P_IP, 1000) == n && !memcmp(in, out, n));
	CHECK(rx_wanted(&b, ETH_P_IP, 100) == -1);
	CHECK(refused(write(a.port, out, 13), EINVAL));
	CHECK(refused(write(a.port, out, VMI_FRAME_MAX + 1), EINVAL));

	/* a renewal, to the server's own address */
	n = udp_put(out, host_mac, a.info.mac, a.info.ip, a.info.server, 68, 67, 300, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(read(a.port, in, sizeof(in)) == n);

	full = port_drops(&a, "vmm-queue-full");
	n = dhcp_put(out, &a, 0);
	for (i = 0; i < 20; i++)
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(port_drops(&a, "vmm-queue-full") == full + 4);
	for (i = 0; i < 16; i++)
		CHECK(read(a.port, in, sizeof(in)) == n);
	CHECK(refused(read(a.port, in, sizeof(in)), EAGAIN));
	return stop_pair();
}

/* a sends @n bytes of out; they must be dropped for that reason and reach nobody */
static int must_drop(int n, const char *reason)
{
	long before = port_drops(&a, reason);

	CHECK(before >= 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	if (port_drops(&a, reason) != before + 1) {
		printf("# not counted as %s\n", reason);
		return -1;
	}
	return 0;
}

static int test_guard(void)
{
	static const uint8_t other[6] = { 2, 1, 2, 3, 4, 5 };
	static const uint8_t all_nodes[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	uint32_t bad_ip = inet_addr("198.51.100.77");
	uint8_t *m = a.info.mac, *d = b.info.mac;
	uint32_t ip = a.info.ip;
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	rx_flush(&b);
	n = udp_put(out, d, other, ip, b.info.ip, 1, 2, 10, 0);
	CHECK(!must_drop(n, "source-mac"));
	n = udp_put(out, d, m, bad_ip, b.info.ip, 1, 2, 10, 0);
	CHECK(!must_drop(n, "source-ip"));
	n = udp_put(out, d, m, 0, b.info.ip, 1, 2, 10, 0);
	CHECK(!must_drop(n, "source-ip"));
	n = arp_put(out, bcast, m, 2, m, inet_addr(GATEWAY), d, b.info.ip);
	CHECK(!must_drop(n, "arp-spoof"));
	n = arp_put(out, bcast, m, 2, other, ip, d, b.info.ip);
	CHECK(!must_drop(n, "arp-spoof"));
	n = udp_put(out, d, m, ip, b.info.ip, 67, 68, 300, 0);
	CHECK(!must_drop(n, "rogue-dhcp-server"));
	/* behind a VLAN tag it is no better */
	n = udp_put(out, d, m, bad_ip, b.info.ip, 1, 2, 10, 0);
	memmove(out + 16, out + 12, n - 12);
	put16(out + 12, 0x8100);
	put16(out + 14, 5);
	CHECK(!must_drop(n + 4, "source-ip"));
	/* router advertisement, plain and behind a destination options header */
	n = eth_put(out, all_nodes, m, ETH_P_IPV6);
	memset(out + n, 0, 80);
	out[n] = 0x60;
	put16(out + n + 4, 16);
	out[n + 6] = 58;
	out[n + 7] = 255;
	out[n + 8] = 0xfe;
	out[n + 9] = 0x80;
	out[n + 23] = 7;
	out[n + 24] = 0xff;
	out[n + 25] = 2;
	out[n + 39] = 1;
	out[n + 40] = 134;
	CHECK(!must_drop(n + 56, "rogue-router-advertisement"));
	out[n + 6] = 60;
	out[n + 40] = 58;
	out[n + 41] = 0;
	out[n + 48] = 134;
	CHECK(!must_drop(n + 64, "rogue-router-advertisement"));
	/* the header chain ends beyond what is looked at */
	out[n + 41] = 20;
	CHECK(!must_drop(n + 60 + 200, "rogue-router-advertisement"));
	/* an address that is not link-local */
	out[n + 6] = 17;
	out[n + 8] = 0x20;
	CHECK(!must_drop(n + 56, "source-ip"));
	CHECK(rx_of_guest(&b, ETH_P_IP, 50) == -1);
	CHECK(rx_of_guest(&b, ETH_P_IPV6, 50) == -1);

	/* link-local is let through */
	out[n + 8] = 0xfe;
	CHECK(!tx_frame(&a, NULL, out, n + 56, TX_ONE));
	CHECK(rx_of_guest(&b, ETH_P_IPV6, 1000) == n + 56);
	return stop_pair();
}

static int drop_hdr(const struct virtio_net_hdr_mrg_rxbuf *h, int n, const char *reason)
{
	long before = port_drops(&a, reason);

	CHECK(!tx_frame(&a, h, out, n, TX_ONE));
	CHECK(port_drops(&a, reason) == before + 1);
	return 0;
}

/* headers that contradict their frames are dropped; the ring goes on */
static int test_bad_headers(void)
{
	struct virtio_net_hdr_mrg_rxbuf h, good;
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	n = tcp_put(out, &good, 5000, 1460);
	h = good, h.hdr.gso_size = 0;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV6;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.flags = 0;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.csum_start = 30;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.csum_offset = 6;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h = good, h.hdr.gso_size = 60000;
	CHECK(!drop_hdr(&h, n, "too-long"));
	out[34 + 12] = 0xf0;
	CHECK(!tx_frame(&a, &good, out, n, TX_ONE));	/* long TCP header: fine */
	out[34 + 12] = 0x40;
	CHECK(!drop_hdr(&good, n, "bad-header"));
	memset(&h, 0, sizeof(h));
	CHECK(!drop_hdr(&h, n, "too-long"));
	h.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 10, 1);
	h.hdr.csum_start = 34;
	h.hdr.csum_offset = 0xffff;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	h.hdr.csum_start = 0;
	h.hdr.csum_offset = 6;
	CHECK(!drop_hdr(&h, n, "bad-header"));
	out[14] = 0x43;
	CHECK(!drop_hdr(NULL, n, "bad-header"));
	rx_flush(&b);
	CHECK(!one_udp(100, TX_ONE));
	return stop_pair();
}

/* a receiver without buffers holds its sender up for a bounded time, and is not waited for twice */
static int test_rx_full(void)
{
	long t, before = port_drops(&b, "receiver-full");
	int n, i;

	CHECK(!guest_start(&a, F_ALL));
	CHECK(!guest_start(&b, F_ALL));
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	t = now_us();
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	printf("# first frame dropped after %ld us\n", now_us() - t);
	CHECK(port_drops(&b, "receiver-full") == before + 1);
	t = now_us();
	for (i = 0; i < 20; i++)
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	printf("# 20 more after %ld us\n", now_us() - t);
	CHECK(port_drops(&b, "receiver-full") == before + 21);

	/* buffers: traffic again; then one frame that waits and makes it */
	rx_post(&b, 4, 1536);
	CHECK(!one_udp(100, TX_ONE));
	return stop_pair();
}

/* eight frames, one buffer, and then another: whether a second frame came */
static int rx_wait_once(bool *came)
{
	int n, i;

	CHECK(!guest_start(&a, F_ALL));
	CHECK(!guest_start(&b, F_ALL));
	b.rxlen = 1536;
	rx_post_one(&b, 0, 1536);
	usleep(20000);
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	for (i = 0; i < 8; i++)
		tx_put(&a, i, NULL, out, n, TX_ONE);
	rx_post_one(&b, 1, 1536);
	*came = rx_wanted(&b, ETH_P_IP, 1000) == n && rx_wanted(&b, ETH_P_IP, 100) == n;
	while ((uint16_t)(a.avail[1] - a.seen[1])) {
		CHECK(!used_wait(&a, 1, 1000));
		a.seen[1]++;
	}
	return stop_pair();
}

/*
 * The sender waits in its ring, the receiver's kick lets it go on. Only if the machine
 * lets us be quick: frames are not kept for long, and the host may have one of its own.
 */
static int test_rx_wait(void)
{
	bool came = false;
	int i;

	for (i = 0; i < 20 && !came; i++)
		CHECK(!rx_wait_once(&came));
	CHECK(came);
	return 0;
}

/* frames of the host wait for the guest's buffers, too, and are dropped in the end */
static int test_host_full(void)
{
	long before = port_drops(&b, "receiver-full");
	int n, i;

	CHECK(!guest_start(&b, F_ALL));
	n = udp_put(out, b.info.mac, host_mac, inet_addr(GATEWAY), b.info.ip, 9, 1, 100, 0);
	for (i = 0; i < 200; i++)
		CHECK(send(host, out, n, 0) == n);
	usleep(100000);
	CHECK(port_drops(&b, "receiver-full") >= before + 200);
	rx_post(&b, 64, 1536);
	usleep(20000);
	rx_flush(&b);
	CHECK(send(host, out, n, 0) == n);
	CHECK(rx_wanted(&b, ETH_P_IP, 1000) == n);
	CHECK(!guest_stop(&b, NULL));
	return 0;
}

static int test_stop(void)
{
	struct vmi_port_enable en;
	static uint8_t copy[0x20000];
	int n, i;

	CHECK(!start_pair(F_ALL, F_ALL));
	for (i = 0; i < 5; i++)
		CHECK(!one_udp(100, TX_ONE));
	rx_flush(&b);
	CHECK(!guest_stop(&b, &en));
	CHECK(en.avail_idx[0] == used_idx(&b, 0) && en.avail_idx[1] == 0);
	memcpy(copy, b.mem + RING_GPA(0), sizeof(copy));
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	for (i = 0; i < 5; i++)
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	kick(&b, 0);
	kick(&b, 1);
	usleep(20000);
	CHECK(!memcmp(copy, b.mem + RING_GPA(0), sizeof(copy)));
	CHECK(port_drops(&b, "receiver-off") > 0);

	/* on again, from where it stood */
	b.seen[0] = en.avail_idx[0];
	{
		uint16_t keep = b.avail[0];
		struct vmi_port_enable on = { .on = 1, .features = F_ALL };

		b.avail[0] = en.avail_idx[0];
		CHECK(!guest_queue(&b, 0));
		b.avail[0] = keep;
		b.avail[1] = en.avail_idx[1];
		CHECK(!guest_queue(&b, 1));
		CHECK(!ioctl(b.port, VMI_PORT_ENABLE, &on));
	}
	CHECK(!one_udp(100, TX_SPLIT));
	return stop_pair();
}

static int test_link(void)
{
	struct pollfd p = { .fd = a.port, .events = POLLPRI };
	struct vmi_port_status st;
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	CHECK(!ioctl(a.port, VMI_PORT_STATUS, &st) && st.link);
	CHECK(poll(&p, 1, 0) == 0);
	CHECK(!port_link(a.port_id, 0));
	CHECK(poll(&p, 1, 1000) == 1 && (p.revents & POLLPRI) && !(p.revents & POLLERR));
	CHECK(!ioctl(a.port, VMI_PORT_STATUS, &st) && !st.link);
	CHECK(poll(&p, 1, 0) == 0);
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	CHECK(!must_drop(n, "link-down"));
	CHECK(!port_link(a.port_id, 1));
	CHECK(!one_udp(100, TX_ONE));
	return stop_pair();
}

static int test_isolated(void)
{
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	rx_flush(&b);
	CHECK(!net_flags(NET, 1 << VMI_NET_FLAG_ISOLATED));
	CHECK(refused(net_flags(NET, 1 << VMI_NET_FLAG_NO_HOST), EOPNOTSUPP));
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	CHECK(!must_drop(n, "isolated"));
	n = udp_put(out, bcast, a.info.mac, a.info.ip, INADDR_BROADCAST, 1, 2, 100, 0);
	host_flush(host);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), 1000) == n);
	CHECK(rx_wanted(&b, ETH_P_IP, 100) == -1);
	CHECK(!net_flags(NET, 0));
	CHECK(!one_udp(100, TX_ONE));
	n = udp_put(out, a.info.mac, a.info.mac, a.info.ip, a.info.ip, 1, 2, 100, 0);
	CHECK(!must_drop(n, "same-port"));
	n = udp_put(out, zero_mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	out[0] = 2;
	CHECK(!must_drop(n, "no-destination"));
	return stop_pair();
}

/* guest pages come and go under traffic; a frame waits for them, but not for ever */
static int test_reclaim(void)
{
	int n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 1000, 0);
	long before = port_drops(&b, "receiver-full"), lost = 0;
	int i, got;

	CHECK(!start_pair(F_ALL, F_ALL));
	for (i = 0; i < 200 && lost < 20; i++) {
		CHECK(!madvise(b.mem + RXBUF_GPA, QSIZE * 4096, MADV_DONTNEED));
		CHECK(!madvise(a.mem + TXBUF_GPA, TXBUF_SIZE * 2, MADV_DONTNEED));
		CHECK(!tx_frame(&a, NULL, out, n, i % 3));
		/* a frame of the host that had come before has lost its header (-4) */
		do {
			got = rx_wanted(&b, ETH_P_IP, 1000);
		} while (got == -4);
		lost += got == -1;
		CHECK(got == -1 || (got == n && !memcmp(in, out, n)));
	}
	if (lost)
		printf("# %ld frames waited too long\n", lost);
	CHECK(lost < 20 && lost <= port_drops(&b, "receiver-full") - before);
	return stop_pair();
}

struct fdb_result {
	int ports;
	int host;
	int learned;
	uint8_t mac[6];
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
	struct fdb_result *r = data;

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), fdb_attr, tb);
	if (!tb[VMI_A_FDB_MAC])
		return MNL_CB_OK;
	if (tb[VMI_A_FDB_PORT])
		r->ports++;
	else if (tb[VMI_A_FDB_AGE_MS])
		r->learned += !memcmp(mnl_attr_get_payload(tb[VMI_A_FDB_MAC]), r->mac, 6);
	else
		r->host += !memcmp(mnl_attr_get_payload(tb[VMI_A_FDB_MAC]), host_mac, 6);
	return MNL_CB_OK;
}

/* addresses behind the host are learned and reached */
static int test_fdb(void)
{
	struct fdb_result r = { .mac = { 2, 0xaa, 0, 0, 0, 1 } };
	struct nlmsghdr *nlh;
	int n;

	CHECK(!start_pair(F_ALL, F_ALL));
	n = udp_put(out, a.info.mac, r.mac, inet_addr("198.51.100.50"), a.info.ip, 1, 2, 10, 0);
	CHECK(send(host, out, n, 0) == n);
	CHECK(rx_wanted(&a, ETH_P_IP, 1000) == n);
	/* a port's address cannot be taken over from there */
	n = udp_put(out, a.info.mac, b.info.mac, b.info.ip, a.info.ip, 1, 2, 10, 0);
	CHECK(send(host, out, n, 0) == n);
	CHECK(rx_wanted(&a, ETH_P_IP, 1000) == n);
	nlh = nl_request(nl_family, VMI_CMD_FDB_GET, NLM_F_DUMP);
	mnl_attr_put_strz(nlh, VMI_A_FDB_NET, NET);
	CHECK(!nl_talk(nlh, fdb_msg, &r));
	CHECK(r.ports == 3 && r.host == 1 && r.learned == 1);

	/* a guest reaches what was learned */
	host_flush(host);
	n = udp_put(out, r.mac, a.info.mac, a.info.ip, inet_addr("198.51.100.50"), 1, 2, 10, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), 1000) == n);
	return stop_pair();
}

/* the VMM dies: its ports are stopped, its files say so, the others go on */
static int test_vmm_gone(void)
{
	struct pollfd p;
	int n, i;

	CHECK(!start_pair(F_ALL, F_ALL));
	CHECK(!guest_start(&c, F_ALL));
	rx_post(&c, 64, 1536);
	n = udp_put(out, c.info.mac, a.info.mac, a.info.ip, c.info.ip, 1, 2, 100, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	close(c.vm);
	c.vm = -1;
	p.fd = c.port;
	p.events = POLLIN;
	CHECK(poll(&p, 1, 1000) == 1 && (p.revents & POLLHUP));
	CHECK(refused(guest_stop(&c, NULL), ENODEV));
	CHECK(refused(read(c.port, in, sizeof(in)), ENODEV));
	CHECK(refused(write(c.port, out, n), ENODEV));
	for (i = 0; i < 5; i++)
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(port_drops(&c, "receiver-off") >= 5);
	CHECK(!one_udp(100, TX_ONE));
	/* the port is deleted while its old file is open */
	CHECK(!nl_vm(VMI_CMD_VM_DEL, c.name));
	CHECK(refused(guest_stop(&c, NULL), ENODEV));
	n = udp_put(out, c.info.mac, a.info.mac, a.info.ip, c.info.ip, 1, 2, 100, 0);
	CHECK(!must_drop(n, "no-destination"));
	return stop_pair();
}

static int nag_end;

static void *port_nag(void *port)
{
	struct vmi_port_status st;

	while (!__atomic_load_n(&nag_end, __ATOMIC_RELAXED))
		ioctl(*(int *)port, VMI_PORT_STATUS, &st);
	return NULL;
}

/* a port file of the VMM before does not keep the next one from opening the port */
static int test_left_over(void)
{
	struct vmi_port_open po = { 0 };
	struct vmi_attach at = { 0 };
	int i, port, bad = 0;
	pthread_t nag;

	guest_del(&c);
	CHECK(!guest_new(&c, "tsw-c", NET));
	close(c.vm);
	CHECK(refused(guest_stop(&c, NULL), ENODEV));
	CHECK(!pthread_create(&nag, NULL, port_nag, &c.port));
	strcpy(at.name, c.name);
	for (i = 0; i < 200 && !bad; i++) {
		c.vm = ioctl(dev_fd, VMI_ATTACH, &at);
		po.index = 0;
		port = ioctl(c.vm, VMI_VM_PORT, &po);
		bad = port < 0;
		close(c.vm);
		close(port);
	}
	__atomic_store_n(&nag_end, 1, __ATOMIC_RELAXED);
	pthread_join(nag, NULL);
	c.vm = -1;
	CHECK(!bad);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "networks: bounds and refusals", test_networks },
	{ "ports: bounds and refusals", test_ports },
	{ "port file: bounds and refusals", test_port_file },
	{ "unicast, all features", test_unicast },
	{ "unicast, no features", test_unicast_plain },
	{ "unicast, no event index", test_unicast_mrg_noevent },
	{ "20000 frames in order over index wrap", test_many },
	{ "broadcast reaches guests and host", test_broadcast },
	{ "TSO and checksum header passed through", test_tso_pass },
	{ "TSO segmented for a receiver without it", test_tso_segmented },
	{ "TSO segmented, checksum left to the receiver", test_tso_segmented_csum },
	{ "partial checksum passed or completed", test_csum },
	{ "buffer too small without merging", test_rx_small },
	{ "to and from the host's interface", test_host },
	{ "the host's stack answers ARP and ping", test_host_stack },
	{ "TSO to the host", test_host_tso },
	{ "DHCP goes to the VMM only, the answer to the guest only", test_dhcp },
	{ "port security", test_guard },
	{ "headers that contradict their frame", test_bad_headers },
	{ "full receiver: bounded delay, then drops", test_rx_full },
	{ "full receiver: sender waits for buffers", test_rx_wait },
	{ "full receiver: frames of the host", test_host_full },
	{ "stop touches nothing, start goes on", test_stop },
	{ "link down and up", test_link },
	{ "isolation, own and unknown addresses", test_isolated },
	{ "pages reclaimed under traffic", test_reclaim },
	{ "forwarding table", test_fdb },
	{ "VMM gone", test_vmm_gone },
	{ "port file left over", test_left_over },
};

static int get_host_mac(void)
{
	char buf[64];
	FILE *f = fopen("/sys/class/net/" IFNAME "/address", "r");
	unsigned int m[6];
	int i, ok;

	if (!f || !fgets(buf, sizeof(buf), f))
		return -1;
	ok = sscanf(buf, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) == 6;
	for (i = 0; i < 6; i++)
		host_mac[i] = m[i];
	fclose(f);
	return ok ? 0 : -1;
}

static int setup(void)
{
	struct net_args n = { .name = NET, .subnet = SUBNET, .prefix = 24 };

	CHECK(!vnet_open());
	CHECK(!net_new(&n));
	CHECK(!get_host_mac());
	host = host_open(net_ifindex(NET));
	CHECK(host >= 0);
	CHECK(!guest_new(&a, "tsw-a", NET));
	CHECK(!guest_new(&b, "tsw-b", NET));
	CHECK(!guest_new(&c, "tsw-c", NET));
	CHECK(a.info.ip == inet_addr("198.51.100.128") && a.info.server == inet_addr(GATEWAY));
	CHECK(a.info.mtu == 1500 && (a.info.features & F_ALL) == F_ALL);
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
			net_flags(NET, 0);
			host_flush(host);
		}
	}
	guest_del(&a);
	guest_del(&b);
	guest_del(&c);
	if (host >= 0)
		close(host);
	if (net_del(NET)) {
		printf("# network not deleted: %s\n", strerror(errno));
		failed++;
	}
	return failed ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that is a network namespace: a VM with one port, whose driver carries
 * frames between its rings and a tap interface there. So real programs and a real
 * network stack are on our network, with offloads, without the cost of a CPU. DHCP
 * and router solicitations are answered by the code of vmi-vmm.
 *
 *	vguest NAME NET NAMESPACE IFACE [none|csum|all [MAC]]
 *
 * The word says which features are negotiated. Prints "ready NAME ADDRESS/LEN GATEWAY
 * MAC PREFIX6" and runs until SIGTERM. The module is asked from the namespace that this is
 * started in.
 */
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/uio.h>

#include <linux/if_tun.h>

#include "vnet.h"

#include "../user/vmm/dhcp.h"
#include "../user/vmm/ra.h"

#define TX_LEN_MAX	(HDR + FRAME_MAX)

static struct guest guest;
static uint64_t tx_free = ~0ULL;	/* of TXBUFS */
static uint32_t moves;			/* that the namespace has seen */

static int set_netns(const char *name)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	CHECK(!setns(fd, CLONE_NEWNET));
	close(fd);
	return 0;
}

static int set_up(const struct ifreq *name)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq ifr = *name;

	CHECK(fd >= 0);
	ifr.ifr_hwaddr.sa_family = 1;	/* ARPHRD_ETHER */
	memcpy(ifr.ifr_hwaddr.sa_data, guest.info.mac, 6);
	CHECK(!ioctl(fd, SIOCSIFHWADDR, &ifr));
	ifr = *name;
	ifr.ifr_mtu = guest.info.mtu;
	CHECK(!ioctl(fd, SIOCSIFMTU, &ifr));
	ifr = *name;
	ifr.ifr_flags = IFF_UP;
	CHECK(!ioctl(fd, SIOCSIFFLAGS, &ifr));
	close(fd);
	return 0;
}

static int tap_open(const char *ifname, uint64_t features)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	unsigned long offload = 0;
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	int len = HDR;

	CHECK(fd >= 0);
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	CHECK(!ioctl(fd, TUNSETIFF, &ifr));
	CHECK(!ioctl(fd, TUNSETVNETHDRSZ, &len));
	if (features & BITF(VIRTIO_NET_F_CSUM))
		offload |= TUN_F_CSUM;
	if (features & BITF(VIRTIO_NET_F_HOST_TSO4))
		offload |= TUN_F_TSO4 | TUN_F_TSO6;
	CHECK(!ioctl(fd, TUNSETOFFLOAD, offload));
	CHECK(!set_up(&ifr));
	return fd;
}

/* ---- the driver ---- */

/* one frame of the port to the tap; the buffers go back */
static int to_tap_one(int tap)
{
	struct vring_used_elem e;
	unsigned int n = 1, i;
	struct iovec iov[64];
	uint32_t ids[64];

	for (i = 0; i < n; i++) {
		CHECK(used_idx(&guest, 0) != guest.seen[0]);
		e.id = used_of(&guest, 0)->ring[guest.seen[0] % guest.qsize].id;
		e.len = used_of(&guest, 0)->ring[guest.seen[0] % guest.qsize].len;
		guest.seen[0]++;
		CHECK(e.id < guest.qsize && e.len <= guest.rxlen);
		ids[i] = e.id;
		iov[i].iov_base = guest.mem + RXBUF_GPA + e.id * 4096UL;
		iov[i].iov_len = e.len;
		if (!i)
			n = ((struct virtio_net_hdr_mrg_rxbuf *)iov[0].iov_base)->num_buffers;
		CHECK(n && n <= 64);
	}
	/* a namespace that does not want it drops it, as a guest would */
	if (writev(tap, iov, n) < 0)
		CHECK(errno == EIO || errno == EAGAIN || errno == EINVAL);
	for (i = 0; i < n; i++)
		rx_post_one(&guest, ids[i], guest.rxlen);
	return 0;
}

static int to_tap(int tap)
{
	while (used_idx(&guest, 0) != guest.seen[0])
		CHECK(!to_tap_one(tap));
	return 0;
}

static void tx_reap(void)
{
	while (used_idx(&guest, 1) != guest.seen[1]) {
		tx_free |= 1ULL << used_of(&guest, 1)->ring[guest.seen[1] % guest.qsize].id;
		guest.seen[1]++;
	}
}

/* what the namespace sends goes into the transmit ring, while that has room */
static int from_tap(int tap)
{
	uint16_t old;
	uint64_t gpa;
	ssize_t len;
	int slot;

	for (tx_reap(); tx_free; tx_reap()) {
		slot = __builtin_ctzll(tx_free);
		gpa = TXBUF_GPA + slot * TXBUF_SIZE;
		len = read(tap, guest.mem + gpa, TX_LEN_MAX);
		if (len < 0) {
			CHECK(errno == EAGAIN || errno == EIO);
			return 0;
		}
		if (len <= HDR)
			continue;
		tx_free &= ~(1ULL << slot);
		old = guest.avail[1];
		desc_set(&guest, 1, slot, gpa, len, 0, 0);
		avail_add(&guest, 1, slot);
		if (kick_wanted(&guest, 1, old))
			kick(&guest, 1);
	}
	return 0;
}

/* ask for an interrupt when more is used; true if there is more already */
static bool more(int q)
{
	*(volatile uint16_t *)&avail_of(&guest, q)->ring[guest.qsize] = guest.seen[q];
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return used_idx(&guest, q) != guest.seen[q];
}

/* ---- the VMM ---- */

static void tell(const uint8_t *frame, size_t len)
{
	if (len && write(guest.port, frame, len) < 0)
		perror("# vguest: write");
}

static void advertise(bool last)
{
	struct ra_link link = { .mtu = guest.info.mtu };
	uint8_t frame[VMI_FRAME_MAX];

	memcpy(link.prefix, guest.info.prefix6, sizeof(link.prefix));
	memcpy(link.subnet, guest.info.subnet6, sizeof(link.subnet));
	memcpy(link.router, guest.info.router6, sizeof(link.router));
	memcpy(link.router_mac, guest.info.router_mac, sizeof(link.router_mac));
	memcpy(link.dns, guest.info.dns6, sizeof(link.dns));
	memcpy(link.domain, guest.info.domain, sizeof(link.domain));
	tell(frame, ra_make(&link, last, frame, sizeof(frame)));
}

static void lease(const uint8_t *request, size_t len)
{
	struct dhcp_lease lease = {
		.ip = guest.info.ip, .netmask = guest.info.netmask, .gateway = guest.info.gateway,
		.server = guest.info.server, .seconds = guest.info.lease_s, .mtu = guest.info.mtu,
	};
	uint8_t reply[VMI_FRAME_MAX];

	memcpy(lease.mac, guest.info.mac, sizeof(lease.mac));
	memcpy(lease.dns, guest.info.dns, sizeof(lease.dns));
	memcpy(lease.domain, guest.info.domain, sizeof(lease.domain));
	tell(reply, dhcp_answer(&lease, request, len, reply, sizeof(reply)));
}

/* a frame that the kernel leaves to the VMM */
static void answer(void)
{
	uint8_t request[VMI_FRAME_MAX];
	ssize_t n = read(guest.port, request, sizeof(request));

	if (n <= 0)
		return;
	if (ra_is_asked(request, n))
		advertise(false);
	else
		lease(request, n);
}

/* the port or its network was changed; one that was moved is unplugged for a moment */
static int changed(int tap)
{
	struct vmi_port_status st;
	int carrier = 0;

	CHECK(!ioctl(guest.port, VMI_PORT_STATUS, &st));
	CHECK(!st.fault);
	if (st.moves != moves) {
		advertise(true);
		CHECK(!ioctl(tap, TUNSETCARRIER, &carrier));
	}
	CHECK(!ioctl(guest.port, VMI_PORT_INFO, &guest.info));
	carrier = st.link;
	CHECK(!ioctl(tap, TUNSETCARRIER, &carrier));
	if (st.moves != moves)
		advertise(false);
	moves = st.moves;
	return 0;
}

static int serve(int tap)
{
	struct pollfd p[5] = {
		{ .fd = tap },
		{ .fd = guest.call[0], .events = POLLIN },
		{ .fd = guest.call[1], .events = POLLIN },
		{ .fd = guest.port, .events = POLLIN | POLLPRI },
		{ .events = POLLIN },
	};
	sigset_t mask;
	uint64_t n;
	int i;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	p[4].fd = signalfd(-1, &mask, SFD_CLOEXEC);
	CHECK(p[4].fd >= 0);
	for (;;) {
		CHECK(!to_tap(tap));
		CHECK(!from_tap(tap));
		p[0].events = tx_free ? POLLIN : 0;
		if (more(0) || (!tx_free && more(1)))
			continue;
		CHECK(poll(p, 5, -1) >= 0);
		if (p[4].revents)
			return 0;
		for (i = 1; i <= 2; i++)
			if (p[i].revents)
				CHECK(read(p[i].fd, &n, sizeof(n)) == sizeof(n) || errno == EAGAIN);
		CHECK(!(p[3].revents & POLLHUP));
		if (p[3].revents & POLLPRI)
			CHECK(!changed(tap));
		if (p[3].revents & POLLIN)
			answer();
	}
}

static uint64_t features_of(const char *word)
{
	if (!strcmp(word, "none"))
		return F_BASE | F_RING | F_MRG;
	if (!strcmp(word, "csum"))
		return F_BASE | F_RING | F_MRG | BITF(VIRTIO_NET_F_CSUM) |
		       BITF(VIRTIO_NET_F_GUEST_CSUM);
	return F_ALL;
}

static void print_ready(void)
{
	char ip[INET_ADDRSTRLEN], gateway[INET_ADDRSTRLEN], ip6[INET6_ADDRSTRLEN];
	const uint8_t *m = guest.info.mac;

	inet_ntop(AF_INET, &guest.info.ip, ip, sizeof(ip));
	inet_ntop(AF_INET, &guest.info.gateway, gateway, sizeof(gateway));
	inet_ntop(AF_INET6, guest.info.prefix6, ip6, sizeof(ip6));
	printf("ready %s %s/%d %s %02x:%02x:%02x:%02x:%02x:%02x %s\n", guest.name, ip,
	       __builtin_popcount(guest.info.netmask), gateway, m[0], m[1], m[2], m[3], m[4], m[5],
	       ip6);
	fflush(stdout);
}

static int run(char **argv, const uint8_t *mac)
{
	uint64_t features = features_of(argv[5] ? argv[5] : "all");
	int tap;

	CHECK(!vnet_open());
	CHECK(!guest_new_mac(&guest, argv[1], argv[2], mac));
	CHECK(!set_netns(argv[3]));
	tap = tap_open(argv[4], features);
	CHECK(tap >= 0);
	CHECK(!guest_start(&guest, features));
	rx_post(&guest, QSIZE, 4096);
	CHECK(!changed(tap));
	print_ready();
	return serve(tap);
}

int main(int argc, char **argv)
{
	uint8_t m[6];
	int ret;

	if (argc < 5 || argc > 7 ||
	    (argc == 7 && sscanf(argv[6], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", m, m + 1, m + 2, m + 3,
				 m + 4, m + 5) != 6)) {
		fprintf(stderr, "usage: vguest NAME NET NAMESPACE IFACE [none|csum|all [MAC]]\n");
		return 2;
	}
	ret = run(argv, argc == 7 ? m : NULL);
	guest_del(&guest);
	return ret ? 1 : 0;
}

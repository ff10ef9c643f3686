// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that is a network namespace: a VM with one port, whose driver carries
 * frames between its rings and a tap interface there. So real programs and a real
 * network stack are on our network, with offloads, without the cost of a CPU:
 *
 *	nsguest NAME NET NAMESPACE IFACE [none|csum|all]
 *
 * The last says which features are negotiated. Prints "ready" and runs until SIGTERM.
 * The module is asked from the namespace that this is started in.
 */
#include <sched.h>
#include <signal.h>
#include <sys/signalfd.h>

#include <linux/if_tun.h>

#include "vnet.h"

#define SLOTS	TXBUFS

static struct guest guest;
static uint8_t frame[HDR + FRAME_MAX];

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

static int set_carrier(int tap)
{
	struct vmi_port_status st;
	int carrier;

	CHECK(!ioctl(guest.port, VMI_PORT_STATUS, &st));
	CHECK(!st.fault);
	carrier = st.link;
	CHECK(!ioctl(tap, TUNSETCARRIER, &carrier));
	return 0;
}

/* what the namespace sends goes into the transmit ring, while that has room */
static int from_tap(int tap)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	int n;

	guest.seen[1] = used_idx(&guest, 1);
	while ((uint16_t)(guest.avail[1] - guest.seen[1]) < SLOTS) {
		n = read(tap, frame, sizeof(frame));
		if (n < 0)
			return errno == EAGAIN || errno == EIO ? 0 : -1;
		if (n <= HDR)
			continue;
		memcpy(&hdr, frame, HDR);
		tx_put(&guest, guest.avail[1] % SLOTS, &hdr, frame + HDR, n - HDR, TX_SPLIT);
		guest.seen[1] = used_idx(&guest, 1);
	}
	return 0;
}

static bool tx_full(void)
{
	guest.seen[1] = used_idx(&guest, 1);
	return (uint16_t)(guest.avail[1] - guest.seen[1]) >= SLOTS;
}

static int to_tap(int tap)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	int n;

	while ((n = rx_frame(&guest, &hdr, frame + HDR, 0)) >= 0) {
		hdr.num_buffers = 0;
		memcpy(frame, &hdr, HDR);
		/* a namespace that does not want it drops it, as a guest would */
		if (write(tap, frame, HDR + n) < 0 && errno != EIO && errno != EAGAIN &&
		    errno != EINVAL)
			return -1;
	}
	return n == -1 ? 0 : -1;
}

static int serve(int tap)
{
	struct pollfd p[4] = {
		{ .fd = tap },
		{ .fd = guest.call[0], .events = POLLIN },
		{ .fd = guest.port, .events = POLLPRI },
		{ .events = POLLIN },
	};
	sigset_t mask;
	uint64_t n;

	sigemptyset(&mask);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	sigprocmask(SIG_BLOCK, &mask, NULL);
	p[3].fd = signalfd(-1, &mask, SFD_CLOEXEC);
	CHECK(p[3].fd >= 0);
	for (;;) {
		/* a full ring is looked at again soon: its interrupt is not asked for */
		p[0].events = tx_full() ? 0 : POLLIN;
		CHECK(poll(p, 4, p[0].events ? -1 : 1) >= 0);
		if (p[3].revents)
			return 0;
		if (p[2].revents & POLLPRI)
			CHECK(!set_carrier(tap));
		if (p[1].revents)
			CHECK(read(guest.call[0], &n, sizeof(n)) == sizeof(n) || errno == EAGAIN);
		CHECK(!to_tap(tap));
		CHECK(!from_tap(tap));
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

static int run(char **argv)
{
	uint64_t features = features_of(argv[5] ? argv[5] : "all");
	int tap;

	CHECK(!vnet_open());
	CHECK(!guest_new(&guest, argv[1], argv[2]));
	CHECK(!set_netns(argv[3]));
	tap = tap_open(argv[4], features);
	CHECK(tap >= 0);
	CHECK(!guest_start(&guest, features));
	/* transmit buffers are not asked back for */
	avail_of(&guest, 1)->flags = VRING_AVAIL_F_NO_INTERRUPT;
	rx_post(&guest, QSIZE, 4096);
	CHECK(!set_carrier(tap));
	printf("ready %s\n", argv[1]);
	fflush(stdout);
	return serve(tap);
}

int main(int argc, char **argv)
{
	int ret;

	if (argc != 5 && argc != 6) {
		fprintf(stderr, "usage: nsguest NAME NET NAMESPACE IFACE [none|csum|all]\n");
		return 2;
	}
	ret = run(argv);
	guest_del(&guest);
	return ret ? 1 : 0;
}

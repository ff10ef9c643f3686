// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that is a network namespace: plays the VMM and the driver of a VM with
 * one port, and joins it to a tap interface where it is run. So a real IP
 * stack is behind the port, without a virtual machine. DHCP and router
 * solicitations are answered by the code of vmi-vmm.
 *
 *	vguest VM NET TAP [MAC]
 *
 * Prints "VM ADDRESS/LEN GATEWAY MAC PREFIX6" when it works, and ends with its standard input.
 */
#include "vnet.h"

#include <errno.h>
#include <linux/if_tun.h>
#include <net/if_arp.h>
#include <signal.h>
#include <sys/uio.h>

#include "../user/vmm/dhcp.h"
#include "../user/vmm/ra.h"

#define TX_LEN_MAX	(TXBUF_SIZE / 2)

static struct guest g;
static int tap = -1;
static uint64_t tx_free = ~0ULL;	/* of TXBUFS */

static int fail(const char *what)
{
	fprintf(stderr, "vguest: %s: %s\n", what, strerror(errno));
	guest_del(&g);
	return 1;
}

static int tap_open(const char *name)
{
	unsigned int offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int hdr = HDR, s, err;

	tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (tap < 0)
		return -1;
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(tap, TUNSETIFF, &ifr) || ioctl(tap, TUNSETVNETHDRSZ, &hdr) ||
	    ioctl(tap, TUNSETOFFLOAD, offload))
		return -1;
	s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(ifr.ifr_hwaddr.sa_data, g.info.mac, 6);
	err = ioctl(s, SIOCSIFHWADDR, &ifr);
	ifr.ifr_mtu = g.info.mtu;
	err |= ioctl(s, SIOCSIFMTU, &ifr);
	close(s);
	return err;
}

/* one frame of the port to the tap; the buffers go back */
static int to_tap(void)
{
	struct iovec iov[64];
	struct vring_used_elem e;
	unsigned int n = 1, i;
	uint32_t ids[64];

	for (i = 0; i < n; i++) {
		e.id = used_of(&g, 0)->ring[g.seen[0] % g.qsize].id;
		e.len = used_of(&g, 0)->ring[g.seen[0] % g.qsize].len;
		g.seen[0]++;
		if (e.id >= g.qsize || e.len > g.rxlen)
			return -1;
		ids[i] = e.id;
		iov[i].iov_base = g.mem + RXBUF_GPA + e.id * 4096UL;
		iov[i].iov_len = e.len;
		if (!i)
			n = ((struct virtio_net_hdr_mrg_rxbuf *)iov[0].iov_base)->num_buffers;
		if (!n || n > 64)
			return -1;
	}
	/* a tap that is down takes nothing: the frame is lost as on a wire */
	if (writev(tap, iov, n) < 0 && errno != EIO && errno != EAGAIN && errno != EINVAL)
		return -1;
	for (i = 0; i < n; i++)
		rx_post_one(&g, ids[i], g.rxlen);
	return 0;
}

static int rx_serve(void)
{
	while (used_idx(&g, 0) != g.seen[0])
		if (to_tap())
			return -1;
	return 0;
}

static void tx_reap(void)
{
	while (used_idx(&g, 1) != g.seen[1]) {
		tx_free |= 1ULL << (used_of(&g, 1)->ring[g.seen[1] % g.qsize].id / 2);
		g.seen[1]++;
	}
}

static int tx_serve(void)
{
	uint8_t *buf;
	uint64_t gpa;
	ssize_t len;
	int slot;

	tx_reap();
	while (tx_free) {
		uint16_t old = g.avail[1];

		slot = __builtin_ctzll(tx_free);
		gpa = TXBUF_GPA + slot * TXBUF_SIZE;
		buf = g.mem + gpa;
		len = read(tap, buf, TX_LEN_MAX);
		if (len < 0)
			return errno == EAGAIN || errno == EIO ? 0 : -1;
		tx_free &= ~(1ULL << slot);
		desc_set(&g, 1, slot * 2, gpa, len, 0, 0);
		avail_add(&g, 1, slot * 2);
		if (kick_wanted(&g, 1, old))
			kick(&g, 1);
		tx_reap();
	}
	return 0;
}

/* ask to be told of what is used beyond what was seen; true if there is such already */
static int more(int q)
{
	*(volatile uint16_t *)&avail_of(&g, q)->ring[g.qsize] = g.seen[q];
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return used_idx(&g, q) != g.seen[q];
}

/* what the VMM does with a frame that the kernel leaves to it */
static void answer(void)
{
	uint8_t request[VMI_FRAME_MAX], reply[VMI_FRAME_MAX];
	struct dhcp_lease lease = {
		.ip = g.info.ip, .netmask = g.info.netmask, .gateway = g.info.gateway,
		.server = g.info.server, .seconds = g.info.lease_s, .mtu = g.info.mtu,
	};
	struct ra_link link = { .mtu = g.info.mtu };
	ssize_t n = read(g.port, request, sizeof(request));
	size_t len;

	if (n <= 0)
		return;
	memcpy(lease.mac, g.info.mac, sizeof(lease.mac));
	memcpy(lease.dns, g.info.dns, sizeof(lease.dns));
	memcpy(lease.domain, g.info.domain, sizeof(lease.domain));
	memcpy(link.prefix, g.info.prefix6, sizeof(link.prefix));
	memcpy(link.subnet, g.info.subnet6, sizeof(link.subnet));
	memcpy(link.router, g.info.router6, sizeof(link.router));
	memcpy(link.router_mac, g.info.router_mac, sizeof(link.router_mac));
	memcpy(link.dns, g.info.dns6, sizeof(link.dns));
	memcpy(link.domain, g.info.domain, sizeof(link.domain));
	if (ra_is_asked(request, n))
		len = ra_make(&link, false, reply, sizeof(reply));
	else
		len = dhcp_answer(&lease, request, n, reply, sizeof(reply));
	if (len && write(g.port, reply, len) < 0)
		perror("vguest: answer");
}

static int serve(void)
{
	struct pollfd p[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = g.call[0], .events = POLLIN },
		{ .fd = g.call[1], .events = POLLIN },
		{ .fd = g.port, .events = POLLIN },
		{ .fd = tap, .events = POLLIN },
	};
	uint8_t buf[64];
	uint64_t n;
	int i;

	for (;;) {
		if (rx_serve() || tx_serve())
			return -1;
		/* without a free buffer only a used one lets it go on */
		p[4].events = tx_free ? POLLIN : 0;
		if (more(0) | more(1))
			continue;
		if (poll(p, 5, -1) < 0 && errno != EINTR)
			return -1;
		for (i = 1; i <= 2; i++)
			if ((p[i].revents & POLLIN) && read(p[i].fd, &n, sizeof(n)) < 0)
				return -1;
		if (p[3].revents & POLLIN)
			answer();
		if (p[0].revents && read(STDIN_FILENO, buf, sizeof(buf)) <= 0)
			return 0;
	}
}

int main(int argc, char **argv)
{
	char ip[INET_ADDRSTRLEN], gw[INET_ADDRSTRLEN], ip6[INET6_ADDRSTRLEN];
	const uint8_t *m = g.info.mac;
	uint8_t mac[6];

	if (argc < 4 || argc > 5 ||
	    (argc == 5 && sscanf(argv[4], "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", mac, mac + 1, mac + 2,
				 mac + 3, mac + 4, mac + 5) != 6)) {
		fprintf(stderr, "usage: vguest VM NET TAP [MAC]\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	if (vnet_open())
		return fail("no module");
	if (guest_new_mac(&g, argv[1], argv[2], argc == 5 ? mac : NULL))
		return fail(argv[1]);
	if (tap_open(argv[3]))
		return fail(argv[3]);
	if (guest_start(&g, F_ALL))
		return fail("start");
	rx_post(&g, QSIZE, 4096);
	inet_ntop(AF_INET, &g.info.ip, ip, sizeof(ip));
	inet_ntop(AF_INET, &g.info.gateway, gw, sizeof(gw));
	inet_ntop(AF_INET6, g.info.prefix6, ip6, sizeof(ip6));
	printf("%s %s/%d %s %02x:%02x:%02x:%02x:%02x:%02x %s\n", argv[1], ip,
	       __builtin_popcount(g.info.netmask), gw, m[0], m[1], m[2], m[3], m[4], m[5], ip6);
	fflush(stdout);
	if (serve())
		return fail("served no longer");
	guest_del(&g);
	return 0;
}

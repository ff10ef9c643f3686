// SPDX-License-Identifier: GPL-2.0
/*
 * The wire behind an uplink.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "frame.h"
#include "sh.h"
#include "wire.h"

#define FAR	"bench-far"
#define BURST	64

static int far = -1;
static uint32_t far_seq;
static uint8_t frames[BURST][NIC_HDR + FRAME_MTU];
static struct iovec vec[BURST];
static struct mmsghdr msgs[BURST];

int wire_open(bool in)
{
	if (!in)
		return sh("modprobe dummy; ip link add " WIRE_UPLINK " type dummy && "
			  "ip link set " WIRE_UPLINK " up");
	return sh("modprobe veth; ip link add " WIRE_UPLINK " type veth peer name " FAR " && "
		  "ip link set " FAR " up && ip link set " WIRE_UPLINK " up");
}

void wire_close(void)
{
	if (far >= 0)
		close(far);
	far = -1;
	sh("ip link del " WIRE_UPLINK);
}

void wire_station(struct nic *n)
{
	nth_mac(n->mac, 0xfc, 1);
	n->ip = nth_ip(200);
}

uint64_t wire_left(void)
{
	FILE *f = fopen("/sys/class/net/" WIRE_UPLINK "/statistics/tx_packets", "r");
	unsigned long n = 0;

	if (!f || fscanf(f, "%lu", &n) != 1)
		fail("no statistics of the uplink");
	if (f)
		fclose(f);
	return n;
}

int wire_aim(const struct nic *to, uint32_t frame_len)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = 0,
		.sll_ifindex = if_nametoindex(FAR),
	};
	int one = 1;
	struct nic station;
	unsigned int i;

	wire_station(&station);
	far = socket(AF_PACKET, SOCK_RAW, 0);
	if (far < 0 || bind(far, (void *)&addr, sizeof(addr)) ||
	    setsockopt(far, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		return fail("no packet socket");
	far_seq = 0;
	for (i = 0; i < BURST; i++) {
		frame_put(frames[i], frame_len, station.mac, to->mac, station.ip, to->ip);
		vec[i].iov_base = frames[i] + NIC_HDR;
		vec[i].iov_len = frame_len;
		msgs[i].msg_hdr.msg_iov = &vec[i];
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	return 0;
}

unsigned int wire_send(unsigned int n)
{
	struct nic_stamp *stamp;
	unsigned int i;
	int sent;

	n = n < BURST ? n : BURST;
	for (i = 0; i < n; i++) {
		stamp = (void *)(frames[i] + NIC_HDR + frame_stamp(vec[i].iov_len));
		stamp->flow = 0;
		stamp->seq = far_seq + i;
	}
	sent = sendmmsg(far, msgs, n, 0);
	if (sent < 0)
		return 0;
	far_seq += sent;
	return sent;
}

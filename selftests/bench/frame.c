// SPDX-License-Identifier: GPL-2.0
/*
 * The frames that are sent.
 */
#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include <linux/if_ether.h>
#include <linux/virtio_net.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#include "frame.h"

#define PORT	5001
#define PORTS	1000	/* source ports of a number of conversations */
#define MSS	1448	/* with time stamps */
#define TCP_LEN	32	/* header with time stamps */

static uint32_t sum16(const void *data, int len, uint32_t sum)
{
	const uint16_t *p = data;

	for (; len > 1; len -= 2)
		sum += *p++;
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* over the pseudo header: what a sender leaves in a checksum that the device completes */
static uint16_t pseudo(const struct iphdr *ip, uint32_t l4_len)
{
	return fold(sum16(&ip->saddr, 8, htons(ip->protocol) + htons(l4_len)));
}

void frame_put(uint8_t *to, uint32_t len, const uint8_t *src, const uint8_t *dst, uint32_t src_ip,
	       uint32_t dst_ip)
{
	uint32_t ip_len = len - ETH_HLEN, l4_len = ip_len - sizeof(struct iphdr);
	struct virtio_net_hdr_mrg_rxbuf hdr = {
		.hdr.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.hdr.csum_start = ETH_HLEN + sizeof(struct iphdr),
	};
	struct ethhdr *eth = (void *)(to + sizeof(hdr));
	struct iphdr *ip = (void *)(eth + 1);
	struct udphdr *udp = (void *)(ip + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	unsigned int i;

	for (i = 0; i < len; i++)
		to[sizeof(hdr) + i] = i;
	memcpy(eth->h_dest, dst, ETH_ALEN);
	memcpy(eth->h_source, src, ETH_ALEN);
	eth->h_proto = htons(ETH_P_IP);
	memset(ip, 0, sizeof(*ip));
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons(ip_len);
	ip->frag_off = htons(IP_DF);
	ip->ttl = 64;
	ip->protocol = len > FRAME_MTU ? IPPROTO_TCP : IPPROTO_UDP;
	ip->saddr = src_ip;
	ip->daddr = dst_ip;
	ip->check = ~fold(sum16(ip, sizeof(*ip), 0));
	if (len <= FRAME_MTU) {
		udp->source = htons(PORT);
		udp->dest = htons(PORT);
		udp->len = htons(l4_len);
		udp->check = pseudo(ip, l4_len);
		hdr.hdr.csum_offset = offsetof(struct udphdr, check);
	} else {
		memset(tcp, 0, TCP_LEN);
		tcp->source = htons(PORT);
		tcp->dest = htons(PORT);
		tcp->doff = TCP_LEN / 4;
		tcp->ack = 1;
		tcp->window = htons(1024);
		memset((uint8_t *)(tcp + 1), TCPOPT_NOP, 2);
		((uint8_t *)(tcp + 1))[2] = TCPOPT_TIMESTAMP;
		((uint8_t *)(tcp + 1))[3] = TCPOLEN_TIMESTAMP;
		tcp->check = pseudo(ip, l4_len);
		hdr.hdr.csum_offset = offsetof(struct tcphdr, check);
		hdr.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		hdr.hdr.gso_size = MSS;
		hdr.hdr.hdr_len = frame_stamp(len);
	}
	memcpy(to, &hdr, sizeof(hdr));
}

void frame_talk(uint8_t *frame, uint32_t talk)
{
	struct udphdr *udp = (void *)(frame + sizeof(struct virtio_net_hdr_mrg_rxbuf) + ETH_HLEN +
				      sizeof(struct iphdr));

	/* The checksum that is left to the device does not cover them. */
	udp->source = htons(PORT + talk % PORTS);
	udp->dest = htons(PORT + talk / PORTS);
}

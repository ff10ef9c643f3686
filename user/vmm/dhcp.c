// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <string.h>

#include "dhcp.h"

#define SERVER_PORT	67
#define CLIENT_PORT	68
#define COOKIE		0x63825363
#define BOOTREQUEST	1
#define BOOTREPLY	2
#define HTYPE_ETHER	1
#define FLAG_BROADCAST	0x8000
#define TTL		64

enum {
	OPT_PAD = 0,
	OPT_NETMASK = 1,
	OPT_ROUTER = 3,
	OPT_DNS = 6,
	OPT_DOMAIN = 15,
	OPT_MTU = 26,
	OPT_ADDRESS = 50,
	OPT_LEASE = 51,
	OPT_TYPE = 53,
	OPT_SERVER = 54,
	OPT_WANTED = 55,
	OPT_RENEW = 58,
	OPT_REBIND = 59,
	OPT_END = 255,
};

enum { DISCOVER = 1, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM };

/* RFC 2131 section 2; options follow */
struct bootp {
	uint8_t op;
	uint8_t htype;
	uint8_t hlen;
	uint8_t hops;
	uint32_t xid;
	uint16_t secs;
	uint16_t flags;
	uint32_t ciaddr;
	uint32_t yiaddr;
	uint32_t siaddr;
	uint32_t giaddr;
	uint8_t chaddr[16];
	uint8_t sname[64];
	uint8_t file[128];
	uint32_t cookie;
} __attribute__((packed));

struct frame {
	struct ether_header eth;
	struct iphdr ip;
	struct udphdr udp;
	struct bootp bootp;
} __attribute__((packed));

#define OPTIONS_MIN	64	/* RFC 1542: some clients want 300 bytes of BOOTP */
#define OPTIONS_MAX	308	/* RFC 2131: every client takes an IP packet of 576 bytes */

/**
 * struct request - a request, understood
 * @bootp: its fixed part, a copy
 * @type: message type, 0 without one
 * @address: wanted, 0 for none
 * @server: meant, 0 for none
 * @mtu: the client asks for the MTU
 */
struct request {
	struct bootp bootp;
	uint8_t type;
	uint32_t address;
	uint32_t server;
	bool mtu;
};

static void parse_options(struct request *req, const uint8_t *p, size_t left)
{
	while (left) {
		uint8_t code = p[0];
		size_t len;

		if (code == OPT_END)
			return;
		if (code == OPT_PAD) {
			p++;
			left--;
			continue;
		}
		if (left < 2 || left - 2 < p[1])
			return;
		len = p[1];
		if (code == OPT_TYPE && len == 1)
			req->type = p[2];
		else if (code == OPT_ADDRESS && len == 4)
			memcpy(&req->address, p + 2, 4);
		else if (code == OPT_SERVER && len == 4)
			memcpy(&req->server, p + 2, 4);
		else if (code == OPT_WANTED && memchr(p + 2, OPT_MTU, len))
			req->mtu = true;
		p += 2 + len;
		left -= 2 + len;
	}
}

static bool parse(struct request *req, const uint8_t *frame, size_t len)
{
	struct iphdr ip;
	struct udphdr udp;
	size_t at = sizeof(struct ether_header), udp_len;

	memset(req, 0, sizeof(*req));
	if (len < at + sizeof(ip))
		return false;
	memcpy(&ip, frame + at, sizeof(ip));
	if (ip.version != 4 || ip.ihl < 5 || ip.protocol != IPPROTO_UDP ||
	    ntohs(ip.frag_off) & (IP_MF | IP_OFFMASK))
		return false;
	at += ip.ihl * 4U;
	if (len < at + sizeof(udp))
		return false;
	memcpy(&udp, frame + at, sizeof(udp));
	udp_len = ntohs(udp.len);
	if (ntohs(udp.dest) != SERVER_PORT || udp_len > len - at ||
	    udp_len < sizeof(udp) + sizeof(req->bootp))
		return false;
	at += sizeof(udp);
	udp_len -= sizeof(udp);
	memcpy(&req->bootp, frame + at, sizeof(req->bootp));
	if (req->bootp.op != BOOTREQUEST || req->bootp.htype != HTYPE_ETHER || req->bootp.hlen != 6 ||
	    ntohl(req->bootp.cookie) != COOKIE || req->bootp.giaddr)
		return false;
	parse_options(req, frame + at + sizeof(req->bootp), udp_len - sizeof(req->bootp));
	return true;
}

/* RFC 2131 section 4.3.2: the states of a client that sends DHCPREQUEST. Return: type, 0 for none. */
static uint8_t judge_request(const struct dhcp_lease *lease, const struct request *req)
{
	uint32_t wanted = req->address ? req->address : req->bootp.ciaddr;

	/* it has chosen another server */
	if (req->server && req->server != lease->server)
		return 0;
	return wanted == lease->ip ? ACK : NAK;
}

static uint8_t judge(const struct dhcp_lease *lease, const struct request *req)
{
	if (!lease->ip || memcmp(req->bootp.chaddr, lease->mac, sizeof(lease->mac)))
		return 0;
	switch (req->type) {
	case DISCOVER:
		return OFFER;
	case REQUEST:
		return judge_request(lease, req);
	case INFORM:
		return ACK;
	default:
		return 0;
	}
}

static uint8_t *put(uint8_t *p, uint8_t code, const void *val, uint8_t len)
{
	*p++ = code;
	*p++ = len;
	memcpy(p, val, len);
	return p + len;
}

static uint8_t *put_address(uint8_t *p, uint8_t code, uint32_t address)
{
	return address ? put(p, code, &address, sizeof(address)) : p;
}

static uint8_t *put_seconds(uint8_t *p, uint8_t code, uint32_t seconds)
{
	uint32_t val = htonl(seconds);

	return put(p, code, &val, sizeof(val));
}

static uint8_t *put_dns(uint8_t *p, const struct dhcp_lease *lease)
{
	uint8_t n = 0;

	while (n < VMI_DNS_MAX && lease->dns[n])
		n++;
	return n ? put(p, OPT_DNS, lease->dns, (uint8_t)(n * sizeof(lease->dns[0]))) : p;
}

/* Return: the end of the options. At most 69 bytes and a domain, which goes in if there is room. */
static uint8_t *put_options(uint8_t *p, const struct dhcp_lease *lease, const struct request *req,
			    uint8_t type)
{
	size_t domain = strnlen(lease->domain, UINT8_MAX);
	uint16_t mtu = htons(lease->mtu);
	const uint8_t *start = p;

	p = put(p, OPT_TYPE, &type, 1);
	p = put_address(p, OPT_SERVER, lease->server);
	if (type != NAK) {
		if (req->type != INFORM) {
			p = put_seconds(p, OPT_LEASE, lease->seconds);
			p = put_seconds(p, OPT_RENEW, lease->seconds / 2);
			p = put_seconds(p, OPT_REBIND, lease->seconds - lease->seconds / 8);
		}
		p = put_address(p, OPT_NETMASK, lease->netmask);
		p = put_address(p, OPT_ROUTER, lease->gateway);
		p = put_dns(p, lease);
		if (req->mtu)
			p = put(p, OPT_MTU, &mtu, sizeof(mtu));
		if (domain && (p - start) + domain + 3 <= OPTIONS_MAX)
			p = put(p, OPT_DOMAIN, lease->domain, (uint8_t)domain);
	}
	*p++ = OPT_END;
	return p;
}

/* RFC 1071, over bytes that may lie anywhere */
static uint32_t sum(uint32_t acc, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i + 1 < len; i += 2)
		acc += (uint32_t)(p[i] << 8 | p[i + 1]);
	if (len & 1)
		acc += (uint32_t)p[len - 1] << 8;
	return acc;
}

static uint16_t fold(uint32_t acc)
{
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return htons((uint16_t)~acc);
}

static void fill_udp(struct frame *f, size_t payload)
{
	size_t len = sizeof(f->udp) + payload;
	uint32_t acc;

	f->udp.source = htons(SERVER_PORT);
	f->udp.dest = htons(CLIENT_PORT);
	f->udp.len = htons((uint16_t)len);
	f->udp.check = 0;
	acc = sum(IPPROTO_UDP + (uint32_t)len, &f->ip.saddr, 8);
	f->udp.check = fold(sum(acc, &f->udp, len));
	if (!f->udp.check)
		f->udp.check = 0xffff;
}

static void fill_ip(struct frame *f, size_t payload, uint32_t from, uint32_t to)
{
	f->ip.version = 4;
	f->ip.ihl = 5;
	f->ip.tot_len = htons((uint16_t)(sizeof(f->ip) + sizeof(f->udp) + payload));
	f->ip.ttl = TTL;
	f->ip.protocol = IPPROTO_UDP;
	f->ip.saddr = from;
	f->ip.daddr = to;
	f->ip.check = fold(sum(0, &f->ip, sizeof(f->ip)));
}

/* section 4.1: where an answer goes */
static uint32_t destination(const struct dhcp_lease *lease, const struct request *req, uint8_t type)
{
	if (type == NAK)
		return INADDR_BROADCAST;
	if (req->bootp.ciaddr == lease->ip)
		return lease->ip;
	return ntohs(req->bootp.flags) & FLAG_BROADCAST ? INADDR_BROADCAST : lease->ip;
}

static void fill_eth(struct frame *f, const struct dhcp_lease *lease, uint32_t to)
{
	/* a server that nobody else sees: any address that is no guest's */
	static const uint8_t server[6] = { 0x02, 'v', 'm', 'i', 0, 1 };

	if (to == INADDR_BROADCAST)
		memset(f->eth.ether_dhost, 0xff, 6);
	else
		memcpy(f->eth.ether_dhost, lease->mac, 6);
	memcpy(f->eth.ether_shost, server, 6);
	f->eth.ether_type = htons(ETHERTYPE_IP);
}

size_t dhcp_answer(const struct dhcp_lease *lease, const uint8_t *request, size_t len,
		   uint8_t *reply, size_t size)
{
	struct frame *f = (struct frame *)reply;
	struct request req;
	uint8_t type, *end;
	size_t payload;
	uint32_t to;

	if (size < sizeof(*f) + OPTIONS_MAX || !parse(&req, request, len))
		return 0;
	type = judge(lease, &req);
	if (!type)
		return 0;
	memset(reply, 0, sizeof(*f) + OPTIONS_MAX);
	f->bootp.op = BOOTREPLY;
	f->bootp.htype = HTYPE_ETHER;
	f->bootp.hlen = 6;
	f->bootp.xid = req.bootp.xid;
	f->bootp.flags = req.bootp.flags;
	if (type != NAK) {
		f->bootp.ciaddr = req.type == DISCOVER ? 0 : req.bootp.ciaddr;
		f->bootp.yiaddr = req.type == INFORM ? 0 : lease->ip;
	}
	memcpy(f->bootp.chaddr, req.bootp.chaddr, sizeof(f->bootp.chaddr));
	f->bootp.cookie = htonl(COOKIE);
	end = put_options(reply + sizeof(*f), lease, &req, type);
	payload = (size_t)(end - (uint8_t *)&f->bootp);
	if (payload < sizeof(f->bootp) + OPTIONS_MIN)
		payload = sizeof(f->bootp) + OPTIONS_MIN;
	to = destination(lease, &req, type);
	fill_eth(f, lease, to);
	fill_ip(f, payload, lease->server, to);
	fill_udp(f, payload);
	return sizeof(*f) - sizeof(f->bootp) + payload;
}

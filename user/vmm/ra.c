// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <string.h>

#include "ra.h"

#define HOP_LIMIT	255	/* RFC 4861: nobody beyond the link can have sent it */
#define HOPS_OF_GUEST	64
#define ROUTER_S	(3 * RA_INTERVAL_S)
#define VALID_S		2592000	/* RFC 4861 section 6.2.1, here and below */
#define PREFERRED_S	604800

enum {
	OPT_SOURCE_MAC = 1,
	OPT_PREFIX = 3,
	OPT_MTU = 5,
	OPT_DNS = 25,
	OPT_DOMAIN = 31,
};

struct frame {
	struct ether_header eth;
	struct ip6_hdr ip;
	struct nd_router_advert ra;
} __attribute__((packed));

#define OPTIONS_MAX	(8 + 8 + 32 + 32 + 8 + 16 * VMI_DNS_MAX + 8 + VMI_DOMAIN_LEN + 8)

bool ra_is_asked(const uint8_t *frame, size_t len)
{
	struct ether_header eth;
	struct ip6_hdr ip;

	if (len < sizeof(eth) + sizeof(ip) + sizeof(struct nd_router_solicit))
		return false;
	memcpy(&eth, frame, sizeof(eth));
	memcpy(&ip, frame + sizeof(eth), sizeof(ip));
	return ntohs(eth.ether_type) == ETHERTYPE_IPV6 && ip.ip6_nxt == IPPROTO_ICMPV6 &&
	       ip.ip6_hlim == HOP_LIMIT && frame[sizeof(eth) + sizeof(ip)] == ND_ROUTER_SOLICIT;
}

static uint8_t *put32(uint8_t *p, uint32_t val)
{
	val = htonl(val);
	memcpy(p, &val, sizeof(val));
	return p + sizeof(val);
}

/* type and length of an option of @bytes, which are a multiple of 8 */
static uint8_t *put_head(uint8_t *p, uint8_t type, size_t bytes)
{
	memset(p, 0, bytes);
	p[0] = type;
	p[1] = (uint8_t)(bytes / 8);
	return p + 2;
}

static uint8_t *put_prefix(uint8_t *p, const uint8_t *prefix, uint8_t len, uint8_t flags,
			   bool last)
{
	uint8_t *to = put_head(p, OPT_PREFIX, 32);

	*to++ = len;
	*to++ = flags;
	to = put32(to, last ? 0 : VALID_S);
	put32(to, last ? 0 : PREFERRED_S);
	memcpy(p + 16, prefix, 16);
	return p + 32;
}

static uint8_t *put_dns(uint8_t *p, const struct ra_link *link, uint32_t seconds)
{
	static const uint8_t none[16];
	size_t n = 0;

	while (n < VMI_DNS_MAX && memcmp(link->dns[n], none, sizeof(none)))
		n++;
	if (!n)
		return p;
	put_head(p, OPT_DNS, 8 + 16 * n);
	put32(p + 4, seconds);
	memcpy(p + 8, link->dns, 16 * n);
	return p + 8 + 16 * n;
}

/* as labels, each behind its length */
static uint8_t *put_domain(uint8_t *p, const struct ra_link *link, uint32_t seconds)
{
	size_t len = strnlen(link->domain, sizeof(link->domain)), bytes = (8 + len + 2 + 7) / 8 * 8;
	const char *label = link->domain;
	uint8_t *to = p + 8;

	if (!len || len == sizeof(link->domain))
		return p;
	put_head(p, OPT_DOMAIN, bytes);
	put32(p + 4, seconds);
	while (*label) {
		size_t n = strcspn(label, ".");

		*to++ = (uint8_t)n;
		memcpy(to, label, n);
		to += n;
		label += n + (label[n] == '.');
	}
	return p + bytes;
}

static uint8_t *put_options(uint8_t *p, const struct ra_link *link, bool last)
{
	uint32_t seconds = last ? 0 : ROUTER_S;

	memcpy(put_head(p, OPT_SOURCE_MAC, 8), link->router_mac, sizeof(link->router_mac));
	p += 8;
	put_head(p, OPT_MTU, 8);
	put32(p + 4, link->mtu);
	p += 8;
	p = put_prefix(p, link->prefix, 64, ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO, last);
	/* the other guests' prefixes: reached without the router */
	p = put_prefix(p, link->subnet, 48, ND_OPT_PI_FLAG_ONLINK, last);
	p = put_dns(p, link, seconds);
	return put_domain(p, link, seconds);
}

static uint32_t sum(uint32_t acc, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < len; i++)
		acc += i & 1 ? p[i] : (uint32_t)p[i] << 8;
	return acc;
}

/* @addresses: source and destination */
static uint16_t checksum(const void *addresses, const void *data, size_t len)
{
	uint32_t acc = sum(IPPROTO_ICMPV6 + (uint32_t)len, addresses, 32);

	acc = sum(acc, data, len);
	while (acc >> 16)
		acc = (acc & 0xffff) + (acc >> 16);
	return htons((uint16_t)~acc);
}

size_t ra_make(const struct ra_link *link, bool last, uint8_t *frame, size_t size)
{
	static const uint8_t all_nodes_mac[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	static const uint8_t none[16];
	struct frame *f = (struct frame *)frame;
	uint8_t *end;
	size_t len;

	if (!memcmp(link->prefix, none, sizeof(none)) || size < sizeof(*f) + OPTIONS_MAX)
		return 0;
	memset(f, 0, sizeof(*f));
	end = put_options(frame + sizeof(*f), link, last);
	len = (size_t)(end - (uint8_t *)&f->ra);

	memcpy(f->eth.ether_dhost, all_nodes_mac, 6);
	memcpy(f->eth.ether_shost, link->router_mac, 6);
	f->eth.ether_type = htons(ETHERTYPE_IPV6);
	f->ip.ip6_flow = htonl(6U << 28);
	f->ip.ip6_plen = htons((uint16_t)len);
	f->ip.ip6_nxt = IPPROTO_ICMPV6;
	f->ip.ip6_hlim = HOP_LIMIT;
	memcpy(&f->ip.ip6_src, link->router, 16);
	inet_pton(AF_INET6, "ff02::1", &f->ip.ip6_dst);
	f->ra.nd_ra_type = ND_ROUTER_ADVERT;
	f->ra.nd_ra_curhoplimit = HOPS_OF_GUEST;
	f->ra.nd_ra_router_lifetime = last ? 0 : htons(ROUTER_S);
	f->ra.nd_ra_cksum = checksum(&f->ip.ip6_src, &f->ra, len);
	return (size_t)(end - frame);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The port guard: a guest attacks its neighbour and the host in every way that a
 * check is for, in the open and hidden. Nothing may arrive, and the check's own counter
 * counts. With that check off the same frame arrives.
 *
 * Plays the VMM and the guests' virtio-net drivers. Needs root and a loaded module.
 */
#include <sys/mount.h>
#include <sys/wait.h>

#include "vnet_policy.h"

#define NET		"tgd"
#define IFNAME		"vmi-tgd"
#define SUBNET		"198.51.100.0"
#define GATEWAY		"198.51.100.1"

#define MARK_PORT	7777	/* of a frame that says: what was sent before is here or lost */
#define AT_GUEST	1
#define AT_HOST		2

static struct guest a, b;
static int host = -1;
static uint8_t host_mac[6], host_ll[16];
static uint8_t out[FRAME_MAX], in[FRAME_MAX];

static const uint8_t foreign[6] = { 2, 1, 2, 3, 4, 5 };
static const uint8_t all_nodes[16] = { 0xff, 2, [15] = 1 };
static const uint8_t all_routers[16] = { 0xff, 2, [15] = 2 };
static const uint8_t dhcp_servers[16] = { 0xff, 2, [13] = 1, [15] = 2 };
static const uint8_t a_ll[16] = { 0xfe, 0x80, [14] = 0xa, [15] = 1 };
static const uint8_t a_ll2[16] = { 0xfe, 0x80, [14] = 0xa, [15] = 2 };
static const uint8_t b_ll[16] = { 0xfe, 0x80, [14] = 0xb, [15] = 1 };
static const uint8_t any6[16];
static const uint8_t global[16] = { 0x20, 1, 0xd, 0xb8, [15] = 9 };

/* ---- IPv6 frames ---- */

/* Ethernet and IPv6 headers; bytes written */
static int ip6_put(uint8_t *f, const uint8_t *dmac, const uint8_t *sip, const uint8_t *dip, int next,
		   int payload)
{
	uint8_t mcast[6] = { 0x33, 0x33, dip[12], dip[13], dip[14], dip[15] };
	int n = eth_put(f, dmac ? dmac : mcast, a.info.mac, ETH_P_IPV6);

	memset(f + n, 0, 8);
	f[n] = 0x60;
	put16(f + n + 4, payload);
	f[n + 6] = next;
	f[n + 7] = 255;
	memcpy(f + n + 8, sip, 16);
	memcpy(f + n + 24, dip, 16);
	return n + 40;
}

/* the checksum of what is at @l4; not of fragments */
static void sum6(uint8_t *f, int l4, int at, int end, int proto)
{
	uint32_t sum = csum16(f + 14 + 8, 32, proto) + end - l4;

	put16(f + l4 + at, 0);
	sum = ~csum16(f + l4, end - l4, sum) & 0xffff;
	put16(f + l4 + at, sum ? sum : 0xffff);
}

struct nd {
	int type;
	const uint8_t *src;
	const uint8_t *target;	/* NULL: a router solicitation */
	int opt;		/* 0: none, 1 source, 2 target link-layer address */
	const uint8_t *lladdr;
};

static int nd_body(uint8_t *p, const struct nd *nd)
{
	int n = 8;

	memset(p, 0, 8);
	p[0] = nd->type;
	if (nd->type == 136)
		p[4] = 0x20;	/* override */
	if (nd->target) {
		memcpy(p + n, nd->target, 16);
		n += 16;
	}
	if (nd->opt) {
		p[n] = nd->opt;
		p[n + 1] = 1;
		memcpy(p + n + 2, nd->lladdr, 6);
		n += 8;
	}
	return n;
}

static int nd_put(const struct nd *nd)
{
	uint8_t body[64];
	int len = nd_body(body, nd);
	int n = ip6_put(out, NULL, nd->src, nd->type == 133 ? all_routers : all_nodes, 58, len);

	memcpy(out + n, body, len);
	sum6(out, n, 2, n + len, 58);
	return n + len;
}

static int udp6_put(const uint8_t *dmac, const uint8_t *sip, const uint8_t *dip, int sport, int dport)
{
	int n = ip6_put(out, dmac, sip, dip, 17, 8 + 20);

	put16(out + n, sport);
	put16(out + n + 2, dport);
	put16(out + n + 4, 28);
	memset(out + n + 8, 0x5a, 20);
	sum6(out, n, 6, n + 28, 17);
	return n + 28;
}

/* ---- the attacks, each into out; its length ---- */

static int udp4(const uint8_t *smac, uint32_t sip, int sport, int dport)
{
	return udp_put(out, bcast, smac, sip, INADDR_BROADCAST, sport, dport, 60, 0);
}

static int mac_udp(void)
{
	return udp4(foreign, a.info.ip, 1, 2);
}

static int mac_victim(void)
{
	return udp_put(out, bcast, b.info.mac, a.info.ip, INADDR_BROADCAST, 1, 2, 60, 0);
}

static int mac_unknown_type(void)
{
	int n = eth_put(out, bcast, foreign, 0x88b5);

	memset(out + n, 0, 60);
	return n + 60;
}

static int ip_other(void)
{
	return udp4(a.info.mac, inet_addr("198.51.100.77"), 1, 2);
}

static int ip_victim(void)
{
	return udp4(a.info.mac, b.info.ip, 1, 2);
}

static int ip_gateway(void)
{
	return udp4(a.info.mac, inet_addr(GATEWAY), 1, 2);
}

static int ip_none(void)
{
	return udp4(a.info.mac, 0, 1, 2);
}

/* a later fragment has no ports, but it has a source */
static int ip_fragment(void)
{
	int n = udp4(a.info.mac, b.info.ip, 1, 2);

	put16(out + 20, 100);
	put16(out + 24, 0);
	put16(out + 24, ~csum16(out + 14, 20, 0));
	return n;
}

static int ip6_global(void)
{
	return udp6_put(NULL, global, all_nodes, 1, 2);
}

static int ip6_multicast(void)
{
	return udp6_put(NULL, all_routers, all_nodes, 1, 2);
}

static int ip6_victim(void)
{
	return udp6_put(NULL, b_ll, all_nodes, 1, 2);
}

static int ip6_host(void)
{
	return udp6_put(NULL, host_ll, all_nodes, 1, 2);
}

static int ip6_none(void)
{
	return udp6_put(NULL, any6, all_nodes, 1, 2);
}

/* a later fragment of the victim's */
static int ip6_fragment(void)
{
	int n = ip6_put(out, NULL, b_ll, all_nodes, 44, 8 + 40);

	memset(out + n, 0, 48);
	out[n] = 17;
	put16(out + n + 2, 100 << 3);
	return n + 48;
}

static int arp_reply_victim(void)
{
	return arp_put(out, bcast, a.info.mac, 2, a.info.mac, b.info.ip, bcast, b.info.ip);
}

static int arp_reply_gateway(void)
{
	return arp_put(out, bcast, a.info.mac, 2, a.info.mac, inet_addr(GATEWAY), b.info.mac, b.info.ip);
}

static int arp_request_gateway(void)
{
	return arp_put(out, bcast, a.info.mac, 1, a.info.mac, inet_addr(GATEWAY), zero_mac, b.info.ip);
}

static int arp_mac(void)
{
	return arp_put(out, bcast, a.info.mac, 2, b.info.mac, a.info.ip, bcast, a.info.ip);
}

/* hardware addresses of 8 bytes: where they end the parser does not look */
static int arp_odd(void)
{
	int n = arp_put(out, bcast, a.info.mac, 2, a.info.mac, a.info.ip, bcast, a.info.ip);

	out[14 + 4] = 8;
	return n;
}

static int nd_na_victim(void)
{
	struct nd nd = { 136, a_ll, b_ll, 2, a.info.mac };

	return nd_put(&nd);
}

static int nd_na_host(void)
{
	struct nd nd = { 136, a_ll, host_ll, 2, a.info.mac };

	return nd_put(&nd);
}

static int nd_na_global(void)
{
	struct nd nd = { 136, a_ll, global, 2, a.info.mac };

	return nd_put(&nd);
}

static int nd_na_no_option(void)
{
	struct nd nd = { 136, a_ll, b_ll, 0, NULL };

	return nd_put(&nd);
}

static int nd_na_lladdr(void)
{
	struct nd nd = { 136, a_ll, a_ll, 2, foreign };

	return nd_put(&nd);
}

static int nd_ns_lladdr(void)
{
	struct nd nd = { 135, a_ll, b_ll, 1, foreign };

	return nd_put(&nd);
}

static int nd_ns_source(void)
{
	struct nd nd = { 135, b_ll, a_ll, 1, a.info.mac };

	return nd_put(&nd);
}

/* whoever is asked like that while it detects gives its address up */
static int nd_dad_victim(void)
{
	struct nd nd = { 135, any6, b_ll, 0, NULL };

	return nd_put(&nd);
}

static int nd_rs_lladdr(void)
{
	struct nd nd = { 133, a_ll, NULL, 1, foreign };

	return nd_put(&nd);
}

/* the second one counts for some */
static int nd_two_options(void)
{
	struct nd nd = { 136, a_ll, a_ll, 2, a.info.mac };
	int n = nd_put(&nd);

	memcpy(out + n, out + n - 8, 8);
	memcpy(out + n + 2, foreign, 6);
	put16(out + 18, n + 8 - 54);
	sum6(out, 54, 2, n + 8, 58);
	return n + 8;
}

static int nd_option_zero(void)
{
	struct nd nd = { 136, a_ll, a_ll, 2, foreign };
	int n = nd_put(&nd);

	out[n - 7] = 0;
	sum6(out, 54, 2, n, 58);
	return n;
}

/* the link-layer address stands behind more than is looked at */
static int nd_option_far(void)
{
	struct nd nd = { 136, a_ll, a_ll, 0, NULL };
	int n = nd_put(&nd);

	memset(out + n, 0, 80);
	out[n] = 253;
	out[n + 1] = 9;
	out[n + 72] = 2;
	out[n + 73] = 1;
	memcpy(out + n + 74, foreign, 6);
	put16(out + 18, n + 80 - 54);
	sum6(out, 54, 2, n + 80, 58);
	return n + 80;
}

static int nd_fragment(void)
{
	struct nd nd = { 136, a_ll, a_ll, 2, foreign };
	int n = ip6_put(out, NULL, a_ll, all_nodes, 44, 8 + 32);

	memset(out + n, 0, 8);
	out[n] = 58;
	nd_body(out + n + 8, &nd);
	return n + 40;
}

static int nd_behind_options(void)
{
	struct nd nd = { 136, a_ll, b_ll, 2, a.info.mac };
	int n = ip6_put(out, NULL, a_ll, all_nodes, 60, 8 + 32);

	memset(out + n, 0, 8);
	out[n] = 58;
	out[n + 2] = 1;
	out[n + 3] = 4;
	nd_body(out + n + 8, &nd);
	return n + 40;
}

static int dhcp_offer(void)
{
	return udp4(a.info.mac, a.info.ip, 67, 68);
}

static int dhcp_other_source(void)
{
	return udp4(a.info.mac, a.info.ip, 4000, 68);
}

static int dhcp_relay(void)
{
	return udp4(a.info.mac, a.info.ip, 67, 4000);
}

static int dhcp_fragment(void)
{
	int n = dhcp_offer();

	put16(out + 20, 0x2000);	/* more fragments */
	put16(out + 24, 0);
	put16(out + 24, ~csum16(out + 14, 20, 0));
	return n;
}

static int dhcp_ip_options(void)
{
	int n = dhcp_offer();

	memmove(out + 74, out + 34, n - 34);
	memset(out + 34, 1, 40);
	out[14] = 0x4f;
	put16(out + 16, get16(out + 16) + 40);
	put16(out + 24, 0);
	put16(out + 24, ~csum16(out + 14, 60, 0));
	return n + 40;
}

static int dhcp6_reply(void)
{
	return udp6_put(NULL, a_ll, all_nodes, 547, 546);
}

static int dhcp6_other_source(void)
{
	return udp6_put(NULL, a_ll, all_nodes, 4000, 546);
}

/* headers of @len bytes between IPv6 and a UDP header for DHCP clients */
static int dhcp6_far(void)
{
	int n = ip6_put(out, NULL, a_ll, all_nodes, 60, 256 + 28);

	memset(out + n, 0, 256 + 28);
	out[n] = 17;
	out[n + 1] = 31;
	out[n + 2] = 1;
	out[n + 3] = 252;
	put16(out + n + 256, 547);
	put16(out + n + 258, 546);
	put16(out + n + 260, 28);
	return n + 256 + 28;
}

static int ra_body(uint8_t *p)
{
	memset(p, 0, 16);
	p[0] = 134;
	p[4] = 64;
	put16(p + 6, 1800);
	return 16;
}

static int ra_plain(void)
{
	int n = ip6_put(out, NULL, a_ll, all_nodes, 58, 16);

	ra_body(out + n);
	sum6(out, n, 2, n + 16, 58);
	return n + 16;
}

static int ra_redirect(void)
{
	int n = ip6_put(out, NULL, a_ll, all_nodes, 58, 40);

	memset(out + n, 0, 40);
	out[n] = 137;
	memcpy(out + n + 8, a_ll, 16);
	memcpy(out + n + 24, global, 16);
	sum6(out, n, 2, n + 40, 58);
	return n + 40;
}

/* @count headers of that kind, 8 bytes each, before the advertisement */
static int ra_behind(int kind, int count)
{
	int n = ip6_put(out, NULL, a_ll, all_nodes, kind, count * 8 + 16), i;

	for (i = 0; i < count; i++, n += 8) {
		memset(out + n, 0, 8);
		out[n] = i + 1 == count ? 58 : kind;
		if (kind == 60 || kind == 0) {
			out[n + 2] = 1;
			out[n + 3] = 4;
		}
	}
	ra_body(out + n);
	return n + 16;
}

static int ra_hop_by_hop(void)
{
	return ra_behind(0, 1);
}

static int ra_destination(void)
{
	return ra_behind(60, 1);
}

static int ra_routing(void)
{
	return ra_behind(43, 1);
}

static int ra_atomic_fragment(void)
{
	return ra_behind(44, 1);
}

static int ra_many_headers(void)
{
	return ra_behind(60, 12);
}

/* one header that reaches beyond what is looked at */
static int ra_long_header(void)
{
	int n = ip6_put(out, NULL, a_ll, all_nodes, 60, 256 + 16);

	memset(out + n, 0, 256);
	out[n] = 58;
	out[n + 1] = 31;
	out[n + 2] = 1;
	out[n + 3] = 252;
	ra_body(out + n + 256);
	return n + 256 + 16;
}

/* the first fragment ends within the headers, the advertisement is in the second */
static int ra_first_fragment(void)
{
	int n = ip6_put(out, NULL, a_ll, all_nodes, 44, 16);

	memset(out + n, 0, 16);
	out[n] = 60;
	put16(out + n + 2, 1);
	out[n + 8] = 58;
	out[n + 9] = 1;
	out[n + 10] = 1;
	out[n + 11] = 12;
	return n + 16;
}

static const struct attack {
	const char *name;
	int (*make)(void);
	uint32_t guard;		/* the checks to switch off; the first one counts */
	const char *reason;
} attacks[] = {
	{ "MAC of nobody", mac_udp, GUARD(MAC), "source-mac" },
	{ "MAC of the victim", mac_victim, GUARD(MAC), "source-mac" },
	{ "MAC of nobody, not IP", mac_unknown_type, GUARD(MAC), "source-mac" },
	{ "IPv4 source of nobody", ip_other, GUARD(IP), "source-ip" },
	{ "IPv4 source of the victim", ip_victim, GUARD(IP), "source-ip" },
	{ "IPv4 source of the gateway", ip_gateway, GUARD(IP), "source-ip" },
	{ "IPv4 without a source", ip_none, GUARD(IP), "source-ip" },
	{ "IPv4 source in a fragment", ip_fragment, GUARD(IP), "source-ip" },
	{ "IPv6 source, global", ip6_global, GUARD(IP), "source-ip" },
	{ "IPv6 source, multicast", ip6_multicast, GUARD(IP), "source-ip" },
	{ "IPv6 source of the victim", ip6_victim, GUARD(IP), "source-ip" },
	{ "IPv6 source of the host", ip6_host, GUARD(IP), "source-ip" },
	{ "IPv6 without a source", ip6_none, GUARD(IP), "source-ip" },
	{ "IPv6 source in a fragment", ip6_fragment, GUARD(IP), "source-ip" },
	{ "ARP reply for the victim", arp_reply_victim, GUARD(ARP), "arp-spoof" },
	{ "ARP reply for the gateway", arp_reply_gateway, GUARD(ARP), "arp-spoof" },
	{ "ARP request of the gateway", arp_request_gateway, GUARD(ARP), "arp-spoof" },
	{ "ARP with another MAC", arp_mac, GUARD(ARP), "arp-spoof" },
	{ "ARP of an odd length", arp_odd, GUARD(ARP), "arp-spoof" },
	{ "ND advertisement of the victim", nd_na_victim, GUARD(ND), "nd-spoof" },
	{ "ND advertisement of the host", nd_na_host, GUARD(ND), "nd-spoof" },
	{ "ND advertisement, global", nd_na_global, GUARD(ND), "nd-spoof" },
	{ "ND advertisement without option", nd_na_no_option, GUARD(ND), "nd-spoof" },
	{ "ND advertisement, another MAC", nd_na_lladdr, GUARD(ND), "nd-spoof" },
	{ "ND solicitation, another MAC", nd_ns_lladdr, GUARD(ND), "nd-spoof" },
	{ "ND solicitation of the victim", nd_ns_source, GUARD(ND) | GUARD(IP), "nd-spoof" },
	{ "ND, the victim's address detected", nd_dad_victim, GUARD(ND), "nd-spoof" },
	{ "ND router solicitation, another MAC", nd_rs_lladdr, GUARD(ND), "nd-spoof" },
	{ "ND with two MACs", nd_two_options, GUARD(ND), "nd-spoof" },
	{ "ND with an option of no length", nd_option_zero, GUARD(ND), "nd-spoof" },
	{ "ND with a far option", nd_option_far, GUARD(ND), "nd-spoof" },
	{ "ND in a fragment", nd_fragment, GUARD(ND), "nd-spoof" },
	{ "ND behind options", nd_behind_options, GUARD(ND), "nd-spoof" },
	{ "DHCP offer", dhcp_offer, GUARD(DHCP), "rogue-dhcp-server" },
	{ "DHCP from another port", dhcp_other_source, GUARD(DHCP), "rogue-dhcp-server" },
	{ "DHCP to another port", dhcp_relay, GUARD(DHCP), "rogue-dhcp-server" },
	{ "DHCP in a fragment", dhcp_fragment, GUARD(DHCP), "rogue-dhcp-server" },
	{ "DHCP behind IPv4 options", dhcp_ip_options, GUARD(DHCP), "rogue-dhcp-server" },
	{ "DHCPv6 reply", dhcp6_reply, GUARD(DHCP), "rogue-dhcp-server" },
	{ "DHCPv6 from another port", dhcp6_other_source, GUARD(DHCP), "rogue-dhcp-server" },
	{ "DHCPv6 out of sight", dhcp6_far, GUARD(DHCP) | GUARD(RA) | GUARD(ND), NULL },
	{ "RA", ra_plain, GUARD(RA), "rogue-router-advertisement" },
	{ "redirect", ra_redirect, GUARD(RA), "rogue-router-advertisement" },
	{ "RA behind hop-by-hop options", ra_hop_by_hop, GUARD(RA), "rogue-router-advertisement" },
	{ "RA behind destination options", ra_destination, GUARD(RA), "rogue-router-advertisement" },
	{ "RA behind a routing header", ra_routing, GUARD(RA), "rogue-router-advertisement" },
	{ "RA in an atomic fragment", ra_atomic_fragment, GUARD(RA), "rogue-router-advertisement" },
	{ "RA behind a dozen headers", ra_many_headers, GUARD(RA) | GUARD(ND) | GUARD(DHCP),
		"rogue-router-advertisement" },
	{ "RA behind a long header", ra_long_header, GUARD(RA) | GUARD(ND) | GUARD(DHCP),
		"rogue-router-advertisement" },
	{ "RA in the second fragment", ra_first_fragment, GUARD(RA) | GUARD(ND) | GUARD(DHCP),
		"rogue-router-advertisement" },
};

#define NATTACKS	(sizeof(attacks) / sizeof(attacks[0]))

/* ---- how it is hidden ---- */

static int insert(int n, const uint8_t *what, int len)
{
	memmove(out + 12 + len, out + 12, n - 12);
	memcpy(out + 12, what, len);
	return n + len;
}

static int hide_not(int n)
{
	return n;
}

static int hide_vlan(int n)
{
	static const uint8_t tag[4] = { 0x81, 0, 0, 5 };

	return insert(n, tag, 4);
}

/* many take a priority tag off and go on as if it had not been there */
static int hide_priority(int n)
{
	static const uint8_t tag[4] = { 0x81, 0, 0xe0, 0 };

	return insert(n, tag, 4);
}

static int hide_service_vlan(int n)
{
	static const uint8_t tag[4] = { 0x88, 0xa8, 0, 0 };

	return insert(n, tag, 4);
}

static int hide_two_vlans(int n)
{
	static const uint8_t tags[8] = { 0x88, 0xa8, 0, 5, 0x81, 0, 0, 0 };

	return insert(n, tags, 8);
}

/* an LLC/SNAP header (RFC 1042), which some systems take IP out of */
static int hide_snap(int n)
{
	uint8_t snap[8] = { 0, 0, 0xaa, 0xaa, 3, 0, 0, 0 };

	put16(snap, n - 14 + 8);
	return insert(n, snap, 8);
}

static const struct hiding {
	const char *name;
	int (*hide)(int n);
} hidings[] = {
	{ "in the open", hide_not },
	{ "in a VLAN", hide_vlan },
	{ "with a priority tag", hide_priority },
	{ "in a service VLAN", hide_service_vlan },
	{ "in two VLANs", hide_two_vlans },
	{ "behind SNAP", hide_snap },
};

/* ---- sending, and who got it ---- */

static int is_mark(const uint8_t *f, int n)
{
	return n > 42 && get16(f + 12) == ETH_P_IP && f[23] == 17 && get16(f + 36) == MARK_PORT;
}

/*
 * Send a mark behind what a has sent, and wait for it everywhere. Returns who got something
 * else of a's or of the foreign MAC's meanwhile, or -1.
 */
static int arrived(void)
{
	static struct virtio_net_hdr_mrg_rxbuf hdr;
	static uint8_t mark[128];
	long end = now_us() + 5000000;
	int n, who = 0;

	n = udp_put(mark, bcast, a.info.mac, a.info.ip, INADDR_BROADCAST, 1, MARK_PORT, 10, 0);
	CHECK(!tx_frame(&a, NULL, mark, n, TX_ONE));
	for (;;) {
		n = rx_frame(&b, &hdr, in, 5000);
		CHECK(n > 0 && now_us() < end);
		if (is_mark(in, n))
			break;
		if (memcmp(in + 6, host_mac, 6))
			who |= AT_GUEST;
	}
	for (;;) {
		struct pollfd p = { .fd = host, .events = POLLIN };
		struct sockaddr_ll sll;
		socklen_t sl = sizeof(sll);

		CHECK(poll(&p, 1, 5000) == 1 && now_us() < end);
		n = recvfrom(host, in, sizeof(in), 0, (struct sockaddr *)&sll, &sl);
		CHECK(n > 0);
		if (sll.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (is_mark(in, n))
			break;
		if (memcmp(in + 6, host_mac, 6))
			who |= AT_HOST;
	}
	return who;
}

static long all_drops(void)
{
	static const char *const reasons[] = {
		"source-mac", "source-ip", "arp-spoof", "nd-spoof", "rogue-dhcp-server",
		"rogue-router-advertisement", "storm-limit", "bad-header", "runt", "too-long",
	};
	unsigned int i;
	long sum = 0;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		sum += port_drops(&a, reasons[i]);
	return sum;
}

/* one attack: it must be stopped by its own check, and by nothing else */
static int try_attack(const struct attack *at, const struct hiding *h)
{
	const char *reason = at->reason ? at->reason : "rogue-router-advertisement";
	long before, all;
	int n, who;

	before = port_drops(&a, reason);
	all = all_drops();
	n = h->hide(at->make());
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	who = arrived();
	/* what nobody can look behind counts for any of those that it may be */
	if (who || (at->reason && port_drops(&a, reason) != before + 1) || all_drops() != all + 1) {
		printf("# %s, %s: arrived %d, counted %ld of %ld\n", at->name, h->name, who,
		       port_drops(&a, reason) - before, all_drops() - all);
		return -1;
	}

	CHECK(!port_guard(a.port_id, 0, at->guard));
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	who = arrived();
	CHECK(!port_guard(a.port_id, at->guard, at->guard));
	if (who != (AT_GUEST | AT_HOST) || all_drops() != all + 1) {
		printf("# %s, %s, unchecked: arrived %d, dropped %ld\n", at->name, h->name, who,
		       all_drops() - all - 1);
		return -1;
	}
	return 0;
}

static int start(void)
{
	CHECK(!guest_start(&a, F_ALL));
	CHECK(!guest_start(&b, F_ALL));
	rx_post(&a, 128, 1536);
	rx_post(&b, 128, 1536);
	return 0;
}

static int stop(void)
{
	CHECK(!guest_stop(&a, NULL));
	CHECK(!guest_stop(&b, NULL));
	return 0;
}

/* the victim says which address is its own, as it does when it comes up */
static int victim_appears(void)
{
	struct nd nd = { 135, any6, b_ll, 0, NULL };
	int n = nd_put(&nd);

	memcpy(out + 6, b.info.mac, 6);
	CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
	do {
		CHECK(host_recv(host, ETH_P_IPV6, in, sizeof(in), 2000) > 0);
	} while (memcmp(in, out, n));
	return 0;
}

static int attack_all(const struct hiding *h)
{
	unsigned int i, bad = 0;

	CHECK(!start());
	CHECK(!net_storm(NET, 1000000));
	CHECK(!victim_appears());
	host_flush(host);
	for (i = 0; i < NATTACKS; i++)
		bad += !!try_attack(&attacks[i], h);
	CHECK(!bad);
	return stop();
}

static int test_open(void)
{
	return attack_all(&hidings[0]);
}

static int test_vlan(void)
{
	return attack_all(&hidings[1]);
}

static int test_priority(void)
{
	return attack_all(&hidings[2]);
}

static int test_service_vlan(void)
{
	return attack_all(&hidings[3]);
}

static int test_two_vlans(void)
{
	return attack_all(&hidings[4]);
}

static int test_snap(void)
{
	return attack_all(&hidings[5]);
}

/* to the victim itself and to the host, not by broadcast */
static int test_unicast(void)
{
	long before;
	int n, i;

	CHECK(!start());
	CHECK(!victim_appears());
	host_flush(host);
	for (i = 0; i < 2; i++) {
		const uint8_t *to = i ? host_mac : b.info.mac;

		before = port_drops(&a, "arp-spoof");
		n = arp_put(out, to, a.info.mac, 2, a.info.mac, inet_addr(GATEWAY), to, b.info.ip);
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
		CHECK(!arrived() && port_drops(&a, "arp-spoof") == before + 1);
		before = port_drops(&a, "nd-spoof");
		n = nd_na_victim();
		memcpy(out, to, 6);
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
		CHECK(!arrived() && port_drops(&a, "nd-spoof") == before + 1);
	}
	return stop();
}

/* what an honest guest sends is not in its way */
static int test_honest(void)
{
	struct nd dad = { 135, any6, a_ll, 0, NULL };
	struct nd na = { 136, a_ll, a_ll, 2, a.info.mac };
	struct nd ns = { 135, a_ll, b_ll, 1, a.info.mac };
	struct nd rs = { 133, a_ll, NULL, 1, a.info.mac };
	struct nd rs0 = { 133, any6, NULL, 0, NULL };
	struct nd dad2 = { 135, any6, a_ll2, 0, NULL };
	const struct nd *nds[] = { &dad, &na, &ns, &rs, &rs0, &dad2 };
	unsigned int i;
	long all;
	int n;

	CHECK(!start());
	CHECK(!victim_appears());
	host_flush(host);
	all = all_drops();
	n = arp_put(out, bcast, a.info.mac, 1, a.info.mac, 0, zero_mac, a.info.ip);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && arrived() == (AT_GUEST | AT_HOST));
	n = arp_put(out, bcast, a.info.mac, 1, a.info.mac, a.info.ip, zero_mac, a.info.ip);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && arrived() == (AT_GUEST | AT_HOST));
	for (i = 0; i < sizeof(nds) / sizeof(nds[0]); i++) {
		n = nd_put(nds[i]);
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && arrived() == (AT_GUEST | AT_HOST));
	}
	/* multicast listener report, without an address yet, behind a router alert */
	n = ip6_put(out, NULL, any6, all_routers, 0, 8 + 28);
	memset(out + n, 0, 36);
	out[n] = 58;
	out[n + 2] = 5;
	out[n + 3] = 2;
	out[n + 8] = 143;
	CHECK(!tx_frame(&a, NULL, out, n + 36, TX_ONE) && arrived() == (AT_GUEST | AT_HOST));
	/* a DHCPv6 client, and IPv6 between neighbours */
	n = udp6_put(NULL, a_ll, dhcp_servers, 546, 547);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && arrived() == (AT_GUEST | AT_HOST));
	n = udp6_put(b.info.mac, a_ll, b_ll, 1000, 2000);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && arrived() == AT_GUEST);
	/* IGMP without an address, and a fragment of one's own */
	n = ip_put(out, bcast, a.info.mac, 0, inet_addr("224.0.0.22"), 2, 16);
	memset(out + n, 0, 16);
	CHECK(!tx_frame(&a, NULL, out, n + 16, TX_ONE) && arrived() == (AT_GUEST | AT_HOST));
	n = udp4(a.info.mac, a.info.ip, 1, 2);
	put16(out + 20, 100);
	put16(out + 24, 0);
	put16(out + 24, ~csum16(out + 14, 20, 0));
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && arrived() == (AT_GUEST | AT_HOST));
	CHECK(all_drops() == all);
	return stop();
}

/* an address is its first user's, until that one has gone or has used too many others */
static int test_claims(void)
{
	struct nd dad = { 135, any6, a_ll, 0, NULL };
	uint8_t addr[16];
	long before;
	int n, i;

	CHECK(!start());
	n = nd_put(&dad);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	memcpy(out + 6, b.info.mac, 6);
	before = port_drops(&b, "nd-spoof");
	CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
	CHECK(port_drops(&b, "nd-spoof") == before + 1);
	/* a has gone */
	CHECK(!guest_stop(&a, NULL));
	CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
	CHECK(port_drops(&b, "nd-spoof") == before + 1);
	CHECK(!guest_start(&a, F_ALL));
	before = port_drops(&a, "nd-spoof");
	n = nd_put(&dad);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(port_drops(&a, "nd-spoof") == before + 1);

	/* who makes addresses up loses its own, and nobody else's */
	memcpy(addr, a_ll, 16);
	before = port_drops(&a, "source-ip");
	for (i = 0; i < 500; i++) {
		put16(addr + 8, i + 1);
		n = udp6_put(host_mac, addr, host_ll, 1, 2);
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	}
	CHECK(port_drops(&a, "source-ip") == before);
	n = udp6_put(host_mac, a_ll, host_ll, 1, 2);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	CHECK(port_drops(&a, "source-ip") == before + 1);
	put16(addr + 8, 1);
	n = udp6_put(host_mac, addr, host_ll, 1, 2);
	memcpy(out + 6, b.info.mac, 6);
	before = port_drops(&b, "source-ip");
	CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
	CHECK(port_drops(&b, "source-ip") == before);
	put16(addr + 8, 500);
	n = udp6_put(host_mac, addr, host_ll, 1, 2);
	memcpy(out + 6, b.info.mac, 6);
	CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
	CHECK(port_drops(&b, "source-ip") == before + 1);
	return stop();
}

static int broadcasts(int count, int *got)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	int i, n;

	*got = 0;
	for (i = 0; i < count; i++) {
		n = udp4(a.info.mac, a.info.ip, 1, 4242);
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
		while ((n = rx_frame(&b, &hdr, in, 0)) > 0)
			*got += get16(in + 12) == ETH_P_IP && get16(in + 36) == 4242;
	}
	while ((n = rx_frame(&b, &hdr, in, 200)) > 0)
		*got += get16(in + 12) == ETH_P_IP && get16(in + 36) == 4242;
	return 0;
}

static int test_storm(void)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	long before, dropped, t;
	int n, i, got, most;

	CHECK(!start());
	rx_flush(&b);
	CHECK(!net_storm(NET, 20));
	before = port_drops(&a, "storm-limit");
	t = now_us();
	CHECK(!broadcasts(200, &got));
	most = 20 + 20 * (now_us() - t) / 1000000 + 2;
	dropped = port_drops(&a, "storm-limit") - before;
	printf("# of 200 frames %d came, %ld were dropped\n", got, dropped);
	CHECK(got + dropped == 200);
	CHECK(got >= 20 && got <= most && dropped > 50);
	/* what is for one is none of its business */
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 4242, 60, 0);
	for (i = 0; i < 50; i++) {
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
		CHECK(rx_frame(&b, &hdr, in, 1000) == n);
	}
	CHECK(!port_guard(a.port_id, 0, GUARD(STORM)));
	CHECK(!broadcasts(200, &got));
	CHECK(got == 200);
	CHECK(!port_guard(a.port_id, GUARD(STORM), GUARD(STORM)));
	/* more allowed takes effect at once */
	CHECK(!net_storm(NET, 1000000));
	CHECK(!broadcasts(200, &got));
	CHECK(got == 200);
	CHECK(!net_storm(NET, 1000));
	return stop();
}

/* a guest on an isolated port sees the host and nobody else; nobody else sees it */
static int test_isolated(void)
{
	long before;
	int n, i;

	CHECK(!start());
	CHECK(!net_storm(NET, 1000000));
	host_flush(host);
	for (i = 0; i < 2; i++) {
		struct guest *one = i ? &b : &a;

		CHECK(!port_set_u8(one->port_id, VMI_A_PORT_ISOLATED, 1));
		before = port_drops(&a, "isolated");
		n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 60, 0);
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
		CHECK(port_drops(&a, "isolated") == before + 1);
		/* no mark can come to b: the host has all, b nothing */
		n = udp4(a.info.mac, a.info.ip, 1, 4243);
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
		do {
			CHECK(host_recv(host, ETH_P_IP, in, sizeof(in), 2000) > 0);
		} while (get16(in + 36) != 4243);
		n = udp_put(out, a.info.mac, b.info.mac, b.info.ip, a.info.ip, 1, 2, 60, 0);
		before = port_drops(&b, "isolated");
		CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
		CHECK(port_drops(&b, "isolated") == before + 1);
		CHECK(!port_set_u8(one->port_id, VMI_A_PORT_ISOLATED, 0));
	}
	host_flush(host);
	CHECK(arrived() == 0);
	return stop();
}

/* the network's checks are those of its ports, but for ports that have their own */
static int test_defaults(void)
{
	struct policy_query q = { 0 };

	CHECK(!port_set_u8(a.port_id, VMI_A_PORT_GUARD_OWN, 0));
	CHECK(!port_policy(a.port_id, &q) && q.guard == GUARD_ALL && !q.own && !q.isolated);
	CHECK(!net_guard(NET, 0, GUARD(MAC) | GUARD(RA)));
	CHECK(!port_policy(a.port_id, &q) && q.guard == (GUARD_ALL & ~(GUARD(MAC) | GUARD(RA))));
	CHECK(!port_guard(a.port_id, GUARD(MAC), GUARD(MAC)));
	CHECK(!port_policy(a.port_id, &q) && q.own && q.guard == (GUARD_ALL & ~GUARD(RA)));
	CHECK(!net_guard(NET, 0, GUARD_ALL));
	CHECK(!port_policy(a.port_id, &q) && q.own && q.guard == (GUARD_ALL & ~GUARD(RA)));
	CHECK(!port_policy(b.port_id, &q) && !q.own && !q.guard);
	CHECK(!port_set_u8(a.port_id, VMI_A_PORT_GUARD_OWN, 0));
	CHECK(!port_policy(a.port_id, &q) && !q.own && !q.guard);
	CHECK(!net_guard(NET, GUARD_ALL, GUARD_ALL));
	CHECK(!port_policy(a.port_id, &q) && !q.own && q.guard == GUARD_ALL);
	CHECK(refused(port_guard(a.port_id, GUARD_ALL + 1, GUARD_ALL + 1), EINVAL));
	CHECK(refused(net_guard(NET, GUARD_ALL + 1, ~0U), EINVAL));
	CHECK(refused(net_storm(NET, 0), ERANGE));
	CHECK(refused(port_set_u8(a.port_id, VMI_A_PORT_ISOLATED, 2), ERANGE));
	CHECK(refused(port_guard(0xffffff, 0, 0), ENOENT));
	return 0;
}

/* a guest that is a bridge: what is behind it is reached, and only as long as it may be one */
static int test_bridge(void)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	long before;
	int n, i;

	CHECK(!start());
	CHECK(!port_guard(a.port_id, 0, GUARD_ALL));
	n = udp_put(out, b.info.mac, foreign, inet_addr("198.51.100.9"), b.info.ip, 1, 2, 60, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	do {
		CHECK(rx_frame(&b, &hdr, in, 2000) > 0);
	} while (memcmp(in, out, n));
	for (i = 0; i < 2; i++) {
		n = udp_put(out, foreign, b.info.mac, b.info.ip, inet_addr("198.51.100.9"), 2, 1, 60, 0);
		if (!i) {
			CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
		} else {
			memcpy(out + 6, host_mac, 6);
			CHECK(send(host, out, n, 0) == n);
		}
		do {
			CHECK(rx_frame(&a, &hdr, in, 2000) > 0);
		} while (memcmp(in, out, n));
	}
	/* a port's own address cannot be learned elsewhere */
	n = udp_put(out, bcast, b.info.mac, a.info.ip, INADDR_BROADCAST, 1, 2, 60, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 4244, 60, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	do {
		CHECK(rx_frame(&b, &hdr, in, 2000) > 0);
	} while (memcmp(in, out, n));
	CHECK(!port_set_u8(a.port_id, VMI_A_PORT_GUARD_OWN, 0));
	n = udp_put(out, foreign, b.info.mac, b.info.ip, inet_addr("198.51.100.9"), 2, 1, 60, 0);
	before = port_drops(&b, "no-destination");
	CHECK(!tx_frame(&b, NULL, out, n, TX_ONE));
	CHECK(port_drops(&b, "no-destination") == before + 1);
	return stop();
}

static int put_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	int len = strlen(text), n;

	if (fd < 0)
		return -1;
	n = write(fd, text, len);
	close(fd);
	return n == len ? 0 : -1;
}

#define TRACING	"/sys/kernel/tracing/"

/* one line of the trace that has all these words */
static int traced(const char *event, const char *a1, const char *a2, const char *a3)
{
	char line[512];
	FILE *f = fopen(TRACING "trace", "r");
	int found = 0;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, event) && strstr(line, a1) && strstr(line, a2) &&
			strstr(line, a3);
	if (f)
		fclose(f);
	return found;
}

static int test_trace(void)
{
	int mounted = access(TRACING "events", F_OK) &&
		      !mount("tracefs", TRACING, "tracefs", 0, NULL);
	char port[32], to[32];
	int n;

	CHECK(!access(TRACING "events/vmi/vmi_frame_drop/enable", W_OK));
	CHECK(!start());
	CHECK(!put_file(TRACING "trace", ""));
	CHECK(!put_file(TRACING "events/vmi/vmi_frame_drop/filter", "reason == \"source-ip\""));
	CHECK(!put_file(TRACING "events/vmi/enable", "1"));
	n = ip_victim();
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	n = arp_mac();
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 60, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	n = udp4(a.info.mac, a.info.ip, 1, 2);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	/* a descriptor outside the guest's memory */
	desc_set(&a, 1, 0, GMEM, 100, 0, 0);
	avail_add(&a, 1, 0);
	kick(&a, 1);
	while (!traced("vmi_port_fault", "fault=bad-address", "", "") && n++ < 10000)
		usleep(100);
	CHECK(!put_file(TRACING "events/vmi/enable", "0"));
	CHECK(!put_file(TRACING "events/vmi/vmi_frame_drop/filter", "0"));
	snprintf(port, sizeof(port), " port=%u ", a.port_id);
	snprintf(to, sizeof(to), " to=%u ", b.port_id);
	CHECK(traced("vmi_frame_drop:", port, "reason=source-ip", "net=" NET));
	CHECK(!traced("vmi_frame_drop:", "", "arp-spoof", ""));
	CHECK(traced("vmi_frame_forward:", port, to, "where=port"));
	CHECK(traced("vmi_frame_forward:", port, "where=flood", "dst=ff:ff:ff:ff:ff:ff"));
	CHECK(traced("vmi_frame_forward:", port, "where=host", "proto=0x0800"));
	CHECK(traced("vmi_port_fault:", port, "fault=bad-address", "net=" NET));
	CHECK(!mounted || !umount(TRACING));
	return stop();
}

/* guards and limits are not the guest's owner's to change */
static int test_permission(void)
{
	struct port_new_args pa = { .vm = "tgd-u", .net = NET };
	struct nlmsghdr *nlh;
	uint32_t id = 0;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	CHECK(pid >= 0);
	if (!pid) {
		int ok = !setresgid(65534, 65534, 65534) && !setresuid(65534, 65534, 65534) &&
			 !vnet_open_nl() && !nl_vm(VMI_CMD_VM_NEW, pa.vm) && !port_new(&pa, &id);

		ok = ok && !port_link(id, 0) && !port_link(id, 1);
		ok = ok && refused(port_guard(id, 0, GUARD(MAC)), EPERM);
		ok = ok && refused(port_set_u8(id, VMI_A_PORT_ISOLATED, 0), EPERM);
		ok = ok && refused(port_set_u8(id, VMI_A_PORT_GUARD_OWN, 0), EPERM);
		nlh = nl_request(nl_family, VMI_CMD_PORT_NEW, 0);
		mnl_attr_put_strz(nlh, VMI_A_PORT_VM, pa.vm);
		mnl_attr_put_strz(nlh, VMI_A_PORT_NET, pa.net);
		mnl_attr_put_u32(nlh, VMI_A_PORT_GUARD, 0);
		ok = ok && refused(nl_talk(nlh, NULL, NULL), EPERM);
		ok = ok && refused(net_guard(NET, 0, ~0U), EPERM);
		ok = ok && !nl_vm(VMI_CMD_VM_DEL, pa.vm);
		_exit(!ok);
	}
	CHECK(waitpid(pid, &status, 0) == pid && !status);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "checks of the network, and of a port's own", test_defaults },
	{ "attacks in the open", test_open },
	{ "attacks in a VLAN", test_vlan },
	{ "attacks with a priority tag", test_priority },
	{ "attacks in a service VLAN", test_service_vlan },
	{ "attacks in two VLANs", test_two_vlans },
	{ "attacks behind SNAP", test_snap },
	{ "attacks on one", test_unicast },
	{ "an honest guest is not in the way", test_honest },
	{ "IPv6 addresses belong to their first user", test_claims },
	{ "storm limit", test_storm },
	{ "isolated ports", test_isolated },
	{ "a guest that is a bridge", test_bridge },
	{ "tracepoints", test_trace },
	{ "only for CAP_NET_ADMIN", test_permission },
};

/* the host's MAC and link-local address */
static int get_host(void)
{
	char line[128], dev[32];
	unsigned int m[16], i, flags;
	FILE *f = fopen("/sys/class/net/" IFNAME "/address", "r");
	int ok;

	CHECK(f && fgets(line, sizeof(line), f));
	fclose(f);
	CHECK(sscanf(line, "%x:%x:%x:%x:%x:%x", m, m + 1, m + 2, m + 3, m + 4, m + 5) == 6);
	for (i = 0; i < 6; i++)
		host_mac[i] = m[i];
	f = fopen("/proc/net/if_inet6", "r");
	CHECK(f);
	ok = 0;
	while (!ok && fgets(line, sizeof(line), f)) {
		for (i = 0; i < 16 && sscanf(line + 2 * i, "%2x", &m[i]) == 1; i++)
			host_ll[i] = m[i];
		ok = sscanf(line + 32, "%*x %*x %*x %x %31s", &flags, dev) == 2 &&
		     !strcmp(dev, IFNAME);
	}
	fclose(f);
	CHECK(ok);
	return 0;
}

static int setup(void)
{
	struct net_args n = { .name = NET, .subnet = SUBNET, .prefix = 24 };

	CHECK(!vnet_open());
	CHECK(!net_new(&n));
	CHECK(!get_host());
	host = host_open(net_ifindex(NET));
	CHECK(host >= 0);
	CHECK(!guest_new(&a, "tgd-a", NET));
	CHECK(!guest_new(&b, "tgd-b", NET));
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
			port_set_u8(a.port_id, VMI_A_PORT_ISOLATED, 0);
			port_set_u8(b.port_id, VMI_A_PORT_ISOLATED, 0);
			port_set_u8(a.port_id, VMI_A_PORT_GUARD_OWN, 0);
			net_guard(NET, GUARD_ALL, GUARD_ALL);
			host_flush(host);
		}
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

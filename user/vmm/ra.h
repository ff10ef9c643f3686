/* SPDX-License-Identifier: GPL-2.0 */
/* Router advertisements for one guest (RFC 4861, RFC 8106): its router is the host. */
#ifndef VMM_RA_H
#define VMM_RA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/vmi_chr.h>

#define RA_INTERVAL_S	600	/* how often one is sent unasked; a third of what the guest keeps it */

/**
 * struct ra_link - what the guest is told; addresses in network byte order
 * @prefix: /64 in which it makes its addresses; 0: there is no IPv6
 * @subnet: /48 that is on the link
 * @router: link-local address of the router
 * @router_mac: its Ethernet address
 * @dns: name servers, 0 behind the last
 * @domain: search domain, empty for none
 * @mtu: bytes, of an IP packet
 */
struct ra_link {
	uint8_t prefix[16];
	uint8_t subnet[16];
	uint8_t router[16];
	uint8_t router_mac[6];
	uint8_t dns[VMI_DNS_MAX][16];
	char domain[VMI_DOMAIN_LEN];
	uint16_t mtu;
};

/* Is the Ethernet frame, which may be anything, a router solicitation? */
bool ra_is_asked(const uint8_t *frame, size_t len);

/*
 * @last: the guest is to forget the router and what it was told of it.
 * Return: bytes of the advertisement's frame in @frame, or 0 for none.
 */
size_t ra_make(const struct ra_link *link, bool last, uint8_t *frame, size_t size);

#endif /* VMM_RA_H */

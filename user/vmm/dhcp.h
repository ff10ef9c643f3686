/* SPDX-License-Identifier: GPL-2.0 */
/* The DHCP server of one guest (RFC 2131, options of RFC 2132): it has one address to give. */
#ifndef VMM_DHCP_H
#define VMM_DHCP_H

#include <stddef.h>
#include <stdint.h>

#include <linux/vmi_chr.h>

/**
 * struct dhcp_lease - what the guest is told; addresses in network byte order, 0 for none
 * @mac: the only client's
 * @ip: its address
 * @netmask: of the network
 * @gateway: default router
 * @dns: name servers
 * @domain: search domain, empty for none
 * @server: address that is answered from
 * @seconds: time of the lease
 * @mtu: bytes, of an IP packet
 */
struct dhcp_lease {
	uint8_t mac[6];
	uint32_t ip;
	uint32_t netmask;
	uint32_t gateway;
	uint32_t dns[VMI_DNS_MAX];
	char domain[VMI_DOMAIN_LEN];
	uint32_t server;
	uint32_t seconds;
	uint16_t mtu;
};

/*
 * Answer the Ethernet frame @request, which may be anything.
 * Return: bytes of the answering frame in @reply, or 0 for no answer.
 */
size_t dhcp_answer(const struct dhcp_lease *lease, const uint8_t *request, size_t len,
		   uint8_t *reply, size_t size);

#endif /* VMM_DHCP_H */

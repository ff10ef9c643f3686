/* SPDX-License-Identifier: GPL-2.0 */
/* The host's resolvers, as a guest could use them. */
#ifndef VMICTL_RESOLV_H
#define VMICTL_RESOLV_H

#include <netinet/in.h>

#include <linux/vmi_chr.h>

/**
 * struct resolv - what a host's configuration says
 * @dns: name servers that are reached over the network, so none on a loopback address
 * @ndns: their number
 * @dns6: the same of IPv6; without those on a link of the host
 * @ndns6: their number
 * @domain: first search domain, or empty
 */
struct resolv {
	struct in_addr dns[VMI_DNS_MAX];
	unsigned int ndns;
	struct in6_addr dns6[VMI_DNS_MAX];
	unsigned int ndns6;
	char domain[VMI_DOMAIN_LEN];
};

void resolv_read(struct resolv *r);

#endif /* VMICTL_RESOLV_H */

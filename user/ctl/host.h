/* SPDX-License-Identifier: GPL-2.0 */
/* How the host's own network is set up, as far as guests depend on it. */
#ifndef VMICTL_HOST_H
#define VMICTL_HOST_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

/* of the public addresses: only a default route leads there */
#define HOST_WORLD	((struct in_addr){ .s_addr = htonl(0x01000001) })

/**
 * struct host_route - where the host would send a guest's packet
 * @error: 0, or the errno of why it would not
 * @ifindex: the interface
 * @ifname: its name
 * @has_address: that has an IPv4 address
 * @up: it is up and has a carrier
 * @mtu: of the interface
 */
struct host_route {
	int error;
	uint32_t ifindex;
	char ifname[IF_NAMESIZE];
	bool has_address;
	bool up;
	uint32_t mtu;
};

/* The route of a packet from @from that came in by @iif. Return: 0 or a negative errno. */
int host_route_get(struct in_addr to, struct in_addr from, uint32_t iif, struct host_route *r);
/* The same for IPv6, for any sender; only error and the interface are set. */
int host_route_get6(const struct in6_addr *to, struct host_route *r);

/**
 * host_overlap() - a route of another interface into a subnet
 * @subnet: the subnet
 * @len: its prefix length
 * @ifindex: its own interface
 * @ifname: set to the other one's name, IF_NAMESIZE bytes; empty when there is none
 *
 * Return: 0 or a negative errno.
 */
int host_overlap(struct in_addr subnet, unsigned int len, uint32_t ifindex, char *ifname);

/**
 * host_forward_drop() - chains that drop what nothing in them accepts
 * @text: their names, with commas; empty when there is none
 * @size: of @text
 *
 * Return: 0, or a negative errno: -EPERM without CAP_NET_ADMIN.
 */
int host_forward_drop(char *text, size_t size);

/* A number out of a file; @val is left alone when there is none. */
void host_number(const char *path, uint64_t *val);

#endif /* VMICTL_HOST_H */

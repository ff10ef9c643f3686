// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <linux/vmi.h>

#include "ctl.h"
#include "netopts.h"
#include "policy.h"
#include "resolv.h"

const char *netopt_mode(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	int mode = vmi_net_mode_parse(val);

	if (mode < 0)
		return "is none of host-only, nat and bridged";
	spec->net.mode = (uint32_t)mode;
	spec->has |= VMI_HAS(VMI_A_NET_MODE);
	return NULL;
}

const char *netopt_subnet(const char *val, void *dest)
{
	static const char wrong[] = "is not a subnet like 192.0.2.0/24";
	struct vmi_net_spec *spec = dest;
	const char *slash = strchr(val, '/');
	char ip[INET_ADDRSTRLEN];
	uint32_t bits, host;

	if (!slash || (size_t)(slash - val) >= sizeof(ip) || set_u32(slash + 1, &bits))
		return wrong;
	memcpy(ip, val, (size_t)(slash - val));
	ip[slash - val] = '\0';
	if (inet_pton(AF_INET, ip, &spec->net.subnet) != 1)
		return wrong;
	if (bits < 8 || bits > 30)
		return "has a prefix length that is not from 8 to 30";
	host = ntohl(spec->net.subnet.s_addr) & (0xffffffffU >> bits);
	if (host)
		return "is an address within a subnet, not the subnet itself";
	spec->net.prefix_len = (uint8_t)bits;
	spec->has |= VMI_HAS(VMI_A_NET_SUBNET) | VMI_HAS(VMI_A_NET_PREFIX_LEN);
	return NULL;
}

const char *netopt_gateway(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;

	spec->has |= VMI_HAS(VMI_A_NET_GATEWAY);
	return set_ip(val, &spec->net.gateway);
}

const char *netopt_range(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	const char *dash = strchr(val, '-');
	char first[INET_ADDRSTRLEN];

	if (!dash || (size_t)(dash - val) >= sizeof(first))
		return "is not a range like 192.0.2.100-192.0.2.199";
	memcpy(first, val, (size_t)(dash - val));
	first[dash - val] = '\0';
	if (set_ip(first, &spec->net.range_first) || set_ip(dash + 1, &spec->net.range_last))
		return "is not a range like 192.0.2.100-192.0.2.199";
	if (ntohl(spec->net.range_first.s_addr) > ntohl(spec->net.range_last.s_addr))
		return "ends before it begins";
	spec->has |= VMI_HAS(VMI_A_NET_RANGE_FIRST) | VMI_HAS(VMI_A_NET_RANGE_LAST);
	return NULL;
}

const char *netopt_lease(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	const char *wrong = set_u32(val, &spec->net.lease_s);

	if (!wrong && spec->net.lease_s < 60)
		wrong = "is less than 60 seconds";
	spec->has |= VMI_HAS(VMI_A_NET_LEASE_S);
	return wrong;
}

const char *netopt_mtu(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	const char *wrong = set_u32(val, &spec->net.mtu);

	if (!wrong && (spec->net.mtu < 576 || spec->net.mtu > 9216))
		wrong = "is not from 576 to 9216 bytes";
	spec->has |= VMI_HAS(VMI_A_NET_MTU);
	return wrong;
}

const char *netopt_ageing(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	uint32_t s;
	const char *wrong = set_u32(val, &s);

	if (wrong)
		return wrong;
	if (!s)
		return "is no time at all";
	if (s > UINT32_MAX / 1000)
		return "is too large";
	spec->net.ageing_ms = s * 1000;
	spec->has |= VMI_HAS(VMI_A_NET_AGEING_MS);
	return NULL;
}

const char *netopt_ifname(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;

	if (!val[0] || strlen(val) >= sizeof(spec->net.ifname))
		return "cannot be an interface's name (1 to 15 characters)";
	strcpy(spec->net.ifname, val);
	spec->has |= VMI_HAS(VMI_A_NET_IFNAME);
	return NULL;
}

const char *netopt_guard(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;

	spec->has |= VMI_HAS(VMI_A_NET_GUARD);
	return policy_guard(val, &spec->net.guard, &spec->guard_mask);
}

const char *netopt_storm(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	const char *wrong = set_u32(val, &spec->net.storm_pps);

	if (wrong)
		return wrong;
	if (!spec->net.storm_pps || spec->net.storm_pps > 1000000)
		return "is not from 1 to 1000000 frames a second";
	spec->has |= VMI_HAS(VMI_A_NET_STORM_PPS);
	return NULL;
}

const char *netopt_uplink(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;

	if (!val[0] || strlen(val) >= sizeof(spec->net.uplink))
		return "cannot be an interface's name (1 to 15 characters)";
	strcpy(spec->net.uplink, val);
	spec->has |= VMI_HAS(VMI_A_NET_UPLINK);
	return NULL;
}

/* RFC 4193 section 3.2: 40 random bits */
static const char *random_subnet6(struct in6_addr *subnet)
{
	memset(subnet, 0, sizeof(*subnet));
	if (getrandom(subnet->s6_addr + 1, 5, 0) != 5)
		return "is not to be had: no random numbers";
	subnet->s6_addr[0] = 0xfd;
	return NULL;
}

const char *netopt_subnet6(const char *val, void *dest)
{
	static const char wrong[] = "is not auto or a subnet like fd12:3456:789a::/48";
	struct vmi_net_spec *spec = dest;
	const char *slash = strchr(val, '/');
	char ip[INET6_ADDRSTRLEN];
	size_t i;

	spec->has |= VMI_HAS(VMI_A_NET_SUBNET6);
	if (!strcmp(val, "auto"))
		return random_subnet6(&spec->net.subnet6);
	if (!slash || (size_t)(slash - val) >= sizeof(ip) || strcmp(slash, "/48"))
		return wrong;
	memcpy(ip, val, (size_t)(slash - val));
	ip[slash - val] = '\0';
	if (inet_pton(AF_INET6, ip, &spec->net.subnet6) != 1 || spec->net.subnet6.s6_addr[0] != 0xfd)
		return wrong;
	for (i = 6; i < 16; i++)
		if (spec->net.subnet6.s6_addr[i])
			return "is an address within a subnet, not the subnet itself";
	return NULL;
}

static const char *dns_list(const char *val, struct vmi_net *net)
{
	char text[2 * VMI_DNS_MAX * INET6_ADDRSTRLEN + 1], *save, *word;

	if (strlen(val) >= sizeof(text))
		return "is too long for at most 4 addresses of each kind";
	strcpy(text, val);
	for (word = strtok_r(text, ",", &save); word; word = strtok_r(NULL, ",", &save)) {
		bool v6 = strchr(word, ':');

		if ((v6 ? net->ndns6 : net->ndns) == VMI_DNS_MAX)
			return "has more than 4 addresses of a kind";
		if (v6 ? inet_pton(AF_INET6, word, &net->dns6[net->ndns6++]) != 1 :
			 inet_pton(AF_INET, word, &net->dns[net->ndns++]) != 1)
			return "is not auto, none or addresses with commas between them";
	}
	return net->ndns || net->ndns6 ? NULL : "has no address (to have none, say: none)";
}

const char *netopt_dns(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	struct resolv r;

	spec->has |= VMI_HAS(VMI_A_NET_DNS) | VMI_HAS(VMI_A_NET_DNS6);
	spec->net.ndns = 0;
	spec->net.ndns6 = 0;
	if (!strcmp(val, "none"))
		return NULL;
	if (strcmp(val, "auto"))
		return dns_list(val, &spec->net);
	resolv_read(&r);
	memcpy(spec->net.dns, r.dns, sizeof(r.dns));
	spec->net.ndns = r.ndns;
	memcpy(spec->net.dns6, r.dns6, sizeof(r.dns6));
	spec->net.ndns6 = r.ndns6;
	return NULL;
}

const char *netopt_domain(const char *val, void *dest)
{
	struct vmi_net_spec *spec = dest;
	struct resolv r;

	spec->has |= VMI_HAS(VMI_A_NET_DOMAIN);
	spec->net.domain[0] = '\0';
	if (!strcmp(val, "none"))
		return NULL;
	if (!strcmp(val, "auto")) {
		resolv_read(&r);
		strcpy(spec->net.domain, r.domain);
		return NULL;
	}
	if (!val[0] || strlen(val) > VMI_DOMAIN_MAX)
		return "is not auto, none or a domain";
	strcpy(spec->net.domain, val);
	return NULL;
}

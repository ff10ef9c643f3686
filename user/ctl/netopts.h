/* SPDX-License-Identifier: GPL-2.0 */
/* The options of networks: of net add and net set. Their dest is the spec. */
#ifndef VMICTL_NETOPTS_H
#define VMICTL_NETOPTS_H

#include "client.h"

const char *netopt_mode(const char *val, void *dest);
const char *netopt_subnet(const char *val, void *dest);
const char *netopt_gateway(const char *val, void *dest);
const char *netopt_range(const char *val, void *dest);
const char *netopt_lease(const char *val, void *dest);
const char *netopt_mtu(const char *val, void *dest);
const char *netopt_ageing(const char *val, void *dest);
const char *netopt_ifname(const char *val, void *dest);
const char *netopt_uplink(const char *val, void *dest);
const char *netopt_guard(const char *val, void *dest);
const char *netopt_storm(const char *val, void *dest);
const char *netopt_subnet6(const char *val, void *dest);
const char *netopt_dns(const char *val, void *dest);
const char *netopt_domain(const char *val, void *dest);

#endif /* VMICTL_NETOPTS_H */

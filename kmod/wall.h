/* SPDX-License-Identifier: GPL-2.0 */
/* The wall around host-only networks: their guests reach the host, and nobody by it. */
#ifndef VMI_WALL_H
#define VMI_WALL_H

struct net;
struct netlink_ext_ack;

/* vmi_ctl held; there is a host's interface of a host-only network in the namespace, or no longer */
int vmi_wall_get(struct net *netns, struct netlink_ext_ack *extack);
void vmi_wall_put(struct net *netns);

#endif /* VMI_WALL_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Reservations: addresses of a network that are kept for MAC addresses. vmi_ctl guards them. */
#ifndef VMI_RESERVE_H
#define VMI_RESERVE_H

#include <linux/if_ether.h>
#include <linux/types.h>

struct netlink_ext_ack;
struct vmi_net;

#define VMI_RESERVE_MAX	4096	/* of a network */

struct vmi_reserve_view {
	u8 mac[ETH_ALEN];
	__be32 ip;
};

int vmi_reserve_new(const char *name, const u8 *mac, __be32 ip, struct netlink_ext_ack *extack);
int vmi_reserve_del(const char *name, const u8 *mac, struct netlink_ext_ack *extack);
void vmi_reserve_del_all(struct vmi_net *net);
/* the address kept for that one, or 0 */
__be32 vmi_reserve_ip(const struct vmi_net *net, const u8 *mac);
/* is the address kept for somebody else? @mac: may be NULL */
bool vmi_reserve_taken(const struct vmi_net *net, __be32 ip, const u8 *mac);
/* the reservation after *@cursor: 0 or -ENOENT */
int vmi_reserve_next(const struct vmi_net *net, u32 *cursor, struct vmi_reserve_view *view);

#endif /* VMI_RESERVE_H */

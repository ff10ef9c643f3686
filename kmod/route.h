/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The default route of a network namespace: IPv4, of the main table, the best by metric.
 */
#ifndef VMI_ROUTE_H
#define VMI_ROUTE_H

#include <linux/notifier.h>
#include <linux/types.h>

struct net;
struct netlink_ext_ack;

/**
 * struct vmi_route - a default route that is watched
 * @changed: called when it leads elsewhere, and once when the watch begins; const
 * @netns: where, NULL while it is not watched; the user's lock. No reference
 * @ifindex: the interface it leads to, 0 for none; written by @nb, read without a lock
 * @nb: hears of routes
 */
struct vmi_route {
	void (*changed)(struct vmi_route *route);
	struct net *netns;
	int ifindex;
	struct notifier_block nb;
};

/* any context, also where the namespace ends */
static inline int vmi_route_ifindex(const struct vmi_route *route)
{
	return READ_ONCE(route->ifindex);
}

void vmi_route_init(struct vmi_route *route, void (*changed)(struct vmi_route *route));
int vmi_route_watch(struct vmi_route *route, struct net *netns, struct netlink_ext_ack *extack);
void vmi_route_unwatch(struct vmi_route *route);

#endif /* VMI_ROUTE_H */

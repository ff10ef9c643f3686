// SPDX-License-Identifier: GPL-2.0
/*
 * The default route of a network namespace.
 */
#include <linux/netdevice.h>
#include <linux/netlink.h>
#include <net/ip_fib.h>
#include <net/net_namespace.h>
#include <net/nexthop.h>

#include "route.h"

/* Told of the best default route whenever that is another one, and of the present one at first. */
static int route_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct vmi_route *route = container_of(nb, struct vmi_route, nb);
	const struct fib_notifier_info *info = ptr;
	const struct fib_entry_notifier_info *fen;
	const struct fib_nh_common *nhc;
	int ifindex = 0;

	if (info->family != AF_INET ||
	    (event != FIB_EVENT_ENTRY_REPLACE && event != FIB_EVENT_ENTRY_DEL))
		return NOTIFY_DONE;
	fen = container_of(info, struct fib_entry_notifier_info, info);
	if (fen->dst_len || fen->tb_id != RT_TABLE_MAIN)
		return NOTIFY_DONE;
	if (event == FIB_EVENT_ENTRY_REPLACE && fen->type == RTN_UNICAST) {
		nhc = fib_info_nhc(fen->fi, 0);
		if (nhc->nhc_dev)
			ifindex = nhc->nhc_dev->ifindex;
	}
	WRITE_ONCE(route->ifindex, ifindex);
	route->changed(route);
	return NOTIFY_DONE;
}

/**
 * vmi_route_init - prepare for a watch
 * @route: the route
 * @changed: what to call; RCU held, it may not sleep
 *
 * Context: any.
 */
void vmi_route_init(struct vmi_route *route, void (*changed)(struct vmi_route *route))
{
	route->changed = changed;
	route->netns = NULL;
	route->ifindex = 0;
	route->nb.notifier_call = route_event;
}

/**
 * vmi_route_watch - begin to watch
 * @route: the route; nothing happens if it is watched
 * @netns: where; its end must be preceded by vmi_route_unwatch()
 * @extack: for the explanation
 *
 * Context: process, the user's lock held; takes rtnl.
 * Return: 0, or what the network stack says.
 */
int vmi_route_watch(struct vmi_route *route, struct net *netns, struct netlink_ext_ack *extack)
{
	int err;

	if (route->netns)
		return 0;
	err = register_fib_notifier(netns, &route->nb, NULL, extack);
	if (err)
		NL_SET_ERR_MSG(extack, "the default route cannot be followed");
	else
		route->netns = netns;
	return err;
}

/**
 * vmi_route_unwatch - end a watch, if there is one
 * @route: the route; vmi_route.changed is not called any more
 *
 * Context: process, the user's lock held; waits for an RCU grace period.
 */
void vmi_route_unwatch(struct vmi_route *route)
{
	if (route->netns)
		unregister_fib_notifier(route->netns, &route->nb);
	route->netns = NULL;
	WRITE_ONCE(route->ifindex, 0);
}

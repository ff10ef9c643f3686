/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The uplink of a bridged network: an interface of the host, by which its guests are
 * on the LAN. It keeps its addresses, and may be part of a bridge or a bond.
 *
 * All about an uplink is guarded by rtnl, so a netdev notifier can end its use of
 * an interface at once. Lock order: vmi_ctl, rtnl, and the leaves uplink->lock,
 * fdb->lock and neigh->lock.
 */
#ifndef VMI_UPLINK_H
#define VMI_UPLINK_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "neigh.h"
#include "route.h"

struct in6_addr;
struct net;
struct netlink_ext_ack;
struct vmi_net;
struct vmi_port;

#define VMI_UPLINK_AUTO		"auto"	/* instead of a name: the one with the default route */
#define VMI_UPLINK_SETTLE_MS	1000	/* the guests' links are down when the LAN was changed */

/**
 * struct vmi_uplink - the uplink of a network
 * @node: in the list of uplinks; rtnl
 * @net: whose; const
 * @netns: where the interface is looked for, NULL once that has ended; written under vmi_ctl
 *	and rtnl
 * @route: the default route of @netns, watched if that is followed or was; vmi_ctl
 * @find_work: looks for an interface
 * @settle_work: ends @settling
 * @settling: another LAN is behind the interface, and the guests' links are held down for
 *	them to notice; rtnl
 * @live: clients know of the network; rtnl
 * @served: there was an interface before; rtnl
 * @meant: a client asked for @dev when it had that name, so it is followed under new ones; an
 *	interface that came later is the uplink while it has the name, which may be given to it
 *	for a moment only; rtnl
 * @absent: enum vmi_uplink_state while there is no interface; rtnl
 * @dev: the interface, or NULL; rtnl, read by RCU
 * @tracker: of the reference to @dev; rtnl
 * @mac: its address, which the forwarding table has; rtnl
 * @ops: the hooks on @dev; rtnl
 * @ports: the network's ports, whose addresses @dev listens for; rtnl
 * @mac_nat: guests' addresses are translated; written under rtnl, read without a lock
 * @neigh: which guest has which IP address, for @mac_nat
 * @lock: leaf; guards what a client is shown, for one who has not rtnl
 * @want: name of the interface asked for, or VMI_UPLINK_AUTO; written under rtnl and @lock
 * @ifname: name of @dev, or empty; written under rtnl and @lock
 * @state: enum vmi_uplink_state; written under rtnl and @lock
 */
struct vmi_uplink {
	struct list_head node;
	struct vmi_net *net;
	struct net *netns;
	struct vmi_route route;
	struct work_struct find_work;
	struct delayed_work settle_work;
	bool settling;
	bool live;
	bool served;
	bool meant;
	u32 absent;
	struct net_device __rcu *dev;
	netdevice_tracker tracker;
	u8 mac[ETH_ALEN];
	struct nf_hook_ops ops[2];
	struct list_head ports;
	bool mac_nat;
	struct vmi_neigh neigh;
	spinlock_t lock;
	char want[IFNAMSIZ];
	char ifname[IFNAMSIZ];
	u32 state;
};

/* What a client is shown. */
struct vmi_uplink_view {
	char want[IFNAMSIZ];	/* name asked for, or VMI_UPLINK_AUTO */
	char ifname[IFNAMSIZ];	/* the interface in use; empty: none */
	u32 state;		/* enum vmi_uplink_state */
	bool mac_nat;
};


int vmi_uplink_add(struct vmi_net *net, struct net *netns, struct netlink_ext_ack *extack);
void vmi_uplink_del(struct vmi_net *net);
/* an RCU grace period after vmi_uplink_del() */
void vmi_uplink_free(struct vmi_net *net);
int vmi_uplink_set(struct vmi_net *net, const char *want, struct netlink_ext_ack *extack);
/* the network's flags have changed */
void vmi_uplink_set_flags(struct vmi_net *net);
void vmi_uplink_netns_exit(struct vmi_net *net, struct net *netns);
void vmi_uplink_view(struct vmi_net *net, struct vmi_uplink_view *view);

/* a port came to, or leaves, a network; nothing happens without an uplink */
int vmi_uplink_port_add(struct vmi_net *net, struct vmi_port *port,
			struct netlink_ext_ack *extack);
void vmi_uplink_port_del(struct vmi_port *port);

/* its guards have changed */
void vmi_uplink_port_follow(struct vmi_port *port);

/* RCU held */
bool vmi_uplink_host_has(struct vmi_uplink *up, const struct in6_addr *addr);

/* May there be others than the host behind an interface, on the host's side: a bridge, a bond? */
static inline bool vmi_uplink_shared(const struct net_device *dev)
{
	return rcu_access_pointer(dev->rx_handler);
}

int vmi_uplink_init(void);
void vmi_uplink_exit(void);

#endif /* VMI_UPLINK_H */

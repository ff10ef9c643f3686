// SPDX-License-Identifier: GPL-2.0
/*
 * The wall around host-only networks: their guests reach the host, and nobody by it.
 *
 * A host that is a router, for whatever reason, would forward between them and all
 * its other networks. One pair of hooks serves all host-only networks of a network
 * namespace.
 */
#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv4.h>
#include <linux/netfilter_ipv6.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <net/net_namespace.h>

#include "hostdev.h"
#include "net.h"
#include "vm.h"
#include "wall.h"

/**
 * struct wall - the wall in a network namespace that has a host-only network
 * @rcu: to free it
 * @node: in the list of these; vmi_ctl
 * @netns: the namespace; const, and there as long as this is
 * @nets: number of its host-only networks; vmi_ctl
 * @hooks: what sees all packets that are forwarded
 */
struct wall {
	struct rcu_head rcu;
	struct list_head node;
	struct net *netns;
	unsigned int nets;
	struct nf_hook_ops hooks[2];
};

static LIST_HEAD(vmi_walls);	/* vmi_ctl */

static struct vmi_net *walled(const struct net_device *dev)
{
	struct vmi_net *net = dev ? vmi_hostdev_net(dev) : NULL;

	return net && net->conf.mode == VMI_NET_MODE_HOST_ONLY ? net : NULL;
}

static unsigned int forward(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct vmi_net *net = walled(state->in);

	if (!net)
		net = walled(state->out);
	if (!net)
		return NF_ACCEPT;
	vmi_net_drop(net, VMI_DROP_NO_ROUTE);
	return NF_DROP;
}

static const struct nf_hook_ops wall_hooks[] = {
	{
		.hook		= forward,
		.pf		= NFPROTO_IPV4,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP_PRI_FIRST,
	}, {
		.hook		= forward,
		.pf		= NFPROTO_IPV6,
		.hooknum	= NF_INET_FORWARD,
		.priority	= NF_IP6_PRI_FIRST,
	},
};

static struct wall *find(struct net *netns)
{
	struct wall *wall;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(wall, &vmi_walls, node) {
		if (net_eq(wall->netns, netns))
			return wall;
	}
	return NULL;
}

/**
 * vmi_wall_get - a namespace has one more host-only network
 * @netns: the namespace of its interface
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -ENOMEM, or what netfilter says.
 */
int vmi_wall_get(struct net *netns, struct netlink_ext_ack *extack)
{
	struct wall *wall = find(netns);
	int err;

	if (wall) {
		wall->nets++;
		return 0;
	}
	wall = kzalloc(sizeof(*wall), GFP_KERNEL_ACCOUNT);
	if (!wall)
		return -ENOMEM;
	BUILD_BUG_ON(sizeof(wall->hooks) != sizeof(wall_hooks));
	memcpy(wall->hooks, wall_hooks, sizeof(wall_hooks));
	wall->netns = netns;
	wall->nets = 1;
	err = nf_register_net_hooks(netns, wall->hooks, ARRAY_SIZE(wall->hooks));
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "netfilter does not take the hooks of a host-only network");
		kfree_rcu(wall, rcu);
		return err;
	}
	list_add_tail(&wall->node, &vmi_walls);
	return 0;
}

/**
 * vmi_wall_put - a namespace has one host-only network less
 * @netns: the namespace of its interface
 *
 * Context: process, vmi_ctl held; an RCU grace period passes before the network is freed.
 */
void vmi_wall_put(struct net *netns)
{
	struct wall *wall = find(netns);

	if (--wall->nets)
		return;
	list_del(&wall->node);
	nf_unregister_net_hooks(netns, wall->hooks, ARRAY_SIZE(wall->hooks));
	kfree_rcu(wall, rcu);
}

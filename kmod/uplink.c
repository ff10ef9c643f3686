// SPDX-License-Identifier: GPL-2.0
/*
 * The uplink of a bridged network: which interface it is, and what happens to that.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6.h>
#include <net/net_namespace.h>
#include <net/route.h>

#include "compat.h"
#include "event.h"
#include "hostdev.h"
#include "lan.h"
#include "net.h"
#include "port.h"
#include "uplink.h"
#include "vm.h"

#define MTU_MIN		576
#define MTU_MAX		9216
#define MTU_DEFAULT	1500

static LIST_HEAD(vmi_uplinks);	/* rtnl */

/**
 * vmi_uplink_host_has - is an address the host's?
 * @up: the uplink
 * @addr: the address; an IPv4 address is mapped
 *
 * Context: softirq, RCU read side.
 * Return: true if the host has it on whatever interface: with the uplink in a bridge, the
 * bridge has the addresses. An IPv6 address may still be being detected.
 */
bool vmi_uplink_host_has(struct vmi_uplink *up, const struct in6_addr *addr)
{
	struct net_device *dev = rcu_dereference(up->dev);

	if (!dev)
		return false;
	if (ipv6_addr_v4mapped(addr))
		return inet_addr_type(dev_net(dev), addr->s6_addr32[3]) == RTN_LOCAL;
	return IS_ENABLED(CONFIG_IPV6) && ipv6_mod_enabled() &&
	       ipv6_chk_addr_and_flags(dev_net(dev), addr, NULL, true, 0, 0);
}

/* ---- state ---- */

static const char *state_text(u32 state)
{
	switch (state) {
	case VMI_UPLINK_STATE_UP:
		return "up";
	case VMI_UPLINK_STATE_DOWN:
		return "down";
	case VMI_UPLINK_STATE_GONE:
		return "gone";
	case VMI_UPLINK_STATE_NO_ROUTE:
		return "there is no default route";
	default:
		return "unfit";
	}
}

static void emit(const struct vmi_uplink *up, const char *why)
{
	struct vmi_event ev = {
		.kind = VMI_EVENT_KIND_NET_SET,
		.owner = up->net->uid,
		.by = (u32)-1,
	};

	strscpy(ev.net, up->net->conf.name, sizeof(ev.net));
	snprintf(ev.text, sizeof(ev.text), "uplink %s: %s%s%s",
		 up->ifname[0] ? up->ifname : up->want, state_text(up->state),
		 why ? ", " : "", why ? why : "");
	vmi_event_emit(&ev);
}

/* Look at the interface anew, and tell the guests and the clients what has changed. */
static void update(struct vmi_uplink *up, const char *why)
{
	struct net_device *dev = rtnl_dereference(up->dev);
	bool carrier = dev && !up->settling && netif_running(dev) && netif_oper_up(dev);
	const char *ifname = dev ? dev->name : "";
	u32 state = up->absent;
	bool news;

	if (dev)
		state = carrier ? VMI_UPLINK_STATE_UP : VMI_UPLINK_STATE_DOWN;
	spin_lock_bh(&up->lock);
	news = state != up->state || strcmp(ifname, up->ifname);
	up->state = state;
	strscpy(up->ifname, ifname, sizeof(up->ifname));
	spin_unlock_bh(&up->lock);

	if (up->net->carrier != carrier) {
		WRITE_ONCE(up->net->carrier, carrier);
		vmi_port_carrier(up->net);
	}
	if (news && up->live)
		emit(up, why);
}

static void set_want(struct vmi_uplink *up, const char *want)
{
	spin_lock_bh(&up->lock);
	strscpy(up->want, want, sizeof(up->want));
	spin_unlock_bh(&up->lock);
}

static void set_mac_nat(struct vmi_uplink *up)
{
	struct net_device *dev = rtnl_dereference(up->dev);
	bool wifi = false;

	/* what the wireless core marks is a station, which has one address; it names the type */
	if (dev && (dev->priv_flags & IFF_DONT_BRIDGE))
		wifi = dev->dev.type && dev->dev.type->name && !strcmp(dev->dev.type->name, "wlan");
	WRITE_ONCE(up->mac_nat, wifi || up->net->conf.flags & BIT(VMI_NET_FLAG_MAC_NAT));
}

/* ---- the interface ---- */

static int check_fit(struct vmi_uplink *up, struct net_device *dev, struct netlink_ext_ack *extack)
{
	struct vmi_uplink *other;

	if (dev->flags & IFF_LOOPBACK) {
		NL_SET_ERR_MSG(extack, "the loopback interface cannot be an uplink");
		return -EINVAL;
	}
	if (dev->type != ARPHRD_ETHER || dev->addr_len != ETH_ALEN) {
		NL_SET_ERR_MSG(extack, "the uplink is not an Ethernet interface");
		return -EINVAL;
	}
	if (vmi_hostdev_net(dev)) {
		NL_SET_ERR_MSG(extack, "the uplink is the host's interface of a VMI network");
		return -EINVAL;
	}
	list_for_each_entry(other, &vmi_uplinks, node) {
		if (other != up && rtnl_dereference(other->dev) == dev) {
			NL_SET_ERR_MSG(extack, "the interface is the uplink of another network");
			return -EBUSY;
		}
	}
	return 0;
}

/* May the port's guest send from any address, and others be behind it? */
static bool any_mac(const struct vmi_port *port)
{
	return !(vmi_policy_word(&port->policy) & BIT(VMI_GUARD_MAC));
}

/* Have an interface listen for a guest. One without filters is made promiscuous for an address. */
static int listen(struct net_device *dev, const struct vmi_port *port)
{
	return port->uplink_any ? dev_set_promiscuity(dev, 1) : dev_uc_add(dev, port->mac);
}

static void unlisten(struct net_device *dev, const struct vmi_port *port)
{
	if (port->uplink_any)
		dev_set_promiscuity(dev, -1);
	else
		dev_uc_del(dev, port->mac);
}

/* The interface is not looked at any more, but by readers under way. */
static void detach(struct vmi_uplink *up)
{
	struct net_device *dev = rtnl_dereference(up->dev);
	struct vmi_port *port;

	ASSERT_RTNL();
	if (!dev)
		return;
	RCU_INIT_POINTER(up->dev, NULL);
	vmi_lan_unhook(up, dev);
	list_for_each_entry(port, &up->ports, uplink_node)
		unlisten(dev, port);
	vmi_fdb_del(&up->net->fdb, up->mac, NULL);
	netdev_put(dev, &up->tracker);
	up->absent = VMI_UPLINK_STATE_GONE;
	set_mac_nat(up);
}

static int attach(struct vmi_uplink *up, struct net_device *dev, struct netlink_ext_ack *extack)
{
	struct vmi_port *port;
	int err;

	ASSERT_RTNL();
	err = check_fit(up, dev, extack);
	if (err)
		return err;
	ether_addr_copy(up->mac, dev->dev_addr);
	err = vmi_fdb_add(&up->net->fdb, up->mac, NULL);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG(extack, "a guest has the uplink's MAC address");
		return err;
	}
	list_for_each_entry(port, &up->ports, uplink_node) {
		err = listen(dev, port);
		if (err) {
			NL_SET_ERR_MSG(extack, "the uplink does not take the guests' addresses");
			goto err_uc;
		}
	}
	err = vmi_lan_hook(up, dev, extack);
	if (err)
		goto err_uc;

	/* A large frame that a device put together itself could not be taken apart again. */
	dev_disable_lro(dev);
	netdev_hold(dev, &up->tracker, GFP_KERNEL);
	rcu_assign_pointer(up->dev, dev);
	set_mac_nat(up);
	if (up->served) {
		up->settling = true;
		schedule_delayed_work(&up->settle_work, msecs_to_jiffies(VMI_UPLINK_SETTLE_MS));
	}
	up->served = true;
	return 0;

err_uc:
	list_for_each_entry_continue_reverse(port, &up->ports, uplink_node)
		unlisten(dev, port);
	vmi_fdb_del(&up->net->fdb, up->mac, NULL);
	return err;
}

static bool follows(const struct vmi_uplink *up)
{
	return !strcmp(up->want, VMI_UPLINK_AUTO);
}

/* The interface that the uplink is to be; NULL: there is none. */
static struct net_device *wanted(struct vmi_uplink *up)
{
	if (follows(up))
		return __dev_get_by_index(up->netns, vmi_route_ifindex(&up->route));
	return __dev_get_by_name(up->netns, up->want);
}

/* Those without an interface look again. */
static void find_all(void)
{
	struct vmi_uplink *up;

	list_for_each_entry(up, &vmi_uplinks, node) {
		if (!rtnl_dereference(up->dev))
			schedule_work(&up->find_work);
	}
}

/*
 * Take the wanted interface if it is another one. Who follows the default route stays
 * where he is while that leads nowhere, or into a tunnel.
 */
static int find(struct vmi_uplink *up, struct netlink_ext_ack *extack)
{
	struct net_device *dev = wanted(up), *old = rtnl_dereference(up->dev);
	int err;

	if (dev && dev == old)
		return 0;
	if (!dev) {
		if (!old)
			up->absent = follows(up) ? VMI_UPLINK_STATE_NO_ROUTE :
						   VMI_UPLINK_STATE_GONE;
		NL_SET_ERR_MSG(extack, "there is no such interface");
		return -ENODEV;
	}
	if (old) {
		err = check_fit(up, dev, extack);
		if (err)
			return err;
		detach(up);
		find_all();
	}
	err = attach(up, dev, extack);
	if (err)
		up->absent = VMI_UPLINK_STATE_UNFIT;
	return err;
}

/*
 * An interface that is the uplink only for its name may have got another one. Whatever
 * comes in place of one that is gone was not meant by the client.
 */
static void leave_name(struct vmi_uplink *up)
{
	struct net_device *dev = rtnl_dereference(up->dev);

	if (dev && !up->meant && !follows(up) && strcmp(dev->name, up->want))
		detach(up);
	if (!rtnl_dereference(up->dev))
		up->meant = false;
}

static void find_work(struct work_struct *work)
{
	struct vmi_uplink *up = container_of(work, struct vmi_uplink, find_work);
	struct netlink_ext_ack ack = {};

	rtnl_lock();
	if (up->netns) {
		leave_name(up);
		find(up, &ack);
		update(up, up->absent == VMI_UPLINK_STATE_UNFIT ? ack._msg : NULL);
	}
	rtnl_unlock();
}

static void settle_work(struct work_struct *work)
{
	struct vmi_uplink *up = container_of(to_delayed_work(work), struct vmi_uplink, settle_work);

	rtnl_lock();
	up->settling = false;
	update(up, NULL);
	rtnl_unlock();
}

/* ---- what happens to interfaces and routes ---- */

static void renamed(struct vmi_uplink *up, struct net_device *dev)
{
	if (!follows(up) && up->meant)
		set_want(up, dev->name);
	else
		schedule_work(&up->find_work);
	update(up, "it was renamed");
}

static void readdressed(struct vmi_uplink *up, struct net_device *dev)
{
	if (ether_addr_equal(up->mac, dev->dev_addr))
		return;
	vmi_fdb_del(&up->net->fdb, up->mac, NULL);
	ether_addr_copy(up->mac, dev->dev_addr);
	/* Should a guest have it, then the host is not reached, as on a wire. */
	vmi_fdb_add(&up->net->fdb, up->mac, NULL);
}

/*
 * An interface that comes is taken in a work item: the notifier may run with locks
 * of the interface that taking it needs. One that goes is let go here.
 */
static int netdev_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vmi_uplink *up;

	list_for_each_entry(up, &vmi_uplinks, node) {
		if (rtnl_dereference(up->dev) != dev) {
			if ((event == NETDEV_REGISTER || event == NETDEV_CHANGENAME) &&
			    !rtnl_dereference(up->dev) && up->netns == dev_net(dev))
				schedule_work(&up->find_work);
			continue;
		}
		switch (event) {
		case NETDEV_UP:
		case NETDEV_DOWN:
		case NETDEV_CHANGE:
			update(up, NULL);
			break;
		case NETDEV_CHANGENAME:
			renamed(up, dev);
			break;
		case NETDEV_CHANGEADDR:
			readdressed(up, dev);
			break;
		case NETDEV_CHANGEMTU:
			if (up->live && dev->mtu < up->net->conf.mtu)
				emit(up, "its MTU is smaller than the network's");
			break;
		case NETDEV_PRE_TYPE_CHANGE:
			/* It would not be Ethernet any more. */
			return NOTIFY_BAD;
		case NETDEV_UNREGISTER:
			detach(up);
			update(up, dev->reg_state == NETREG_UNREGISTERING ? "it was removed" :
			       "it was moved to another network namespace");
			schedule_work(&up->find_work);
			break;
		}
	}
	return NOTIFY_DONE;
}

static void route_changed(struct vmi_route *route)
{
	struct vmi_uplink *up = container_of(route, struct vmi_uplink, route);

	schedule_work(&up->find_work);
}

static struct notifier_block uplink_netdev_nb = {
	.notifier_call = netdev_event,
};

/* ---- the object ---- */

static int choose_mtu(struct vmi_net *net, struct net_device *dev, struct netlink_ext_ack *extack)
{
	if (!net->conf.mtu) {
		net->conf.mtu = dev ? clamp_t(u32, dev->mtu, MTU_MIN, MTU_MAX) : MTU_DEFAULT;
	} else if (dev && net->conf.mtu > dev->mtu) {
		NL_SET_ERR_MSG(extack, "the MTU is larger than the uplink's");
		return -EINVAL;
	}
	return 0;
}

/* There is nothing to find any more; the list still has the uplink. */
static void end(struct vmi_uplink *up, const char *why)
{
	vmi_route_unwatch(&up->route);
	rtnl_lock();
	detach(up);
	up->absent = VMI_UPLINK_STATE_GONE;
	up->netns = NULL;
	update(up, why);
	find_all();
	rtnl_unlock();
}

static void stop(struct vmi_uplink *up)
{
	rtnl_lock();
	up->live = false;
	rtnl_unlock();
	end(up, NULL);
	rtnl_lock();
	list_del(&up->node);
	rtnl_unlock();
	cancel_work_sync(&up->find_work);
	cancel_delayed_work_sync(&up->settle_work);
}

/**
 * vmi_uplink_add - give a network its uplink
 * @net: the network; conf.uplink names the interface, conf.mtu is set to the uplink's if 0
 * @netns: where the interface is
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held; takes rtnl.
 * Return: 0, -ENOMEM, -ENODEV (no such interface), -EINVAL (not one that can be an uplink),
 * -EBUSY (that of another network), -EEXIST (a guest has its address), -EOPNOTSUPP (kernel).
 */
int vmi_uplink_add(struct vmi_net *net, struct net *netns, struct netlink_ext_ack *extack)
{
	struct vmi_uplink *up;
	int err;

	lockdep_assert_held(&vmi_ctl);
	up = kzalloc(sizeof(*up), GFP_KERNEL);
	if (!up)
		return -ENOMEM;
	up->net = net;
	up->netns = netns;
	vmi_route_init(&up->route, route_changed);
	INIT_WORK(&up->find_work, find_work);
	INIT_DELAYED_WORK(&up->settle_work, settle_work);
	INIT_LIST_HEAD(&up->ports);
	vmi_neigh_init(&up->neigh);
	spin_lock_init(&up->lock);
	strscpy(up->want, net->conf.uplink, sizeof(up->want));

	rtnl_lock();
	list_add_tail(&up->node, &vmi_uplinks);
	rtnl_unlock();
	err = follows(up) ? vmi_route_watch(&up->route, netns, extack) : 0;
	if (err)
		goto err_stop;
	rtnl_lock();
	err = find(up, extack);
	/* A default route may come, or lead somewhere else. */
	if (follows(up))
		err = 0;
	if (!err)
		err = choose_mtu(net, rtnl_dereference(up->dev), extack);
	up->meant = true;
	update(up, NULL);
	up->live = !err;
	rtnl_unlock();
	if (err)
		goto err_stop;
	net->uplink = up;
	return 0;

err_stop:
	stop(up);
	/* A hook may be running. */
	synchronize_rcu();
	kfree(up);
	return err;
}

/**
 * vmi_uplink_del - end the use of a network's uplink
 * @net: the network; nothing happens if it has none
 *
 * Context: process, vmi_ctl held; takes rtnl.
 */
void vmi_uplink_del(struct vmi_net *net)
{
	lockdep_assert_held(&vmi_ctl);
	if (net->uplink)
		stop(net->uplink);
}

/**
 * vmi_uplink_free - free what vmi_uplink_del() has left
 * @net: the network
 *
 * Context: process, an RCU grace period later.
 */
void vmi_uplink_free(struct vmi_net *net)
{
	kfree(net->uplink);
}

/**
 * vmi_uplink_set - give a network another uplink
 * @net: a bridged network
 * @want: name of an interface, or VMI_UPLINK_AUTO
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held; takes rtnl.
 * Return: 0, or as vmi_uplink_add(): the former uplink stays then.
 */
int vmi_uplink_set(struct vmi_net *net, const char *want, struct netlink_ext_ack *extack)
{
	bool follow = !strcmp(want, VMI_UPLINK_AUTO);
	struct vmi_uplink *up = net->uplink;
	char old[IFNAMSIZ];
	int err;

	lockdep_assert_held(&vmi_ctl);
	if (!up->netns) {
		NL_SET_ERR_MSG(extack, "the network namespace of the uplink has ended");
		return -ENODEV;
	}
	err = follow ? vmi_route_watch(&up->route, up->netns, extack) : 0;
	if (err)
		return err;
	rtnl_lock();
	strscpy(old, up->want, sizeof(old));
	set_want(up, want);
	err = follow ? 0 : choose_mtu(net, wanted(up), extack);
	if (!err)
		err = find(up, extack);
	if (follow)
		err = 0;
	if (err)
		set_want(up, old);
	else
		up->meant = true;
	update(up, NULL);
	rtnl_unlock();
	return err;
}

/**
 * vmi_uplink_set_flags - follow a change of the network's flags
 * @net: the network; nothing happens if it has no uplink
 *
 * Context: process, vmi_ctl held; takes rtnl.
 */
void vmi_uplink_set_flags(struct vmi_net *net)
{
	lockdep_assert_held(&vmi_ctl);
	if (!net->uplink)
		return;
	rtnl_lock();
	set_mac_nat(net->uplink);
	rtnl_unlock();
}

/**
 * vmi_uplink_netns_exit - end the use of a network namespace that ends
 * @net: the network; it goes on without an uplink if it had one there
 * @netns: the namespace
 *
 * Context: process, vmi_ctl held; takes rtnl.
 */
void vmi_uplink_netns_exit(struct vmi_net *net, struct net *netns)
{
	lockdep_assert_held(&vmi_ctl);
	if (net->uplink && net->uplink->netns == netns)
		end(net->uplink, "its network namespace ended");
}

/**
 * vmi_uplink_view - show an uplink
 * @net: a bridged network
 * @view: result
 *
 * Context: process, vmi_ctl held.
 */
void vmi_uplink_view(struct vmi_net *net, struct vmi_uplink_view *view)
{
	struct vmi_uplink *up = net->uplink;

	spin_lock_bh(&up->lock);
	strscpy(view->want, up->want, sizeof(view->want));
	strscpy(view->ifname, up->ifname, sizeof(view->ifname));
	view->state = up->state;
	spin_unlock_bh(&up->lock);
	view->mac_nat = READ_ONCE(up->mac_nat);
}

/**
 * vmi_uplink_port_add - have the uplink listen for a port's address
 * @net: its network, which may have an uplink
 * @port: the port
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held; takes rtnl.
 * Return: 0, or what the interface says.
 */
int vmi_uplink_port_add(struct vmi_net *net, struct vmi_port *port,
			struct netlink_ext_ack *extack)
{
	struct vmi_uplink *up = net->uplink;
	struct net_device *dev;
	int err = 0;

	lockdep_assert_held(&vmi_ctl);
	if (!up)
		return 0;
	rtnl_lock();
	port->uplink_any = any_mac(port);
	dev = rtnl_dereference(up->dev);
	if (dev)
		err = listen(dev, port);
	if (!err)
		list_add_tail(&port->uplink_node, &up->ports);
	else
		NL_SET_ERR_MSG(extack, "the uplink does not take the port's address");
	rtnl_unlock();
	return err;
}

/**
 * vmi_uplink_port_del - undo vmi_uplink_port_add()
 * @port: the port; its guest does not send any more
 *
 * Readers may see the port until an RCU grace period is over.
 *
 * Context: process, vmi_ctl held; takes rtnl.
 */
void vmi_uplink_port_del(struct vmi_port *port)
{
	struct vmi_uplink *up = port->net->uplink;
	struct net_device *dev;

	lockdep_assert_held(&vmi_ctl);
	if (!up)
		return;
	rtnl_lock();
	list_del(&port->uplink_node);
	dev = rtnl_dereference(up->dev);
	if (dev)
		unlisten(dev, port);
	rtnl_unlock();
	vmi_neigh_forget(&up->neigh, port);
}

/**
 * vmi_uplink_port_follow - have the uplink listen for what a port's guest may send from now
 * @port: the port, whose guards may have changed
 *
 * Context: process, vmi_ctl held; takes rtnl.
 */
void vmi_uplink_port_follow(struct vmi_port *port)
{
	struct vmi_uplink *up = port->net->uplink;
	struct net_device *dev;

	lockdep_assert_held(&vmi_ctl);
	if (!up)
		return;
	rtnl_lock();
	if (port->uplink_any != any_mac(port)) {
		dev = rtnl_dereference(up->dev);
		if (dev)
			unlisten(dev, port);
		port->uplink_any = !port->uplink_any;
		if (dev)
			listen(dev, port);
	}
	rtnl_unlock();
}

/**
 * vmi_uplink_init - prepare for uplinks
 *
 * Context: process, when the module is loaded.
 * Return: 0 or a negative errno.
 */
int vmi_uplink_init(void)
{
	return register_netdevice_notifier(&uplink_netdev_nb);
}

/**
 * vmi_uplink_exit - undo vmi_uplink_init(); there are no networks
 *
 * Context: process, when the module is unloaded.
 */
void vmi_uplink_exit(void)
{
	unregister_netdevice_notifier(&uplink_netdev_nb);
}

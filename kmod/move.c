// SPDX-License-Identifier: GPL-2.0
/*
 * A port goes to another network while its guest runs.
 *
 * Its rings stay as they are. The port is paused, as if its guest had broken them:
 * its poll does nothing and nobody delivers. It leaves the old network as a port does
 * that is deleted, and when an RCU grace period is over, nobody holds it any more and
 * what the packet path takes for constant can change.
 */
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/netlink.h>
#include <linux/rculist.h>
#include <linux/skbuff.h>
#include <linux/string.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>

#include "event.h"
#include "hostdev.h"
#include "nat.h"
#include "net.h"
#include "port.h"
#include "uplink.h"
#include "vm.h"

static void port_pause(struct vmi_port *port)
{
	spin_lock_bh(&port->pair[0].rx.lock);
	port->paused = true;
	WRITE_ONCE(port->running, false);
	spin_unlock_bh(&port->pair[0].rx.lock);
}

static void port_resume(struct vmi_port *port)
{
	u32 i;

	spin_lock_bh(&port->pair[0].rx.lock);
	port->paused = false;
	if (port->pair[0].rx.on) {
		WRITE_ONCE(port->running, true);
		/* Pairs with the cmpxchg of vmi_port_fail(): it clears running last, or is seen. */
		smp_mb();
		if (atomic_read(&port->fault))
			WRITE_ONCE(port->running, false);
	}
	/* Frames may wait in the rings: their kicks are gone. */
	for (i = 0; i < port->npairs; i++)
		vmi_pair_poll_now(&port->pair[i]);
	spin_unlock_bh(&port->pair[0].rx.lock);
}

/* Frames of the old network that the guest has not got, or that have not reached anybody. */
static void port_purge(struct vmi_port *port)
{
	u32 i;

	for (i = 0; i < port->npairs; i++)
		vmi_pair_purge(&port->pair[i]);
	skb_queue_purge(&port->punt);
	vmi_policy_purge(&port->policy);
}

/* Their uplinks take the port over. Returns an error with the old one still listening for it. */
static int change_uplink(struct vmi_port *port, struct vmi_net *net,
			 struct netlink_ext_ack *extack)
{
	int err;

	vmi_uplink_port_del(port);
	err = vmi_uplink_port_add(net, port, extack);
	/* It took the address before. */
	if (err)
		vmi_uplink_port_add(port->net, port, NULL);
	return err;
}

/* What the last poll has noted of the guest in its old network. */
static void forget(struct vmi_port *port)
{
	struct vmi_net *old = port->net;

	vmi_hostdev_forget(port);
	vmi_claims_forget(&old->claims, port);
	if (old->uplink)
		vmi_neigh_forget(&old->uplink->neigh, port);
	if (vmi_fdb_forget(&old->fdb, port))
		synchronize_rcu_expedited();
}

/* Nobody is left who looks at the port in its old network. */
static void port_go(struct vmi_port *port, struct vmi_net *net, __be32 ip)
{
	struct vmi_net *old = port->net;

	/* Neither network's counters run backwards or jump. */
	vmi_port_stats_here(port, &old->gone);
	memset(&port->before, 0, sizeof(port->before));
	vmi_stats_fold(&port->before, port->stats);

	port->ip = ip;
	vmi_net_prefix6(net, ip, &port->prefix6);
	WRITE_ONCE(port->net, net);
	WRITE_ONCE(port->moves, port->moves + 1);
	net->nports++;
	list_add_tail_rcu(&port->net_node, &net->ports);
	vmi_nat_ports_changed(net);
	vmi_port_follow(port);
	/* A fault that is being told may name the old one. */
	flush_work(&port->fault_work);
	old->nports--;
}

/**
 * vmi_port_move - move a port to another network
 * @id: the port
 * @to: name of the network
 * @ip: address there, 0 to have one chosen
 * @extack: for the explanation
 *
 * The port keeps its MAC address and its policy, but for guards that were those of its
 * network. Its VMM is told, who tells the guest.
 *
 * Context: process, vmi_ctl held; takes rtnl, waits for an RCU grace period.
 * Return: 0, also if it is there already; -ENOENT (port or network), -EINVAL, -EADDRINUSE,
 * -EEXIST (the host's MAC address), -ENOSPC (no address is free), -EOPNOTSUPP (another address on
 * the same network), -ENOMEM, or what the uplink says.
 */
int vmi_port_move(u32 id, const char *to, __be32 ip, struct netlink_ext_ack *extack)
{
	struct vmi_port *port = vmi_port_find(id);
	struct vmi_net *net = vmi_net_find(to), *old;
	struct in6_addr old_prefix6;
	char text[VMI_TEXT_LEN];
	__be32 old_ip;
	int err;

	if (!port) {
		NL_SET_ERR_MSG_MOD(extack, "no such port");
		return -ENOENT;
	}
	if (!net) {
		NL_SET_ERR_MSG_MOD(extack, "no such network");
		return -ENOENT;
	}
	if (net == port->net) {
		if (!ip || ip == port->ip)
			return 0;
		NL_SET_ERR_MSG_MOD(extack, "the address of a port changes with its network only");
		return -EOPNOTSUPP;
	}
	err = vmi_net_lease(net, port->mac, &ip, extack);
	if (err)
		return err;

	port_pause(port);
	/* Who finds it there already delivers nothing. */
	err = vmi_fdb_add(&net->fdb, port->mac, port);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG_MOD(extack, "the MAC address is the host's");
		goto err_resume;
	}
	err = change_uplink(port, net, extack);
	if (err)
		goto err_fdb;
	old = port->net;
	old_ip = port->ip;
	old_prefix6 = port->prefix6;
	snprintf(text, sizeof(text), "moved from %s", old->conf.name);
	vmi_port_leave(port);
	/* Expedited: the guest hears and says nothing meanwhile. */
	synchronize_rcu_expedited();
	forget(port);
	port_purge(port);
	port_go(port, net, ip);
	port_resume(port);
	vmi_nat_port_gone(old, old_ip, &old_prefix6);
	vmi_port_emit(port, VMI_EVENT_KIND_PORT_SET, from_kuid(&init_user_ns, current_uid()), text);
	return 0;

err_fdb:
	vmi_fdb_del(&net->fdb, port->mac, port);
	/* Who found it there is to deliver nothing when it goes on. */
	synchronize_rcu_expedited();
err_resume:
	port_resume(port);
	return err;
}

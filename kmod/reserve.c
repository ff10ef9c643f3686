// SPDX-License-Identifier: GPL-2.0
/* Reservations: addresses of a network that are kept for MAC addresses. */
#include <linux/etherdevice.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "event.h"
#include "net.h"
#include "port.h"
#include "reserve.h"
#include "vm.h"

/* in the order of id, which a dump goes on by; all is const */
struct reserve {
	struct list_head node;
	u32 id;
	u8 mac[ETH_ALEN];
	__be32 ip;
};

static u32 vmi_reserve_last_id;		/* vmi_ctl */

static void emit(const struct vmi_net *net, u32 kind, const u8 *mac, __be32 ip)
{
	struct vmi_event ev = {
		.kind = kind,
		.owner = net->uid,
		.by = from_kuid(&init_user_ns, current_uid()),
	};

	strscpy(ev.net, net->conf.name, sizeof(ev.net));
	snprintf(ev.text, sizeof(ev.text), "%pI4 for %pM", &ip, mac);
	vmi_event_emit(&ev);
}

static struct reserve *find(const struct vmi_net *net, const u8 *mac)
{
	struct reserve *r;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(r, &net->reserves, node) {
		if (ether_addr_equal_unaligned(r->mac, mac))
			return r;
	}
	return NULL;
}

static void delete(struct vmi_net *net, struct reserve *r)
{
	list_del(&r->node);
	net->nreserves--;
	kfree(r);
}

/**
 * vmi_reserve_ip - the address that is kept for a MAC address
 * @net: the network
 * @mac: the MAC address
 *
 * Context: process, vmi_ctl held.
 * Return: the address, 0 if there is none.
 */
__be32 vmi_reserve_ip(const struct vmi_net *net, const u8 *mac)
{
	struct reserve *r = find(net, mac);

	return r ? r->ip : 0;
}

/**
 * vmi_reserve_taken - is an address kept for somebody else?
 * @net: the network
 * @ip: the address
 * @mac: who asks, NULL if that is nobody whom an address could be kept for
 *
 * Context: process, vmi_ctl held.
 * Return: true if it is.
 */
bool vmi_reserve_taken(const struct vmi_net *net, __be32 ip, const u8 *mac)
{
	struct reserve *r;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(r, &net->reserves, node) {
		if (r->ip == ip)
			return !mac || !ether_addr_equal_unaligned(r->mac, mac);
	}
	return false;
}

/* may the address be kept for that one? */
static int check(struct vmi_net *net, const u8 *mac, __be32 ip, struct netlink_ext_ack *extack)
{
	struct vmi_port *port;
	int err;

	if (!is_valid_ether_addr(mac)) {
		NL_SET_ERR_MSG_MOD(extack, "a MAC address is unicast and not zero");
		return -EINVAL;
	}
	err = vmi_net_usable(net, ip, extack);
	if (err)
		return err;
	if (vmi_reserve_taken(net, ip, mac)) {
		NL_SET_ERR_MSG_MOD(extack, "the address is kept for another MAC address");
		return -EADDRINUSE;
	}
	list_for_each_entry(port, &net->ports, net_node) {
		if (port->ip == ip && !ether_addr_equal_unaligned(port->mac, mac)) {
			NL_SET_ERR_MSG_MOD(extack, "another port has the address");
			return -EADDRINUSE;
		}
	}
	return 0;
}

/**
 * vmi_reserve_new - keep an address for a MAC address
 * @name: the network's name
 * @mac: the MAC address
 * @ip: the address; in place of the one kept for it so far
 * @extack: for the explanation
 *
 * A port that is there keeps its address.
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -ENOENT, -EOPNOTSUPP (bridged), -EINVAL, -EADDRINUSE, -ENOSPC or -ENOMEM.
 */
int vmi_reserve_new(const char *name, const u8 *mac, __be32 ip, struct netlink_ext_ack *extack)
{
	struct vmi_net *net = vmi_net_find(name);
	struct reserve *r, *old;
	int err;

	if (!net) {
		NL_SET_ERR_MSG_MOD(extack, "no such network");
		return -ENOENT;
	}
	if (!net->conf.subnet) {
		NL_SET_ERR_MSG_MOD(extack, "a bridged network gives no addresses: the LAN does");
		return -EOPNOTSUPP;
	}
	err = check(net, mac, ip, extack);
	if (err)
		return err;
	old = find(net, mac);
	if (!old && net->nreserves >= VMI_RESERVE_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "the network has as many reservations as it can have");
		return -ENOSPC;
	}
	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	ether_addr_copy(r->mac, mac);
	r->ip = ip;
	r->id = ++vmi_reserve_last_id;
	if (old)
		delete(net, old);
	list_add_tail(&r->node, &net->reserves);
	net->nreserves++;
	emit(net, VMI_EVENT_KIND_RESERVE_NEW, mac, ip);
	return 0;
}

/**
 * vmi_reserve_del - delete a reservation
 * @name: the network's name
 * @mac: the MAC address
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0 or -ENOENT.
 */
int vmi_reserve_del(const char *name, const u8 *mac, struct netlink_ext_ack *extack)
{
	struct vmi_net *net = vmi_net_find(name);
	struct reserve *r = net ? find(net, mac) : NULL;
	__be32 ip;

	if (!r) {
		if (net)
			NL_SET_ERR_MSG_MOD(extack, "no address is kept for that MAC address");
		else
			NL_SET_ERR_MSG_MOD(extack, "no such network");
		return -ENOENT;
	}
	ip = r->ip;
	delete(net, r);
	emit(net, VMI_EVENT_KIND_RESERVE_DEL, mac, ip);
	return 0;
}

/**
 * vmi_reserve_del_all - delete the reservations of a network that ends
 * @net: the network
 *
 * Context: process, vmi_ctl held.
 */
void vmi_reserve_del_all(struct vmi_net *net)
{
	struct reserve *r, *tmp;

	list_for_each_entry_safe(r, tmp, &net->reserves, node)
		delete(net, r);
}

/**
 * vmi_reserve_next - show the reservations one by one
 * @net: the network
 * @cursor: the last one shown, 0 to begin; moved on
 * @view: result
 *
 * Context: process, vmi_ctl held.
 * Return: 0, or -ENOENT at the end.
 */
int vmi_reserve_next(const struct vmi_net *net, u32 *cursor, struct vmi_reserve_view *view)
{
	struct reserve *r;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(r, &net->reserves, node) {
		if (r->id > *cursor) {
			ether_addr_copy(view->mac, r->mac);
			view->ip = r->ip;
			*cursor = r->id;
			return 0;
		}
	}
	return -ENOENT;
}

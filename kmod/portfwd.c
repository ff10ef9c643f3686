// SPDX-License-Identifier: GPL-2.0
/*
 * Port forwards: ports of the host that lead to a VM of a NAT network.
 *
 * A forward names its VM and follows its lease; nat.c translates.
 *
 * Every forwarded port is held by a socket of the kernel that is bound and
 * does nothing else. So a port that a program of the host uses is not forwarded,
 * and a program that wants a forwarded one is told that it is in use, instead of
 * waiting for connections that go elsewhere.
 */
#include <linux/in.h>
#include <linux/net.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/sock.h>

#include "event.h"
#include "nat.h"
#include "net.h"
#include "port.h"
#include "portfwd.h"
#include "vm.h"

/* one port of a forward, in the table; all is const */
struct slot {
	struct hlist_node node;
	struct vmi_portfwd *fwd;
	struct socket *sock;
	u16 port;
};

struct forward {
	struct vmi_portfwd pub;
	struct rcu_head rcu;
	u32 nslots;
	struct slot slot[];
};

static LIST_HEAD(vmi_portfwds);		/* vmi_ctl */
static u32 vmi_portfwd_last_id;		/* vmi_ctl */

static struct hlist_head *bucket(struct vmi_portfwd_table *table, u8 proto, u16 port)
{
	return &table->bucket[(port ^ proto) % VMI_PORTFWD_BUCKETS];
}

static void emit(const struct vmi_portfwd *fwd, u32 kind)
{
	const struct vmi_portfwd_conf *c = &fwd->conf;
	struct vmi_event ev = {
		.kind = kind,
		.owner = fwd->net->uid,
		.by = from_kuid(&init_user_ns, current_uid()),
	};

	strscpy(ev.net, c->net, sizeof(ev.net));
	/* Everybody may read this: the VM's name is not in it. */
	if (c->first == c->last)
		snprintf(ev.text, sizeof(ev.text), "%s port %u",
			 c->proto == IPPROTO_TCP ? "tcp" : "udp", c->first);
	else
		snprintf(ev.text, sizeof(ev.text), "%s ports %u to %u",
			 c->proto == IPPROTO_TCP ? "tcp" : "udp", c->first, c->last);
	vmi_event_emit(&ev);
}

/**
 * vmi_portfwd_find - the forward of a port
 * @table: of the network namespace
 * @proto: IPPROTO_TCP or IPPROTO_UDP
 * @port: the host's port
 * @addr: the host's address
 *
 * Context: RCU read side.
 * Return: the forward or NULL.
 */
struct vmi_portfwd *vmi_portfwd_find(struct vmi_portfwd_table *table, u8 proto, u16 port,
				     __be32 addr)
{
	struct slot *slot;

	hlist_for_each_entry_rcu(slot, bucket(table, proto, port), node) {
		const struct vmi_portfwd_conf *c = &slot->fwd->conf;

		if (slot->port == port && c->proto == proto && (!c->addr || c->addr == addr))
			return slot->fwd;
	}
	return NULL;
}

/* does another forward have that port, of that address or one that includes it? */
static bool slot_taken(struct vmi_portfwd_table *table, const struct vmi_portfwd_conf *conf,
		       u16 port)
{
	struct slot *slot;

	hlist_for_each_entry(slot, bucket(table, conf->proto, port), node) {
		const struct vmi_portfwd_conf *c = &slot->fwd->conf;

		if (slot->port == port && c->proto == conf->proto &&
		    (!c->addr || !conf->addr || c->addr == conf->addr))
			return true;
	}
	return false;
}

/* Bind a socket to the port. It is not listening; and what a UDP one gets, it soon drops. */
static int hold(struct net *netns, const struct vmi_portfwd_conf *conf, u16 port,
		struct socket **ret)
{
	bool tcp = conf->proto == IPPROTO_TCP;
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = conf->addr,
		.sin_port = htons(port),
	};
	struct socket *sock;
	int err;

	err = sock_create_kern(netns, PF_INET, tcp ? SOCK_STREAM : SOCK_DGRAM, conf->proto, &sock);
	if (err)
		return err;
	/* The host's address may come later, or be an alias that moves from host to host. */
	ip_sock_set_freebind(sock->sk);
	lock_sock(sock->sk);
	sock->sk->sk_rcvbuf = SOCK_MIN_RCVBUF;
	sock->sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	/* Old connections of a server that used it do not count, its next start does. */
	if (tcp)
		sock->sk->sk_reuse = SK_CAN_REUSE;
	release_sock(sock->sk);
	err = kernel_bind(sock, (void *)&to, sizeof(to));
	if (err) {
		sock_release(sock);
		return err;
	}
	lock_sock(sock->sk);
	sock->sk->sk_reuse = SK_NO_REUSE;
	release_sock(sock->sk);
	*ret = sock;
	return 0;
}

static void release_slots(struct forward *f)
{
	while (f->nslots)
		sock_release(f->slot[--f->nslots].sock);
}

static int take_slots(struct forward *f, struct net *netns, u16 *taken)
{
	const struct vmi_portfwd_conf *c = &f->pub.conf;
	struct slot *slot;
	u32 port;
	int err;

	for (port = c->first; port <= c->last; port++) {
		slot = &f->slot[f->nslots];
		slot->fwd = &f->pub;
		slot->port = port;
		err = hold(netns, c, port, &slot->sock);
		if (err) {
			*taken = port;
			release_slots(f);
			return err;
		}
		f->nslots++;
	}
	return 0;
}

static __be32 address_of(const struct vmi_net *net, const char *vm)
{
	struct vmi_port *port;

	list_for_each_entry(port, &net->ports, net_node) {
		if (!strcmp(port->vm->name, vm))
			return port->ip;
	}
	return 0;
}

static int check_conf(struct vmi_net *net, struct vmi_portfwd_table *table,
		      const struct vmi_portfwd_conf *conf, u16 *taken,
		      struct netlink_ext_ack *extack)
{
	struct vmi_portfwd *fwd;
	u32 port, n = 0;

	if (conf->proto != IPPROTO_TCP && conf->proto != IPPROTO_UDP) {
		NL_SET_ERR_MSG_MOD(extack, "only TCP and UDP ports are forwarded");
		return -EINVAL;
	}
	if (!conf->first || conf->last < conf->first || !conf->to ||
	    conf->to + (conf->last - conf->first) > U16_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "the range of ports ends before it begins or beyond 65535");
		return -EINVAL;
	}
	if (conf->addr && (ipv4_is_multicast(conf->addr) || ipv4_is_lbcast(conf->addr))) {
		NL_SET_ERR_MSG_MOD(extack, "the host's address is not a unicast one");
		return -EINVAL;
	}
	list_for_each_entry(fwd, &net->forwards, net_node)
		n += fwd->conf.last - fwd->conf.first + 1;
	if (n + conf->last - conf->first + 1 > VMI_PORTFWD_PORTS) {
		NL_SET_ERR_MSG_MOD(extack, "a network has at most 16384 forwarded ports");
		return -ENOSPC;
	}
	for (port = conf->first; port <= conf->last; port++) {
		if (slot_taken(table, conf, port)) {
			*taken = port;
			return -EEXIST;
		}
	}
	return 0;
}

/* the network of a forward, and what it needs of it */
static int find_net(const char *name, struct vmi_net **net, struct vmi_portfwd_table **table,
		    struct net **netns, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&vmi_ctl);
	*net = vmi_net_find(name);
	if (!*net) {
		NL_SET_ERR_MSG_MOD(extack, "no such network");
		return -ENOENT;
	}
	if ((*net)->conf.mode != VMI_NET_MODE_NAT) {
		NL_SET_ERR_MSG_MOD(extack, "only a NAT network has forwards");
		return -EOPNOTSUPP;
	}
	*table = vmi_nat_forwards(*net, netns);
	if (!*table) {
		NL_SET_ERR_MSG_MOD(extack, "the network has lost the host's interface");
		return -ENODEV;
	}
	return 0;
}

/**
 * vmi_portfwd_new - forward ports to a VM
 * @conf: what the client asks for
 * @id: set to the identifier
 * @taken: set to the port in question when one is taken
 * @extack: for the explanation, but of a port that is taken
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -ENOENT (network), -EOPNOTSUPP (not NAT), -ENODEV, -EINVAL, -EEXIST (another
 * forward has a port), -EADDRINUSE (a program of the host has), -EACCES (a port below 1024
 * without CAP_NET_BIND_SERVICE), -ENOSPC or -ENOMEM.
 */
int vmi_portfwd_new(const struct vmi_portfwd_conf *conf, u32 *id, u16 *taken,
		    struct netlink_ext_ack *extack)
{
	struct vmi_portfwd_table *table;
	struct vmi_portfwd *fwd;
	struct net *netns;
	struct vmi_net *net;
	struct forward *f;
	u32 i;
	int err;

	err = find_net(conf->net, &net, &table, &netns, extack);
	if (err)
		return err;
	err = check_conf(net, table, conf, taken, extack);
	if (err)
		return err;
	f = kvzalloc(struct_size(f, slot, conf->last - conf->first + 1), GFP_KERNEL_ACCOUNT);
	if (!f)
		return -ENOMEM;
	fwd = &f->pub;
	fwd->conf = *conf;
	fwd->net = net;
	err = take_slots(f, netns, taken);
	if (err) {
		if (err == -EACCES)
			NL_SET_ERR_MSG_MOD(extack, "a port below 1024 needs CAP_NET_BIND_SERVICE");
		else if (err != -EADDRINUSE)
			NL_SET_ERR_MSG_MOD(extack, "the port cannot be held");
		kvfree(f);
		return err;
	}
	fwd->ip = address_of(net, conf->vm);
	fwd->id = ++vmi_portfwd_last_id;
	list_add_tail(&fwd->node, &vmi_portfwds);
	list_add_tail(&fwd->net_node, &net->forwards);
	for (i = 0; i < f->nslots; i++)
		hlist_add_head_rcu(&f->slot[i].node, bucket(table, conf->proto, f->slot[i].port));
	*id = fwd->id;
	emit(fwd, VMI_EVENT_KIND_FORWARD_NEW);
	return 0;
}

static void delete(struct vmi_portfwd *fwd)
{
	struct forward *f = container_of(fwd, struct forward, pub);
	u32 i;

	lockdep_assert_held(&vmi_ctl);
	for (i = 0; i < f->nslots; i++)
		hlist_del_rcu(&f->slot[i].node);
	list_del(&fwd->net_node);
	list_del(&fwd->node);
	release_slots(f);
	emit(fwd, VMI_EVENT_KIND_FORWARD_DEL);
	kvfree_rcu(f, rcu);
}

/**
 * vmi_portfwd_del - delete a forward
 * @conf: network, protocol, first port and address of it
 * @extack: for the explanation
 *
 * Its connections end: who took the port away wants nobody to come by it.
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -ENOENT, -EOPNOTSUPP or -ENODEV.
 */
int vmi_portfwd_del(const struct vmi_portfwd_conf *conf, struct netlink_ext_ack *extack)
{
	struct vmi_portfwd_table *table;
	struct vmi_portfwd_conf c;
	struct vmi_portfwd *fwd;
	struct net *netns;
	struct vmi_net *net;
	__be32 ip;
	int err;

	err = find_net(conf->net, &net, &table, &netns, extack);
	if (err)
		return err;
	list_for_each_entry(fwd, &net->forwards, net_node) {
		if (fwd->conf.proto != conf->proto || fwd->conf.first != conf->first ||
		    fwd->conf.addr != conf->addr)
			continue;
		c = fwd->conf;
		ip = fwd->ip;
		delete(fwd);
		if (ip)
			vmi_nat_forget_forward(net, c.proto, c.first, c.last, ip);
		return 0;
	}
	NL_SET_ERR_MSG_MOD(extack, "the network has no such forward");
	return -ENOENT;
}

/**
 * vmi_portfwd_del_all - delete the forwards of a network
 * @net: the network
 *
 * Context: process, vmi_ctl held.
 */
void vmi_portfwd_del_all(struct vmi_net *net)
{
	struct vmi_portfwd *fwd, *tmp;

	list_for_each_entry_safe(fwd, tmp, &net->forwards, net_node)
		delete(fwd);
}

/**
 * vmi_portfwd_follow - let forwards lead to where their VMs are now
 * @net: the network, to which a port was added or of which one was deleted
 *
 * Context: process, vmi_ctl held.
 */
void vmi_portfwd_follow(struct vmi_net *net)
{
	struct vmi_portfwd *fwd;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(fwd, &net->forwards, net_node)
		WRITE_ONCE(fwd->ip, address_of(net, fwd->conf.vm));
}

/**
 * vmi_portfwd_next - show the forwards one by one
 * @cursor: identifier of the last one shown, 0 to begin; moved on
 * @view: result
 *
 * Context: process, vmi_ctl held.
 * Return: 0, or -ENOENT at the end.
 */
int vmi_portfwd_next(u32 *cursor, struct vmi_portfwd_view *view)
{
	struct vmi_portfwd *fwd;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(fwd, &vmi_portfwds, node) {
		if (fwd->id <= *cursor)
			continue;
		view->conf = fwd->conf;
		view->id = fwd->id;
		view->ip = fwd->ip;
		view->connections = atomic64_read(&fwd->connections);
		*cursor = fwd->id;
		return 0;
	}
	return -ENOENT;
}

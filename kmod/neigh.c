// SPDX-License-Identifier: GPL-2.0
/*
 * Neighbour table of a network behind a translating uplink.
 */
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>

#include "neigh.h"
#include "port.h"

/* addr and port are const; seen is written without a lock, a stale value does no harm */
struct vmi_neigh_entry {
	struct hlist_node node;
	struct list_head port_node;
	struct rcu_head rcu;
	struct in6_addr addr;
	struct vmi_port *port;
	unsigned long seen;
};

static struct hlist_head *bucket(struct vmi_neigh *neigh, const struct in6_addr *addr)
{
	return &neigh->bucket[jhash(addr, sizeof(*addr), neigh->seed) % VMI_NEIGH_BUCKETS];
}

static struct vmi_neigh_entry *find(struct vmi_neigh *neigh, const struct in6_addr *addr)
{
	struct vmi_neigh_entry *e;

	hlist_for_each_entry_rcu(e, bucket(neigh, addr), node, lockdep_is_held(&neigh->lock)) {
		if (ipv6_addr_equal(&e->addr, addr))
			return e;
	}
	return NULL;
}

static void drop(struct vmi_neigh *neigh, struct vmi_neigh_entry *e)
{
	lockdep_assert_held(&neigh->lock);
	e->port->nneighs--;
	list_del(&e->port_node);
	hlist_del_rcu(&e->node);
	kfree_rcu(e, rcu);
}

static void drop_oldest(struct vmi_neigh *neigh, struct vmi_port *port)
{
	struct vmi_neigh_entry *e, *oldest = NULL;

	list_for_each_entry(e, &port->neighs, port_node) {
		if (!oldest || time_before(READ_ONCE(e->seen), READ_ONCE(oldest->seen)))
			oldest = e;
	}
	if (oldest)
		drop(neigh, oldest);
}

/**
 * vmi_neigh_init - make an empty table
 * @neigh: the table
 *
 * Context: any.
 */
void vmi_neigh_init(struct vmi_neigh *neigh)
{
	unsigned int i;

	spin_lock_init(&neigh->lock);
	neigh->seed = get_random_u32();
	for (i = 0; i < VMI_NEIGH_BUCKETS; i++)
		INIT_HLIST_HEAD(&neigh->bucket[i]);
}

/**
 * vmi_neigh_find - look an address up
 * @neigh: the table
 * @addr: the address; an IPv4 address is mapped
 *
 * Context: RCU read side.
 * Return: the port, or NULL.
 */
struct vmi_port *vmi_neigh_find(struct vmi_neigh *neigh, const struct in6_addr *addr)
{
	struct vmi_neigh_entry *e = find(neigh, addr);

	return e ? e->port : NULL;
}

/**
 * vmi_neigh_learn - note that a guest sent from an address
 * @neigh: the table
 * @addr: the address; an IPv4 address is mapped
 * @port: the guest's
 *
 * An address moves to who used it last, but for one that its port has by lease.
 *
 * Context: softirq, RCU read side; the port's poll.
 */
void vmi_neigh_learn(struct vmi_neigh *neigh, const struct in6_addr *addr, struct vmi_port *port)
{
	struct vmi_neigh_entry *e = find(neigh, addr), *new;

	if (e && e->port == port) {
		if (READ_ONCE(e->seen) != jiffies)
			WRITE_ONCE(e->seen, jiffies);
		return;
	}
	if (e && ipv6_addr_v4mapped(addr) && e->port->ip == addr->s6_addr32[3])
		return;
	new = kzalloc(sizeof(*new), GFP_ATOMIC);
	if (!new)
		return;
	new->addr = *addr;
	new->port = port;
	new->seen = jiffies;

	spin_lock(&neigh->lock);
	e = find(neigh, addr);
	if (e)
		drop(neigh, e);
	if (port->nneighs >= VMI_NEIGH_PER_PORT)
		drop_oldest(neigh, port);
	port->nneighs++;
	list_add(&new->port_node, &port->neighs);
	hlist_add_head_rcu(&new->node, bucket(neigh, addr));
	spin_unlock(&neigh->lock);
}

/**
 * vmi_neigh_forget - remove what was learned of a port
 * @neigh: the table
 * @port: the port; it does not send any more
 *
 * Readers may see the port until an RCU grace period is over.
 *
 * Context: process.
 */
void vmi_neigh_forget(struct vmi_neigh *neigh, struct vmi_port *port)
{
	struct vmi_neigh_entry *e, *tmp;

	spin_lock_bh(&neigh->lock);
	list_for_each_entry_safe(e, tmp, &port->neighs, port_node)
		drop(neigh, e);
	spin_unlock_bh(&neigh->lock);
}

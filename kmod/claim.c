// SPDX-License-Identifier: GPL-2.0
/*
 * Which guest of a network has which IPv6 address.
 */
#include <linux/bits.h>
#include <linux/ipv6.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/addrconf.h>
#include <net/ipv6.h>

#include "claim.h"
#include "frame.h"
#include "guard.h"
#include "port.h"
#include "uplink.h"

/**
 * struct vmi_claim - an address and who has it
 * @node: in its bucket; the table's lock, read by RCU
 * @port_node: in the port's list; the table's lock
 * @rcu: freed by RCU
 * @addr: the address; const
 * @port: who has it; const. No reference: the claim goes before the port does
 * @used: jiffies when it was last used; written without a lock, a stale value does no harm
 */
struct vmi_claim {
	struct hlist_node node;
	struct list_head port_node;
	struct rcu_head rcu;
	struct in6_addr addr;
	struct vmi_port *port;
	unsigned long used;
};

static struct hlist_head *bucket(struct vmi_claims *claims, const struct in6_addr *addr)
{
	return &claims->bucket[jhash2((const u32 *)addr->s6_addr32, 4, claims->seed) %
			       VMI_CLAIM_BUCKETS];
}

static struct vmi_claim *find(struct vmi_claims *claims, const struct in6_addr *addr)
{
	struct vmi_claim *c;

	hlist_for_each_entry_rcu(c, bucket(claims, addr), node, lockdep_is_held(&claims->lock)) {
		if (ipv6_addr_equal(&c->addr, addr))
			return c;
	}
	return NULL;
}

static void drop(struct vmi_claims *claims, struct vmi_claim *c)
{
	lockdep_assert_held(&claims->lock);
	c->port->nclaims--;
	list_del(&c->port_node);
	hlist_del_rcu(&c->node);
	kfree_rcu(c, rcu);
}

static void drop_oldest(struct vmi_claims *claims, struct vmi_port *port)
{
	struct vmi_claim *c, *oldest = NULL;

	lockdep_assert_held(&claims->lock);
	list_for_each_entry(c, &port->claims, port_node) {
		if (!oldest || time_before(READ_ONCE(c->used), READ_ONCE(oldest->used)))
			oldest = c;
	}
	if (oldest)
		drop(claims, oldest);
}

/* Has the host that address, be it that it is still detecting whether it may? */
static bool host_has(const struct vmi_net *net, const struct in6_addr *addr)
{
	const struct net_device *host = rcu_dereference(net->host);

	if (net->uplink)
		return vmi_uplink_host_has(net->uplink, addr);
	if (!IS_ENABLED(CONFIG_IPV6) || !host || !ipv6_mod_enabled())
		return false;
	return ipv6_chk_addr_and_flags(dev_net(host), addr, host, false, 0, 0);
}

/* A guest that does not run has lost its claims to whoever wants them. */
static bool is_taken(const struct vmi_claim *c, const struct vmi_port *port)
{
	return c && c->port != port && READ_ONCE(c->port->running);
}

/* Returns false if the address is another's. Without memory nothing is noted. */
static bool claim(struct vmi_port *port, const struct in6_addr *addr)
{
	struct vmi_claims *claims = &port->net->claims;
	struct vmi_claim *c = find(claims, addr), *new;
	bool ok;

	if (c && c->port == port) {
		/* One write a jiffy is enough to tell the oldest. */
		if (READ_ONCE(c->used) != jiffies)
			WRITE_ONCE(c->used, jiffies);
		return true;
	}
	if (is_taken(c, port) || host_has(port->net, addr))
		return false;
	new = kzalloc(sizeof(*new), GFP_ATOMIC);
	if (!new)
		return true;
	new->addr = *addr;
	new->port = port;
	new->used = jiffies;

	spin_lock(&claims->lock);
	c = find(claims, addr);
	ok = !is_taken(c, port);
	if (ok) {
		if (c)
			drop(claims, c);
		if (port->nclaims >= VMI_CLAIMS_PER_PORT)
			drop_oldest(claims, port);
		port->nclaims++;
		list_add(&new->port_node, &port->claims);
		hlist_add_head_rcu(&new->node, bucket(claims, addr));
	}
	spin_unlock(&claims->lock);
	if (!ok)
		kfree(new);
	return ok;
}

/**
 * vmi_claims_init - make an empty table
 * @claims: the table
 *
 * Context: any.
 */
void vmi_claims_init(struct vmi_claims *claims)
{
	unsigned int i;

	spin_lock_init(&claims->lock);
	claims->seed = get_random_u32();
	for (i = 0; i < VMI_CLAIM_BUCKETS; i++)
		INIT_HLIST_HEAD(&claims->bucket[i]);
}

/**
 * vmi_claim_check - may a guest use the IPv6 addresses that its frame says to be its own?
 * @port: the guest's
 * @f: the frame, parsed; it has passed vmi_guard_check()
 * @guard: which checks to make, BIT(VMI_GUARD_*)
 *
 * What is not taken is the guest's from now on. Neighbour discovery claims for ports
 * without checks, too, so that others cannot pass for them.
 *
 * Context: softirq, RCU read side; the port's poll.
 * Return: VMI_FRAME_OK or the enum vmi_drop.
 */
int vmi_claim_check(struct vmi_port *port, const struct vmi_frame *f, u32 guard)
{
	bool nd = f->flags & VMI_FRAME_ND, check_nd = nd && guard & BIT(VMI_GUARD_ND);
	const struct in6_addr *source, *target;

	if (!nd && !(guard & BIT(VMI_GUARD_IP)))
		return VMI_FRAME_OK;
	vmi_guard_claims(f, &source, &target);
	if (source && !claim(port, source)) {
		if (check_nd)
			return VMI_DROP_ND;
		if (guard & BIT(VMI_GUARD_IP))
			return VMI_DROP_SRC_IP;
	}
	if (target && !claim(port, target) && check_nd)
		return VMI_DROP_ND;
	return VMI_FRAME_OK;
}

/**
 * vmi_claims_forget - remove a port's claims
 * @claims: the table
 * @port: the port; it sends no more
 *
 * Readers may see the port until an RCU grace period is over.
 *
 * Context: process.
 */
void vmi_claims_forget(struct vmi_claims *claims, struct vmi_port *port)
{
	struct vmi_claim *c, *tmp;

	spin_lock_bh(&claims->lock);
	list_for_each_entry_safe(c, tmp, &port->claims, port_node)
		drop(claims, c);
	spin_unlock_bh(&claims->lock);
}

/**
 * vmi_claims_pop - remove one of a port's claims
 * @claims: the table
 * @port: the port; it sends no more
 * @addr: set to its address
 *
 * Readers may see the port until an RCU grace period is over.
 *
 * Context: process.
 * Return: false if there is none.
 */
bool vmi_claims_pop(struct vmi_claims *claims, struct vmi_port *port, struct in6_addr *addr)
{
	struct vmi_claim *c;

	spin_lock_bh(&claims->lock);
	c = list_first_entry_or_null(&port->claims, struct vmi_claim, port_node);
	if (c) {
		*addr = c->addr;
		drop(claims, c);
	}
	spin_unlock_bh(&claims->lock);
	return c;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Forwarding table of a network.
 */
#include <linux/etherdevice.h>
#include <linux/jhash.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/slab.h>

#include "fdb.h"

/**
 * struct vmi_fdb_entry - a MAC address and where it is
 * @node: in its bucket; the table's lock, read by RCU
 * @rcu: freed by RCU
 * @mac: the address; const
 * @ages: learned, else permanent; const
 * @port: the port, NULL for the host's interface; const. No reference: the entry goes
 *	before the port does
 * @seen: jiffies when it was last seen; written without a lock, a stale value does no harm
 */
struct vmi_fdb_entry {
	struct hlist_node node;
	struct rcu_head rcu;
	u8 mac[ETH_ALEN];
	bool ages;
	struct vmi_port *port;
	unsigned long seen;
};

static struct hlist_head *bucket(struct vmi_fdb *fdb, const u8 *mac)
{
	return &fdb->bucket[jhash(mac, ETH_ALEN, fdb->seed) % VMI_FDB_BUCKETS];
}

static bool expired(const struct vmi_fdb_entry *e, u32 ageing_ms)
{
	return e->ages && time_after(jiffies, READ_ONCE(e->seen) + msecs_to_jiffies(ageing_ms));
}

static struct vmi_fdb_entry *find(struct vmi_fdb *fdb, const u8 *mac)
{
	struct vmi_fdb_entry *e;

	hlist_for_each_entry_rcu(e, bucket(fdb, mac), node, lockdep_is_held(&fdb->lock)) {
		if (ether_addr_equal_unaligned(e->mac, mac))
			return e;
	}
	return NULL;
}

static void drop(struct vmi_fdb *fdb, struct vmi_fdb_entry *e)
{
	lockdep_assert_held(&fdb->lock);
	if (e->ages)
		WRITE_ONCE(fdb->learned, fdb->learned - 1);
	hlist_del_rcu(&e->node);
	kfree_rcu(e, rcu);
}

/**
 * vmi_fdb_init - make an empty table
 * @fdb: the table
 *
 * Context: any.
 */
void vmi_fdb_init(struct vmi_fdb *fdb)
{
	unsigned int i;

	spin_lock_init(&fdb->lock);
	fdb->seed = get_random_u32();
	fdb->learned = 0;
	fdb->full_until = jiffies;
	for (i = 0; i < VMI_FDB_BUCKETS; i++)
		INIT_HLIST_HEAD(&fdb->bucket[i]);
}

/**
 * vmi_fdb_destroy - remove all entries
 * @fdb: the table
 *
 * Context: process or softirq.
 */
void vmi_fdb_destroy(struct vmi_fdb *fdb)
{
	struct vmi_fdb_entry *e;
	struct hlist_node *tmp;
	unsigned int i;

	spin_lock_bh(&fdb->lock);
	for (i = 0; i < VMI_FDB_BUCKETS; i++)
		hlist_for_each_entry_safe(e, tmp, &fdb->bucket[i], node)
			drop(fdb, e);
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmi_fdb_add - add a permanent entry, in place of a learned one
 * @fdb: the table
 * @mac: the address
 * @port: the port, NULL for the host's interface
 *
 * Context: process.
 * Return: 0, -ENOMEM, or -EEXIST if there is a permanent entry.
 */
int vmi_fdb_add(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port)
{
	struct vmi_fdb_entry *e, *old;
	int err = 0;

	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	ether_addr_copy(e->mac, mac);
	e->port = port;

	spin_lock_bh(&fdb->lock);
	old = find(fdb, mac);
	if (old && !old->ages) {
		err = -EEXIST;
	} else {
		if (old)
			drop(fdb, old);
		hlist_add_head_rcu(&e->node, bucket(fdb, mac));
	}
	spin_unlock_bh(&fdb->lock);
	if (err)
		kfree(e);
	return err;
}

/**
 * vmi_fdb_del - remove a permanent entry
 * @fdb: the table
 * @mac: the address
 * @port: whose it is, NULL for the host's interface; another one's stays
 *
 * Readers may see the entry, and its port, until an RCU grace period is over.
 *
 * Context: process or softirq.
 */
void vmi_fdb_del(struct vmi_fdb *fdb, const u8 *mac, const struct vmi_port *port)
{
	struct vmi_fdb_entry *e;

	spin_lock_bh(&fdb->lock);
	e = find(fdb, mac);
	if (e && !e->ages && e->port == port)
		drop(fdb, e);
	spin_unlock_bh(&fdb->lock);
}

/**
 * vmi_fdb_find - look an address up
 * @fdb: the table
 * @mac: the address
 * @ageing_ms: life of a learned entry
 * @port: set to the port, or NULL for the host's interface
 *
 * Context: RCU read side.
 * Return: whether the address is known.
 */
bool vmi_fdb_find(struct vmi_fdb *fdb, const u8 *mac, u32 ageing_ms, struct vmi_port **port)
{
	struct vmi_fdb_entry *e = find(fdb, mac);

	if (!e || expired(e, ageing_ms))
		return false;
	*port = e->port;
	return true;
}

/* Make room in a full table; what is still young stays. */
static void evict_expired(struct vmi_fdb *fdb, u32 ageing_ms)
{
	struct vmi_fdb_entry *e;
	struct hlist_node *tmp;
	unsigned int i;

	lockdep_assert_held(&fdb->lock);
	for (i = 0; i < VMI_FDB_BUCKETS; i++)
		hlist_for_each_entry_safe(e, tmp, &fdb->bucket[i], node)
			if (expired(e, ageing_ms))
				drop(fdb, e);
}

/**
 * vmi_fdb_learn - note where an address was seen
 * @fdb: the table
 * @mac: the address
 * @port: behind which port, NULL for the host's interface
 * @ageing_ms: life of a learned entry
 *
 * A permanent entry is not changed. A table full of young entries learns no more.
 *
 * Context: softirq, RCU read side.
 */
void vmi_fdb_learn(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port, u32 ageing_ms)
{
	struct vmi_fdb_entry *e = find(fdb, mac), *old;

	if (e && (!e->ages || e->port == port)) {
		/* One write a jiffy: the line is shared by all CPUs. */
		if (e->ages && READ_ONCE(e->seen) != jiffies)
			WRITE_ONCE(e->seen, jiffies);
		return;
	}
	if (!is_valid_ether_addr(mac))
		return;

	spin_lock(&fdb->lock);
	/* Not for every address that finds no room: whoever makes them up would have us do it. */
	if (fdb->learned >= VMI_FDB_LEARNED && time_after_eq(jiffies, fdb->full_until)) {
		evict_expired(fdb, ageing_ms);
		fdb->full_until = jiffies + HZ;
	}
	old = find(fdb, mac);
	if (old ? !old->ages || old->port == port : fdb->learned >= VMI_FDB_LEARNED)
		goto unlock;
	e = kzalloc(sizeof(*e), GFP_ATOMIC);
	if (!e)
		goto unlock;
	/* It has moved. */
	if (old)
		drop(fdb, old);
	ether_addr_copy(e->mac, mac);
	e->port = port;
	e->ages = true;
	e->seen = jiffies;
	WRITE_ONCE(fdb->learned, fdb->learned + 1);
	hlist_add_head_rcu(&e->node, bucket(fdb, mac));
unlock:
	spin_unlock(&fdb->lock);
}

/**
 * vmi_fdb_forget - remove what was learned of a port
 * @fdb: the table
 * @port: the port
 *
 * Readers may see the port until an RCU grace period is over.
 *
 * Context: process.
 * Return: whether there was something.
 */
bool vmi_fdb_forget(struct vmi_fdb *fdb, struct vmi_port *port)
{
	struct vmi_fdb_entry *e;
	struct hlist_node *tmp;
	bool found = false;
	unsigned int i;

	spin_lock_bh(&fdb->lock);
	for (i = 0; i < VMI_FDB_BUCKETS; i++)
		hlist_for_each_entry_safe(e, tmp, &fdb->bucket[i], node)
			if (e->ages && e->port == port) {
				drop(fdb, e);
				found = true;
			}
	spin_unlock_bh(&fdb->lock);
	return found;
}

/**
 * vmi_fdb_unlearn - note that an address was seen on the LAN
 * @fdb: the table
 * @mac: the address; a permanent entry is not changed
 *
 * Context: softirq, RCU read side.
 */
void vmi_fdb_unlearn(struct vmi_fdb *fdb, const u8 *mac)
{
	struct vmi_fdb_entry *e;

	/* Mostly there is nothing behind the host's interface or a guest. */
	if (!READ_ONCE(fdb->learned))
		return;
	e = find(fdb, mac);
	if (!e || !e->ages)
		return;
	spin_lock(&fdb->lock);
	e = find(fdb, mac);
	if (e && e->ages)
		drop(fdb, e);
	spin_unlock(&fdb->lock);
}

/**
 * vmi_fdb_entry - show an entry
 * @fdb: the table
 * @index: which, from 0, in no particular order
 * @ageing_ms: life of a learned entry; older ones are removed
 * @view: result
 *
 * Context: process; whoever keeps @view->port from being freed holds vmi_ctl.
 * Return: false if there is no such entry.
 */
bool vmi_fdb_entry(struct vmi_fdb *fdb, u32 index, u32 ageing_ms, struct vmi_fdb_entry_view *view)
{
	struct vmi_fdb_entry *e;
	bool found = false;
	unsigned int i;

	spin_lock_bh(&fdb->lock);
	evict_expired(fdb, ageing_ms);
	for (i = 0; i < VMI_FDB_BUCKETS && !found; i++) {
		hlist_for_each_entry(e, &fdb->bucket[i], node) {
			if (index--)
				continue;
			ether_addr_copy(view->mac, e->mac);
			view->port = e->port;
			view->ages = e->ages;
			view->age_ms = e->ages ? jiffies_to_msecs(jiffies - READ_ONCE(e->seen)) : 0;
			found = true;
			break;
		}
	}
	spin_unlock_bh(&fdb->lock);
	return found;
}

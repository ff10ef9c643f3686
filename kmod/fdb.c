// SPDX-License-Identifier: GPL-2.0
/*
 * Forwarding table of a network.
 */
#include <linux/etherdevice.h>
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "fdb.h"
#include "port.h"

#define OLD_PERIOD	(10 * HZ)	/* between two looks for entries that are too old */

/**
 * struct vmi_fdb_entry - a MAC address and where it is
 * @node: in the hash table
 * @list: in the list of all; the table's lock, read by RCU
 * @rcu: freed by RCU
 * @mac: the address; const
 * @ages: learned, else permanent; const
 * @port: the port, NULL for the host's interface; written under the table's lock, read by
 *	RCU. No reference: the entry goes before the port does
 * @seen: jiffies when it was last seen; written without a lock, a stale value does no harm
 */
struct vmi_fdb_entry {
	struct rhash_head node;
	struct list_head list;
	struct rcu_head rcu;
	u8 mac[ETH_ALEN];
	bool ages;
	struct vmi_port *port;
	unsigned long seen;
};

static int differs(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct vmi_fdb_entry *e = obj;

	return !ether_addr_equal_unaligned(e->mac, arg->key);
}

static const struct rhashtable_params table_params = {
	.head_offset		= offsetof(struct vmi_fdb_entry, node),
	.key_offset		= offsetof(struct vmi_fdb_entry, mac),
	.key_len		= ETH_ALEN,
	.obj_cmpfn		= differs,
	.automatic_shrinking	= true,
};

static bool expired(const struct vmi_fdb_entry *e, u32 ageing_ms)
{
	return e->ages && time_after(jiffies, READ_ONCE(e->seen) + msecs_to_jiffies(ageing_ms));
}

/* RCU held. */
static struct vmi_fdb_entry *find(struct vmi_fdb *fdb, const u8 *mac)
{
	return rhashtable_lookup(&fdb->table, mac, table_params);
}

static void count(struct vmi_fdb *fdb, struct vmi_port *port, int n)
{
	lockdep_assert_held(&fdb->lock);
	WRITE_ONCE(fdb->learned, fdb->learned + n);
	if (port)
		port->nlearned += n;
}

static int insert(struct vmi_fdb *fdb, struct vmi_fdb_entry *e)
{
	int err;

	lockdep_assert_held(&fdb->lock);
	err = rhashtable_insert_fast(&fdb->table, &e->node, table_params);
	if (err)
		return err;
	list_add_tail_rcu(&e->list, &fdb->entries);
	if (e->ages)
		count(fdb, e->port, 1);
	return 0;
}

static void drop(struct vmi_fdb *fdb, struct vmi_fdb_entry *e)
{
	lockdep_assert_held(&fdb->lock);
	if (e->ages)
		count(fdb, e->port, -1);
	rhashtable_remove_fast(&fdb->table, &e->node, table_params);
	list_del_rcu(&e->list);
	kfree_rcu(e, rcu);
}

/* Remove what is too old; the lock is held for one at a time. */
static void old_work(struct work_struct *work)
{
	struct vmi_fdb *fdb = container_of(to_delayed_work(work), struct vmi_fdb, old_work);
	u32 ageing_ms = READ_ONCE(*fdb->ageing_ms);
	struct vmi_fdb_entry *e;

	rcu_read_lock();
	list_for_each_entry_rcu(e, &fdb->entries, list) {
		if (!expired(e, ageing_ms))
			continue;
		spin_lock_bh(&fdb->lock);
		/* Another may have removed it. */
		if (find(fdb, e->mac) == e)
			drop(fdb, e);
		spin_unlock_bh(&fdb->lock);
	}
	rcu_read_unlock();
	if (READ_ONCE(fdb->learned))
		schedule_delayed_work(&fdb->old_work, OLD_PERIOD);
}

/**
 * vmi_fdb_init - make an empty table
 * @fdb: the table
 * @ageing_ms: where the life of a learned entry stands, as long as there is the table
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int vmi_fdb_init(struct vmi_fdb *fdb, const u32 *ageing_ms)
{
	spin_lock_init(&fdb->lock);
	INIT_LIST_HEAD(&fdb->entries);
	INIT_DELAYED_WORK(&fdb->old_work, old_work);
	fdb->learned = 0;
	fdb->ageing_ms = ageing_ms;
	fdb->full_until = jiffies;
	return rhashtable_init(&fdb->table, &table_params);
}

/**
 * vmi_fdb_destroy - remove all entries
 * @fdb: the table; nobody else uses it any more
 *
 * Context: process, may sleep.
 */
void vmi_fdb_destroy(struct vmi_fdb *fdb)
{
	struct vmi_fdb_entry *e, *tmp;

	cancel_delayed_work_sync(&fdb->old_work);
	list_for_each_entry_safe(e, tmp, &fdb->entries, list) {
		spin_lock_bh(&fdb->lock);
		drop(fdb, e);
		spin_unlock_bh(&fdb->lock);
	}
	rhashtable_destroy(&fdb->table);
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
	int err;

	e = kzalloc(sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	ether_addr_copy(e->mac, mac);
	e->port = port;

	rcu_read_lock();
	spin_lock_bh(&fdb->lock);
	old = find(fdb, mac);
	if (old && old->ages)
		drop(fdb, old);
	err = insert(fdb, e);
	spin_unlock_bh(&fdb->lock);
	rcu_read_unlock();
	if (!err)
		return 0;
	kfree(e);
	return err == -EEXIST ? err : -ENOMEM;
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

	rcu_read_lock();
	spin_lock_bh(&fdb->lock);
	e = find(fdb, mac);
	if (e && !e->ages && e->port == port)
		drop(fdb, e);
	spin_unlock_bh(&fdb->lock);
	rcu_read_unlock();
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
	*port = READ_ONCE(e->port);
	return true;
}

static bool has_room(struct vmi_fdb *fdb, const struct vmi_port *port)
{
	lockdep_assert_held(&fdb->lock);
	if (fdb->learned < VMI_FDB_LEARNED && (!port || port->nlearned < VMI_FDB_PER_PORT))
		return true;
	/* Not for every address that finds none: whoever makes them up would have us do it. */
	if (time_after_eq(jiffies, fdb->full_until)) {
		fdb->full_until = jiffies + HZ;
		mod_delayed_work(system_wq, &fdb->old_work, 0);
	}
	return false;
}

static void learn_new(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port)
{
	struct vmi_fdb_entry *e;

	if (!has_room(fdb, port))
		return;
	e = kzalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);
	if (!e)
		return;
	ether_addr_copy(e->mac, mac);
	e->port = port;
	e->ages = true;
	e->seen = jiffies;
	if (insert(fdb, e)) {
		kfree(e);
		return;
	}
	if (fdb->learned == 1)
		schedule_delayed_work(&fdb->old_work, OLD_PERIOD);
}

/* An address has moved to another port. */
static void learn_move(struct vmi_fdb *fdb, struct vmi_fdb_entry *e, struct vmi_port *port)
{
	if (port && port->nlearned >= VMI_FDB_PER_PORT)
		return;
	count(fdb, e->port, -1);
	count(fdb, port, 1);
	WRITE_ONCE(e->port, port);
	WRITE_ONCE(e->seen, jiffies);
}

/**
 * vmi_fdb_learn - note where an address was seen
 * @fdb: the table
 * @mac: the address
 * @port: behind which port, NULL for the host's interface
 *
 * A permanent entry is not changed. A table full of young entries learns no more, and no
 * more behind a port that has its share.
 *
 * Context: softirq, RCU read side.
 */
void vmi_fdb_learn(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port)
{
	struct vmi_fdb_entry *e = find(fdb, mac);

	if (e && (!e->ages || READ_ONCE(e->port) == port)) {
		/* One write a jiffy: the line is shared by all CPUs. */
		if (e->ages && READ_ONCE(e->seen) != jiffies)
			WRITE_ONCE(e->seen, jiffies);
		return;
	}
	if (!is_valid_ether_addr(mac))
		return;

	spin_lock(&fdb->lock);
	e = find(fdb, mac);
	if (!e)
		learn_new(fdb, mac, port);
	else if (e->ages && e->port != port)
		learn_move(fdb, e, port);
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
	struct vmi_fdb_entry *e, *tmp;
	bool found;

	spin_lock_bh(&fdb->lock);
	found = port->nlearned;
	if (!found)
		goto unlock;
	list_for_each_entry_safe(e, tmp, &fdb->entries, list) {
		if (e->ages && e->port == port)
			drop(fdb, e);
	}
unlock:
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
 * vmi_fdb_next - go from entry to entry
 * @fdb: the table
 * @e: the entry before, NULL to begin
 * @skip: this many after it are left out
 *
 * Context: RCU read side.
 * Return: the entry, NULL at the end.
 */
struct vmi_fdb_entry *vmi_fdb_next(struct vmi_fdb *fdb, struct vmi_fdb_entry *e, u32 skip)
{
	struct list_head *at = e ? &e->list : &fdb->entries;

	do {
		at = rcu_dereference(list_next_rcu(at));
		if (at == &fdb->entries)
			return NULL;
	} while (skip--);
	return list_entry(at, struct vmi_fdb_entry, list);
}

/**
 * vmi_fdb_show - show an entry
 * @e: the entry
 * @ageing_ms: life of a learned entry
 * @view: result
 *
 * Context: RCU read side.
 * Return: false if it is too old to be there.
 */
bool vmi_fdb_show(const struct vmi_fdb_entry *e, u32 ageing_ms, struct vmi_fdb_entry_view *view)
{
	if (expired(e, ageing_ms))
		return false;
	ether_addr_copy(view->mac, e->mac);
	view->port = READ_ONCE(e->port);
	view->ages = e->ages;
	view->age_ms = e->ages ? jiffies_to_msecs(jiffies - READ_ONCE(e->seen)) : 0;
	return true;
}

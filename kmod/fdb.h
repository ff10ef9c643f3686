/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Forwarding table of a network: which MAC is behind which port.
 *
 * Ports and the host's interface have permanent entries; addresses behind the
 * host's interface, and behind ports whose guests may use any, are learned, age, and are
 * bounded in number: those of a network by memory, 10 MB, and those of a port so that no
 * guest can take what the others need.
 */
#ifndef VMI_FDB_H
#define VMI_FDB_H

#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/rhashtable-types.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

struct vmi_fdb_entry;
struct vmi_port;

#define VMI_FDB_LEARNED		131072	/* learned entries of a network */
#define VMI_FDB_PER_PORT	8192	/* of these, behind one port */

/**
 * struct vmi_fdb - a forwarding table
 * @lock: leaf; writers, bottom halves off
 * @table: entries by address, grows and shrinks by itself; @lock, read by RCU
 * @entries: all of them, in the order in which they came; @lock, read by RCU
 * @learned: number of entries that age; written under @lock
 * @ageing_ms: life of a learned entry, its network's; const, and what it points to is read
 *	without a lock
 * @old_work: removes entries that are too old, as long as there are some that age
 * @full_until: jiffies; no sooner does an address that finds no room start the work; @lock
 */
struct vmi_fdb {
	spinlock_t lock;
	struct rhashtable table;
	struct list_head entries;
	u32 learned;
	const u32 *ageing_ms;
	struct delayed_work old_work;
	unsigned long full_until;
};

/**
 * struct vmi_fdb_entry_view - what is told of an entry
 * @mac: the address
 * @port: the port, good as long as vmi_ctl or RCU is held; NULL for the host's interface
 * @age_ms: time since it was last seen, 0 if it does not age
 * @ages: it does
 */
struct vmi_fdb_entry_view {
	u8 mac[ETH_ALEN];
	struct vmi_port *port;
	u32 age_ms;
	bool ages;
};

int vmi_fdb_init(struct vmi_fdb *fdb, const u32 *ageing_ms);
void vmi_fdb_destroy(struct vmi_fdb *fdb);
int vmi_fdb_add(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port);
void vmi_fdb_del(struct vmi_fdb *fdb, const u8 *mac, const struct vmi_port *port);
/* RCU held: is the address known, and then behind which port (NULL: the host)? */
bool vmi_fdb_find(struct vmi_fdb *fdb, const u8 *mac, u32 ageing_ms, struct vmi_port **port);
/* the address was seen behind that port (NULL: the host's interface); softirq */
void vmi_fdb_learn(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port);
/* it was seen on the LAN; softirq */
void vmi_fdb_unlearn(struct vmi_fdb *fdb, const u8 *mac);
bool vmi_fdb_forget(struct vmi_fdb *fdb, struct vmi_port *port);
/* RCU held: the entry after that (NULL: the first), and after as many more; NULL at the end */
struct vmi_fdb_entry *vmi_fdb_next(struct vmi_fdb *fdb, struct vmi_fdb_entry *e, u32 skip);
bool vmi_fdb_show(const struct vmi_fdb_entry *e, u32 ageing_ms, struct vmi_fdb_entry_view *view);

#endif /* VMI_FDB_H */

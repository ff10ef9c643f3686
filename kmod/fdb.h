/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Forwarding table of a network: which MAC is behind which port.
 *
 * Ports and the host's interface have permanent entries; addresses behind the
 * host's interface, and behind ports whose guests may use any, are learned, age, and are
 * bounded in number.
 */
#ifndef VMI_FDB_H
#define VMI_FDB_H

#include <linux/if_ether.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct vmi_port;

#define VMI_FDB_BUCKETS	1024
#define VMI_FDB_LEARNED	1024	/* learned entries of a network */

/**
 * struct vmi_fdb - a forwarding table
 * @lock: leaf; writers, bottom halves off
 * @seed: of the hash; const
 * @learned: number of entries that age; written under @lock
 * @full_until: jiffies; a full table is not looked through for old entries before; @lock
 * @bucket: entries; @lock, read by RCU
 */
struct vmi_fdb {
	spinlock_t lock;
	u32 seed;
	u32 learned;
	unsigned long full_until;
	struct hlist_head bucket[VMI_FDB_BUCKETS];
};

/**
 * struct vmi_fdb_entry_view - what is told of an entry
 * @mac: the address
 * @port: the port, good as long as vmi_ctl is held; NULL for the host's interface
 * @age_ms: time since it was last seen, 0 if it does not age
 * @ages: it does
 */
struct vmi_fdb_entry_view {
	u8 mac[ETH_ALEN];
	struct vmi_port *port;
	u32 age_ms;
	bool ages;
};

void vmi_fdb_init(struct vmi_fdb *fdb);
void vmi_fdb_destroy(struct vmi_fdb *fdb);
int vmi_fdb_add(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port);
void vmi_fdb_del(struct vmi_fdb *fdb, const u8 *mac, const struct vmi_port *port);
/* RCU held: is the address known, and then behind which port (NULL: the host)? */
bool vmi_fdb_find(struct vmi_fdb *fdb, const u8 *mac, u32 ageing_ms, struct vmi_port **port);
/* the address was seen behind that port (NULL: the host's interface); softirq */
void vmi_fdb_learn(struct vmi_fdb *fdb, const u8 *mac, struct vmi_port *port, u32 ageing_ms);
/* it was seen on the LAN; softirq */
void vmi_fdb_unlearn(struct vmi_fdb *fdb, const u8 *mac);
bool vmi_fdb_forget(struct vmi_fdb *fdb, struct vmi_port *port);
bool vmi_fdb_entry(struct vmi_fdb *fdb, u32 index, u32 ageing_ms, struct vmi_fdb_entry_view *view);

#endif /* VMI_FDB_H */

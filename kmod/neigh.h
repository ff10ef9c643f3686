/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Neighbour table of a network behind a translating uplink: which IP address is
 * behind which port.
 *
 * Learned from what guests send. An entry stays until its port goes or has too
 * many: to forget a guest that is silent would make it unreachable.
 */
#ifndef VMI_NEIGH_H
#define VMI_NEIGH_H

#include <linux/in6.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

struct vmi_port;

#define VMI_NEIGH_BUCKETS	256
#define VMI_NEIGH_PER_PORT	64	/* the oldest goes for the next one */

/**
 * struct vmi_neigh - a neighbour table
 * @lock: leaf; writers, bottom halves off
 * @seed: of the hash; const
 * @bucket: entries; @lock, read by RCU
 */
struct vmi_neigh {
	spinlock_t lock;
	u32 seed;
	struct hlist_head bucket[VMI_NEIGH_BUCKETS];
};

void vmi_neigh_init(struct vmi_neigh *neigh);
/* RCU held: the port with that address, IPv4 mapped, or NULL */
struct vmi_port *vmi_neigh_find(struct vmi_neigh *neigh, const struct in6_addr *addr);
void vmi_neigh_learn(struct vmi_neigh *neigh, const struct in6_addr *addr, struct vmi_port *port);
void vmi_neigh_forget(struct vmi_neigh *neigh, struct vmi_port *port);

#endif /* VMI_NEIGH_H */

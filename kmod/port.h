/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ports: where a VM meets a network.
 *
 * The functions that take an extack are called under vmi_ctl.
 *
 * Lock order of the switch, outermost first:
 *
 *	vmi_ctl			configuration: networks and ports
 *	  rtnl			the host's interface is added or removed; all about an uplink
 *	  port->lock		who has the port's file, the rings' start and stop; its
 *				holder may wait for guest pages: tried under vmi_ctl only
 *	vmi_mem_lock(sender)	for a NAPI poll; reader's locks, so that
 *	  vmi_mem_lock(receiver)	the order of two guests does not matter
 *	    pair->rx.lock	of the receiver; never two; kept for a run of frames
 *	      eventfd		of the receiver, to interrupt its guest
 *	fdb->lock, claims->lock, policy->lock, neigh->lock, uplink->lock, port->punt.lock: leaves
 *
 * All locks of the module, and why nobody uses what is freed, are in
 * Documentation/locking.rst.
 *
 * An eventfd's wake-up runs our kick callback under the eventfd's lock with
 * interrupts off: it takes nothing and only queues irq_work.
 */
#ifndef VMI_PORT_H
#define VMI_PORT_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/skbuff.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "net.h"
#include "pair.h"
#include "policy.h"

struct vmi_mem;
struct vmi_steer;
struct vmi_vm;

#define VMI_PUNT_MAX	16	/* frames waiting for the VMM */

/**
 * struct vmi_port_conf - what a client asks for
 * @net: name of the network
 * @have_mac: @mac is given, else one is chosen
 * @mac: address
 * @ip: lease, 0 to have one chosen
 * @pairs: queue pairs, 0 for one
 * @policy: what differs from the network's
 */
struct vmi_port_conf {
	char net[VMI_NAME_LEN];
	bool have_mac;
	u8 mac[6];
	__be32 ip;
	u32 pairs;
	struct vmi_policy_conf policy;
};

/**
 * struct vmi_port_view - what a client is shown of a port
 * @id: see struct vmi_port, here and below
 * @index: see there
 * @vm: name of the VM
 * @net: name of the network
 * @mac: see there
 * @ip: see there
 * @link: see there
 * @active: the rings are started and without a fault
 * @fault: see there
 * @features: negotiated, 0 while the rings are stopped
 * @pairs: queue pairs
 * @pairs_active: those that frames are given to, 0 while the rings are stopped
 * @owner: of the VM
 * @policy: see struct vmi_port
 * @prefix6: see there
 */
struct vmi_port_view {
	u32 id;
	u32 index;
	char vm[VMI_NAME_LEN];
	char net[VMI_NAME_LEN];
	u8 mac[6];
	__be32 ip;
	bool link;		/* as the guest sees it */
	bool plugged;
	bool active;
	u32 fault;
	u64 features;
	u32 pairs;
	u32 pairs_active;
	kuid_t owner;
	struct vmi_policy_view policy;
	struct in6_addr prefix6;
};

/**
 * struct vmi_port - a port
 * @ref: of the list and of open port files; freed after an RCU grace period
 * @node: in the list of ports, in order of id; vmi_ctl
 * @net_node: in the network's; vmi_ctl, read by RCU
 * @vm_node: in the VM's; vmi_ctl
 * @id: unique; const
 * @index: number among the VM's; vmi_ctl
 * @vm: with a reference; const
 * @net: valid while the port is in the lists; vmi_ctl. It and @ip change in vmi_port_move() only,
 *	when nobody polls or finds the port: the packet path sees them const
 * @mac: const
 * @ip: the lease, 0 on a network without; as @net
 * @prefix6: what its IPv6 addresses begin with, unspecified without IPv6; as @net
 * @link: plugged in; vmi_ctl, read without a lock
 * @moves: how often it was moved to another network; vmi_ctl, read without a lock
 * @stats: per CPU
 * @before: what of @stats was counted on networks before this one; vmi_ctl
 * @lock: set-up of the rings
 * @file: who has opened the port, NULL if nobody; @lock, read without where it is only a hint
 * @mem: the guest's memory, NULL without a file; @lock, read by RCU
 * @features: negotiated; @lock, const while @running, when the packet path reads it
 * @on: the rings are started; @lock, read without a lock
 * @running: started, not @paused and without a fault; set under rx.lock of the first pair,
 *	cleared without by whoever finds a fault, read without a lock
 * @paused: is being moved; vmi_ctl and rx.lock of the first pair, either to read
 * @fault: enum vmi_port_fault, kept until the next start; atomic
 * @changed: link or fault changed since VMI_PORT_STATUS; atomic
 * @fault_work: tells of a fault
 * @punt: frames for the VMM; its own lock
 * @wait: readers of the port file
 * @policy: what an operator imposes on the port; its own guards
 * @claims: IPv6 addresses that are the guest's; net->claims.lock
 * @nclaims: their number; net->claims.lock
 * @nlearned: addresses that were learned behind it; net->fdb.lock
 * @uplink_node: among those that the network's uplink listens for; rtnl
 * @uplink_any: that is by listening for all addresses; rtnl
 * @neighs: addresses that the guest has used; neigh->lock of the uplink
 * @nneighs: their number; neigh->lock
 * @served: how many of the pairs are started while @on; @lock
 * @active: how many of those get frames; @lock, read without a lock
 * @steer: which of them which flow gets; NULL with one pair, const
 * @npairs: queue pairs; const
 * @pair: these
 */
struct vmi_port {
	struct kref ref;
	struct list_head node;
	struct list_head net_node;
	struct list_head vm_node;
	u32 id;
	u32 index;
	struct vmi_vm *vm;
	struct vmi_net *net;
	u8 mac[ETH_ALEN];
	__be32 ip;
	struct in6_addr prefix6;
	bool link;
	u32 moves;
	struct vmi_stats __percpu *stats;
	struct vmi_stats_view before;
	struct mutex lock;
	void *file;
	struct vmi_mem __rcu *mem;
	u64 features;
	bool on;
	bool running;
	bool paused;
	atomic_t fault;
	unsigned long changed;
	struct work_struct fault_work;
	struct sk_buff_head punt;
	wait_queue_head_t wait;
	struct vmi_policy policy;
	struct list_head claims;
	u32 nclaims;
	u32 nlearned;
	struct list_head uplink_node;
	bool uplink_any;
	struct list_head neighs;
	u32 nneighs;
	u32 served;
	u32 active;
	struct vmi_steer *steer;
	u32 npairs;
	struct vmi_pair pair[];
};

/**
 * struct vmi_switch - what the forwarding layer does for ports; it registers before the first port
 * @poll: serve a queue pair and return what was done of the budget; softirq
 * @inject: give a frame to the port's guest and nobody else, 0 or a negative errno; bottom
 *	halves off, takes the skb over
 */
struct vmi_switch {
	int (*poll)(struct vmi_pair *pair, int budget);
	int (*inject)(struct vmi_port *port, struct sk_buff *skb);
};

void vmi_port_set_switch(const struct vmi_switch *sw);

/* For the packet path, bottom halves off; @f is NULL where the frame was not parsed. */
static inline void vmi_port_drop_frame(struct vmi_port *port, enum vmi_drop why,
				       const struct vmi_frame *f)
{
	vmi_stats_drop(port->stats, why);
	trace_vmi_frame_drop(READ_ONCE(port->net)->conf.name, port->id, vmi_drop_names[why], f);
}

static inline void vmi_port_drop(struct vmi_port *port, enum vmi_drop why)
{
	vmi_port_drop_frame(port, why, NULL);
}

/* Does the guest's link carry frames? RCU, or vmi_ctl held */
static inline bool vmi_port_link_up(const struct vmi_port *port)
{
	return READ_ONCE(port->link) && READ_ONCE(READ_ONCE(port->net)->carrier);
}

/* vmi_ctl held: for move.c, capture.c and the network */
struct vmi_port *vmi_port_find(u32 id);
struct vmi_port *vmi_port_find_index(struct vmi_vm *vm, u32 index);
void vmi_port_leave(struct vmi_port *port);
void vmi_port_stats_here(const struct vmi_port *port, struct vmi_stats_view *view);
void vmi_port_emit(struct vmi_port *port, u32 kind, u32 by, const char *text);
void vmi_port_tell(struct vmi_port *port);

/* rx.lock held or not; ends all use of the rings */
void vmi_port_fail(struct vmi_port *port, enum vmi_port_fault fault);
/* false: the queue to the VMM is full, or nobody has the port open */
bool vmi_port_punt(struct vmi_port *port, struct sk_buff *skb);

int vmi_port_new(struct vmi_vm *vm, const struct vmi_port_conf *conf, struct vmi_port_view *view,
		 struct netlink_ext_ack *extack);
int vmi_port_set_link(u32 id, bool up, struct netlink_ext_ack *extack);
/* vmi_ctl held: the network was changed */
void vmi_port_follow(struct vmi_port *port);
int vmi_port_set_policy(u32 id, struct vmi_policy_conf *conf, struct netlink_ext_ack *extack);
/* a network's carrier has changed: tell the guests */
void vmi_port_carrier(struct vmi_net *net);
/* move.c */
int vmi_port_move(u32 id, const char *to, __be32 ip, struct netlink_ext_ack *extack);
int vmi_port_del(u32 id, struct netlink_ext_ack *extack);
/* all ports of a VM that has no VMM, when it is deleted; vmi_ctl held */
void vmi_port_del_all(struct vmi_vm *vm);
/* vmi_ctl held; the port after *@cursor in order of id: 0 or -ENOENT */
int vmi_port_next(u32 *cursor, struct vmi_port_view *view, struct vmi_stats_view *stats);
int vmi_port_view(u32 id, struct vmi_port_view *view, struct vmi_stats_view *stats);
/* VMI_VM_PORT: fills @p and returns a new port file's descriptor; takes vmi_ctl */
int vmi_port_open(struct vmi_vm *vm, struct vmi_port_open *p);
/* the VM file is released: stop the rings of all its ports before the memory dies; takes vmi_ctl */
void vmi_port_stop_all(struct vmi_vm *vm);

#endif /* VMI_PORT_H */

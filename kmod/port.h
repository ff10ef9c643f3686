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
 *	    port->rx.lock	of the receiver; never two; kept for a run of frames
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

#include <linux/hrtimer.h>
#include <linux/irq_work.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/poll.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "net.h"
#include "policy.h"
#include "queue.h"

struct file;
struct vmi_mem;
struct vmi_port;
struct vmi_vm;

#define VMI_RX		0	/* indices of queues, as the guest sees them */
#define VMI_TX		1
#define VMI_RX_HEADS	64	/* receive buffers of one frame */
#define VMI_RX_PIECES	256	/* contiguous pieces they consist of */
#define VMI_PUNT_MAX	16	/* frames waiting for the VMM */
#define VMI_BACKLOG_MAX	64	/* frames waiting for the guest's buffers or pages */
#define VMI_WAITERS	8	/* senders remembered that wait for a receiver's buffers */
#define VMI_FULL_US	2000	/* how long a full receiver delays its senders */
#define VMI_PAGES_US	50000	/* and one whose pages are being brought in */

/**
 * struct vmi_port_conf - what a client asks for
 * @net: name of the network
 * @have_mac: @mac is given, else one is chosen
 * @mac: address
 * @ip: lease, 0 to have one chosen
 * @policy: what differs from the network's
 */
struct vmi_port_conf {
	char net[VMI_NAME_LEN];
	bool have_mac;
	u8 mac[6];
	__be32 ip;
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
	kuid_t owner;
	struct vmi_policy_view policy;
	struct in6_addr prefix6;
};

/**
 * struct vmi_kick - the hook on an eventfd by which a guest notifies
 * @port: whose
 * @queue: VMI_RX or VMI_TX
 * @file: the eventfd, NULL for none; port->lock
 * @wqh: where @wait is queued, NULL if it is not; port->lock
 * @wait: calls us, interrupts off
 * @pt: to learn @wqh; port->lock
 */
struct vmi_kick {
	struct vmi_port *port;
	unsigned int queue;
	struct file *file;
	wait_queue_head_t *wqh;
	wait_queue_entry_t wait;
	poll_table pt;
};

/**
 * struct vmi_port_tx - the guest's transmit queue; only the NAPI poll uses it, but for the marked
 * @q: the queue
 * @chain: the chain at hand
 * @piece: where its bytes are
 * @allowed: flags and kind of segmentation of the last header that was within the negotiation
 * @pages: page_work brings pages in for @q.miss, which is its own meanwhile; set by the poll,
 *	cleared by the work (release, acquire)
 * @wait_for: identifier of the port whose buffers are waited for, 0 for none; others read it
 * @wait_until: CLOCK_MONOTONIC; the frame is dropped after that
 */
struct vmi_port_tx {
	struct vmi_queue q;
	struct vmi_chain chain;
	struct vmi_piece piece[VMI_PIECES_MAX];
	u16 allowed;
	bool pages;
	u32 wait_for;
	ktime_t wait_until;
};

/**
 * struct vmi_port_rx - the guest's receive queue; all but @event is guarded by @lock
 * @lock: leaf; bottom halves off
 * @on: the guest's memory may be touched
 * @pages: page_work is bringing pages in
 * @lack: bytes for which the buffers up to @lack_at did not suffice, 0 when they did
 * @lack_at: index of the queue
 * @looked_at: index up to which the buffers' pages were found in the cache
 * @looked_gen: vmi_mem_gen() then
 * @wanted: somebody waits for buffers
 * @waiter: addresses of the senders that do
 * @nwaiters: their number, VMI_WAITERS + 1 if they are more
 * @stalled: it was waited for in vain: no more waiting until it has buffers or pages anew;
 *	read without the lock where it is only a hint
 * @tell: the guest wants to know of frames that it was given; whoever gave them interrupts it
 * @event: there may be new buffers or pages; bit 0, atomic
 * @q: the queue
 * @chain: the buffer at hand
 * @piece: where the buffers of the frame at hand are
 * @heads: their first descriptors
 * @lens: bytes written to each
 * @backlog: frames that cannot wait in a sender's ring
 * @wait_until: CLOCK_MONOTONIC; @backlog is dropped after that
 */
struct vmi_port_rx {
	spinlock_t lock;
	bool on;
	bool pages;
	bool wanted;
	bool stalled;
	bool tell;
	u16 lack_at;
	u16 looked_at;
	u64 looked_gen;
	u32 lack;
	u8 waiter[VMI_WAITERS][ETH_ALEN];
	u32 nwaiters;
	unsigned long event;
	struct vmi_queue q;
	struct vmi_chain chain;
	struct vmi_piece piece[VMI_RX_PIECES];
	u16 heads[VMI_RX_HEADS];
	u32 lens[VMI_RX_HEADS];
	struct sk_buff_head backlog;
	ktime_t wait_until;
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
 * @set: queue set-up asked for; @lock
 * @have: which of @set are complete; @lock
 * @start_idx: available index to start each queue from; @lock
 * @features: negotiated; @lock, const while @running, when the packet path reads it
 * @on: the rings are started; @lock, read without a lock
 * @running: started, not @paused and without a fault; set and cleared under @rx.lock, cleared
 *	without by whoever finds a fault, read without a lock
 * @paused: is being moved; vmi_ctl and @rx.lock, either to read
 * @fault: enum vmi_port_fault, kept until the next start; atomic
 * @changed: link or fault changed since VMI_PORT_STATUS; atomic
 * @kick: hooks for the guest's notifications; @lock
 * @kick_work: from a hook to @napi
 * @napi: polls; enabled while @on
 * @timer: polls again while somebody waits
 * @page_work: brings guest pages in
 * @fault_work: tells of a fault
 * @punt: frames for the VMM; its own lock
 * @wait: readers of the port file
 * @tx: transmit queue
 * @rx: receive queue
 * @policy: what an operator imposes on the port; its own guards
 * @claims: IPv6 addresses that are the guest's; net->claims.lock
 * @nclaims: their number; net->claims.lock
 * @nlearned: addresses that were learned behind it; net->fdb.lock
 * @uplink_node: among those that the network's uplink listens for; rtnl
 * @uplink_any: that is by listening for all addresses; rtnl
 * @neighs: addresses that the guest has used; neigh->lock of the uplink
 * @nneighs: their number; neigh->lock
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
	struct vmi_queue set[2];
	bool have[2];
	u16 start_idx[2];
	u64 features;
	bool on;
	bool running;
	bool paused;
	atomic_t fault;
	unsigned long changed;
	struct vmi_kick kick[2];
	struct irq_work kick_work;
	struct napi_struct napi;
	struct hrtimer timer;
	struct work_struct page_work;
	struct work_struct fault_work;
	struct sk_buff_head punt;
	wait_queue_head_t wait;
	struct vmi_port_tx tx;
	struct vmi_port_rx rx;
	struct vmi_policy policy;
	struct list_head claims;
	u32 nclaims;
	u32 nlearned;
	struct list_head uplink_node;
	bool uplink_any;
	struct list_head neighs;
	u32 nneighs;
};

/**
 * struct vmi_switch - what the forwarding layer does for ports; it registers before the first port
 * @poll: serve the port and return what was done of the budget; softirq
 * @inject: give a frame to the port's guest and nobody else, 0 or a negative errno; bottom
 *	halves off, takes the skb over
 */
struct vmi_switch {
	int (*poll)(struct vmi_port *port, int budget);
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
void vmi_port_want_pages(struct vmi_port *port);
void vmi_port_poll_later(struct vmi_port *port);
void vmi_port_poll_in(struct vmi_port *port, u64 ns);
void vmi_port_poll_now(struct vmi_port *port);
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

int vmi_port_init(void);
void vmi_port_exit(void);

#endif /* VMI_PORT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Queue pairs: a receive and a transmit queue of a port, and the poll that serves them.
 *
 * A port has one or several, which are polled apart from each other, on any CPU. What
 * they share is the port's (port.h), as is the lock order.
 */
#ifndef VMI_PAIR_H
#define VMI_PAIR_H

#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/if_ether.h>
#include <linux/irq_work.h>
#include <linux/netdevice.h>
#include <linux/poll.h>
#include <linux/skbuff.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "queue.h"

struct file;
struct vmi_mem;
struct vmi_pair;
struct vmi_port;

#define VMI_RX		0	/* indices of queues in their pair */
#define VMI_TX		1
#define VMI_RX_HEADS	64	/* receive buffers of one frame */
#define VMI_RX_PIECES	256	/* contiguous pieces they consist of */
#define VMI_BACKLOG_MAX	64	/* frames waiting for the guest's buffers or pages */
#define VMI_WAITERS	8	/* senders remembered that wait for a receiver's buffers */
#define VMI_FULL_US	2000	/* how long a full receiver delays its senders */
#define VMI_PAGES_US	50000	/* and one whose pages are being brought in */

/**
 * struct vmi_kick - the hook on an eventfd by which a guest notifies
 * @pair: whose
 * @queue: VMI_RX or VMI_TX
 * @file: the eventfd, NULL for none; port->lock
 * @wqh: where @wait is queued, NULL if it is not; port->lock
 * @wait: calls us, interrupts off
 * @pt: to learn @wqh; port->lock
 */
struct vmi_kick {
	struct vmi_pair *pair;
	unsigned int queue;
	struct file *file;
	wait_queue_head_t *wqh;
	wait_queue_entry_t wait;
	poll_table pt;
};

/**
 * struct vmi_tx - a transmit queue; only the NAPI poll uses it, but for the marked
 * @q: the queue
 * @chain: the chain at hand
 * @piece: where its bytes are
 * @allowed: flags and kind of segmentation of the last header that was within the negotiation
 * @pages: page_work brings pages in for @q.miss, which is its own meanwhile; set by the poll,
 *	cleared by the work (release, acquire)
 * @wait_for: identifier of the pair whose buffers are waited for, 0 for none; others read it
 * @wait_until: CLOCK_MONOTONIC; the frame is dropped after that
 */
struct vmi_tx {
	struct vmi_queue q;
	struct vmi_chain chain;
	struct vmi_piece piece[VMI_PIECES_MAX];
	u16 allowed;
	bool pages;
	u64 wait_for;
	ktime_t wait_until;
};

/**
 * struct vmi_waiter - a sender that waits for a receiver's buffers
 * @mac: address of its port, which may go meanwhile
 * @pair: number of the pair there
 */
struct vmi_waiter {
	u8 mac[ETH_ALEN];
	u16 pair;
};

/**
 * struct vmi_rx - a receive queue; all but @event is guarded by @lock
 * @lock: leaf; bottom halves off
 * @on: the guest's memory may be touched
 * @pages: page_work is bringing pages in
 * @lack: bytes for which the buffers up to @lack_at did not suffice, 0 when they did
 * @lack_at: index of the queue
 * @looked_at: index up to which the buffers' pages were found in the cache
 * @looked_gen: vmi_mem_gen() then
 * @wanted: somebody waits for buffers
 * @waiter: the senders that do
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
struct vmi_rx {
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
	struct vmi_waiter waiter[VMI_WAITERS];
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
 * struct vmi_pair - a queue pair
 * @port: whose; const
 * @index: number among the port's, from 0; const
 * @id: unique among all pairs, not 0; const once the port is listed
 * @set: queue set-up asked for, here and below by VMI_RX and VMI_TX; port->lock
 * @have: which of @set are complete; port->lock
 * @start_idx: available index to start each queue from; port->lock
 * @on: the rings are started; port->lock
 * @kick: hooks for the guest's notifications; port->lock
 * @kick_work: from a hook to @napi
 * @napi: polls; enabled while @on
 * @timer: polls again while somebody waits
 * @page_work: brings guest pages in
 * @tx: transmit queue
 * @rx: receive queue
 *
 * Freed with the port.
 */
struct vmi_pair {
	struct vmi_port *port;
	u32 index;
	u64 id;
	struct vmi_queue set[2];
	bool have[2];
	u16 start_idx[2];
	bool on;
	struct vmi_kick kick[2];
	struct irq_work kick_work;
	struct napi_struct napi;
	struct hrtimer timer;
	struct work_struct page_work;
	struct vmi_tx tx;
	struct vmi_rx rx;
};

/* for the packet path */
void vmi_pair_want_pages(struct vmi_pair *pair);
void vmi_pair_poll_later(struct vmi_pair *pair);
void vmi_pair_poll_in(struct vmi_pair *pair, u64 ns);
void vmi_pair_poll_now(struct vmi_pair *pair);
void vmi_pair_set_poll(int (*poll)(struct vmi_pair *pair, int budget));

/* for the port: the object */
void vmi_pair_init(struct vmi_pair *pair, struct vmi_port *port, u32 index);
void vmi_pair_add(struct vmi_pair *pair, u64 id);
void vmi_pair_del(struct vmi_pair *pair);

/* for the port, with its lock held: set-up; start in two steps, stop in three */
void vmi_pair_set_queue(struct vmi_pair *pair, unsigned int index, const struct vmi_queue *set,
			struct file *kick, u16 avail_idx);
void vmi_pair_clear(struct vmi_pair *pair);
int vmi_pair_check(const struct vmi_pair *pair, struct vmi_mem *mem);
void vmi_pair_open(struct vmi_pair *pair, struct vmi_mem *mem);
void vmi_pair_start(struct vmi_pair *pair);
void vmi_pair_close(struct vmi_pair *pair);
void vmi_pair_rest(struct vmi_pair *pair);
void vmi_pair_stop(struct vmi_pair *pair);
void vmi_pair_purge(struct vmi_pair *pair);

int vmi_pairs_init(void);
void vmi_pairs_exit(void);

#endif /* VMI_PAIR_H */

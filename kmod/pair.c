// SPDX-License-Identifier: GPL-2.0
/*
 * Queue pairs: the poll that serves one, what makes it run, start and stop.
 */
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/netdevice.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "compat.h"
#include "mem.h"
#include "pair.h"
#include "port.h"
#include "vm.h"

#define PAGE_ROUNDS	(2 * VMI_RING_SIZE_MAX)	/* bound of page_work, for a guest that moves its rings */

static int (*pair_serve)(struct vmi_pair *pair, int budget);
static struct net_device *pair_napi_dev;
static struct workqueue_struct *pair_wq;

/* ---- the packet path's side ---- */

/**
 * vmi_pair_set_poll - say who serves the pairs
 * @poll: serves one and returns what was done of the budget; softirq
 *
 * Context: process, before the first port is added.
 */
void vmi_pair_set_poll(int (*poll)(struct vmi_pair *pair, int budget))
{
	pair_serve = poll;
}

/**
 * vmi_pair_want_pages - have guest pages brought into the cache, and poll again then
 * @pair: the pair; what is wanted is noted in its queues
 *
 * Context: any; the pair is started.
 */
void vmi_pair_want_pages(struct vmi_pair *pair)
{
	queue_work(pair_wq, &pair->page_work);
}

/**
 * vmi_pair_poll_later - poll again soon, whatever happens
 * @pair: the pair; its poll is running, or rx.lock is held and rx.on
 *
 * Context: softirq.
 */
void vmi_pair_poll_later(struct vmi_pair *pair)
{
	vmi_pair_poll_in(pair, VMI_FULL_US * NSEC_PER_USEC);
}

/**
 * vmi_pair_poll_in - poll again in that time, or sooner
 * @pair: the pair; its poll is running, or rx.lock is held and rx.on
 * @ns: the time; longer than that of vmi_pair_poll_later() it is not
 *
 * Context: softirq.
 */
void vmi_pair_poll_in(struct vmi_pair *pair, u64 ns)
{
	ns = min_t(u64, ns, VMI_FULL_US * NSEC_PER_USEC);
	if (!hrtimer_active(&pair->timer))
		hrtimer_start(&pair->timer, ns_to_ktime(ns), HRTIMER_MODE_REL);
}

/**
 * vmi_pair_poll_now - poll as soon as possible
 * @pair: the pair; nothing happens while its rings are stopped
 *
 * Context: bottom halves off.
 */
void vmi_pair_poll_now(struct vmi_pair *pair)
{
	napi_schedule(&pair->napi);
}

static int pair_poll(struct napi_struct *napi, int budget)
{
	struct vmi_pair *pair = container_of(napi, struct vmi_pair, napi);
	int done = 0;

	if (budget && READ_ONCE(pair->port->running))
		done = pair_serve(pair, budget);
	if (done < budget)
		napi_complete_done(napi, done);
	return done;
}

static enum hrtimer_restart pair_timer(struct hrtimer *timer)
{
	struct vmi_pair *pair = container_of(timer, struct vmi_pair, timer);

	napi_schedule(&pair->napi);
	return HRTIMER_NORESTART;
}

static void pair_kick_work(struct irq_work *work)
{
	struct vmi_pair *pair = container_of(work, struct vmi_pair, kick_work);

	napi_schedule(&pair->napi);
}

/* ---- bringing pages in ---- */

/*
 * A bad address is the guest's doing, and without the VMM's address space (a
 * VM file outlives it in a child) every address is one. Want of memory passes.
 */
static bool page_in(struct vmi_pair *pair, struct vmi_mem *mem, const struct vmi_miss *miss)
{
	bool ok = true;
	int err;
	u32 i;

	for (i = 0; i < miss->n; i++) {
		err = vmi_mem_fault(mem, miss->gfn[i] & ~VMI_MISS_WRITE,
				    miss->gfn[i] & VMI_MISS_WRITE);
		if (err == -EFAULT || err == -ENODEV)
			vmi_port_fail(pair->port, miss->ring ? VMI_PORT_FAULT_RING_ADDRESS :
							       VMI_PORT_FAULT_BAD_ADDRESS);
		if (err)
			ok = false;
	}
	return ok;
}

/*
 * Look for pages that are missing under the receive ring and its available
 * buffers, from the @from-th on. Returns how far it came.
 */
static u16 scan_rx(struct vmi_pair *pair, struct vmi_mem *mem, u16 from, struct vmi_miss *miss)
{
	struct vmi_rx *rx = &pair->rx;
	enum vmi_port_fault fault = VMI_PORT_FAULT_NONE;
	struct vmi_queue *q = &rx->q;
	int n, err;
	u16 head;

	miss->n = 0;
	miss->ring = false;
	local_bh_disable();
	vmi_mem_lock(mem);
	spin_lock(&rx->lock);
	if (!rx->on || !READ_ONCE(pair->port->running))
		goto unlock;
	/* What a frame has found missing comes first: it can be further on than is looked here. */
	err = q->miss.n ? VMI_Q_MISS : vmi_queue_begin(q, &fault);
	if (err)
		goto out;
	n = vmi_queue_refresh(q, &fault);
	err = n < 0 ? n : 0;
	while (!err && from < n) {
		err = vmi_queue_chain(q, from, &rx->chain, &head, &fault);
		if (!err)
			err = vmi_queue_map(q, &rx->chain, min(rx->chain.bytes, 4U * PAGE_SIZE),
					    rx->piece, VMI_RX_PIECES, &fault);
		if (err == VMI_Q_MISS || err == VMI_Q_FAULT)
			break;
		err = 0;
		from++;
	}
	if (!err) {
		rx->looked_at = q->seen;
		rx->looked_gen = q->gen;
	}
	/* Kicks for new buffers are of interest only to those who wait for them. */
	if (!err && !rx->wanted)
		err = vmi_queue_notify(q, false, &fault);
out:
	if (err == VMI_Q_FAULT)
		vmi_port_fail(pair->port, fault);
	if (err == VMI_Q_MISS)
		*miss = q->miss;
	q->miss.n = 0;
	q->miss.ring = false;
unlock:
	spin_unlock(&rx->lock);
	vmi_mem_unlock(mem);
	local_bh_enable();
	return from;
}

static void pair_page_work(struct work_struct *work)
{
	struct vmi_pair *pair = container_of(work, struct vmi_pair, page_work);
	struct vmi_mem *mem;
	struct vmi_miss miss;
	unsigned int round;
	bool ok = true;
	u16 from = 0;

	/* Stop waits for us before it takes the memory away. */
	mem = rcu_dereference_protected(pair->port->mem, true);

	if (smp_load_acquire(&pair->tx.pages)) {
		ok = page_in(pair, mem, &pair->tx.q.miss);
		/* The poll has its miss list again. */
		smp_store_release(&pair->tx.pages, false);
	}
	for (round = 0; ok && round < PAGE_ROUNDS; round++) {
		from = scan_rx(pair, mem, from, &miss);
		if (!miss.n)
			break;
		ok = page_in(pair, mem, &miss);
	}

	spin_lock_bh(&pair->rx.lock);
	pair->rx.pages = false;
	set_bit(0, &pair->rx.event);
	/* What failed is tried again, but not in a loop. */
	if (ok)
		napi_schedule(&pair->napi);
	else if (pair->rx.on)
		vmi_pair_poll_later(pair);
	spin_unlock_bh(&pair->rx.lock);
}

/* ---- kicks ---- */

static int kick_wake(wait_queue_entry_t *wait, unsigned int mode, int sync, void *key)
{
	struct vmi_kick *kick = container_of(wait, struct vmi_kick, wait);
	struct vmi_pair *pair = kick->pair;

	/* Interrupts are off and the eventfd's lock is held. We hold its file: no EPOLLHUP. */
	if (!(key_to_poll(key) & EPOLLIN))
		return 0;
	if (kick->queue == VMI_RX)
		set_bit(0, &pair->rx.event);
	irq_work_queue(&pair->kick_work);
	return 0;
}

static void kick_queue(struct file *file, wait_queue_head_t *wqh, poll_table *pt)
{
	struct vmi_kick *kick = container_of(pt, struct vmi_kick, pt);

	kick->wqh = wqh;
	add_wait_queue(wqh, &kick->wait);
}

static void kick_hook(struct vmi_kick *kick)
{
	if (!kick->file)
		return;
	init_waitqueue_func_entry(&kick->wait, kick_wake);
	init_poll_funcptr(&kick->pt, kick_queue);
	vfs_poll(kick->file, &kick->pt);
}

static void kick_unhook(struct vmi_kick *kick)
{
	if (!kick->wqh)
		return;
	remove_wait_queue(kick->wqh, &kick->wait);
	kick->wqh = NULL;
}

/* ---- set-up, start and stop ---- */

static void queue_clear(struct vmi_pair *pair, unsigned int index)
{
	struct vmi_queue *q = &pair->set[index];

	lockdep_assert_held(&pair->port->lock);
	pair->have[index] = false;
	if (q->call)
		eventfd_ctx_put(q->call);
	q->call = NULL;
	if (pair->kick[index].file)
		fput(pair->kick[index].file);
	pair->kick[index].file = NULL;
}

/**
 * vmi_pair_set_queue - take over what a VMM says of a queue
 * @pair: the pair; stopped
 * @index: VMI_RX or VMI_TX
 * @set: addresses, size and call, which is taken over; checked, but for being in memory
 * @kick: eventfd by which the guest notifies, NULL for none; taken over
 * @avail_idx: next available entry to take
 *
 * Context: process, port->lock held.
 */
void vmi_pair_set_queue(struct vmi_pair *pair, unsigned int index, const struct vmi_queue *set,
			struct file *kick, u16 avail_idx)
{
	queue_clear(pair, index);
	pair->set[index] = *set;
	pair->kick[index].file = kick;
	pair->start_idx[index] = avail_idx;
	pair->have[index] = true;
}

/**
 * vmi_pair_clear - forget what a VMM has said of the queues
 * @pair: the pair; stopped
 *
 * Context: process, port->lock held.
 */
void vmi_pair_clear(struct vmi_pair *pair)
{
	queue_clear(pair, VMI_RX);
	queue_clear(pair, VMI_TX);
}

static bool queue_in_memory(const struct vmi_queue *q, struct vmi_mem *mem)
{
	return vmi_mem_valid(mem, q->desc_gpa, vmi_ring_desc_bytes(q->size), false) &&
	       vmi_mem_valid(mem, q->avail_gpa, vmi_ring_avail_bytes(q->size), false) &&
	       vmi_mem_valid(mem, q->used_gpa, vmi_ring_used_bytes(q->size), true);
}

/**
 * vmi_pair_check - can a pair be started?
 * @pair: the pair; stopped
 * @mem: the guest's memory
 *
 * Context: process, port->lock held.
 * Return: 0, -EINVAL (a queue is not set up) or -EFAULT (one is not in memory).
 */
int vmi_pair_check(const struct vmi_pair *pair, struct vmi_mem *mem)
{
	lockdep_assert_held(&pair->port->lock);
	if (!pair->have[VMI_RX] || !pair->have[VMI_TX])
		return -EINVAL;
	return queue_in_memory(&pair->set[VMI_RX], mem) &&
	       queue_in_memory(&pair->set[VMI_TX], mem) ? 0 : -EFAULT;
}

static void queue_start(struct vmi_pair *pair, struct vmi_queue *q, unsigned int index,
			struct vmi_mem *mem)
{
	u64 features = pair->port->features;

	*q = pair->set[index];
	q->mem = mem;
	q->event_idx = features & BIT_ULL(VIRTIO_RING_F_EVENT_IDX);
	q->indirect = features & BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);
	q->write = index == VMI_RX;
	vmi_queue_setup(q, pair->start_idx[index]);
}

/**
 * vmi_pair_open - make a pair's queues ready to be served
 * @pair: the pair, checked; its port has its features, and does not run
 * @mem: the guest's memory
 *
 * Context: process, port->lock held.
 */
void vmi_pair_open(struct vmi_pair *pair, struct vmi_mem *mem)
{
	struct vmi_tx *tx = &pair->tx;
	struct vmi_rx *rx = &pair->rx;

	lockdep_assert_held(&pair->port->lock);
	tx->allowed = 0;
	tx->pages = false;
	tx->wait_for = 0;
	queue_start(pair, &tx->q, VMI_TX, mem);

	spin_lock_bh(&rx->lock);
	queue_start(pair, &rx->q, VMI_RX, mem);
	rx->pages = false;
	rx->wanted = false;
	rx->nwaiters = 0;
	rx->lack = 0;
	rx->looked_gen = 0;
	rx->stalled = false;
	rx->tell = false;
	rx->on = true;
	spin_unlock_bh(&rx->lock);
}

/**
 * vmi_pair_start - have a pair polled from now on
 * @pair: the pair, open; its port runs
 *
 * Context: process, port->lock held.
 */
void vmi_pair_start(struct vmi_pair *pair)
{
	lockdep_assert_held(&pair->port->lock);
	pair->on = true;
	napi_enable(&pair->napi);
	kick_hook(&pair->kick[VMI_RX]);
	kick_hook(&pair->kick[VMI_TX]);
	/* There may be frames and buffers already; their kicks are gone. */
	vmi_pair_want_pages(pair);
}

/**
 * vmi_pair_close - let no kick come in and nothing be delivered any more
 * @pair: the pair; nothing happens if it is not started
 *
 * Context: process, port->lock held.
 */
void vmi_pair_close(struct vmi_pair *pair)
{
	lockdep_assert_held(&pair->port->lock);
	kick_unhook(&pair->kick[VMI_RX]);
	kick_unhook(&pair->kick[VMI_TX]);
	/* Deliveries check it under the lock. */
	spin_lock_bh(&pair->rx.lock);
	pair->rx.on = false;
	spin_unlock_bh(&pair->rx.lock);
}

/**
 * vmi_pair_rest - end what makes a pair be polled, and the poll
 * @pair: the pair, closed; nothing happens if it is not started
 *
 * Context: process, port->lock held; waits for a poll under way.
 */
void vmi_pair_rest(struct vmi_pair *pair)
{
	lockdep_assert_held(&pair->port->lock);
	if (!pair->on)
		return;
	irq_work_sync(&pair->kick_work);
	napi_disable(&pair->napi);
	hrtimer_cancel(&pair->timer);
}

/**
 * vmi_pair_stop - end the use of the guest's memory
 * @pair: the pair, at rest, as are all of its port; nothing happens if it is not started
 *
 * Context: process, port->lock held; waits for a page that is being brought in.
 */
void vmi_pair_stop(struct vmi_pair *pair)
{
	lockdep_assert_held(&pair->port->lock);
	if (!pair->on)
		return;
	cancel_work_sync(&pair->page_work);
	skb_queue_purge(&pair->rx.backlog);
	pair->start_idx[VMI_RX] = pair->rx.q.next;
	pair->start_idx[VMI_TX] = pair->tx.q.next;
	pair->on = false;
}

/**
 * vmi_pair_purge - drop the frames that wait for the guest's buffers
 * @pair: the pair
 *
 * Context: process.
 */
void vmi_pair_purge(struct vmi_pair *pair)
{
	struct sk_buff_head old;
	struct sk_buff *skb;

	__skb_queue_head_init(&old);
	spin_lock_bh(&pair->rx.lock);
	skb_queue_splice_init(&pair->rx.backlog, &old);
	spin_unlock_bh(&pair->rx.lock);
	while ((skb = __skb_dequeue(&old))) {
		rcu_read_lock_bh();
		vmi_port_drop(pair->port, VMI_DROP_RX_FULL);
		rcu_read_unlock_bh();
		kfree_skb(skb);
	}
}

/* ---- the object ---- */

/**
 * vmi_pair_init - make a pair
 * @pair: the pair, zeroed
 * @port: whose
 * @index: number among the port's
 *
 * Context: process.
 */
void vmi_pair_init(struct vmi_pair *pair, struct vmi_port *port, u32 index)
{
	unsigned int i;

	pair->port = port;
	pair->index = index;
	for (i = 0; i < 2; i++) {
		pair->kick[i].pair = pair;
		pair->kick[i].queue = i;
	}
	init_irq_work(&pair->kick_work, pair_kick_work);
	vmi_compat_hrtimer_setup(&pair->timer, pair_timer);
	INIT_WORK(&pair->page_work, pair_page_work);
	spin_lock_init(&pair->rx.lock);
	skb_queue_head_init(&pair->rx.backlog);
}

/**
 * vmi_pair_add - let a pair be started later
 * @pair: the pair
 * @id: its identifier
 *
 * Context: process, vmi_ctl held.
 */
void vmi_pair_add(struct vmi_pair *pair, u64 id)
{
	lockdep_assert_held(&vmi_ctl);
	pair->id = id;
	netif_napi_add(pair_napi_dev, &pair->napi, pair_poll);
}

/**
 * vmi_pair_del - undo vmi_pair_add()
 * @pair: the pair; stopped, and there until an RCU grace period is over
 *
 * Context: process, vmi_ctl held.
 */
void vmi_pair_del(struct vmi_pair *pair)
{
	lockdep_assert_held(&vmi_ctl);
	__netif_napi_del(&pair->napi);
}

/**
 * vmi_pairs_init - prepare for pairs
 *
 * Context: process, when the module is loaded.
 * Return: 0 or -ENOMEM.
 */
int vmi_pairs_init(void)
{
	pair_napi_dev = vmi_compat_dummy_alloc();
	if (!pair_napi_dev)
		return -ENOMEM;
	/* Unbound: bringing a page in may wait for a disk. */
	pair_wq = alloc_workqueue("vmi_port", WQ_UNBOUND, 0);
	if (!pair_wq) {
		vmi_compat_dummy_free(pair_napi_dev);
		return -ENOMEM;
	}
	return 0;
}

/**
 * vmi_pairs_exit - undo vmi_pairs_init(); there are no pairs
 *
 * Context: process, when the module is unloaded.
 */
void vmi_pairs_exit(void)
{
	destroy_workqueue(pair_wq);
	vmi_compat_dummy_free(pair_napi_dev);
}

// SPDX-License-Identifier: GPL-2.0
/* Hits: the ring of events of a session, and verdicts on them. */
#include <linux/anon_inodes.h>
#include <linux/completion.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>

#include "hit.h"

#define RING_MIN	16
#define RING_MAX	4096	/* 1 MiB: what a tool can have the kernel hold */

/**
 * struct vmi_hit_ring - the ring, which an event file may keep beyond its session
 * @ref: of the queue and of the event file
 * @shared: its first page, and
 * @records: what follows it; the reader may write all of that
 * @bytes: of both; const
 * @size: records; const
 * @head: next record to be written; the queue's lock
 * @drops: events lost; the queue's lock
 * @hup: nothing will come any more
 * @wait: readers
 */
struct vmi_hit_ring {
	struct kref ref;
	struct vmi_hits *shared;
	struct vmi_hit *records;
	size_t bytes;
	u32 size;
	u64 head;
	u64 drops;
	bool hup;
	wait_queue_head_t wait;
};

/**
 * struct vmi_hit_wait - a vCPU that waits for its verdict
 * @node: in the queue's list; the queue's lock
 * @seq: of the event; const
 * @action: VMI_VERDICT_*; valid when @done
 * @flags: VMI_HIT_*; likewise
 * @gprs: registers to set; likewise
 * @done: a verdict is there
 */
struct vmi_hit_wait {
	struct list_head node;
	u64 seq;
	u32 action;
	u32 flags;
	struct vmi_gprs gprs;
	struct completion done;
};

static void ring_free(struct kref *ref)
{
	struct vmi_hit_ring *ring = container_of(ref, struct vmi_hit_ring, ref);

	vfree(ring->shared);
	kfree(ring);
}

/* ---- the event file ---- */

static int ring_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vmi_hit_ring *ring = file->private_data;
	unsigned long at, addr = vma->vm_start;
	int err = 0;

	if (vma->vm_pgoff || vma->vm_end - vma->vm_start > ring->bytes)
		return -EINVAL;
	/* the pages are refcounted: a mapping outlives the ring */
	for (at = 0; !err && addr + at < vma->vm_end; at += PAGE_SIZE)
		err = vm_insert_page(vma, addr + at, vmalloc_to_page((void *)ring->shared + at));
	return err;
}

static __poll_t ring_poll(struct file *file, poll_table *pt)
{
	struct vmi_hit_ring *ring = file->private_data;
	__poll_t mask = 0;

	poll_wait(file, &ring->wait, pt);
	if (READ_ONCE(ring->head) != READ_ONCE(ring->shared->tail))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(ring->hup))
		mask |= EPOLLHUP;
	return mask;
}

static int ring_release(struct inode *inode, struct file *file)
{
	struct vmi_hit_ring *ring = file->private_data;

	kref_put(&ring->ref, ring_free);
	return 0;
}

static const struct file_operations ring_fops = {
	.owner = THIS_MODULE,
	.release = ring_release,
	.mmap = ring_mmap,
	.poll = ring_poll,
	.llseek = noop_llseek,
};

static struct vmi_hit_ring *ring_alloc(u32 size)
{
	struct vmi_hit_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL_ACCOUNT);

	BUILD_BUG_ON(sizeof(struct vmi_hit) != 256);
	if (!ring)
		return NULL;
	ring->bytes = PAGE_SIZE + PAGE_ALIGN((size_t)size * sizeof(struct vmi_hit));
	/* not vmalloc_user(): this is the tool's own to pay for */
	ring->shared = __vmalloc(ring->bytes, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!ring->shared) {
		kfree(ring);
		return NULL;
	}
	kref_init(&ring->ref);
	init_waitqueue_head(&ring->wait);
	ring->records = (void *)ring->shared + PAGE_SIZE;
	ring->size = size;
	ring->shared->size = size;
	ring->shared->record_bytes = sizeof(struct vmi_hit);
	return ring;
}

/**
 * vmi_hit_open - prepare the queue of a new session
 * @q: the queue
 * @id: of the session
 *
 * Context: process.
 */
void vmi_hit_open(struct vmi_hit_queue *q, u64 id)
{
	INIT_LIST_HEAD(&q->node);
	q->id = id;
	init_waitqueue_head(&q->idle);
	spin_lock_init(&q->lock);
	q->timeout_ms = VMI_PROBE_TIMEOUT_MS;
	INIT_LIST_HEAD(&q->waiting);
}

/**
 * vmi_hit_ring - make the ring and its file
 * @q: the queue
 * @arg: what the tool asks for
 *
 * Context: process, may sleep.
 * Return: a file descriptor; -EINVAL, -EBUSY (there is one), -ENODEV (the VMM has
 * ended), -ENOMEM, -EMFILE.
 */
long vmi_hit_ring(struct vmi_hit_queue *q, const struct vmi_sess_events *arg)
{
	struct vmi_hit_ring *ring;
	struct file *file;
	int fd, err;

	if (arg->flags || arg->pad || arg->size < RING_MIN || arg->size > RING_MAX ||
	    !is_power_of_2(arg->size) || arg->timeout_ms > VMI_PROBE_TIMEOUT_MAX_MS)
		return -EINVAL;
	ring = ring_alloc(arg->size);
	if (!ring)
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		kref_put(&ring->ref, ring_free);
		return fd;
	}
	kref_get(&ring->ref);
	file = anon_inode_getfile("[vmi-events]", &ring_fops, ring, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		kref_put(&ring->ref, ring_free);
		goto err_ring;
	}
	spin_lock_bh(&q->lock);
	err = q->ring ? -EBUSY : q->closed ? -ENODEV : 0;
	if (!err) {
		q->ring = ring;
		if (arg->timeout_ms)
			q->timeout_ms = arg->timeout_ms;
	}
	spin_unlock_bh(&q->lock);
	if (err) {
		fput(file);
		goto err_ring;
	}
	fd_install(fd, file);
	return fd;

err_ring:
	kref_put(&ring->ref, ring_free);
	put_unused_fd(fd);
	return err;
}

/* ---- delivery ---- */

/* Return: 0, or -ENOSPC when the reader has not made room. */
static int ring_write(struct vmi_hit_queue *q, const struct vmi_vm_event *ev)
{
	struct vmi_hit_ring *ring = q->ring;
	struct vmi_hits *shared = ring->shared;
	struct vmi_hit *hit;
	u64 used;

	lockdep_assert_held(&q->lock);
	/* pairs with the reader's release: it has done with what it gives back */
	used = ring->head - smp_load_acquire(&shared->tail);
	/* nonsense in the tail reads as full: the reader hurts itself alone */
	if (used >= ring->size) {
		WRITE_ONCE(shared->drops, ++ring->drops);
		return -ENOSPC;
	}
	hit = &ring->records[ring->head & (ring->size - 1)];
	*hit = (struct vmi_hit){
		.seq = ++q->seq,
		.time_ns = ktime_get_ns(),
		.probe = ev->probe,
		.vcpu = ev->vcpu,
		.kind = ev->kind,
		.flags = ev->flags,
		.cr0 = ev->cr0,
		.cr3 = ev->cr3,
		.cr4 = ev->cr4,
		.efer = ev->efer,
		.gprs = ev->gprs,
	};
	memcpy(hit->arg, ev->arg, sizeof(hit->arg));
	WRITE_ONCE(ring->head, ring->head + 1);
	/* the record is whole before it is announced; pairs with the reader's acquire */
	smp_store_release(&shared->head, ring->head);
	return 0;
}

static void take_verdict(struct vmi_vm_event *ev, const struct vmi_hit_wait *w)
{
	ev->action = w->action;
	ev->out_flags = w->flags;
	if (w->flags & VMI_HIT_SET_GPRS)
		ev->gprs = w->gprs;
}

/**
 * vmi_hit_deliver - tell a session of an event, and wait for the verdict if one is wanted
 * @q: the session's queue, kept by the caller
 * @ev: the event in, the verdict out
 *
 * Context: process, of the vCPU's thread; waits for the tool, at most for its time limit.
 * Return: 0; -ENOENT (no events wanted), -ENOSPC (the ring is full), -EINTR.
 */
int vmi_hit_deliver(struct vmi_hit_queue *q, struct vmi_vm_event *ev)
{
	struct vmi_hit_wait w = { .action = VMI_VERDICT_CONTINUE };
	bool sync = ev->flags & VMI_PROBE_SYNC;
	struct vmi_hit_ring *ring;
	u32 timeout_ms;
	long left;
	int err;

	ev->action = VMI_VERDICT_CONTINUE;
	ev->out_flags = 0;
	init_completion(&w.done);
	spin_lock_bh(&q->lock);
	ring = q->ring;
	err = !ring || q->closed ? -ENOENT : ring_write(q, ev);
	timeout_ms = q->timeout_ms;
	if (!err && sync) {
		w.seq = q->seq;
		list_add_tail(&w.node, &q->waiting);
	}
	spin_unlock_bh(&q->lock);
	if (err)
		return err;
	/* the queue keeps the ring, and the caller the queue */
	wake_up_interruptible_poll(&ring->wait, EPOLLIN | EPOLLRDNORM);
	if (!sync)
		return 0;

	/* the jiffy that runs counts for nothing: it is never less than was asked for */
	left = wait_for_completion_interruptible_timeout(&w.done,
							 msecs_to_jiffies(timeout_ms) + 1);
	spin_lock_bh(&q->lock);
	/* whoever completes it takes it off the list first */
	if (!list_empty(&w.node)) {
		list_del(&w.node);
		err = left ? -EINTR : 0;
		w.action = VMI_VERDICT_EXPIRED;
	}
	spin_unlock_bh(&q->lock);
	take_verdict(ev, &w);
	return err;
}

/**
 * vmi_hit_verdict - the tool's verdict on an event
 * @q: the session's queue
 * @v: the verdict, checked
 *
 * Context: process.
 * Return: 0, or -ENOENT when nobody waits for it.
 */
int vmi_hit_verdict(struct vmi_hit_queue *q, const struct vmi_verdict *v)
{
	struct vmi_hit_wait *w;
	int err = -ENOENT;

	spin_lock_bh(&q->lock);
	list_for_each_entry(w, &q->waiting, node) {
		if (w->seq != v->seq)
			continue;
		list_del_init(&w->node);
		w->action = v->action;
		w->flags = v->flags;
		w->gprs = v->gprs;
		/* under the lock: the waiter's stack is there as long */
		complete(&w->done);
		err = 0;
		break;
	}
	spin_unlock_bh(&q->lock);
	return err;
}

/**
 * vmi_hit_end - let all waiting vCPUs go on, and deliver no more
 * @q: the queue
 *
 * Context: process.
 */
void vmi_hit_end(struct vmi_hit_queue *q)
{
	struct vmi_hit_wait *w, *next;

	spin_lock_bh(&q->lock);
	q->closed = true;
	list_for_each_entry_safe(w, next, &q->waiting, node) {
		list_del_init(&w->node);
		complete(&w->done);
	}
	if (q->ring) {
		WRITE_ONCE(q->ring->hup, true);
		wake_up_interruptible_poll(&q->ring->wait, EPOLLHUP);
	}
	spin_unlock_bh(&q->lock);
}

/**
 * vmi_hit_close - the session is gone
 * @q: its queue, ended, and without a delivery under way
 *
 * Context: process.
 */
void vmi_hit_close(struct vmi_hit_queue *q)
{
	if (q->ring)
		kref_put(&q->ring->ref, ring_free);
	q->ring = NULL;
}

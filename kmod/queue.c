// SPDX-License-Identifier: GPL-2.0
/*
 * A virtqueue in a guest's memory, seen from the device.
 */
#include <linux/eventfd.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/virtio_ring.h>

#include "compat.h"
#include "mem.h"
#include "queue.h"

#define AVAIL_RING	4	/* offset of the ring in the driver area */
#define USED_RING	4	/* offset of the ring in the device area */

static int note_miss(struct vmi_queue *q, u64 gfn, bool write, bool ring)
{
	u64 entry = gfn | (write ? VMI_MISS_WRITE : 0);

	q->miss.ring |= ring;
	/* The rest is found when these are there. */
	if (q->miss.n < VMI_MISS_MAX && (!q->miss.n || q->miss.gfn[q->miss.n - 1] != entry))
		q->miss.gfn[q->miss.n++] = entry;
	return VMI_Q_MISS;
}

/* Kernel address of guest bytes that do not cross a page; NULL with *err set. */
static void *at(struct vmi_queue *q, u64 gpa, bool write, bool ring, int *err,
		enum vmi_port_fault *fault)
{
	u64 gfn = gpa >> PAGE_SHIFT;
	u8 *page = vmi_mem_lookup(q->mem, gfn, write);

	if (likely(page))
		return page + offset_in_page(gpa);
	if (!vmi_mem_valid(q->mem, gfn << PAGE_SHIFT, PAGE_SIZE, write)) {
		*fault = ring ? VMI_PORT_FAULT_RING_ADDRESS : VMI_PORT_FAULT_BAD_ADDRESS;
		*err = VMI_Q_FAULT;
	} else {
		*err = note_miss(q, gfn, write, ring);
	}
	return NULL;
}

/* An area of the ring; never crosses a page, see vmi_ring_layout_ok(). */
static void *ring_at(struct vmi_queue *q, u64 gpa, bool write, int *err,
		     enum vmi_port_fault *fault)
{
	return at(q, gpa, write, true, err, fault);
}

/**
 * vmi_queue_setup - begin to serve a queue
 * @q: mem, addresses, size, features and call are set
 * @avail_idx: next entry to take; everything before it is used
 *
 * Context: any.
 */
void vmi_queue_setup(struct vmi_queue *q, u16 avail_idx)
{
	q->next = avail_idx;
	q->seen = avail_idx;
	q->used = avail_idx;
	q->signalled = avail_idx;
	q->notify = true;
	q->miss.n = 0;
	q->miss.ring = false;
}

/* Take a new copy of the driver's index. */
static int refresh(struct vmi_queue *q, enum vmi_port_fault *fault)
{
	__le16 *p;
	int err, n;
	u16 idx;

	p = ring_at(q, q->avail_gpa + 2, false, &err, fault);
	if (!p)
		return err;
	idx = le16_to_cpu(READ_ONCE(*p));
	n = vmi_ring_pending(q->size, idx, q->next, fault);
	/* Nor may the index go back to before what was seen. */
	if (n >= 0 && n < (u16)(q->seen - q->next)) {
		*fault = VMI_PORT_FAULT_INDEX_JUMP;
		return VMI_Q_FAULT;
	}
	if (n < 0)
		return VMI_Q_FAULT;
	q->seen = idx;
	/* The entries and descriptors are read after the index that covers them. */
	smp_rmb();
	return n;
}

/**
 * vmi_queue_pending - count the entries that can be taken
 * @q: the queue
 * @ahead: entries the caller holds already; more are looked for
 * @fault: set with VMI_Q_FAULT
 *
 * Context: under vmi_mem_lock().
 * Return: their number, @ahead or less if there are no more, VMI_Q_MISS or VMI_Q_FAULT.
 */
int vmi_queue_pending(struct vmi_queue *q, u16 ahead, enum vmi_port_fault *fault)
{
	u16 n = q->seen - q->next;

	return n > ahead ? n : refresh(q, fault);
}

/* A descriptor may cross a page: nothing aligns an indirect table. */
static int read_desc(struct vmi_queue *q, u64 gpa, bool ring, struct vmi_ring_desc *d,
		     enum vmi_port_fault *fault)
{
	struct vring_desc raw;
	u32 first, rest;
	int err;
	u8 *p;

	first = min_t(u32, sizeof(raw), PAGE_SIZE - offset_in_page(gpa));
	p = at(q, gpa, false, ring, &err, fault);
	if (!p)
		return err;
	memcpy(&raw, p, first);
	rest = sizeof(raw) - first;
	if (rest) {
		p = at(q, gpa + first, false, ring, &err, fault);
		if (!p)
			return err;
		memcpy((u8 *)&raw + first, p, rest);
	}
	/* The copy is what is checked and used: the compiler may not go back to the guest's. */
	barrier();
	d->gpa = le64_to_cpu((__force __le64)raw.addr);
	d->len = le32_to_cpu((__force __le32)raw.len);
	d->flags = le16_to_cpu((__force __le16)raw.flags);
	d->next = le16_to_cpu((__force __le16)raw.next);
	return 0;
}

/**
 * vmi_queue_chain - read an available chain without taking it
 * @q: the queue
 * @ahead: entries to pass over; less than vmi_queue_pending() said
 * @write: a chain that the device writes to
 * @c: result
 * @head: its first descriptor's number
 * @fault: set with VMI_Q_FAULT
 *
 * Context: under vmi_mem_lock().
 * Return: 0, VMI_Q_MISS or VMI_Q_FAULT.
 */
int vmi_queue_chain(struct vmi_queue *q, u16 ahead, bool write, struct vmi_chain *c, u16 *head,
		    enum vmi_port_fault *fault)
{
	u16 slot = (q->next + ahead) & (q->size - 1);
	enum vmi_ring_next what;
	struct vmi_ring_desc d;
	u16 index;
	__le16 *p;
	int err;
	u64 gpa;

	p = ring_at(q, q->avail_gpa + AVAIL_RING + 2 * slot, false, &err, fault);
	if (!p)
		return err;
	index = le16_to_cpu(READ_ONCE(*p));
	*head = index;
	what = vmi_ring_start(c, q->size, index, write, q->indirect, fault);

	/* Ends: vmi_ring_step() counts the steps in the queue's table and in one more. */
	while (what == VMI_RING_NEXT || what == VMI_RING_TABLE) {
		if (what == VMI_RING_TABLE)
			index = 0;
		gpa = (c->in_table ? c->table_gpa : q->desc_gpa) + 16 * (u64)index;
		err = read_desc(q, gpa, !c->in_table, &d, fault);
		if (err)
			return err;
		what = vmi_ring_step(c, &d, &index, fault);
	}
	return what == VMI_RING_FAULT ? VMI_Q_FAULT : 0;
}

/**
 * vmi_queue_map - find the kernel addresses of a chain's bytes
 * @q: the queue
 * @c: the chain
 * @skip: bytes to pass over
 * @len: bytes to map; the chain has that many
 * @piece: result
 * @max: entries of @piece
 * @fault: set with VMI_Q_FAULT
 *
 * Goes on after a page that is not in the cache, so that all are noted at once.
 *
 * Context: under vmi_mem_lock(); the addresses are good until it is released.
 * Return: number of pieces, VMI_Q_MISS, VMI_Q_FAULT or VMI_Q_PIECES.
 */
int vmi_queue_map(struct vmi_queue *q, const struct vmi_chain *c, u32 skip, u32 len,
		  struct vmi_piece *piece, u32 max, enum vmi_port_fault *fault)
{
	u32 i, n = 0, left, part;
	bool missing = false;
	int err = 0;
	u64 gpa;
	u8 *p;

	for (i = 0; i < c->nsegs && len; i++) {
		gpa = c->seg[i].gpa;
		left = c->seg[i].len;
		part = min(skip, left);
		gpa += part;
		left -= part;
		skip -= part;
		while (left && len) {
			part = min3(left, len, (u32)(PAGE_SIZE - offset_in_page(gpa)));
			p = at(q, gpa, c->write, false, &err, fault);
			if (p) {
				if (n == max)
					return VMI_Q_PIECES;
				piece[n].addr = p;
				piece[n].len = part;
				n++;
			} else if (err == VMI_Q_FAULT) {
				return err;
			} else {
				missing = true;
			}
			gpa += part;
			left -= part;
			len -= part;
		}
	}
	return missing ? VMI_Q_MISS : n;
}

/**
 * vmi_queue_push - give chains back to the driver
 * @q: the queue
 * @heads: what vmi_queue_chain() said, in order from the next available one
 * @lens: bytes written to each
 * @n: their number; 0 only asks whether the device area is in the cache
 * @fault: set with VMI_Q_FAULT
 *
 * All become visible to the driver at once, and are taken off the available ones.
 *
 * Context: under vmi_mem_lock(). Once it returned 0 there, it does as long as
 * the lock is held.
 * Return: 0, VMI_Q_MISS or VMI_Q_FAULT, the latter two with nothing done.
 */
int vmi_queue_push(struct vmi_queue *q, const u16 *heads, const u32 *lens, u32 n,
		   enum vmi_port_fault *fault)
{
	u64 end = q->used_gpa + vmi_ring_used_bytes(q->size);
	bool missing = false;
	__le32 *id, *len;
	int err = 0;
	__le16 *p;
	u64 gpa;
	u32 i;

	for (gpa = q->used_gpa; gpa < end; gpa = (gpa & PAGE_MASK) + PAGE_SIZE) {
		if (!ring_at(q, gpa, true, &err, fault)) {
			if (err == VMI_Q_FAULT)
				return err;
			missing = true;
		}
	}
	if (missing)
		return VMI_Q_MISS;

	for (i = 0; i < n; i++) {
		gpa = q->used_gpa + USED_RING + 8 * ((q->used + i) & (q->size - 1));
		id = ring_at(q, gpa, true, &err, fault);
		len = ring_at(q, gpa + 4, true, &err, fault);
		if (!id || !len)
			return err;
		WRITE_ONCE(*id, cpu_to_le32(heads[i]));
		WRITE_ONCE(*len, cpu_to_le32(lens[i]));
	}
	if (!n)
		return 0;
	p = ring_at(q, q->used_gpa + 2, true, &err, fault);
	if (!p)
		return err;
	q->used += n;
	q->next += n;
	/* The entries and the buffers' contents before the index that covers them. */
	smp_wmb();
	WRITE_ONCE(*p, cpu_to_le16(q->used));
	return 0;
}

static bool wants_signal(struct vmi_queue *q, u16 old, enum vmi_port_fault *fault)
{
	__le16 *p;
	int err;

	/* A needless interrupt is better than a lost one: on a missing page, tell. */
	if (q->event_idx) {
		p = ring_at(q, q->avail_gpa + AVAIL_RING + 2 * q->size, false, &err, fault);
		return !p || vring_need_event(le16_to_cpu(READ_ONCE(*p)), q->used, old);
	}
	p = ring_at(q, q->avail_gpa, false, &err, fault);
	return !p || !(le16_to_cpu(READ_ONCE(*p)) & VRING_AVAIL_F_NO_INTERRUPT);
}

/**
 * vmi_queue_signal - interrupt the driver if it wants to know of what was pushed
 * @q: the queue
 * @fault: may be set, without meaning
 *
 * Context: under vmi_mem_lock().
 * Return: 1 if it was told, 0 if not.
 */
int vmi_queue_signal(struct vmi_queue *q, enum vmi_port_fault *fault)
{
	u16 old = q->signalled;

	if (old == q->used)
		return 0;
	/* The used index is visible before the driver's wish is read: it does the reverse. */
	smp_mb();
	q->signalled = q->used;
	if (!q->call || !wants_signal(q, old, fault))
		return 0;
	vmi_compat_eventfd_signal(q->call);
	return 1;
}

/**
 * vmi_queue_notify - ask the driver to notify, or not to
 * @q: the queue
 * @on: ask for it
 * @fault: set with VMI_Q_FAULT
 *
 * Context: under vmi_mem_lock().
 * Return: with @on, 1 if more has become available meanwhile (no notification
 * will come for that), else 0; VMI_Q_MISS or VMI_Q_FAULT.
 */
int vmi_queue_notify(struct vmi_queue *q, bool on, enum vmi_port_fault *fault)
{
	u16 was = q->seen;
	__le16 *p;
	int err;

	if (!on) {
		/* With event indices the old one just falls behind. */
		if (!q->event_idx && q->notify) {
			p = ring_at(q, q->used_gpa, true, &err, fault);
			if (!p)
				return err;
			WRITE_ONCE(*p, cpu_to_le16(VRING_USED_F_NO_NOTIFY));
		}
		q->notify = false;
		return 0;
	}

	if (q->event_idx) {
		p = ring_at(q, q->used_gpa + USED_RING + 8 * q->size, true, &err, fault);
		if (!p)
			return err;
		WRITE_ONCE(*p, cpu_to_le16(q->seen));
	} else {
		p = ring_at(q, q->used_gpa, true, &err, fault);
		if (!p)
			return err;
		WRITE_ONCE(*p, cpu_to_le16(0));
	}
	q->notify = true;
	/* The wish is visible before the index is read again: the driver does the reverse. */
	smp_mb();
	err = refresh(q, fault);
	if (err < 0)
		return err;
	return q->seen != was;
}

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
#include "queue.h"

static int note_miss(struct vmi_queue *q, u64 gfn, bool write, bool ring)
{
	u64 entry = gfn | (write ? VMI_MISS_WRITE : 0);

	q->miss.ring |= ring;
	/* The rest is found when these are there. */
	if (q->miss.n < VMI_MISS_MAX && (!q->miss.n || q->miss.gfn[q->miss.n - 1] != entry))
		q->miss.gfn[q->miss.n++] = entry;
	return VMI_Q_MISS;
}

/* In another extent than the last time, or not in the cache. */
static noinline void *at_elsewhere(struct vmi_queue *q, u64 gpa, bool write, bool ring, int *err,
				   enum vmi_port_fault *fault)
{
	u64 gfn = gpa >> PAGE_SHIFT;
	u8 *page;

	vmi_mem_extent(q->mem, gfn, &q->extent);
	page = vmi_extent_lookup(&q->extent, gfn, write);
	if (page)
		return page + offset_in_page(gpa);
	if (!vmi_mem_valid(q->mem, gfn << PAGE_SHIFT, PAGE_SIZE, write)) {
		*fault = ring ? VMI_PORT_FAULT_RING_ADDRESS : VMI_PORT_FAULT_BAD_ADDRESS;
		*err = VMI_Q_FAULT;
	} else {
		*err = note_miss(q, gfn, write, ring);
	}
	return NULL;
}

/* Kernel address of guest bytes that do not cross a page; NULL with *err set. */
static __always_inline void *at(struct vmi_queue *q, u64 gpa, bool write, bool ring, int *err,
				enum vmi_port_fault *fault)
{
	u8 *page = vmi_extent_lookup(&q->extent, gpa >> PAGE_SHIFT, write);

	if (likely(page))
		return page + offset_in_page(gpa);
	return at_elsewhere(q, gpa, write, ring, err, fault);
}

static __le16 *avail_idx(const struct vmi_queue *q)
{
	return vmi_area_at(&q->avail, 2);
}

/* where the driver says from which of our indices on it wants an interrupt */
static __le16 *used_event(const struct vmi_queue *q)
{
	return vmi_area_at(&q->avail, VMI_AVAIL_RING + 2 * q->size);
}

static __le16 *used_flags(const struct vmi_queue *q)
{
	return vmi_area_at(&q->device, 0);
}

/* where we say from which of its indices on we want a notification */
static __le16 *avail_event(const struct vmi_queue *q)
{
	return vmi_area_at(&q->device, VMI_USED_RING + 8 * q->size);
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
	q->published = avail_idx;
	q->notify = true;
	q->gen = 0;
	q->extent.n = 0;
	q->desc.in_page = offset_in_page(q->desc_gpa);
	q->avail.in_page = offset_in_page(q->avail_gpa);
	q->device.in_page = offset_in_page(q->used_gpa);
	q->miss.n = 0;
	q->miss.ring = false;
}

/* 0, VMI_Q_MISS with all pages noted that are missing, or VMI_Q_FAULT. */
static int find_area(struct vmi_queue *q, struct vmi_area *a, u64 gpa, u32 bytes, bool write,
		     enum vmi_port_fault *fault)
{
	u32 i, pages = DIV_ROUND_UP(a->in_page + bytes, PAGE_SIZE);
	bool flat = true;
	int err, ret = 0;

	for (i = 0; i < pages; i++) {
		a->page[i] = at(q, (gpa & PAGE_MASK) + i * PAGE_SIZE, write, true, &err, fault);
		if (i && a->page[i] != a->page[i - 1] + PAGE_SIZE)
			flat = false;
		if (a->page[i])
			continue;
		if (err == VMI_Q_FAULT)
			return err;
		ret = VMI_Q_MISS;
	}
	a->flat = flat && !ret ? a->page[0] + a->in_page : NULL;
	return ret;
}

static int find_areas(struct vmi_queue *q, enum vmi_port_fault *fault)
{
	int err, missing;

	BUILD_BUG_ON(VMI_AREA_PAGES * 4096 < 16 * VMI_RING_SIZE_MAX + 4096);
	missing = find_area(q, &q->desc, q->desc_gpa, vmi_ring_desc_bytes(q->size), false, fault);
	if (missing == VMI_Q_FAULT)
		return missing;
	err = find_area(q, &q->avail, q->avail_gpa, vmi_ring_avail_bytes(q->size), false, fault);
	if (err == VMI_Q_FAULT)
		return err;
	missing |= err;
	err = find_area(q, &q->device, q->used_gpa, vmi_ring_used_bytes(q->size), true, fault);
	if (err == VMI_Q_FAULT)
		return err;
	return missing | err;
}

/**
 * vmi_queue_begin - have the ring at hand
 * @q: the queue
 * @fault: set with VMI_Q_FAULT
 *
 * Context: under vmi_mem_lock(), and good as long as it is held.
 * Return: 0, VMI_Q_MISS or VMI_Q_FAULT.
 */
int vmi_queue_begin(struct vmi_queue *q, enum vmi_port_fault *fault)
{
	u64 gen = vmi_mem_gen(q->mem);
	int err;

	/* Nothing was forgotten since: the addresses are still those of the pages. */
	if (likely(q->gen == gen))
		return 0;
	q->gen = 0;
	q->extent.n = 0;
	err = find_areas(q, fault);
	if (!err)
		q->gen = gen;
	return err;
}

/**
 * vmi_queue_refresh - take a new copy of the driver's index
 * @q: the queue
 * @fault: set with VMI_Q_FAULT
 *
 * Context: after vmi_queue_begin().
 * Return: number of entries that can be taken, or VMI_Q_FAULT.
 */
int vmi_queue_refresh(struct vmi_queue *q, enum vmi_port_fault *fault)
{
	u16 idx = le16_to_cpu(READ_ONCE(*avail_idx(q)));
	int n;

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
 * vmi_queue_peek_elsewhere - what vmi_queue_peek() does if the buffer is not in its extent
 * @q: the queue
 * @ahead: as there, and all below
 * @head: see there
 * @piece: see there
 * @gfn: frame of the buffer's beginning
 *
 * The chain is read anew: it may say something else meanwhile, and then it is not so simple.
 *
 * Context: after vmi_queue_begin().
 * Return: as vmi_queue_peek().
 */
u32 vmi_queue_peek_elsewhere(struct vmi_queue *q, u16 ahead, u16 *head, struct vmi_piece *piece,
			     u64 gfn)
{
	vmi_mem_extent(q->mem, gfn, &q->extent);
	return vmi_queue_peek_extent(q, ahead, head, piece, NULL);
}

/* A descriptor in a table may cross a page: nothing aligns one. */
static int read_table(struct vmi_queue *q, u64 gpa, struct vmi_ring_desc *d,
		      enum vmi_port_fault *fault)
{
	u32 first, rest;
	__le64 raw[2];
	int err;
	u8 *p;

	first = min_t(u32, sizeof(raw), PAGE_SIZE - offset_in_page(gpa));
	p = at(q, gpa, false, false, &err, fault);
	if (!p)
		return err;
	memcpy(raw, p, first);
	rest = sizeof(raw) - first;
	if (rest) {
		p = at(q, gpa + first, false, false, &err, fault);
		if (!p)
			return err;
		memcpy((u8 *)raw + first, p, rest);
	}
	/* The copy is what is checked and used: the compiler may not go back to the guest's. */
	barrier();
	vmi_queue_unpack(le64_to_cpu(raw[0]), le64_to_cpu(raw[1]), d);
	return 0;
}

/* Walk a chain whose first descriptor has been read. */
static noinline int walk(struct vmi_queue *q, struct vmi_chain *c, u16 head,
			 struct vmi_ring_desc d, enum vmi_port_fault *fault)
{
	enum vmi_ring_next what;
	u16 index;
	int err;

	if (vmi_ring_start(c, q->size, head, q->write, q->indirect, fault) == VMI_RING_FAULT)
		return VMI_Q_FAULT;
	/* Ends: vmi_ring_step() counts the steps in the queue's table and in one more. */
	for (;;) {
		what = vmi_ring_step(c, &d, &index, fault);
		if (what == VMI_RING_DONE)
			return 0;
		if (what == VMI_RING_FAULT)
			return VMI_Q_FAULT;
		if (what == VMI_RING_TABLE)
			index = 0;
		if (!c->in_table) {
			vmi_queue_desc(q, index, &d);
			continue;
		}
		err = read_table(q, c->table_gpa + 16 * (u64)index, &d, fault);
		if (err)
			return err;
	}
}

/**
 * vmi_queue_chain - read an available chain without taking it
 * @q: the queue
 * @ahead: entries to pass over; less than vmi_queue_pending() said
 * @c: result
 * @head: its first descriptor's number
 * @fault: set with VMI_Q_FAULT
 *
 * Context: after vmi_queue_begin().
 * Return: 0, VMI_Q_MISS or VMI_Q_FAULT.
 */
int vmi_queue_chain(struct vmi_queue *q, u16 ahead, struct vmi_chain *c, u16 *head,
		    enum vmi_port_fault *fault)
{
	struct vmi_ring_desc d = { };

	*head = vmi_queue_head(q, ahead);
	if (likely(*head < q->size)) {
		vmi_queue_desc(q, *head, &d);
		if (likely(vmi_ring_single(&d, q->write))) {
			c->nsegs = 1;
			c->bytes = d.len;
			c->seg[0].gpa = d.gpa;
			c->seg[0].len = d.len;
			return 0;
		}
	}
	return walk(q, c, *head, d, fault);
}

/**
 * vmi_queue_map - find the kernel addresses of a chain's bytes
 * @q: the queue
 * @c: the chain
 * @len: bytes to map, from the beginning; the chain has that many
 * @piece: result
 * @max: entries of @piece
 * @fault: set with VMI_Q_FAULT
 *
 * Goes on after a page that is not in the cache, so that all are noted at once.
 *
 * Context: under vmi_mem_lock(); the addresses are good until it is released.
 * Return: number of pieces, VMI_Q_MISS, VMI_Q_FAULT or VMI_Q_PIECES.
 */
int vmi_queue_map(struct vmi_queue *q, const struct vmi_chain *c, u32 len,
		  struct vmi_piece *piece, u32 max, enum vmi_port_fault *fault)
{
	u32 i, n = 0, left, part;
	bool missing = false;
	int err = 0;
	u64 gpa;
	u8 *p;

	gpa = c->seg[0].gpa;
	if (likely(c->nsegs == 1 && max && offset_in_page(gpa) + len <= PAGE_SIZE)) {
		piece->addr = at(q, gpa, q->write, false, &err, fault);
		piece->len = len;
		return piece->addr ? 1 : err;
	}
	for (i = 0; i < c->nsegs && len; i++) {
		gpa = c->seg[i].gpa;
		left = min(c->seg[i].len, len);
		len -= left;
		while (left) {
			part = min(left, (u32)(PAGE_SIZE - offset_in_page(gpa)));
			p = at(q, gpa, q->write, false, &err, fault);
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
		}
	}
	return missing ? VMI_Q_MISS : n;
}

static bool wants_call(const struct vmi_queue *q, u16 old)
{
	__le16 *flags;

	if (q->event_idx)
		return vring_need_event(le16_to_cpu(READ_ONCE(*used_event(q))), q->used, old);
	flags = vmi_area_at(&q->avail, 0);
	return !(le16_to_cpu(READ_ONCE(*flags)) & VRING_AVAIL_F_NO_INTERRUPT);
}

/**
 * vmi_queue_publish - let the driver see what was given back
 * @q: the queue
 *
 * Context: after vmi_queue_begin().
 * Return: whether the driver wants to be interrupted for it, see vmi_queue_call().
 */
bool vmi_queue_publish(struct vmi_queue *q)
{
	u16 old = q->published;
	__le16 *p;

	if (old == q->used)
		return false;
	p = vmi_area_at(&q->device, 2);
	q->published = q->used;
	/* The entries and the buffers' contents before the index that covers them. */
	smp_wmb();
	WRITE_ONCE(*p, cpu_to_le16(q->used));
	/* The index is visible before the driver's wish is read: it does the reverse. */
	smp_mb();
	return wants_call(q, old);
}

/**
 * vmi_queue_call - interrupt the driver
 * @q: the queue
 *
 * Context: any.
 */
void vmi_queue_call(struct vmi_queue *q)
{
	if (q->call)
		vmi_compat_eventfd_signal(q->call);
}

/**
 * vmi_queue_notify - ask the driver to notify, or not to
 * @q: the queue
 * @on: ask for it
 * @fault: set with VMI_Q_FAULT
 *
 * Context: after vmi_queue_begin().
 * Return: with @on, 1 if more has become available meanwhile (no notification
 * will come for that), else 0; VMI_Q_FAULT.
 */
int vmi_queue_notify(struct vmi_queue *q, bool on, enum vmi_port_fault *fault)
{
	u16 was = q->seen;
	int n;

	if (!on) {
		/* With event indices the old one just falls behind. */
		if (!q->event_idx && q->notify)
			WRITE_ONCE(*used_flags(q), cpu_to_le16(VRING_USED_F_NO_NOTIFY));
		q->notify = false;
		return 0;
	}

	if (q->event_idx)
		WRITE_ONCE(*avail_event(q), cpu_to_le16(q->seen));
	else
		WRITE_ONCE(*used_flags(q), cpu_to_le16(0));
	q->notify = true;
	/* The wish is visible before the index is read again: the driver does the reverse. */
	smp_mb();
	n = vmi_queue_refresh(q, fault);
	return n < 0 ? n : q->seen != was;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtqueue in a guest's memory, seen from the device.
 *
 * All functions but vmi_queue_setup() run under vmi_mem_lock() of the queue's
 * memory, bottom halves off, and never sleep: what is not in the page cache is
 * noted in a struct vmi_miss for somebody who may. After vmi_queue_begin() the
 * ring itself is at hand until the lock is released. The caller serialises the
 * use of a queue.
 */
#ifndef VMI_QUEUE_H
#define VMI_QUEUE_H

#include <linux/mm.h>
#include <linux/types.h>
#include <linux/virtio_ring.h>

#include "mem.h"
#include "ring.h"

struct eventfd_ctx;

#define VMI_AVAIL_RING	4	/* offset of the ring in the driver area */
#define VMI_USED_RING	4	/* offset of the ring in the device area */

#define VMI_MISS_MAX	32
/* A chain's segments each begin and end within a page, the bytes between fill whole ones. */
#define VMI_PIECES_MAX	(2 * VMI_CHAIN_SEGS + VMI_FRAME_LEN_MAX / 4096 + 2)

/**
 * struct vmi_miss - pages wanted in the cache
 * @n: entries
 * @ring: one of them is the ring's, not a buffer's
 * @gfn: guest frames, VMI_MISS_WRITE for writing
 */
struct vmi_miss {
	u32 n;
	bool ring;
	u64 gfn[VMI_MISS_MAX];
};

#define VMI_MISS_WRITE	BIT_ULL(63)
#define VMI_GFN_NONE	(~0ULL)	/* no guest frame has that number */

/**
 * struct vmi_piece - a contiguous piece of guest memory
 * @addr: kernel address, good as long as vmi_mem_lock() is held
 * @len: bytes
 */
struct vmi_piece {
	u8 *addr;
	u32 len;
};

/* Pages that an area of a ring can lie in: the descriptors of the largest, not aligned. */
#define VMI_AREA_PAGES	(16 * VMI_RING_SIZE_MAX / 4096 + 1)

/**
 * struct vmi_area - an area of a ring
 * @in_page: bytes from the beginning of the first page to it; const
 * @flat: kernel address of it, NULL if the pages do not follow each other in the kernel
 * @page: kernel addresses of the pages
 *
 * The addresses are good as struct vmi_queue.gen says.
 */
struct vmi_area {
	u32 in_page;
	u8 *flat;
	u8 *page[VMI_AREA_PAGES];
};

/**
 * struct vmi_queue - the device's state of a virtqueue
 * @mem: the guest's memory
 * @desc_gpa: descriptor table
 * @avail_gpa: driver area
 * @used_gpa: device area
 * @size: entries
 * @write: the device writes to what the chains say, a receive queue
 * @next: index of the next available entry to take
 * @seen: last copy of the driver's index, @next to @next + @size
 * @used: device's index
 * @published: what the driver sees of it
 * @event_idx: negotiated
 * @indirect: negotiated
 * @notify: the driver is asked to notify
 * @call: tells the driver, NULL for none
 * @gen: vmi_mem_gen() when the pages of the areas were looked up, 0 for never
 * @extent: where a buffer was last
 * @desc: descriptor table
 * @avail: driver area
 * @device: device area
 * @miss: pages wanted
 *
 * Guard: that of the queue's owner (struct vmi_port).
 */
struct vmi_queue {
	struct vmi_mem *mem;
	u64 desc_gpa;
	u64 avail_gpa;
	u64 used_gpa;
	u16 size;
	u16 next;
	u16 seen;
	u16 used;
	u16 published;
	bool write;
	bool event_idx;
	bool indirect;
	bool notify;
	struct eventfd_ctx *call;
	u64 gen;
	struct vmi_extent extent;
	struct vmi_area desc;
	struct vmi_area avail;
	struct vmi_area device;
	struct vmi_miss miss;
};

/* What the functions that read the guest's memory return below zero. */
#define VMI_Q_MISS	(-1)	/* pages are wanted, see miss */
#define VMI_Q_FAULT	(-2)	/* *fault says why */
#define VMI_Q_PIECES	(-3)	/* in more pieces than there is room for */

void vmi_queue_setup(struct vmi_queue *q, u16 avail_idx);
int vmi_queue_begin(struct vmi_queue *q, enum vmi_port_fault *fault);
int vmi_queue_refresh(struct vmi_queue *q, enum vmi_port_fault *fault);
int vmi_queue_chain(struct vmi_queue *q, u16 ahead, struct vmi_chain *c, u16 *head,
		    enum vmi_port_fault *fault);
int vmi_queue_map(struct vmi_queue *q, const struct vmi_chain *c, u32 len,
		  struct vmi_piece *piece, u32 max, enum vmi_port_fault *fault);
bool vmi_queue_publish(struct vmi_queue *q);
void vmi_queue_call(struct vmi_queue *q);
int vmi_queue_notify(struct vmi_queue *q, bool on, enum vmi_port_fault *fault);

/**
 * vmi_queue_pending - count the entries that can be taken
 * @q: the queue
 * @ahead: entries the caller holds already; more are looked for
 * @fault: set with VMI_Q_FAULT
 *
 * Context: after vmi_queue_begin().
 * Return: their number, @ahead or less if there are no more, or VMI_Q_FAULT.
 */
static inline int vmi_queue_pending(struct vmi_queue *q, u16 ahead, enum vmi_port_fault *fault)
{
	u16 n = q->seen - q->next;

	return likely(n > ahead) ? n : vmi_queue_refresh(q, fault);
}

/* Within an area, and not across a page: see vmi_ring_layout_ok(). */
static inline void *vmi_area_at(const struct vmi_area *a, unsigned long off)
{
	if (likely(a->flat))
		return a->flat + off;
	off += a->in_page;
	return a->page[off >> PAGE_SHIFT] + offset_in_page(off);
}

/* A descriptor's two words: address; length, flags, number of the next one. */
static inline void vmi_queue_unpack(u64 first, u64 second, struct vmi_ring_desc *d)
{
	d->gpa = first;
	d->len = second;
	d->flags = second >> 32;
	d->next = second >> 48;
}

/* Aligned to its size, so it does not cross a page. */
static inline void vmi_queue_desc(const struct vmi_queue *q, u16 index, struct vmi_ring_desc *d)
{
	const __le64 *p = vmi_area_at(&q->desc, 16 * index);

	BUILD_BUG_ON(sizeof(struct vring_desc) != 16);
	BUILD_BUG_ON(offsetof(struct vring_desc, len) != 8);
	BUILD_BUG_ON(offsetof(struct vring_desc, flags) != 12);
	BUILD_BUG_ON(offsetof(struct vring_desc, next) != 14);
	vmi_queue_unpack(le64_to_cpu(READ_ONCE(p[0])), le64_to_cpu(READ_ONCE(p[1])), d);
}

/* The number of an available chain's first descriptor, which may be anything. */
static inline u16 vmi_queue_head(const struct vmi_queue *q, u16 ahead)
{
	u16 slot = (q->next + ahead) & (q->size - 1);
	const __le16 *p = vmi_area_at(&q->avail, VMI_AVAIL_RING + 2 * slot);

	return le16_to_cpu(READ_ONCE(*p));
}

u32 vmi_queue_peek_elsewhere(struct vmi_queue *q, u16 ahead, u16 *head, struct vmi_piece *piece,
			     u64 gfn);

/* Look in the extent at hand; 0 with *@gfn set if the buffer is in another. */
static __always_inline u32 vmi_queue_peek_extent(struct vmi_queue *q, u16 ahead, u16 *head,
						 struct vmi_piece *piece, u64 *gfn)
{
	struct vmi_ring_desc d;
	u16 i = vmi_queue_head(q, ahead);
	u32 off;
	u8 *page;

	if (unlikely(i >= q->size))
		return 0;
	vmi_queue_desc(q, i, &d);
	if (unlikely(!vmi_ring_single(&d, q->write)))
		return 0;
	page = vmi_extent_lookup(&q->extent, d.gpa >> PAGE_SHIFT, q->write);
	if (unlikely(!page)) {
		if (gfn)
			*gfn = d.gpa >> PAGE_SHIFT;
		return 0;
	}
	off = offset_in_page(d.gpa);
	*head = i;
	piece->addr = page + off;
	piece->len = min(d.len, (u32)PAGE_SIZE - off);
	return d.len;
}

/**
 * vmi_queue_peek - look at an available chain, if it is one descriptor
 * @q: the queue
 * @ahead: entries to pass over; less than vmi_queue_pending() said
 * @head: its first descriptor's number
 * @piece: its bytes, or the first of them if it crosses a page
 *
 * Context: after vmi_queue_begin().
 * Return: length of the chain, or 0 if it is not so simple: vmi_queue_chain() and
 * vmi_queue_map() say how it is.
 */
static __always_inline u32 vmi_queue_peek(struct vmi_queue *q, u16 ahead, u16 *head,
					  struct vmi_piece *piece)
{
	u64 gfn = VMI_GFN_NONE;
	u32 len = vmi_queue_peek_extent(q, ahead, head, piece, &gfn);

	if (unlikely(gfn != VMI_GFN_NONE))
		return vmi_queue_peek_elsewhere(q, ahead, head, piece, gfn);
	return len;
}

/**
 * vmi_queue_give - give a chain back to the driver
 * @q: the queue
 * @head: what vmi_queue_chain() said of the next available one, which is taken off
 * @len: bytes written to it
 *
 * The driver sees it after vmi_queue_publish().
 *
 * Context: after vmi_queue_begin().
 */
static inline void vmi_queue_give(struct vmi_queue *q, u16 head, u32 len)
{
	unsigned long off = VMI_USED_RING + 8 * (q->used & (q->size - 1));
	__le32 *p = vmi_area_at(&q->device, off);

	p[0] = cpu_to_le32(head);
	/* An entry can cross a page, for only its halves are aligned. */
	if (unlikely(offset_in_page(p) == PAGE_SIZE - 4))
		p = (__le32 *)vmi_area_at(&q->device, off + 4) - 1;
	p[1] = cpu_to_le32(len);
	q->used++;
	q->next++;
}

#endif /* VMI_QUEUE_H */

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
u32 vmi_queue_peek(struct vmi_queue *q, u16 ahead, u16 *head, struct vmi_piece *piece);
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

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A virtqueue in a guest's memory, seen from the device.
 *
 * All functions but vmi_queue_setup() run under vmi_mem_lock() of the queue's
 * memory, bottom halves off, and never sleep: what is not in the page cache is
 * noted in a struct vmi_miss for somebody who may. The caller serialises the
 * use of a queue.
 */
#ifndef VMI_QUEUE_H
#define VMI_QUEUE_H

#include <linux/types.h>

#include "ring.h"

struct eventfd_ctx;
struct vmi_mem;

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

/**
 * struct vmi_queue - the device's state of a virtqueue
 * @mem: the guest's memory
 * @desc_gpa: descriptor table
 * @avail_gpa: driver area
 * @used_gpa: device area
 * @size: entries
 * @next: index of the next available entry to take
 * @seen: last copy of the driver's index, @next to @next + @size
 * @used: device's index
 * @signalled: @used when the driver was last told
 * @event_idx: negotiated
 * @indirect: negotiated
 * @notify: the driver is asked to notify
 * @call: tells the driver, NULL for none
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
	u16 signalled;
	bool event_idx;
	bool indirect;
	bool notify;
	struct eventfd_ctx *call;
	struct vmi_miss miss;
};

/* What the functions that read the guest's memory return below zero. */
#define VMI_Q_MISS	(-1)	/* pages are wanted, see miss */
#define VMI_Q_FAULT	(-2)	/* *fault says why */
#define VMI_Q_PIECES	(-3)	/* in more pieces than there is room for */

void vmi_queue_setup(struct vmi_queue *q, u16 avail_idx);
int vmi_queue_pending(struct vmi_queue *q, u16 ahead, enum vmi_port_fault *fault);
int vmi_queue_chain(struct vmi_queue *q, u16 ahead, bool write, struct vmi_chain *c, u16 *head,
		    enum vmi_port_fault *fault);
int vmi_queue_map(struct vmi_queue *q, const struct vmi_chain *c, u32 skip, u32 len,
		  struct vmi_piece *piece, u32 max, enum vmi_port_fault *fault);
int vmi_queue_push(struct vmi_queue *q, const u16 *heads, const u32 *lens, u32 n,
		   enum vmi_port_fault *fault);
int vmi_queue_signal(struct vmi_queue *q, enum vmi_port_fault *fault);
int vmi_queue_notify(struct vmi_queue *q, bool on, enum vmi_port_fault *fault);

#endif /* VMI_QUEUE_H */

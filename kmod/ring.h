/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Checks over a split virtqueue that a guest wrote (virtio 1.2, section 2.7).
 *
 * Pure: no memory of the guest is touched, no lock taken, nothing allocated.
 * The caller copies an index or a descriptor once and hands in the copy.
 */
#ifndef VMI_RING_H
#define VMI_RING_H

#include <linux/types.h>
#include <linux/vmi.h>

#define VMI_RING_SIZE_MAX	1024	/* entries of a queue */
#define VMI_CHAIN_SEGS		64	/* segments of a chain */
#define VMI_HDR_LEN		12	/* struct virtio_net_hdr_mrg_rxbuf */
#define VMI_FRAME_LEN_MAX	65550	/* the largest GSO frame: 64 KiB of IP, Ethernet header */
#define VMI_TX_BYTES_MAX	(VMI_FRAME_LEN_MAX + VMI_HDR_LEN)
#define VMI_RX_BYTES_MAX	(1U << 20)	/* of one receive buffer */

/**
 * struct vmi_ring_desc - copy of a descriptor, in the host's byte order
 * @gpa: address of the buffer or table
 * @len: bytes of it
 * @flags: VRING_DESC_F_*
 * @next: number of the next descriptor, if @flags say so
 */
struct vmi_ring_desc {
	u64 gpa;
	u32 len;
	u16 flags;
	u16 next;
};

/**
 * struct vmi_ring_seg - a segment of a chain
 * @gpa: address
 * @len: bytes, not 0
 */
struct vmi_ring_seg {
	u64 gpa;
	u32 len;
};

/**
 * struct vmi_chain - a descriptor chain being walked
 * @size: entries of the queue
 * @limit: entries of the table being walked: the queue's or an indirect one's
 * @steps: descriptors seen in that table
 * @nsegs: entries of @seg
 * @bytes: sum of their lengths
 * @bytes_max: bound of @bytes
 * @write: the device writes to the chain (a receive buffer)
 * @may_indirect: the driver negotiated indirect descriptors
 * @in_table: walking an indirect table
 * @too_long: more bytes or segments than allowed; told at the end, so that a loop is called one
 * @table_gpa: its address, once there is one
 * @seg: what the chain consists of, in order
 */
struct vmi_chain {
	u16 size;
	u16 limit;
	u16 steps;
	u16 nsegs;
	u32 bytes;
	u32 bytes_max;
	bool write;
	bool may_indirect;
	bool in_table;
	bool too_long;
	u64 table_gpa;
	struct vmi_ring_seg seg[VMI_CHAIN_SEGS];
};

/* What vmi_ring_step() wants next. */
enum vmi_ring_next {
	VMI_RING_DONE,		/* the chain is complete */
	VMI_RING_NEXT,		/* descriptor *index of the same table */
	VMI_RING_TABLE,		/* descriptor 0 of the table at table_gpa */
	VMI_RING_FAULT,		/* *fault says why */
};

/* virtio 1.2 section 2.7.5 */
#define VMI_DESC_F_NEXT		1
#define VMI_DESC_F_WRITE	2
#define VMI_DESC_F_INDIRECT	4

#define VMI_CHAIN_BYTES_MIN	(VMI_HDR_LEN + 14)	/* the header and an Ethernet header */

static inline u32 vmi_ring_bytes_max(bool write)
{
	return write ? VMI_RX_BYTES_MAX : VMI_TX_BYTES_MAX;
}

/**
 * vmi_ring_single - is a chain one descriptor, and right? Most are.
 * @d: copy of the first descriptor
 * @write: the device is to write
 *
 * Context: any.
 * Return: false if there is more to it, or something is wrong with it: vmi_ring_step()
 * knows.
 */
static inline bool vmi_ring_single(const struct vmi_ring_desc *d, bool write)
{
	return d->flags == (write ? VMI_DESC_F_WRITE : 0) && d->len >= VMI_CHAIN_BYTES_MIN &&
	       d->len <= vmi_ring_bytes_max(write) && d->gpa + d->len >= d->gpa;
}

int vmi_ring_pending(u16 size, u16 avail_idx, u16 next, enum vmi_port_fault *fault);
enum vmi_ring_next vmi_ring_start(struct vmi_chain *c, u16 size, u16 head, bool write,
				  bool may_indirect, enum vmi_port_fault *fault);
enum vmi_ring_next vmi_ring_step(struct vmi_chain *c, const struct vmi_ring_desc *d, u16 *index,
				 enum vmi_port_fault *fault);
bool vmi_ring_layout_ok(u32 size, u64 desc_gpa, u64 avail_gpa, u64 used_gpa);

static inline u64 vmi_ring_desc_bytes(u32 size)
{
	return 16ULL * size;
}

/* with the used_event field */
static inline u64 vmi_ring_avail_bytes(u32 size)
{
	return 6ULL + 2ULL * size;
}

/* with the avail_event field */
static inline u64 vmi_ring_used_bytes(u32 size)
{
	return 6ULL + 8ULL * size;
}

#endif /* VMI_RING_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Checks over a split virtqueue that a guest wrote.
 *
 * Every loop over a chain ends: a table is left after as many steps as it has
 * entries, a table within a table is refused, and the segments are bounded.
 */
#include "ring.h"

static enum vmi_ring_next fail(enum vmi_port_fault *fault, enum vmi_port_fault why)
{
	*fault = why;
	return VMI_RING_FAULT;
}

/**
 * vmi_ring_pending - count what the driver has made available
 * @size: entries of the queue
 * @avail_idx: copy of the driver's index
 * @next: index of the first entry not taken yet
 * @fault: set on failure
 *
 * Context: any.
 * Return: number of entries, or -1 with @fault set.
 */
int vmi_ring_pending(u16 size, u16 avail_idx, u16 next, enum vmi_port_fault *fault)
{
	u16 n = avail_idx - next;

	if (n > size) {
		*fault = VMI_PORT_FAULT_INDEX_JUMP;
		return -1;
	}
	return n;
}

/**
 * vmi_ring_start - begin to walk a chain
 * @c: the walk; all of it but @seg is set
 * @size: entries of the queue
 * @head: first descriptor, a copy of the ring's entry
 * @write: the device is to write
 * @may_indirect: indirect descriptors were negotiated
 * @fault: set on failure
 *
 * Context: any.
 * Return: VMI_RING_NEXT (read descriptor @head) or VMI_RING_FAULT.
 */
enum vmi_ring_next vmi_ring_start(struct vmi_chain *c, u16 size, u16 head, bool write,
				  bool may_indirect, enum vmi_port_fault *fault)
{
	c->size = size;
	c->limit = size;
	c->steps = 0;
	c->nsegs = 0;
	c->bytes = 0;
	c->bytes_max = vmi_ring_bytes_max(write);
	c->write = write;
	c->may_indirect = may_indirect;
	c->in_table = false;
	c->too_long = false;
	c->table_gpa = 0;
	if (head >= size)
		return fail(fault, VMI_PORT_FAULT_BAD_HEAD);
	return VMI_RING_NEXT;
}

static enum vmi_ring_next enter_table(struct vmi_chain *c, const struct vmi_ring_desc *d,
				      enum vmi_port_fault *fault)
{
	u32 max = c->size > VMI_CHAIN_SEGS ? c->size : VMI_CHAIN_SEGS;

	if (c->in_table || !c->may_indirect || (d->flags & VMI_DESC_F_NEXT) ||
	    !d->len || d->len % 16 || d->len / 16 > max)
		return fail(fault, VMI_PORT_FAULT_BAD_INDIRECT);
	if (d->gpa + d->len < d->gpa)
		return fail(fault, VMI_PORT_FAULT_BAD_ADDRESS);
	c->in_table = true;
	c->table_gpa = d->gpa;
	c->limit = d->len / 16;
	c->steps = 0;
	return VMI_RING_TABLE;
}

/**
 * vmi_ring_step - take one descriptor into the chain
 * @c: the walk
 * @d: copy of the descriptor
 * @index: set to the next one's number
 * @fault: set on failure
 *
 * Context: any.
 * Return: what to do next.
 */
enum vmi_ring_next vmi_ring_step(struct vmi_chain *c, const struct vmi_ring_desc *d, u16 *index,
				 enum vmi_port_fault *fault)
{
	if (++c->steps > c->limit)
		return fail(fault, VMI_PORT_FAULT_LOOP);

	/* The WRITE flag of a descriptor that refers to a table has no meaning. */
	if (d->flags & VMI_DESC_F_INDIRECT)
		return enter_table(c, d, fault);

	if (!!(d->flags & VMI_DESC_F_WRITE) != c->write)
		return fail(fault, VMI_PORT_FAULT_BAD_DIRECTION);
	if (!d->len)
		return fail(fault, VMI_PORT_FAULT_BAD_LENGTH);
	if (d->gpa + d->len < d->gpa)
		return fail(fault, VMI_PORT_FAULT_BAD_ADDRESS);

	if (d->len > c->bytes_max - c->bytes || c->nsegs >= VMI_CHAIN_SEGS) {
		c->too_long = true;
	} else {
		c->seg[c->nsegs].gpa = d->gpa;
		c->seg[c->nsegs].len = d->len;
		c->nsegs++;
		c->bytes += d->len;
	}

	if (!(d->flags & VMI_DESC_F_NEXT)) {
		/* Or without room for the header and an Ethernet header. */
		if (c->too_long || c->bytes < VMI_CHAIN_BYTES_MIN)
			return fail(fault, VMI_PORT_FAULT_BAD_LENGTH);
		return VMI_RING_DONE;
	}
	if (d->next >= c->limit)
		return fail(fault, c->in_table ? VMI_PORT_FAULT_BAD_INDIRECT :
						 VMI_PORT_FAULT_BAD_HEAD);
	*index = d->next;
	return VMI_RING_NEXT;
}

/**
 * vmi_ring_layout_ok - check size and addresses of a queue
 * @size: entries
 * @desc_gpa: descriptor table
 * @avail_gpa: driver area
 * @used_gpa: device area
 *
 * Context: any.
 * Return: whether they are as virtio 1.2 section 2.7 asks and do not wrap.
 */
bool vmi_ring_layout_ok(u32 size, u64 desc_gpa, u64 avail_gpa, u64 used_gpa)
{
	if (!size || size > VMI_RING_SIZE_MAX || (size & (size - 1)))
		return false;
	if (desc_gpa % 16 || avail_gpa % 2 || used_gpa % 4)
		return false;
	return desc_gpa + vmi_ring_desc_bytes(size) >= desc_gpa &&
	       avail_gpa + vmi_ring_avail_bytes(size) >= avail_gpa &&
	       used_gpa + vmi_ring_used_bytes(size) >= used_gpa;
}

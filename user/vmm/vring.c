// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include <linux/virtio_ring.h>

#include "ram.h"
#include "vring.h"

/* offsets in the driver and the device area */
#define IDX	2
#define RING	4

/* Bytes of an area or table, NULL when they are not in memory. */
static void *at(uint64_t area, uint64_t off, uint64_t len)
{
	return area + off < area ? NULL : ram_ptr(area + off, len);
}

static uint16_t *word(uint64_t area, uint64_t off)
{
	return at(area, off, sizeof(uint16_t));
}

static bool load(uint64_t area, uint64_t off, uint16_t *val)
{
	const uint16_t *p = word(area, off);

	if (p)
		*val = __atomic_load_n(p, __ATOMIC_ACQUIRE);
	return p;
}

/* A copy of the @i-th descriptor of a table; the driver may write to the original. */
static bool load_desc(uint64_t table, uint32_t i, struct vring_desc *d)
{
	const void *p = at(table, i * sizeof(*d), sizeof(*d));

	if (p)
		memcpy(d, p, sizeof(*d));
	return p;
}

static int add_segment(struct vring_request *req, const struct vring_desc *d)
{
	uint8_t *p = ram_ptr(d->addr, d->len);
	uint32_t n = d->len;

	if (!p || !n)
		return -1;
	if (d->flags & VRING_DESC_F_WRITE) {
		if (!req->answer)
			req->answer = p;
		return 0;
	}
	/* section 2.7.4.2: what the device writes comes behind what it reads */
	if (req->answer)
		return -1;
	if (n > sizeof(req->bytes) - req->len)
		n = (uint32_t)sizeof(req->bytes) - req->len;
	memcpy(req->bytes + req->len, p, n);
	req->len += n;
	return 0;
}

/* Walk a table from its @i-th entry on. Return: 0, or -1 for what may not be. */
static int walk(struct vring_request *req, uint64_t table, uint32_t size, uint32_t i)
{
	struct vring_desc d;
	uint32_t steps;

	/* a chain has no more entries than its table, or it is a loop */
	for (steps = 0; steps < size; steps++) {
		if (i >= size || !load_desc(table, i, &d) || d.flags & VRING_DESC_F_INDIRECT ||
		    add_segment(req, &d))
			return -1;
		if (!(d.flags & VRING_DESC_F_NEXT))
			return 0;
		i = d.next;
	}
	return -1;
}

int vring_next(struct virtio_queue *q, struct vring_request *req)
{
	struct vring_desc d;
	uint16_t idx, head;
	uint32_t entries;

	if (!load(q->driver, IDX, &idx))
		return -1;
	if (idx == q->next)
		return 0;
	if ((uint16_t)(idx - q->next) > q->size ||
	    !load(q->driver, RING + 2 * (uint64_t)(q->next % q->size), &head) ||
	    head >= q->size || !load_desc(q->desc, head, &d))
		return -1;
	*req = (struct vring_request){ .head = head };
	if (!(d.flags & VRING_DESC_F_INDIRECT))
		return walk(req, q->desc, q->size, head) ? -1 : 1;
	/* section 2.7.5.3.1: alone, no longer than the queue */
	entries = d.len / (uint32_t)sizeof(d);
	if (d.flags & VRING_DESC_F_NEXT || d.len % sizeof(d) || entries > q->size)
		return -1;
	return walk(req, d.addr, entries, 0) ? -1 : 1;
}

bool vring_done(struct virtio_queue *q, const struct vring_request *req, uint32_t len,
		bool event_idx)
{
	const struct vring_used_elem e = { .id = req->head, .len = len };
	void *slot = at(q->device, RING + sizeof(e) * (q->next % q->size), sizeof(e));
	uint16_t *idx = word(q->device, IDX), *event = word(q->device, RING + sizeof(e) * q->size);
	uint16_t old = q->next++, wanted;

	if (!slot || !idx || !event)
		return false;
	memcpy(slot, &e, sizeof(e));
	__atomic_store_n(idx, q->next, __ATOMIC_RELEASE);
	if (!event_idx)
		return load(q->driver, 0, &wanted) && !(wanted & VRING_AVAIL_F_NO_INTERRUPT);
	/* notify of the next request, and look whether it wants to hear of this one */
	__atomic_store_n(event, q->next, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return load(q->driver, RING + 2 * (uint64_t)q->size, &wanted) &&
	       vring_need_event(wanted, q->next, old);
}

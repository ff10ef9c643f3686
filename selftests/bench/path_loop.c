// SPDX-License-Identifier: GPL-2.0
/*
 * The floor: the device played in this very process, one copy and nothing
 * else; no check, no look-up, no kick, no interrupt.
 */
#include <stddef.h>
#include <string.h>

#include "path.h"
#include "sh.h"

#define NICS	2
#define MASK	(NIC_QSIZE - 1)

static struct nic *nics[NICS];
static uint16_t seen[NICS][2];	/* available entries taken */
static unsigned int nnics;

static int loop_open(const char *uplink)
{
	(void)uplink;
	nnics = 0;
	memset(seen, 0, sizeof(seen));
	return 0;
}

static int loop_plug(struct nic *n)
{
	nth_mac(n->mac, 0, nnics);
	n->ip = nth_ip(nnics);
	return nnics == NICS ? -1 : 0;
}

static int loop_start(struct nic *n)
{
	nics[nnics++] = n;
	return 0;
}

static void loop_unplug(struct nic *n)
{
	(void)n;
}

/* words in a loop, as the kernel's copy is counted */
static void copy(uint8_t *to, const uint8_t *from, size_t len)
{
	size_t words = len / 8, rest = len % 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	asm volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}

struct segment {
	uint8_t *at;
	uint32_t len;
};

/* the frame's segments; their number */
static unsigned int chain(struct nic *n, uint16_t head, struct segment *seg)
{
	const struct vring_desc *d = &n->vq[NIC_TX].desc[head];
	unsigned int i = 0;

	if (d->flags & VRING_DESC_F_INDIRECT)
		d = (const void *)(n->mem + d->addr);
	do {
		seg[i].at = n->mem + d[i].addr;
		seg[i].len = d[i].len;
	} while (d[i++].flags & VRING_DESC_F_NEXT);
	return i;
}

static void used_put(struct nic_vq *vq, uint16_t idx, uint16_t id, uint32_t len)
{
	vq->used->ring[idx & MASK].id = id;
	vq->used->ring[idx & MASK].len = len;
}

/* 0 without enough receive buffers */
static int carry(struct nic *from, struct nic *to, uint16_t *tx, uint16_t *rx)
{
	uint16_t head = from->vq[NIC_TX].avail->ring[*tx & MASK], bufs = 0, id;
	uint16_t avail = __atomic_load_n(&to->vq[NIC_RX].avail->idx, __ATOMIC_ACQUIRE);
	struct virtio_net_hdr_mrg_rxbuf *hdr = NULL;
	struct segment seg[8], *s = seg;
	const struct vring_desc *d;
	uint32_t left = 0, part;
	unsigned int i, n;
	uint8_t *at;

	n = chain(from, head, seg);
	for (i = 0; i < n; i++)
		left += seg[i].len;
	if ((uint16_t)(avail - *rx) * to->rx_len < left)
		return 0;
	while (left) {
		uint32_t room, done = 0;

		id = to->vq[NIC_RX].avail->ring[(*rx + bufs) & MASK];
		d = &to->vq[NIC_RX].desc[id];
		at = to->mem + d->addr;
		if (!bufs)
			hdr = (void *)at;
		room = d->len < left ? d->len : left;
		while (done < room) {
			part = room - done < s->len ? room - done : s->len;
			copy(at + done, s->at, part);
			done += part;
			s->at += part;
			s->len -= part;
			if (!s->len)
				s++;
		}
		used_put(&to->vq[NIC_RX], *rx + bufs, id, room);
		bufs++;
		left -= room;
	}
	hdr->num_buffers = bufs;
	*rx += bufs;
	used_put(&from->vq[NIC_TX], *tx, head, 0);
	++*tx;
	return 1;
}

static unsigned int loop_serve(void)
{
	unsigned int i, done = 0;
	struct nic *from, *to;

	for (i = 0; i < NICS; i++) {
		uint16_t avail;

		from = nics[i];
		to = nics[!i];
		avail = __atomic_load_n(&from->vq[NIC_TX].avail->idx, __ATOMIC_ACQUIRE);
		while (seen[i][NIC_TX] != avail &&
		       carry(from, to, &seen[i][NIC_TX], &seen[!i][NIC_RX]))
			done++;
		__atomic_store_n((uint16_t *)&from->vq[NIC_TX].used->idx, seen[i][NIC_TX],
				 __ATOMIC_RELEASE);
		__atomic_store_n((uint16_t *)&to->vq[NIC_RX].used->idx, seen[!i][NIC_RX],
				 __ATOMIC_RELEASE);
		/* kicks are never wanted */
		*from->vq[NIC_TX].want_kick = seen[i][NIC_TX] - 1;
		*to->vq[NIC_RX].want_kick = seen[!i][NIC_RX] - 1;
	}
	return done;
}

static void loop_close(void)
{
}

const struct path path_loop = {
	.name	= "floor",
	.open	= loop_open,
	.plug	= loop_plug,
	.start	= loop_start,
	.unplug	= loop_unplug,
	.serve	= loop_serve,
	.close	= loop_close,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * A guest's virtio-net driver, played in user space.
 */
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frame.h"
#include "nic.h"

#define MASK		(NIC_QSIZE - 1)
#define PAGE		4096UL
#define TABLE_LEN	4	/* descriptors of a long frame: the headers and page fragments */
#define FRAG		32768UL	/* bytes of Linux's page fragments for sockets */
#define TX_LONG		64	/* long frames under way: more than TCP's window */

/* guest-physical layout behind the rings */
#define TABLE_GPA	0x8000UL
#define RX_GPA		0x10000UL
#define TX_GPA		(RX_GPA + NIC_QSIZE * (uint64_t)NIC_RX_LEN_BIG)

static uint64_t tx_stride(const struct nic *n)
{
	return (NIC_HDR + n->frame_len + PAGE - 1) & ~(PAGE - 1);
}

static bool is_long(const struct nic *n)
{
	return n->frame_len > PAGE;
}

static uint64_t rx_gpa(const struct nic *n, unsigned int id)
{
	return RX_GPA + id * (uint64_t)n->rx_len;
}

static void vq_init(struct nic *n, int q)
{
	struct nic_vq *vq = &n->vq[q];

	vq->desc = (void *)(n->mem + NIC_RING_GPA(q));
	vq->avail = (void *)(n->mem + NIC_AVAIL_GPA(q));
	vq->used = (void *)(n->mem + NIC_USED_GPA(q));
	vq->want_kick = (void *)&vq->used->ring[NIC_QSIZE];
	vq->want_call = &vq->avail->ring[NIC_QSIZE];
}

int nic_init(struct nic *n, int call, uint32_t frame_len, unsigned int flows)
{
	int q;

	memset(n, 0, sizeof(*n));
	n->frame_len = frame_len;
	n->rx_len = is_long(n) ? NIC_RX_LEN_BIG : NIC_RX_LEN;
	n->call = call;
	n->slots = (is_long(n) ? TX_LONG : NIC_QSIZE) / flows;
	n->size = TX_GPA + tx_stride(n) * n->slots * flows;
	n->size = (n->size + 0x1fffff) & ~0x1fffffUL;
	n->mem = mmap(NULL, n->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (n->mem == MAP_FAILED)
		return -1;
	for (q = 0; q < 2; q++) {
		n->kick[q] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (n->kick[q] < 0)
			return -1;
		vq_init(n, q);
	}
	return 0;
}

void nic_exit(struct nic *n)
{
	int q;

	for (q = 0; q < 2; q++)
		close(n->kick[q]);
	munmap(n->mem, n->size);
}

static uint64_t tx_gpa(const struct nic *n, unsigned int slot)
{
	return TX_GPA + slot * tx_stride(n);
}

void nic_flow_add(struct nic *n, const struct nic *to, uint32_t id)
{
	unsigned int i, first = n->slots * n->nflows;
	struct nic_flow *flow = &n->flow[n->nflows++];

	flow->id = id;
	for (i = 0; i < n->slots; i++) {
		flow->slot[i] = first + i;
		frame_put(n->mem + tx_gpa(n, first + i), n->frame_len, n->mac, to->mac, n->ip, to->ip);
	}
	flow->free = n->slots;
}

static void kick(struct nic *n, int q)
{
	struct nic_vq *vq = &n->vq[q];
	uint16_t old = vq->kicked;
	uint16_t event;
	uint64_t one = 1;

	__atomic_store_n(&vq->avail->idx, vq->next, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	event = *vq->want_kick;
	vq->kicked = vq->next;
	if (vring_need_event(event, vq->next, old))
		(void)!write(n->kick[q], &one, sizeof(one));
}

static void rx_post(struct nic *n, uint16_t id)
{
	struct nic_vq *vq = &n->vq[NIC_RX];
	struct vring_desc *d = &vq->desc[id];

	d->addr = rx_gpa(n, id);
	d->len = n->rx_len;
	d->flags = VRING_DESC_F_WRITE;
	d->next = 0;
	vq->avail->ring[vq->next++ & MASK] = id;
}

void nic_fill(struct nic *n)
{
	unsigned int i;

	for (i = 0; i < NIC_QSIZE; i++)
		rx_post(n, i);
	kick(n, NIC_RX);
}

static uint16_t used_idx(const struct nic_vq *vq)
{
	return __atomic_load_n((const uint16_t *)&vq->used->idx, __ATOMIC_ACQUIRE);
}

static void tx_reclaim(struct nic *n)
{
	struct nic_vq *vq = &n->vq[NIC_TX];
	uint16_t idx = used_idx(vq);
	struct nic_flow *flow;
	uint16_t slot;

	while (vq->seen != idx) {
		slot = vq->used->ring[vq->seen++ & MASK].id;
		flow = n->flow;
		if (n->nflows > 1)
			flow += slot / n->slots;
		flow->slot[flow->free++] = slot;
		n->inflight--;
	}
}

static void tx_post(struct nic *n, struct nic_flow *flow)
{
	struct nic_vq *vq = &n->vq[NIC_TX];
	uint16_t slot = flow->slot[--flow->free];
	struct vring_desc *d = &vq->desc[slot];
	uint64_t gpa = tx_gpa(n, slot);
	uint32_t left = NIC_HDR + n->frame_len;
	struct nic_stamp *stamp;

	stamp = (void *)(n->mem + gpa + NIC_HDR + frame_stamp(n->frame_len));
	stamp->flow = flow->id;
	stamp->seq = flow->seq++;
	if (n->talks) {
		frame_talk(n->mem + gpa, n->next_talk);
		if (++n->next_talk == n->talks)
			n->next_talk = 0;
	}
	d->addr = gpa;
	d->len = left;
	d->flags = 0;
	if (is_long(n)) {
		struct vring_desc *t;
		unsigned int i;
		uint32_t part = NIC_HDR + frame_stamp(n->frame_len);

		d->addr = TABLE_GPA + slot * TABLE_LEN * sizeof(*t);
		d->flags = VRING_DESC_F_INDIRECT;
		t = (void *)(n->mem + d->addr);
		for (i = 0; left; i++) {
			t[i].addr = gpa;
			t[i].len = part;
			t[i].flags = left > part ? VRING_DESC_F_NEXT : 0;
			t[i].next = i + 1;
			gpa += part;
			left -= part;
			part = left < FRAG ? left : FRAG;
		}
		d->len = i * sizeof(*t);
	}
	vq->avail->ring[vq->next++ & MASK] = slot;
	n->inflight++;
}

unsigned int nic_send(struct nic *n, unsigned int max)
{
	unsigned int sent = 0, idle = 0;
	struct nic_flow *flow;

	tx_reclaim(n);
	while (sent < max && idle < n->nflows) {
		flow = &n->flow[n->next_flow];
		if (++n->next_flow == n->nflows)
			n->next_flow = 0;
		if (!flow->free) {
			idle++;
			continue;
		}
		idle = 0;
		tx_post(n, flow);
		sent++;
	}
	if (sent)
		kick(n, NIC_TX);
	n->sent += sent;
	return sent;
}

static void account(struct nic *n, const uint8_t *frame)
{
	const struct nic_stamp *stamp = (const void *)(frame + frame_stamp(n->frame_len));
	uint32_t flow = stamp->flow;
	int32_t gap;

	if (flow >= NIC_FLOWS)
		return;
	n->got[flow]++;
	gap = stamp->seq - n->expect[flow];
	if (gap) {
		if (gap < 0) {
			n->reordered++;
			return;
		}
		n->lost += gap;
	}
	n->expect[flow] = stamp->seq + 1;
}

unsigned int nic_receive(struct nic *n, unsigned int max)
{
	struct nic_vq *vq = &n->vq[NIC_RX];
	uint16_t idx = used_idx(vq), bufs;
	unsigned int frames = 0;
	const uint8_t *buf;
	uint16_t id;

	while (frames < max && vq->seen != idx) {
		id = vq->used->ring[vq->seen & MASK].id;
		buf = n->mem + rx_gpa(n, id);
		bufs = ((const struct virtio_net_hdr_mrg_rxbuf *)buf)->num_buffers;
		account(n, buf + NIC_HDR);
		frames++;
		for (;;) {
			vq->seen++;
			rx_post(n, id);
			if (--bufs == 0 || vq->seen == idx)
				break;
			id = vq->used->ring[vq->seen & MASK].id;
		}
	}
	if (frames)
		kick(n, NIC_RX);
	return frames;
}

bool nic_arm(struct nic *n, int q)
{
	uint16_t after = q == NIC_TX ? n->inflight * 3 / 4 : 0;
	struct nic_vq *vq = &n->vq[q];

	*vq->want_call = vq->seen + after;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return (uint16_t)(used_idx(vq) - vq->seen) > after;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Forwarding: takes frames from guests' rings and from the host's interface,
 * decides, and delivers.
 *
 * All of it runs with bottom halves off, most in the NAPI poll of the sender.
 * Headers are copied once, decided on in that copy, and the copy is what the
 * receiver gets; the rest of a frame is copied once, from the sender's pages to
 * the receiver's. An skb is made for the host, for a receiver that has not
 * negotiated what the frame needs, and for frames that must wait but not in the
 * sender's ring.
 */
#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/virtio_net.h>
#include <net/checksum.h>
#include <net/ipv6.h>

#include "capture.h"
#include "compat.h"
#include "frame.h"
#include "fwd.h"
#include "guard.h"
#include "hostdev.h"
#include "lan.h"
#include "mem.h"
#include "net.h"
#include "port.h"
#include "steer.h"
#include "uplink.h"

#define BATCH_PORTS	16	/* receivers remembered until the end of a poll */
/* what rx_simple() leaves to others */
#define RX_POLICY	(VMI_POLICY_LIMIT(VMI_RX) | VMI_POLICY_IMPAIR(VMI_RX))
#define OPEN_BYTES	65536	/* given to a receiver before others may have its lock */

/**
 * struct pkt - a frame on its way
 * @hdr: what its receiver needs to know of checksum and segmentation; little-endian
 * @one: the same for a receiver with one buffer, where @rest is set
 * @f: its headers, parsed
 * @run: the flow of the last frame of the ring that was parsed and may go on, which @f is of
 * @head: its first bytes
 * @head_len: their number
 * @len: bytes of the frame
 * @skb: where the rest is, or
 * @piece: where a guest's virtio-net header and frame are
 * @rest: what follows the head, if that is in one piece
 */
struct pkt {
	union {
		struct virtio_net_hdr hdr;
		struct virtio_net_hdr_mrg_rxbuf one;
	};
	struct vmi_frame f;
	struct vmi_frame_run run;
	u8 head[VMI_FRAME_HEAD];
	u32 head_len;
	u32 len;
	struct sk_buff *skb;
	const struct vmi_piece *piece;
	const u8 *rest;
};

/**
 * struct batch - what a poll is about, and what it has to do at its end
 * @dst: destination of the last frame for a port that may have it
 * @to: the port's pair, NULL for none yet, or if it has several; good in the RCU read section
 *	that found it, as is the next
 * @many: the port, if it has several pairs, else NULL
 * @open: the receiver whose memory and rx.lock are held, NULL for none
 * @mem: its memory
 * @simple: rx_simple() will do
 * @can: header_kind() of a frame that it can have as it is
 * @ring: what vmi_queue_begin() said of its ring
 * @fault: why, with VMI_Q_FAULT
 * @packets: given to it, not counted yet
 * @bytes: likewise
 * @rx: receivers to interrupt, good in the RCU read section that found them
 * @n: their number
 * @host: skbs for the host's stack
 * @lan: skbs for the uplink
 * @copies: of the frame at hand, made for many; the budget pays for them
 *
 * On the stack of one poll: nobody else sees it.
 */
struct batch {
	u8 dst[ETH_ALEN];
	struct vmi_pair *to;
	struct vmi_pair *open;
	struct vmi_mem *mem;
	struct vmi_port *many;
	bool simple;
	u16 can;
	int ring;
	enum vmi_port_fault fault;
	u32 packets;
	u32 bytes;
	struct vmi_pair *rx[BATCH_PORTS];
	unsigned int n;
	struct list_head host;
	struct list_head lan;
	unsigned int copies;
};

enum verdict {
	DONE,		/* delivered, or dropped and counted */
	WAIT,		/* the receiver has no buffers */
	WAIT_PAGES,	/* the receiver's pages are being brought in */
	WAIT_RATE,	/* the sender has sent enough for now; it will be polled */
};

/* ---- reading a frame, front to back ---- */

/**
 * struct reader - where one is in a frame
 * @pkt: the frame
 * @off: bytes of it that have been read
 * @piece: index of the piece that @off is in, once it is beyond the head
 * @in_piece: bytes from there
 */
struct reader {
	const struct pkt *pkt;
	u32 off;
	u32 piece;
	u32 in_piece;
};

static void reader_init(struct reader *r, const struct pkt *pkt)
{
	u32 skip = VMI_HDR_LEN + pkt->head_len;

	r->pkt = pkt;
	r->off = 0;
	r->piece = 0;
	r->in_piece = 0;
	if (pkt->skb)
		return;
	while (skip && skip >= pkt->piece[r->piece].len)
		skip -= pkt->piece[r->piece++].len;
	r->in_piece = skip;
}

/* The frame has that many bytes left. */
static void reader_copy(struct reader *r, u8 *to, u32 len)
{
	const struct pkt *pkt = r->pkt;
	u32 part;

	if (r->off < pkt->head_len) {
		part = min(len, pkt->head_len - r->off);
		memcpy(to, pkt->head + r->off, part);
		r->off += part;
		to += part;
		len -= part;
	}
	if (!len)
		return;
	if (pkt->skb) {
		/* Cannot fail: the length was that of the skb. */
		skb_copy_bits(pkt->skb, r->off, to, len);
		r->off += len;
		return;
	}
	while (len) {
		const struct vmi_piece *p = &pkt->piece[r->piece];

		part = min(len, p->len - r->in_piece);
		memcpy(to, p->addr + r->in_piece, part);
		r->off += part;
		to += part;
		len -= part;
		r->in_piece += part;
		if (r->in_piece == p->len) {
			r->piece++;
			r->in_piece = 0;
		}
	}
}

/* ---- captures ---- */

static void copy_first(const void *pkt, u8 *to, u32 len)
{
	struct reader r;

	reader_init(&r, pkt);
	reader_copy(&r, to, len);
}

/* Only where vmi_capture_on(). */
static noinline void see(struct vmi_net *net, struct vmi_port *port, enum vmi_sight_at at,
			 const struct pkt *pkt, int why)
{
	const struct vmi_sight sight = {
		.net = net,
		.port = port,
		.at = at,
		.why = why,
		.hdr = &pkt->hdr,
		.len = pkt->len,
		.copy = copy_first,
		.arg = pkt,
	};

	vmi_capture_frame(&sight);
}

/* The guest has sent it: once, not again each time that it has waited for its receiver. */
static __always_inline void see_sent(struct vmi_pair *pair, const struct pkt *pkt, int why)
{
	if (vmi_capture_on() && !pair->tx.wait_for)
		see(pair->port->net, pair->port, VMI_SIGHT_SENT, pkt, why);
}

/* ---- limits ---- */

/* A frame has passed: charge it as what it will be on a wire, where segments have headers. */
static noinline void charge(struct vmi_port *port, unsigned int dir, const struct pkt *pkt)
{
	u32 size = le16_to_cpu((__force __le16)pkt->hdr.gso_size);
	bool udp = pkt->hdr.gso_type == VIRTIO_NET_HDR_GSO_UDP_L4;
	u32 hdr_len, segs = 1;

	if (pkt->hdr.gso_type == VIRTIO_NET_HDR_GSO_NONE) {
		vmi_policy_charge(&port->policy, dir, 1, pkt->len);
		return;
	}
	hdr_len = le16_to_cpu((__force __le16)pkt->hdr.csum_start) +
		  (udp ? sizeof(struct udphdr) : sizeof(struct tcphdr));
	if (size && pkt->len > hdr_len)
		segs = DIV_ROUND_UP(pkt->len - hdr_len, size);
	vmi_policy_charge(&port->policy, dir, segs, pkt->len + (segs - 1) * hdr_len);
}

static bool is_rx_limited(const struct vmi_port *port)
{
	return unlikely(vmi_policy_word(&port->policy) & VMI_POLICY_LIMIT(VMI_RX));
}

/*
 * What a header asks of its receiver, flags and kind of segmentation in one number; 0
 * asks nothing.
 */
static u16 header_kind(const struct virtio_net_hdr *hdr)
{
	BUILD_BUG_ON(VIRTIO_NET_HDR_GSO_NONE);
	return hdr->flags | hdr->gso_type << 8;
}

/* The first bytes of a frame: mostly 60, or VMI_FRAME_HEAD. */
static __always_inline void copy_bytes(u8 *to, const u8 *from, u32 len)
{
	if (len < 32 || len > 64) {
		memcpy(to, from, len);
		return;
	}
	/* The halves overlap. */
	memcpy(to, from, 32);
	memcpy(to + len - 32, from + len - 32, 32);
}

/* ---- delivery to a guest ---- */

static bool rx_can(u64 features, const struct virtio_net_hdr *hdr)
{
	u64 need = 0;

	if (!hdr->flags && hdr->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	if (hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		need |= BIT_ULL(VIRTIO_NET_F_GUEST_CSUM);
	if (hdr->gso_type & VIRTIO_NET_HDR_GSO_ECN)
		need |= BIT_ULL(VIRTIO_NET_F_GUEST_ECN);
	switch (hdr->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		break;
	case VIRTIO_NET_HDR_GSO_TCPV4:
		need |= BIT_ULL(VIRTIO_NET_F_GUEST_TSO4);
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		need |= BIT_ULL(VIRTIO_NET_F_GUEST_TSO6);
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		/* of which IP, the header does not say; drivers have both or neither */
		need |= BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | BIT_ULL(VIRTIO_NET_F_GUEST_USO6);
		break;
	default:
		return false;
	}
	return (features & need) == need;
}

/* The pair on which a port with several gets a frame. */
static noinline struct vmi_pair *rx_steer(struct vmi_port *port, const struct pkt *pkt, u32 active)
{
	const struct vmi_frame *f = &pkt->f;
	struct vmi_frame parsed;
	u32 hash;

	if (pkt->skb) {
		if (vmi_frame_parse(&parsed, pkt->head, pkt->head_len, pkt->len) != VMI_FRAME_OK)
			return &port->pair[0];
		f = &parsed;
	}
	hash = vmi_steer_hash(f, pkt->head, pkt->head_len);
	return &port->pair[vmi_steer_give(port->steer, hash, active)];
}

static struct vmi_pair *rx_pair(struct vmi_port *port, const struct pkt *pkt)
{
	u32 active = READ_ONCE(port->active);

	return likely(active == 1) ? &port->pair[0] : rx_steer(port, pkt, active);
}

static void batch_init(struct batch *b)
{
	b->to = NULL;
	b->many = NULL;
	b->open = NULL;
	b->n = 0;
	b->copies = 0;
	INIT_LIST_HEAD(&b->host);
	INIT_LIST_HEAD(&b->lan);
}

/* Interrupt a receiver, unless another has done so. */
static void rx_call(struct vmi_pair *pair)
{
	lockdep_assert_held(&pair->rx.lock);
	if (!pair->rx.tell)
		return;
	pair->rx.tell = false;
	if (pair->rx.on && READ_ONCE(pair->port->running))
		vmi_queue_call(&pair->rx.q);
}

/* Remember to interrupt a receiver. */
static void batch_rx(struct batch *b, struct vmi_pair *pair)
{
	unsigned int i;

	for (i = 0; i < b->n; i++) {
		if (b->rx[i] == pair)
			return;
	}
	if (b->n == BATCH_PORTS)
		rx_call(pair);
	else
		b->rx[b->n++] = pair;
}

/* Let the receiver see what it was given, and others have its ring. */
static void rx_close(struct batch *b)
{
	struct vmi_pair *pair = b->open;

	if (!pair)
		return;
	if (b->packets) {
		pair->rx.tell |= vmi_queue_publish(&pair->rx.q);
		if (pair->rx.tell)
			batch_rx(b, pair);
		this_cpu_add(pair->port->stats->rx_packets, b->packets);
		this_cpu_add(pair->port->stats->rx_bytes, b->bytes);
	}
	b->open = NULL;
	/* taken by rx_open(), for sparse */
	__acquire(&pair->rx.lock);
	spin_unlock(&pair->rx.lock);
	vmi_mem_unlock(b->mem);
}

/*
 * Have a receiver's ring at hand, for a run of frames: one receiver's at a time,
 * so that two are never locked. False if its rings are stopped.
 */
static bool rx_open(struct batch *b, struct vmi_pair *pair)
{
	struct vmi_port *port = pair->port;
	struct vmi_mem *mem;

	if (b->open == pair)
		return true;
	rx_close(b);
	mem = rcu_dereference(port->mem);
	if (!mem)
		return false;
	vmi_mem_lock(mem);
	spin_lock(&pair->rx.lock);
	if (!pair->rx.on || !READ_ONCE(port->running)) {
		spin_unlock(&pair->rx.lock);
		vmi_mem_unlock(mem);
		return false;
	}
	/* Kept until rx_close(), which sparse cannot see. */
	__release(&pair->rx.lock);
	b->open = pair;
	b->mem = mem;
	b->packets = 0;
	b->bytes = 0;
	/* While pages are brought in, those that frames have found missing are noted. */
	if (!pair->rx.pages) {
		pair->rx.q.miss.n = 0;
		pair->rx.q.miss.ring = false;
	}
	b->ring = vmi_queue_begin(&pair->rx.q, &b->fault);
	b->can = 0;
	b->simple = !b->ring && vmi_port_link_up(port) && skb_queue_empty(&pair->rx.backlog) &&
		    !(vmi_policy_word(&port->policy) & RX_POLICY) && !vmi_capture_on();
	return true;
}

/* The end: close what is open, and interrupt who wants to know. */
static void batch_end(struct batch *b)
{
	unsigned int i;

	rx_close(b);
	for (i = 0; i < b->n; i++) {
		spin_lock(&b->rx[i]->rx.lock);
		rx_call(b->rx[i]);
		spin_unlock(&b->rx[i]->rx.lock);
	}
	b->n = 0;
}

/* What happened to a frame at a receiver's ring, besides the enum vmi_drop that it may be. */
#define RX_OK		(-1)
#define RX_NO_BUFFERS	(-2)
#define RX_NO_PAGES	(-3)

/* Write header and frame to the pieces found, which have their length together. */
static void rx_fill(struct vmi_rx *rx, const struct pkt *pkt, u16 nbufs)
{
	struct virtio_net_hdr_mrg_rxbuf hdr = {
		.hdr = pkt->hdr,
		.num_buffers = (__force __virtio16)cpu_to_le16(nbufs),
	};
	const struct vmi_piece *p = rx->piece;
	u32 left = VMI_HDR_LEN + pkt->len;
	u32 hdr_done = 0, part, n;
	struct reader r;
	u8 *to;

	BUILD_BUG_ON(sizeof(hdr) != VMI_HDR_LEN);
	if (likely(p->len >= VMI_HDR_LEN + pkt->head_len)) {
		memcpy(p->addr, &hdr, VMI_HDR_LEN);
		memcpy(p->addr + VMI_HDR_LEN, pkt->head, pkt->head_len);
		part = VMI_HDR_LEN + pkt->head_len;
		if (left == part)
			return;
		reader_init(&r, pkt);
		r.off = pkt->head_len;
		reader_copy(&r, p->addr + part, p->len - part);
		left -= p->len;
		p++;
		hdr_done = VMI_HDR_LEN;
	} else {
		reader_init(&r, pkt);
	}
	for (; left; left -= p->len, p++) {
		to = p->addr;
		n = p->len;
		part = min_t(u32, n, VMI_HDR_LEN - hdr_done);
		memcpy(to, (u8 *)&hdr + hdr_done, part);
		hdr_done += part;
		if (n > part)
			reader_copy(&r, to + part, n - part);
	}
}

/*
 * Deliver a frame that is in one piece to the receiver that is open, into a buffer
 * that is one piece too: as most are. False if it is not so, with nothing done.
 */
static bool rx_simple(struct batch *b, const struct pkt *pkt)
{
	struct vmi_rx *rx = &b->open->rx;
	struct vmi_queue *q = &rx->q;
	struct vmi_piece piece;
	u16 head;
	u8 *to;

	lockdep_assert_held(&rx->lock);
	if (unlikely(!b->simple || !pkt->rest || q->seen == q->next))
		return false;
	if (b->can != header_kind(&pkt->hdr)) {
		if (!rx_can(b->open->port->features, &pkt->hdr))
			return false;
		b->can = header_kind(&pkt->hdr);
	}
	if (unlikely(!vmi_queue_peek(q, 0, &head, &piece) || piece.len < VMI_HDR_LEN + pkt->len))
		return false;
	memcpy(piece.addr, &pkt->one, VMI_HDR_LEN);
	to = piece.addr + VMI_HDR_LEN;
	copy_bytes(to, pkt->head, pkt->head_len);
	if (pkt->len > pkt->head_len)
		memcpy(to + pkt->head_len, pkt->rest, pkt->len - pkt->head_len);
	vmi_queue_give(q, head, VMI_HDR_LEN + pkt->len);
	WRITE_ONCE(rx->stalled, false);
	b->packets++;
	b->bytes += pkt->len;
	return true;
}

/*
 * Find the pieces of the @n-th available buffer, as far as @need bytes go; *len becomes
 * how far that is. Returns as vmi_queue_map().
 */
static int rx_buffer(struct vmi_rx *rx, u32 n, u32 pieces, u32 need, u32 *len,
		     enum vmi_port_fault *fault)
{
	struct vmi_piece *piece = rx->piece + pieces;
	struct vmi_queue *q = &rx->q;
	int r;

	if (unlikely(pieces == VMI_RX_PIECES))
		return VMI_Q_PIECES;
	*len = min(need, vmi_queue_peek(q, n, &rx->heads[n], piece));
	if (likely(*len && *len <= piece->len)) {
		piece->len = *len;
		return 1;
	}
	r = vmi_queue_chain(q, n, &rx->chain, &rx->heads[n], fault);
	if (r)
		return r;
	*len = min(need, rx->chain.bytes);
	return vmi_queue_map(q, &rx->chain, *len, piece, VMI_RX_PIECES - pieces, fault);
}

/* Has the receiver that is open been given buffers since it had too few, or pages for them? */
static bool rx_has_more(struct batch *b)
{
	struct vmi_rx *rx = &b->open->rx;

	lockdep_assert_held(&rx->lock);
	return !b->ring && vmi_queue_refresh(&rx->q, &b->fault) > 0 &&
	       !(rx->lack && rx->q.seen == rx->lack_at);
}

/*
 * Are all buffers of the receiver that is open simple, and their pages there? False also
 * where that takes a closer look. Each buffer is looked at once, as long as no page goes.
 */
static bool rx_has_pages(struct batch *b)
{
	struct vmi_rx *rx = &b->open->rx;
	struct vmi_queue *q = &rx->q;
	struct vmi_piece piece;
	u16 head, i;
	u32 len;
	int n;

	lockdep_assert_held(&rx->lock);
	if (b->ring)
		return false;
	n = vmi_queue_refresh(q, &b->fault);
	if (n < 0)
		return false;
	i = rx->looked_at - q->next;
	if (i > n || rx->looked_gen != q->gen)
		i = 0;
	for (; i < n; i++) {
		len = vmi_queue_peek(q, i, &head, &piece);
		if (!len || len > piece.len)
			return false;
	}
	rx->looked_at = q->seen;
	rx->looked_gen = q->gen;
	return true;
}

/* Deliver to the ring of the receiver that is open, or do nothing to it. */
static int rx_ring(struct batch *b, const struct pkt *pkt)
{
	struct vmi_port *port = b->open->port;
	bool mergeable = port->features & BIT_ULL(VIRTIO_NET_F_MRG_RXBUF);
	struct vmi_rx *rx = &b->open->rx;
	struct vmi_queue *q = &rx->q;
	u32 need = VMI_HDR_LEN + pkt->len;
	u32 n = 0, pieces = 0, part, i;
	int r;

	lockdep_assert_held(&rx->lock);
	r = b->ring;
	if (r)
		goto failed;
	/* Without new buffers it is as it was the last time. */
	if (unlikely(rx->lack && need >= rx->lack)) {
		r = vmi_queue_refresh(q, &b->fault);
		if (r < 0)
			goto failed;
		if (q->seen == rx->lack_at)
			return RX_NO_BUFFERS;
	}
	/* Ends: each round takes a buffer more, and they are counted. */
	for (;;) {
		r = vmi_queue_pending(q, n, &b->fault);
		if (r < 0)
			goto failed;
		if (r <= n) {
			rx->lack = VMI_HDR_LEN + pkt->len;
			rx->lack_at = q->seen;
			return RX_NO_BUFFERS;
		}
		r = rx_buffer(rx, n, pieces, need, &part, &b->fault);
		if (r == VMI_Q_PIECES)
			return VMI_DROP_RX_SMALL;
		if (r < 0)
			goto failed;
		pieces += r;
		rx->lens[n++] = part;
		need -= part;
		if (!need)
			break;
		if (n == VMI_RX_HEADS || n == q->size || !mergeable)
			return VMI_DROP_RX_SMALL;
	}
	/* All is there: from here on nothing fails. */
	rx->lack = 0;
	rx_fill(rx, pkt, n);
	for (i = 0; i < n; i++)
		vmi_queue_give(q, rx->heads[i], rx->lens[i]);
	if (vmi_capture_on())
		see(port->net, port, VMI_SIGHT_RECEIVED, pkt, VMI_FRAME_OK);
	return RX_OK;

failed:
	if (r == VMI_Q_FAULT) {
		vmi_port_fail(port, b->fault);
		return VMI_DROP_RX_OFF;
	}
	if (!rx->pages) {
		rx->pages = true;
		vmi_pair_want_pages(b->open);
	}
	return RX_NO_PAGES;
}

/* Deliver; without buffers, have the guest notify of new ones and look again. */
static int rx_try(struct batch *b, const struct pkt *pkt)
{
	int r, again;

	for (again = 0; again < 2; again++) {
		r = rx_ring(b, pkt);
		if (r != RX_NO_BUFFERS)
			return r;
		if (vmi_queue_notify(&b->open->rx.q, true, &b->fault) != 1)
			break;
	}
	return r;
}

static enum verdict rx_opened(struct batch *b, const struct pkt *pkt, bool from_backlog)
{
	struct vmi_port *port = b->open->port;
	struct vmi_rx *rx = &b->open->rx;
	bool limited = is_rx_limited(port);
	int r;

	lockdep_assert_held(&rx->lock);
	if (!READ_ONCE(port->running))
		r = VMI_DROP_RX_OFF;
	else if (!vmi_port_link_up(port))
		r = VMI_DROP_LINK_DOWN;
	else if (!rx_can(port->features, &pkt->hdr))
		r = VMI_DROP_NO_FEATURE;	/* renegotiated since it was asked */
	else if (!from_backlog && !skb_queue_empty(&rx->backlog))
		r = RX_NO_BUFFERS;		/* in order */
	else if (limited && !from_backlog &&
		 vmi_policy_wait_ns(&port->policy, VMI_RX))
		r = VMI_DROP_RATE;
	else
		r = rx_try(b, pkt);

	if (r == RX_OK) {
		WRITE_ONCE(rx->stalled, false);
		if (limited)
			charge(port, VMI_RX, pkt);
		b->packets++;
		b->bytes += pkt->len;
		return DONE;
	}
	if (r == RX_NO_BUFFERS || r == RX_NO_PAGES) {
		if (!rx->stalled) {
			rx->wanted = true;
			return r == RX_NO_PAGES || rx->pages ? WAIT_PAGES : WAIT;
		}
		r = VMI_DROP_RX_FULL;
	}
	vmi_port_drop(port, r);
	return DONE;
}

/* Give a frame to a guest, which can take it as it is. */
static enum verdict rx_deliver(struct vmi_pair *pair, const struct pkt *pkt, struct batch *b)
{
	enum verdict v;

	if (!rx_open(b, pair)) {
		vmi_port_drop(pair->port, VMI_DROP_RX_OFF);
		return DONE;
	}
	v = rx_opened(b, pkt, false);
	/* Who is to wait says so before anybody else has the ring: see tx_wait(). */
	if (v == DONE && b->bytes >= OPEN_BYTES)
		rx_close(b);
	return v;
}

/* Have the receiver remember who waits for its buffers. Returns how many came before. */
static u32 rx_wait(struct vmi_pair *pair, const struct vmi_pair *from, struct batch *b)
{
	struct vmi_rx *rx = &pair->rx;
	u32 i;

	if (!rx_open(b, pair))
		return 0;
	for (i = 0; i < min(rx->nwaiters, VMI_WAITERS); i++) {
		if (ether_addr_equal(rx->waiter[i].mac, from->port->mac) &&
		    rx->waiter[i].pair == from->index)
			return i;
	}
	if (rx->nwaiters < VMI_WAITERS) {
		ether_addr_copy(rx->waiter[i].mac, from->port->mac);
		rx->waiter[i].pair = from->index;
	}
	if (rx->nwaiters <= VMI_WAITERS)
		rx->nwaiters++;
	return i;
}

/* The receiver was waited for long enough. */
static void rx_stall(struct vmi_pair *pair, struct batch *b)
{
	if (rx_open(b, pair))
		WRITE_ONCE(pair->rx.stalled, true);
}

static ktime_t deadline(enum verdict v)
{
	return ktime_add_us(ktime_get(), v == WAIT_PAGES ? VMI_PAGES_US : VMI_FULL_US);
}

/* ---- skbs ---- */

static bool is_uso(const struct sk_buff *skb)
{
	return skb_is_gso(skb) && skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4;
}

/* What Linux does from 6.2 on, when its virtio-net headers know UDP segmentation. */
static bool uso_from_skb(struct virtio_net_hdr *hdr, const struct sk_buff *skb)
{
	u32 start = skb_checksum_start_offset(skb);

	if (skb->ip_summed != CHECKSUM_PARTIAL)
		return false;
	*hdr = (struct virtio_net_hdr) {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.gso_type = VIRTIO_NET_HDR_GSO_UDP_L4,
		.hdr_len = (__force __virtio16)cpu_to_le16(start + sizeof(struct udphdr)),
		.gso_size = (__force __virtio16)cpu_to_le16(skb_shinfo(skb)->gso_size),
		.csum_start = (__force __virtio16)cpu_to_le16(start),
		.csum_offset = (__force __virtio16)cpu_to_le16(skb->csum_offset),
	};
	return true;
}

static bool hdr_to_skb(struct sk_buff *skb, const struct virtio_net_hdr *hdr)
{
	u16 size = le16_to_cpu((__force __le16)hdr->gso_size);
	struct virtio_net_hdr whole = *hdr;
	u32 hdr_len;

	if (hdr->gso_type != VIRTIO_NET_HDR_GSO_UDP_L4)
		return !virtio_net_hdr_to_skb(skb, hdr, true);
	whole.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	if (virtio_net_hdr_to_skb(skb, &whole, true))
		return false;
	hdr_len = skb_checksum_start_offset(skb) + sizeof(struct udphdr);
	/* one that is no longer than a segment is no large one */
	if (skb->len - hdr_len > size) {
		skb_shinfo(skb)->gso_size = size;
		skb_shinfo(skb)->gso_segs = 0;
		skb_shinfo(skb)->gso_type = SKB_GSO_UDP_L4 | SKB_GSO_DODGY;
	}
	return true;
}

/* Describe an skb that starts with its Ethernet header. False: what it needs has no name here. */
static bool pkt_from_skb(struct pkt *pkt, struct sk_buff *skb)
{
	if (skb->len < ETH_HLEN || skb->len > VMI_FRAME_LEN_MAX)
		return false;
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_is_sctp(skb))
		return false;
	/* A tunnel's inner segments, or packets that were only strung together. */
	if (skb_is_gso(skb) &&
	    (skb->encapsulation || skb_shinfo(skb)->gso_type & SKB_GSO_FRAGLIST))
		return false;
	pkt->skb = skb;
	pkt->piece = NULL;
	pkt->rest = NULL;
	pkt->len = skb->len;
	pkt->head_len = min_t(u32, skb->len, VMI_FRAME_HEAD);
	if (skb_copy_bits(skb, 0, pkt->head, pkt->head_len))
		return false;
	return is_uso(skb) ? uso_from_skb(&pkt->hdr, skb) :
			     !virtio_net_hdr_from_skb(skb, &pkt->hdr, true, false, 0);
}

static noinline void see_skb(struct vmi_net *net, struct sk_buff *skb)
{
	struct pkt pkt;

	if (pkt_from_skb(&pkt, skb))
		see(net, NULL, VMI_SIGHT_ENTERS, &pkt, VMI_FRAME_OK);
}

static void skb_free_drop(struct vmi_port *port, struct sk_buff *skb, enum vmi_drop why)
{
	vmi_port_drop(port, why);
	kfree_skb(skb);
}

/* Prepare an skb to be kept: it may outlive its socket, route and interface. */
static bool skb_detach(struct sk_buff *skb)
{
	if (skb_orphan_frags(skb, GFP_ATOMIC))
		return false;
	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
	return true;
}

/* Keep an skb until the receiver has buffers and pages; takes it over. */
static int skb_backlog(struct vmi_pair *pair, struct sk_buff *skb, enum verdict v,
		       struct batch *b)
{
	struct vmi_port *port = pair->port;
	struct vmi_rx *rx = &pair->rx;
	int why = -1;

	/* What is done to an skb calls others, who know nothing of our locks. */
	rx_close(b);
	if (!skb_detach(skb)) {
		skb_free_drop(port, skb, VMI_DROP_NO_MEM);
		return -ENOMEM;
	}

	if (!rx_open(b, pair)) {
		why = VMI_DROP_RX_OFF;
	} else if (skb_queue_len(&rx->backlog) >= VMI_BACKLOG_MAX) {
		why = VMI_DROP_RX_FULL;
	} else {
		if (skb_queue_empty(&rx->backlog))
			rx->wait_until = deadline(v);
		__skb_queue_tail(&rx->backlog, skb);
		vmi_pair_poll_later(pair);
	}
	rx_close(b);
	if (why < 0)
		return 0;
	skb_free_drop(port, skb, why);
	return why == VMI_DROP_RX_FULL ? -EAGAIN : -ENETDOWN;
}

/* Give an skb to a port's guest, which can take it as it is; takes it over. */
static int skb_deliver(struct vmi_port *port, struct sk_buff *skb, struct pkt *pkt,
		       struct batch *b)
{
	struct vmi_pair *pair = rx_pair(port, pkt);
	enum verdict v = rx_deliver(pair, pkt, b);

	if (v != DONE)
		return skb_backlog(pair, skb, v, b);
	rx_close(b);
	consume_skb(skb);
	return 0;
}

/* Do in software what the receiver cannot; takes the skb over. */
static int skb_resolve(struct vmi_port *port, struct sk_buff *skb, struct batch *b)
{
	bool csum = READ_ONCE(port->features) & BIT_ULL(VIRTIO_NET_F_GUEST_CSUM);
	netdev_features_t features = csum ? NETIF_F_HW_CSUM : 0;
	struct sk_buff *segs, *next;
	struct pkt pkt;

	if (skb_is_gso(skb)) {
		segs = skb_gso_segment(skb, NETIF_F_SG | features);
		if (IS_ERR_OR_NULL(segs)) {
			skb_free_drop(port, skb, VMI_DROP_NO_FEATURE);
			return -EINVAL;
		}
		consume_skb(skb);
	} else {
		segs = skb;
		segs->next = NULL;
	}
	skb_list_walk_safe(segs, skb, next) {
		skb_mark_not_on_list(skb);
		b->copies++;
		if (skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_hwoffload_help(skb, features))
			skb_free_drop(port, skb, VMI_DROP_NO_MEM);
		else if (!pkt_from_skb(&pkt, skb))
			skb_free_drop(port, skb, VMI_DROP_NO_FEATURE);
		else
			skb_deliver(port, skb, &pkt, b);
	}
	return 0;
}

/* Is it an answer to a DHCP client, with its checksum left to the device? */
static bool is_unsummed_answer(const struct sk_buff *skb)
{
	u32 start;
	__be16 dport, *p;

	if (skb->ip_summed != CHECKSUM_PARTIAL || skb_is_gso(skb) ||
	    skb->csum_offset != offsetof(struct udphdr, check))
		return false;
	start = skb_checksum_start_offset(skb);
	p = skb_header_pointer(skb, start + offsetof(struct udphdr, dest), sizeof(dport), &dport);
	return p && vmi_frame_is_dhcp_client(ntohs(*p));
}

/* The same, past the port's impairment. */
static int skb_pass(struct vmi_port *port, struct sk_buff *skb, struct batch *b)
{
	struct pkt pkt;

	/* As for what guests send: see complete_answer(). */
	if (unlikely(is_unsummed_answer(skb)) && skb_checksum_help(skb)) {
		skb_free_drop(port, skb, VMI_DROP_NO_MEM);
		return -ENOMEM;
	}
	if (pkt_from_skb(&pkt, skb) && rx_can(READ_ONCE(port->features), &pkt.hdr))
		return skb_deliver(port, skb, &pkt, b);
	return skb_resolve(port, skb, b);
}

/* What a bad network does to an skb; takes it over, or returns it if it goes on at once. */
static noinline struct sk_buff *skb_impair(struct vmi_port *port, unsigned int dir,
					   struct sk_buff *skb)
{
	if (!skb_detach(skb)) {
		skb_free_drop(port, skb, VMI_DROP_NO_MEM);
		return NULL;
	}
	switch (vmi_policy_admit(&port->policy, dir, skb)) {
	case VMI_IMPAIR_PASS:
		return skb;
	case VMI_IMPAIR_KEPT:
		break;
	case VMI_IMPAIR_LOST:
		skb_free_drop(port, skb, VMI_DROP_LOSS);
		break;
	case VMI_IMPAIR_FULL:
		skb_free_drop(port, skb, VMI_DROP_KEPT_FULL);
		break;
	}
	return NULL;
}

static bool is_rx_impaired(const struct vmi_port *port)
{
	return unlikely(vmi_policy_word(&port->policy) & VMI_POLICY_IMPAIR(VMI_RX));
}

/* Give an skb to a port's guest, whatever that negotiated; takes it over. */
static int skb_to_port(struct vmi_port *port, struct sk_buff *skb, struct batch *b)
{
	if (!READ_ONCE(port->running)) {
		skb_free_drop(port, skb, VMI_DROP_RX_OFF);
		return -ENETDOWN;
	}
	if (is_rx_impaired(port)) {
		skb = skb_impair(port, VMI_RX, skb);
		if (!skb)
			return 0;
	}
	return skb_pass(port, skb, b);
}

/* A copy of a guest's frame as an skb, data at its Ethernet header; NULL without memory. */
static struct sk_buff *pkt_to_skb(const struct pkt *pkt)
{
	u32 linear = min_t(u32, pkt->len, VMI_FRAME_HEAD);
	struct sk_buff *skb;
	struct reader r;
	int err, i;

	skb = alloc_skb_with_frags(NET_SKB_PAD + NET_IP_ALIGN + linear, pkt->len - linear, 0, &err,
				   GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, NET_SKB_PAD + NET_IP_ALIGN);
	reader_init(&r, pkt);
	reader_copy(&r, skb_put(skb, linear), linear);
	skb->len = pkt->len;
	skb->data_len = pkt->len - linear;
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		reader_copy(&r, skb_frag_address(frag), skb_frag_size(frag));
	}

	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = eth_hdr(skb)->h_proto;
	/* The header was checked against the frame; this is stricter in places. */
	if (!hdr_to_skb(skb, &pkt->hdr)) {
		kfree_skb(skb);
		return NULL;
	}
	return skb;
}

/* ---- decisions ---- */

static void trace_forward(const struct vmi_port *from, const char *where, u32 to,
			  const struct pkt *pkt)
{
	trace_vmi_frame_forward(from->net->conf.name, from->id, where, to, &pkt->f);
}

/* Collect a guest's frame for the host's stack, as if an interface had received it. */
static bool to_stack(struct vmi_port *from, struct net_device *dev, const struct pkt *pkt,
		     struct batch *b)
{
	struct sk_buff *skb;

	trace_forward(from, "host", 0, pkt);
	if (!(dev->flags & IFF_UP)) {
		vmi_port_drop_frame(from, VMI_DROP_RX_OFF, &pkt->f);
		return false;
	}
	skb = pkt_to_skb(pkt);
	if (!skb) {
		vmi_port_drop_frame(from, VMI_DROP_NO_MEM, &pkt->f);
		return false;
	}
	skb->protocol = eth_type_trans(skb, dev);
	list_add_tail(&skb->list, &b->host);
	return true;
}

static void to_host(struct vmi_port *from, struct net_device *dev, const struct pkt *pkt,
		    struct batch *b)
{
	if (to_stack(from, dev, pkt, b))
		dev_sw_netstats_rx_add(dev, pkt->len);
}

/* Collect a guest's frame for the uplink to send. */
static void to_wire(struct vmi_port *from, struct net_device *dev, const struct pkt *pkt,
		    struct batch *b)
{
	struct sk_buff *skb;
	int why;

	trace_forward(from, "uplink", 0, pkt);
	skb = pkt_to_skb(pkt);
	if (!skb) {
		vmi_port_drop_frame(from, VMI_DROP_NO_MEM, &pkt->f);
		return;
	}
	why = vmi_lan_out(from->net->uplink, dev, from, &pkt->f, skb);
	if (why == VMI_FRAME_OK) {
		list_add_tail(&skb->list, &b->lan);
	} else {
		vmi_port_drop_frame(from, why, &pkt->f);
		kfree_skb(skb);
	}
}

/* A guest's frame is for the LAN, for the host, or for both. */
static void to_lan(struct vmi_port *from, const struct pkt *pkt, unsigned int where,
		   struct batch *b)
{
	struct net_device *dev = rcu_dereference(from->net->uplink->dev);

	if (READ_ONCE(from->net->conf.flags) & BIT(VMI_NET_FLAG_NO_HOST))
		where &= ~VMI_LAN_HOST;
	if (!dev || !where) {
		vmi_port_drop_frame(from, VMI_DROP_NO_DEST, &pkt->f);
		return;
	}
	if (where & VMI_LAN_HOST)
		to_stack(from, dev, pkt, b);
	if (where & VMI_LAN_WIRE)
		to_wire(from, dev, pkt, b);
}

/* To the VMM, with the checksum complete: it sees bytes and nothing else. */
static void to_vmm(struct vmi_port *from, const struct pkt *pkt)
{
	struct sk_buff *skb;
	struct reader r;
	u32 start, at;
	__sum16 sum;
	u8 *data;

	trace_forward(from, "vmm", 0, pkt);
	if (pkt->len > VMI_FRAME_MAX) {
		vmi_port_drop(from, VMI_DROP_TOO_LONG);
		return;
	}
	skb = alloc_skb(pkt->len, GFP_ATOMIC);
	if (!skb) {
		vmi_port_drop(from, VMI_DROP_NO_MEM);
		return;
	}
	data = skb_put(skb, pkt->len);
	reader_init(&r, pkt);
	reader_copy(&r, data, pkt->len);
	if (pkt->hdr.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		start = le16_to_cpu((__force __le16)pkt->hdr.csum_start);
		at = start + le16_to_cpu((__force __le16)pkt->hdr.csum_offset);
		sum = csum_fold(csum_partial(data + start, pkt->len - start, 0));
		if (!sum)
			sum = CSUM_MANGLED_0;
		memcpy(data + at, &sum, sizeof(sum));
	}
	if (!vmi_port_punt(from, skb))
		skb_free_drop(from, skb, VMI_DROP_PUNT_FULL);
}

/* Give a guest's frame to another guest. */
static enum verdict to_pair(struct vmi_pair *pair, const struct pkt *pkt, bool may_wait,
			    struct batch *b)
{
	struct vmi_port *to = pair->port;
	enum verdict v = DONE;
	struct sk_buff *skb;

	if (!READ_ONCE(to->running)) {
		vmi_port_drop(to, VMI_DROP_RX_OFF);
		return DONE;
	}
	if (is_rx_impaired(to)) {
		skb = pkt_to_skb(pkt);
		if (skb)
			skb_to_port(to, skb, b);
		else
			vmi_port_drop(to, VMI_DROP_NO_MEM);
		return DONE;
	}
	/* Its guest was asked to notify of new buffers: rx_serve() looks then. */
	if (unlikely(READ_ONCE(pair->rx.stalled))) {
		vmi_port_drop(to, VMI_DROP_RX_FULL);
		return DONE;
	}
	if (rx_can(READ_ONCE(to->features), &pkt->hdr)) {
		v = rx_deliver(pair, pkt, b);
		if (v == DONE || may_wait)
			return v;
	}
	skb = pkt_to_skb(pkt);
	if (!skb)
		vmi_port_drop(to, VMI_DROP_NO_MEM);
	else if (v != DONE)
		skb_backlog(pair, skb, v, b);
	else
		skb_resolve(to, skb, b);
	return DONE;
}

/* Is a guest not to see another one? */
static bool is_isolated(const struct vmi_port *from, const struct vmi_port *to)
{
	u32 either = vmi_policy_word(&from->policy) | vmi_policy_word(&to->policy);

	return either & VMI_POLICY_ISOLATED ||
	       READ_ONCE(from->net->conf.flags) & BIT(VMI_NET_FLAG_ISOLATED);
}

static void flood(struct vmi_port *from, const struct pkt *pkt, struct net_device *host,
		  struct batch *b)
{
	struct vmi_net *net = from->net;
	struct vmi_port *to;

	trace_forward(from, "flood", 0, pkt);
	list_for_each_entry_rcu(to, &net->ports, net_node) {
		if (to == from || is_isolated(from, to))
			continue;
		to_pair(rx_pair(to, pkt), pkt, false, b);
		b->copies++;
	}
	if (host)
		to_host(from, host, pkt, b);
	if (net->uplink)
		to_lan(from, pkt, VMI_LAN_WIRE | VMI_LAN_HOST, b);
}

/* A guest's frame is for no guest: it is for the host (@known), or for who knows whom. */
static void forward_out(struct vmi_port *from, const struct pkt *pkt, bool known, struct batch *b)
{
	struct net_device *dev = rcu_dereference(from->net->uplink->dev);

	if (known || (dev && ether_addr_equal_unaligned(pkt->f.dst, dev->dev_addr)))
		to_lan(from, pkt, VMI_LAN_HOST, b);
	else if (dev && vmi_uplink_shared(dev))
		to_lan(from, pkt, VMI_LAN_WIRE | VMI_LAN_HOST, b);
	else
		to_lan(from, pkt, VMI_LAN_WIRE, b);
}

/* Give a frame to the pair that was decided on. */
static enum verdict to_decided(struct vmi_port *from, const struct pkt *pkt, struct vmi_pair *pair,
			       struct vmi_pair **wait, struct batch *b)
{
	if (trace_vmi_frame_forward_enabled())
		trace_forward(from, "port", pair->port->id, pkt);
	if (b->open == pair && b->bytes < OPEN_BYTES && rx_simple(b, pkt))
		return DONE;
	*wait = pair;
	/* Only a frame that is in the sender's ring can wait there. */
	return to_pair(pair, pkt, !pkt->skb, b);
}

/* Decide about a guest's frame. *wait is the pair that is waited for. */
static enum verdict forward(struct vmi_port *from, const struct pkt *pkt, struct vmi_pair **wait,
			    struct batch *b)
{
	struct vmi_net *net = from->net;
	struct net_device *host = rcu_dereference(net->host);
	struct vmi_port *to;
	bool known;

	if (pkt->f.flags & VMI_FRAME_MCAST &&
	    vmi_policy_word(&from->policy) & BIT(VMI_GUARD_STORM) &&
	    !vmi_policy_storm(&from->policy)) {
		vmi_port_drop_frame(from, VMI_DROP_STORM, &pkt->f);
		return DONE;
	}
	/* Without leases there is no server of ours. */
	if ((net->server && vmi_guard_is_dhcp_request(&pkt->f, net->server)) ||
	    (!ipv6_addr_any(&from->prefix6) && vmi_guard_is_router_solicit(&pkt->f))) {
		to_vmm(from, pkt);
		return DONE;
	}
	/* Frames come in runs. */
	if (b->to && ether_addr_equal(pkt->f.dst, b->dst))
		return to_decided(from, pkt, b->to, wait, b);
	if (b->many && ether_addr_equal(pkt->f.dst, b->dst))
		return to_decided(from, pkt, rx_pair(b->many, pkt), wait, b);
	/* What bridges say to each other, and stations to bridges, ends here (IEEE 802.1Q 8.6.3). */
	if (net->uplink && is_link_local_ether_addr(pkt->f.dst)) {
		vmi_port_drop_frame(from, VMI_DROP_RESERVED, &pkt->f);
		return DONE;
	}
	if (pkt->f.flags & VMI_FRAME_MCAST) {
		flood(from, pkt, host, b);
		return DONE;
	}
	to = NULL;
	known = vmi_fdb_find(&net->fdb, pkt->f.dst, READ_ONCE(net->conf.ageing_ms), &to);
	if (net->uplink && !to) {
		forward_out(from, pkt, known, b);
		return DONE;
	}
	if (!known) {
		/* Every guest is known. Behind the host may be others, if it listens for them. */
		if (host && (host->flags & IFF_PROMISC))
			to_host(from, host, pkt, b);
		else
			vmi_port_drop_frame(from, VMI_DROP_NO_DEST, &pkt->f);
		return DONE;
	}
	if (!to) {
		if (host)
			to_host(from, host, pkt, b);
		else
			vmi_port_drop_frame(from, VMI_DROP_NO_DEST, &pkt->f);
		return DONE;
	}
	if (to == from) {
		vmi_port_drop_frame(from, VMI_DROP_SAME_PORT, &pkt->f);
		return DONE;
	}
	if (is_isolated(from, to)) {
		vmi_port_drop_frame(from, VMI_DROP_ISOLATED, &pkt->f);
		return DONE;
	}
	b->many = READ_ONCE(to->active) > 1 ? to : NULL;
	b->to = b->many ? NULL : &to->pair[0];
	ether_addr_copy(b->dst, pkt->f.dst);
	return to_decided(from, pkt, rx_pair(to, pkt), wait, b);
}

/* ---- the guest's transmit queue ---- */

enum fetch {
	FETCH_NONE,	/* the ring is empty */
	FETCH_FRAME,
	FETCH_DROP,	/* a frame that goes nowhere; counted */
	FETCH_STOP,	/* a fault, or pages are wanted */
};

static enum fetch tx_failed(struct vmi_pair *pair, int err, enum vmi_port_fault fault)
{
	struct vmi_port *port = pair->port;
	struct vmi_tx *tx = &pair->tx;

	if (err == VMI_Q_MISS) {
		/* The miss list is the work's from here on. */
		smp_store_release(&tx->pages, true);
		vmi_pair_want_pages(pair);
		return FETCH_STOP;
	}
	if (fault == VMI_PORT_FAULT_BAD_LENGTH && !tx->chain.too_long &&
	    tx->chain.bytes < VMI_HDR_LEN + ETH_HLEN)
		vmi_port_drop(port, VMI_DROP_RUNT);
	vmi_port_fail(port, fault);
	return FETCH_STOP;
}

/* May the guest send it? */
static int tx_guard(struct vmi_port *port, const struct vmi_frame *f)
{
	u32 guard = vmi_policy_word(&port->policy);
	int why = vmi_guard_check(f, guard, port->mac, port->ip, &port->prefix6);

	if (why == VMI_FRAME_OK && f->flags & VMI_FRAME_IP6)
		why = vmi_claim_check(port, f, guard);
	/* A guest that is a bridge has others behind it, which are to be reached. */
	if (why == VMI_FRAME_OK && !(guard & BIT(VMI_GUARD_MAC)) &&
	    !ether_addr_equal_unaligned(f->src, port->mac))
		vmi_fdb_learn(&port->net->fdb, f->src, port);
	return why;
}

/* Header and head are in several pieces. */
static noinline void collect_head(struct pkt *pkt, u32 head_len)
{
	struct reader r = { .pkt = pkt };

	pkt->head_len = 0;
	reader_copy(&r, pkt->head, VMI_HDR_LEN);
	memcpy(&pkt->hdr, pkt->head, sizeof(pkt->hdr));
	reader_copy(&r, pkt->head, head_len);
}

/* The one copy of a guest's header and of its frame's head, that everything is decided on. */
static void copy_head(struct pkt *pkt, const struct vmi_piece *piece, u32 len)
{
	u32 head_len = min_t(u32, len, VMI_FRAME_HEAD);

	pkt->skb = NULL;
	pkt->piece = piece;
	pkt->rest = NULL;
	pkt->len = len;
	if (likely(piece->len >= VMI_HDR_LEN + head_len)) {
		memcpy(&pkt->one, piece->addr, VMI_HDR_LEN);
		copy_bytes(pkt->head, piece->addr + VMI_HDR_LEN, head_len);
		if (piece->len == VMI_HDR_LEN + len) {
			pkt->rest = piece->addr + VMI_HDR_LEN + head_len;
			pkt->one.num_buffers = (__force __virtio16)cpu_to_le16(1);
		}
	} else {
		collect_head(pkt, head_len);
	}
	pkt->head_len = head_len;
	/* The compiler may not look at the guest's again. */
	barrier();
}

/*
 * Complete the checksum of an answer to a DHCP client, whoever its receiver is. Many clients
 * read their frames past the stack, where nobody has told them that it is left to a device.
 */
static noinline void complete_answer(struct pkt *pkt)
{
	u32 start = le16_to_cpu((__force __le16)pkt->hdr.csum_start);
	u32 at = start + le16_to_cpu((__force __le16)pkt->hdr.csum_offset);
	u32 left = pkt->len - start, n;
	struct reader r;
	__wsum sum = 0;
	__sum16 check;
	u8 bytes[128];

	if (start != pkt->f.l4_off || at != start + offsetof(struct udphdr, check) ||
	    pkt->hdr.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		return;
	reader_init(&r, pkt);
	for (n = start; n; n -= min_t(u32, n, sizeof(bytes)))
		reader_copy(&r, bytes, min_t(u32, n, sizeof(bytes)));
	for (; left; left -= n) {
		n = min_t(u32, left, sizeof(bytes));
		reader_copy(&r, bytes, n);
		sum = csum_partial(bytes, n, sum);
	}
	check = csum_fold(sum) ?: CSUM_MANGLED_0;
	memcpy(pkt->head + at, &check, sizeof(check));
	pkt->hdr.flags = 0;
	pkt->hdr.csum_start = 0;
	pkt->hdr.csum_offset = 0;
}

/*
 * Parse a frame, and ask whether the guest may send it. What was said of a flow's first
 * frame in a poll holds for those that follow.
 */
static int tx_check(struct vmi_port *port, struct vmi_pair *pair, struct pkt *pkt)
{
	bool goes_on = vmi_frame_goes_on(&pkt->run, pkt->head, pkt->head_len);
	int why = VMI_FRAME_OK;

	if (likely(goes_on))
		pkt->f.len = pkt->len;
	else
		why = vmi_frame_parse(&pkt->f, pkt->head, pkt->head_len, pkt->len);
	if (why == VMI_FRAME_OK)
		why = vmi_frame_hdr_check(&pkt->f, pkt->head, pkt->head_len, &pkt->hdr,
					  READ_ONCE(port->net->conf.mtu));
	if (why == VMI_FRAME_OK && !vmi_port_link_up(port))
		why = VMI_DROP_LINK_DOWN;
	if (likely(goes_on))
		return why;
	if (why == VMI_FRAME_OK)
		why = tx_guard(port, &pkt->f);
	if (why == VMI_FRAME_OK && unlikely(READ_ONCE(port->active) > 1))
		vmi_steer_sent(port->steer, vmi_steer_hash(&pkt->f, pkt->head, pkt->head_len),
			       pair->index);
	if (why == VMI_FRAME_OK && pkt->hdr.flags && vmi_frame_is_dhcp_client(pkt->f.dport))
		complete_answer(pkt);
	pkt->run.on = false;
	if (why == VMI_FRAME_OK)
		vmi_frame_begin(&pkt->run, &pkt->f, pkt->head, pkt->head_len);
	return why;
}

/* Look at the next frame, without taking it. */
static enum fetch tx_fetch(struct vmi_port *port, struct vmi_pair *pair, struct pkt *pkt, u16 *head)
{
	enum vmi_port_fault fault = VMI_PORT_FAULT_NONE;
	struct vmi_tx *tx = &pair->tx;
	struct vmi_queue *q = &tx->q;
	u32 bytes;
	int err, why;

	err = vmi_queue_pending(q, 0, &fault);
	if (!err)
		return FETCH_NONE;
	if (unlikely(err < 0))
		return tx_failed(pair, err, fault);
	bytes = vmi_queue_peek(q, 0, head, tx->piece);
	if (unlikely(!bytes || bytes != tx->piece->len)) {
		err = vmi_queue_chain(q, 0, &tx->chain, head, &fault);
		bytes = tx->chain.bytes;
		if (!err)
			err = vmi_queue_map(q, &tx->chain, bytes, tx->piece, VMI_PIECES_MAX, &fault);
		if (err < 0)
			return tx_failed(pair, err, fault);
	}
	copy_head(pkt, tx->piece, bytes - VMI_HDR_LEN);

	if (tx->allowed != header_kind(&pkt->hdr)) {
		if (!vmi_frame_hdr_negotiated(&pkt->hdr, port->features))
			return tx_failed(pair, VMI_Q_FAULT, VMI_PORT_FAULT_BAD_HEADER);
		tx->allowed = header_kind(&pkt->hdr);
	}
	why = tx_check(port, pair, pkt);
	if (why == VMI_FRAME_OK)
		return FETCH_FRAME;
	vmi_port_drop_frame(port, why, &pkt->f);
	see_sent(pair, pkt, why);
	return FETCH_DROP;
}

/*
 * A frame's receiver has no buffers. True if the frame is to stay in the ring;
 * false if it was waited for long enough and is dropped.
 */
static bool tx_wait(struct vmi_pair *pair, struct vmi_pair *to, enum verdict v, struct batch *b)
{
	bool first = pair->tx.wait_for != to->id;
	struct vmi_tx *tx = &pair->tx;
	u32 before;

	if (first || ktime_before(ktime_get(), tx->wait_until)) {
		/* Its ring is ours since it was found empty: it has not looked for us meanwhile. */
		before = rx_wait(to, pair, b);
		/* A crowd does not mean that the receiver has stopped: each has its turn. */
		if (first)
			tx->wait_until = ktime_add_us(deadline(v), before * VMI_FULL_US);
		WRITE_ONCE(tx->wait_for, to->id);
		vmi_pair_poll_later(pair);
		return true;
	}
	rx_stall(to, b);
	vmi_port_drop(to->port, VMI_DROP_RX_FULL);
	return false;
}

/* A guest's frame has left its ring, and is as if it came from there now; takes it over. */
static noinline void tx_pass(struct vmi_port *port, struct sk_buff *skb, struct batch *b)
{
	struct vmi_pair *to = NULL;
	struct pkt pkt;

	if (pkt_from_skb(&pkt, skb) &&
	    vmi_frame_parse(&pkt.f, pkt.head, pkt.head_len, pkt.len) == VMI_FRAME_OK)
		forward(port, &pkt, &to, b);
	consume_skb(skb);
}

static noinline void tx_impair(struct vmi_port *port, const struct pkt *pkt, struct batch *b)
{
	struct sk_buff *skb = pkt_to_skb(pkt);

	if (!skb) {
		vmi_port_drop(port, VMI_DROP_NO_MEM);
		return;
	}
	skb = skb_impair(port, VMI_TX, skb);
	if (skb)
		tx_pass(port, skb, b);
}

/* Decide about the frame at hand, within what the port may send. */
static enum verdict tx_decide(struct vmi_port *port, struct vmi_pair *pair, const struct pkt *pkt,
			      struct vmi_pair **to, struct batch *b)
{
	u32 word = vmi_policy_word(&port->policy);
	u64 wait_ns;

	if (likely(!(word & (VMI_POLICY_LIMIT(VMI_TX) | VMI_POLICY_IMPAIR(VMI_TX))))) {
		see_sent(pair, pkt, VMI_FRAME_OK);
		return forward(port, pkt, to, b);
	}
	/* Once, not again each time that it has waited for its receiver. */
	if (word & VMI_POLICY_LIMIT(VMI_TX) && !pair->tx.wait_for) {
		wait_ns = vmi_policy_wait_ns(&port->policy, VMI_TX);
		if (wait_ns) {
			vmi_pair_poll_in(pair, wait_ns);
			return WAIT_RATE;
		}
		charge(port, VMI_TX, pkt);
	}
	see_sent(pair, pkt, VMI_FRAME_OK);
	if (!(word & VMI_POLICY_IMPAIR(VMI_TX)))
		return forward(port, pkt, to, b);
	tx_impair(port, pkt, b);
	return DONE;
}

/*
 * Serve the ring. Returns what was done of the budget: a frame for many costs as
 * many as get it, or broadcasts in a large network would keep the CPU.
 */
static int tx_serve(struct vmi_pair *pair, int budget, struct batch *b)
{
	enum vmi_port_fault fault = VMI_PORT_FAULT_NONE;
	struct vmi_port *port = pair->port;
	struct vmi_queue *q = &pair->tx.q;
	struct vmi_pair *to;
	enum verdict v;
	u32 packets = 0;
	u64 bytes = 0;
	enum fetch got;
	struct pkt pkt;
	int done = 0, r;
	u16 head;

	q->miss.n = 0;
	q->miss.ring = false;
	r = vmi_queue_begin(q, &fault);
	if (r) {
		tx_failed(pair, r, fault);
		return 0;
	}
	vmi_queue_notify(q, false, &fault);
	pkt.run.on = false;
	while (done < budget) {
		got = tx_fetch(port, pair, &pkt, &head);
		if (got == FETCH_STOP)
			break;
		if (got == FETCH_NONE) {
			r = vmi_queue_notify(q, true, &fault);
			if (r < 0)
				tx_failed(pair, r, fault);
			if (r != 1)
				break;
			vmi_queue_notify(q, false, &fault);
			continue;
		}
		to = NULL;
		v = got == FETCH_FRAME ? tx_decide(port, pair, &pkt, &to, b) : DONE;
		if (v == WAIT_RATE)
			break;
		if (v != DONE && tx_wait(pair, to, v, b))
			break;
		WRITE_ONCE(pair->tx.wait_for, 0);
		if (got == FETCH_FRAME) {
			packets++;
			bytes += pkt.len;
		}
		vmi_queue_give(q, head, 0);
		done += 1 + b->copies;
		b->copies = 0;
	}
	if (vmi_queue_publish(q))
		vmi_queue_call(q);
	this_cpu_add(port->stats->tx_packets, packets);
	this_cpu_add(port->stats->tx_bytes, bytes);
	return min(done, budget);
}

/* ---- the receiver's own poll: what waits for its buffers ---- */

static void backlog_purge(struct vmi_pair *pair)
{
	struct sk_buff *skb;

	lockdep_assert_held(&pair->rx.lock);
	while ((skb = __skb_dequeue(&pair->rx.backlog)))
		skb_free_drop(pair->port, skb, VMI_DROP_RX_FULL);
}

/* Let senders try again that wait for the pair; @n as struct vmi_rx.nwaiters. */
static void wake_senders(struct vmi_pair *pair, const struct vmi_waiter *waiter, u32 n)
{
	struct vmi_net *net = pair->port->net;
	struct vmi_port *from;
	unsigned int i, k;

	if (n > VMI_WAITERS) {
		list_for_each_entry_rcu(from, &net->ports, net_node) {
			for (k = 0; k < from->npairs; k++) {
				if (READ_ONCE(from->pair[k].tx.wait_for) == pair->id)
					vmi_pair_poll_now(&from->pair[k]);
			}
		}
		return;
	}
	/* In the order in which they came: each takes what there is. */
	for (i = 0; i < n; i++) {
		k = waiter[i].pair;
		if (vmi_fdb_find(&net->fdb, waiter[i].mac, READ_ONCE(net->conf.ageing_ms), &from) &&
		    from && k < from->npairs && READ_ONCE(from->pair[k].tx.wait_for) == pair->id)
			vmi_pair_poll_now(&from->pair[k]);
	}
}

/* What waits for the pair's buffers: its backlog, and then other guests. */
static void rx_serve(struct vmi_pair *pair, struct batch *b)
{
	bool event = test_bit(0, &pair->rx.event) && test_and_clear_bit(0, &pair->rx.event);
	struct vmi_waiter waiter[VMI_WAITERS];
	struct vmi_rx *rx = &pair->rx;
	enum verdict v = DONE;
	struct sk_buff *skb;
	struct pkt pkt;
	u32 n = 0;

	/* A backlog that is just being made has the timer set. */
	if (!event && skb_queue_empty_lockless(&rx->backlog))
		return;
	if (!rx_open(b, pair))
		return;
	if (event && rx->stalled && rx_has_more(b))
		WRITE_ONCE(rx->stalled, false);
	/* New buffers: their pages had better be there before a frame comes. */
	if (event && !rx->pages && rx->q.notify && !rx_has_pages(b)) {
		rx->pages = true;
		vmi_pair_want_pages(pair);
	}
	/* Cleared before the backlog is tried, which may want buffers anew. */
	if (event && rx->wanted) {
		rx->wanted = false;
		n = rx->nwaiters;
		rx->nwaiters = 0;
		memcpy(waiter, rx->waiter, sizeof(waiter));
	}
	while ((skb = skb_peek(&rx->backlog))) {
		/* It was described before, and what it needs was negotiated. */
		v = pkt_from_skb(&pkt, skb) ? rx_opened(b, &pkt, true) : DONE;
		if (v != DONE)
			break;
		__skb_unlink(skb, &rx->backlog);
		consume_skb(skb);
	}
	if (!skb_queue_empty(&rx->backlog)) {
		if (ktime_after(ktime_get(), rx->wait_until)) {
			WRITE_ONCE(rx->stalled, true);
			backlog_purge(pair);
		} else {
			vmi_pair_poll_later(pair);
		}
	}
	/* Kicks for new buffers are of interest only to those who wait for them. */
	if (event && !rx->pages && !rx->wanted)
		vmi_queue_notify(&rx->q, false, &b->fault);
	rx_close(b);
	wake_senders(pair, waiter, n);
}

/*
 * Let frames go on that an impairment has kept for long enough. Returns what was done
 * of the budget.
 */
static noinline int kept_serve(struct vmi_port *port, int budget, struct batch *b)
{
	struct sk_buff *skb;
	int done = 0;

	while (done < budget && (skb = vmi_policy_due(&port->policy, VMI_TX))) {
		tx_pass(port, skb, b);
		done += 1 + b->copies;
		b->copies = 0;
	}
	while (done < budget && (skb = vmi_policy_due(&port->policy, VMI_RX))) {
		skb_pass(port, skb, b);
		done++;
	}
	return min(done, budget);
}

static int fwd_poll(struct vmi_pair *pair, int budget)
{
	struct vmi_port *port = pair->port;
	struct vmi_mem *mem;
	struct batch b;
	int done = 0;

	batch_init(&b);
	rcu_read_lock();
	mem = rcu_dereference(port->mem);
	if (mem) {
		/* They are the port's, and its first pair's poll is whom the timer wakes. */
		if (unlikely(READ_ONCE(port->policy.kept)) && !pair->index)
			done = kept_serve(port, budget, &b);
		rx_serve(pair, &b);
		/* While the work has the miss list the ring rests. */
		if (!smp_load_acquire(&pair->tx.pages)) {
			vmi_mem_lock(mem);
			done += tx_serve(pair, budget - done, &b);
			vmi_mem_unlock(mem);
		}
	}
	batch_end(&b);
	rcu_read_unlock();
	/* Last: the stack may answer at once, into this very port. */
	netif_receive_skb_list(&b.host);
	vmi_lan_xmit(port, &b.lan);
	return done;
}

/* ---- frames of the host, of the LAN and of the VMM ---- */

/* Give an skb, at its Ethernet header, to one guest, or to all of a network; takes it over. */
static void fwd_deliver(struct vmi_net *net, struct vmi_port *to, struct sk_buff *skb)
{
	struct sk_buff *clone;
	struct batch b;

	batch_init(&b);
	if (to) {
		skb_to_port(to, skb, &b);
	} else {
		list_for_each_entry_rcu(to, &net->ports, net_node) {
			clone = skb_clone(skb, GFP_ATOMIC);
			if (clone)
				skb_to_port(to, clone, &b);
			else
				vmi_port_drop(to, VMI_DROP_NO_MEM);
		}
		consume_skb(skb);
	}
	batch_end(&b);
}

static void fwd_lan(struct vmi_net *net, struct vmi_port *to, struct sk_buff *skb)
{
	if (vmi_capture_on())
		see_skb(net, skb);
	fwd_deliver(net, to, skb);
}

static void fwd_host_xmit(struct vmi_net *net, struct sk_buff *skb)
{
	u32 ageing_ms = READ_ONCE(net->conf.ageing_ms);
	struct vmi_port *to = NULL;
	struct ethhdr eth;

	rcu_read_lock();
	if (skb->len > VMI_FRAME_LEN_MAX || skb_copy_bits(skb, 0, &eth, sizeof(eth))) {
		vmi_net_drop(net, VMI_DROP_TOO_LONG);
		kfree_skb(skb);
		goto out;
	}
	if (vmi_capture_on())
		see_skb(net, skb);
	if (!ether_addr_equal(eth.h_source, net->host_mac))
		vmi_fdb_learn(&net->fdb, eth.h_source, NULL);

	if (is_multicast_ether_addr(eth.h_dest)) {
		fwd_deliver(net, NULL, skb);
	} else if (vmi_fdb_find(&net->fdb, eth.h_dest, ageing_ms, &to) && to) {
		fwd_deliver(net, to, skb);
	} else {
		vmi_net_drop(net, VMI_DROP_NO_DEST);
		kfree_skb(skb);
	}
out:
	rcu_read_unlock();
}

static int fwd_inject(struct vmi_port *port, struct sk_buff *skb)
{
	struct batch b;
	int err;

	batch_init(&b);
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->protocol = eth_hdr(skb)->h_proto;
	rcu_read_lock();
	if (vmi_capture_on())
		see_skb(READ_ONCE(port->net), skb);
	err = skb_to_port(port, skb, &b);
	batch_end(&b);
	rcu_read_unlock();
	return err;
}

static const struct vmi_switch fwd_switch = {
	.poll	= fwd_poll,
	.inject	= fwd_inject,
};

/**
 * vmi_fwd_init - serve ports and host's interfaces from now on
 *
 * Context: process, when the module is loaded, before there are any.
 */
void vmi_fwd_init(void)
{
	vmi_port_set_switch(&fwd_switch);
	vmi_hostdev_set_xmit(fwd_host_xmit);
	vmi_lan_set_deliver(fwd_lan);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest's virtio-net driver, played in user space on a mapping of our own.
 *
 * It does to the rings what Linux's driver does, and nothing else: descriptors
 * are written anew for each frame, kicks and interrupts are suppressed by event
 * indices, receive buffers go back in batches. Who serves the rings is the
 * business of a path (path.h).
 */
#ifndef BENCH_NIC_H
#define BENCH_NIC_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#define NIC_QSIZE	256	/* entries of a queue, QEMU's default */
#define NIC_FLOWS	8	/* flows that a NIC sends */
#define NIC_RX_LEN	1536	/* Linux's receive buffers: a frame with its header */
#define NIC_RX_LEN_BIG	4096	/* what it makes of them when frames are long */
#define NIC_HDR		((int)sizeof(struct virtio_net_hdr_mrg_rxbuf))

enum { NIC_RX, NIC_TX };

/* What a flow's frames carry behind their headers, so that order and loss show. */
struct nic_stamp {
	uint32_t flow;
	uint32_t seq;
};

/**
 * struct nic_vq - a virtqueue, from the driver's side
 * @desc, @avail, @used: the ring
 * @want_kick: index that the device wants to be kicked for
 * @want_call: index that we want to be interrupted for
 * @next: our index, published by nic_kick()
 * @kicked: @next when the device was last asked whether it wants a kick
 * @seen: device's index, as far as we have handled it
 */
struct nic_vq {
	struct vring_desc *desc;
	struct vring_avail *avail;
	volatile struct vring_used *used;
	volatile uint16_t *want_kick;
	volatile uint16_t *want_call;
	uint16_t next;
	uint16_t kicked;
	uint16_t seen;
};

/**
 * struct nic_flow - frames from one NIC to another
 * @id: index in the receiver's counters
 * @seq: stamped on the next frame
 * @slot: transmit buffers that are free
 * @free: their number
 */
struct nic_flow {
	uint32_t id;
	uint32_t seq;
	uint16_t slot[NIC_QSIZE];
	unsigned int free;
};

/**
 * struct nic - a NIC and its driver
 * @mem: the guest's memory, guest-physical address 0 on
 * @size: its bytes
 * @kick: eventfd by which we notify, a queue each
 * @call: eventfd by which we are notified
 * @mac, @ip: its addresses, chosen by the path
 * @vq: queues
 * @rx_len: bytes of a receive buffer
 * @frame_len: bytes of the frames sent, without the virtio-net header
 * @slots: transmit buffers of a flow
 * @inflight: frames sent and not given back
 * @flow, @nflows: what it sends
 * @next_flow: whose turn it is
 * @talks: conversations that its frames belong to in turn, by their UDP ports; 0 for one
 * @next_talk: the next one
 * @sent: frames sent
 * @got: frames received, by flow
 * @expect: sequence number expected next, by flow
 * @lost, @reordered: frames that were not there, or came late
 * @priv: the path's
 */
struct nic {
	uint8_t *mem;
	size_t size;
	int kick[2];
	int call;
	uint8_t mac[6];
	uint32_t ip;
	struct nic_vq vq[2];
	uint32_t rx_len;
	uint32_t frame_len;
	unsigned int slots;
	unsigned int inflight;
	struct nic_flow flow[NIC_FLOWS];
	unsigned int nflows;
	unsigned int next_flow;
	uint32_t talks;
	uint32_t next_talk;
	uint64_t sent;
	uint64_t got[NIC_FLOWS];
	uint32_t expect[NIC_FLOWS];
	uint64_t lost;
	uint64_t reordered;
	void *priv;
};

#define NIC_FEATURES	((1ULL << VIRTIO_F_VERSION_1) | (1ULL << VIRTIO_RING_F_EVENT_IDX) | \
			 (1ULL << VIRTIO_RING_F_INDIRECT_DESC) | \
			 (1ULL << VIRTIO_NET_F_MRG_RXBUF))
#define NIC_OFFLOADS	((1ULL << VIRTIO_NET_F_CSUM) | (1ULL << VIRTIO_NET_F_HOST_TSO4) | \
			 (1ULL << VIRTIO_NET_F_HOST_TSO6) | (1ULL << VIRTIO_NET_F_GUEST_CSUM) | \
			 (1ULL << VIRTIO_NET_F_GUEST_TSO4) | (1ULL << VIRTIO_NET_F_GUEST_TSO6))

/* guest-physical layout of the rings */
#define NIC_RING_GPA(q)		((q) * 0x4000UL)
#define NIC_AVAIL_GPA(q)	(NIC_RING_GPA(q) + 0x1000)
#define NIC_USED_GPA(q)		(NIC_RING_GPA(q) + 0x2000)

/* memory, eventfds and empty rings, for as many flows; 0 or -1 */
int nic_init(struct nic *n, int call, uint32_t frame_len, unsigned int flows);
void nic_exit(struct nic *n);
/* a flow to another NIC, counted there as @id; before the first frame is sent */
void nic_flow_add(struct nic *n, const struct nic *to, uint32_t id);
/* all receive buffers */
void nic_fill(struct nic *n);

/* up to @max frames, of the flows in turn; takes back what was sent. Number sent. */
unsigned int nic_send(struct nic *n, unsigned int max);
/* take what has come, at most @max frames. Number of frames. */
unsigned int nic_receive(struct nic *n, unsigned int max);
/* ask for an interrupt: for what is received, or when most of what was sent is given back;
   true if that is so already */
bool nic_arm(struct nic *n, int q);

#endif /* BENCH_NIC_H */

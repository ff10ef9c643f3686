/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A split virtqueue (virtio 1.2 section 2.7) that the VMM serves by itself: short requests, in
 * order, one at a time. Device lock held.
 */
#ifndef VMM_VRING_H
#define VMM_VRING_H

#include <stdbool.h>
#include <stdint.h>

#include "virtio_pci.h"

#define VRING_REQUEST_MAX	64	/* bytes */

/**
 * struct vring_request - a request of the driver
 * @head: its first descriptor
 * @bytes: what the driver has written, a copy
 * @len: how much that is; more than fits is left out
 * @answer: where the first byte of the answer goes, NULL if there is to be none
 */
struct vring_request {
	uint16_t head;
	uint8_t bytes[VRING_REQUEST_MAX];
	uint32_t len;
	uint8_t *answer;
};

/*
 * Look at the next request.
 * Return: 1, 0 if there is none, or -1 if the driver has broken the rules.
 */
int vring_next(struct virtio_queue *q, struct vring_request *req);

/*
 * Give a request back, with @len bytes of an answer; @event_idx is what was negotiated.
 * Return: does the driver want an interrupt?
 */
bool vring_done(struct virtio_queue *q, const struct vring_request *req, uint32_t len,
		bool event_idx);

#endif /* VMM_VRING_H */

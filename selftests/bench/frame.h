/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The frames that are sent: UDP, or from a page's length on TCP with
 * segmentation left to the device, as Linux guests send them.
 */
#ifndef BENCH_FRAME_H
#define BENCH_FRAME_H

#include <stdint.h>

#define FRAME_SHORT	60	/* bytes, without the check sequence: the shortest */
#define FRAME_MTU	1514	/* an IP packet of 1500 bytes */
#define FRAME_TSO	(66 + 45 * 1448)	/* the longest that Linux's TCP makes at that MTU */

/* where the payload begins, and a struct nic_stamp in it */
static inline uint32_t frame_stamp(uint32_t len)
{
	return len > FRAME_MTU ? 66 : 42;
}

/* virtio-net header and frame of @len bytes, addresses as on the wire */
void frame_put(uint8_t *to, uint32_t len, const uint8_t *src, const uint8_t *dst, uint32_t src_ip,
	       uint32_t dst_ip);
/* make a UDP frame one of another conversation, by its ports */
void frame_talk(uint8_t *frame, uint32_t talk);

#endif /* BENCH_FRAME_H */

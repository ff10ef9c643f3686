/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's log. */
#ifndef VMIG_LOG_H
#define VMIG_LOG_H

#include "guest.h"
#include "vec.h"

#define GUEST_LOG_CPU	0x80000000U	/* bit of @caller: a CPU, not a thread */

/**
 * struct guest_log - a record
 * @seq: its number
 * @time_ns: since the kernel's start
 * @level: 0 (emergency) to 7 (debug)
 * @facility: 0 for the kernel
 * @caller: thread that wrote it, or GUEST_LOG_CPU and the CPU; 0 where not kept
 * @text: message, of several lines perhaps
 */
struct guest_log {
	uint64_t seq;
	uint64_t time_ns;
	uint8_t level;
	uint8_t facility;
	uint32_t caller;
	char *text;
};

/**
 * guest_log() - the records that are kept, the oldest first
 * @g: guest
 * @records: vector of struct guest_log, empty; to be freed with guest_log_free()
 *
 * A record that is being written or overwritten meanwhile is left out.
 * Return: 0 or a negative errno, see guest_open().
 */
int guest_log(struct guest *g, struct vmi_vec *records);

void guest_log_free(struct vmi_vec *records);

#endif /* VMIG_LOG_H */

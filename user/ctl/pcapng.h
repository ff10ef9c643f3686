/* SPDX-License-Identifier: GPL-2.0 */
/* Writing of capture files in the pcapng format (draft-ietf-opsawg-pcapng). */
#ifndef VMICTL_PCAPNG_H
#define VMICTL_PCAPNG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct pcapng_if - an interface of the file
 * @name: as "web:0"
 * @description: what it is, or NULL
 * @mac: its address, or NULL
 * @snaplen: bytes of a frame at most, 0 for all
 */
struct pcapng_if {
	const char *name;
	const char *description;
	const uint8_t *mac;
	uint32_t snaplen;
};

/**
 * struct pcapng_frame - a frame of the file
 * @iface: number of its interface, from 0 in the order in which they were written
 * @time_ns: CLOCK_REALTIME
 * @data: its first bytes
 * @caplen: their number
 * @len: bytes of the frame
 * @sent: by the interface; else received
 * @lost: frames that were lost before it
 * @comment: or NULL
 */
struct pcapng_frame {
	uint32_t iface;
	uint64_t time_ns;
	const uint8_t *data;
	uint32_t caplen;
	uint32_t len;
	bool sent;
	uint64_t lost;
	const char *comment;
};

/* Errors stay in @f, for ferror(). */
void pcapng_begin(FILE *f, const char *program);
void pcapng_interface(FILE *f, const struct pcapng_if *iface);
void pcapng_frame(FILE *f, const struct pcapng_frame *frame);
/* How many frames came and were lost at an interface. */
void pcapng_statistics(FILE *f, uint32_t iface, uint64_t time_ns, uint64_t received,
		       uint64_t lost);

#endif /* VMICTL_PCAPNG_H */

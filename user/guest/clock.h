/* SPDX-License-Identifier: GPL-2.0 */
/* The guest's clocks. */
#ifndef VMIG_CLOCK_H
#define VMIG_CLOCK_H

#include "guest.h"

/* struct guest_clock - @boot_to_real_ns: what to add to CLOCK_BOOTTIME for CLOCK_REALTIME */
struct guest_clock {
	int64_t boot_to_real_ns;
};

/* Return: 0 or a negative errno, as where this kernel keeps time elsewhere. */
int guest_clock(struct guest *g, struct guest_clock *clock);

#endif /* VMIG_CLOCK_H */

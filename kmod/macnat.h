/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MAC translation, for an uplink that lets one hardware address through: a
 * station of a Wi-Fi network.
 *
 * What guests send carries the uplink's address in place of theirs, in the
 * Ethernet header and in ARP and neighbour discovery, and what comes for them is
 * told apart by its IP address. Pure: works on local copies only; no lock, no
 * allocation.
 */
#ifndef VMI_MACNAT_H
#define VMI_MACNAT_H

#include <linux/in6.h>
#include <linux/types.h>

#include "frame.h"

bool vmi_macnat_source(const struct vmi_frame *f, struct in6_addr *addr);
bool vmi_macnat_target(const struct vmi_frame *f, const u8 *head, u32 head_len,
		       struct in6_addr *addr);
bool vmi_macnat_out(const struct vmi_frame *f, u8 *head, u32 head_len, const u8 *mac,
		    bool partial);
void vmi_macnat_in(const struct vmi_frame *f, u8 *head, u32 head_len, const u8 *mac,
		   const u8 *guest);

#endif /* VMI_MACNAT_H */

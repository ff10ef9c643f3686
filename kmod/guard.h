/* SPDX-License-Identifier: GPL-2.0 */
/* Port security: what a guest may send. */
#ifndef VMI_GUARD_H
#define VMI_GUARD_H

#include <linux/types.h>

struct vmi_frame;

int vmi_guard_check(const struct vmi_frame *f, const u8 *mac, __be32 lease);
bool vmi_guard_is_dhcp_request(const struct vmi_frame *f, __be32 server);

#endif /* VMI_GUARD_H */

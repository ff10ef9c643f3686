/* SPDX-License-Identifier: GPL-2.0 */
/* Port security: what a guest may send. */
#ifndef VMI_GUARD_H
#define VMI_GUARD_H

#include <linux/types.h>
#include <linux/vmi.h>

struct in6_addr;
struct vmi_frame;

/* every check there is; the default of networks */
#define VMI_GUARD_ALL	(BIT(VMI_GUARD_STORM + 1) - 1)

int vmi_guard_check(const struct vmi_frame *f, u32 guard, const u8 *mac, __be32 lease);
void vmi_guard_claims(const struct vmi_frame *f, const struct in6_addr **source,
		      const struct in6_addr **target);
bool vmi_guard_is_dhcp_request(const struct vmi_frame *f, __be32 server);

#endif /* VMI_GUARD_H */

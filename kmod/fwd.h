/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Forwarding: takes frames from guests' rings and from the host's interface,
 * decides, and delivers.
 */
#ifndef VMI_FWD_H
#define VMI_FWD_H

/* before the first network or port can be added; there is nothing to undo */
void vmi_fwd_init(void);

#endif /* VMI_FWD_H */

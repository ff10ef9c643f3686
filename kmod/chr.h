/* SPDX-License-Identifier: GPL-2.0 */
/* /dev/vmi. */
#ifndef VMI_CHR_ROOM_H
#define VMI_CHR_ROOM_H

int vmi_chr_init(void);
void vmi_chr_exit(void);

#endif /* VMI_CHR_ROOM_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* /proc/vmi/NAME.raw: guest memory as a file of its true size. */
#ifndef VMI_PROC_H
#define VMI_PROC_H

struct vmi_vm;

/* vmi_ctl held: the entry exists while the VM has a VMM */
int vmi_proc_add(struct vmi_vm *vm);
void vmi_proc_del(struct vmi_vm *vm);
/* the memory's extent has changed */
void vmi_proc_resize(struct vmi_vm *vm);

int vmi_proc_init(void);
void vmi_proc_exit(void);

#endif /* VMI_PROC_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lifecycle: the state machine and the VMM's side of a VM.
 *
 * Lock order: vmm->lock -> vmi_ctl -> vm->lock -> the event ring's. vmm->lock is
 * taken only for a call on that VM file, so it may wait for that VMM's own
 * memory without holding up anybody else.
 */
#ifndef VMI_LIFE_H
#define VMI_LIFE_H

#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vmi_chr.h>

struct vmi_mem;
struct vmi_vm;

#define VMI_REFUSAL_LEN		160	/* text of a refusal, with a name and states in it */

/**
 * struct vmi_vmm - what a VM file holds
 * @lock: its calls, one at a time
 * @vm: the VM, NULL before the attach; const after it, with a reference
 * @mem: the memory; const, with a reference
 */
struct vmi_vmm {
	struct mutex lock;
	struct vmi_vm *vm;
	struct vmi_mem *mem;
};

const char *vmi_state_name(u32 state);

struct vmi_vmm *vmi_life_vmm_alloc(void);
void vmi_life_vmm_free(struct vmi_vmm *vmm);
int vmi_life_attach(struct vmi_vmm *vmm, struct vmi_attach *a);
bool vmi_life_attached(struct vmi_vmm *vmm);
int vmi_life_check(struct vmi_vmm *vmm, u32 state, u32 reason);
void vmi_life_report(struct vmi_vmm *vmm, const struct vmi_vm_state *st);
void vmi_life_quiesce(struct vmi_vmm *vmm);
void vmi_life_detach(struct vmi_vmm *vmm, const struct vmi_vm_state *st);
int vmi_life_info(struct vmi_vmm *vmm, const struct vmi_vm_info *info);

int vmi_life_new(struct vmi_vm *vm, u32 by, bool replace, char *text, size_t size);
int vmi_life_delete(struct vmi_vm *vm, u32 by, char *text, size_t size);

#endif /* VMI_LIFE_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Probes: what a session asks of the VMM's vCPUs, and what these answer.
 *
 * A request is in one of two lists of its VM (not read yet; read and not
 * answered) until it is answered, given up by the session or cut off by the VMM's end;
 * whoever takes it off, under vm->lock, decides what became of it.
 */
#ifndef VMI_PROBE_H
#define VMI_PROBE_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/vmi_chr.h>

#include "hit.h"

struct vmi_mem;
struct vmi_probe_item;
struct vmi_vm;
struct vmi_vmm;

#define VMI_PROBE_REQS_MAX	64	/* requests of a VM that are not answered */
#define VMI_PROBE_SESSIONS_MAX	64	/* sessions whose end its VMM has to hear of */

/**
 * struct vmi_probes - a session's part
 * @id: unique; const
 * @rights: VMI_RIGHT_*; const
 * @vm: with the session's reference; const
 * @mem: the memory of the VMM that the session is with, to know that one again; const
 * @gone: what tells the VMM of the session's end, allocated before anything can be armed;
 *	NULL while nothing was asked for; vm->lock
 * @hits: its events
 */
struct vmi_probes {
	u64 id;
	u32 rights;
	struct vmi_vm *vm;
	const struct vmi_mem *mem;
	struct vmi_probe_item *gone;
	struct vmi_hit_queue hits;
};

void vmi_probe_open(struct vmi_probes *p, struct vmi_vm *vm, const struct vmi_mem *mem, u32 rights);
void vmi_probe_close(struct vmi_probes *p);
long vmi_probe_ask(struct vmi_probes *p, struct vmi_probe *arg);
long vmi_probe_events(struct vmi_probes *p, const struct vmi_sess_events *arg);
long vmi_probe_verdict(struct vmi_probes *p, const struct vmi_verdict *arg);

int vmi_probe_take(struct vmi_vmm *vmm, struct vmi_probe_req *out);
bool vmi_probe_waits(struct vmi_vmm *vmm);
int vmi_probe_answer(struct vmi_vmm *vmm, const struct vmi_probe_done *done);
int vmi_probe_hit(struct vmi_vmm *vmm, struct vmi_vm_event *ev);
void vmi_probe_detach(struct vmi_vm *vm);

#endif /* VMI_PROBE_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Lifecycle: the state machine and who has which VM.
 *
 * The kernel is the only one that changes a state; a VMM reports, a client asks,
 * and both are held to one table. The command queue is in cmd.c.
 */
#include <linux/bits.h>
#include <linux/cred.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "cmd.h"
#include "event.h"
#include "life.h"
#include "mem.h"
#include "port.h"
#include "probe.h"
#include "text.h"
#include "vm.h"

static const char * const vmi_state_names[] = {
	[VMI_STATE_DEFINED]		= "defined",
	[VMI_STATE_STARTING]		= "starting",
	[VMI_STATE_RUNNING]		= "running",
	[VMI_STATE_PAUSED]		= "paused",
	[VMI_STATE_STOPPING]		= "stopping",
	[VMI_STATE_STOPPED]		= "stopped",
	[VMI_STATE_SAVING]		= "saving",
	[VMI_STATE_RESTORING]		= "restoring",
	[VMI_STATE_MIGRATING_OUT]	= "migrating-out",
	[VMI_STATE_MIGRATING_IN]	= "migrating-in",
	[VMI_STATE_CRASHED]		= "crashed",
};

#define VMI_STATES_LATER	(BIT(VMI_STATE_SAVING) | BIT(VMI_STATE_RESTORING) | \
				 BIT(VMI_STATE_MIGRATING_OUT) | BIT(VMI_STATE_MIGRATING_IN))
#define VMI_STATES_FINAL	(BIT(VMI_STATE_STOPPED) | BIT(VMI_STATE_CRASHED))

/* the drawing of Documentation/vmi-protocol.rst: where one may go from each state */
static const u16 vmi_state_next[] = {
	[VMI_STATE_DEFINED]	= BIT(VMI_STATE_STARTING),
	[VMI_STATE_STARTING]	= BIT(VMI_STATE_RUNNING) | VMI_STATES_FINAL,
	[VMI_STATE_RUNNING]	= BIT(VMI_STATE_PAUSED) | BIT(VMI_STATE_STOPPING) | VMI_STATES_FINAL,
	[VMI_STATE_PAUSED]	= BIT(VMI_STATE_RUNNING) | BIT(VMI_STATE_STOPPING) | VMI_STATES_FINAL,
	[VMI_STATE_STOPPING]	= VMI_STATES_FINAL,
	[VMI_STATE_STOPPED]	= BIT(VMI_STATE_STARTING),
	[VMI_STATE_CRASHED]	= BIT(VMI_STATE_STARTING),
};

/**
 * vmi_state_name - the name of a state
 * @state: enum vmi_state
 *
 * Context: Any.
 * Return: a constant string.
 */
const char *vmi_state_name(u32 state)
{
	return state < ARRAY_SIZE(vmi_state_names) ? vmi_state_names[state] : "unknown";
}

static bool vmi_state_may(u32 from, u32 to)
{
	return from < ARRAY_SIZE(vmi_state_next) && to < 16 && vmi_state_next[from] & BIT(to);
}

static void vmi_life_event(struct vmi_vm *vm, u32 kind, u32 old_state, u32 by)
{
	struct vmi_event ev = {
		.vm_id = vm->id,
		.kind = kind,
		.state = vm->state,
		.old_state = old_state,
		.reason = vm->reason,
		.owner = vm->uid,
		.by = by,
	};

	lockdep_assert_held(&vm->lock);
	strscpy(ev.vm, vm->name, sizeof(ev.vm));
	strscpy(ev.text, vm->text, sizeof(ev.text));
	vmi_event_emit(&ev);
}

/* the event leaves under the lock, so events have the order of the changes */
static void vmi_life_enter(struct vmi_vm *vm, u32 state, u32 reason, const char *text, u32 by)
{
	u32 old = vm->state;

	lockdep_assert_held(&vm->lock);
	vm->state = state;
	vm->reason = reason;
	vm->since_ns = ktime_get_real_ns();
	strscpy(vm->text, text, sizeof(vm->text));
	vmi_life_event(vm, VMI_EVENT_KIND_VM_STATE, old, by);
}

/**
 * vmi_life_vmm_alloc - what a VM file will hold, not yet attached
 *
 * Context: Process context of the VMM, may sleep: its memory is that of current.
 * Return: the VMM's side, or NULL without memory.
 */
struct vmi_vmm *vmi_life_vmm_alloc(void)
{
	struct vmi_vmm *vmm;

	vmm = kzalloc(sizeof(*vmm), GFP_KERNEL_ACCOUNT);
	if (!vmm)
		return NULL;
	mutex_init(&vmm->lock);
	vmm->mem = vmi_mem_alloc();
	if (!vmm->mem) {
		kfree(vmm);
		return NULL;
	}
	return vmm;
}

/**
 * vmi_life_vmm_free - the VM file is gone
 * @vmm: its side, detached or never attached
 *
 * Context: Process context, may sleep; the caller's code is kept by the open file.
 */
void vmi_life_vmm_free(struct vmi_vmm *vmm)
{
	vmi_mem_kill(vmm->mem);
	vmi_mem_put(vmm->mem);
	if (vmm->vm)
		vmi_vm_put(vmm->vm);
	kfree(vmm);
}

/**
 * vmi_life_attach - become the VMM of a VM
 * @vmm: the caller's side
 * @a: the request; its answers are filled in
 *
 * The process of current is the one that the command "kill" ends, even
 * when the file is passed on.
 *
 * Context: Process context, vmi_ctl held.
 * Return: 0, -ENOENT (no such VM), -EPERM (somebody else's) or -EBUSY (it has a
 * VMM).
 */
int vmi_life_attach(struct vmi_vmm *vmm, struct vmi_attach *a)
{
	struct vmi_vm *vm;
	int err = 0;

	lockdep_assert_held(&vmi_ctl);
	vm = vmi_vm_find(a->name);
	if (!vm)
		return -ENOENT;
	if (!vmi_vm_may(vm, CAP_SYS_ADMIN)) {
		err = -EPERM;
		goto err_put;
	}

	spin_lock_bh(&vm->lock);
	if (vm->dead)
		err = -ENOENT;
	else if (vm->attached || !vmi_state_may(vm->state, VMI_STATE_STARTING))
		err = -EBUSY;
	if (err)
		goto err_unlock;
	vmi_mem_get(vmm->mem);
	vm->mem = vmm->mem;
	vm->vmm = get_pid(task_tgid(current));
	vm->attached = true;
	vm->holder = vmm;
	vm->killed = false;
	/* the reference of vmi_vm_find() */
	vmm->vm = vm;
	a->vm_id = vm->id;
	a->ports = vm->nports;
	vmi_life_enter(vm, VMI_STATE_STARTING, VMI_REASON_REQUEST, "",
		       from_kuid(&init_user_ns, current_uid()));
	spin_unlock_bh(&vm->lock);
	return 0;

err_unlock:
	spin_unlock_bh(&vm->lock);
err_put:
	vmi_vm_put(vm);
	return err;
}

/**
 * vmi_life_attached - is this still the VM's VMM?
 * @vmm: the VMM's side
 *
 * Context: Any but hard interrupts.
 * Return: false before the attach and after the final report.
 */
bool vmi_life_attached(struct vmi_vmm *vmm)
{
	bool ret;

	if (!vmm->vm)
		return false;
	spin_lock_bh(&vmm->vm->lock);
	ret = vmm->vm->holder == vmm;
	spin_unlock_bh(&vmm->vm->lock);
	return ret;
}

/* a reboot of the guest is a report of its own, though running stays running */
static bool vmi_life_is_reboot(u32 from, u32 to, u32 reason)
{
	return from == VMI_STATE_RUNNING && to == VMI_STATE_RUNNING &&
	       reason == VMI_REASON_GUEST_RESET;
}

/**
 * vmi_life_check - may the VMM report this?
 * @vmm: the VMM's side
 * @state: enum vmi_state
 * @reason: enum vmi_reason
 *
 * Context: Process context, @vmm->lock held until what is allowed has been reported.
 * Return: 0; 1 when it is the last report; -EINVAL (no such state or reason, or no
 * way there from here), -EOPNOTSUPP (a state of later), -ENODEV (detached).
 */
int vmi_life_check(struct vmi_vmm *vmm, u32 state, u32 reason)
{
	struct vmi_vm *vm = vmm->vm;
	int err = -EINVAL;

	lockdep_assert_held(&vmm->lock);
	if (state > VMI_STATE_CRASHED || reason > VMI_REASON_START_FAILED)
		return -EINVAL;
	if (BIT(state) & VMI_STATES_LATER)
		return -EOPNOTSUPP;
	spin_lock_bh(&vm->lock);
	if (vm->holder != vmm)
		err = -ENODEV;
	else if (vmi_state_may(vm->state, state))
		err = !!(BIT(state) & VMI_STATES_FINAL);
	else if (vmi_life_is_reboot(vm->state, state, reason))
		err = 0;
	spin_unlock_bh(&vm->lock);
	return err;
}

/**
 * vmi_life_report - the VMM reports another state, not a final one
 * @vmm: the VMM's side; its lock is held since vmi_life_check() allowed it, and only
 *	its holder changes the state of an attached VM
 * @st: the report
 *
 * Context: Process context.
 */
void vmi_life_report(struct vmi_vmm *vmm, const struct vmi_vm_state *st)
{
	struct vmi_vm *vm = vmm->vm;
	char text[VMI_TEXT_LEN];

	lockdep_assert_held(&vmm->lock);
	vmi_text_clean(text, st->text, sizeof(text));
	spin_lock_bh(&vm->lock);
	vmi_life_enter(vm, st->state, st->reason, text, (u32)-1);
	spin_unlock_bh(&vm->lock);
}

/* what became of a VM whose VMM ended without a final report */
static void vmi_life_autopsy(struct vmi_vm *vm, struct vmi_vm_state *st)
{
	bool exiting = current->flags & PF_EXITING && task_tgid(current) == vm->vmm;
	int code = exiting ? current->exit_code : 0;

	lockdep_assert_held(&vm->lock);
	memset(st, 0, sizeof(*st));
	if (vm->killed) {
		st->state = VMI_STATE_STOPPED;
		st->reason = VMI_REASON_KILLED;
	} else {
		st->state = VMI_STATE_CRASHED;
		st->reason = vm->state == VMI_STATE_STARTING ? VMI_REASON_START_FAILED :
							       VMI_REASON_VMM_DIED;
	}
	if (!exiting)
		strscpy(st->text, "the VMM closed its file", sizeof(st->text));
	else if (code & 0x7f)
		snprintf(st->text, sizeof(st->text), "the VMM was ended by signal %d", code & 0x7f);
	else
		snprintf(st->text, sizeof(st->text), "the VMM exited with status %d",
			 (code >> 8) & 0xff);
}

static void vmi_life_unlist(struct vmi_vm *vm, u32 by)
{
	lockdep_assert_held(&vmi_ctl);
	vmi_port_del_all(vm);
	spin_lock_bh(&vm->lock);
	vmi_life_event(vm, VMI_EVENT_KIND_VM_DEL, vm->state, by);
	spin_unlock_bh(&vm->lock);
	vmi_vm_del(vm);
}

/**
 * vmi_life_quiesce - the VMM is ending: touch nothing of it any more
 * @vmm: the VMM's side, attached
 *
 * Context: Process context, may sleep; no other call on the same VM file runs.
 */
void vmi_life_quiesce(struct vmi_vmm *vmm)
{
	vmi_port_stop_all(vmm->vm);
	vmi_mem_kill(vmm->mem);
}

/**
 * vmi_life_detach - the VMM has ended or made its last report
 * @vmm: the VMM's side, attached and after vmi_life_quiesce()
 * @st: the last report, NULL when it ended without one
 *
 * Everything of the VMM has been let go before the state changes here: whoever
 * sees "stopped" or "crashed" can start or delete the VM at once.
 *
 * Context: Process context, may sleep; no other call on the same VM file runs.
 */
void vmi_life_detach(struct vmi_vmm *vmm, const struct vmi_vm_state *st)
{
	struct vmi_vm *vm = vmm->vm;
	struct vmi_vm_state own;
	LIST_HEAD(cmds);

	mutex_lock(&vmi_ctl);
	spin_lock_bh(&vm->lock);
	if (st) {
		own = *st;
		vmi_text_clean(own.text, st->text, sizeof(own.text));
	} else {
		vmi_life_autopsy(vm, &own);
	}
	vmi_cmd_drain(vm, &cmds);
	put_pid(vm->vmm);
	vm->vmm = NULL;
	vm->mem = NULL;
	vm->attached = false;
	vm->holder = NULL;
	vmi_life_enter(vm, own.state, own.reason, own.text, (u32)-1);
	spin_unlock_bh(&vm->lock);
	/* the reference that was vm->mem's */
	vmi_mem_put(vmm->mem);
	/* before there can be another VMM, whose sessions this must not meet */
	vmi_probe_detach(vm);
	/* the owner cannot switch it off again, so it is stable outside the lock */
	if (vm->transient && own.state == VMI_STATE_STOPPED)
		vmi_life_unlist(vm, (u32)-1);
	mutex_unlock(&vmi_ctl);

	wake_up_interruptible(&vm->wait);
	vmi_cmd_finish(vm, &cmds, own.state);
}

/**
 * vmi_life_info - the VMM tells of itself
 * @vmm: the VMM's side
 * @info: what it tells
 *
 * Context: Process context.
 * Return: 0, -EINVAL or -ENODEV (detached).
 */
int vmi_life_info(struct vmi_vmm *vmm, const struct vmi_vm_info *info)
{
	struct vmi_vm *vm = vmm->vm;
	int err = -ENODEV;

	if (info->flags || info->pad || !info->vcpus || info->vcpus > VMI_VCPUS_MAX)
		return -EINVAL;
	if (!vmi_text_ok(info->console, sizeof(info->console)))
		return -EINVAL;
	spin_lock_bh(&vm->lock);
	if (vm->holder == vmm) {
		vm->info = *info;
		err = 0;
	}
	spin_unlock_bh(&vm->lock);
	return err;
}

/**
 * vmi_life_new - define a VM
 * @vm: a new VM, not in the list; on success the list takes over the reference
 * @by: uid of the client
 * @replace: it may take the name of a stopped or crashed VM of the same owner
 * @text: explanation of a refusal
 * @size: of @text
 *
 * Context: Process context, vmi_ctl held.
 * Return: 0, -EEXIST (name taken), -EBUSY (taken by a VM that is not at rest) or
 * -EDQUOT (the owner has too many).
 */
int vmi_life_new(struct vmi_vm *vm, u32 by, bool replace, char *text, size_t size)
{
	struct vmi_vm *old;
	u32 state;
	int err = 0;

	lockdep_assert_held(&vmi_ctl);
	old = vmi_vm_find(vm->name);
	if (old) {
		state = READ_ONCE(old->state);
		if (!replace || !uid_eq(old->uid, vm->uid)) {
			snprintf(text, size, "%s exists already", vm->name);
			err = -EEXIST;
		} else if (old->attached || !(BIT(state) & VMI_STATES_FINAL)) {
			snprintf(text, size, "%s is %s: it cannot be replaced", vm->name,
				 vmi_state_name(state));
			err = -EBUSY;
		}
	} else if (vmi_vm_count(vm->uid) >= VMI_VMS_PER_UID) {
		snprintf(text, size, "the owner has %d VMs, the most there may be", VMI_VMS_PER_UID);
		err = -EDQUOT;
	}
	if (err)
		goto out;
	if (old)
		vmi_life_unlist(old, by);
	vmi_vm_add(vm);
	spin_lock_bh(&vm->lock);
	vmi_life_event(vm, VMI_EVENT_KIND_VM_NEW, VMI_STATE_DEFINED, by);
	spin_unlock_bh(&vm->lock);
out:
	if (old)
		vmi_vm_put(old);
	return err;
}

/**
 * vmi_life_delete - delete a VM with its ports
 * @vm: a VM that the caller has a reference to
 * @by: uid of the client
 * @text: explanation of a refusal
 * @size: of @text
 *
 * Context: Process context, vmi_ctl held.
 * Return: 0, -ENOENT (deleted meanwhile) or -EBUSY (has a VMM).
 */
int vmi_life_delete(struct vmi_vm *vm, u32 by, char *text, size_t size)
{
	lockdep_assert_held(&vmi_ctl);
	if (vm->dead) {
		snprintf(text, size, "there is no VM %s", vm->name);
		return -ENOENT;
	}
	if (vm->attached) {
		snprintf(text, size, "%s is %s: it cannot be deleted", vm->name,
			 vmi_state_name(READ_ONCE(vm->state)));
		return -EBUSY;
	}
	vmi_life_unlist(vm, by);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* The VM object: references, look-up, ownership. */
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/module.h>
#include <linux/pid_namespace.h>
#include <linux/rculist.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/timekeeping.h>

#include "capture.h"
#include "mem.h"
#include "vm.h"

DEFINE_MUTEX(vmi_ctl);

/* in order of id; changed under vmi_ctl, read by RCU */
static LIST_HEAD(vmi_vms);
/* last id given; guarded by vmi_ctl */
static u64 vmi_vm_last_id;

/**
 * vmi_vm_alloc - a new VM, defined, not yet in the list
 * @name: a valid name
 * @uid: owner
 *
 * The object keeps the module loaded until it is freed, so rmmod is refused
 * ("in use") while there is a VM.
 *
 * Context: Process context, may sleep.
 * Return: the VM with one reference, or NULL without memory or while the module goes.
 */
struct vmi_vm *vmi_vm_alloc(const char *name, kuid_t uid)
{
	struct vmi_vm *vm;

	vm = kzalloc(sizeof(*vm), GFP_KERNEL_ACCOUNT);
	if (!vm)
		return NULL;
	/* rmmod has begun already, and its exit function waits for the caller */
	if (!try_module_get(THIS_MODULE)) {
		kfree(vm);
		return NULL;
	}
	kref_init(&vm->ref);
	INIT_LIST_HEAD(&vm->node);
	strscpy(vm->name, name, sizeof(vm->name));
	vm->uid = uid;
	spin_lock_init(&vm->lock);
	vm->state = VMI_STATE_DEFINED;
	vm->since_ns = ktime_get_real_ns();
	INIT_LIST_HEAD(&vm->cmds);
	INIT_LIST_HEAD(&vm->pending);
	INIT_LIST_HEAD(&vm->probe_reqs);
	INIT_LIST_HEAD(&vm->probe_pending);
	INIT_LIST_HEAD(&vm->probe_sessions);
	init_waitqueue_head(&vm->wait);
	INIT_LIST_HEAD(&vm->ports);
	return vm;
}

static void vmi_vm_free(struct kref *ref)
{
	struct vmi_vm *vm = container_of(ref, struct vmi_vm, ref);

	/* readers of the list may still look at it */
	kfree_rcu(vm, rcu);
	module_put(THIS_MODULE);
}

/**
 * vmi_vm_get - take another reference
 * @vm: a VM that the caller has a reference to
 *
 * Context: Any.
 */
void vmi_vm_get(struct vmi_vm *vm)
{
	kref_get(&vm->ref);
}

/**
 * vmi_vm_put - give back a reference
 * @vm: the VM
 *
 * Context: Any; the caller's own code is kept by something else (an open file, a
 * registered operation), since this may drop the module's last reference.
 */
void vmi_vm_put(struct vmi_vm *vm)
{
	kref_put(&vm->ref, vmi_vm_free);
}

/**
 * vmi_vm_add - give a VM its id and make it visible
 * @vm: a new VM whose name is free; the list takes over the caller's reference
 *
 * Context: vmi_ctl held.
 */
void vmi_vm_add(struct vmi_vm *vm)
{
	lockdep_assert_held(&vmi_ctl);
	vm->id = ++vmi_vm_last_id;
	list_add_tail_rcu(&vm->node, &vmi_vms);
}

/**
 * vmi_vm_del - take a VM out of the list
 * @vm: a VM in the list, without VMM and ports; the list's reference is given back
 *
 * Context: vmi_ctl held.
 */
void vmi_vm_del(struct vmi_vm *vm)
{
	lockdep_assert_held(&vmi_ctl);
	vm->dead = true;
	vmi_capture_end(vm->id, 0, 0);
	list_del_rcu(&vm->node);
	vmi_vm_put(vm);
}

/**
 * vmi_vm_find - look up a VM by name
 * @name: the name
 *
 * Context: Any.
 * Return: the VM with a reference for the caller, or NULL.
 */
struct vmi_vm *vmi_vm_find(const char *name)
{
	struct vmi_vm *vm;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &vmi_vms, node) {
		if (strcmp(vm->name, name))
			continue;
		/* one that is being freed has left the list: another may have the name */
		if (kref_get_unless_zero(&vm->ref))
			goto out;
	}
	vm = NULL;
out:
	rcu_read_unlock();
	return vm;
}

/**
 * vmi_vm_count - how many VMs has an owner?
 * @uid: the owner
 *
 * Context: vmi_ctl held.
 * Return: their number.
 */
u32 vmi_vm_count(kuid_t uid)
{
	struct vmi_vm *vm;
	u32 n = 0;

	lockdep_assert_held(&vmi_ctl);
	/* vm->uid changes under vmi_ctl too */
	list_for_each_entry(vm, &vmi_vms, node)
		n += uid_eq(vm->uid, uid);
	return n;
}

/**
 * vmi_vm_each - walk over the VMs in order of id
 * @after: start behind this id
 * @fn: called for each; another value than 0 ends the walk; must not sleep
 * @arg: for @fn
 *
 * Context: Any; @fn is called in an RCU read section.
 * Return: what @fn returned last, or 0.
 */
int vmi_vm_each(u64 after, int (*fn)(struct vmi_vm *vm, void *arg), void *arg)
{
	struct vmi_vm *vm;
	int err = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(vm, &vmi_vms, node) {
		if (vm->id <= after)
			continue;
		err = fn(vm, arg);
		if (err)
			break;
	}
	rcu_read_unlock();
	return err;
}

/**
 * vmi_vm_view - what a client is shown of a VM
 * @vm: the VM
 * @view: filled in
 *
 * Context: Any but hard interrupts. Waits for nobody.
 */
void vmi_vm_view(struct vmi_vm *vm, struct vmi_vm_view *view)
{
	memset(view, 0, sizeof(*view));
	view->id = vm->id;
	strscpy(view->name, vm->name, sizeof(view->name));
	/* pairs with nothing: a number for people, a stale one does no harm */
	view->nports = READ_ONCE(vm->nports);
	spin_lock_bh(&vm->lock);
	view->uid = vm->uid;
	view->state = vm->state;
	view->reason = vm->reason;
	strscpy(view->text, vm->text, sizeof(view->text));
	strscpy(view->note, vm->note, sizeof(view->note));
	view->since_ns = vm->since_ns;
	view->info = vm->info;
	view->transient = vm->transient;
	if (vm->vmm)
		view->pid = pid_nr_ns(vm->vmm, task_active_pid_ns(current));
	spin_unlock_bh(&vm->lock);
}

/**
 * vmi_vm_may - does current own the VM, or has it the capability?
 * @vm: the VM
 * @cap: CAP_*, in the initial user namespace
 *
 * The owner is compared with the real uid, which is what netlink
 * tells of a sender, so that both ways in agree on who one is.
 *
 * Context: Process context.
 * Return: true if so.
 */
bool vmi_vm_may(struct vmi_vm *vm, int cap)
{
	kuid_t uid;

	spin_lock_bh(&vm->lock);
	uid = vm->uid;
	spin_unlock_bh(&vm->lock);
	return uid_eq(current_uid(), uid) || capable(cap);
}

/**
 * vmi_vm_mem - the memory of a VM that has a VMM
 * @vm: the VM
 *
 * Context: Any but hard interrupts.
 * Return: the memory with a reference for the caller, or NULL.
 */
struct vmi_mem *vmi_vm_mem(struct vmi_vm *vm)
{
	struct vmi_mem *mem;

	spin_lock_bh(&vm->lock);
	mem = vm->mem;
	if (mem)
		vmi_mem_get(mem);
	spin_unlock_bh(&vm->lock);
	return mem;
}

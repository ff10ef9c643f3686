/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The VM object.
 *
 * Look-up by RCU or under vmi_ctl; creation, deletion and configuration of
 * VMs, networks and ports under vmi_ctl, the outermost lock (but for the mutex of
 * one VM file, see life.h). vm->lock is inside it and protects what the
 * lifecycle changes; the lock of the event ring is inside vm->lock, so that
 * events have the order of the changes.
 */
#ifndef VMI_VM_H
#define VMI_VM_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/uidgid.h>
#include <linux/wait.h>
#include <linux/vmi_chr.h>

struct vmi_mem;
struct vmi_vmm;

#define VMI_VMS_PER_UID		1024	/* VMs that one owner may have */
#define VMI_PORTS_PER_VM	8
#define VMI_VCPUS_MAX		4096

extern struct mutex vmi_ctl;

/**
 * struct vmi_vm - a virtual machine
 * @ref: references; the object is freed by RCU
 * @rcu: for that
 * @node: in the list of VMs; vmi_ctl, read by RCU
 * @id: unique; const after init
 * @name: const after init
 * @uid: owner; changes under vmi_ctl and @lock, read under either
 * @lock: what is marked so; taken in process context, bottom halves off
 * @state: enum vmi_state; @lock
 * @reason: enum vmi_reason; @lock
 * @text: explanation of the state; @lock
 * @note: of the owner; @lock
 * @since_ns: CLOCK_REALTIME of the state; @lock
 * @info: what the VMM told; @lock
 * @vmm: the VMM's process, NULL when there is none; @lock
 * @mem: guest memory, NULL when there is no VMM; @lock, with a reference of its own
 * @attached: a VMM has it; changes under vmi_ctl and @lock, read under either
 * @holder: the VM file's side of that, NULL when not @attached; @lock
 * @killed: a client had the VMM killed; @lock
 * @dead: deleted, no longer in the list; vmi_ctl
 * @transient: delete it when it stops in order; @lock
 * @cmds: commands waiting to be read; @lock
 * @pending: commands read and not answered; @lock
 * @ncmds: number of both; @lock
 * @cmd_seq: number of the last command; @lock
 * @probe_reqs: probe requests waiting to be read; @lock
 * @probe_pending: those read and not answered; @lock
 * @probe_nreqs: number of both; @lock
 * @probe_nsessions: those that its VMM knows; @lock
 * @probe_seq: number of the last request; @lock
 * @probe_sessions: sessions that may get events; @lock
 * @wait: readers of the VM file
 * @ports: its ports in order of creation; vmi_ctl
 * @nports: their number; vmi_ctl
 */
struct vmi_vm {
	struct kref ref;
	struct rcu_head rcu;
	struct list_head node;
	u64 id;
	char name[VMI_NAME_LEN];
	kuid_t uid;
	spinlock_t lock;
	u32 state;
	u32 reason;
	char text[VMI_TEXT_LEN];
	char note[VMI_TEXT_LEN];
	u64 since_ns;
	struct vmi_vm_info info;
	struct pid *vmm;
	struct vmi_mem *mem;
	bool attached;
	struct vmi_vmm *holder;
	bool killed;
	bool dead;
	bool transient;
	struct list_head cmds;
	struct list_head pending;
	u32 ncmds;
	u64 cmd_seq;
	struct list_head probe_reqs;
	struct list_head probe_pending;
	u32 probe_nreqs;
	u32 probe_nsessions;
	u64 probe_seq;
	struct list_head probe_sessions;
	wait_queue_head_t wait;
	struct list_head ports;
	u32 nports;
};

/**
 * struct vmi_vm_view - what a client is shown
 * @id: see struct vmi_vm, here and below
 * @name: see there
 * @uid: owner
 * @state: enum vmi_state
 * @reason: enum vmi_reason
 * @text: explanation
 * @note: of the owner
 * @since_ns: CLOCK_REALTIME of the state
 * @info: what the VMM told
 * @pid: the VMM's process in the pid namespace of current, 0 for none
 * @transient: deleted when it stops in order
 * @nports: number of its ports
 */
struct vmi_vm_view {
	u64 id;
	char name[VMI_NAME_LEN];
	kuid_t uid;
	u32 state;
	u32 reason;
	char text[VMI_TEXT_LEN];
	char note[VMI_TEXT_LEN];
	u64 since_ns;
	struct vmi_vm_info info;
	pid_t pid;
	bool transient;
	u32 nports;
};

struct vmi_vm *vmi_vm_alloc(const char *name, kuid_t uid);
void vmi_vm_add(struct vmi_vm *vm);
void vmi_vm_del(struct vmi_vm *vm);
u32 vmi_vm_count(kuid_t uid);
void vmi_vm_view(struct vmi_vm *vm, struct vmi_vm_view *view);
int vmi_vm_each(u64 after, int (*fn)(struct vmi_vm *vm, void *arg), void *arg);
void vmi_vm_get(struct vmi_vm *vm);
void vmi_vm_put(struct vmi_vm *vm);
/* a reference or NULL */
struct vmi_vm *vmi_vm_find(const char *name);
/* does current own the VM, or has it the capability? */
bool vmi_vm_may(struct vmi_vm *vm, int cap);
/* a reference to the memory, or NULL without a VMM */
struct vmi_mem *vmi_vm_mem(struct vmi_vm *vm);

#endif /* VMI_VM_H */

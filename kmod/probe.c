// SPDX-License-Identifier: GPL-2.0
/*
 * Probes: requests of sessions to the VMM, and their answers.
 *
 * The kernel decides who may ask and bounds what is asked; what a request means for
 * a vCPU is between the tool and the VMM, which does it with KVM.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/lockdep.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "life.h"
#include "probe.h"
#include "vm.h"

static atomic64_t vmi_probe_sessions = ATOMIC64_INIT(0);

/**
 * struct vmi_probe_item - a request
 * @node: in one of the VM's lists, or empty; vm->lock
 * @req: what the VMM reads; const while it is listed
 * @error: of the answer; valid when @done
 * @id: likewise
 * @len: likewise
 * @done: answered or cut off
 */
struct vmi_probe_item {
	struct list_head node;
	struct vmi_probe_req req;
	int error;
	u64 id;
	u32 len;
	struct completion done;
};

/* What an operation needs, and how much data goes with it. */
static const struct {
	u32 rights;
	u32 in_len;
	u32 out_len;
} vmi_probe_rules[] = {
	[VMI_PROBE_GET_REGS] = { .rights = VMI_RIGHT_REGS, .out_len = sizeof(struct vmi_regs) },
	[VMI_PROBE_SET_REGS] = {
		.rights = VMI_RIGHT_REGS | VMI_RIGHT_WRITE, .in_len = sizeof(struct vmi_regs)
	},
	[VMI_PROBE_GET_FPU] = { .rights = VMI_RIGHT_REGS, .out_len = 512 },
	[VMI_PROBE_STOP] = { .rights = VMI_RIGHT_STOP },
	[VMI_PROBE_RESUME] = { .rights = VMI_RIGHT_STOP },
	[VMI_PROBE_STEP] = { .rights = VMI_RIGHT_STOP },
	[VMI_PROBE_ARM] = { .rights = VMI_RIGHT_EVENTS },
	[VMI_PROBE_DISARM] = { .rights = VMI_RIGHT_EVENTS },
};

/**
 * vmi_probe_open - prepare the part of a new session
 * @p: the part
 * @vm: the VM, kept by the session
 * @mem: its memory, likewise
 * @rights: of the session
 *
 * Context: process.
 */
void vmi_probe_open(struct vmi_probes *p, struct vmi_vm *vm, const struct vmi_mem *mem, u32 rights)
{
	p->id = atomic64_inc_return(&vmi_probe_sessions);
	p->vm = vm;
	p->mem = mem;
	p->rights = rights;
	vmi_hit_open(&p->hits, p->id);
}

static struct vmi_probe_item *item_alloc(const struct vmi_probes *p)
{
	struct vmi_probe_item *item = kzalloc(sizeof(*item), GFP_KERNEL_ACCOUNT);

	if (!item)
		return NULL;
	INIT_LIST_HEAD(&item->node);
	init_completion(&item->done);
	item->req.session = p->id;
	return item;
}

static bool kind_ok(u32 flags)
{
	u32 kind = flags & VMI_PROBE_KIND_MASK;

	return !(flags & ~(VMI_PROBE_KIND_MASK | VMI_PROBE_SYNC)) &&
	       kind >= VMI_PROBE_SW_BREAK && kind <= VMI_PROBE_SHUTDOWN;
}

/* Return: 0, -EINVAL or -EACCES. */
static int check(const struct vmi_probes *p, const struct vmi_probe *arg)
{
	bool all = arg->op == VMI_PROBE_STOP || arg->op == VMI_PROBE_RESUME;
	bool arm = arg->op == VMI_PROBE_ARM, disarm = arg->op == VMI_PROBE_DISARM;
	u32 rights, i;

	if (!arg->op || arg->op >= ARRAY_SIZE(vmi_probe_rules) || arg->pad ||
	    arg->timeout_ms > VMI_PROBE_TIMEOUT_MAX_MS)
		return -EINVAL;
	rights = vmi_probe_rules[arg->op].rights;
	if ((p->rights & rights) != rights)
		return -EACCES;
	if (arg->len != max(vmi_probe_rules[arg->op].in_len, vmi_probe_rules[arg->op].out_len))
		return -EINVAL;
	if (arm ? !kind_ok(arg->flags) : arg->flags)
		return -EINVAL;
	if (!disarm && arg->id)
		return -EINVAL;
	for (i = 0; i < ARRAY_SIZE(arg->arg); i++) {
		if (!arm && arg->arg[i])
			return -EINVAL;
	}
	if ((arm || disarm) && arg->vcpu)
		return -EINVAL;
	return arg->vcpu < VMI_VCPUS_MAX || (all && arg->vcpu == VMI_VCPU_ALL) ? 0 : -EINVAL;
}

/* A session belongs to one VMM, not to the next one that the VM gets. */
static bool same_run(const struct vmi_probes *p)
{
	lockdep_assert_held(&p->vm->lock);
	return p->vm->attached && p->vm->mem == p->mem;
}

/* Queue it for the VMM. Return: 0, -ENODEV or -EBUSY. */
static int queue(struct vmi_probes *p, struct vmi_probe_item *item, struct vmi_probe_item **gone)
{
	struct vmi_vm *vm = p->vm;
	int err = 0;

	spin_lock_bh(&vm->lock);
	if (!same_run(p)) {
		err = -ENODEV;
	} else if (vm->probe_nreqs >= VMI_PROBE_REQS_MAX ||
		   (!p->gone && vm->probe_nsessions >= VMI_PROBE_SESSIONS_MAX)) {
		err = -EBUSY;
	} else {
		item->req.seq = ++vm->probe_seq;
		list_add_tail(&item->node, &vm->probe_reqs);
		vm->probe_nreqs++;
		/* from now on the VMM may hold something for this session */
		if (!p->gone) {
			WRITE_ONCE(p->gone, *gone);
			*gone = NULL;
			vm->probe_nsessions++;
			list_add_tail(&p->hits.node, &vm->probe_sessions);
		}
	}
	spin_unlock_bh(&vm->lock);
	if (!err)
		wake_up_interruptible_poll(&vm->wait, EPOLLPRI);
	return err;
}

/* Take it back. Return: true if it had not been answered. */
static bool give_up(struct vmi_vm *vm, struct vmi_probe_item *item)
{
	bool listed;

	spin_lock_bh(&vm->lock);
	listed = !list_empty(&item->node);
	if (listed) {
		list_del_init(&item->node);
		vm->probe_nreqs--;
	}
	spin_unlock_bh(&vm->lock);
	return listed;
}

static int await(struct vmi_probes *p, struct vmi_probe_item *item, u32 timeout_ms)
{
	long left;

	left = wait_for_completion_interruptible_timeout(&item->done,
				msecs_to_jiffies(timeout_ms ?: VMI_PROBE_TIMEOUT_MS));
	if (give_up(p->vm, item))
		return left ? -EINTR : -ETIMEDOUT;
	return item->error;
}

/**
 * vmi_probe_ask - have the VMM do something, and wait for its answer
 * @p: the session's part
 * @arg: the kernel's copy of the request; id is filled in
 *
 * Context: process; waits for the VMM, at most for the time limit.
 * Return: 0 or a negative errno, see struct vmi_probe.
 */
long vmi_probe_ask(struct vmi_probes *p, struct vmi_probe *arg)
{
	struct vmi_probe_item *item, *gone;
	bool needed;
	u32 in_len;
	int err;

	err = check(p, arg);
	if (err)
		return err;
	in_len = vmi_probe_rules[arg->op].in_len;
	item = item_alloc(p);
	/* once it is there it stays until the session's end */
	needed = !READ_ONCE(p->gone);
	gone = needed ? item_alloc(p) : NULL;
	err = -ENOMEM;
	if (!item || (needed && !gone))
		goto out;
	if (gone)
		gone->req.op = VMI_PROBE_GONE;
	item->req.op = arg->op;
	item->req.vcpu = arg->vcpu;
	item->req.flags = arg->flags;
	item->req.id = arg->id;
	memcpy(item->req.arg, arg->arg, sizeof(item->req.arg));
	item->req.len = in_len;
	err = -EFAULT;
	if (in_len && copy_from_user(item->req.data, u64_to_user_ptr(arg->data), in_len))
		goto out;
	err = queue(p, item, &gone);
	if (err)
		goto out;
	err = await(p, item, arg->timeout_ms);
	if (err)
		goto out;
	if (item->len != vmi_probe_rules[arg->op].out_len ||
	    (arg->op == VMI_PROBE_ARM && !item->id))
		err = -EPROTO;
	else if (item->len && copy_to_user(u64_to_user_ptr(arg->data), item->req.data, item->len))
		err = -EFAULT;
	else
		arg->id = item->id;
out:
	kfree(gone);
	kfree(item);
	return err;
}

/**
 * vmi_probe_events - make the session's ring of events
 * @p: the session's part
 * @arg: what the tool asks for
 *
 * Context: process.
 * Return: a file descriptor or a negative errno, see struct vmi_sess_events.
 */
long vmi_probe_events(struct vmi_probes *p, const struct vmi_sess_events *arg)
{
	if (!(p->rights & (VMI_RIGHT_EVENTS | VMI_RIGHT_STOP)))
		return -EACCES;
	return vmi_hit_ring(&p->hits, arg);
}

/**
 * vmi_probe_verdict - the tool's verdict on an event
 * @p: the session's part
 * @v: the kernel's copy of the verdict
 *
 * Context: process.
 * Return: 0; -EINVAL, -EACCES, -ENOENT (not waited for any more).
 */
long vmi_probe_verdict(struct vmi_probes *p, const struct vmi_verdict *v)
{
	u32 regs = VMI_RIGHT_REGS | VMI_RIGHT_WRITE;

	if (v->flags & ~VMI_HIT_SET_GPRS ||
	    (v->action != VMI_VERDICT_CONTINUE && v->action != VMI_VERDICT_SKIP))
		return -EINVAL;
	if (!(p->rights & VMI_RIGHT_EVENTS) ||
	    (v->flags & VMI_HIT_SET_GPRS && (p->rights & regs) != regs))
		return -EACCES;
	return vmi_hit_verdict(&p->hits, v);
}

/* No delivery to it is under way, and none begins. */
static void unlist_session(struct vmi_probes *p)
{
	struct vmi_vm *vm = p->vm;

	spin_lock_bh(&vm->lock);
	list_del_init(&p->hits.node);
	spin_unlock_bh(&vm->lock);
	/* those that wait for a verdict have been let go: this is short */
	wait_event(p->hits.idle, !READ_ONCE(p->hits.users));
	/* the last of them has let go of vm->lock, under which it woke us */
	spin_lock_bh(&vm->lock);
	spin_unlock_bh(&vm->lock);
}

/**
 * vmi_probe_close - the session is released: let everything go that it holds
 * @p: its part
 *
 * Context: process, may sleep; no other call on the session runs.
 */
void vmi_probe_close(struct vmi_probes *p)
{
	struct vmi_probe_item *gone;
	struct vmi_vm *vm = p->vm;
	bool told = false;

	vmi_hit_end(&p->hits);
	unlist_session(p);
	spin_lock_bh(&vm->lock);
	gone = p->gone;
	if (gone && same_run(p)) {
		list_add_tail(&gone->node, &vm->probe_reqs);
		told = true;
	}
	spin_unlock_bh(&vm->lock);
	if (told)
		wake_up_interruptible_poll(&vm->wait, EPOLLPRI);
	else
		kfree(gone);
	vmi_hit_close(&p->hits);
}

/* ---- the VMM's side ---- */

/**
 * vmi_probe_take - the next request for the VMM
 * @vmm: the VMM's side
 * @out: filled in
 *
 * Context: process.
 * Return: 0, -EAGAIN (none waits) or -ENODEV (detached).
 */
int vmi_probe_take(struct vmi_vmm *vmm, struct vmi_probe_req *out)
{
	struct vmi_probe_item *item = NULL;
	struct vmi_vm *vm = vmm->vm;
	int err = 0;

	spin_lock_bh(&vm->lock);
	if (vm->holder != vmm) {
		err = -ENODEV;
	} else if (list_empty(&vm->probe_reqs)) {
		err = -EAGAIN;
	} else {
		item = list_first_entry(&vm->probe_reqs, struct vmi_probe_item, node);
		*out = item->req;
		if (item->req.op == VMI_PROBE_GONE) {
			list_del(&item->node);
			vm->probe_nsessions--;
		} else {
			list_move_tail(&item->node, &vm->probe_pending);
			item = NULL;
		}
	}
	spin_unlock_bh(&vm->lock);
	/* the last message of a session is nobody's once it is read */
	kfree(item);
	return err;
}

/**
 * vmi_probe_waits - is there a request to be read?
 * @vmm: the VMM's side
 *
 * Context: process.
 * Return: true if so.
 */
bool vmi_probe_waits(struct vmi_vmm *vmm)
{
	struct vmi_vm *vm = vmm->vm;
	bool ret;

	spin_lock_bh(&vm->lock);
	ret = vm->holder == vmm && !list_empty(&vm->probe_reqs);
	spin_unlock_bh(&vm->lock);
	return ret;
}

/**
 * vmi_probe_answer - the VMM answers a request
 * @vmm: the VMM's side
 * @done: the kernel's copy of the answer
 *
 * Context: process.
 * Return: 0, -EINVAL, or -ENOENT (nobody waits for it any more).
 */
int vmi_probe_answer(struct vmi_vmm *vmm, const struct vmi_probe_done *done)
{
	struct vmi_vm *vm = vmm->vm;
	struct vmi_probe_item *item;
	int err = -ENOENT;

	/* the session's call says it: none that has a meaning inside the kernel alone */
	if (done->error > 0 || done->error <= -ERESTARTSYS || done->len > VMI_PROBE_DATA_MAX)
		return -EINVAL;
	spin_lock_bh(&vm->lock);
	if (vm->holder != vmm)
		goto out;
	list_for_each_entry(item, &vm->probe_pending, node) {
		if (item->req.seq != done->seq)
			continue;
		list_del_init(&item->node);
		vm->probe_nreqs--;
		item->error = done->error;
		item->id = done->id;
		item->len = done->len;
		memcpy(item->req.data, done->data, done->len);
		/* under the lock: the session frees it once it finds it off the list */
		complete(&item->done);
		err = 0;
		break;
	}
out:
	spin_unlock_bh(&vm->lock);
	return err;
}

/**
 * vmi_probe_hit - a vCPU has met a probe
 * @vmm: the VMM's side
 * @ev: the kernel's copy of the event; the verdict is filled in
 *
 * Context: process, of the vCPU's thread; waits for the verdict if one is wanted.
 * Return: 0, or a negative errno, see struct vmi_vm_event.
 */
int vmi_probe_hit(struct vmi_vmm *vmm, struct vmi_vm_event *ev)
{
	struct vmi_hit_queue *q, *found = NULL;
	struct vmi_vm *vm = vmm->vm;
	int err;

	if (ev->pad || ev->flags & ~VMI_PROBE_SYNC || ev->vcpu >= VMI_VCPUS_MAX)
		return -EINVAL;
	spin_lock_bh(&vm->lock);
	if (vm->holder == vmm) {
		list_for_each_entry(q, &vm->probe_sessions, node) {
			if (q->id != ev->session)
				continue;
			found = q;
			q->users++;
			break;
		}
	}
	spin_unlock_bh(&vm->lock);
	if (!found)
		return -ENOENT;

	err = vmi_hit_deliver(found, ev);

	spin_lock_bh(&vm->lock);
	if (!--found->users)
		wake_up(&found->idle);
	spin_unlock_bh(&vm->lock);
	return err;
}

/**
 * vmi_probe_detach - the VMM is ending: cut off what waits for it
 * @vm: the VM, already without a VMM
 *
 * Context: process, vmi_ctl held.
 */
void vmi_probe_detach(struct vmi_vm *vm)
{
	struct vmi_probe_item *item, *next;
	struct vmi_hit_queue *q;
	LIST_HEAD(gone);

	lockdep_assert_held(&vmi_ctl);
	spin_lock_bh(&vm->lock);
	list_splice_tail_init(&vm->probe_pending, &vm->probe_reqs);
	list_for_each_entry_safe(item, next, &vm->probe_reqs, node) {
		if (item->req.op == VMI_PROBE_GONE) {
			list_move(&item->node, &gone);
			continue;
		}
		list_del_init(&item->node);
		vm->probe_nreqs--;
		item->error = -ENODEV;
		complete(&item->done);
	}
	vm->probe_nsessions = 0;
	/* a session belongs to this run of the VM, whatever comes after it */
	list_for_each_entry(q, &vm->probe_sessions, node)
		vmi_hit_end(q);
	spin_unlock_bh(&vm->lock);
	list_for_each_entry_safe(item, next, &gone, node)
		kfree(item);
}

// SPDX-License-Identifier: GPL-2.0
/* Commands: from a client to the VMM and the answer back. */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/lockdep.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "cmd.h"
#include "life.h"
#include "text.h"
#include "vm.h"

/* for the time limits, so that their end can be waited for when the module goes */
static struct workqueue_struct *vmi_cmd_wq;

/* in which states a command makes sense, and how a refusal calls it */
static const struct {
	u16 states;
	const char *done;
} vmi_cmd_rules[] = {
	[VMI_COMMAND_PAUSE] = { BIT(VMI_STATE_RUNNING), "paused" },
	[VMI_COMMAND_RESUME] = { BIT(VMI_STATE_PAUSED), "resumed" },
	[VMI_COMMAND_POWERDOWN] = {
		BIT(VMI_STATE_RUNNING) | BIT(VMI_STATE_STOPPING), "powered down"
	},
	[VMI_COMMAND_RESET] = { BIT(VMI_STATE_RUNNING) | BIT(VMI_STATE_PAUSED), "reset" },
	[VMI_COMMAND_POWEROFF] = {
		BIT(VMI_STATE_STARTING) | BIT(VMI_STATE_RUNNING) | BIT(VMI_STATE_PAUSED) |
		BIT(VMI_STATE_STOPPING), "powered off"
	},
	[VMI_COMMAND_KILL] = {
		BIT(VMI_STATE_STARTING) | BIT(VMI_STATE_RUNNING) | BIT(VMI_STATE_PAUSED) |
		BIT(VMI_STATE_STOPPING), "killed"
	},
};

static int vmi_cmd_check(struct vmi_vm *vm, u32 op, char *text, size_t size)
{
	lockdep_assert_held(&vm->lock);
	if (vm->attached && vmi_cmd_rules[op].states & BIT(vm->state))
		return 0;
	snprintf(text, size, "%s is %s: it cannot be %s", vm->name, vmi_state_name(vm->state),
		 vmi_cmd_rules[op].done);
	return -EINVAL;
}

static void vmi_cmd_put(struct vmi_client_cmd *cmd)
{
	struct vmi_vm *vm = cmd->vm;

	if (!refcount_dec_and_test(&cmd->ref))
		return;
	cmd->free(cmd);
	vmi_vm_put(vm);
}

/* by the one who took it off its list, with that reference */
static void vmi_cmd_complete(struct vmi_client_cmd *cmd, int err, const char *text)
{
	cmd->done(cmd, err, text);
	/* not queued any more means that the timer runs, and puts its own reference */
	if (cancel_delayed_work(&cmd->work))
		vmi_cmd_put(cmd);
	vmi_cmd_put(cmd);
}

/* after this the command is the caller's to complete */
static void vmi_cmd_own(struct vmi_vm *vm, struct vmi_client_cmd *cmd)
{
	lockdep_assert_held(&vm->lock);
	cmd->taken = true;
	list_del(&cmd->node);
	vm->ncmds--;
}

static void vmi_cmd_expire(struct work_struct *work)
{
	struct vmi_client_cmd *cmd = container_of(to_delayed_work(work), struct vmi_client_cmd, work);
	struct vmi_vm *vm = cmd->vm;
	char text[VMI_REFUSAL_LEN];
	bool mine;

	spin_lock_bh(&vm->lock);
	mine = !cmd->taken;
	if (mine)
		vmi_cmd_own(vm, cmd);
	snprintf(text, sizeof(text), "the VMM of %s, which is %s, did not answer in %u ms",
		 vm->name, vmi_state_name(vm->state), cmd->timeout_ms);
	spin_unlock_bh(&vm->lock);
	if (mine) {
		cmd->done(cmd, -ETIMEDOUT, text);
		vmi_cmd_put(cmd);
	}
	vmi_cmd_put(cmd);
}

/**
 * vmi_cmd_queue - give a command to the VMM
 * @vm: the VM
 * @cmd: the command; on success it is the queue's until its free function is called
 * @text: explanation of a refusal
 * @size: of @text
 *
 * Context: Process context. Does not wait for the VMM.
 * Return: 0, and the done function is or will be called; -EINVAL (not in this
 * state) or -EBUSY (too many are waiting), and it will not.
 */
int vmi_cmd_queue(struct vmi_vm *vm, struct vmi_client_cmd *cmd, char *text, size_t size)
{
	int err;

	INIT_DELAYED_WORK(&cmd->work, vmi_cmd_expire);
	refcount_set(&cmd->ref, 2);
	spin_lock_bh(&vm->lock);
	err = vmi_cmd_check(vm, cmd->op, text, size);
	if (!err && vm->ncmds >= VMI_CMDS_MAX) {
		snprintf(text, size, "%d commands wait for the VMM of %s already", VMI_CMDS_MAX,
			 vm->name);
		err = -EBUSY;
	}
	if (!err) {
		vmi_vm_get(vm);
		cmd->vm = vm;
		cmd->id = ++vm->cmd_seq;
		list_add_tail(&cmd->node, &vm->cmds);
		vm->ncmds++;
		/* before anyone can complete it, so that cancelling never comes first */
		queue_delayed_work(vmi_cmd_wq, &cmd->work, msecs_to_jiffies(cmd->timeout_ms));
	}
	spin_unlock_bh(&vm->lock);
	if (!err)
		wake_up_interruptible(&vm->wait);
	return err;
}

/**
 * vmi_cmd_kill - kill the process that attached to a VM
 * @vm: the VM
 * @text: explanation of a refusal
 * @size: of @text
 *
 * The VM becomes stopped, reason killed, when the VM file closes by that.
 *
 * Context: Process context. Does not wait for the VMM.
 * Return: 0, -EINVAL (no VMM) or -ESRCH (the process has ended, and another
 * one holds its VM file).
 */
int vmi_cmd_kill(struct vmi_vm *vm, char *text, size_t size)
{
	int err;

	spin_lock_bh(&vm->lock);
	err = vmi_cmd_check(vm, VMI_COMMAND_KILL, text, size);
	if (!err) {
		err = kill_pid(vm->vmm, SIGKILL, 1);
		if (err)
			snprintf(text, size, "the process that attached to %s has ended", vm->name);
		else
			vm->killed = true;
	}
	spin_unlock_bh(&vm->lock);
	return err;
}

/**
 * vmi_cmd_take - the next command for the VMM
 * @vmm: the VMM's side
 * @out: filled in
 *
 * Context: Process context.
 * Return: 0, -EAGAIN (none waits) or -ENODEV (detached).
 */
int vmi_cmd_take(struct vmi_vmm *vmm, struct vmi_cmd *out)
{
	struct vmi_vm *vm = vmm->vm;
	struct vmi_client_cmd *cmd;
	int err = 0;

	memset(out, 0, sizeof(*out));
	spin_lock_bh(&vm->lock);
	if (vm->holder != vmm) {
		err = -ENODEV;
	} else if (list_empty(&vm->cmds)) {
		err = -EAGAIN;
	} else {
		cmd = list_first_entry(&vm->cmds, struct vmi_client_cmd, node);
		list_move_tail(&cmd->node, &vm->pending);
		out->id = cmd->id;
		out->op = cmd->op;
	}
	spin_unlock_bh(&vm->lock);
	return err;
}

/**
 * vmi_cmd_untake - the VMM could not be given the command that was taken last
 * @vmm: the VMM's side
 * @id: its number; it may have been completed meanwhile
 *
 * Context: Process context.
 */
void vmi_cmd_untake(struct vmi_vmm *vmm, u64 id)
{
	struct vmi_vm *vm = vmm->vm;
	struct vmi_client_cmd *cmd;

	spin_lock_bh(&vm->lock);
	if (vm->holder != vmm)
		goto out;
	list_for_each_entry(cmd, &vm->pending, node) {
		if (cmd->id != id)
			continue;
		list_move(&cmd->node, &vm->cmds);
		break;
	}
out:
	spin_unlock_bh(&vm->lock);
}

/**
 * vmi_cmd_waits - would a read of the VM file not wait?
 * @vmm: the VMM's side
 *
 * Context: Process context.
 * Return: true if a command waits or the VMM is detached.
 */
bool vmi_cmd_waits(struct vmi_vmm *vmm)
{
	struct vmi_vm *vm = vmm->vm;
	bool ret;

	spin_lock_bh(&vm->lock);
	ret = vm->holder != vmm || !list_empty(&vm->cmds);
	spin_unlock_bh(&vm->lock);
	return ret;
}

/* a VMM that says yes must have reported the state which was asked for */
static int vmi_cmd_verify(struct vmi_vm *vm, u32 op, char *text, size_t size)
{
	u32 want;

	lockdep_assert_held(&vm->lock);
	if (op == VMI_COMMAND_PAUSE)
		want = VMI_STATE_PAUSED;
	else if (op == VMI_COMMAND_RESUME)
		want = VMI_STATE_RUNNING;
	else
		return 0;
	if (vm->state == want)
		return 0;
	snprintf(text, size, "the VMM has done it, but %s is %s, not %s", vm->name,
		 vmi_state_name(vm->state), vmi_state_name(want));
	return -EPROTO;
}

/**
 * vmi_cmd_reply - the VMM answers a command
 * @vmm: the VMM's side
 * @r: the answer
 *
 * Context: Process context, may sleep.
 * Return: 0, -EINVAL, or -ENOENT (no such command was read, or it timed out).
 */
int vmi_cmd_reply(struct vmi_vmm *vmm, const struct vmi_reply *r)
{
	struct vmi_client_cmd *cmd, *found = NULL;
	struct vmi_vm *vm = vmm->vm;
	char text[VMI_REFUSAL_LEN];
	int err = r->error;

	if (r->pad || err > 0 || err < -MAX_ERRNO)
		return -EINVAL;
	vmi_text_clean(text, r->text, sizeof(r->text));
	spin_lock_bh(&vm->lock);
	if (vm->holder == vmm) {
		list_for_each_entry(cmd, &vm->pending, node) {
			if (cmd->id == r->id) {
				found = cmd;
				break;
			}
		}
	}
	if (found) {
		vmi_cmd_own(vm, found);
		if (!err)
			err = vmi_cmd_verify(vm, found->op, text, sizeof(text));
	}
	spin_unlock_bh(&vm->lock);
	if (!found)
		return -ENOENT;
	vmi_cmd_complete(found, err, text);
	return 0;
}

/**
 * vmi_cmd_drain - take off all commands of a VM whose VMM is ending
 * @vm: the VM
 * @cmds: where they go
 *
 * Context: vm->lock held.
 */
void vmi_cmd_drain(struct vmi_vm *vm, struct list_head *cmds)
{
	struct vmi_client_cmd *cmd, *next;

	lockdep_assert_held(&vm->lock);
	list_splice_init(&vm->pending, &vm->cmds);
	list_for_each_entry_safe(cmd, next, &vm->cmds, node) {
		vmi_cmd_own(vm, cmd);
		list_add_tail(&cmd->node, cmds);
	}
}

/**
 * vmi_cmd_finish - answer the commands of a VM whose VMM has ended
 * @vm: the VM
 * @cmds: what vmi_cmd_drain() took
 * @state: enum vmi_state that the VM is in now
 *
 * To end was what some of them asked for: they have succeeded.
 *
 * Context: Process context, may sleep.
 */
void vmi_cmd_finish(struct vmi_vm *vm, struct list_head *cmds, u32 state)
{
	struct vmi_client_cmd *cmd, *next;
	char text[VMI_REFUSAL_LEN];

	snprintf(text, sizeof(text), "the VMM ended before it answered: %s is %s", vm->name,
		 vmi_state_name(state));
	list_for_each_entry_safe(cmd, next, cmds, node) {
		bool meant = cmd->op == VMI_COMMAND_POWEROFF || cmd->op == VMI_COMMAND_POWERDOWN;

		if (meant && state == VMI_STATE_STOPPED)
			vmi_cmd_complete(cmd, 0, "");
		else
			vmi_cmd_complete(cmd, -ECONNRESET, text);
	}
}

/**
 * vmi_cmd_init - make the time limits possible
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmi_cmd_init(void)
{
	vmi_cmd_wq = alloc_workqueue("vmi_cmd", WQ_UNBOUND, 0);
	return vmi_cmd_wq ? 0 : -ENOMEM;
}

/**
 * vmi_cmd_exit - wait for the last time limit's end
 *
 * Context: Process context, may sleep; there are no VMs any more.
 */
void vmi_cmd_exit(void)
{
	destroy_workqueue(vmi_cmd_wq);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Commands: from a client to the VMM and the answer back, each with a time limit.
 *
 * A command is in one of two lists of its VM (not read yet; read and not
 * answered). Whoever takes it off, under vm->lock, completes it: the VMM's answer,
 * the time limit or the VMM's end. So it is completed once.
 */
#ifndef VMI_CMD_H
#define VMI_CMD_H

#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <linux/vmi_chr.h>

struct vmi_vm;
struct vmi_vmm;

#define VMI_CMDS_MAX		16	/* commands of a VM that are not answered */
#define VMI_CMD_TIMEOUT_MS	10000	/* when the client is silent */

/**
 * struct vmi_client_cmd - a command of a client
 * @done: called once, in process context, with the outcome; the text is never NULL. No
 *	lock is held but that of the VM file, at its last report. It does not free the command.
 * @free: frees the command, after @done
 * @timeout_ms: time limit; const once queued, as all above
 * @op: enum vmi_command; const once queued
 * @id: number in the VM; given by vmi_cmd_queue(), const after
 * @vm: with a reference; given by vmi_cmd_queue(), const after
 * @ref: one of the list or of who took it off, one of the timer
 * @node: in vm->cmds or vm->pending, then its completer's; vm->lock
 * @taken: somebody completes it; vm->lock
 * @work: the time limit
 */
struct vmi_client_cmd {
	void (*done)(struct vmi_client_cmd *cmd, int err, const char *text);
	void (*free)(struct vmi_client_cmd *cmd);
	u32 timeout_ms;
	u32 op;
	u64 id;
	struct vmi_vm *vm;
	refcount_t ref;
	struct list_head node;
	bool taken;
	struct delayed_work work;
};

int vmi_cmd_queue(struct vmi_vm *vm, struct vmi_client_cmd *cmd, char *text, size_t size);
int vmi_cmd_kill(struct vmi_vm *vm, char *text, size_t size);

int vmi_cmd_take(struct vmi_vmm *vmm, struct vmi_cmd *out);
void vmi_cmd_untake(struct vmi_vmm *vmm, u64 id);
bool vmi_cmd_waits(struct vmi_vmm *vmm);
int vmi_cmd_reply(struct vmi_vmm *vmm, const struct vmi_reply *r);

void vmi_cmd_drain(struct vmi_vm *vm, struct list_head *cmds);
void vmi_cmd_finish(struct vmi_vm *vm, struct list_head *cmds, u32 state);

int vmi_cmd_init(void);
void vmi_cmd_exit(void);

#endif /* VMI_CMD_H */

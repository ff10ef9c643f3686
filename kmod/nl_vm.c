// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on VMs. */
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/notifier.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "cmd.h"
#include "compat.h"
#include "life.h"
#include "mem.h"
#include "nl.h"
#include "text.h"
#include "vm.h"

/**
 * struct vmi_nl_cmd - who waits for a command
 * @cmd: the command
 * @node: in vmi_nl_cmds; empty once the client has gone; vmi_nl_cmds_lock
 * @net: where the client's socket is; it exists while @node is in the list
 * @portid: its address; const
 * @req: header of its request; const
 */
struct vmi_nl_cmd {
	struct vmi_client_cmd cmd;
	struct list_head node;
	struct net *net;
	u32 portid;
	struct nlmsghdr req;
};

/* leaf */
static DEFINE_SPINLOCK(vmi_nl_cmds_lock);
static LIST_HEAD(vmi_nl_cmds);

static int vmi_nl_vm_fill(struct sk_buff *skb, const struct vmi_vm_view *v, u32 portid, u32 seq,
			  int flags)
{
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &vmi_nl_family, flags, VMI_CMD_VM_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, VMI_A_VM_ID, v->id, VMI_A_VM_PAD) ||
	    nla_put_string(skb, VMI_A_VM_NAME, v->name) ||
	    nla_put_u32(skb, VMI_A_VM_STATE, v->state) ||
	    nla_put_u32(skb, VMI_A_VM_REASON, v->reason) ||
	    nla_put_u32(skb, VMI_A_VM_UID, from_kuid_munged(current_user_ns(), v->uid)) ||
	    nla_put_u32(skb, VMI_A_VM_VCPUS, v->info.vcpus) ||
	    nla_put_u64_64bit(skb, VMI_A_VM_MEM_BYTES, v->info.mem_bytes, VMI_A_VM_PAD) ||
	    nla_put_u64_64bit(skb, VMI_A_VM_SINCE_NS, v->since_ns, VMI_A_VM_PAD) ||
	    nla_put_u32(skb, VMI_A_VM_PORTS, v->nports))
		goto err_cancel;
	if (v->text[0] && nla_put_string(skb, VMI_A_VM_TEXT, v->text))
		goto err_cancel;
	if (v->pid && nla_put_u32(skb, VMI_A_VM_PID, v->pid))
		goto err_cancel;
	if (v->info.console[0] && nla_put_string(skb, VMI_A_VM_CONSOLE, v->info.console))
		goto err_cancel;
	if (v->transient && nla_put_flag(skb, VMI_A_VM_TRANSIENT))
		goto err_cancel;
	if (v->note[0] && nla_put_string(skb, VMI_A_VM_NOTE, v->note))
		goto err_cancel;
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/**
 * vmi_nl_vm_get_doit - show a VM
 * @skb: the request
 * @info: the same
 *
 * Context: Process context. Waits for no VMM.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_vm_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmi_vm_view view;
	struct sk_buff *reply;
	struct vmi_vm *vm;
	int err;

	err = vmi_nl_vm(skb, info, VMI_A_VM_NAME, false, &vm);
	if (err)
		return err;
	vmi_vm_view(vm, &view);
	vmi_vm_put(vm);
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = vmi_nl_vm_fill(reply, &view, info->snd_portid, info->snd_seq, 0);
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	return genlmsg_reply(reply, info);
}

/**
 * struct vmi_nl_vm_dump - what vmi_nl_vm_dump_one() needs to know
 * @skb: the answer
 * @cb: the request
 * @all: the sender may see the VMs of others
 */
struct vmi_nl_vm_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	bool all;
};

/**
 * struct vmi_nl_vm_cursor - where a dump goes on, so that it skips and repeats nothing
 * @id: identifier of the last VM looked at
 */
struct vmi_nl_vm_cursor {
	u64 id;
};

static int vmi_nl_vm_dump_one(struct vmi_vm *vm, void *arg)
{
	struct vmi_nl_vm_dump *d = arg;
	struct vmi_nl_vm_cursor *cursor = (void *)d->cb->ctx;
	struct vmi_vm_view view;
	int err = 0;

	vmi_vm_view(vm, &view);
	if (d->all || uid_eq(NETLINK_CREDS(d->cb->skb)->uid, view.uid))
		err = vmi_nl_vm_fill(d->skb, &view, NETLINK_CB(d->cb->skb).portid,
				     d->cb->nlh->nlmsg_seq, NLM_F_MULTI);
	if (!err)
		cursor->id = view.id;
	return err;
}

/**
 * vmi_nl_vm_get_dumpit - show all VMs that the sender may see
 * @skb: the answer
 * @cb: the request and how far it is answered
 *
 * Context: Process context. Waits for no VMM.
 * Return: bytes of the answer, 0 at the end.
 */
int vmi_nl_vm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vmi_nl_vm_cursor *cursor = (void *)cb->ctx;
	struct vmi_nl_vm_dump d = {
		.skb = skb,
		.cb = cb,
		.all = vmi_nl_sees_all(cb->skb),
	};

	vmi_vm_each(cursor->id, vmi_nl_vm_dump_one, &d);
	return skb->len;
}

/* the owner that a request asks for; the sender if it asks for none */
static int vmi_nl_vm_owner(struct sk_buff *skb, struct genl_info *info, kuid_t *uid)
{
	struct nlattr *attr = info->attrs[VMI_A_VM_UID];

	*uid = NETLINK_CREDS(skb)->uid;
	if (!attr)
		return 0;
	*uid = make_kuid(current_user_ns(), nla_get_u32(attr));
	if (!uid_valid(*uid)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "there is no such uid");
		return -EINVAL;
	}
	if (!vmi_nl_owns(skb, *uid)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "another owner than oneself needs CAP_SYS_ADMIN");
		return -EPERM;
	}
	return 0;
}

static int vmi_nl_vm_note(struct genl_info *info, char *note)
{
	struct nlattr *attr = info->attrs[VMI_A_VM_NOTE];

	nla_strscpy(note, attr, VMI_TEXT_LEN);
	if (vmi_text_ok(note, VMI_TEXT_LEN))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, attr, "a note has no control characters");
	return -EINVAL;
}

/* what vm-new says beside name and owner */
static int vmi_nl_vm_apply(struct genl_info *info, struct vmi_vm *vm)
{
	struct nlattr **attrs = info->attrs;

	vm->transient = !!attrs[VMI_A_VM_TRANSIENT];
	if (attrs[VMI_A_VM_MEM_BYTES])
		vm->info.mem_bytes = nla_get_u64(attrs[VMI_A_VM_MEM_BYTES]);
	if (attrs[VMI_A_VM_VCPUS]) {
		vm->info.vcpus = nla_get_u32(attrs[VMI_A_VM_VCPUS]);
		if (!vm->info.vcpus || vm->info.vcpus > VMI_VCPUS_MAX) {
			NL_SET_ERR_MSG_ATTR(info->extack, attrs[VMI_A_VM_VCPUS],
					    "a VM has 1 to 4096 vCPUs");
			return -EINVAL;
		}
	}
	return attrs[VMI_A_VM_NOTE] ? vmi_nl_vm_note(info, vm->note) : 0;
}

/**
 * vmi_nl_vm_new_doit - define a VM
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_vm_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	char name[VMI_NAME_LEN], text[VMI_REFUSAL_LEN];
	bool replace = info->attrs[VMI_A_VM_REPLACE];
	struct sk_buff *reply;
	struct vmi_vm *vm;
	kuid_t uid;
	void *hdr;
	int err;
	u64 id;

	err = vmi_nl_name(info, VMI_A_VM_NAME, name);
	if (err)
		return err;
	err = vmi_nl_vm_owner(skb, info, &uid);
	if (err)
		return err;
	/* all that can fail for want of memory comes before what cannot be undone */
	vm = vmi_vm_alloc(name, uid);
	if (!vm)
		return -ENOMEM;
	err = vmi_nl_vm_apply(info, vm);
	if (err)
		goto err_put;
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply) {
		err = -ENOMEM;
		goto err_put;
	}

	mutex_lock(&vmi_ctl);
	err = vmi_life_new(vm, vmi_nl_sender(skb), replace, text, sizeof(text));
	/* once unlocked somebody else may delete it */
	id = vm->id;
	mutex_unlock(&vmi_ctl);
	if (err) {
		err = vmi_nl_refuse(info, err, text);
		goto err_free;
	}
	/* an empty message has room for this */
	hdr = genlmsg_put_reply(reply, info, &vmi_nl_family, 0, VMI_CMD_VM_NEW);
	nla_put_u64_64bit(reply, VMI_A_VM_ID, id, VMI_A_VM_PAD);
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);

err_free:
	nlmsg_free(reply);
err_put:
	vmi_vm_put(vm);
	return err;
}

/**
 * vmi_nl_vm_set_doit - change what the owner may change
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_vm_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	char note[VMI_TEXT_LEN] = "";
	struct vmi_vm *vm;
	kuid_t uid;
	bool moved;
	int err;

	err = vmi_nl_vm_owner(skb, info, &uid);
	if (err)
		return err;
	if (attrs[VMI_A_VM_NOTE]) {
		err = vmi_nl_vm_note(info, note);
		if (err)
			return err;
	}
	err = vmi_nl_vm(skb, info, VMI_A_VM_NAME, true, &vm);
	if (err)
		return err;

	mutex_lock(&vmi_ctl);
	err = vmi_nl_vm_still(skb, vm, info->extack);
	if (err)
		goto out;
	moved = attrs[VMI_A_VM_UID] && !uid_eq(uid, vm->uid);
	if (moved && vm->attached) {
		/* its sessions and files were opened by right of the present owner */
		NL_SET_ERR_MSG(info->extack, "the VM has a VMM: its owner changes while it is stopped");
		err = -EBUSY;
		goto out;
	}
	if (moved && vmi_vm_count(uid) >= VMI_VMS_PER_UID) {
		NL_SET_ERR_MSG(info->extack, "the new owner has as many VMs as there may be");
		err = -EDQUOT;
		goto out;
	}
	spin_lock_bh(&vm->lock);
	if (moved)
		vm->uid = uid;
	if (attrs[VMI_A_VM_NOTE])
		strscpy(vm->note, note, sizeof(vm->note));
	if (attrs[VMI_A_VM_TRANSIENT])
		vm->transient = true;
	spin_unlock_bh(&vm->lock);
out:
	mutex_unlock(&vmi_ctl);
	vmi_vm_put(vm);
	return err;
}

/**
 * vmi_nl_vm_del_doit - delete a VM with its ports
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_vm_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	char text[VMI_REFUSAL_LEN];
	struct vmi_vm *vm;
	int err;

	err = vmi_nl_vm(skb, info, VMI_A_VM_NAME, true, &vm);
	if (err)
		return err;
	mutex_lock(&vmi_ctl);
	err = vmi_nl_vm_still(skb, vm, info->extack);
	if (!err) {
		err = vmi_life_delete(vm, vmi_nl_sender(skb), text, sizeof(text));
		if (err)
			vmi_nl_refuse(info, err, text);
	}
	mutex_unlock(&vmi_ctl);
	vmi_vm_put(vm);
	return err;
}

static void vmi_nl_cmd_reply(struct net *net, u32 portid, u32 seq, struct vmi_vm *vm,
			     const char *text)
{
	struct vmi_vm_view view;
	struct sk_buff *skb;
	void *hdr;

	vmi_vm_view(vm, &view);
	skb = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!skb)
		return;
	hdr = genlmsg_put(skb, portid, seq, &vmi_nl_family, 0, VMI_CMD_VM_COMMAND);
	if (!hdr ||
	    nla_put_u64_64bit(skb, VMI_A_VM_ID, view.id, VMI_A_VM_PAD) ||
	    nla_put_string(skb, VMI_A_VM_NAME, view.name) ||
	    nla_put_u32(skb, VMI_A_VM_STATE, view.state) ||
	    (*text && nla_put_string(skb, VMI_A_VM_TEXT, text))) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	genlmsg_unicast(net, skb, portid);
}

/* the client's net, held, or NULL when the client has gone */
static struct net *vmi_nl_cmd_leave(struct vmi_nl_cmd *c)
{
	struct net *net = NULL;

	spin_lock_bh(&vmi_nl_cmds_lock);
	if (!list_empty(&c->node)) {
		list_del_init(&c->node);
		/* its socket is still open and holds it: its release waits for our lock */
		net = get_net(c->net);
	}
	spin_unlock_bh(&vmi_nl_cmds_lock);
	return net;
}

static void vmi_nl_cmd_done(struct vmi_client_cmd *cmd, int err, const char *text)
{
	struct vmi_nl_cmd *c = container_of(cmd, struct vmi_nl_cmd, cmd);
	struct net *net = vmi_nl_cmd_leave(c);

	if (!net)
		return;
	if (!err)
		vmi_nl_cmd_reply(net, c->portid, c->req.nlmsg_seq, cmd->vm, text);
	if (err || c->req.nlmsg_flags & NLM_F_ACK)
		vmi_nl_ack(net, c->portid, &c->req, err, err ? text : "");
	put_net(net);
}

static void vmi_nl_cmd_free(struct vmi_client_cmd *cmd)
{
	kfree(container_of(cmd, struct vmi_nl_cmd, cmd));
}

/*
 * Queues the command. The handler must not wait for the VMM, since generic netlink
 * holds a semaphore while it runs: the acknowledgement is sent by
 * vmi_nl_cmd_done(), and -EINTR keeps netlink_rcv_skb() from sending its own.
 */
static int vmi_nl_cmd_queue(struct genl_info *info, struct vmi_vm *vm, u32 op)
{
	char text[VMI_REFUSAL_LEN];
	struct vmi_nl_cmd *c;
	int err;

	c = kzalloc(sizeof(*c), GFP_KERNEL_ACCOUNT);
	if (!c)
		return -ENOMEM;
	c->cmd.done = vmi_nl_cmd_done;
	c->cmd.free = vmi_nl_cmd_free;
	c->cmd.op = op;
	c->cmd.timeout_ms = VMI_CMD_TIMEOUT_MS;
	if (info->attrs[VMI_A_VM_TIMEOUT_MS])
		c->cmd.timeout_ms = nla_get_u32(info->attrs[VMI_A_VM_TIMEOUT_MS]);
	c->net = genl_info_net(info);
	c->portid = info->snd_portid;
	c->req = *info->nlhdr;
	spin_lock_bh(&vmi_nl_cmds_lock);
	list_add(&c->node, &vmi_nl_cmds);
	spin_unlock_bh(&vmi_nl_cmds_lock);

	err = vmi_cmd_queue(vm, &c->cmd, text, sizeof(text));
	if (!err)
		return -EINTR;
	spin_lock_bh(&vmi_nl_cmds_lock);
	list_del(&c->node);
	spin_unlock_bh(&vmi_nl_cmds_lock);
	kfree(c);
	return vmi_nl_refuse(info, err, text);
}

/**
 * vmi_nl_vm_command_doit - ask the VMM to do something
 * @skb: the request
 * @info: the same
 *
 * Context: Process context. Does not wait for the VMM.
 * Return: -EINTR when the acknowledgement has been sent or comes later, 0 or
 * another negative errno that has been explained.
 */
int vmi_nl_vm_command_doit(struct sk_buff *skb, struct genl_info *info)
{
	char text[VMI_REFUSAL_LEN];
	struct vmi_vm *vm;
	int err;
	u32 op;

	if (GENL_REQ_ATTR_CHECK(info, VMI_A_VM_COMMAND)) {
		NL_SET_ERR_MSG(info->extack, "a command is missing");
		return -EINVAL;
	}
	op = nla_get_u32(info->attrs[VMI_A_VM_COMMAND]);
	err = vmi_nl_vm(skb, info, VMI_A_VM_NAME, true, &vm);
	if (err)
		return err;
	if (op != VMI_COMMAND_KILL) {
		err = vmi_nl_cmd_queue(info, vm, op);
	} else {
		err = vmi_cmd_kill(vm, text, sizeof(text));
		if (err)
			err = vmi_nl_refuse(info, err, text);
		else
			vmi_nl_cmd_reply(genl_info_net(info), info->snd_portid, info->snd_seq, vm,
					 "");
	}
	vmi_vm_put(vm);
	return err;
}

/* a client has closed its socket: nobody waits, and its address may get another owner */
static int vmi_nl_cmd_gone(struct notifier_block *nb, unsigned long event, void *data)
{
	const struct netlink_notify *n = data;
	struct vmi_nl_cmd *c, *next;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	spin_lock_bh(&vmi_nl_cmds_lock);
	list_for_each_entry_safe(c, next, &vmi_nl_cmds, node)
		if (c->portid == n->portid && net_eq(c->net, n->net))
			list_del_init(&c->node);
	spin_unlock_bh(&vmi_nl_cmds_lock);
	return NOTIFY_OK;
}

static struct notifier_block vmi_nl_cmd_nb = {
	.notifier_call = vmi_nl_cmd_gone,
};

/**
 * vmi_nl_vm_init - watch for clients that go away
 *
 * Context: Module init.
 * Return: 0 or a negative errno.
 */
int __init vmi_nl_vm_init(void)
{
	return netlink_register_notifier(&vmi_nl_cmd_nb);
}

/**
 * vmi_nl_vm_exit - undo vmi_nl_vm_init()
 *
 * Context: Module exit.
 */
void vmi_nl_vm_exit(void)
{
	netlink_unregister_notifier(&vmi_nl_cmd_nb);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family, and what all its operations use: who the sender is,
 * how a refusal is explained.
 */
#include <linux/capability.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "event.h"
#include "life.h"
#include "nl.h"
#include "text.h"
#include "vm.h"

/**
 * vmi_nl_owns - may the sender change what belongs to @owner?
 * @skb: the request
 * @owner: the owner
 *
 * Context: Process context.
 * Return: true for the owner and for CAP_SYS_ADMIN of the initial user namespace.
 */
bool vmi_nl_owns(const struct sk_buff *skb, kuid_t owner)
{
	return uid_eq(NETLINK_CREDS(skb)->uid, owner) || netlink_capable(skb, CAP_SYS_ADMIN);
}

/**
 * vmi_nl_sees_all - may the sender see what belongs to others?
 * @skb: the request
 *
 * Context: Process context.
 * Return: true for CAP_NET_ADMIN and CAP_SYS_ADMIN of the initial user namespace.
 */
bool vmi_nl_sees_all(const struct sk_buff *skb)
{
	return netlink_capable(skb, CAP_NET_ADMIN) || netlink_capable(skb, CAP_SYS_ADMIN);
}

/**
 * vmi_nl_sees - may the sender see what belongs to @owner?
 * @skb: the request
 * @owner: the owner
 *
 * Context: Process context.
 * Return: true for the owner and for vmi_nl_sees_all().
 */
bool vmi_nl_sees(const struct sk_buff *skb, kuid_t owner)
{
	return uid_eq(NETLINK_CREDS(skb)->uid, owner) || vmi_nl_sees_all(skb);
}

/**
 * vmi_nl_sender - the sender's uid for an event
 * @skb: the request
 *
 * Context: Any.
 * Return: the uid in the initial user namespace.
 */
u32 vmi_nl_sender(const struct sk_buff *skb)
{
	return from_kuid(&init_user_ns, NETLINK_CREDS(skb)->uid);
}

/**
 * vmi_nl_ack - acknowledge a request by hand
 * @net: where the sender's socket is
 * @portid: its address
 * @req: header of the request
 * @err: 0 or a negative errno
 * @text: explanation, empty for none
 *
 * As netlink_ack() does for a socket with NETLINK_CAP_ACK and NETLINK_EXT_ACK: the
 * request's header only, the text behind it. Receivers without these options
 * go by the flags or do not look that far.
 *
 * Context: Process context, may sleep.
 */
void vmi_nl_ack(struct net *net, u32 portid, const struct nlmsghdr *req, int err,
		const char *text)
{
	int flags = NLM_F_CAPPED | (*text ? NLM_F_ACK_TLVS : 0);
	struct nlmsgerr *body;
	struct nlmsghdr *nlh;
	struct sk_buff *skb;

	skb = nlmsg_new(sizeof(*body) + nla_total_size(strlen(text) + 1), GFP_KERNEL);
	if (!skb)
		return;
	nlh = nlmsg_put(skb, portid, req->nlmsg_seq, NLMSG_ERROR, sizeof(*body), flags);
	if (!nlh)
		goto err_free;
	body = nlmsg_data(nlh);
	body->error = err;
	body->msg = *req;
	if (*text && nla_put_string(skb, NLMSGERR_ATTR_MSG, text))
		goto err_free;
	nlmsg_end(skb, nlh);
	/* a receiver that is full or gone has lost it, as it would lose any acknowledgement */
	nlmsg_unicast(net->genl_sock, skb, portid);
	return;

err_free:
	nlmsg_free(skb);
}

/**
 * vmi_nl_refuse - refuse a request with a text that is made for it
 * @info: the request
 * @err: negative errno
 * @text: explanation
 *
 * An extack of 6.1 can only carry a constant string, so the acknowledgement is
 * sent here, and -EINTR tells netlink_rcv_skb() not to send another one.
 *
 * Context: Process context, may sleep.
 * Return: -EINTR, for the operation to return.
 */
int vmi_nl_refuse(struct genl_info *info, int err, const char *text)
{
	vmi_nl_ack(genl_info_net(info), info->snd_portid, info->nlhdr, err, text);
	return -EINTR;
}

/**
 * vmi_nl_name - take a name out of a request
 * @info: the request
 * @attr: the attribute
 * @name: VMI_NAME_LEN bytes
 *
 * Context: Process context.
 * Return: 0, or -EINVAL with an explanation.
 */
int vmi_nl_name(struct genl_info *info, int attr, char *name)
{
	if (GENL_REQ_ATTR_CHECK(info, attr)) {
		NL_SET_ERR_MSG(info->extack, "a name is missing");
		return -EINVAL;
	}
	nla_strscpy(name, info->attrs[attr], VMI_NAME_LEN);
	if (!vmi_name_ok(name, VMI_NAME_LEN)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[attr],
				    "a name has letters, digits, '.', '_' and '-', the first a letter or digit");
		return -EINVAL;
	}
	return 0;
}

/**
 * vmi_nl_vm - the VM that a request names
 * @skb: the request
 * @info: the same
 * @attr: the attribute
 * @change: the sender wants to change it, not only see it
 * @ret: the VM, with a reference for the caller
 *
 * Context: Process context, may sleep.
 * Return: 0, or an error that has been explained, for the operation to return.
 */
int vmi_nl_vm(struct sk_buff *skb, struct genl_info *info, int attr, bool change,
	      struct vmi_vm **ret)
{
	char name[VMI_NAME_LEN], text[VMI_REFUSAL_LEN];
	struct vmi_vm_view view;
	struct vmi_vm *vm;
	int err;

	err = vmi_nl_name(info, attr, name);
	if (err)
		return err;
	vm = vmi_vm_find(name);
	if (vm) {
		vmi_vm_view(vm, &view);
		if (change ? vmi_nl_owns(skb, view.uid) : vmi_nl_sees(skb, view.uid)) {
			*ret = vm;
			return 0;
		}
		vmi_vm_put(vm);
		if (vmi_nl_sees(skb, view.uid)) {
			snprintf(text, sizeof(text), "%s belongs to somebody else", name);
			return vmi_nl_refuse(info, -EPERM, text);
		}
	}
	/* who may not see it learns no more than this */
	snprintf(text, sizeof(text), "there is no VM %s", name);
	return vmi_nl_refuse(info, -ENOENT, text);
}

/**
 * vmi_nl_vm_still - may a request still change the VM that it named?
 * @skb: the request
 * @vm: the VM, found by vmi_nl_vm()
 * @extack: for the explanation
 *
 * Between the look-up and vmi_ctl the VM may have been deleted or have changed hands.
 *
 * Context: Process context, vmi_ctl held.
 * Return: 0, -ENOENT or -EPERM.
 */
int vmi_nl_vm_still(struct sk_buff *skb, struct vmi_vm *vm, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&vmi_ctl);
	if (vm->dead) {
		NL_SET_ERR_MSG(extack, "the VM was deleted meanwhile");
		return -ENOENT;
	}
	if (!vmi_nl_owns(skb, vm->uid)) {
		NL_SET_ERR_MSG(extack, "the VM was given to somebody else meanwhile");
		return -EPERM;
	}
	return 0;
}

#ifdef VMI_COMPAT_MERGE_OPS
/*
 * 6.1 wants do and dump of an operation in one entry. They stand one after the
 * other in the generated table.
 */
static struct genl_ops vmi_nl_merged[VMI_CMD_MAX];

static void __init vmi_nl_merge(void)
{
	const struct genl_ops *op = vmi_nl_family.ops;
	unsigned int i, n = 0;

	for (i = 0; i < vmi_nl_family.n_ops; i++, op++) {
		if (n && vmi_nl_merged[n - 1].cmd == op->cmd) {
			vmi_nl_merged[n - 1].dumpit = op->dumpit;
			vmi_nl_merged[n - 1].flags |= op->flags;
		} else {
			vmi_nl_merged[n++] = *op;
		}
	}
	vmi_nl_family.ops = vmi_nl_merged;
	vmi_nl_family.n_ops = n;
}
#else
static void __init vmi_nl_merge(void)
{
}
#endif

/**
 * vmi_nl_init - register the family
 *
 * Context: Module init.
 * Return: 0 or a negative errno.
 */
int __init vmi_nl_init(void)
{
	int err;

	vmi_nl_merge();
	err = vmi_nl_vm_init();
	if (err)
		return err;
	err = genl_register_family(&vmi_nl_family);
	if (err)
		goto err_vm;
	vmi_event_set_notify(vmi_nl_event_notify);
	return 0;

err_vm:
	vmi_nl_vm_exit();
	return err;
}

/**
 * vmi_nl_exit - undo vmi_nl_init()
 *
 * Context: Module exit; there is no VM, so no command waits.
 */
void vmi_nl_exit(void)
{
	vmi_event_set_notify(NULL);
	genl_unregister_family(&vmi_nl_family);
	vmi_nl_vm_exit();
}

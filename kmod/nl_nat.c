// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on port forwards and reservations. */
#include <linux/etherdevice.h>
#include <linux/in.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "life.h"
#include "net.h"
#include "nl.h"
#include "portfwd.h"
#include "reserve.h"
#include "vm.h"

/* may the one who dumps know this VM? */
static bool vmi_nl_nat_sees(struct netlink_callback *cb, const char *name)
{
	struct vmi_vm_view view;
	struct vmi_vm *vm;

	if (vmi_nl_sees_all(cb->skb))
		return true;
	vm = vmi_vm_find(name);
	if (!vm)
		return false;
	vmi_vm_view(vm, &view);
	vmi_vm_put(vm);
	return uid_eq(NETLINK_CREDS(cb->skb)->uid, view.uid);
}

static int vmi_nl_forward_fill(struct sk_buff *skb, struct netlink_callback *cb,
			       const struct vmi_portfwd_view *v)
{
	const struct vmi_portfwd_conf *c = &v->conf;
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vmi_nl_family,
			  NLM_F_MULTI, VMI_CMD_FORWARD_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, VMI_A_FORWARD_NET, c->net) ||
	    nla_put_u32(skb, VMI_A_FORWARD_ID, v->id) ||
	    nla_put_u8(skb, VMI_A_FORWARD_PROTO, c->proto) ||
	    nla_put_u16(skb, VMI_A_FORWARD_PORT, c->first) ||
	    nla_put_u16(skb, VMI_A_FORWARD_PORT_LAST, c->last) ||
	    nla_put_u16(skb, VMI_A_FORWARD_VM_PORT, c->to) ||
	    nla_put_u64_64bit(skb, VMI_A_FORWARD_CONNECTIONS, v->connections, VMI_A_FORWARD_PAD))
		goto err_cancel;
	if (c->addr && nla_put_be32(skb, VMI_A_FORWARD_ADDRESS, c->addr))
		goto err_cancel;
	if (c->vm[0] && nla_put_string(skb, VMI_A_FORWARD_VM, c->vm))
		goto err_cancel;
	if (v->ip && nla_put_be32(skb, VMI_A_FORWARD_IP, v->ip))
		goto err_cancel;
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/* where a dump goes on */
struct vmi_nl_nat_cursor {
	u32 at;
};

/**
 * vmi_nl_forward_get_dumpit - show the forwards
 * @skb: the answer
 * @cb: the request and how far it is answered
 *
 * Everybody sees which ports of the host are taken, but where they lead only who sees the VM.
 *
 * Context: Process context, may sleep; takes vmi_ctl. Waits for no VMM.
 * Return: bytes of the answer, 0 at the end.
 */
int vmi_nl_forward_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = vmi_compat_dump_attrs(cb);
	struct vmi_nl_nat_cursor *cursor = (void *)cb->ctx;
	struct vmi_portfwd_view view;
	struct nlattr *net;
	u32 next;

	net = attrs ? attrs[VMI_A_FORWARD_NET] : NULL;
	mutex_lock(&vmi_ctl);
	for (;;) {
		next = cursor->at;
		if (vmi_portfwd_next(&next, &view))
			break;
		if (!net || !nla_strcmp(net, view.conf.net)) {
			if (!vmi_nl_nat_sees(cb, view.conf.vm)) {
				view.conf.vm[0] = '\0';
				view.ip = 0;
			}
			if (vmi_nl_forward_fill(skb, cb, &view))
				break;
		}
		cursor->at = next;
	}
	mutex_unlock(&vmi_ctl);
	return skb->len;
}

/* what names a forward: network, protocol, first port, address */
static int vmi_nl_forward_key(struct genl_info *info, struct vmi_portfwd_conf *conf)
{
	struct nlattr **attrs = info->attrs;

	memset(conf, 0, sizeof(*conf));
	if (GENL_REQ_ATTR_CHECK(info, VMI_A_FORWARD_PROTO) ||
	    GENL_REQ_ATTR_CHECK(info, VMI_A_FORWARD_PORT)) {
		NL_SET_ERR_MSG(info->extack, "the protocol or the port is missing");
		return -EINVAL;
	}
	conf->proto = nla_get_u8(attrs[VMI_A_FORWARD_PROTO]);
	conf->first = nla_get_u16(attrs[VMI_A_FORWARD_PORT]);
	if (attrs[VMI_A_FORWARD_ADDRESS])
		conf->addr = nla_get_be32(attrs[VMI_A_FORWARD_ADDRESS]);
	return vmi_nl_name(info, VMI_A_FORWARD_NET, conf->net);
}

/**
 * vmi_nl_forward_new_doit - forward ports of the host to a VM
 * @skb: the request, of a sender with CAP_NET_ADMIN
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_forward_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr **attrs = info->attrs;
	struct vmi_portfwd_conf conf;
	char text[VMI_REFUSAL_LEN];
	struct sk_buff *reply;
	u16 taken = 0;
	u32 id = 0;
	void *hdr;
	int err;

	err = vmi_nl_forward_key(info, &conf);
	if (!err)
		err = vmi_nl_name(info, VMI_A_FORWARD_VM, conf.vm);
	if (err)
		return err;
	conf.last = conf.first;
	conf.to = conf.first;
	if (attrs[VMI_A_FORWARD_PORT_LAST])
		conf.last = nla_get_u16(attrs[VMI_A_FORWARD_PORT_LAST]);
	if (attrs[VMI_A_FORWARD_VM_PORT])
		conf.to = nla_get_u16(attrs[VMI_A_FORWARD_VM_PORT]);
	/* before what cannot be undone */
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&vmi_ctl);
	err = vmi_portfwd_new(&conf, &id, &taken, info->extack);
	mutex_unlock(&vmi_ctl);
	if (err)
		goto err_free;
	/* an empty message has room for this */
	hdr = genlmsg_put_reply(reply, info, &vmi_nl_family, 0, VMI_CMD_FORWARD_NEW);
	nla_put_u32(reply, VMI_A_FORWARD_ID, id);
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);

err_free:
	nlmsg_free(reply);
	if (!taken || (err != -EEXIST && err != -EADDRINUSE))
		return err;
	snprintf(text, sizeof(text), "%s port %u is taken by %s",
		 conf.proto == IPPROTO_TCP ? "tcp" : "udp", taken,
		 err == -EEXIST ? "another forward" : "a program of the host");
	return vmi_nl_refuse(info, err, text);
}

/**
 * vmi_nl_forward_del_doit - delete a forward
 * @skb: the request, of a sender with CAP_NET_ADMIN
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_forward_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmi_portfwd_conf conf;
	int err;

	err = vmi_nl_forward_key(info, &conf);
	if (err)
		return err;
	mutex_lock(&vmi_ctl);
	err = vmi_portfwd_del(&conf, info->extack);
	mutex_unlock(&vmi_ctl);
	return err;
}

static int vmi_nl_reserve_fill(struct sk_buff *skb, struct netlink_callback *cb, const char *net,
			       const struct vmi_reserve_view *v)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vmi_nl_family,
			  NLM_F_MULTI, VMI_CMD_RESERVE_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, VMI_A_RESERVE_NET, net) ||
	    nla_put(skb, VMI_A_RESERVE_MAC, ETH_ALEN, v->mac) ||
	    nla_put_be32(skb, VMI_A_RESERVE_IP, v->ip)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * vmi_nl_reserve_get_dumpit - show the reservations of a network
 * @skb: the answer
 * @cb: the request and how far it is answered
 *
 * Context: Process context, may sleep; takes vmi_ctl. Waits for no VMM.
 * Return: bytes of the answer, 0 at the end, or a negative errno.
 */
int vmi_nl_reserve_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = vmi_compat_dump_attrs(cb);
	struct vmi_nl_nat_cursor *cursor = (void *)cb->ctx;
	struct vmi_reserve_view view;
	char name[VMI_NAME_LEN];
	struct vmi_net *net;
	u32 next;
	int ret;

	if (!attrs || !attrs[VMI_A_RESERVE_NET]) {
		NL_SET_ERR_MSG(cb->extack, "the network's name is missing");
		return -EINVAL;
	}
	nla_strscpy(name, attrs[VMI_A_RESERVE_NET], sizeof(name));
	mutex_lock(&vmi_ctl);
	net = vmi_net_find(name);
	if (!net) {
		/* not in the middle: the network may be deleted under a dump */
		ret = cursor->at ? 0 : -ENOENT;
		if (ret)
			NL_SET_ERR_MSG(cb->extack, "there is no such network");
		goto out;
	}
	for (;;) {
		next = cursor->at;
		if (vmi_reserve_next(net, &next, &view))
			break;
		if (vmi_nl_reserve_fill(skb, cb, name, &view))
			break;
		cursor->at = next;
	}
	ret = skb->len;
out:
	mutex_unlock(&vmi_ctl);
	return ret;
}

static int vmi_nl_reserve_mac(struct genl_info *info, u8 *mac, char *net)
{
	if (GENL_REQ_ATTR_CHECK(info, VMI_A_RESERVE_MAC)) {
		NL_SET_ERR_MSG(info->extack, "the MAC address is missing");
		return -EINVAL;
	}
	nla_memcpy(mac, info->attrs[VMI_A_RESERVE_MAC], ETH_ALEN);
	return vmi_nl_name(info, VMI_A_RESERVE_NET, net);
}

/**
 * vmi_nl_reserve_new_doit - keep an address for a MAC address
 * @skb: the request, of a sender with CAP_NET_ADMIN
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_reserve_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	char name[VMI_NAME_LEN];
	u8 mac[ETH_ALEN];
	__be32 ip;
	int err;

	err = vmi_nl_reserve_mac(info, mac, name);
	if (err)
		return err;
	if (GENL_REQ_ATTR_CHECK(info, VMI_A_RESERVE_IP)) {
		NL_SET_ERR_MSG(info->extack, "the address is missing");
		return -EINVAL;
	}
	ip = nla_get_be32(info->attrs[VMI_A_RESERVE_IP]);
	mutex_lock(&vmi_ctl);
	err = vmi_reserve_new(name, mac, ip, info->extack);
	mutex_unlock(&vmi_ctl);
	return err;
}

/**
 * vmi_nl_reserve_del_doit - delete a reservation
 * @skb: the request, of a sender with CAP_NET_ADMIN
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_reserve_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	char name[VMI_NAME_LEN];
	u8 mac[ETH_ALEN];
	int err;

	err = vmi_nl_reserve_mac(info, mac, name);
	if (err)
		return err;
	mutex_lock(&vmi_ctl);
	err = vmi_reserve_del(name, mac, info->extack);
	mutex_unlock(&vmi_ctl);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Events to subscribers and to those who ask for what they missed.
 *
 * A multicast group is open to everybody on the host, so what is sent there is
 * only what happened to which name; the explanation and who caused it are in
 * the dump, which shows the events of a VM to its owner and to administrators.
 */
#include <linux/rcupdate.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "event.h"
#include "nl.h"

/* room for every attribute of an event without its private ones, generously */
#define VMI_NL_EVENT_SIZE	512

static bool vmi_nl_event_is_vm(const struct vmi_event *ev)
{
	return ev->vm_id;
}

static bool vmi_nl_event_is_lifecycle(const struct vmi_event *ev)
{
	switch (ev->kind) {
	case VMI_EVENT_KIND_VM_NEW:
	case VMI_EVENT_KIND_VM_STATE:
	case VMI_EVENT_KIND_VM_DEL:
	case VMI_EVENT_KIND_SESSION_NEW:
	case VMI_EVENT_KIND_SESSION_DEL:
		return true;
	default:
		return false;
	}
}

static int vmi_nl_event_attrs(struct sk_buff *skb, const struct vmi_event *ev)
{
	if (nla_put_u64_64bit(skb, VMI_A_EVENT_SEQ, ev->seq, VMI_A_EVENT_PAD) ||
	    nla_put_u64_64bit(skb, VMI_A_EVENT_TIME_NS, ev->time_ns, VMI_A_EVENT_PAD) ||
	    nla_put_u32(skb, VMI_A_EVENT_KIND, ev->kind))
		return -EMSGSIZE;
	if (vmi_nl_event_is_vm(ev) &&
	    (nla_put_u64_64bit(skb, VMI_A_EVENT_VM_ID, ev->vm_id, VMI_A_EVENT_PAD) ||
	     nla_put_string(skb, VMI_A_EVENT_VM, ev->vm)))
		return -EMSGSIZE;
	if (vmi_nl_event_is_lifecycle(ev) &&
	    (nla_put_u32(skb, VMI_A_EVENT_STATE, ev->state) ||
	     nla_put_u32(skb, VMI_A_EVENT_REASON, ev->reason)))
		return -EMSGSIZE;
	if (ev->kind == VMI_EVENT_KIND_VM_STATE &&
	    nla_put_u32(skb, VMI_A_EVENT_OLD_STATE, ev->old_state))
		return -EMSGSIZE;
	if (ev->net[0] && nla_put_string(skb, VMI_A_EVENT_NET, ev->net))
		return -EMSGSIZE;
	if (ev->port && nla_put_u32(skb, VMI_A_EVENT_PORT, ev->port))
		return -EMSGSIZE;
	if (ev->fault && nla_put_u32(skb, VMI_A_EVENT_FAULT, ev->fault))
		return -EMSGSIZE;
	return 0;
}

static int vmi_nl_event_private(struct sk_buff *skb, const struct vmi_event *ev)
{
	kuid_t by = make_kuid(&init_user_ns, ev->by);

	if (uid_valid(by) &&
	    nla_put_u32(skb, VMI_A_EVENT_UID, from_kuid_munged(current_user_ns(), by)))
		return -EMSGSIZE;
	if (ev->text[0] && nla_put_string(skb, VMI_A_EVENT_TEXT, ev->text))
		return -EMSGSIZE;
	return 0;
}

/**
 * vmi_nl_event_notify - tell the subscribers of all network namespaces
 * @ev: the event
 *
 * Context: Under the event ring's lock, process or softirq context.
 */
void vmi_nl_event_notify(const struct vmi_event *ev)
{
	bool life = vmi_nl_event_is_lifecycle(ev);
	struct sk_buff *skb;
	void *hdr;

	/* without memory the subscriber sees a gap in the numbers and dumps */
	skb = genlmsg_new(VMI_NL_EVENT_SIZE, GFP_ATOMIC);
	if (!skb)
		return;
	hdr = genlmsg_put(skb, 0, 0, &vmi_nl_family, 0,
			  life ? VMI_CMD_LIFECYCLE_NTF : VMI_CMD_NETWORK_NTF);
	if (!hdr || vmi_nl_event_attrs(skb, ev)) {
		nlmsg_free(skb);
		return;
	}
	genlmsg_end(skb, hdr);
	rcu_read_lock();
	genlmsg_multicast_allns(&vmi_nl_family, skb, 0,
				life ? VMI_NLGRP_LIFECYCLE : VMI_NLGRP_NETWORK);
	rcu_read_unlock();
}

/**
 * struct vmi_nl_event_cursor - how far a dump is
 * @seq: number of the last event looked at
 * @lost: to be told in the first message
 * @started: @seq is good
 * @told: the first message has been sent
 * @torn: the ring overtook the dump since
 */
struct vmi_nl_event_cursor {
	u64 seq;
	u64 lost;
	bool started;
	bool told;
	bool torn;
};

/* one message: an event, or only what was lost when @ev is NULL */
static int vmi_nl_event_fill(struct sk_buff *skb, struct netlink_callback *cb,
			     const struct vmi_event *ev)
{
	struct vmi_nl_event_cursor *c = (void *)cb->ctx;
	/* as after any change under a dump, the client may ask again */
	int flags = NLM_F_MULTI | (c->torn ? NLM_F_DUMP_INTR : 0);
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vmi_nl_family,
			  flags, VMI_CMD_EVENT_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (c->lost && !c->told &&
	    nla_put_u64_64bit(skb, VMI_A_EVENT_LOST, c->lost, VMI_A_EVENT_PAD))
		goto err_cancel;
	if (ev && (vmi_nl_event_attrs(skb, ev) || vmi_nl_event_private(skb, ev)))
		goto err_cancel;
	genlmsg_end(skb, hdr);
	c->told = true;
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

static void vmi_nl_event_start(struct netlink_callback *cb)
{
	struct vmi_nl_event_cursor *c = (void *)cb->ctx;
	struct nlattr **attrs = vmi_compat_dump_attrs(cb);

	if (c->started)
		return;
	c->started = true;
	if (attrs && attrs[VMI_A_EVENT_SINCE])
		c->seq = nla_get_u64(attrs[VMI_A_EVENT_SINCE]);
}

/**
 * vmi_nl_event_get_dumpit - the events that are kept
 * @skb: the answer
 * @cb: the request and how far it is answered
 *
 * Numbers are the same for every reader: of events that one may not see,
 * only the gap shows. When none can be seen and some are lost, one message
 * says only that.
 *
 * Context: Process context.
 * Return: bytes of the answer, 0 at the end.
 */
int vmi_nl_event_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vmi_nl_event_cursor *c = (void *)cb->ctx;
	bool all = vmi_nl_sees_all(cb->skb);
	kuid_t uid = NETLINK_CREDS(cb->skb)->uid;
	struct vmi_event ev;
	u64 seq, lost;

	BUILD_BUG_ON(sizeof(*c) > sizeof(cb->ctx));
	vmi_nl_event_start(cb);
	while ((seq = vmi_event_replay(c->seq, &ev, &lost))) {
		if (lost && !c->told)
			c->lost += lost;
		else if (lost)
			c->torn = true;
		/* what is lost is behind us, whether or not the event fits now */
		c->seq = seq - 1;
		if ((all || !vmi_nl_event_is_vm(&ev) || uid_eq(uid, ev.owner)) &&
		    vmi_nl_event_fill(skb, cb, &ev))
			return skb->len;
		c->seq = seq;
	}
	if (c->lost && !c->told)
		vmi_nl_event_fill(skb, cb, NULL);
	return skb->len;
}

// SPDX-License-Identifier: GPL-2.0
/* Netlink attributes of a port's policy. */
#include <linux/capability.h>
#include <linux/string.h>

#include "compat.h"
#include "nl.h"
#include "nl_policy.h"
#include "policy.h"
#include "port.h"

static const int vmi_nl_limit_attr[2] = {
	[VMI_RX] = VMI_A_PORT_RX_LIMIT,
	[VMI_TX] = VMI_A_PORT_TX_LIMIT,
};

static const int vmi_nl_impair_attr[2] = {
	[VMI_RX] = VMI_A_PORT_RX_IMPAIR,
	[VMI_TX] = VMI_A_PORT_TX_IMPAIR,
};

static int vmi_nl_limit(const struct nlattr *attr, struct vmi_limit_conf *conf,
			struct netlink_ext_ack *extack)
{
	struct nlattr *tb[VMI_A_LIMIT_MAX + 1];
	int err;

	err = nla_parse_nested(tb, VMI_A_LIMIT_MAX, attr, vmi_limit_nl_policy, extack);
	if (err)
		return err;
	if (tb[VMI_A_LIMIT_PACKETS])
		conf->packets = nla_get_u64(tb[VMI_A_LIMIT_PACKETS]);
	if (tb[VMI_A_LIMIT_PACKETS_BURST])
		conf->packets_burst = nla_get_u64(tb[VMI_A_LIMIT_PACKETS_BURST]);
	if (tb[VMI_A_LIMIT_BYTES])
		conf->bytes = nla_get_u64(tb[VMI_A_LIMIT_BYTES]);
	if (tb[VMI_A_LIMIT_BYTES_BURST])
		conf->bytes_burst = nla_get_u64(tb[VMI_A_LIMIT_BYTES_BURST]);
	return 0;
}

static int vmi_nl_impair(const struct nlattr *attr, struct vmi_impair_conf *conf,
			 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[VMI_A_IMPAIR_MAX + 1];
	int err;

	err = nla_parse_nested(tb, VMI_A_IMPAIR_MAX, attr, vmi_impair_nl_policy, extack);
	if (err)
		return err;
	if (tb[VMI_A_IMPAIR_LOSS_PPM])
		conf->loss_ppm = nla_get_u32(tb[VMI_A_IMPAIR_LOSS_PPM]);
	if (tb[VMI_A_IMPAIR_DELAY_US])
		conf->delay_us = nla_get_u32(tb[VMI_A_IMPAIR_DELAY_US]);
	if (tb[VMI_A_IMPAIR_JITTER_US])
		conf->jitter_us = nla_get_u32(tb[VMI_A_IMPAIR_JITTER_US]);
	if (tb[VMI_A_IMPAIR_REORDER_PPM])
		conf->reorder_ppm = nla_get_u32(tb[VMI_A_IMPAIR_REORDER_PPM]);
	return 0;
}

/**
 * vmi_nl_policy - take what a request wants of a port's policy
 * @skb: the request
 * @info: the same
 * @conf: set to it
 *
 * Context: Process context.
 * Return: 0; 1 when there is something in it; -EPERM (without CAP_NET_ADMIN) or -EINVAL,
 * explained.
 */
int vmi_nl_policy(struct sk_buff *skb, struct genl_info *info, struct vmi_policy_conf *conf)
{
	struct nlattr **attrs = info->attrs;
	unsigned int i;
	int err;

	memset(conf, 0, sizeof(*conf));
	for (i = VMI_A_PORT_GUARD; i <= VMI_A_PORT_TX_IMPAIR; i++) {
		if (attrs[i])
			break;
	}
	if (i > VMI_A_PORT_TX_IMPAIR)
		return 0;
	if (!netlink_capable(skb, CAP_NET_ADMIN)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attrs[i],
				    "guards, limits and isolation of a port need CAP_NET_ADMIN");
		return -EPERM;
	}

	if (attrs[VMI_A_PORT_GUARD]) {
		conf->set_guard = true;
		conf->guard = nla_get_u32(attrs[VMI_A_PORT_GUARD]);
		conf->guard_mask = attrs[VMI_A_PORT_GUARD_MASK] ?
				   nla_get_u32(attrs[VMI_A_PORT_GUARD_MASK]) : ~0U;
	}
	if (attrs[VMI_A_PORT_GUARD_OWN]) {
		conf->set_own = true;
		conf->own = nla_get_u8(attrs[VMI_A_PORT_GUARD_OWN]);
	}
	if (attrs[VMI_A_PORT_ISOLATED]) {
		conf->set_isolated = true;
		conf->isolated = nla_get_u8(attrs[VMI_A_PORT_ISOLATED]);
	}
	for (i = 0; i < 2; i++) {
		struct nlattr *limit = attrs[vmi_nl_limit_attr[i]];
		struct nlattr *impair = attrs[vmi_nl_impair_attr[i]];

		conf->set_limit[i] = limit;
		conf->set_impair[i] = impair;
		err = limit ? vmi_nl_limit(limit, &conf->limit[i], info->extack) : 0;
		if (!err && impair)
			err = vmi_nl_impair(impair, &conf->impair[i], info->extack);
		if (err)
			return err;
	}
	return 1;
}

static int vmi_nl_limit_fill(struct sk_buff *skb, int attr, const struct vmi_limit_conf *conf)
{
	struct nlattr *nest;

	if (!conf->packets && !conf->bytes)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (conf->packets &&
	    (nla_put_u64_64bit(skb, VMI_A_LIMIT_PACKETS, conf->packets, VMI_A_LIMIT_PAD) ||
	     nla_put_u64_64bit(skb, VMI_A_LIMIT_PACKETS_BURST, conf->packets_burst,
			       VMI_A_LIMIT_PAD)))
		return -EMSGSIZE;
	if (conf->bytes &&
	    (nla_put_u64_64bit(skb, VMI_A_LIMIT_BYTES, conf->bytes, VMI_A_LIMIT_PAD) ||
	     nla_put_u64_64bit(skb, VMI_A_LIMIT_BYTES_BURST, conf->bytes_burst, VMI_A_LIMIT_PAD)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int vmi_nl_impair_fill(struct sk_buff *skb, int attr, const struct vmi_impair_conf *conf)
{
	struct nlattr *nest;

	if (!conf->loss_ppm && !conf->delay_us)
		return 0;
	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VMI_A_IMPAIR_LOSS_PPM, conf->loss_ppm) ||
	    nla_put_u32(skb, VMI_A_IMPAIR_DELAY_US, conf->delay_us) ||
	    nla_put_u32(skb, VMI_A_IMPAIR_JITTER_US, conf->jitter_us) ||
	    nla_put_u32(skb, VMI_A_IMPAIR_REORDER_PPM, conf->reorder_ppm))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/**
 * vmi_nl_policy_fill - put a port's policy into an answer
 * @skb: the answer
 * @view: the policy
 *
 * Context: Any.
 * Return: 0, or -EMSGSIZE; the caller cancels the message.
 */
int vmi_nl_policy_fill(struct sk_buff *skb, const struct vmi_policy_view *view)
{
	unsigned int i;
	int err;

	if (nla_put_u32(skb, VMI_A_PORT_GUARD, view->guard) ||
	    nla_put_u8(skb, VMI_A_PORT_GUARD_OWN, view->own) ||
	    nla_put_u8(skb, VMI_A_PORT_ISOLATED, view->isolated))
		return -EMSGSIZE;
	for (i = 0; i < 2; i++) {
		err = vmi_nl_limit_fill(skb, vmi_nl_limit_attr[i], &view->limit[i]);
		if (!err)
			err = vmi_nl_impair_fill(skb, vmi_nl_impair_attr[i], &view->impair[i]);
		if (err)
			return err;
	}
	return 0;
}

/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vmi.yaml */
/* YNL-GEN kernel header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _LINUX_VMI_GEN_H
#define _LINUX_VMI_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/vmi.h>

/* Common nested types */
extern const struct nla_policy vmi_impair_nl_policy[VMI_A_IMPAIR_REORDER_PPM + 1];
extern const struct nla_policy vmi_limit_nl_policy[VMI_A_LIMIT_PAD + 1];

int vmi_nl_vm_get_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_vm_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmi_nl_vm_new_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_vm_set_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_vm_del_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_vm_command_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_net_get_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_net_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmi_nl_net_new_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_net_set_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_net_del_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_port_get_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmi_nl_port_new_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_port_set_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_port_del_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_fdb_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmi_nl_event_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmi_nl_forward_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmi_nl_forward_new_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_forward_del_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_reserve_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int vmi_nl_reserve_new_doit(struct sk_buff *skb, struct genl_info *info);
int vmi_nl_reserve_del_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	VMI_NLGRP_LIFECYCLE,
	VMI_NLGRP_NETWORK,
};

extern struct genl_family vmi_nl_family;

#endif /* _LINUX_VMI_GEN_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Netlink attributes of a port's policy. */
#ifndef VMI_NL_POLICY_H
#define VMI_NL_POLICY_H

struct genl_info;
struct sk_buff;
struct vmi_policy_conf;
struct vmi_policy_view;

int vmi_nl_policy(struct sk_buff *skb, struct genl_info *info, struct vmi_policy_conf *conf);
int vmi_nl_policy_fill(struct sk_buff *skb, const struct vmi_policy_view *view);

#endif /* VMI_NL_POLICY_H */

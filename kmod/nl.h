/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The netlink family: attributes to calls and back.
 *
 * nl.c has the family and what all operations use, nl_vm.c, nl_net.c and
 * nl_event.c the operations, nl_gen.c the policies (generated).
 */
#ifndef VMI_NL_H
#define VMI_NL_H

#include <linux/uidgid.h>

#include "nl_gen.h"

struct vmi_vm;

bool vmi_nl_owns(const struct sk_buff *skb, kuid_t owner);
bool vmi_nl_sees_all(const struct sk_buff *skb);
bool vmi_nl_sees(const struct sk_buff *skb, kuid_t owner);
u32 vmi_nl_sender(const struct sk_buff *skb);

void vmi_nl_ack(struct net *net, u32 portid, const struct nlmsghdr *req, int err,
		const char *text);
int vmi_nl_refuse(struct genl_info *info, int err, const char *text);
int vmi_nl_name(struct genl_info *info, int attr, char *name);
int vmi_nl_vm(struct sk_buff *skb, struct genl_info *info, int attr, bool change,
	      struct vmi_vm **ret);
int vmi_nl_vm_still(struct sk_buff *skb, struct vmi_vm *vm, struct netlink_ext_ack *extack);

/* nl_vm.c: answers of commands to clients that may go away */
int vmi_nl_vm_init(void);
void vmi_nl_vm_exit(void);

/* nl_event.c: tells the subscribers */
struct vmi_event;
void vmi_nl_event_notify(const struct vmi_event *ev);

int vmi_nl_init(void);
void vmi_nl_exit(void);

#endif /* VMI_NL_H */

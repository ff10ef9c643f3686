/* SPDX-License-Identifier: GPL-2.0 */
/* NAT: guests' way to the world through the host's addresses. */
#ifndef VMI_NAT_H
#define VMI_NAT_H

#include <linux/types.h>

struct in6_addr;
struct net;
struct netlink_ext_ack;
struct vmi_net;
struct vmi_portfwd_table;

/* vmi_ctl held; the network has its host's interface */
int vmi_nat_add(struct vmi_net *net, struct net *netns, struct netlink_ext_ack *extack);
/* vmi_ctl held; before the host's interface goes. Nothing happens if there is no NAT. */
void vmi_nat_del(struct vmi_net *net);
/* vmi_ctl held; the network has other flags */
void vmi_nat_flags_changed(struct vmi_net *net);
/* vmi_ctl held; a port was put into the network's list, or taken out of it */
void vmi_nat_ports_changed(struct vmi_net *net);
/* vmi_ctl held; an RCU grace period after the port was taken out of it */
void vmi_nat_port_gone(struct vmi_net *net, __be32 ip, const struct in6_addr *prefix6);
/* vmi_ctl held; the forwarded ports of the network's namespace, NULL without NAT */
struct vmi_portfwd_table *vmi_nat_forwards(struct vmi_net *net, struct net **netns);
/* vmi_ctl held; end the connections that a forward has made */
void vmi_nat_forget_forward(struct vmi_net *net, u8 proto, u16 first, u16 last, __be32 ip);

int vmi_nat_init(void);
void vmi_nat_exit(void);

#endif /* VMI_NAT_H */

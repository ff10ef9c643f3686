/* SPDX-License-Identifier: GPL-2.0 */
/* The host's leg of a network: a netdev with the gateway address. */
#ifndef VMI_HOSTDEV_H
#define VMI_HOSTDEV_H

struct in6_addr;
struct net;
struct net_device;
struct netlink_ext_ack;
struct sk_buff;
struct vmi_net;
struct vmi_port;

/* the host's address on the link of every network with IPv6, by which guests reach it as a router */
extern const struct in6_addr vmi_hostdev_router6;

int vmi_hostdev_add(struct vmi_net *net, struct net *netns, struct netlink_ext_ack *extack);
void vmi_hostdev_del(struct vmi_net *net);
int vmi_hostdev_set_mtu(struct vmi_net *net, u32 mtu, struct netlink_ext_ack *extack);
/* the network whose interface it is, or NULL; RCU or vmi_ctl held */
struct vmi_net *vmi_hostdev_net(const struct net_device *dev);
/* vmi_ctl held: a guest's addresses are nobody's now; its claims go */
void vmi_hostdev_forget(struct vmi_port *port);
/* what a frame of the host is given to, with the skb; bottom halves off. Before the first network. */
void vmi_hostdev_set_xmit(void (*fn)(struct vmi_net *net, struct sk_buff *skb));

#endif /* VMI_HOSTDEV_H */

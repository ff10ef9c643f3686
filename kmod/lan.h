/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames between the guests of a bridged network and its uplink.
 *
 * Frames for guests are taken where they come in from the wire (ingress) and where
 * the host sends them (egress); all others go their way. What guests send goes out
 * by the interface, or comes in by it as if received.
 */
#ifndef VMI_LAN_H
#define VMI_LAN_H

#include <linux/bits.h>

struct list_head;
struct net_device;
struct netlink_ext_ack;
struct sk_buff;
struct vmi_frame;
struct vmi_net;
struct vmi_port;
struct vmi_uplink;

/* Where a guest's frame goes, besides to other guests. */
#define VMI_LAN_WIRE	BIT(0)
#define VMI_LAN_HOST	BIT(1)

/* rtnl held */
int vmi_lan_hook(struct vmi_uplink *up, struct net_device *dev, struct netlink_ext_ack *extack);
void vmi_lan_unhook(struct vmi_uplink *up, struct net_device *dev);

/*
 * For the packet path: bottom halves off; but for the last RCU read side, too
 */
int vmi_lan_out(struct vmi_uplink *up, struct net_device *dev, struct vmi_port *from,
		const struct vmi_frame *f, struct sk_buff *skb);
void vmi_lan_xmit(struct vmi_port *from, struct list_head *list);
/*
 * what a frame for guests is given to, with the skb at its Ethernet header; @to is
 * NULL for all guests. Before the first network.
 */
void vmi_lan_set_deliver(void (*fn)(struct vmi_net *net, struct vmi_port *to,
				    struct sk_buff *skb));

#endif /* VMI_LAN_H */

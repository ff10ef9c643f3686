// SPDX-License-Identifier: GPL-2.0
/*
 * Frames between the guests of a bridged network and its uplink.
 *
 * A hook gets each frame that passes the interface and gives the verdict: NF_ACCEPT
 * leaves it alone, NF_STOLEN says that guests have it. It runs last of all hooks,
 * so what an administrator filters on the interface is filtered for guests too.
 *
 * A frame that a guest sent comes by the hooks as well, when it is received on
 * the host's behalf or sent. It is known by its source, or by vmi_lan_own,
 * and is not given to guests again; nor is one that the LAN reflects.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/netfilter_netdev.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <net/sock.h>
#include <net/xfrm.h>

#include "compat.h"
#include "frame.h"
#include "lan.h"
#include "macnat.h"
#include "net.h"
#include "port.h"
#include "uplink.h"

static void (*lan_deliver)(struct vmi_net *net, struct vmi_port *to, struct sk_buff *skb);
/* the frame that we are sending on this CPU; bottom halves off */
static DEFINE_PER_CPU(struct sk_buff *, vmi_lan_own);

/* ---- frames for guests ---- */

/* Make an skb, at its Ethernet header, one that the switch takes; NULL: it is freed. */
static struct sk_buff *take(struct vmi_net *net, struct sk_buff *skb)
{
	/* What the device summed is not what the frame consists of now. */
	if (skb->ip_summed == CHECKSUM_COMPLETE)
		skb->ip_summed = CHECKSUM_NONE;
	if (skb_vlan_tag_present(skb)) {
		skb = __vlan_hwaccel_push_inside(skb);
		if (!skb)
			vmi_net_drop(net, VMI_DROP_NO_MEM);
	}
	return skb;
}

/* The guest that an address belongs to, or NULL. */
static struct vmi_port *guest_with(struct vmi_net *net, const u8 *mac)
{
	struct vmi_port *port = NULL;

	vmi_fdb_find(&net->fdb, mac, READ_ONCE(net->conf.ageing_ms), &port);
	return port;
}

/* A copy of a multicast for all guests. The skb's data is @push bytes behind its Ethernet header. */
static void copy_to_all(struct vmi_net *net, struct sk_buff *skb, unsigned int push)
{
	struct sk_buff *clone = skb_clone(skb, GFP_ATOMIC);

	if (!clone) {
		vmi_net_drop(net, VMI_DROP_NO_MEM);
		return;
	}
	skb_push(clone, push);
	clone = take(net, clone);
	if (clone)
		lan_deliver(net, NULL, clone);
}

/* The guest that a frame to the uplink's address is for, by its IP address; NULL: the host. */
static struct vmi_port *translated(struct vmi_uplink *up, const struct sk_buff *skb,
				   struct vmi_frame *f, u8 *head)
{
	u32 len = min_t(u32, ETH_HLEN + skb->len, VMI_FRAME_HEAD);
	struct in6_addr addr;
	struct vmi_port *port;

	memcpy(head, skb_mac_header(skb), ETH_HLEN);
	/* A guest's own, for the host: it reaches others by their addresses. */
	if (guest_with(up->net, head + ETH_ALEN))
		return NULL;
	if (skb_copy_bits(skb, 0, head + ETH_HLEN, len - ETH_HLEN) ||
	    vmi_frame_parse(f, head, len, ETH_HLEN + skb->len) != VMI_FRAME_OK ||
	    !vmi_macnat_target(f, head, len, &addr))
		return NULL;
	port = vmi_neigh_find(&up->neigh, &addr);
	/* A guest may claim any address, but it does not get the host's frames. */
	return port && !vmi_uplink_host_has(up, &addr) ? port : NULL;
}

static int translate(struct sk_buff *skb, const struct vmi_frame *f, const u8 *mac,
		     const struct vmi_port *port)
{
	/* as much as there is to write to */
	u32 len = f->flags & VMI_FRAME_ARP ? f->l3_off + 28 : ETH_ALEN;
	int err = skb_ensure_writable(skb, len);

	if (!err)
		vmi_macnat_in(f, skb->data, skb_headlen(skb), mac, port->mac);
	return err;
}

/* A frame came in from the LAN; its data begins behind the Ethernet header. */
static unsigned int hook_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb_mac_header(skb);
	unsigned int push = skb->data - skb_mac_header(skb);
	struct vmi_uplink *up = priv;
	struct vmi_net *net = up->net;
	struct vmi_port *port;
	struct vmi_frame f;
	u8 head[VMI_FRAME_HEAD];
	bool nat = false;

	if (is_multicast_ether_addr(eth->h_dest)) {
		if (is_link_local_ether_addr(eth->h_dest) || guest_with(net, eth->h_source) ||
		    ether_addr_equal(eth->h_source, state->in->dev_addr))
			return NF_ACCEPT;
		vmi_fdb_unlearn(&net->fdb, eth->h_source);
		copy_to_all(net, skb, push);
		return NF_ACCEPT;
	}

	port = NULL;
	/* Most are for the host, and the device has compared already. */
	if (skb->pkt_type != PACKET_HOST) {
		port = guest_with(net, eth->h_dest);
	} else if (READ_ONCE(up->mac_nat) && push == ETH_HLEN) {
		port = translated(up, skb, &f, head);
		nat = true;
	}
	if (!port)
		return NF_ACCEPT;

	vmi_fdb_unlearn(&net->fdb, eth->h_source);
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		vmi_port_drop(port, VMI_DROP_NO_MEM);
		return NF_STOLEN;
	}
	skb_push(skb, push);
	if (nat && translate(skb, &f, state->in->dev_addr, port)) {
		vmi_port_drop(port, VMI_DROP_NO_MEM);
		kfree_skb(skb);
		return NF_STOLEN;
	}
	skb = take(net, skb);
	if (skb)
		lan_deliver(net, port, skb);
	return NF_STOLEN;
}

/*
 * A frame of the host for a guest does not get to where a driver would take it: do what
 * happens there for all drivers. NULL: it is freed.
 */
static struct sk_buff *as_sent(struct sk_buff *skb)
{
	struct net_device *dev = skb->dev;
#ifdef CONFIG_SOCK_VALIDATE_XMIT
	struct sock *sk = skb->sk;

	/* What the device would encrypt (TLS) is encrypted as for one that cannot. */
	if (sk && sk_fullsock(sk) && sk->sk_validate_xmit_skb) {
		skb = sk->sk_validate_xmit_skb(sk, blackhole_netdev, skb);
		if (!skb)
			return NULL;
	}
#endif
	if (dev_nit_active(dev))
		dev_queue_xmit_nit(skb, dev);
	skb_tx_timestamp(skb);
	return skb;
}

/* The host sends a frame; its data begins with the Ethernet header. */
static unsigned int hook_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct vmi_uplink *up = priv;
	struct vmi_net *net = up->net;
	struct vmi_port *port;
	struct ethhdr eth;

	if (this_cpu_read(vmi_lan_own) == skb) {
		this_cpu_write(vmi_lan_own, NULL);
		return NF_ACCEPT;
	}
	if (READ_ONCE(net->conf.flags) & BIT(VMI_NET_FLAG_NO_HOST) ||
	    skb_copy_bits(skb, 0, &eth, sizeof(eth)))
		return NF_ACCEPT;
	/* Of a bridge that the uplink is part of, or of another interface on top of it. */
	if (!ether_addr_equal(eth.h_source, state->out->dev_addr))
		vmi_fdb_learn(&net->fdb, eth.h_source, NULL);

	if (is_multicast_ether_addr(eth.h_dest)) {
		if (!is_link_local_ether_addr(eth.h_dest) && !guest_with(net, eth.h_source))
			copy_to_all(net, skb, 0);
		return NF_ACCEPT;
	}
	port = guest_with(net, eth.h_dest);
	if (!port)
		return NF_ACCEPT;
	/* Its payload is to be encrypted on the way to a device that it does not take. */
	if (xfrm_offload(skb)) {
		vmi_port_drop(port, VMI_DROP_NO_FEATURE);
		return NF_DROP;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb) {
		vmi_port_drop(port, VMI_DROP_NO_MEM);
		return NF_STOLEN;
	}
	skb = as_sent(skb);
	if (skb)
		skb = take(net, skb);
	if (skb)
		lan_deliver(net, port, skb);
	return NF_STOLEN;
}

/* ---- frames of guests ---- */

/**
 * vmi_lan_set_deliver - say who gives frames to guests
 * @fn: takes the skb over; called with bottom halves off and RCU held
 *
 * Context: process, before the first network is added.
 */
void vmi_lan_set_deliver(void (*fn)(struct vmi_net *net, struct vmi_port *to,
				    struct sk_buff *skb))
{
	lan_deliver = fn;
}

/**
 * vmi_lan_out - make a guest's frame ready for the LAN
 * @up: the uplink
 * @dev: its interface
 * @from: the guest's port
 * @f: the frame, parsed
 * @skb: the frame; changed
 *
 * Context: softirq, RCU read side; the port's poll.
 * Return: VMI_FRAME_OK or the enum vmi_drop.
 */
int vmi_lan_out(struct vmi_uplink *up, struct net_device *dev, struct vmi_port *from,
		const struct vmi_frame *f, struct sk_buff *skb)
{
	u32 max = READ_ONCE(dev->mtu) + dev->hard_header_len + VLAN_HLEN;
	struct in6_addr addr;

	if (!(dev->flags & IFF_UP))
		return VMI_DROP_LINK_DOWN;
	if (skb_is_gso(skb) ? !skb_gso_validate_mac_len(skb, max) : skb->len > max)
		return VMI_DROP_TOO_LONG;
	if (READ_ONCE(up->mac_nat)) {
		if (vmi_macnat_source(f, &addr))
			vmi_neigh_learn(&up->neigh, &addr, from);
		if (!vmi_macnat_out(f, skb->data, min_t(u32, skb_headlen(skb), VMI_FRAME_HEAD),
				    dev->dev_addr, skb->ip_summed == CHECKSUM_PARTIAL))
			return VMI_DROP_RESERVED;
	}
	skb->dev = dev;
	return VMI_FRAME_OK;
}

/**
 * vmi_lan_xmit - send a guest's frames
 * @from: the guest's port
 * @list: skbs that vmi_lan_out() has made ready; empty then
 *
 * Context: softirq, no lock held: the interface may be one that ends in another port.
 */
void vmi_lan_xmit(struct vmi_port *from, struct list_head *list)
{
	struct sk_buff *skb, *next;
	int err;

	list_for_each_entry_safe(skb, next, list, list) {
		skb_list_del_init(skb);
		this_cpu_write(vmi_lan_own, skb);
		err = dev_queue_xmit(skb);
		/* another hook may have had it before ours */
		this_cpu_write(vmi_lan_own, NULL);
		if (net_xmit_eval(err))
			vmi_port_drop(from, VMI_DROP_UPLINK);
	}
}

/* ---- hooks ---- */

/**
 * vmi_lan_hook - have frames of an interface looked at
 * @up: the uplink that it becomes
 * @dev: the interface
 * @extack: for the explanation
 *
 * Context: process, rtnl held.
 * Return: 0, -EOPNOTSUPP (kernel), or what netfilter says.
 */
int vmi_lan_hook(struct vmi_uplink *up, struct net_device *dev, struct netlink_ext_ack *extack)
{
	static const struct { nf_hookfn *fn; unsigned int num; } hooks[] = {
		{ hook_in, NF_NETDEV_INGRESS },
		{ hook_out, NF_NETDEV_EGRESS },
	};
	unsigned int i;
	int err;

	ASSERT_RTNL();
	for (i = 0; i < ARRAY_SIZE(hooks); i++) {
		up->ops[i] = (struct nf_hook_ops) {
			.hook = hooks[i].fn,
			.dev = dev,
			.priv = up,
			.pf = NFPROTO_NETDEV,
			.hooknum = hooks[i].num,
			.priority = INT_MAX,
		};
	}
	err = nf_register_net_hooks(dev_net(dev), up->ops, ARRAY_SIZE(up->ops));
	if (err == -EOPNOTSUPP)
		NL_SET_ERR_MSG(extack, "this kernel was built without netfilter hooks on interfaces");
	else if (err)
		NL_SET_ERR_MSG(extack, "the uplink's hooks cannot be registered");
	return err;
}

/**
 * vmi_lan_unhook - undo vmi_lan_hook()
 * @up: the uplink
 * @dev: its interface
 *
 * A hook may be running until an RCU grace period is over.
 *
 * Context: process, rtnl held.
 */
void vmi_lan_unhook(struct vmi_uplink *up, struct net_device *dev)
{
	ASSERT_RTNL();
	nf_unregister_net_hooks(dev_net(dev), up->ops, ARRAY_SIZE(up->ops));
}

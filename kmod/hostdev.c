// SPDX-License-Identifier: GPL-2.0
/*
 * The host's leg of a network.
 *
 * The netdev has no rtnl_link_ops, so that `ip link del` refuses it, and does
 * not change its network namespace; when that ends, net.c removes it first.
 */
#include <linux/ethtool.h>
#include <linux/etherdevice.h>
#include <linux/inetdevice.h>
#include <linux/ipv6.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>
#include <net/arp.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/neighbour.h>
#include <net/net_namespace.h>
#include <net/netlink.h>
#include <net/sock.h>

#include "compat.h"
#include "hostdev.h"
#include "net.h"
#include "port.h"
#include "vm.h"
#include "wall.h"

#define HOST_FEATURES	(NETIF_F_SG | NETIF_F_FRAGLIST | NETIF_F_HIGHDMA | NETIF_F_HW_CSUM | \
			 NETIF_F_TSO | NETIF_F_TSO6 | NETIF_F_TSO_ECN | NETIF_F_GSO_UDP_L4)

/**
 * struct hostdev_priv - our part of the netdev
 * @net: the network, which outlives the netdev; const
 */
struct hostdev_priv {
	struct vmi_net *net;
};

const struct in6_addr vmi_hostdev_router6 = { .s6_addr = { 0xfe, 0x80, [15] = 1 } };

static void (*hostdev_xmit)(struct vmi_net *net, struct sk_buff *skb);

static int hostdev_init(struct net_device *dev)
{
	dev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return dev->tstats ? 0 : -ENOMEM;
}

static void hostdev_uninit(struct net_device *dev)
{
	free_percpu(dev->tstats);
}

static netdev_tx_t hostdev_start_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct hostdev_priv *priv = netdev_priv(dev);

	dev_sw_netstats_tx_add(dev, 1, skb->len);
	skb_tx_timestamp(skb);
	hostdev_xmit(priv->net, skb);
	return NETDEV_TX_OK;
}

static int hostdev_set_mac(struct net_device *dev, void *addr)
{
	/* The forwarding table and the guests' neighbours know it. */
	return -EOPNOTSUPP;
}

static const struct net_device_ops hostdev_ops = {
	.ndo_init		= hostdev_init,
	.ndo_uninit		= hostdev_uninit,
	.ndo_start_xmit		= hostdev_start_xmit,
	.ndo_set_mac_address	= hostdev_set_mac,
	.ndo_validate_addr	= eth_validate_addr,
	.ndo_get_stats64	= dev_get_tstats64,
};

static void hostdev_drvinfo(struct net_device *dev, struct ethtool_drvinfo *info)
{
	struct hostdev_priv *priv = netdev_priv(dev);

	strscpy(info->driver, "vmi", sizeof(info->driver));
	strscpy(info->bus_info, priv->net->conf.name, sizeof(info->bus_info));
}

static const struct ethtool_ops hostdev_ethtool_ops = {
	.get_drvinfo	= hostdev_drvinfo,
	.get_link	= ethtool_op_get_link,
};

static void hostdev_setup(struct net_device *dev)
{
	ether_setup(dev);
	dev->netdev_ops = &hostdev_ops;
	dev->ethtool_ops = &hostdev_ethtool_ops;
	dev->priv_flags |= IFF_LIVE_ADDR_CHANGE | IFF_NO_QUEUE;
	dev->priv_flags &= ~IFF_TX_SKB_SHARING;
	dev->features |= HOST_FEATURES;
	dev->hw_features |= HOST_FEATURES;
	dev->vlan_features |= HOST_FEATURES;
	vmi_compat_netdev_local_lltx(dev);
}

/**
 * vmi_hostdev_set_xmit - say who takes the host's frames
 * @fn: takes the skb over; called with bottom halves off
 *
 * Context: process, before the first network is added.
 */
void vmi_hostdev_set_xmit(void (*fn)(struct vmi_net *net, struct sk_buff *skb))
{
	hostdev_xmit = fn;
}

/**
 * vmi_hostdev_net - the network that an interface belongs to
 * @dev: any interface
 *
 * Context: any; RCU read side or vmi_ctl held.
 * Return: the network, or NULL if it is none of ours.
 */
struct vmi_net *vmi_hostdev_net(const struct net_device *dev)
{
	struct hostdev_priv *priv;

	if (dev->netdev_ops != &hostdev_ops)
		return NULL;
	priv = netdev_priv(dev);
	return priv->net;
}

/*
 * Give the netdev an address. The kernel exports no function for it, so this
 * speaks rtnetlink, as a program would. The destination address must be given: with
 * it the permission asked for is that of the client behind us.
 */
static int talk_rtnetlink(struct net *netns, struct sk_buff *req)
{
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr nlh;
		struct nlmsgerr err;
		u8 more[256];
	} answer;
	struct msghdr msg = { .msg_name = &to, .msg_namelen = sizeof(to) };
	struct kvec vec = { .iov_base = req->data, .iov_len = req->len };
	struct socket *sock;
	int err;

	err = sock_create_kern(netns, PF_NETLINK, SOCK_RAW, NETLINK_ROUTE, &sock);
	if (err)
		return err;
	err = kernel_sendmsg(sock, &msg, &vec, 1, req->len);
	if (err < 0)
		goto out;
	/* The answer is there: rtnetlink worked in our own context. */
	memset(&msg, 0, sizeof(msg));
	vec.iov_base = &answer;
	vec.iov_len = sizeof(answer);
	err = kernel_recvmsg(sock, &msg, &vec, 1, sizeof(answer), MSG_DONTWAIT);
	if (err < 0)
		goto out;
	if (err < offsetofend(typeof(answer), err.error) ||
	    answer.nlh.nlmsg_type != NLMSG_ERROR)
		err = -EPROTO;
	else
		err = answer.err.error;
out:
	sock_release(sock);
	return err;
}

static struct nlmsghdr *put_address(struct sk_buff *req, const struct net_device *dev, u8 family,
				    u8 prefix_len, u8 scope)
{
	struct nlmsghdr *nlh;
	struct ifaddrmsg *ifa;

	nlh = nlmsg_put(req, 0, 1, RTM_NEWADDR, sizeof(*ifa),
			NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
	if (!nlh)
		return NULL;
	ifa = nlmsg_data(nlh);
	memset(ifa, 0, sizeof(*ifa));
	ifa->ifa_family = family;
	ifa->ifa_prefixlen = prefix_len;
	ifa->ifa_scope = scope;
	ifa->ifa_index = dev->ifindex;
	return nlh;
}

static int set_address4(struct net *netns, const struct net_device *dev, __be32 ip, u8 prefix_len)
{
	struct sk_buff *req = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct nlmsghdr *nlh;
	int err = -EMSGSIZE;

	if (!req)
		return -ENOMEM;
	nlh = put_address(req, dev, AF_INET, prefix_len, RT_SCOPE_UNIVERSE);
	if (nlh && !nla_put_in_addr(req, IFA_LOCAL, ip) && !nla_put_in_addr(req, IFA_ADDRESS, ip) &&
	    !nla_put_in_addr(req, IFA_BROADCAST, ip | ~inet_make_mask(prefix_len))) {
		nlmsg_end(req, nlh);
		err = talk_rtnetlink(netns, req);
	}
	nlmsg_free(req);
	return err;
}

/* Nobody else can have it: guests are not let. So it need not be probed for. */
static int set_address6(struct net *netns, const struct net_device *dev,
			const struct in6_addr *ip, u8 prefix_len, u8 scope)
{
	struct sk_buff *req = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	struct nlmsghdr *nlh;
	int err = -EMSGSIZE;

	if (!req)
		return -ENOMEM;
	nlh = put_address(req, dev, AF_INET6, prefix_len, scope);
	if (nlh && !nla_put_in6_addr(req, IFA_LOCAL, ip) &&
	    !nla_put_u32(req, IFA_FLAGS, IFA_F_NODAD)) {
		nlmsg_end(req, nlh);
		err = talk_rtnetlink(netns, req);
	}
	nlmsg_free(req);
	return err;
}

/* the host's addresses on the network */
static int set_addresses(struct net *netns, const struct net_device *dev,
			 const struct vmi_net_conf *conf, struct netlink_ext_ack *extack)
{
	struct in6_addr ip6 = conf->subnet6;
	int err;

	err = set_address4(netns, dev, conf->gateway, conf->prefix_len);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "the host's interface cannot get the gateway address");
		return err;
	}
	if (ipv6_addr_any(&conf->subnet6))
		return 0;
	ip6.s6_addr[15] = 1;
	err = set_address6(netns, dev, &ip6, VMI_NET_PREFIX6, RT_SCOPE_UNIVERSE);
	if (!err)
		err = set_address6(netns, dev, &vmi_hostdev_router6, 64, RT_SCOPE_LINK);
	if (err)
		NL_SET_ERR_MSG_MOD(extack, "the host's interface cannot get an IPv6 address: is IPv6 disabled?");
	return err;
}

/* Has an interface of the host an address whose subnet shares addresses with the network's? */
static bool overlaps(struct net *netns, const struct vmi_net_conf *conf)
{
	const struct in_ifaddr *ifa;
	struct in_device *in_dev;
	struct net_device *dev;
	bool found = false;
	__be32 mask;

	rcu_read_lock();
	for_each_netdev_rcu(netns, dev) {
		in_dev = __in_dev_get_rcu(dev);
		if (!in_dev)
			continue;
		in_dev_for_each_ifa_rcu(ifa, in_dev) {
			mask = ifa->ifa_mask & inet_make_mask(conf->prefix_len);
			if (!((ifa->ifa_address ^ conf->subnet) & mask))
				found = true;
		}
	}
	rcu_read_unlock();
	return found;
}

/**
 * vmi_hostdev_add - add the host's interface to a network
 * @net: the network; its host_mac is set
 * @netns: where the interface is to be
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held; takes rtnl.
 * Return: 0, -ENOMEM, -EEXIST if the name or a part of the subnet is taken, or what the
 * network stack says.
 */
int vmi_hostdev_add(struct vmi_net *net, struct net *netns, struct netlink_ext_ack *extack)
{
	struct hostdev_priv *priv;
	struct net_device *dev;
	int err;

	lockdep_assert_held(&vmi_ctl);
	/* The host would send to the guests what is for its own neighbours. */
	if (overlaps(netns, &net->conf)) {
		NL_SET_ERR_MSG_MOD(extack, "the subnet overlaps that of another interface of the host");
		return -EEXIST;
	}
	dev = alloc_netdev(sizeof(*priv), net->conf.ifname, NET_NAME_USER, hostdev_setup);
	if (!dev)
		return -ENOMEM;
	priv = netdev_priv(dev);
	priv->net = net;
	dev_net_set(dev, netns);
	eth_hw_addr_set(dev, net->host_mac);
	dev->mtu = net->conf.mtu;
	dev->min_mtu = ETH_MIN_MTU;
	dev->max_mtu = net->conf.mtu;

	err = register_netdev(dev);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG_MOD(extack, "an interface of that name exists");
		else
			NL_SET_ERR_MSG_MOD(extack, "the host's interface cannot be registered");
		free_netdev(dev);
		return err;
	}

	err = set_addresses(netns, dev, &net->conf, extack);
	if (err)
		goto err_unregister;
	if (net->conf.mode == VMI_NET_MODE_HOST_ONLY) {
		err = vmi_wall_get(netns, extack);
		if (err)
			goto err_unregister;
	}
	rcu_assign_pointer(net->host, dev);

	rtnl_lock();
	err = dev_change_flags(dev, dev->flags | IFF_UP, extack);
	rtnl_unlock();
	if (err)
		goto err_clear;
	return 0;

err_clear:
	RCU_INIT_POINTER(net->host, NULL);
	if (net->conf.mode == VMI_NET_MODE_HOST_ONLY)
		vmi_wall_put(netns);
err_unregister:
	unregister_netdev(dev);
	free_netdev(dev);
	return err;
}

/**
 * vmi_hostdev_set_mtu - let the host's interface follow its network's new MTU
 * @net: the network, with the MTU that it had
 * @mtu: the new one
 * @extack: for the explanation
 *
 * One that was made smaller by hand stays so.
 *
 * Context: process, vmi_ctl held; takes rtnl.
 * Return: 0, or what the network stack says.
 */
int vmi_hostdev_set_mtu(struct vmi_net *net, u32 mtu, struct netlink_ext_ack *extack)
{
	struct net_device *dev = rcu_dereference_protected(net->host, lockdep_is_held(&vmi_ctl));
	u32 max_mtu;
	int err = 0;

	lockdep_assert_held(&vmi_ctl);
	if (!dev)
		return 0;
	rtnl_lock();
	max_mtu = dev->max_mtu;
	dev->max_mtu = max(max_mtu, mtu);
	if (dev->mtu == net->conf.mtu || dev->mtu > mtu)
		err = dev_set_mtu(dev, mtu);
	dev->max_mtu = err ? max_mtu : mtu;
	rtnl_unlock();
	if (err)
		NL_SET_ERR_MSG_MOD(extack, "the host's interface cannot have that MTU");
	return err;
}

/* What an administrator has entered stays. */
static void forget(struct neigh_table *table, const void *addr, struct net_device *dev)
{
	struct neighbour *n = neigh_lookup(table, addr, dev);

	if (!n)
		return;
	neigh_update(n, NULL, NUD_FAILED, 0, 0);
	neigh_release(n);
}

/**
 * vmi_hostdev_forget - let the host's neighbour tables not know a guest's addresses any more
 * @port: the guest's port, which leaves its network and sends no more
 *
 * The next guest with one of them has another MAC address, and the host would send to
 * the old one until it has found out by itself. The port's claims go with what they tell.
 *
 * Context: process, vmi_ctl held.
 */
void vmi_hostdev_forget(struct vmi_port *port)
{
	struct net_device *dev = rcu_dereference_protected(port->net->host,
							   lockdep_is_held(&vmi_ctl));
	struct in6_addr addr;

	lockdep_assert_held(&vmi_ctl);
	if (!dev)
		return;
	if (port->ip)
		forget(&arp_tbl, &port->ip, dev);
	/* Claims there can be without IPv6 in the host. */
	if (!IS_ENABLED(CONFIG_IPV6) || !ipv6_mod_enabled())
		return;
	while (vmi_claims_pop(&port->net->claims, port, &addr))
		forget(&nd_tbl, &addr, dev);
}

/**
 * vmi_hostdev_del - remove the host's interface from a network
 * @net: the network; nothing happens if it has none
 *
 * Context: process, vmi_ctl held; takes rtnl.
 */
void vmi_hostdev_del(struct vmi_net *net)
{
	struct net_device *dev = rcu_dereference_protected(net->host, lockdep_is_held(&vmi_ctl));
	struct net *netns;

	lockdep_assert_held(&vmi_ctl);
	if (!dev)
		return;
	netns = dev_net(dev);
	RCU_INIT_POINTER(net->host, NULL);
	/* Waits for the readers of net->host, and for frames on their way. */
	unregister_netdev(dev);
	if (net->conf.mode == VMI_NET_MODE_HOST_ONLY)
		vmi_wall_put(netns);
	free_netdev(dev);
}

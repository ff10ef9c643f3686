// SPDX-License-Identifier: GPL-2.0
/* Netlink operations on networks, ports and forwarding tables. */
#include <linux/etherdevice.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/user_namespace.h>
#include <net/ipv6.h>

#include "compat.h"
#include "drop.h"
#include "life.h"
#include "net.h"
#include "nl.h"
#include "nl_policy.h"
#include "port.h"
#include "text.h"
#include "vm.h"

static int vmi_nl_drop_fill(struct sk_buff *skb, const char *reason, u64 packets)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, VMI_A_STATS_DROP);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_string(skb, VMI_A_DROP_REASON, reason) ||
	    nla_put_u64_64bit(skb, VMI_A_DROP_PACKETS, packets, VMI_A_DROP_PAD)) {
		nla_nest_cancel(skb, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(skb, nest);
	return 0;
}

static int vmi_nl_stats_fill(struct sk_buff *skb, int attr, const struct vmi_stats_view *s)
{
	struct nlattr *nest;
	unsigned int i;

	nest = nla_nest_start(skb, attr);
	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u64_64bit(skb, VMI_A_STATS_RX_PACKETS, s->rx_packets, VMI_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, VMI_A_STATS_RX_BYTES, s->rx_bytes, VMI_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, VMI_A_STATS_TX_PACKETS, s->tx_packets, VMI_A_STATS_PAD) ||
	    nla_put_u64_64bit(skb, VMI_A_STATS_TX_BYTES, s->tx_bytes, VMI_A_STATS_PAD))
		goto err_cancel;
	for (i = 0; i < VMI_DROP_COUNT; i++)
		if (s->drop[i] && vmi_nl_drop_fill(skb, vmi_drop_names[i], s->drop[i]))
			goto err_cancel;
	nla_nest_end(skb, nest);
	return 0;

err_cancel:
	nla_nest_cancel(skb, nest);
	return -EMSGSIZE;
}

/* what only a bridged network has; v->conf.uplink is not empty */
static int vmi_nl_uplink_fill(struct sk_buff *skb, const struct vmi_net_view *v)
{
	if (nla_put_string(skb, VMI_A_NET_UPLINK, v->conf.uplink) ||
	    nla_put_u32(skb, VMI_A_NET_UPLINK_STATE, v->uplink_state) ||
	    nla_put_u8(skb, VMI_A_NET_MAC_NAT, v->mac_nat))
		return -EMSGSIZE;
	if (v->uplink_ifname[0])
		return nla_put_string(skb, VMI_A_NET_UPLINK_IFNAME, v->uplink_ifname);
	return 0;
}

/* what only a network with leases has */
static int vmi_nl_subnet_fill(struct sk_buff *skb, const struct vmi_net_conf *c)
{
	if (nla_put_be32(skb, VMI_A_NET_SUBNET, c->subnet) ||
	    nla_put_u8(skb, VMI_A_NET_PREFIX_LEN, c->prefix_len) ||
	    nla_put_be32(skb, VMI_A_NET_GATEWAY, c->gateway) ||
	    nla_put_be32(skb, VMI_A_NET_RANGE_FIRST, c->range_first) ||
	    nla_put_be32(skb, VMI_A_NET_RANGE_LAST, c->range_last) ||
	    nla_put_u32(skb, VMI_A_NET_LEASE_S, c->lease_s))
		return -EMSGSIZE;
	return 0;
}

static int vmi_nl_net_fill(struct sk_buff *skb, const struct vmi_net_view *v,
			   const struct vmi_stats_view *stats, u32 portid, u32 seq, int flags)
{
	const struct vmi_net_conf *c = &v->conf;
	unsigned int dns;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &vmi_nl_family, flags, VMI_CMD_NET_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VMI_A_NET_ID, v->id) ||
	    nla_put_string(skb, VMI_A_NET_NAME, c->name) ||
	    nla_put_u32(skb, VMI_A_NET_MODE, c->mode) ||
	    nla_put_u32(skb, VMI_A_NET_FLAGS, c->flags) ||
	    nla_put_u32(skb, VMI_A_NET_MTU, c->mtu) ||
	    nla_put_u32(skb, VMI_A_NET_AGEING_MS, c->ageing_ms) ||
	    nla_put_u32(skb, VMI_A_NET_PORTS, v->ports) ||
	    nla_put_u32(skb, VMI_A_NET_UID, from_kuid_munged(current_user_ns(), v->uid)))
		goto err_cancel;
	if (c->subnet && vmi_nl_subnet_fill(skb, c))
		goto err_cancel;
	if (c->uplink[0] && vmi_nl_uplink_fill(skb, v))
		goto err_cancel;
	if (v->ifindex &&
	    (nla_put_u32(skb, VMI_A_NET_IFINDEX, v->ifindex) ||
	     nla_put_string(skb, VMI_A_NET_IFNAME, c->ifname)))
		goto err_cancel;
	if (nla_put_u32(skb, VMI_A_NET_GUARD, c->guard) ||
	    nla_put_u32(skb, VMI_A_NET_STORM_PPS, c->storm_pps))
		goto err_cancel;
	for (dns = 0; dns < VMI_DNS_MAX && c->dns[dns]; dns++)
		;
	if (dns && nla_put(skb, VMI_A_NET_DNS, dns * sizeof(c->dns[0]), c->dns))
		goto err_cancel;
	for (dns = 0; dns < VMI_DNS_MAX && !ipv6_addr_any(&c->dns6[dns]); dns++)
		;
	if (dns && nla_put(skb, VMI_A_NET_DNS6, dns * sizeof(c->dns6[0]), c->dns6))
		goto err_cancel;
	if (!ipv6_addr_any(&c->subnet6) && nla_put_in6_addr(skb, VMI_A_NET_SUBNET6, &c->subnet6))
		goto err_cancel;
	if (c->domain[0] && nla_put_string(skb, VMI_A_NET_DOMAIN, c->domain))
		goto err_cancel;
	if (vmi_nl_stats_fill(skb, VMI_A_NET_STATS, stats))
		goto err_cancel;
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/**
 * vmi_nl_net_get_doit - show a network
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl. Waits for no VMM.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_net_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	char name[VMI_NAME_LEN], text[VMI_REFUSAL_LEN];
	struct vmi_stats_view stats = {};
	struct vmi_net_view view = {};
	struct sk_buff *reply;
	int err;

	err = vmi_nl_name(info, VMI_A_NET_NAME, name);
	if (err)
		return err;
	mutex_lock(&vmi_ctl);
	err = vmi_net_view(name, &view, &stats);
	mutex_unlock(&vmi_ctl);
	if (err) {
		snprintf(text, sizeof(text), "there is no network %s", name);
		return vmi_nl_refuse(info, err, text);
	}
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = vmi_nl_net_fill(reply, &view, &stats, info->snd_portid, info->snd_seq, 0);
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	return genlmsg_reply(reply, info);
}

/**
 * struct vmi_nl_cursor - where a dump goes on, so that it skips and repeats nothing
 * @id: identifier of the last object shown
 */
struct vmi_nl_cursor {
	u32 id;
};

/**
 * vmi_nl_net_get_dumpit - show all networks
 * @skb: the answer
 * @cb: the request and how far it is answered
 *
 * Context: Process context, may sleep; takes vmi_ctl. Waits for no VMM.
 * Return: bytes of the answer, 0 at the end.
 */
int vmi_nl_net_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct vmi_nl_cursor *cursor = (void *)cb->ctx;
	struct vmi_stats_view stats;
	struct vmi_net_view view;
	u32 next;

	mutex_lock(&vmi_ctl);
	for (;;) {
		next = cursor->id;
		memset(&view, 0, sizeof(view));
		memset(&stats, 0, sizeof(stats));
		if (vmi_net_next(&next, &view, &stats))
			break;
		if (vmi_nl_net_fill(skb, &view, &stats, NETLINK_CB(cb->skb).portid,
				    cb->nlh->nlmsg_seq, NLM_F_MULTI))
			break;
		cursor->id = view.id;
	}
	mutex_unlock(&vmi_ctl);
	return skb->len;
}

/* absent attributes leave zeros, for which the network has its defaults */
static int vmi_nl_net_conf(struct genl_info *info, struct vmi_net_conf *conf)
{
	struct nlattr **attrs = info->attrs;

	memset(conf, 0, sizeof(*conf));
	if (attrs[VMI_A_NET_FLAGS]) {
		conf->flags = nla_get_u32(attrs[VMI_A_NET_FLAGS]);
		conf->set_flags = true;
	}
	if (attrs[VMI_A_NET_RANGE_FIRST])
		conf->range_first = nla_get_be32(attrs[VMI_A_NET_RANGE_FIRST]);
	if (attrs[VMI_A_NET_RANGE_LAST])
		conf->range_last = nla_get_be32(attrs[VMI_A_NET_RANGE_LAST]);
	if (attrs[VMI_A_NET_LEASE_S])
		conf->lease_s = nla_get_u32(attrs[VMI_A_NET_LEASE_S]);
	if (attrs[VMI_A_NET_AGEING_MS])
		conf->ageing_ms = nla_get_u32(attrs[VMI_A_NET_AGEING_MS]);
	if (attrs[VMI_A_NET_MTU])
		conf->mtu = nla_get_u32(attrs[VMI_A_NET_MTU]);
	if (attrs[VMI_A_NET_GUARD]) {
		conf->guard = nla_get_u32(attrs[VMI_A_NET_GUARD]);
		conf->guard_mask = attrs[VMI_A_NET_GUARD_MASK] ?
				   nla_get_u32(attrs[VMI_A_NET_GUARD_MASK]) : ~0U;
	}
	if (attrs[VMI_A_NET_STORM_PPS])
		conf->storm_pps = nla_get_u32(attrs[VMI_A_NET_STORM_PPS]);
	if (attrs[VMI_A_NET_UPLINK])
		nla_strscpy(conf->uplink, attrs[VMI_A_NET_UPLINK], sizeof(conf->uplink));
	if (attrs[VMI_A_NET_DNS]) {
		if (nla_len(attrs[VMI_A_NET_DNS]) % sizeof(conf->dns[0])) {
			NL_SET_ERR_MSG_ATTR(info->extack, attrs[VMI_A_NET_DNS],
					    "name servers are IPv4 addresses");
			return -EINVAL;
		}
		nla_memcpy(conf->dns, attrs[VMI_A_NET_DNS], sizeof(conf->dns));
		conf->set_dns = true;
	}
	if (attrs[VMI_A_NET_DNS6]) {
		if (nla_len(attrs[VMI_A_NET_DNS6]) % sizeof(conf->dns6[0])) {
			NL_SET_ERR_MSG_ATTR(info->extack, attrs[VMI_A_NET_DNS6],
					    "these name servers are IPv6 addresses");
			return -EINVAL;
		}
		nla_memcpy(conf->dns6, attrs[VMI_A_NET_DNS6], sizeof(conf->dns6));
		conf->set_dns6 = true;
	}
	if (attrs[VMI_A_NET_DOMAIN]) {
		nla_strscpy(conf->domain, attrs[VMI_A_NET_DOMAIN], sizeof(conf->domain));
		conf->set_domain = true;
	}
	return vmi_nl_name(info, VMI_A_NET_NAME, conf->name);
}

static void vmi_nl_net_conf_new(struct genl_info *info, struct vmi_net_conf *conf)
{
	struct nlattr **attrs = info->attrs;

	if (attrs[VMI_A_NET_MODE])
		conf->mode = nla_get_u32(attrs[VMI_A_NET_MODE]);
	if (attrs[VMI_A_NET_IFNAME])
		nla_strscpy(conf->ifname, attrs[VMI_A_NET_IFNAME], sizeof(conf->ifname));
	if (attrs[VMI_A_NET_SUBNET])
		conf->subnet = nla_get_be32(attrs[VMI_A_NET_SUBNET]);
	if (attrs[VMI_A_NET_PREFIX_LEN])
		conf->prefix_len = nla_get_u8(attrs[VMI_A_NET_PREFIX_LEN]);
	if (attrs[VMI_A_NET_GATEWAY])
		conf->gateway = nla_get_be32(attrs[VMI_A_NET_GATEWAY]);
	if (attrs[VMI_A_NET_SUBNET6])
		conf->subnet6 = nla_get_in6_addr(attrs[VMI_A_NET_SUBNET6]);
}

/**
 * vmi_nl_net_new_doit - add a network
 * @skb: the request, of a sender with CAP_NET_ADMIN
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_net_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmi_net_conf conf;
	struct sk_buff *reply;
	int ifindex = 0;
	u32 id = 0;
	void *hdr;
	int err;

	err = vmi_nl_net_conf(info, &conf);
	if (err)
		return err;
	vmi_nl_net_conf_new(info, &conf);
	/* before what cannot be undone */
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	mutex_lock(&vmi_ctl);
	err = vmi_net_new(genl_info_net(info), &conf, &id, &ifindex, info->extack);
	mutex_unlock(&vmi_ctl);
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	/* an empty message has room for this */
	hdr = genlmsg_put_reply(reply, info, &vmi_nl_family, 0, VMI_CMD_NET_NEW);
	nla_put_u32(reply, VMI_A_NET_ID, id);
	if (ifindex)
		nla_put_u32(reply, VMI_A_NET_IFINDEX, ifindex);
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);
}

/**
 * vmi_nl_net_set_doit - change a network
 * @skb: the request, of a sender with CAP_NET_ADMIN
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_net_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmi_net_conf conf;
	int err;

	err = vmi_nl_net_conf(info, &conf);
	if (err)
		return err;
	mutex_lock(&vmi_ctl);
	err = vmi_net_set(&conf, info->extack);
	mutex_unlock(&vmi_ctl);
	return err;
}

/**
 * vmi_nl_net_del_doit - delete a network without ports
 * @skb: the request, of a sender with CAP_NET_ADMIN
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_net_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	char name[VMI_NAME_LEN];
	int err;

	err = vmi_nl_name(info, VMI_A_NET_NAME, name);
	if (err)
		return err;
	mutex_lock(&vmi_ctl);
	err = vmi_net_del(name, info->extack);
	mutex_unlock(&vmi_ctl);
	return err;
}

static int vmi_nl_port_fill(struct sk_buff *skb, const struct vmi_port_view *v,
			    const struct vmi_stats_view *stats, u32 portid, u32 seq, int flags)
{
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &vmi_nl_family, flags, VMI_CMD_PORT_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, VMI_A_PORT_ID, v->id) ||
	    nla_put_u32(skb, VMI_A_PORT_INDEX, v->index) ||
	    nla_put_string(skb, VMI_A_PORT_VM, v->vm) ||
	    nla_put_string(skb, VMI_A_PORT_NET, v->net) ||
	    nla_put(skb, VMI_A_PORT_MAC, ETH_ALEN, v->mac) ||
	    nla_put_u8(skb, VMI_A_PORT_LINK, v->link) ||
	    nla_put_u8(skb, VMI_A_PORT_PLUGGED, v->plugged) ||
	    nla_put_u8(skb, VMI_A_PORT_ACTIVE, v->active) ||
	    nla_put_u32(skb, VMI_A_PORT_FAULT, v->fault) ||
	    nla_put_u64_64bit(skb, VMI_A_PORT_FEATURES, v->features, VMI_A_PORT_PAD))
		goto err_cancel;
	if (nla_put_u32(skb, VMI_A_PORT_PAIRS, v->pairs) ||
	    (v->pairs_active && nla_put_u32(skb, VMI_A_PORT_PAIRS_ACTIVE, v->pairs_active)))
		goto err_cancel;
	if (v->ip && nla_put_be32(skb, VMI_A_PORT_IP, v->ip))
		goto err_cancel;
	if (vmi_nl_policy_fill(skb, &v->policy))
		goto err_cancel;
	if (!ipv6_addr_any(&v->prefix6) && nla_put_in6_addr(skb, VMI_A_PORT_PREFIX6, &v->prefix6))
		goto err_cancel;
	if (vmi_nl_stats_fill(skb, VMI_A_PORT_STATS, stats))
		goto err_cancel;
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/*
 * vmi_ctl held: the port that a request names, which the sender sees, and
 * owns when @change
 */
static int vmi_nl_port(struct sk_buff *skb, struct genl_info *info, bool change,
		       struct vmi_port_view *view, struct vmi_stats_view *stats)
{
	u32 id;

	lockdep_assert_held(&vmi_ctl);
	if (GENL_REQ_ATTR_CHECK(info, VMI_A_PORT_ID)) {
		NL_SET_ERR_MSG(info->extack, "the port's identifier is missing");
		return -EINVAL;
	}
	id = nla_get_u32(info->attrs[VMI_A_PORT_ID]);
	memset(view, 0, sizeof(*view));
	memset(stats, 0, sizeof(*stats));
	if (vmi_port_view(id, view, stats) ||
	    !(vmi_nl_sees(skb, view->owner) || vmi_nl_owns(skb, view->owner))) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VMI_A_PORT_ID],
				    "there is no such port");
		return -ENOENT;
	}
	if (change && !vmi_nl_owns(skb, view->owner)) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[VMI_A_PORT_ID],
				    "the port is of somebody else's VM");
		return -EPERM;
	}
	return 0;
}

/* do the names in a request fit the port? */
static bool vmi_nl_port_matches(struct nlattr **attrs, const struct vmi_port_view *v)
{
	if (!attrs)
		return true;
	return !(attrs[VMI_A_PORT_ID] && nla_get_u32(attrs[VMI_A_PORT_ID]) != v->id) &&
	       !(attrs[VMI_A_PORT_VM] && nla_strcmp(attrs[VMI_A_PORT_VM], v->vm)) &&
	       !(attrs[VMI_A_PORT_NET] && nla_strcmp(attrs[VMI_A_PORT_NET], v->net));
}

/**
 * vmi_nl_port_get_doit - show a port
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl. Waits for no VMM.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_port_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmi_stats_view stats;
	struct vmi_port_view view;
	struct sk_buff *reply;
	int err;

	mutex_lock(&vmi_ctl);
	err = vmi_nl_port(skb, info, false, &view, &stats);
	mutex_unlock(&vmi_ctl);
	if (err)
		return err;
	if (!vmi_nl_port_matches(info->attrs, &view)) {
		NL_SET_ERR_MSG(info->extack, "the port is not of that VM or network");
		return -ENOENT;
	}
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply)
		return -ENOMEM;
	err = vmi_nl_port_fill(reply, &view, &stats, info->snd_portid, info->snd_seq, 0);
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	return genlmsg_reply(reply, info);
}

/**
 * vmi_nl_port_get_dumpit - show the ports of all VMs that the sender may see
 * @skb: the answer
 * @cb: the request and how far it is answered
 *
 * Context: Process context, may sleep; takes vmi_ctl. Waits for no VMM.
 * Return: bytes of the answer, 0 at the end.
 */
int vmi_nl_port_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = vmi_compat_dump_attrs(cb);
	struct vmi_nl_cursor *cursor = (void *)cb->ctx;
	bool all = vmi_nl_sees_all(cb->skb);
	struct vmi_stats_view stats;
	struct vmi_port_view view;
	u32 next;

	mutex_lock(&vmi_ctl);
	for (;;) {
		next = cursor->id;
		memset(&view, 0, sizeof(view));
		memset(&stats, 0, sizeof(stats));
		if (vmi_port_next(&next, &view, &stats))
			break;
		if ((all || uid_eq(NETLINK_CREDS(cb->skb)->uid, view.owner)) &&
		    vmi_nl_port_matches(attrs, &view) &&
		    vmi_nl_port_fill(skb, &view, &stats, NETLINK_CB(cb->skb).portid,
				     cb->nlh->nlmsg_seq, NLM_F_MULTI))
			break;
		cursor->id = view.id;
	}
	mutex_unlock(&vmi_ctl);
	return skb->len;
}

static int vmi_nl_port_conf(struct sk_buff *skb, struct genl_info *info,
			    struct vmi_port_conf *conf)
{
	struct nlattr **attrs = info->attrs;
	int err;

	memset(conf, 0, sizeof(*conf));
	if (attrs[VMI_A_PORT_MAC]) {
		nla_memcpy(conf->mac, attrs[VMI_A_PORT_MAC], ETH_ALEN);
		conf->have_mac = true;
		if (!is_valid_ether_addr(conf->mac)) {
			NL_SET_ERR_MSG_ATTR(info->extack, attrs[VMI_A_PORT_MAC],
					    "a MAC address is unicast and not zero");
			return -EINVAL;
		}
	}
	if (attrs[VMI_A_PORT_IP])
		conf->ip = nla_get_be32(attrs[VMI_A_PORT_IP]);
	if (attrs[VMI_A_PORT_PAIRS])
		conf->pairs = nla_get_u32(attrs[VMI_A_PORT_PAIRS]);
	err = vmi_nl_policy(skb, info, &conf->policy);
	if (err < 0)
		return err;
	return vmi_nl_name(info, VMI_A_PORT_NET, conf->net);
}

/* vmi_ctl held: may ports come and go? */
static int vmi_nl_port_check(struct vmi_vm *vm, struct netlink_ext_ack *extack)
{
	lockdep_assert_held(&vmi_ctl);
	if (vm->dead) {
		NL_SET_ERR_MSG(extack, "the VM was deleted meanwhile");
		return -ENOENT;
	}
	if (vm->attached) {
		NL_SET_ERR_MSG(extack, "the VM has a VMM: its ports are added and deleted while it is stopped");
		return -EBUSY;
	}
	return 0;
}

static int vmi_nl_port_new(struct sk_buff *skb, struct vmi_vm *vm,
			   const struct vmi_port_conf *conf, struct vmi_port_view *view,
			   struct netlink_ext_ack *extack)
{
	int err = vmi_nl_vm_still(skb, vm, extack);

	if (!err)
		err = vmi_nl_port_check(vm, extack);
	return err ? err : vmi_port_new(vm, conf, view, extack);
}

/**
 * vmi_nl_port_new_doit - add a port to a VM
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_port_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmi_port_view view = {};
	struct vmi_port_conf conf;
	struct sk_buff *reply;
	struct vmi_vm *vm;
	void *hdr;
	int err;

	err = vmi_nl_port_conf(skb, info, &conf);
	if (err)
		return err;
	err = vmi_nl_vm(skb, info, VMI_A_PORT_VM, true, &vm);
	if (err)
		return err;
	/* before what cannot be undone */
	reply = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!reply) {
		err = -ENOMEM;
		goto err_put;
	}
	mutex_lock(&vmi_ctl);
	err = vmi_nl_port_new(skb, vm, &conf, &view, info->extack);
	mutex_unlock(&vmi_ctl);
	if (err)
		goto err_free;
	vmi_vm_put(vm);
	/* an empty message has room for this */
	hdr = genlmsg_put_reply(reply, info, &vmi_nl_family, 0, VMI_CMD_PORT_NEW);
	nla_put_u32(reply, VMI_A_PORT_ID, view.id);
	nla_put_u32(reply, VMI_A_PORT_INDEX, view.index);
	nla_put(reply, VMI_A_PORT_MAC, ETH_ALEN, view.mac);
	if (view.ip)
		nla_put_be32(reply, VMI_A_PORT_IP, view.ip);
	genlmsg_end(reply, hdr);
	return genlmsg_reply(reply, info);

err_free:
	nlmsg_free(reply);
err_put:
	vmi_vm_put(vm);
	return err;
}

/**
 * vmi_nl_port_set_doit - change a port
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_port_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *link = info->attrs[VMI_A_PORT_LINK], *ip = info->attrs[VMI_A_PORT_IP];
	struct nlattr *net = info->attrs[VMI_A_PORT_NET];
	struct vmi_policy_conf policy;
	struct vmi_stats_view stats;
	struct vmi_port_view view;
	char to[VMI_NAME_LEN];
	int has_policy, err;

	has_policy = vmi_nl_policy(skb, info, &policy);
	if (has_policy < 0)
		return has_policy;
	if (ip && !net) {
		NL_SET_ERR_MSG_ATTR(info->extack, ip, "an address is chosen with a network only");
		return -EINVAL;
	}
	err = net ? vmi_nl_name(info, VMI_A_PORT_NET, to) : 0;
	if (err)
		return err;
	mutex_lock(&vmi_ctl);
	/* Who has CAP_NET_ADMIN, and has to have it here, need not own the port for that. */
	err = vmi_nl_port(skb, info, link || net || !has_policy, &view, &stats);
	if (!err && net)
		err = vmi_port_move(view.id, to, ip ? nla_get_be32(ip) : 0, info->extack);
	if (!err && has_policy)
		err = vmi_port_set_policy(view.id, &policy, info->extack);
	if (!err && link)
		err = vmi_port_set_link(view.id, nla_get_u8(link), info->extack);
	mutex_unlock(&vmi_ctl);
	return err;
}

/**
 * vmi_nl_port_del_doit - delete a port of a VM that has no VMM
 * @skb: the request
 * @info: the same
 *
 * Context: Process context, may sleep; takes vmi_ctl.
 * Return: 0 or a negative errno that has been explained.
 */
int vmi_nl_port_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vmi_stats_view stats;
	struct vmi_port_view view;
	struct vmi_vm *vm = NULL;
	int err;

	mutex_lock(&vmi_ctl);
	err = vmi_nl_port(skb, info, true, &view, &stats);
	if (err)
		goto out;
	/* under vmi_ctl the name is of the VM that has the port */
	vm = vmi_vm_find(view.vm);
	err = vm ? vmi_nl_port_check(vm, info->extack) : -ENOENT;
	if (!err)
		err = vmi_port_del(view.id, info->extack);
out:
	mutex_unlock(&vmi_ctl);
	if (vm)
		vmi_vm_put(vm);
	return err;
}

/**
 * struct vmi_nl_fdb_cursor - where the dump of a table goes on
 * @index: of the next entry; a change of the table under the dump may skip or repeat some
 */
struct vmi_nl_fdb_cursor {
	u32 index;
};

static int vmi_nl_fdb_fill(struct sk_buff *skb, struct netlink_callback *cb, const char *net,
			   const struct vmi_fdb_view *v)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &vmi_nl_family,
			  NLM_F_MULTI, VMI_CMD_FDB_GET);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_string(skb, VMI_A_FDB_NET, net) ||
	    nla_put(skb, VMI_A_FDB_MAC, ETH_ALEN, v->mac))
		goto err_cancel;
	if (v->port && nla_put_u32(skb, VMI_A_FDB_PORT, v->port))
		goto err_cancel;
	if (v->vm[0] && nla_put_string(skb, VMI_A_FDB_VM, v->vm))
		goto err_cancel;
	if (v->ages && nla_put_u32(skb, VMI_A_FDB_AGE_MS, v->age_ms))
		goto err_cancel;
	genlmsg_end(skb, hdr);
	return 0;

err_cancel:
	genlmsg_cancel(skb, hdr);
	return -EMSGSIZE;
}

/* the owner of a port, to decide who may know its VM's name */
static bool vmi_nl_fdb_sees(struct netlink_callback *cb, u32 port)
{
	struct vmi_stats_view stats = {};
	struct vmi_port_view view = {};

	return !vmi_port_view(port, &view, &stats) &&
	       uid_eq(NETLINK_CREDS(cb->skb)->uid, view.owner);
}

/* struct vmi_nl_fdb_dump - a message of a dump that is being filled */
struct vmi_nl_fdb_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	const char *net;
	bool all;	/* the names of all VMs are shown */
};

static bool vmi_nl_fdb_show(void *arg, const struct vmi_fdb_view *entry)
{
	const struct vmi_nl_fdb_dump *d = arg;
	struct vmi_fdb_view view = *entry;

	if (view.port && !d->all && !vmi_nl_fdb_sees(d->cb, view.port))
		view.vm[0] = '\0';
	return !vmi_nl_fdb_fill(d->skb, d->cb, d->net, &view);
}

/**
 * vmi_nl_fdb_get_dumpit - show the forwarding table of a network
 * @skb: the answer
 * @cb: the request and how far it is answered
 *
 * Everybody sees addresses and ports, but the names of VMs only who sees the VMs.
 *
 * Context: Process context, may sleep; takes vmi_ctl. Waits for no VMM.
 * Return: bytes of the answer, 0 at the end, or a negative errno.
 */
int vmi_nl_fdb_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct nlattr **attrs = vmi_compat_dump_attrs(cb);
	struct vmi_nl_fdb_cursor *cursor = (void *)cb->ctx;
	struct vmi_nl_fdb_dump dump = { .skb = skb, .cb = cb };
	char name[VMI_NAME_LEN];
	int ret;

	if (!attrs || !attrs[VMI_A_FDB_NET]) {
		NL_SET_ERR_MSG(cb->extack, "the network's name is missing");
		return -EINVAL;
	}
	nla_strscpy(name, attrs[VMI_A_FDB_NET], sizeof(name));
	dump.net = name;
	dump.all = vmi_nl_sees_all(cb->skb);
	mutex_lock(&vmi_ctl);
	ret = vmi_net_fdb(name, &cursor->index, vmi_nl_fdb_show, &dump);
	if (ret) {
		/* not in the middle: the network may be deleted under a dump */
		if (cursor->index)
			ret = 0;
		else
			NL_SET_ERR_MSG(cb->extack, "there is no such network");
		goto out;
	}
	ret = skb->len;
out:
	mutex_unlock(&vmi_ctl);
	return ret;
}

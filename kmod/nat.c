// SPDX-License-Identifier: GPL-2.0
/*
 * NAT: guests' way to the world through the host's addresses.
 *
 * The translation itself is the kernel's: nf_conntrack keeps the flows, nf_nat
 * rewrites them, and nat4.c and nat6.c only tell nf_nat, at the first packet
 * of a flow, what to do with it. They are not rules: no ruleset shows them, and
 * flushing one leaves them. They come after the rules of the host's own NAT chains,
 * which win therefore.
 *
 * One set of hooks serves all NAT networks of a network namespace; what belongs
 * to which is found by the interface or by the subnet, in a time that does not depend
 * on how many there are.
 */
#include <linux/hash.h>
#include <linux/inetdevice.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_nat.h>
#include <net/netfilter/nf_nat_masquerade.h>

#include "flow.h"
#include "hop.h"
#include "hostdev.h"
#include "nat.h"
#include "nat_priv.h"
#include "net.h"
#include "portfwd.h"
#include "vm.h"

static LIST_HEAD(vmi_nats);	/* vmi_ctl */

static struct hlist_head *bucket4(struct vmi_nat *nat, __be32 subnet)
{
	return &nat->subnet[hash_32((__force u32)subnet, VMI_NAT_BITS)];
}

static struct hlist_head *bucket6(struct vmi_nat *nat, const struct in6_addr *subnet)
{
	return &nat->subnet6[hash_32(ipv6_addr_hash(subnet), VMI_NAT_BITS)];
}

/**
 * vmi_nat_net_of - the network that has an address in its subnet
 * @nat: the NAT of the network namespace
 * @addr: the address
 *
 * Context: RCU read side.
 * Return: the network, or NULL.
 */
struct vmi_net *vmi_nat_net_of(struct vmi_nat *nat, __be32 addr)
{
	u32 lens = READ_ONCE(nat->lens);
	struct vmi_net *net;
	unsigned int len;
	__be32 subnet;

	while (lens) {
		len = __ffs(lens);
		lens &= lens - 1;
		subnet = addr & inet_make_mask(len);
		hlist_for_each_entry_rcu(net, bucket4(nat, subnet), nat_node) {
			if (net->conf.subnet == subnet && net->conf.prefix_len == len)
				return net;
		}
	}
	return NULL;
}

/**
 * vmi_nat_net_of6 - the network that has an address in its subnet
 * @nat: the NAT of the network namespace
 * @addr: the address
 *
 * Context: RCU read side.
 * Return: the network, or NULL.
 */
struct vmi_net *vmi_nat_net_of6(struct vmi_nat *nat, const struct in6_addr *addr)
{
	struct in6_addr subnet;
	struct vmi_net *net;

	ipv6_addr_prefix(&subnet, addr, VMI_NET_PREFIX6);
	hlist_for_each_entry_rcu(net, bucket6(nat, &subnet), nat6_node) {
		if (ipv6_addr_equal(&net->conf.subnet6, &subnet))
			return net;
	}
	return NULL;
}

/**
 * vmi_nat_net - the NAT network that an interface belongs to
 * @dev: any interface, or NULL
 *
 * Context: RCU read side.
 * Return: the network, or NULL.
 */
struct vmi_net *vmi_nat_net(const struct net_device *dev)
{
	struct vmi_net *net = dev ? vmi_hostdev_net(dev) : NULL;

	return net && net->conf.mode == VMI_NET_MODE_NAT ? net : NULL;
}

/* ---- packets between networks ---- */

/**
 * vmi_nat_forward_first - before the host's firewall: what our networks allow themselves
 * @priv: the NAT of the network namespace
 * @skb: an IPv4 or IPv6 packet
 * @state: of the FORWARD hook
 *
 * Context: softirq, RCU read side.
 * Return: a netfilter verdict.
 */
unsigned int vmi_nat_forward_first(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state)
{
	struct vmi_net *in = vmi_nat_net(state->in), *out = vmi_nat_net(state->out);
	struct vmi_net *net = out ? out : in;
	enum ip_conntrack_info ctinfo;
	struct vmi_nat *nat = priv;
	struct nf_conn *ct;

	if (!net)
		return NF_ACCEPT;
	ct = nf_ct_get(skb, &ctinfo);
	/* It would leave with the guest's own address. */
	if (!ct)
		return vmi_nat_drop(net, VMI_DROP_UNTRACKED);
	if (out && ctinfo == IP_CT_NEW &&
	    !(state->pf == NFPROTO_IPV4 && vmi_nat4_forwarded(nat, ct, out)))
		return vmi_nat_drop(net, VMI_DROP_UNSOLICITED);
	if (nf_ct_protonum(ct) == IPPROTO_TCP && !test_bit(IPS_ASSURED_BIT, &ct->status))
		vmi_hop_clamp_mss(skb, state);
	/* Taken back in vmi_nat_forward_last(), if it gets there. */
	vmi_stats_drop(net->stats, VMI_DROP_HOST_FIREWALL);
	return NF_ACCEPT;
}

/**
 * vmi_nat_forward_last - behind the host's firewall
 * @priv: the NAT of the network namespace
 * @skb: an IPv4 or IPv6 packet
 * @state: of the FORWARD hook
 *
 * Context: softirq, RCU read side.
 * Return: a netfilter verdict.
 */
unsigned int vmi_nat_forward_last(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct vmi_net *in = vmi_nat_net(state->in), *out = vmi_nat_net(state->out);
	struct vmi_net *net = out ? out : in;
	struct vmi_nat *nat = priv;

	if (!net)
		return NF_ACCEPT;
	this_cpu_dec(net->stats->drop[VMI_DROP_HOST_FIREWALL]);
	if (in && !(READ_ONCE(in->conf.flags) & BIT(VMI_NET_FLAG_NO_FLOW_TABLE)))
		vmi_flow_add(&nat->flows, skb, state);
	return NF_ACCEPT;
}

/* ---- flows that are to end ---- */

/**
 * struct forget - which flows
 * @addr: IPv4 address
 * @len: bits of it that count
 * @proto: not 0: only those that a forward has made, of this protocol
 * @first: first port of the forward
 * @last: last port of it
 * @addr6: IPv6 address
 * @len6: bits of it that count, 0 for no flow of IPv6
 */
struct forget {
	__be32 addr;
	u8 len;
	u8 proto;
	u16 first;
	u16 last;
	struct in6_addr addr6;
	u8 len6;
};

static bool is_addr(const struct forget *f, const union nf_inet_addr *addr, u8 family)
{
	if (family == NFPROTO_IPV4)
		return !((addr->ip ^ f->addr) & inet_make_mask(f->len));
	return family == NFPROTO_IPV6 && f->len6 && ipv6_prefix_equal(&addr->in6, &f->addr6, f->len6);
}

static int forget_flow(struct nf_conn *ct, void *data)
{
	const struct nf_conntrack_tuple *from = &ct->tuplehash[IP_CT_DIR_ORIGINAL].tuple;
	const struct nf_conntrack_tuple *back = &ct->tuplehash[IP_CT_DIR_REPLY].tuple;
	const struct forget *f = data;
	u8 family = nf_ct_l3num(ct);
	u16 port;

	if (!f->proto)
		return is_addr(f, &from->src.u3, family) || is_addr(f, &back->src.u3, family);
	port = ntohs(from->dst.u.all);
	return nf_ct_protonum(ct) == f->proto && (ct->status & IPS_DST_NAT) &&
	       port >= f->first && port <= f->last && is_addr(f, &back->src.u3, family);
}

static struct net_device *dev_of(const struct vmi_net *net)
{
	return rcu_dereference_protected(net->host, lockdep_is_held(&vmi_ctl));
}

static void forget(struct vmi_net *net, struct forget *f)
{
	struct nf_ct_iter_data data = { .net = net->nat->netns, .data = f };

	nf_ct_iterate_cleanup_net(forget_flow, &data);
	vmi_flow_give_back(&net->nat->flows, dev_of(net));
}

static void forget_net(struct vmi_net *net)
{
	struct forget f = {
		.addr = net->conf.subnet,
		.len = net->conf.prefix_len,
		.addr6 = net->conf.subnet6,
		.len6 = ipv6_addr_any(&net->conf.subnet6) ? 0 : VMI_NET_PREFIX6,
	};

	forget(net, &f);
}

/**
 * vmi_nat_forget_forward - end the connections that a forward has made
 * @net: its network
 * @proto: its protocol
 * @first: its first port
 * @last: its last port
 * @ip: where it led to
 *
 * Context: process, vmi_ctl held.
 */
void vmi_nat_forget_forward(struct vmi_net *net, u8 proto, u16 first, u16 last, __be32 ip)
{
	struct forget f = {
		.addr = ip,
		.len = 32,
		.proto = proto,
		.first = first,
		.last = last,
	};

	lockdep_assert_held(&vmi_ctl);
	if (net->nat)
		forget(net, &f);
}

/**
 * vmi_nat_flags_changed - take note of new flags
 * @net: the network
 *
 * Context: process, vmi_ctl held.
 */
void vmi_nat_flags_changed(struct vmi_net *net)
{
	lockdep_assert_held(&vmi_ctl);
	if (net->nat && net->conf.flags & BIT(VMI_NET_FLAG_NO_FLOW_TABLE))
		vmi_flow_give_back(&net->nat->flows, dev_of(net));
}

/**
 * vmi_nat_ports_changed - let forwards lead to where their VMs are now
 * @net: the network, to whose list a port was added, or of which one was taken out
 *
 * Context: process, vmi_ctl held.
 */
void vmi_nat_ports_changed(struct vmi_net *net)
{
	lockdep_assert_held(&vmi_ctl);
	if (net->nat)
		vmi_portfwd_follow(net);
}

/**
 * vmi_nat_port_gone - end the flows of a port that is no longer on a network
 * @net: the network
 * @ip: the address that it had there
 * @prefix6: its IPv6 prefix, unspecified without
 *
 * Who gets the addresses next does not get the flows with them.
 *
 * Context: process, vmi_ctl held; an RCU grace period after vmi_nat_ports_changed(), so that
 * neither its own frames nor a forward begin others.
 */
void vmi_nat_port_gone(struct vmi_net *net, __be32 ip, const struct in6_addr *prefix6)
{
	struct forget f = {
		.addr = ip,
		.len = 32,
		.addr6 = *prefix6,
		.len6 = ipv6_addr_any(prefix6) ? 0 : 64,
	};

	lockdep_assert_held(&vmi_ctl);
	if (net->nat)
		forget(net, &f);
}

/* ---- the hooks of a namespace ---- */

static void set_priv(struct vmi_nat *nat, struct nf_hook_ops *ops, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		ops[i].priv = nat;
}

static void unhook_fns4(struct vmi_nat *nat, unsigned int n)
{
	while (n)
		nf_nat_ipv4_unregister_fn(nat->netns, &nat->fns4[--n]);
}

static int hook4(struct vmi_nat *nat)
{
	unsigned int i;
	int err;

	err = nf_ct_netns_get(nat->netns, NFPROTO_IPV4);
	if (err)
		return err;
	/* Before there can be flows, what may stop them. */
	err = nf_register_net_hooks(nat->netns, nat->hooks4, VMI_NAT_HOOKS);
	if (err)
		goto err_ct;
	for (i = 0; i < VMI_NAT4_FNS; i++) {
		err = nf_nat_ipv4_register_fn(nat->netns, &nat->fns4[i]);
		if (err)
			goto err_fns;
	}
	return 0;

err_fns:
	unhook_fns4(nat, i);
	nf_unregister_net_hooks(nat->netns, nat->hooks4, VMI_NAT_HOOKS);
err_ct:
	nf_ct_netns_put(nat->netns, NFPROTO_IPV4);
	return err;
}

static void unhook4(struct vmi_nat *nat)
{
	unhook_fns4(nat, VMI_NAT4_FNS);
	nf_unregister_net_hooks(nat->netns, nat->hooks4, VMI_NAT_HOOKS);
	nf_ct_netns_put(nat->netns, NFPROTO_IPV4);
}

static int hook6(struct vmi_nat *nat)
{
	int err;

	err = nf_ct_netns_get(nat->netns, NFPROTO_IPV6);
	if (err)
		return err;
	err = nf_register_net_hooks(nat->netns, nat->hooks6, VMI_NAT_HOOKS);
	if (err)
		goto err_ct;
	err = nf_nat_ipv6_register_fn(nat->netns, &nat->fn6);
	if (err)
		goto err_hooks;
	return 0;

err_hooks:
	nf_unregister_net_hooks(nat->netns, nat->hooks6, VMI_NAT_HOOKS);
err_ct:
	nf_ct_netns_put(nat->netns, NFPROTO_IPV6);
	return err;
}

static void unhook6(struct vmi_nat *nat)
{
	nf_nat_ipv6_unregister_fn(nat->netns, &nat->fn6);
	nf_unregister_net_hooks(nat->netns, nat->hooks6, VMI_NAT_HOOKS);
	nf_ct_netns_put(nat->netns, NFPROTO_IPV6);
}

static struct vmi_nat *nat_new(struct net *netns)
{
	struct vmi_nat *nat;
	int err;

	nat = kvzalloc(sizeof(*nat), GFP_KERNEL_ACCOUNT);
	if (!nat)
		return ERR_PTR(-ENOMEM);
	nat->netns = netns;
	memcpy(nat->fns4, vmi_nat4_fns, sizeof(nat->fns4));
	memcpy(nat->hooks4, vmi_nat4_hooks, sizeof(nat->hooks4));
	nat->fn6 = vmi_nat6_fn;
	memcpy(nat->hooks6, vmi_nat6_hooks, sizeof(nat->hooks6));
	set_priv(nat, nat->fns4, VMI_NAT4_FNS);
	set_priv(nat, nat->hooks4, VMI_NAT_HOOKS);
	set_priv(nat, &nat->fn6, 1);
	set_priv(nat, nat->hooks6, VMI_NAT_HOOKS);

	err = vmi_flow_init(&nat->flows, netns);
	if (err)
		goto err_free;
	err = hook4(nat);
	if (err)
		goto err_flows;
	list_add_tail(&nat->node, &vmi_nats);
	return nat;

err_flows:
	/* The hooks may be being called, though they have not met a network. */
	synchronize_rcu();
	vmi_flow_exit(&nat->flows);
err_free:
	kvfree(nat);
	return ERR_PTR(err);
}

static void nat_free(struct vmi_nat *nat)
{
	list_del(&nat->node);
	unhook4(nat);
	/* The hooks may be being called. */
	synchronize_rcu();
	vmi_flow_exit(&nat->flows);
	kvfree(nat);
}

static struct vmi_nat *nat_find(struct net *netns)
{
	struct vmi_nat *nat;

	list_for_each_entry(nat, &vmi_nats, node) {
		if (net_eq(nat->netns, netns))
			return nat;
	}
	return NULL;
}

/* prefix lengths of its networks */
static void set_lens(struct vmi_nat *nat)
{
	struct vmi_net *net;
	unsigned int i;
	u32 lens = 0;

	for (i = 0; i < ARRAY_SIZE(nat->subnet); i++)
		hlist_for_each_entry(net, &nat->subnet[i], nat_node)
			lens |= BIT(net->conf.prefix_len);
	WRITE_ONCE(nat->lens, lens);
}

static bool has_ip6(const struct vmi_net *net)
{
	return !ipv6_addr_any(&net->conf.subnet6);
}

static int add_ip6(struct vmi_nat *nat, struct vmi_net *net)
{
	int err;

	if (!has_ip6(net))
		return 0;
	if (!nat->nets6) {
		err = hook6(nat);
		if (err)
			return err;
	}
	nat->nets6++;
	hlist_add_head_rcu(&net->nat6_node, bucket6(nat, &net->conf.subnet6));
	return 0;
}

static void del_ip6(struct vmi_nat *nat, struct vmi_net *net)
{
	if (!has_ip6(net))
		return;
	hlist_del_rcu(&net->nat6_node);
	if (!--nat->nets6)
		unhook6(nat);
}

/**
 * vmi_nat_add - begin to translate for a network
 * @net: the network, which has its interface
 * @netns: the network namespace that this is in
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -ENOMEM, or what netfilter says.
 */
int vmi_nat_add(struct vmi_net *net, struct net *netns, struct netlink_ext_ack *extack)
{
	struct vmi_nat *nat;
	int err;

	lockdep_assert_held(&vmi_ctl);
	nat = nat_find(netns);
	if (!nat) {
		nat = nat_new(netns);
		if (IS_ERR(nat)) {
			NL_SET_ERR_MSG_MOD(extack, "netfilter does not take the hooks of NAT");
			return PTR_ERR(nat);
		}
	}
	err = add_ip6(nat, net);
	if (err) {
		NL_SET_ERR_MSG_MOD(extack, "netfilter does not take the hooks of IPv6 NAT");
		if (!nat->nets)
			nat_free(nat);
		return err;
	}
	nat->nets++;
	net->nat = nat;
	/* Flows that are not translated would stay so. */
	forget_net(net);
	rcu_read_lock();
	vmi_nat4_set_up(rcu_dereference(net->host));
	rcu_read_unlock();
	hlist_add_head_rcu(&net->nat_node, bucket4(nat, net->conf.subnet));
	set_lens(nat);
	return 0;
}

/**
 * vmi_nat_del - translate no longer for a network
 * @net: the network; nothing happens if there is no NAT for it
 *
 * Its forwards are deleted and its flows end.
 *
 * Context: process, vmi_ctl held; an RCU grace period passes before the network is freed.
 */
void vmi_nat_del(struct vmi_net *net)
{
	struct vmi_nat *nat = net->nat;

	lockdep_assert_held(&vmi_ctl);
	if (!nat)
		return;
	vmi_portfwd_del_all(net);
	hlist_del_rcu(&net->nat_node);
	set_lens(nat);
	del_ip6(nat, net);
	forget_net(net);
	net->nat = NULL;
	if (!--nat->nets)
		nat_free(nat);
}

/**
 * vmi_nat_forwards - the forwarded ports that a network has a part in
 * @net: the network
 * @netns: set to their network namespace
 *
 * Context: process, vmi_ctl held.
 * Return: the table, NULL if there is no NAT for the network.
 */
struct vmi_portfwd_table *vmi_nat_forwards(struct vmi_net *net, struct net **netns)
{
	lockdep_assert_held(&vmi_ctl);
	if (!net->nat)
		return NULL;
	*netns = net->nat->netns;
	return &net->nat->forwards;
}

/**
 * vmi_nat_init - prepare for NAT
 *
 * The kernel's own notifiers end the flows of an address that the host loses. They are
 * there as long as the module: to register them takes a lock that the end of a
 * network namespace holds when it waits for vmi_ctl.
 *
 * Context: process, when the module is loaded.
 * Return: 0 or a negative errno.
 */
int vmi_nat_init(void)
{
	return nf_nat_masquerade_inet_register_notifiers();
}

/**
 * vmi_nat_exit - undo vmi_nat_init(); there are no networks
 *
 * Context: process, when the module is unloaded.
 */
void vmi_nat_exit(void)
{
	nf_nat_masquerade_inet_unregister_notifiers();
}

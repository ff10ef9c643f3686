/* SPDX-License-Identifier: GPL-2.0 */
/* What nat.c, nat4.c and nat6.c share. */
#ifndef VMI_NAT_PRIV_H
#define VMI_NAT_PRIV_H

#include <linux/list.h>
#include <linux/netfilter.h>

#include "flow.h"
#include "net.h"
#include "portfwd.h"

struct nf_conn;

#define VMI_NAT_BITS	6	/* of the hash of subnets */
#define VMI_NAT4_FNS	3
#define VMI_NAT_HOOKS	4	/* of each family */

/**
 * struct vmi_nat - NAT of a network namespace, which has NAT networks
 * @node: in the list of these; vmi_ctl
 * @netns: the namespace; const, and there as long as this is
 * @nets: number of its NAT networks; vmi_ctl
 * @nets6: number of those with IPv6; vmi_ctl
 * @lens: bit n: one of them has a prefix of n bits; vmi_ctl, read without a lock
 * @subnet: the networks; vmi_ctl, read by RCU
 * @subnet6: those with IPv6; vmi_ctl, read by RCU
 * @forwards: forwarded ports
 * @flows: established flows
 * @fns4: what nf_nat asks at the first packet of an IPv4 flow
 * @hooks4: what sees all IPv4 packets
 * @fn6: the same for IPv6
 * @hooks6: the same for IPv6
 */
struct vmi_nat {
	struct list_head node;
	struct net *netns;
	unsigned int nets;
	unsigned int nets6;
	u32 lens;
	struct hlist_head subnet[1 << VMI_NAT_BITS];
	struct hlist_head subnet6[1 << VMI_NAT_BITS];
	struct vmi_portfwd_table forwards;
	struct nf_flowtable flows;
	struct nf_hook_ops fns4[VMI_NAT4_FNS];
	struct nf_hook_ops hooks4[VMI_NAT_HOOKS];
	struct nf_hook_ops fn6;
	struct nf_hook_ops hooks6[VMI_NAT_HOOKS];
};

static inline unsigned int vmi_nat_drop(struct vmi_net *net, enum vmi_drop why)
{
	vmi_net_drop(net, why);
	return NF_DROP;
}

/* nat.c; in the RCU read section of a hook */
struct vmi_net *vmi_nat_net(const struct net_device *dev);
struct vmi_net *vmi_nat_net_of(struct vmi_nat *nat, __be32 addr);
struct vmi_net *vmi_nat_net_of6(struct vmi_nat *nat, const struct in6_addr *addr);
unsigned int vmi_nat_forward_first(void *priv, struct sk_buff *skb,
				   const struct nf_hook_state *state);
unsigned int vmi_nat_forward_last(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state);

/* nat4.c; of the ops copies are registered, with the object as priv */
extern const struct nf_hook_ops vmi_nat4_fns[VMI_NAT4_FNS];
extern const struct nf_hook_ops vmi_nat4_hooks[VMI_NAT_HOOKS];
void vmi_nat4_set_up(const struct net_device *dev);
bool vmi_nat4_forwarded(struct vmi_nat *nat, const struct nf_conn *ct, const struct vmi_net *net);

/* nat6.c, likewise */
extern const struct nf_hook_ops vmi_nat6_fn;
extern const struct nf_hook_ops vmi_nat6_hooks[VMI_NAT_HOOKS];

#endif /* VMI_NAT_PRIV_H */

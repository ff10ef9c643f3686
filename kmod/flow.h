/* SPDX-License-Identifier: GPL-2.0 */
/* Established flows of NAT networks, past most of the host's stack. */
#ifndef VMI_FLOW_H
#define VMI_FLOW_H

#include <net/netfilter/nf_flow_table.h>

struct nf_hook_state;
struct sk_buff;

int vmi_flow_init(struct nf_flowtable *table, struct net *netns);
/* the hooks are gone, and an RCU grace period has passed */
void vmi_flow_exit(struct nf_flowtable *table);
/* give the flows of guests behind an interface back to connection tracking */
void vmi_flow_give_back(struct nf_flowtable *table, struct net_device *dev);
/* a guest's packet, which the host's firewall has let through */
void vmi_flow_add(struct nf_flowtable *table, struct sk_buff *skb,
		  const struct nf_hook_state *state);
/* at the first of the PRE_ROUTING hooks: does the packet belong to such a flow? */
unsigned int vmi_flow_take4(struct nf_flowtable *table, struct sk_buff *skb,
			    const struct nf_hook_state *state);
unsigned int vmi_flow_take6(struct nf_flowtable *table, struct sk_buff *skb,
			    const struct nf_hook_state *state);

#endif /* VMI_FLOW_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The hop of a packet over the host, to a guest or from one, without the host being a router. */
#ifndef VMI_HOP_H
#define VMI_HOP_H

struct net_device;
struct nf_hook_state;
struct sk_buff;
struct vmi_net;

unsigned int vmi_hop_to_guest(struct sk_buff *skb, const struct nf_hook_state *state,
			      struct vmi_net *net, struct net_device *dev);
unsigned int vmi_hop6(struct sk_buff *skb, const struct nf_hook_state *state, struct vmi_net *net);
void vmi_hop_clamp_mss(struct sk_buff *skb, const struct nf_hook_state *state);

#endif /* VMI_HOP_H */

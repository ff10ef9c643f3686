/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Port forwards: ports of the host that lead to a VM of a NAT network.
 *
 * The functions that take an extack are called under vmi_ctl.
 */
#ifndef VMI_PORTFWD_H
#define VMI_PORTFWD_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/vmi_chr.h>

struct net;
struct netlink_ext_ack;
struct vmi_net;

#define VMI_PORTFWD_BUCKETS	1024
#define VMI_PORTFWD_PORTS	16384	/* forwarded for a network, ranges counted in full */

/* What a client asks for; in host byte order but for the addresses. */
struct vmi_portfwd_conf {
	char net[VMI_NAME_LEN];
	char vm[VMI_NAME_LEN];
	u8 proto;		/* IPPROTO_TCP or IPPROTO_UDP */
	u16 first;
	u16 last;		/* not less than first */
	u16 to;			/* the VM's port for first */
	__be32 addr;		/* the host's address, 0 for all */
};

/* What a client is shown. */
struct vmi_portfwd_view {
	struct vmi_portfwd_conf conf;
	u32 id;
	__be32 ip;		/* the VM's, 0 while it has none */
	u64 connections;
};

/* Forwarded ports of a network namespace. Written under vmi_ctl, read by RCU. */
struct vmi_portfwd_table {
	struct hlist_head bucket[VMI_PORTFWD_BUCKETS];
};

/**
 * struct vmi_portfwd - a forward
 * @node: in the list of forwards, in order of id; vmi_ctl
 * @net_node: in the network's; vmi_ctl
 * @id: unique; const
 * @conf: const
 * @net: const
 * @ip: address of the VM, 0 while it has none; vmi_ctl, read without a lock
 * @connections: how many were forwarded
 *
 * Freed after an RCU grace period.
 */
struct vmi_portfwd {
	struct list_head node;
	struct list_head net_node;
	u32 id;
	struct vmi_portfwd_conf conf;
	struct vmi_net *net;
	__be32 ip;
	atomic64_t connections;
};

/* RCU held */
struct vmi_portfwd *vmi_portfwd_find(struct vmi_portfwd_table *table, u8 proto, u16 port,
				     __be32 addr);

/* @taken: on -EEXIST and -EADDRINUSE the port in question, to explain it */
int vmi_portfwd_new(const struct vmi_portfwd_conf *conf, u32 *id, u16 *taken,
		    struct netlink_ext_ack *extack);
int vmi_portfwd_del(const struct vmi_portfwd_conf *conf, struct netlink_ext_ack *extack);
/* vmi_ctl held; all of a network */
void vmi_portfwd_del_all(struct vmi_net *net);
/* vmi_ctl held; a port of the network came or went */
void vmi_portfwd_follow(struct vmi_net *net);
/* vmi_ctl held; the forward after *@cursor in order of id: 0 or -ENOENT */
int vmi_portfwd_next(u32 *cursor, struct vmi_portfwd_view *view);

#endif /* VMI_PORTFWD_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Networks: the object, its addresses and leases.
 *
 * The functions that take an extack are called under vmi_ctl.
 */
#ifndef VMI_NET_H
#define VMI_NET_H

#include <linux/vmi_chr.h>

struct net;
struct net_device;
struct netlink_ext_ack;
struct vmi_net;

/* What a client asks for; zero where it is silent (no_flags etc. tell for net-set). */
struct vmi_net_conf {
	char name[VMI_NAME_LEN];
	char ifname[16];
	u32 mode;
	u32 flags;		/* BIT(VMI_NET_FLAG_*) */
	__be32 subnet;
	u8 prefix_len;
	__be32 gateway;
	__be32 range_first;
	__be32 range_last;
	u32 lease_s;
	u32 mtu;
	u32 ageing_ms;
	bool set_flags;		/* net-set: flags were given */
};

/* What a client is shown. */
struct vmi_net_view {
	struct vmi_net_conf conf;
	u32 id;
	u32 ports;
	int ifindex;		/* 0: no host interface */
	kuid_t uid;
};

#define VMI_DROPS_MAX	32

/* Counters, folded; drop[] is indexed by enum vmi_drop of drop.h */
struct vmi_stats_view {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 drop[VMI_DROPS_MAX];
};

int vmi_net_new(struct net *netns, const struct vmi_net_conf *conf, u32 *id, int *ifindex,
		struct netlink_ext_ack *extack);
int vmi_net_set(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack);
int vmi_net_del(const char *name, struct netlink_ext_ack *extack);
/* vmi_ctl held; the network after *@cursor in order of id (0: the first): 0 or -ENOENT */
int vmi_net_next(u32 *cursor, struct vmi_net_view *view, struct vmi_stats_view *stats);
int vmi_net_view(const char *name, struct vmi_net_view *view, struct vmi_stats_view *stats);
u32 vmi_net_count(void);

/* One forwarding entry; vmi_ctl held. port 0: the host's. 0 or -ENOENT at the end. */
struct vmi_fdb_view {
	u8 mac[6];
	u32 port;
	u32 age_ms;
	bool ages;
	char vm[VMI_NAME_LEN];
};
int vmi_net_fdb(const char *name, u32 index, struct vmi_fdb_view *view);

int vmi_net_init(void);
void vmi_net_exit(void);

#endif /* VMI_NET_H */

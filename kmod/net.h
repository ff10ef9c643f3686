/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Networks: the object, its addresses and leases.
 *
 * The functions that take an extack are called under vmi_ctl.
 */
#ifndef VMI_NET_H
#define VMI_NET_H

#include <linux/if_ether.h>
#include <linux/in6.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/uidgid.h>
#include <linux/vmi_chr.h>

#include "claim.h"
#include "drop.h"
#include "fdb.h"
#include "trace.h"

#define VMI_NET_PREFIX6	48	/* bits of subnet6 */

struct net;
struct net_device;
struct netlink_ext_ack;
struct vmi_uplink;
struct vmi_nat;

/**
 * struct vmi_net_conf - what a client asks for; zero where it is silent
 * @name: of the network
 * @ifname: of the host's interface
 * @mode: enum vmi_net_mode
 * @flags: BIT(VMI_NET_FLAG_*)
 * @subnet: network address
 * @prefix_len: 8 to 30
 * @gateway: the host's address
 * @range_first: first address leased
 * @range_last: last address leased
 * @lease_s: lease time, from 60
 * @mtu: bytes of the IP packet, 576 to 9216
 * @ageing_ms: life of a learned forwarding entry, from 1000
 * @dns: name servers, 0 behind the last
 * @domain: search domain, may be empty
 * @subnet6: IPv6 network address of VMI_NET_PREFIX6 bits, unspecified without IPv6
 * @dns6: IPv6 name servers, unspecified ones behind the last
 * @set_flags: @flags were given, for net-set
 * @guard: BIT(VMI_GUARD_*), of ports without their own
 * @guard_mask: which of them were given
 * @storm_pps: multicast and broadcast frames a second that a port may send
 * @set_dns: @dns were given, for net-set
 * @set_domain: @domain was given, for net-set
 * @set_dns6: @dns6 were given, for net-set
 *
 * The guards of a network's own one are those of struct vmi_net.
 */
struct vmi_net_conf {
	char name[VMI_NAME_LEN];
	char ifname[16];
	char uplink[16];	/* net-set: empty: as it is */
	u32 mode;
	u32 flags;
	__be32 subnet;
	u8 prefix_len;
	__be32 gateway;
	__be32 range_first;
	__be32 range_last;
	u32 lease_s;
	u32 mtu;
	u32 ageing_ms;
	__be32 dns[VMI_DNS_MAX];
	char domain[VMI_DOMAIN_LEN];
	struct in6_addr subnet6;
	struct in6_addr dns6[VMI_DNS_MAX];
	bool set_flags;
	u32 guard;
	u32 guard_mask;
	u32 storm_pps;
	bool set_dns;
	bool set_domain;
	bool set_dns6;
};

/**
 * struct vmi_net_view - what a client is shown of a network
 * @conf: its configuration, complete
 * @id: identifier
 * @ports: number of its ports
 * @ifindex: the host's interface, 0 for none
 * @uid: of the client that added it
 */
struct vmi_net_view {
	struct vmi_net_conf conf;
	u32 id;
	u32 ports;
	int ifindex;
	kuid_t uid;
	char uplink_ifname[16];	/* empty: none in use */
	u32 uplink_state;	/* enum vmi_uplink_state */
	bool mac_nat;
};

#define VMI_DROPS_MAX	64

/**
 * struct vmi_stats_view - counters of all CPUs together; rx and tx as the guest sees them
 * @rx_packets: frames delivered
 * @rx_bytes: of these, without the virtio-net header
 * @tx_packets: frames taken that passed the checks, delivered or not
 * @tx_bytes: of these
 * @drop: frames dropped, by enum vmi_drop
 */
struct vmi_stats_view {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 drop[VMI_DROPS_MAX];
};

/**
 * struct vmi_stats - counters of one CPU; written with bottom halves off, folded without a lock
 * @rx_packets: see struct vmi_stats_view, here and below
 * @rx_bytes: see there
 * @tx_packets: see there
 * @tx_bytes: see there
 * @drop: see there
 */
struct vmi_stats {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 drop[VMI_DROP_COUNT];
};

/**
 * struct vmi_net - a network
 * @node: in the list of networks, in order of id; vmi_ctl
 * @id: unique; const
 * @conf: as shown to clients; vmi_ctl. name, subnet, prefix_len and gateway are const,
 *	flags, lease_s, ageing_ms and mtu are read without a lock in the packet path,
 *	flags by the uplink under rtnl
 * @uid: of the client that added it; const
 * @server: address that DHCP is answered from, 0 on a network without leases; const
 * @host: the host's interface or NULL; vmi_ctl, read by RCU
 * @host_mac: its address; const
 * @uplink: of a bridged network, else NULL; const
 * @carrier: there is somebody behind the guests' links; written under rtnl, read without a lock
 * @ports: ports in order of creation; vmi_ctl, read by RCU
 * @nports: their number; vmi_ctl
 * @nat: NAT of the host's network namespace, NULL without; vmi_ctl
 * @nat_node: in its networks; vmi_ctl, read by RCU
 * @nat6_node: in its networks with IPv6; vmi_ctl, read by RCU
 * @forwards: forwarded ports that lead here; vmi_ctl
 * @reserves: addresses kept for MAC addresses; vmi_ctl
 * @nreserves: their number; vmi_ctl
 * @fdb: forwarding table
 * @stats: frames dropped that no port can be blamed for
 * @gone: counters of ports that were deleted or moved away; vmi_ctl
 * @claims: which guest has which IPv6 address
 *
 * A port keeps its network: one with ports is not deleted. It is freed after
 * an RCU grace period.
 */
struct vmi_net {
	struct list_head node;
	u32 id;
	struct vmi_net_conf conf;
	kuid_t uid;
	__be32 server;
	struct net_device __rcu *host;
	u8 host_mac[ETH_ALEN];
	struct vmi_uplink *uplink;
	bool carrier;
	struct list_head ports;
	u32 nports;
	struct vmi_nat *nat;
	struct hlist_node nat_node;
	struct hlist_node nat6_node;
	struct list_head forwards;
	struct list_head reserves;
	u32 nreserves;
	struct vmi_fdb fdb;
	struct vmi_stats __percpu *stats;
	struct vmi_stats_view gone;
	struct vmi_claims claims;
};

static inline void vmi_stats_drop(struct vmi_stats __percpu *stats, enum vmi_drop why)
{
	this_cpu_inc(stats->drop[why]);
}

/* No port is to blame. */
static inline void vmi_net_drop(struct vmi_net *net, enum vmi_drop why)
{
	vmi_stats_drop(net->stats, why);
	trace_vmi_frame_drop(net->conf.name, 0, vmi_drop_names[why], NULL);
}

void vmi_stats_fold(struct vmi_stats_view *view, const struct vmi_stats __percpu *stats);
void vmi_stats_sub(struct vmi_stats_view *view, const struct vmi_stats_view *less);
/* vmi_ctl held; NULL if there is none */
struct vmi_net *vmi_net_find(const char *name);
/* vmi_ctl held: is it an address of the subnet that a guest can have? */
int vmi_net_usable(const struct vmi_net *net, __be32 ip, struct netlink_ext_ack *extack);
/* vmi_ctl held: checks @ip, or chooses one for @mac when it is 0 */
int vmi_net_lease(struct vmi_net *net, const u8 *mac, __be32 *ip, struct netlink_ext_ack *extack);
/* the IPv6 prefix of a port with that lease; unspecified without IPv6 */
void vmi_net_prefix6(const struct vmi_net *net, __be32 ip, struct in6_addr *prefix6);
/* vmi_ctl held: has a port or host interface of any network that address? */
bool vmi_net_mac_used(const u8 *mac);

int vmi_net_new(struct net *netns, const struct vmi_net_conf *conf, u32 *id, int *ifindex,
		struct netlink_ext_ack *extack);
int vmi_net_set(const struct vmi_net_conf *conf, struct netlink_ext_ack *extack);
int vmi_net_del(const char *name, struct netlink_ext_ack *extack);
/* vmi_ctl held; the network after *@cursor in order of id (0: the first): 0 or -ENOENT */
int vmi_net_next(u32 *cursor, struct vmi_net_view *view, struct vmi_stats_view *stats);
int vmi_net_view(const char *name, struct vmi_net_view *view, struct vmi_stats_view *stats);
u32 vmi_net_count(void);

/**
 * struct vmi_fdb_view - what a client is shown of a forwarding entry
 * @mac: the address
 * @port: identifier of the port, 0 for the host's interface
 * @age_ms: time since it was last seen
 * @ages: @age_ms has a meaning
 * @vm: name of the port's VM, empty for the host's interface
 */
struct vmi_fdb_view {
	u8 mac[6];
	u32 port;
	u32 age_ms;
	bool ages;
	char vm[VMI_NAME_LEN];
};
/* vmi_ctl held; entries from the @index-th on, until @show returns false: 0 or -ENOENT */
int vmi_net_fdb(const char *name, u32 *index,
		bool (*show)(void *arg, const struct vmi_fdb_view *view), void *arg);

int vmi_net_init(void);
void vmi_net_exit(void);

#endif /* VMI_NET_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The objects of the protocol as C structures, and their parsers. */
#ifndef VMIC_MODEL_H
#define VMIC_MODEL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include <linux/vmi_chr.h>

#include "nl.h"

#define VMI_DROPS_MAX	64	/* reasons kept of one object */

/**
 * struct vmi_drop - frames dropped for one reason
 * @reason: the kernel's word
 * @packets: how many
 */
struct vmi_drop {
	char reason[32];
	uint64_t packets;
};

/* struct vmi_stats - counters; rx and tx as the guest sees them */
struct vmi_stats {
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	unsigned int ndrops;
	struct vmi_drop drops[VMI_DROPS_MAX];
};

/* struct vmi_vm - a VM; empty strings and a pid of 0 where the kernel sent none */
struct vmi_vm {
	uint64_t id;
	char name[VMI_NAME_LEN];
	uint32_t state;
	uint32_t reason;
	char text[VMI_TEXT_LEN];
	uint32_t uid;
	uint32_t pid;
	uint32_t vcpus;
	uint64_t mem_bytes;
	char console[VMI_PATH_LEN];
	bool transient;
	char note[VMI_TEXT_LEN];
	uint64_t since_ns;
	uint32_t ports;
};

/* struct vmi_limit - limits of one direction; 0 where there is none */
struct vmi_limit {
	uint64_t packets;
	uint64_t packets_burst;
	uint64_t bytes;
	uint64_t bytes_burst;
};

/* struct vmi_impair - what is done to frames of one direction, for tests */
struct vmi_impair {
	uint32_t loss_ppm;
	uint32_t delay_us;
	uint32_t jitter_us;
	uint32_t reorder_ppm;
};

#define VMI_DIR_RX	0	/* what the guest receives */
#define VMI_DIR_TX	1

/* struct vmi_policy - what an operator imposes on a port; limits and impairments by VMI_DIR_* */
struct vmi_policy {
	uint32_t guard;
	bool guard_own;
	bool isolated;
	struct vmi_limit limit[2];
	struct vmi_impair impair[2];
};

/* struct vmi_net - a network; an address of 0 and an empty string where there is none */
struct vmi_net {
	uint32_t id;
	char name[VMI_NAME_LEN];
	uint32_t mode;
	uint32_t flags;
	uint32_t ifindex;
	char ifname[16];
	struct in_addr subnet;
	uint8_t prefix_len;
	struct in_addr gateway;
	struct in_addr range_first;
	struct in_addr range_last;
	uint32_t lease_s;
	uint32_t mtu;
	uint32_t ageing_ms;
	uint32_t ports;
	uint32_t uid;
	struct in_addr dns[VMI_DNS_MAX];
	unsigned int ndns;
	char domain[VMI_DOMAIN_LEN];
	struct in6_addr subnet6;
	struct in6_addr dns6[VMI_DNS_MAX];
	unsigned int ndns6;
	struct vmi_stats stats;
	uint32_t guard;
	uint32_t storm_pps;
	char uplink[16];		/* not empty: bridged, and all that follows is so */
	char uplink_ifname[16];
	uint32_t uplink_state;
	bool mac_nat;
};

/* struct vmi_port - a port */
struct vmi_port {
	uint32_t id;
	uint32_t index;
	char vm[VMI_NAME_LEN];
	char net[VMI_NAME_LEN];
	uint8_t mac[6];
	struct in_addr ip;
	bool link;
	bool plugged;
	bool active;
	uint32_t fault;
	uint64_t features;
	struct in6_addr prefix6;
	uint32_t pairs;
	uint32_t pairs_active;		/* 0: the rings are stopped */
	struct vmi_stats stats;
	struct vmi_policy policy;
};

/* struct vmi_fdb - an entry of a forwarding table */
struct vmi_fdb {
	char net[VMI_NAME_LEN];
	uint8_t mac[6];
	bool has_port;		/* else the host's own address */
	uint32_t port;
	char vm[VMI_NAME_LEN];
	bool ages;
	uint32_t age_ms;
};

/* struct vmi_forward - ports of the host that lead to a VM; an address of 0 where there is none */
struct vmi_forward {
	char net[VMI_NAME_LEN];
	uint32_t id;
	uint8_t proto;
	uint16_t port;
	uint16_t port_last;
	struct in_addr address;
	char vm[VMI_NAME_LEN];	/* empty where it is not for us to know */
	uint16_t vm_port;
	struct in_addr ip;
	uint64_t connections;
};

/* struct vmi_reserve - an address kept for a MAC address */
struct vmi_reserve {
	char net[VMI_NAME_LEN];
	uint8_t mac[6];
	struct in_addr ip;
};

/* struct vmi_event - something that happened; has_* where absence means something */
struct vmi_event {
	uint64_t seq;
	uint64_t lost;
	uint64_t time_ns;
	uint32_t kind;
	uint64_t vm_id;
	char vm[VMI_NAME_LEN];
	bool has_state;
	uint32_t state;
	bool has_old_state;
	uint32_t old_state;
	uint32_t reason;
	char net[VMI_NAME_LEN];
	bool has_port;
	uint32_t port;
	uint32_t fault;
	bool has_uid;
	uint32_t uid;
	char text[VMI_TEXT_LEN];
};

/* Each fills a zeroed structure. Return: 0 or -EBADMSG. */
int vmi_vm_parse(const struct nlmsghdr *nlh, struct vmi_vm *vm);
int vmi_net_parse(const struct nlmsghdr *nlh, struct vmi_net *net);
int vmi_port_parse(const struct nlmsghdr *nlh, struct vmi_port *port);
int vmi_fdb_parse(const struct nlmsghdr *nlh, struct vmi_fdb *fdb);
int vmi_forward_parse(const struct nlmsghdr *nlh, struct vmi_forward *forward);
int vmi_reserve_parse(const struct nlmsghdr *nlh, struct vmi_reserve *reserve);
int vmi_event_parse(const struct nlmsghdr *nlh, struct vmi_event *ev);

#endif /* VMIC_MODEL_H */

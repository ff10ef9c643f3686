/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vmi.yaml */
/* YNL-GEN uapi header */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#ifndef _UAPI_LINUX_VMI_H
#define _UAPI_LINUX_VMI_H

#define VMI_FAMILY_NAME		"vmi"
#define VMI_FAMILY_VERSION	1

#define VMI_NAME_MAX	31
#define VMI_TEXT_MAX	95
#define VMI_DOMAIN_MAX	253

/*
 * Lifecycle of a VM. Only the transitions of the VMI protocol
 * (Documentation/vmi-protocol.rst) are possible.
 */
enum vmi_state {
	VMI_STATE_DEFINED,
	VMI_STATE_STARTING,
	VMI_STATE_RUNNING,
	VMI_STATE_PAUSED,
	VMI_STATE_STOPPING,
	VMI_STATE_STOPPED,
	VMI_STATE_SAVING,
	VMI_STATE_RESTORING,
	VMI_STATE_MIGRATING_OUT,
	VMI_STATE_MIGRATING_IN,
	VMI_STATE_CRASHED,
};

/**
 * enum vmi_reason - Why a VM is in its state.
 * @VMI_REASON_NONE: no particular reason
 * @VMI_REASON_REQUEST: a client asked for it
 * @VMI_REASON_GUEST_POWEROFF: the guest switched itself off
 * @VMI_REASON_GUEST_RESET: the guest rebooted
 * @VMI_REASON_GUEST_PANIC: the guest said that it panicked
 * @VMI_REASON_TRIPLE_FAULT: a vCPU shut down by a triple fault
 * @VMI_REASON_VMM_ERROR: the VMM gave up, its explanation says why
 * @VMI_REASON_VMM_DIED: the VMM ended without a word
 * @VMI_REASON_KILLED: a client had the VMM killed
 * @VMI_REASON_START_FAILED: the VMM ended before the guest ran
 */
enum vmi_reason {
	VMI_REASON_NONE,
	VMI_REASON_REQUEST,
	VMI_REASON_GUEST_POWEROFF,
	VMI_REASON_GUEST_RESET,
	VMI_REASON_GUEST_PANIC,
	VMI_REASON_TRIPLE_FAULT,
	VMI_REASON_VMM_ERROR,
	VMI_REASON_VMM_DIED,
	VMI_REASON_KILLED,
	VMI_REASON_START_FAILED,
};

/**
 * enum vmi_command - What a VMM can be asked to do.
 * @VMI_COMMAND_PAUSE: stop all vCPUs
 * @VMI_COMMAND_RESUME: let all vCPUs go on
 * @VMI_COMMAND_POWERDOWN: press the power button; the guest decides
 * @VMI_COMMAND_RESET: reset the machine
 * @VMI_COMMAND_POWEROFF: end the VM at once, in order
 * @VMI_COMMAND_KILL: kill the VMM's process; done by the kernel, needs no
 *   VMM's answer
 */
enum vmi_command {
	VMI_COMMAND_PAUSE,
	VMI_COMMAND_RESUME,
	VMI_COMMAND_POWERDOWN,
	VMI_COMMAND_RESET,
	VMI_COMMAND_POWEROFF,
	VMI_COMMAND_KILL,
};

enum vmi_net_mode {
	VMI_NET_MODE_HOST_ONLY,
	VMI_NET_MODE_NAT,
	VMI_NET_MODE_BRIDGED,
};

/**
 * enum vmi_net_flag - Bit numbers of a network's flags.
 * @VMI_NET_FLAG_NO_HOST: no interface of the host is part of the network
 * @VMI_NET_FLAG_ISOLATED: guests reach the host only, not one another
 * @VMI_NET_FLAG_MAC_NAT: guests are seen under the uplink's MAC address
 * @VMI_NET_FLAG_NO_FLOW_TABLE: established flows of a NAT network go by the
 *   host's firewall, too
 */
enum vmi_net_flag {
	VMI_NET_FLAG_NO_HOST,
	VMI_NET_FLAG_ISOLATED,
	VMI_NET_FLAG_MAC_NAT,
	VMI_NET_FLAG_NO_FLOW_TABLE,
};

/**
 * enum vmi_uplink_state - What a bridged network has of its uplink.
 * @VMI_UPLINK_STATE_UP: frames pass
 * @VMI_UPLINK_STATE_DOWN: the interface is off or has no carrier
 * @VMI_UPLINK_STATE_GONE: there is no interface of that name
 * @VMI_UPLINK_STATE_NO_ROUTE: the default route is followed, and there is none
 * @VMI_UPLINK_STATE_UNFIT: the interface cannot be an uplink
 */
enum vmi_uplink_state {
	VMI_UPLINK_STATE_UP,
	VMI_UPLINK_STATE_DOWN,
	VMI_UPLINK_STATE_GONE,
	VMI_UPLINK_STATE_NO_ROUTE,
	VMI_UPLINK_STATE_UNFIT,
};

/**
 * enum vmi_guard - Bit numbers of the checks made of the frames that a guest
 *   sends. What a check refuses is dropped, and counted under its own reason.
 * @VMI_GUARD_MAC: the source is the port's MAC address
 * @VMI_GUARD_IP: the IPv4 source is the port's lease, the IPv6 source an
 *   address that no other guest and not the host has
 * @VMI_GUARD_ARP: the sender's addresses in ARP are the port's
 * @VMI_GUARD_ND: link-layer addresses in IPv6 neighbour discovery are the
 *   port's, its IPv6 addresses those of no other guest and not of the host
 * @VMI_GUARD_DHCP: nothing that a DHCP server would send, of IPv4 or IPv6
 * @VMI_GUARD_RA: no router advertisement and no redirect
 * @VMI_GUARD_STORM: no more multicast and broadcast frames a second than the
 *   network allows
 */
enum vmi_guard {
	VMI_GUARD_MAC,
	VMI_GUARD_IP,
	VMI_GUARD_ARP,
	VMI_GUARD_ND,
	VMI_GUARD_DHCP,
	VMI_GUARD_RA,
	VMI_GUARD_STORM,
};

/**
 * enum vmi_port_fault - Why the kernel stopped a port's rings.
 * @VMI_PORT_FAULT_NONE: the rings work
 * @VMI_PORT_FAULT_INDEX_JUMP: the available index moved by more than the
 *   ring's size
 * @VMI_PORT_FAULT_BAD_HEAD: a descriptor number beyond the ring
 * @VMI_PORT_FAULT_LOOP: a chain longer than the ring
 * @VMI_PORT_FAULT_BAD_LENGTH: a descriptor of zero or of too many bytes
 * @VMI_PORT_FAULT_BAD_ADDRESS: a descriptor outside the guest's memory
 * @VMI_PORT_FAULT_BAD_INDIRECT: an indirect table within a table, or of a bad
 *   size
 * @VMI_PORT_FAULT_BAD_DIRECTION: a buffer for the device in the wrong
 *   direction
 * @VMI_PORT_FAULT_BAD_HEADER: a virtio-net header that contradicts its frame
 * @VMI_PORT_FAULT_RING_ADDRESS: a ring outside the guest's memory
 */
enum vmi_port_fault {
	VMI_PORT_FAULT_NONE,
	VMI_PORT_FAULT_INDEX_JUMP,
	VMI_PORT_FAULT_BAD_HEAD,
	VMI_PORT_FAULT_LOOP,
	VMI_PORT_FAULT_BAD_LENGTH,
	VMI_PORT_FAULT_BAD_ADDRESS,
	VMI_PORT_FAULT_BAD_INDIRECT,
	VMI_PORT_FAULT_BAD_DIRECTION,
	VMI_PORT_FAULT_BAD_HEADER,
	VMI_PORT_FAULT_RING_ADDRESS,
};

/**
 * enum vmi_event_kind
 * @VMI_EVENT_KIND_VM_NEW: a VM was defined
 * @VMI_EVENT_KIND_VM_STATE: a VM changed its state
 * @VMI_EVENT_KIND_VM_DEL: a VM was deleted
 * @VMI_EVENT_KIND_NET_NEW: a network was added
 * @VMI_EVENT_KIND_NET_SET: a network was changed
 * @VMI_EVENT_KIND_NET_DEL: a network was deleted
 * @VMI_EVENT_KIND_PORT_NEW: a port was added
 * @VMI_EVENT_KIND_PORT_SET: a port was changed or its link moved
 * @VMI_EVENT_KIND_PORT_DEL: a port was deleted
 * @VMI_EVENT_KIND_PORT_FAULT: the kernel stopped a port because of its guest
 * @VMI_EVENT_KIND_SESSION_NEW: an introspection session was opened
 * @VMI_EVENT_KIND_SESSION_DEL: an introspection session was closed
 * @VMI_EVENT_KIND_FORWARD_NEW: a port of the host was forwarded to a VM
 * @VMI_EVENT_KIND_FORWARD_DEL: a forward was deleted
 * @VMI_EVENT_KIND_RESERVE_NEW: an address was reserved
 * @VMI_EVENT_KIND_RESERVE_DEL: a reservation was deleted
 */
enum vmi_event_kind {
	VMI_EVENT_KIND_VM_NEW,
	VMI_EVENT_KIND_VM_STATE,
	VMI_EVENT_KIND_VM_DEL,
	VMI_EVENT_KIND_NET_NEW,
	VMI_EVENT_KIND_NET_SET,
	VMI_EVENT_KIND_NET_DEL,
	VMI_EVENT_KIND_PORT_NEW,
	VMI_EVENT_KIND_PORT_SET,
	VMI_EVENT_KIND_PORT_DEL,
	VMI_EVENT_KIND_PORT_FAULT,
	VMI_EVENT_KIND_SESSION_NEW,
	VMI_EVENT_KIND_SESSION_DEL,
	VMI_EVENT_KIND_FORWARD_NEW,
	VMI_EVENT_KIND_FORWARD_DEL,
	VMI_EVENT_KIND_RESERVE_NEW,
	VMI_EVENT_KIND_RESERVE_DEL,
};

enum {
	VMI_A_VM_ID = 1,
	VMI_A_VM_NAME,
	VMI_A_VM_STATE,
	VMI_A_VM_REASON,
	VMI_A_VM_TEXT,
	VMI_A_VM_UID,
	VMI_A_VM_PID,
	VMI_A_VM_VCPUS,
	VMI_A_VM_MEM_BYTES,
	VMI_A_VM_CONSOLE,
	VMI_A_VM_TRANSIENT,
	VMI_A_VM_NOTE,
	VMI_A_VM_SINCE_NS,
	VMI_A_VM_COMMAND,
	VMI_A_VM_TIMEOUT_MS,
	VMI_A_VM_PORTS,
	VMI_A_VM_REPLACE,
	VMI_A_VM_PAD,

	__VMI_A_VM_MAX,
	VMI_A_VM_MAX = (__VMI_A_VM_MAX - 1)
};

enum {
	VMI_A_NET_ID = 1,
	VMI_A_NET_NAME,
	VMI_A_NET_MODE,
	VMI_A_NET_FLAGS,
	VMI_A_NET_IFINDEX,
	VMI_A_NET_IFNAME,
	VMI_A_NET_SUBNET,
	VMI_A_NET_PREFIX_LEN,
	VMI_A_NET_GATEWAY,
	VMI_A_NET_RANGE_FIRST,
	VMI_A_NET_RANGE_LAST,
	VMI_A_NET_LEASE_S,
	VMI_A_NET_MTU,
	VMI_A_NET_AGEING_MS,
	VMI_A_NET_PORTS,
	VMI_A_NET_UID,
	VMI_A_NET_STATS,
	VMI_A_NET_PAD,
	VMI_A_NET_GUARD,
	VMI_A_NET_GUARD_MASK,
	VMI_A_NET_STORM_PPS,
	VMI_A_NET_UPLINK,
	VMI_A_NET_UPLINK_IFNAME,
	VMI_A_NET_UPLINK_STATE,
	VMI_A_NET_MAC_NAT,
	VMI_A_NET_DNS,
	VMI_A_NET_DOMAIN,
	VMI_A_NET_SUBNET6,
	VMI_A_NET_DNS6,

	__VMI_A_NET_MAX,
	VMI_A_NET_MAX = (__VMI_A_NET_MAX - 1)
};

enum {
	VMI_A_PORT_ID = 1,
	VMI_A_PORT_INDEX,
	VMI_A_PORT_VM,
	VMI_A_PORT_NET,
	VMI_A_PORT_MAC,
	VMI_A_PORT_IP,
	VMI_A_PORT_LINK,
	VMI_A_PORT_ACTIVE,
	VMI_A_PORT_FAULT,
	VMI_A_PORT_FEATURES,
	VMI_A_PORT_STATS,
	VMI_A_PORT_PAD,
	VMI_A_PORT_GUARD,
	VMI_A_PORT_GUARD_MASK,
	VMI_A_PORT_GUARD_OWN,
	VMI_A_PORT_ISOLATED,
	VMI_A_PORT_RX_LIMIT,
	VMI_A_PORT_TX_LIMIT,
	VMI_A_PORT_RX_IMPAIR,
	VMI_A_PORT_TX_IMPAIR,
	VMI_A_PORT_PLUGGED,
	VMI_A_PORT_PREFIX6,
	VMI_A_PORT_PAIRS,
	VMI_A_PORT_PAIRS_ACTIVE,

	__VMI_A_PORT_MAX,
	VMI_A_PORT_MAX = (__VMI_A_PORT_MAX - 1)
};

enum {
	VMI_A_LIMIT_PACKETS = 1,
	VMI_A_LIMIT_PACKETS_BURST,
	VMI_A_LIMIT_BYTES,
	VMI_A_LIMIT_BYTES_BURST,
	VMI_A_LIMIT_PAD,

	__VMI_A_LIMIT_MAX,
	VMI_A_LIMIT_MAX = (__VMI_A_LIMIT_MAX - 1)
};

enum {
	VMI_A_IMPAIR_LOSS_PPM = 1,
	VMI_A_IMPAIR_DELAY_US,
	VMI_A_IMPAIR_JITTER_US,
	VMI_A_IMPAIR_REORDER_PPM,

	__VMI_A_IMPAIR_MAX,
	VMI_A_IMPAIR_MAX = (__VMI_A_IMPAIR_MAX - 1)
};

enum {
	VMI_A_STATS_RX_PACKETS = 1,
	VMI_A_STATS_RX_BYTES,
	VMI_A_STATS_TX_PACKETS,
	VMI_A_STATS_TX_BYTES,
	VMI_A_STATS_DROP,
	VMI_A_STATS_PAD,

	__VMI_A_STATS_MAX,
	VMI_A_STATS_MAX = (__VMI_A_STATS_MAX - 1)
};

enum {
	VMI_A_DROP_REASON = 1,
	VMI_A_DROP_PACKETS,
	VMI_A_DROP_PAD,

	__VMI_A_DROP_MAX,
	VMI_A_DROP_MAX = (__VMI_A_DROP_MAX - 1)
};

enum {
	VMI_A_FDB_NET = 1,
	VMI_A_FDB_MAC,
	VMI_A_FDB_PORT,
	VMI_A_FDB_VM,
	VMI_A_FDB_AGE_MS,
	VMI_A_FDB_PAD,

	__VMI_A_FDB_MAX,
	VMI_A_FDB_MAX = (__VMI_A_FDB_MAX - 1)
};

enum {
	VMI_A_EVENT_SEQ = 1,
	VMI_A_EVENT_SINCE,
	VMI_A_EVENT_LOST,
	VMI_A_EVENT_TIME_NS,
	VMI_A_EVENT_KIND,
	VMI_A_EVENT_VM_ID,
	VMI_A_EVENT_VM,
	VMI_A_EVENT_STATE,
	VMI_A_EVENT_OLD_STATE,
	VMI_A_EVENT_REASON,
	VMI_A_EVENT_NET,
	VMI_A_EVENT_PORT,
	VMI_A_EVENT_FAULT,
	VMI_A_EVENT_UID,
	VMI_A_EVENT_TEXT,
	VMI_A_EVENT_PAD,

	__VMI_A_EVENT_MAX,
	VMI_A_EVENT_MAX = (__VMI_A_EVENT_MAX - 1)
};

enum {
	VMI_A_FORWARD_NET = 1,
	VMI_A_FORWARD_ID,
	VMI_A_FORWARD_PROTO,
	VMI_A_FORWARD_PORT,
	VMI_A_FORWARD_PORT_LAST,
	VMI_A_FORWARD_ADDRESS,
	VMI_A_FORWARD_VM,
	VMI_A_FORWARD_VM_PORT,
	VMI_A_FORWARD_IP,
	VMI_A_FORWARD_CONNECTIONS,
	VMI_A_FORWARD_PAD,

	__VMI_A_FORWARD_MAX,
	VMI_A_FORWARD_MAX = (__VMI_A_FORWARD_MAX - 1)
};

enum {
	VMI_A_RESERVE_NET = 1,
	VMI_A_RESERVE_MAC,
	VMI_A_RESERVE_IP,

	__VMI_A_RESERVE_MAX,
	VMI_A_RESERVE_MAX = (__VMI_A_RESERVE_MAX - 1)
};

enum {
	VMI_CMD_VM_GET = 1,
	VMI_CMD_VM_NEW,
	VMI_CMD_VM_SET,
	VMI_CMD_VM_DEL,
	VMI_CMD_VM_COMMAND,
	VMI_CMD_NET_GET,
	VMI_CMD_NET_NEW,
	VMI_CMD_NET_SET,
	VMI_CMD_NET_DEL,
	VMI_CMD_PORT_GET,
	VMI_CMD_PORT_NEW,
	VMI_CMD_PORT_SET,
	VMI_CMD_PORT_DEL,
	VMI_CMD_FDB_GET,
	VMI_CMD_EVENT_GET,
	VMI_CMD_LIFECYCLE_NTF,
	VMI_CMD_NETWORK_NTF,
	VMI_CMD_FORWARD_GET,
	VMI_CMD_FORWARD_NEW,
	VMI_CMD_FORWARD_DEL,
	VMI_CMD_RESERVE_GET,
	VMI_CMD_RESERVE_NEW,
	VMI_CMD_RESERVE_DEL,

	__VMI_CMD_MAX,
	VMI_CMD_MAX = (__VMI_CMD_MAX - 1)
};

#define VMI_MCGRP_LIFECYCLE	"lifecycle"
#define VMI_MCGRP_NETWORK	"network"

#endif /* _UAPI_LINUX_VMI_H */

// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	Documentation/netlink/specs/vmi.yaml */
/* YNL-GEN kernel source */
/* To regenerate run: tools/net/ynl/ynl-regen.sh */

#include <net/netlink.h>
#include <net/genetlink.h>

#include <linux/vmi.h>

/* Integer value ranges */
static const struct netlink_range_validation vmi_a_vm_timeout_ms_range = {
	.min	= 1ULL,
	.max	= 600000ULL,
};

static const struct netlink_range_validation vmi_a_net_storm_pps_range = {
	.min	= 1ULL,
	.max	= 1000000ULL,
};

static const struct netlink_range_validation vmi_a_impair_loss_ppm_range = {
	.max	= 1000000ULL,
};

static const struct netlink_range_validation vmi_a_impair_delay_us_range = {
	.max	= 10000000ULL,
};

static const struct netlink_range_validation vmi_a_impair_jitter_us_range = {
	.max	= 10000000ULL,
};

static const struct netlink_range_validation vmi_a_impair_reorder_ppm_range = {
	.max	= 1000000ULL,
};

/* Common nested types */
const struct nla_policy vmi_impair_nl_policy[VMI_A_IMPAIR_REORDER_PPM + 1] = {
	[VMI_A_IMPAIR_LOSS_PPM] = NLA_POLICY_FULL_RANGE(NLA_U32, &vmi_a_impair_loss_ppm_range),
	[VMI_A_IMPAIR_DELAY_US] = NLA_POLICY_FULL_RANGE(NLA_U32, &vmi_a_impair_delay_us_range),
	[VMI_A_IMPAIR_JITTER_US] = NLA_POLICY_FULL_RANGE(NLA_U32, &vmi_a_impair_jitter_us_range),
	[VMI_A_IMPAIR_REORDER_PPM] = NLA_POLICY_FULL_RANGE(NLA_U32, &vmi_a_impair_reorder_ppm_range),
};

const struct nla_policy vmi_limit_nl_policy[VMI_A_LIMIT_PAD + 1] = {
	[VMI_A_LIMIT_PACKETS] = { .type = NLA_U64, },
	[VMI_A_LIMIT_PACKETS_BURST] = { .type = NLA_U64, },
	[VMI_A_LIMIT_BYTES] = { .type = NLA_U64, },
	[VMI_A_LIMIT_BYTES_BURST] = { .type = NLA_U64, },
};

/* VMI_CMD_VM_GET - do */
static const struct nla_policy vmi_vm_get_nl_policy[VMI_A_VM_NAME + 1] = {
	[VMI_A_VM_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_VM_NEW - do */
static const struct nla_policy vmi_vm_new_nl_policy[VMI_A_VM_REPLACE + 1] = {
	[VMI_A_VM_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_VM_UID] = { .type = NLA_U32, },
	[VMI_A_VM_VCPUS] = { .type = NLA_U32, },
	[VMI_A_VM_MEM_BYTES] = { .type = NLA_U64, },
	[VMI_A_VM_TRANSIENT] = { .type = NLA_FLAG, },
	[VMI_A_VM_NOTE] = { .type = NLA_NUL_STRING, .len = VMI_TEXT_MAX, },
	[VMI_A_VM_REPLACE] = { .type = NLA_FLAG, },
};

/* VMI_CMD_VM_SET - do */
static const struct nla_policy vmi_vm_set_nl_policy[VMI_A_VM_NOTE + 1] = {
	[VMI_A_VM_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_VM_UID] = { .type = NLA_U32, },
	[VMI_A_VM_NOTE] = { .type = NLA_NUL_STRING, .len = VMI_TEXT_MAX, },
	[VMI_A_VM_TRANSIENT] = { .type = NLA_FLAG, },
};

/* VMI_CMD_VM_DEL - do */
static const struct nla_policy vmi_vm_del_nl_policy[VMI_A_VM_NAME + 1] = {
	[VMI_A_VM_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_VM_COMMAND - do */
static const struct nla_policy vmi_vm_command_nl_policy[VMI_A_VM_TIMEOUT_MS + 1] = {
	[VMI_A_VM_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_VM_COMMAND] = NLA_POLICY_MAX(NLA_U32, 5),
	[VMI_A_VM_TIMEOUT_MS] = NLA_POLICY_FULL_RANGE(NLA_U32, &vmi_a_vm_timeout_ms_range),
};

/* VMI_CMD_NET_GET - do */
static const struct nla_policy vmi_net_get_nl_policy[VMI_A_NET_NAME + 1] = {
	[VMI_A_NET_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_NET_NEW - do */
static const struct nla_policy vmi_net_new_nl_policy[VMI_A_NET_DNS6 + 1] = {
	[VMI_A_NET_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_NET_MODE] = NLA_POLICY_MAX(NLA_U32, 2),
	[VMI_A_NET_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0xf),
	[VMI_A_NET_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[VMI_A_NET_SUBNET] = { .type = NLA_BE32, },
	[VMI_A_NET_PREFIX_LEN] = NLA_POLICY_RANGE(NLA_U8, 8, 30),
	[VMI_A_NET_GATEWAY] = { .type = NLA_BE32, },
	[VMI_A_NET_RANGE_FIRST] = { .type = NLA_BE32, },
	[VMI_A_NET_RANGE_LAST] = { .type = NLA_BE32, },
	[VMI_A_NET_LEASE_S] = NLA_POLICY_MIN(NLA_U32, 60),
	[VMI_A_NET_MTU] = NLA_POLICY_RANGE(NLA_U32, 576, 9216),
	[VMI_A_NET_AGEING_MS] = NLA_POLICY_MIN(NLA_U32, 1000),
	[VMI_A_NET_GUARD] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_NET_GUARD_MASK] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_NET_STORM_PPS] = NLA_POLICY_FULL_RANGE(NLA_U32, &vmi_a_net_storm_pps_range),
	[VMI_A_NET_UPLINK] = { .type = NLA_NUL_STRING, .len = 15, },
	[VMI_A_NET_DNS] = NLA_POLICY_MAX_LEN(16),
	[VMI_A_NET_DOMAIN] = { .type = NLA_NUL_STRING, .len = VMI_DOMAIN_MAX, },
	[VMI_A_NET_SUBNET6] = NLA_POLICY_EXACT_LEN(16),
	[VMI_A_NET_DNS6] = NLA_POLICY_MAX_LEN(64),
};

/* VMI_CMD_NET_SET - do */
static const struct nla_policy vmi_net_set_nl_policy[VMI_A_NET_DNS6 + 1] = {
	[VMI_A_NET_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_NET_FLAGS] = NLA_POLICY_MASK(NLA_U32, 0xf),
	[VMI_A_NET_RANGE_FIRST] = { .type = NLA_BE32, },
	[VMI_A_NET_RANGE_LAST] = { .type = NLA_BE32, },
	[VMI_A_NET_LEASE_S] = NLA_POLICY_MIN(NLA_U32, 60),
	[VMI_A_NET_MTU] = NLA_POLICY_RANGE(NLA_U32, 576, 9216),
	[VMI_A_NET_AGEING_MS] = NLA_POLICY_MIN(NLA_U32, 1000),
	[VMI_A_NET_GUARD] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_NET_GUARD_MASK] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_NET_STORM_PPS] = NLA_POLICY_FULL_RANGE(NLA_U32, &vmi_a_net_storm_pps_range),
	[VMI_A_NET_UPLINK] = { .type = NLA_NUL_STRING, .len = 15, },
	[VMI_A_NET_DNS] = NLA_POLICY_MAX_LEN(16),
	[VMI_A_NET_DOMAIN] = { .type = NLA_NUL_STRING, .len = VMI_DOMAIN_MAX, },
	[VMI_A_NET_DNS6] = NLA_POLICY_MAX_LEN(64),
};

/* VMI_CMD_NET_DEL - do */
static const struct nla_policy vmi_net_del_nl_policy[VMI_A_NET_NAME + 1] = {
	[VMI_A_NET_NAME] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_PORT_GET - do */
static const struct nla_policy vmi_port_get_do_nl_policy[VMI_A_PORT_NET + 1] = {
	[VMI_A_PORT_ID] = { .type = NLA_U32, },
	[VMI_A_PORT_VM] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_PORT_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_PORT_GET - dump */
static const struct nla_policy vmi_port_get_dump_nl_policy[VMI_A_PORT_NET + 1] = {
	[VMI_A_PORT_ID] = { .type = NLA_U32, },
	[VMI_A_PORT_VM] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_PORT_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_PORT_NEW - do */
static const struct nla_policy vmi_port_new_nl_policy[VMI_A_PORT_PAIRS + 1] = {
	[VMI_A_PORT_VM] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_PORT_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_PORT_MAC] = NLA_POLICY_EXACT_LEN(6),
	[VMI_A_PORT_IP] = { .type = NLA_BE32, },
	[VMI_A_PORT_GUARD] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_PORT_GUARD_MASK] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_PORT_ISOLATED] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMI_A_PORT_RX_LIMIT] = NLA_POLICY_NESTED(vmi_limit_nl_policy),
	[VMI_A_PORT_TX_LIMIT] = NLA_POLICY_NESTED(vmi_limit_nl_policy),
	[VMI_A_PORT_RX_IMPAIR] = NLA_POLICY_NESTED(vmi_impair_nl_policy),
	[VMI_A_PORT_TX_IMPAIR] = NLA_POLICY_NESTED(vmi_impair_nl_policy),
	[VMI_A_PORT_PAIRS] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* VMI_CMD_PORT_SET - do */
static const struct nla_policy vmi_port_set_nl_policy[VMI_A_PORT_TX_IMPAIR + 1] = {
	[VMI_A_PORT_ID] = { .type = NLA_U32, },
	[VMI_A_PORT_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_PORT_IP] = { .type = NLA_BE32, },
	[VMI_A_PORT_LINK] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMI_A_PORT_GUARD] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_PORT_GUARD_MASK] = NLA_POLICY_MASK(NLA_U32, 0x7f),
	[VMI_A_PORT_GUARD_OWN] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMI_A_PORT_ISOLATED] = NLA_POLICY_MAX(NLA_U8, 1),
	[VMI_A_PORT_RX_LIMIT] = NLA_POLICY_NESTED(vmi_limit_nl_policy),
	[VMI_A_PORT_TX_LIMIT] = NLA_POLICY_NESTED(vmi_limit_nl_policy),
	[VMI_A_PORT_RX_IMPAIR] = NLA_POLICY_NESTED(vmi_impair_nl_policy),
	[VMI_A_PORT_TX_IMPAIR] = NLA_POLICY_NESTED(vmi_impair_nl_policy),
};

/* VMI_CMD_PORT_DEL - do */
static const struct nla_policy vmi_port_del_nl_policy[VMI_A_PORT_ID + 1] = {
	[VMI_A_PORT_ID] = { .type = NLA_U32, },
};

/* VMI_CMD_FDB_GET - dump */
static const struct nla_policy vmi_fdb_get_nl_policy[VMI_A_FDB_NET + 1] = {
	[VMI_A_FDB_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_EVENT_GET - dump */
static const struct nla_policy vmi_event_get_nl_policy[VMI_A_EVENT_SINCE + 1] = {
	[VMI_A_EVENT_SINCE] = { .type = NLA_U64, },
};

/* VMI_CMD_FORWARD_GET - dump */
static const struct nla_policy vmi_forward_get_nl_policy[VMI_A_FORWARD_NET + 1] = {
	[VMI_A_FORWARD_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_FORWARD_NEW - do */
static const struct nla_policy vmi_forward_new_nl_policy[VMI_A_FORWARD_VM_PORT + 1] = {
	[VMI_A_FORWARD_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_FORWARD_PROTO] = { .type = NLA_U8, },
	[VMI_A_FORWARD_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[VMI_A_FORWARD_PORT_LAST] = NLA_POLICY_MIN(NLA_U16, 1),
	[VMI_A_FORWARD_ADDRESS] = { .type = NLA_BE32, },
	[VMI_A_FORWARD_VM] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_FORWARD_VM_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
};

/* VMI_CMD_FORWARD_DEL - do */
static const struct nla_policy vmi_forward_del_nl_policy[VMI_A_FORWARD_ADDRESS + 1] = {
	[VMI_A_FORWARD_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_FORWARD_PROTO] = { .type = NLA_U8, },
	[VMI_A_FORWARD_PORT] = NLA_POLICY_MIN(NLA_U16, 1),
	[VMI_A_FORWARD_ADDRESS] = { .type = NLA_BE32, },
};

/* VMI_CMD_RESERVE_GET - dump */
static const struct nla_policy vmi_reserve_get_nl_policy[VMI_A_RESERVE_NET + 1] = {
	[VMI_A_RESERVE_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
};

/* VMI_CMD_RESERVE_NEW - do */
static const struct nla_policy vmi_reserve_new_nl_policy[VMI_A_RESERVE_IP + 1] = {
	[VMI_A_RESERVE_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_RESERVE_MAC] = NLA_POLICY_EXACT_LEN(6),
	[VMI_A_RESERVE_IP] = { .type = NLA_BE32, },
};

/* VMI_CMD_RESERVE_DEL - do */
static const struct nla_policy vmi_reserve_del_nl_policy[VMI_A_RESERVE_MAC + 1] = {
	[VMI_A_RESERVE_NET] = { .type = NLA_NUL_STRING, .len = VMI_NAME_MAX, },
	[VMI_A_RESERVE_MAC] = NLA_POLICY_EXACT_LEN(6),
};

/* Ops table for vmi */
static const struct genl_split_ops vmi_nl_ops[] = {
	{
		.cmd		= VMI_CMD_VM_GET,
		.doit		= vmi_nl_vm_get_doit,
		.policy		= vmi_vm_get_nl_policy,
		.maxattr	= VMI_A_VM_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VMI_CMD_VM_GET,
		.dumpit	= vmi_nl_vm_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VMI_CMD_VM_NEW,
		.doit		= vmi_nl_vm_new_doit,
		.policy		= vmi_vm_new_nl_policy,
		.maxattr	= VMI_A_VM_REPLACE,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_VM_SET,
		.doit		= vmi_nl_vm_set_doit,
		.policy		= vmi_vm_set_nl_policy,
		.maxattr	= VMI_A_VM_NOTE,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_VM_DEL,
		.doit		= vmi_nl_vm_del_doit,
		.policy		= vmi_vm_del_nl_policy,
		.maxattr	= VMI_A_VM_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_VM_COMMAND,
		.doit		= vmi_nl_vm_command_doit,
		.policy		= vmi_vm_command_nl_policy,
		.maxattr	= VMI_A_VM_TIMEOUT_MS,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_NET_GET,
		.doit		= vmi_nl_net_get_doit,
		.policy		= vmi_net_get_nl_policy,
		.maxattr	= VMI_A_NET_NAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= VMI_CMD_NET_GET,
		.dumpit	= vmi_nl_net_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VMI_CMD_NET_NEW,
		.doit		= vmi_nl_net_new_doit,
		.policy		= vmi_net_new_nl_policy,
		.maxattr	= VMI_A_NET_DNS6,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_NET_SET,
		.doit		= vmi_nl_net_set_doit,
		.policy		= vmi_net_set_nl_policy,
		.maxattr	= VMI_A_NET_DNS6,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_NET_DEL,
		.doit		= vmi_nl_net_del_doit,
		.policy		= vmi_net_del_nl_policy,
		.maxattr	= VMI_A_NET_NAME,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_PORT_GET,
		.doit		= vmi_nl_port_get_doit,
		.policy		= vmi_port_get_do_nl_policy,
		.maxattr	= VMI_A_PORT_NET,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_PORT_GET,
		.dumpit		= vmi_nl_port_get_dumpit,
		.policy		= vmi_port_get_dump_nl_policy,
		.maxattr	= VMI_A_PORT_NET,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VMI_CMD_PORT_NEW,
		.doit		= vmi_nl_port_new_doit,
		.policy		= vmi_port_new_nl_policy,
		.maxattr	= VMI_A_PORT_PAIRS,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_PORT_SET,
		.doit		= vmi_nl_port_set_doit,
		.policy		= vmi_port_set_nl_policy,
		.maxattr	= VMI_A_PORT_TX_IMPAIR,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_PORT_DEL,
		.doit		= vmi_nl_port_del_doit,
		.policy		= vmi_port_del_nl_policy,
		.maxattr	= VMI_A_PORT_ID,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_FDB_GET,
		.dumpit		= vmi_nl_fdb_get_dumpit,
		.policy		= vmi_fdb_get_nl_policy,
		.maxattr	= VMI_A_FDB_NET,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VMI_CMD_EVENT_GET,
		.dumpit		= vmi_nl_event_get_dumpit,
		.policy		= vmi_event_get_nl_policy,
		.maxattr	= VMI_A_EVENT_SINCE,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VMI_CMD_FORWARD_GET,
		.dumpit		= vmi_nl_forward_get_dumpit,
		.policy		= vmi_forward_get_nl_policy,
		.maxattr	= VMI_A_FORWARD_NET,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VMI_CMD_FORWARD_NEW,
		.doit		= vmi_nl_forward_new_doit,
		.policy		= vmi_forward_new_nl_policy,
		.maxattr	= VMI_A_FORWARD_VM_PORT,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_FORWARD_DEL,
		.doit		= vmi_nl_forward_del_doit,
		.policy		= vmi_forward_del_nl_policy,
		.maxattr	= VMI_A_FORWARD_ADDRESS,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_RESERVE_GET,
		.dumpit		= vmi_nl_reserve_get_dumpit,
		.policy		= vmi_reserve_get_nl_policy,
		.maxattr	= VMI_A_RESERVE_NET,
		.flags		= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= VMI_CMD_RESERVE_NEW,
		.doit		= vmi_nl_reserve_new_doit,
		.policy		= vmi_reserve_new_nl_policy,
		.maxattr	= VMI_A_RESERVE_IP,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= VMI_CMD_RESERVE_DEL,
		.doit		= vmi_nl_reserve_del_doit,
		.policy		= vmi_reserve_del_nl_policy,
		.maxattr	= VMI_A_RESERVE_MAC,
		.flags		= GENL_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};

static const struct genl_multicast_group vmi_nl_mcgrps[] = {
	[VMI_NLGRP_LIFECYCLE] = { "lifecycle", },
	[VMI_NLGRP_NETWORK] = { "network", },
};

struct genl_family vmi_nl_family __ro_after_init = {
	.name		= VMI_FAMILY_NAME,
	.version	= VMI_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= vmi_nl_ops,
	.n_split_ops	= ARRAY_SIZE(vmi_nl_ops),
	.mcgrps		= vmi_nl_mcgrps,
	.n_mcgrps	= ARRAY_SIZE(vmi_nl_mcgrps),
};

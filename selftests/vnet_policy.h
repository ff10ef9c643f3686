/* SPDX-License-Identifier: GPL-2.0 */
/* What the tests of a port's policy share, on top of vnet.h. */
#ifndef VMI_SELFTESTS_VNET_POLICY_H
#define VMI_SELFTESTS_VNET_POLICY_H

#include "vnet.h"

#define GUARD(name)	(1U << VMI_GUARD_##name)
#define GUARD_ALL	(GUARD(STORM) * 2 - 1)

static UNUSED int port_guard(uint32_t id, uint32_t guard, uint32_t mask)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_SET, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	mnl_attr_put_u32(nlh, VMI_A_PORT_GUARD, guard);
	mnl_attr_put_u32(nlh, VMI_A_PORT_GUARD_MASK, mask);
	return nl_talk(nlh, NULL, NULL);
}

static UNUSED int port_set_u8(uint32_t id, int attr, uint8_t val)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_SET, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	mnl_attr_put_u8(nlh, attr, val);
	return nl_talk(nlh, NULL, NULL);
}

static UNUSED int net_guard(const char *name, uint32_t guard, uint32_t mask)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_SET, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	mnl_attr_put_u32(nlh, VMI_A_NET_GUARD, guard);
	mnl_attr_put_u32(nlh, VMI_A_NET_GUARD_MASK, mask);
	return nl_talk(nlh, NULL, NULL);
}

static UNUSED int net_storm(const char *name, uint32_t pps)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_SET, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	mnl_attr_put_u32(nlh, VMI_A_NET_STORM_PPS, pps);
	return nl_talk(nlh, NULL, NULL);
}

/* 0 leaves a value out */
struct limit_args {
	uint64_t packets;
	uint64_t packets_burst;
	uint64_t bytes;
	uint64_t bytes_burst;
};

static void put_u64(struct nlmsghdr *nlh, int attr, uint64_t val)
{
	if (val)
		mnl_attr_put_u64(nlh, attr, val);
}

static UNUSED int port_limit(uint32_t id, int attr, const struct limit_args *a)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_SET, 0);
	struct nlattr *nest;

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	nest = mnl_attr_nest_start(nlh, attr);
	put_u64(nlh, VMI_A_LIMIT_PACKETS, a->packets);
	put_u64(nlh, VMI_A_LIMIT_PACKETS_BURST, a->packets_burst);
	put_u64(nlh, VMI_A_LIMIT_BYTES, a->bytes);
	put_u64(nlh, VMI_A_LIMIT_BYTES_BURST, a->bytes_burst);
	mnl_attr_nest_end(nlh, nest);
	return nl_talk(nlh, NULL, NULL);
}

struct impair_args {
	uint32_t loss_ppm;
	uint32_t delay_us;
	uint32_t jitter_us;
	uint32_t reorder_ppm;
};

static UNUSED int port_impair(uint32_t id, int attr, const struct impair_args *a)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_SET, 0);
	struct nlattr *nest;

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	nest = mnl_attr_nest_start(nlh, attr);
	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_LOSS_PPM, a->loss_ppm);
	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_DELAY_US, a->delay_us);
	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_JITTER_US, a->jitter_us);
	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_REORDER_PPM, a->reorder_ppm);
	mnl_attr_nest_end(nlh, nest);
	return nl_talk(nlh, NULL, NULL);
}

/* what port-get tells of a policy */
struct policy_query {
	uint32_t guard;
	int own;
	int isolated;
	struct limit_args limit;	/* of the direction asked for */
	struct impair_args impair;
	int attr;			/* VMI_A_PORT_*_LIMIT or _IMPAIR */
};

static int policy_limit_attr(const struct nlattr *attr, void *data)
{
	struct policy_query *q = data;

	switch (mnl_attr_get_type(attr)) {
	case VMI_A_LIMIT_PACKETS:
		q->limit.packets = mnl_attr_get_u64(attr);
		break;
	case VMI_A_LIMIT_PACKETS_BURST:
		q->limit.packets_burst = mnl_attr_get_u64(attr);
		break;
	case VMI_A_LIMIT_BYTES:
		q->limit.bytes = mnl_attr_get_u64(attr);
		break;
	case VMI_A_LIMIT_BYTES_BURST:
		q->limit.bytes_burst = mnl_attr_get_u64(attr);
		break;
	}
	return MNL_CB_OK;
}

static int policy_impair_attr(const struct nlattr *attr, void *data)
{
	struct policy_query *q = data;

	switch (mnl_attr_get_type(attr)) {
	case VMI_A_IMPAIR_LOSS_PPM:
		q->impair.loss_ppm = mnl_attr_get_u32(attr);
		break;
	case VMI_A_IMPAIR_DELAY_US:
		q->impair.delay_us = mnl_attr_get_u32(attr);
		break;
	case VMI_A_IMPAIR_JITTER_US:
		q->impair.jitter_us = mnl_attr_get_u32(attr);
		break;
	case VMI_A_IMPAIR_REORDER_PPM:
		q->impair.reorder_ppm = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

static int policy_attr(const struct nlattr *attr, void *data)
{
	int type = mnl_attr_get_type(attr);
	struct policy_query *q = data;

	switch (type) {
	case VMI_A_PORT_GUARD:
		q->guard = mnl_attr_get_u32(attr);
		break;
	case VMI_A_PORT_GUARD_OWN:
		q->own = mnl_attr_get_u8(attr);
		break;
	case VMI_A_PORT_ISOLATED:
		q->isolated = mnl_attr_get_u8(attr);
		break;
	case VMI_A_PORT_RX_LIMIT:
	case VMI_A_PORT_TX_LIMIT:
		if (type == q->attr)
			mnl_attr_parse_nested(attr, policy_limit_attr, data);
		break;
	case VMI_A_PORT_RX_IMPAIR:
	case VMI_A_PORT_TX_IMPAIR:
		if (type == q->attr)
			mnl_attr_parse_nested(attr, policy_impair_attr, data);
		break;
	}
	return MNL_CB_OK;
}

static int policy_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), policy_attr, data);
}

static UNUSED int port_policy(uint32_t id, struct policy_query *q)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_GET, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	return nl_talk(nlh, policy_msg, q);
}

static UNUSED int refused(int ret, int err)
{
	return ret == -1 && errno == err;
}

#endif /* VMI_SELFTESTS_VNET_POLICY_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes to structures. A malformed attribute fails the message; one that
 * is unknown is passed over, as a newer kernel may send it.
 */
#include <errno.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/vmi.h>

#include "model.h"

#define GENL_HEADER	sizeof(struct genlmsghdr)

static int take_u8(const struct nlattr *attr, uint8_t *to)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
		return -EBADMSG;
	*to = mnl_attr_get_u8(attr);
	return 0;
}

static int take_bool(const struct nlattr *attr, bool *to)
{
	uint8_t val = 0;
	int ret = take_u8(attr, &val);

	*to = val != 0;
	return ret;
}

static int take_u16(const struct nlattr *attr, uint16_t *to)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U16) < 0)
		return -EBADMSG;
	*to = mnl_attr_get_u16(attr);
	return 0;
}

static int take_u32(const struct nlattr *attr, uint32_t *to)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return -EBADMSG;
	*to = mnl_attr_get_u32(attr);
	return 0;
}

static int take_present_u32(const struct nlattr *attr, bool *has, uint32_t *to)
{
	*has = true;
	return take_u32(attr, to);
}

static int take_u64(const struct nlattr *attr, uint64_t *to)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
		return -EBADMSG;
	*to = mnl_attr_get_u64(attr);
	return 0;
}

static int take_ip(const struct nlattr *attr, struct in_addr *to)
{
	return take_u32(attr, &to->s_addr);
}

static int take_bytes(const struct nlattr *attr, void *to, size_t len)
{
	if (mnl_attr_get_payload_len(attr) != len)
		return -EBADMSG;
	memcpy(to, mnl_attr_get_payload(attr), len);
	return 0;
}

static int take_str(const struct nlattr *attr, char *to, size_t size)
{
	size_t len = strnlen(mnl_attr_get_payload(attr), mnl_attr_get_payload_len(attr));

	if (len >= size)
		return -EBADMSG;
	memcpy(to, mnl_attr_get_payload(attr), len);
	to[len] = '\0';
	return 0;
}

#define TAKE_STR(attr, field)	take_str(attr, field, sizeof(field))

static int take_drop(const struct nlattr *nest, struct vmi_stats *stats)
{
	const struct nlattr *attr;
	struct vmi_drop *drop;
	int ret = 0;

	if (mnl_attr_validate(nest, MNL_TYPE_NESTED) < 0)
		return -EBADMSG;
	if (stats->ndrops == VMI_DROPS_MAX)
		return 0;
	drop = &stats->drops[stats->ndrops++];
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VMI_A_DROP_REASON:
			ret = TAKE_STR(attr, drop->reason);
			break;
		case VMI_A_DROP_PACKETS:
			ret = take_u64(attr, &drop->packets);
			break;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int take_stats(const struct nlattr *nest, struct vmi_stats *stats)
{
	const struct nlattr *attr;
	int ret = 0;

	if (mnl_attr_validate(nest, MNL_TYPE_NESTED) < 0)
		return -EBADMSG;
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VMI_A_STATS_RX_PACKETS:
			ret = take_u64(attr, &stats->rx_packets);
			break;
		case VMI_A_STATS_RX_BYTES:
			ret = take_u64(attr, &stats->rx_bytes);
			break;
		case VMI_A_STATS_TX_PACKETS:
			ret = take_u64(attr, &stats->tx_packets);
			break;
		case VMI_A_STATS_TX_BYTES:
			ret = take_u64(attr, &stats->tx_bytes);
			break;
		case VMI_A_STATS_DROP:
			ret = take_drop(attr, stats);
			break;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int take_limit(const struct nlattr *nest, struct vmi_limit *limit)
{
	const struct nlattr *attr;
	int ret = 0;

	if (mnl_attr_validate(nest, MNL_TYPE_NESTED) < 0)
		return -EBADMSG;
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VMI_A_LIMIT_PACKETS:
			ret = take_u64(attr, &limit->packets);
			break;
		case VMI_A_LIMIT_PACKETS_BURST:
			ret = take_u64(attr, &limit->packets_burst);
			break;
		case VMI_A_LIMIT_BYTES:
			ret = take_u64(attr, &limit->bytes);
			break;
		case VMI_A_LIMIT_BYTES_BURST:
			ret = take_u64(attr, &limit->bytes_burst);
			break;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int take_impair(const struct nlattr *nest, struct vmi_impair *impair)
{
	const struct nlattr *attr;
	int ret = 0;

	if (mnl_attr_validate(nest, MNL_TYPE_NESTED) < 0)
		return -EBADMSG;
	mnl_attr_for_each_nested(attr, nest) {
		switch (mnl_attr_get_type(attr)) {
		case VMI_A_IMPAIR_LOSS_PPM:
			ret = take_u32(attr, &impair->loss_ppm);
			break;
		case VMI_A_IMPAIR_DELAY_US:
			ret = take_u32(attr, &impair->delay_us);
			break;
		case VMI_A_IMPAIR_JITTER_US:
			ret = take_u32(attr, &impair->jitter_us);
			break;
		case VMI_A_IMPAIR_REORDER_PPM:
			ret = take_u32(attr, &impair->reorder_ppm);
			break;
		}
		if (ret)
			return ret;
	}
	return 0;
}

static int take_vm(const struct nlattr *attr, struct vmi_vm *vm)
{
	switch (mnl_attr_get_type(attr)) {
	case VMI_A_VM_ID:
		return take_u64(attr, &vm->id);
	case VMI_A_VM_NAME:
		return TAKE_STR(attr, vm->name);
	case VMI_A_VM_STATE:
		return take_u32(attr, &vm->state);
	case VMI_A_VM_REASON:
		return take_u32(attr, &vm->reason);
	case VMI_A_VM_TEXT:
		return TAKE_STR(attr, vm->text);
	case VMI_A_VM_UID:
		return take_u32(attr, &vm->uid);
	case VMI_A_VM_PID:
		return take_u32(attr, &vm->pid);
	case VMI_A_VM_VCPUS:
		return take_u32(attr, &vm->vcpus);
	case VMI_A_VM_MEM_BYTES:
		return take_u64(attr, &vm->mem_bytes);
	case VMI_A_VM_CONSOLE:
		return TAKE_STR(attr, vm->console);
	case VMI_A_VM_TRANSIENT:
		vm->transient = true;
		return 0;
	case VMI_A_VM_NOTE:
		return TAKE_STR(attr, vm->note);
	case VMI_A_VM_SINCE_NS:
		return take_u64(attr, &vm->since_ns);
	case VMI_A_VM_PORTS:
		return take_u32(attr, &vm->ports);
	}
	return 0;
}

/* an array of addresses, of @size bytes each */
static int take_list(const struct nlattr *attr, void *to, size_t size, unsigned int *n)
{
	size_t len = mnl_attr_get_payload_len(attr);

	if (len % size || len > VMI_DNS_MAX * size)
		return -EBADMSG;
	memcpy(to, mnl_attr_get_payload(attr), len);
	*n = (unsigned int)(len / size);
	return 0;
}

static int take_net(const struct nlattr *attr, struct vmi_net *net)
{
	switch (mnl_attr_get_type(attr)) {
	case VMI_A_NET_ID:
		return take_u32(attr, &net->id);
	case VMI_A_NET_NAME:
		return TAKE_STR(attr, net->name);
	case VMI_A_NET_MODE:
		return take_u32(attr, &net->mode);
	case VMI_A_NET_FLAGS:
		return take_u32(attr, &net->flags);
	case VMI_A_NET_IFINDEX:
		return take_u32(attr, &net->ifindex);
	case VMI_A_NET_IFNAME:
		return TAKE_STR(attr, net->ifname);
	case VMI_A_NET_SUBNET:
		return take_ip(attr, &net->subnet);
	case VMI_A_NET_PREFIX_LEN:
		return take_u8(attr, &net->prefix_len);
	case VMI_A_NET_GATEWAY:
		return take_ip(attr, &net->gateway);
	case VMI_A_NET_RANGE_FIRST:
		return take_ip(attr, &net->range_first);
	case VMI_A_NET_RANGE_LAST:
		return take_ip(attr, &net->range_last);
	case VMI_A_NET_LEASE_S:
		return take_u32(attr, &net->lease_s);
	case VMI_A_NET_MTU:
		return take_u32(attr, &net->mtu);
	case VMI_A_NET_AGEING_MS:
		return take_u32(attr, &net->ageing_ms);
	case VMI_A_NET_PORTS:
		return take_u32(attr, &net->ports);
	case VMI_A_NET_UID:
		return take_u32(attr, &net->uid);
	case VMI_A_NET_STATS:
		return take_stats(attr, &net->stats);
	case VMI_A_NET_GUARD:
		return take_u32(attr, &net->guard);
	case VMI_A_NET_STORM_PPS:
		return take_u32(attr, &net->storm_pps);
	case VMI_A_NET_UPLINK:
		return TAKE_STR(attr, net->uplink);
	case VMI_A_NET_UPLINK_IFNAME:
		return TAKE_STR(attr, net->uplink_ifname);
	case VMI_A_NET_UPLINK_STATE:
		return take_u32(attr, &net->uplink_state);
	case VMI_A_NET_MAC_NAT:
		return take_bool(attr, &net->mac_nat);
	case VMI_A_NET_DNS:
		return take_list(attr, net->dns, sizeof(net->dns[0]), &net->ndns);
	case VMI_A_NET_DNS6:
		return take_list(attr, net->dns6, sizeof(net->dns6[0]), &net->ndns6);
	case VMI_A_NET_SUBNET6:
		return take_bytes(attr, &net->subnet6, sizeof(net->subnet6));
	case VMI_A_NET_DOMAIN:
		return TAKE_STR(attr, net->domain);
	}
	return 0;
}

static int take_port(const struct nlattr *attr, struct vmi_port *port)
{
	switch (mnl_attr_get_type(attr)) {
	case VMI_A_PORT_ID:
		return take_u32(attr, &port->id);
	case VMI_A_PORT_INDEX:
		return take_u32(attr, &port->index);
	case VMI_A_PORT_VM:
		return TAKE_STR(attr, port->vm);
	case VMI_A_PORT_NET:
		return TAKE_STR(attr, port->net);
	case VMI_A_PORT_MAC:
		return take_bytes(attr, port->mac, sizeof(port->mac));
	case VMI_A_PORT_IP:
		return take_ip(attr, &port->ip);
	case VMI_A_PORT_LINK:
		return take_bool(attr, &port->link);
	case VMI_A_PORT_ACTIVE:
		return take_bool(attr, &port->active);
	case VMI_A_PORT_FAULT:
		return take_u32(attr, &port->fault);
	case VMI_A_PORT_FEATURES:
		return take_u64(attr, &port->features);
	case VMI_A_PORT_PREFIX6:
		return take_bytes(attr, &port->prefix6, sizeof(port->prefix6));
	case VMI_A_PORT_STATS:
		return take_stats(attr, &port->stats);
	case VMI_A_PORT_GUARD:
		return take_u32(attr, &port->policy.guard);
	case VMI_A_PORT_GUARD_OWN:
		return take_bool(attr, &port->policy.guard_own);
	case VMI_A_PORT_ISOLATED:
		return take_bool(attr, &port->policy.isolated);
	case VMI_A_PORT_RX_LIMIT:
		return take_limit(attr, &port->policy.limit[VMI_DIR_RX]);
	case VMI_A_PORT_TX_LIMIT:
		return take_limit(attr, &port->policy.limit[VMI_DIR_TX]);
	case VMI_A_PORT_RX_IMPAIR:
		return take_impair(attr, &port->policy.impair[VMI_DIR_RX]);
	case VMI_A_PORT_TX_IMPAIR:
		return take_impair(attr, &port->policy.impair[VMI_DIR_TX]);
	case VMI_A_PORT_PLUGGED:
		return take_bool(attr, &port->plugged);
	case VMI_A_PORT_PAIRS:
		return take_u32(attr, &port->pairs);
	case VMI_A_PORT_PAIRS_ACTIVE:
		return take_u32(attr, &port->pairs_active);
	}
	return 0;
}

static int take_fdb(const struct nlattr *attr, struct vmi_fdb *fdb)
{
	switch (mnl_attr_get_type(attr)) {
	case VMI_A_FDB_NET:
		return TAKE_STR(attr, fdb->net);
	case VMI_A_FDB_MAC:
		return take_bytes(attr, fdb->mac, sizeof(fdb->mac));
	case VMI_A_FDB_PORT:
		return take_present_u32(attr, &fdb->has_port, &fdb->port);
	case VMI_A_FDB_VM:
		return TAKE_STR(attr, fdb->vm);
	case VMI_A_FDB_AGE_MS:
		return take_present_u32(attr, &fdb->ages, &fdb->age_ms);
	}
	return 0;
}

static int take_forward(const struct nlattr *attr, struct vmi_forward *forward)
{
	switch (mnl_attr_get_type(attr)) {
	case VMI_A_FORWARD_NET:
		return TAKE_STR(attr, forward->net);
	case VMI_A_FORWARD_ID:
		return take_u32(attr, &forward->id);
	case VMI_A_FORWARD_PROTO:
		return take_u8(attr, &forward->proto);
	case VMI_A_FORWARD_PORT:
		return take_u16(attr, &forward->port);
	case VMI_A_FORWARD_PORT_LAST:
		return take_u16(attr, &forward->port_last);
	case VMI_A_FORWARD_ADDRESS:
		return take_ip(attr, &forward->address);
	case VMI_A_FORWARD_VM:
		return TAKE_STR(attr, forward->vm);
	case VMI_A_FORWARD_VM_PORT:
		return take_u16(attr, &forward->vm_port);
	case VMI_A_FORWARD_IP:
		return take_ip(attr, &forward->ip);
	case VMI_A_FORWARD_CONNECTIONS:
		return take_u64(attr, &forward->connections);
	}
	return 0;
}

static int take_reserve(const struct nlattr *attr, struct vmi_reserve *reserve)
{
	switch (mnl_attr_get_type(attr)) {
	case VMI_A_RESERVE_NET:
		return TAKE_STR(attr, reserve->net);
	case VMI_A_RESERVE_MAC:
		return take_bytes(attr, reserve->mac, sizeof(reserve->mac));
	case VMI_A_RESERVE_IP:
		return take_ip(attr, &reserve->ip);
	}
	return 0;
}

static int take_event(const struct nlattr *attr, struct vmi_event *ev)
{
	switch (mnl_attr_get_type(attr)) {
	case VMI_A_EVENT_SEQ:
		return take_u64(attr, &ev->seq);
	case VMI_A_EVENT_LOST:
		return take_u64(attr, &ev->lost);
	case VMI_A_EVENT_TIME_NS:
		return take_u64(attr, &ev->time_ns);
	case VMI_A_EVENT_KIND:
		return take_u32(attr, &ev->kind);
	case VMI_A_EVENT_VM_ID:
		return take_u64(attr, &ev->vm_id);
	case VMI_A_EVENT_VM:
		return TAKE_STR(attr, ev->vm);
	case VMI_A_EVENT_STATE:
		return take_present_u32(attr, &ev->has_state, &ev->state);
	case VMI_A_EVENT_OLD_STATE:
		return take_present_u32(attr, &ev->has_old_state, &ev->old_state);
	case VMI_A_EVENT_REASON:
		return take_u32(attr, &ev->reason);
	case VMI_A_EVENT_NET:
		return TAKE_STR(attr, ev->net);
	case VMI_A_EVENT_PORT:
		return take_present_u32(attr, &ev->has_port, &ev->port);
	case VMI_A_EVENT_FAULT:
		return take_u32(attr, &ev->fault);
	case VMI_A_EVENT_UID:
		return take_present_u32(attr, &ev->has_uid, &ev->uid);
	case VMI_A_EVENT_TEXT:
		return TAKE_STR(attr, ev->text);
	}
	return 0;
}

#define PARSE(take, nlh, object)					\
({									\
	const struct nlattr *__attr;					\
	int __ret = 0;							\
									\
	mnl_attr_for_each(__attr, nlh, GENL_HEADER) {			\
		__ret = take(__attr, object);				\
		if (__ret)						\
			break;						\
	}								\
	__ret;								\
})

int vmi_vm_parse(const struct nlmsghdr *nlh, struct vmi_vm *vm)
{
	return PARSE(take_vm, nlh, vm);
}

int vmi_net_parse(const struct nlmsghdr *nlh, struct vmi_net *net)
{
	return PARSE(take_net, nlh, net);
}

int vmi_port_parse(const struct nlmsghdr *nlh, struct vmi_port *port)
{
	return PARSE(take_port, nlh, port);
}

int vmi_fdb_parse(const struct nlmsghdr *nlh, struct vmi_fdb *fdb)
{
	return PARSE(take_fdb, nlh, fdb);
}

int vmi_forward_parse(const struct nlmsghdr *nlh, struct vmi_forward *forward)
{
	return PARSE(take_forward, nlh, forward);
}

int vmi_reserve_parse(const struct nlmsghdr *nlh, struct vmi_reserve *reserve)
{
	return PARSE(take_reserve, nlh, reserve);
}

int vmi_event_parse(const struct nlmsghdr *nlh, struct vmi_event *ev)
{
	return PARSE(take_event, nlh, ev);
}

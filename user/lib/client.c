// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include <linux/vmi.h>

#include "client.h"

#define DUMP_TRIES		16	/* of a table that keeps changing */
#define COMMAND_SLACK_MS	5000	/* for the kernel's own ETIMEDOUT to arrive */

static int vm_cb(const struct nlmsghdr *nlh, void *arg)
{
	return vmi_vm_parse(nlh, arg);
}

static int net_cb(const struct nlmsghdr *nlh, void *arg)
{
	return vmi_net_parse(nlh, arg);
}

static int port_cb(const struct nlmsghdr *nlh, void *arg)
{
	return vmi_port_parse(nlh, arg);
}

#define ADD_CB(type, parse)						\
static int parse##_add(const struct nlmsghdr *nlh, void *arg)		\
{									\
	type *item = vmi_vec_add(arg);					\
									\
	return item ? parse(nlh, item) : -ENOMEM;			\
}

ADD_CB(struct vmi_vm, vmi_vm_parse)
ADD_CB(struct vmi_net, vmi_net_parse)
ADD_CB(struct vmi_port, vmi_port_parse)
ADD_CB(struct vmi_fdb, vmi_fdb_parse)
ADD_CB(struct vmi_forward, vmi_forward_parse)
ADD_CB(struct vmi_reserve, vmi_reserve_parse)
ADD_CB(struct vmi_event, vmi_event_parse)

/**
 * struct filter - string attributes that narrow a dump
 * @type: attribute, 0 at the end
 * @value: NULL to leave it out
 */
struct filter {
	uint16_t type;
	const char *value;
};

static int dump_into(struct vmi_nl *nl, uint8_t cmd, const struct filter *filter,
		     vmi_nl_cb cb, struct vmi_vec *vec)
{
	size_t start = vec->n;
	int ret = -EAGAIN;
	int i;

	for (i = 0; i < DUMP_TRIES && ret == -EAGAIN; i++) {
		struct nlmsghdr *nlh = vmi_nl_request(nl, cmd);
		const struct filter *f;

		vec->n = start;
		for (f = filter; f && f->type; f++)
			if (f->value)
				mnl_attr_put_strz(nlh, f->type, f->value);
		ret = vmi_nl_dump(nl, nlh, cb, vec);
	}
	/* a table in such motion cannot be told truly */
	return ret == -EAGAIN ? -EBUSY : ret;
}

int vmi_vm_get(struct vmi_nl *nl, const char *name, struct vmi_vm *vm)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_VM_GET);

	memset(vm, 0, sizeof(*vm));
	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, name);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, vm_cb, vm);
}

int vmi_vm_dump(struct vmi_nl *nl, struct vmi_vec *vms)
{
	return dump_into(nl, VMI_CMD_VM_GET, NULL, vmi_vm_parse_add, vms);
}

int vmi_vm_new(struct vmi_nl *nl, const struct vmi_vm_spec *spec)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_VM_NEW);

	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, spec->name);
	mnl_attr_put_u32(nlh, VMI_A_VM_VCPUS, spec->vcpus);
	mnl_attr_put_u64(nlh, VMI_A_VM_MEM_BYTES, spec->mem_bytes);
	if (spec->transient)
		mnl_attr_put(nlh, VMI_A_VM_TRANSIENT, 0, NULL);
	if (spec->note)
		mnl_attr_put_strz(nlh, VMI_A_VM_NOTE, spec->note);
	if (spec->replace)
		mnl_attr_put(nlh, VMI_A_VM_REPLACE, 0, NULL);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_vm_del(struct vmi_nl *nl, const char *name)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_VM_DEL);

	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, name);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_vm_command(struct vmi_nl *nl, const char *name, uint32_t command,
		   uint32_t timeout_ms)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_VM_COMMAND);

	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, name);
	mnl_attr_put_u32(nlh, VMI_A_VM_COMMAND, command);
	mnl_attr_put_u32(nlh, VMI_A_VM_TIMEOUT_MS, timeout_ms);
	return vmi_nl_talk(nl, nlh, (int)timeout_ms + COMMAND_SLACK_MS, NULL, NULL);
}

int vmi_net_get(struct vmi_nl *nl, const char *name, struct vmi_net *net)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_NET_GET);

	memset(net, 0, sizeof(*net));
	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, net_cb, net);
}

int vmi_net_dump(struct vmi_nl *nl, struct vmi_vec *nets)
{
	return dump_into(nl, VMI_CMD_NET_GET, NULL, vmi_net_parse_add, nets);
}

static void put_ip(struct nlmsghdr *nlh, const struct vmi_net_spec *spec,
		   uint16_t attr, struct in_addr ip)
{
	if (spec->has & VMI_HAS(attr))
		mnl_attr_put_u32(nlh, attr, ip.s_addr);
}

static void put_u32(struct nlmsghdr *nlh, const struct vmi_net_spec *spec,
		    uint16_t attr, uint32_t val)
{
	if (spec->has & VMI_HAS(attr))
		mnl_attr_put_u32(nlh, attr, val);
}

static int net_change(struct vmi_nl *nl, uint8_t cmd, const struct vmi_net_spec *spec)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, cmd);
	const struct vmi_net *net = &spec->net;

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, net->name);
	put_u32(nlh, spec, VMI_A_NET_MODE, net->mode);
	put_u32(nlh, spec, VMI_A_NET_FLAGS, net->flags);
	if (spec->has & VMI_HAS(VMI_A_NET_IFNAME))
		mnl_attr_put_strz(nlh, VMI_A_NET_IFNAME, net->ifname);
	put_ip(nlh, spec, VMI_A_NET_SUBNET, net->subnet);
	if (spec->has & VMI_HAS(VMI_A_NET_PREFIX_LEN))
		mnl_attr_put_u8(nlh, VMI_A_NET_PREFIX_LEN, net->prefix_len);
	put_ip(nlh, spec, VMI_A_NET_GATEWAY, net->gateway);
	put_ip(nlh, spec, VMI_A_NET_RANGE_FIRST, net->range_first);
	put_ip(nlh, spec, VMI_A_NET_RANGE_LAST, net->range_last);
	put_u32(nlh, spec, VMI_A_NET_LEASE_S, net->lease_s);
	put_u32(nlh, spec, VMI_A_NET_MTU, net->mtu);
	put_u32(nlh, spec, VMI_A_NET_AGEING_MS, net->ageing_ms);
	put_u32(nlh, spec, VMI_A_NET_GUARD, net->guard);
	if (spec->has & VMI_HAS(VMI_A_NET_GUARD))
		mnl_attr_put_u32(nlh, VMI_A_NET_GUARD_MASK, spec->guard_mask);
	put_u32(nlh, spec, VMI_A_NET_STORM_PPS, net->storm_pps);
	if (spec->has & VMI_HAS(VMI_A_NET_UPLINK))
		mnl_attr_put_strz(nlh, VMI_A_NET_UPLINK, net->uplink);
	if (spec->has & VMI_HAS(VMI_A_NET_DNS))
		mnl_attr_put(nlh, VMI_A_NET_DNS, net->ndns * sizeof(net->dns[0]), net->dns);
	if (spec->has & VMI_HAS(VMI_A_NET_DNS6))
		mnl_attr_put(nlh, VMI_A_NET_DNS6, net->ndns6 * sizeof(net->dns6[0]), net->dns6);
	if (spec->has & VMI_HAS(VMI_A_NET_SUBNET6))
		mnl_attr_put(nlh, VMI_A_NET_SUBNET6, sizeof(net->subnet6), &net->subnet6);
	if (spec->has & VMI_HAS(VMI_A_NET_DOMAIN))
		mnl_attr_put_strz(nlh, VMI_A_NET_DOMAIN, net->domain);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_net_new(struct vmi_nl *nl, const struct vmi_net_spec *spec)
{
	return net_change(nl, VMI_CMD_NET_NEW, spec);
}

int vmi_net_set(struct vmi_nl *nl, const struct vmi_net_spec *spec)
{
	return net_change(nl, VMI_CMD_NET_SET, spec);
}

int vmi_net_del(struct vmi_nl *nl, const char *name)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_NET_DEL);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_port_dump(struct vmi_nl *nl, const char *vm, const char *net,
		  struct vmi_vec *ports)
{
	const struct filter filter[] = {
		{ VMI_A_PORT_VM, vm },
		{ VMI_A_PORT_NET, net },
		{ 0, NULL },
	};

	return dump_into(nl, VMI_CMD_PORT_GET, filter, vmi_port_parse_add, ports);
}

static void put_limit(struct nlmsghdr *nlh, uint16_t attr, const struct vmi_limit *limit)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	if (limit->packets)
		mnl_attr_put_u64(nlh, VMI_A_LIMIT_PACKETS, limit->packets);
	if (limit->packets_burst)
		mnl_attr_put_u64(nlh, VMI_A_LIMIT_PACKETS_BURST, limit->packets_burst);
	if (limit->bytes)
		mnl_attr_put_u64(nlh, VMI_A_LIMIT_BYTES, limit->bytes);
	if (limit->bytes_burst)
		mnl_attr_put_u64(nlh, VMI_A_LIMIT_BYTES_BURST, limit->bytes_burst);
	mnl_attr_nest_end(nlh, nest);
}

static void put_impair(struct nlmsghdr *nlh, uint16_t attr, const struct vmi_impair *impair)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, attr);

	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_LOSS_PPM, impair->loss_ppm);
	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_DELAY_US, impair->delay_us);
	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_JITTER_US, impair->jitter_us);
	mnl_attr_put_u32(nlh, VMI_A_IMPAIR_REORDER_PPM, impair->reorder_ppm);
	mnl_attr_nest_end(nlh, nest);
}

static void put_policy(struct nlmsghdr *nlh, const struct vmi_policy_spec *spec)
{
	const struct vmi_policy *p = &spec->policy;

	if (spec->has & VMI_HAS(VMI_A_PORT_GUARD)) {
		mnl_attr_put_u32(nlh, VMI_A_PORT_GUARD, p->guard);
		mnl_attr_put_u32(nlh, VMI_A_PORT_GUARD_MASK, spec->guard_mask);
	}
	if (spec->has & VMI_HAS(VMI_A_PORT_GUARD_OWN))
		mnl_attr_put_u8(nlh, VMI_A_PORT_GUARD_OWN, p->guard_own);
	if (spec->has & VMI_HAS(VMI_A_PORT_ISOLATED))
		mnl_attr_put_u8(nlh, VMI_A_PORT_ISOLATED, p->isolated);
	if (spec->has & VMI_HAS(VMI_A_PORT_RX_LIMIT))
		put_limit(nlh, VMI_A_PORT_RX_LIMIT, &p->limit[VMI_DIR_RX]);
	if (spec->has & VMI_HAS(VMI_A_PORT_TX_LIMIT))
		put_limit(nlh, VMI_A_PORT_TX_LIMIT, &p->limit[VMI_DIR_TX]);
	if (spec->has & VMI_HAS(VMI_A_PORT_RX_IMPAIR))
		put_impair(nlh, VMI_A_PORT_RX_IMPAIR, &p->impair[VMI_DIR_RX]);
	if (spec->has & VMI_HAS(VMI_A_PORT_TX_IMPAIR))
		put_impair(nlh, VMI_A_PORT_TX_IMPAIR, &p->impair[VMI_DIR_TX]);
}

int vmi_port_new(struct vmi_nl *nl, const struct vmi_port_spec *spec)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_PORT_NEW);

	mnl_attr_put_strz(nlh, VMI_A_PORT_VM, spec->vm);
	mnl_attr_put_strz(nlh, VMI_A_PORT_NET, spec->net);
	if (spec->has_mac)
		mnl_attr_put(nlh, VMI_A_PORT_MAC, sizeof(spec->mac), spec->mac);
	if (spec->ip.s_addr)
		mnl_attr_put_u32(nlh, VMI_A_PORT_IP, spec->ip.s_addr);
	if (spec->pairs)
		mnl_attr_put_u32(nlh, VMI_A_PORT_PAIRS, spec->pairs);
	put_policy(nlh, &spec->policy);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_port_get(struct vmi_nl *nl, uint32_t id, struct vmi_port *port)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_PORT_GET);

	memset(port, 0, sizeof(*port));
	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, port_cb, port);
}

int vmi_port_move(struct vmi_nl *nl, uint32_t id, const char *net, struct in_addr ip)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_PORT_SET);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	mnl_attr_put_strz(nlh, VMI_A_PORT_NET, net);
	if (ip.s_addr)
		mnl_attr_put_u32(nlh, VMI_A_PORT_IP, ip.s_addr);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_port_set_policy(struct vmi_nl *nl, uint32_t id, const struct vmi_policy_spec *spec)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_PORT_SET);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	put_policy(nlh, spec);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_port_set_link(struct vmi_nl *nl, uint32_t id, bool up)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_PORT_SET);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	mnl_attr_put_u8(nlh, VMI_A_PORT_LINK, up);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_forward_dump(struct vmi_nl *nl, const char *net, struct vmi_vec *forwards)
{
	const struct filter filter[] = {
		{ VMI_A_FORWARD_NET, net },
		{ 0, NULL },
	};

	return dump_into(nl, VMI_CMD_FORWARD_GET, filter, vmi_forward_parse_add, forwards);
}

static void put_forward_key(struct nlmsghdr *nlh, const struct vmi_forward *f)
{
	mnl_attr_put_strz(nlh, VMI_A_FORWARD_NET, f->net);
	mnl_attr_put_u8(nlh, VMI_A_FORWARD_PROTO, f->proto);
	mnl_attr_put_u16(nlh, VMI_A_FORWARD_PORT, f->port);
	if (f->address.s_addr)
		mnl_attr_put_u32(nlh, VMI_A_FORWARD_ADDRESS, f->address.s_addr);
}

int vmi_forward_new(struct vmi_nl *nl, const struct vmi_forward *forward)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_FORWARD_NEW);

	put_forward_key(nlh, forward);
	mnl_attr_put_u16(nlh, VMI_A_FORWARD_PORT_LAST, forward->port_last);
	mnl_attr_put_strz(nlh, VMI_A_FORWARD_VM, forward->vm);
	mnl_attr_put_u16(nlh, VMI_A_FORWARD_VM_PORT, forward->vm_port);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_forward_del(struct vmi_nl *nl, const struct vmi_forward *forward)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_FORWARD_DEL);

	put_forward_key(nlh, forward);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_reserve_dump(struct vmi_nl *nl, const char *net, struct vmi_vec *reserves)
{
	const struct filter filter[] = {
		{ VMI_A_RESERVE_NET, net },
		{ 0, NULL },
	};

	return dump_into(nl, VMI_CMD_RESERVE_GET, filter, vmi_reserve_parse_add, reserves);
}

static int reserve_change(struct vmi_nl *nl, uint8_t cmd, const struct vmi_reserve *reserve)
{
	struct nlmsghdr *nlh = vmi_nl_request(nl, cmd);

	mnl_attr_put_strz(nlh, VMI_A_RESERVE_NET, reserve->net);
	mnl_attr_put(nlh, VMI_A_RESERVE_MAC, sizeof(reserve->mac), reserve->mac);
	if (cmd == VMI_CMD_RESERVE_NEW)
		mnl_attr_put_u32(nlh, VMI_A_RESERVE_IP, reserve->ip.s_addr);
	return vmi_nl_talk(nl, nlh, VMI_NL_TIMEOUT_MS, NULL, NULL);
}

int vmi_reserve_new(struct vmi_nl *nl, const struct vmi_reserve *reserve)
{
	return reserve_change(nl, VMI_CMD_RESERVE_NEW, reserve);
}

int vmi_reserve_del(struct vmi_nl *nl, const struct vmi_reserve *reserve)
{
	return reserve_change(nl, VMI_CMD_RESERVE_DEL, reserve);
}

int vmi_fdb_dump(struct vmi_nl *nl, const char *net, struct vmi_vec *entries)
{
	const struct filter filter[] = {
		{ VMI_A_FDB_NET, net },
		{ 0, NULL },
	};

	return dump_into(nl, VMI_CMD_FDB_GET, filter, vmi_fdb_parse_add, entries);
}

int vmi_event_dump(struct vmi_nl *nl, uint64_t since, struct vmi_vec *events,
		   uint64_t *lost)
{
	const struct vmi_event *ev;
	int ret = -EAGAIN;
	int i;

	/* again when the ring overtook the dump: then what it lost is told in full */
	for (i = 0; i < DUMP_TRIES && ret == -EAGAIN; i++) {
		struct nlmsghdr *nlh = vmi_nl_request(nl, VMI_CMD_EVENT_GET);

		vmi_vec_clear(events);
		mnl_attr_put_u64(nlh, VMI_A_EVENT_SINCE, since);
		ret = vmi_nl_dump(nl, nlh, vmi_event_parse_add, events);
	}
	*lost = 0;
	vmi_vec_for_each(ev, events)
		*lost += ev->lost;
	return ret == -EAGAIN ? -EBUSY : ret;
}

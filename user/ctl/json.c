// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vmi.h>

#include "ctl.h"
#include "fmt.h"
#include "json.h"

/* Bytes of the UTF-8 character at @p, 0 if it is none or a control character. */
static size_t utf8_len(const unsigned char *p)
{
	uint32_t code;
	size_t i, n;

	if (p[0] < 0x80)
		return p[0] != 0x7f;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		n = 2;
	else if (p[0] >= 0xe0 && p[0] <= 0xef)
		n = 3;
	else if (p[0] >= 0xf0 && p[0] <= 0xf4)
		n = 4;
	else
		return 0;
	code = p[0] & (0x7f >> n);
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	/* overlong, surrogate, beyond Unicode, C1 control */
	if ((n == 3 && code < 0x800) || (n == 4 && code < 0x10000) ||
	    (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff || code < 0xa0)
		return 0;
	return n;
}

void json_put_text(struct json_object *to, const char *key, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	char *buf = malloc(4 * strlen(text) + 1);
	char *out = buf;

	if (!buf)
		exit(fail(EXIT_FAILED, "out of memory"));
	while (*p) {
		size_t n = utf8_len(p);

		if (n) {
			memcpy(out, p, n);
			out += n;
		} else {
			out += sprintf(out, "\\x%02x", *p);
			n = 1;
		}
		p += n;
	}
	*out = '\0';
	json_object_object_add(to, key, json_object_new_string(buf));
	free(buf);
}

void json_put_number(struct json_object *to, const char *key, uint64_t val)
{
	json_object_object_add(to, key, json_object_new_uint64(val));
}

void json_put_bool(struct json_object *to, const char *key, bool val)
{
	json_object_object_add(to, key, json_object_new_boolean(val));
}

void json_put_ip(struct json_object *to, const char *key, struct in_addr ip)
{
	char buf[FMT_LEN];

	if (ip.s_addr)
		json_put_text(to, key, fmt_ip(ip, buf));
}

void json_put_mac(struct json_object *to, const char *key, const uint8_t *mac)
{
	char buf[FMT_LEN];

	json_put_text(to, key, fmt_mac(mac, buf));
}

static void json_put_opt_text(struct json_object *to, const char *key, const char *text)
{
	if (text[0])
		json_put_text(to, key, text);
}

void json_put_stats(struct json_object *to, const struct vmi_stats *stats)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *drops = json_object_new_object();
	unsigned int i;

	json_put_number(obj, "rx-packets", stats->rx_packets);
	json_put_number(obj, "rx-bytes", stats->rx_bytes);
	json_put_number(obj, "tx-packets", stats->tx_packets);
	json_put_number(obj, "tx-bytes", stats->tx_bytes);
	for (i = 0; i < stats->ndrops; i++)
		json_put_number(drops, stats->drops[i].reason, stats->drops[i].packets);
	json_object_object_add(obj, "drops", drops);
	json_object_object_add(to, "stats", obj);
}

static void json_put_guard(struct json_object *to, uint32_t guard)
{
	struct json_object *list = json_object_new_array();
	uint32_t bit;

	for (bit = 0; bit <= VMI_GUARD_STORM; bit++)
		if (guard & (1U << bit))
			json_object_array_add(list, json_object_new_string(vmi_guard_name(bit)));
	json_object_object_add(to, "guard", list);
}

static void json_put_limit(struct json_object *to, const char *key, const struct vmi_limit *limit)
{
	struct json_object *obj;

	if (!limit->packets && !limit->bytes)
		return;
	obj = json_object_new_object();
	if (limit->packets) {
		json_put_number(obj, "packets", limit->packets);
		json_put_number(obj, "packets-burst", limit->packets_burst);
	}
	if (limit->bytes) {
		json_put_number(obj, "bytes", limit->bytes);
		json_put_number(obj, "bytes-burst", limit->bytes_burst);
	}
	json_object_object_add(to, key, obj);
}

static void json_put_impair(struct json_object *to, const char *key,
			    const struct vmi_impair *impair)
{
	struct json_object *obj;

	if (!impair->loss_ppm && !impair->delay_us)
		return;
	obj = json_object_new_object();
	json_put_number(obj, "loss-ppm", impair->loss_ppm);
	json_put_number(obj, "delay-us", impair->delay_us);
	json_put_number(obj, "jitter-us", impair->jitter_us);
	json_put_number(obj, "reorder-ppm", impair->reorder_ppm);
	json_object_object_add(to, key, obj);
}

static void json_put_policy(struct json_object *to, const struct vmi_policy *policy)
{
	json_put_guard(to, policy->guard);
	json_put_bool(to, "guard-own", policy->guard_own);
	json_put_bool(to, "isolated", policy->isolated);
	json_put_limit(to, "rx-limit", &policy->limit[VMI_DIR_RX]);
	json_put_limit(to, "tx-limit", &policy->limit[VMI_DIR_TX]);
	json_put_impair(to, "rx-impair", &policy->impair[VMI_DIR_RX]);
	json_put_impair(to, "tx-impair", &policy->impair[VMI_DIR_TX]);
}

struct json_object *vm_to_json(const struct vmi_vm *vm)
{
	struct json_object *obj = json_object_new_object();

	json_put_text(obj, "name", vm->name);
	json_put_number(obj, "id", vm->id);
	json_put_text(obj, "state", vmi_state_name(vm->state));
	json_put_text(obj, "reason", vmi_reason_name(vm->reason));
	json_put_opt_text(obj, "text", vm->text);
	json_put_number(obj, "uid", vm->uid);
	if (vm->pid)
		json_put_number(obj, "pid", vm->pid);
	json_put_number(obj, "vcpus", vm->vcpus);
	json_put_number(obj, "mem-bytes", vm->mem_bytes);
	json_put_opt_text(obj, "console", vm->console);
	json_put_bool(obj, "transient", vm->transient);
	json_put_opt_text(obj, "note", vm->note);
	json_put_number(obj, "since-ns", vm->since_ns);
	return obj;
}

static void json_put_prefix6(struct json_object *to, const char *key, const struct in6_addr *ip,
			     int len)
{
	char buf[FMT_IP6_LEN], text[FMT_IP6_LEN + 8];

	if (IN6_IS_ADDR_UNSPECIFIED(ip))
		return;
	snprintf(text, sizeof(text), "%s/%d", fmt_ip6(ip, buf), len);
	json_put_text(to, key, text);
}

static void json_put_dns(struct json_object *to, const struct vmi_net *net)
{
	struct json_object *list = json_object_new_array();
	char buf[FMT_IP6_LEN];
	unsigned int i;

	for (i = 0; i < net->ndns; i++)
		json_object_array_add(list, json_object_new_string(fmt_ip(net->dns[i], buf)));
	for (i = 0; i < net->ndns6; i++)
		json_object_array_add(list, json_object_new_string(fmt_ip6(&net->dns6[i], buf)));
	json_object_object_add(to, "dns", list);
}

static void json_put_subnet(struct json_object *obj, const struct vmi_net *net)
{
	json_put_ip(obj, "subnet", net->subnet);
	json_put_number(obj, "prefix-len", net->prefix_len);
	json_put_ip(obj, "gateway", net->gateway);
	json_put_ip(obj, "range-first", net->range_first);
	json_put_ip(obj, "range-last", net->range_last);
	json_put_number(obj, "lease-s", net->lease_s);
	json_put_prefix6(obj, "subnet6", &net->subnet6, 48);
	json_put_dns(obj, net);
	json_put_opt_text(obj, "domain", net->domain);
}

static void json_put_uplink(struct json_object *obj, const struct vmi_net *net)
{
	json_put_text(obj, "uplink", net->uplink);
	json_put_opt_text(obj, "uplink-ifname", net->uplink_ifname);
	json_put_text(obj, "uplink-state", vmi_uplink_state_name(net->uplink_state));
	json_put_bool(obj, "mac-nat", net->mac_nat);
}

struct json_object *net_to_json(const struct vmi_net *net)
{
	struct json_object *obj = json_object_new_object();

	json_put_text(obj, "name", net->name);
	json_put_number(obj, "id", net->id);
	json_put_text(obj, "mode", vmi_net_mode_name(net->mode));
	json_put_bool(obj, "no-host", net->flags & (1U << VMI_NET_FLAG_NO_HOST));
	json_put_bool(obj, "isolated", net->flags & (1U << VMI_NET_FLAG_ISOLATED));
	if (net->mode == VMI_NET_MODE_NAT)
		json_put_bool(obj, "no-flow-table",
			      net->flags & (1U << VMI_NET_FLAG_NO_FLOW_TABLE));
	if (net->ifindex)
		json_put_number(obj, "ifindex", net->ifindex);
	json_put_opt_text(obj, "ifname", net->ifname);
	if (net->uplink[0])
		json_put_uplink(obj, net);
	else
		json_put_subnet(obj, net);
	json_put_number(obj, "mtu", net->mtu);
	json_put_number(obj, "ageing-ms", net->ageing_ms);
	json_put_number(obj, "ports", net->ports);
	json_put_number(obj, "uid", net->uid);
	json_put_guard(obj, net->guard);
	json_put_number(obj, "storm-pps", net->storm_pps);
	json_put_stats(obj, &net->stats);
	return obj;
}

struct json_object *port_to_json(const struct vmi_port *port)
{
	struct json_object *obj = json_object_new_object();

	json_put_number(obj, "id", port->id);
	json_put_text(obj, "vm", port->vm);
	json_put_number(obj, "index", port->index);
	json_put_text(obj, "net", port->net);
	json_put_mac(obj, "mac", port->mac);
	json_put_ip(obj, "ip", port->ip);
	json_put_prefix6(obj, "prefix6", &port->prefix6, 64);
	json_put_text(obj, "link", port->link ? "up" : "down");
	json_put_bool(obj, "plugged", port->plugged);
	json_put_bool(obj, "active", port->active);
	if (port->fault)
		json_put_text(obj, "fault", vmi_port_fault_name(port->fault));
	json_put_number(obj, "features", port->features);
	json_put_number(obj, "queues", port->pairs);
	if (port->pairs_active)
		json_put_number(obj, "queues-used", port->pairs_active);
	json_put_policy(obj, &port->policy);
	json_put_stats(obj, &port->stats);
	return obj;
}

struct json_object *event_to_json(const struct vmi_event *ev)
{
	struct json_object *obj = json_object_new_object();

	json_put_number(obj, "seq", ev->seq);
	json_put_number(obj, "time-ns", ev->time_ns);
	json_put_text(obj, "kind", vmi_event_kind_name(ev->kind));
	if (ev->vm[0]) {
		json_put_number(obj, "vm-id", ev->vm_id);
		json_put_text(obj, "vm", ev->vm);
	}
	if (ev->has_old_state)
		json_put_text(obj, "old-state", vmi_state_name(ev->old_state));
	if (ev->has_state)
		json_put_text(obj, "state", vmi_state_name(ev->state));
	if (ev->reason)
		json_put_text(obj, "reason", vmi_reason_name(ev->reason));
	json_put_opt_text(obj, "net", ev->net);
	if (ev->has_port)
		json_put_number(obj, "port", ev->port);
	if (ev->fault)
		json_put_text(obj, "fault", vmi_port_fault_name(ev->fault));
	if (ev->has_uid)
		json_put_number(obj, "uid", ev->uid);
	json_put_opt_text(obj, "text", ev->text);
	return obj;
}

void json_print(struct json_object *obj)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= ctl.pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED :
			      JSON_C_TO_STRING_PLAIN;
	puts(json_object_to_json_string_ext(obj, flags));
	json_object_put(obj);
}

// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

static const char *proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	}
	return "unknown";
}

/* Return: 0, or -1 for what is neither. */
static int parse_proto(const char *text, uint8_t *proto)
{
	if (!strcmp(text, "tcp"))
		*proto = IPPROTO_TCP;
	else if (!strcmp(text, "udp"))
		*proto = IPPROTO_UDP;
	else
		return -1;
	return 0;
}

/* Return: behind the number, or NULL for what is no port. */
static const char *parse_port(const char *text, uint16_t *port)
{
	unsigned long val;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return NULL;
	val = strtoul(text, &end, 10);
	if (!val || val > UINT16_MAX)
		return NULL;
	*port = (uint16_t)val;
	return end;
}

/* [ADDRESS:]PORT[-LAST] */
static int parse_host_side(const char *text, struct vmi_forward *f)
{
	const char *colon = strrchr(text, ':'), *p = text;
	char ip[INET_ADDRSTRLEN];

	if (colon) {
		if ((size_t)(colon - text) >= sizeof(ip))
			return -1;
		memcpy(ip, text, (size_t)(colon - text));
		ip[colon - text] = '\0';
		if (inet_pton(AF_INET, ip, &f->address) != 1 || !f->address.s_addr)
			return -1;
		p = colon + 1;
	}
	p = parse_port(p, &f->port);
	if (!p)
		return -1;
	f->port_last = f->port;
	if (*p == '-')
		p = parse_port(p + 1, &f->port_last);
	return p && !*p && f->port_last >= f->port ? 0 : -1;
}

/* VM[:PORT] */
static int parse_vm_side(const char *text, struct vmi_forward *f)
{
	const char *colon = strrchr(text, ':'), *end;
	size_t len = colon ? (size_t)(colon - text) : strlen(text);

	f->vm_port = f->port;
	if (len >= sizeof(f->vm))
		return -1;
	memcpy(f->vm, text, len);
	f->vm[len] = '\0';
	if (!vmi_name_valid(f->vm))
		return -1;
	if (!colon)
		return 0;
	end = parse_port(colon + 1, &f->vm_port);
	return end && !*end ? 0 : -1;
}

static int parse_key(const struct verb *verb, char **args, struct vmi_forward *f)
{
	if (check_name(args[0]))
		return EXIT_USAGE;
	strcpy(f->net, args[0]);
	if (parse_proto(args[1], &f->proto))
		return usage(verb, "%s: '%s' is neither tcp nor udp", verb->name, args[1]);
	if (parse_host_side(args[2], f))
		return usage(verb, "%s: '%s' is not like 8080, 8000-8010 or 192.0.2.1:8080",
			     verb->name, args[2]);
	return 0;
}

static int run_add(const struct verb *verb, int argc, char **argv)
{
	char **args = opts_parse(verb, NULL, &argc, argv, 4, 4);
	struct vmi_forward f = { 0 };
	struct vmi_nl *nl;
	int ret;

	ret = parse_key(verb, args, &f);
	if (ret)
		return ret;
	if (parse_vm_side(args[3], &f))
		return usage(verb, "forward add: '%s' is not like web or web:80", args[3]);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_forward_new(nl, &f);
	if (ret)
		ret = fail_nl(nl, ret, "cannot forward %s %s", args[1], args[2]);
	else
		say("%s %s leads to %s", args[1], args[2], args[3]);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_add_forward = {
	.name = "forward add",
	.args = "NET tcp|udp [ADDRESS:]PORT[-LAST] VM[:PORT]",
	.summary = "Let a port of the host, or a range, lead to a VM",
	.run = run_add,
};

static int run_del(const struct verb *verb, int argc, char **argv)
{
	char **args = opts_parse(verb, NULL, &argc, argv, 3, 3);
	struct vmi_forward f = { 0 };
	struct vmi_nl *nl;
	int ret;

	ret = parse_key(verb, args, &f);
	if (ret)
		return ret;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_forward_del(nl, &f);
	if (ret)
		ret = fail_nl(nl, ret, "cannot delete the forward of %s %s", args[1], args[2]);
	else
		say("%s %s is forwarded no longer", args[1], args[2]);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_del_forward = {
	.name = "forward del",
	.args = "NET tcp|udp [ADDRESS:]PORT",
	.summary = "Delete the forward with that first port",
	.run = run_del,
};

static struct json_object *to_json(const struct vmi_forward *f)
{
	struct json_object *obj = json_object_new_object();

	json_put_text(obj, "net", f->net);
	json_put_number(obj, "id", f->id);
	json_put_text(obj, "proto", proto_name(f->proto));
	json_put_number(obj, "port", f->port);
	json_put_number(obj, "port-last", f->port_last);
	json_put_ip(obj, "address", f->address);
	if (f->vm[0])
		json_put_text(obj, "vm", f->vm);
	json_put_number(obj, "vm-port", f->vm_port);
	json_put_ip(obj, "ip", f->ip);
	json_put_number(obj, "connections", f->connections);
	return obj;
}

static void add_row(struct table *t, const struct vmi_forward *f)
{
	char port[2 * FMT_LEN], to[VMI_NAME_LEN + FMT_LEN], n[FMT_LEN], a[FMT_LEN], ip[FMT_LEN];
	int len;

	len = snprintf(port, sizeof(port), "%s%s%u", f->address.s_addr ? fmt_ip(f->address, a) : "",
		       f->address.s_addr ? ":" : "", f->port);
	if (f->port_last != f->port)
		snprintf(port + len, sizeof(port) - (size_t)len, "-%u", f->port_last);
	snprintf(to, sizeof(to), "%s:%u", f->vm[0] ? f->vm : "-", f->vm_port);
	snprintf(n, sizeof(n), "%llu", (unsigned long long)f->connections);
	table_row(t, f->net, proto_name(f->proto), port, to, fmt_ip(f->ip, ip), n);
}

static int run_list(const struct verb *verb, int argc, char **argv)
{
	struct table t = TABLE_INIT("NET", "PROTO", "PORT", "TO", "ADDRESS", ">CONNECTIONS");
	struct vmi_vec forwards = VMI_VEC_INIT(struct vmi_forward);
	char **args = opts_parse(verb, NULL, &argc, argv, 0, 1);
	struct json_object *list;
	const struct vmi_forward *f;
	struct vmi_net net;
	struct vmi_nl *nl;
	int ret;

	if (argc && check_name(args[0]))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	/* a network without forwards and one that does not exist are two answers */
	ret = argc ? vmi_net_get(nl, args[0], &net) : 0;
	if (!ret)
		ret = vmi_forward_dump(nl, argc ? args[0] : NULL, &forwards);
	if (ret) {
		ret = fail_nl(nl, ret, "cannot list the forwards");
	} else if (ctl.json) {
		list = json_object_new_array();
		vmi_vec_for_each(f, &forwards)
			json_object_array_add(list, to_json(f));
		json_print(list);
	} else {
		vmi_vec_for_each(f, &forwards)
			add_row(&t, f);
		table_print(&t);
	}
	vmi_vec_free(&forwards);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_list_forward = {
	.name = "forward list",
	.args = "[NET]",
	.summary = "List what is forwarded",
	.run = run_list,
};

static int run(const struct verb *verb, int argc, char **argv)
{
	static const struct verb *const verbs[] = {
		&verb_add_forward, &verb_del_forward, &verb_list_forward, NULL,
	};

	return group_run(verb, verbs, argc, argv);
}

const struct verb verb_forward = {
	.name = "forward",
	.args = "add|del|list",
	.summary = "Let ports of the host lead to VMs of a NAT network",
	.run = run,
};

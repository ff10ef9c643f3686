// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

static int parse_key(const struct verb *verb, char **args, struct vmi_reserve *r)
{
	if (check_name(args[0]))
		return EXIT_USAGE;
	strcpy(r->net, args[0]);
	if (parse_mac(args[1], r->mac))
		return usage(verb, "%s: '%s' is not a MAC address", verb->name, args[1]);
	return 0;
}

static int run_add(const struct verb *verb, int argc, char **argv)
{
	char **args = opts_parse(verb, NULL, &argc, argv, 3, 3);
	struct vmi_reserve r = { 0 };
	struct vmi_nl *nl;
	int ret;

	ret = parse_key(verb, args, &r);
	if (ret)
		return ret;
	if (set_ip(args[2], &r.ip))
		return usage(verb, "reserve add: '%s' is not an IPv4 address", args[2]);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_reserve_new(nl, &r);
	if (ret)
		ret = fail_nl(nl, ret, "cannot keep %s for %s", args[2], args[1]);
	else
		say("%s is kept for %s", args[2], args[1]);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_add_reserve = {
	.name = "reserve add",
	.args = "NET MAC IP",
	.summary = "Keep an address for ports with a MAC address",
	.run = run_add,
};

static int run_del(const struct verb *verb, int argc, char **argv)
{
	char **args = opts_parse(verb, NULL, &argc, argv, 2, 2);
	struct vmi_reserve r = { 0 };
	struct vmi_nl *nl;
	int ret;

	ret = parse_key(verb, args, &r);
	if (ret)
		return ret;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_reserve_del(nl, &r);
	if (ret)
		ret = fail_nl(nl, ret, "cannot delete the reservation of %s", args[1]);
	else
		say("no address is kept for %s", args[1]);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_del_reserve = {
	.name = "reserve del",
	.args = "NET MAC",
	.summary = "Delete a reservation; a port that is there keeps its address",
	.run = run_del,
};

static int collect(struct vmi_nl *nl, const char *name, struct vmi_vec *reserves)
{
	struct vmi_vec nets = VMI_VEC_INIT(struct vmi_net);
	const struct vmi_net *net;
	int ret;

	if (name)
		return vmi_reserve_dump(nl, name, reserves);
	ret = vmi_net_dump(nl, &nets);
	vmi_vec_for_each(net, &nets) {
		if (!ret)
			ret = vmi_reserve_dump(nl, net->name, reserves);
		/* deleted since the dump */
		if (ret == -ENOENT)
			ret = 0;
	}
	vmi_vec_free(&nets);
	return ret;
}

static void print_json(const struct vmi_vec *reserves)
{
	struct json_object *list = json_object_new_array();
	const struct vmi_reserve *r;

	vmi_vec_for_each(r, reserves) {
		struct json_object *obj = json_object_new_object();

		json_put_text(obj, "net", r->net);
		json_put_mac(obj, "mac", r->mac);
		json_put_ip(obj, "ip", r->ip);
		json_object_array_add(list, obj);
	}
	json_print(list);
}

static void print_table(const struct vmi_vec *reserves)
{
	struct table t = TABLE_INIT("NET", "MAC", "ADDRESS");
	const struct vmi_reserve *r;

	vmi_vec_for_each(r, reserves) {
		char mac[FMT_LEN], ip[FMT_LEN];

		table_row(&t, r->net, fmt_mac(r->mac, mac), fmt_ip(r->ip, ip));
	}
	table_print(&t);
}

static int run_list(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec reserves = VMI_VEC_INIT(struct vmi_reserve);
	char **args = opts_parse(verb, NULL, &argc, argv, 0, 1);
	struct vmi_nl *nl;
	int ret;

	if (argc && check_name(args[0]))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = collect(nl, argc ? args[0] : NULL, &reserves);
	if (ret)
		ret = fail_nl(nl, ret, "cannot list the reservations");
	else if (ctl.json)
		print_json(&reserves);
	else
		print_table(&reserves);
	vmi_vec_free(&reserves);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_list_reserve = {
	.name = "reserve list",
	.args = "[NET]",
	.summary = "List reservations",
	.run = run_list,
};

static int run(const struct verb *verb, int argc, char **argv)
{
	static const struct verb *const verbs[] = {
		&verb_add_reserve, &verb_del_reserve, &verb_list_reserve, NULL,
	};

	return group_run(verb, verbs, argc, argv);
}

const struct verb verb_reserve = {
	.name = "reserve",
	.args = "add|del|list",
	.summary = "Keep addresses of a network for MAC addresses",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>

#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

static void print_json(const struct vmi_vec *ports)
{
	struct json_object *list = json_object_new_array();
	const struct vmi_port *p;

	vmi_vec_for_each(p, ports) {
		struct json_object *obj;

		if (!p->ip.s_addr)
			continue;
		obj = json_object_new_object();
		json_put_text(obj, "net", p->net);
		json_put_ip(obj, "ip", p->ip);
		json_put_mac(obj, "mac", p->mac);
		json_put_text(obj, "vm", p->vm);
		json_put_number(obj, "port", p->id);
		json_object_array_add(list, obj);
	}
	json_print(list);
}

static void print_table(const struct vmi_vec *ports)
{
	struct table t = TABLE_INIT("NET", "ADDRESS", "MAC", "VM", ">PORT");
	const struct vmi_port *p;

	vmi_vec_for_each(p, ports) {
		char ip[FMT_LEN], mac[FMT_LEN], id[FMT_LEN];

		if (!p->ip.s_addr)
			continue;
		snprintf(id, sizeof(id), "%u", p->id);
		table_row(&t, p->net, fmt_ip(p->ip, ip), fmt_mac(p->mac, mac), p->vm, id);
	}
	table_print(&t);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	char **args = opts_parse(verb, NULL, &argc, argv, 0, 1);
	const char *name = argc ? args[0] : NULL;
	struct vmi_net net;
	struct vmi_nl *nl;
	int ret;

	if (name && check_name(name))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	/* a network without leases and one that does not exist are two answers */
	ret = name ? vmi_net_get(nl, name, &net) : 0;
	if (!ret)
		ret = vmi_port_dump(nl, NULL, name, &ports);
	if (ret)
		ret = fail_nl(nl, ret, "cannot show the leases%s%s", name ? " of " : "",
			      name ? name : "");
	else if (ctl.json)
		print_json(&ports);
	else
		print_table(&ports);
	vmi_vec_free(&ports);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_lease = {
	.name = "lease",
	.args = "[NET]",
	.summary = "Show which VM has which IPv4 address",
	.run = run,
};

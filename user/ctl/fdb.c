// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>

#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

static void print_json(const struct vmi_vec *entries)
{
	struct json_object *list = json_object_new_array();
	const struct vmi_fdb *e;

	vmi_vec_for_each(e, entries) {
		struct json_object *obj = json_object_new_object();

		json_put_text(obj, "net", e->net);
		json_put_mac(obj, "mac", e->mac);
		json_put_bool(obj, "host", !e->has_port);
		if (e->has_port)
			json_put_number(obj, "port", e->port);
		if (e->vm[0])
			json_put_text(obj, "vm", e->vm);
		if (e->ages)
			json_put_number(obj, "age-ms", e->age_ms);
		json_object_array_add(list, obj);
	}
	json_print(list);
}

/* the addresses of the ports, to name them beside the MAC */
static struct in_addr address_of(const struct vmi_vec *ports, const struct vmi_fdb *e)
{
	const struct vmi_port *p;

	if (e->has_port)
		vmi_vec_for_each(p, ports)
			if (p->id == e->port)
				return p->ip;
	return (struct in_addr){ 0 };
}

static void print_table(const struct vmi_vec *entries, const struct vmi_vec *ports)
{
	struct table t = TABLE_INIT("NET", "MAC", ">PORT", "VM", "ADDRESS", ">SEEN");
	const struct vmi_fdb *e;

	vmi_vec_for_each(e, entries) {
		char mac[FMT_LEN], port[FMT_LEN] = "-", ip[FMT_LEN], age[FMT_LEN] = "-";
		const char *vm = e->vm[0] ? e->vm : "-";

		if (e->has_port)
			snprintf(port, sizeof(port), "%u", e->port);
		else
			vm = "(host)";
		if (e->ages)
			fmt_age(e->age_ms, age);
		table_row(&t, e->net, fmt_mac(e->mac, mac), port, vm,
			  fmt_ip(address_of(ports, e), ip), age);
	}
	table_print(&t);
}

static int collect_all(struct vmi_nl *nl, struct vmi_vec *entries)
{
	struct vmi_vec nets = VMI_VEC_INIT(struct vmi_net);
	const struct vmi_net *net;
	int ret = vmi_net_dump(nl, &nets);

	vmi_vec_for_each(net, &nets) {
		if (!ret)
			ret = vmi_fdb_dump(nl, net->name, entries);
		/* deleted since the dump: it has no table any more */
		if (ret == -ENOENT)
			ret = 0;
	}
	vmi_vec_free(&nets);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec entries = VMI_VEC_INIT(struct vmi_fdb);
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	char **args = opts_parse(verb, NULL, &argc, argv, 0, 1);
	struct vmi_nl *nl;
	int ret;

	if (argc && check_name(args[0]))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = argc ? vmi_fdb_dump(nl, args[0], &entries) : collect_all(nl, &entries);
	if (!ret && !ctl.json)
		ret = vmi_port_dump(nl, NULL, NULL, &ports);
	if (ret)
		ret = fail_nl(nl, ret, "cannot show the forwarding table%s%s",
			      argc ? " of " : "", argc ? args[0] : "");
	else if (ctl.json)
		print_json(&entries);
	else
		print_table(&entries, &ports);
	vmi_vec_free(&ports);
	vmi_vec_free(&entries);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_fdb = {
	.name = "fdb",
	.args = "[NET]",
	.summary = "Show which MAC address is behind which port",
	.run = run,
};

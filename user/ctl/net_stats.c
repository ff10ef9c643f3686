// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

static uint64_t dropped(const struct vmi_stats *stats)
{
	uint64_t sum = 0;
	unsigned int i;

	for (i = 0; i < stats->ndrops; i++)
		sum += stats->drops[i].packets;
	return sum;
}

static void stats_row(struct table *t, const char *net, const char *port, const char *vm,
		      const struct vmi_stats *s)
{
	char rx[FMT_LEN], rx_bytes[FMT_LEN], tx[FMT_LEN], tx_bytes[FMT_LEN], drops[FMT_LEN];

	snprintf(rx, sizeof(rx), "%" PRIu64, s->rx_packets);
	snprintf(tx, sizeof(tx), "%" PRIu64, s->tx_packets);
	snprintf(drops, sizeof(drops), "%" PRIu64, dropped(s));
	table_row(t, net, port, vm, rx, fmt_bytes(s->rx_bytes, rx_bytes), tx,
		  fmt_bytes(s->tx_bytes, tx_bytes), drops);
}

static void drop_rows(struct table *t, const char *net, const char *port, const char *vm,
		      const struct vmi_stats *s)
{
	char packets[FMT_LEN];
	unsigned int i;

	for (i = 0; i < s->ndrops; i++) {
		snprintf(packets, sizeof(packets), "%" PRIu64, s->drops[i].packets);
		table_row(t, net, port, vm, s->drops[i].reason, packets);
	}
}

static bool is_on(const struct vmi_port *p, const struct vmi_net *net)
{
	return !strcmp(p->net, net->name);
}

/* each network, then those of its ports that may be seen */
static void print_tables(const struct vmi_vec *nets, const struct vmi_vec *ports)
{
	struct table t = TABLE_INIT("NET", ">PORT", "VM", ">RX", ">RX-BYTES", ">TX", ">TX-BYTES",
				    ">DROPS");
	struct table d = TABLE_INIT("NET", ">PORT", "VM", "REASON", ">DROPS");
	const struct vmi_net *net;
	const struct vmi_port *p;
	char id[FMT_LEN];

	vmi_vec_for_each(net, nets) {
		stats_row(&t, net->name, "all", "", &net->stats);
		drop_rows(&d, net->name, "all", "", &net->stats);
		vmi_vec_for_each(p, ports) {
			if (!is_on(p, net))
				continue;
			snprintf(id, sizeof(id), "%u", p->id);
			stats_row(&t, net->name, id, p->vm, &p->stats);
			drop_rows(&d, net->name, id, p->vm, &p->stats);
		}
	}
	table_print(&t);
	if (d.cells.n) {
		putchar('\n');
		table_print(&d);
	}
}

static struct json_object *net_json(const struct vmi_net *net, const struct vmi_vec *ports)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();
	const struct vmi_port *p;

	json_put_text(obj, "net", net->name);
	json_put_stats(obj, &net->stats);
	vmi_vec_for_each(p, ports) {
		struct json_object *port;

		if (!is_on(p, net))
			continue;
		port = json_object_new_object();
		json_put_number(port, "port", p->id);
		json_put_text(port, "vm", p->vm);
		json_put_number(port, "index", p->index);
		json_put_stats(port, &p->stats);
		json_object_array_add(list, port);
	}
	json_object_object_add(obj, "ports", list);
	return obj;
}

static void print(const struct vmi_vec *nets, const struct vmi_vec *ports)
{
	struct json_object *list;
	const struct vmi_net *net;

	if (!ctl.json) {
		print_tables(nets, ports);
		return;
	}
	list = json_object_new_array();
	vmi_vec_for_each(net, nets)
		json_object_array_add(list, net_json(net, ports));
	json_print(list);
}

static int collect(struct vmi_nl *nl, const char *name, struct vmi_vec *nets)
{
	struct vmi_net *net;

	if (!name)
		return vmi_net_dump(nl, nets);
	net = vmi_vec_add(nets);
	return net ? vmi_net_get(nl, name, net) : -ENOMEM;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	struct vmi_vec nets = VMI_VEC_INIT(struct vmi_net);
	char **args = opts_parse(verb, NULL, &argc, argv, 0, 1);
	const char *name = argc ? args[0] : NULL;
	struct vmi_nl *nl;
	int ret;

	if (name && check_name(name))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = collect(nl, name, &nets);
	if (!ret)
		ret = vmi_port_dump(nl, NULL, name, &ports);
	if (ret)
		ret = fail_nl(nl, ret, "cannot show the counters%s%s", name ? " of network " : "",
			      name ? name : "");
	else
		print(&nets, &ports);
	vmi_vec_free(&ports);
	vmi_vec_free(&nets);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_net_stats = {
	.name = "net stats",
	.args = "[NAME]",
	.summary = "Show counters, and why frames were dropped, by network and port",
	.help = "A network's counters are those of all its ports, deleted ones and ones that you\n"
		"may not see among them, and of frames that no port is to blame for.",
	.run = run,
};

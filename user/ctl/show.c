// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vmi.h>

#include "def.h"
#include "fmt.h"
#include "json.h"
#include "show.h"
#include "table.h"
#include "verbs.h"

void show_line(const char *key, const char *val)
{
	char *safe = malloc(4 * strlen(val) + 1);

	if (safe && val[0])
		printf("%-12s%s\n", key, escape(val, safe, 4 * strlen(val) + 1));
	free(safe);
}

static void drops_text(const struct vmi_stats *stats, char *buf, size_t size)
{
	size_t len = 0;
	unsigned int i;

	buf[0] = '\0';
	for (i = 0; i < stats->ndrops && len < size; i++)
		len += (size_t)snprintf(buf + len, size - len, "%s%s %llu", i ? ", " : "",
					stats->drops[i].reason,
					(unsigned long long)stats->drops[i].packets);
}

void show_ports(const struct vmi_vec *ports, bool with_vm)
{
	struct table t = TABLE_INIT(">ID", with_vm ? "VM" : "NET", ">INDEX", "MAC", "ADDRESS",
				    "LINK", ">RX", ">TX", "DROPS");
	const struct vmi_port *p;

	vmi_vec_for_each(p, ports) {
		char id[FMT_LEN], index[FMT_LEN], mac[FMT_LEN], ip[FMT_LEN];
		char rx[64], tx[64], bytes[FMT_LEN], drops[512], link[64];

		snprintf(id, sizeof(id), "%u", p->id);
		snprintf(index, sizeof(index), "%u", p->index);
		snprintf(rx, sizeof(rx), "%llu (%s)", (unsigned long long)p->stats.rx_packets,
			 fmt_bytes(p->stats.rx_bytes, bytes));
		snprintf(tx, sizeof(tx), "%llu (%s)", (unsigned long long)p->stats.tx_packets,
			 fmt_bytes(p->stats.tx_bytes, bytes));
		if (p->fault)
			snprintf(link, sizeof(link), "fault: %s", vmi_port_fault_name(p->fault));
		else
			snprintf(link, sizeof(link), "%s%s%s", p->link ? "up" : "down",
				 p->plugged && !p->link ? " with the uplink" : "",
				 p->active ? "" : ", idle");
		drops_text(&p->stats, drops, sizeof(drops));
		table_row(&t, id, with_vm ? p->vm : p->net, index, fmt_mac(p->mac, mac),
			  fmt_ip(p->ip, ip), link, rx, tx, drops);
	}
	table_print(&t);
}

void show_stats(const struct vmi_stats *stats)
{
	char text[512], bytes[FMT_LEN];

	snprintf(text, sizeof(text), "%llu packets, %s",
		 (unsigned long long)stats->rx_packets, fmt_bytes(stats->rx_bytes, bytes));
	show_line("rx", text);
	snprintf(text, sizeof(text), "%llu packets, %s",
		 (unsigned long long)stats->tx_packets, fmt_bytes(stats->tx_bytes, bytes));
	show_line("tx", text);
	drops_text(stats, text, sizeof(text));
	show_line("drops", text);
}

static void number_line(const char *key, uint64_t val)
{
	char text[FMT_LEN];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)val);
	show_line(key, text);
}

static void print_vm(const struct vmi_vm *vm)
{
	char text[512], when[FMT_LEN], ago[FMT_LEN];

	show_line("name", vm->name);
	snprintf(text, sizeof(text), "%s%s%s%s%s", vmi_state_name(vm->state),
		 vm->reason ? ", " : "", vm->reason ? vmi_reason_name(vm->reason) : "",
		 vm->text[0] ? ": " : "", vm->text);
	show_line("state", text);
	snprintf(text, sizeof(text), "%s (%s ago)", fmt_time(vm->since_ns, when),
		 fmt_since(vm->since_ns, ago));
	show_line("since", text);
	number_line("cpus", vm->vcpus);
	show_line("memory", fmt_bytes(vm->mem_bytes, text));
	number_line("owner", vm->uid);
	if (vm->pid)
		number_line("pid", vm->pid);
	show_line("console", vm->console);
	show_line("transient", vm->transient ? "yes" : "");
	show_line("note", vm->note);
}

static void print_def(const struct def *def, bool alone)
{
	char text[256];
	unsigned int i;

	if (alone) {
		show_line("name", def->name);
		show_line("state", "defined");
		number_line("cpus", def->cpus);
		show_line("memory", fmt_bytes(def->mem_bytes, text));
		show_line("note", def->note);
		for (i = 0; i < def->nnets; i++)
			show_line("net", def->nets[i].name);
	}
	show_line("kernel", def->kernel);
	show_line("initrd", def->initrd);
	show_line("append", def->append);
}

static struct json_object *def_json(const struct def *def)
{
	struct json_object *obj = json_object_new_object();

	json_put_text(obj, "kernel", def->kernel);
	if (def->initrd[0])
		json_put_text(obj, "initrd", def->initrd);
	json_put_text(obj, "append", def->append);
	json_put_number(obj, "mem-bytes", def->mem_bytes);
	json_put_number(obj, "cpus", def->cpus);
	return obj;
}

/* @vm: NULL when it is only defined; @def: NULL when it is not */
static void print_json(const struct vmi_vm *vm, const struct vmi_vec *ports,
		       const struct def *def)
{
	struct json_object *obj;
	const struct vmi_port *p;

	if (vm) {
		struct json_object *list = json_object_new_array();

		obj = vm_to_json(vm);
		vmi_vec_for_each(p, ports)
			json_object_array_add(list, port_to_json(p));
		json_object_object_add(obj, "ports", list);
	} else {
		obj = json_object_new_object();
		json_put_text(obj, "name", def->name);
		json_put_text(obj, "state", "defined");
	}
	if (def)
		json_object_object_add(obj, "definition", def_json(def));
	json_print(obj);
}

static void print(const struct vmi_vm *vm, const struct vmi_vec *ports, const struct def *def)
{
	if (ctl.json) {
		print_json(vm, ports, def);
		return;
	}
	if (vm)
		print_vm(vm);
	if (def)
		print_def(def, !vm);
	if (ports->n) {
		putchar('\n');
		show_ports(ports, false);
	}
}

static int show_one(struct vmi_nl *nl, const char *name)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	struct vmi_vm vm;
	struct def def;
	bool defined;
	int ret = vmi_vm_get(nl, name, &vm);
	bool known = !ret;

	if (ret && ret != -ENOENT)
		return fail_nl(nl, ret, "cannot show %s", name);
	ret = def_load(name, &def);
	if (ret && ret != EXIT_NO_OBJECT)
		return ret;
	defined = !ret;
	if (!known && !defined)
		return fail(EXIT_NO_OBJECT, "there is no VM %s", name);
	ret = known ? vmi_port_dump(nl, name, NULL, &ports) : 0;
	if (ret)
		ret = fail_nl(nl, ret, "cannot show the ports of %s", name);
	else
		print(known ? &vm : NULL, &ports, defined ? &def : NULL);
	vmi_vec_free(&ports);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	char **names = opts_parse(verb, NULL, &argc, argv, 1, 1);
	struct vmi_nl *nl;
	int ret;

	if (check_name(names[0]))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = show_one(nl, names[0]);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_show = {
	.name = "show",
	.args = "NAME",
	.summary = "Show a VM and its ports with their counters",
	.run = run,
};

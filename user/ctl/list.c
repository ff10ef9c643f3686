// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vmi.h>

#include "def.h"
#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"

/**
 * struct lists - all there is
 * @vms: struct vmi_vm, by name
 * @ports: struct vmi_port, by VM and index
 * @defs: struct def, by name
 */
struct lists {
	struct vmi_vec vms;
	struct vmi_vec ports;
	struct vmi_vec defs;
};

static int by_vm_name(const void *a, const void *b)
{
	return strcmp(((const struct vmi_vm *)a)->name, ((const struct vmi_vm *)b)->name);
}

static int by_def_name(const void *a, const void *b)
{
	return strcmp(((const struct def *)a)->name, ((const struct def *)b)->name);
}

static int by_port_vm(const void *a, const void *b)
{
	const struct vmi_port *p = a, *q = b;
	int diff = strcmp(p->vm, q->vm);

	if (diff)
		return diff;
	return p->index < q->index ? -1 : p->index > q->index;
}

static void sort(struct vmi_vec *v, int (*cmp)(const void *, const void *))
{
	if (v->n)
		qsort(v->data, v->n, v->size, cmp);
}

/* comma-separated; what does not fit is left out, and the dots tell */
static void append(char *list, size_t size, const char *word)
{
	size_t len = strlen(list);

	if (len + strlen(word) + 6 < size)
		sprintf(list + len, "%s%s", len ? "," : "", word);
	else if (!len || list[len - 1] != '.')
		strcat(list, ",...");
}

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static void vm_row(struct table *t, const struct vmi_vm *vm,
		   const struct vmi_port *ports, size_t nports)
{
	char cpus[FMT_LEN], mem[FMT_LEN], since[FMT_LEN], ip[FMT_LEN], pid[FMT_LEN] = "-";
	char ips[128] = "", nets[128] = "", reason[160] = "";
	size_t i;

	for (i = 0; i < nports; i++) {
		if (ports[i].ip.s_addr)
			append(ips, sizeof(ips), fmt_ip(ports[i].ip, ip));
		append(nets, sizeof(nets), ports[i].net);
	}
	snprintf(cpus, sizeof(cpus), "%u", vm->vcpus);
	if (vm->pid)
		snprintf(pid, sizeof(pid), "%u", vm->pid);
	if (vm->state == VMI_STATE_CRASHED || vm->state == VMI_STATE_STOPPED)
		snprintf(reason, sizeof(reason), "%s%s%s", vmi_reason_name(vm->reason),
			 vm->text[0] ? ": " : "", vm->text);
	table_row(t, vm->name, vmi_state_name(vm->state), cpus, fmt_bytes(vm->mem_bytes, mem),
		  or_dash(ips), or_dash(nets), pid, fmt_since(vm->since_ns, since), reason);
}

static void def_row(struct table *t, const struct def *def)
{
	char cpus[FMT_LEN], mem[FMT_LEN], ip[FMT_LEN], ips[128] = "", nets[128] = "";
	unsigned int i;

	for (i = 0; i < def->nnets; i++) {
		if (def->nets[i].ip.s_addr)
			append(ips, sizeof(ips), fmt_ip(def->nets[i].ip, ip));
		append(nets, sizeof(nets), def->nets[i].name);
	}
	snprintf(cpus, sizeof(cpus), "%u", def->cpus);
	table_row(t, def->name, "defined", cpus, fmt_bytes(def->mem_bytes, mem),
		  or_dash(ips), or_dash(nets), "-", "-", "");
}

static struct json_object *vm_json(const struct vmi_vm *vm,
				   const struct vmi_port *ports, size_t nports)
{
	struct json_object *obj = vm_to_json(vm);
	struct json_object *list = json_object_new_array();
	size_t i;

	for (i = 0; i < nports; i++)
		json_object_array_add(list, port_to_json(&ports[i]));
	json_object_object_add(obj, "ports", list);
	return obj;
}

static struct json_object *def_json(const struct def *def)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ports = json_object_new_array();
	unsigned int i;

	json_put_text(obj, "name", def->name);
	json_put_text(obj, "state", "defined");
	json_put_number(obj, "vcpus", def->cpus);
	json_put_number(obj, "mem-bytes", def->mem_bytes);
	if (def->note[0])
		json_put_text(obj, "note", def->note);
	for (i = 0; i < def->nnets; i++) {
		struct json_object *port = json_object_new_object();

		json_put_text(port, "net", def->nets[i].name);
		if (def->nets[i].has_mac)
			json_put_mac(port, "mac", def->nets[i].mac);
		json_put_ip(port, "ip", def->nets[i].ip);
		json_object_array_add(ports, port);
	}
	json_object_object_add(obj, "ports", ports);
	return obj;
}

/* what the list is printed into: one of the two, or neither for names alone */
struct output {
	struct table *table;
	struct json_object *array;
};

static void put_vm(const struct output *out, const struct vmi_vm *vm,
		   const struct vmi_port *ports, size_t nports)
{
	if (out->array)
		json_object_array_add(out->array, vm_json(vm, ports, nports));
	else if (out->table)
		vm_row(out->table, vm, ports, nports);
	else
		puts(vm->name);
}

static void put_def(const struct output *out, const struct def *def)
{
	if (out->array)
		json_object_array_add(out->array, def_json(def));
	else if (out->table)
		def_row(out->table, def);
	else
		puts(def->name);
}

/* All three lists are sorted by name: one walk merges them. */
static void merge(const struct lists *l, const struct output *out)
{
	const struct vmi_vm *vm = l->vms.data;
	const struct vmi_port *port = l->ports.data;
	const struct def *def = l->defs.data;
	size_t nvms = l->vms.n, nports = l->ports.n, ndefs = l->defs.n;

	while (nvms || ndefs) {
		int diff = !nvms ? 1 : !ndefs ? -1 : strcmp(vm->name, def->name);
		size_t n = 0;

		if (diff > 0) {
			put_def(out, def);
		} else {
			while (nports && strcmp(port->vm, vm->name) < 0) {
				port++;
				nports--;
			}
			while (n < nports && !strcmp(port[n].vm, vm->name))
				n++;
			put_vm(out, vm, port, n);
			vm++;
			nvms--;
		}
		/* a definition of the same name is the VM that was printed */
		if (diff >= 0) {
			def++;
			ndefs--;
		}
	}
}

static int collect(struct lists *l)
{
	struct vmi_nl *nl;
	int ret = ctl_open(&nl);

	if (ret)
		return ret;
	ret = vmi_vm_dump(nl, &l->vms);
	if (!ret)
		ret = vmi_port_dump(nl, NULL, NULL, &l->ports);
	ret = ret ? fail_nl(nl, ret, "cannot list the VMs") : def_load_all(&l->defs);
	vmi_nl_close(nl);
	sort(&l->vms, by_vm_name);
	sort(&l->ports, by_port_vm);
	sort(&l->defs, by_def_name);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct table table = TABLE_INIT("NAME", "STATE", ">CPUS", ">MEMORY", "ADDRESS", "NET",
					">PID", ">SINCE", "REASON");
	struct lists l = {
		.vms = VMI_VEC_INIT(struct vmi_vm),
		.ports = VMI_VEC_INIT(struct vmi_port),
		.defs = VMI_VEC_INIT(struct def),
	};
	struct output out = { 0 };
	int ret;

	opts_parse(verb, NULL, &argc, argv, 0, 0);
	ret = collect(&l);
	if (!ret) {
		if (ctl.json)
			out.array = json_object_new_array();
		else if (!ctl.quiet)
			out.table = &table;
		merge(&l, &out);
		if (out.array)
			json_print(out.array);
		else if (out.table)
			table_print(out.table);
	}
	vmi_vec_free(&l.vms);
	vmi_vec_free(&l.ports);
	vmi_vec_free(&l.defs);
	return ret;
}

const struct verb verb_list = {
	.name = "list",
	.args = "",
	.summary = "List VMs: those the kernel knows, and those only defined",
	.help = "With --quiet only names are printed. SINCE is the age of the state.",
	.run = run,
};

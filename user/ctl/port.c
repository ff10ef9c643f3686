// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "def.h"
#include "json.h"
#include "link.h"
#include "show.h"
#include "verbs.h"

static int run_list(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	const char *vm = NULL, *net = NULL;
	const struct opt opts[] = {
		{ "vm", 0, "NAME", set_name, &vm, "only those of a VM" },
		{ "net", 0, "NAME", set_name, &net, "only those of a network" },
		OPT_END
	};
	struct json_object *list;
	const struct vmi_port *p;
	struct vmi_net on;
	struct vmi_vm of;
	struct vmi_nl *nl;
	int ret;

	opts_parse(verb, opts, &argc, argv, 0, 0);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	/* nothing of what does not exist is another answer than nothing of what does */
	ret = vm && !def_exists(vm) ? vmi_vm_get(nl, vm, &of) : 0;
	if (!ret && net)
		ret = vmi_net_get(nl, net, &on);
	if (!ret)
		ret = vmi_port_dump(nl, vm, net, &ports);
	if (ret) {
		ret = fail_nl(nl, ret, "cannot list the ports");
	} else if (ctl.json) {
		list = json_object_new_array();
		vmi_vec_for_each(p, &ports)
			json_object_array_add(list, port_to_json(p));
		json_print(list);
	} else {
		show_ports(&ports, true);
	}
	vmi_vec_free(&ports);
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_list_ports = {
	.name = "port list",
	.args = "",
	.summary = "List ports with their counters",
	.run = run_list,
};

static const char *set_link_word(const char *val, void *dest)
{
	int up = link_parse(val);

	*(int *)dest = up;
	return up < 0 ? "is neither up nor down" : NULL;
}

static int run_set(const struct verb *verb, int argc, char **argv)
{
	int up = -1;
	const struct opt opts[] = {
		{ "link", 'l', "up|down", set_link_word, &up, "what the guest sees of its cable" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct vmi_nl *nl;
	uint32_t id;
	int ret;

	if (set_u32(args[0], &id))
		return usage(verb, "port set: '%s' is not the number of a port", args[0]);
	if (up < 0)
		return usage(verb, "port set: nothing to set");
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = vmi_port_set_link(nl, id, up);
	if (ret)
		ret = fail_nl(nl, ret, "cannot change port %u", id);
	else
		say("the link of port %u is %s", id, up ? "up" : "down");
	vmi_nl_close(nl);
	return ret;
}

static const struct verb verb_set_port = {
	.name = "port set",
	.args = "ID --link up|down",
	.summary = "Change a port",
	.run = run_set,
};

static int run(const struct verb *verb, int argc, char **argv)
{
	static const struct verb *const verbs[] = { &verb_list_ports, &verb_set_port, NULL };

	return group_run(verb, verbs, argc, argv);
}

const struct verb verb_port = {
	.name = "port",
	.args = "list|set",
	.summary = "List ports, set their links",
	.run = run,
};

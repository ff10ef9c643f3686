// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "link.h"
#include "verbs.h"

int link_parse(const char *word)
{
	if (!strcmp(word, "up"))
		return 1;
	return strcmp(word, "down") ? -1 : 0;
}

/* Return: 0 with the port's identifier, -ENOENT, or a negative errno. */
static int find_port(struct vmi_nl *nl, const char *vm, uint32_t index, uint32_t *id)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	const struct vmi_port *p;
	int ret = vmi_port_dump(nl, vm, NULL, &ports);
	int found = -ENOENT;

	vmi_vec_for_each(p, &ports) {
		if (p->index != index)
			continue;
		*id = p->id;
		found = 0;
	}
	vmi_vec_free(&ports);
	return ret ? ret : found;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	char **args = opts_parse(verb, NULL, &argc, argv, 3, 3);
	int up = link_parse(args[2]);
	uint32_t index, id;
	struct vmi_nl *nl;
	int ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if (set_u32(args[1], &index))
		return usage(verb, "link: '%s' is not the index of a port", args[1]);
	if (up < 0)
		return usage(verb, "link: '%s' is neither up nor down", args[2]);
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = find_port(nl, args[0], index, &id);
	if (!ret)
		ret = vmi_port_set_link(nl, id, up);
	if (ret == -ENOENT)
		ret = fail(EXIT_NO_OBJECT, "there is no VM %s with a port %u", args[0], index);
	else if (ret)
		ret = fail_nl(nl, ret, "cannot change port %u of %s", index, args[0]);
	else
		say("link %u of %s is %s", index, args[0], args[2]);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_link = {
	.name = "link",
	.args = "NAME INDEX up|down",
	.summary = "Plug or unplug the cable of a VM's port",
	.run = run,
};

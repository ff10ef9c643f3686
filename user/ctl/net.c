// SPDX-License-Identifier: GPL-2.0
#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	static const struct verb *const verbs[] = {
		&verb_net_add, &verb_net_check, &verb_net_del, &verb_net_graph, &verb_net_list,
		&verb_net_set, &verb_net_show, &verb_net_stats, NULL,
	};

	return group_run(verb, verbs, argc, argv);
}

const struct verb verb_net = {
	.name = "net",
	.args = "add|check|del|graph|list|set|show|stats",
	.summary = "Manage networks",
	.run = run,
};

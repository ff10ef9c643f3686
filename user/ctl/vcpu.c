// SPDX-License-Identifier: GPL-2.0
#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	static const struct verb *const verbs[] = {
		&verb_vcpu_stop, &verb_vcpu_step, NULL,
	};

	return group_run(verb, verbs, argc, argv);
}

const struct verb verb_vcpu = {
	.name = "vcpu",
	.args = "stop|step",
	.summary = "Stop and step vCPUs",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
#include <linux/vmi.h>

#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	return command_each(verb, argc, argv, VMI_COMMAND_RESUME, "runs");
}

const struct verb verb_resume = {
	.name = "resume",
	.args = "NAME...",
	.summary = "Let the vCPUs of paused VMs go on",
	.run = run,
};

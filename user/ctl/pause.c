// SPDX-License-Identifier: GPL-2.0
#include <linux/vmi.h>

#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	return command_each(verb, argc, argv, VMI_COMMAND_PAUSE, "is paused");
}

const struct verb verb_pause = {
	.name = "pause",
	.args = "NAME...",
	.summary = "Stop the vCPUs of running VMs",
	.run = run,
};

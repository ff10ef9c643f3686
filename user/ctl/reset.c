// SPDX-License-Identifier: GPL-2.0
#include <linux/vmi.h>

#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	return command_each(verb, argc, argv, VMI_COMMAND_RESET, "is reset");
}

const struct verb verb_reset = {
	.name = "reset",
	.args = "NAME...",
	.summary = "Reset VMs, as the button of a machine does",
	.help = "The guest is not asked and may lose data.",
	.run = run,
};

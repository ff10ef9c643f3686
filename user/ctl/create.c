// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "verbs.h"
#include "vmopts.h"

/*
 * A guest keeps its hardware addresses from start to start, so those that
 * are not given are drawn once, here: unicast, locally administered.
 */
static int draw_macs(struct def *def)
{
	unsigned int i;

	for (i = 0; i < def->nnets; i++) {
		struct def_net *net = &def->nets[i];

		if (net->has_mac)
			continue;
		if (getrandom(net->mac, sizeof(net->mac), 0) != sizeof(net->mac))
			return fail_errno(errno, "cannot draw a MAC address");
		net->mac[0] = (net->mac[0] & 0xfc) | 0x02;
		net->has_mac = true;
	}
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct def def;
	bool replace = false;
	const struct opt opts[] = {
		VM_OPTS(&def),
		{ "replace", 0, NULL, NULL, &replace, "take the place of a definition of that name" },
		OPT_END
	};
	char **args;
	int ret;

	def_init(&def, "");
	args = opts_parse(verb, opts, &argc, argv, 1, 1);
	if (check_name(args[0]))
		return EXIT_USAGE;
	strcpy(def.name, args[0]);
	if (!def.kernel[0])
		return usage(verb, "create: --kernel is missing");
	ret = draw_macs(&def);
	if (!ret)
		ret = def_save(&def, replace);
	if (!ret)
		say("%s is defined", def.name);
	return ret;
}

const struct verb verb_create = {
	.name = "create",
	.args = "NAME --kernel FILE",
	.summary = "Define a VM without starting it",
	.help = "Writes a definition, a text file that 'vmictl start NAME' reads. The module\n"
		"need not be loaded. A port without mac= is given one for good.",
	.run = run,
};

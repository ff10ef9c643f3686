// SPDX-License-Identifier: GPL-2.0
#include <unistd.h>

#include "launch.h"
#include "verbs.h"

static int start_one(struct vmi_nl *nl, const char *name, uint32_t timeout_ms)
{
	const struct launch how = { .replace = true, .timeout_ms = timeout_ms };
	struct def def;
	int lock, ret;

	ret = def_load(name, &def);
	if (ret == EXIT_NO_OBJECT)
		return fail(ret, "there is no definition of %s (make one with 'vmictl create')",
			    name);
	if (ret)
		return ret;
	lock = def_lock(name);
	if (lock < 0)
		return EXIT_FAILED;
	ret = launch(nl, &def, &how);
	close(lock);
	if (!ret)
		say("%s runs", name);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint32_t timeout_ms = LAUNCH_TIMEOUT_MS;
	const struct opt opts[] = {
		{ "timeout", 't', "S", set_seconds, &timeout_ms,
		  "time limit for each start (default: 60)" },
		OPT_END
	};
	char **names = opts_parse(verb, opts, &argc, argv, 1, -1);
	struct vmi_nl *nl;
	int i, ret, code;

	for (i = 0; i < argc; i++)
		if (check_name(names[i]))
			return EXIT_USAGE;
	code = ctl_open(&nl);
	if (code)
		return code;
	for (i = 0; i < argc; i++) {
		ret = start_one(nl, names[i], timeout_ms);
		if (!code)
			code = ret;
	}
	vmi_nl_close(nl);
	return code;
}

const struct verb verb_start = {
	.name = "start",
	.args = "NAME...",
	.summary = "Start defined VMs",
	.help = "Returns when the guest's CPUs run. A start that fails leaves nothing behind.",
	.run = run,
};

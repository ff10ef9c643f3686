// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include <linux/vmi.h>

#include "def.h"
#include "paths.h"
#include "verbs.h"
#include "wait.h"

static int kill_one(struct vmi_nl *nl, const char *name, uint32_t timeout_ms)
{
	struct waiter w;
	int ret = waiter_open(&w, name);

	if (ret == -ENOENT && def_exists(name))
		return fail(EXIT_NO_OBJECT, "cannot kill %s: it is defined and was not started", name);
	if (ret == -ENOENT)
		return fail(EXIT_NO_OBJECT, "there is no VM %s", name);
	if (ret)
		return fail_errno(ret, "cannot kill %s", name);
	ret = vmi_vm_command(nl, name, VMI_COMMAND_KILL, timeout_ms);
	if (ret) {
		ret = fail_nl(nl, ret, "cannot kill %s", name);
		goto out;
	}
	ret = waiter_wait_end(&w, (int)timeout_ms);
	if (ret) {
		ret = fail_errno(ret, "%s is killed and has not ended", name);
		goto out;
	}
	if (w.vm.transient && w.gone)
		path_clean_run(name);
	say("%s is killed", name);
out:
	waiter_close(&w);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint32_t timeout_ms = DEFAULT_COMMAND_MS;
	const struct opt opts[] = {
		{ "timeout", 't', "S", set_seconds, &timeout_ms,
		  "time limit for the VMM's end (default: 10)" },
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
		ret = kill_one(nl, names[i], timeout_ms);
		if (!code)
			code = ret;
	}
	vmi_nl_close(nl);
	return code;
}

const struct verb verb_kill = {
	.name = "kill",
	.args = "NAME...",
	.summary = "Kill the VMM of VMs at once",
	.help = "Needs no answer of the VMM, so it works when the VMM hangs. The guest may\n"
		"lose data.",
	.run = run,
};

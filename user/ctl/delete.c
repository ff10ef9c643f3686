// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include <linux/vmi.h>

#include "def.h"
#include "paths.h"
#include "verbs.h"
#include "wait.h"

#define END_TIMEOUT_MS	10000

/* Return: 0 when it has no VMM any more, or an exit code after the message. */
static int end_by_force(struct vmi_nl *nl, struct waiter *w)
{
	const char *name = w->vm.name;
	int ret;

	if (!waiter_alive(w))
		return 0;
	ret = vmi_vm_command(nl, name, VMI_COMMAND_KILL, END_TIMEOUT_MS);
	/* it may have ended meanwhile */
	if (ret && waiter_wait_end(w, 0))
		return fail_nl(nl, ret, "cannot kill %s", name);
	ret = waiter_wait_end(w, END_TIMEOUT_MS);
	return ret ? fail_errno(ret, "%s is killed and has not ended", name) : 0;
}

/* Delete what the kernel has. Return: 0, -ENOENT, or an exit code after the message. */
static int delete_vm(struct vmi_nl *nl, const char *name, bool force)
{
	struct waiter w;
	int ret;

	if (force) {
		ret = waiter_open(&w, name);
		if (ret == -ENOENT)
			return ret;
		if (ret)
			return fail_errno(ret, "cannot delete %s", name);
		ret = end_by_force(nl, &w);
		waiter_close(&w);
		if (ret)
			return ret;
	}
	ret = vmi_vm_del(nl, name);
	/* after a kill a transient one has gone by itself */
	if (ret == -ENOENT)
		return force ? 0 : ret;
	return ret ? fail_nl(nl, ret, "cannot delete %s", name) : 0;
}

static int delete_one(struct vmi_nl *nl, const char *name, bool force)
{
	int ret = nl ? delete_vm(nl, name, force) : -ENOENT;
	bool defined = def_exists(name);

	if (ret > 0)
		return ret;
	if (ret == -ENOENT && !defined)
		return fail(EXIT_NO_OBJECT, "there is no VM %s", name);
	if (defined) {
		ret = def_delete(name);
		if (ret)
			return ret;
	}
	path_clean_run(name);
	say("%s is deleted", name);
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	bool force = false;
	const struct opt opts[] = {
		{ "force", 'f', NULL, NULL, &force, "kill it first when it runs" },
		OPT_END
	};
	char **names = opts_parse(verb, opts, &argc, argv, 1, -1);
	struct vmi_nl *nl = NULL;
	int i, ret, code = 0;

	for (i = 0; i < argc; i++)
		if (check_name(names[i]))
			return EXIT_USAGE;
	ret = vmi_nl_open(&nl);
	/* without the module nothing runs, and definitions are files */
	if (ret && ret != -EPROTONOSUPPORT)
		return fail_errno(ret, "cannot reach the kernel");
	for (i = 0; i < argc; i++) {
		ret = delete_one(nl, names[i], force);
		if (!code)
			code = ret;
	}
	vmi_nl_close(nl);
	return code;
}

const struct verb verb_delete = {
	.name = "delete",
	.args = "NAME...",
	.summary = "Delete VMs that do not run, with their definitions and logs",
	.run = run,
};

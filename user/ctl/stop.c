// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include <linux/vmi.h>

#include "def.h"
#include "paths.h"
#include "verbs.h"
#include "wait.h"

#define STOP_TIMEOUT_MS		60000
#define POWEROFF_TIMEOUT_MS	10000

/**
 * struct stop - how to stop
 * @timeout_ms: for the guest to switch itself off
 * @force: then switch it off
 */
struct stop {
	uint32_t timeout_ms;
	bool force;
};

static uint32_t command_ms(const struct stop *stop)
{
	return stop->timeout_ms < DEFAULT_COMMAND_MS ? stop->timeout_ms : DEFAULT_COMMAND_MS;
}

/* A VM that ends before it has answered has done what was asked: no failure. */
static int command(struct vmi_nl *nl, struct waiter *w, uint32_t op, uint32_t timeout_ms)
{
	int ret = vmi_vm_command(nl, w->vm.name, op, timeout_ms);

	return ret && !waiter_wait_end(w, 0) ? 0 : ret;
}

static int ask(struct vmi_nl *nl, struct waiter *w, const struct stop *stop)
{
	int ret = 0;

	/* a guest that does not run cannot hear the power button */
	if (w->vm.state == VMI_STATE_PAUSED)
		ret = command(nl, w, VMI_COMMAND_RESUME, command_ms(stop));
	if (!ret && w->vm.state != VMI_STATE_STOPPING && waiter_alive(w))
		ret = command(nl, w, VMI_COMMAND_POWERDOWN, command_ms(stop));
	return ret;
}

static int report(const struct waiter *w)
{
	const struct vmi_vm *vm = &w->vm;

	if (!w->gone && vm->state == VMI_STATE_CRASHED)
		return fail(EXIT_FAILED, "%s crashed: %s%s%s", vm->name,
			    vmi_reason_name(vm->reason), vm->text[0] ? ": " : "", vm->text);
	if (vm->transient)
		path_clean_run(vm->name);
	say("%s has stopped", vm->name);
	return 0;
}

static int stop_waited(struct vmi_nl *nl, struct waiter *w, const struct stop *stop)
{
	const char *name = w->vm.name;
	int ret = ask(nl, w, stop);

	if (ret && !stop->force)
		return fail_nl(nl, ret, "cannot stop %s", name);
	if (!ret) {
		ret = waiter_wait_end(w, (int)stop->timeout_ms);
		if (ret && ret != -ETIMEDOUT)
			return fail_errno(ret, "cannot follow %s", name);
		if (ret && !stop->force)
			return fail(EXIT_TIMEOUT, "%s has not stopped within %g s (see --force)",
				    name, stop->timeout_ms / 1000.0);
	}
	if (ret) {
		ret = command(nl, w, VMI_COMMAND_POWEROFF, POWEROFF_TIMEOUT_MS);
		if (ret)
			return fail_nl(nl, ret, "cannot switch %s off", name);
		ret = waiter_wait_end(w, POWEROFF_TIMEOUT_MS);
		if (ret)
			return fail_errno(ret, "%s is not off", name);
	}
	return report(w);
}

static int stop_one(struct vmi_nl *nl, const char *name, const struct stop *stop)
{
	struct waiter w;
	int ret = waiter_open(&w, name);

	if (ret == -ENOENT && def_exists(name)) {
		say("%s does not run", name);
		return 0;
	}
	if (ret == -ENOENT)
		return fail(EXIT_NO_OBJECT, "there is no VM %s", name);
	if (ret)
		return fail_errno(ret, "cannot stop %s", name);
	if (waiter_alive(&w)) {
		ret = stop_waited(nl, &w, stop);
	} else {
		say("%s does not run: it is %s", name, vmi_state_name(w.vm.state));
	}
	waiter_close(&w);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct stop stop = { .timeout_ms = STOP_TIMEOUT_MS };
	const struct opt opts[] = {
		{ "timeout", 't', "S", set_seconds, &stop.timeout_ms,
		  "time for the guest to shut down (default: 60)" },
		{ "force", 'f', NULL, NULL, &stop.force, "after that, switch it off" },
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
		ret = stop_one(nl, names[i], &stop);
		if (!code)
			code = ret;
	}
	vmi_nl_close(nl);
	return code;
}

const struct verb verb_stop = {
	.name = "stop",
	.args = "NAME...",
	.summary = "Shut VMs down: press the power button and wait",
	.help = "A paused VM is resumed first. A VM that does not run is no error.",
	.run = run,
};

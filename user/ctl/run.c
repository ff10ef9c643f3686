// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "console.h"
#include "json.h"
#include "launch.h"
#include "verbs.h"
#include "vmopts.h"

#define NAME_TRIES	8

static int draw_name(char *name, size_t size)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		return fail_errno(errno, "cannot draw a name");
	snprintf(name, size, "vm-%06x", n & 0xffffff);
	return 0;
}

static int launch_named(struct vmi_nl *nl, struct def *def, struct launch *how)
{
	if (def_exists(def->name))
		return fail(EXIT_FAILED, "%s is defined: start it, or choose another name",
			    def->name);
	how->replace = true;
	return launch(nl, def, how);
}

static int launch_unnamed(struct vmi_nl *nl, struct def *def, const struct launch *how)
{
	int i, ret = -EEXIST;

	for (i = 0; i < NAME_TRIES && ret == -EEXIST; i++) {
		ret = draw_name(def->name, sizeof(def->name));
		if (!ret && def_exists(def->name))
			ret = -EEXIST;
		if (!ret)
			ret = launch(nl, def, how);
	}
	return ret == -EEXIST ? fail(EXIT_FAILED, "no free name was found") : ret;
}

static void print_name(const struct def *def)
{
	struct json_object *obj;

	if (!ctl.json) {
		puts(def->name);
		return;
	}
	obj = json_object_new_object();
	json_put_text(obj, "name", def->name);
	json_print(obj);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct launch how = { .transient = true, .timeout_ms = LAUNCH_TIMEOUT_MS };
	const char *name = NULL;
	bool console = false;
	struct vmi_nl *nl;
	struct def def;
	const struct opt opts[] = {
		VM_OPTS(&def),
		{ "name", 0, "NAME", set_name, &name, "its name (default: a new one)" },
		{ "console", 0, NULL, NULL, &console, "go to its console at once" },
		{ "timeout", 't', "S", set_seconds, &how.timeout_ms,
		  "time limit for the start (default: 60)" },
		OPT_END
	};
	int ret;

	def_init(&def, "");
	opts_parse(verb, opts, &argc, argv, 0, 0);
	if (!def.kernel[0])
		return usage(verb, "run: --kernel is missing");
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	if (name) {
		strcpy(def.name, name);
		ret = launch_named(nl, &def, &how);
	} else {
		ret = launch_unnamed(nl, &def, &how);
	}
	if (!ret) {
		print_name(&def);
		fflush(stdout);
		if (console)
			ret = console_attach(nl, def.name, -1);
	}
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_run = {
	.name = "run",
	.args = "--kernel FILE",
	.summary = "Start a VM that needs no definition, and print its name",
	.help = "The VM goes when it stops in order. When it crashes it stays, to be looked at,\n"
		"until 'vmictl delete NAME'.",
	.run = run,
};

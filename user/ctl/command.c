// SPDX-License-Identifier: GPL-2.0
/* pause, resume and reset: one command, sent to each VM. */
#include <errno.h>
#include <stdio.h>

#include <linux/vmi.h>

#include "ctl.h"
#include "def.h"

int command_each(const struct verb *verb, int argc, char **argv,
		 uint32_t command, const char *done)
{
	uint32_t timeout_ms = DEFAULT_COMMAND_MS;
	const struct opt opts[] = {
		{ "timeout", 't', "S", set_seconds, &timeout_ms,
		  "time limit for the VMM's answer (default: 10)" },
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
		ret = vmi_vm_command(nl, names[i], command, timeout_ms);
		if (!ret) {
			say("%s %s", names[i], done);
			continue;
		}
		if (ret == -ENOENT && def_exists(names[i]))
			ret = fail(EXIT_NO_OBJECT, "cannot %s %s: it is defined and was not started",
				   verb->name, names[i]);
		else
			ret = fail_nl(nl, ret, "cannot %s %s", verb->name, names[i]);
		if (!code)
			code = ret;
	}
	vmi_nl_close(nl);
	return code;
}

// SPDX-License-Identifier: GPL-2.0
#include "session.h"
#include "verbs.h"

static int run(const struct verb *verb, int argc, char **argv)
{
	uint32_t vcpu = VMI_VCPU_ALL, for_ms = 0;
	const struct opt opts[] = {
		{ "vcpu", 'c', "N", set_u32, &vcpu, "only this vCPU, from 0" },
		{ "for", 'f', "S", set_seconds, &for_ms, "end after S seconds" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct session s;
	int ret = session_open(&s, args[0], VMI_RIGHT_STOP);

	if (ret)
		return ret;
	if (vcpu != VMI_VCPU_ALL)
		ret = session_check_vcpu(&s, vcpu);
	if (!ret) {
		ret = vmi_vcpu_stop(s.fd, vcpu);
		if (ret)
			ret = session_fail(&s, ret, "cannot stop vCPUs");
	}
	if (!ret) {
		say("stopped; %s", for_ms ? "waiting" : "Ctrl-C lets go on");
		session_wait(&s, for_ms);
	}
	session_close(&s);
	return ret;
}

const struct verb verb_vcpu_stop = {
	.name = "vcpu stop",
	.args = "NAME",
	.summary = "Hold vCPUs until Ctrl-C",
	.help = "A vCPU is held as long as this command runs, and goes on when it ends, in whatever\n"
		"way. Other tools can look at it meanwhile. To stop a VM for longer: vmictl pause.",
	.run = run,
};

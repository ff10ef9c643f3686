// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "json.h"
#include "regname.h"
#include "session.h"
#include "verbs.h"

static int show(const struct session *s, uint32_t vcpu)
{
	struct json_object *obj;
	struct vmi_regs regs;
	int ret = vmi_vcpu_regs(s->fd, vcpu, &regs);

	if (ret)
		return session_fail(s, ret, "cannot read registers");
	if (!ctl.json) {
		gprs_print_line(&regs.gprs);
		return 0;
	}
	obj = json_object_new_object();
	json_put_number(obj, "vcpu", vcpu);
	gprs_to_json(obj, &regs.gprs);
	json_print(obj);
	return 0;
}

static int step(const struct session *s, uint32_t vcpu, uint64_t count)
{
	int ret = vmi_vcpu_stop(s->fd, vcpu);

	if (ret)
		return session_fail(s, ret, "cannot stop the vCPU");
	ret = show(s, vcpu);
	for (; count && !ret; count--) {
		ret = vmi_vcpu_step(s->fd, vcpu);
		ret = ret ? session_fail(s, ret, "cannot step the vCPU") : show(s, vcpu);
	}
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint64_t count = 1;
	uint32_t vcpu = 0;
	const struct opt opts[] = {
		{ "vcpu", 'c', "N", set_u32, &vcpu, "which one (default: 0)" },
		{ "count", 'n', "N", set_u64, &count, "so many instructions (default: 1)" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct session s;
	int ret = session_open(&s, args[0], VMI_RIGHT_STOP | VMI_RIGHT_REGS);

	if (ret)
		return ret;
	ret = session_check_vcpu(&s, vcpu);
	if (!ret)
		ret = step(&s, vcpu, count);
	session_close(&s);
	return ret;
}

const struct verb verb_vcpu_step = {
	.name = "vcpu step",
	.args = "NAME",
	.summary = "Execute single instructions and print the registers",
	.help = "The registers are printed before the first and after each instruction. The other\n"
		"vCPUs run meanwhile; afterwards this one does again.",
	.run = run,
};

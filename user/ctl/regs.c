// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

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
	if (ctl.json) {
		obj = json_object_new_object();
		json_put_text(obj, "vm", s->name);
		json_put_number(obj, "vcpu", vcpu);
		regs_to_json(obj, &regs);
		json_print(obj);
		return 0;
	}
	if (s->vcpus > 1)
		printf("vCPU %u\n", vcpu);
	regs_print(&regs);
	return 0;
}

/* REG=VALUE each; nothing is changed unless all are good */
static int change(const struct verb *verb, const struct session *s, uint32_t vcpu, char **args)
{
	struct vmi_regs regs;
	const char *equals;
	uint64_t val;
	int ret;

	ret = vmi_vcpu_stop(s->fd, vcpu);
	if (!ret)
		ret = vmi_vcpu_regs(s->fd, vcpu, &regs);
	if (ret)
		return session_fail(s, ret, "cannot read registers");
	for (; *args; args++) {
		equals = strchr(*args, '=');
		if (!equals || set_u64(equals + 1, &val))
			return usage(verb, "regs: '%s' is not REGISTER=NUMBER", *args);
		if (regs_set(&regs, *args, (size_t)(equals - *args), val))
			return usage(verb, "regs: there is no such register, or the value does not fit: '%s'",
				     *args);
	}
	ret = vmi_vcpu_set_regs(s->fd, vcpu, &regs);
	return ret ? session_fail(s, ret, "cannot set registers") : 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint32_t vcpu = UINT32_MAX;
	const struct opt opts[] = {
		{ "vcpu", 'c', "N", set_u32, &vcpu, "only of this vCPU, from 0" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, -1);
	uint32_t rights = VMI_RIGHT_REGS;
	struct session s;
	unsigned int i;
	int ret;

	if (argc > 1)
		rights |= VMI_RIGHT_WRITE | VMI_RIGHT_STOP;
	ret = session_open(&s, args[0], rights);
	if (ret)
		return ret;
	if (vcpu != UINT32_MAX)
		ret = session_check_vcpu(&s, vcpu);
	else if (argc > 1 && s.vcpus > 1)
		ret = usage(verb, "regs: %s has %u vCPUs: which one (--vcpu)?", s.name, s.vcpus);
	if (!ret && argc > 1)
		ret = change(verb, &s, vcpu == UINT32_MAX ? 0 : vcpu, args + 1);
	else
		for (i = 0; i < s.vcpus && !ret; i++)
			if (vcpu == UINT32_MAX || vcpu == i)
				ret = show(&s, i);
	session_close(&s);
	return ret;
}

const struct verb verb_regs = {
	.name = "regs",
	.args = "NAME [REGISTER=NUMBER...]",
	.summary = "Print or set registers of vCPUs",
	.help = "A vCPU is out of the guest for the moment in which its registers are read.\n"
		"To look at one that does not move meanwhile, stop it (vmictl vcpu stop).",
	.run = run,
};

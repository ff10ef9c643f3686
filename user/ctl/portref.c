// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "portref.h"

int portref_parse(const struct verb *verb, const char *arg, struct port_ref *ref)
{
	const char *colon = strchr(arg, ':');
	size_t len = colon ? (size_t)(colon - arg) : 0;

	memset(ref, 0, sizeof(*ref));
	if (!colon && !set_u32(arg, &ref->id))
		return 0;
	if (colon && len < sizeof(ref->vm)) {
		memcpy(ref->vm, arg, len);
		if (vmi_name_valid(ref->vm) && !set_u32(colon + 1, &ref->index))
			return 0;
	}
	return usage(verb, "%s: '%s' is not the number of a port, nor VM:INDEX", verb->name, arg);
}

int portref_find(struct vmi_nl *nl, struct port_ref *ref)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	const struct vmi_port *p;
	bool found = false;
	int ret;

	if (!ref->vm[0])
		return 0;
	ret = vmi_port_dump(nl, ref->vm, NULL, &ports);
	vmi_vec_for_each(p, &ports) {
		if (p->index != ref->index)
			continue;
		ref->id = p->id;
		found = true;
	}
	vmi_vec_free(&ports);
	if (ret)
		return fail_nl(nl, ret, "cannot list the ports of %s", ref->vm);
	if (!found)
		return fail(EXIT_NO_OBJECT, "there is no VM %s with a port %u", ref->vm, ref->index);
	return 0;
}

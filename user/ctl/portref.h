/* SPDX-License-Identifier: GPL-2.0 */
/* A port as the user names it: its number, or a VM and the number among its ports. */
#ifndef VMICTL_PORTREF_H
#define VMICTL_PORTREF_H

#include "ctl.h"

/**
 * struct port_ref - a port, named
 * @id: its identifier, known from the start where @vm is empty
 * @vm: its VM
 * @index: among the ports of @vm
 */
struct port_ref {
	uint32_t id;
	char vm[VMI_NAME_LEN];
	uint32_t index;
};

/* @arg: ID or VM:INDEX. Return: 0, or EXIT_USAGE after the message. */
int portref_parse(const struct verb *verb, const char *arg, struct port_ref *ref);

/* Ask for the identifier. Return: 0, or an exit code after the message. */
int portref_find(struct vmi_nl *nl, struct port_ref *ref);

#endif /* VMICTL_PORTREF_H */

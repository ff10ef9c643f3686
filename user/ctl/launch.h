/* SPDX-License-Identifier: GPL-2.0 */
/* Make a VM of a definition and start its VMM. */
#ifndef VMICTL_LAUNCH_H
#define VMICTL_LAUNCH_H

#include "def.h"
#include "nl.h"

/**
 * struct launch - how to start
 * @transient: the VM goes when it stops in order
 * @replace: a VM that stands there and has no VMM makes room
 * @timeout_ms: for the VMM to say that the guest runs
 */
struct launch {
	bool transient;
	bool replace;
	uint32_t timeout_ms;
};

#define LAUNCH_TIMEOUT_MS	60000

/*
 * Return: 0, or an exit code after the message; nothing is left behind then.
 * Without @replace, -EEXIST silently when the name is taken.
 */
int launch(struct vmi_nl *nl, const struct def *def, const struct launch *how);

#endif /* VMICTL_LAUNCH_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Wait for the end of a VM, by events and not by sleeping. */
#ifndef VMICTL_WAIT_H
#define VMICTL_WAIT_H

#include "model.h"

/**
 * struct waiter - somebody who waits for one VM
 * @events: socket that has joined the lifecycle group
 * @query: socket for questions; so the text of a command's refusal stays
 * @vm: as it was last seen
 * @gone: it has been deleted since
 */
struct waiter {
	struct vmi_nl *events;
	struct vmi_nl *query;
	struct vmi_vm vm;
	bool gone;
};

/*
 * Listen, then look: nothing that happens after this is missed. Return: 0,
 * -ENOENT for no such VM, or a negative errno.
 */
int waiter_open(struct waiter *w, const char *name);
void waiter_close(struct waiter *w);

/* Has the VM a VMM, as it was last seen? */
bool waiter_alive(const struct waiter *w);

/* Return: 0 when the VM has stopped, crashed or gone, -ETIMEDOUT, or a negative errno. */
int waiter_wait_end(struct waiter *w, int timeout_ms);

#endif /* VMICTL_WAIT_H */

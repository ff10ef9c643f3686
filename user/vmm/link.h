/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The link to the module: this process is the VMM of a VM that the kernel knows.
 * Without one (--no-vmi) reports go nowhere and there are no ports.
 */
#ifndef VMM_LINK_H
#define VMM_LINK_H

#include <linux/vmi_chr.h>

#include "options.h"

/*
 * A client's command, called in the main thread. Return: 0 or a negative errno, with
 * the reason in @text (VMI_TEXT_LEN bytes, empty at first).
 */
typedef int (*link_command_fn)(enum vmi_command op, char *text);

/* Become the VMM of opts->name. Return: 0, or -1 after fail(). */
int link_open(const struct options *opts, link_command_fn command);

/* Tell of the guest's memory. Return: 0, or -1 after fail(). */
int link_memory(void);

/* Tell what clients will be shown. Return: 0, or -1 after fail(). */
int link_info(const struct options *opts);

/* Open port @index, as file *@fd. Return: 1, 0 when there are no more, or -1 after fail(). */
int link_port(unsigned int index, struct vmi_port_open *port, int *fd);

/* Report a state; @text may be NULL. Return: 0, or -1 after fail(). */
int link_state(enum vmi_state state, enum vmi_reason reason, const char *text);

/* Who serves requests of sessions, in the main thread. */
void link_set_probe(void (*fn)(void));

/* Return: 0, or -1 when there is none. */
int link_probe_next(struct vmi_probe_req *req);

/* Return: 0, or -1 when nobody waits for the answer any more. */
int link_probe_done(const struct vmi_probe_done *done);

/* By a vCPU's thread; waits for the verdict if one is wanted. Return: 0, or -1 without one. */
int link_event(struct vmi_vm_event *ev);

#endif /* VMM_LINK_H */

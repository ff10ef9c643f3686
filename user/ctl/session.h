/* SPDX-License-Identifier: GPL-2.0 */
/* Sessions for the verbs that look into a VM and at its vCPUs. */
#ifndef VMICTL_SESSION_H
#define VMICTL_SESSION_H

#include <stdint.h>

#include "probe.h"

/**
 * struct session - a VM being looked into
 * @name: VM
 * @fd: session
 * @vcpus: how many it has
 * @signals: of Ctrl-C and other requests to end, to be polled
 */
struct session {
	const char *name;
	int fd;
	unsigned int vcpus;
	int signals;
};

/*
 * Open one with @rights. SIGINT, SIGTERM and SIGHUP only make @signals readable from
 * then on. Return: 0 or an exit code, after the message.
 */
int session_open(struct session *s, const char *name, uint32_t rights);
void session_close(struct session *s);

/* What an errno of a request means. Return: the exit code, after the message. */
int session_fail(const struct session *s, int err, const char *what);

/* Refuse a vCPU that it does not have. Return: 0 or an exit code, after the message. */
int session_check_vcpu(const struct session *s, uint32_t vcpu);

/* Wait for Ctrl-C, the end of the VM or @ms (0: no limit). */
void session_wait(const struct session *s, uint32_t ms);

#endif /* VMICTL_SESSION_H */

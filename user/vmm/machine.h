/* SPDX-License-Identifier: GPL-2.0 */
/* The machine: its parts together, from power on to power off. */
#ifndef VMM_MACHINE_H
#define VMM_MACHINE_H

#include <stdbool.h>

#include "options.h"

/* what the guest, or a vCPU for it, asks the main thread to do */
enum ask {
	ASK_NONE,
	ASK_RESET,		/* the guest resets itself */
	ASK_POWEROFF,		/* the guest switches itself off */
	ASK_CRASH,		/* a triple fault */
	ASK_GIVE_UP,		/* what KVM cannot go on from */
};

/* exit statuses */
#define EXIT_OFF	0
#define EXIT_ERROR	1
#define EXIT_USAGE	2
#define EXIT_CRASHED	3

/*
 * By a vCPU's thread: none of them goes on until the main thread has done it. Of
 * several that come at once the first counts. @text explains, or is NULL.
 */
void machine_ask(enum ask ask, const char *text);

/* Make the machine and start it. Return: 0, or -1 after fail(). */
int machine_start(const struct options *opts);

/* Serve it until its end. Return: exit status. */
int machine_serve(void);

/* Leave nothing behind, also of a machine that did not start. */
void machine_end(void);

/* Main thread: end the machine at once, because of a signal. */
void machine_signal(int sig);

#endif /* VMM_MACHINE_H */

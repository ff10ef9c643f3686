/* SPDX-License-Identifier: GPL-2.0 */
/* Opening a guest for the verbs that look at its operating system. */
#ifndef VMICTL_VIEW_H
#define VMICTL_VIEW_H

#include "../guest/guest.h"
#include "ctl.h"

/**
 * struct view - a guest being looked at
 * @guest: the library's handle
 * @name: VM, or file
 * @fd: session, or file
 */
struct view {
	struct guest guest;
	const char *name;
	int fd;
};

/* The option of every view. */
#define VIEW_IMAGE_OPT(dest)	\
	{ "image", 0, "FILE", NULL, dest, "look at an image of memory (offset = address), not at a VM" }

/**
 * view_open() - open a VM or an image
 * @v: result, to be closed when opened
 * @verb: for messages
 * @image: file, or NULL
 * @argc: positional arguments
 * @argv: those; the first is the VM without an image
 * @max: most that may follow it, -1 for any number
 *
 * Return: 0 or an exit code, after the message; @argc and @argv are then what follows.
 */
int view_open(struct view *v, const struct verb *verb, const char *image, int *argc,
	      char ***argv, int max);

void view_close(struct view *v);

/* Return: the exit code for what the library answered, after the message if it failed. */
int view_fail(const struct view *v, int err);

#endif /* VMICTL_VIEW_H */

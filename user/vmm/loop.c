// SPDX-License-Identifier: GPL-2.0
/* poll() and not epoll: it takes regular files and /dev/null, and there are few of them. */
#include <errno.h>
#include <poll.h>
#include <stddef.h>

#include "fail.h"
#include "loop.h"

#define SOURCES_MAX	64

static struct source *sources[SOURCES_MAX];

int loop_add(struct source *src)
{
	int i;

	for (i = 0; i < SOURCES_MAX; i++) {
		if (!sources[i]) {
			sources[i] = src;
			return 0;
		}
	}
	return fail("too many files are open");
}

void loop_del(struct source *src)
{
	int i;

	for (i = 0; i < SOURCES_MAX; i++)
		if (sources[i] == src)
			sources[i] = NULL;
}

int loop_once(void)
{
	struct source *polled[SOURCES_MAX];
	struct pollfd pfds[SOURCES_MAX];
	int i, n = 0;

	for (i = 0; i < SOURCES_MAX; i++) {
		polled[i] = sources[i];
		if (!polled[i])
			continue;
		pfds[i] = (struct pollfd){ .fd = polled[i]->fd, .events = polled[i]->events };
		n = i + 1;
	}
	for (i = 0; i < n; i++)
		if (!polled[i])
			pfds[i] = (struct pollfd){ .fd = -1 };
	if (poll(pfds, (nfds_t)n, -1) < 0)
		return errno == EINTR ? 0 : fail_errno(errno, "poll");
	for (i = 0; i < n; i++)
		/* one that was served before may have taken it away */
		if (polled[i] && pfds[i].revents && sources[i] == polled[i])
			polled[i]->ready(polled[i], pfds[i].revents);
	return 0;
}

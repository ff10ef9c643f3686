/* SPDX-License-Identifier: GPL-2.0 */
/* The main thread's loop over what may happen outside the guest. */
#ifndef VMM_LOOP_H
#define VMM_LOOP_H

/**
 * struct source - a file that is waited for
 * @fd: the file
 * @events: what for, as in poll(); may be changed at any time by the main thread
 * @ready: called in the main thread with what has happened
 */
struct source {
	int fd;
	short events;
	void (*ready)(struct source *src, short revents);
};

/* Main thread only. Return: 0, or -1 after fail() when there are too many. */
int loop_add(struct source *src);

/* Main thread only, also from within a ready(); @src may be freed at once. */
void loop_del(struct source *src);

/* Wait for something and serve it. Return: 0, or -1 after fail(). */
int loop_once(void);

#endif /* VMM_LOOP_H */

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <time.h>

#include <linux/vmi.h>

#include "client.h"
#include "wait.h"

int waiter_open(struct waiter *w, const char *name)
{
	int ret;

	memset(w, 0, sizeof(*w));
	ret = vmi_nl_open(&w->query);
	if (!ret)
		ret = vmi_nl_open(&w->events);
	if (!ret)
		ret = vmi_nl_join(w->events, VMI_MCGRP_LIFECYCLE);
	if (!ret)
		ret = vmi_vm_get(w->query, name, &w->vm);
	if (ret)
		waiter_close(w);
	return ret;
}

void waiter_close(struct waiter *w)
{
	vmi_nl_close(w->events);
	vmi_nl_close(w->query);
	w->events = NULL;
	w->query = NULL;
}

bool waiter_alive(const struct waiter *w)
{
	if (w->gone)
		return false;
	switch (w->vm.state) {
	case VMI_STATE_DEFINED:
	case VMI_STATE_STOPPED:
	case VMI_STATE_CRASHED:
		return false;
	}
	return true;
}

static int look(struct waiter *w)
{
	struct vmi_vm vm;
	int ret = vmi_vm_get(w->query, w->vm.name, &vm);

	/* another VM of that name: ours is no more */
	if (ret == -ENOENT || (!ret && vm.id != w->vm.id)) {
		w->gone = true;
		return 0;
	}
	if (!ret)
		w->vm = vm;
	return ret;
}

/**
 * struct seen - what a datagram brought
 * @id: the VM of interest
 * @hit: one of its events was there
 */
struct seen {
	uint64_t id;
	bool hit;
};

static int on_event(const struct nlmsghdr *nlh, void *arg)
{
	struct vmi_event ev = { 0 };
	struct seen *seen = arg;
	int ret = vmi_event_parse(nlh, &ev);

	if (!ret && ev.vm_id == seen->id)
		seen->hit = true;
	return ret;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int waiter_wait_end(struct waiter *w, int timeout_ms)
{
	int64_t deadline_ms = now_ms() + timeout_ms;
	struct seen seen = { .id = w->vm.id };
	int ret = look(w);

	while (!ret && waiter_alive(w)) {
		int64_t left_ms = deadline_ms - now_ms();

		if (left_ms < 0)
			return -ETIMEDOUT;
		seen.hit = false;
		ret = vmi_nl_wait(w->events, (int)left_ms, on_event, &seen);
		if (!ret)
			return -ETIMEDOUT;
		if (ret == -ENOBUFS) {
			/* whatever was missed, its outcome can be looked at */
			vmi_nl_drain(w->events);
			seen.hit = true;
		} else if (ret < 0) {
			return ret;
		}
		ret = seen.hit ? look(w) : 0;
	}
	return ret;
}

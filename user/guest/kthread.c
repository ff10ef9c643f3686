// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "kthread.h"

#define DESC_LEN	33

static const struct guest_want wants[] = {
	GUEST_MAY_WANT(guest_kthreads, private, "task_struct", "worker_private"),
	GUEST_MAY_WANT(guest_kthreads, full_name, "kthread", "full_name"),
	GUEST_MAY_WANT(guest_kthreads, data, "kthread", "data"),
	GUEST_MAY_WANT(guest_kthreads, desc, "worker", "desc"),
	GUEST_MAY_WANT(guest_kthreads, work, "worker", "current_work"),
};

int guest_kthreads_open(struct guest *g, struct guest_kthreads *k)
{
	return guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), k);
}

/* A worker of a work queue also tells what it does (+) or did last (-). */
static int add_work(struct guest *g, const struct guest_kthreads *k, uint64_t kthread,
		    char *name, size_t size)
{
	uint64_t worker, work;
	char desc[DESC_LEN];
	size_t len = strlen(name);
	int ret = guest_get(g, kthread, &k->data, &worker);

	if (ret || !worker || !k->desc.there)
		return ret;
	ret = guest_get_array(g, worker, &k->desc, desc, sizeof(desc));
	if (!ret)
		ret = guest_get(g, worker, &k->work, &work);
	if (!ret && desc[0])
		snprintf(name + len, size - len, "%c%s", work ? '+' : '-', desc);
	return ret;
}

int guest_kthread_name(struct guest *g, const struct guest_kthreads *k, uint64_t task,
		       uint32_t flags, char *name, size_t size)
{
	uint64_t kthread, full;
	int ret = guest_get(g, task, &k->private, &kthread);

	if (ret || !kthread)
		return ret;
	ret = guest_get(g, kthread, &k->full_name, &full);
	if (!ret && full)
		ret = guest_get_text(g, full, name, size);
	if (!ret && flags & GUEST_PF_WQ_WORKER)
		ret = add_work(g, k, kthread, name, size);
	return ret;
}

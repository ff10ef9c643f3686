/* SPDX-License-Identifier: GPL-2.0 */
/* What kernel threads are called, which their short name only begins. */
#ifndef VMIG_KTHREAD_H
#define VMIG_KTHREAD_H

#include "guest.h"

#define GUEST_PF_WQ_WORKER	0x00000020U
#define GUEST_PF_KTHREAD	0x00200000U

/* struct guest_kthreads - members that the names are read from */
struct guest_kthreads {
	struct guest_field private, full_name, data, desc, work;
};

int guest_kthreads_open(struct guest *g, struct guest_kthreads *k);

/**
 * guest_kthread_name() - the whole name of a kernel thread
 * @g: guest
 * @k: members
 * @task: its task_struct
 * @flags: PF_* of it
 * @name: in: its short name; out: the whole one, as /proc has it
 * @size: of @name
 *
 * Return: 0, -EAGAIN, or an error of the memory.
 */
int guest_kthread_name(struct guest *g, const struct guest_kthreads *k, uint64_t task,
		       uint32_t flags, char *name, size_t size);

#endif /* VMIG_KTHREAD_H */

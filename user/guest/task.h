/* SPDX-License-Identifier: GPL-2.0 */
/* Processes and threads. */
#ifndef VMIG_TASK_H
#define VMIG_TASK_H

#include "guest.h"
#include "vec.h"

#define GUEST_TASKS_MAX		(1U << 20)
#define GUEST_COMM_LEN		64
#define GUEST_ARGS_MAX		4096	/* bytes of a command line that are read */

/**
 * struct guest_task - a process, or one of its threads
 * @addr: of its task_struct
 * @pid: thread
 * @tgid: process, equal to @pid for its first thread
 * @ppid: parent process
 * @uid: real user, as the guest's initial namespace counts
 * @euid: effective user
 * @gid: real group
 * @threads: of the process
 * @state: letter as ps has it
 * @kernel: a kernel thread
 * @start_boot_ns: start in the guest's CLOCK_BOOTTIME
 * @start_ns: the same in its CLOCK_REALTIME, 0 where that is not known
 * @comm: name
 * @args: command line, each argument with its NUL; NULL for none
 * @args_len: bytes of it
 * @args_cut: there is more than was read, or could not be read as it is not in memory
 */
struct guest_task {
	uint64_t addr;
	int32_t pid;
	int32_t tgid;
	int32_t ppid;
	uint32_t uid;
	uint32_t euid;
	uint32_t gid;
	uint32_t threads;
	char state;
	bool kernel;
	uint64_t start_boot_ns;
	uint64_t start_ns;
	char comm[GUEST_COMM_LEN];
	char *args;
	size_t args_len;
	bool args_cut;
};

#define GUEST_TASKS_THREADS	(1U << 0)	/* all threads, not only the first */
#define GUEST_TASKS_NO_ARGS	(1U << 1)	/* no command lines: faster */

/**
 * guest_tasks() - what runs, in the order of the kernel's list
 * @g: guest
 * @flags: GUEST_TASKS_*
 * @tasks: vector of struct guest_task, empty; to be freed with guest_tasks_free()
 *
 * Return: 0 or a negative errno, see guest_open().
 */
int guest_tasks(struct guest *g, unsigned int flags, struct vmi_vec *tasks);

void guest_tasks_free(struct vmi_vec *tasks);

/* The task_struct of a process. Return: 0, or -ESRCH where there is none. */
int guest_task_find(struct guest *g, int32_t pid, uint64_t *addr);

/* Addresses of all processes' task_structs, uint64_t. Return: 0 or a negative errno. */
int guest_task_addrs(struct guest *g, struct vmi_vec *addrs);

#endif /* VMIG_TASK_H */

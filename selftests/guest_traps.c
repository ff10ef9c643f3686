// SPDX-License-Identifier: GPL-2.0
/*
 * In a guest: do things that can be counted, and say how often they were done.
 *
 *	guest_traps calls TASKS N	N calls of sched_rr_get_interval() in each of TASKS
 *	guest_traps own N [unwatched]	N int3, N traced instructions and N watched writes of
 *					this program's own, each of which it must see itself;
 *					unwatched: but for the writes
 */
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/hw_breakpoint.h>
#include <linux/perf_event.h>

static volatile int traps;
static volatile uint64_t watched;

static void on_trap(int sig)
{
	(void)sig;
	traps++;
}

/* every one on a CPU of its own, as far as there are some */
static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu % (int)sysconf(_SC_NPROCESSORS_ONLN), &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static int calls(int tasks, long n)
{
	struct timespec ts;
	int i, status, ret = 0;
	long at;

	for (i = 0; i < tasks; i++) {
		if (fork())
			continue;
		pin(i);
		for (at = 0; at < n; at++)
			if (syscall(SYS_sched_rr_get_interval, 0, &ts))
				_exit(1);
		_exit(0);
	}
	for (i = 0; i < tasks; i++)
		ret |= wait(&status) < 0 || status;
	printf("traps: %d x %ld calls, %s\n", tasks, n, ret ? "failed" : "done");
	return ret;
}

static void trace(long n)
{
	long i;

	/* the trap comes after the instruction behind the popf */
	for (i = 0; i < n; i++)
		__asm__ volatile("sub $128, %%rsp\n\tpushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n\tnop\n\t"
				 "pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq\n\tadd $128, %%rsp"
				 ::: "memory", "cc");
}

static int watch(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_BREAKPOINT, .size = sizeof(attr), .bp_type = HW_BREAKPOINT_W,
		.bp_addr = (uintptr_t)&watched, .bp_len = HW_BREAKPOINT_LEN_8,
	};

	return (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0);
}

static int own(long n, bool unwatched)
{
	uint64_t writes = 0;
	int fd = watch(), int3s, traced;
	long i;

	signal(SIGTRAP, on_trap);
	for (i = 0; i < n; i++)
		__asm__ volatile("int3");
	int3s = traps;
	traps = 0;
	trace(n);
	traced = traps;
	for (i = 0; i < n; i++)
		watched = (uint64_t)i;
	if (fd < 0 || read(fd, &writes, sizeof(writes)) != sizeof(writes))
		writes = UINT64_MAX;
	/* nop, pushfq, andq and popfq are traced each time */
	printf("traps: own: %d int3, %d traced, %ld writes\n", int3s, traced / 4, (long)writes);
	return int3s != n || traced != 4 * n || (!unwatched && writes != (uint64_t)n);
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "calls"))
		return calls(atoi(argv[2]), atol(argv[3]));
	if (argc >= 3 && !strcmp(argv[1], "own"))
		return own(atol(argv[2]), argc > 3);
	return 2;
}

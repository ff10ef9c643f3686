// SPDX-License-Identifier: GPL-2.0
/*
 * What is measured with.
 */
#include <stdio.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include "clock.h"
#include "sh.h"

static bool counts_instructions;

/* Exactly 2 * @n instructions. */
static void spin(uint64_t n)
{
	asm volatile("1: dec %0; jnz 1b" : "+r"(n));
}

int clock_init(bool icount)
{
	const uint64_t n = 100000;
	uint64_t start, took, best = UINT64_MAX;
	int i;

	counts_instructions = icount;
	if (!icount)
		return 0;
	/* The best of many: now and then something interrupts us. */
	for (i = 0; i < 100; i++) {
		start = clock_now();
		spin(n);
		took = clock_now() - start;
		best = took < best ? took : best;
	}
	if (best < 2 * n || best > 2 * n + 2 * n / 1000)
		return fail("%lu instructions take %lu ticks: not run with icount", 2 * n, best);
	return 0;
}

uint64_t clock_now(void)
{
	struct timespec t;

	if (counts_instructions)
		return __rdtsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000UL + t.tv_nsec;
}

uint64_t clock_idle_ns(void)
{
	unsigned long user, nice, system, idle, iowait;
	FILE *f = fopen("/proc/stat", "r");
	int n;

	if (!f)
		return 0;
	n = fscanf(f, "cpu %lu %lu %lu %lu %lu", &user, &nice, &system, &idle, &iowait);
	fclose(f);
	return n == 5 ? (idle + iowait) * (1000000000UL / sysconf(_SC_CLK_TCK)) : 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* vCPUs: a thread each. All functions but vcpu_halt() are the main thread's. */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <stdint.h>

/**
 * struct vcpu_entry - where the first vCPU begins, in 64-bit mode
 * @rip: instruction
 * @rsi: the argument of a Linux kernel, its zero page
 * @rsp: stack
 * @cr3: page tables
 * @gdt: descriptors: 2 is code, 3 is data
 */
struct vcpu_entry {
	uint64_t rip;
	uint64_t rsi;
	uint64_t rsp;
	uint64_t cr3;
	uint64_t gdt;
};

/* They are made and do not run yet. Return: 0, or -1 after fail(). */
int vcpu_create(unsigned int cpus, const struct vcpu_entry *entry);

/* Let them run, for the first time or after vcpu_pause(). Return: 0, or -1 after fail(). */
int vcpu_run(void);

/* When it returns none of them is in the guest, and I/O under way has been completed. */
void vcpu_pause(void);

/* By a vCPU's own thread: it does not go on before vcpu_run(). */
void vcpu_halt(void);

/* End and close them. */
void vcpu_destroy(void);

#endif /* VMM_VCPU_H */

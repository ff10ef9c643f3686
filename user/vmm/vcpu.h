/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vCPUs: a thread each. A vCPU is away when its thread is out of the guest and will
 * look whether it may go back. The functions of the first part are the main thread's.
 */
#ifndef VMM_VCPU_H
#define VMM_VCPU_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

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

/* End and close them. */
void vcpu_destroy(void);

unsigned int vcpu_count(void);

/* KVM's file of a vCPU; registers may be looked at and set while it is held. */
int vcpu_fd(unsigned int id);

/* Keep a vCPU out of the guest until vcpu_release(); it is away when this returns. Counts. */
void vcpu_hold(unsigned int id);
void vcpu_release(unsigned int id);

/*
 * Have a vCPU that is held execute one instruction. Return: 0 or a negative errno, -EBUSY
 * when it is not held, waits for a verdict, or all pause.
 */
int vcpu_step(unsigned int id);

/* ---- by a vCPU's own thread ---- */

/* It does not go on before vcpu_run(). */
void vcpu_halt(void);

/* It is going to wait for something, and is away meanwhile. */
void vcpu_leave(unsigned int id);

/* It has waited: wait until it may go on or is to step, and be not away any more. */
void vcpu_return(unsigned int id);

/*
 * Likewise, but return false at once when it may not go on yet: it is still away then,
 * and to leave the guest alone.
 */
bool vcpu_try_return(unsigned int id);

/* As vcpu_hold() for all but the caller, which is not away. */
void vcpu_hold_others(unsigned int id);
void vcpu_release_others(unsigned int id);

/*
 * Enter the guest, whatever is asked of the thread, and serve an exit that is none of
 * debugging. Return: 1 at a KVM_EXIT_DEBUG, 0 to go on, -1 at the end.
 */
int vcpu_run_once(unsigned int id);

/* Have vcpu_run_once() return 0 from now on every @ms, below 1000; 0: not any more. */
void vcpu_alarm(unsigned int id, unsigned int ms);

#endif /* VMM_VCPU_H */

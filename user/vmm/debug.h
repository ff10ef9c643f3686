/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Breakpoints and single steps, with KVM's guest debugging.
 *
 * A software breakpoint is an int3 in the guest's memory. To go on behind it the
 * vCPU executes the original instruction while all others are held, so that none of
 * them passes unseen. A hardware breakpoint is a debug register of every vCPU.
 */
#ifndef VMM_DEBUG_H
#define VMM_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/kvm.h>

/**
 * struct probe - what a session wants to hear of
 * @id: not 0
 * @session: whose
 * @kind: VMI_PROBE_*
 * @sync: the vCPU waits for a verdict
 * @addr: guest-physical address, or virtual one of a hardware breakpoint
 * @bytes: of a hardware breakpoint
 * @access: VMI_HW_*
 * @slot: debug register
 */
struct probe {
	uint64_t id;
	uint64_t session;
	uint32_t kind;
	bool sync;
	uint64_t addr;
	uint32_t bytes;
	uint32_t access;
	unsigned int slot;
};

/* ---- the main thread's ---- */

/* All vCPUs are held meanwhile. Return: 0 or a negative errno. */
int debug_arm(struct probe *probe);
int debug_disarm(uint64_t session, uint64_t id);
void debug_disarm_session(uint64_t session);

/* The machine is reset: its memory and its vCPUs are new, and nothing is armed. */
void debug_reset(void);

/* A vCPU has been sent elsewhere: what it has told of is not there. By any thread. */
void debug_moved(unsigned int vcpu);

/* ---- of a vCPU's own thread ---- */

/* Before it enters the guest. Return: true if it has been there, for one instruction. */
bool debug_enter(unsigned int vcpu, int fd, struct kvm_run *run);

/* KVM_EXIT_DEBUG. */
void debug_exit(unsigned int vcpu, int fd, struct kvm_run *run);

/* Execute one instruction. Return: 0, or -ETIMEDOUT when the vCPU cannot. */
int debug_step(unsigned int vcpu, int fd, struct kvm_run *run);

/* Tell of the watched places that it has met in the step: not before the step is over for all. */
void debug_tell(unsigned int vcpu, int fd);

#endif /* VMM_DEBUG_H */

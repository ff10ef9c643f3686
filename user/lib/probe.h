/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vCPUs and probes of a session: registers, stop and step, breakpoints, their events.
 *
 * @fd is a session with the rights that vmi_chr.h names. All that is not said to return
 * something else returns 0 or a negative errno. What a session holds or has armed lasts
 * as long as the session.
 */
#ifndef VMIC_PROBE_H
#define VMIC_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include <linux/vmi_chr.h>

#include "chr.h"

#define VMI_FPU_BYTES	512	/* the FXSAVE area */

int vmi_vcpu_regs(int fd, uint32_t vcpu, struct vmi_regs *regs);
int vmi_vcpu_set_regs(int fd, uint32_t vcpu, const struct vmi_regs *regs);
int vmi_vcpu_fpu(int fd, uint32_t vcpu, uint8_t *area);

/* @vcpu may be VMI_VCPU_ALL. It is out of the guest when this returns. */
int vmi_vcpu_stop(int fd, uint32_t vcpu);
int vmi_vcpu_resume(int fd, uint32_t vcpu);

/* One instruction of a stopped one; -EBUSY when the VM is paused. */
int vmi_vcpu_step(int fd, uint32_t vcpu);

/* Where addresses of a vCPU with these registers are. */
struct vmi_view vmi_regs_view(const struct vmi_regs *regs);

/*
 * A Linux that hides its kernel from processes (PTI) gives them page tables of their own;
 * those with the kernel in them are beside. Return: true with another @view to try for
 * @addr, which is not mapped in this one.
 */
bool vmi_view_other(struct vmi_view *view, uint64_t addr);

/* @gpa: of the instruction; @sync: the vCPU waits for the verdict. */
int vmi_break_soft(int fd, uint64_t gpa, bool sync, uint64_t *id);

/* @access: VMI_HW_*; -EBUSY when all four debug registers are taken. */
int vmi_break_hard(int fd, uint64_t addr, uint32_t bytes, uint32_t access, bool sync,
		   uint64_t *id);
int vmi_break_remove(int fd, uint64_t id);

/**
 * struct vmi_hit_reader - the reader of a session's events
 * @fd: to poll: POLLIN, or POLLHUP when the VMM has ended
 * @size: records
 * @shared: the ring
 * @records: of it
 */
struct vmi_hit_reader {
	int fd;
	uint32_t size;
	struct vmi_hits *shared;
	const struct vmi_hit *records;
};

/* @size: records, a power of two from 16 to 4096; @timeout_ms: for verdicts, 0: 1000 */
int vmi_hits_open(struct vmi_hit_reader *r, int fd, uint32_t size, uint32_t timeout_ms);
void vmi_hits_close(struct vmi_hit_reader *r);

/* Return: true with the next event, false when there is none. */
bool vmi_hits_take(struct vmi_hit_reader *r, struct vmi_hit *hit);

/* Return: how many events found the ring full. */
uint64_t vmi_hits_drops(const struct vmi_hit_reader *r);

/* Let the vCPU that waits go on. -ENOENT: it does already. */
int vmi_hit_continue(int fd, const struct vmi_hit *hit);

#endif /* VMIC_PROBE_H */

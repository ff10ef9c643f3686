// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "probe.h"

#define PAGE		4096
#define CR0_PG		(1U << 31)
#define CR4_LA57	(1U << 12)
#define PTI_USER	(1U << 12)	/* in CR3 */

static int ask(int fd, struct vmi_probe *p)
{
	return ioctl(fd, VMI_SESS_PROBE, p) < 0 ? -errno : 0;
}

static int ask_vcpu(int fd, uint32_t op, uint32_t vcpu, const void *data, uint32_t len)
{
	struct vmi_probe p = { .op = op, .vcpu = vcpu, .data = (uintptr_t)data, .len = len };

	return ask(fd, &p);
}

int vmi_vcpu_regs(int fd, uint32_t vcpu, struct vmi_regs *regs)
{
	return ask_vcpu(fd, VMI_PROBE_GET_REGS, vcpu, regs, sizeof(*regs));
}

int vmi_vcpu_set_regs(int fd, uint32_t vcpu, const struct vmi_regs *regs)
{
	return ask_vcpu(fd, VMI_PROBE_SET_REGS, vcpu, regs, sizeof(*regs));
}

int vmi_vcpu_fpu(int fd, uint32_t vcpu, uint8_t *area)
{
	return ask_vcpu(fd, VMI_PROBE_GET_FPU, vcpu, area, VMI_FPU_BYTES);
}

int vmi_vcpu_stop(int fd, uint32_t vcpu)
{
	return ask_vcpu(fd, VMI_PROBE_STOP, vcpu, NULL, 0);
}

int vmi_vcpu_resume(int fd, uint32_t vcpu)
{
	return ask_vcpu(fd, VMI_PROBE_RESUME, vcpu, NULL, 0);
}

int vmi_vcpu_step(int fd, uint32_t vcpu)
{
	return ask_vcpu(fd, VMI_PROBE_STEP, vcpu, NULL, 0);
}

struct vmi_view vmi_regs_view(const struct vmi_regs *regs)
{
	struct vmi_view view = { 0 };

	if (regs->cr0 & CR0_PG) {
		view.flags = VMI_SEG_GVA | (regs->cr4 & CR4_LA57 ? VMI_SEG_LA57 : 0);
		view.root = regs->cr3;
	}
	return view;
}

bool vmi_view_other(struct vmi_view *view, uint64_t addr)
{
	if (!(view->flags & VMI_SEG_GVA) || !(addr >> 63) || !(view->root & PTI_USER))
		return false;
	view->root &= ~(uint64_t)PTI_USER;
	return true;
}

static int arm(int fd, uint32_t kind, bool sync, struct vmi_probe *p, uint64_t *id)
{
	int ret;

	p->op = VMI_PROBE_ARM;
	p->flags = kind | (sync ? VMI_PROBE_SYNC : 0);
	ret = ask(fd, p);
	*id = p->id;
	return ret;
}

int vmi_break_soft(int fd, uint64_t gpa, bool sync, uint64_t *id)
{
	struct vmi_probe p = { .arg = { gpa } };

	return arm(fd, VMI_PROBE_SW_BREAK, sync, &p, id);
}

int vmi_break_hard(int fd, uint64_t addr, uint32_t bytes, uint32_t access, bool sync,
		   uint64_t *id)
{
	struct vmi_probe p = { .arg = { addr, bytes, access } };

	return arm(fd, VMI_PROBE_HW_BREAK, sync, &p, id);
}

int vmi_break_remove(int fd, uint64_t id)
{
	struct vmi_probe p = { .op = VMI_PROBE_DISARM, .id = id };

	return ask(fd, &p);
}

static size_t ring_bytes(uint32_t size)
{
	return PAGE + ((size_t)size * sizeof(struct vmi_hit) + PAGE - 1) / PAGE * PAGE;
}

int vmi_hits_open(struct vmi_hit_reader *r, int fd, uint32_t size, uint32_t timeout_ms)
{
	struct vmi_sess_events arg = { .size = size, .timeout_ms = timeout_ms };
	void *map;
	int ret;

	r->size = size;
	r->fd = ioctl(fd, VMI_SESS_EVENTS, &arg);
	if (r->fd < 0)
		return -errno;
	map = mmap(NULL, ring_bytes(size), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	if (map == MAP_FAILED) {
		ret = -errno;
		close(r->fd);
		return ret;
	}
	r->shared = map;
	r->records = (const void *)((const char *)map + PAGE);
	return 0;
}

void vmi_hits_close(struct vmi_hit_reader *r)
{
	munmap(r->shared, ring_bytes(r->size));
	close(r->fd);
}

bool vmi_hits_take(struct vmi_hit_reader *r, struct vmi_hit *hit)
{
	uint64_t tail = r->shared->tail;

	/* what the kernel has announced is whole */
	if (__atomic_load_n(&r->shared->head, __ATOMIC_ACQUIRE) == tail)
		return false;
	*hit = r->records[tail % r->size];
	/* it may be overwritten from here on */
	__atomic_store_n(&r->shared->tail, tail + 1, __ATOMIC_RELEASE);
	return true;
}

uint64_t vmi_hits_drops(const struct vmi_hit_reader *r)
{
	return __atomic_load_n(&r->shared->drops, __ATOMIC_RELAXED);
}

int vmi_hit_continue(int fd, const struct vmi_hit *hit)
{
	struct vmi_verdict v = { .seq = hit->seq, .action = VMI_VERDICT_CONTINUE };

	return ioctl(fd, VMI_SESS_VERDICT, &v) < 0 ? -errno : 0;
}

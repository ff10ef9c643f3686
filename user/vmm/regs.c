// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/kvm.h>

#include "regs.h"

#define MSR_KERNEL_GS_BASE	0xc0000102
#define FXSAVE_BYTES		512

static int call(int fd, unsigned long op, void *arg)
{
	return ioctl(fd, op, arg) < 0 ? -errno : 0;
}

static void from_kvm(struct vmi_gprs *to, const struct kvm_regs *from)
{
	*to = (struct vmi_gprs){
		.gpr = {
			from->rax, from->rcx, from->rdx, from->rbx,
			from->rsp, from->rbp, from->rsi, from->rdi,
			from->r8, from->r9, from->r10, from->r11,
			from->r12, from->r13, from->r14, from->r15,
		},
		.rip = from->rip,
		.rflags = from->rflags,
	};
}

int regs_get_gprs(int fd, struct vmi_gprs *gprs)
{
	struct kvm_regs regs;
	int ret = call(fd, KVM_GET_REGS, &regs);

	if (!ret)
		from_kvm(gprs, &regs);
	return ret;
}

int regs_set_gprs(int fd, const struct vmi_gprs *g)
{
	struct kvm_regs regs = {
		.rax = g->gpr[0], .rcx = g->gpr[1], .rdx = g->gpr[2], .rbx = g->gpr[3],
		.rsp = g->gpr[4], .rbp = g->gpr[5], .rsi = g->gpr[6], .rdi = g->gpr[7],
		.r8 = g->gpr[8], .r9 = g->gpr[9], .r10 = g->gpr[10], .r11 = g->gpr[11],
		.r12 = g->gpr[12], .r13 = g->gpr[13], .r14 = g->gpr[14], .r15 = g->gpr[15],
		.rip = g->rip, .rflags = g->rflags,
	};

	return call(fd, KVM_SET_REGS, &regs);
}

/* in the order of struct vmi_regs */
static void segments(struct kvm_sregs *s, struct kvm_segment **seg)
{
	seg[0] = &s->es;
	seg[1] = &s->cs;
	seg[2] = &s->ss;
	seg[3] = &s->ds;
	seg[4] = &s->fs;
	seg[5] = &s->gs;
	seg[6] = &s->ldt;
	seg[7] = &s->tr;
}

static void seg_from_kvm(struct vmi_seg_reg *to, const struct kvm_segment *from)
{
	to->base = from->base;
	to->limit = from->limit;
	to->selector = from->selector;
	to->attr = (uint16_t)((from->type & 15) | (from->s & 1) << 4 | (from->dpl & 3) << 5 |
			      (from->present & 1) << 7 | (from->avl & 1) << 12 |
			      (from->l & 1) << 13 | (from->db & 1) << 14 | (from->g & 1) << 15);
}

static void seg_to_kvm(struct kvm_segment *to, const struct vmi_seg_reg *from)
{
	*to = (struct kvm_segment){
		.base = from->base, .limit = from->limit, .selector = from->selector,
		.type = from->attr & 15, .s = from->attr >> 4 & 1, .dpl = from->attr >> 5 & 3,
		.present = from->attr >> 7 & 1, .avl = from->attr >> 12 & 1,
		.l = from->attr >> 13 & 1, .db = from->attr >> 14 & 1, .g = from->attr >> 15 & 1,
		.unusable = !(from->attr >> 7 & 1),
	};
}

static int gs_base(int fd, unsigned long op, uint64_t *val)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entry;
	} msrs = {
		.head.nmsrs = 1,
		.entry = { .index = MSR_KERNEL_GS_BASE, .data = *val },
	};

	/* says how many it has done */
	if (ioctl(fd, op, &msrs) != 1)
		return -EIO;
	*val = msrs.entry.data;
	return 0;
}

static void debug_from_kvm(struct vmi_regs *regs, const struct kvm_debugregs *debug)
{
	memcpy(regs->dr, debug->db, sizeof(debug->db));
	regs->dr[6] = debug->dr6;
	regs->dr[7] = debug->dr7;
}

int regs_get(int fd, struct vmi_regs *regs)
{
	struct kvm_debugregs debug;
	struct kvm_segment *seg[8];
	struct kvm_sregs s;
	unsigned int i;
	int ret;

	memset(regs, 0, sizeof(*regs));
	ret = regs_get_gprs(fd, &regs->gprs);
	if (!ret)
		ret = call(fd, KVM_GET_SREGS, &s);
	if (!ret)
		ret = call(fd, KVM_GET_DEBUGREGS, &debug);
	if (!ret)
		ret = gs_base(fd, KVM_GET_MSRS, (uint64_t *)&regs->kernel_gs_base);
	if (ret)
		return ret;
	segments(&s, seg);
	for (i = 0; i < 8; i++)
		seg_from_kvm(&regs->seg[i], seg[i]);
	regs->gdt_base = s.gdt.base;
	regs->gdt_limit = s.gdt.limit;
	regs->idt_base = s.idt.base;
	regs->idt_limit = s.idt.limit;
	regs->cr0 = s.cr0;
	regs->cr2 = s.cr2;
	regs->cr3 = s.cr3;
	regs->cr4 = s.cr4;
	regs->cr8 = s.cr8;
	regs->efer = s.efer;
	regs->apic_base = s.apic_base;
	debug_from_kvm(regs, &debug);
	return 0;
}

/* KVM checks what it is given; what it refuses changes nothing but what went before. */
int regs_set(int fd, const struct vmi_regs *regs)
{
	uint64_t kernel_gs_base = regs->kernel_gs_base;
	struct kvm_debugregs debug = { 0 };
	struct kvm_segment *seg[8];
	struct kvm_sregs s;
	unsigned int i;
	int ret;

	/* interrupts that are pending stay */
	ret = call(fd, KVM_GET_SREGS, &s);
	if (ret)
		return ret;
	segments(&s, seg);
	for (i = 0; i < 8; i++)
		seg_to_kvm(seg[i], &regs->seg[i]);
	s.gdt.base = regs->gdt_base;
	s.gdt.limit = (uint16_t)regs->gdt_limit;
	s.idt.base = regs->idt_base;
	s.idt.limit = (uint16_t)regs->idt_limit;
	s.cr0 = regs->cr0;
	s.cr2 = regs->cr2;
	s.cr3 = regs->cr3;
	s.cr4 = regs->cr4;
	s.cr8 = regs->cr8;
	s.efer = regs->efer;
	s.apic_base = regs->apic_base;
	memcpy(debug.db, regs->dr, sizeof(debug.db));
	debug.dr6 = regs->dr[6];
	debug.dr7 = regs->dr[7];
	ret = call(fd, KVM_SET_SREGS, &s);
	if (!ret)
		ret = call(fd, KVM_SET_DEBUGREGS, &debug);
	if (!ret)
		ret = gs_base(fd, KVM_SET_MSRS, &kernel_gs_base);
	return ret ? ret : regs_set_gprs(fd, &regs->gprs);
}

int regs_get_fpu(int fd, void *area)
{
	struct kvm_xsave xsave;
	int ret = call(fd, KVM_GET_XSAVE, &xsave);

	if (!ret)
		memcpy(area, xsave.region, FXSAVE_BYTES);
	return ret;
}

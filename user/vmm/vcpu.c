// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bus.h"
#include "cpuid.h"
#include "fail.h"
#include "kvm.h"
#include "machine.h"
#include "vcpu.h"

#define KICK	SIGUSR1

#define MSR_MISC_ENABLE		0x1a0
#define MISC_ENABLE_FAST_STRING	1
#define MSR_MTRR_DEF_TYPE	0x2ff
#define MTRR_WRITE_BACK		((1U << 11) | 6)

#define CR0_START	0x80000031	/* PG, NE, ET, PE */
#define CR4_PAE		(1U << 5)
#define EFER_LONG	0x500		/* LMA, LME */

enum mode { PAUSED, RUNNING, ENDING };

/**
 * struct vcpu - one of them
 * @id: its APIC identifier
 * @fd: KVM's file
 * @run: what is shared with KVM
 * @thread: valid if @started
 * @started: there is a thread
 */
struct vcpu {
	unsigned int id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
};

static struct vcpu *vcpus;
static unsigned int nvcpus;
static unsigned int nthreads;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum mode mode;		/* by lock */
static unsigned int parked;	/* by lock: threads that wait for a change of mode */

static int set_sregs(const struct vcpu *v, const struct vcpu_entry *entry)
{
	struct kvm_segment code = {
		.limit = 0xffffffff, .selector = 0x10, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1,
	};
	struct kvm_segment data = {
		.limit = 0xffffffff, .selector = 0x18, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1,
	};
	struct kvm_sregs sregs;

	if (ioctl(v->fd, KVM_GET_SREGS, &sregs))
		return -1;
	sregs.cs = code;
	sregs.ds = sregs.es = sregs.fs = sregs.gs = sregs.ss = data;
	sregs.gdt.base = entry->gdt;
	sregs.gdt.limit = 4 * 8 - 1;
	sregs.idt.base = 0;
	sregs.idt.limit = 0;
	sregs.cr0 = CR0_START;
	sregs.cr3 = entry->cr3;
	sregs.cr4 = CR4_PAE;
	sregs.efer = EFER_LONG;
	return ioctl(v->fd, KVM_SET_SREGS, &sregs);
}

static int set_regs(const struct vcpu *v, const struct vcpu_entry *entry)
{
	struct kvm_regs regs = {
		.rip = entry->rip, .rsi = entry->rsi, .rsp = entry->rsp, .rflags = 2,
	};

	return ioctl(v->fd, KVM_SET_REGS, &regs);
}

/* what firmware would have done on every CPU */
static int set_msrs(const struct vcpu *v)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry entries[2];
	} msrs = {
		.head.nmsrs = 2,
		.entries = {
			{ .index = MSR_MTRR_DEF_TYPE, .data = MTRR_WRITE_BACK },
			/* on AMD there is none: it is the last, as KVM stops there */
			{ .index = MSR_MISC_ENABLE, .data = MISC_ENABLE_FAST_STRING },
		},
	};

	return ioctl(v->fd, KVM_SET_MSRS, &msrs) < 1 ? -1 : 0;
}

static int create_one(struct vcpu *v, const struct vcpu_entry *entry)
{
	struct kvm_cpuid2 *cpuid;
	void *run;
	int ret;

	v->fd = kvm_vcpu(v->id);
	if (v->fd < 0)
		return -1;
	run = mmap(NULL, kvm_run_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (run == MAP_FAILED)
		return fail_errno(errno, "cannot map vCPU %u", v->id);
	v->run = run;
	cpuid = cpuid_make(v->id, nvcpus);
	if (!cpuid)
		return -1;
	ret = ioctl(v->fd, KVM_SET_CPUID2, cpuid);
	free(cpuid);
	if (ret)
		return fail_errno(errno, "KVM refuses the features of vCPU %u", v->id);
	if (set_msrs(v))
		return fail_errno(errno, "KVM refuses the registers of vCPU %u", v->id);
	/* the others wait for the first one to start them */
	if (!v->id && (set_sregs(v, entry) || set_regs(v, entry)))
		return fail_errno(errno, "KVM refuses the registers of vCPU %u", v->id);
	return 0;
}

int vcpu_create(unsigned int cpus, const struct vcpu_entry *entry)
{
	unsigned int i;

	vcpus = calloc(cpus, sizeof(*vcpus));
	if (!vcpus)
		return fail_errno(errno, "no memory for %u vCPUs", cpus);
	nvcpus = cpus;
	for (i = 0; i < cpus; i++) {
		vcpus[i].id = i;
		vcpus[i].fd = -1;
	}
	for (i = 0; i < cpus; i++)
		if (create_one(&vcpus[i], entry))
			return -1;
	mode = PAUSED;
	return 0;
}

static void do_ports(struct kvm_run *run)
{
	uint8_t *data = (uint8_t *)run + run->io.data_offset;
	uint32_t i;

	for (i = 0; i < run->io.count; i++, data += run->io.size)
		bus_access(BUS_PORTS, run->io.port, data, run->io.size,
			   run->io.direction == KVM_EXIT_IO_OUT);
}

static void give_up(struct vcpu *v, const char *what, unsigned long long detail)
{
	char text[96];
	struct kvm_regs regs = { 0 };

	ioctl(v->fd, KVM_GET_REGS, &regs);
	snprintf(text, sizeof(text), "vCPU %u: %s %#llx at RIP %#llx", v->id, what, detail,
		 (unsigned long long)regs.rip);
	machine_ask(ASK_GIVE_UP, text);
}

static void handle_exit(struct vcpu *v)
{
	struct kvm_run *run = v->run;
	char text[64];

	switch (run->exit_reason) {
	case KVM_EXIT_IO:
		do_ports(run);
		break;
	case KVM_EXIT_MMIO:
		bus_access(BUS_MEM, run->mmio.phys_addr, run->mmio.data, run->mmio.len,
			   run->mmio.is_write);
		break;
	case KVM_EXIT_SHUTDOWN:
		/* KVM may have reset the registers: where it was cannot be told */
		snprintf(text, sizeof(text), "triple fault of vCPU %u", v->id);
		machine_ask(ASK_CRASH, text);
		break;
	case KVM_EXIT_FAIL_ENTRY:
		give_up(v, "KVM cannot enter the guest, reason",
			run->fail_entry.hardware_entry_failure_reason);
		break;
	case KVM_EXIT_INTERNAL_ERROR:
		give_up(v, "KVM cannot go on, suberror", run->internal.suberror);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		break;
	default:
		give_up(v, "unexpected exit", run->exit_reason);
	}
}

/* Return: false at the end. */
static bool park(struct vcpu *v)
{
	bool go_on;

	pthread_mutex_lock(&lock);
	if (mode == PAUSED) {
		parked++;
		pthread_cond_broadcast(&changed);
		while (mode == PAUSED)
			pthread_cond_wait(&changed, &lock);
		parked--;
	}
	go_on = mode == RUNNING;
	if (go_on)
		v->run->immediate_exit = 0;
	pthread_mutex_unlock(&lock);
	return go_on;
}

static void *thread(void *arg)
{
	struct vcpu *v = arg;

	while (park(v)) {
		/*
		 * Not before KVM says EINTR: with immediate_exit set it completes
		 * the last I/O first, so a vCPU that is parked has no debts.
		 */
		for (;;) {
			if (!ioctl(v->fd, KVM_RUN, 0)) {
				handle_exit(v);
			} else if (errno == EINTR) {
				break;
			} else if (errno != EAGAIN) {
				give_up(v, "KVM_RUN failed with errno", (unsigned int)errno);
				break;
			}
		}
	}
	return NULL;
}

static void on_kick(int sig)
{
	(void)sig;	/* that it interrupts is all */
}

static int start_threads(void)
{
	const struct sigaction act = { .sa_handler = on_kick };
	char name[16];
	unsigned int i;
	int ret;

	sigaction(KICK, &act, NULL);
	for (i = 0; i < nvcpus; i++) {
		ret = pthread_create(&vcpus[i].thread, NULL, thread, &vcpus[i]);
		if (ret)
			return fail_errno(ret, "cannot start the thread of vCPU %u", i);
		vcpus[i].started = true;
		nthreads++;
		snprintf(name, sizeof(name), "vcpu%u", i);
		pthread_setname_np(vcpus[i].thread, name);
	}
	return 0;
}

int vcpu_run(void)
{
	unsigned int i;

	/* until then time stands still, in the eyes of a guest's watchdogs */
	for (i = 0; i < nthreads; i++)
		ioctl(vcpus[i].fd, KVM_KVMCLOCK_CTRL, 0);
	if (!nthreads && start_threads())
		return -1;
	pthread_mutex_lock(&lock);
	mode = RUNNING;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return 0;
}

static void leave_guest(enum mode next)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	mode = next;
	for (i = 0; i < nthreads; i++) {
		vcpus[i].run->immediate_exit = 1;
		pthread_kill(vcpus[i].thread, KICK);
	}
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void vcpu_pause(void)
{
	leave_guest(PAUSED);
	pthread_mutex_lock(&lock);
	while (parked < nthreads)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

void vcpu_halt(void)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	if (mode == RUNNING)
		mode = PAUSED;
	/* the caller is one of them; the others are kicked by who pauses or ends them */
	for (i = 0; i < nvcpus; i++)
		vcpus[i].run->immediate_exit = 1;
	pthread_mutex_unlock(&lock);
}

void vcpu_destroy(void)
{
	unsigned int i;

	leave_guest(ENDING);
	for (i = 0; i < nvcpus; i++) {
		struct vcpu *v = &vcpus[i];

		if (v->started)
			pthread_join(v->thread, NULL);
		if (v->run)
			munmap(v->run, kvm_run_bytes());
		if (v->fd >= 0)
			close(v->fd);
	}
	free(vcpus);
	vcpus = NULL;
	nvcpus = nthreads = 0;
}

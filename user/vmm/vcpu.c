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
#include <time.h>
#include <unistd.h>

#include "bus.h"
#include "cpuid.h"
#include "debug.h"
#include "fail.h"
#include "kvm.h"
#include "machine.h"
#include "vcpu.h"

#define KICK	SIGUSR1	/* leave the guest */
#define FINISH	SIGUSR2	/* likewise, and leave the wait for a verdict too */

#define VERDICT_MS	500	/* one that has been given is on its way */
#define KICK_AGAIN_MS	20	/* one that comes just before a system call is lost */

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
 * @away: its thread is not in the guest, and looks at what is asked of it before it
 *	enters: parked, or waiting for a verdict; by lock
 * @waits: it is away for something that is not in the main thread's hands; by lock
 * @held: how many want it stopped; by lock
 * @steps: instructions it is to execute although it is held; by lock
 * @stepping: it is at one of them; by lock
 * @step_error: how the last one went; by lock
 * @alarm: kicks the thread when a step takes too long
 */
struct vcpu {
	unsigned int id;
	int fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
	bool away;
	bool waits;
	unsigned int held;
	unsigned int steps;
	bool stepping;
	int step_error;
	timer_t alarm;
};

static struct vcpu *vcpus;
static unsigned int nvcpus;
static unsigned int nthreads;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static enum mode mode;		/* by lock */
static bool halted;		/* by lock: vcpu_halt() was the last word */

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
	halted = false;
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
	case KVM_EXIT_DEBUG:
		debug_exit(v->id, v->fd, run);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		break;
	default:
		give_up(v, "unexpected exit", run->exit_reason);
	}
}

static struct timespec in_ms(long ms)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_nsec += ms * 1000000;
	ts.tv_sec += ts.tv_nsec / 1000000000;
	ts.tv_nsec %= 1000000000;
	return ts;
}

/* lock held */
static bool must_wait(const struct vcpu *v)
{
	return mode == PAUSED || (mode == RUNNING && v->held && !v->stepping);
}

/* lock held; a thread that comes back waits until it may go on, or is to step */
static void come_back(struct vcpu *v)
{
	v->waits = false;
	while (must_wait(v) && (mode == PAUSED || !v->steps)) {
		v->away = true;
		pthread_cond_broadcast(&changed);
		pthread_cond_wait(&changed, &lock);
	}
	v->away = false;
}

/* What there is to do. Return: false at the end. */
static bool park(struct vcpu *v, bool *step)
{
	bool go_on;

	pthread_mutex_lock(&lock);
	come_back(v);
	go_on = mode == RUNNING;
	*step = v->stepping = go_on && v->held && v->steps;
	if (go_on)
		v->run->immediate_exit = 0;
	pthread_mutex_unlock(&lock);
	return go_on;
}

static void stepped(struct vcpu *v, int error)
{
	pthread_mutex_lock(&lock);
	v->step_error = error;
	v->stepping = false;
	if (v->steps)
		v->steps--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/*
 * Not before KVM says EINTR does a thread look at what is asked of it: with
 * immediate_exit set KVM completes the last I/O first, so a vCPU that is away
 * has no debts.
 */
static void run(struct vcpu *v)
{
	for (;;) {
		/* a kick may have been lost in the step */
		if (debug_enter(v->id, v->fd, v->run))
			return;
		if (!ioctl(v->fd, KVM_RUN, 0)) {
			handle_exit(v);
			/* a step may be what has ended its wait for a verdict */
			if (v->run->exit_reason == KVM_EXIT_DEBUG)
				return;
		} else if (errno == EINTR) {
			return;
		} else if (errno != EAGAIN) {
			give_up(v, "KVM_RUN failed with errno", (unsigned int)errno);
			return;
		}
	}
}

static void *thread(void *arg)
{
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD_ID, .sigev_signo = KICK };
	struct vcpu *v = arg;
	bool alarm, step;

	ev._sigev_un._tid = gettid();
	alarm = !timer_create(CLOCK_MONOTONIC, &ev, &v->alarm);
	while (park(v, &step)) {
		if (!step) {
			run(v);
			continue;
		}
		stepped(v, alarm ? debug_step(v->id, v->fd, v->run) : -ENOMEM);
		debug_tell(v->id, v->fd);
	}
	if (alarm)
		timer_delete(v->alarm);
	return NULL;
}

void vcpu_alarm(unsigned int id, unsigned int ms)
{
	/* again and again: one may come just before the system call */
	const struct itimerspec when = {
		.it_value.tv_nsec = (long)ms * 1000000, .it_interval.tv_nsec = (long)ms * 1000000,
	};

	timer_settime(vcpus[id].alarm, 0, &when, NULL);
}

int vcpu_run_once(unsigned int id)
{
	struct vcpu *v = &vcpus[id];
	bool end;

	pthread_mutex_lock(&lock);
	end = mode == ENDING || halted;
	v->run->immediate_exit = end;
	pthread_mutex_unlock(&lock);
	if (end)
		return -1;
	if (ioctl(v->fd, KVM_RUN, 0))
		return errno == EINTR || errno == EAGAIN ? 0 : -1;
	if (v->run->exit_reason == KVM_EXIT_DEBUG)
		return 1;
	handle_exit(v);
	return 0;
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
	sigaction(FINISH, &act, NULL);
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
	halted = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	return 0;
}

/* lock held */
static void kick(struct vcpu *v, int sig)
{
	v->run->immediate_exit = 1;
	pthread_kill(v->thread, sig);
}

/* lock held */
static bool all_away(void)
{
	unsigned int i;

	for (i = 0; i < nthreads; i++)
		if (!vcpus[i].away)
			return false;
	return true;
}

void vcpu_pause(void)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	mode = PAUSED;
	for (i = 0; i < nthreads; i++)
		if (!vcpus[i].away)
			kick(&vcpus[i], KICK);
	while (!all_away())
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* lock held */
static void hold(struct vcpu *v)
{
	v->held++;
	/* at the end they are kicked by who ends them, and some are gone already */
	if (v->started && !v->away && mode != ENDING)
		kick(v, KICK);
}

/* lock held */
static void await_away(const struct vcpu *v)
{
	while (v->started && !v->away && mode != ENDING)
		pthread_cond_wait(&changed, &lock);
}

void vcpu_hold(unsigned int id)
{
	pthread_mutex_lock(&lock);
	hold(&vcpus[id]);
	await_away(&vcpus[id]);
	pthread_mutex_unlock(&lock);
}

void vcpu_release(unsigned int id)
{
	pthread_mutex_lock(&lock);
	vcpus[id].held--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void vcpu_hold_others(unsigned int id)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < nvcpus; i++)
		if (i != id)
			hold(&vcpus[i]);
	for (i = 0; i < nvcpus; i++)
		if (i != id)
			await_away(&vcpus[i]);
	pthread_mutex_unlock(&lock);
}

void vcpu_release_others(unsigned int id)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	for (i = 0; i < nvcpus; i++)
		if (i != id)
			vcpus[i].held--;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

/* lock held. Return: 0 when it waits for nothing but what is asked of it, -1 when it goes on. */
static int await_there(const struct vcpu *v)
{
	struct timespec until = in_ms(VERDICT_MS);
	int ret = 0;

	while (v->waits && mode == RUNNING && !ret)
		ret = pthread_cond_timedwait(&changed, &lock, &until);
	return v->waits || mode != RUNNING ? -1 : 0;
}

int vcpu_step(unsigned int id)
{
	struct vcpu *v = &vcpus[id];
	int ret = -EBUSY;

	pthread_mutex_lock(&lock);
	if (v->started && v->held && mode == RUNNING && !await_there(v)) {
		v->steps++;
		pthread_cond_broadcast(&changed);
		while (mode == RUNNING && (v->steps || !v->away))
			pthread_cond_wait(&changed, &lock);
		ret = v->steps ? -EBUSY : v->step_error;
		v->steps = 0;
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

void vcpu_leave(unsigned int id)
{
	sigset_t set;

	/* a kick that is on its way must not end the wait; what it asks is seen afterwards */
	sigemptyset(&set);
	sigaddset(&set, KICK);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_mutex_lock(&lock);
	vcpus[id].away = true;
	vcpus[id].waits = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

static void hear_kicks(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, KICK);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

void vcpu_return(unsigned int id)
{
	pthread_mutex_lock(&lock);
	come_back(&vcpus[id]);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	hear_kicks();
}

bool vcpu_try_return(unsigned int id)
{
	bool ok;

	pthread_mutex_lock(&lock);
	ok = !must_wait(&vcpus[id]);
	if (ok)
		vcpus[id].away = false;
	vcpus[id].waits = false;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	hear_kicks();
	return ok;
}

unsigned int vcpu_count(void)
{
	return nvcpus;
}

int vcpu_fd(unsigned int id)
{
	return vcpus[id].fd;
}

void vcpu_halt(void)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	if (mode == RUNNING)
		mode = PAUSED;
	halted = true;
	pthread_cond_broadcast(&changed);
	/* the caller is one of them; the others are kicked by who pauses or ends them */
	for (i = 0; i < nvcpus; i++)
		vcpus[i].run->immediate_exit = 1;
	pthread_mutex_unlock(&lock);
}

/* Whatever it does, it ends. */
static void join(struct vcpu *v)
{
	struct timespec until;

	for (;;) {
		until = in_ms(KICK_AGAIN_MS);
		if (pthread_timedjoin_np(v->thread, NULL, &until) != ETIMEDOUT)
			return;
		kick(v, FINISH);
	}
}

void vcpu_destroy(void)
{
	unsigned int i;

	pthread_mutex_lock(&lock);
	mode = ENDING;
	for (i = 0; i < nthreads; i++)
		kick(&vcpus[i], FINISH);
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
	for (i = 0; i < nthreads; i++)
		join(&vcpus[i]);
	for (i = 0; i < nvcpus; i++) {
		struct vcpu *v = &vcpus[i];

		if (v->run)
			munmap(v->run, kvm_run_bytes());
		if (v->fd >= 0)
			close(v->fd);
	}
	free(vcpus);
	vcpus = NULL;
	nvcpus = nthreads = 0;
}

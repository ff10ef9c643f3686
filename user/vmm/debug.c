// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include <linux/vmi_chr.h>

#include "debug.h"
#include "kvm.h"
#include "link.h"
#include "options.h"
#include "probe.h"
#include "ram.h"
#include "regs.h"
#include "vcpu.h"

#define PROBES_MAX	256
#define SLOTS		4	/* debug registers */
#define INT3		0xcc
#define DB		1	/* exceptions */
#define BP		3
#define DR6_HITS	15
#define DR6_OWN		0xe000		/* BD, BS, BT: the guest's own, as no step of ours comes here */
#define DR7_FIXED	(1U << 10)
#define RFLAGS_RF	(1U << 16)
#define STEP_MS		300		/* one that takes longer waits for others, which must run then */

/**
 * struct patch - an int3 of ours in the guest's memory
 * @gpa: where
 * @was: the byte that it replaces
 * @users: probes there, 0 for a free entry
 */
struct patch {
	uint64_t gpa;
	uint8_t was;
	unsigned int users;
};

/* changed by the main thread while all vCPUs are held */
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static struct probe probes[PROBES_MAX];	/* table_lock */
static struct patch patches[PROBES_MAX];	/* table_lock */
static uint64_t last_id;		/* main thread */

/* one vCPU at a time executes what an int3 has replaced */
static pthread_mutex_t step_lock = PTHREAD_MUTEX_INITIALIZER;

/* the exception by which it has told of what is where it is, to execute that next; or 0 */
static atomic_uint told[CPUS_MAX];

/* what it has met in a step and not told of yet, as in DR6; each vCPU's own */
static uint64_t met[CPUS_MAX];

/* ---- the table; table_lock held ---- */

static struct patch *find_patch(uint64_t gpa)
{
	unsigned int i;

	for (i = 0; i < PROBES_MAX; i++)
		if (patches[i].users && patches[i].gpa == gpa)
			return &patches[i];
	return NULL;
}

static int add_patch(uint64_t gpa)
{
	struct patch *p = find_patch(gpa);
	uint8_t *byte = ram_ptr(gpa, 1);
	unsigned int i;

	if (p) {
		p->users++;
		return 0;
	}
	if (!byte)
		return -EFAULT;
	for (i = 0; patches[i].users; i++)
		;	/* there are as many as probes */
	patches[i] = (struct patch){ .gpa = gpa, .was = *byte, .users = 1 };
	*byte = INT3;
	return 0;
}

static void put_patch(uint64_t gpa)
{
	struct patch *p = find_patch(gpa);
	uint8_t *byte = ram_ptr(gpa, 1);

	if (!p || --p->users)
		return;
	/* the guest may have put other code there */
	if (*byte == INT3)
		*byte = p->was;
}

static int find_slot(struct probe *probe)
{
	bool used[SLOTS] = { false };
	unsigned int i;

	for (i = 0; i < PROBES_MAX; i++)
		if (probes[i].id && probes[i].kind == VMI_PROBE_HW_BREAK)
			used[probes[i].slot] = true;
	for (i = 0; i < SLOTS; i++) {
		if (!used[i]) {
			probe->slot = i;
			return 0;
		}
	}
	return -EBUSY;
}

/* What KVM is to do for every vCPU, @extra for one that steps. */
static struct kvm_guest_debug settings(uint32_t extra)
{
	struct kvm_guest_debug d = { .control = extra };
	uint64_t dr7 = DR7_FIXED;
	unsigned int i;

	for (i = 0; i < PROBES_MAX; i++) {
		const struct probe *p = &probes[i];
		uint64_t len;

		if (!p->id)
			continue;
		if (p->kind == VMI_PROBE_SW_BREAK)
			d.control |= KVM_GUESTDBG_USE_SW_BP;
		if (p->kind != VMI_PROBE_HW_BREAK)
			continue;
		/* SDM volume 3 section 18.2.4: 8 bytes are 10b */
		len = p->bytes == 8 ? 2 : p->bytes - 1;
		d.control |= KVM_GUESTDBG_USE_HW_BP;
		d.arch.debugreg[p->slot] = p->addr;
		dr7 |= UINT64_C(2) << (2 * p->slot);
		dr7 |= (uint64_t)p->access << (16 + 4 * p->slot) | len << (18 + 4 * p->slot);
	}
	if (d.control)
		d.control |= KVM_GUESTDBG_ENABLE;
	d.arch.debugreg[7] = dr7;
	return d;
}

static void apply_all(void)
{
	struct kvm_guest_debug d = settings(0);
	unsigned int i;

	for (i = 0; i < vcpu_count(); i++)
		ioctl(vcpu_fd(i), KVM_SET_GUEST_DEBUG, &d);
}

/* ---- the main thread's ---- */

static void hold_all(void)
{
	unsigned int i;

	for (i = 0; i < vcpu_count(); i++)
		vcpu_hold(i);
	pthread_mutex_lock(&table_lock);
}

static void release_all(void)
{
	unsigned int i;

	pthread_mutex_unlock(&table_lock);
	for (i = 0; i < vcpu_count(); i++)
		vcpu_release(i);
}

static int check(const struct probe *p)
{
	bool aligned = p->bytes == 1 || p->bytes == 2 || p->bytes == 4 || p->bytes == 8;

	if (p->kind == VMI_PROBE_SW_BREAK)
		return 0;
	if (p->kind != VMI_PROBE_HW_BREAK)
		return -EOPNOTSUPP;
	if (!aligned || p->addr % p->bytes || (p->access == VMI_HW_EXEC && p->bytes != 1) ||
	    (p->access != VMI_HW_EXEC && p->access != VMI_HW_WRITE && p->access != VMI_HW_RW))
		return -EINVAL;
	return 0;
}

static struct probe *free_probe(void)
{
	unsigned int i;

	for (i = 0; i < PROBES_MAX; i++)
		if (!probes[i].id)
			return &probes[i];
	return NULL;
}

int debug_arm(struct probe *probe)
{
	struct probe *entry;
	int ret = check(probe);

	if (ret)
		return ret;
	hold_all();
	entry = free_probe();
	if (!entry)
		ret = -ENOSPC;
	else if (probe->kind == VMI_PROBE_SW_BREAK)
		ret = add_patch(probe->addr);
	else
		ret = find_slot(probe);
	if (!ret) {
		probe->id = ++last_id;
		*entry = *probe;
		apply_all();
	}
	release_all();
	return ret;
}

/* all held */
static void disarm(struct probe *p)
{
	if (p->kind == VMI_PROBE_SW_BREAK)
		put_patch(p->addr);
	p->id = 0;
}

/* Those of a session, or one of them. Return: how many. */
static unsigned int disarm_some(uint64_t session, bool all, uint64_t id)
{
	unsigned int i, n = 0;

	for (i = 0; i < PROBES_MAX; i++) {
		if (!probes[i].id || probes[i].session != session || (!all && probes[i].id != id))
			continue;
		/* only this thread changes the table: to look needs neither lock nor hold */
		if (!n++)
			hold_all();
		disarm(&probes[i]);
	}
	if (n) {
		apply_all();
		release_all();
	}
	return n;
}

int debug_disarm(uint64_t session, uint64_t id)
{
	return disarm_some(session, false, id) ? 0 : -ENOENT;
}

void debug_disarm_session(uint64_t session)
{
	disarm_some(session, true, 0);
}

void debug_reset(void)
{
	unsigned int i;

	pthread_mutex_lock(&table_lock);
	memset(probes, 0, sizeof(probes));
	memset(patches, 0, sizeof(patches));
	pthread_mutex_unlock(&table_lock);
	memset(met, 0, sizeof(met));
	for (i = 0; i < CPUS_MAX; i++)
		debug_moved(i);
}

void debug_moved(unsigned int vcpu)
{
	atomic_store(&told[vcpu], 0);
}

/* ---- of a vCPU's own thread ---- */

/* Return: the guest-physical address, or all ones. */
static uint64_t translate(int fd, uint64_t gva)
{
	struct kvm_translation tr = { .linear_address = gva };

	return ioctl(fd, KVM_TRANSLATE, &tr) || !tr.valid ? UINT64_MAX : tr.physical_address;
}

/* The linear address of the next instruction. */
static uint64_t where(int fd)
{
	struct kvm_regs regs;
	struct kvm_sregs sregs;

	if (ioctl(fd, KVM_GET_REGS, &regs) || ioctl(fd, KVM_GET_SREGS, &sregs))
		return 0;
	return sregs.cs.l ? regs.rip : sregs.cs.base + regs.rip;
}

static void set_debug(int fd, uint32_t extra)
{
	struct kvm_guest_debug d;

	pthread_mutex_lock(&table_lock);
	d = settings(extra);
	pthread_mutex_unlock(&table_lock);
	ioctl(fd, KVM_SET_GUEST_DEBUG, &d);
}

/* It was the guest's own. */
static void reinject(int fd, uint32_t what)
{
	set_debug(fd, KVM_GUESTDBG_ENABLE | what);
	set_debug(fd, 0);
}

/* One that waits for an interrupt goes on, as after any wake-up. Return: true if it can. */
static bool awake(int fd)
{
	struct kvm_mp_state state;

	if (ioctl(fd, KVM_GET_MP_STATE, &state))
		return false;
	if (state.mp_state == KVM_MP_STATE_RUNNABLE)
		return true;
	if (state.mp_state != KVM_MP_STATE_HALTED)
		return false;
	state.mp_state = KVM_MP_STATE_RUNNABLE;
	return !ioctl(fd, KVM_SET_MP_STATE, &state);
}

/* The next instruction meets no hardware breakpoint. */
static void resume_flag(int fd)
{
	struct kvm_regs regs;

	if (ioctl(fd, KVM_GET_REGS, &regs))
		return;
	regs.rflags |= RFLAGS_RF;
	ioctl(fd, KVM_SET_REGS, &regs);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * One instruction, with interrupts put off where KVM can do that. It is not done in
 * time when it faults or calls and the guest's kernel waits then for another vCPU.
 * Return: true when the vCPU is elsewhere; debug_tell() is to tell what it has met.
 */
static bool single_step(unsigned int vcpu, int fd, struct kvm_run *run)
{
	uint32_t extra = KVM_GUESTDBG_SINGLESTEP;
	uint64_t from = where(fd), until = now_ms() + STEP_MS;
	int ret;

	if (!awake(fd))
		return false;
	resume_flag(fd);
	if (kvm_debug_flags() & KVM_GUESTDBG_BLOCKIRQ)
		extra |= KVM_GUESTDBG_BLOCKIRQ;
	set_debug(fd, extra);
	vcpu_alarm(vcpu, STEP_MS);
	do {
		ret = vcpu_run_once(vcpu);
	} while (!ret && now_ms() < until);
	vcpu_alarm(vcpu, 0);
	set_debug(fd, 0);
	if (ret == 1 && run->debug.arch.exception == BP) {
		/* the instruction is an int3 of the guest's own */
		reinject(fd, KVM_GUESTDBG_INJECT_BP);
		return true;
	}
	if (ret == 1)
		met[vcpu] = run->debug.arch.dr6;
	return ret == 1 || where(fd) != from;
}

static bool patched(uint64_t gpa, uint8_t *was)
{
	struct patch *p;

	pthread_mutex_lock(&table_lock);
	p = find_patch(gpa);
	if (p)
		*was = p->was;
	pthread_mutex_unlock(&table_lock);
	return p;
}

/* Be the one that steps. Return: false when this vCPU is to stay where it is. */
static bool take_step_lock(unsigned int vcpu)
{
	vcpu_leave(vcpu);
	pthread_mutex_lock(&step_lock);
	if (vcpu_try_return(vcpu))
		return true;
	/* somebody holds it: the others must be able to step meanwhile */
	pthread_mutex_unlock(&step_lock);
	return false;
}

/* Execute the instruction under an int3. Return: true when the vCPU is elsewhere. */
static bool step_patched(unsigned int vcpu, int fd, struct kvm_run *run)
{
	uint8_t *byte, was;
	uint64_t gpa;
	bool ret;

	if (!take_step_lock(vcpu))
		return false;
	vcpu_hold_others(vcpu);
	/* it was waited for: look anew */
	gpa = translate(fd, where(fd));
	byte = ram_ptr(gpa, 1);
	if (byte && patched(gpa, &was) && *byte == INT3) {
		*byte = was;
		ret = single_step(vcpu, fd, run);
		*byte = INT3;
	} else {
		ret = single_step(vcpu, fd, run);
	}
	vcpu_release_others(vcpu);
	pthread_mutex_unlock(&step_lock);
	return ret;
}

static void tell(unsigned int vcpu, int fd, const struct probe *p, const uint64_t *args)
{
	struct vmi_vm_event ev = {
		.session = p->session, .probe = p->id, .vcpu = vcpu, .kind = p->kind,
		.flags = p->sync ? VMI_PROBE_SYNC : 0,
	};
	struct kvm_sregs s;
	uint64_t from;

	if (regs_get_gprs(fd, &ev.gprs) || ioctl(fd, KVM_GET_SREGS, &s))
		return;
	ev.cr0 = s.cr0;
	ev.cr3 = s.cr3;
	ev.cr4 = s.cr4;
	ev.efer = s.efer;
	memcpy(ev.arg, args, sizeof(ev.arg));
	if (p->sync)
		vcpu_leave(vcpu);
	from = ev.gprs.rip;
	if (!link_event(&ev)) {
		if (ev.out_flags & VMI_HIT_SET_GPRS && !regs_set_gprs(fd, &ev.gprs) &&
		    ev.gprs.rip != from)
			debug_moved(vcpu);
		/* who does not answer is not asked again */
		if (ev.action == VMI_VERDICT_EXPIRED)
			probe_expired(p->session, p->id);
	}
	if (p->sync)
		vcpu_return(vcpu);
}

/* The probes of a kind at an address, or with @slots, copied. Return: how many. */
static unsigned int collect(struct probe *found, uint32_t kind, uint64_t addr, uint64_t slots)
{
	unsigned int i, n = 0;

	pthread_mutex_lock(&table_lock);
	for (i = 0; i < PROBES_MAX && n < PROBES_MAX; i++) {
		const struct probe *p = &probes[i];

		if (!p->id || p->kind != kind)
			continue;
		if (kind == VMI_PROBE_HW_BREAK ? slots >> p->slot & 1 : p->addr == addr)
			found[n++] = *p;
	}
	pthread_mutex_unlock(&table_lock);
	return n;
}

/* A #DB that only the guest has asked for. */
static void reinject_db(int fd, uint64_t dr6)
{
	struct kvm_debugregs regs;

	if (!ioctl(fd, KVM_GET_DEBUGREGS, &regs)) {
		regs.dr6 |= dr6 & DR6_OWN;
		ioctl(fd, KVM_SET_DEBUGREGS, &regs);
	}
	reinject(fd, KVM_GUESTDBG_INJECT_DB);
}

static void hardware_hits(unsigned int vcpu, int fd, uint64_t pc, uint64_t dr6)
{
	const uint64_t args[4] = { pc, dr6 };
	struct probe found[SLOTS];
	unsigned int i, n;
	bool exec = false;

	n = collect(found, VMI_PROBE_HW_BREAK, 0, dr6 & DR6_HITS);
	for (i = 0; i < n; i++)
		exec |= found[i].access == VMI_HW_EXEC;
	/* a verdict may send it elsewhere */
	if (exec)
		atomic_store(&told[vcpu], DB);
	for (i = 0; i < n; i++)
		tell(vcpu, fd, &found[i], args);
}

/* Execute what is there, with or without an int3 of ours. Return: true when it is elsewhere. */
static bool step(unsigned int vcpu, int fd, struct kvm_run *run)
{
	uint8_t was;
	bool done;

	if (patched(translate(fd, where(fd)), &was))
		done = step_patched(vcpu, fd, run);
	else
		done = single_step(vcpu, fd, run);
	if (done)
		debug_moved(vcpu);
	return done;
}

void debug_tell(unsigned int vcpu, int fd)
{
	uint64_t dr6 = met[vcpu];

	met[vcpu] = 0;
	if (dr6 & DR6_HITS)
		hardware_hits(vcpu, fd, where(fd), dr6);
}

int debug_step(unsigned int vcpu, int fd, struct kvm_run *run)
{
	return step(vcpu, fd, run) ? 0 : -ETIMEDOUT;
}

bool debug_enter(unsigned int vcpu, int fd, struct kvm_run *run)
{
	uint8_t was;

	switch (atomic_load_explicit(&told[vcpu], memory_order_relaxed)) {
	case BP:
		/* disarmed meanwhile, it is an instruction as any */
		if (!patched(translate(fd, where(fd)), &was))
			break;
		step(vcpu, fd, run);
		debug_tell(vcpu, fd);
		return true;
	case DB:
		resume_flag(fd);
		break;
	default:
		return false;
	}
	debug_moved(vcpu);
	return false;
}

void debug_exit(unsigned int vcpu, int fd, struct kvm_run *run)
{
	const struct kvm_debug_exit_arch *arch = &run->debug.arch;
	uint64_t args[4] = { arch->pc };
	struct probe found[PROBES_MAX];
	unsigned int i, n;

	if (arch->exception == DB) {
		hardware_hits(vcpu, fd, arch->pc, arch->dr6);
		if (arch->dr6 & DR6_OWN)
			reinject_db(fd, arch->dr6);
		return;
	}
	args[1] = translate(fd, arch->pc);
	n = collect(found, VMI_PROBE_SW_BREAK, args[1], 0);
	if (!n) {
		reinject(fd, KVM_GUESTDBG_INJECT_BP);
		return;
	}
	/* a verdict may send it elsewhere */
	atomic_store(&told[vcpu], BP);
	for (i = 0; i < n; i++)
		tell(vcpu, fd, &found[i], args);
}

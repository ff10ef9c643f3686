// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>

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
#define DR6_STEP	(1U << 14)
#define DR7_FIXED	(1U << 10)

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

/* look where the vCPU is before it enters the guest */
static atomic_bool look[CPUS_MAX];

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
static struct kvm_guest_debug settings(uint32_t extra, bool hardware)
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
		if (p->kind != VMI_PROBE_HW_BREAK || !hardware)
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
	struct kvm_guest_debug d = settings(0, true);
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

int debug_disarm(uint64_t session, uint64_t id)
{
	int ret = -ENOENT;
	unsigned int i;

	hold_all();
	for (i = 0; i < PROBES_MAX && ret; i++) {
		if (!id || probes[i].id != id || probes[i].session != session)
			continue;
		disarm(&probes[i]);
		ret = 0;
	}
	apply_all();
	release_all();
	return ret;
}

void debug_disarm_session(uint64_t session)
{
	unsigned int i;

	hold_all();
	for (i = 0; i < PROBES_MAX; i++)
		if (probes[i].id && probes[i].session == session)
			disarm(&probes[i]);
	apply_all();
	release_all();
}

void debug_reset(void)
{
	pthread_mutex_lock(&table_lock);
	memset(probes, 0, sizeof(probes));
	memset(patches, 0, sizeof(patches));
	pthread_mutex_unlock(&table_lock);
}

void debug_moved(unsigned int vcpu)
{
	atomic_store(&look[vcpu], true);
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

static void set_debug(int fd, uint32_t extra, bool hardware)
{
	struct kvm_guest_debug d;

	pthread_mutex_lock(&table_lock);
	d = settings(extra, hardware);
	pthread_mutex_unlock(&table_lock);
	ioctl(fd, KVM_SET_GUEST_DEBUG, &d);
}

/* One instruction, with interrupts put off where KVM can do that. */
static void single_step(int fd, struct kvm_run *run)
{
	uint32_t extra = KVM_GUESTDBG_SINGLESTEP;
	int ret;

	if (kvm_debug_flags() & KVM_GUESTDBG_BLOCKIRQ)
		extra |= KVM_GUESTDBG_BLOCKIRQ;
	set_debug(fd, extra, false);
	do {
		ret = vcpu_run_once(run, fd);
	} while (!ret);
	set_debug(fd, 0, true);
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

static bool hardware_at(uint64_t gva)
{
	bool ret = false;
	unsigned int i;

	pthread_mutex_lock(&table_lock);
	for (i = 0; i < PROBES_MAX && !ret; i++)
		ret = probes[i].id && probes[i].kind == VMI_PROBE_HW_BREAK &&
		      probes[i].access == VMI_HW_EXEC && probes[i].addr == gva;
	pthread_mutex_unlock(&table_lock);
	return ret;
}

/* Be the one that steps; not away when it returns. */
static void take_step_lock(unsigned int vcpu)
{
	for (;;) {
		vcpu_leave(vcpu);
		pthread_mutex_lock(&step_lock);
		if (vcpu_try_return(vcpu))
			return;
		/* somebody holds this one: the others must be able to step meanwhile */
		pthread_mutex_unlock(&step_lock);
		vcpu_return(vcpu);
	}
}

/* Execute the instruction under an int3. */
static void step_patched(unsigned int vcpu, int fd, struct kvm_run *run)
{
	uint64_t gpa;
	uint8_t *byte, was;

	take_step_lock(vcpu);
	vcpu_hold_others(vcpu);
	/* it was waited for: look anew */
	gpa = translate(fd, where(fd));
	byte = ram_ptr(gpa, 1);
	if (byte && patched(gpa, &was) && *byte == INT3) {
		*byte = was;
		single_step(fd, run);
		*byte = INT3;
	} else {
		single_step(fd, run);
	}
	vcpu_release_others(vcpu);
	pthread_mutex_unlock(&step_lock);
}

void debug_step(unsigned int vcpu, int fd, struct kvm_run *run)
{
	uint8_t was;

	if (patched(translate(fd, where(fd)), &was))
		step_patched(vcpu, fd, run);
	else
		single_step(fd, run);
	/* it may have arrived at another one, which it meets when it goes on */
	atomic_store(&look[vcpu], false);
}

bool debug_enter(unsigned int vcpu, int fd, struct kvm_run *run)
{
	uint64_t gva;
	uint8_t was;

	if (!atomic_load_explicit(&look[vcpu], memory_order_relaxed))
		return false;
	atomic_store(&look[vcpu], false);
	gva = where(fd);
	if (patched(translate(fd, gva), &was))
		step_patched(vcpu, fd, run);
	else if (hardware_at(gva))
		single_step(fd, run);
	else
		return false;
	return true;
}

static void tell(unsigned int vcpu, int fd, const struct probe *p, const uint64_t *args)
{
	struct vmi_vm_event ev = {
		.session = p->session, .probe = p->id, .vcpu = vcpu, .kind = p->kind,
		.flags = p->sync ? VMI_PROBE_SYNC : 0,
	};
	struct kvm_sregs s;

	if (regs_get_gprs(fd, &ev.gprs) || ioctl(fd, KVM_GET_SREGS, &s))
		return;
	ev.cr0 = s.cr0;
	ev.cr3 = s.cr3;
	ev.cr4 = s.cr4;
	ev.efer = s.efer;
	memcpy(ev.arg, args, sizeof(ev.arg));
	if (p->sync)
		vcpu_leave(vcpu);
	if (!link_event(&ev)) {
		if (ev.out_flags & VMI_HIT_SET_GPRS)
			regs_set_gprs(fd, &ev.gprs);
		/* who does not answer is not asked again */
		if (ev.action == VMI_VERDICT_EXPIRED)
			probe_expired(p->session, p->id);
	}
	if (p->sync)
		vcpu_return(vcpu);
}

/* The probes of a kind at an address, or with @slots, copied. Return: how many. */
static unsigned int collect(struct probe *found, uint32_t kind, uint64_t addr, uint32_t slots)
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

/* It was the guest's own. */
static void reinject(int fd, uint32_t what)
{
	set_debug(fd, KVM_GUESTDBG_ENABLE | what, true);
	set_debug(fd, 0, true);
}

void debug_exit(unsigned int vcpu, int fd, struct kvm_run *run)
{
	const struct kvm_debug_exit_arch *arch = &run->debug.arch;
	struct probe found[PROBES_MAX];
	uint64_t args[4] = { arch->pc };
	unsigned int i, n;
	uint8_t was;

	if (arch->exception == BP) {
		args[1] = translate(fd, arch->pc);
		n = collect(found, VMI_PROBE_SW_BREAK, args[1], 0);
		if (!n && !patched(args[1], &was)) {
			reinject(fd, KVM_GUESTDBG_INJECT_BP);
			return;
		}
	} else {
		args[1] = arch->dr6;
		n = collect(found, VMI_PROBE_HW_BREAK, 0, (uint32_t)arch->dr6 & DR6_HITS);
		if (!n && !(arch->dr6 & DR6_HITS)) {
			/* a step that was under way when its probe went is nobody's */
			if (!(arch->dr6 & DR6_STEP))
				reinject(fd, KVM_GUESTDBG_INJECT_DB);
			return;
		}
	}
	for (i = 0; i < n; i++)
		tell(vcpu, fd, &found[i], args);
	atomic_store(&look[vcpu], true);
}

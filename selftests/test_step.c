// SPDX-License-Identifier: GPL-2.0
/*
 * The VMM's breakpoints on four vCPUs, over a model of KVM: each execution of an
 * instruction under an int3 is told of once, whatever else is asked of the vCPUs.
 *
 * The model has the rules of KVM_RUN that matter here: it returns EINTR for a signal that
 * is not blocked and for immediate_exit, and KVM_EXIT_DEBUG for an int3 and for a step. An
 * instruction is a byte; a program goes round and round. Needs no KVM and no module.
 * Rounds of each vCPU: VMI_ROUNDS of the environment, 500 if absent.
 */
#define ioctl model_ioctl
#include "../user/vmm/vcpu.c"
#include "../user/vmm/debug.c"
#include "../user/vmm/regs.c"
#undef ioctl

#include <stdarg.h>
#include <sys/wait.h>

#include "../user/vmm/cpuid.h"

#define VCPUS		4
#define PROGRAM		64	/* instructions */
#define HERE		10	/* where the breakpoint is */
#define OTHERS		30	/* where others come and go: ten places from here on */
#define RUN_BYTES	12288
#define STUCK_S		60

/**
 * struct cpu - a vCPU of the model
 * @file: KVM's file
 * @area: what it shares with the VMM
 * @rip: next instruction
 * @rflags: as they were set
 * @control: KVM_GUESTDBG_*
 * @left: instructions that it still has to execute
 * @done: executions of the instruction at HERE
 * @told: events of it
 * @quiet: executions by vcpu_step(), which tells of nothing
 * @inside: in KVM_RUN
 */
struct cpu {
	int file;
	struct kvm_run *area;
	uint64_t rip;
	uint64_t rflags;
	uint32_t control;
	atomic_long left;
	atomic_long done;
	atomic_long told;
	long quiet;
	atomic_int inside;
};

static struct cpu cpus[VCPUS];
static _Atomic uint8_t ram[PROGRAM];
static atomic_int wrong;
static long rounds;

static void complain(const char *what)
{
	printf("# %s\n", what);
	wrong++;
}

/* ---- what the VMM's files need of others ---- */

int fail(const char *fmt, ...)
{
	complain(fmt);
	return -1;
}

int fail_errno(int err, const char *fmt, ...)
{
	(void)err;
	return fail("%s", fmt);
}

void bus_access(enum bus bus, uint64_t addr, void *bytes, unsigned int len, bool write)
{
	(void)bus, (void)addr, (void)bytes, (void)len, (void)write;
}

struct kvm_cpuid2 *cpuid_make(unsigned int id, unsigned int n)
{
	(void)id, (void)n;
	return calloc(1, sizeof(struct kvm_cpuid2));
}

uint32_t kvm_debug_flags(void)
{
	return KVM_GUESTDBG_BLOCKIRQ;
}

size_t kvm_run_bytes(void)
{
	return RUN_BYTES;
}

void machine_ask(enum ask ask, const char *text)
{
	(void)ask;
	complain(text);
}

void *ram_ptr(uint64_t gpa, uint64_t len)
{
	return gpa + len <= PROGRAM ? (void *)&ram[gpa] : NULL;
}

void probe_expired(uint64_t session, uint64_t id)
{
	(void)session, (void)id;
}

int link_event(struct vmi_vm_event *ev)
{
	if (ev->gprs.rip == HERE)
		cpus[ev->vcpu].told++;
	/* a tool takes its time, now and then */
	if (ev->flags & VMI_PROBE_SYNC && rand() % 50 == 0)
		usleep((useconds_t)(rand() % 300));
	ev->action = VMI_VERDICT_CONTINUE;
	ev->out_flags = 0;
	return 0;
}

int kvm_vcpu(unsigned int id)
{
	struct cpu *c = &cpus[id];

	c->file = memfd_create("vcpu", 0);
	if (ftruncate(c->file, RUN_BYTES))
		return -1;
	c->area = mmap(NULL, RUN_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, c->file, 0);
	c->rip = 7 * id;
	c->left = rounds * PROGRAM;
	return c->file;
}

/* ---- the model ---- */

static bool interrupted(const struct cpu *c, const sigset_t *blocked)
{
	sigset_t pending;

	sigpending(&pending);
	return *(volatile uint8_t *)&c->area->immediate_exit ||
	       (sigismember(&pending, KICK) && !sigismember(blocked, KICK)) ||
	       (sigismember(&pending, FINISH) && !sigismember(blocked, FINISH));
}

static int debug_exit_of(struct cpu *c, unsigned int exception)
{
	c->area->exit_reason = KVM_EXIT_DEBUG;
	c->area->debug.arch.exception = exception;
	c->area->debug.arch.pc = c->rip;
	c->area->debug.arch.dr6 = exception == DB ? 1U << 14 : 0;
	return 0;
}

static int enter(struct cpu *c, const sigset_t *blocked)
{
	for (;;) {
		if (interrupted(c, blocked)) {
			errno = EINTR;
			return -1;
		}
		if (c->left <= 0 && !(c->control & KVM_GUESTDBG_SINGLESTEP)) {
			usleep(1000);
			continue;
		}
		if (ram[c->rip] == INT3) {
			if (!(c->control & KVM_GUESTDBG_USE_SW_BP))
				complain("an int3 of ours came to the guest");
			return debug_exit_of(c, BP);
		}
		c->left--;
		c->done += c->rip == HERE;
		c->rip = (c->rip + 1) % PROGRAM;
		if (c->control & KVM_GUESTDBG_SINGLESTEP)
			return debug_exit_of(c, DB);
	}
}

static int enter_once(struct cpu *c)
{
	sigset_t all, blocked;
	int ret, err;

	if (c->inside++)
		complain("two threads in one vCPU");
	/* what comes from here on is looked at, and handled on the way out */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &blocked);
	ret = enter(c, &blocked);
	err = errno;
	c->inside--;
	pthread_sigmask(SIG_SETMASK, &blocked, NULL);
	errno = err;
	return ret;
}

int model_ioctl(int fd, unsigned long op, ...)
{
	struct cpu *c = cpus;
	va_list ap;
	void *arg;

	va_start(ap, op);
	arg = va_arg(ap, void *);
	va_end(ap);
	while (c->file != fd)
		c++;
	if (op == KVM_RUN)
		return enter_once(c);
	if (c->inside && op != KVM_KVMCLOCK_CTRL)
		complain("a vCPU in the guest is looked at");
	switch (op) {
	case KVM_GET_REGS:
		*(struct kvm_regs *)arg = (struct kvm_regs){ .rip = c->rip, .rflags = c->rflags };
		return 0;
	case KVM_SET_REGS:
		c->rip = ((struct kvm_regs *)arg)->rip;
		c->rflags = ((struct kvm_regs *)arg)->rflags;
		return 0;
	case KVM_GET_SREGS:
		*(struct kvm_sregs *)arg = (struct kvm_sregs){ .cs.l = 1 };
		return 0;
	case KVM_TRANSLATE:
		((struct kvm_translation *)arg)->physical_address =
			((struct kvm_translation *)arg)->linear_address;
		((struct kvm_translation *)arg)->valid = 1;
		return 0;
	case KVM_SET_GUEST_DEBUG:
		c->control = ((struct kvm_guest_debug *)arg)->control;
		return 0;
	case KVM_GET_MP_STATE:
		((struct kvm_mp_state *)arg)->mp_state = KVM_MP_STATE_RUNNABLE;
		return 0;
	case KVM_SET_MSRS:
		return 1;
	default:
		return 0;
	}
}

/* ---- the tests ---- */

static int begin(bool sync)
{
	const struct vcpu_entry entry = { 0 };
	struct probe probe = { .session = 1, .kind = VMI_PROBE_SW_BREAK, .addr = HERE, .sync = sync };

	memset((void *)ram, 0x90, sizeof(ram));
	return vcpu_create(VCPUS, &entry) || debug_arm(&probe) || vcpu_run() ? -1 : 0;
}

static bool running(void)
{
	unsigned int i;
	bool ret = false;

	for (i = 0; i < VCPUS; i++)
		ret |= cpus[i].left > 0;
	return ret;
}

static int end(void)
{
	long told = 0, missed = 0;
	unsigned int i;

	vcpu_destroy();
	for (i = 0; i < VCPUS; i++) {
		told += cpus[i].told;
		/* the last one may have been told of, and not executed any more */
		if (labs(cpus[i].done - cpus[i].quiet - cpus[i].told) <= (cpus[i].rip == HERE))
			continue;
		missed++;
		printf("# vCPU %u: %ld executions, %ld of them quiet, %ld hits, is at %u\n", i,
		       (long)cpus[i].done, cpus[i].quiet, (long)cpus[i].told,
		       (unsigned int)cpus[i].rip);
	}
	printf("# %ld hits, %ld vCPUs with another number of executions\n", told, missed);
	return missed || wrong ? -1 : 0;
}

static int test_rounds(bool sync)
{
	if (begin(sync))
		return -1;
	while (running())
		usleep(1000);
	return end();
}

static int test_sync(void)
{
	return test_rounds(true);
}

static int test_async(void)
{
	return test_rounds(false);
}

/* A step of what has not been told of is quiet: the tool looks itself. */
static void step_some(unsigned int id)
{
	struct cpu *c = &cpus[id];
	int i, ret;

	vcpu_hold(id);
	for (i = rand() % 4; i && c->left > 0; i--) {
		bool here = c->rip == HERE && atomic_load(&told[id]) != BP;
		long before = c->done, left = c->left;

		ret = vcpu_step(id);
		/* -EBUSY: the tool that it waits for is slow */
		if (ret && ret != -ETIMEDOUT && ret != -EBUSY)
			complain("a held vCPU cannot be stepped");
		if (left - c->left != !ret)
			complain("a step is not one instruction");
		if (here && c->done != before)
			c->quiet++;
	}
	vcpu_release(id);
}

static void come_and_go(void)
{
	struct probe probe = {
		.session = 2, .kind = VMI_PROBE_SW_BREAK, .addr = OTHERS + (uint64_t)(rand() % 10),
		.sync = rand() & 1,
	};

	if (debug_arm(&probe))
		complain("a breakpoint cannot be armed");
	usleep((useconds_t)(rand() % 300));
	if (rand() & 1)
		debug_disarm(2, probe.id);
	else
		debug_disarm_session(2);
}

static int test_disturbed(void)
{
	unsigned int id;

	if (begin(true))
		return -1;
	while (running()) {
		id = (unsigned int)rand() % VCPUS;
		switch (rand() % 4) {
		case 0:
			vcpu_hold(id);
			if (cpus[id].inside)
				complain("a held vCPU is in the guest");
			vcpu_release(id);
			break;
		case 1:
			step_some(id);
			break;
		case 2:
			come_and_go();
			break;
		case 3:
			vcpu_pause();
			vcpu_run();
			break;
		}
		usleep((useconds_t)(rand() % 300));
	}
	return end();
}

/* The machine ends in the midst of it all. */
static int test_end(void)
{
	unsigned int i;

	if (begin(true))
		return -1;
	for (i = 0; i < VCPUS; i++)
		cpus[i].left = 1L << 40;
	usleep(20000);
	return end();
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "each execution is told of once, with verdicts", test_sync },
	{ "each execution is told of once, without", test_async },
	{ "likewise while vCPUs are held, stepped and paused", test_disturbed },
	{ "the machine can end at any time", test_end },
};

int main(void)
{
	unsigned int i, n = sizeof(tests) / sizeof(tests[0]), failed = 0;
	const char *env = getenv("VMI_ROUNDS");
	int status;
	pid_t pid;

	rounds = env ? atol(env) : 500;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	for (i = 0; i < n; i++) {
		pid = fork();
		if (!pid) {
			/* who is stuck ends */
			alarm(env ? 0 : STUCK_S);
			_exit(tests[i].fn() ? 1 : 0);
		}
		waitpid(pid, &status, 0);
		failed += status != 0;
		printf("%sok %u %s\n", status ? "not " : "", i + 1, tests[i].name);
	}
	printf("# pass:%u fail:%u\n", n - failed, failed);
	return !!failed;
}

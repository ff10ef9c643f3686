// SPDX-License-Identifier: GPL-2.0
/*
 * Probes: requests of sessions, events of vCPUs and verdicts on them, as the kernel
 * carries them between a tool and a VMM.
 *
 * Plays the tool and the VMM, without KVM. Needs root and a loaded module. The number of
 * rounds of random deaths is VMI_ROUNDS of the environment, 40 if absent.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/vmi_chr.h>

#define VM		"test-probe"
#define REQS_MAX	64
#define SESSIONS_MAX	64
#define ALL_RIGHTS	(VMI_RIGHT_READ | VMI_RIGHT_WRITE | VMI_RIGHT_REGS | \
			 VMI_RIGHT_STOP | VMI_RIGHT_EVENTS)
#define LONG_MS		20000

#define CHECK(cond) do {							\
	if (!(cond)) {								\
		printf("# %s:%d: %s (errno %d)\n", __func__, __LINE__, #cond,	\
		       errno);							\
		return -1;							\
	}									\
} while (0)

#define IS(call, want) do {							\
	long ret_ = (call), want_ = (want);					\
	if (ret_ != want_) {							\
		printf("# %s:%d: %s is %ld, not %ld (errno %d)\n", __func__,	\
		       __LINE__, #call, ret_, want_, errno);			\
		return -1;							\
	}									\
} while (0)

#define REFUSED(call, err) do {							\
	long ret_ = (errno = 0, (long)(call));					\
	if (ret_ != -1 || errno != (err)) {					\
		printf("# %s:%d: %s: %ld, errno %d, not %s\n", __func__,	\
		       __LINE__, #call, ret_, errno, #err);			\
		return -1;							\
	}									\
} while (0)

/* ---- VMs, by netlink ---- */

static struct mnl_socket *nl;
static int nl_family;

static int on_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *a;

	(void)arg;
	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			nl_family = mnl_attr_get_u16(a);
	return MNL_CB_OK;
}

static int talk(int type, int cmd, int attr, const char *val, mnl_cb_t fn)
{
	char buf[8192];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;
	int len, ret;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	mnl_attr_put_strz(nlh, attr, val);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		ret = len < 0 ? len : mnl_cb_run(buf, len, 0, 0, fn, NULL);
	} while (ret > 0);
	return ret;
}

static int nl_start(void)
{
	nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -1;
	return talk(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, VMI_FAMILY_NAME,
		    on_family);
}

static int vm_del(void)
{
	return talk(nl_family, VMI_CMD_VM_DEL, VMI_A_VM_NAME, VM, NULL);
}

static int dev_ioctl(unsigned long op, void *arg)
{
	int dev = open("/dev/vmi", O_RDWR | O_CLOEXEC), fd = ioctl(dev, op, arg), saved = errno;

	close(dev);
	errno = saved;
	return fd;
}

static int state(int vm, int st)
{
	struct vmi_vm_state arg = { .state = st };

	return ioctl(vm, VMI_VM_STATE, &arg);
}

static int attach(void)
{
	struct vmi_attach a = { .name = VM };
	int fd = dev_ioctl(VMI_ATTACH, &a);

	return fd < 0 || state(fd, VMI_STATE_RUNNING) ? -1 : fd;
}

/* this process becomes the VMM of a new VM */
static int start(void)
{
	if (talk(nl_family, VMI_CMD_VM_NEW, VMI_A_VM_NAME, VM, NULL))
		return -1;
	return attach();
}

static int session(uint32_t rights)
{
	struct vmi_session_open s = { .name = VM, .rights = rights };

	return dev_ioctl(VMI_SESSION, &s);
}

/* ---- the tool's calls ---- */

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static uint8_t data[VMI_PROBE_DATA_MAX];

static uint32_t data_len(uint32_t op)
{
	if (op == VMI_PROBE_GET_FPU)
		return 512;
	return op == VMI_PROBE_GET_REGS || op == VMI_PROBE_SET_REGS ? sizeof(struct vmi_regs) : 0;
}

static struct vmi_probe request(uint32_t op, uint32_t timeout_ms)
{
	return (struct vmi_probe){
		.op = op, .timeout_ms = timeout_ms, .data = (uintptr_t)data, .len = data_len(op),
		.flags = op == VMI_PROBE_ARM ? VMI_PROBE_SW_BREAK : 0,
	};
}

static int ask(int s, uint32_t op, uint32_t timeout_ms)
{
	struct vmi_probe p = request(op, timeout_ms);

	return ioctl(s, VMI_SESS_PROBE, &p);
}

/**
 * struct asker - a request in a thread of its own
 * @s: session
 * @op: VMI_PROBE_*
 * @timeout_ms: of it
 * @ret: 0 or an errno
 */
struct asker {
	pthread_t thread;
	int s;
	uint32_t op;
	uint32_t timeout_ms;
	int ret;
};

static void *asker(void *arg)
{
	struct asker *a = arg;

	a->ret = ask(a->s, a->op, a->timeout_ms) ? errno : 0;
	return NULL;
}

static void ask_begin(struct asker *a, int s, uint32_t op, uint32_t timeout_ms)
{
	*a = (struct asker){ .s = s, .op = op, .timeout_ms = timeout_ms };
	pthread_create(&a->thread, NULL, asker, a);
}

static int ask_end(struct asker *a)
{
	pthread_join(a->thread, NULL);
	return a->ret;
}

/**
 * struct ring - events of a session
 * @fd: event file
 * @shared: mapped
 * @records: behind it
 */
struct ring {
	int fd;
	volatile struct vmi_hits *shared;
	volatile struct vmi_hit *records;
};

static int ring_open(struct ring *r, int s, uint32_t size, uint32_t timeout_ms)
{
	struct vmi_sess_events e = { .size = size, .timeout_ms = timeout_ms };
	void *map;

	r->fd = ioctl(s, VMI_SESS_EVENTS, &e);
	if (r->fd < 0)
		return -1;
	map = mmap(NULL, 4096 + size * sizeof(struct vmi_hit), PROT_READ | PROT_WRITE, MAP_SHARED,
		   r->fd, 0);
	if (map == MAP_FAILED)
		return -1;
	r->shared = map;
	r->records = map + 4096;
	return 0;
}

static int ring_wait(const struct ring *r, int timeout_ms)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	return poll(&p, 1, timeout_ms) == 1 ? p.revents : 0;
}

/* Take one event. Return: 0, or -1 when none comes. */
static int ring_take(struct ring *r, struct vmi_hit *hit)
{
	uint64_t tail = r->shared->tail;

	if (!(ring_wait(r, LONG_MS) & POLLIN))
		return -1;
	if (__atomic_load_n(&r->shared->head, __ATOMIC_ACQUIRE) == tail)
		return -1;
	*hit = *(struct vmi_hit *)&r->records[tail % r->shared->size];
	__atomic_store_n(&r->shared->tail, tail + 1, __ATOMIC_RELEASE);
	return 0;
}

static int verdict(int s, uint64_t seq, uint32_t action, uint32_t flags)
{
	struct vmi_verdict v = {
		.seq = seq, .action = action, .flags = flags, .gprs.gpr[0] = 0xa5a5, .gprs.rip = 77,
	};

	return ioctl(s, VMI_SESS_VERDICT, &v);
}

/* ---- the VMM's ---- */

static int vmm_wait(int vm, int timeout_ms)
{
	struct pollfd p = { .fd = vm, .events = POLLPRI };

	return poll(&p, 1, timeout_ms) == 1 && p.revents & POLLPRI ? 0 : -1;
}

static int vmm_next(int vm, struct vmi_probe_req *req)
{
	return vmm_wait(vm, LONG_MS) ? -1 : ioctl(vm, VMI_VM_PROBE_NEXT, req);
}

static int vmm_answer(int vm, const struct vmi_probe_req *req, int error)
{
	struct vmi_probe_done d = { .seq = req->seq, .error = error };

	if (!error && req->op == VMI_PROBE_ARM)
		d.id = 1000 + req->seq;
	if (!error && (req->op == VMI_PROBE_GET_REGS || req->op == VMI_PROBE_GET_FPU)) {
		d.len = data_len(req->op);
		memset(d.data, 0x5a, d.len);
	}
	return ioctl(vm, VMI_VM_PROBE_DONE, &d);
}

static int vmm_serve(int vm, struct vmi_probe_req *req)
{
	return vmm_next(vm, req) || vmm_answer(vm, req, 0) ? -1 : 0;
}

/* An asked and answered request, to have the session known. Return: its number, or 0. */
static uint64_t introduce(int vm, int s)
{
	struct vmi_probe_req req = {};
	struct asker a;

	ask_begin(&a, s, VMI_PROBE_ARM, LONG_MS);
	if (vmm_serve(vm, &req) || ask_end(&a))
		return 0;
	return req.session;
}

static int event(int vm, uint64_t sess, bool sync, struct vmi_vm_event *ev)
{
	*ev = (struct vmi_vm_event){
		.session = sess, .probe = 7, .vcpu = 3, .kind = VMI_PROBE_SW_BREAK,
		.flags = sync ? VMI_PROBE_SYNC : 0, .arg = { 1, 2, 3, 4 }, .cr3 = 0x1000,
		.gprs.rip = 0xffffffff81000000,
	};
	return ioctl(vm, VMI_VM_EVENT, ev);
}

/**
 * struct vcpu - a vCPU's thread that meets a probe
 * @vm: VM file
 * @session: whose
 * @ev: event, and the verdict
 * @ret: 0 or an errno
 */
struct vcpu {
	pthread_t thread;
	int vm;
	uint64_t session;
	struct vmi_vm_event ev;
	int ret;
};

static void *vcpu(void *arg)
{
	struct vcpu *v = arg;

	v->ret = event(v->vm, v->session, true, &v->ev) ? errno : 0;
	return NULL;
}

static void vcpu_begin(struct vcpu *v, int vm, uint64_t sess)
{
	*v = (struct vcpu){ .vm = vm, .session = sess };
	pthread_create(&v->thread, NULL, vcpu, v);
}

static int vcpu_end(struct vcpu *v)
{
	pthread_join(v->thread, NULL);
	return v->ret;
}

static void on_signal(int sig)
{
	(void)sig;
}

/* ---- the tests ---- */

static int test_requests(void)
{
	struct vmi_probe_done late = {};
	struct vmi_probe_req req;
	struct vmi_probe p;
	struct asker a;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	CHECK(s >= 0);
	REFUSED(ioctl(vm, VMI_VM_PROBE_NEXT, &req), EAGAIN);
	IS(vmm_wait(vm, 0), -1);

	ask_begin(&a, s, VMI_PROBE_GET_REGS, LONG_MS);
	IS(vmm_next(vm, &req), 0);
	CHECK(req.seq == 1 && req.session && req.op == VMI_PROBE_GET_REGS && !req.len && !req.vcpu);
	IS(vmm_wait(vm, 0), -1);
	REFUSED(ioctl(vm, VMI_VM_PROBE_NEXT, &req), EAGAIN);
	IS(vmm_answer(vm, &req, 0), 0);
	REFUSED(vmm_answer(vm, &req, 0), ENOENT);
	IS(ask_end(&a), 0);
	CHECK(data[0] == 0x5a && data[sizeof(struct vmi_regs) - 1] == 0x5a &&
	      !data[sizeof(struct vmi_regs)]);

	/* what is set arrives whole */
	memset(data, 0x33, sizeof(data));
	ask_begin(&a, s, VMI_PROBE_SET_REGS, LONG_MS);
	IS(vmm_next(vm, &req), 0);
	CHECK(req.len == sizeof(struct vmi_regs) && req.data[req.len - 1] == 0x33 &&
	      !req.data[req.len]);
	IS(vmm_answer(vm, &req, -EBUSY), 0);
	IS(ask_end(&a), EBUSY);

	/* all vCPUs, for those that can be meant so */
	p = request(VMI_PROBE_STEP, 1);
	p.vcpu = VMI_VCPU_ALL;
	REFUSED(ioctl(s, VMI_SESS_PROBE, &p), EINVAL);
	p.op = VMI_PROBE_STOP;
	REFUSED(ioctl(s, VMI_SESS_PROBE, &p), ETIMEDOUT);

	/* an answer that does not fit the question is the VMM's mistake */
	ask_begin(&a, s, VMI_PROBE_GET_REGS, LONG_MS);
	IS(vmm_next(vm, &req), 0);
	late.seq = req.seq;
	late.error = -512;
	REFUSED(ioctl(vm, VMI_VM_PROBE_DONE, &late), EINVAL);
	late.error = 1;
	REFUSED(ioctl(vm, VMI_VM_PROBE_DONE, &late), EINVAL);
	late.error = 0;
	late.len = VMI_PROBE_DATA_MAX + 1;
	REFUSED(ioctl(vm, VMI_VM_PROBE_DONE, &late), EINVAL);
	late.len = 8;
	IS(ioctl(vm, VMI_VM_PROBE_DONE, &late), 0);
	IS(ask_end(&a), EPROTO);
	close(s);
	return 0;
}

static int test_rights(void)
{
	static const struct {
		uint32_t op, rights;
	} needs[] = {
		{ VMI_PROBE_GET_REGS, VMI_RIGHT_REGS },
		{ VMI_PROBE_SET_REGS, VMI_RIGHT_REGS | VMI_RIGHT_WRITE },
		{ VMI_PROBE_GET_FPU, VMI_RIGHT_REGS },
		{ VMI_PROBE_STOP, VMI_RIGHT_STOP },
		{ VMI_PROBE_RESUME, VMI_RIGHT_STOP },
		{ VMI_PROBE_STEP, VMI_RIGHT_STOP },
		{ VMI_PROBE_ARM, VMI_RIGHT_EVENTS },
		{ VMI_PROBE_DISARM, VMI_RIGHT_EVENTS },
	};
	struct vmi_sess_events e = { .size = 16 };
	uint32_t rights;
	unsigned int i;
	int vm = start(), s, fd;

	CHECK(vm >= 0);
	IS(session(32), -1);
	for (rights = 1; rights <= ALL_RIGHTS; rights++) {
		s = session(rights);
		CHECK(s >= 0);
		for (i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
			bool may = (rights & needs[i].rights) == needs[i].rights;

			REFUSED(ask(s, needs[i].op, 1), may ? ETIMEDOUT : EACCES);
		}
		fd = ioctl(s, VMI_SESS_EVENTS, &e);
		CHECK(rights & (VMI_RIGHT_EVENTS | VMI_RIGHT_STOP) ? fd >= 0 :
		      fd < 0 && errno == EACCES);
		REFUSED(verdict(s, 1, VMI_VERDICT_CONTINUE, 0),
			rights & VMI_RIGHT_EVENTS ? ENOENT : EACCES);
		if (rights & VMI_RIGHT_EVENTS)
			REFUSED(verdict(s, 1, VMI_VERDICT_CONTINUE, VMI_HIT_SET_GPRS),
				rights & VMI_RIGHT_REGS && rights & VMI_RIGHT_WRITE ? ENOENT : EACCES);
		if (fd >= 0)
			close(fd);
		close(s);
	}
	/* those of the VMM are none of a session, and the other way round */
	s = session(ALL_RIGHTS);
	REFUSED(ioctl(s, VMI_VM_PROBE_NEXT, data), ENOTTY);
	REFUSED(ioctl(vm, VMI_SESS_PROBE, data), ENOTTY);
	return 0;
}

/* One field of a good request is bad. */
static int test_malformed(void)
{
	struct vmi_probe good = request(VMI_PROBE_GET_REGS, 1), p;
	struct vmi_sess_events e = { .size = 16 };
	struct vmi_verdict v = {};
	struct vmi_vm_event ev = {};
	unsigned int i;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
#define BAD(field, val) do {						\
	p = good;							\
	p.field = (val);						\
	REFUSED(ioctl(s, VMI_SESS_PROBE, &p), EINVAL);			\
} while (0)
	BAD(op, 0);
	BAD(op, VMI_PROBE_GONE);
	BAD(op, UINT32_MAX);
	BAD(vcpu, VMI_VCPU_ALL);
	BAD(vcpu, 4096);
	BAD(flags, 1);
	BAD(timeout_ms, VMI_PROBE_TIMEOUT_MAX_MS + 1);
	BAD(id, 1);
	BAD(arg[0], 1);
	BAD(arg[3], 1);
	BAD(len, sizeof(struct vmi_regs) - 1);
	BAD(len, UINT32_MAX);
	BAD(pad, 1);
	good = request(VMI_PROBE_ARM, 1);
	BAD(flags, 0);
	BAD(flags, VMI_PROBE_STEPPED);
	BAD(flags, VMI_PROBE_SW_BREAK | 1 << 9);
	BAD(vcpu, 1);
	BAD(id, 1);
	BAD(len, 1);
#undef BAD
	p = request(VMI_PROBE_SET_REGS, 1);
	p.data = 8;
	REFUSED(ioctl(s, VMI_SESS_PROBE, &p), EFAULT);
	REFUSED(ioctl(s, VMI_SESS_PROBE, NULL), EFAULT);

	for (i = 0; i < 4; i++) {
		static const uint32_t sizes[] = { 0, 8, 48, 8192 };

		e.size = sizes[i];
		REFUSED(ioctl(s, VMI_SESS_EVENTS, &e), EINVAL);
	}
	e = (struct vmi_sess_events){ .size = 16, .flags = 1 };
	REFUSED(ioctl(s, VMI_SESS_EVENTS, &e), EINVAL);
	e = (struct vmi_sess_events){ .size = 16, .timeout_ms = VMI_PROBE_TIMEOUT_MAX_MS + 1 };
	REFUSED(ioctl(s, VMI_SESS_EVENTS, &e), EINVAL);
	v.action = VMI_VERDICT_EXPIRED;
	REFUSED(ioctl(s, VMI_SESS_VERDICT, &v), EINVAL);
	v = (struct vmi_verdict){ .flags = 2 };
	REFUSED(ioctl(s, VMI_SESS_VERDICT, &v), EINVAL);
	ev.pad = 1;
	REFUSED(ioctl(vm, VMI_VM_EVENT, &ev), EINVAL);
	ev = (struct vmi_vm_event){ .flags = 1 };
	REFUSED(ioctl(vm, VMI_VM_EVENT, &ev), EINVAL);
	ev = (struct vmi_vm_event){ .vcpu = 4096 };
	REFUSED(ioctl(vm, VMI_VM_EVENT, &ev), EINVAL);
	ev = (struct vmi_vm_event){ .session = 1 };
	REFUSED(ioctl(vm, VMI_VM_EVENT, &ev), ENOENT);
	return 0;
}

static int test_timeout(void)
{
	struct vmi_probe_req req;
	struct asker a;
	uint64_t from;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	/* nobody reads it, and it is not there to be read afterwards */
	from = now_ms();
	REFUSED(ask(s, VMI_PROBE_GET_REGS, 30), ETIMEDOUT);
	CHECK(now_ms() - from >= 29);
	REFUSED(ioctl(vm, VMI_VM_PROBE_NEXT, &req), EAGAIN);
	/* it is read, and answered too late */
	ask_begin(&a, s, VMI_PROBE_ARM, 30);
	IS(vmm_next(vm, &req), 0);
	IS(ask_end(&a), ETIMEDOUT);
	REFUSED(vmm_answer(vm, &req, 0), ENOENT);
	return 0;
}

static int test_interrupted(void)
{
	const struct sigaction act = { .sa_handler = on_signal };
	struct vmi_probe_req req;
	struct asker a;
	int vm = start(), s;

	CHECK(vm >= 0);
	sigaction(SIGUSR1, &act, NULL);
	s = session(ALL_RIGHTS);
	ask_begin(&a, s, VMI_PROBE_ARM, LONG_MS);
	IS(vmm_next(vm, &req), 0);
	/* it is in the call, or will be: until it has come out */
	while (pthread_tryjoin_np(a.thread, NULL)) {
		pthread_kill(a.thread, SIGUSR1);
		poll(NULL, 0, 5);
	}
	IS(a.ret, EINTR);
	REFUSED(vmm_answer(vm, &req, 0), ENOENT);
	return 0;
}

static int test_bounds(void)
{
	static struct asker a[REQS_MAX];
	struct vmi_probe_req req;
	int vm = start(), s, i, more[SESSIONS_MAX + 1];

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	for (i = 0; i < REQS_MAX; i++)
		ask_begin(&a[i], s, VMI_PROBE_STOP, LONG_MS);
	for (i = 0; i < REQS_MAX; i++)
		IS(vmm_next(vm, &req), 0);
	REFUSED(ask(s, VMI_PROBE_STOP, 1), EBUSY);
	/* the numbers are those of the order */
	for (i = 1; i <= REQS_MAX; i++) {
		req.seq = i;
		IS(vmm_answer(vm, &req, 0), 0);
	}
	for (i = 0; i < REQS_MAX; i++)
		IS(ask_end(&a[i]), 0);
	REFUSED(ask(s, VMI_PROBE_STOP, 1), ETIMEDOUT);

	/* a VMM that sleeps is not told of endless sessions' ends */
	for (i = 1; i < SESSIONS_MAX; i++) {
		more[i] = session(ALL_RIGHTS);
		REFUSED(ask(more[i], VMI_PROBE_STOP, 1), ETIMEDOUT);
	}
	more[0] = session(ALL_RIGHTS);
	REFUSED(ask(more[0], VMI_PROBE_STOP, 1), EBUSY);
	close(more[1]);
	REFUSED(ask(more[0], VMI_PROBE_STOP, 1), EBUSY);
	IS(vmm_next(vm, &req), 0);
	CHECK(req.op == VMI_PROBE_GONE && !req.seq);
	REFUSED(ask(more[0], VMI_PROBE_STOP, 1), ETIMEDOUT);
	return 0;
}

static int test_session_end(void)
{
	struct vmi_probe_req req;
	struct vmi_vm_event ev;
	uint64_t id, other;
	int vm = start(), s, s2;

	CHECK(vm >= 0);
	/* one that has asked for nothing has nothing that could be left */
	s = session(ALL_RIGHTS);
	close(s);
	IS(vmm_wait(vm, 50), -1);
	s = session(ALL_RIGHTS);
	s2 = session(ALL_RIGHTS);
	id = introduce(vm, s);
	other = introduce(vm, s2);
	CHECK(id && other && id != other);
	close(s);
	IS(vmm_next(vm, &req), 0);
	CHECK(req.op == VMI_PROBE_GONE && req.session == id && !req.seq);
	REFUSED(event(vm, id, false, &ev), ENOENT);
	/* the other one is as it was, without a ring */
	REFUSED(event(vm, other, false, &ev), ENOENT);
	return 0;
}

static int test_ring(void)
{
	struct vmi_vm_event ev;
	struct ring r;
	struct vmi_sess_events again = { .size = 16 };
	struct vmi_hit hit;
	unsigned int i;
	uint64_t id, before;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	id = introduce(vm, s);
	CHECK(id);
	IS(ring_open(&r, s, 16, 0), 0);
	REFUSED(ioctl(s, VMI_SESS_EVENTS, &again), EBUSY);
	CHECK(r.shared->size == 16 && r.shared->record_bytes == sizeof(struct vmi_hit));
	CHECK(!ring_wait(&r, 0));
	before = now_ms();
	IS(event(vm, id, false, &ev), 0);
	IS(ring_take(&r, &hit), 0);
	CHECK(hit.seq == 1 && hit.probe == 7 && hit.vcpu == 3 && hit.kind == VMI_PROBE_SW_BREAK);
	CHECK(hit.arg[3] == 4 && hit.cr3 == 0x1000 && hit.gprs.rip == 0xffffffff81000000 &&
	      !hit.flags && !hit.pad && !hit.pad2);
	CHECK(hit.time_ns / 1000000 >= before && hit.time_ns / 1000000 <= now_ms());
	CHECK(!ring_wait(&r, 0));

	/* full: counted, not numbered */
	for (i = 0; i < 16; i++)
		IS(event(vm, id, false, &ev), 0);
	for (i = 0; i < 5; i++)
		REFUSED(event(vm, id, i & 1, &ev), ENOSPC);
	CHECK(r.shared->drops == 5);
	IS(ring_take(&r, &hit), 0);
	CHECK(hit.seq == 2);
	IS(event(vm, id, false, &ev), 0);
	REFUSED(event(vm, id, false, &ev), ENOSPC);
	for (i = 0; i < 16; i++) {
		IS(ring_take(&r, &hit), 0);
		CHECK(hit.seq == 3 + i);
	}
	/* nothing is mapped behind it, and a mapping goes on without its files */
	CHECK(mmap(NULL, 1 << 20, PROT_READ, MAP_SHARED, r.fd, 0) == MAP_FAILED);
	CHECK(mmap(NULL, 4096, PROT_READ, MAP_SHARED, r.fd, 4096) == MAP_FAILED);
	close(s);
	CHECK(ring_wait(&r, LONG_MS) & POLLHUP);
	close(r.fd);
	CHECK(r.shared->size == 16 && r.records[0].kind == VMI_PROBE_SW_BREAK);
	return 0;
}

/* The reader writes what it likes into the ring: it gets nonsense, nobody else does. */
static int test_hostile(void)
{
	static const uint64_t tails[] = { 1, 17, UINT64_MAX, 1ULL << 63, 1000000, 15 };
	struct vmi_vm_event ev;
	struct ring r;
	unsigned int i, j;
	uint64_t id;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	id = introduce(vm, s);
	IS(ring_open(&r, s, 16, 1), 0);
	for (i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		r.shared->size = i & 1 ? 0 : UINT32_MAX;
		r.shared->head = tails[i] * 3;
		r.shared->drops = 0;
		r.shared->tail = tails[i];
		memset((void *)r.records, 0xff, 16 * sizeof(struct vmi_hit));
		for (j = 0; j < 20; j++)
			if (event(vm, id, j & 1, &ev))
				CHECK(errno == ENOSPC);
		ring_wait(&r, 0);
	}
	return 0;
}

static int test_verdicts(void)
{
	struct vmi_hit hit, second;
	struct vmi_probe_req req;
	struct vcpu v, w;
	struct ring r;
	uint64_t id;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	id = introduce(vm, s);
	IS(ring_open(&r, s, 16, LONG_MS), 0);

	vcpu_begin(&v, vm, id);
	IS(ring_take(&r, &hit), 0);
	CHECK(hit.flags == VMI_PROBE_SYNC);
	REFUSED(verdict(s, hit.seq + 1, VMI_VERDICT_CONTINUE, 0), ENOENT);
	IS(verdict(s, hit.seq, VMI_VERDICT_CONTINUE, 0), 0);
	REFUSED(verdict(s, hit.seq, VMI_VERDICT_CONTINUE, 0), ENOENT);
	IS(vcpu_end(&v), 0);
	CHECK(v.ev.action == VMI_VERDICT_CONTINUE && !v.ev.out_flags &&
	      v.ev.gprs.rip == 0xffffffff81000000);

	/* two wait; each gets its own */
	vcpu_begin(&v, vm, id);
	IS(ring_take(&r, &hit), 0);
	vcpu_begin(&w, vm, id);
	IS(ring_take(&r, &second), 0);
	IS(verdict(s, second.seq, VMI_VERDICT_SKIP, VMI_HIT_SET_GPRS), 0);
	IS(vcpu_end(&w), 0);
	CHECK(w.ev.action == VMI_VERDICT_SKIP && w.ev.out_flags == VMI_HIT_SET_GPRS &&
	      w.ev.gprs.rip == 77 && w.ev.gprs.gpr[0] == 0xa5a5);
	IS(verdict(s, hit.seq, VMI_VERDICT_CONTINUE, 0), 0);
	IS(vcpu_end(&v), 0);
	CHECK(v.ev.action == VMI_VERDICT_CONTINUE);

	/* who may not set registers may still let it go on */
	close(s);
	IS(vmm_next(vm, &req), 0);
	s = session(VMI_RIGHT_EVENTS);
	id = introduce(vm, s);
	IS(ring_open(&r, s, 16, LONG_MS), 0);
	vcpu_begin(&v, vm, id);
	IS(ring_take(&r, &hit), 0);
	REFUSED(verdict(s, hit.seq, VMI_VERDICT_CONTINUE, VMI_HIT_SET_GPRS), EACCES);
	IS(verdict(s, hit.seq, VMI_VERDICT_CONTINUE, 0), 0);
	IS(vcpu_end(&v), 0);
	return 0;
}

static int test_expired(void)
{
	struct vmi_vm_event ev;
	struct vmi_probe_req req;
	struct vmi_hit hit;
	struct ring r;
	uint64_t id, from;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	id = introduce(vm, s);
	IS(ring_open(&r, s, 16, 30), 0);
	from = now_ms();
	IS(event(vm, id, true, &ev), 0);
	CHECK(ev.action == VMI_VERDICT_EXPIRED && now_ms() - from >= 29);
	IS(ring_take(&r, &hit), 0);
	REFUSED(verdict(s, hit.seq, VMI_VERDICT_CONTINUE, 0), ENOENT);
	close(s);
	IS(vmm_next(vm, &req), 0);
	CHECK(req.op == VMI_PROBE_GONE);
	return 0;
}

static int test_tool_dies(void)
{
	struct vmi_probe_req req;
	struct vmi_hit hit;
	struct vcpu v;
	struct ring r;
	uint64_t id;
	int vm = start(), s;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	id = introduce(vm, s);
	IS(ring_open(&r, s, 16, LONG_MS), 0);
	vcpu_begin(&v, vm, id);
	IS(ring_take(&r, &hit), 0);
	/* the event file alone keeps nothing waiting */
	close(s);
	IS(vcpu_end(&v), 0);
	CHECK(v.ev.action == VMI_VERDICT_CONTINUE);
	CHECK(ring_wait(&r, LONG_MS) & POLLHUP);
	IS(vmm_next(vm, &req), 0);
	CHECK(req.op == VMI_PROBE_GONE && req.session == id);
	return 0;
}

static int test_vmm_ends(void)
{
	struct vmi_probe_req req;
	struct vmi_hit hit;
	struct asker a, b;
	struct vcpu v;
	struct ring r, late;
	uint64_t id;
	int vm = start(), s, next;

	CHECK(vm >= 0);
	s = session(ALL_RIGHTS);
	id = introduce(vm, s);
	IS(ring_open(&r, s, 16, LONG_MS), 0);
	ask_begin(&a, s, VMI_PROBE_GET_REGS, LONG_MS);
	IS(vmm_next(vm, &req), 0);
	ask_begin(&b, s, VMI_PROBE_GET_FPU, LONG_MS);
	IS(vmm_wait(vm, LONG_MS), 0);
	vcpu_begin(&v, vm, id);
	IS(ring_take(&r, &hit), 0);
	IS(state(vm, VMI_STATE_STOPPED), 0);
	IS(ask_end(&a), ENODEV);
	IS(ask_end(&b), ENODEV);
	IS(vcpu_end(&v), 0);
	CHECK(v.ev.action == VMI_VERDICT_CONTINUE);
	CHECK(ring_wait(&r, LONG_MS) & POLLHUP);
	REFUSED(ask(s, VMI_PROBE_GET_REGS, 1), ENODEV);
	REFUSED(verdict(s, hit.seq, VMI_VERDICT_CONTINUE, 0), ENODEV);
	REFUSED(ioctl(vm, VMI_VM_PROBE_NEXT, &req), ENODEV);
	REFUSED(vmm_answer(vm, &req, 0), ENOENT);
	REFUSED(event(vm, id, true, &v.ev), ENOENT);
	IS(ring_open(&late, s, 16, 0), -1);

	/* the next run of the VM has nothing to do with this session */
	next = attach();
	CHECK(next >= 0);
	REFUSED(ask(s, VMI_PROBE_GET_REGS, 1), ENODEV);
	REFUSED(event(next, id, true, &v.ev), ENOENT);
	close(s);
	IS(vmm_wait(next, 50), -1);
	s = session(ALL_RIGHTS);
	CHECK(introduce(next, s));
	return 0;
}

/* ---- everybody dies at random ---- */

/* answers all it reads, and has vCPUs meet probes of whoever asks */
static void fake_vmm(int vm)
{
	struct vmi_probe_req req;
	struct vmi_vm_event ev;
	struct pollfd p = { .fd = vm, .events = POLLPRI };

	for (;;) {
		poll(&p, 1, -1);
		while (!ioctl(vm, VMI_VM_PROBE_NEXT, &req)) {
			if (req.op == VMI_PROBE_GONE)
				continue;
			vmm_answer(vm, &req, 0);
			event(vm, req.session, req.seq & 1, &ev);
		}
	}
}

static void tool(void)
{
	struct vmi_hit hit;
	struct ring r;
	int s = session(ALL_RIGHTS), i;

	if (s < 0)
		_exit(1);
	if (ring_open(&r, s, 16, 200))
		_exit(1);
	for (i = 0;; i++) {
		ask(s, i & 3 ? VMI_PROBE_ARM : VMI_PROBE_GET_REGS, 100);
		if (!(ring_wait(&r, 0) & POLLIN) || ring_take(&r, &hit))
			continue;
		if (hit.flags & VMI_PROBE_SYNC && i % 5)
			verdict(s, hit.seq, VMI_VERDICT_CONTINUE, 0);
	}
}

static int test_deaths(void)
{
	const char *env = getenv("VMI_ROUNDS");
	int i, j, rounds = env ? atoi(env) : 40;
	struct vmi_probe_req req;
	pid_t vmm = -1, tools[3];
	int vm, s;

	srand(1);
	vm = start();
	CHECK(vm >= 0);
	for (i = 0; i < rounds; i++) {
		if (vmm < 0) {
			vmm = fork();
			if (!vmm)
				fake_vmm(vm);
		}
		for (j = 0; j < 3; j++) {
			tools[j] = fork();
			if (!tools[j])
				tool();
		}
		for (j = 0; j < 3; j++) {
			poll(NULL, 0, rand() % 20);
			kill(tools[j], SIGKILL);
		}
		for (j = 0; j < 3; j++)
			waitpid(tools[j], NULL, 0);
		/* now and then the VMM, while this process keeps its file */
		if (i % 8 == 7) {
			kill(vmm, SIGKILL);
			waitpid(vmm, NULL, 0);
			vmm = -1;
		}
	}
	if (vmm > 0) {
		kill(vmm, SIGKILL);
		waitpid(vmm, NULL, 0);
	}
	/* all that is left are last words, and it works */
	while (!ioctl(vm, VMI_VM_PROBE_NEXT, &req))
		CHECK(req.op == VMI_PROBE_GONE);
	s = session(ALL_RIGHTS);
	CHECK(introduce(vm, s));
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "requests go to the VMM and their answers back", test_requests },
	{ "a session may do what it was opened for", test_rights },
	{ "malformed requests are refused", test_malformed },
	{ "requests have a time limit, and late answers nobody", test_timeout },
	{ "a request can be interrupted", test_interrupted },
	{ "requests and sessions are bounded", test_bounds },
	{ "the VMM hears of a session's end", test_session_end },
	{ "events are in the ring, or counted as drops", test_ring },
	{ "a ring that its reader spoils hurts nobody else", test_hostile },
	{ "verdicts go to the vCPU that waits", test_verdicts },
	{ "a verdict that does not come has expired", test_expired },
	{ "a tool's death lets a vCPU go on", test_tool_dies },
	{ "the VMM's end is the session's", test_vmm_ends },
	{ "everybody dies at random moments", test_deaths },
};

/* in a process of its own, so that whatever it leaves open is closed */
static int run(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(nl_start() || fn() ? 1 : 0);
	waitpid(pid, &status, 0);
	if (vm_del() && !status)
		printf("# the VM cannot be deleted (errno %d)\n", errno);
	return status;
}

int main(void)
{
	unsigned int i, n = sizeof(tests) / sizeof(tests[0]), failed = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	if (nl_start()) {
		printf("Bail out! no netlink family: is the module loaded?\n");
		return 1;
	}
	for (i = 0; i < n; i++) {
		bool bad = run(tests[i].fn);

		failed += bad;
		printf("%sok %u %s\n", bad ? "not " : "", i + 1, tests[i].name);
	}
	printf("# pass:%u fail:%u\n", n - failed, failed);
	return !!failed;
}

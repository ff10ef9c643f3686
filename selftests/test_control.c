// SPDX-License-Identifier: GPL-2.0
/*
 * The netlink family and the VM file: objects, lifecycle, commands, events,
 * who may do what.
 *
 * Plays the client and the VMM. Needs root and a loaded module, which it unloads and
 * loads again: from VMI_KO of the environment, or by modprobe.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/vmi_chr.h>

#define VM		"test-ctl"
#define NOBODY		65534
#define RING		4096	/* events that the kernel keeps */
#define MANY		300	/* VMs in the test of dumps */
#define LIMIT		1024	/* VMs of one owner */
#define CMDS_MAX	16

#define CHECK(cond) do {							\
	if (!(cond)) {								\
		printf("# %s:%d: %s (errno %d, text \"%s\")\n", __func__,	\
		       __LINE__, #cond, errno, ack_text);			\
		fflush(stdout);							\
		return -1;							\
	}									\
} while (0)

#define IS(call, want) do {							\
	long ret_ = (call), want_ = (want);					\
	if (ret_ != want_) {							\
		printf("# %s:%d: %s is %ld, not %ld (\"%s\")\n", __func__,	\
		       __LINE__, #call, ret_, want_, ack_text);			\
		fflush(stdout);							\
		return -1;							\
	}									\
} while (0)

/* the call fails with exactly this errno */
#define REFUSED(call, err) do {							\
	long ret_ = (errno = 0, (long)(call));					\
	if (ret_ != -1 || errno != (err)) {					\
		printf("# %s:%d: %s: %ld, errno %d, not %s\n", __func__,	\
		       __LINE__, #call, ret_, errno, #err);			\
		fflush(stdout);							\
		return -1;							\
	}									\
} while (0)

/* netlink */

static struct mnl_socket *nl;
static int nl_family, nl_lifecycle;
static unsigned int nl_seq;
static char nl_out[8192];
static char ack_text[256];

/* what an answer said, the last one of a dump */
struct answer {
	unsigned int count;
	uint64_t id, lost, seq;
	uint32_t state, reason, pid, uid, kind;
	bool has_uid, has_text, has_seq;
	char name[64];
	char text[128];
};

static struct answer ans;

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000ULL + ts.tv_nsec / 1000000;
}

static struct nlmsghdr *request(int cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl_out);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = nl_family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = ++nl_seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

static void parse_ack(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);
	unsigned int skip = sizeof(*err);
	const struct nlattr *attr;

	ack_text[0] = '\0';
	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		skip += mnl_nlmsg_get_payload_len(&err->msg);
	mnl_attr_for_each(attr, nlh, skip)
		if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG)
			snprintf(ack_text, sizeof(ack_text), "%s", mnl_attr_get_str(attr));
}

typedef int (*answer_fn)(const struct nlmsghdr *nlh);

/* 0 or a negative errno: everything up to the acknowledgement of @seq */
static int receive(struct mnl_socket *s, unsigned int seq, answer_fn fn)
{
	char buf[32768];
	int len;

	for (;;) {
		const struct nlmsghdr *nlh = (void *)buf;

		len = mnl_socket_recvfrom(s, buf, sizeof(buf));
		if (len < 0)
			return -errno;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len)) {
			if (nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				parse_ack(nlh);
				return ((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->error;
			}
			if (nlh->nlmsg_type == NLMSG_DONE)
				return *(int *)mnl_nlmsg_get_payload(nlh);
			if (fn && fn(nlh) < 0)
				return -EBADMSG;
		}
	}
}

static int send_on(struct mnl_socket *s, struct nlmsghdr *nlh)
{
	return mnl_socket_sendto(s, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

static int talk(struct nlmsghdr *nlh, answer_fn fn)
{
	int err = send_on(nl, nlh);

	memset(&ans, 0, sizeof(ans));
	return err ?: receive(nl, nlh->nlmsg_seq, fn);
}

static int take_vm(const struct nlmsghdr *nlh)
{
	const struct nlattr *a;
	unsigned int count = ans.count;

	memset(&ans, 0, sizeof(ans));
	ans.count = count + 1;
	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(a)) {
		case VMI_A_VM_ID:
			ans.id = mnl_attr_get_u64(a);
			break;
		case VMI_A_VM_NAME:
			snprintf(ans.name, sizeof(ans.name), "%s", mnl_attr_get_str(a));
			break;
		case VMI_A_VM_STATE:
			ans.state = mnl_attr_get_u32(a);
			break;
		case VMI_A_VM_REASON:
			ans.reason = mnl_attr_get_u32(a);
			break;
		case VMI_A_VM_PID:
			ans.pid = mnl_attr_get_u32(a);
			break;
		case VMI_A_VM_UID:
			ans.uid = mnl_attr_get_u32(a);
			break;
		case VMI_A_VM_TEXT:
			snprintf(ans.text, sizeof(ans.text), "%s", mnl_attr_get_str(a));
			break;
		}
	}
	return 0;
}

/* dumps are in order of id, each once */
static int take_vms(const struct nlmsghdr *nlh)
{
	uint64_t before = ans.id;

	take_vm(nlh);
	return ans.id > before ? 0 : -1;
}

static int take_event(const struct nlmsghdr *nlh)
{
	const struct nlattr *a;
	struct answer ev = { .count = ans.count + 1, .lost = ans.lost };

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(a)) {
		case VMI_A_EVENT_SEQ:
			ev.has_seq = true;
			ev.seq = mnl_attr_get_u64(a);
			break;
		case VMI_A_EVENT_LOST:
			/* in the first message only */
			if (ev.count != 1)
				return -1;
			ev.lost = mnl_attr_get_u64(a);
			break;
		case VMI_A_EVENT_KIND:
			ev.kind = mnl_attr_get_u32(a);
			break;
		case VMI_A_EVENT_VM_ID:
			ev.id = mnl_attr_get_u64(a);
			break;
		case VMI_A_EVENT_VM:
			snprintf(ev.name, sizeof(ev.name), "%s", mnl_attr_get_str(a));
			break;
		case VMI_A_EVENT_STATE:
			ev.state = mnl_attr_get_u32(a);
			break;
		case VMI_A_EVENT_REASON:
			ev.reason = mnl_attr_get_u32(a);
			break;
		case VMI_A_EVENT_UID:
			ev.has_uid = true;
			break;
		case VMI_A_EVENT_TEXT:
			ev.has_text = true;
			snprintf(ev.text, sizeof(ev.text), "%s", mnl_attr_get_str(a));
			break;
		}
	}
	if (ev.has_seq && ev.seq <= ans.seq)
		return -1;
	ans = ev;
	return 0;
}

static int take_family(const struct nlmsghdr *nlh)
{
	const struct nlattr *a, *g, *x;

	mnl_attr_for_each(a, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			nl_family = mnl_attr_get_u16(a);
		if (mnl_attr_get_type(a) != CTRL_ATTR_MCAST_GROUPS)
			continue;
		mnl_attr_for_each_nested(g, a) {
			const char *name = "";
			int id = 0;

			mnl_attr_for_each_nested(x, g) {
				if (mnl_attr_get_type(x) == CTRL_ATTR_MCAST_GRP_NAME)
					name = mnl_attr_get_str(x);
				if (mnl_attr_get_type(x) == CTRL_ATTR_MCAST_GRP_ID)
					id = mnl_attr_get_u32(x);
			}
			if (!strcmp(name, VMI_MCGRP_LIFECYCLE))
				nl_lifecycle = id;
		}
	}
	return 0;
}

static struct mnl_socket *sock_open(void)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	int one = 1;

	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0)
		return NULL;
	mnl_socket_setsockopt(s, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(s, NETLINK_CAP_ACK, &one, sizeof(one));
	return s;
}

static int nl_start(void)
{
	struct nlmsghdr *nlh;

	nl = sock_open();
	if (!nl)
		return -1;
	nl_family = GENL_ID_CTRL;
	nlh = request(CTRL_CMD_GETFAMILY);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VMI_FAMILY_NAME);
	return talk(nlh, take_family);
}

/* the operations */

static struct nlmsghdr *vm_request(int cmd, const char *name)
{
	struct nlmsghdr *nlh = request(cmd);

	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, name);
	return nlh;
}

static int vm_new(const char *name)
{
	return talk(vm_request(VMI_CMD_VM_NEW, name), take_vm);
}

static int vm_new_flag(const char *name, int flag)
{
	struct nlmsghdr *nlh = vm_request(VMI_CMD_VM_NEW, name);

	mnl_attr_put(nlh, flag, 0, NULL);
	return talk(nlh, take_vm);
}

static int vm_get(const char *name)
{
	return talk(vm_request(VMI_CMD_VM_GET, name), take_vm);
}

static int vm_del(const char *name)
{
	return talk(vm_request(VMI_CMD_VM_DEL, name), NULL);
}

static int vm_dump(void)
{
	struct nlmsghdr *nlh = request(VMI_CMD_VM_GET);

	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	return talk(nlh, take_vms);
}

static int events(uint64_t since)
{
	struct nlmsghdr *nlh = request(VMI_CMD_EVENT_GET);

	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	mnl_attr_put_u64(nlh, VMI_A_EVENT_SINCE, since);
	return talk(nlh, take_event);
}

static unsigned int command_send(struct mnl_socket *s, int op, unsigned int timeout_ms)
{
	struct nlmsghdr *nlh = vm_request(VMI_CMD_VM_COMMAND, VM);

	mnl_attr_put_u32(nlh, VMI_A_VM_COMMAND, op);
	if (timeout_ms)
		mnl_attr_put_u32(nlh, VMI_A_VM_TIMEOUT_MS, timeout_ms);
	memset(&ans, 0, sizeof(ans));
	return send_on(s, nlh) ? 0 : nlh->nlmsg_seq;
}

static int command(int op, unsigned int timeout_ms)
{
	unsigned int seq = command_send(nl, op, timeout_ms);

	return receive(nl, seq, take_vm);
}

static int attach(const char *name)
{
	int dev = open("/dev/vmi", O_RDWR | O_CLOEXEC), fd, saved;
	struct vmi_attach a = {};

	if (dev < 0)
		return -1;
	strncpy(a.name, name, sizeof(a.name) - 1);
	fd = ioctl(dev, VMI_ATTACH, &a);
	saved = errno;
	close(dev);
	errno = saved;
	return fd;
}

static int report(int fd, int state, int reason, const char *text)
{
	struct vmi_vm_state st = { .state = state, .reason = reason };

	strncpy(st.text, text, sizeof(st.text) - 1);
	return ioctl(fd, VMI_VM_STATE, &st);
}

static int reply(int fd, uint64_t id, int error, const char *text)
{
	struct vmi_reply r = { .id = id, .error = error };

	strncpy(r.text, text, sizeof(r.text) - 1);
	return ioctl(fd, VMI_VM_REPLY, &r);
}

/* a VM that runs under this process as its VMM */
static int start(void)
{
	int fd;

	if (vm_new(VM) || (fd = attach(VM)) < 0)
		return -1;
	return report(fd, VMI_STATE_RUNNING, 0, "") ? -1 : fd;
}

/* a process that is the VMM of VM until it is told; returns when it runs */
static pid_t start_child(bool running)
{
	int p[2], fd;
	char c;
	pid_t pid;

	if (pipe(p))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fd = attach(VM);
		if (fd < 0 || (running && report(fd, VMI_STATE_RUNNING, 0, "")))
			_exit(9);
		if (write(p[1], "x", 1) != 1)
			_exit(9);
		for (;;)
			pause();
	}
	close(p[1]);
	if (read(p[0], &c, 1) != 1)
		pid = -1;
	close(p[0]);
	return pid;
}

/* the tests */

static int test_objects(void)
{
	struct nlmsghdr *nlh;
	uint64_t id;

	IS(vm_new(VM), 0);
	CHECK(ans.id);
	id = ans.id;
	IS(vm_get(VM), 0);
	CHECK(ans.id == id && !strcmp(ans.name, VM) && ans.state == VMI_STATE_DEFINED && !ans.pid);
	IS(vm_new(VM), -EEXIST);
	CHECK(strstr(ack_text, VM));
	IS(vm_get("no-such"), -ENOENT);
	CHECK(strstr(ack_text, "no-such"));
	IS(vm_new("-bad"), -EINVAL);
	IS(vm_new(""), -EINVAL);
	IS(vm_new("a/b"), -EINVAL);
	IS(vm_new("\xe4x"), -EINVAL);
	IS(vm_new("1234567890123456789012345678901"), 0);
	IS(vm_del("1234567890123456789012345678901"), 0);
	IS(vm_new("12345678901234567890123456789012"), -EINVAL);
	IS(talk(request(VMI_CMD_VM_NEW), NULL), -EINVAL);
	CHECK(ack_text[0]);
	nlh = vm_request(VMI_CMD_VM_SET, VM);
	mnl_attr_put_strz(nlh, VMI_A_VM_NOTE, "line\nfeed");
	IS(talk(nlh, NULL), -EINVAL);
	nlh = vm_request(VMI_CMD_VM_NEW, "x");
	mnl_attr_put_u32(nlh, VMI_A_VM_VCPUS, 5000);
	IS(talk(nlh, NULL), -EINVAL);
	IS(vm_new_flag(VM, VMI_A_VM_REPLACE), -EBUSY);
	IS(vm_del(VM), 0);
	IS(vm_del(VM), -ENOENT);
	/* an identifier is never used again */
	IS(vm_new(VM), 0);
	CHECK(ans.id > id);
	IS(vm_del(VM), 0);
	return 0;
}

static int test_lifecycle(void)
{
	int fd, other;

	REFUSED(attach("no-such"), ENOENT);
	IS(vm_new(VM), 0);
	IS(command(VMI_COMMAND_PAUSE, 0), -EINVAL);
	CHECK(!strcmp(ack_text, VM " is defined: it cannot be paused"));
	fd = attach(VM);
	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	IS(vm_get(VM), 0);
	CHECK(ans.state == VMI_STATE_STARTING && ans.pid == (uint32_t)getpid());
	REFUSED(attach(VM), EBUSY);
	IS(vm_del(VM), -EBUSY);
	CHECK(strstr(ack_text, "starting"));
	REFUSED(report(fd, VMI_STATE_PAUSED, 0, ""), EINVAL);
	REFUSED(report(fd, VMI_STATE_SAVING, 0, ""), EOPNOTSUPP);
	REFUSED(report(fd, 99, 0, ""), EINVAL);
	REFUSED(report(fd, VMI_STATE_RUNNING, 99, ""), EINVAL);
	IS(report(fd, VMI_STATE_RUNNING, 0, "\x1b[31mred"), 0);
	IS(vm_get(VM), 0);
	CHECK(ans.state == VMI_STATE_RUNNING && !strcmp(ans.text, "?[31mred"));
	REFUSED(report(fd, VMI_STATE_RUNNING, 0, ""), EINVAL);
	IS(report(fd, VMI_STATE_RUNNING, VMI_REASON_GUEST_RESET, ""), 0);
	IS(command(VMI_COMMAND_RESUME, 0), -EINVAL);
	IS(report(fd, VMI_STATE_PAUSED, 0, ""), 0);
	IS(report(fd, VMI_STATE_STOPPING, 0, ""), 0);
	REFUSED(report(fd, VMI_STATE_RUNNING, 0, ""), EINVAL);
	IS(report(fd, VMI_STATE_STOPPED, VMI_REASON_GUEST_POWEROFF, "bye"), 0);
	/* the VM is free at once, though the file is still open, and the file is dead */
	REFUSED(report(fd, VMI_STATE_RUNNING, 0, ""), ENODEV);
	IS(vm_get(VM), 0);
	CHECK(ans.state == VMI_STATE_STOPPED && ans.reason == VMI_REASON_GUEST_POWEROFF && !ans.pid);
	other = attach(VM);
	CHECK(other >= 0);
	close(fd);
	IS(vm_get(VM), 0);
	CHECK(ans.state == VMI_STATE_STARTING);
	close(other);
	IS(vm_get(VM), 0);
	CHECK(ans.state == VMI_STATE_CRASHED && ans.reason == VMI_REASON_START_FAILED);
	IS(vm_new_flag(VM, VMI_A_VM_REPLACE), 0);
	IS(vm_get(VM), 0);
	CHECK(ans.state == VMI_STATE_DEFINED);
	IS(vm_del(VM), 0);

	/* a transient one goes when it stops in order, and stays when it crashes */
	IS(vm_new_flag(VM, VMI_A_VM_TRANSIENT), 0);
	fd = attach(VM);
	close(fd);
	IS(vm_get(VM), 0);
	fd = attach(VM);
	IS(report(fd, VMI_STATE_STOPPED, 0, ""), 0);
	IS(vm_get(VM), -ENOENT);
	close(fd);
	return 0;
}

static int vmm_answer(int fd, int op, int state, int error, const char *text)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct vmi_cmd cmd;

	IS(poll(&p, 1, 5000), 1);
	IS(read(fd, &cmd, sizeof(cmd)), (long)sizeof(cmd));
	CHECK((int)cmd.op == op);
	if (state >= 0)
		IS(report(fd, state, VMI_REASON_REQUEST, ""), 0);
	IS(reply(fd, cmd.id, error, text), 0);
	REFUSED(reply(fd, cmd.id, error, text), ENOENT);
	return 0;
}

static int test_commands(void)
{
	struct pollfd p = { .events = POLLIN };
	struct vmi_cmd cmd[4];
	unsigned int seq, seq2;
	int fd = start();

	CHECK(fd >= 0);
	p.fd = fd;
	CHECK(!fcntl(fd, F_SETFL, O_NONBLOCK));
	REFUSED(read(fd, cmd, sizeof(cmd)), EAGAIN);
	REFUSED(read(fd, cmd, sizeof(cmd[0]) - 1), EINVAL);

	seq = command_send(nl, VMI_COMMAND_PAUSE, 0);
	IS(vmm_answer(fd, VMI_COMMAND_PAUSE, VMI_STATE_PAUSED, 0, ""), 0);
	IS(receive(nl, seq, take_vm), 0);
	CHECK(ans.count == 1 && ans.state == VMI_STATE_PAUSED && !strcmp(ans.name, VM));

	/* the VMM refuses, with its words */
	seq = command_send(nl, VMI_COMMAND_RESUME, 0);
	IS(vmm_answer(fd, VMI_COMMAND_RESUME, -1, -EIO, "no"), 0);
	IS(receive(nl, seq, NULL), -EIO);
	CHECK(!strcmp(ack_text, "no"));

	/* it says yes and has not done it */
	seq = command_send(nl, VMI_COMMAND_RESUME, 0);
	IS(vmm_answer(fd, VMI_COMMAND_RESUME, -1, 0, ""), 0);
	IS(receive(nl, seq, NULL), -EPROTO);
	CHECK(strstr(ack_text, "paused") && strstr(ack_text, "running"));

	/* a bad buffer loses no command, and one read takes all that fit */
	seq = command_send(nl, VMI_COMMAND_RESUME, 0);
	seq2 = command_send(nl, VMI_COMMAND_RESET, 0);
	REFUSED(syscall(SYS_read, fd, NULL, sizeof(cmd)), EFAULT);
	IS(read(fd, cmd, sizeof(cmd)), (long)(2 * sizeof(cmd[0])));
	CHECK(cmd[0].op == VMI_COMMAND_RESUME && cmd[1].op == VMI_COMMAND_RESET);
	/* answered in the other order */
	IS(reply(fd, cmd[1].id, 0, ""), 0);
	IS(receive(nl, seq2, take_vm), 0);
	IS(report(fd, VMI_STATE_RUNNING, 0, ""), 0);
	IS(reply(fd, cmd[0].id, 0, ""), 0);
	IS(receive(nl, seq, take_vm), 0);

	REFUSED(reply(fd, 12345, 0, ""), ENOENT);
	REFUSED(reply(fd, 1, 5, ""), EINVAL);

	/* to end is what poweroff asks for: it need not be answered */
	seq = command_send(nl, VMI_COMMAND_POWEROFF, 0);
	IS(report(fd, VMI_STATE_STOPPED, VMI_REASON_REQUEST, ""), 0);
	IS(receive(nl, seq, take_vm), 0);
	CHECK(ans.state == VMI_STATE_STOPPED);
	IS(poll(&p, 1, 0), 1);
	CHECK(p.revents & POLLHUP);
	IS(read(fd, cmd, sizeof(cmd)), 0);
	close(fd);
	IS(vm_del(VM), 0);
	return 0;
}

static int test_timeout(void)
{
	struct mnl_socket *gone;
	struct vmi_cmd cmd;
	uint64_t t;
	int fd = start(), i;
	unsigned int seq[CMDS_MAX];

	CHECK(fd >= 0);
	t = now_ms();
	IS(command(VMI_COMMAND_PAUSE, 200), -ETIMEDOUT);
	t = now_ms() - t;
	CHECK(t >= 190 && t < 3000);
	CHECK(strstr(ack_text, "200 ms"));
	/* it was not read in time, and is not there any more */
	CHECK(!fcntl(fd, F_SETFL, O_NONBLOCK));
	REFUSED(read(fd, &cmd, sizeof(cmd)), EAGAIN);
	seq[0] = command_send(nl, VMI_COMMAND_PAUSE, 100);
	IS(read(fd, &cmd, sizeof(cmd)), (long)sizeof(cmd));
	IS(receive(nl, seq[0], NULL), -ETIMEDOUT);
	REFUSED(reply(fd, cmd.id, 0, ""), ENOENT);

	/* a client that goes away harms nothing */
	gone = sock_open();
	CHECK(command_send(gone, VMI_COMMAND_PAUSE, 60000));
	IS(read(fd, &cmd, sizeof(cmd)), (long)sizeof(cmd));
	mnl_socket_close(gone);
	IS(reply(fd, cmd.id, -EIO, ""), 0);

	/* so many and no more; all fail when the VMM goes */
	for (i = 0; i < CMDS_MAX; i++)
		seq[i] = command_send(nl, VMI_COMMAND_PAUSE, 600000);
	IS(command(VMI_COMMAND_PAUSE, 0), -EBUSY);
	IS(read(fd, &cmd, sizeof(cmd)), (long)sizeof(cmd));
	close(fd);
	for (i = 0; i < CMDS_MAX; i++) {
		IS(receive(nl, seq[i], NULL), -ECONNRESET);
		CHECK(strstr(ack_text, "crashed"));
	}
	IS(vm_del(VM), 0);
	return 0;
}

static int test_death(void)
{
	static const int signals[] = { SIGKILL, SIGSEGV, SIGTERM, SIGABRT };
	char want[32];
	unsigned int i;
	pid_t pid;

	IS(vm_new(VM), 0);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		pid = start_child(true);
		CHECK(pid > 0);
		IS(vm_get(VM), 0);
		CHECK(ans.pid == (uint32_t)pid);
		kill(pid, signals[i]);
		waitpid(pid, NULL, 0);
		IS(vm_get(VM), 0);
		snprintf(want, sizeof(want), "signal %d", signals[i]);
		CHECK(ans.state == VMI_STATE_CRASHED && ans.reason == VMI_REASON_VMM_DIED);
		CHECK(strstr(ans.text, want));
	}
	pid = start_child(true);
	CHECK(pid > 0);
	IS(command(VMI_COMMAND_KILL, 0), 0);
	waitpid(pid, NULL, 0);
	IS(vm_get(VM), 0);
	CHECK(ans.state == VMI_STATE_STOPPED && ans.reason == VMI_REASON_KILLED);
	IS(command(VMI_COMMAND_KILL, 0), -EINVAL);
	IS(vm_del(VM), 0);
	return 0;
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static int test_sigstop(void)
{
	uint64_t c, best = UINT64_MAX;
	pid_t pid;
	int i;

	IS(vm_new(VM), 0);
	pid = start_child(true);
	CHECK(pid > 0);
	kill(pid, SIGSTOP);
	waitpid(pid, NULL, WUNTRACED);
	/* the best of some: what else this machine does is not measured */
	for (i = 0; i < 10; i++) {
		c = cpu_ns();
		IS(vm_get(VM), 0);
		IS(vm_dump(), 0);
		c = cpu_ns() - c;
		best = c < best ? c : best;
	}
	printf("# get and dump with a stopped VMM: %llu us of CPU time\n",
	       (unsigned long long)best / 1000);
	CHECK(best < 10000000);
	IS(command(VMI_COMMAND_PAUSE, 300), -ETIMEDOUT);
	IS(command(VMI_COMMAND_KILL, 0), 0);
	waitpid(pid, NULL, 0);
	IS(vm_del(VM), 0);
	return 0;
}

/* run a test as another user: 0 or -1 */
static int as_nobody(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
			_exit(9);
		if (nl_start())
			_exit(9);
		_exit(fn() ? 1 : 0);
	}
	waitpid(pid, &status, 0);
	return status ? -1 : 0;
}

static uint64_t since;

static int nobody_sees(void)
{
	struct nlmsghdr *nlh;

	IS(vm_get(VM), -ENOENT);
	CHECK(!strcmp(ack_text, "there is no VM " VM));
	IS(vm_del(VM), -ENOENT);
	IS(command(VMI_COMMAND_KILL, 0), -ENOENT);
	REFUSED(attach(VM), EPERM);
	IS(vm_dump(), 0);
	CHECK(!ans.count);
	IS(events(since), 0);
	CHECK(!ans.count);
	/* the name is taken all the same */
	IS(vm_new(VM), -EEXIST);
	IS(vm_new_flag(VM, VMI_A_VM_REPLACE), -EEXIST);
	nlh = vm_request(VMI_CMD_VM_NEW, "nobodys");
	mnl_attr_put_u32(nlh, VMI_A_VM_UID, 0);
	IS(talk(nlh, NULL), -EPERM);
	nlh = request(VMI_CMD_NET_NEW);
	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, "nobodys");
	IS(talk(nlh, NULL), -EPERM);
	IS(vm_new("nobodys"), 0);
	IS(vm_get("nobodys"), 0);
	CHECK(ans.uid == NOBODY);
	IS(vm_dump(), 0);
	CHECK(ans.count == 1);
	IS(events(since), 0);
	CHECK(ans.count == 1 && !strcmp(ans.name, "nobodys"));
	return 0;
}

static int test_access(void)
{
	struct nlmsghdr *nlh;
	int fd;

	IS(events(0), 0);
	since = ans.seq;
	IS(vm_new(VM), 0);
	IS(as_nobody(nobody_sees), 0);
	IS(vm_get("nobodys"), 0);
	CHECK(ans.uid == NOBODY);
	IS(vm_del("nobodys"), 0);
	/* given away, but not while it runs */
	fd = attach(VM);
	CHECK(fd >= 0);
	nlh = vm_request(VMI_CMD_VM_SET, VM);
	mnl_attr_put_u32(nlh, VMI_A_VM_UID, NOBODY);
	IS(talk(nlh, NULL), -EBUSY);
	close(fd);
	nlh = vm_request(VMI_CMD_VM_SET, VM);
	mnl_attr_put_u32(nlh, VMI_A_VM_UID, NOBODY);
	IS(talk(nlh, NULL), 0);
	IS(vm_get(VM), 0);
	CHECK(ans.uid == NOBODY);
	IS(vm_del(VM), 0);
	return 0;
}

static int nobody_fills(void)
{
	char name[32];
	int i;

	for (i = 0; i < LIMIT; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		IS(vm_new(name), 0);
	}
	IS(vm_new("one-more"), -EDQUOT);
	for (i = 0; i < LIMIT; i++) {
		snprintf(name, sizeof(name), "many-%d", i);
		IS(vm_del(name), 0);
	}
	return 0;
}

static int test_limit(void)
{
	return as_nobody(nobody_fills);
}

/* A dump of several messages, and VMs come and go between them. */
static int test_dump(void)
{
	struct nlmsghdr *nlh;
	struct mnl_socket *s;
	char name[32];
	unsigned int seq;
	int i;

	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "dump-%d", i);
		IS(vm_new(name), 0);
	}
	IS(vm_dump(), 0);
	IS(ans.count, MANY);
	s = sock_open();
	nlh = request(VMI_CMD_VM_GET);
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	seq = nlh->nlmsg_seq;
	IS(send_on(s, nlh), 0);
	for (i = 0; i < 50; i++) {
		snprintf(name, sizeof(name), "dump-%d", i);
		IS(vm_del(name), 0);
	}
	/* those of the first message are shown, of the others none twice and none left out */
	memset(&ans, 0, sizeof(ans));
	IS(receive(s, seq, take_vms), 0);
	CHECK(ans.count >= MANY - 50 && ans.count <= MANY);
	CHECK(!strcmp(ans.name, "dump-299"));
	mnl_socket_close(s);
	for (i = 50; i < MANY; i++) {
		snprintf(name, sizeof(name), "dump-%d", i);
		IS(vm_del(name), 0);
	}
	return 0;
}

/* the next notification, or -1 after a second */
static int notification(struct mnl_socket *s)
{
	struct pollfd p = { .fd = mnl_socket_get_fd(s), .events = POLLIN };
	char buf[8192];
	int len;

	if (poll(&p, 1, 1000) != 1)
		return -1;
	len = mnl_socket_recvfrom(s, buf, sizeof(buf));
	return len < 0 ? -1 : take_event((void *)buf);
}

static int test_events(void)
{
	struct mnl_socket *s = sock_open();
	static const struct { uint32_t kind, state; } want[] = {
		{ VMI_EVENT_KIND_VM_NEW, VMI_STATE_DEFINED },
		{ VMI_EVENT_KIND_VM_STATE, VMI_STATE_STARTING },
		{ VMI_EVENT_KIND_VM_STATE, VMI_STATE_RUNNING },
		{ VMI_EVENT_KIND_VM_STATE, VMI_STATE_CRASHED },
		{ VMI_EVENT_KIND_VM_DEL, VMI_STATE_CRASHED },
	};
	uint64_t before;
	unsigned int i;
	int fd;

	IS(events(0), 0);
	before = ans.seq;
	CHECK(!mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &nl_lifecycle,
				     sizeof(nl_lifecycle)));
	fd = start();
	CHECK(fd >= 0);
	close(fd);
	IS(vm_del(VM), 0);
	memset(&ans, 0, sizeof(ans));
	for (i = 0; i < 5; i++) {
		IS(notification(s), 0);
		CHECK(ans.seq == before + 1 + i);
		CHECK(ans.kind == want[i].kind && ans.state == want[i].state);
		CHECK(!strcmp(ans.name, VM));
		/* the groups are open to everybody */
		CHECK(!ans.has_text && !ans.has_uid);
	}
	mnl_socket_close(s);
	/* the dump says more, and knows where to begin */
	IS(events(before), 0);
	CHECK(ans.count == 5 && ans.has_uid && ans.seq == before + 5 && !ans.lost);
	IS(events(before + 3), 0);
	CHECK(ans.count == 2);
	IS(events(before + 5), 0);
	CHECK(!ans.count);
	/* a number of before the module was loaded anew: all there is */
	IS(events(UINT64_MAX), 0);
	CHECK(ans.count >= 5 && ans.seq == before + 5);
	return 0;
}

static int nobody_lost(void)
{
	IS(events(since), 0);
	/* it sees nothing, and learns how many numbers are gone */
	CHECK(ans.count == 1 && !ans.has_seq && ans.lost == 104);
	return 0;
}

static int test_replay(void)
{
	int i;

	IS(events(0), 0);
	since = ans.seq;
	for (i = 0; i < (RING + 104) / 2; i++) {
		IS(vm_new(VM), 0);
		IS(vm_del(VM), 0);
	}
	IS(events(since), 0);
	CHECK(ans.count == RING && ans.lost == 104 && ans.seq == since + RING + 104);
	IS(events(since + 104), 0);
	CHECK(ans.count == RING && !ans.lost);
	return as_nobody(nobody_lost);
}

static int test_netns(void)
{
	int status, fd = start();
	pid_t pid;

	CHECK(fd >= 0);
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET) || nl_start())
			_exit(9);
		_exit(vm_get(VM) || command(VMI_COMMAND_PAUSE, 100) != -ETIMEDOUT);
	}
	waitpid(pid, &status, 0);
	IS(status, 0);
	/* one whose network namespace goes with it, while its command waits */
	pid = fork();
	if (!pid) {
		if (unshare(CLONE_NEWNET) || nl_start())
			_exit(9);
		_exit(!command_send(nl, VMI_COMMAND_PAUSE, 600000));
	}
	waitpid(pid, &status, 0);
	IS(status, 0);
	close(fd);
	IS(vm_del(VM), 0);
	return 0;
}

static int net_op(int cmd, const char *name)
{
	struct nlmsghdr *nlh = request(cmd);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	if (cmd == VMI_CMD_NET_NEW) {
		mnl_attr_put_u32(nlh, VMI_A_NET_SUBNET, inet_addr("192.0.2.0"));
		mnl_attr_put_u32(nlh, VMI_A_NET_FLAGS, 1 << VMI_NET_FLAG_NO_HOST);
	}
	return talk(nlh, NULL);
}

static int unload(void)
{
	return syscall(SYS_delete_module, "vmi", O_NONBLOCK);
}

static int load(void)
{
	const char *file = getenv("VMI_KO");
	int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1, ret;

	if (fd < 0)
		return system("modprobe vmi");
	ret = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret;
}

/* refused by each thing that exists, and clean when the last one has gone */
static int test_rmmod(void)
{
	struct vmi_session_open so = { .name = VM, .rights = VMI_RIGHT_READ };
	uint64_t end = now_ms() + 5000;
	int dev, fd, sess;

	IS(vm_new(VM), 0);
	REFUSED(unload(), EAGAIN);
	fd = attach(VM);
	dev = open("/dev/vmi", O_RDWR);
	CHECK(fd >= 0 && dev >= 0);
	sess = ioctl(dev, VMI_SESSION, &so);
	CHECK(sess >= 0);
	close(fd);
	close(dev);
	IS(vm_del(VM), 0);
	REFUSED(unload(), EAGAIN);
	close(sess);
	IS(net_op(VMI_CMD_NET_NEW, VM), 0);
	REFUSED(unload(), EAGAIN);
	IS(net_op(VMI_CMD_NET_DEL, VM), 0);
	dev = open("/dev/vmi", O_RDWR);
	CHECK(dev >= 0);
	REFUSED(unload(), EAGAIN);
	close(dev);

	/* what others have just closed may not be gone yet */
	while ((fd = unload()) && errno == EAGAIN && now_ms() < end)
		poll(NULL, 0, 10);
	IS(fd, 0);
	CHECK(access("/dev/vmi", F_OK) && access("/proc/vmi", F_OK));
	IS(load(), 0);
	IS(nl_start(), 0);
	IS(vm_dump(), 0);
	IS(ans.count, 0);
	return 0;
}

static int test_reserved(void)
{
	struct vmi_vm_info info = { .vcpus = 1 };
	struct vmi_attach a = { .flags = 1, .name = VM };
	struct vmi_reply r = { .pad = 1 };
	int dev = open("/dev/vmi", O_RDWR), fd;
	void *ro;

	IS(vm_new(VM), 0);
	REFUSED(ioctl(dev, VMI_ATTACH, &a), EINVAL);
	a.flags = 0;
	memset(a.name, 'x', sizeof(a.name));
	REFUSED(ioctl(dev, VMI_ATTACH, &a), EINVAL);
	REFUSED(ioctl(dev, VMI_ATTACH, NULL), EFAULT);
	REFUSED(ioctl(dev, 0xb7ff, NULL), ENOTTY);
	/* one that cannot be told its file has none: the VM is free again */
	ro = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	strcpy(((struct vmi_attach *)ro)->name, VM);
	mprotect(ro, 4096, PROT_READ);
	REFUSED(ioctl(dev, VMI_ATTACH, ro), EFAULT);
	munmap(ro, 4096);
	fd = attach(VM);
	CHECK(fd >= 0);
	IS(ioctl(fd, VMI_VM_INFO, &info), 0);
	info.pad = 1;
	REFUSED(ioctl(fd, VMI_VM_INFO, &info), EINVAL);
	info = (struct vmi_vm_info){ .vcpus = 0 };
	REFUSED(ioctl(fd, VMI_VM_INFO, &info), EINVAL);
	info.vcpus = 4097;
	REFUSED(ioctl(fd, VMI_VM_INFO, &info), EINVAL);
	info.vcpus = 1;
	memset(info.console, 'c', sizeof(info.console));
	REFUSED(ioctl(fd, VMI_VM_INFO, &info), EINVAL);
	REFUSED(ioctl(fd, VMI_VM_REPLY, &r), EINVAL);
	close(fd);
	close(dev);
	IS(vm_del(VM), 0);
	return 0;
}

/* all at once: nothing is checked but that it ends, and the kernel's own checks */

static void race_vmm(void)
{
	struct vmi_cmd cmd;
	int fd = attach(VM);

	if (fd < 0)
		return;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	report(fd, VMI_STATE_RUNNING, 0, "");
	while (random() % 8) {
		if (read(fd, &cmd, sizeof(cmd)) == sizeof(cmd))
			reply(fd, cmd.id, random() % 2 ? 0 : -EIO, "");
		report(fd, random() % (VMI_STATE_CRASHED + 1), 0, "");
		if (random() % 32 == 0)
			kill(getpid(), SIGKILL);
	}
	close(fd);
}

static void race_command(void)
{
	struct mnl_socket *s = sock_open();

	while (s && random() % 8)
		command_send(s, random() % 5, 1 + random() % 20);
	if (s)
		mnl_socket_close(s);
}

static void race_query(void)
{
	vm_dump();
	vm_get(VM);
	events(0);
}

static void race_object(void)
{
	vm_new_flag(VM, random() % 2 ? VMI_A_VM_REPLACE : VMI_A_VM_TRANSIENT);
	if (random() % 4 == 0)
		vm_del(VM);
	if (random() % 16 == 0)
		command(VMI_COMMAND_KILL, 0);
}

static void race_loop(void (*fn)(void), unsigned int seed)
{
	uint64_t end = now_ms() + 5000;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srandom(seed);
	if (nl_start())
		_exit(9);
	while (now_ms() < end)
		fn();
	_exit(0);
}

static int test_race(void)
{
	static void (* const fns[])(void) = {
		race_vmm, race_vmm, race_command, race_command, race_query, race_object,
	};
	unsigned int n = sizeof(fns) / sizeof(fns[0]), left = n, seed = 0, i;
	uint64_t end = now_ms() + 5000;
	pid_t pids[sizeof(fns) / sizeof(fns[0])], pid;
	int status;

	for (i = 0; i < n; i++) {
		pids[i] = fork();
		if (!pids[i])
			race_loop(fns[i], ++seed + i);
	}
	while (left) {
		pid = wait(&status);
		CHECK(pid > 0);
		for (i = 0; i < n && pids[i] != pid; i++)
			;
		CHECK(i < n);
		/* a VMM that was killed has a successor */
		if (WIFSIGNALED(status) && now_ms() < end) {
			seed += n;
			pids[i] = fork();
			if (!pids[i])
				race_loop(fns[i], seed + i);
			continue;
		}
		CHECK(WIFSIGNALED(status) || !WEXITSTATUS(status));
		left--;
	}
	vm_del(VM);
	IS(vm_get(VM), -ENOENT);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "VMs are made, shown and deleted", test_objects },
	{ "the lifecycle is the protocol's", test_lifecycle },
	{ "commands go to the VMM and back", test_commands },
	{ "commands have a time limit", test_timeout },
	{ "a VMM that dies is seen", test_death },
	{ "a stopped VMM holds up nobody", test_sigstop },
	{ "others' VMs are neither seen nor changed", test_access },
	{ "an owner has a limited number of VMs", test_limit },
	{ "a dump goes on by identifier", test_dump },
	{ "events are numbered and in order", test_events },
	{ "the replay ring says what is lost", test_replay },
	{ "other network namespaces are served", test_netns },
	{ "rmmod is refused while something exists", test_rmmod },
	{ "reserved fields are zero", test_reserved },
	{ "everybody at once", test_race },
};

/* in a process of its own, so that whatever it leaves open is closed */
static int run(int (*fn)(void))
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(nl_start() || fn());
	waitpid(pid, &status, 0);
	/* the family may have another number now */
	if (status && !nl_start())
		vm_del(VM);
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

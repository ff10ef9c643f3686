// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ctl.h"
#include "session.h"

#define LOOK_AGAIN_MS	500	/* whether the VM is still there: nothing tells of its end */

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int count_vcpus(struct session *s)
{
	struct vmi_vm vm;
	struct vmi_nl *nl;
	int ret = ctl_open(&nl);

	if (ret)
		return ret;
	ret = vmi_vm_get(nl, s->name, &vm);
	if (ret)
		ret = fail_nl(nl, ret, "cannot see %s", s->name);
	else
		s->vcpus = vm.vcpus;
	vmi_nl_close(nl);
	return ret;
}

int session_open(struct session *s, const char *name, uint32_t rights)
{
	int ret;

	s->name = name;
	if (check_name(name))
		return EXIT_USAGE;
	s->fd = vmi_session_open(name, rights);
	if (s->fd == -ENOENT)
		return fail(EXIT_NO_OBJECT, "there is no VM %s that was started", name);
	if (s->fd == -ENODEV)
		return fail(EXIT_FAILED, "%s does not run: it has no vCPUs", name);
	if (s->fd < 0)
		return fail_errno(s->fd, "cannot look into %s", name);
	s->signals = open_signals();
	if (s->signals < 0)
		ret = fail_errno(errno, "cannot wait for signals");
	else
		ret = count_vcpus(s);
	if (ret)
		session_close(s);
	return ret;
}

void session_close(struct session *s)
{
	if (s->signals >= 0)
		close(s->signals);
	close(s->fd);
}

int session_fail(const struct session *s, int err, const char *what)
{
	if (err == -ENODEV)
		return fail(EXIT_FAILED, "%s: %s does not run any more", what, s->name);
	if (err == -ETIMEDOUT)
		return fail(EXIT_TIMEOUT, "%s: the VMM of %s did not answer in time", what, s->name);
	if (err == -EOPNOTSUPP)
		return fail(EXIT_FAILED, "%s: the VMM of %s cannot do that", what, s->name);
	return fail_errno(err, "%s: %s", what, s->name);
}

int session_check_vcpu(const struct session *s, uint32_t vcpu)
{
	if (vcpu < s->vcpus)
		return 0;
	return fail(EXIT_NO_OBJECT, "%s has no vCPU %u: they are 0 to %u", s->name, vcpu,
		    s->vcpus - 1);
}

void session_wait(const struct session *s, uint32_t ms)
{
	struct pollfd p = { .fd = s->signals, .events = POLLIN };
	struct vmi_sess_info info;
	bool limited = ms;
	uint32_t slice;

	do {
		slice = limited && ms < LOOK_AGAIN_MS ? ms : LOOK_AGAIN_MS;
		if (poll(&p, 1, (int)slice) > 0 || vmi_session_info(s->fd, &info))
			return;
		ms -= limited ? slice : 0;
	} while (!limited || ms);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/vmi.h>

#include "client.h"
#include "ctl.h"
#include "launch.h"
#include "paths.h"
#include "policy.h"

#define VMM	"vmi-vmm"

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	(void)sig;
	interrupted = 1;
}

static bool usable(const char *dir, const char *sub, char *buf, size_t size)
{
	int len = snprintf(buf, size, "%s/%s" VMM, dir, sub);

	return len > 0 && (size_t)len < size && !access(buf, X_OK);
}

/* beside vmictl, where the build and the installation have it, in PATH */
static bool find_vmm(char buf[PATH_MAX])
{
	static const char *const subs[] = { "", "../vmm/", "../libexec/vmi/", "../libexec/" };
	const char *env = getenv("VMI_VMM");
	char self[PATH_MAX], *path, *dir, *rest;
	bool found = false;
	ssize_t len;
	size_t i;

	if (env && env[0]) {
		/* the child runs it from another directory */
		if (!realpath(env, buf))
			snprintf(buf, PATH_MAX, "%s", env);
		return true;
	}
	len = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (len > 0) {
		self[len] = '\0';
		*strrchr(self, '/') = '\0';
		for (i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
			if (usable(self, subs[i], buf, PATH_MAX))
				return true;
	}
	path = strdup(getenv("PATH") ?: "");
	if (!path)
		return false;
	for (dir = strtok_r(path, ":", &rest); dir && !found; dir = strtok_r(NULL, ":", &rest))
		found = usable(dir, "", buf, PATH_MAX);
	free(path);
	return found;
}

/**
 * struct files - what a running VM has on disk
 * @vmm: program
 * @console: its console's socket
 * @log: its log
 */
struct files {
	char vmm[PATH_MAX];
	char console[VMI_PATH_LEN];
	char log[PATH_MAX];
};

static int prepare_files(const struct def *def, struct files *files)
{
	char old[PATH_MAX];
	int ret;

	if (!find_vmm(files->vmm))
		return fail(EXIT_FAILED,
			    "there is no " VMM " beside vmictl, in libexec or in PATH (VMI_VMM can name it)");
	ret = path_run(def->name, RUN_CONSOLE, files->console, sizeof(files->console));
	if (!ret)
		ret = path_run(def->name, RUN_LOG, files->log, sizeof(files->log));
	if (!ret)
		ret = path_run(def->name, RUN_OLD_LOG, old, sizeof(old));
	if (ret)
		return ret;
	ret = path_make_dirs(files->log);
	if (ret)
		return fail_errno(ret, "cannot make the directory of %s", files->log);
	/* the last log tells why the VM crashed: keep it through one start */
	rename(files->log, old);
	unlink(files->console);
	return 0;
}

static int take_name(struct vmi_nl *nl, const struct def *def, const struct launch *how)
{
	const struct vmi_vm_spec spec = {
		.name = def->name,
		.vcpus = def->cpus,
		.mem_bytes = def->mem_bytes,
		.note = def->note[0] ? def->note : NULL,
		.transient = how->transient,
		.replace = how->replace,
	};
	struct vmi_vm vm;
	int ret = vmi_vm_new(nl, &spec);

	if (ret != -EBUSY || how->transient)
		return ret;
	/*
	 * Defined and never started: left by a start that was killed, as the
	 * lock on the definition keeps out one that is under way.
	 */
	if (!vmi_vm_get(nl, def->name, &vm) && vm.state == VMI_STATE_DEFINED)
		vmi_vm_del(nl, def->name);
	return vmi_vm_new(nl, &spec);
}

/* what def_set() has found to be right */
static void policy_of(const struct def_net *net, struct vmi_policy_spec *spec)
{
	char copy[DEF_POLICY_LEN], *field, *rest;

	strcpy(copy, net->policy);
	for (field = strtok_r(copy, ",", &rest); field; field = strtok_r(NULL, ",", &rest))
		policy_field(field, spec);
}

static int add_ports(struct vmi_nl *nl, const struct def *def)
{
	unsigned int i;

	for (i = 0; i < def->nnets; i++) {
		const struct def_net *net = &def->nets[i];
		struct vmi_port_spec spec = {
			.vm = def->name,
			.net = net->name,
			.has_mac = net->has_mac,
			.ip = net->ip,
			.pairs = net->queues,
		};
		int ret;

		if (!spec.pairs)
			spec.pairs = def->cpus < VMI_PAIRS_MAX ? def->cpus : VMI_PAIRS_MAX;
		memcpy(spec.mac, net->mac, sizeof(spec.mac));
		policy_of(net, &spec.policy);
		ret = vmi_port_new(nl, &spec);
		if (ret)
			return fail_nl(nl, ret, "cannot connect %s to network %s",
				       def->name, net->name);
	}
	return 0;
}

/* the child: becomes the VMM, with nothing of ours but the fd to report to */
static void __attribute__((noreturn))
become_vmm(const struct def *def, const struct files *files, int ready)
{
	char memory[32], cpus[16], fd[16];
	const char *argv[32];
	sigset_t none;
	int null, n = 0;

	snprintf(memory, sizeof(memory), "%" PRIu64, def->mem_bytes >> 20);
	snprintf(cpus, sizeof(cpus), "%u", def->cpus);
	snprintf(fd, sizeof(fd), "%d", STDERR_FILENO + 1);
	argv[n++] = files->vmm;
	argv[n++] = "--name";
	argv[n++] = def->name;
	argv[n++] = "--kernel";
	argv[n++] = def->kernel;
	if (def->initrd[0]) {
		argv[n++] = "--initrd";
		argv[n++] = def->initrd;
	}
	argv[n++] = "--append";
	argv[n++] = def->append;
	argv[n++] = "--memory";
	argv[n++] = memory;
	argv[n++] = "--cpus";
	argv[n++] = cpus;
	argv[n++] = "--console";
	argv[n++] = files->console;
	argv[n++] = "--log";
	argv[n++] = files->log;
	argv[n++] = "--ready-fd";
	argv[n++] = fd;
	argv[n] = NULL;

	setsid();
	/* socket and log hold what the guest says: the owner's alone */
	umask(077);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	/* out of the way of 0 to 3 first, as it may be one of them */
	ready = fcntl(ready, F_DUPFD, STDERR_FILENO + 2);
	null = open("/dev/null", O_RDWR);
	if (ready < 0 || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
	    dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0 ||
	    dup2(ready, STDERR_FILENO + 1) < 0 || chdir("/"))
		_exit(EXIT_FAILED);
	closefrom(STDERR_FILENO + 2);
	execv(files->vmm, (char *const *)argv);
	dprintf(STDERR_FILENO + 1, "cannot run %s: %s\n", files->vmm, strerror(errno));
	_exit(EXIT_FAILED);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Read the VMM's sentence. Return: 0 for a line or the end, or a negative errno. */
static int read_word(int fd, uint32_t timeout_ms, char *buf, size_t size)
{
	int64_t deadline_ms = now_ms() + timeout_ms;
	size_t len = 0;

	buf[0] = '\0';
	while (!strchr(buf, '\n') && len < size - 1) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };
		int64_t left_ms = deadline_ms - now_ms();
		ssize_t n;
		int ret;

		if (interrupted)
			return -EINTR;
		ret = poll(&pfd, 1, left_ms < 0 ? 0 : (int)left_ms);
		if (ret < 0 && errno == EINTR)
			continue;
		if (ret < 0)
			return -errno;
		if (!ret)
			return -ETIMEDOUT;
		n = read(fd, buf + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		len += (size_t)n;
		buf[len] = '\0';
	}
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

/* Return: 0 when the guest runs, or an exit code after the message. */
static int judge(const struct def *def, const struct files *files, int ret,
		 const char *word, uint32_t timeout_ms)
{
	bool logged = !access(files->log, F_OK);
	const char *see = logged ? "; see " : "", *log = logged ? files->log : "";

	if (ret == -ETIMEDOUT)
		return fail(EXIT_TIMEOUT, "%s did not run within %g s%s%s", def->name,
			    timeout_ms / 1000.0, see, log);
	if (ret == -EINTR)
		return fail(EXIT_FAILED, "interrupted, %s is not started", def->name);
	if (ret)
		return fail_errno(ret, "cannot hear of %s", def->name);
	if (!word[0])
		return fail(EXIT_FAILED, "the VMM of %s ended without a word%s%s", def->name,
			    see, log);
	if (strcmp(word, "ok"))
		return fail(EXIT_FAILED, "cannot start %s: %s", def->name, word);
	return 0;
}

static int start_vmm(const struct def *def, const struct files *files, uint32_t timeout_ms)
{
	char word[512];
	int fds[2], ret;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC))
		return fail_errno(errno, "cannot make a pipe");
	pid = fork();
	if (pid < 0) {
		ret = fail_errno(errno, "cannot fork");
		close(fds[1]);
		close(fds[0]);
		return ret;
	}
	if (!pid)
		become_vmm(def, files, fds[1]);
	close(fds[1]);
	ret = read_word(fds[0], timeout_ms, word, sizeof(word));
	ret = judge(def, files, ret, word, timeout_ms);
	close(fds[0]);
	if (ret) {
		/* reaped, so its VM file is closed before the VM is deleted */
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		unlink(files->console);
		/* the VMM's sentence says all; without one the log may */
		if (word[0])
			unlink(files->log);
	}
	return ret;
}

int launch(struct vmi_nl *nl, const struct def *def, const struct launch *how)
{
	const struct sigaction act = { .sa_handler = on_signal };
	struct files files;
	int ret;

	/* from here on an interrupt must not leave a half-made VM */
	sigaction(SIGINT, &act, NULL);
	sigaction(SIGTERM, &act, NULL);
	ret = take_name(nl, def, how);
	if (ret) {
		if (ret != -EEXIST || how->replace)
			ret = fail_nl(nl, ret, "cannot start %s", def->name);
		goto out;
	}
	ret = prepare_files(def, &files);
	if (!ret)
		ret = add_ports(nl, def);
	if (!ret)
		ret = start_vmm(def, &files, how->timeout_ms);
	if (ret)
		vmi_vm_del(nl, def->name);
out:
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	return ret;
}

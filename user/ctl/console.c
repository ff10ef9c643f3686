// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "console.h"
#include "verbs.h"

#define ESCAPE_KEY	0x1d	/* Ctrl-] */

static volatile sig_atomic_t ended;

static void on_signal(int sig)
{
	(void)sig;
	ended = 1;
}

static int connect_to(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr))) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

static int write_all(int fd, const char *buf, size_t len)
{
	while (len) {
		ssize_t n = write(fd, buf, len);

		if (n < 0 && errno == EINTR && !ended)
			continue;
		if (n < 0)
			return -errno;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/**
 * struct link - terminal and console
 * @sock: console
 * @tty: the input is a terminal, where the escape key counts
 * @input_open: there may be more input
 * @linger_ms: see console_attach()
 */
struct link {
	int sock;
	bool tty;
	bool input_open;
	int linger_ms;
};

/* Return: 1 to go on, 0 at the end, or a negative errno. */
static int pass_input(struct link *l)
{
	char buf[4096];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));
	const char *key;
	int ret;

	if (n < 0)
		return errno == EINTR ? 1 : -errno;
	if (!n) {
		/* a terminal that is gone ends it, a pipe may await answers */
		l->input_open = false;
		return !l->tty;
	}
	key = l->tty ? memchr(buf, ESCAPE_KEY, (size_t)n) : NULL;
	ret = write_all(l->sock, buf, key ? (size_t)(key - buf) : (size_t)n);
	/* a guest that ends takes its console along: what it said is still to be read */
	if (ret == -EPIPE)
		l->input_open = false;
	else if (ret)
		return ret;
	return !key;
}

static int pass_output(const struct link *l)
{
	char buf[4096];
	ssize_t n = read(l->sock, buf, sizeof(buf));
	int ret;

	if (n < 0)
		return errno == EINTR ? 1 : errno == ECONNRESET ? 0 : -errno;
	if (!n)
		return 0;
	ret = write_all(STDOUT_FILENO, buf, (size_t)n);
	return ret ? ret : 1;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Signals are let in only while ppoll() waits, so none is missed before it. */
static int pass(struct link *l, const sigset_t *waiting)
{
	int64_t deadline_ms = -1;

	while (!ended) {
		struct pollfd pfds[2] = {
			{ .fd = l->sock, .events = POLLIN },
			{ .fd = l->input_open ? STDIN_FILENO : -1, .events = POLLIN },
		};
		struct timespec left, *limit = NULL;
		int ret;

		if (!l->input_open && l->linger_ms >= 0) {
			int64_t left_ms;

			if (deadline_ms < 0)
				deadline_ms = now_ms() + l->linger_ms;
			left_ms = deadline_ms - now_ms();
			if (left_ms <= 0)
				return 0;
			left.tv_sec = left_ms / 1000;
			left.tv_nsec = left_ms % 1000 * 1000000;
			limit = &left;
		}
		ret = ppoll(pfds, 2, limit, waiting);
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (ret <= 0)
			continue;
		if (pfds[0].revents) {
			ret = pass_output(l);
			if (ret <= 0)
				return ret;
		}
		if (pfds[1].revents) {
			ret = pass_input(l);
			if (ret <= 0)
				return ret;
		}
	}
	return 0;
}

static int pass_guarded(struct link *l)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction act = { .sa_handler = on_signal };
	struct termios old, raw;
	sigset_t block, waiting;
	size_t i;
	int ret;

	sigemptyset(&block);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		sigaddset(&block, signals[i]);
	sigprocmask(SIG_BLOCK, &block, &waiting);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		sigaction(signals[i], &act, NULL);
		sigdelset(&waiting, signals[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	if (l->tty) {
		if (tcgetattr(STDIN_FILENO, &old))
			return -errno;
		raw = old;
		cfmakeraw(&raw);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	}
	ret = pass(l, &waiting);
	if (l->tty) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &old);
		/* the guest may have left the cursor in the middle of a line */
		fputs("\r\n", stderr);
	}
	return ret;
}

int console_attach(struct vmi_nl *nl, const char *name, int linger_ms)
{
	struct link l = { .input_open = true, .linger_ms = linger_ms };
	struct vmi_vm vm;
	int ret = vmi_vm_get(nl, name, &vm);

	if (ret == -ENOENT)
		return fail(EXIT_NO_OBJECT, "there is no VM %s that was started", name);
	if (ret)
		return fail_nl(nl, ret, "cannot find the console of %s", name);
	if (!vm.console[0])
		return fail(EXIT_FAILED, "%s has no console, it is %s", name,
			    vmi_state_name(vm.state));
	l.sock = connect_to(vm.console);
	if (l.sock == -ECONNREFUSED || l.sock == -ENOENT)
		return fail(EXIT_FAILED, "nobody serves the console of %s, it is %s", name,
			    vmi_state_name(vm.state));
	if (l.sock < 0)
		return fail_errno(l.sock, "cannot connect to %s", vm.console);
	l.tty = isatty(STDIN_FILENO);
	if (l.tty && !ctl.quiet)
		fprintf(stderr, "Connected to %s; Ctrl-] leaves.\n", name);
	ret = pass_guarded(&l);
	close(l.sock);
	return ret ? fail_errno(ret, "the console of %s", name) : 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint32_t linger_ms = 0;
	const struct opt opts[] = {
		{ "linger", 'l', "S", set_seconds, &linger_ms,
		  "leave S seconds after the end of an input that is no terminal" },
		OPT_END
	};
	char **names = opts_parse(verb, opts, &argc, argv, 1, 1);
	struct vmi_nl *nl;
	int ret;

	if (check_name(names[0]))
		return EXIT_USAGE;
	ret = ctl_open(&nl);
	if (ret)
		return ret;
	ret = console_attach(nl, names[0], linger_ms ? (int)linger_ms : -1);
	vmi_nl_close(nl);
	return ret;
}

const struct verb verb_console = {
	.name = "console",
	.args = "NAME",
	.summary = "Connect to the serial console of a VM; Ctrl-] leaves",
	.help = "The terminal is raw: all keys but Ctrl-] go to the guest. When the input is no\n"
		"terminal every byte goes to the guest, and the console stays open for its\n"
		"answers until it is closed, or for the time of --linger.",
	.run = run,
};

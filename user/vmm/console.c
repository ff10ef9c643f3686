// SPDX-License-Identifier: GPL-2.0
/*
 * Output is kept in a ring, and each reader has a position in the stream. One that
 * falls back by more than the ring loses the oldest; one that comes later starts
 * with what the ring still has.
 *
 * The first byte after a silence wakes the main thread. From then on it looks by
 * itself, every few milliseconds until there is silence again: to be woken for each
 * byte would cost more than all else that a byte does.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "bus.h"
#include "console.h"
#include "fail.h"
#include "loop.h"
#include "machine.h"
#include "serial.h"

#define RING_BYTES	65536	/* a power of two */
#define CLIENTS_MAX	16
#define ESCAPE_KEY	0x1d	/* Ctrl-] */
#define LOOK_NS		4000000

/**
 * struct client - one who is connected
 * @in: where input comes from
 * @out: where output goes to; the same fd for a socket
 * @pos: of the stream
 * @pending: input that the serial port had no room for
 * @npending: bytes of it
 * @used: there is one
 * @tty: the VMM's own terminal
 */
struct client {
	struct source in;
	struct source out;
	uint64_t pos;
	uint8_t pending[256];
	size_t npending;
	bool used;
	bool tty;
};

static uint8_t ring[RING_BYTES];	/* device lock */
static uint64_t written;		/* device lock: bytes since the start */
static bool news;			/* device lock: since the main thread has looked */
static bool looking;			/* device lock: it will look again by itself */
static struct source wake = { .fd = -1 };
static struct source timer = { .fd = -1 };
static struct source listener = { .fd = -1 };
static struct client clients[CLIENTS_MAX];
static const char *socket_path;
static int log_fd = -1;
static uint64_t log_pos;
static struct termios terminal;
static bool terminal_changed;

static void tell_main(void)
{
	news = true;
	if (looking)
		return;
	looking = true;
	eventfd_write(wake.fd, 1);
}

void console_output(uint8_t byte)
{
	ring[written++ % RING_BYTES] = byte;
	tell_main();
}

void console_input_room(void)
{
	tell_main();
}

/* The bytes from *pos on, as many as lie together. Return: how many. */
static size_t peek(uint64_t *pos, uint8_t *buf, size_t size)
{
	size_t n, at;

	bus_lock();
	if (written - *pos > RING_BYTES)
		*pos = written - RING_BYTES;
	at = *pos % RING_BYTES;
	n = written - *pos < size ? (size_t)(written - *pos) : size;
	if (n > RING_BYTES - at)
		n = RING_BYTES - at;
	memcpy(buf, ring + at, n);
	bus_unlock();
	return n;
}

static void hang_up(struct client *c)
{
	loop_del(&c->in);
	loop_del(&c->out);
	if (!c->tty)
		close(c->in.fd);
	c->used = false;
}

/* standard output may be shared with others, so it cannot be made non-blocking */
static bool writable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLOUT };

	return poll(&pfd, 1, 0) == 1 && pfd.revents & POLLOUT;
}

static ssize_t client_write(const struct client *c, const uint8_t *buf, size_t len)
{
	if (!c->tty)
		return send(c->out.fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!writable(c->out.fd)) {
		errno = EAGAIN;
		return -1;
	}
	return write(c->out.fd, buf, len);
}

static void feed(struct client *c)
{
	uint8_t buf[PIPE_BUF];
	ssize_t n;
	size_t len;

	c->out.events = 0;
	while ((len = peek(&c->pos, buf, sizeof(buf)))) {
		n = client_write(c, buf, len);
		if (n > 0) {
			c->pos += (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			c->out.events = POLLOUT;
			return;
		} else if (n < 0 && errno != EINTR) {
			hang_up(c);
			return;
		}
	}
}

static void feed_log(void)
{
	uint8_t buf[PIPE_BUF];
	uint64_t before;
	size_t len;

	while (log_fd >= 0) {
		before = log_pos;
		len = peek(&log_pos, buf, sizeof(buf));
		if (log_pos != before)
			dprintf(log_fd, "\n[vmi-vmm: %llu bytes are missing here]\n",
				(unsigned long long)(log_pos - before));
		if (!len)
			return;
		/* a disk that is full must not stop the guest */
		if (write(log_fd, buf, len) < 0 && errno == EINTR)
			continue;
		log_pos += len;
	}
}

static void type(struct client *c)
{
	size_t n = serial_input(c->pending, c->npending);

	c->npending -= n;
	memmove(c->pending, c->pending + n, c->npending);
	/* a negative descriptor is not polled: who has typed too much has to wait */
	c->in.events = c->npending ? 0 : POLLIN;
}

static void look(void)
{
	const struct itimerspec soon = { .it_value.tv_nsec = LOOK_NS };
	bool any;
	int i;

	bus_lock();
	any = looking = news;
	news = false;
	bus_unlock();
	if (!any)
		return;
	timerfd_settime(timer.fd, 0, &soon, NULL);
	feed_log();
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].used && clients[i].npending)
			type(&clients[i]);
		if (clients[i].used)
			feed(&clients[i]);
	}
}

static void on_wake(struct source *src, short revents)
{
	eventfd_t count;

	(void)revents;
	eventfd_read(src->fd, &count);
	look();
}

static void on_timer(struct source *src, short revents)
{
	uint64_t count;

	(void)revents;
	if (read(src->fd, &count, sizeof(count)) == sizeof(count))
		look();
}

static struct client *client_of(struct source *src)
{
	int i;

	for (i = 0; i < CLIENTS_MAX; i++)
		if (src == &clients[i].in || src == &clients[i].out)
			return &clients[i];
	return NULL;
}

static void on_output(struct source *src, short revents)
{
	struct client *c = client_of(src);

	if (revents & (POLLERR | POLLNVAL))
		hang_up(c);
	else
		feed(c);
}

static void on_input(struct source *src, short revents)
{
	struct client *c = client_of(src);
	uint8_t *key;
	ssize_t n;

	if (!(revents & POLLIN)) {
		if (c->tty)
			loop_del(&c->in);
		else
			hang_up(c);
		return;
	}
	n = read(src->fd, c->pending, sizeof(c->pending));
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		/* nothing more will be typed; it may still want to listen */
		src->events = 0;
		if (n < 0 || c->tty)
			on_input(src, POLLERR);
		return;
	}
	key = c->tty && terminal_changed ? memchr(c->pending, ESCAPE_KEY, (size_t)n) : NULL;
	if (key) {
		machine_signal(SIGINT);
		return;
	}
	c->npending = (size_t)n;
	type(c);
}

static int add_client(int in, int out, bool tty)
{
	struct client *c = NULL;
	int i;

	for (i = 0; i < CLIENTS_MAX && !c; i++)
		if (!clients[i].used)
			c = &clients[i];
	if (!c)
		return fail("too many are connected to the console");
	memset(c, 0, sizeof(*c));
	c->used = true;
	c->tty = tty;
	c->in = (struct source){ .fd = in, .events = POLLIN, .ready = on_input };
	c->out = (struct source){ .fd = out, .ready = on_output };
	if (loop_add(&c->in) || loop_add(&c->out)) {
		loop_del(&c->in);
		c->used = false;
		return -1;
	}
	feed(c);
	return 0;
}

static void on_connect(struct source *src, short revents)
{
	int fd = accept4(src->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)revents;
	if (fd >= 0 && add_client(fd, fd, false))
		close(fd);
}

static bool in_use(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool ret = fd < 0 || !connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) ||
		   errno != ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return ret;
}

static int listen_at(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	mode_t mask;
	int ret;

	strncpy(addr.sun_path, path, sizeof(addr.sun_path) - 1);
	listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listener.fd < 0)
		return fail_errno(errno, "cannot make a socket for the console");
	/* the owner's from the first moment on */
	mask = umask(0177);
	ret = bind(listener.fd, (const struct sockaddr *)&addr, sizeof(addr));
	/* one whose VMM has died is in the way */
	if (ret && errno == EADDRINUSE && !in_use(&addr) && !unlink(path))
		ret = bind(listener.fd, (const struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (ret)
		return fail_errno(errno, "cannot make the console's socket %s", path);
	socket_path = path;
	if (listen(listener.fd, CLIENTS_MAX))
		return fail_errno(errno, "cannot listen at the console's socket %s", path);
	listener.events = POLLIN;
	listener.ready = on_connect;
	return loop_add(&listener);
}

static int use_stdio(void)
{
	struct termios raw;

	if (!tcgetattr(STDIN_FILENO, &terminal)) {
		raw = terminal;
		cfmakeraw(&raw);
		terminal_changed = !tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw);
	}
	return add_client(STDIN_FILENO, STDOUT_FILENO, true);
}

int console_open(const struct options *opts)
{
	wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (wake.fd < 0 || timer.fd < 0)
		return fail_errno(errno, "cannot make the console's eventfd and timer");
	wake.events = timer.events = POLLIN;
	wake.ready = on_wake;
	timer.ready = on_timer;
	if (loop_add(&wake) || loop_add(&timer))
		return -1;
	if (opts->log) {
		log_fd = open(opts->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
		if (log_fd < 0)
			return fail_errno(errno, "cannot open the log %s", opts->log);
	}
	if (!opts->console)
		return 0;
	return strcmp(opts->console, "-") ? listen_at(opts->console) : use_stdio();
}

void console_close(void)
{
	int i;

	feed_log();
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].used)
			feed(&clients[i]);
		if (clients[i].used)
			hang_up(&clients[i]);
	}
	if (terminal_changed)
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal);
	if (socket_path)
		unlink(socket_path);
	socket_path = NULL;
}

// SPDX-License-Identifier: GPL-2.0
/* A server of the GDB remote serial protocol, for one debugger. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "gdb_packet.h"
#include "gdb_regs.h"
#include "gdb_target.h"
#include "verbs.h"

#define SIG_INT		2	/* gdb's numbers */
#define SIG_TRAP	5

enum { ERR_PROTOCOL = 1, ERR_MEMORY = 14, ERR_BUSY = 16, ERR_ARGUMENT = 22 };

/**
 * struct gdb - a debugger's visit
 * @t: the VM
 * @conn: the debugger
 * @vcpu: that registers and memory are of
 * @last_vcpu: that the last stop was of
 * @answer: to the packet
 * @over: it has left, or the VM has
 * @xml: description of the registers
 */
struct gdb {
	struct gdb_target t;
	struct gdb_conn conn;
	uint32_t vcpu;
	uint32_t last_vcpu;
	char answer[GDB_PACKET_MAX + 1];
	bool over;
	char *xml;
};

static void send_bytes(struct gdb *g, size_t len)
{
	if (gdb_send(&g->conn, g->answer, len))
		g->over = true;
}

static void send_text(struct gdb *g, const char *text)
{
	if (gdb_send(&g->conn, text, strlen(text)))
		g->over = true;
}

static void send_error(struct gdb *g, int number)
{
	snprintf(g->answer, sizeof(g->answer), "E%02x", (unsigned int)number);
	send_text(g, g->answer);
}

/* OK, or what an errno is for gdb. */
static void send_result(struct gdb *g, int err)
{
	if (!err)
		send_text(g, "OK");
	else if (err == -EBUSY || err == -ENOSPC)
		send_error(g, ERR_BUSY);
	else if (err == -EFAULT || err == -ENXIO)
		send_error(g, ERR_MEMORY);
	else
		send_error(g, ERR_ARGUMENT);
}

/* threads are numbered from 1 */
static void send_stop(struct gdb *g, uint32_t vcpu, int sig, const struct gdb_break *why)
{
	static const char *const reasons[BREAK_TYPES] = {
		[BREAK_SOFT] = "swbreak", [BREAK_HARD] = "hwbreak", [WATCH_WRITE] = "watch",
		[WATCH_READ] = "rwatch", [WATCH_ACCESS] = "awatch",
	};
	int n = snprintf(g->answer, sizeof(g->answer), "T%02xthread:%x;", (unsigned int)sig, vcpu + 1);

	g->vcpu = g->last_vcpu = vcpu;
	if (why)
		n += snprintf(g->answer + n, sizeof(g->answer) - (size_t)n, "%s:", reasons[why->type]);
	if (why && why->type > BREAK_HARD)
		n += snprintf(g->answer + n, sizeof(g->answer) - (size_t)n, "%llx",
			      (unsigned long long)why->addr);
	snprintf(g->answer + n, sizeof(g->answer) - (size_t)n, "%s", why ? ";" : "");
	send_text(g, g->answer);
}

/* A thread's number, "0" and "-1" for any. Return: 0 with @vcpu, 1 for all, or -1. */
static int parse_thread(const struct gdb *g, const char **p, uint32_t *vcpu)
{
	uint64_t n;

	if (!strncmp(*p, "-1", 2)) {
		*p += 2;
		return 1;
	}
	if (gdb_number(p, &n) || n > g->t.s.vcpus)
		return -1;
	if (!n)
		return 1;
	*vcpu = (uint32_t)n - 1;
	return 0;
}

/* ---- registers and memory ---- */

static int all_regs(struct gdb *g, struct vmi_regs *regs, uint8_t *bytes, size_t *len)
{
	uint8_t fpu[VMI_FPU_BYTES];
	int ret = vmi_vcpu_regs(g->t.s.fd, g->vcpu, regs);

	if (!ret)
		ret = vmi_vcpu_fpu(g->t.s.fd, g->vcpu, fpu);
	if (!ret)
		*len = gdb_regs_get(regs, fpu, bytes);
	return ret;
}

static void read_regs(struct gdb *g)
{
	uint8_t bytes[GDB_REGS_BYTES];
	struct vmi_regs regs;
	size_t len;

	if (all_regs(g, &regs, bytes, &len))
		send_error(g, ERR_ARGUMENT);
	else
		send_bytes(g, gdb_hex(g->answer, bytes, len));
}

static void read_reg(struct gdb *g, const char *p)
{
	uint8_t bytes[GDB_REGS_BYTES];
	struct vmi_regs regs;
	size_t at, len;
	uint64_t n;

	if (gdb_number(&p, &n) || n > UINT16_MAX) {
		send_error(g, ERR_PROTOCOL);
		return;
	}
	len = gdb_regs_find((unsigned int)n, &at);
	if (!len || all_regs(g, &regs, bytes, &(size_t){ 0 }))
		send_error(g, ERR_ARGUMENT);
	else
		send_bytes(g, gdb_hex(g->answer, bytes + at, len));
}

/* Those that cannot be set stay as they are. */
static void write_regs(struct gdb *g, const char *p, size_t len)
{
	uint8_t bytes[GDB_REGS_BYTES], now[GDB_REGS_BYTES];
	struct vmi_regs regs;
	size_t have, at, n;
	unsigned int i;
	int ret = all_regs(g, &regs, now, &have);

	if (ret || gdb_unhex(bytes, sizeof(bytes), p, len) != (int)have) {
		send_error(g, ret ? ERR_ARGUMENT : ERR_PROTOCOL);
		return;
	}
	for (i = 0; (n = gdb_regs_find(i, &at)); i++)
		gdb_regs_set(&regs, i, bytes + at);
	send_result(g, vmi_vcpu_set_regs(g->t.s.fd, g->vcpu, &regs));
}

static void write_reg(struct gdb *g, const char *p)
{
	uint8_t bytes[16];
	struct vmi_regs regs;
	uint64_t n;
	size_t at, len;
	int ret;

	if (gdb_number(&p, &n) || n > UINT16_MAX || *p++ != '=') {
		send_error(g, ERR_PROTOCOL);
		return;
	}
	len = gdb_regs_find((unsigned int)n, &at);
	if (!len || gdb_unhex(bytes, sizeof(bytes), p, strlen(p)) != (int)len) {
		send_error(g, ERR_ARGUMENT);
		return;
	}
	ret = vmi_vcpu_regs(g->t.s.fd, g->vcpu, &regs);
	if (!ret && gdb_regs_set(&regs, (unsigned int)n, bytes))
		ret = -EINVAL;
	send_result(g, ret ? ret : vmi_vcpu_set_regs(g->t.s.fd, g->vcpu, &regs));
}

/* ADDR,LEN; @p is moved behind it */
static int parse_range(const char **p, uint64_t *addr, uint64_t *len)
{
	if (gdb_number(p, addr) || *(*p)++ != ',' || gdb_number(p, len))
		return -1;
	return 0;
}

static void read_memory(struct gdb *g, const char *p)
{
	uint8_t bytes[GDB_PACKET_MAX / 2];
	uint64_t addr, len;
	int ret;

	if (parse_range(&p, &addr, &len) || *p) {
		send_error(g, ERR_PROTOCOL);
		return;
	}
	if (len > sizeof(bytes))
		len = sizeof(bytes);
	ret = target_memory(&g->t, g->vcpu, addr, bytes, len, false);
	if (ret)
		send_result(g, ret);
	else
		send_bytes(g, gdb_hex(g->answer, bytes, len));
}

static void write_memory(struct gdb *g, const char *packet, size_t size, bool binary)
{
	uint8_t bytes[GDB_PACKET_MAX];
	const char *p = packet;
	uint64_t addr, len;
	size_t have;

	if (parse_range(&p, &addr, &len) || *p++ != ':') {
		send_error(g, ERR_PROTOCOL);
		return;
	}
	have = size - (size_t)(p - packet);
	if (binary)
		memcpy(bytes, p, have);
	else
		have = (size_t)gdb_unhex(bytes, sizeof(bytes), p, have);
	if (have != len)
		send_error(g, ERR_PROTOCOL);
	else
		/* of no bytes: gdb asks whether it can be done in this form */
		send_result(g, len ? target_memory(&g->t, g->vcpu, addr, bytes, len, true) : 0);
}

/* ---- run control ---- */

/* Return: 0, or -1 for what is no action. */
static int parse_action(const char **p, enum gdb_action *action)
{
	char kind = *(*p)++;
	uint64_t sig;

	/* a signal means nothing to a vCPU */
	if ((kind == 'C' || kind == 'S') && gdb_number(p, &sig))
		return -1;
	if (kind == 'c' || kind == 'C')
		*action = GO;
	else if (kind == 's' || kind == 'S')
		*action = STEP;
	else
		return -1;
	return 0;
}

static void resume(struct gdb *g)
{
	const struct gdb_break *why;
	uint32_t vcpu = g->vcpu;
	int ret = target_resume(&g->t, &vcpu, &why);

	if (ret && ret != -ETIMEDOUT)
		send_result(g, ret);
	else if (!g->t.running)
		send_stop(g, vcpu, SIG_TRAP, why);
}

/* ;ACTION[:THREAD]...: the leftmost that fits a thread is its */
static void vcont(struct gdb *g, const char *p)
{
	bool set[GDB_VCPUS_MAX] = { false };
	enum gdb_action action;
	uint32_t i, vcpu = 0;
	int all;

	for (i = 0; i < g->t.s.vcpus; i++)
		g->t.actions[i] = STAY;
	while (*p == ';') {
		p++;
		all = 1;
		if (parse_action(&p, &action))
			goto bad;
		if (*p == ':') {
			p++;
			all = parse_thread(g, &p, &vcpu);
		}
		if (all < 0)
			goto bad;
		for (i = 0; i < g->t.s.vcpus; i++) {
			if (set[i] || (!all && i != vcpu))
				continue;
			set[i] = true;
			g->t.actions[i] = action;
		}
	}
	if (!*p) {
		resume(g);
		return;
	}
bad:
	send_error(g, ERR_PROTOCOL);
}

/* c, s, C, S: of all, but one vCPU steps alone; from another address: not offered */
static void old_resume(struct gdb *g, const char *p)
{
	enum gdb_action action;
	uint32_t i;

	if (parse_action(&p, &action) || *p) {
		send_error(g, ERR_PROTOCOL);
		return;
	}
	for (i = 0; i < g->t.s.vcpus; i++)
		g->t.actions[i] = action == GO ? GO : STAY;
	if (action == STEP)
		g->t.actions[g->vcpu] = STEP;
	resume(g);
}

static void breakpoint(struct gdb *g, const char *p, bool set)
{
	uint64_t type, addr, bytes;

	if (gdb_number(&p, &type) || *p++ != ',' || parse_range(&p, &addr, &bytes) || *p ||
	    bytes > 8)
		send_error(g, ERR_PROTOCOL);
	else if (type >= BREAK_TYPES)
		send_text(g, "");
	else if (set)
		send_result(g, target_break(&g->t, g->vcpu, (uint32_t)type, addr, (uint32_t)bytes));
	else
		send_result(g, target_unbreak(&g->t, (uint32_t)type, addr, (uint32_t)bytes));
}

/* ---- queries ---- */

static void list_threads(struct gdb *g)
{
	size_t n = 0;
	uint32_t i;

	for (i = 0; i < g->t.s.vcpus; i++)
		n += (size_t)snprintf(g->answer + n, sizeof(g->answer) - n, "%c%x", i ? ',' : 'm', i + 1);
	send_bytes(g, n);
}

static void name_thread(struct gdb *g, const char *p)
{
	char name[32];
	uint32_t vcpu = 0;

	if (parse_thread(g, &p, &vcpu))
		send_error(g, ERR_ARGUMENT);
	else
		send_bytes(g, gdb_hex(g->answer, name, (size_t)sprintf(name, "vCPU %u", vcpu)));
}

static void describe(struct gdb *g, const char *p)
{
	size_t size = strlen(g->xml), n;
	uint64_t at, len;

	if (parse_range(&p, &at, &len) || *p) {
		send_error(g, ERR_PROTOCOL);
		return;
	}
	if (at > size)
		at = size;
	/* each byte may have to be escaped */
	n = size - at;
	if (n > len)
		n = len;
	if (n > GDB_PACKET_MAX / 2)
		n = GDB_PACKET_MAX / 2;
	g->answer[0] = at + n < size ? 'm' : 'l';
	memcpy(g->answer + 1, g->xml + at, n);
	send_bytes(g, n + 1);
}

/* What follows @word in @packet, or NULL when that does not begin with it. */
static const char *after(const char *packet, const char *word)
{
	size_t n = strlen(word);

	return strncmp(packet, word, n) ? NULL : packet + n;
}

static void query(struct gdb *g, const char *packet)
{
	const char *p;

	if (after(packet, "qSupported")) {
		snprintf(g->answer, sizeof(g->answer),
			 "PacketSize=%x;qXfer:features:read+;QStartNoAckMode+;swbreak+;hwbreak+;"
			 "vContSupported+", GDB_PACKET_MAX);
		send_text(g, g->answer);
	} else if ((p = after(packet, "qXfer:features:read:target.xml:"))) {
		describe(g, p);
	} else if (!strcmp(packet, "qfThreadInfo")) {
		list_threads(g);
	} else if (!strcmp(packet, "qsThreadInfo")) {
		send_text(g, "l");
	} else if ((p = after(packet, "qThreadExtraInfo,"))) {
		name_thread(g, p);
	} else if (!strcmp(packet, "qC")) {
		snprintf(g->answer, sizeof(g->answer), "QC%x", g->vcpu + 1);
		send_text(g, g->answer);
	} else if (after(packet, "qAttached")) {
		/* so gdb leaves and does not kill */
		send_text(g, "1");
	} else if (!strcmp(packet, "QStartNoAckMode")) {
		send_text(g, "OK");
		g->conn.noack = true;
	} else {
		send_text(g, "");
	}
}

static void set_thread(struct gdb *g, const char *p)
{
	uint32_t vcpu = g->vcpu;
	char kind = *p ? *p++ : '\0';

	if ((kind != 'g' && kind != 'c') || parse_thread(g, &p, &vcpu) < 0) {
		send_error(g, ERR_ARGUMENT);
		return;
	}
	g->vcpu = vcpu;
	send_text(g, "OK");
}

static void serve_packet(struct gdb *g, const char *packet, size_t len)
{
	const char *p = packet + 1;
	uint32_t vcpu;

	switch (packet[0]) {
	case '?':
		send_stop(g, g->last_vcpu, SIG_TRAP, NULL);
		break;
	case 'q':
	case 'Q':
		query(g, packet);
		break;
	case 'H':
		set_thread(g, p);
		break;
	case 'T':
		send_result(g, parse_thread(g, &p, &vcpu) ? -EINVAL : 0);
		break;
	case 'g':
		read_regs(g);
		break;
	case 'G':
		write_regs(g, p, len - 1);
		break;
	case 'p':
		read_reg(g, p);
		break;
	case 'P':
		write_reg(g, p);
		break;
	case 'm':
		read_memory(g, p);
		break;
	case 'M':
	case 'X':
		write_memory(g, p, len - 1, packet[0] == 'X');
		break;
	case 'Z':
	case 'z':
		breakpoint(g, p, packet[0] == 'Z');
		break;
	case 'c':
	case 's':
	case 'C':
	case 'S':
		old_resume(g, packet);
		break;
	case 'v':
		if (!strcmp(packet, "vCont?"))
			send_text(g, "vCont;c;C;s;S");
		else if (after(packet, "vCont;"))
			vcont(g, packet + 5);
		else
			send_text(g, "");
		break;
	case 'D':
		send_text(g, "OK");
		g->over = true;
		break;
	case 'k':
		/* a debugger that goes takes no VM with it */
		g->over = true;
		break;
	default:
		send_text(g, "");
	}
}

/* ---- the connection ---- */

static void interrupt(struct gdb *g)
{
	if (!g->t.running)
		return;
	if (target_stop(&g->t))
		g->over = true;
	else
		send_stop(g, g->last_vcpu, SIG_INT, NULL);
}

static void serve_input(struct gdb *g)
{
	char packet[GDB_PACKET_MAX + 1];
	enum gdb_got got;
	size_t len = 0;

	if (gdb_fill(&g->conn))
		g->over = true;
	while (!g->over && (got = gdb_next(&g->conn, packet, &len)) != GDB_NOTHING) {
		if (got == GDB_BAD)
			g->over = true;
		else if (got == GDB_BREAK)
			interrupt(g);
		else if (g->t.running)
			/* it has no answer yet to its last one: it has lost its way */
			g->over = true;
		else
			serve_packet(g, packet, len);
	}
}

static void serve_events(struct gdb *g)
{
	const struct gdb_break *why;
	uint32_t vcpu;
	int ret = target_events(&g->t, &vcpu, &why);

	if (ret < 0)
		g->over = true;
	else if (ret)
		send_stop(g, vcpu, SIG_TRAP, why);
}

static int serve(struct gdb *g)
{
	struct pollfd p[3] = {
		{ .fd = g->conn.in, .events = POLLIN },
		{ .fd = g->t.hits.fd, .events = POLLIN },
		{ .fd = g->t.s.signals, .events = POLLIN },
	};

	while (!g->over) {
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return fail_errno(errno, "cannot wait for gdb");
		if (p[2].revents)
			break;
		if (p[1].revents & POLLHUP) {
			if (g->t.running)
				send_text(g, "W00");
			return fail(EXIT_FAILED, "%s does not run any more", g->t.s.name);
		}
		if (p[1].revents)
			serve_events(g);
		if (p[0].revents)
			serve_input(g);
	}
	return 0;
}

/* PATH or 127.0.0.1:PORT. Return: a socket that listens, or -1 after the message. */
static int listen_at(const char *where)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const char *colon = strrchr(where, ':');
	bool path = where[0] == '/' || where[0] == '.';
	char host[INET_ADDRSTRLEN] = "";
	uint32_t port = 0;
	mode_t mask;
	int fd, ret;

	if (!path && colon && (size_t)(colon - where) < sizeof(host))
		memcpy(host, where, (size_t)(colon - where));
	/* whoever can connect can do anything to the VM: nobody from elsewhere */
	if (!path && (!colon || inet_pton(AF_INET, host, &in.sin_addr) != 1 ||
		      ntohl(in.sin_addr.s_addr) >> 24 != 127 || set_u32(colon + 1, &port) ||
		      !port || port > UINT16_MAX)) {
		fail(EXIT_USAGE, "--listen: '%s' is neither a path (/...) nor 127.0.0.1:PORT", where);
		return -1;
	}
	if (strlen(where) >= sizeof(un.sun_path)) {
		fail(EXIT_USAGE, "--listen: the path is too long");
		return -1;
	}
	in.sin_port = htons((uint16_t)port);
	strcpy(un.sun_path, where);
	fd = socket(path ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	mask = umask(077);
	ret = path ? bind(fd, (struct sockaddr *)&un, sizeof(un)) :
		     bind(fd, (struct sockaddr *)&in, sizeof(in));
	umask(mask);
	if (ret || listen(fd, 1)) {
		fail_errno(errno, "cannot listen at %s", where);
		close(fd);
		return -1;
	}
	return fd;
}

/* Return: a connection, or -1 when the user does not want one any more. */
static int await_gdb(const struct gdb *g, int listener, const char *where)
{
	struct pollfd p[2] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = g->t.s.signals, .events = POLLIN },
	};

	if (!ctl.quiet)
		fprintf(stderr, "%s is stopped until gdb says otherwise: target remote %s\n",
			g->t.s.name, where);
	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	return p[1].revents ? -1 : accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static int visit(struct gdb *g, const char *name, int listener, const char *where)
{
	int ret = target_open(&g->t, name), fd = -1;

	if (ret)
		return ret;
	g->conn.in = STDIN_FILENO;
	g->conn.out = STDOUT_FILENO;
	if (listener >= 0) {
		fd = await_gdb(g, listener, where);
		g->conn.in = g->conn.out = fd;
	}
	if (listener < 0 || fd >= 0)
		ret = serve(g);
	if (fd >= 0)
		close(fd);
	target_close(&g->t);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	const char *where = NULL;
	const struct opt opts[] = {
		{ "listen", 'l', "WHERE", NULL, &where, "wait there: /PATH, or 127.0.0.1:PORT" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	int listener = -1, ret;
	struct gdb *g;

	if (!where && isatty(STDIN_FILENO))
		return usage(verb, "gdb: in gdb, say: target remote | vmictl gdb %s", args[0]);
	if (where) {
		listener = listen_at(where);
		if (listener < 0)
			return EXIT_FAILED;
	}
	g = calloc(1, sizeof(*g));
	if (g)
		g->xml = gdb_regs_xml();
	ret = g && g->xml ? visit(g, args[0], listener, where) : fail(EXIT_FAILED, "out of memory");
	if (g)
		free(g->xml);
	free(g);
	if (listener >= 0) {
		close(listener);
		if (where[0] == '/' || where[0] == '.')
			unlink(where);
	}
	return ret;
}

const struct verb verb_gdb = {
	.name = "gdb",
	.args = "NAME",
	.summary = "Debug a guest with gdb",
	.help = "Serves one gdb on standard input and output, or where --listen says. The vCPUs are\n"
		"gdb's threads, stopped at first; they go on when gdb detaches or ends. In gdb:\n"
		"target remote | vmictl gdb NAME",
	.run = run,
};

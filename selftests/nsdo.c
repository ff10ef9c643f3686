// SPDX-License-Identifier: GPL-2.0
/*
 * What hosts of a LAN do, each in its network namespace, for tests in shell: many at
 * once in one process, which costs an emulated CPU little.
 *
 *	nsdo at NS COMMAND...
 *	nsdo reach [-s BYTES] [-t SECONDS] FROM=ADDRESS...
 *	nsdo silent FROM=ADDRESS...
 *	nsdo flood FROM=ADDRESS...
 *	nsdo stream FROM=TO=ADDRESS...
 *	nsdo segments FROM=TO=ADDRESS...
 *	nsdo neighbours NS IFACE N
 *	nsdo link NS IFACE 0|1
 *	nsdo mac NS IFACE
 *	nsdo frame NS IFACE HEX
 *	nsdo sources NS ADDRESS PREFIX N
 *	nsdo offload NS IFACE tx|tso|txvlan on|off
 *
 * A namespace called "host" is the one that this is started in.
 *
 * reach: each pings its address until it has an answer; with -s unfragmented. silent: there
 * is no answer. flood: as many pings as there are answers, until it is killed. stream: a
 * megabyte by TCP arrives as it was. segments: datagrams that the sender's stack has in
 * one frame arrive. neighbours: so many answer a ping to all. sources: a datagram from each
 * of PREFIX.1 to PREFIX.N. link: the carrier is so, or
 * comes to be. The others do or print what they are called.
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
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>

#define PEERS_MAX	32
#define PING_MAX	9216
#define STREAM_BYTES	1000000
#define STREAM_PORT	7000
#define SEGMENTS_PORT	7001
#define SEGMENTS	10
#define SEGMENT_BYTES	1000
#define DEADLINE_S	10
#define PING_MS		300

#ifndef UDP_SEGMENT
#define UDP_SEGMENT	103
#endif

/**
 * struct peer - who pings whom
 * @text: as it was given
 * @to: the address
 * @len: its length
 * @fd: a raw socket in the namespace
 * @id: of its pings
 * @seq: of the last
 * @answers: so many
 */
struct peer {
	const char *text;
	struct sockaddr_storage to;
	socklen_t len;
	int fd;
	uint16_t id;
	uint16_t seq;
	unsigned int answers;
};

static int home_fd;
static uint8_t packet[PING_MAX + 128];

static void die(const char *what)
{
	fprintf(stderr, "nsdo: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void enter(const char *ns, size_t len)
{
	char path[128];
	int fd;

	if (len == 4 && !strncmp(ns, "host", 4)) {
		if (setns(home_fd, CLONE_NEWNET))
			die("host");
		return;
	}
	snprintf(path, sizeof(path), "/run/netns/%.*s", (int)len, ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(path);
	close(fd);
}

static void enter_all(const char *ns)
{
	enter(ns, strlen(ns));
}

static socklen_t parse_addr(const char *text, uint16_t port, struct sockaddr_storage *addr)
{
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)addr;
	struct sockaddr_in *in = (struct sockaddr_in *)addr;

	memset(addr, 0, sizeof(*addr));
	if (inet_pton(AF_INET, text, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) != 1) {
		errno = EINVAL;
		die(text);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return sizeof(*in6);
}

/* ---- ping ---- */

static uint16_t checksum(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

static bool is_v4(const struct peer *p)
{
	return p->to.ss_family == AF_INET;
}

static void peer_open(struct peer *p, const char *text)
{
	static uint16_t last_id;
	int all = IP_PMTUDISC_PROBE;
	const char *to = strchr(text, '=');

	if (!to) {
		errno = EINVAL;
		die(text);
	}
	enter(text, to - text);
	memset(p, 0, sizeof(*p));
	p->text = text;
	p->len = parse_addr(to + 1, 0, &p->to);
	p->id = (getpid() << 5) + last_id++;
	p->fd = socket(p->to.ss_family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
		       is_v4(p) ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	if (p->fd < 0 ||
	    (is_v4(p) && setsockopt(p->fd, IPPROTO_IP, IP_MTU_DISCOVER, &all, sizeof(all))))
		die(text);
}

/* a lost one is sent again, so errors (no neighbour yet) are none */
static void ping(struct peer *p, size_t len)
{
	uint16_t sum, id = htons(p->id), seq = htons(++p->seq);

	memset(packet, 'v', 8 + len);
	memset(packet, 0, 8);
	packet[0] = is_v4(p) ? 8 : 128;
	memcpy(packet + 4, &id, 2);
	memcpy(packet + 6, &seq, 2);
	if (is_v4(p)) {
		sum = checksum(packet, 8 + len);
		memcpy(packet + 2, &sum, 2);
	}
	if (sendto(p->fd, packet, 8 + len, 0, (struct sockaddr *)&p->to, p->len) < 0)
		return;
}

/* the number of answers that are there */
static unsigned int pongs(struct peer *p, size_t len)
{
	unsigned int n = 0;
	ssize_t got;
	size_t off;

	while ((got = recv(p->fd, packet, sizeof(packet), 0)) > 0) {
		off = is_v4(p) ? (packet[0] & 15) * 4 : 0;
		if ((size_t)got != off + 8 + len || packet[off] != (is_v4(p) ? 0 : 129) ||
		    (packet[off + 4] << 8 | packet[off + 5]) != p->id)
			continue;
		n++;
	}
	p->answers += n;
	return n;
}

static int peers_open(struct peer *peer, struct pollfd *fds, char **args)
{
	int n;

	for (n = 0; args[n]; n++) {
		if (n == PEERS_MAX)
			exit(2);
		peer_open(&peer[n], args[n]);
		fds[n] = (struct pollfd){ .fd = peer[n].fd, .events = POLLIN };
	}
	return n;
}

static int do_reach(char **args)
{
	int64_t end, next = 0, deadline_s = DEADLINE_S;
	struct pollfd fds[PEERS_MAX];
	struct peer peer[PEERS_MAX];
	int i, n, missing;
	size_t len = 56;

	for (; args[0] && args[0][0] == '-' && args[1]; args += 2) {
		if (args[0][1] == 's')
			len = strtoul(args[1], NULL, 10);
		else
			deadline_s = strtol(args[1], NULL, 10);
	}
	if (len > PING_MAX)
		return 2;
	n = peers_open(peer, fds, args);
	end = now_ms() + deadline_s * 1000;
	do {
		if (now_ms() >= next) {
			for (i = 0; i < n; i++)
				if (!peer[i].answers)
					ping(&peer[i], len);
			next = now_ms() + PING_MS;
		}
		poll(fds, n, 20);
		for (missing = 0, i = 0; i < n; i++) {
			pongs(&peer[i], len);
			missing += !peer[i].answers;
		}
	} while (missing && now_ms() < end);
	for (i = 0; i < n; i++)
		if (!peer[i].answers)
			printf("no answer: %s\n", peer[i].text);
	return missing ? 1 : 0;
}

static int do_silent(char **args)
{
	struct pollfd fds[PEERS_MAX];
	struct peer peer[PEERS_MAX];
	int i, n, round, ret = 0;
	int64_t end;

	n = peers_open(peer, fds, args);
	for (round = 0; round < 3; round++) {
		for (i = 0; i < n; i++)
			ping(&peer[i], 56);
		end = now_ms() + PING_MS;
		while (now_ms() < end)
			poll(NULL, 0, 10);
		for (i = 0; i < n; i++)
			pongs(&peer[i], 56);
	}
	for (i = 0; i < n; i++) {
		if (!peer[i].answers)
			continue;
		printf("an answer: %s\n", peer[i].text);
		ret = 1;
	}
	return ret;
}

static int do_flood(char **args)
{
	struct pollfd fds[PEERS_MAX];
	struct peer peer[PEERS_MAX];
	int64_t next = 0;
	int i, n;
	bool all;

	n = peers_open(peer, fds, args);
	while (poll(fds, n, 10) >= 0) {
		all = now_ms() >= next;
		if (all)
			next = now_ms() + 10;
		for (i = 0; i < n; i++)
			if (pongs(&peer[i], 56) || all)
				ping(&peer[i], 56);
	}
	return 1;
}

static int do_neighbours(char **args)
{
	unsigned int want = args[0] && args[1] && args[2] ? strtoul(args[2], NULL, 10) : 0, n = 0, i;
	struct sockaddr_in6 *to, from, seen[PEERS_MAX];
	int64_t end = now_ms() + DEADLINE_S * 1000, next = 0;
	char text[64];
	struct peer p;
	socklen_t len;
	ssize_t got;

	if (!want || want >= PEERS_MAX)
		return 2;
	snprintf(text, sizeof(text), "%s=ff02::1", args[0]);
	peer_open(&p, text);
	to = (struct sockaddr_in6 *)&p.to;
	to->sin6_scope_id = if_nametoindex(args[1]);
	/* one more than wanted would show within the last round */
	while (now_ms() < end) {
		if (now_ms() >= next) {
			if (n >= want)
				break;
			ping(&p, 56);
			next = now_ms() + PING_MS;
		}
		poll(&(struct pollfd){ .fd = p.fd, .events = POLLIN }, 1, 20);
		len = sizeof(from);
		while ((got = recvfrom(p.fd, packet, sizeof(packet), 0, (struct sockaddr *)&from,
				       &len)) > 0) {
			if (packet[0] != 129 || (packet[4] << 8 | packet[5]) != p.id)
				continue;
			for (i = 0; i < n; i++)
				if (!memcmp(&seen[i].sin6_addr, &from.sin6_addr, 16))
					break;
			if (i == n && n < PEERS_MAX)
				seen[n++] = from;
		}
	}
	if (n != want)
		printf("%u answer\n", n);
	return n != want;
}

/* ---- TCP, UDP ---- */

/* FROM=TO=ADDRESS */
struct route {
	const char *from;
	const char *to;
	const char *addr;
};

static void parse_route(char *text, struct route *r)
{
	r->from = strtok(text, "=");
	r->to = strtok(NULL, "=");
	r->addr = strtok(NULL, "=");
	if (!r->addr) {
		errno = EINVAL;
		die(text);
	}
}

/* no part of it looks like another one */
static uint8_t pattern(size_t i)
{
	return (i * 2654435761u) >> 13 ^ i >> 16;
}

static int stream_take(int listener)
{
	static uint8_t buf[65536];
	int fd = accept(listener, NULL, NULL);
	size_t at = 0;
	ssize_t n, i;

	while (fd >= 0 && (n = recv(fd, buf, sizeof(buf), 0)) > 0)
		for (i = 0; i < n; i++)
			if (buf[i] != pattern(at++))
				return 1;
	return at == STREAM_BYTES ? 0 : 1;
}

static int stream_give(int fd)
{
	static uint8_t data[STREAM_BYTES];
	size_t at;
	ssize_t n;

	for (at = 0; at < STREAM_BYTES; at++)
		data[at] = pattern(at);
	for (at = 0; at < STREAM_BYTES; at += n) {
		n = send(fd, data + at, STREAM_BYTES - at, MSG_NOSIGNAL);
		if (n <= 0)
			return 1;
	}
	return shutdown(fd, SHUT_WR);
}

static int bound(const struct route *r, int type, uint16_t port, struct sockaddr_storage *to,
		 socklen_t *len)
{
	int one = 1, fd;

	enter_all(r->to);
	*len = parse_addr(r->addr, port, to);
	fd = socket(to->ss_family, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(fd, (struct sockaddr *)to, *len))
		die(r->addr);
	return fd;
}

static int stream(const struct route *r)
{
	struct sockaddr_storage to;
	int listener, fd, status;
	socklen_t len;
	pid_t child;

	listener = bound(r, SOCK_STREAM, STREAM_PORT, &to, &len);
	if (listen(listener, 1))
		die("listen");
	child = fork();
	if (child < 0)
		die("fork");
	alarm(DEADLINE_S * 3);
	if (!child)
		_exit(stream_take(listener));
	close(listener);
	enter_all(r->from);
	fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	status = fd < 0 || connect(fd, (struct sockaddr *)&to, len) || stream_give(fd);
	if (status)
		kill(child, SIGKILL);
	close(fd);
	if (status || waitpid(child, &status, 0) != child || status) {
		printf("not intact: %s to %s at %s\n", r->from, r->to, r->addr);
		return 1;
	}
	return 0;
}

static int segments(const struct route *r)
{
	static uint8_t data[SEGMENTS * SEGMENT_BYTES], got[SEGMENT_BYTES + 1];
	struct timeval limit = { .tv_sec = DEADLINE_S };
	int size = SEGMENT_BYTES, taker, fd, i;
	struct sockaddr_storage to;
	socklen_t len;

	taker = bound(r, SOCK_DGRAM, SEGMENTS_PORT, &to, &len);
	setsockopt(taker, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	enter_all(r->from);
	fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (i = 0; i < SEGMENTS; i++)
		memset(data + i * SEGMENT_BYTES, i + 1, SEGMENT_BYTES);
	if (fd < 0 || setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)) ||
	    sendto(fd, data, sizeof(data), 0, (struct sockaddr *)&to, len) != sizeof(data))
		die("segments");
	for (i = 0; i < SEGMENTS; i++) {
		if (recv(taker, got, sizeof(got), 0) != SEGMENT_BYTES ||
		    memcmp(got, data + i * SEGMENT_BYTES, SEGMENT_BYTES)) {
			printf("%s to %s: datagram %d is not there\n", r->from, r->to, i);
			return 1;
		}
	}
	close(fd);
	close(taker);
	return 0;
}

static int each_route(char **args, int (*fn)(const struct route *r))
{
	struct route r;
	int ret = 0;

	for (; *args; args++) {
		parse_route(*args, &r);
		ret |= fn(&r);
	}
	return ret;
}

static int do_stream(char **args)
{
	return each_route(args, stream);
}

static int do_segments(char **args)
{
	return each_route(args, segments);
}

/* ---- interfaces ---- */

static int ask(const char *ns, const char *iface, unsigned long request, struct ifreq *ifr)
{
	static int fd = -1;

	if (fd < 0) {
		enter_all(ns);
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	}
	snprintf(ifr->ifr_name, sizeof(ifr->ifr_name), "%s", iface);
	return ioctl(fd, request, ifr);
}

static int do_link(char **args)
{
	struct ethtool_value val = { .cmd = ETHTOOL_GLINK };
	struct ifreq ifr = { .ifr_data = (void *)&val };
	int64_t end = now_ms() + DEADLINE_S * 1000;

	if (!args[0] || !args[1] || !args[2])
		return 2;
	do {
		val.cmd = ETHTOOL_GLINK;
		if (!ask(args[0], args[1], SIOCETHTOOL, &ifr) && val.data == (args[2][0] == '1'))
			return 0;
		poll(NULL, 0, 20);
	} while (now_ms() < end);
	printf("the carrier of %s is not %s\n", args[0], args[2]);
	return 1;
}

static int do_mac(char **args)
{
	const uint8_t *mac;
	struct ifreq ifr;

	if (!args[0] || !args[1] || ask(args[0], args[1], SIOCGIFHWADDR, &ifr))
		die("mac");
	mac = (const uint8_t *)ifr.ifr_hwaddr.sa_data;
	printf("%02x:%02x:%02x:%02x:%02x:%02x\n", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return 0;
}

static int do_frame(char **args)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET };
	unsigned int byte;
	const char *hex;
	size_t n = 0;
	int fd;

	if (!args[0] || !args[1] || !args[2])
		return 2;
	for (hex = args[2]; n < sizeof(packet) && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		packet[n++] = byte;
	enter_all(args[0]);
	to.sll_ifindex = if_nametoindex(args[1]);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, packet, n, 0, (struct sockaddr *)&to, sizeof(to)) != (ssize_t)n)
		die("frame");
	return 0;
}

static int do_sources(char **args)
{
	struct sockaddr_storage from, to;
	unsigned int i, n;
	char text[64];
	socklen_t len;
	int fd;

	if (!args[0] || !args[1] || !args[2] || !args[3])
		return 2;
	n = strtoul(args[3], NULL, 10);
	enter_all(args[0]);
	for (i = 1; i <= n; i++) {
		snprintf(text, sizeof(text), "%s.%u", args[2], i);
		len = parse_addr(text, 0, &from);
		parse_addr(args[1], SEGMENTS_PORT, &to);
		fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || bind(fd, (struct sockaddr *)&from, len) ||
		    sendto(fd, text, 1, 0, (struct sockaddr *)&to, len) != 1)
			die(text);
		close(fd);
	}
	return 0;
}

static int do_offload(char **args)
{
	struct ethtool_value val = { .cmd = ETHTOOL_GFLAGS };
	struct ifreq ifr = { .ifr_data = (void *)&val };
	bool on;

	if (!args[0] || !args[1] || !args[2] || !args[3])
		return 2;
	on = !strcmp(args[3], "on");
	if (!strcmp(args[2], "txvlan")) {
		if (ask(args[0], args[1], SIOCETHTOOL, &ifr))
			die(args[2]);
		val.cmd = ETHTOOL_SFLAGS;
		val.data = on ? val.data | ETH_FLAG_TXVLAN : val.data & ~ETH_FLAG_TXVLAN;
	} else {
		val.cmd = strcmp(args[2], "tx") ? ETHTOOL_STSO : ETHTOOL_STXCSUM;
		val.data = on;
	}
	if (ask(args[0], args[1], SIOCETHTOOL, &ifr))
		die(args[2]);
	return 0;
}

static int do_at(char **args)
{
	if (!args[0] || !args[1])
		return 2;
	enter_all(args[0]);
	execvp(args[1], args + 1);
	die(args[1]);
	return 2;
}

static const struct {
	const char *name;
	int (*run)(char **args);
} verbs[] = {
	{ "at",		do_at },
	{ "reach",	do_reach },
	{ "silent",	do_silent },
	{ "flood",	do_flood },
	{ "stream",	do_stream },
	{ "segments",	do_segments },
	{ "neighbours",	do_neighbours },
	{ "link",	do_link },
	{ "mac",	do_mac },
	{ "frame",	do_frame },
	{ "sources",	do_sources },
	{ "offload",	do_offload },
};

int main(int argc, char **argv)
{
	size_t i;

	home_fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home_fd < 0)
		die("/proc/self/ns/net");
	for (i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argv + 2);
	fprintf(stderr, "usage: nsdo VERB NAMESPACE..., see nsdo.c\n");
	return 2;
}

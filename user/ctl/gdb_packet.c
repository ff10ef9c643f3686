// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "gdb_packet.h"

#define CTRL_C	3
#define ESCAPE	'}'

static const char digits[] = "0123456789abcdef";

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int gdb_fill(struct gdb_conn *c)
{
	ssize_t n;

	if (c->have == sizeof(c->buf))
		return -1;
	do {
		n = read(c->in, c->buf + c->have, sizeof(c->buf) - c->have);
	} while (n < 0 && errno == EINTR);
	if (n <= 0)
		return -1;
	c->have += (size_t)n;
	return 0;
}

static int put(struct gdb_conn *c, const char *data, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(c->out, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

static void drop(struct gdb_conn *c, size_t n)
{
	memmove(c->buf, c->buf + n, c->have - n);
	c->have -= n;
}

/* @raw: between '$' and '#' */
static bool sum_ok(const char *raw, size_t len, const char *check)
{
	unsigned char sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += (unsigned char)raw[i];
	return digit(check[0]) >= 0 && digit(check[1]) >= 0 &&
	       digit(check[0]) * 16 + digit(check[1]) == sum;
}

static size_t unescape(char *to, const char *raw, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		if (raw[i] == ESCAPE && i + 1 < len)
			to[n++] = (char)(raw[++i] ^ 0x20);
		else
			to[n++] = raw[i];
	}
	to[n] = '\0';
	return n;
}

/* The buffer begins with '$'. */
static enum gdb_got next_packet(struct gdb_conn *c, char *packet, size_t *len)
{
	const char *hash = memchr(c->buf, '#', c->have);
	size_t raw = hash ? (size_t)(hash - c->buf) - 1 : c->have - 1;
	bool ok;

	if (raw > GDB_PACKET_MAX)
		return GDB_BAD;
	if (!hash || c->have < raw + 4)
		return GDB_NOTHING;
	ok = sum_ok(c->buf + 1, raw, hash + 1);
	if (ok)
		*len = unescape(packet, c->buf + 1, raw);
	drop(c, raw + 4);
	if (!c->noack && put(c, ok ? "+" : "-", 1))
		return GDB_BAD;
	return ok ? GDB_PACKET : GDB_NOTHING;
}

enum gdb_got gdb_next(struct gdb_conn *c, char *packet, size_t *len)
{
	while (c->have) {
		enum gdb_got got;
		size_t had = c->have;

		switch (c->buf[0]) {
		case CTRL_C:
			drop(c, 1);
			return GDB_BREAK;
		case '$':
			got = next_packet(c, packet, len);
			/* a packet with a wrong sum has been taken away: it comes again */
			if (got != GDB_NOTHING || c->have == had)
				return got;
			break;
		case '-':
			if (put(c, c->sent, c->sent_len))
				return GDB_BAD;
			drop(c, 1);
			break;
		default:
			drop(c, 1);
		}
	}
	return GDB_NOTHING;
}

int gdb_send(struct gdb_conn *c, const char *data, size_t len)
{
	unsigned char sum = 0;
	size_t i, n = 0;

	if (len > GDB_PACKET_MAX)
		return -1;
	c->sent[n++] = '$';
	for (i = 0; i < len; i++) {
		char ch = data[i];

		if (ch == '$' || ch == '#' || ch == ESCAPE || ch == '*') {
			c->sent[n++] = ESCAPE;
			sum += ESCAPE;
			ch ^= 0x20;
		}
		c->sent[n++] = ch;
		sum += (unsigned char)ch;
	}
	c->sent[n++] = '#';
	c->sent[n++] = digits[sum >> 4];
	c->sent[n++] = digits[sum & 15];
	c->sent_len = n;
	return put(c, c->sent, n);
}

size_t gdb_hex(char *to, const void *from, size_t n)
{
	const uint8_t *p = from;
	size_t i;

	for (i = 0; i < n; i++) {
		to[2 * i] = digits[p[i] >> 4];
		to[2 * i + 1] = digits[p[i] & 15];
	}
	to[2 * n] = '\0';
	return 2 * n;
}

int gdb_unhex(void *to, size_t size, const char *from, size_t len)
{
	uint8_t *p = to;
	size_t i;

	if (len % 2 || len / 2 > size)
		return -1;
	for (i = 0; i < len / 2; i++) {
		int high = digit(from[2 * i]), low = digit(from[2 * i + 1]);

		if (high < 0 || low < 0)
			return -1;
		p[i] = (uint8_t)(high * 16 + low);
	}
	return (int)(len / 2);
}

int gdb_number(const char **p, uint64_t *val)
{
	const char *from = *p;

	for (*val = 0; digit(**p) >= 0; (*p)++) {
		if (*val >> 60)
			return -1;
		*val = *val * 16 + (unsigned int)digit(**p);
	}
	return *p == from ? -1 : 0;
}

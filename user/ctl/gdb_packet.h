/* SPDX-License-Identifier: GPL-2.0 */
/* Packets of the GDB remote serial protocol over a stream. */
#ifndef VMICTL_GDB_PACKET_H
#define VMICTL_GDB_PACKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GDB_PACKET_MAX	0x4000	/* bytes between '$' and '#', as gdb is told */

/**
 * struct gdb_conn - a connection
 * @in: file to read
 * @out: file to write, which may be the same
 * @noack: neither side acknowledges any more
 * @have: bytes in @buf
 * @buf: what was read and not used
 * @sent: the last packet, framed, for one who asks for it again
 * @sent_len: bytes of it
 */
struct gdb_conn {
	int in;
	int out;
	bool noack;
	size_t have;
	char buf[2 * GDB_PACKET_MAX + 16];
	size_t sent_len;
	char sent[2 * GDB_PACKET_MAX + 16];
};

enum gdb_got {
	GDB_NOTHING,	/* more has to be read */
	GDB_PACKET,
	GDB_BREAK,	/* Ctrl-C */
	GDB_BAD,	/* longer than agreed, or the connection is gone */
};

/* Read what there is. Return: 0, or -1 at the end. */
int gdb_fill(struct gdb_conn *c);

/*
 * The next thing in the buffer. A packet's bytes, unescaped and with a NUL behind them,
 * go to @packet, GDB_PACKET_MAX + 1 bytes; it has been acknowledged.
 */
enum gdb_got gdb_next(struct gdb_conn *c, char *packet, size_t *len);

/* Send a packet, escaping what has to be. Return: 0, or -1 when the connection is gone. */
int gdb_send(struct gdb_conn *c, const char *data, size_t len);

/* Hexadecimal. Return: bytes written, with gdb_unhex() -1 for what is none or too much. */
size_t gdb_hex(char *to, const void *from, size_t n);
int gdb_unhex(void *to, size_t size, const char *from, size_t len);

/* A number in hexadecimal; @p is moved behind it. Return: 0, or -1 when there is none. */
int gdb_number(const char **p, uint64_t *val);

#endif /* VMICTL_GDB_PACKET_H */

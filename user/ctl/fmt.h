/* SPDX-License-Identifier: GPL-2.0 */
/* Values as people read them. Each writes into @buf and returns it. */
#ifndef VMICTL_FMT_H
#define VMICTL_FMT_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define FMT_LEN		32	/* enough for every function here that does not say otherwise */
#define FMT_IP6_LEN	48

/**
 * escape() - text of others for the terminal
 * @text: may be of a guest
 * @buf: result; 4 * strlen(@text) + 1 bytes hold any
 * @size: of @buf
 *
 * What is not printable in the locale becomes \xNN, so no text can move the
 * cursor or forge a line. So does the backslash of a text that says \x itself.
 */
char *escape(const char *text, char *buf, size_t size);

char *fmt_bytes(uint64_t bytes, char *buf);	/* 256 MiB */
char *fmt_ip(struct in_addr ip, char *buf);	/* "-" for 0 */
char *fmt_ip6(const struct in6_addr *ip, char *buf);	/* FMT_IP6_LEN bytes */
char *fmt_mac(const uint8_t *mac, char *buf);
char *fmt_age(uint64_t ms, char *buf);		/* 5 s, 3 min, 2 h, 4 days */
char *fmt_since(uint64_t time_ns, char *buf);	/* age of a CLOCK_REALTIME */
char *fmt_time(uint64_t time_ns, char *buf);	/* 2026-01-31 12:00:00.123 */

/* Return: 0, or -1 for what is no MAC address. */
int parse_mac(const char *text, uint8_t *mac);

#endif /* VMICTL_FMT_H */

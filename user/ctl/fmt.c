// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#include "fmt.h"

/*
 * Bytes of the printable character at @p, 0 if it is none. A width of 0 is
 * refused too: the marks that turn the direction of writing are such.
 */
static size_t printable(const char *p, size_t left)
{
	mbstate_t state = { 0 };
	wchar_t wc;
	size_t n = mbrtowc(&wc, p, left, &state);

	if (n == 0 || n > left || !iswprint((wint_t)wc) || wcwidth(wc) < 1)
		return 0;
	return n;
}

char *escape(const char *text, char *buf, size_t size)
{
	size_t left = strlen(text);
	char *to = buf;

	while (left) {
		size_t n = printable(text, left);

		if (n == 1 && text[0] == '\\' && text[1] == 'x')
			n = 0;
		if ((size_t)(to - buf) + (n ? n : 4) >= size)
			break;
		if (n) {
			memcpy(to, text, n);
			to += n;
		} else {
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
			n = 1;
		}
		text += n;
		left -= n;
	}
	*to = '\0';
	return buf;
}

char *fmt_bytes(uint64_t bytes, char *buf)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double val = (double)bytes;
	unsigned int u = 0;

	while (val >= 1024 && u < 6) {
		val /= 1024;
		u++;
	}
	if (val == (double)(uint64_t)val)
		snprintf(buf, FMT_LEN, "%.0f %s", val, units[u]);
	else
		snprintf(buf, FMT_LEN, "%.1f %s", val, units[u]);
	return buf;
}

char *fmt_ip(struct in_addr ip, char *buf)
{
	if (!ip.s_addr || !inet_ntop(AF_INET, &ip, buf, FMT_LEN))
		strcpy(buf, "-");
	return buf;
}

char *fmt_ip6(const struct in6_addr *ip, char *buf)
{
	if (!inet_ntop(AF_INET6, ip, buf, FMT_IP6_LEN))
		strcpy(buf, "-");
	return buf;
}

char *fmt_mac(const uint8_t *mac, char *buf)
{
	snprintf(buf, FMT_LEN, "%02x:%02x:%02x:%02x:%02x:%02x",
		 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	return buf;
}

char *fmt_age(uint64_t ms, char *buf)
{
	uint64_t s = ms / 1000;

	if (s < 120)
		snprintf(buf, FMT_LEN, "%" PRIu64 " s", s);
	else if (s < 120 * 60)
		snprintf(buf, FMT_LEN, "%" PRIu64 " min", s / 60);
	else if (s < 48 * 3600)
		snprintf(buf, FMT_LEN, "%" PRIu64 " h", s / 3600);
	else
		snprintf(buf, FMT_LEN, "%" PRIu64 " days", s / 86400);
	return buf;
}

char *fmt_since(uint64_t time_ns, char *buf)
{
	struct timespec ts;
	uint64_t now_ns;

	clock_gettime(CLOCK_REALTIME, &ts);
	now_ns = (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	/* the clock may have been set back since */
	return fmt_age(now_ns > time_ns ? (now_ns - time_ns) / 1000000 : 0, buf);
}

char *fmt_time(uint64_t time_ns, char *buf)
{
	time_t s = (time_t)(time_ns / 1000000000);
	struct tm tm;
	size_t n;

	localtime_r(&s, &tm);
	n = strftime(buf, FMT_LEN, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buf + n, FMT_LEN - n, ".%03u",
		 (unsigned int)(time_ns / 1000000 % 1000));
	return buf;
}

int parse_mac(const char *text, uint8_t *mac)
{
	const char *p = text;
	int i;

	for (i = 0; i < 6; i++) {
		char byte[3] = { 0 };

		if (strspn(p, "0123456789abcdefABCDEF") != 2)
			return -1;
		memcpy(byte, p, 2);
		mac[i] = (uint8_t)strtoul(byte, NULL, 16);
		p += 2;
		if (*p != (i < 5 ? ':' : '\0'))
			return -1;
		p++;
	}
	return 0;
}

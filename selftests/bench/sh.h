/* SPDX-License-Identifier: GPL-2.0 */
/* Small things about the system that the paths share. */
#ifndef BENCH_SH_H
#define BENCH_SH_H

#include <stdint.h>

/* print what went wrong, with errno; returns -1 */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* run a command by the shell; 0, or -1 and a message */
int sh(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* put a number into a file of /proc or /sys */
int put_file(const char *path, const char *text);
/* a network namespace of our own, quiet: no IPv6 of its own accord */
int own_netns(void);
/* open as many files */
int allow_files(unsigned int count);
/* the n-th locally administered address, and an IPv4 address for documentation */
void nth_mac(uint8_t *mac, uint8_t kind, unsigned int n);
uint32_t nth_ip(unsigned int n);
/* send @count frames from as many source addresses into an interface, to STATIONS_MEET */
#define STATIONS_MEET	"02:00:ff:00:00:01"
int send_stations(const char *ifname, unsigned int count);

#endif /* BENCH_SH_H */

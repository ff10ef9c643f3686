// SPDX-License-Identifier: GPL-2.0
/*
 * Small things about the system that the paths share.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>

#include "sh.h"

int fail(const char *format, ...)
{
	int err = errno;
	va_list ap;

	fputs("bench-net: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fprintf(stderr, " (%s)\n", strerror(err));
	return -1;
}

int sh(const char *format, ...)
{
	char cmd[512];
	va_list ap;

	va_start(ap, format);
	vsnprintf(cmd, sizeof(cmd), format, ap);
	va_end(ap);
	return system(cmd) ? fail("%s", cmd) : 0;
}

int put_file(const char *path, const char *text)
{
	ssize_t len = strlen(text);
	int fd = open(path, O_WRONLY);
	int ok = fd >= 0 && write(fd, text, len) == len;

	if (fd >= 0)
		close(fd);
	return ok ? 0 : fail("%s", path);
}

int own_netns(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("sysfs", "/sys", "sysfs", 0, NULL))
		return fail("no namespace");
	if (put_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1") ||
	    put_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1"))
		return -1;
	return sh("ip link set lo up");
}

int allow_files(unsigned int count)
{
	struct rlimit limit = { .rlim_cur = count, .rlim_max = count };

	return setrlimit(RLIMIT_NOFILE, &limit) ? fail("no more than a few files") : 0;
}

void nth_mac(uint8_t *mac, uint8_t kind, unsigned int n)
{
	mac[0] = 0x02;
	mac[1] = 0;
	mac[2] = kind;
	mac[3] = n >> 16;
	mac[4] = n >> 8;
	mac[5] = n;
}

uint32_t nth_ip(unsigned int n)
{
	return htonl(0xc6336400 + 1 + n % 254);	/* 198.51.100.0/24 */
}

int send_stations(const char *ifname, unsigned int count)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET, .sll_halen = ETH_ALEN };
	uint8_t frame[60] = { 0 };
	unsigned int i;
	int fd;

	to.sll_ifindex = if_nametoindex(ifname);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		return fail("no packet socket");
	/* Of a type that nobody listens for. */
	nth_mac(frame, 0xff, 1);
	frame[12] = 0x88;
	frame[13] = 0xb5;
	for (i = 0; i < count; i++) {
		nth_mac(frame + ETH_ALEN, 0xfd, i);
		if (sendto(fd, frame, sizeof(frame), 0, (void *)&to, sizeof(to)) < 0 &&
		    errno != ENOBUFS) {
			close(fd);
			return fail("cannot send to %s", ifname);
		}
	}
	close(fd);
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "resolv.h"

/*
 * In this order: where the first one names a resolver on a loopback address, that one
 * runs on the host, and those that it asks stand in another file.
 */
static const char *const files[] = {
	"/etc/resolv.conf",
	"/run/systemd/resolve/resolv.conf",
	"/run/NetworkManager/no-stub-resolv.conf",
};

static void take_server4(struct resolv *r, struct in_addr ip)
{
	unsigned int i;

	if (!ip.s_addr || ntohl(ip.s_addr) >> 24 == 127)
		return;
	for (i = 0; i < r->ndns; i++)
		if (r->dns[i].s_addr == ip.s_addr)
			return;
	if (r->ndns < VMI_DNS_MAX)
		r->dns[r->ndns++] = ip;
}

static void take_server6(struct resolv *r, const struct in6_addr *ip)
{
	unsigned int i;

	if (IN6_IS_ADDR_LOOPBACK(ip) || IN6_IS_ADDR_UNSPECIFIED(ip) || IN6_IS_ADDR_LINKLOCAL(ip) ||
	    IN6_IS_ADDR_MULTICAST(ip))
		return;
	for (i = 0; i < r->ndns6; i++)
		if (IN6_ARE_ADDR_EQUAL(&r->dns6[i], ip))
			return;
	if (r->ndns6 < VMI_DNS_MAX)
		r->dns6[r->ndns6++] = *ip;
}

static void take_server(struct resolv *r, const char *word)
{
	struct in6_addr ip6;
	struct in_addr ip;

	if (inet_pton(AF_INET, word, &ip) == 1)
		take_server4(r, ip);
	else if (inet_pton(AF_INET6, word, &ip6) == 1)
		take_server6(r, &ip6);
}

static void take_domain(struct resolv *r, const char *word)
{
	size_t len = strlen(word);

	if (len && word[len - 1] == '.')
		len--;
	if (!len || len >= sizeof(r->domain))
		return;
	memcpy(r->domain, word, len);
	r->domain[len] = '\0';
}

static void read_file(struct resolv *r, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[1024];

	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *save, *key = strtok_r(line, " \t\r\n", &save);
		char *val = key ? strtok_r(NULL, " \t\r\n", &save) : NULL;

		if (!val)
			continue;
		if (!strcmp(key, "nameserver"))
			take_server(r, val);
		else if (!strcmp(key, "search") || !strcmp(key, "domain"))
			take_domain(r, val);
	}
	fclose(f);
}

void resolv_read(struct resolv *r)
{
	size_t i;

	memset(r, 0, sizeof(*r));
	for (i = 0; i < sizeof(files) / sizeof(files[0]) && !r->ndns && !r->ndns6; i++)
		read_file(r, files[i]);
}

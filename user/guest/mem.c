// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mem.h"

#define NO_PAGE		UINT64_MAX
#define PAGES_A_LOOK	64

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int guest_mem_open(struct guest_mem *m, const struct guest_source *src)
{
	memset(m, 0, sizeof(*m));
	m->src = *src;
	m->fd = -1;
	m->tags = malloc(GUEST_CACHE_PAGES * sizeof(*m->tags));
	m->pages = malloc((size_t)GUEST_CACHE_PAGES * GUEST_PAGE_BYTES);
	if (!m->tags || !m->pages) {
		guest_mem_close(m);
		return -ENOMEM;
	}
	guest_mem_forget(m, 0);
	return 0;
}

static int read_fd(void *priv, uint64_t gpa, void *buf, size_t len)
{
	const struct guest_mem *m = priv;
	uint8_t *to = buf;

	while (len) {
		ssize_t n = pread(m->fd, to, len, (off_t)gpa);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -EFAULT;
		to += n;
		gpa += n;
		len -= n;
	}
	return 0;
}

int guest_mem_open_fd(struct guest_mem *m, int fd)
{
	struct guest_source src = { .read = read_fd };
	off_t end = lseek(fd, 0, SEEK_END);
	int ret;

	if (end < 0)
		return -errno;
	src.top_gpa = end;
	ret = guest_mem_open(m, &src);
	if (ret)
		return ret;
	m->src.priv = m;
	m->fd = fd;
	return 0;
}

void guest_mem_close(struct guest_mem *m)
{
	free(m->tags);
	free(m->pages);
	memset(m, 0, sizeof(*m));
}

void guest_mem_forget(struct guest_mem *m, unsigned int ms)
{
	size_t i;

	for (i = 0; i < GUEST_CACHE_PAGES; i++)
		m->tags[i] = NO_PAGE;
	m->end_ns = ms ? now_ns() + (uint64_t)ms * 1000000 : 0;
	m->look_at = m->pages_read;
}

static int may_read(struct guest_mem *m, uint64_t gpa, size_t len)
{
	if (gpa >= m->src.top_gpa || len > m->src.top_gpa - gpa)
		return -EFAULT;
	/* the clock is looked at now and then: a look costs as much as a page */
	if (m->end_ns && m->pages_read >= m->look_at) {
		if (now_ns() > m->end_ns)
			return -ETIME;
		m->look_at = m->pages_read + PAGES_A_LOOK;
	}
	m->pages_read += (len + GUEST_PAGE_BYTES - 1) / GUEST_PAGE_BYTES;
	return 0;
}

int guest_mem_page(struct guest_mem *m, uint64_t gpa, const uint8_t **page)
{
	uint64_t base = gpa & ~(uint64_t)(GUEST_PAGE_BYTES - 1);
	size_t slot = base / GUEST_PAGE_BYTES % GUEST_CACHE_PAGES;
	uint8_t *to = m->pages + slot * GUEST_PAGE_BYTES;
	size_t len = GUEST_PAGE_BYTES;
	int ret;

	*page = to;
	if (m->tags[slot] == base)
		return 0;
	/* an image may end within a page */
	if (base < m->src.top_gpa && m->src.top_gpa - base < len)
		len = m->src.top_gpa - base;
	ret = may_read(m, base, len);
	if (ret)
		return ret;
	m->tags[slot] = NO_PAGE;
	ret = m->src.read(m->src.priv, base, to, len);
	if (ret)
		return ret;
	memset(to + len, 0, GUEST_PAGE_BYTES - len);
	m->tags[slot] = base;
	return 0;
}

int guest_mem_read(struct guest_mem *m, uint64_t gpa, void *buf, size_t len)
{
	uint8_t *to = buf;

	while (len) {
		size_t at = gpa % GUEST_PAGE_BYTES;
		size_t n = GUEST_PAGE_BYTES - at < len ? GUEST_PAGE_BYTES - at : len;
		const uint8_t *page;
		int ret = guest_mem_page(m, gpa, &page);

		if (ret)
			return ret;
		memcpy(to, page + at, n);
		to += n;
		gpa += n;
		len -= n;
	}
	return 0;
}

int guest_mem_read_through(struct guest_mem *m, uint64_t gpa, void *buf, size_t len)
{
	int ret = may_read(m, gpa, len);

	return ret ? ret : m->src.read(m->src.priv, gpa, buf, len);
}

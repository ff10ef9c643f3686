// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

const char *guest_error(const struct guest *g)
{
	return g->error;
}

int guest_fail(struct guest *g, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(g->error, sizeof(g->error), fmt, ap);
	va_end(ap);
	return err;
}

/* What every call may meet. */
static int fail_common(struct guest *g, int err, const char *what)
{
	switch (err) {
	case -ETIME:
		return guest_fail(g, err, "%s takes too long: the guest's memory makes no sense",
				  what);
	case -ENOMEM:
		return guest_fail(g, err, "out of memory");
	case -EAGAIN:
		return guest_fail(g, err, "%s kept changing while it was read", what);
	case -ENODEV:
		return guest_fail(g, err, "the guest is gone");
	}
	return guest_fail(g, err, "cannot read the guest's memory: %s", strerror(-err));
}

void guest_begin(struct guest *g)
{
	g->error[0] = '\0';
	guest_mem_forget(&g->mem, GUEST_VIEW_MS);
}

bool guest_retry(struct guest *g, int ret, unsigned int *tries)
{
	if (ret == -EAGAIN && ++*tries < GUEST_TRIES) {
		guest_begin(g);
		return true;
	}
	if (ret && !g->error[0])
		fail_common(g, ret, "what the guest does");
	return false;
}

static int find_kernel(struct guest *g)
{
	int ret = guest_kimage_find(&g->mem, &g->image, &g->syms);

	if (ret == -ENOENT)
		return guest_fail(g, ret, "no Linux kernel is in the guest's memory");
	return ret ? fail_common(g, ret, "the search for a kernel") : 0;
}

static int read_banner(struct guest *g)
{
	uint64_t va;
	char *end;
	int ret = guest_symbol(g, "linux_banner", &va);

	if (ret)
		return ret;
	ret = guest_get_text(g, va, g->banner, sizeof(g->banner));
	if (ret)
		return fail_common(g, ret, "the kernel's banner");
	end = strchr(g->banner, '\n');
	if (end)
		*end = '\0';
	return 0;
}

static int read_types(struct guest *g)
{
	uint64_t start, stop;
	uint8_t *data;
	int ret;

	if (guest_kallsyms_find(&g->syms, "__start_BTF", &start) ||
	    guest_kallsyms_find(&g->syms, "__stop_BTF", &stop))
		return guest_fail(g, -ENODATA,
				  "the guest's kernel has no BTF (CONFIG_DEBUG_INFO_BTF)");
	if (stop <= start || stop - start > GUEST_BTF_BYTES_MAX)
		return guest_fail(g, -ENODATA, "the BTF of the guest's kernel is damaged");
	data = malloc(stop - start);
	if (!data)
		return fail_common(g, -ENOMEM, "");
	/* the image is of one piece in physical memory, too */
	ret = guest_mem_read_through(&g->mem, start - g->image.text_va + g->image.text_gpa,
				     data, stop - start);
	if (!ret)
		ret = guest_types_load(&g->types, data, stop - start);
	free(data);
	if (ret == -EOPNOTSUPP)
		return guest_fail(g, -ENODATA, "the BTF of the guest's kernel is of a newer form");
	if (ret == -EBADMSG || ret == -EFAULT)
		return guest_fail(g, -ENODATA, "the BTF of the guest's kernel is damaged");
	return ret ? fail_common(g, ret, "the kernel's BTF") : 0;
}

static int open_memory(struct guest *g, int ret)
{
	if (ret)
		return fail_common(g, ret, "");
	guest_mem_forget(&g->mem, GUEST_OPEN_MS);
	ret = find_kernel(g);
	if (!ret)
		ret = read_banner(g);
	return ret ? ret : read_types(g);
}

int guest_open(struct guest *g, const struct guest_source *src)
{
	memset(g, 0, sizeof(*g));
	return open_memory(g, guest_mem_open(&g->mem, src));
}

int guest_open_fd(struct guest *g, int fd)
{
	memset(g, 0, sizeof(*g));
	return open_memory(g, guest_mem_open_fd(&g->mem, fd));
}

void guest_close(struct guest *g)
{
	guest_types_free(&g->types);
	guest_kallsyms_free(&g->syms);
	guest_mem_close(&g->mem);
}

int guest_fields(struct guest *g, const struct guest_want *want, size_t n, void *fields)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct guest_field *f = (struct guest_field *)((char *)fields + want[i].dest);

		if (f->there)
			continue;
		if (guest_types_field(&g->types, want[i].type, want[i].path, f) &&
		    !want[i].optional)
			return guest_fail(g, -ENODATA, "the guest's kernel has no member %s in %s",
					  want[i].path, want[i].type);
	}
	return 0;
}

int guest_symbol(struct guest *g, const char *name, uint64_t *va)
{
	if (guest_kallsyms_find(&g->syms, name, va))
		return guest_fail(g, -ENODATA, "the guest's kernel has no symbol %s", name);
	return 0;
}

const char *guest_symbol_name(const struct guest *g, uint64_t va)
{
	int64_t i = guest_kallsyms_at(&g->syms, va);

	return i >= 0 && g->syms.addrs[i] == va ? guest_kallsyms_name(&g->syms, i) : NULL;
}

/* an address that leads nowhere was read from what had changed, or is a lie */
static int again(int ret)
{
	return ret == -EFAULT || ret == -ENXIO ? -EAGAIN : ret;
}

int guest_read(struct guest *g, uint64_t va, void *buf, size_t len)
{
	return again(guest_space_read(&g->mem, &g->image.space, va, buf, len, NULL));
}

int guest_get_u64(struct guest *g, uint64_t va, uint64_t *val)
{
	return guest_read(g, va, val, sizeof(*val));
}

int guest_get(struct guest *g, uint64_t base, const struct guest_field *f, uint64_t *val)
{
	int ret;

	*val = 0;
	if (!f->there)
		return 0;
	ret = guest_read(g, base + f->offset, val, f->bytes < 8 ? f->bytes : 8);
	if (!ret && f->bits) {
		*val >>= f->shift;
		if (f->bits < 64)
			*val &= (1ULL << f->bits) - 1;
	}
	return ret;
}

int guest_get_text(struct guest *g, uint64_t va, char *buf, size_t size)
{
	size_t have = 0;

	while (have + 1 < size) {
		size_t n = GUEST_PAGE_BYTES - va % GUEST_PAGE_BYTES;
		char *end;
		int ret;

		if (n > size - 1 - have)
			n = size - 1 - have;
		ret = guest_read(g, va, buf + have, n);
		if (ret)
			return ret;
		end = memchr(buf + have, '\0', n);
		if (end)
			return 0;
		have += n;
		va += n;
	}
	buf[have] = '\0';
	return 0;
}

int guest_get_array(struct guest *g, uint64_t base, const struct guest_field *f,
		    char *buf, size_t size)
{
	size_t n = f->bytes < size - 1 ? f->bytes : size - 1;

	buf[n] = '\0';
	return f->there ? guest_read(g, base + f->offset, buf, n) : 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The guest's physical memory, wherever it comes from: a session file, the file
 * /proc/vmi/NAME.raw, an image with offset = GPA, or a caller's own source.
 *
 * Pages that were read are kept, so that a view sees one state of a page and
 * pays for it once; guest_mem_forget() drops them.
 */
#ifndef VMIG_MEM_H
#define VMIG_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_PAGE_BYTES	4096
#define GUEST_CACHE_PAGES	2048	/* a power of two */

/**
 * struct guest_source - where memory comes from
 * @read: copy @len bytes at @gpa to @buf; 0 or a negative errno
 * @priv: for @read
 * @top_gpa: end of the highest memory; nothing is read from there on
 *
 * Holes read as zeros or fail with -EFAULT; any other error ends a view.
 */
struct guest_source {
	int (*read)(void *priv, uint64_t gpa, void *buf, size_t len);
	void *priv;
	uint64_t top_gpa;
};

/**
 * struct guest_mem - memory with the pages that were read
 * @src: where from
 * @fd: of a source that is a file
 * @tags: GPA of the page in each slot, UINT64_MAX for none
 * @pages: the slots
 * @end_ns: CLOCK_MONOTONIC when reading is given up, 0 for never
 * @pages_read: since it was opened
 * @look_at: look at the clock when @pages_read has come to this
 */
struct guest_mem {
	struct guest_source src;
	int fd;
	uint64_t *tags;
	uint8_t *pages;
	uint64_t end_ns;
	uint64_t pages_read;
	uint64_t look_at;
};

/* Return: 0 or -ENOMEM. */
int guest_mem_open(struct guest_mem *m, const struct guest_source *src);

/* A file with offset = GPA; it stays the caller's. Return: 0 or a negative errno. */
int guest_mem_open_fd(struct guest_mem *m, int fd);

void guest_mem_close(struct guest_mem *m);

/* Drop the pages kept, and allow @ms milliseconds of reading from now on. */
void guest_mem_forget(struct guest_mem *m, unsigned int ms);

/**
 * guest_mem_page() - one page of the guest
 * @m: memory
 * @gpa: any address in it
 * @page: result, good until the next call with @m
 *
 * Return: 0, -EFAULT beyond memory, -ETIME when the time is up, or the source's error.
 */
int guest_mem_page(struct guest_mem *m, uint64_t gpa, const uint8_t **page);

/* Copy through the pages kept. Return: as guest_mem_page(); nothing is copied in part. */
int guest_mem_read(struct guest_mem *m, uint64_t gpa, void *buf, size_t len);

/* Copy past the pages kept: for much. Return: as guest_mem_page(). */
int guest_mem_read_through(struct guest_mem *m, uint64_t gpa, void *buf, size_t len);

#endif /* VMIG_MEM_H */

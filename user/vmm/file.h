/* SPDX-License-Identifier: GPL-2.0 */
/* A file that a guest is booted with. It is not trusted, and may change while it is open. */
#ifndef VMM_FILE_H
#define VMM_FILE_H

#include <stdint.h>

/**
 * struct file - one of them
 * @fd: or -1
 * @size: bytes, when it was opened
 * @path: as the user calls it
 */
struct file {
	int fd;
	uint64_t size;
	const char *path;
};

/* Open a regular file; @what names it to the user. Return: 0, or -1 after fail(). */
int file_open(struct file *file, const char *what, const char *path);

/* All of the @len bytes at @offset. Return: 0, or -1 after fail(). */
int file_read(const struct file *file, void *buf, uint64_t len, uint64_t offset);

/* The same, into the guest's memory. Return: 0, or -1 after fail(). */
int file_load(const struct file *file, uint64_t gpa, uint64_t len, uint64_t offset);

#endif /* VMM_FILE_H */

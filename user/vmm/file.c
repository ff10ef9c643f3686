// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fail.h"
#include "file.h"
#include "ram.h"

int file_open(struct file *file, const char *what, const char *path)
{
	struct stat st;

	file->path = path;
	/* a FIFO must not hold us up before it is found to be none of ours */
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st))
		return fail_errno(errno, "cannot open the %s %s", what, path);
	if (!S_ISREG(st.st_mode))
		return fail("the %s %s is no regular file", what, path);
	file->size = (uint64_t)st.st_size;
	return 0;
}

int file_read(const struct file *file, void *buf, uint64_t len, uint64_t offset)
{
	while (len) {
		ssize_t n = pread(file->fd, buf, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(errno, "cannot read %s", file->path);
		if (!n)
			return fail("%s has become shorter", file->path);
		buf = (uint8_t *)buf + n;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

int file_load(const struct file *file, uint64_t gpa, uint64_t len, uint64_t offset)
{
	void *to = ram_ptr(gpa, len);

	if (!to)
		return fail("%s does not fit into the guest's memory", file->path);
	return file_read(file, to, len, offset);
}

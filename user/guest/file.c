// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "task.h"

/* struct fields - members that open files are read from */
struct fields {
	struct guest_fds fds;
	struct guest_paths paths;
	struct guest_field mnt, dentry, inode, flags, pos, mode;
};

static const struct guest_want fd_wants[] = {
	GUEST_WANT(guest_fds, files, "task_struct", "files"),
	GUEST_WANT(guest_fds, fdt, "files_struct", "fdt"),
	GUEST_WANT(guest_fds, max_fds, "fdtable", "max_fds"),
	GUEST_WANT(guest_fds, fd, "fdtable", "fd"),
};

static const struct guest_want wants[] = {
	GUEST_WANT(fields, mnt, "file", "f_path.mnt"),
	GUEST_WANT(fields, dentry, "file", "f_path.dentry"),
	GUEST_WANT(fields, inode, "file", "f_inode"),
	GUEST_WANT(fields, flags, "file", "f_flags"),
	GUEST_WANT(fields, pos, "file", "f_pos"),
	GUEST_WANT(fields, mode, "inode", "i_mode"),
};

int guest_fds_open(struct guest *g, struct guest_fds *f)
{
	return guest_fields(g, fd_wants, sizeof(fd_wants) / sizeof(fd_wants[0]), f);
}

int guest_fds_read(struct guest *g, const struct guest_fds *f, uint64_t task,
		   struct vmi_vec *fds)
{
	uint64_t at, n, array, i;
	int ret = guest_get(g, task, &f->files, &at);

	vmi_vec_clear(fds);
	if (ret || !at)
		return ret;
	ret = guest_get(g, at, &f->fdt, &at);
	if (!ret)
		ret = guest_get(g, at, &f->max_fds, &n);
	if (!ret)
		ret = guest_get(g, at, &f->fd, &array);
	if (!ret && n > GUEST_FILES_MAX)
		ret = -EAGAIN;
	for (i = 0; !ret && i < n; i++) {
		uint64_t *fd = vmi_vec_add(fds);

		ret = fd ? guest_get_u64(g, array + 8 * i, fd) : -ENOMEM;
	}
	return ret;
}

static int read_file(struct guest *g, const struct fields *f, struct guest_file *file)
{
	uint64_t mnt, dentry, inode, flags, mode;
	char path[GUEST_PATH_LEN];
	int ret = guest_get(g, file->addr, &f->mnt, &mnt);

	if (!ret)
		ret = guest_get(g, file->addr, &f->dentry, &dentry);
	if (!ret)
		ret = guest_get(g, file->addr, &f->inode, &inode);
	if (!ret)
		ret = guest_get(g, file->addr, &f->flags, &flags);
	if (!ret)
		ret = guest_get(g, file->addr, &f->pos, &file->pos);
	if (!ret)
		ret = guest_get(g, inode, &f->mode, &mode);
	if (!ret)
		ret = guest_get(g, inode, &f->paths.i_ino, &file->ino);
	if (!ret)
		ret = guest_path(g, &f->paths, mnt, dentry, path);
	if (ret)
		return ret;
	file->flags = flags;
	file->mode = mode;
	file->path = strdup(path);
	return file->path ? 0 : -ENOMEM;
}

static int read_all(struct guest *g, const struct fields *f, uint64_t task, struct vmi_vec *files)
{
	struct vmi_vec fds = VMI_VEC_INIT(uint64_t);
	int ret = guest_fds_read(g, &f->fds, task, &fds);
	const uint64_t *fd;

	vmi_vec_for_each(fd, &fds) {
		struct guest_file *file;

		if (ret)
			break;
		if (!*fd)
			continue;
		file = vmi_vec_add(files);
		if (!file) {
			ret = -ENOMEM;
			break;
		}
		file->fd = fd - (const uint64_t *)fds.data;
		file->addr = *fd;
		ret = read_file(g, f, file);
	}
	vmi_vec_free(&fds);
	return ret;
}

int guest_files(struct guest *g, int32_t pid, struct vmi_vec *files)
{
	struct fields f = { 0 };
	unsigned int tries = 0;
	uint64_t task;
	int ret;

	guest_begin(g);
	ret = guest_fds_open(g, &f.fds);
	if (!ret)
		ret = guest_paths_open(g, &f.paths);
	if (!ret)
		ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &f);
	if (ret)
		return ret;
	do {
		guest_files_free(files);
		ret = guest_task_find(g, pid, &task);
		if (!ret)
			ret = read_all(g, &f, task, files);
	} while (guest_retry(g, ret, &tries));
	return ret;
}

void guest_files_free(struct vmi_vec *files)
{
	struct guest_file *file;

	vmi_vec_for_each(file, files)
		free(file->path);
	vmi_vec_free(files);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Open files of a process. */
#ifndef VMIG_FILE_H
#define VMIG_FILE_H

#include "path.h"
#include "vec.h"

#define GUEST_FILES_MAX	(1U << 20)	/* of a process */

/**
 * struct guest_file - an open file
 * @fd: descriptor
 * @addr: of the struct file
 * @mode: st_mode
 * @flags: O_*
 * @pos: offset
 * @ino: inode number
 * @path: as readlink /proc/PID/fd/N has it
 */
struct guest_file {
	uint32_t fd;
	uint64_t addr;
	uint32_t mode;
	uint32_t flags;
	uint64_t pos;
	uint64_t ino;
	char *path;
};

/**
 * guest_files() - what a process has open, by descriptor
 * @g: guest
 * @pid: process
 * @files: vector of struct guest_file, empty; to be freed with guest_files_free()
 *
 * Return: 0, -ESRCH where there is no such process, or see guest_open().
 */
int guest_files(struct guest *g, int32_t pid, struct vmi_vec *files);

void guest_files_free(struct vmi_vec *files);

/**
 * struct guest_fds - members that tables of descriptors are read from
 *
 * For views that look at the open files of all processes.
 */
struct guest_fds {
	struct guest_field files, fdt, max_fds, fd;
};

int guest_fds_open(struct guest *g, struct guest_fds *f);

/*
 * Addresses of the open files of a task_struct, uint64_t, 0 where a descriptor is
 * not in use. A kernel thread has none. Return: 0, -EAGAIN, or an error of the memory.
 */
int guest_fds_read(struct guest *g, const struct guest_fds *f, uint64_t task,
		   struct vmi_vec *fds);

#endif /* VMIG_FILE_H */

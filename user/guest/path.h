/* SPDX-License-Identifier: GPL-2.0 */
/* Names of files, as they are seen from the root of their mount namespace. */
#ifndef VMIG_PATH_H
#define VMIG_PATH_H

#include "guest.h"

#define GUEST_PATH_LEN	4096
#define GUEST_NAME_LEN	256

/* struct guest_paths - members that names are put together from */
struct guest_paths {
	struct guest_field mnt, mnt_parent, mnt_mountpoint, mnt_ns, mnt_root, mnt_sb;
	struct guest_field d_parent, d_name, d_name_len, d_hash_pprev, d_op, d_dname, d_inode, d_sb;
	struct guest_field s_type, type_name, i_ino;
};

/* Return: 0 or -ENODATA. */
int guest_paths_open(struct guest *g, struct guest_paths *p);

/**
 * guest_path() - the name of what is open or mounted
 * @g: guest
 * @p: members
 * @vfsmount: address of the struct vfsmount
 * @dentry: address of the struct dentry
 * @buf: result, of GUEST_PATH_LEN bytes; "..." stands for what is too long
 *
 * As readlink /proc/PID/fd/N has it, with "socket:[1]" and " (deleted)".
 * Return: 0, -EAGAIN, or an error of the memory.
 */
int guest_path(struct guest *g, const struct guest_paths *p, uint64_t vfsmount,
	       uint64_t dentry, char *buf);

/* The name within its file system alone. */
int guest_path_within(struct guest *g, const struct guest_paths *p, uint64_t root,
		      uint64_t dentry, char *buf);

#endif /* VMIG_PATH_H */

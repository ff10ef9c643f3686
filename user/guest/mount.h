/* SPDX-License-Identifier: GPL-2.0 */
/* Mounted file systems. */
#ifndef VMIG_MOUNT_H
#define VMIG_MOUNT_H

#include "path.h"
#include "vec.h"

#define GUEST_MOUNTS_MAX	100000	/* as the kernel's own limit of a namespace */
#define GUEST_FSTYPE_LEN	64
#define GUEST_MOUNT_FLAGS_LEN	128

/**
 * struct guest_mount - a mount
 * @id: its number
 * @parent: that of the mount it is on
 * @major: of the device
 * @minor: likewise
 * @flags: MNT_* of the kernel: of this mount
 * @sb_flags: SB_* of the kernel: of the file system
 * @root: what of the file system is mounted
 * @point: where
 * @type: of the file system
 * @source: device, or whatever was given in its place
 */
struct guest_mount {
	uint32_t id;
	uint32_t parent;
	uint32_t major;
	uint32_t minor;
	uint32_t flags;
	uint64_t sb_flags;
	char *root;
	char *point;
	char type[GUEST_FSTYPE_LEN];
	char *source;
};

/**
 * guest_mounts() - what is mounted, by number
 * @g: guest
 * @pid: process whose namespace it is
 * @mounts: vector of struct guest_mount, empty; to be freed with guest_mounts_free()
 *
 * Return: 0, -ESRCH where there is no such process, or see guest_open().
 */
int guest_mounts(struct guest *g, int32_t pid, struct vmi_vec *mounts);

void guest_mounts_free(struct vmi_vec *mounts);

/* Options as mountinfo has them ("rw,nosuid"); @buf of GUEST_MOUNT_FLAGS_LEN. */
char *guest_mount_flags(const struct guest_mount *mount, char *buf);

#endif /* VMIG_MOUNT_H */

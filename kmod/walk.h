/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page-table walker: from a guest-virtual to a guest-physical address.
 *
 * Pure: all it knows of the guest it asks by a callback, and nothing that the
 * guest puts into its tables makes it read more than one entry a level.
 */
#ifndef VMI_WALK_H
#define VMI_WALK_H

#include <linux/types.h>

/**
 * typedef vmi_walk_read_t - read an entry of a table
 * @ctx: the caller's
 * @gpa: address of the entry, a multiple of 8
 * @entry: where to
 *
 * Return: 0, or a negative errno that ends the walk.
 */
typedef int (*vmi_walk_read_t)(void *ctx, u64 gpa, u64 *entry);

#define VMI_WALK_WRITE	(1U << 0)	/* R/W is set on every level */
#define VMI_WALK_USER	(1U << 1)	/* U/S is set on every level */
#define VMI_WALK_NX	(1U << 2)	/* XD is set on some level */

/**
 * struct vmi_walk - where a walk ended
 * @gpa: the guest-physical address
 * @left: bytes from there to the end of the page
 * @page_bytes: 4K, 2M or 1G
 * @rights: VMI_WALK_*
 */
struct vmi_walk {
	u64 gpa;
	u64 left;
	u64 page_bytes;
	u32 rights;
};

int vmi_walk(u64 root, u64 gva, bool la57, vmi_walk_read_t read, void *ctx, struct vmi_walk *w);

#endif /* VMI_WALK_H */

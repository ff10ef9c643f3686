/* SPDX-License-Identifier: GPL-2.0 */
/* Guest-virtual addresses: the guest's own page tables, walked from outside. */
#ifndef VMIG_WALK_H
#define VMIG_WALK_H

#include "mem.h"

/**
 * struct guest_space - an address space of the guest
 * @root_gpa: its top table
 * @levels: 4 or 5
 */
struct guest_space {
	uint64_t root_gpa;
	unsigned int levels;
};

/* struct guest_mapping - what a walk found: the page of an address and its rights */
struct guest_mapping {
	uint64_t gpa;		/* of the address itself */
	uint64_t left_bytes;	/* from the address to the end of its page */
	bool writable;
	bool user;
	bool executable;
};

/**
 * guest_walk() - translate one address
 * @m: memory
 * @space: address space
 * @va: address
 * @map: result
 *
 * Return: 0, -EFAULT where nothing is mapped or the address is not canonical,
 * -ENXIO where the tables lead outside memory, or an error of @m.
 */
int guest_walk(struct guest_mem *m, const struct guest_space *space, uint64_t va,
	       struct guest_mapping *map);

/**
 * guest_space_read() - copy from an address space
 * @m: memory
 * @space: address space
 * @va: address
 * @buf: where to
 * @len: bytes
 * @done: bytes copied, also on failure; may be NULL
 *
 * Return: 0 or as guest_walk().
 */
int guest_space_read(struct guest_mem *m, const struct guest_space *space, uint64_t va,
		     void *buf, size_t len, size_t *done);

#endif /* VMIG_WALK_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Linked lists of the guest's kernel, which may change or lie. A doubly linked
 * list is followed only where the next node points back, so in memory that does
 * not change it can have no cycle; the bound holds where it does.
 */
#ifndef VMIG_LIST_H
#define VMIG_LIST_H

#include "guest.h"

/**
 * struct guest_list - a way along a list
 * @g: guest
 * @head: where a circular list ends
 * @at: address of the node reached
 * @left: nodes that may follow
 * @err: 0, or why the way ended before the list did
 */
struct guest_list {
	struct guest *g;
	uint64_t head;
	uint64_t at;
	uint32_t left;
	int err;
};

/* A struct list_head. */
void guest_list_begin(struct guest_list *l, struct guest *g, uint64_t head, uint32_t max);

/* Return: true with the next node in @at, false at the end; see @err then. */
bool guest_list_next(struct guest_list *l);

/*
 * A struct hlist_head or hlist_nulls_head: @head is the address of the pointer to
 * the first node. The end is NULL, or a number in place of a pointer.
 */
void guest_hlist_begin(struct guest_list *l, struct guest *g, uint64_t head, uint32_t max);
bool guest_hlist_next(struct guest_list *l);

#endif /* VMIG_LIST_H */

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include "list.h"

void guest_list_begin(struct guest_list *l, struct guest *g, uint64_t head, uint32_t max)
{
	*l = (struct guest_list){ .g = g, .head = head, .at = head, .left = max };
}

static bool stop(struct guest_list *l, int err)
{
	l->err = err;
	return false;
}

bool guest_list_next(struct guest_list *l)
{
	uint64_t next, back;
	int err = guest_get_u64(l->g, l->at, &next);

	if (!err && next != l->head)
		err = guest_get_u64(l->g, next + 8, &back);
	if (err || next == l->head)
		return stop(l, err);
	if (back != l->at)
		return stop(l, -EAGAIN);
	if (!l->left--)
		return stop(l, -EAGAIN);
	l->at = next;
	return true;
}

/* The first node hangs from the head, at whose place next has offset 0, too. */
void guest_hlist_begin(struct guest_list *l, struct guest *g, uint64_t head, uint32_t max)
{
	guest_list_begin(l, g, head, max);
}

bool guest_hlist_next(struct guest_list *l)
{
	uint64_t next, back;
	int err = guest_get_u64(l->g, l->at, &next);

	if (err || !next || next & 1)
		return stop(l, err);
	err = guest_get_u64(l->g, next + 8, &back);
	if (err)
		return stop(l, err);
	if (back != l->at || !l->left--)
		return stop(l, -EAGAIN);
	l->at = next;
	return true;
}

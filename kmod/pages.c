// SPDX-License-Identifier: GPL-2.0
/*
 * Where the pages of a region of guest memory are in the kernel.
 */
#include <linux/gfp.h>
#include <linux/slab.h>

#include "pages.h"

static u64 tops(const struct vmi_pages *p)
{
	return DIV_ROUND_UP(p->n, VMI_PAGES_TABLE * VMI_PAGES_TABLE);
}

/**
 * vmi_pages_init - make an empty table
 * @p: the table
 * @n: pages of the region
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmi_pages_init(struct vmi_pages *p, u64 n)
{
	p->n = n;
	p->top = kvcalloc(tops(p), sizeof(*p->top), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	return p->top ? 0 : -ENOMEM;
}

/**
 * vmi_pages_destroy - free a table
 * @p: the table
 *
 * Context: process, may sleep; nobody uses it any more.
 */
void vmi_pages_destroy(struct vmi_pages *p)
{
	unsigned int j;
	u64 i;

	for (i = 0; i < tops(p); i++) {
		if (!p->top[i])
			continue;
		for (j = 0; j < VMI_PAGES_TABLE; j++)
			free_page((unsigned long)p->top[i][j]);
		free_page((unsigned long)p->top[i]);
	}
	kvfree(p->top);
}

/* A page of zeros into @slot, unless somebody was faster. */
static int add_table(void *slot)
{
	unsigned long table;

	if (READ_ONCE(*(unsigned long *)slot))
		return 0;
	table = get_zeroed_page(GFP_KERNEL_ACCOUNT);
	if (!table)
		return -ENOMEM;
	/* Full barriers: whoever finds the table finds it empty. */
	if (cmpxchg((unsigned long *)slot, 0UL, table))
		free_page(table);
	return 0;
}

/**
 * vmi_pages_reserve - make room for an entry
 * @p: the table
 * @i: number of the page
 *
 * Context: process, may sleep; others may do the same, and read.
 * Return: 0 or -ENOMEM.
 */
int vmi_pages_reserve(struct vmi_pages *p, u64 i)
{
	unsigned long ***mid = &p->top[i / VMI_PAGES_TABLE / VMI_PAGES_TABLE];
	int err = add_table(mid);

	return err ? err : add_table(&(*mid)[i / VMI_PAGES_TABLE % VMI_PAGES_TABLE]);
}

/**
 * vmi_pages_clear - remove entries
 * @p: the table
 * @i: first page; set to where to go on, beyond @last at the end
 * @last: last page
 * @max: how many pages, or 2 MiB or GiB without any, to look at
 *
 * Context: any, excluding all others but vmi_pages_reserve().
 * Return: the number of entries there were.
 */
u64 vmi_pages_clear(struct vmi_pages *p, u64 *i, u64 last, u64 max)
{
	const u64 gib = VMI_PAGES_TABLE * VMI_PAGES_TABLE;
	u64 n = 0;

	for (; *i <= last && max; max--) {
		/* a region may be as large as an address space, and empty */
		if (!p->top[*i / gib]) {
			*i = round_down(*i, gib) + gib;
			continue;
		}
		if (!vmi_pages_leaf(p, *i)) {
			*i = round_down(*i, VMI_PAGES_TABLE) + VMI_PAGES_TABLE;
			continue;
		}
		n += !!vmi_pages_get(p, *i);
		vmi_pages_set(p, (*i)++, 0);
	}
	return n;
}

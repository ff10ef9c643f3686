/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the pages of a region of guest memory are in the kernel.
 *
 * A table of three levels, each a page but for the first, so that a look-up in
 * the packet path is three loads. The lower ones are made where pages are first
 * looked at, and stay.
 *
 * The owner serialises: readers may be many, whoever changes it is alone.
 */
#ifndef VMI_PAGES_H
#define VMI_PAGES_H

#include <linux/mm.h>
#include <linux/types.h>

#define VMI_PAGES_TABLE		(PAGE_SIZE / sizeof(unsigned long))	/* entries */
#define VMI_PAGE_WRITABLE	1UL	/* in an entry: the kernel may write to the page */

/**
 * struct vmi_pages - table of a region's pages
 * @n: pages of the region; const
 * @top: for each GiB NULL, or for each 2 MiB of it NULL, or an entry a page:
 *	its kernel address and VMI_PAGE_*, or 0
 */
struct vmi_pages {
	u64 n;
	unsigned long ***top;
};

int vmi_pages_init(struct vmi_pages *p, u64 n);
void vmi_pages_destroy(struct vmi_pages *p);
int vmi_pages_reserve(struct vmi_pages *p, u64 i);
u64 vmi_pages_clear(struct vmi_pages *p, u64 *i, u64 last, u64 max);

/* the entries of a page and its neighbours, NULL if there are none; needs no lock: they stay */
static inline unsigned long *vmi_pages_leaf(const struct vmi_pages *p, u64 i)
{
	unsigned long **mid = READ_ONCE(p->top[i / VMI_PAGES_TABLE / VMI_PAGES_TABLE]);

	return likely(mid) ? READ_ONCE(mid[i / VMI_PAGES_TABLE % VMI_PAGES_TABLE]) : NULL;
}

/* the entry of a page of the region, 0 if there is none */
static inline unsigned long vmi_pages_get(const struct vmi_pages *p, u64 i)
{
	const unsigned long *leaf = vmi_pages_leaf(p, i);

	return likely(leaf) ? leaf[i % VMI_PAGES_TABLE] : 0;
}

/* after vmi_pages_reserve() */
static inline void vmi_pages_set(struct vmi_pages *p, u64 i, unsigned long entry)
{
	vmi_pages_leaf(p, i)[i % VMI_PAGES_TABLE] = entry;
}

/* what an entry says: the kernel address of the page */
static inline void *vmi_page_addr(unsigned long entry)
{
	return (void *)(entry & PAGE_MASK);
}

#endif /* VMI_PAGES_H */

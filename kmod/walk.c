// SPDX-License-Identifier: GPL-2.0
/*
 * Page-table walker for 4-level and 5-level paging.
 *
 * Intel SDM vol. 3A 4.5 (4-level and 5-level paging), AMD APM vol. 2 5.3
 * (long-mode page translation). What depends on features of the guest's CPU
 * (MAXPHYADDR, protection keys, EFER.NXE) is not judged: an introspection tool
 * reads what is mapped, and a table beyond the guest's memory ends the walk by
 * itself, in the callback.
 */
#include <linux/bits.h>
#include <linux/errno.h>

#include "walk.h"

#define PTE_P		BIT_ULL(0)
#define PTE_RW		BIT_ULL(1)
#define PTE_US		BIT_ULL(2)
#define PTE_PS		BIT_ULL(7)
#define PTE_XD		BIT_ULL(63)
#define PTE_ADDR	GENMASK_ULL(51, 12)
#define PTE_PAT_LARGE	BIT_ULL(12)	/* the lowest address bit of a large page is its PAT bit */

#define TABLE_BITS	9
#define PAGE_BITS	12

/* Bits 63 down to the highest that is translated are the same (SDM vol. 1 3.3.7.1). */
static bool vmi_walk_canonical(u64 gva, unsigned int bits)
{
	return (u64)((s64)(gva << (64 - bits)) >> (64 - bits)) == gva;
}

/**
 * vmi_walk() - translate an address
 * @root: CR3; what is not the address of the table is ignored
 * @gva: guest-virtual address
 * @la57: five levels
 * @read: reads an entry
 * @ctx: for @read
 * @w: the result
 *
 * Context: that of @read.
 * Return: 0; -EFAULT when @gva is not canonical, not mapped, or an entry has
 * a reserved bit set; what @read returned when it failed.
 */
int vmi_walk(u64 root, u64 gva, bool la57, vmi_walk_read_t read, void *ctx, struct vmi_walk *w)
{
	unsigned int level = la57 ? 5 : 4;
	unsigned int shift = PAGE_BITS + (level - 1) * TABLE_BITS;
	u32 rights = VMI_WALK_WRITE | VMI_WALK_USER;
	u64 table = root & PTE_ADDR;
	u64 entry, offset;
	int err;

	if (!vmi_walk_canonical(gva, shift + TABLE_BITS))
		return -EFAULT;

	for (; ; level--, shift -= TABLE_BITS) {
		u64 index = (gva >> shift) & (BIT_ULL(TABLE_BITS) - 1);

		err = read(ctx, table + index * sizeof(entry), &entry);
		if (err)
			return err;
		if (!(entry & PTE_P))
			return -EFAULT;
		if (!(entry & PTE_RW))
			rights &= ~VMI_WALK_WRITE;
		if (!(entry & PTE_US))
			rights &= ~VMI_WALK_USER;
		if (entry & PTE_XD)
			rights |= VMI_WALK_NX;
		/* in an entry of the last level the bit is PAT */
		if (level == 1)
			break;
		if (entry & PTE_PS) {
			/* tables 4-14 and 4-15: PS is reserved above the 1G level */
			if (level > 3)
				return -EFAULT;
			break;
		}
		table = entry & PTE_ADDR;
	}

	offset = BIT_ULL(shift) - 1;
	entry &= PTE_ADDR;
	if (level > 1) {
		entry &= ~PTE_PAT_LARGE;
		/* tables 4-16 and 4-18: address bits below the page's size are reserved */
		if (entry & offset)
			return -EFAULT;
	}
	w->gpa = entry | (gva & offset);
	w->page_bytes = offset + 1;
	w->left = w->page_bytes - (gva & offset);
	w->rights = rights;
	return 0;
}

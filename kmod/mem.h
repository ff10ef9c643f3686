/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest memory: regions, the page cache and its MMU notifier.
 *
 * A vmi_mem lives from VMI_ATTACH to the last reference; vmi_mem_kill() at the
 * release of the VM file ends all access to the guest's pages.
 *
 * Page access: between vmi_mem_lock() and vmi_mem_unlock() the pointers that
 * vmi_mem_lookup() returns stay good: the MMU notifier waits. It is a reader's
 * lock, may be taken in process or softirq context with bottom halves off,
 * and of two guests at once; nothing may sleep in it.
 */
#ifndef VMI_MEM_H
#define VMI_MEM_H

#include <linux/types.h>
#include <linux/vmi_chr.h>

#include "pages.h"

struct file;
struct vm_area_struct;
struct vmi_mem;

/* NULL when there is no memory; regions will be in current->mm */
struct vmi_mem *vmi_mem_alloc(void);
void vmi_mem_get(struct vmi_mem *mem);
void vmi_mem_put(struct vmi_mem *mem);
void vmi_mem_kill(struct vmi_mem *mem);
bool vmi_mem_dead(struct vmi_mem *mem);
int vmi_mem_region(struct vmi_mem *mem, const struct vmi_mem_region *r);

void vmi_mem_lock(struct vmi_mem *mem);
void vmi_mem_unlock(struct vmi_mem *mem);
/* kernel address of the frame, or NULL when it is not in the cache (for writing, when @write) */
void *vmi_mem_lookup(struct vmi_mem *mem, u64 gfn, bool write);
/* under vmi_mem_lock(): while it stays the same, what was looked up before is still good */
u64 vmi_mem_gen(const struct vmi_mem *mem);

/**
 * struct vmi_extent - a part of a region, at hand
 * @first: its first frame
 * @n: frames, 0 for none
 * @entry: of a page each, see struct vmi_pages
 *
 * Good under vmi_mem_lock() while vmi_mem_gen() stays the same.
 */
struct vmi_extent {
	u64 first;
	u64 n;
	const unsigned long *entry;
};

/* the extent of a frame, or none */
void vmi_mem_extent(struct vmi_mem *mem, u64 gfn, struct vmi_extent *x);

/* as vmi_mem_lookup(), in the extent only */
static inline void *vmi_extent_lookup(const struct vmi_extent *x, u64 gfn, bool write)
{
	u64 i = gfn - x->first;

	if (unlikely(i >= x->n || !(x->entry[i] & (write ? VMI_PAGE_WRITABLE : PAGE_MASK))))
		return NULL;
	return vmi_page_addr(x->entry[i]);
}

/* may sleep; brings the frame into the cache: 0, -EFAULT outside regions, -ENODEV after kill, -ENOMEM */
int vmi_mem_fault(struct vmi_mem *mem, u64 gfn, bool write);
/* any context, under vmi_mem_lock() or not: is [gpa, gpa + len) inside one region (writable when @write)? */
bool vmi_mem_valid(struct vmi_mem *mem, u64 gpa, u64 len, bool write);

/* may sleep; kernel buffers; holes read as zeros and refuse writes with -EFAULT */
int vmi_mem_read(struct vmi_mem *mem, u64 gpa, void *buf, size_t len);
int vmi_mem_write(struct vmi_mem *mem, u64 gpa, const void *buf, size_t len);
/* may sleep; user buffers of current; bytes done before the first failure in @done */
int vmi_mem_read_user(struct vmi_mem *mem, u64 gpa, void __user *buf, size_t len, size_t *done);
int vmi_mem_write_user(struct vmi_mem *mem, u64 gpa, const void __user *buf, size_t len, size_t *done);

void vmi_mem_size(struct vmi_mem *mem, u64 *ram_bytes, u64 *top_gpa, u32 *regions);
/* windows: the file's f_mapping becomes the memory's own, so that the notifier can unmap */
void vmi_mem_file(struct vmi_mem *mem, struct file *file);
int vmi_mem_mmap(struct vmi_mem *mem, struct vm_area_struct *vma);

int vmi_mem_init(void);
void vmi_mem_exit(void);

#endif /* VMI_MEM_H */

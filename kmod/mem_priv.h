/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside of guest memory: what mem.c (regions, cache, copies) and window.c
 * (mmap) share. Nobody else includes it.
 *
 * Lock order:
 *
 *	mem->mutex -> mmap_lock of the VMM -> mem->lock -> xa_lock of mapped
 *	mmap_lock of a tool -> mem->inserting -> mem->lock
 *
 * The notifier's invalidate() is called below any lock of the VMM's mm, in
 * reclaim too: it takes mem->lock only, and waits (bounded) for the zap work.
 */
#ifndef VMI_MEM_PRIV_H
#define VMI_MEM_PRIV_H

#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "mem.h"
#include "pages.h"

/* End of what a guest can address: the architecture's 52 bits (SDM vol. 3A 4.1.4). */
#define VMI_GPA_END		(1ULL << 52)

#define VMI_REFUSED_BITS	3

/**
 * struct vmi_region - a piece of guest memory
 * @ref: the table's and those of faults under way
 * @rcu: freed by RCU
 * @sub: tells what the VMM's mm does to it
 * @mem: whose it is; const
 * @gpa: first address; const
 * @size: bytes; const
 * @uaddr: where it is in the VMM; const
 * @flags: VMI_MEM_*; const
 * @dead: removed, no page may be cached for it any more; mem->lock
 * @pages: those in the cache. No reference is held: while an entry stands, the
 *	page is mapped by the VMM. mem->lock
 */
struct vmi_region {
	struct kref ref;
	struct rcu_head rcu;
	struct mmu_interval_notifier sub;
	struct vmi_mem *mem;
	u64 gpa;
	u64 size;
	unsigned long uaddr;
	u32 flags;
	bool dead;
	struct vmi_pages pages;
};

/**
 * struct vmi_refused - a fault that failed while the mmap lock was not held
 * @task: who faulted; only compared, never followed
 * @gfn: where
 */
struct vmi_refused {
	struct task_struct *task;
	u64 gfn;
};

/**
 * struct vmi_mem - memory of a guest
 * @ref: references
 * @mm: the VMM's address space, held by mmgrab(); const
 * @mutex: serialises changes of the regions and the end
 * @lock: excludes the users of pages (readers) from the MMU notifier (writer)
 * @dead: no access any more; @lock, read without where it is only a hint
 * @region: by slot; changed under @mutex and @lock, read under either or RCU
 * @gen: counts the times that pages or a region were forgotten, from 1; @lock
 * @inode: carries the address space of the windows; const
 * @mapped: gfn -> page that stands in a window, tagged 1 when writable there,
 *	with a reference. @lock
 * @inserting: held for reading while a page goes from @mapped into a window
 * @zap_first: first gfn to be unmapped from the windows; @lock
 * @zap_last: the last; less than @zap_first when there is nothing to do; @lock
 * @zap_want: number of requests; @lock
 * @zap_done: number of requests carried out; @lock, read without by waiters
 * @zap_wait: who waits for @zap_done
 * @zap_work: carries them out
 * @refused: by hash of the task; @lock
 */
struct vmi_mem {
	struct kref ref;
	struct mm_struct *mm;
	struct mutex mutex;
	rwlock_t lock;
	bool dead;
	struct vmi_region __rcu *region[VMI_REGIONS_MAX];
	u64 gen;
	struct inode *inode;
	struct xarray mapped;
	struct rw_semaphore inserting;
	u64 zap_first;
	u64 zap_last;
	u64 zap_want;
	u64 zap_done;
	wait_queue_head_t zap_wait;
	struct work_struct zap_work;
	struct vmi_refused refused[1 << VMI_REFUSED_BITS];
};

struct vmi_region *vmi_region_at(struct vmi_mem *mem, u64 gpa);
unsigned long vmi_region_page(const struct vmi_region *r, u64 gfn);

int vmi_window_setup(struct vmi_mem *mem);
void vmi_window_destroy(struct vmi_mem *mem);
u64 vmi_window_zap_queue(struct vmi_mem *mem, u64 first, u64 last);
void vmi_window_zap_wait(struct vmi_mem *mem, u64 want);
void vmi_window_zap(struct vmi_mem *mem, u64 first, u64 last);
int vmi_window_init(void);
void vmi_window_exit(void);

#endif /* VMI_MEM_PRIV_H */

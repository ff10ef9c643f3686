// SPDX-License-Identifier: GPL-2.0
/*
 * Guest memory: regions, the page cache and its MMU notifier.
 *
 * Nothing is pinned. A page is looked up in the VMM's page tables when it is
 * first needed (vmi_mem_fault), remembered without a reference, and forgotten
 * when the VMM's mm is about to unmap or write-protect it
 * (vmi_mem_invalidate). In between it is mapped by the VMM and cannot go away:
 * the scheme of KVM's gfn_to_pfn_cache. So reclaim, migration, compaction,
 * KSM, THP, ballooning and MAP_PRIVATE snapshots work as if we were not there.
 *
 * A page that the kernel may write was got with FOLL_WRITE, whose fault made
 * the page table entry dirty. Whoever wants to clean that entry fires the
 * notifier first, and we have to fault again: no set_page_dirty() is needed.
 */
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "mem_priv.h"

/* Pages forgotten in one go with bottom halves off: a few us. */
#define VMI_FORGET_BATCH	1024

static void vmi_region_free(struct kref *ref)
{
	struct vmi_region *r = container_of(ref, struct vmi_region, ref);

	vmi_pages_destroy(&r->pages);
	kfree_rcu(r, rcu);
}

static bool vmi_region_overlaps(const struct vmi_region *r, u64 gpa, u64 size)
{
	return gpa < r->gpa + r->size && r->gpa < gpa + size;
}

/**
 * vmi_region_at() - find the region of an address
 * @mem: the memory
 * @gpa: any address
 *
 * Context: under RCU, @mem->lock or @mem->mutex, which also bound the result's life.
 * Return: the region, or NULL in a hole.
 */
struct vmi_region *vmi_region_at(struct vmi_mem *mem, u64 gpa)
{
	struct vmi_region *r;
	unsigned int i;

	for (i = 0; i < VMI_REGIONS_MAX; i++) {
		r = rcu_dereference_check(mem->region[i],
					  lockdep_is_held(&mem->lock) ||
					  lockdep_is_held(&mem->mutex));
		if (r && gpa - r->gpa < r->size)
			return r;
	}
	return NULL;
}

/**
 * vmi_region_page() - what the cache has of a page
 * @r: the region
 * @gfn: a frame of it
 *
 * Context: under @mem->lock.
 * Return: address and VMI_PAGE_*, or 0.
 */
unsigned long vmi_region_page(const struct vmi_region *r, u64 gfn)
{
	return vmi_pages_get(&r->pages, gfn - (r->gpa >> PAGE_SHIFT));
}

static struct vmi_region *vmi_region_get(struct vmi_mem *mem, u64 gpa)
{
	struct vmi_region *r;

	rcu_read_lock();
	r = vmi_region_at(mem, gpa);
	if (r && !kref_get_unless_zero(&r->ref))
		r = NULL;
	rcu_read_unlock();
	return r;
}

/* Forgets the region's pages [first, last]: no reader has one of them when this returns. */
static void vmi_mem_forget(struct vmi_region *r, u64 first, u64 last, bool may_sleep)
{
	struct vmi_mem *mem = r->mem;

	do {
		write_lock_bh(&mem->lock);
		if (vmi_pages_clear(&r->pages, &first, last, VMI_FORGET_BATCH))
			mem->gen++;
		write_unlock_bh(&mem->lock);
		if (may_sleep)
			cond_resched();
	} while (first <= last);
}

/*
 * The VMM's mm is about to change a part of the region.
 *
 * Zapping windows sleeps, so it is refused where the caller may not: the OOM
 * reaper then passes this mapping by and tries again.
 */
static bool vmi_mem_invalidate(struct mmu_interval_notifier *sub,
			       const struct mmu_notifier_range *range, unsigned long cur_seq)
{
	struct vmi_region *r = container_of(sub, struct vmi_region, sub);
	unsigned long start = max(range->start, r->uaddr);
	unsigned long end = min(range->end, r->uaddr + (unsigned long)r->size);
	bool may_sleep = mmu_notifier_range_blockable(range);
	struct vmi_mem *mem = r->mem;
	u64 base = r->gpa >> PAGE_SHIFT;
	u64 first, last, want = 0;
	unsigned long at;
	bool mapped;

	first = base + ((start - r->uaddr) >> PAGE_SHIFT);
	last = base + ((end - 1 - r->uaddr) >> PAGE_SHIFT);

	/* from here on to the end of the invalidation, no fault can enter a page */
	write_lock_bh(&mem->lock);
	mmu_interval_set_seq(sub, cur_seq);
	write_unlock_bh(&mem->lock);

	vmi_mem_forget(r, first - base, last - base, may_sleep);

	/* not earlier: until it was forgotten, a page could still go from the cache to a window */
	at = first;
	write_lock_bh(&mem->lock);
	mapped = xa_find(&mem->mapped, &at, last, XA_PRESENT);
	if (mapped && may_sleep)
		want = vmi_window_zap_queue(mem, first, last);
	write_unlock_bh(&mem->lock);
	if (!mapped)
		return true;
	if (!may_sleep)
		return false;
	vmi_window_zap_wait(mem, want);
	return true;
}

static const struct mmu_interval_notifier_ops vmi_mem_ops = {
	.invalidate = vmi_mem_invalidate,
};

/**
 * vmi_mem_alloc() - memory of a new VMM, without regions
 *
 * Context: process, a user's: its mm is the one that the regions will be in.
 * Return: the memory with one reference, or NULL when there is no memory.
 */
struct vmi_mem *vmi_mem_alloc(void)
{
	struct vmi_mem *mem;

	mem = kzalloc(sizeof(*mem), GFP_KERNEL_ACCOUNT);
	if (!mem)
		return NULL;
	kref_init(&mem->ref);
	mutex_init(&mem->mutex);
	rwlock_init(&mem->lock);
	mem->gen = 1;
	if (vmi_window_setup(mem)) {
		kfree(mem);
		return NULL;
	}
	mem->mm = current->mm;
	mmgrab(mem->mm);
	return mem;
}

/**
 * vmi_mem_get() - take a reference
 * @mem: the memory
 *
 * Context: any.
 */
void vmi_mem_get(struct vmi_mem *mem)
{
	kref_get(&mem->ref);
}

static void vmi_mem_free(struct kref *ref)
{
	struct vmi_mem *mem = container_of(ref, struct vmi_mem, ref);

	/* a VMM that never got as far as its VM file has not been killed */
	vmi_mem_kill(mem);
	vmi_window_destroy(mem);
	mmdrop(mem->mm);
	kfree(mem);
}

/**
 * vmi_mem_put() - drop a reference
 * @mem: the memory
 *
 * Context: process, may sleep; the caller holds no lock that a page fault takes.
 */
void vmi_mem_put(struct vmi_mem *mem)
{
	might_sleep();
	kref_put(&mem->ref, vmi_mem_free);
}

static void vmi_mem_region_del(struct vmi_mem *mem, u32 slot)
{
	struct vmi_region *r;
	u64 first, pages;

	lockdep_assert_held(&mem->mutex);

	write_lock_bh(&mem->lock);
	r = rcu_dereference_protected(mem->region[slot], lockdep_is_held(&mem->mutex));
	rcu_assign_pointer(mem->region[slot], NULL);
	r->dead = true;
	/* extents of it are no good from here on */
	mem->gen++;
	write_unlock_bh(&mem->lock);

	/*
	 * No page can be entered now. Those that were have to go before the
	 * notifier that guards them.
	 */
	first = r->gpa >> PAGE_SHIFT;
	pages = r->size >> PAGE_SHIFT;
	vmi_mem_forget(r, 0, pages - 1, true);
	vmi_window_zap(mem, first, first + pages - 1);
	mmu_interval_notifier_remove(&r->sub);
	kref_put(&r->ref, vmi_region_free);
}

static int vmi_mem_region_add(struct vmi_mem *mem, const struct vmi_mem_region *req)
{
	struct vmi_region *r;
	int err;

	lockdep_assert_held(&mem->mutex);

	r = kzalloc(sizeof(*r), GFP_KERNEL_ACCOUNT);
	if (!r)
		return -ENOMEM;
	kref_init(&r->ref);
	r->mem = mem;
	r->gpa = req->gpa;
	r->size = req->size;
	r->uaddr = req->uaddr;
	r->flags = req->flags;
	err = vmi_pages_init(&r->pages, req->size >> PAGE_SHIFT);
	if (err)
		goto err_free;

	if (!mmget_not_zero(mem->mm)) {
		err = -ENODEV;
		goto err_pages;
	}
	err = mmu_interval_notifier_insert(&r->sub, mem->mm, r->uaddr, r->size, &vmi_mem_ops);
	mmput_async(mem->mm);
	if (err)
		goto err_pages;

	write_lock_bh(&mem->lock);
	rcu_assign_pointer(mem->region[req->slot], r);
	write_unlock_bh(&mem->lock);

	/* windows may show the hole that was here */
	vmi_window_zap(mem, r->gpa >> PAGE_SHIFT, (r->gpa + r->size - 1) >> PAGE_SHIFT);
	return 0;

err_pages:
	vmi_pages_destroy(&r->pages);
err_free:
	kfree(r);
	return err;
}

/**
 * vmi_mem_region() - add or remove a region
 * @mem: the memory
 * @req: the kernel's own copy of the VMM's request
 *
 * Nothing is looked up yet, so the time it takes does not depend on the size.
 *
 * Context: process, may sleep; takes @mem->mutex and the VMM's mmap lock.
 * Return: 0; -EINVAL for flags, alignment, bounds; -EEXIST when the slot is in
 * use or the range overlaps another; -ENOENT when there is nothing to remove;
 * -ENODEV after the end; -ENOMEM.
 */
int vmi_mem_region(struct vmi_mem *mem, const struct vmi_mem_region *req)
{
	struct vmi_region *r;
	unsigned int i;
	int err = 0;

	if (req->slot >= VMI_REGIONS_MAX || req->flags & ~VMI_MEM_READONLY)
		return -EINVAL;
	if ((req->gpa | req->size | req->uaddr) & ~PAGE_MASK)
		return -EINVAL;
	if (req->size) {
		if (req->size > VMI_GPA_END || req->gpa > VMI_GPA_END - req->size)
			return -EINVAL;
		if (req->size > mem->mm->task_size ||
		    req->uaddr > mem->mm->task_size - req->size)
			return -EINVAL;
	}

	mutex_lock(&mem->mutex);
	if (mem->dead) {
		err = -ENODEV;
		goto out_unlock;
	}
	r = rcu_dereference_protected(mem->region[req->slot], lockdep_is_held(&mem->mutex));
	if (!req->size) {
		if (r)
			vmi_mem_region_del(mem, req->slot);
		else
			err = -ENOENT;
		goto out_unlock;
	}
	if (r)
		err = -EEXIST;
	for (i = 0; !err && i < VMI_REGIONS_MAX; i++) {
		r = rcu_dereference_protected(mem->region[i], lockdep_is_held(&mem->mutex));
		if (r && vmi_region_overlaps(r, req->gpa, req->size))
			err = -EEXIST;
	}
	if (!err)
		err = vmi_mem_region_add(mem, req);
out_unlock:
	mutex_unlock(&mem->mutex);
	return err;
}

/**
 * vmi_mem_kill() - end all access to the guest's pages
 * @mem: the memory
 *
 * When it returns the regions are gone, no page is in use and no window shows
 * one; whatever is asked of @mem fails with -ENODEV, and windows with SIGBUS.
 *
 * Context: process, may sleep; takes @mem->mutex.
 */
void vmi_mem_kill(struct vmi_mem *mem)
{
	u32 slot;

	mutex_lock(&mem->mutex);
	if (mem->dead)
		goto out_unlock;
	write_lock_bh(&mem->lock);
	/* hints read it without the lock */
	WRITE_ONCE(mem->dead, true);
	write_unlock_bh(&mem->lock);
	for (slot = 0; slot < VMI_REGIONS_MAX; slot++)
		if (rcu_access_pointer(mem->region[slot]))
			vmi_mem_region_del(mem, slot);
	/* the zero pages of the holes */
	vmi_window_zap(mem, 0, (VMI_GPA_END >> PAGE_SHIFT) - 1);
out_unlock:
	mutex_unlock(&mem->mutex);
}

/**
 * vmi_mem_dead() - has the memory ended?
 * @mem: the memory
 *
 * Context: any. It may end right after the answer: a hint for early refusal.
 * Return: true after vmi_mem_kill().
 */
bool vmi_mem_dead(struct vmi_mem *mem)
{
	return READ_ONCE(mem->dead);
}

/**
 * vmi_mem_lock() - begin to use pages
 * @mem: the memory
 *
 * A queued rwlock lets a reader with bottom halves off pass a writer that
 * still waits (in_interrupt() is true for it), and a writer holds no other
 * vmi_mem's lock: so the locks of two guests, and the same one twice, may be
 * read-locked at once in any order. Lockdep knows: it treats these readers as
 * recursive.
 *
 * Context: process or softirq, interrupts on; bottom halves are off until
 * vmi_mem_unlock(). May be nested.
 */
void vmi_mem_lock(struct vmi_mem *mem) __acquires(&mem->lock)
{
	read_lock_bh(&mem->lock);
}

/**
 * vmi_mem_unlock() - end the use of pages
 * @mem: the memory
 *
 * Context: the counterpart of vmi_mem_lock().
 */
void vmi_mem_unlock(struct vmi_mem *mem) __releases(&mem->lock)
{
	read_unlock_bh(&mem->lock);
}

/**
 * vmi_mem_lookup() - address of a frame in the cache
 * @mem: the memory, locked
 * @gfn: the frame
 * @write: the caller will write to it
 *
 * Context: under vmi_mem_lock(), until the end of which the address is good.
 * Return: kernel address of the frame, or NULL: vmi_mem_fault() may help.
 */
void *vmi_mem_lookup(struct vmi_mem *mem, u64 gfn, bool write)
{
	struct vmi_extent x;

	vmi_mem_extent(mem, gfn, &x);
	return vmi_extent_lookup(&x, gfn, write);
}

/**
 * vmi_mem_extent() - find the extent of a frame
 * @mem: the memory, locked
 * @gfn: the frame
 * @x: set to it, or to nothing: then the frame is not in the cache
 *
 * Context: under vmi_mem_lock().
 */
void vmi_mem_extent(struct vmi_mem *mem, u64 gfn, struct vmi_extent *x)
{
	struct vmi_region *r = NULL;
	u64 first;

	lockdep_assert_held(&mem->lock);

	x->n = 0;
	/* beyond what a guest can address, an address in bytes would wrap */
	if (likely(gfn < VMI_GPA_END >> PAGE_SHIFT))
		r = vmi_region_at(mem, gfn << PAGE_SHIFT);
	if (unlikely(!r))
		return;
	first = round_down(gfn - (r->gpa >> PAGE_SHIFT), VMI_PAGES_TABLE);
	x->entry = vmi_pages_leaf(&r->pages, first);
	if (unlikely(!x->entry))
		return;
	x->first = (r->gpa >> PAGE_SHIFT) + first;
	x->n = min(r->pages.n - first, (u64)VMI_PAGES_TABLE);
}

/**
 * vmi_mem_gen() - has anything been forgotten?
 * @mem: the memory, locked
 *
 * Context: under vmi_mem_lock().
 * Return: a number, never 0: what was looked up under an earlier lock is good
 * under this one if the number was the same.
 */
u64 vmi_mem_gen(const struct vmi_mem *mem)
{
	lockdep_assert_held(&mem->lock);
	return mem->gen;
}

/* The page at @uaddr of the VMM, with a reference. */
static struct page *vmi_mem_gup(struct vmi_mem *mem, unsigned long uaddr, bool write)
{
	struct mm_struct *mm = mem->mm;
	struct page *page = NULL;
	int locked = 1;
	long ret;

	if (!mmget_not_zero(mm))
		return ERR_PTR(-ENODEV);
	/* killable: a VMM that sits on its mmap lock shall not hold up a tool for good */
	ret = mmap_read_lock_killable(mm);
	if (!ret) {
		/* no FOLL_LONGTERM: the reference is dropped as soon as the page is entered */
		ret = vmi_gup_remote(mm, uaddr, write ? FOLL_WRITE : 0, &page, &locked);
		if (locked)
			mmap_read_unlock(mm);
	}
	/* the last mmput() tears down an address space: not in the caller's time */
	mmput_async(mm);

	switch (ret) {
	case 1:
		return page;
	case -ENOMEM:
		return ERR_PTR(-ENOMEM);
	case -EINTR:
	case -ERESTARTSYS:
		return ERR_PTR(-EINTR);
	default:
		return ERR_PTR(-EFAULT);
	}
}

/* 0, -EAGAIN when the page was invalidated meanwhile, or another error */
static int vmi_mem_fill(struct vmi_mem *mem, struct vmi_region *r, u64 gfn, bool write)
{
	u64 i = gfn - (r->gpa >> PAGE_SHIFT);
	unsigned long uaddr = r->uaddr + (i << PAGE_SHIFT);
	struct page *page;
	unsigned long seq;
	int err;

	seq = mmu_interval_read_begin(&r->sub);
	page = vmi_mem_gup(mem, uaddr, write);
	if (IS_ERR(page))
		return PTR_ERR(page);
	err = vmi_pages_reserve(&r->pages, i);
	if (err)
		goto out_put;

	write_lock_bh(&mem->lock);
	if (r->dead || mmu_interval_read_retry(&r->sub, seq))
		err = -EAGAIN;
	else if (!(vmi_pages_get(&r->pages, i) & VMI_PAGE_WRITABLE))
		vmi_pages_set(&r->pages, i, (unsigned long)page_address(page) |
					    (write ? VMI_PAGE_WRITABLE : 0));
	write_unlock_bh(&mem->lock);
out_put:
	put_page(page);
	return err;
}

/**
 * vmi_mem_fault() - bring a frame into the cache
 * @mem: the memory
 * @gfn: the frame
 * @write: it has to be writable
 *
 * It may be gone again when this returns: look up, and repeat.
 *
 * Context: process, may sleep; takes the VMM's mmap lock, so the caller holds
 * no mmap lock.
 * Return: 0; -EFAULT outside the regions or where the VMM has nothing mapped;
 * -EACCES for a write to a read-only region; -ENODEV after vmi_mem_kill() or
 * the end of the VMM's mm; -EINTR when a fatal signal waits; -ENOMEM.
 */
int vmi_mem_fault(struct vmi_mem *mem, u64 gfn, bool write)
{
	struct vmi_region *r;
	int err;

	might_sleep();
	do {
		if (vmi_mem_dead(mem))
			return -ENODEV;
		if (fatal_signal_pending(current))
			return -EINTR;
		if (gfn >= VMI_GPA_END >> PAGE_SHIFT)
			return -EFAULT;
		r = vmi_region_get(mem, gfn << PAGE_SHIFT);
		if (!r)
			return -EFAULT;
		if (write && r->flags & VMI_MEM_READONLY)
			err = -EACCES;
		else
			err = vmi_mem_fill(mem, r, gfn, write);
		kref_put(&r->ref, vmi_region_free);
		cond_resched();
	} while (err == -EAGAIN);
	return err;
}

/**
 * vmi_mem_valid() - is a range within one region?
 * @mem: the memory
 * @gpa: first address
 * @len: bytes
 * @write: it has to be writable
 *
 * Context: any.
 * Return: true if it is.
 */
bool vmi_mem_valid(struct vmi_mem *mem, u64 gpa, u64 len, bool write)
{
	struct vmi_region *r;
	bool ok;

	rcu_read_lock();
	r = vmi_region_at(mem, gpa);
	ok = r && len <= r->size - (gpa - r->gpa) && !(write && r->flags & VMI_MEM_READONLY);
	rcu_read_unlock();
	return ok;
}

/**
 * vmi_mem_size() - the extent of the memory
 * @mem: the memory
 * @ram_bytes: sum of the regions, or NULL
 * @top_gpa: end of the highest region, or NULL
 * @regions: their number, or NULL
 *
 * Context: any.
 */
void vmi_mem_size(struct vmi_mem *mem, u64 *ram_bytes, u64 *top_gpa, u32 *regions)
{
	struct vmi_region *r;
	u64 sum = 0, top = 0;
	unsigned int i;
	u32 n = 0;

	rcu_read_lock();
	for (i = 0; i < VMI_REGIONS_MAX; i++) {
		r = rcu_dereference(mem->region[i]);
		if (!r)
			continue;
		n++;
		sum += r->size;
		top = max(top, r->gpa + r->size);
	}
	rcu_read_unlock();
	if (ram_bytes)
		*ram_bytes = sum;
	if (top_gpa)
		*top_gpa = top;
	if (regions)
		*regions = n;
}

/**
 * struct vmi_copy - a copy between guest and caller, of one page at most
 * @write: to the guest
 * @kbuf: the caller's buffer in the kernel, or NULL
 * @ubuf: the caller's buffer in user space, or NULL
 */
struct vmi_copy {
	bool write;
	void *kbuf;
	void __user *ubuf;
};

/* With the page held; -EAGAIN when the user's buffer is not at hand. */
static int vmi_copy_held(const struct vmi_copy *c, void *p, size_t n)
{
	long err;

	if (c->kbuf) {
		if (c->write)
			memcpy(p, c->kbuf, n);
		else
			memcpy(c->kbuf, p, n);
		return 0;
	}
	if (c->write)
		err = copy_from_user_nofault(p, c->ubuf, n);
	else
		err = copy_to_user_nofault(c->ubuf, p, n);
	return err ? -EAGAIN : 0;
}

/* A hole reads as zeros; -EFAULT for a write, and when the user's buffer is bad. */
static int vmi_copy_hole(const struct vmi_copy *c, size_t n)
{
	if (c->write)
		return -EFAULT;
	if (!c->kbuf)
		return clear_user(c->ubuf, n) ? -EFAULT : 0;
	memset(c->kbuf, 0, n);
	return 0;
}

/* Within one page. */
static int vmi_copy_page(struct vmi_mem *mem, u64 gpa, const struct vmi_copy *c, size_t n)
{
	void *p;
	int err;

	for (;;) {
		vmi_mem_lock(mem);
		p = vmi_mem_lookup(mem, gpa >> PAGE_SHIFT, c->write);
		err = p ? vmi_copy_held(c, p + offset_in_page(gpa), n) : 0;
		vmi_mem_unlock(mem);
		if (p)
			return err;

		if (vmi_mem_dead(mem))
			return -ENODEV;
		if (!vmi_mem_valid(mem, gpa, 1, false))
			return vmi_copy_hole(c, n);
		err = vmi_mem_fault(mem, gpa >> PAGE_SHIFT, c->write);
		if (err)
			return err;
	}
}

/*
 * The user's buffer wants a page fault, which cannot be taken while the
 * guest's page is held: the buffer may be a window of the same guest.
 */
static int vmi_copy_bounce(struct vmi_mem *mem, u64 gpa, const struct vmi_copy *c, size_t n,
			   void *page)
{
	struct vmi_copy b = { .write = c->write, .kbuf = page };
	int err;

	if (c->write && copy_from_user(page, c->ubuf, n))
		return -EFAULT;
	err = vmi_copy_page(mem, gpa, &b, n);
	if (!err && !c->write && copy_to_user(c->ubuf, page, n))
		err = -EFAULT;
	return err;
}

static int vmi_copy(struct vmi_mem *mem, u64 gpa, struct vmi_copy *c, size_t len, size_t *done)
{
	void *page = NULL;
	int err = 0;
	size_t n;

	*done = 0;
	if (len > VMI_GPA_END || gpa > VMI_GPA_END - len)
		return -EFAULT;
	while (*done < len) {
		n = min_t(size_t, len - *done, PAGE_SIZE - offset_in_page(gpa));
		err = -EINTR;
		if (fatal_signal_pending(current))
			break;
		err = vmi_copy_page(mem, gpa, c, n);
		if (err == -EAGAIN) {
			if (!page)
				page = (void *)__get_free_page(GFP_KERNEL);
			err = page ? vmi_copy_bounce(mem, gpa, c, n, page) : -ENOMEM;
		}
		if (err)
			break;
		*done += n;
		gpa += n;
		if (c->kbuf)
			c->kbuf += n;
		else
			c->ubuf += n;
		cond_resched();
	}
	free_page((unsigned long)page);
	return err;
}

/**
 * vmi_mem_read() - read guest memory
 * @mem: the memory
 * @gpa: first address
 * @buf: where to
 * @len: bytes
 *
 * Context: process, may sleep; no mmap lock held.
 * Return: 0; -EFAULT beyond what a guest can address or where the VMM has
 * nothing mapped; -ENODEV, -EINTR, -ENOMEM as vmi_mem_fault(). Holes are zeros.
 */
int vmi_mem_read(struct vmi_mem *mem, u64 gpa, void *buf, size_t len)
{
	struct vmi_copy c = { .kbuf = buf };
	size_t done;

	return vmi_copy(mem, gpa, &c, len, &done);
}

/**
 * vmi_mem_write() - write guest memory
 * @mem: the memory
 * @gpa: first address
 * @buf: where from
 * @len: bytes
 *
 * Context: process, may sleep; no mmap lock held.
 * Return: 0; -EFAULT in a hole; -EACCES in a read-only region; -ENODEV, -EINTR,
 * -ENOMEM as vmi_mem_fault(). What precedes the failure is written.
 */
int vmi_mem_write(struct vmi_mem *mem, u64 gpa, const void *buf, size_t len)
{
	struct vmi_copy c = { .write = true, .kbuf = (void *)buf };
	size_t done;

	return vmi_copy(mem, gpa, &c, len, &done);
}

/**
 * vmi_mem_read_user() - read guest memory to a buffer of current
 * @mem: the memory
 * @gpa: first address
 * @buf: where to
 * @len: bytes
 * @done: bytes read before the first failure
 *
 * Context: process, may sleep; no mmap lock held.
 * Return: as vmi_mem_read(); -EFAULT for a bad buffer too.
 */
int vmi_mem_read_user(struct vmi_mem *mem, u64 gpa, void __user *buf, size_t len, size_t *done)
{
	struct vmi_copy c = { .ubuf = buf };

	return vmi_copy(mem, gpa, &c, len, done);
}

/**
 * vmi_mem_write_user() - write guest memory from a buffer of current
 * @mem: the memory
 * @gpa: first address
 * @buf: where from
 * @len: bytes
 * @done: bytes written before the first failure
 *
 * Context: process, may sleep; no mmap lock held.
 * Return: as vmi_mem_write(); -EFAULT for a bad buffer too.
 */
int vmi_mem_write_user(struct vmi_mem *mem, u64 gpa, const void __user *buf, size_t len,
		       size_t *done)
{
	struct vmi_copy c = { .write = true, .ubuf = (void __user *)buf };

	return vmi_copy(mem, gpa, &c, len, done);
}

/**
 * vmi_mem_init() - prepare what all memories share
 *
 * Context: module init.
 * Return: 0 or a negative errno.
 */
int vmi_mem_init(void)
{
	return vmi_window_init();
}

/**
 * vmi_mem_exit() - undo vmi_mem_init()
 *
 * Context: module exit; no vmi_mem is left.
 */
void vmi_mem_exit(void)
{
	vmi_window_exit();
	/* regions are freed by kfree_rcu(), which needs nothing of this module */
}

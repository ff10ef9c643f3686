// SPDX-License-Identifier: GPL-2.0
/*
 * Windows: guest memory mapped into a tool.
 *
 * A window's page table entries are bare frame numbers (VM_PFNMAP), so nothing
 * of the tool's mm gets tangled up with the VMM's pages. Each page that stands
 * in a window is in mem->mapped with a reference. When the VMM's mm changes
 * such a page, the notifier has the windows zapped and waits for it: whatever
 * the VMM does next is seen by the tool, which faults again.
 *
 * The zap runs in a work item, not in the notifier. There it would nest our
 * i_mmap_rwsem and the tool's notifiers inside whatever locks the VMM's side
 * holds (i_mmap_rwsem and anon_vma locks in reclaim), against
 * mm_take_all_locks() of a tool that maps both a window and the guest's
 * memory; and a chain of VMMs with windows of each other would recurse. The
 * work holds none of these locks, the notifier waits with a time limit that
 * only such a chain ever reaches, and the references keep the pages while a
 * late zap is under way. A notifier that is called by the zap itself has
 * nothing to wait for: get_user_pages() refuses windows, so no page of one is
 * ever in a cache.
 *
 * All windows of a memory belong to one inode's address space, by which
 * unmap_mapping_range() finds them.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "compat.h"
#include "mem_priv.h"

#define VMI_FS_MAGIC		0x564d4931	/* "VMI1" */
#define VMI_ZAP_BATCH		32
/* How long the VMM's mm waits for a zap: a thousand times what it takes. */
#define VMI_ZAP_WAIT		HZ

static struct vfsmount *vmi_window_mnt;
static struct workqueue_struct *vmi_window_wq;
static struct page *vmi_zero_page;

/* Drops the references of [first, last], which are in no window any more. */
static void vmi_window_drop(struct vmi_mem *mem, u64 first, u64 last)
{
	struct page *pages[VMI_ZAP_BATCH];
	XA_STATE(xas, &mem->mapped, first);
	unsigned int i, n, seen;
	void *entry;

	do {
		n = 0;
		seen = 0;
		write_lock_bh(&mem->lock);
		xas_lock(&xas);
		xas_for_each(&xas, entry, last) {
			/* the reservation of a fault, which will notice */
			if (!xa_is_zero(entry))
				pages[n++] = xa_untag_pointer(entry);
			xas_store(&xas, NULL);
			if (++seen == VMI_ZAP_BATCH)
				break;
		}
		xas_pause(&xas);
		xas_unlock(&xas);
		write_unlock_bh(&mem->lock);
		for (i = 0; i < n; i++)
			put_page(pages[i]);
		cond_resched();
	} while (seen == VMI_ZAP_BATCH);
}

static void vmi_window_zap_work(struct work_struct *work)
{
	struct vmi_mem *mem = container_of(work, struct vmi_mem, zap_work);
	u64 first, last, want;

	write_lock_bh(&mem->lock);
	first = mem->zap_first;
	last = mem->zap_last;
	want = mem->zap_want;
	mem->zap_first = U64_MAX;
	mem->zap_last = 0;
	write_unlock_bh(&mem->lock);
	if (first > last)
		return;

	/*
	 * Insertions that began before the request have to be seen by the
	 * unmapping; none begins until the request is done.
	 */
	down_write(&mem->inserting);
	up_write(&mem->inserting);

	unmap_mapping_range(mem->inode->i_mapping, (loff_t)first << PAGE_SHIFT,
			    (loff_t)(last - first + 1) << PAGE_SHIFT, 1);
	vmi_window_drop(mem, first, last);

	write_lock_bh(&mem->lock);
	/* waiters read it without the lock */
	WRITE_ONCE(mem->zap_done, want);
	write_unlock_bh(&mem->lock);
	wake_up_all(&mem->zap_wait);
}

/**
 * vmi_window_zap_queue() - ask for frames to be unmapped from the windows
 * @mem: the memory
 * @first: first frame
 * @last: last frame
 *
 * Until it is done no frame enters a window.
 *
 * Context: @mem->lock held for writing.
 * Return: a ticket for vmi_window_zap_wait().
 */
u64 vmi_window_zap_queue(struct vmi_mem *mem, u64 first, u64 last)
{
	lockdep_assert_held_write(&mem->lock);

	mem->zap_first = min(mem->zap_first, first);
	mem->zap_last = max(mem->zap_last, last);
	mem->zap_want++;
	queue_work(vmi_window_wq, &mem->zap_work);
	return mem->zap_want;
}

/* Pairs with the WRITE_ONCE() of the work, whose wake-up orders the rest. */
static bool vmi_window_zapped(struct vmi_mem *mem, u64 want)
{
	return READ_ONCE(mem->zap_done) >= want;
}

/**
 * vmi_window_zap_wait() - wait, for a bounded time, until the frames are unmapped
 * @mem: the memory
 * @want: ticket
 *
 * Context: process, may sleep; below locks of the VMM's mm.
 */
void vmi_window_zap_wait(struct vmi_mem *mem, u64 want)
{
	wait_event_timeout(mem->zap_wait, vmi_window_zapped(mem, want), VMI_ZAP_WAIT);
}

/**
 * vmi_window_zap() - unmap frames from the windows
 * @mem: the memory
 * @first: first frame
 * @last: last frame
 *
 * Context: process, may sleep; the caller holds no lock of any mm.
 */
void vmi_window_zap(struct vmi_mem *mem, u64 first, u64 last)
{
	u64 want;

	write_lock_bh(&mem->lock);
	want = vmi_window_zap_queue(mem, first, last);
	write_unlock_bh(&mem->lock);
	wait_event(mem->zap_wait, vmi_window_zapped(mem, want));
}

static bool vmi_window_zapping(struct vmi_mem *mem)
{
	lockdep_assert_held(&mem->lock);

	return mem->zap_done != mem->zap_want;
}

/*
 * The page that is to stand in a window at @gfn, entered in mem->mapped unless
 * it is a hole's. -EAGAIN: not in the cache, or a zap is under way.
 */
static int vmi_window_take(struct vmi_mem *mem, u64 gfn, bool write, struct page **page)
{
	unsigned long entry;
	struct vmi_region *r;
	void *old;
	int err = 0;
	u64 top;

	lockdep_assert_held_read(&mem->inserting);

	vmi_mem_size(mem, NULL, &top, NULL);
	write_lock_bh(&mem->lock);
	r = vmi_region_at(mem, gfn << PAGE_SHIFT);
	if (mem->dead || gfn >= top >> PAGE_SHIFT || (write && !r) ||
	    (write && r->flags & VMI_MEM_READONLY)) {
		err = -EFAULT;
		goto out_unlock;
	}
	if (vmi_window_zapping(mem)) {
		err = -EAGAIN;
		goto out_unlock;
	}
	if (!r) {
		*page = vmi_zero_page;
		goto out_unlock;
	}
	entry = vmi_region_page(r, gfn);
	if (!entry || (write && !(entry & VMI_PAGE_WRITABLE))) {
		err = -EAGAIN;
		goto out_unlock;
	}
	*page = virt_to_page(vmi_page_addr(entry));
	old = xa_load(&mem->mapped, gfn);
	if (old && xa_untag_pointer(old) != *page) {
		vmi_window_zap_queue(mem, gfn, gfn);
		err = -EAGAIN;
		goto out_unlock;
	}
	if (!old || xa_pointer_tag(old) < write) {
		/* the slot is reserved: this allocates only if the entry was lost meanwhile */
		err = xa_err(xa_store_bh(&mem->mapped, gfn, xa_tag_pointer(*page, write),
					 GFP_ATOMIC | __GFP_NOWARN));
		if (err)
			goto out_unlock;
		if (!old)
			get_page(*page);
	}
out_unlock:
	write_unlock_bh(&mem->lock);
	return err;
}

static struct vmi_refused *vmi_window_refused(struct vmi_mem *mem)
{
	return &mem->refused[hash_ptr(current, VMI_REFUSED_BITS)];
}

/* Notes, or forgets with @gfn U64_MAX, that current's fault cannot be served. */
static void vmi_window_refuse(struct vmi_mem *mem, u64 gfn)
{
	struct vmi_refused *slot = vmi_window_refused(mem);

	write_lock_bh(&mem->lock);
	slot->task = current;
	slot->gfn = gfn;
	write_unlock_bh(&mem->lock);
}

static bool vmi_window_is_refused(struct vmi_mem *mem, u64 gfn)
{
	struct vmi_refused *slot = vmi_window_refused(mem);
	bool refused;

	read_lock_bh(&mem->lock);
	refused = slot->task == current && slot->gfn == gfn;
	read_unlock_bh(&mem->lock);
	return refused;
}

/*
 * The frame is not in the cache. To bring it in takes the VMM's mmap lock,
 * which must not nest in the tool's: that one is released, and the fault tried
 * again. An error cannot be returned without the lock, so it is noted for the
 * second try; should another task's take its place, it is found once more.
 */
static vm_fault_t vmi_window_miss(struct vm_fault *vmf, struct vmi_mem *mem, bool write)
{
	struct file *file;
	u64 gfn = vmf->pgoff;
	int err;

	if (!fault_flag_allow_retry_first(vmf->flags)) {
		if (!(vmf->flags & FAULT_FLAG_ALLOW_RETRY) || vmi_window_is_refused(mem, gfn))
			return VM_FAULT_SIGBUS;
		/* in the cache and gone again: the access will fault anew */
		return VM_FAULT_NOPAGE;
	}
	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;

	/* keeps the memory and, as it is put after our last instruction, the module */
	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);
	err = wait_event_killable(mem->zap_wait, vmi_window_zapped(mem, READ_ONCE(mem->zap_want)));
	if (!err)
		err = vmi_mem_fault(mem, gfn, write);
	vmi_window_refuse(mem, err && err != -EINTR && err != -ERESTARTSYS ? gfn : U64_MAX);
	fput(file);
	return VM_FAULT_RETRY;
}

static void vmi_window_unmap_one(struct vmi_mem *mem, u64 gfn)
{
	unmap_mapping_range(mem->inode->i_mapping, (loff_t)gfn << PAGE_SHIFT, PAGE_SIZE, 1);
}

static vm_fault_t vmi_window_fault(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct vmi_mem *mem = vma->vm_private_data;
	bool write = vmf->flags & FAULT_FLAG_WRITE;
	vm_fault_t ret = VM_FAULT_SIGBUS;
	u64 gfn = vmf->pgoff;
	unsigned int noreclaim;
	struct page *page;
	pgprot_t prot;
	int err;

	if (vmi_mem_valid(mem, gfn << PAGE_SHIFT, 1, write) &&
	    xa_reserve_bh(&mem->mapped, gfn, GFP_KERNEL))
		return VM_FAULT_OOM;

	/*
	 * A zap waits for insertions under way. One of them may allocate a page
	 * table: if that went into reclaim it could meet a page of this guest,
	 * and wait for the zap.
	 */
	down_read(&mem->inserting);
	noreclaim = memalloc_noreclaim_save();
	err = vmi_window_take(mem, gfn, write, &page);
	if (!err) {
		/* writable only when the guest's page is known to be: see vmi_window_mkwrite() */
		prot = vm_get_page_prot(write ? vma->vm_flags : vma->vm_flags & ~VM_WRITE);
		ret = vmf_insert_pfn_prot(vma, vmf->address, page_to_pfn(page), prot);
	}
	memalloc_noreclaim_restore(noreclaim);
	up_read(&mem->inserting);

	if (err == -EAGAIN)
		return vmi_window_miss(vmf, mem, write);
	return err == -ENOMEM ? VM_FAULT_OOM : ret;
}

/*
 * A write to a frame that stands read-only. The core would make the entry
 * writable when we return, after a moment in which the guest's page may have
 * been write-protected: take the entry away instead, and fault for writing.
 */
static vm_fault_t vmi_window_mkwrite(struct vm_fault *vmf)
{
	vmi_window_unmap_one(vmf->vma->vm_private_data, vmf->pgoff);
	return VM_FAULT_NOPAGE;
}

/* With the last window go the references. */
static void vmi_window_close(struct vm_area_struct *vma)
{
	struct vmi_mem *mem = vma->vm_private_data;

	if (mapping_mapped(mem->inode->i_mapping))
		return;
	write_lock_bh(&mem->lock);
	vmi_window_zap_queue(mem, 0, (VMI_GPA_END >> PAGE_SHIFT) - 1);
	write_unlock_bh(&mem->lock);
}

static const struct vm_operations_struct vmi_window_ops = {
	.close = vmi_window_close,
	.fault = vmi_window_fault,
	.pfn_mkwrite = vmi_window_mkwrite,
};

/**
 * vmi_mem_file() - let a file have windows
 * @mem: the memory
 * @file: a new file that holds a reference to @mem until its release
 *
 * The file's f_mapping becomes the memory's own, so that the notifier can unmap.
 *
 * Context: before @file is installed.
 */
void vmi_mem_file(struct vmi_mem *mem, struct file *file)
{
	file->f_mapping = mem->inode->i_mapping;
}

/**
 * vmi_mem_mmap() - set up a window
 * @mem: the memory
 * @vma: the mapping; its offset is the address in the guest
 *
 * The caller has checked the rights of the file and, if it may not write,
 * cleared VM_MAYWRITE. A private window cannot be written: a copy of a bare
 * frame would be neither the guest's nor kept up to date.
 *
 * Context: the file's mmap, mmap lock held for writing.
 * Return: 0; -EINVAL for a private writable mapping or one beyond what a guest
 * can address; -EACCES for an executable one; -ENODEV after vmi_mem_kill().
 */
int vmi_mem_mmap(struct vmi_mem *mem, struct vm_area_struct *vma)
{
	lockdep_assert_held_write(&vma->vm_mm->mmap_lock);
	if (vmi_mem_dead(mem))
		return -ENODEV;
	if (vma->vm_flags & VM_EXEC)
		return -EACCES;
	if (vma->vm_pgoff + vma_pages(vma) > VMI_GPA_END >> PAGE_SHIFT ||
	    vma->vm_pgoff + vma_pages(vma) < vma->vm_pgoff)
		return -EINVAL;
	if (!(vma->vm_flags & VM_SHARED)) {
		if (vma->vm_flags & VM_WRITE)
			return -EINVAL;
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	vm_flags_clear(vma, VM_MAYEXEC);
	vm_flags_set(vma, VM_PFNMAP | VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
	vma->vm_private_data = mem;
	vma->vm_ops = &vmi_window_ops;
	return 0;
}

/**
 * vmi_window_setup() - the windows' part of a new memory
 * @mem: the memory
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmi_window_setup(struct vmi_mem *mem)
{
	struct inode *inode;

	inode = alloc_anon_inode(vmi_window_mnt->mnt_sb);
	if (IS_ERR(inode))
		return PTR_ERR(inode);
	mem->inode = inode;
	/* the notifier takes it below mem->lock, with bottom halves off */
	xa_init_flags(&mem->mapped, XA_FLAGS_LOCK_BH | XA_FLAGS_ACCOUNT);
	mem->zap_first = U64_MAX;
	init_rwsem(&mem->inserting);
	init_waitqueue_head(&mem->zap_wait);
	INIT_WORK(&mem->zap_work, vmi_window_zap_work);
	return 0;
}

/**
 * vmi_window_destroy() - undo vmi_window_setup()
 * @mem: the memory, killed, of which no file is left
 *
 * Context: process, may sleep.
 */
void vmi_window_destroy(struct vmi_mem *mem)
{
	flush_work(&mem->zap_work);
	xa_destroy(&mem->mapped);
	iput(mem->inode);
}

static int vmi_fs_init(struct fs_context *fc)
{
	return init_pseudo(fc, VMI_FS_MAGIC) ? 0 : -ENOMEM;
}

/*
 * Never registered, so nobody else can mount it; and without an owner, or its
 * mount would keep the module that has to unmount it.
 */
static struct file_system_type vmi_fs_type = {
	.name = "vmi_window",
	.init_fs_context = vmi_fs_init,
	.kill_sb = kill_anon_super,
};

/**
 * vmi_window_init() - prepare what all windows share
 *
 * Context: module init.
 * Return: 0 or a negative errno.
 */
int vmi_window_init(void)
{
	int err;

	vmi_zero_page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!vmi_zero_page)
		return -ENOMEM;
	/* reclaim waits for its zaps: a rescuer has to be there */
	vmi_window_wq = alloc_workqueue("vmi_window", WQ_UNBOUND | WQ_MEM_RECLAIM, 0);
	if (!vmi_window_wq) {
		err = -ENOMEM;
		goto err_free_page;
	}
	vmi_window_mnt = kern_mount(&vmi_fs_type);
	if (IS_ERR(vmi_window_mnt)) {
		err = PTR_ERR(vmi_window_mnt);
		goto err_destroy_wq;
	}
	return 0;

err_destroy_wq:
	destroy_workqueue(vmi_window_wq);
err_free_page:
	__free_page(vmi_zero_page);
	return err;
}

/**
 * vmi_window_exit() - undo vmi_window_init()
 *
 * Context: module exit; no window is left.
 */
void vmi_window_exit(void)
{
	kern_unmount(vmi_window_mnt);
	destroy_workqueue(vmi_window_wq);
	__free_page(vmi_zero_page);
}

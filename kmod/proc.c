// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/vmi/NAME.raw: guest memory as a file, for tools that want one.
 *
 * Offset is guest-physical address, holes are zeros, the size is the end of
 * the highest region (LibVMI and memflow look at st_size). Read-only. The
 * entry exists while the VM has a VMM and at least one region.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/proc_fs.h>
#include <linux/slab.h>

#include "compat.h"
#include "mem.h"
#include "proc.h"
#include "vm.h"

#define VMI_RAW_NAME_LEN	(VMI_NAME_LEN + sizeof(".raw"))

/**
 * struct vmi_raw - the file of a VM
 * @node: in the list; vmi_raw_lock
 * @vm: with a reference; const
 * @mem: with a reference; const
 * @pde: the entry, NULL while there is no memory; vmi_raw_lock
 * @size: of @pde; vmi_raw_lock
 * @uid: of @pde; vmi_raw_lock
 */
struct vmi_raw {
	struct list_head node;
	struct vmi_vm *vm;
	struct vmi_mem *mem;
	struct proc_dir_entry *pde;
	u64 size;
	kuid_t uid;
};

/* Inside vmi_ctl; no operation of the files takes it. */
static DEFINE_MUTEX(vmi_raw_lock);
static LIST_HEAD(vmi_raws);
static struct proc_dir_entry *vmi_raw_dir;

static int vmi_raw_release(struct inode *inode, struct file *file)
{
	vmi_mem_put(file->private_data);
	return 0;
}

static ssize_t vmi_raw_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct vmi_mem *mem = file->private_data;
	size_t done;
	u64 top;
	int err;

	if (vmi_mem_dead(mem))
		return -ENODEV;
	vmi_mem_size(mem, NULL, &top, NULL);
	if (*pos < 0)
		return -EINVAL;
	if (*pos >= top || !len)
		return 0;
	len = min_t(u64, len, top - *pos);
	err = vmi_mem_read_user(mem, *pos, buf, len, &done);
	*pos += done;
	return done ?: err;
}

static loff_t vmi_raw_lseek(struct file *file, loff_t off, int whence)
{
	u64 top;

	vmi_mem_size(file->private_data, NULL, &top, NULL);
	return fixed_size_llseek(file, off, whence, top);
}

static int vmi_raw_mmap(struct file *file, struct vm_area_struct *vma)
{
	/* the file is open for reading only: the core has refused shared writable mappings */
	vm_flags_clear(vma, VM_MAYWRITE);
	return vmi_mem_mmap(file->private_data, vma);
}

static const struct file_operations vmi_raw_fops = {
	.owner = THIS_MODULE,
	.release = vmi_raw_release,
	.read = vmi_raw_read,
	.llseek = vmi_raw_lseek,
	.mmap = vmi_raw_mmap,
};

/*
 * The mode has been checked, but it knows neither the capability nor a change of
 * owner.
 *
 * proc_remove() waits for the operations of an entry that are under way, and a
 * read may wait for as long as its reader wants (its buffer may be on a file
 * system of the reader's own). So the file gets operations that the entry
 * does not know of: they keep the module, and outlive the entry.
 */
static int vmi_raw_open(struct inode *inode, struct file *file)
{
	struct vmi_raw *raw = pde_data(inode);

	/* nor does it bind CAP_DAC_OVERRIDE */
	if (file->f_mode & FMODE_WRITE)
		return -EACCES;
	if (!vmi_vm_may(raw->vm, CAP_SYS_PTRACE))
		return -EACCES;
	if (vmi_mem_dead(raw->mem))
		return -ENODEV;
	/* of the operations that the file gets */
	if (!try_module_get(THIS_MODULE))
		return -ENODEV;
	vmi_mem_get(raw->mem);
	file->private_data = raw->mem;
	vmi_mem_file(raw->mem, file);
	replace_fops(file, &vmi_raw_fops);
	return 0;
}

/* All but open stand here only to say what such a file can do: see vmi_raw_open(). */
static const struct proc_ops vmi_raw_ops = {
	.proc_open = vmi_raw_open,
	.proc_read = vmi_raw_read,
	.proc_lseek = vmi_raw_lseek,
	.proc_mmap = vmi_raw_mmap,
};

static struct vmi_raw *vmi_raw_find(struct vmi_vm *vm)
{
	struct vmi_raw *raw;

	lockdep_assert_held(&vmi_raw_lock);

	list_for_each_entry(raw, &vmi_raws, node)
		if (raw->vm == vm)
			return raw;
	return NULL;
}

/* Makes the entry what the VM and its memory are now. */
static void vmi_raw_update(struct vmi_raw *raw)
{
	char name[VMI_RAW_NAME_LEN];
	kuid_t uid;
	u64 size;

	lockdep_assert_held(&vmi_raw_lock);

	vmi_mem_size(raw->mem, NULL, &size, NULL);
	spin_lock_bh(&raw->vm->lock);
	uid = raw->vm->uid;
	spin_unlock_bh(&raw->vm->lock);
	if (raw->pde && size == raw->size && uid_eq(uid, raw->uid))
		return;

	/* an inode of an entry keeps the size and owner it was made with */
	proc_remove(raw->pde);
	raw->pde = NULL;
	if (!size)
		return;
	snprintf(name, sizeof(name), "%s.raw", raw->vm->name);
	raw->pde = proc_create_data(name, 0400, vmi_raw_dir, &vmi_raw_ops, raw);
	if (!raw->pde) {
		pr_warn("no memory for /proc/vmi/%s\n", name);
		return;
	}
	proc_set_user(raw->pde, uid, GLOBAL_ROOT_GID);
	proc_set_size(raw->pde, size);
	raw->size = size;
	raw->uid = uid;
}

/**
 * vmi_proc_add() - a VM has got a VMM
 * @vm: the VM, with its memory
 *
 * Context: process, vmi_ctl held; takes vmi_raw_lock.
 * Return: 0; -ENODEV when @vm has no memory; -ENOMEM.
 */
int vmi_proc_add(struct vmi_vm *vm)
{
	struct vmi_raw *raw;

	lockdep_assert_held(&vmi_ctl);

	raw = kzalloc(sizeof(*raw), GFP_KERNEL_ACCOUNT);
	if (!raw)
		return -ENOMEM;
	raw->mem = vmi_vm_mem(vm);
	if (!raw->mem) {
		kfree(raw);
		return -ENODEV;
	}
	vmi_vm_get(vm);
	raw->vm = vm;
	mutex_lock(&vmi_raw_lock);
	list_add(&raw->node, &vmi_raws);
	vmi_raw_update(raw);
	mutex_unlock(&vmi_raw_lock);
	return 0;
}

/**
 * vmi_proc_del() - a VM has lost its VMM
 * @vm: the VM; nothing happens if it has no file
 *
 * Files that are open stay, and say -ENODEV once the memory is killed.
 *
 * Context: process, vmi_ctl held; takes vmi_raw_lock.
 */
void vmi_proc_del(struct vmi_vm *vm)
{
	struct vmi_raw *raw;

	lockdep_assert_held(&vmi_ctl);

	mutex_lock(&vmi_raw_lock);
	raw = vmi_raw_find(vm);
	if (raw) {
		list_del(&raw->node);
		proc_remove(raw->pde);
	}
	mutex_unlock(&vmi_raw_lock);
	if (!raw)
		return;
	vmi_mem_put(raw->mem);
	vmi_vm_put(raw->vm);
	kfree(raw);
}

/**
 * vmi_proc_resize() - the extent of a VM's memory, or its owner, has changed
 * @vm: the VM; nothing happens if it has no file
 *
 * Context: process, with or without vmi_ctl; takes vmi_raw_lock.
 */
void vmi_proc_resize(struct vmi_vm *vm)
{
	struct vmi_raw *raw;

	mutex_lock(&vmi_raw_lock);
	raw = vmi_raw_find(vm);
	if (raw)
		vmi_raw_update(raw);
	mutex_unlock(&vmi_raw_lock);
}

/**
 * vmi_proc_init() - make /proc/vmi
 *
 * Context: module init.
 * Return: 0 or -ENOMEM.
 */
int vmi_proc_init(void)
{
	vmi_raw_dir = proc_mkdir("vmi", NULL);
	return vmi_raw_dir ? 0 : -ENOMEM;
}

/**
 * vmi_proc_exit() - undo vmi_proc_init()
 *
 * Context: module exit; no VM has a VMM.
 */
void vmi_proc_exit(void)
{
	proc_remove(vmi_raw_dir);
}

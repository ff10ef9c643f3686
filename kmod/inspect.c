// SPDX-License-Identifier: GPL-2.0
/*
 * Introspection sessions: authorise, bound, copy.
 *
 * A session file holds the VM and its memory, not the VMM's mm: when the VMM
 * goes, the memory is killed and every request fails with ENODEV. A VM that
 * is started again has a new memory, and needs a new session.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>

#include "compat.h"
#include "event.h"
#include "inspect.h"
#include "mem.h"
#include "probe.h"
#include "vm.h"
#include "walk.h"

#define VMI_RIGHTS	(VMI_RIGHT_READ | VMI_RIGHT_WRITE | VMI_RIGHT_REGS | \
			 VMI_RIGHT_STOP | VMI_RIGHT_EVENTS)
#define VMI_SEG_FLAGS	(VMI_SEG_WRITE | VMI_SEG_GVA | VMI_SEG_LA57)

/* Segments copied in at a time: 640 bytes of stack. */
#define VMI_SEG_CHUNK	16

/**
 * struct vmi_session - an open session
 * @vm: with a reference; const
 * @mem: with a reference; const
 * @rights: VMI_RIGHT_*; const
 * @probes: what it asks of vCPUs
 */
struct vmi_session {
	struct vmi_vm *vm;
	struct vmi_mem *mem;
	u32 rights;
	struct vmi_probes probes;
};

static void vmi_session_event(struct vmi_session *s, u32 kind)
{
	struct vmi_event ev = {
		.kind = kind,
		.vm_id = s->vm->id,
		.by = from_kuid(&init_user_ns, current_uid()),
	};

	strscpy(ev.vm, s->vm->name, sizeof(ev.vm));
	snprintf(ev.text, sizeof(ev.text), "rights:%s%s%s%s%s",
		 s->rights & VMI_RIGHT_READ ? " read" : "",
		 s->rights & VMI_RIGHT_WRITE ? " write" : "",
		 s->rights & VMI_RIGHT_REGS ? " registers" : "",
		 s->rights & VMI_RIGHT_STOP ? " stop" : "",
		 s->rights & VMI_RIGHT_EVENTS ? " events" : "");
	spin_lock_bh(&s->vm->lock);
	ev.owner = s->vm->uid;
	ev.state = s->vm->state;
	ev.old_state = s->vm->state;
	ev.reason = s->vm->reason;
	/* under the lock, so that it does not come after another state's event */
	vmi_event_emit(&ev);
	spin_unlock_bh(&s->vm->lock);
}

static int vmi_session_release(struct inode *inode, struct file *file)
{
	struct vmi_session *s = file->private_data;

	vmi_probe_close(&s->probes);
	vmi_session_event(s, VMI_EVENT_KIND_SESSION_DEL);
	vmi_mem_put(s->mem);
	vmi_vm_put(s->vm);
	kfree(s);
	return 0;
}

static int vmi_session_info(struct vmi_session *s, struct vmi_sess_info __user *uinfo)
{
	struct vmi_sess_info info = {
		.vm_id = s->vm->id,
		.rights = s->rights,
	};

	vmi_mem_size(s->mem, &info.ram_bytes, &info.top_gpa, &info.regions);
	spin_lock_bh(&s->vm->lock);
	info.state = s->vm->state;
	spin_unlock_bh(&s->vm->lock);
	return copy_to_user(uinfo, &info, sizeof(info)) ? -EFAULT : 0;
}

/* An entry of the guest's page tables. */
static int vmi_session_entry(void *ctx, u64 gpa, u64 *entry)
{
	struct vmi_mem *mem = ctx;

	if (!vmi_mem_valid(mem, gpa, sizeof(*entry), false))
		return vmi_mem_dead(mem) ? -ENODEV : -ENXIO;
	return vmi_mem_read(mem, gpa, entry, sizeof(*entry));
}

static int vmi_session_copy(struct vmi_session *s, u64 gpa, void __user *buf, size_t len,
			    bool write, size_t *done)
{
	if (write)
		return vmi_mem_write_user(s->mem, gpa, buf, len, done);
	return vmi_mem_read_user(s->mem, gpa, buf, len, done);
}

/*
 * One segment. The guest's own protection bits do not bind a tool: they are
 * the guest's business, the session's rights are ours.
 */
static int vmi_session_seg(struct vmi_session *s, const struct vmi_seg *seg, u32 *done)
{
	bool write = seg->flags & VMI_SEG_WRITE;
	void __user *buf = u64_to_user_ptr(seg->uaddr);
	size_t n, part;
	int err = 0;

	*done = 0;
	if (seg->flags & ~VMI_SEG_FLAGS || seg->len > VMI_SEG_LEN_MAX)
		return -EINVAL;
	if (!(seg->flags & VMI_SEG_GVA) && (seg->root || seg->flags & VMI_SEG_LA57))
		return -EINVAL;
	if (!(s->rights & (write ? VMI_RIGHT_WRITE : VMI_RIGHT_READ)))
		return -EACCES;
	if (vmi_mem_dead(s->mem))
		return -ENODEV;

	while (*done < seg->len) {
		struct vmi_walk w = {
			.gpa = seg->addr,
			.left = seg->len,
		};

		if (seg->flags & VMI_SEG_GVA) {
			/* wraps to address 0 at the end of the upper half, as the CPU's does */
			err = vmi_walk(seg->root, seg->addr + *done, seg->flags & VMI_SEG_LA57,
				       vmi_session_entry, s->mem, &w);
			if (err)
				break;
		}
		n = min_t(u64, seg->len - *done, w.left);
		err = vmi_session_copy(s, w.gpa, buf + *done, n, write, &part);
		*done += part;
		if (err)
			break;
	}
	return err;
}

static long vmi_session_rw(struct vmi_session *s, struct vmi_sess_rw __user *urw)
{
	struct vmi_seg chunk[VMI_SEG_CHUNK];
	struct vmi_seg __user *segs;
	struct vmi_sess_rw rw;
	u32 at, i, n;
	long good = 0;

	if (copy_from_user(&rw, urw, sizeof(rw)))
		return -EFAULT;
	if (rw.flags || !rw.nsegs || rw.nsegs > VMI_SEGS_MAX)
		return -EINVAL;
	segs = u64_to_user_ptr(rw.segs);

	/* interrupted by a fatal signal, what is left runs through with EINTR */
	for (at = 0; at < rw.nsegs; at += n) {
		n = min_t(u32, rw.nsegs - at, VMI_SEG_CHUNK);
		if (copy_from_user(chunk, segs + at, n * sizeof(*chunk)))
			return -EFAULT;
		for (i = 0; i < n; i++) {
			struct vmi_seg *seg = &chunk[i];

			seg->status = vmi_session_seg(s, seg, &seg->done);
			good += !seg->status;
			if (put_user(seg->status, &segs[at + i].status) ||
			    put_user(seg->done, &segs[at + i].done))
				return -EFAULT;
		}
	}
	return good;
}

static long vmi_session_probe(struct vmi_session *s, struct vmi_probe __user *uarg)
{
	struct vmi_probe arg;
	long err;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	err = vmi_probe_ask(&s->probes, &arg);
	if (!err && put_user(arg.id, &uarg->id))
		err = -EFAULT;
	return err;
}

static long vmi_session_events(struct vmi_session *s, const struct vmi_sess_events __user *uarg)
{
	struct vmi_sess_events arg;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	return vmi_probe_events(&s->probes, &arg);
}

static long vmi_session_verdict(struct vmi_session *s, const struct vmi_verdict __user *uarg)
{
	struct vmi_verdict arg;

	if (copy_from_user(&arg, uarg, sizeof(arg)))
		return -EFAULT;
	return vmi_probe_verdict(&s->probes, &arg);
}

static long vmi_session_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vmi_session *s = file->private_data;
	void __user *uarg = (void __user *)arg;

	if (vmi_mem_dead(s->mem))
		return -ENODEV;
	switch (cmd) {
	case VMI_SESS_INFO:
		return vmi_session_info(s, uarg);
	case VMI_SESS_RW:
		return vmi_session_rw(s, uarg);
	case VMI_SESS_PROBE:
		return vmi_session_probe(s, uarg);
	case VMI_SESS_EVENTS:
		return vmi_session_events(s, uarg);
	case VMI_SESS_VERDICT:
		return vmi_session_verdict(s, uarg);
	default:
		return -ENOTTY;
	}
}

/* read and write: a file that ends where the highest region does. */
static ssize_t vmi_session_io(struct file *file, char __user *buf, size_t len, loff_t *pos,
			      bool write)
{
	struct vmi_session *s = file->private_data;
	size_t done;
	u64 top;
	int err;

	if (!(s->rights & (write ? VMI_RIGHT_WRITE : VMI_RIGHT_READ)))
		return -EACCES;
	if (vmi_mem_dead(s->mem))
		return -ENODEV;
	vmi_mem_size(s->mem, NULL, &top, NULL);
	if (*pos < 0)
		return -EINVAL;
	if (!len)
		return 0;
	if (*pos >= top)
		return write ? -EFAULT : 0;
	len = min_t(u64, len, top - *pos);
	err = vmi_session_copy(s, *pos, buf, len, write, &done);
	*pos += done;
	return done ?: err;
}

static ssize_t vmi_session_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	return vmi_session_io(file, buf, len, pos, false);
}

static ssize_t vmi_session_write(struct file *file, const char __user *buf, size_t len,
				 loff_t *pos)
{
	return vmi_session_io(file, (char __user *)buf, len, pos, true);
}

static loff_t vmi_session_llseek(struct file *file, loff_t off, int whence)
{
	struct vmi_session *s = file->private_data;
	u64 top;

	if (vmi_mem_dead(s->mem))
		return -ENODEV;
	vmi_mem_size(s->mem, NULL, &top, NULL);
	return fixed_size_llseek(file, off, whence, top);
}

static int vmi_session_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct vmi_session *s = file->private_data;

	/* every mapping can be read, on this architecture */
	if (!(s->rights & VMI_RIGHT_READ))
		return -EACCES;
	if (!(s->rights & VMI_RIGHT_WRITE)) {
		if (vma->vm_flags & VM_SHARED && vma->vm_flags & VM_WRITE)
			return -EACCES;
		/* private and writable is refused for everyone */
		vm_flags_clear(vma, VM_MAYWRITE);
	}
	return vmi_mem_mmap(s->mem, vma);
}

static const struct file_operations vmi_session_fops = {
	.owner = THIS_MODULE,
	.release = vmi_session_release,
	.unlocked_ioctl = vmi_session_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.read = vmi_session_read,
	.write = vmi_session_write,
	.llseek = vmi_session_llseek,
	.mmap = vmi_session_mmap,
};

static int vmi_session_new(struct vmi_vm *vm, u32 rights)
{
	struct vmi_session *s;
	struct file *file;
	int err, fd;

	s = kzalloc(sizeof(*s), GFP_KERNEL_ACCOUNT);
	if (!s)
		return -ENOMEM;
	s->rights = rights;
	s->mem = vmi_vm_mem(vm);
	if (!s->mem) {
		err = -ENODEV;
		goto err_free;
	}
	vmi_vm_get(vm);
	s->vm = vm;
	vmi_probe_open(&s->probes, vm, s->mem, rights);
	/* Asked before, but only while it has this VMM does a VM keep its owner. */
	if (!vmi_vm_may(vm, CAP_SYS_PTRACE)) {
		err = -EPERM;
		goto err_put;
	}

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		err = fd;
		goto err_put;
	}
	/* always O_RDWR: it is our rights that refuse, and with EACCES */
	file = anon_inode_getfile("[vmi-session]", &vmi_session_fops, s, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_put_fd;
	}
	file->f_mode |= FMODE_LSEEK | FMODE_PREAD | FMODE_PWRITE;
	vmi_mem_file(s->mem, file);
	vmi_session_event(s, VMI_EVENT_KIND_SESSION_NEW);
	fd_install(fd, file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_put:
	vmi_vm_put(vm);
	vmi_mem_put(s->mem);
err_free:
	kfree(s);
	return err;
}

/**
 * vmi_session_open() - open a VM for introspection
 * @o: the kernel's own copy of the request; vm_id is filled in
 *
 * Context: process, may sleep; takes no vmi_ctl.
 * Return: a file descriptor; -EINVAL for name, rights or flags; -ENOENT when
 * there is no such VM; -EPERM when the caller neither owns it nor has
 * CAP_SYS_PTRACE; -ENODEV when it has no VMM; -ENOMEM, -EMFILE, -ENFILE.
 */
int vmi_session_open(struct vmi_session_open *o)
{
	struct vmi_vm *vm;
	int ret;

	if (o->flags || !o->rights || o->rights & ~VMI_RIGHTS)
		return -EINVAL;
	if (!o->name[0] || strnlen(o->name, sizeof(o->name)) == sizeof(o->name))
		return -EINVAL;
	vm = vmi_vm_find(o->name);
	if (!vm)
		return -ENOENT;
	if (vmi_vm_may(vm, CAP_SYS_PTRACE)) {
		o->vm_id = vm->id;
		ret = vmi_session_new(vm, o->rights);
	} else {
		ret = -EPERM;
	}
	vmi_vm_put(vm);
	return ret;
}

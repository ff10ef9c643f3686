// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/vmi and the VM file.
 *
 * Every structure is copied in once, before any lock is taken, and the copy is what
 * is checked and used. An open file keeps the module loaded (fops owner).
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "capture.h"
#include "chr.h"
#include "cmd.h"
#include "inspect.h"
#include "life.h"
#include "mem.h"
#include "port.h"
#include "probe.h"
#include "proc.h"
#include "text.h"
#include "vm.h"

/* no other call on this VM file runs: its release, or with vmm->lock held */
static void vmi_vmfile_end(struct vmi_vmm *vmm, const struct vmi_vm_state *st)
{
	vmi_life_quiesce(vmm);
	mutex_lock(&vmi_ctl);
	vmi_proc_del(vmm->vm);
	mutex_unlock(&vmi_ctl);
	vmi_life_detach(vmm, st);
}

static int vmi_vmfile_release(struct inode *inode, struct file *file)
{
	struct vmi_vmm *vmm = file->private_data;

	if (vmi_life_attached(vmm))
		vmi_vmfile_end(vmm, NULL);
	vmi_life_vmm_free(vmm);
	return 0;
}

static long vmi_vmfile_mem(struct vmi_vmm *vmm, void __user *arg)
{
	struct vmi_mem_region r;
	int err;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	mutex_lock(&vmm->lock);
	if (!vmi_life_attached(vmm)) {
		err = -ENODEV;
		goto out;
	}
	err = vmi_mem_region(vmm->mem, &r);
	if (!err)
		vmi_proc_resize(vmm->vm);
out:
	mutex_unlock(&vmm->lock);
	return err;
}

static long vmi_vmfile_info(struct vmi_vmm *vmm, void __user *arg)
{
	struct vmi_vm_info info;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	return vmi_life_info(vmm, &info);
}

static long vmi_vmfile_state(struct vmi_vmm *vmm, void __user *arg)
{
	struct vmi_vm_state st;
	int ret;

	if (copy_from_user(&st, arg, sizeof(st)))
		return -EFAULT;
	if (strnlen(st.text, sizeof(st.text)) == sizeof(st.text))
		return -EINVAL;
	mutex_lock(&vmm->lock);
	ret = vmi_life_check(vmm, st.state, st.reason);
	if (!ret) {
		vmi_life_report(vmm, &st);
	} else if (ret > 0) {
		vmi_vmfile_end(vmm, &st);
		ret = 0;
	}
	mutex_unlock(&vmm->lock);
	return ret;
}

static long vmi_vmfile_reply(struct vmi_vmm *vmm, void __user *arg)
{
	struct vmi_reply r;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	return vmi_cmd_reply(vmm, &r);
}

static long vmi_vmfile_port(struct vmi_vmm *vmm, void __user *arg)
{
	struct vmi_port_open p;
	int fd;

	if (copy_from_user(&p, arg, sizeof(p)))
		return -EFAULT;
	mutex_lock(&vmm->lock);
	fd = vmi_life_attached(vmm) ? vmi_port_open(vmm->vm, &p) : -ENODEV;
	mutex_unlock(&vmm->lock);
	/* the file is the caller's already; one who unmaps @arg meanwhile may keep it */
	if (fd >= 0 && copy_to_user(arg, &p, sizeof(p)))
		return -EFAULT;
	return fd;
}

static long vmi_vmfile_probe_next(struct vmi_vmm *vmm, void __user *uarg)
{
	struct vmi_probe_req *req;
	int err;

	req = kzalloc(sizeof(*req), GFP_KERNEL_ACCOUNT);
	if (!req)
		return -ENOMEM;
	err = vmi_probe_take(vmm, req);
	/* one that a VMM cannot be given expires */
	if (!err && copy_to_user(uarg, req, sizeof(*req)))
		err = -EFAULT;
	kfree(req);
	return err;
}

static long vmi_vmfile_probe_done(struct vmi_vmm *vmm, void __user *uarg)
{
	struct vmi_probe_done *done;
	int err;

	done = memdup_user(uarg, sizeof(*done));
	if (IS_ERR(done))
		return PTR_ERR(done);
	err = vmi_probe_answer(vmm, done);
	kfree(done);
	return err;
}

static long vmi_vmfile_event(struct vmi_vmm *vmm, void __user *uarg)
{
	struct vmi_vm_event ev;
	int err;

	if (copy_from_user(&ev, uarg, sizeof(ev)))
		return -EFAULT;
	err = vmi_probe_hit(vmm, &ev);
	if (!err && copy_to_user(uarg, &ev, sizeof(ev)))
		err = -EFAULT;
	return err;
}

static long vmi_vmfile_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct vmi_vmm *vmm = file->private_data;
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VMI_VM_MEM:
		return vmi_vmfile_mem(vmm, uarg);
	case VMI_VM_INFO:
		return vmi_vmfile_info(vmm, uarg);
	case VMI_VM_STATE:
		return vmi_vmfile_state(vmm, uarg);
	case VMI_VM_REPLY:
		return vmi_vmfile_reply(vmm, uarg);
	case VMI_VM_PORT:
		return vmi_vmfile_port(vmm, uarg);
	case VMI_VM_PROBE_NEXT:
		return vmi_vmfile_probe_next(vmm, uarg);
	case VMI_VM_PROBE_DONE:
		return vmi_vmfile_probe_done(vmm, uarg);
	case VMI_VM_EVENT:
		return vmi_vmfile_event(vmm, uarg);
	default:
		return -ENOTTY;
	}
}

static int vmi_vmfile_wait(struct file *file)
{
	struct vmi_vmm *vmm = file->private_data;

	if (file->f_flags & O_NONBLOCK)
		return -EAGAIN;
	return wait_event_interruptible(vmm->vm->wait, vmi_cmd_waits(vmm));
}

/* whole commands, as many as fit and wait; at the VMM's end: 0 */
static ssize_t vmi_vmfile_read(struct file *file, char __user *buf, size_t count, loff_t *pos)
{
	struct vmi_vmm *vmm = file->private_data;
	struct vmi_cmd cmd;
	size_t done = 0;
	int err = 0;

	if (count < sizeof(cmd))
		return -EINVAL;
	while (count - done >= sizeof(cmd)) {
		err = vmi_cmd_take(vmm, &cmd);
		if (err == -EAGAIN && !done) {
			err = vmi_vmfile_wait(file);
			if (!err)
				continue;
		}
		if (err)
			break;
		if (copy_to_user(buf + done, &cmd, sizeof(cmd))) {
			vmi_cmd_untake(vmm, cmd.id);
			err = -EFAULT;
			break;
		}
		done += sizeof(cmd);
	}
	if (done || err == -ENODEV)
		return done;
	return err;
}

static __poll_t vmi_vmfile_poll(struct file *file, poll_table *wait)
{
	struct vmi_vmm *vmm = file->private_data;

	poll_wait(file, &vmm->vm->wait, wait);
	if (!vmi_life_attached(vmm))
		return EPOLLHUP | EPOLLIN | EPOLLRDNORM;
	return (vmi_cmd_waits(vmm) ? EPOLLIN | EPOLLRDNORM : 0) |
	       (vmi_probe_waits(vmm) ? EPOLLPRI : 0);
}

static const struct file_operations vmi_vmfile_fops = {
	.owner		= THIS_MODULE,
	.release	= vmi_vmfile_release,
	.unlocked_ioctl	= vmi_vmfile_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.read		= vmi_vmfile_read,
	.poll		= vmi_vmfile_poll,
};

static int vmi_chr_bind(struct vmi_vmm *vmm, struct vmi_attach *a)
{
	int err;

	mutex_lock(&vmi_ctl);
	err = vmi_life_attach(vmm, a);
	/* if it fails the release of the file detaches again, as a failed start */
	if (!err)
		err = vmi_proc_add(vmm->vm);
	mutex_unlock(&vmi_ctl);
	return err;
}

static long vmi_chr_attach(struct vmi_attach __user *arg)
{
	struct vmi_vmm *vmm;
	struct vmi_attach a;
	struct file *file;
	int err, fd;

	if (copy_from_user(&a, arg, sizeof(a)))
		return -EFAULT;
	if (a.flags || !vmi_name_ok(a.name, sizeof(a.name)))
		return -EINVAL;

	vmm = vmi_life_vmm_alloc();
	if (!vmm)
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		err = fd;
		goto err_free;
	}
	file = anon_inode_getfile("[vmi-vm]", &vmi_vmfile_fops, vmm, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_put_fd;
	}
	/* from here the file's release frees all */
	err = vmi_chr_bind(vmm, &a);
	if (!err && copy_to_user(arg, &a, sizeof(a)))
		err = -EFAULT;
	if (err) {
		fput(file);
		put_unused_fd(fd);
		return err;
	}
	fd_install(fd, file);
	return fd;

err_put_fd:
	put_unused_fd(fd);
err_free:
	vmi_life_vmm_free(vmm);
	return err;
}

static long vmi_chr_session(struct vmi_session_open __user *arg)
{
	struct vmi_session_open s;
	int fd;

	if (copy_from_user(&s, arg, sizeof(s)))
		return -EFAULT;
	if (!vmi_name_ok(s.name, sizeof(s.name)))
		return -EINVAL;
	fd = vmi_session_open(&s);
	/* as with a port: the file is the caller's already */
	if (fd >= 0 && copy_to_user(arg, &s, sizeof(s)))
		return -EFAULT;
	return fd;
}

static long vmi_chr_capture(const struct vmi_capture_open __user *arg)
{
	struct vmi_capture_open o;

	if (copy_from_user(&o, arg, sizeof(o)))
		return -EFAULT;
	return vmi_capture_open(&o);
}

static long vmi_chr_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *uarg = (void __user *)arg;

	switch (cmd) {
	case VMI_ATTACH:
		return vmi_chr_attach(uarg);
	case VMI_SESSION:
		return vmi_chr_session(uarg);
	case VMI_CAPTURE:
		return vmi_chr_capture(uarg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations vmi_chr_fops = {
	.owner		= THIS_MODULE,
	.unlocked_ioctl	= vmi_chr_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
};

/* everyone may open it: what one may do is decided for each VM */
static struct miscdevice vmi_chr_dev = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "vmi",
	.fops	= &vmi_chr_fops,
	.mode	= 0666,
};

/**
 * vmi_chr_init - make /dev/vmi
 *
 * Context: Module init.
 * Return: 0 or what misc_register() says.
 */
int vmi_chr_init(void)
{
	return misc_register(&vmi_chr_dev);
}

/**
 * vmi_chr_exit - undo vmi_chr_init()
 *
 * Context: Module exit; no file is open.
 */
void vmi_chr_exit(void)
{
	misc_deregister(&vmi_chr_dev);
}

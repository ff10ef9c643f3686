// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: copies of frames for a tool, in a buffer that it reads as a file.
 *
 * What is captured is known by identifiers, not by pointers: a capture keeps no VM and
 * no network. The buffer is written under the capture's lock, and read without it: what
 * has been written stays until the reader has given it back.
 */
#include <linux/anon_inodes.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/timekeeping.h>
#include <linux/uaccess.h>
#include <linux/uidgid.h>
#include <linux/virtio_net.h>
#include <linux/wait.h>
#include <net/checksum.h>

#include "capture.h"
#include "drop.h"
#include "frame.h"
#include "net.h"
#include "port.h"
#include "text.h"
#include "vm.h"

#define CAPTURES_MAX		64	/* of users without CAP_NET_ADMIN together, */
#define CAPTURES_PER_UID	8	/* and of one of them */
#define RECORD_ALIGN		8

/**
 * struct vmi_capture - a capture
 * @node: in the list of captures; vmi_captures_lock, read by RCU
 * @vm_id: the VM; const, 0 for a network
 * @net_id: the network; const, 0 for a VM
 * @port_id: the only port that is meant, 0 for all; const
 * @uid: who has opened it; const
 * @admin: may capture whatever it is; const
 * @snaplen: bytes of a frame at most; const
 * @gone: nothing will come any more
 * @reading: held by who reads
 * @lock: leaf, bottom halves off; guards all below
 * @buf: records, each in one piece; const
 * @size: bytes; const
 * @head: where the next record is to be
 * @tail: the oldest record that was not read; the same as @head if there is none
 * @end: where the records end that are before the buffer's end, while @head is below @tail
 * @lost: frames that found it full since the last record
 * @stats: frames so far
 * @wait: readers
 */
struct vmi_capture {
	struct list_head node;
	u64 vm_id;
	u32 net_id;
	u32 port_id;
	kuid_t uid;
	bool admin;
	u32 snaplen;
	bool gone;
	struct mutex reading;
	spinlock_t lock;
	u8 *buf;
	u32 size;
	u32 head;
	u32 tail;
	u32 end;
	u32 lost;
	struct vmi_capture_stats stats;
	wait_queue_head_t wait;
};

/* Who may open captures may patch the kernel's code by it: not more than once a second. */
DEFINE_STATIC_KEY_DEFERRED_FALSE(vmi_capture_key, HZ);

static LIST_HEAD(vmi_captures);			/* vmi_captures_lock, read by RCU */
static DEFINE_MUTEX(vmi_captures_lock);

/* ---- frames ---- */

static bool wants(const struct vmi_capture *cap, const struct vmi_sight *s)
{
	/* Each frame of a network once: where it comes in. */
	if (cap->net_id)
		return s->at != VMI_SIGHT_RECEIVED && cap->net_id == s->net->id;
	if (!s->port || s->port->vm->id != cap->vm_id)
		return false;
	if (cap->port_id && cap->port_id != s->port->id)
		return false;
	/* A VM gets another owner only while it has no VMM, so sends nothing. */
	return cap->admin || uid_eq(cap->uid, READ_ONCE(s->port->vm->uid));
}

/* Room for a record, or NULL. */
static u8 *reserve(struct vmi_capture *cap, u32 bytes)
{
	u32 at;

	lockdep_assert_held(&cap->lock);
	if (cap->head < cap->tail) {
		if (cap->tail - cap->head <= bytes)
			return NULL;
	} else if (cap->size - cap->head < bytes) {
		/* Never so full that it looks empty. */
		if (cap->tail <= bytes)
			return NULL;
		cap->end = cap->head;
		cap->head = 0;
	}
	at = cap->head;
	cap->head += bytes;
	return cap->buf + at;
}

/* Finish what was left to the device. False: it cannot be. */
static bool complete_checksum(const struct virtio_net_hdr *hdr, u8 *data, u32 len)
{
	u32 start = le16_to_cpu((__force __le16)hdr->csum_start);
	u32 at = start + le16_to_cpu((__force __le16)hdr->csum_offset);
	__sum16 sum;

	if (start > len || at + sizeof(sum) > len)
		return false;
	sum = csum_fold(csum_partial(data + start, len - start, 0));
	if (!sum)
		sum = CSUM_MANGLED_0;
	memcpy(data + at, &sum, sizeof(sum));
	return true;
}

static void record(struct vmi_capture *cap, const struct vmi_sight *s)
{
	const char *text = s->why == VMI_FRAME_OK ? "" : vmi_drop_names[s->why];
	struct vmi_capture_rec rec = {
		.time_ns = ktime_get_real_ns(),
		.len = s->len,
		.caplen = min(s->len, cap->snaplen),
		.port = s->port ? s->port->id : 0,
		.text_bytes = strlen(text),
	};
	u8 *to;

	lockdep_assert_held(&cap->lock);
	rec.bytes = ALIGN(sizeof(rec) + rec.caplen + rec.text_bytes, RECORD_ALIGN);
	to = reserve(cap, rec.bytes);
	if (!to) {
		cap->stats.lost++;
		cap->lost++;
		return;
	}
	s->copy(s->arg, to + sizeof(rec), rec.caplen);
	if (s->at != VMI_SIGHT_RECEIVED)
		rec.flags |= VMI_CAPTURE_SENT;
	if (rec.text_bytes)
		rec.flags |= VMI_CAPTURE_DROPPED;
	if (s->hdr->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM &&
	    (rec.caplen < rec.len || !complete_checksum(s->hdr, to + sizeof(rec), rec.caplen)))
		rec.flags |= VMI_CAPTURE_CSUM;
	rec.lost = cap->lost;
	cap->lost = 0;
	memcpy(to, &rec, sizeof(rec));
	to += sizeof(rec) + rec.caplen;
	memcpy(to, text, rec.text_bytes);
	/* A reader gets whole records. */
	memset(to + rec.text_bytes, 0, rec.bytes - sizeof(rec) - rec.caplen - rec.text_bytes);
	cap->stats.frames++;
}

static bool is_empty(const struct vmi_capture *cap)
{
	lockdep_assert_held(&cap->lock);
	return cap->head == cap->tail;
}

/**
 * vmi_capture_frame - copy a frame for all who want it
 * @s: the frame
 *
 * Context: bottom halves off, RCU read side; where vmi_capture_on() says so.
 */
void vmi_capture_frame(const struct vmi_sight *s)
{
	struct vmi_capture *cap;
	bool wake;

	list_for_each_entry_rcu(cap, &vmi_captures, node) {
		if (!wants(cap, s))
			continue;
		spin_lock(&cap->lock);
		/* Who sleeps has found it empty. */
		wake = is_empty(cap);
		record(cap, s);
		wake = wake && !is_empty(cap);
		spin_unlock(&cap->lock);
		if (wake)
			wake_up_interruptible_poll(&cap->wait, EPOLLIN | EPOLLRDNORM);
	}
}

/* ---- the capture file ---- */

/* What can be read at once: bytes from @from on. */
static u32 readable(struct vmi_capture *cap, u32 *from)
{
	u32 n;

	spin_lock_bh(&cap->lock);
	if (cap->head < cap->tail && cap->tail == cap->end)
		cap->tail = 0;
	*from = cap->tail;
	n = (cap->head < cap->tail ? cap->end : cap->head) - cap->tail;
	spin_unlock_bh(&cap->lock);
	return n;
}

static void give_back(struct vmi_capture *cap, u32 bytes)
{
	spin_lock_bh(&cap->lock);
	cap->tail += bytes;
	if (is_empty(cap)) {
		cap->head = 0;
		cap->tail = 0;
	}
	spin_unlock_bh(&cap->lock);
}

/* Whole records of @n bytes that fit into @len. */
static u32 whole(const u8 *rec, u32 n, size_t len)
{
	u32 done = 0;

	while (done < n && done + ((struct vmi_capture_rec *)(rec + done))->bytes <= len)
		done += ((struct vmi_capture_rec *)(rec + done))->bytes;
	return done;
}

static bool has_news(struct vmi_capture *cap)
{
	u32 from;

	return readable(cap, &from) || READ_ONCE(cap->gone);
}

static ssize_t capture_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct vmi_capture *cap = file->private_data;
	ssize_t ret;
	u32 from, n;

	ret = mutex_lock_interruptible(&cap->reading);
	if (ret)
		return ret;
	while (!(n = readable(cap, &from))) {
		/* Asked after it was found empty: what came before the end is read. */
		if (READ_ONCE(cap->gone) && !readable(cap, &from))
			goto out;
		ret = -EAGAIN;
		if (file->f_flags & O_NONBLOCK)
			goto out;
		ret = wait_event_interruptible(cap->wait, has_news(cap));
		if (ret)
			goto out;
	}
	n = whole(cap->buf + from, n, len);
	ret = -EMSGSIZE;
	if (!n)
		goto out;
	ret = -EFAULT;
	if (copy_to_user(buf, cap->buf + from, n))
		goto out;
	give_back(cap, n);
	ret = n;
out:
	mutex_unlock(&cap->reading);
	return ret;
}

static __poll_t capture_poll(struct file *file, poll_table *pt)
{
	struct vmi_capture *cap = file->private_data;
	__poll_t mask = 0;
	u32 from;

	poll_wait(file, &cap->wait, pt);
	if (READ_ONCE(cap->gone))
		mask |= EPOLLHUP;
	if (readable(cap, &from))
		mask |= EPOLLIN | EPOLLRDNORM;
	return mask;
}

static long capture_ioctl(struct file *file, unsigned int cmd, unsigned long addr)
{
	struct vmi_capture *cap = file->private_data;
	struct vmi_capture_stats stats;

	if (cmd != VMI_CAPTURE_STATS)
		return -ENOTTY;
	spin_lock_bh(&cap->lock);
	stats = cap->stats;
	spin_unlock_bh(&cap->lock);
	return copy_to_user((void __user *)addr, &stats, sizeof(stats)) ? -EFAULT : 0;
}

static int capture_release(struct inode *inode, struct file *file)
{
	struct vmi_capture *cap = file->private_data;

	mutex_lock(&vmi_captures_lock);
	list_del_rcu(&cap->node);
	mutex_unlock(&vmi_captures_lock);
	static_branch_slow_dec_deferred(&vmi_capture_key);
	/* Polls that found it may still be writing. */
	synchronize_rcu();
	kvfree(cap->buf);
	kfree(cap);
	return 0;
}

static const struct file_operations capture_fops = {
	.owner		= THIS_MODULE,
	.read		= capture_read,
	.poll		= capture_poll,
	.unlocked_ioctl	= capture_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= capture_release,
	.llseek		= noop_llseek,
};

/* ---- opening ---- */

static int aim_at_vm(struct vmi_capture *cap, const struct vmi_capture_open *o)
{
	struct vmi_vm *vm = vmi_vm_find(o->name);
	struct vmi_port *port;
	int err = -EPERM;

	lockdep_assert_held(&vmi_ctl);
	if (!vm)
		return -ENOENT;
	if (!vmi_vm_may(vm, CAP_NET_ADMIN))
		goto out;
	err = -ENOENT;
	if (vm->dead)
		goto out;
	cap->vm_id = vm->id;
	if (o->port != VMI_CAPTURE_ALL) {
		port = vmi_port_find_index(vm, o->port);
		if (!port)
			goto out;
		cap->port_id = port->id;
	}
	err = 0;
out:
	vmi_vm_put(vm);
	return err;
}

static int aim_at_net(struct vmi_capture *cap, const struct vmi_capture_open *o)
{
	struct vmi_net *net;

	if (o->port != VMI_CAPTURE_ALL)
		return -EINVAL;
	if (!cap->admin)
		return -EPERM;
	net = vmi_net_find(o->name);
	if (!net)
		return -ENOENT;
	cap->net_id = net->id;
	return 0;
}

/* Administrators are not counted. */
static bool is_too_many(const struct vmi_capture *cap)
{
	unsigned int all = 0, same = 0;
	struct vmi_capture *other;

	lockdep_assert_held(&vmi_captures_lock);
	if (cap->admin)
		return false;
	list_for_each_entry(other, &vmi_captures, node) {
		all += !other->admin;
		same += !other->admin && uid_eq(other->uid, cap->uid);
	}
	return all >= CAPTURES_MAX || same >= CAPTURES_PER_UID;
}

static int aim(struct vmi_capture *cap, const struct vmi_capture_open *o)
{
	int err;

	mutex_lock(&vmi_ctl);
	err = o->what == VMI_CAPTURE_VM ? aim_at_vm(cap, o) : aim_at_net(cap, o);
	mutex_lock(&vmi_captures_lock);
	if (!err && is_too_many(cap))
		err = -EBUSY;
	if (!err)
		list_add_tail_rcu(&cap->node, &vmi_captures);
	mutex_unlock(&vmi_captures_lock);
	mutex_unlock(&vmi_ctl);
	return err;
}

static struct vmi_capture *capture_alloc(const struct vmi_capture_open *o)
{
	struct vmi_capture *cap = kzalloc(sizeof(*cap), GFP_KERNEL_ACCOUNT);

	BUILD_BUG_ON(sizeof(struct vmi_capture_rec) % RECORD_ALIGN);
	BUILD_BUG_ON(VMI_CAPTURE_BYTES_MIN < 2 * VMI_FRAME_LEN_MAX);
	if (!cap)
		return NULL;
	cap->size = o->bytes ? round_down(o->bytes, RECORD_ALIGN) : VMI_CAPTURE_BYTES;
	cap->buf = kvmalloc(cap->size, GFP_KERNEL_ACCOUNT);
	if (!cap->buf) {
		kfree(cap);
		return NULL;
	}
	cap->uid = current_uid();
	cap->admin = capable(CAP_NET_ADMIN);
	cap->snaplen = o->snaplen ? o->snaplen : U32_MAX;
	mutex_init(&cap->reading);
	spin_lock_init(&cap->lock);
	init_waitqueue_head(&cap->wait);
	return cap;
}

/**
 * vmi_capture_open - begin to capture
 * @o: what; the kernel's own copy
 *
 * Context: process, may sleep; takes vmi_ctl.
 * Return: a file descriptor; -EINVAL, -ENOENT (no such VM, port or network), -EPERM, -EBUSY (too
 * many captures), -ENOMEM, -EMFILE, -ENFILE.
 */
int vmi_capture_open(const struct vmi_capture_open *o)
{
	struct vmi_capture *cap;
	struct file *file;
	int fd, err;

	if (o->flags || o->pad || (o->what != VMI_CAPTURE_VM && o->what != VMI_CAPTURE_NET) ||
	    !vmi_name_ok(o->name, sizeof(o->name)) ||
	    (o->bytes && (o->bytes < VMI_CAPTURE_BYTES_MIN || o->bytes > VMI_CAPTURE_BYTES_MAX)))
		return -EINVAL;
	cap = capture_alloc(o);
	if (!cap)
		return -ENOMEM;
	err = aim(cap, o);
	if (err)
		goto err_free;
	static_branch_deferred_inc(&vmi_capture_key);
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		err = fd;
		goto err_unlist;
	}
	file = anon_inode_getfile("[vmi-capture]", &capture_fops, cap, O_RDONLY);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		put_unused_fd(fd);
		goto err_unlist;
	}
	fd_install(fd, file);
	return fd;

err_unlist:
	mutex_lock(&vmi_captures_lock);
	list_del_rcu(&cap->node);
	mutex_unlock(&vmi_captures_lock);
	static_branch_slow_dec_deferred(&vmi_capture_key);
	synchronize_rcu();
err_free:
	kvfree(cap->buf);
	kfree(cap);
	return err;
}

/**
 * vmi_capture_end - end the captures of what is deleted
 * @vm_id: a VM, or 0
 * @net_id: a network, or 0
 * @port_id: a port, or 0
 *
 * Context: process, vmi_ctl held.
 */
void vmi_capture_end(u64 vm_id, u32 net_id, u32 port_id)
{
	struct vmi_capture *cap;

	lockdep_assert_held(&vmi_ctl);
	mutex_lock(&vmi_captures_lock);
	list_for_each_entry(cap, &vmi_captures, node) {
		if ((!vm_id || cap->vm_id != vm_id) && (!net_id || cap->net_id != net_id) &&
		    (!port_id || cap->port_id != port_id))
			continue;
		WRITE_ONCE(cap->gone, true);
		wake_up_interruptible_poll(&cap->wait, EPOLLHUP);
	}
	mutex_unlock(&vmi_captures_lock);
}

/**
 * vmi_capture_exit - wait for the last capture to be patched out of the code
 *
 * Context: process, when the module is unloaded.
 */
void vmi_capture_exit(void)
{
	static_key_deferred_flush(&vmi_capture_key);
}

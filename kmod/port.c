// SPDX-License-Identifier: GPL-2.0
/*
 * Ports: the object and its file, start and stop of the rings.
 */
#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/etherdevice.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/inetdevice.h>
#include <linux/module.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#include "capture.h"
#include "compat.h"
#include "event.h"
#include "frame.h"
#include "hostdev.h"
#include "mem.h"
#include "nat.h"
#include "port.h"
#include "steer.h"
#include "uplink.h"
#include "vm.h"

#define GUEST_USO	(BIT_ULL(VIRTIO_NET_F_GUEST_USO4) | BIT_ULL(VIRTIO_NET_F_GUEST_USO6))
#define PORT_FEATURES	(BIT_ULL(VIRTIO_F_VERSION_1) | BIT_ULL(VIRTIO_RING_F_EVENT_IDX) | \
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC) | BIT_ULL(VIRTIO_NET_F_MAC) | \
			 BIT_ULL(VIRTIO_NET_F_MTU) | BIT_ULL(VIRTIO_NET_F_STATUS) | \
			 BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | BIT_ULL(VIRTIO_NET_F_CSUM) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_CSUM) | BIT_ULL(VIRTIO_NET_F_HOST_TSO4) | \
			 BIT_ULL(VIRTIO_NET_F_HOST_TSO6) | BIT_ULL(VIRTIO_NET_F_HOST_ECN) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6) | \
			 BIT_ULL(VIRTIO_NET_F_GUEST_ECN) | BIT_ULL(VIRTIO_NET_F_HOST_USO) | \
			 GUEST_USO)

/**
 * struct vmi_pfile - who has opened a port
 * @port: with a reference; const. Its @file says whether this still is the one.
 */
struct vmi_pfile {
	struct vmi_port *port;
};

static LIST_HEAD(vmi_ports);	/* vmi_ctl */
static u32 vmi_port_last_id;	/* vmi_ctl */
static const struct vmi_switch *vmi_port_switch;

/**
 * vmi_port_emit - tell of an event of a port
 * @port: the port
 * @kind: enum vmi_event_kind
 * @by: uid of who caused it, -1 for nobody
 * @text: explanation
 *
 * Context: process.
 */
void vmi_port_emit(struct vmi_port *port, u32 kind, u32 by, const char *text)
{
	struct vmi_event ev = {
		.kind = kind,
		.vm_id = port->vm->id,
		.port = port->id,
		.fault = atomic_read(&port->fault),
		.by = by,
	};

	spin_lock_bh(&port->vm->lock);
	ev.owner = port->vm->uid;
	ev.state = port->vm->state;
	spin_unlock_bh(&port->vm->lock);
	strscpy(ev.vm, port->vm->name, sizeof(ev.vm));
	strscpy(ev.text, text, sizeof(ev.text));
	/* The network's name is const, and the network stays while this may run. */
	strscpy(ev.net, READ_ONCE(port->net)->conf.name, sizeof(ev.net));
	vmi_event_emit(&ev);
}

static u32 client(void)
{
	return from_kuid(&init_user_ns, current_uid());
}

static void port_discard(struct vmi_port *port)
{
	free_percpu(port->stats);
	kfree(port->steer);
	kvfree(port);
}

static void port_free(struct kref *ref)
{
	struct vmi_port *port = container_of(ref, struct vmi_port, ref);

	skb_queue_purge(&port->punt);
	vmi_vm_put(port->vm);
	port_discard(port);
}

/* ---- the packet path's side ---- */

/**
 * vmi_port_set_switch - say who serves the ports
 * @sw: the functions
 *
 * Context: process, before the first port is added.
 */
void vmi_port_set_switch(const struct vmi_switch *sw)
{
	vmi_port_switch = sw;
	vmi_pair_set_poll(sw->poll);
}

/**
 * vmi_port_fail - stop a port's rings because of what its guest wrote there
 * @port: the port
 * @fault: why
 *
 * The guest's memory is not touched for the port any more, except by a
 * delivery that is under way. The VMM and the clients are told later.
 *
 * Context: any but hard interrupt.
 */
void vmi_port_fail(struct vmi_port *port, enum vmi_port_fault fault)
{
	if (atomic_cmpxchg(&port->fault, VMI_PORT_FAULT_NONE, fault) != VMI_PORT_FAULT_NONE)
		return;
	rcu_read_lock();
	trace_vmi_port_fault(READ_ONCE(port->net)->conf.name, port->id, fault);
	rcu_read_unlock();
	WRITE_ONCE(port->running, false);
	set_bit(0, &port->changed);
	schedule_work(&port->fault_work);
}

static void port_fault_work(struct work_struct *work)
{
	struct vmi_port *port = container_of(work, struct vmi_port, fault_work);

	vmi_port_emit(port, VMI_EVENT_KIND_PORT_FAULT, (u32)-1, "");
	wake_up_interruptible_poll(&port->wait, EPOLLPRI | EPOLLERR);
}

/**
 * vmi_port_punt - hand a frame to the VMM
 * @port: the port it came from
 * @skb: the frame; taken over if it fits
 *
 * Context: softirq.
 * Return: false if the queue is full.
 */
bool vmi_port_punt(struct vmi_port *port, struct sk_buff *skb)
{
	bool ok;

	spin_lock(&port->punt.lock);
	ok = skb_queue_len(&port->punt) < VMI_PUNT_MAX;
	if (ok)
		__skb_queue_tail(&port->punt, skb);
	spin_unlock(&port->punt.lock);
	if (ok)
		wake_up_interruptible_poll(&port->wait, EPOLLIN);
	return ok;
}

/* ---- start and stop ---- */

static u64 port_features(const struct vmi_port *port)
{
	u64 features = PORT_FEATURES;

	/* The VMM serves the control queue. */
	if (port->npairs > 1)
		features |= BIT_ULL(VIRTIO_NET_F_MQ) | BIT_ULL(VIRTIO_NET_F_CTRL_VQ);
	return features;
}

static bool features_ok(const struct vmi_port *port, u64 features)
{
	u64 guest_tso = BIT_ULL(VIRTIO_NET_F_GUEST_TSO4) | BIT_ULL(VIRTIO_NET_F_GUEST_TSO6);
	u64 host_tso = BIT_ULL(VIRTIO_NET_F_HOST_TSO4) | BIT_ULL(VIRTIO_NET_F_HOST_TSO6);

	if ((features & ~port_features(port)) || !(features & BIT_ULL(VIRTIO_F_VERSION_1)))
		return false;
	/* virtio 1.2 section 5.1.3.1 */
	if ((features & (guest_tso | GUEST_USO)) && !(features & BIT_ULL(VIRTIO_NET_F_GUEST_CSUM)))
		return false;
	if ((features & (host_tso | BIT_ULL(VIRTIO_NET_F_HOST_USO))) &&
	    !(features & BIT_ULL(VIRTIO_NET_F_CSUM)))
		return false;
	if ((features & BIT_ULL(VIRTIO_NET_F_GUEST_ECN)) && !(features & guest_tso))
		return false;
	if ((features & BIT_ULL(VIRTIO_NET_F_MQ)) && !(features & BIT_ULL(VIRTIO_NET_F_CTRL_VQ)))
		return false;
	return !(features & BIT_ULL(VIRTIO_NET_F_HOST_ECN)) || (features & host_tso);
}

static int port_check(struct vmi_port *port, u64 features, u32 served, u32 active,
		      struct vmi_mem *mem)
{
	u32 i;
	int err;

	if (!features_ok(port, features) || served > port->npairs || active > served)
		return -EINVAL;
	if (served > 1 && !(features & BIT_ULL(VIRTIO_NET_F_MQ)))
		return -EINVAL;
	for (i = 0; i < served; i++) {
		err = vmi_pair_check(&port->pair[i], mem);
		if (err)
			return err;
	}
	return 0;
}

/* Serve the first pairs, and give frames to the @active first of these. */
static int port_start(struct vmi_port *port, u64 features, u32 served, u32 active)
{
	struct vmi_mem *mem = rcu_dereference_protected(port->mem, lockdep_is_held(&port->lock));
	u32 i;
	int err;

	lockdep_assert_held(&port->lock);
	if (port->on)
		return -EBUSY;
	err = port_check(port, features, served, active, mem);
	if (err)
		return err;

	port->features = features;
	port->served = served;
	WRITE_ONCE(port->active, active);
	atomic_set(&port->fault, VMI_PORT_FAULT_NONE);
	if (port->steer)
		vmi_steer_init(port->steer);
	for (i = 0; i < served; i++)
		vmi_pair_open(&port->pair[i], mem);

	/* Deliveries see what is above by the locks of the pairs, polls by NAPI's own ordering. */
	spin_lock_bh(&port->pair[0].rx.lock);
	WRITE_ONCE(port->running, !port->paused);
	spin_unlock_bh(&port->pair[0].rx.lock);

	WRITE_ONCE(port->on, true);
	vmi_policy_start(&port->policy);
	for (i = 0; i < served; i++)
		vmi_pair_start(&port->pair[i]);
	return 0;
}

/*
 * When it returns nothing of the guest's memory is touched for this port. Waits
 * for a page that is being brought in, which the VMM's memory may take long for:
 * so never under vmi_ctl.
 */
static void port_stop(struct vmi_port *port)
{
	u32 i;

	lockdep_assert_held(&port->lock);
	if (!port->on)
		return;
	for (i = 0; i < port->served; i++)
		vmi_pair_close(&port->pair[i]);
	/* For good: port_resume() has seen that the first is closed, or was before. */
	WRITE_ONCE(port->running, false);

	/* Each can start only what comes after it, but for the polls: they are off by then. */
	for (i = 0; i < port->served; i++)
		vmi_pair_rest(&port->pair[i]);
	vmi_policy_stop(&port->policy);
	for (i = 0; i < port->served; i++)
		vmi_pair_stop(&port->pair[i]);
	/* A fault is told before the next start forgets it. */
	flush_work(&port->fault_work);
	WRITE_ONCE(port->on, false);
}

static void port_purge(struct vmi_port *port)
{
	u32 i;

	for (i = 0; i < port->served; i++)
		vmi_pair_purge(&port->pair[i]);
}

/*
 * Have other pairs get frames: as many as the driver asks for. When it returns those that
 * are not among them get none. What waits for buffers is dropped, as it could be overtaken
 * by what its flow gets elsewhere.
 */
static int port_set_active(struct vmi_port *port, u32 active)
{
	lockdep_assert_held(&port->lock);
	if (!port->on || !active || active > port->served)
		return -EINVAL;
	if (active == port->active)
		return 0;
	WRITE_ONCE(port->active, active);
	port_purge(port);
	/* Who has chosen a pair before has given his frames to it, and is done. */
	synchronize_rcu();
	port_purge(port);
	return 0;
}

/* Take the port from who has it open; the memory returned is to be put after a grace period. */
static struct vmi_mem *port_detach(struct vmi_port *port)
{
	struct vmi_mem *mem;
	u32 i;

	lockdep_assert_held(&port->lock);
	port_stop(port);
	for (i = 0; i < port->npairs; i++)
		vmi_pair_clear(&port->pair[i]);
	WRITE_ONCE(port->file, NULL);
	mem = rcu_dereference_protected(port->mem, lockdep_is_held(&port->lock));
	RCU_INIT_POINTER(port->mem, NULL);
	skb_queue_purge(&port->punt);
	wake_up_interruptible_poll(&port->wait, EPOLLHUP);
	return mem;
}

/* ---- the port file ---- */

/*
 * Under port->lock, or as a hint: once it is false it stays so. Asked before the
 * lock is taken, so that a file which is left over from an earlier VMM never
 * stands in the way of the present one's vmi_port_open(), which does not wait.
 */
static bool port_is_open(struct vmi_pfile *pf)
{
	return READ_ONCE(pf->port->file) == pf;
}

static long port_ioctl_queue(struct vmi_port *port, const struct vmi_port_queue *arg)
{
	struct vmi_queue set = {
		.size = arg->size,
		.desc_gpa = arg->desc_gpa,
		.avail_gpa = arg->avail_gpa,
		.used_gpa = arg->used_gpa,
	};
	struct file *kick = NULL;
	unsigned int i;

	lockdep_assert_held(&port->lock);
	for (i = 0; i < ARRAY_SIZE(arg->pad); i++) {
		if (arg->pad[i])
			return -EINVAL;
	}
	if (arg->index >= 2 * port->npairs || arg->kick_fd < -1 || arg->call_fd < -1 ||
	    !vmi_ring_layout_ok(arg->size, arg->desc_gpa, arg->avail_gpa, arg->used_gpa))
		return -EINVAL;
	if (port->on)
		return -EBUSY;
	if (arg->kick_fd >= 0) {
		kick = eventfd_fget(arg->kick_fd);
		if (IS_ERR(kick))
			return PTR_ERR(kick);
	}
	if (arg->call_fd >= 0) {
		set.call = eventfd_ctx_fdget(arg->call_fd);
		if (IS_ERR(set.call)) {
			if (kick)
				fput(kick);
			return PTR_ERR(set.call);
		}
	}
	vmi_pair_set_queue(&port->pair[arg->index / 2], arg->index % 2, &set, kick, arg->avail_idx);
	return 0;
}

static long port_ioctl_enable(struct vmi_port *port, struct vmi_port_enable *arg)
{
	u32 i;

	lockdep_assert_held(&port->lock);
	if (arg->on > 1)
		return -EINVAL;
	if (arg->on)
		return port_start(port, arg->features, arg->pairs ?: 1, arg->active ?: 1);
	port_stop(port);
	for (i = 0; i < port->npairs; i++) {
		arg->avail_idx[2 * i + VMI_RX] = port->pair[i].start_idx[VMI_RX];
		arg->avail_idx[2 * i + VMI_TX] = port->pair[i].start_idx[VMI_TX];
	}
	return 0;
}

static long port_ioctl_pairs(struct vmi_port *port, const struct vmi_port_pairs *arg)
{
	return arg->pad ? -EINVAL : port_set_active(port, arg->active);
}

static void describe(struct vmi_port *port, struct vmi_port_open *p)
{
	struct vmi_net *net = port->net;

	lockdep_assert_held(&vmi_ctl);
	p->port_id = port->id;
	p->mtu = net->conf.mtu;
	ether_addr_copy(p->mac, port->mac);
	p->features = port_features(port);
	p->pairs = port->npairs;
	p->pad2 = 0;
	p->ip = port->ip;
	/* On a network without leases all of this is 0. */
	p->netmask = inet_make_mask(net->conf.prefix_len);
	p->gateway = net->conf.gateway;
	p->server = net->server;
	p->lease_s = net->conf.lease_s;
	memcpy(p->dns, net->conf.dns, sizeof(p->dns));
	memcpy(p->domain, net->conf.domain, sizeof(p->domain));
	memset(p->pad, 0, sizeof(p->pad));
	memset(p->router_mac, 0, sizeof(p->router_mac));
	memset(p->router6, 0, sizeof(p->router6));
	memcpy(p->prefix6, &port->prefix6, sizeof(p->prefix6));
	memcpy(p->subnet6, &net->conf.subnet6, sizeof(p->subnet6));
	memcpy(p->dns6, net->conf.dns6, sizeof(p->dns6));
	if (ipv6_addr_any(&port->prefix6))
		return;
	ether_addr_copy(p->router_mac, net->host_mac);
	memcpy(p->router6, &vmi_hostdev_router6, sizeof(p->router6));
}

static long port_ioctl_info(struct vmi_pfile *pf, void __user *uarg)
{
	struct vmi_port_open info = { 0 };
	int err = -ENODEV;

	mutex_lock(&vmi_ctl);
	/* A port that is open has a VMM, and is in the lists. */
	if (port_is_open(pf)) {
		info.index = pf->port->index;
		describe(pf->port, &info);
		err = 0;
	}
	mutex_unlock(&vmi_ctl);
	return !err && copy_to_user(uarg, &info, sizeof(info)) ? -EFAULT : err;
}

static long port_ioctl(struct file *file, unsigned int cmd, unsigned long addr)
{
	struct vmi_pfile *pf = file->private_data;
	struct vmi_port *port = pf->port;
	void __user *uarg = (void __user *)addr;
	union {
		struct vmi_port_queue queue;
		struct vmi_port_enable enable;
		struct vmi_port_pairs pairs;
		struct vmi_port_status status;
	} arg;
	long err;

	switch (cmd) {
	case VMI_PORT_QUEUE:
	case VMI_PORT_ENABLE:
	case VMI_PORT_PAIRS:
		if (copy_from_user(&arg, uarg, _IOC_SIZE(cmd)))
			return -EFAULT;
		break;
	case VMI_PORT_STATUS:
		memset(&arg, 0, sizeof(arg));
		break;
	case VMI_PORT_INFO:
		return port_ioctl_info(pf, uarg);
	default:
		return -ENOTTY;
	}

	if (!port_is_open(pf))
		return -ENODEV;
	mutex_lock(&port->lock);
	if (!port_is_open(pf)) {
		err = -ENODEV;
	} else if (cmd == VMI_PORT_QUEUE) {
		err = port_ioctl_queue(port, &arg.queue);
	} else if (cmd == VMI_PORT_ENABLE) {
		err = port_ioctl_enable(port, &arg.enable);
	} else if (cmd == VMI_PORT_PAIRS) {
		err = port_ioctl_pairs(port, &arg.pairs);
	} else {
		/* Cleared first: what changes from here on is told again. */
		clear_bit(0, &port->changed);
		smp_mb__after_atomic();
		/* the network may be another one at this moment */
		rcu_read_lock();
		arg.status.link = vmi_port_link_up(port);
		rcu_read_unlock();
		arg.status.fault = atomic_read(&port->fault);
		arg.status.on = port->on;
		arg.status.moves = READ_ONCE(port->moves);
		err = 0;
	}
	mutex_unlock(&port->lock);

	if (!err && (cmd == VMI_PORT_STATUS || (cmd == VMI_PORT_ENABLE && !arg.enable.on)) &&
	    copy_to_user(uarg, &arg, _IOC_SIZE(cmd)))
		return -EFAULT;
	return err;
}

/* The next frame for the VMM, if it is no longer than that. Return: 0, -EAGAIN or -EMSGSIZE. */
static int port_take(struct vmi_port *port, size_t len, struct sk_buff **skb)
{
	int err = 0;

	spin_lock_bh(&port->punt.lock);
	*skb = skb_peek(&port->punt);
	if (!*skb)
		err = -EAGAIN;
	else if ((*skb)->len > len)
		err = -EMSGSIZE;
	else
		__skb_unlink(*skb, &port->punt);
	spin_unlock_bh(&port->punt.lock);
	return err;
}

static ssize_t port_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct vmi_pfile *pf = file->private_data;
	struct vmi_port *port = pf->port;
	struct sk_buff *skb;
	ssize_t err;

	for (;;) {
		if (!port_is_open(pf))
			return -ENODEV;
		err = port_take(port, len, &skb);
		if (!err)
			break;
		if (err != -EAGAIN || file->f_flags & O_NONBLOCK)
			return err;
		err = wait_event_interruptible(port->wait, !skb_queue_empty_lockless(&port->punt) ||
					       !port_is_open(pf));
		if (err)
			return err;
	}
	err = copy_to_user(buf, skb->data, skb->len) ? -EFAULT : (ssize_t)skb->len;
	consume_skb(skb);
	return err;
}

static ssize_t port_write(struct file *file, const char __user *buf, size_t len, loff_t *pos)
{
	struct vmi_pfile *pf = file->private_data;
	struct vmi_port *port = pf->port;
	struct sk_buff *skb;
	int err;

	if (len < ETH_HLEN || len > VMI_FRAME_MAX)
		return -EINVAL;
	if (!port_is_open(pf))
		return -ENODEV;
	skb = alloc_skb(len, GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	if (copy_from_user(skb_put(skb, len), buf, len)) {
		kfree_skb(skb);
		return -EFAULT;
	}

	mutex_lock(&port->lock);
	if (!port_is_open(pf)) {
		kfree_skb(skb);
		err = -ENODEV;
	} else {
		local_bh_disable();
		err = vmi_port_switch->inject(port, skb);
		local_bh_enable();
	}
	mutex_unlock(&port->lock);
	return err ? err : len;
}

static __poll_t port_fpoll(struct file *file, poll_table *pt)
{
	struct vmi_pfile *pf = file->private_data;
	struct vmi_port *port = pf->port;
	__poll_t mask = EPOLLOUT | EPOLLWRNORM;

	poll_wait(file, &port->wait, pt);
	if (!port_is_open(pf))
		return EPOLLHUP | EPOLLERR;
	if (!skb_queue_empty_lockless(&port->punt))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (test_bit(0, &port->changed)) {
		mask |= EPOLLPRI;
		if (atomic_read(&port->fault))
			mask |= EPOLLERR;
	}
	return mask;
}

static int port_release(struct inode *inode, struct file *file)
{
	struct vmi_pfile *pf = file->private_data;
	struct vmi_port *port = pf->port;
	struct vmi_mem *mem = NULL;

	if (port_is_open(pf)) {
		mutex_lock(&port->lock);
		if (port_is_open(pf))
			mem = port_detach(port);
		mutex_unlock(&port->lock);
	}
	if (mem) {
		/* Senders that found it still lock it, though they deliver no more. */
		synchronize_rcu();
		vmi_mem_put(mem);
	}
	kref_put(&port->ref, port_free);
	kfree(pf);
	return 0;
}

static const struct file_operations port_fops = {
	.owner		= THIS_MODULE,
	.read		= port_read,
	.write		= port_write,
	.poll		= port_fpoll,
	.unlocked_ioctl	= port_ioctl,
	.compat_ioctl	= compat_ptr_ioctl,
	.release	= port_release,
	.llseek		= noop_llseek,
};

/**
 * vmi_port_find_index - look a port of a VM up
 * @vm: the VM
 * @index: number among its ports
 *
 * Context: process, vmi_ctl held; the port is good as long.
 * Return: the port or NULL.
 */
struct vmi_port *vmi_port_find_index(struct vmi_vm *vm, u32 index)
{
	struct vmi_port *port;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(port, &vm->ports, vm_node) {
		if (port->index == index)
			return port;
	}
	return NULL;
}

/**
 * vmi_port_open - open a port of a VM for its VMM
 * @vm: the VM; attached
 * @p: index and flags in, the rest out
 *
 * Context: process; takes vmi_ctl.
 * Return: a file descriptor, -EINVAL, -ENOENT (no such port), -EBUSY (open
 * already), -ENODEV (no VMM), -ENOMEM, -EMFILE.
 */
int vmi_port_open(struct vmi_vm *vm, struct vmi_port_open *p)
{
	struct vmi_port *port;
	struct vmi_pfile *pf;
	struct vmi_mem *mem;
	struct file *file;
	int fd, err;

	if (p->flags)
		return -EINVAL;
	pf = kzalloc(sizeof(*pf), GFP_KERNEL_ACCOUNT);
	if (!pf)
		return -ENOMEM;
	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0) {
		kfree(pf);
		return fd;
	}

	mutex_lock(&vmi_ctl);
	port = vmi_port_find_index(vm, p->index);
	if (!port) {
		err = -ENOENT;
		goto err_ctl;
	}
	/* Not waited for under vmi_ctl: its holder may wait for guest pages, see port_stop(). */
	if (!mutex_trylock(&port->lock)) {
		err = -EBUSY;
		goto err_ctl;
	}
	if (port->file) {
		err = -EBUSY;
		goto err_lock;
	}
	mem = vmi_vm_mem(vm);
	if (!mem) {
		err = -ENODEV;
		goto err_lock;
	}
	pf->port = port;
	file = anon_inode_getfile("[vmi-port]", &port_fops, pf, O_RDWR);
	if (IS_ERR(file)) {
		err = PTR_ERR(file);
		goto err_mem;
	}
	kref_get(&port->ref);
	rcu_assign_pointer(port->mem, mem);
	WRITE_ONCE(port->file, pf);
	atomic_set(&port->fault, VMI_PORT_FAULT_NONE);
	clear_bit(0, &port->changed);
	describe(port, p);
	mutex_unlock(&port->lock);
	mutex_unlock(&vmi_ctl);
	fd_install(fd, file);
	return fd;

err_mem:
	vmi_mem_put(mem);
err_lock:
	mutex_unlock(&port->lock);
err_ctl:
	mutex_unlock(&vmi_ctl);
	put_unused_fd(fd);
	kfree(pf);
	return err;
}

/**
 * vmi_port_stop_all - end the use of a VM's memory by its ports
 * @vm: the VM, whose VM file is being released
 *
 * Port files that are still open say ENODEV from now on.
 *
 * Context: process; takes vmi_ctl, waits for page faults under way and an RCU grace period.
 */
void vmi_port_stop_all(struct vmi_vm *vm)
{
	struct vmi_port *ports[VMI_PORTS_PER_VM], *port;
	struct vmi_mem *mem[VMI_PORTS_PER_VM];
	unsigned int i, n = 0;

	mutex_lock(&vmi_ctl);
	list_for_each_entry(port, &vm->ports, vm_node) {
		kref_get(&port->ref);
		ports[n++] = port;
	}
	mutex_unlock(&vmi_ctl);

	/* Without vmi_ctl: this may wait long for a page of a VMM that means ill. */
	for (i = 0; i < n; i++) {
		mutex_lock(&ports[i]->lock);
		mem[i] = ports[i]->file ? port_detach(ports[i]) : NULL;
		mutex_unlock(&ports[i]->lock);
	}
	if (n)
		synchronize_rcu();
	for (i = 0; i < n; i++) {
		if (mem[i])
			vmi_mem_put(mem[i]);
		kref_put(&ports[i]->ref, port_free);
	}
}

/* ---- the object ---- */

static struct vmi_port *port_alloc(u32 npairs)
{
	struct vmi_port *port;
	u32 i;

	port = kvzalloc(struct_size(port, pair, npairs), GFP_KERNEL_ACCOUNT);
	if (!port)
		return NULL;
	port->stats = alloc_percpu_gfp(struct vmi_stats, GFP_KERNEL_ACCOUNT);
	if (npairs > 1)
		port->steer = kzalloc(sizeof(*port->steer), GFP_KERNEL_ACCOUNT);
	if (!port->stats || (npairs > 1 && !port->steer)) {
		port_discard(port);
		return NULL;
	}
	kref_init(&port->ref);
	mutex_init(&port->lock);
	port->npairs = npairs;
	port->active = 1;
	atomic_set(&port->fault, VMI_PORT_FAULT_NONE);
	INIT_WORK(&port->fault_work, port_fault_work);
	skb_queue_head_init(&port->punt);
	init_waitqueue_head(&port->wait);
	for (i = 0; i < npairs; i++)
		vmi_pair_init(&port->pair[i], port, i);
	vmi_policy_init(&port->policy, &port->pair[0].napi);
	INIT_LIST_HEAD(&port->claims);
	INIT_LIST_HEAD(&port->neighs);
	return port;
}

static int choose_mac(const struct vmi_port_conf *conf, u8 *mac, struct netlink_ext_ack *extack)
{
	if (!conf->have_mac) {
		do {
			eth_random_addr(mac);
		} while (vmi_net_mac_used(mac));
		return 0;
	}
	if (!is_valid_ether_addr(conf->mac)) {
		NL_SET_ERR_MSG_MOD(extack, "not a unicast MAC address");
		return -EINVAL;
	}
	if (vmi_net_mac_used(conf->mac)) {
		NL_SET_ERR_MSG_MOD(extack, "the MAC address is in use");
		return -EADDRINUSE;
	}
	ether_addr_copy(mac, conf->mac);
	return 0;
}

static int check_vm(struct vmi_vm *vm, struct netlink_ext_ack *extack)
{
	bool attached;

	spin_lock_bh(&vm->lock);
	attached = vm->attached;
	spin_unlock_bh(&vm->lock);
	if (attached) {
		NL_SET_ERR_MSG_MOD(extack, "the VM has a VMM: its ports cannot be added or deleted");
		return -EBUSY;
	}
	return 0;
}

static void fill(struct vmi_port *port, struct vmi_port_view *view, struct vmi_stats_view *stats)
{
	lockdep_assert_held(&vmi_ctl);
	memset(view, 0, sizeof(*view));
	view->id = port->id;
	view->index = port->index;
	strscpy(view->vm, port->vm->name, sizeof(view->vm));
	strscpy(view->net, port->net->conf.name, sizeof(view->net));
	ether_addr_copy(view->mac, port->mac);
	view->ip = port->ip;
	view->link = vmi_port_link_up(port);
	view->plugged = port->link;
	view->prefix6 = port->prefix6;
	view->active = READ_ONCE(port->running);
	view->fault = atomic_read(&port->fault);
	view->features = READ_ONCE(port->on) ? READ_ONCE(port->features) : 0;
	view->pairs = port->npairs;
	view->pairs_active = READ_ONCE(port->on) ? READ_ONCE(port->active) : 0;
	spin_lock_bh(&port->vm->lock);
	view->owner = port->vm->uid;
	spin_unlock_bh(&port->vm->lock);
	vmi_policy_show(&port->policy, &view->policy);
	if (stats) {
		memset(stats, 0, sizeof(*stats));
		vmi_stats_fold(stats, port->stats);
	}
}

/**
 * vmi_port_new - add a port to a VM
 * @vm: the VM
 * @conf: what the client asks for
 * @view: the new port
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -ENOENT (network), -EBUSY (the VM has a VMM), -EDQUOT (it has as many
 * ports as it can have), -EINVAL, -EEXIST (the host's MAC address), -EADDRINUSE, -ENOSPC,
 * -ENOMEM, or what the uplink says.
 */
int vmi_port_new(struct vmi_vm *vm, const struct vmi_port_conf *conf, struct vmi_port_view *view,
		 struct netlink_ext_ack *extack)
{
	struct vmi_policy_conf policy = conf->policy;
	struct vmi_port *port;
	struct vmi_net *net;
	u32 i;
	int err;

	lockdep_assert_held(&vmi_ctl);
	net = vmi_net_find(conf->net);
	if (!net) {
		NL_SET_ERR_MSG_MOD(extack, "no such network");
		return -ENOENT;
	}
	err = check_vm(vm, extack);
	if (err)
		return err;
	if (vm->nports >= VMI_PORTS_PER_VM) {
		NL_SET_ERR_MSG_MOD(extack, "a VM has at most 8 ports");
		return -EDQUOT;
	}
	err = vmi_policy_check(&policy, extack);
	if (err)
		return err;
	if (conf->pairs > VMI_PAIRS_MAX) {
		NL_SET_ERR_MSG_MOD(extack, "a port has at most 8 queue pairs");
		return -EINVAL;
	}
	port = port_alloc(conf->pairs ?: 1);
	if (!port)
		return -ENOMEM;
	vmi_policy_follow(&port->policy, net->conf.guard, net->conf.storm_pps);
	vmi_policy_set(&port->policy, &policy, net->conf.guard);
	err = choose_mac(conf, port->mac, extack);
	if (err)
		goto err_free;
	port->ip = conf->ip;
	err = vmi_net_lease(net, port->mac, &port->ip, extack);
	if (err)
		goto err_free;
	vmi_net_prefix6(net, port->ip, &port->prefix6);
	/* Frames find it from here on. */
	port->net = net;
	err = vmi_fdb_add(&net->fdb, port->mac, port);
	if (err) {
		if (err == -EEXIST)
			NL_SET_ERR_MSG_MOD(extack, "the MAC address is the host's");
		goto err_free;
	}
	err = vmi_uplink_port_add(net, port, extack);
	if (err)
		goto err_fdb;

	vmi_vm_get(vm);
	port->vm = vm;
	port->id = ++vmi_port_last_id;
	port->index = vm->nports++;
	port->link = true;
	for (i = 0; i < port->npairs; i++)
		vmi_pair_add(&port->pair[i], (u64)port->id * VMI_PAIRS_MAX + i);
	list_add_tail(&port->node, &vmi_ports);
	list_add_tail(&port->vm_node, &vm->ports);
	list_add_tail_rcu(&port->net_node, &net->ports);
	net->nports++;
	vmi_nat_ports_changed(net);
	fill(port, view, NULL);
	vmi_port_emit(port, VMI_EVENT_KIND_PORT_NEW, client(), "");
	return 0;

err_fdb:
	vmi_fdb_del(&net->fdb, port->mac, port);
	/* A frame from the uplink may have found it. */
	synchronize_rcu();
err_free:
	port_discard(port);
	return err;
}

/**
 * vmi_port_find - look a port up
 * @id: its identifier
 *
 * Context: process, vmi_ctl held; the port is good as long.
 * Return: the port or NULL.
 */
struct vmi_port *vmi_port_find(u32 id)
{
	struct vmi_port *port;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(port, &vmi_ports, node) {
		if (port->id == id)
			return port;
	}
	return NULL;
}

/**
 * vmi_port_tell - tell the VMM that something has changed that its guest may have to know
 * @port: the port
 *
 * Context: any.
 */
void vmi_port_tell(struct vmi_port *port)
{
	set_bit(0, &port->changed);
	wake_up_interruptible_poll(&port->wait, EPOLLPRI);
}

/**
 * vmi_port_set_link - plug a port's cable, or pull it
 * @id: the port
 * @up: plug
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0 or -ENOENT.
 */
int vmi_port_set_link(u32 id, bool up, struct netlink_ext_ack *extack)
{
	struct vmi_port *port = vmi_port_find(id);

	if (!port) {
		NL_SET_ERR_MSG_MOD(extack, "no such port");
		return -ENOENT;
	}
	if (port->link == up)
		return 0;
	WRITE_ONCE(port->link, up);
	vmi_port_tell(port);
	vmi_port_emit(port, VMI_EVENT_KIND_PORT_SET, client(), up ? "link up" : "link down");
	return 0;
}

/* The port's guards may have changed. */
static void follow_guards(struct vmi_port *port, u32 old_word)
{
	vmi_uplink_port_follow(port);
	/* Who may use its own address only from now on has nobody else behind it. */
	if (~old_word & vmi_policy_word(&port->policy) & BIT(VMI_GUARD_MAC))
		vmi_fdb_forget(&port->net->fdb, port);
}

/**
 * vmi_port_follow - let a port follow its network, which was changed
 * @port: the port
 *
 * Context: process, vmi_ctl held.
 */
void vmi_port_follow(struct vmi_port *port)
{
	u32 word = vmi_policy_word(&port->policy);

	lockdep_assert_held(&vmi_ctl);
	vmi_policy_follow(&port->policy, port->net->conf.guard, port->net->conf.storm_pps);
	follow_guards(port, word);
	/* The guest may be told another lease time, or MTU. */
	vmi_port_tell(port);
}

/**
 * vmi_port_set_policy - change what an operator imposes on a port
 * @id: the port
 * @conf: what is to change; completed
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held.
 * Return: 0, -ENOENT or -EINVAL.
 */
int vmi_port_set_policy(u32 id, struct vmi_policy_conf *conf, struct netlink_ext_ack *extack)
{
	struct vmi_port *port = vmi_port_find(id);
	u32 word;
	int err;

	if (!port) {
		NL_SET_ERR_MSG_MOD(extack, "no such port");
		return -ENOENT;
	}
	err = vmi_policy_check(conf, extack);
	if (err)
		return err;
	word = vmi_policy_word(&port->policy);
	vmi_policy_set(&port->policy, conf, port->net->conf.guard);
	follow_guards(port, word);
	vmi_port_emit(port, VMI_EVENT_KIND_PORT_SET, client(), "policy");
	return 0;
}

/**
 * vmi_port_carrier - tell the guests of a network that its carrier has changed
 * @net: the network
 *
 * Context: process.
 */
void vmi_port_carrier(struct vmi_net *net)
{
	struct vmi_port *port;

	rcu_read_lock();
	list_for_each_entry_rcu(port, &net->ports, net_node)
		vmi_port_tell(port);
	rcu_read_unlock();
}

/**
 * vmi_port_stats_here - add what a port has counted on its present network
 * @port: the port
 * @view: added to
 *
 * Context: process, vmi_ctl held.
 */
void vmi_port_stats_here(const struct vmi_port *port, struct vmi_stats_view *view)
{
	lockdep_assert_held(&vmi_ctl);
	vmi_stats_fold(view, port->stats);
	vmi_stats_sub(view, &port->before);
}

/**
 * vmi_port_leave - let a port not be found in its network any more
 * @port: the port; its uplink does not listen for it
 *
 * Readers may see it until an RCU grace period is over.
 *
 * Context: process, vmi_ctl held.
 */
void vmi_port_leave(struct vmi_port *port)
{
	lockdep_assert_held(&vmi_ctl);
	vmi_fdb_del(&port->net->fdb, port->mac, port);
	vmi_fdb_forget(&port->net->fdb, port);
	vmi_hostdev_forget(port);
	vmi_claims_forget(&port->net->claims, port);
	list_del_rcu(&port->net_node);
	vmi_nat_ports_changed(port->net);
}

/* Take a port out of all lists; port_finish() follows, after a grace period. */
static void port_unlist(struct vmi_port *port)
{
	struct vmi_port *other;
	u32 i;

	lockdep_assert_held(&vmi_ctl);
	vmi_port_emit(port, VMI_EVENT_KIND_PORT_DEL, client(), "");
	vmi_capture_end(0, 0, port->id);
	vmi_uplink_port_del(port);
	vmi_port_leave(port);
	list_del(&port->node);
	list_for_each_entry(other, &port->vm->ports, vm_node) {
		if (other->index > port->index)
			other->index--;
	}
	list_del(&port->vm_node);
	port->vm->nports--;
	for (i = 0; i < port->npairs; i++)
		vmi_pair_del(&port->pair[i]);
}

static void port_finish(struct vmi_port *port)
{
	lockdep_assert_held(&vmi_ctl);
	/* Nobody polls or delivers any more; a fault may be being told. */
	flush_work(&port->fault_work);
	/* The network's counters never run backwards. */
	vmi_port_stats_here(port, &port->net->gone);
	vmi_nat_port_gone(port->net, port->ip, &port->prefix6);
	port->net->nports--;
	kref_put(&port->ref, port_free);
}

/**
 * vmi_port_del - delete a port
 * @id: the port
 * @extack: for the explanation
 *
 * Context: process, vmi_ctl held; waits for an RCU grace period.
 * Return: 0, -ENOENT, or -EBUSY (its VM has a VMM).
 */
int vmi_port_del(u32 id, struct netlink_ext_ack *extack)
{
	struct vmi_port *port = vmi_port_find(id);
	int err;

	if (!port) {
		NL_SET_ERR_MSG_MOD(extack, "no such port");
		return -ENOENT;
	}
	err = check_vm(port->vm, extack);
	if (err)
		return err;
	port_unlist(port);
	synchronize_rcu_expedited();
	port_finish(port);
	return 0;
}

/**
 * vmi_port_del_all - delete all ports of a VM
 * @vm: the VM; it has no VMM
 *
 * Context: process, vmi_ctl held; waits for an RCU grace period.
 */
void vmi_port_del_all(struct vmi_vm *vm)
{
	struct vmi_port *port, *tmp;
	LIST_HEAD(gone);

	lockdep_assert_held(&vmi_ctl);
	if (list_empty(&vm->ports))
		return;
	list_for_each_entry_safe(port, tmp, &vm->ports, vm_node) {
		port_unlist(port);
		list_add(&port->vm_node, &gone);
	}
	synchronize_rcu();
	list_for_each_entry_safe(port, tmp, &gone, vm_node)
		port_finish(port);
}

/**
 * vmi_port_next - show the ports one by one
 * @cursor: identifier of the last one shown, 0 to begin; moved on
 * @view: result
 * @stats: its counters, may be NULL
 *
 * Context: process, vmi_ctl held.
 * Return: 0, or -ENOENT at the end.
 */
int vmi_port_next(u32 *cursor, struct vmi_port_view *view, struct vmi_stats_view *stats)
{
	struct vmi_port *port;

	lockdep_assert_held(&vmi_ctl);
	list_for_each_entry(port, &vmi_ports, node) {
		if (port->id > *cursor) {
			fill(port, view, stats);
			*cursor = port->id;
			return 0;
		}
	}
	return -ENOENT;
}

/**
 * vmi_port_view - show a port
 * @id: the port
 * @view: result
 * @stats: its counters, may be NULL
 *
 * Context: process, vmi_ctl held.
 * Return: 0 or -ENOENT.
 */
int vmi_port_view(u32 id, struct vmi_port_view *view, struct vmi_stats_view *stats)
{
	struct vmi_port *port = vmi_port_find(id);

	if (!port)
		return -ENOENT;
	fill(port, view, stats);
	return 0;
}

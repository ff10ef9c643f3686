/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What differs between the kernels this module builds on, 6.1 and newer.
 *
 * The only place with version tests.
 */
#ifndef VMI_COMPAT_H
#define VMI_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/*
 * 6.1 has no split ops: an operation's do and dump stand in one struct genl_ops.
 * The generated table is compiled as genl_ops and merged when the module is
 * loaded (nl.c); do and dump of an operation have the same policy,
 * or the do's serves both.
 */
#define genl_split_ops	genl_ops
#define split_ops	ops
#define n_split_ops	n_ops
#define VMI_COMPAT_MERGE_OPS 1
#endif

/* netlink: a policy's range is not written, but its pointer is not const before 6.7 */
#include <net/netlink.h>
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#undef NLA_POLICY_FULL_RANGE
#define NLA_POLICY_FULL_RANGE(tp, _range) {				\
	.type = NLA_ENSURE_UINT_OR_BINARY_TYPE(tp),			\
	.validation_type = NLA_VALIDATE_RANGE_PTR,			\
	.range = (struct netlink_range_validation *)(_range),		\
}
#endif

/* netlink: a binary attribute's .len is the most that it can have */
#ifndef NLA_POLICY_MAX_LEN
#define NLA_POLICY_MAX_LEN(_len)	{ .type = NLA_BINARY, .len = (_len) }
#endif

/* netlink: the attributes of a dump's request */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define vmi_compat_dump_attrs(cb)	(genl_dumpit_info(cb)->attrs)
#else
#define vmi_compat_dump_attrs(cb)	(genl_info_dump(cb)->attrs)
#endif

/* guest memory */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
#define vm_flags_set(vma, flags)	((vma)->vm_flags |= (flags))
#define vm_flags_clear(vma, flags)	((vma)->vm_flags &= ~(flags))
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
#define vmi_gup_remote(mm, addr, flags, page, locked) \
	get_user_pages_remote(mm, addr, 1, flags, page, NULL, locked)
#else
#define vmi_gup_remote(mm, addr, flags, page, locked) \
	get_user_pages_remote(mm, addr, 1, flags, page, locked)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
/* file mappings are not faulted under the VMA's lock */
#define release_fault_lock(vmf)	mmap_read_unlock((vmf)->vma->vm_mm)
#endif

/* The switch */
#include <linux/etherdevice.h>
#include <linux/eventfd.h>
#include <linux/hrtimer.h>
#include <linux/netdevice.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#include <net/gso.h>
#endif

static inline void vmi_compat_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

static inline void vmi_compat_hrtimer_setup(struct hrtimer *timer,
					    enum hrtimer_restart (*fn)(struct hrtimer *))
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
	hrtimer_init(timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer->function = fn;
#else
	hrtimer_setup(timer, fn, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
#endif
}

/* a netdev that only carries NAPI contexts */
static inline struct net_device *vmi_compat_dummy_alloc(void)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	struct net_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev)
		init_dummy_netdev(dev);
	return dev;
#else
	return alloc_netdev_dummy(0);
#endif
}

static inline void vmi_compat_dummy_free(struct net_device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
	kfree(dev);
#else
	free_netdev(dev);
#endif
}

/* no queue lock for transmission; stays in its network namespace */
static inline void vmi_compat_netdev_local_lltx(struct net_device *dev)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	dev->features |= NETIF_F_LLTX | NETIF_F_NETNS_LOCAL;
#else
	dev->lltx = true;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)
	dev->netns_local = true;
#else
	dev->netns_immutable = true;
#endif
#endif
}

#endif /* VMI_COMPAT_H */

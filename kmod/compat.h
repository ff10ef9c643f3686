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
 * loaded (vmi_compat_merge_ops); do and dump of an operation have the same policy,
 * or the do's serves both.
 */
#define genl_split_ops	genl_ops
#define split_ops	ops
#define n_split_ops	n_ops
#define VMI_COMPAT_MERGE_OPS 1
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
#define genl_info_userhdr(info)	((info)->userhdr)
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

#endif /* VMI_COMPAT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Introspection sessions of the character device. */
#ifndef VMIC_CHR_H
#define VMIC_CHR_H

#include <stddef.h>
#include <stdint.h>

#include <linux/vmi_chr.h>

/**
 * vmi_session_open() - open a VM for introspection
 * @name: VM
 * @rights: VMI_RIGHT_*
 *
 * Return: a file descriptor, -EPROTONOSUPPORT without the module, or a negative errno.
 */
int vmi_session_open(const char *name, uint32_t rights);

/* Return: a capture file's descriptor, -EPROTONOSUPPORT without the module, or a negative errno. */
int vmi_capture_open(const struct vmi_capture_open *open);

/* Return: 0 or a negative errno. */
int vmi_session_info(int fd, struct vmi_sess_info *info);

/**
 * struct vmi_view - where addresses are
 * @flags: VMI_SEG_GVA and VMI_SEG_LA57, or 0 for physical addresses
 * @root: CR3 with VMI_SEG_GVA
 */
struct vmi_view {
	uint32_t flags;
	uint64_t root;
};

/**
 * vmi_session_read() - copy guest memory
 * @fd: session
 * @view: physical or virtual
 * @addr: first address
 * @buf: where to
 * @len: bytes, any number
 * @done: bytes copied, also on failure
 *
 * Return: 0, or the negative errno of the first segment that failed.
 */
int vmi_session_read(int fd, const struct vmi_view *view, uint64_t addr,
		     void *buf, size_t len, size_t *done);

/* Likewise, the other way; the session needs the right to write. */
int vmi_session_write(int fd, const struct vmi_view *view, uint64_t addr,
		      const void *buf, size_t len, size_t *done);

/* The physical address of @addr. Return: 0, -EFAULT when it is not mapped, or a negative errno. */
int vmi_session_translate(int fd, const struct vmi_view *view, uint64_t addr, uint64_t *gpa);

#endif /* VMIC_CHR_H */

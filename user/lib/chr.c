// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "chr.h"

#define DEVICE		"/dev/vmi"
#define SEGS		8	/* of one call: a bound on the time in the kernel */
#define SEG_BYTES	(1U << 20)
#define PTE_PRESENT	1
#define PTE_LARGE	(1U << 7)
#define TABLE_MASK	0x000ffffffffff000

static int ask_device(unsigned long op, const void *req)
{
	int dev, ret;

	dev = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return errno == ENOENT || errno == ENXIO ? -EPROTONOSUPPORT : -errno;
	ret = ioctl(dev, op, req);
	if (ret < 0)
		ret = -errno;
	close(dev);
	return ret;
}

int vmi_session_open(const char *name, uint32_t rights)
{
	struct vmi_session_open req = { .rights = rights };

	if (strlen(name) >= sizeof(req.name))
		return -ENAMETOOLONG;
	strcpy(req.name, name);
	return ask_device(VMI_SESSION, &req);
}

int vmi_capture_open(const struct vmi_capture_open *open)
{
	return ask_device(VMI_CAPTURE, open);
}

int vmi_session_info(int fd, struct vmi_sess_info *info)
{
	memset(info, 0, sizeof(*info));
	return ioctl(fd, VMI_SESS_INFO, info) < 0 ? -errno : 0;
}

static int copy(int fd, const struct vmi_view *view, uint32_t flags, uint64_t addr,
		const void *buf, size_t len, size_t *done)
{
	*done = 0;
	while (*done < len) {
		struct vmi_seg segs[SEGS] = { 0 };
		struct vmi_sess_rw rw = { .segs = (uintptr_t)segs };
		size_t at = *done;
		unsigned int i;

		while (rw.nsegs < SEGS && at < len) {
			struct vmi_seg *seg = &segs[rw.nsegs++];

			seg->addr = addr + at;
			seg->uaddr = (uintptr_t)buf + at;
			seg->len = len - at < SEG_BYTES ? len - at : SEG_BYTES;
			seg->flags = view->flags | flags;
			seg->root = view->root;
			at += seg->len;
		}
		if (ioctl(fd, VMI_SESS_RW, &rw) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		for (i = 0; i < rw.nsegs; i++) {
			*done += segs[i].done;
			if (segs[i].status)
				return segs[i].status;
			if (segs[i].done != segs[i].len)
				return -EIO;
		}
	}
	return 0;
}

int vmi_session_read(int fd, const struct vmi_view *view, uint64_t addr,
		     void *buf, size_t len, size_t *done)
{
	return copy(fd, view, 0, addr, buf, len, done);
}

int vmi_session_write(int fd, const struct vmi_view *view, uint64_t addr,
		      const void *buf, size_t len, size_t *done)
{
	return copy(fd, view, VMI_SEG_WRITE, addr, buf, len, done);
}

/* SDM volume 3 section 4.5: nine bits of the address a level, from the top */
int vmi_session_translate(int fd, const struct vmi_view *view, uint64_t addr, uint64_t *gpa)
{
	const struct vmi_view phys = { 0 };
	int level = view->flags & VMI_SEG_LA57 ? 5 : 4;
	int shift = 12 + 9 * level;
	uint64_t entry = view->root;
	size_t done;
	int ret;

	if (!(view->flags & VMI_SEG_GVA)) {
		*gpa = addr;
		return 0;
	}
	/* canonical: all above is the sign */
	if ((uint64_t)((int64_t)(addr << (64 - shift)) >> (64 - shift)) != addr)
		return -EFAULT;
	for (;;) {
		shift -= 9;
		ret = vmi_session_read(fd, &phys, (entry & TABLE_MASK) + (addr >> shift & 511) * 8,
				       &entry, sizeof(entry), &done);
		if (ret)
			return ret;
		if (!(entry & PTE_PRESENT))
			return -EFAULT;
		if (shift == 12 || (shift <= 30 && entry & PTE_LARGE))
			break;
	}
	*gpa = (entry & TABLE_MASK & ~((UINT64_C(1) << shift) - 1)) |
	       (addr & ((UINT64_C(1) << shift) - 1));
	return 0;
}

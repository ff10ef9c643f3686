/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The VMI character device, /dev/vmi: ABI of VM, port and session files.
 *
 *	/dev/vmi  --VMI_ATTACH-->  VM file       held by the VMM; its release is the VM's end
 *	          --VMI_SESSION->  session file  held by an introspection tool
 *	VM file   --VMI_VM_PORT->  port file     held by the VMM, one a virtio-net device
 *
 * Every structure is fixed-width and the same on 32 and 64 bits. Reserved
 * fields and unknown flags must be zero: EINVAL otherwise. Addresses named
 * gpa are guest-physical, uaddr are addresses of the calling process. Fields
 * marked out are ignored on input.
 *
 * Every call may say EFAULT (a structure that cannot be read or written),
 * ENOTTY (no such call on this file), and where it makes something ENOMEM,
 * EMFILE and ENFILE. What else it says stands with its structure.
 */
#ifndef _UAPI_LINUX_VMI_CHR_H
#define _UAPI_LINUX_VMI_CHR_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/vmi.h>

/* Names: 1 to VMI_NAME_LEN - 1 bytes of [A-Za-z0-9._-], first a letter or digit. */
#define VMI_NAME_LEN		32
#define VMI_TEXT_LEN		96	/* bytes of an explanation, with its NUL; printable */
#define VMI_PATH_LEN		108	/* bytes, with the NUL; as sun_path */
#define VMI_REGIONS_MAX		16	/* memory regions of a VM */
#define VMI_SEGS_MAX		1024	/* segments of one VMI_SESS_RW */
#define VMI_SEG_LEN_MAX		(16U << 20)	/* bytes of one segment */
#define VMI_FRAME_MAX		1522	/* bytes of a frame passed by read/write of a port file */

/*
 * struct vmi_attach - become the VMM of a VM (VMI_ATTACH on /dev/vmi)
 *
 * The VM must exist (netlink vm-new), belong to the caller's uid (or the caller
 * has CAP_SYS_ADMIN), and be defined, stopped or crashed; it becomes starting.
 * The caller's mm is the one that memory regions are in, and the caller the
 * process that the command kill ends.
 * Return: a VM file (O_CLOEXEC), or EINVAL (name, flags), ENOENT (no such VM),
 * EPERM, EBUSY (has a VMM).
 */
struct vmi_attach {
	char	name[VMI_NAME_LEN];
	__u32	flags;		/* in: 0 */
	__u32	ports;		/* out: number of its ports, 0 to 8 */
	__u64	vm_id;		/* out */
};

/*
 * struct vmi_mem_region - guest memory (VMI_VM_MEM on a VM file)
 *
 * gpa, size and uaddr are multiples of 4096; regions do not overlap.
 * size 0 removes the region of that slot. Nothing is pinned: pages are looked
 * up on demand and followed by an MMU notifier, so the call takes as long for a
 * large region as for a small one.
 * Errors: EINVAL (slot, flags, alignment, bounds), EEXIST (slot in use, or
 * overlap), ENOENT (removal of an absent slot), ENODEV (after the last report,
 * or the mm has ended).
 */
struct vmi_mem_region {
	__u32	slot;		/* 0 to VMI_REGIONS_MAX - 1 */
	__u32	flags;		/* VMI_MEM_* */
	__u64	gpa;		/* gpa + size at most 2^52 */
	__u64	size;		/* bytes, or 0 */
	__u64	uaddr;		/* uaddr + size within the VMM's address space */
};
#define VMI_MEM_READONLY	(1U << 0)	/* the kernel never writes there (a ROM) */

/*
 * struct vmi_vm_info - what the VMM tells of itself (VMI_VM_INFO on a VM file)
 *
 * For clients to see; the kernel uses nothing of it. May be told again.
 * Errors: EINVAL, ENODEV (after the last report).
 */
struct vmi_vm_info {
	__u32	vcpus;			/* 1 to 4096 */
	__u32	flags;			/* 0 */
	__u64	mem_bytes;		/* of the guest, any */
	char	console[VMI_PATH_LEN];	/* unix socket of the console, no control characters, or empty */
	__u32	pad;			/* 0 */
};

/*
 * struct vmi_vm_state - report a change of state (VMI_VM_STATE on a VM file)
 *
 * Bytes of the text that are not printable ASCII are shown as '?'. STOPPED and CRASHED
 * are the last report: the rings are stopped, the memory let go, waiting commands
 * answered; the VM file may only be closed then. It reads as 0 bytes and polls
 * POLLHUP.
 * Errors: EINVAL (no such state or reason, no way there from here, a text
 * without end), EOPNOTSUPP (a state that has only its number yet), ENODEV (after
 * the last report).
 */
struct vmi_vm_state {
	__u32	state;		/* enum vmi_state */
	__u32	reason;		/* enum vmi_reason */
	char	text[VMI_TEXT_LEN];	/* explanation, NUL-terminated, or empty */
};

/*
 * struct vmi_cmd - a command to the VMM: read() of a VM file returns whole ones
 *
 * As many as wait and fit. EINVAL when not one fits; EAGAIN if none waits and the
 * file is O_NONBLOCK, else read() waits for one; POLLIN when one waits.
 */
struct vmi_cmd {
	__u64	id;		/* number of the command in this VM, from 1 */
	__u32	op;		/* enum vmi_command, never VMI_COMMAND_KILL */
	__u32	flags;		/* 0; a VMM refuses what it does not know */
	__u64	arg;		/* 0 */
};

/*
 * struct vmi_reply - answer to a command (VMI_VM_REPLY on a VM file)
 *
 * The state that was asked for is reported before. Errors: EINVAL, ENOENT (no such
 * command was read, it was answered or timed out, or after the last report).
 */
struct vmi_reply {
	__u64	id;
	__s32	error;		/* 0, or a negative errno from -4095 */
	__u32	pad;		/* 0 */
	char	text[VMI_TEXT_LEN];	/* as in struct vmi_vm_state; need not end */
};

/*
 * struct vmi_port_open - open a port of the VM (VMI_VM_PORT on a VM file)
 *
 * Ports are numbered from 0 in order of creation. IPv4 addresses are in network byte
 * order, 0 when there is none.
 * Return: a port file (O_CLOEXEC), or EINVAL (flags), ENOENT (no port of that index),
 * EBUSY (open, or being closed at this moment), ENODEV (after the last report).
 */
struct vmi_port_open {
	__u32	index;		/* in */
	__u32	flags;		/* in: 0 */
	__u32	port_id;	/* out */
	__u16	mtu;		/* out: bytes of the IP packet, 576 to 9216 */
	__u8	mac[6];		/* out */
	__u64	features;	/* out: virtio-net features the kernel can serve, bits of virtio 1.2 */
	__be32	ip;		/* out: the lease, here and below */
	__be32	netmask;
	__be32	gateway;	/* 0 where the host has no part */
	__be32	dns;		/* 0 today */
	__be32	server;		/* address the DHCP server answers as */
	__u32	lease_s;	/* seconds, from 60 */
};

/*
 * struct vmi_port_queue - one virtqueue (VMI_PORT_QUEUE on a port file)
 *
 * Split ring, virtio 1.2 section 2.7. index 2n is receiveq n, 2n + 1 is
 * transmitq n (section 5.1.2). The fds are eventfds; -1 for none. That the
 * areas are in memory is checked when the port is enabled.
 * Errors: EINVAL (index, size, alignment, not an eventfd), EBADF, EBUSY (the rings
 * are started), ENODEV (this file has lost the port).
 */
struct vmi_port_queue {
	__u32	index;		/* 0 (receive) or 1 (transmit) */
	__u32	size;		/* power of two, 1 to 1024 */
	__u64	desc_gpa;	/* multiple of 16 */
	__u64	avail_gpa;	/* multiple of 2 */
	__u64	used_gpa;	/* multiple of 4 */
	__s32	kick_fd;	/* guest notifies the device */
	__s32	call_fd;	/* device notifies the guest */
	__u16	avail_idx;	/* next available index to take; all before it is used */
	__u16	pad[3];		/* 0 */
};

/*
 * struct vmi_port_enable - start or stop the rings (VMI_PORT_ENABLE on a port file)
 *
 * Start needs both queues. After a stop no page of the guest is touched and
 * avail_idx says where each queue stands; a start without a new VMI_PORT_QUEUE
 * goes on from there. A stop of stopped rings is no error. It waits for a guest page
 * that is being brought in.
 * Errors: EINVAL (features that were not offered, lack VIRTIO_F_VERSION_1 or
 * contradict one another, a queue missing), EBUSY (started already), EFAULT (a
 * ring outside memory), ENODEV (this file has lost the port).
 */
struct vmi_port_enable {
	__u32	on;		/* 0 or 1 */
	__u32	pad;		/* 0 */
	__u64	features;	/* as negotiated by the driver; ignored on stop */
	__u16	avail_idx[2];	/* out, on stop: by queue index */
	__u16	pad2[2];	/* 0 */
};

/*
 * struct vmi_port_status - how a port is (VMI_PORT_STATUS on a port file)
 *
 * POLLPRI: changed since it was last asked for; POLLERR with it: there is a fault.
 * Errors: ENODEV (this file has lost the port; POLLHUP).
 */
struct vmi_port_status {
	__u32	link;		/* out: 1 up, 0 down */
	__u32	fault;		/* out: enum vmi_port_fault, why the kernel stopped the rings */
	__u32	on;		/* out: 1 from the start to the stop, with a fault or without */
	__u32	pad;		/* out: 0 */
};

/*
 * read() and write() of a port file carry one Ethernet frame each, without a virtio-net
 * header: read, what the guest sent to a service of the network (DHCP
 * requests); write, the answer, which only this guest receives.
 *
 * read: EAGAIN if none waits and the file is O_NONBLOCK, else it waits; POLLIN;
 * EMSGSIZE: the buffer is too small, and the frame is there for the next one. At
 * most 16 frames wait, further ones are dropped.
 * write: EINVAL (less than 14 or more than VMI_FRAME_MAX bytes), EAGAIN (no
 * buffers, and 64 frames wait for some), ENETDOWN (the rings are stopped). It never
 * waits, and POLLOUT is always there.
 * Both: ENODEV when this file has lost the port.
 */

/*
 * struct vmi_session_open - open a VM for introspection (VMI_SESSION on /dev/vmi)
 *
 * The caller owns the VM or has CAP_SYS_PTRACE: EPERM otherwise. What the
 * file may do is fixed here: EACCES for anything else. When the VMM ends,
 * everything on the file says ENODEV, for good.
 * Return: a session file (O_CLOEXEC), or EINVAL (name, rights, flags), ENOENT (no such
 * VM), EPERM, ENODEV (it has no VMM).
 */
struct vmi_session_open {
	char	name[VMI_NAME_LEN];
	__u32	rights;		/* VMI_RIGHT_*, at least one */
	__u32	flags;		/* 0 */
	__u64	vm_id;		/* out */
};
#define VMI_RIGHT_READ		(1U << 0)
#define VMI_RIGHT_WRITE		(1U << 1)

/* struct vmi_sess_info - VMI_SESS_INFO on a session file; all of it out */
struct vmi_sess_info {
	__u64	vm_id;
	__u64	ram_bytes;	/* sum of the regions */
	__u64	top_gpa;	/* end of the highest region: the size of the raw file */
	__u32	rights;		/* VMI_RIGHT_* of this file */
	__u32	state;		/* enum vmi_state */
	__u32	regions;	/* their number, 0 to VMI_REGIONS_MAX */
	__u32	pad;		/* 0 */
};

/*
 * struct vmi_seg - one segment of VMI_SESS_RW
 *
 * Holes between regions read as zeros and refuse writes. The guest's own
 * protection bits do not bind a session. status is 0 or one of these,
 * negative; done is the bytes copied before.
 * EINVAL	flags, length, or root without VMI_SEG_GVA
 * EACCES	the session lacks the right, or a write to a read-only region
 * EFAULT	a write to a hole, beyond 2^52, a virtual address that is not
 *		canonical or not mapped, the caller's buffer, or the VMM has nothing there
 * ENXIO	a page table outside memory
 * ENODEV	the VMM has ended
 * EINTR, ENOMEM
 */
struct vmi_seg {
	__u64	addr;		/* GPA, or GVA with VMI_SEG_GVA */
	__u64	uaddr;		/* the caller's buffer */
	__u32	len;		/* bytes, 0 to VMI_SEG_LEN_MAX */
	__u32	flags;		/* VMI_SEG_* */
	__u64	root;		/* CR3 with VMI_SEG_GVA, else 0 */
	__s32	status;		/* out: 0 or a negative errno */
	__u32	done;		/* out: bytes */
};
#define VMI_SEG_WRITE		(1U << 0)
#define VMI_SEG_GVA		(1U << 1)
#define VMI_SEG_LA57		(1U << 2)	/* five-level tables; only with VMI_SEG_GVA */

/*
 * struct vmi_sess_rw - a vector of segments (VMI_SESS_RW on a session file)
 *
 * Return: the number of segments with status 0; each has its own status. EINVAL
 * (nsegs, flags), EFAULT (the vector), ENODEV: what was done before stays done.
 *
 * pread, pwrite and mmap of the session file are the simple forms, offset = GPA. A read
 * ends at top_gpa, a write beyond it says EFAULT. mmap: EACCES without the right to read,
 * for a writable shared mapping without that to write, for an executable one; EINVAL for
 * a private writable one; SIGBUS where a segment would fail and from top_gpa on.
 */
struct vmi_sess_rw {
	__u64	segs;		/* user address of struct vmi_seg[nsegs] */
	__u32	nsegs;		/* 1 to VMI_SEGS_MAX */
	__u32	flags;		/* 0 */
};

#define VMI_IOC			0xB7
#define VMI_ATTACH		_IOWR(VMI_IOC, 0x00, struct vmi_attach)
#define VMI_SESSION		_IOWR(VMI_IOC, 0x01, struct vmi_session_open)
#define VMI_VM_MEM		_IOW(VMI_IOC, 0x10, struct vmi_mem_region)
#define VMI_VM_INFO		_IOW(VMI_IOC, 0x11, struct vmi_vm_info)
#define VMI_VM_STATE		_IOW(VMI_IOC, 0x12, struct vmi_vm_state)
#define VMI_VM_REPLY		_IOW(VMI_IOC, 0x13, struct vmi_reply)
#define VMI_VM_PORT		_IOWR(VMI_IOC, 0x14, struct vmi_port_open)
#define VMI_PORT_QUEUE		_IOW(VMI_IOC, 0x20, struct vmi_port_queue)
#define VMI_PORT_ENABLE		_IOWR(VMI_IOC, 0x21, struct vmi_port_enable)
#define VMI_PORT_STATUS		_IOR(VMI_IOC, 0x22, struct vmi_port_status)
#define VMI_SESS_INFO		_IOR(VMI_IOC, 0x30, struct vmi_sess_info)
#define VMI_SESS_RW		_IOWR(VMI_IOC, 0x31, struct vmi_sess_rw)

#endif /* _UAPI_LINUX_VMI_CHR_H */

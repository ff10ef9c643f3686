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
 * gpa are guest-physical, uaddr are addresses of the calling process.
 */
#ifndef _UAPI_LINUX_VMI_CHR_H
#define _UAPI_LINUX_VMI_CHR_H

#include <linux/ioctl.h>
#include <linux/types.h>
#include <linux/vmi.h>

/* Names: 1 to VMI_NAME_LEN - 1 bytes of [A-Za-z0-9._-], first a letter or digit. */
#define VMI_NAME_LEN		32
#define VMI_TEXT_LEN		96	/* an explanation, NUL-terminated, printable */
#define VMI_PATH_LEN		108	/* as sun_path */
#define VMI_REGIONS_MAX		16	/* memory regions of a VM */
#define VMI_SEGS_MAX		1024	/* segments of one VMI_SESS_RW */
#define VMI_SEG_LEN_MAX		(16U << 20)	/* bytes of one segment */
#define VMI_FRAME_MAX		1522	/* bytes of a frame passed by read/write of a port file */

/*
 * struct vmi_attach - become the VMM of a VM (VMI_ATTACH on /dev/vmi)
 *
 * The VM must exist (netlink vm-new), belong to the caller's uid (or the caller
 * has CAP_SYS_ADMIN), and be defined, stopped or crashed; it becomes starting.
 * The caller's mm is the one that memory regions are in.
 * Return: a VM file (O_CLOEXEC), or ENOENT (no such VM), EPERM, EBUSY (has a VMM).
 */
struct vmi_attach {
	char	name[VMI_NAME_LEN];
	__u32	flags;		/* in: 0 */
	__u32	ports;		/* out: number of its ports */
	__u64	vm_id;		/* out */
};

/*
 * struct vmi_mem_region - guest memory (VMI_VM_MEM on a VM file)
 *
 * gpa, size and uaddr are multiples of 4096; regions do not overlap.
 * size 0 removes the region of that slot. Nothing is pinned: pages are
 * looked up on demand and followed by an MMU notifier.
 * Errors: EINVAL, EEXIST (overlap), ENOENT (removal of an absent slot).
 */
struct vmi_mem_region {
	__u32	slot;		/* < VMI_REGIONS_MAX */
	__u32	flags;		/* VMI_MEM_* */
	__u64	gpa;
	__u64	size;		/* bytes */
	__u64	uaddr;
};
#define VMI_MEM_READONLY	(1U << 0)	/* the kernel never writes there (a ROM) */

/* struct vmi_vm_info - what the VMM tells of itself (VMI_VM_INFO on a VM file) */
struct vmi_vm_info {
	__u32	vcpus;			/* 1 to 4096 */
	__u32	flags;			/* 0 */
	__u64	mem_bytes;
	char	console[VMI_PATH_LEN];	/* unix socket of the console, or empty */
	__u32	pad;
};

/*
 * struct vmi_vm_state - report a change of state (VMI_VM_STATE on a VM file)
 *
 * Illegal transitions: EINVAL. After VMI_STATE_STOPPED the VM file may only be closed.
 */
struct vmi_vm_state {
	__u32	state;		/* enum vmi_state */
	__u32	reason;		/* enum vmi_reason */
	char	text[VMI_TEXT_LEN];
};

/*
 * struct vmi_cmd - a command to the VMM: read() of a VM file returns whole ones
 *
 * EAGAIN if none waits and the file is O_NONBLOCK; POLLIN when one waits.
 */
struct vmi_cmd {
	__u64	id;
	__u32	op;		/* enum vmi_command */
	__u32	flags;
	__u64	arg;
};

/* struct vmi_reply - answer to a command (VMI_VM_REPLY on a VM file); ENOENT: id unknown or timed out */
struct vmi_reply {
	__u64	id;
	__s32	error;		/* 0 or a negative errno */
	__u32	pad;
	char	text[VMI_TEXT_LEN];
};

/*
 * struct vmi_port_open - open a port of the VM (VMI_VM_PORT on a VM file)
 *
 * Ports are numbered from 0 in order of creation. Return: a port file
 * (O_CLOEXEC), or ENOENT (no port of that index), EBUSY (open already).
 * IPv4 addresses are in network byte order, 0 when there is none.
 */
struct vmi_port_open {
	__u32	index;		/* in */
	__u32	flags;		/* in: 0 */
	__u32	port_id;	/* out */
	__u16	mtu;		/* out: bytes, of the IP packet */
	__u8	mac[6];		/* out */
	__u64	features;	/* out: virtio-net features the kernel can serve */
	__be32	ip;		/* out: the lease, here and below */
	__be32	netmask;
	__be32	gateway;
	__be32	dns;
	__be32	server;		/* address the DHCP server answers as */
	__u32	lease_s;	/* seconds */
};

/*
 * struct vmi_port_queue - one virtqueue (VMI_PORT_QUEUE on a port file)
 *
 * Split ring, virtio 1.2 section 2.7. index 2n is receiveq n, 2n + 1 is
 * transmitq n (section 5.1.2). The fds are eventfds; -1 for none. Only while
 * the port is disabled: EBUSY.
 */
struct vmi_port_queue {
	__u32	index;		/* 0 (receive) or 1 (transmit) */
	__u32	size;		/* power of two, 1 to 1024 */
	__u64	desc_gpa;	/* multiple of 16 */
	__u64	avail_gpa;	/* multiple of 2 */
	__u64	used_gpa;	/* multiple of 4 */
	__s32	kick_fd;	/* guest notifies the device */
	__s32	call_fd;	/* device notifies the guest */
	__u16	avail_idx;	/* in: next available index to take */
	__u16	pad[3];
};

/*
 * struct vmi_port_enable - start or stop the rings (VMI_PORT_ENABLE on a port file)
 *
 * Start needs both queues. After a stop no page of the guest is touched and
 * avail_idx says where each queue stands, to start again from.
 * Errors: EINVAL (features that were not offered, a queue missing), EFAULT (a ring outside memory).
 */
struct vmi_port_enable {
	__u32	on;		/* 0 or 1 */
	__u32	pad;
	__u64	features;	/* in: as negotiated by the driver */
	__u16	avail_idx[2];	/* out, on stop */
	__u16	pad2[2];
};

/* struct vmi_port_status - VMI_PORT_STATUS on a port file. POLLPRI: changed since it was last read. */
struct vmi_port_status {
	__u32	link;		/* 1: up */
	__u32	fault;		/* enum vmi_port_fault: why the kernel stopped the rings */
	__u32	on;
	__u32	pad;
};

/*
 * read() and write() of a port file carry one Ethernet frame each: read, what
 * the guest sent to a service of the network (DHCP requests); write, the
 * answer, which only this guest receives. EAGAIN, POLLIN, POLLOUT as usual.
 */

/*
 * struct vmi_session_open - open a VM for introspection (VMI_SESSION on /dev/vmi)
 *
 * The caller owns the VM or has CAP_SYS_PTRACE: EPERM otherwise. What the
 * file may do is fixed here: EACCES for anything else.
 */
struct vmi_session_open {
	char	name[VMI_NAME_LEN];
	__u32	rights;		/* VMI_RIGHT_*, at least one */
	__u32	flags;		/* 0 */
	__u64	vm_id;		/* out */
};
#define VMI_RIGHT_READ		(1U << 0)
#define VMI_RIGHT_WRITE		(1U << 1)

/* struct vmi_sess_info - VMI_SESS_INFO on a session file */
struct vmi_sess_info {
	__u64	vm_id;
	__u64	ram_bytes;	/* sum of the regions */
	__u64	top_gpa;	/* end of the highest region: the size of the raw file */
	__u32	rights;
	__u32	state;		/* enum vmi_state */
	__u32	regions;
	__u32	pad;
};

/*
 * struct vmi_seg - one segment of VMI_SESS_RW
 *
 * Holes between regions read as zeros and refuse writes (EFAULT). An
 * address that is not canonical or not mapped: EFAULT; tables outside
 * memory: ENXIO. status is 0 or a negative errno, done the bytes copied.
 */
struct vmi_seg {
	__u64	addr;		/* GPA, or GVA with VMI_SEG_GVA */
	__u64	uaddr;		/* the caller's buffer */
	__u32	len;		/* bytes, at most VMI_SEG_LEN_MAX */
	__u32	flags;		/* VMI_SEG_* */
	__u64	root;		/* CR3 with VMI_SEG_GVA, else 0 */
	__s32	status;		/* out */
	__u32	done;		/* out: bytes */
};
#define VMI_SEG_WRITE		(1U << 0)
#define VMI_SEG_GVA		(1U << 1)
#define VMI_SEG_LA57		(1U << 2)	/* five-level tables */

/*
 * struct vmi_sess_rw - a vector of segments (VMI_SESS_RW on a session file)
 *
 * Return: the number of segments with status 0; each has its own status.
 * pread, pwrite and mmap of the session file are the simple forms, offset = GPA.
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

/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The VMI character device, /dev/vmi: ABI of VM, port and session files.
 *
 *	/dev/vmi  --VMI_ATTACH-->  VM file       held by the VMM; its release is the VM's end
 *	          --VMI_SESSION->  session file  held by an introspection tool
 *	          --VMI_CAPTURE->  capture file  held by a tool that records frames
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
#define VMI_DNS_MAX		4	/* name servers a guest is told of */
#define VMI_DOMAIN_LEN		256	/* a search domain, NUL-terminated */
#define VMI_PAIRS_MAX		8	/* queue pairs of a port */
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
 *
 * What is out may change while the port is open (POLLPRI, as with VMI_PORT_STATUS):
 * VMI_PORT_INFO on the port file tells it anew. Errors: ENODEV (this file has lost the port).
 */
struct vmi_port_open {
	__u32	index;		/* in */
	__u32	flags;		/* in: 0 */
	__u32	port_id;	/* out */
	__u16	mtu;		/* out: bytes of the IP packet, 576 to 9216 */
	__u8	mac[6];		/* out */
	__u32	lease_s;	/* out: the lease, here and below; seconds, from 60 */
	__u64	features;	/* out: virtio-net features the kernel can serve, bits of virtio 1.2 */
	__be32	ip;
	__be32	netmask;
	__be32	gateway;	/* 0 where the host has no part */
	__be32	server;		/* address the DHCP server answers as */
	__be32	dns[VMI_DNS_MAX];	/* name servers, the preferred first */
	char	domain[VMI_DOMAIN_LEN];	/* search domain, or empty */
	__u8	prefix6[16];	/* /64 in which the guest makes its addresses; 0: no IPv6, here and below */
	__u8	subnet6[16];	/* /48, all of it on this link */
	__u8	router6[16];	/* link-local address of the router */
	__u8	dns6[VMI_DNS_MAX][16];	/* name servers, the preferred first */
	__u8	router_mac[6];
	__u8	pad[2];		/* 0 */
	__u32	pairs;		/* queue pairs, 1 to VMI_PAIRS_MAX */
	__u32	pad2;		/* 0 */
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
	__u32	index;		/* below 2 * pairs; even to receive, odd to transmit */
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
 * Start needs both queues of as many pairs as are to be served; frames from any of these
 * are taken, frames for the guest go to the first active ones. After a stop no page of the guest
 * is touched and avail_idx says where each queue stands; a start without a new
 * VMI_PORT_QUEUE goes on from there. A stop of stopped rings is no error. It waits for a
 * guest page that is being brought in.
 * Errors: EINVAL (features that were not offered, lack VIRTIO_F_VERSION_1 or
 * contradict one another, several pairs without VIRTIO_NET_F_MQ, more than the port has, more
 * active ones than pairs, a queue missing), EBUSY (started already), EFAULT (a ring outside
 * memory), ENODEV (this file has lost the port).
 */
struct vmi_port_enable {
	__u32	on;		/* 0 or 1 */
	__u16	pairs;		/* to serve, from the first; 0 for one; ignored on stop, here and below */
	__u16	active;		/* of these; 0 for one */
	__u64	features;	/* as negotiated by the driver */
	__u16	avail_idx[2 * VMI_PAIRS_MAX];	/* out, on stop: by queue index */
};

/*
 * struct vmi_port_pairs - change the number of active pairs (VMI_PORT_PAIRS on a port file)
 *
 * What a driver asks for with VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET (virtio 1.2 section
 * 5.1.6.5.5). When it returns, pairs that are not active get no more frames. A flow stays in
 * order.
 * Errors: EINVAL (0, more than are served, the rings are stopped), ENODEV.
 */
struct vmi_port_pairs {
	__u32	active;
	__u32	pad;		/* 0 */
};

/*
 * struct vmi_port_status - how a port is (VMI_PORT_STATUS on a port file)
 *
 * POLLPRI: changed since it was last asked for, or what VMI_PORT_INFO tells has; POLLERR
 * with it: there is a fault. A guest whose port was moved to another network has the old
 * one's address: it is to see its link go down and come up, so that it asks again.
 * Errors: ENODEV (this file has lost the port; POLLHUP).
 */
struct vmi_port_status {
	__u32	link;		/* out: 1 up, 0 down */
	__u32	fault;		/* out: enum vmi_port_fault, why the kernel stopped the rings */
	__u32	on;		/* out: 1 from the start to the stop, with a fault or without */
	__u32	moves;		/* out: how often it was moved to another network */
};

/*
 * read() and write() of a port file carry one Ethernet frame each, without a virtio-net
 * header: read, what the guest sent to a service of the network (DHCP
 * requests, and router solicitations where the port has a prefix6); write, the answer,
 * which only this guest receives.
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
 * struct vmi_capture_open - copy the frames of a VM or a network (VMI_CAPTURE on /dev/vmi)
 *
 * Of a VM: what its guest sends and receives, by one port or all. The caller owns it or has
 * CAP_NET_ADMIN: EPERM otherwise. Of a network: each frame once, as it comes in from a guest or
 * the host; it takes CAP_NET_ADMIN. A frame that its sender may not send is seen, with the
 * reason.
 * Return: a capture file (O_CLOEXEC), or EINVAL (name, what, port, bytes, flags), ENOENT (no
 * such VM, port or network), EPERM, EBUSY (without CAP_NET_ADMIN: 8 are open).
 */
struct vmi_capture_open {
	char	name[VMI_NAME_LEN];
	__u32	what;		/* VMI_CAPTURE_VM or VMI_CAPTURE_NET */
	__u32	port;		/* index of a port of the VM, or VMI_CAPTURE_ALL */
	__u32	snaplen;	/* bytes of each frame at most; 0: all of it */
	__u32	bytes;		/* of the buffer; 0 for VMI_CAPTURE_BYTES */
	__u32	flags;		/* 0 */
	__u32	pad;		/* 0 */
};
#define VMI_CAPTURE_VM		1
#define VMI_CAPTURE_NET		2
#define VMI_CAPTURE_ALL		0xffffffffU
#define VMI_CAPTURE_BYTES	(2U << 20)
#define VMI_CAPTURE_BYTES_MIN	(256U << 10)
#define VMI_CAPTURE_BYTES_MAX	(64U << 20)

/*
 * struct vmi_capture_rec - a frame: read() of a capture file returns whole records
 *
 * The frame follows, then the text; the next record is behind bytes. A large TCP segment or
 * a frame whose checksum is left to the device is as the guest has it, but for the
 * checksum, which is completed. read: EAGAIN if there is none and the file is
 * O_NONBLOCK, else it waits; EMSGSIZE: not one fits; 0 when the VM, the network or the port was
 * deleted. POLLIN; POLLHUP: deleted.
 */
struct vmi_capture_rec {
	__u64	time_ns;	/* CLOCK_REALTIME */
	__u32	bytes;		/* of this record, a multiple of 8 */
	__u32	len;		/* bytes of the frame, from its Ethernet header */
	__u32	caplen;		/* of these here */
	__u32	port;		/* identifier; 0: the host, or what is behind it */
	__u32	lost;		/* frames that found the buffer full since the record before */
	__u16	flags;		/* VMI_CAPTURE_* */
	__u16	text_bytes;	/* of the drop reason, without NUL; 0 if it was not dropped */
};
#define VMI_CAPTURE_SENT	(1U << 0)	/* by the port; else received */
#define VMI_CAPTURE_DROPPED	(1U << 1)	/* the sender may not send it: it goes no further */
#define VMI_CAPTURE_CSUM	(1U << 2)	/* cut, so that its checksum is not complete */

/* struct vmi_capture_stats - VMI_CAPTURE_STATS on a capture file; all of it out */
struct vmi_capture_stats {
	__u64	frames;		/* records so far */
	__u64	lost;		/* frames that found the buffer full */
};

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
#define VMI_RIGHT_REGS		(1U << 2)	/* registers of vCPUs; to set them, WRITE too */
#define VMI_RIGHT_STOP		(1U << 3)	/* stop, step and resume vCPUs */
#define VMI_RIGHT_EVENTS	(1U << 4)	/* arm probes and get their events */

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

/* ---- probes: registers, stop and step of vCPUs, breakpoints and their events ---- */

#define VMI_VCPU_ALL		0xffffffffU
#define VMI_PROBE_DATA_MAX	1024		/* bytes that go with a request */
#define VMI_PROBE_TIMEOUT_MS	1000		/* when the tool is silent */
#define VMI_PROBE_TIMEOUT_MAX_MS 60000

/* Operations of VMI_SESS_PROBE; beside each the right that it needs. */
#define VMI_PROBE_GET_REGS	1	/* REGS: data is struct vmi_regs, out */
#define VMI_PROBE_SET_REGS	2	/* REGS and WRITE: data is struct vmi_regs, in */
#define VMI_PROBE_GET_FPU	3	/* REGS: data is the FXSAVE area, 512 bytes, out */
#define VMI_PROBE_STOP		4	/* STOP: this session holds the vCPU, or all */
#define VMI_PROBE_RESUME	5	/* STOP: and does not any more */
#define VMI_PROBE_STEP		6	/* STOP: one instruction of one held vCPU */
#define VMI_PROBE_ARM		7	/* EVENTS: kind, arg[0..3]; id is out */
#define VMI_PROBE_DISARM	8	/* EVENTS: id */
#define VMI_PROBE_GONE		9	/* kernel to VMM only: the session has ended */

/* What VMI_PROBE_ARM arms: flags holds the kind, and VMI_PROBE_SYNC if wanted. */
#define VMI_PROBE_KIND_MASK	0xffU
#define VMI_PROBE_SW_BREAK	1	/* arg[0]: GPA of the instruction */
#define VMI_PROBE_HW_BREAK	2	/* arg[0]: GVA, arg[1]: 1, 2, 4 or 8 bytes, arg[2]: VMI_HW_* */
#define VMI_PROBE_WATCH		3	/* arg[0]: GPA, arg[1]: bytes; whole pages are watched */
#define VMI_PROBE_MSR		4	/* arg[0]: index, arg[1]: VMI_HW_WRITE or VMI_HW_RW */
#define VMI_PROBE_PORT		5	/* arg[0]: port, arg[1]: how many */
#define VMI_PROBE_SHUTDOWN	6	/* triple fault */
#define VMI_PROBE_STEPPED	7	/* of events only: VMI_PROBE_STEP has been done */
#define VMI_PROBE_SYNC		(1U << 8)	/* the vCPU waits for the verdict */

#define VMI_HW_EXEC		0
#define VMI_HW_WRITE		1
#define VMI_HW_RW		3

/*
 * struct vmi_probe - ask the VMM for something (VMI_SESS_PROBE on a session file)
 *
 * Errors: EINVAL (op, vcpu, flags, len), EACCES (a right is missing), ENODEV (no VMM),
 * EBUSY (64 requests wait already, 64 sessions have asked for something; no debug register
 * is free), ETIMEDOUT, EINTR
 * (neither is it known then whether it was done), EOPNOTSUPP (the VMM cannot).
 */
struct vmi_probe {
	__u32	op;		/* VMI_PROBE_* */
	__u32	vcpu;		/* its number, or VMI_VCPU_ALL for STOP and RESUME; 0 where none is meant */
	__u32	flags;		/* of ARM, else 0 */
	__u32	timeout_ms;	/* 0 for VMI_PROBE_TIMEOUT_MS, at most VMI_PROBE_TIMEOUT_MAX_MS */
	__u64	id;		/* of the probe: out of ARM, in to DISARM */
	__u64	arg[4];
	__u64	data;		/* user address */
	__u32	len;		/* bytes there: as the op says */
	__u32	pad;
};

/* A segment register; attr as the access rights of SDM volume 3 section 25.4.1. */
struct vmi_seg_reg {
	__u64	base;
	__u32	limit;
	__u16	selector;
	__u16	attr;
};

/* general registers, in the order in which instructions number them */
struct vmi_gprs {
	__u64	gpr[16];	/* rax rcx rdx rbx rsp rbp rsi rdi r8 ... r15 */
	__u64	rip;
	__u64	rflags;
};

struct vmi_regs {
	struct vmi_gprs gprs;
	struct vmi_seg_reg seg[8];	/* es cs ss ds fs gs ldtr tr */
	__u64	gdt_base;
	__u64	idt_base;
	__u32	gdt_limit;
	__u32	idt_limit;
	__u64	cr0;
	__u64	cr2;
	__u64	cr3;
	__u64	cr4;
	__u64	cr8;
	__u64	efer;
	__u64	apic_base;
	__u64	kernel_gs_base;
	__u64	dr[8];		/* dr4 and dr5 are 0 */
};

/*
 * struct vmi_probe_req - the next request (VMI_VM_PROBE_NEXT on a VM file)
 *
 * POLLPRI: there is one; EAGAIN: there is none. seq 0 (VMI_PROBE_GONE) wants no answer.
 */
struct vmi_probe_req {
	__u64	seq;
	__u64	session;
	__u32	op;
	__u32	vcpu;
	__u32	flags;
	__u32	len;		/* bytes of data */
	__u64	id;
	__u64	arg[4];
	__u8	data[VMI_PROBE_DATA_MAX];
};

/*
 * struct vmi_probe_done - the answer (VMI_VM_PROBE_DONE on a VM file)
 *
 * ENOENT: nobody waits for it any more; what was armed is to be disarmed.
 */
struct vmi_probe_done {
	__u64	seq;
	__s32	error;		/* 0 or a negative errno, from -511 */
	__u32	len;		/* bytes of data */
	__u64	id;		/* of the probe, of ARM; not 0 */
	__u8	data[VMI_PROBE_DATA_MAX];
};

/* verdicts on a synchronous event */
#define VMI_VERDICT_CONTINUE	0
#define VMI_VERDICT_SKIP	1	/* without doing what was met */
#define VMI_VERDICT_EXPIRED	2	/* to the VMM only: none came in time; disarm and continue */

#define VMI_HIT_SET_GPRS	(1U << 0)	/* flag: with the registers given */

/*
 * struct vmi_vm_event - a vCPU has met a probe (VMI_VM_EVENT on a VM file)
 *
 * By the vCPU's own thread, which waits for the verdict if flags has VMI_PROBE_SYNC.
 * Errors: ENOENT (no such session, or it has no events), ENOSPC (its ring is full: counted as
 * a drop), EINTR (a signal; the verdict is not waited for any more).
 */
struct vmi_vm_event {
	__u64	session;	/* in, here and below */
	__u64	probe;		/* id, 0 for VMI_PROBE_STEPPED */
	__u32	vcpu;
	__u32	kind;
	__u32	flags;		/* VMI_PROBE_SYNC or 0 */
	__u32	pad;
	__u64	arg[4];
	__u64	cr0;
	__u64	cr3;
	__u64	cr4;
	__u64	efer;
	struct vmi_gprs gprs;	/* and out with VMI_HIT_SET_GPRS */
	__u32	action;		/* out: VMI_VERDICT_* */
	__u32	out_flags;	/* out: VMI_HIT_* */
};

/* A record of the ring of events. */
struct vmi_hit {
	__u64	seq;		/* from 1, without gaps; dropped ones are counted, not numbered */
	__u64	time_ns;	/* CLOCK_MONOTONIC */
	__u64	probe;
	__u32	vcpu;
	__u32	kind;
	__u32	flags;		/* VMI_PROBE_SYNC: a verdict is waited for */
	__u32	pad;
	__u64	arg[4];
	__u64	cr0;
	__u64	cr3;
	__u64	cr4;
	__u64	efer;
	struct vmi_gprs gprs;
	__u64	pad2;
};

/*
 * struct vmi_hits - the mapped ring: this page, then size records
 *
 * Records from tail to head - 1, modulo size, are there to be read; the reader loads head
 * with acquire and stores tail with release. Both run freely.
 */
struct vmi_hits {
	__u32	size;		/* records, a power of two */
	__u32	record_bytes;
	__u64	head;		/* the kernel's */
	__u64	tail;		/* the reader's */
	__u64	drops;		/* the kernel's: events that found the ring full */
};

/*
 * struct vmi_sess_events - get the ring (VMI_SESS_EVENTS on a session file, once)
 *
 * Return: an event file (O_CLOEXEC): map it from offset 0, 4096 + size * sizeof(struct vmi_hit)
 * bytes rounded up to pages; POLLIN: there are records, POLLHUP: the VMM has ended.
 * Errors: EINVAL, EACCES, EBUSY (got already), ENODEV.
 */
struct vmi_sess_events {
	__u32	size;		/* records: a power of two, 16 to 4096 */
	__u32	timeout_ms;	/* for a verdict, 1 to VMI_PROBE_TIMEOUT_MAX_MS; 0: 1000 */
	__u32	flags;		/* 0 */
	__u32	pad;
};

/* struct vmi_verdict - on a synchronous event (VMI_SESS_VERDICT); ENOENT: not waited for any more */
struct vmi_verdict {
	__u64	seq;
	__u32	action;		/* VMI_VERDICT_CONTINUE or VMI_VERDICT_SKIP */
	__u32	flags;		/* VMI_HIT_*; to set registers needs the rights REGS and WRITE */
	struct vmi_gprs gprs;
};

#define VMI_IOC			0xB7
#define VMI_ATTACH		_IOWR(VMI_IOC, 0x00, struct vmi_attach)
#define VMI_SESSION		_IOWR(VMI_IOC, 0x01, struct vmi_session_open)
#define VMI_CAPTURE		_IOW(VMI_IOC, 0x02, struct vmi_capture_open)
#define VMI_VM_MEM		_IOW(VMI_IOC, 0x10, struct vmi_mem_region)
#define VMI_VM_INFO		_IOW(VMI_IOC, 0x11, struct vmi_vm_info)
#define VMI_VM_STATE		_IOW(VMI_IOC, 0x12, struct vmi_vm_state)
#define VMI_VM_REPLY		_IOW(VMI_IOC, 0x13, struct vmi_reply)
#define VMI_VM_PORT		_IOWR(VMI_IOC, 0x14, struct vmi_port_open)
#define VMI_VM_PROBE_NEXT	_IOR(VMI_IOC, 0x15, struct vmi_probe_req)
#define VMI_VM_PROBE_DONE	_IOW(VMI_IOC, 0x16, struct vmi_probe_done)
#define VMI_VM_EVENT		_IOWR(VMI_IOC, 0x17, struct vmi_vm_event)
#define VMI_PORT_QUEUE		_IOW(VMI_IOC, 0x20, struct vmi_port_queue)
#define VMI_PORT_ENABLE		_IOWR(VMI_IOC, 0x21, struct vmi_port_enable)
#define VMI_PORT_STATUS		_IOR(VMI_IOC, 0x22, struct vmi_port_status)
#define VMI_PORT_INFO		_IOR(VMI_IOC, 0x23, struct vmi_port_open)
#define VMI_PORT_PAIRS		_IOW(VMI_IOC, 0x24, struct vmi_port_pairs)
#define VMI_CAPTURE_STATS	_IOR(VMI_IOC, 0x28, struct vmi_capture_stats)
#define VMI_SESS_INFO		_IOR(VMI_IOC, 0x30, struct vmi_sess_info)
#define VMI_SESS_RW		_IOWR(VMI_IOC, 0x31, struct vmi_sess_rw)
#define VMI_SESS_PROBE		_IOWR(VMI_IOC, 0x32, struct vmi_probe)
#define VMI_SESS_EVENTS		_IOW(VMI_IOC, 0x33, struct vmi_sess_events)
#define VMI_SESS_VERDICT	_IOW(VMI_IOC, 0x34, struct vmi_verdict)

#endif /* _UAPI_LINUX_VMI_CHR_H */

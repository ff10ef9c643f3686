/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Captures: copies of frames for a tool, in a buffer that it reads as a file.
 *
 * The packet path asks vmi_capture_on(), a branch that is patched in while somebody
 * captures and costs nothing while nobody does.
 */
#ifndef VMI_CAPTURE_H
#define VMI_CAPTURE_H

#include <linux/jump_label_ratelimit.h>
#include <linux/types.h>
#include <linux/vmi_chr.h>

struct virtio_net_hdr;
struct vmi_net;
struct vmi_port;

/**
 * enum vmi_sight_at - where a frame is seen
 * @VMI_SIGHT_SENT: its guest has sent it, into its network
 * @VMI_SIGHT_RECEIVED: its guest has got it
 * @VMI_SIGHT_ENTERS: it comes into the network from elsewhere
 */
enum vmi_sight_at {
	VMI_SIGHT_SENT,
	VMI_SIGHT_RECEIVED,
	VMI_SIGHT_ENTERS,
};

/**
 * struct vmi_sight - a frame that comes by
 * @net: where
 * @port: the guest's; NULL with VMI_SIGHT_ENTERS
 * @at: see there
 * @why: VMI_FRAME_OK, or the enum vmi_drop for which it goes no further
 * @hdr: its virtio-net header, little-endian, checked or not
 * @len: bytes of the frame
 * @copy: writes the first so many bytes of the frame to an address
 * @arg: for @copy
 */
struct vmi_sight {
	struct vmi_net *net;
	struct vmi_port *port;
	enum vmi_sight_at at;
	int why;
	const struct virtio_net_hdr *hdr;
	u32 len;
	void (*copy)(const void *arg, u8 *to, u32 len);
	const void *arg;
};

extern struct static_key_false_deferred vmi_capture_key;

static inline bool vmi_capture_on(void)
{
	return static_branch_unlikely(&vmi_capture_key.key);
}

/* bottom halves off, RCU read side; any lock but leaves may be held */
void vmi_capture_frame(const struct vmi_sight *sight);

/* VMI_CAPTURE: a new capture file's descriptor; takes vmi_ctl */
int vmi_capture_open(const struct vmi_capture_open *o);
/* vmi_ctl held: a VM, network or port is deleted; 0 for those that are not meant */
void vmi_capture_end(u64 vm_id, u32 net_id, u32 port_id);

void vmi_capture_exit(void);

#endif /* VMI_CAPTURE_H */

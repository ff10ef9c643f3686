/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network devices. Their rings are served in the kernel (link.h); here is what is
 * left: the device's configuration, and answers to DHCP.
 */
#ifndef VMM_VIRTIO_NET_H
#define VMM_VIRTIO_NET_H

/* One device a port that the VM has. Return: 0, or -1 after fail(). */
int virtio_net_add_all(void);

#endif /* VMM_VIRTIO_NET_H */

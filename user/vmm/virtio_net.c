// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/vmi_chr.h>

#include "bus.h"
#include "dhcp.h"
#include "fail.h"
#include "link.h"
#include "loop.h"
#include "virtio_net.h"
#include "virtio_pci.h"

#define QUEUES		2	/* receive and transmit */
#define QUEUE_SIZE	256

/**
 * struct net_dev - a network device
 * @virtio: its transport
 * @config: its configuration space
 * @port: port file
 * @lease: what its guest is told by DHCP
 */
struct net_dev {
	struct virtio_dev virtio;
	struct virtio_net_config config;
	struct source port;
	struct dhcp_lease lease;
};

static struct net_dev *net_of(struct virtio_dev *dev)
{
	return (struct net_dev *)((char *)dev - offsetof(struct net_dev, virtio));
}

static int set_queue(struct net_dev *net, unsigned int index)
{
	const struct virtio_queue *q = &net->virtio.queues[index];
	const struct vmi_port_queue arg = {
		.index = index,
		.size = q->size,
		.desc_gpa = q->desc,
		.avail_gpa = q->driver,
		.used_gpa = q->device,
		.kick_fd = q->kick,
		.call_fd = msix_fd(&net->virtio.msix, q->vector),
		.avail_idx = q->next,
	};

	return q->enabled ? ioctl(net->port.fd, VMI_PORT_QUEUE, &arg) : -1;
}

static int start(struct virtio_dev *dev)
{
	struct net_dev *net = net_of(dev);
	struct vmi_port_enable arg = { .on = 1, .features = dev->negotiated };
	unsigned int i;

	for (i = 0; i < QUEUES; i++)
		if (set_queue(net, i))
			return -1;
	return ioctl(net->port.fd, VMI_PORT_ENABLE, &arg) ? -1 : 0;
}

static void stop(struct virtio_dev *dev)
{
	struct net_dev *net = net_of(dev);
	struct vmi_port_enable arg = { 0 };
	unsigned int i;

	if (ioctl(net->port.fd, VMI_PORT_ENABLE, &arg))
		return;
	for (i = 0; i < QUEUES; i++)
		dev->queues[i].next = arg.avail_idx[i];
}

static const void *config(struct virtio_dev *dev)
{
	return &net_of(dev)->config;
}

static const struct virtio_ops net_ops = {
	.start = start,
	.stop = stop,
	.config = config,
	.config_bytes = sizeof(struct virtio_net_config),
};

/* The cable was plugged or pulled, or the guest has broken its rings. */
static void changed(struct net_dev *net)
{
	struct vmi_port_status status;
	uint16_t link;

	if (ioctl(net->port.fd, VMI_PORT_STATUS, &status))
		return;
	link = status.link ? VIRTIO_NET_S_LINK_UP : 0;
	bus_lock();
	if (net->config.status != link) {
		net->config.status = link;
		virtio_pci_config_changed(&net->virtio);
	}
	/* a fault of rings that were reset meanwhile is no news */
	if (status.fault && net->virtio.started)
		virtio_pci_needs_reset(&net->virtio);
	bus_unlock();
}

static void answer(struct net_dev *net)
{
	uint8_t request[VMI_FRAME_MAX], reply[VMI_FRAME_MAX];
	ssize_t n = read(net->port.fd, request, sizeof(request));
	size_t len;

	if (n <= 0)
		return;
	len = dhcp_answer(&net->lease, request, (size_t)n, reply, sizeof(reply));
	/* a guest without room for the answer will ask again */
	if (len && write(net->port.fd, reply, len) < 0)
		return;
}

static void ready(struct source *src, short revents)
{
	struct net_dev *net = (struct net_dev *)((char *)src - offsetof(struct net_dev, port));

	if (revents & POLLHUP) {
		loop_del(src);
		return;
	}
	if (revents & (POLLPRI | POLLERR))
		changed(net);
	if (revents & POLLIN)
		answer(net);
}

static int add(int fd, const struct vmi_port_open *port)
{
	struct net_dev *net = calloc(1, sizeof(*net));
	unsigned int i;

	if (!net)
		return fail_errno(errno, "no memory for a network device");
	net->port = (struct source){ .fd = fd, .events = POLLIN | POLLPRI, .ready = ready };
	net->lease = (struct dhcp_lease){
		.ip = port->ip, .netmask = port->netmask, .gateway = port->gateway,
		.dns = port->dns, .server = port->server, .seconds = port->lease_s,
		.mtu = port->mtu,
	};
	memcpy(net->lease.mac, port->mac, sizeof(net->lease.mac));
	memcpy(net->config.mac, port->mac, sizeof(net->config.mac));
	net->config.status = VIRTIO_NET_S_LINK_UP;
	net->config.max_virtqueue_pairs = 1;
	net->config.mtu = port->mtu;
	net->virtio.ops = &net_ops;
	net->virtio.features = port->features;
	net->virtio.nqueues = QUEUES;
	for (i = 0; i < QUEUES; i++)
		net->virtio.queues[i].size_max = QUEUE_SIZE;
	if (fcntl(fd, F_SETFL, O_NONBLOCK))
		return fail_errno(errno, "cannot prepare a port");
	if (virtio_pci_add(&net->virtio, VIRTIO_ID_NET, PCI_CLASS_NETWORK) || loop_add(&net->port))
		return -1;
	/* the link may be down already */
	changed(net);
	return 0;
}

int virtio_net_add_all(void)
{
	struct vmi_port_open port;
	unsigned int i;
	int fd, ret;

	for (i = 0; (ret = link_port(i, &port, &fd)) > 0; i++)
		if (add(fd, &port))
			return -1;
	return ret;
}

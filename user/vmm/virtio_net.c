// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <linux/vmi_chr.h>

#include "bus.h"
#include "dhcp.h"
#include "fail.h"
#include "link.h"
#include "loop.h"
#include "ra.h"
#include "virtio_net.h"
#include "virtio_pci.h"
#include "vring.h"

/* virtio 1.2 section 5.1.6.5, the control queue */
#define CTRL_HDR_BYTES	sizeof(struct virtio_net_ctrl_hdr)

#define QUEUE_SIZE	256
#define UNPLUGGED_S	2	/* Linux tells its programs of a link that is down within a second */

/**
 * struct net_dev - a network device
 * @virtio: its transport
 * @config: its configuration space
 * @port: port file
 * @plug: the end of @unplugged, a timer
 * @link: the port's
 * @moves: how often the port was moved, when the guest was last told
 * @unplugged: the guest sees its cable go from one network to another
 * @seen: it has looked since
 * @mtu: of the network, for a driver that is yet to start
 * @lease: what its guest is told by DHCP
 * @link6: what its guest is told of IPv6
 * @timer: of the next router advertisement
 * @pairs: queue pairs that the port has
 * @served: and that are started
 * @active: those of them that the driver wants to get frames on
 */
struct net_dev {
	struct virtio_dev virtio;
	struct virtio_net_config config;
	struct source port;
	struct source plug;
	bool link;
	uint32_t moves;
	bool unplugged;
	bool seen;
	uint16_t mtu;
	struct dhcp_lease lease;
	struct ra_link link6;
	struct source timer;
	unsigned int pairs;
	unsigned int served;
	unsigned int active;
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

static bool has(const struct net_dev *net, unsigned int feature)
{
	return net->virtio.negotiated & 1ULL << feature;
}

/* ---- the control queue ---- */

/* Its place depends on the negotiation: section 5.1.2. */
static struct virtio_queue *ctrl_queue(struct net_dev *net)
{
	return &net->virtio.queues[has(net, VIRTIO_NET_F_MQ) ? 2 * net->pairs : 2];
}

static int set_active(struct net_dev *net, const struct vring_request *req)
{
	struct virtio_net_ctrl_mq mq;
	struct vmi_port_pairs arg = { 0 };

	if (!has(net, VIRTIO_NET_F_MQ) || req->len != CTRL_HDR_BYTES + sizeof(mq))
		return -1;
	memcpy(&mq, req->bytes + CTRL_HDR_BYTES, sizeof(mq));
	arg.active = mq.virtqueue_pairs;
	if (ioctl(net->port.fd, VMI_PORT_PAIRS, &arg))
		return -1;
	net->active = arg.active;
	return 0;
}

static uint8_t do_request(struct net_dev *net, const struct vring_request *req)
{
	struct virtio_net_ctrl_hdr hdr;

	if (req->len < CTRL_HDR_BYTES)
		return VIRTIO_NET_ERR;
	memcpy(&hdr, req->bytes, sizeof(hdr));
	if (hdr.class != VIRTIO_NET_CTRL_MQ || hdr.cmd != VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET)
		return VIRTIO_NET_ERR;
	return set_active(net, req) ? VIRTIO_NET_ERR : VIRTIO_NET_OK;
}

/* By the vCPU that notifies: its driver waits for the answer anyway. */
static void notified(struct virtio_dev *dev, unsigned int index)
{
	struct net_dev *net = net_of(dev);
	struct virtio_queue *q = &dev->queues[index];
	struct vring_request req;
	bool tell = false;
	int got;

	while ((got = vring_next(q, &req)) > 0) {
		uint8_t ack = do_request(net, &req);

		if (req.answer)
			*req.answer = ack;
		tell |= vring_done(q, &req, req.answer ? sizeof(ack) : 0,
				   has(net, VIRTIO_RING_F_EVENT_IDX));
	}
	if (got < 0)
		virtio_pci_needs_reset(dev);
	if (tell)
		msix_signal(&dev->msix, q->vector);
}

/* ---- life of the driver ---- */

/* As many pairs as the driver has set up, without a gap; one at least. */
static unsigned int count_pairs(const struct net_dev *net)
{
	const struct virtio_queue *q = net->virtio.queues;
	unsigned int n = 1, max = has(net, VIRTIO_NET_F_MQ) ? net->pairs : 1;

	while (n < max && q[2 * n].enabled && q[2 * n + 1].enabled)
		n++;
	return n;
}

/* section 2.7: how the areas of a queue are aligned */
static bool is_odd(const struct virtio_queue *q)
{
	return q->desc % 16 || q->driver % 2 || q->device % 4;
}

static int start(struct virtio_dev *dev)
{
	struct net_dev *net = net_of(dev);
	struct vmi_port_enable arg = { .on = 1, .features = dev->negotiated };
	struct virtio_queue *ctrl = ctrl_queue(net);
	unsigned int i;

	if (has(net, VIRTIO_NET_F_CTRL_VQ) && is_odd(ctrl))
		return -1;
	net->served = count_pairs(net);
	if (net->active > net->served)
		net->active = net->served;
	arg.pairs = (uint16_t)net->served;
	arg.active = (uint16_t)net->active;
	for (i = 0; i < 2 * net->served; i++)
		if (set_queue(net, i))
			return -1;
	if (ioctl(net->port.fd, VMI_PORT_ENABLE, &arg))
		return -1;
	ctrl->own = ctrl->enabled && has(net, VIRTIO_NET_F_CTRL_VQ);
	return 0;
}

static void stop(struct virtio_dev *dev)
{
	struct net_dev *net = net_of(dev);
	struct vmi_port_enable arg = { 0 };
	unsigned int i;

	if (ioctl(net->port.fd, VMI_PORT_ENABLE, &arg))
		return;
	for (i = 0; i < 2 * net->served; i++)
		dev->queues[i].next = arg.avail_idx[i];
	/* a driver that has read it may rely on it: section 5.1.4.1 */
	net->config.mtu = net->mtu;
}

/* Frames come on the first pair until the driver asks for more: section 5.1.6.5.5. */
static void reset(struct virtio_dev *dev)
{
	net_of(dev)->active = 1;
}

static const void *config(struct virtio_dev *dev)
{
	struct net_dev *net = net_of(dev);

	net->seen = true;
	return &net->config;
}

static const struct virtio_ops net_ops = {
	.start = start,
	.stop = stop,
	.reset = reset,
	.notified = notified,
	.config = config,
	.config_bytes = sizeof(struct virtio_net_config),
};

/* Device lock held: what the guest sees of its cable. Return: that it has come up. */
static bool show_link(struct net_dev *net)
{
	uint16_t link = net->link && !net->unplugged ? VIRTIO_NET_S_LINK_UP : 0;

	if (net->config.status == link)
		return false;
	net->config.status = link;
	virtio_pci_config_changed(&net->virtio);
	return link;
}

/* What is for the guest alone. One without room for it asks again. */
static void tell(struct net_dev *net, const uint8_t *frame, size_t len)
{
	if (len && write(net->port.fd, frame, len) < 0)
		return;
}

/* no more than the device has offered */
static uint16_t mtu_told(struct net_dev *net)
{
	uint16_t mtu;

	bus_lock();
	mtu = net->config.mtu < net->mtu ? net->config.mtu : net->mtu;
	bus_unlock();
	return mtu;
}

/* @last: the guest is to forget its router. Without IPv6 this is nothing. */
static void advertise(struct net_dev *net, bool last)
{
	uint8_t frame[VMI_FRAME_MAX];

	net->link6.mtu = mtu_told(net);
	tell(net, frame, ra_make(&net->link6, last, frame, sizeof(frame)));
}

/* Device lock held: the port is on another network, so the guest has to ask for its address. */
static void unplug(struct net_dev *net)
{
	const struct itimerspec when = {
		.it_value.tv_sec = UNPLUGGED_S, .it_interval.tv_sec = UNPLUGGED_S,
	};

	net->seen = false;
	/* without a timer it would never be plugged in again */
	if (net->virtio.started && !timerfd_settime(net->plug.fd, 0, &when, NULL))
		net->unplugged = true;
}

static void plugged(struct source *src, short revents)
{
	struct net_dev *net = (struct net_dev *)((char *)src - offsetof(struct net_dev, plug));
	const struct itimerspec never = { 0 };
	bool up = false;
	uint64_t times;

	(void)revents;
	if (read(src->fd, &times, sizeof(times)) != sizeof(times))
		return;
	bus_lock();
	/* one that is paused, or busy, is to see it too */
	if (net->seen) {
		net->unplugged = false;
		timerfd_settime(src->fd, 0, &never, NULL);
		up = show_link(net);
	}
	bus_unlock();
	/* Linux asks for a router at its first network only. */
	if (up)
		advertise(net, false);
}

static void set_lease(struct net_dev *net, const struct vmi_port_open *port)
{
	net->lease = (struct dhcp_lease){
		.ip = port->ip, .netmask = port->netmask, .gateway = port->gateway,
		.server = port->server, .seconds = port->lease_s,
	};
	memcpy(net->lease.dns, port->dns, sizeof(net->lease.dns));
	memcpy(net->lease.domain, port->domain, sizeof(net->lease.domain));
	memcpy(net->lease.mac, port->mac, sizeof(net->lease.mac));
	net->mtu = port->mtu;
}

static void set_link6(struct net_dev *net, const struct vmi_port_open *port)
{
	memcpy(net->link6.prefix, port->prefix6, sizeof(net->link6.prefix));
	memcpy(net->link6.subnet, port->subnet6, sizeof(net->link6.subnet));
	memcpy(net->link6.router, port->router6, sizeof(net->link6.router));
	memcpy(net->link6.router_mac, port->router_mac, sizeof(net->link6.router_mac));
	memcpy(net->link6.dns, port->dns6, sizeof(net->link6.dns));
	memcpy(net->link6.domain, port->domain, sizeof(net->link6.domain));
}

/* The port or its network was changed, or the guest has broken its rings. */
static void changed(struct net_dev *net)
{
	struct vmi_port_status status;
	struct vmi_port_open info;
	bool up;

	if (ioctl(net->port.fd, VMI_PORT_STATUS, &status) ||
	    ioctl(net->port.fd, VMI_PORT_INFO, &info))
		return;
	/* its way to the old router is gone */
	if (net->moves != status.moves)
		advertise(net, true);
	bus_lock();
	set_lease(net, &info);
	set_link6(net, &info);
	/* no driver has read it yet */
	if (!net->virtio.status)
		net->config.mtu = net->mtu;
	if (net->moves != status.moves)
		unplug(net);
	net->moves = status.moves;
	net->link = status.link;
	up = show_link(net);
	/* a fault of rings that were reset meanwhile is no news */
	if (status.fault && net->virtio.started)
		virtio_pci_needs_reset(&net->virtio);
	bus_unlock();
	if (up)
		advertise(net, false);
}

static void answer(struct net_dev *net)
{
	uint8_t request[VMI_FRAME_MAX], reply[VMI_FRAME_MAX];
	ssize_t n = read(net->port.fd, request, sizeof(request));

	if (n <= 0)
		return;
	if (ra_is_asked(request, (size_t)n)) {
		advertise(net, false);
		return;
	}
	net->lease.mtu = mtu_told(net);
	tell(net, reply, dhcp_answer(&net->lease, request, (size_t)n, reply, sizeof(reply)));
}

static void ready(struct source *src, short revents)
{
	struct net_dev *net = (struct net_dev *)((char *)src - offsetof(struct net_dev, port));

	if (revents & POLLHUP) {
		loop_del(&net->plug);
		loop_del(&net->timer);
		loop_del(src);
		return;
	}
	if (revents & (POLLPRI | POLLERR))
		changed(net);
	if (revents & POLLIN)
		answer(net);
}

/* Before the guest forgets its router. */
static void again(struct source *src, short revents)
{
	struct net_dev *net = (struct net_dev *)((char *)src - offsetof(struct net_dev, timer));
	uint64_t times;

	(void)revents;
	/* a guest whose driver is not there asks when it is */
	if (read(src->fd, &times, sizeof(times)) == sizeof(times))
		advertise(net, false);
}

static int start_timer(struct net_dev *net)
{
	const struct itimerspec every = {
		.it_interval.tv_sec = RA_INTERVAL_S, .it_value.tv_sec = RA_INTERVAL_S,
	};
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || timerfd_settime(fd, 0, &every, NULL))
		return fail_errno(errno, "cannot make a timer");
	net->timer = (struct source){ .fd = fd, .events = POLLIN, .ready = again };
	return loop_add(&net->timer);
}

static int add(int fd, const struct vmi_port_open *port)
{
	struct net_dev *net = calloc(1, sizeof(*net));
	unsigned int i;

	if (!net)
		return fail_errno(errno, "no memory for a network device");
	net->port = (struct source){ .fd = fd, .events = POLLIN | POLLPRI, .ready = ready };
	net->plug = (struct source){
		.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
		.events = POLLIN, .ready = plugged,
	};
	set_lease(net, port);
	set_link6(net, port);
	memcpy(net->config.mac, port->mac, sizeof(net->config.mac));
	net->config.status = VIRTIO_NET_S_LINK_UP;
	net->pairs = port->pairs;
	net->active = 1;
	net->config.max_virtqueue_pairs = (uint16_t)port->pairs;
	net->config.mtu = port->mtu;
	net->virtio.ops = &net_ops;
	net->virtio.features = port->features;
	net->virtio.nqueues = 2 * port->pairs;
	if (port->features & 1ULL << VIRTIO_NET_F_CTRL_VQ)
		net->virtio.nqueues++;
	for (i = 0; i < net->virtio.nqueues; i++)
		net->virtio.queues[i].size_max = QUEUE_SIZE;
	if (net->plug.fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK))
		return fail_errno(errno, "cannot prepare a port");
	if (virtio_pci_add(&net->virtio, VIRTIO_ID_NET, PCI_CLASS_NETWORK) ||
	    loop_add(&net->port) || loop_add(&net->plug) || start_timer(net))
		return -1;
	/* the link may be down already, and the port moved since the VM was made */
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

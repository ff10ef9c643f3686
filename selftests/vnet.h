/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the switch share: a VMM and the driver of its guest's
 * virtio-net device, played by the test on anonymous memory.
 */
#ifndef VMI_SELFTESTS_VNET_H
#define VMI_SELFTESTS_VNET_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>
#include <linux/vmi_chr.h>
#include <net/if.h>

#define UNUSED		__attribute__((unused))
#define BITF(n)		(1ULL << (n))

#define F_BASE		(BITF(VIRTIO_F_VERSION_1) | BITF(VIRTIO_NET_F_MAC))
#define F_RING		(BITF(VIRTIO_RING_F_EVENT_IDX) | BITF(VIRTIO_RING_F_INDIRECT_DESC))
#define F_TX		(BITF(VIRTIO_NET_F_CSUM) | BITF(VIRTIO_NET_F_HOST_TSO4) | \
			 BITF(VIRTIO_NET_F_HOST_TSO6))
#define F_RX		(BITF(VIRTIO_NET_F_GUEST_CSUM) | BITF(VIRTIO_NET_F_GUEST_TSO4) | \
			 BITF(VIRTIO_NET_F_GUEST_TSO6))
#define F_MRG		BITF(VIRTIO_NET_F_MRG_RXBUF)
#define F_ALL		(F_BASE | F_RING | F_TX | F_RX | F_MRG)

#define QSIZE		256
#define GMEM		(32UL << 20)
#define HDR		12
#define FRAME_MAX	65600

#define VNET_PAIRS	4	/* queue pairs that there is room for */
#define VNET_QUEUES	(2 * VNET_PAIRS)

/* guest-physical layout; with more than three pairs the last ring is in the tables */
#define RING_GPA(q)	(0x10000UL + (q) * 0x10000UL)
#define DESC_GPA(q)	(RING_GPA(q))
#define AVAIL_GPA(q)	(RING_GPA(q) + 0x8000)
#define USED_GPA(q)	(RING_GPA(q) + 0xa000)
#define TABLE_GPA	0x80000UL
#define RXBUF_GPA	0x100000UL	/* one page each */
#define TXBUF_GPA	0x800000UL	/* 128 KiB each, 64 of them */
#define TXBUF_SIZE	0x20000UL
#define TXBUFS		64

struct guest {
	char name[VMI_NAME_LEN];
	int vm;
	int port;
	uint32_t port_id;
	struct vmi_port_open info;
	uint8_t *mem;
	int pairs;		/* that are started */
	int kick[VNET_QUEUES];
	int call[VNET_QUEUES];
	uint64_t features;
	uint16_t qsize;
	uint16_t avail[VNET_QUEUES];	/* our index */
	uint16_t seen[VNET_QUEUES];	/* used index we have handled */
	uint32_t rxlen;		/* bytes of a receive buffer */
};

static int dev_fd = -1;

#define CHECK(cond) do {							\
	if (!(cond)) {								\
		printf("# %s:%d: %s (errno %d %s)\n", __func__, __LINE__,	\
		       #cond, errno, strerror(errno));				\
		return -1;							\
	}									\
} while (0)

/* ---- netlink ---- */

static struct mnl_socket *nl;
static int nl_family;
static char nl_buf[65536];

static int nl_family_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
		*(int *)data = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int nl_family_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), nl_family_attr, data);
}

static struct nlmsghdr *nl_request(int type, int cmd, int flags)
{
	static unsigned int seq;
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(nl_buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = 1;
	return nlh;
}

/* 0, or -1 with errno */
static int nl_talk(struct nlmsghdr *nlh, mnl_cb_t cb, void *data)
{
	unsigned int seq = nlh->nlmsg_seq;
	int ret;

	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return -1;
	do {
		ret = mnl_socket_recvfrom(nl, nl_buf, sizeof(nl_buf));
		if (ret > 0)
			ret = mnl_cb_run(nl_buf, ret, seq, mnl_socket_get_portid(nl), cb, data);
	} while (ret > 0);
	return ret;
}

/* a socket with the permissions that we have now */
static UNUSED int vnet_open_nl(void)
{
	struct nlmsghdr *nlh;

	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -1;
	nlh = nl_request(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VMI_FAMILY_NAME);
	return nl_talk(nlh, nl_family_msg, &nl_family);
}

static UNUSED int vnet_open(void)
{
	dev_fd = open("/dev/vmi", O_RDWR | O_CLOEXEC);
	return dev_fd < 0 ? -1 : vnet_open_nl();
}

static UNUSED int nl_vm(int cmd, const char *name)
{
	struct nlmsghdr *nlh = nl_request(nl_family, cmd, 0);

	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, name);
	return nl_talk(nlh, NULL, NULL);
}

struct net_args {
	const char *name;
	int mode;
	uint32_t flags;
	const char *subnet;
	int prefix;
	const char *gateway;
	const char *first;
	const char *last;
	int mtu;
	const char *ifname;
};

static void put_ip(struct nlmsghdr *nlh, int type, const char *ip)
{
	if (ip)
		mnl_attr_put_u32(nlh, type, inet_addr(ip));
}

static UNUSED int net_new(const struct net_args *a)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_NEW, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, a->name);
	mnl_attr_put_u32(nlh, VMI_A_NET_MODE, a->mode);
	if (a->flags)
		mnl_attr_put_u32(nlh, VMI_A_NET_FLAGS, a->flags);
	put_ip(nlh, VMI_A_NET_SUBNET, a->subnet);
	if (a->prefix)
		mnl_attr_put_u8(nlh, VMI_A_NET_PREFIX_LEN, a->prefix);
	put_ip(nlh, VMI_A_NET_GATEWAY, a->gateway);
	put_ip(nlh, VMI_A_NET_RANGE_FIRST, a->first);
	put_ip(nlh, VMI_A_NET_RANGE_LAST, a->last);
	if (a->mtu)
		mnl_attr_put_u32(nlh, VMI_A_NET_MTU, a->mtu);
	if (a->ifname)
		mnl_attr_put_strz(nlh, VMI_A_NET_IFNAME, a->ifname);
	return nl_talk(nlh, NULL, NULL);
}

static UNUSED int net_flags(const char *name, uint32_t flags)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_SET, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	mnl_attr_put_u32(nlh, VMI_A_NET_FLAGS, flags);
	return nl_talk(nlh, NULL, NULL);
}

static UNUSED int net_del(const char *name)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_DEL, 0);

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	return nl_talk(nlh, NULL, NULL);
}

static UNUSED int net_count_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == VMI_A_NET_IFINDEX)
		*(int *)data = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static UNUSED int net_ifindex_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), net_count_attr, data);
}

static UNUSED int net_ifindex(const char *name)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_NET_GET, 0);
	int index = 0;

	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, name);
	return nl_talk(nlh, net_ifindex_msg, &index) ? -1 : index;
}

struct port_new_args {
	const char *vm;
	const char *net;
	const uint8_t *mac;
	const char *ip;
	int pairs;
};

static int port_id_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == VMI_A_PORT_ID)
		*(uint32_t *)data = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int port_id_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), port_id_attr, data);
}

static UNUSED int port_new(const struct port_new_args *a, uint32_t *id)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_NEW, 0);

	mnl_attr_put_strz(nlh, VMI_A_PORT_VM, a->vm);
	mnl_attr_put_strz(nlh, VMI_A_PORT_NET, a->net);
	if (a->mac)
		mnl_attr_put(nlh, VMI_A_PORT_MAC, 6, a->mac);
	put_ip(nlh, VMI_A_PORT_IP, a->ip);
	if (a->pairs)
		mnl_attr_put_u32(nlh, VMI_A_PORT_PAIRS, a->pairs);
	return nl_talk(nlh, port_id_msg, id);
}

static UNUSED int port_link(uint32_t id, int up)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_SET, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	mnl_attr_put_u8(nlh, VMI_A_PORT_LINK, up);
	return nl_talk(nlh, NULL, NULL);
}

static UNUSED int port_del(uint32_t id)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_DEL, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	return nl_talk(nlh, NULL, NULL);
}

struct drop_query {
	const char *reason;
	uint64_t packets;
	uint64_t rx;
	uint64_t tx;
	uint32_t fault;
	int active;
};

static int drop_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr **tb = data;

	if (mnl_attr_get_type(attr) <= VMI_A_DROP_MAX)
		tb[mnl_attr_get_type(attr)] = attr;
	return MNL_CB_OK;
}

static int stats_attr(const struct nlattr *attr, void *data)
{
	const struct nlattr *tb[VMI_A_DROP_MAX + 1] = { NULL };
	struct drop_query *q = data;

	switch (mnl_attr_get_type(attr)) {
	case VMI_A_STATS_RX_PACKETS:
		q->rx = mnl_attr_get_u64(attr);
		break;
	case VMI_A_STATS_TX_PACKETS:
		q->tx = mnl_attr_get_u64(attr);
		break;
	case VMI_A_STATS_DROP:
		mnl_attr_parse_nested(attr, drop_attr, tb);
		if (q->reason && tb[VMI_A_DROP_REASON] && tb[VMI_A_DROP_PACKETS] &&
		    !strcmp(mnl_attr_get_str(tb[VMI_A_DROP_REASON]), q->reason))
			q->packets = mnl_attr_get_u64(tb[VMI_A_DROP_PACKETS]);
		break;
	}
	return MNL_CB_OK;
}

static int port_attr(const struct nlattr *attr, void *data)
{
	struct drop_query *q = data;

	switch (mnl_attr_get_type(attr)) {
	case VMI_A_PORT_STATS:
		return mnl_attr_parse_nested(attr, stats_attr, data);
	case VMI_A_PORT_FAULT:
		q->fault = mnl_attr_get_u32(attr);
		break;
	case VMI_A_PORT_ACTIVE:
		q->active = mnl_attr_get_u8(attr);
		break;
	}
	return MNL_CB_OK;
}

static int port_msg(const struct nlmsghdr *nlh, void *data)
{
	return mnl_attr_parse(nlh, sizeof(struct genlmsghdr), port_attr, data);
}

static UNUSED int port_query(uint32_t id, struct drop_query *q)
{
	struct nlmsghdr *nlh = nl_request(nl_family, VMI_CMD_PORT_GET, 0);

	mnl_attr_put_u32(nlh, VMI_A_PORT_ID, id);
	return nl_talk(nlh, port_msg, q);
}

/* frames dropped at the port for that reason; -1: failure */
static UNUSED long port_drops(const struct guest *g, const char *reason)
{
	struct drop_query q = { .reason = reason };

	return port_query(g->port_id, &q) ? -1 : (long)q.packets;
}

/* ---- the VMM ---- */

/* a VM with one port, attached, memory registered, port open; rings off */
static UNUSED int guest_create(struct guest *g, const char *name, const char *net,
			       const uint8_t *mac, int pairs)
{
	struct port_new_args pa = { .vm = name, .net = net, .mac = mac, .pairs = pairs };
	struct vmi_mem_region r = { .size = GMEM };
	struct vmi_attach a = { 0 };
	int i;

	memset(g, 0, sizeof(*g));
	snprintf(g->name, sizeof(g->name), "%s", name);
	g->vm = -1;
	g->port = -1;
	g->pairs = 1;
	nl_vm(VMI_CMD_VM_DEL, name);
	CHECK(!nl_vm(VMI_CMD_VM_NEW, name));
	CHECK(!port_new(&pa, &g->port_id));
	snprintf(a.name, sizeof(a.name), "%s", name);
	g->vm = ioctl(dev_fd, VMI_ATTACH, &a);
	CHECK(g->vm >= 0);
	g->mem = mmap(NULL, GMEM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(g->mem != MAP_FAILED);
	r.uaddr = (uintptr_t)g->mem;
	CHECK(!ioctl(g->vm, VMI_VM_MEM, &r));
	g->port = ioctl(g->vm, VMI_VM_PORT, &g->info);
	CHECK(g->port >= 0);
	for (i = 0; i < VNET_QUEUES; i++) {
		g->kick[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		g->call[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		CHECK(g->kick[i] >= 0 && g->call[i] >= 0);
	}
	return 0;
}

static UNUSED int guest_new_mac(struct guest *g, const char *name, const char *net,
				const uint8_t *mac)
{
	return guest_create(g, name, net, mac, 0);
}

static UNUSED int guest_new_pairs(struct guest *g, const char *name, const char *net, int pairs)
{
	return guest_create(g, name, net, NULL, pairs);
}

static UNUSED int guest_new(struct guest *g, const char *name, const char *net)
{
	return guest_create(g, name, net, NULL, 0);
}

static UNUSED void guest_del(struct guest *g)
{
	int i;

	if (!g->name[0])
		return;
	if (g->port >= 0)
		close(g->port);
	if (g->vm >= 0)
		close(g->vm);
	for (i = 0; i < VNET_QUEUES; i++) {
		if (g->kick[i] > 0)
			close(g->kick[i]);
		if (g->call[i] > 0)
			close(g->call[i]);
	}
	if (g->mem && g->mem != MAP_FAILED)
		munmap(g->mem, GMEM);
	nl_vm(VMI_CMD_VM_DEL, g->name);
	memset(g, 0, sizeof(*g));
}

static int guest_queue(struct guest *g, int q)
{
	struct vmi_port_queue pq = {
		.index = q,
		.size = g->qsize,
		.desc_gpa = DESC_GPA(q),
		.avail_gpa = AVAIL_GPA(q),
		.used_gpa = USED_GPA(q),
		.kick_fd = g->kick[q],
		.call_fd = g->call[q],
		.avail_idx = g->avail[q],
	};

	return ioctl(g->port, VMI_PORT_QUEUE, &pq);
}

/* empty rings, both indices at @start */
static UNUSED int guest_start_at(struct guest *g, uint64_t features, uint16_t qsize, uint16_t start)
{
	struct vmi_port_enable en = { .on = 1, .features = features, .pairs = g->pairs };
	int q;

	g->features = features;
	g->qsize = qsize;
	for (q = 0; q < 2 * g->pairs; q++) {
		memset(g->mem + RING_GPA(q), 0, 0x10000);
		g->avail[q] = start;
		g->seen[q] = start;
		((struct vring_avail *)(g->mem + AVAIL_GPA(q)))->idx = start;
		((struct vring_used *)(g->mem + USED_GPA(q)))->idx = start;
		if (features & BITF(VIRTIO_RING_F_EVENT_IDX)) {
			((struct vring_avail *)(g->mem + AVAIL_GPA(q)))->ring[qsize] = start;
			*(uint16_t *)(g->mem + USED_GPA(q) + 4 + 8 * qsize) = start;
		}
		if (guest_queue(g, q))
			return -1;
	}
	return ioctl(g->port, VMI_PORT_ENABLE, &en);
}

static UNUSED int guest_start(struct guest *g, uint64_t features)
{
	return guest_start_at(g, features, QSIZE, 0);
}

static UNUSED int guest_stop(struct guest *g, struct vmi_port_enable *out)
{
	struct vmi_port_enable en = { 0 };

	if (ioctl(g->port, VMI_PORT_ENABLE, &en))
		return -1;
	if (out)
		*out = en;
	return 0;
}

/* ---- the driver ---- */

static struct vring_desc *desc_of(struct guest *g, int q)
{
	return (struct vring_desc *)(g->mem + DESC_GPA(q));
}

static struct vring_avail *avail_of(struct guest *g, int q)
{
	return (struct vring_avail *)(g->mem + AVAIL_GPA(q));
}

static volatile struct vring_used *used_of(struct guest *g, int q)
{
	return (volatile struct vring_used *)(g->mem + USED_GPA(q));
}

/* where the device says from which index on it wants a kick */
static UNUSED volatile uint16_t *avail_event(struct guest *g, int q)
{
	return (volatile uint16_t *)(g->mem + USED_GPA(q) + 4 + 8 * g->qsize);
}

static void desc_set(struct guest *g, int q, int i, uint64_t gpa, uint32_t len, uint16_t flags,
		     uint16_t next)
{
	struct vring_desc d = { .addr = gpa, .len = len, .flags = flags, .next = next };

	desc_of(g, q)[i] = d;
}

static void kick(struct guest *g, int q)
{
	uint64_t one = 1;

	if (write(g->kick[q], &one, sizeof(one)) != sizeof(one))
		perror("# kick");
}

/* the driver's rule for kicks */
static UNUSED int kick_wanted(struct guest *g, int q, uint16_t old)
{
	uint16_t event;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (!(g->features & BITF(VIRTIO_RING_F_EVENT_IDX)))
		return !(used_of(g, q)->flags & VRING_USED_F_NO_NOTIFY);
	event = *avail_event(g, q);
	return vring_need_event(event, g->avail[q], old);
}

static void avail_add(struct guest *g, int q, uint16_t head)
{
	struct vring_avail *a = avail_of(g, q);

	a->ring[g->avail[q] % g->qsize] = head;
	__atomic_store_n(&a->idx, ++g->avail[q], __ATOMIC_RELEASE);
}

static uint16_t used_idx(struct guest *g, int q)
{
	return __atomic_load_n((uint16_t *)&used_of(g, q)->idx, __ATOMIC_ACQUIRE);
}

static long now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000L + t.tv_nsec / 1000;
}

/* wait, by the interrupt, until the device has used entries beyond what was seen */
static int used_wait(struct guest *g, int q, int timeout_ms)
{
	long end = now_us() + timeout_ms * 1000L;
	struct pollfd p = { .fd = g->call[q], .events = POLLIN };
	uint64_t n;

	for (;;) {
		if (used_idx(g, q) != g->seen[q])
			return 0;
		if (g->features & BITF(VIRTIO_RING_F_EVENT_IDX))
			*(volatile uint16_t *)&avail_of(g, q)->ring[g->qsize] = g->seen[q];
		__atomic_thread_fence(__ATOMIC_SEQ_CST);
		if (used_idx(g, q) != g->seen[q])
			return 0;
		if (now_us() >= end)
			return -1;
		if (poll(&p, 1, timeout_ms) > 0 && read(g->call[q], &n, sizeof(n)) < 0)
			return -1;
	}
}

static UNUSED void rx_post_one(struct guest *g, int i, uint32_t len)
{
	uint16_t old = g->avail[0];

	desc_set(g, 0, i, RXBUF_GPA + i * 4096UL, len, VRING_DESC_F_WRITE, 0);
	avail_add(g, 0, i);
	if (kick_wanted(g, 0, old))
		kick(g, 0);
}

/* @n buffers of @len bytes, descriptors from 0 */
static UNUSED void rx_post(struct guest *g, int n, uint32_t len)
{
	int i;

	g->rxlen = len;
	for (i = 0; i < n; i++)
		rx_post_one(g, i, len);
}

/* one frame with its header; buffers go back to the device. Length of the frame or -1. */
static UNUSED int rx_frame(struct guest *g, struct virtio_net_hdr_mrg_rxbuf *hdr, uint8_t *frame,
			   int timeout_ms)
{
	struct vring_used_elem e;
	uint16_t n = 1, i;
	uint8_t *buf;
	int len = 0;

	if (used_wait(g, 0, timeout_ms))
		return -1;
	for (i = 0; i < n; i++) {
		if (used_idx(g, 0) == g->seen[0])
			return -2;
		e.id = used_of(g, 0)->ring[g->seen[0] % g->qsize].id;
		e.len = used_of(g, 0)->ring[g->seen[0] % g->qsize].len;
		g->seen[0]++;
		buf = g->mem + RXBUF_GPA + e.id * 4096UL;
		if (e.id >= g->qsize || e.len > g->rxlen || (!i && e.len < HDR))
			return -3;
		if (!i) {
			memcpy(hdr, buf, HDR);
			n = hdr->num_buffers;
			if (!n || n > 64)
				return -4;
			memcpy(frame, buf + HDR, e.len - HDR);
			len = e.len - HDR;
		} else {
			memcpy(frame + len, buf, e.len);
			len += e.len;
		}
		rx_post_one(g, e.id, g->rxlen);
	}
	return len;
}

enum tx_how { TX_ONE, TX_SPLIT, TX_INDIRECT };

/* make one frame available, in buffer @slot; the caller waits for it to be used */
static UNUSED void tx_put(struct guest *g, int slot, const struct virtio_net_hdr_mrg_rxbuf *hdr,
			  const void *frame, uint32_t len, enum tx_how how)
{
	static const struct virtio_net_hdr_mrg_rxbuf none;
	uint64_t gpa = TXBUF_GPA + slot * TXBUF_SIZE + 0xff0; /* the header ends near a page's end */
	uint16_t old = g->avail[1];
	struct vring_desc *t;
	uint32_t part;

	memcpy(g->mem + gpa, hdr ? hdr : &none, HDR);
	memcpy(g->mem + gpa + HDR, frame, len);
	switch (how) {
	case TX_ONE:
		desc_set(g, 1, slot * 2, gpa, HDR + len, 0, 0);
		break;
	case TX_SPLIT:
		desc_set(g, 1, slot * 2, gpa, HDR, VRING_DESC_F_NEXT, slot * 2 + 1);
		desc_set(g, 1, slot * 2 + 1, gpa + HDR, len, 0, 0);
		break;
	case TX_INDIRECT:
		/* a table that crosses a page, of three unequal parts */
		t = (struct vring_desc *)(g->mem + TABLE_GPA + slot * 4096UL + 4096 - 24);
		part = len / 3;
		t[0] = (struct vring_desc){ gpa, HDR + 1, VRING_DESC_F_NEXT, 2 };
		t[2] = (struct vring_desc){ gpa + HDR + 1, part, VRING_DESC_F_NEXT, 1 };
		t[1] = (struct vring_desc){ gpa + HDR + 1 + part, len - part - 1, 0, 0 };
		desc_set(g, 1, slot * 2, TABLE_GPA + slot * 4096UL + 4096 - 24, 48,
			 VRING_DESC_F_INDIRECT, 0);
		break;
	}
	avail_add(g, 1, slot * 2);
	if (kick_wanted(g, 1, old))
		kick(g, 1);
}

/* send one frame and wait until the device has given it back */
static UNUSED int tx_frame(struct guest *g, const struct virtio_net_hdr_mrg_rxbuf *hdr,
			   const void *frame, uint32_t len, enum tx_how how)
{
	tx_put(g, 0, hdr, frame, len, how);
	if (used_wait(g, 1, 2000))
		return -1;
	g->seen[1]++;
	return 0;
}

/* ---- frames ---- */

static UNUSED uint16_t csum16(const void *data, int len, uint32_t sum)
{
	const uint8_t *p = data;
	int i;

	for (i = 0; i + 1 < len; i += 2)
		sum += p[i] << 8 | p[i + 1];
	if (len & 1)
		sum += p[len - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static UNUSED void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static UNUSED uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

/* sum over the pseudo header */
static UNUSED uint32_t pseudo(const uint8_t *ip, int l4_len)
{
	return csum16(ip + 12, 8, 0) + ip[9] + l4_len;
}

static UNUSED int eth_put(uint8_t *f, const uint8_t *dst, const uint8_t *src, uint16_t proto)
{
	memcpy(f, dst, 6);
	memcpy(f + 6, src, 6);
	put16(f + 12, proto);
	return 14;
}

/* Ethernet and IPv4 headers; bytes written */
static UNUSED int ip_put(uint8_t *f, const uint8_t *dmac, const uint8_t *smac, uint32_t sip,
			 uint32_t dip, int proto, int payload)
{
	int n = eth_put(f, dmac, smac, ETH_P_IP);
	uint8_t *ip = f + n;

	memset(ip, 0, 20);
	ip[0] = 0x45;
	put16(ip + 2, 20 + payload);
	ip[8] = 64;
	ip[9] = proto;
	memcpy(ip + 12, &sip, 4);
	memcpy(ip + 16, &dip, 4);
	put16(ip + 10, ~csum16(ip, 20, 0));
	return n + 20;
}

/* a whole UDP frame, checksum complete or (@partial) left to the device; its length */
static UNUSED int udp_put(uint8_t *f, const uint8_t *dmac, const uint8_t *smac, uint32_t sip,
			  uint32_t dip, int sport, int dport, int payload, int partial)
{
	int n = ip_put(f, dmac, smac, sip, dip, 17, 8 + payload);
	uint8_t *u = f + n;
	uint16_t sum;
	int i;

	put16(u, sport);
	put16(u + 2, dport);
	put16(u + 4, 8 + payload);
	put16(u + 6, 0);
	for (i = 0; i < payload; i++)
		u[8 + i] = i * 7 + 3;
	if (partial) {
		put16(u + 6, csum16(NULL, 0, pseudo(f + 14, 8 + payload)));
	} else {
		sum = ~csum16(u, 8 + payload, pseudo(f + 14, 8 + payload));
		put16(u + 6, sum ? sum : 0xffff);
	}
	return n + 8 + payload;
}

/* is the TCP or UDP checksum right? */
static UNUSED int l4_ok(const uint8_t *f)
{
	int len = get16(f + 16) - 20;

	return csum16(f + 34, len, pseudo(f + 14, len)) == 0xffff;
}

static UNUSED int arp_put(uint8_t *f, const uint8_t *dmac, const uint8_t *smac, int op,
			  const uint8_t *sha, uint32_t sip, const uint8_t *tha, uint32_t tip)
{
	static const uint8_t fixed[6] = { 0, 1, 8, 0, 6, 4 };
	int n = eth_put(f, dmac, smac, ETH_P_ARP);

	memcpy(f + n, fixed, 6);
	put16(f + n + 6, op);
	memcpy(f + n + 8, sha, 6);
	memcpy(f + n + 14, &sip, 4);
	memcpy(f + n + 18, tha, 6);
	memcpy(f + n + 24, &tip, 4);
	memset(f + n + 28, 0, 18);
	return 60;
}

static UNUSED const uint8_t bcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static UNUSED const uint8_t zero_mac[6];

/* ---- the host's interface ---- */

static UNUSED int host_open(int ifindex)
{
	struct sockaddr_ll sll = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = ifindex,
	};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));

	if (fd >= 0 && bind(fd, (struct sockaddr *)&sll, sizeof(sll))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* next frame that came in by the interface and has that EtherType; length or -1 */
static UNUSED int host_recv(int fd, uint16_t proto, uint8_t *f, int max, int timeout_ms)
{
	long end = now_us() + timeout_ms * 1000L;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct sockaddr_ll sll;
	socklen_t sl;
	int n;

	while (now_us() < end) {
		if (poll(&p, 1, timeout_ms) <= 0)
			return -1;
		sl = sizeof(sll);
		n = recvfrom(fd, f, max, 0, (struct sockaddr *)&sll, &sl);
		if (n >= 14 && sll.sll_pkttype != PACKET_OUTGOING && get16(f + 12) == proto)
			return n;
	}
	return -1;
}

/* drop what has come in */
static UNUSED void host_flush(int fd)
{
	uint8_t b[64];

	while (recv(fd, b, sizeof(b), MSG_DONTWAIT) > 0)
		;
}

/* drop what has arrived at the guest */
static UNUSED void rx_flush(struct guest *g)
{
	struct virtio_net_hdr_mrg_rxbuf hdr;
	static uint8_t frame[FRAME_MAX];

	while (rx_frame(g, &hdr, frame, 50) >= 0)
		;
}

#endif /* VMI_SELFTESTS_VNET_H */

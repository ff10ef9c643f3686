// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "file.h"
#include "socket.h"
#include "sockhash.h"

#define TIME_WAIT	6
#define NEW_SYN_RECV	12
#define SUN_PATH_AT	2	/* in a struct sockaddr_un */

/* struct fields - members that sockets are read from */
struct fields {
	struct guest_fds fds;
	struct guest_field f_op, private, sk, pid, comm;
	struct guest_field family, state, daddr, rcv_saddr, dport, num, net, v6_daddr, v6_rcv_saddr;
	struct guest_field type, protocol, uid, ino, socket, i_ino, vfs_inode, netns;
	struct guest_field unix_addr, unix_len, unix_name, nl_portid;
};

#define NEED(field, type, path)		GUEST_WANT(fields, field, type, path)
#define MAYBE(field, type, path)	GUEST_MAY_WANT(fields, field, type, path)
#define COMMON(field, path)		GUEST_WANT(fields, field, "sock_common", path)

static const struct guest_want wants[] = {
	NEED(f_op, "file", "f_op"),
	NEED(private, "file", "private_data"),
	NEED(sk, "socket", "sk"),
	NEED(pid, "task_struct", "pid"),
	NEED(comm, "task_struct", "comm"),
	COMMON(family, "skc_family"),
	COMMON(state, "skc_state"),
	COMMON(daddr, "skc_daddr"),
	COMMON(rcv_saddr, "skc_rcv_saddr"),
	COMMON(dport, "skc_dport"),
	COMMON(num, "skc_num"),
	COMMON(net, "skc_net.net"),
	MAYBE(v6_daddr, "sock_common", "skc_v6_daddr"),
	MAYBE(v6_rcv_saddr, "sock_common", "skc_v6_rcv_saddr"),
	NEED(type, "sock", "sk_type"),
	NEED(protocol, "sock", "sk_protocol"),
	NEED(uid, "sock", "sk_uid.val"),
	NEED(socket, "sock", "sk_socket"),
	/* kept in the sock itself only by newer kernels */
	MAYBE(ino, "sock", "sk_ino"),
	NEED(i_ino, "inode", "i_ino"),
	NEED(vfs_inode, "socket_alloc", "vfs_inode"),
	MAYBE(netns, "net", "ns.inum"),
	MAYBE(unix_addr, "unix_sock", "addr"),
	MAYBE(unix_len, "unix_address", "len"),
	MAYBE(unix_name, "unix_address", "name"),
	MAYBE(nl_portid, "netlink_sock", "portid"),
};

/* struct owner - a descriptor that is a socket */
struct owner {
	uint64_t sock;
	uint64_t task;
	uint32_t fd;
};

struct reader {
	struct guest *g;
	struct fields f;
	uint64_t socket_ops;
	struct vmi_vec owners;
	struct vmi_vec socks;
	struct vmi_vec *out;
};

static int add_owner(struct reader *r, uint64_t task, uint32_t fd, uint64_t file)
{
	uint64_t ops, socket, sk;
	struct owner *o;
	int ret = guest_get(r->g, file, &r->f.f_op, &ops);

	if (ret || ops != r->socket_ops)
		return ret;
	ret = guest_get(r->g, file, &r->f.private, &socket);
	if (!ret)
		ret = guest_get(r->g, socket, &r->f.sk, &sk);
	/* one that is closed or not yet made */
	if (ret || !sk)
		return ret;
	o = vmi_vec_add(&r->owners);
	if (!o)
		return -ENOMEM;
	*o = (struct owner){ .sock = sk, .task = task, .fd = fd };
	return 0;
}

static int read_owners(struct reader *r)
{
	struct vmi_vec tasks = VMI_VEC_INIT(uint64_t), fds = VMI_VEC_INIT(uint64_t);
	int ret = guest_task_addrs(r->g, &tasks);
	const uint64_t *task, *fd;

	vmi_vec_for_each(task, &tasks) {
		if (!ret)
			ret = guest_fds_read(r->g, &r->f.fds, *task, &fds);
		vmi_vec_for_each(fd, &fds) {
			if (ret)
				break;
			if (*fd)
				ret = add_owner(r, *task, fd - (const uint64_t *)fds.data, *fd);
		}
		if (ret)
			break;
	}
	vmi_vec_free(&tasks);
	vmi_vec_free(&fds);
	return ret;
}

static int read_unix(struct reader *r, struct guest_socket *s)
{
	uint64_t addr, len;
	size_t n;
	int ret = guest_get(r->g, s->addr, &r->f.unix_addr, &addr);

	if (ret || !addr)
		return ret;
	ret = guest_get(r->g, addr, &r->f.unix_len, &len);
	if (ret || len <= SUN_PATH_AT)
		return ret;
	n = len - SUN_PATH_AT < sizeof(s->name) - 1 ? len - SUN_PATH_AT : sizeof(s->name) - 1;
	ret = guest_read(r->g, addr + r->f.unix_name.offset + SUN_PATH_AT, s->name, n);
	/* an abstract name begins with a NUL, and others are in it only by design */
	if (!s->name[0])
		while (n)
			if (!s->name[--n])
				s->name[n] = '@';
	return ret;
}

static int read_addresses(struct reader *r, struct guest_socket *s)
{
	bool v6 = s->family == AF_INET6;
	const struct guest_field *local = v6 ? &r->f.v6_rcv_saddr : &r->f.rcv_saddr;
	const struct guest_field *remote = v6 ? &r->f.v6_daddr : &r->f.daddr;
	size_t len = v6 ? 16 : 4;
	uint64_t num, dport;
	int ret = guest_get(r->g, s->addr, &r->f.num, &num);

	if (!ret)
		ret = guest_get(r->g, s->addr, &r->f.dport, &dport);
	if (!ret && local->there)
		ret = guest_read(r->g, s->addr + local->offset, s->local, len);
	if (!ret && remote->there)
		ret = guest_read(r->g, s->addr + remote->offset, s->remote, len);
	if (ret)
		return ret;
	s->local_port = num;
	s->remote_port = ntohs(dport);
	return 0;
}

static int read_ino(struct reader *r, struct guest_socket *s)
{
	uint64_t socket;
	int ret;

	if (r->f.ino.there)
		return guest_get(r->g, s->addr, &r->f.ino, &s->ino);
	ret = guest_get(r->g, s->addr, &r->f.socket, &socket);
	if (ret || !socket)
		return ret;
	return guest_get(r->g, socket + r->f.vfs_inode.offset, &r->f.i_ino, &s->ino);
}

/* What those do not have that stand for a connection that was or will be. */
static int read_rest(struct reader *r, struct guest_socket *s)
{
	uint64_t type, protocol, uid, portid = 0;
	struct guest *g = r->g;
	int ret = guest_get(g, s->addr, &r->f.type, &type);

	if (!ret)
		ret = guest_get(g, s->addr, &r->f.protocol, &protocol);
	if (!ret)
		ret = guest_get(g, s->addr, &r->f.uid, &uid);
	if (!ret)
		ret = read_ino(r, s);
	if (!ret && s->family == AF_UNIX && r->f.unix_addr.there && r->f.unix_len.there &&
	    r->f.unix_name.there)
		ret = read_unix(r, s);
	if (!ret && s->family == AF_NETLINK)
		ret = guest_get(g, s->addr, &r->f.nl_portid, &portid);
	if (ret)
		return ret;
	s->type = type;
	s->protocol = protocol;
	s->uid = uid;
	if (s->family == AF_NETLINK)
		s->local_port = portid;
	return 0;
}

static int read_socket(struct reader *r, struct guest_socket *s)
{
	uint64_t family, state, net;
	int ret = guest_get(r->g, s->addr, &r->f.family, &family);

	if (!ret)
		ret = guest_get(r->g, s->addr, &r->f.state, &state);
	if (!ret)
		ret = guest_get(r->g, s->addr, &r->f.net, &net);
	if (!ret && net)
		ret = guest_get(r->g, net, &r->f.netns, &s->netns);
	if (ret)
		return ret;
	s->family = family;
	s->state = state;
	if (family == AF_INET || family == AF_INET6)
		ret = read_addresses(r, s);
	if (ret)
		return ret;
	if (state == TIME_WAIT || state == NEW_SYN_RECV) {
		s->protocol = IPPROTO_TCP;
		return 0;
	}
	return read_rest(r, s);
}

static int by_sock(const void *a, const void *b)
{
	const uint64_t *s = a, *t = b;

	return *s < *t ? -1 : *s > *t;
}

static int set_owner(struct reader *r, struct guest_socket *s, const struct owner *o)
{
	uint64_t pid;
	int ret;

	if (s->owners++)
		return 0;
	ret = guest_get(r->g, o->task, &r->f.pid, &pid);
	if (ret)
		return ret;
	s->pid = pid;
	s->fd = o->fd;
	return guest_get_array(r->g, o->task, &r->f.comm, s->comm, sizeof(s->comm));
}

static void sort(struct vmi_vec *v)
{
	if (v->n)
		qsort(v->data, v->n, v->size, by_sock);
}

/* Both lists in the order of addresses, each socket once. */
static int merge(struct reader *r)
{
	const uint64_t *sock = r->socks.data, *sock_end = sock + r->socks.n;
	const struct owner *o = r->owners.data, *o_end = o + r->owners.n;
	int ret = 0;

	while (!ret && (sock < sock_end || o < o_end)) {
		struct guest_socket *s = vmi_vec_add(r->out);

		if (!s)
			return -ENOMEM;
		s->addr = o == o_end || (sock < sock_end && *sock < o->sock) ? *sock : o->sock;
		while (sock < sock_end && *sock == s->addr)
			sock++;
		ret = read_socket(r, s);
		for (; !ret && o < o_end && o->sock == s->addr; o++)
			ret = set_owner(r, s, o);
	}
	return ret;
}

static int read_all(struct reader *r)
{
	int ret = read_owners(r);

	if (!ret)
		ret = guest_sockhash(r->g, &r->socks);
	if (ret)
		return ret;
	sort(&r->owners);
	sort(&r->socks);
	return merge(r);
}

static int by_kind(const void *a, const void *b)
{
	const struct guest_socket *s = a, *t = b;

	if (s->netns != t->netns)
		return s->netns < t->netns ? -1 : 1;
	if (s->family != t->family)
		return s->family < t->family ? -1 : 1;
	if (s->protocol != t->protocol)
		return s->protocol < t->protocol ? -1 : 1;
	if (s->local_port != t->local_port)
		return s->local_port < t->local_port ? -1 : 1;
	if (s->ino != t->ino)
		return s->ino < t->ino ? -1 : 1;
	return s->addr < t->addr ? -1 : s->addr > t->addr;
}

int guest_sockets(struct guest *g, struct vmi_vec *sockets)
{
	struct reader r = {
		.g = g,
		.owners = VMI_VEC_INIT(struct owner),
		.socks = VMI_VEC_INIT(uint64_t),
		.out = sockets,
	};
	unsigned int tries = 0;
	int ret;

	guest_begin(g);
	ret = guest_fds_open(g, &r.f.fds);
	if (!ret)
		ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &r.f);
	if (!ret)
		ret = guest_symbol(g, "socket_file_ops", &r.socket_ops);
	if (ret)
		return ret;
	do {
		vmi_vec_free(&r.owners);
		vmi_vec_free(&r.socks);
		vmi_vec_free(sockets);
		ret = read_all(&r);
	} while (guest_retry(g, ret, &tries));
	vmi_vec_free(&r.owners);
	vmi_vec_free(&r.socks);
	if (sockets->n)
		qsort(sockets->data, sockets->n, sockets->size, by_kind);
	return ret;
}

static const char *inet_kind(const struct guest_socket *s)
{
	bool v6 = s->family == AF_INET6;

	switch (s->protocol) {
	case IPPROTO_TCP:
		return v6 ? "tcp6" : "tcp";
	case IPPROTO_UDP:
		return v6 ? "udp6" : "udp";
	case IPPROTO_ICMP:
		if (s->type == SOCK_DGRAM)
			return "ping";
		break;
	case IPPROTO_ICMPV6:
		if (s->type == SOCK_DGRAM)
			return "ping6";
		break;
	case IPPROTO_UDPLITE:
		return v6 ? "udplite6" : "udplite";
	case IPPROTO_SCTP:
		return v6 ? "sctp6" : "sctp";
	}
	return v6 ? "raw6" : "raw";
}

const char *guest_socket_kind(const struct guest_socket *s)
{
	switch (s->family) {
	case AF_INET:
	case AF_INET6:
		return inet_kind(s);
	case AF_UNIX:
		return s->type == SOCK_STREAM ? "unix-stream" :
		       s->type == SOCK_SEQPACKET ? "unix-seqpacket" : "unix-dgram";
	case AF_NETLINK:
		return "netlink";
	case AF_PACKET:
		return s->type == SOCK_DGRAM ? "packet-dgram" : "packet";
	case AF_VSOCK:
		return s->type == SOCK_STREAM ? "vsock-stream" : "vsock";
	case AF_ALG:
		return "alg";
	case AF_BLUETOOTH:
		return "bluetooth";
	case AF_XDP:
		return "xdp";
	}
	return "other";
}

const char *guest_socket_state(const struct guest_socket *s)
{
	static const char *const words[] = {
		[1] = "established", "syn-sent", "syn-recv", "fin-wait-1", "fin-wait-2",
		"time-wait", "close", "close-wait", "last-ack", "listen", "closing", "syn-recv",
	};
	bool streams = s->protocol == IPPROTO_TCP || s->protocol == IPPROTO_SCTP;

	if (s->family == AF_INET || s->family == AF_INET6) {
		if (!streams)
			return s->state == 1 ? "connected" : "unconnected";
	} else if (s->family != AF_UNIX) {
		return "";
	} else if (s->state == 7) {
		return "unconnected";
	}
	return s->state && s->state < sizeof(words) / sizeof(words[0]) ? words[s->state] : "unknown";
}

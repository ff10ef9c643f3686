// SPDX-License-Identifier: GPL-2.0
/*
 * Hostile input: random, mutated and truncated netlink messages, dumps that are
 * left, random calls on /dev/vmi and on VM, port, session and raw files. Only that
 * nothing breaks, and that everything can be deleted afterwards.
 *
 * FUZZ_COUNT of the environment says how many messages and calls there are in all
 * (20000 if absent), FUZZ_SEED begins the same ones again. Needs root, a
 * loaded module, and that nobody else makes VMs or networks meanwhile.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "vnet.h"
#include "fuzz.h"

#define NOBODY		65534
#define MIB		(1UL << 20)
#define ARENA		(4 * MIB)	/* what regions of fuzzed VMs are in */
#define BUFFER		65536UL
#define RING		16		/* events */
#define RING_BYTES	(2 * FUZZ_PAGE)
#define PORTS		2
#define SEGS		8		/* segments that are made up */
#define SEGS_ROOM	(512 * 1024UL)	/* bytes */
#define NAMES		4

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

static uint64_t seed;
static unsigned int count = 20000;

/* of all processes: how much of the work at hand is done, and what of it was not refused */
static atomic_uint *done, *good;

static const char *some_name(void)
{
	static const char * const names[NAMES] = { "fuzz-0", "fuzz-1", "fuzz-2", "fuzz-n" };

	return names[below(NAMES)];
}

/* ---- netlink ---- */

enum kind { NAME, NET, IFNAME, TEXT, FLAG, U8, U32, U64, IP, MAC, PORT, COMMAND, LIMIT, IMPAIR };

struct attr {
	uint8_t type;
	uint8_t kind;
};

/* the operations with what their policies allow; net-new and net-del take long, and are rare */
static const struct op {
	uint8_t cmd;
	uint8_t weight;
	bool dump;
	struct attr attrs[16];
} ops[] = {
	{ VMI_CMD_VM_GET, 8, true, { { VMI_A_VM_NAME, NAME } } },
	{ VMI_CMD_VM_NEW, 16, false, {
		{ VMI_A_VM_NAME, NAME }, { VMI_A_VM_UID, U32 }, { VMI_A_VM_VCPUS, U32 },
		{ VMI_A_VM_MEM_BYTES, U64 }, { VMI_A_VM_TRANSIENT, FLAG },
		{ VMI_A_VM_NOTE, TEXT }, { VMI_A_VM_REPLACE, FLAG } } },
	{ VMI_CMD_VM_SET, 12, false, {
		{ VMI_A_VM_NAME, NAME }, { VMI_A_VM_UID, U32 }, { VMI_A_VM_NOTE, TEXT },
		{ VMI_A_VM_TRANSIENT, FLAG } } },
	{ VMI_CMD_VM_DEL, 6, false, { { VMI_A_VM_NAME, NAME } } },
	{ VMI_CMD_VM_COMMAND, 16, false, {
		{ VMI_A_VM_NAME, NAME }, { VMI_A_VM_COMMAND, COMMAND },
		{ VMI_A_VM_TIMEOUT_MS, U32 } } },
	{ VMI_CMD_NET_GET, 8, true, { { VMI_A_NET_NAME, NET } } },
	{ VMI_CMD_NET_NEW, 2, false, {
		{ VMI_A_NET_NAME, NET }, { VMI_A_NET_SUBNET, IP }, { VMI_A_NET_MODE, U32 },
		{ VMI_A_NET_FLAGS, U32 }, { VMI_A_NET_IFNAME, IFNAME },
		{ VMI_A_NET_PREFIX_LEN, U8 }, { VMI_A_NET_GATEWAY, IP },
		{ VMI_A_NET_RANGE_FIRST, IP }, { VMI_A_NET_RANGE_LAST, IP },
		{ VMI_A_NET_LEASE_S, U32 }, { VMI_A_NET_MTU, U32 },
		{ VMI_A_NET_AGEING_MS, U32 }, { VMI_A_NET_GUARD, U32 },
		{ VMI_A_NET_GUARD_MASK, U32 }, { VMI_A_NET_STORM_PPS, U32 } } },
	{ VMI_CMD_NET_SET, 12, false, {
		{ VMI_A_NET_NAME, NET }, { VMI_A_NET_FLAGS, U32 }, { VMI_A_NET_RANGE_FIRST, IP },
		{ VMI_A_NET_RANGE_LAST, IP }, { VMI_A_NET_LEASE_S, U32 }, { VMI_A_NET_MTU, U32 },
		{ VMI_A_NET_AGEING_MS, U32 }, { VMI_A_NET_GUARD, U32 },
		{ VMI_A_NET_GUARD_MASK, U32 }, { VMI_A_NET_STORM_PPS, U32 } } },
	{ VMI_CMD_NET_DEL, 1, false, { { VMI_A_NET_NAME, NET } } },
	{ VMI_CMD_PORT_GET, 8, true, {
		{ VMI_A_PORT_ID, PORT }, { VMI_A_PORT_VM, NAME }, { VMI_A_PORT_NET, NET } } },
	{ VMI_CMD_PORT_NEW, 16, false, {
		{ VMI_A_PORT_VM, NAME }, { VMI_A_PORT_NET, NET }, { VMI_A_PORT_MAC, MAC },
		{ VMI_A_PORT_IP, IP }, { VMI_A_PORT_GUARD, U32 }, { VMI_A_PORT_ISOLATED, U8 },
		{ VMI_A_PORT_TX_LIMIT, LIMIT }, { VMI_A_PORT_RX_IMPAIR, IMPAIR } } },
	{ VMI_CMD_PORT_SET, 24, false, {
		{ VMI_A_PORT_ID, PORT }, { VMI_A_PORT_LINK, U8 }, { VMI_A_PORT_GUARD, U32 },
		{ VMI_A_PORT_GUARD_MASK, U32 }, { VMI_A_PORT_GUARD_OWN, U8 },
		{ VMI_A_PORT_ISOLATED, U8 }, { VMI_A_PORT_RX_LIMIT, LIMIT },
		{ VMI_A_PORT_TX_LIMIT, LIMIT }, { VMI_A_PORT_RX_IMPAIR, IMPAIR },
		{ VMI_A_PORT_TX_IMPAIR, IMPAIR } } },
	{ VMI_CMD_PORT_SET, 6, false, {
		{ VMI_A_PORT_ID, PORT }, { VMI_A_PORT_NET, NET }, { VMI_A_PORT_IP, IP } } },
	{ VMI_CMD_PORT_DEL, 6, false, { { VMI_A_PORT_ID, PORT } } },
	{ VMI_CMD_FDB_GET, 6, true, { { VMI_A_FDB_NET, NET } } },
	{ VMI_CMD_EVENT_GET, 6, true, { { VMI_A_EVENT_SINCE, U64 } } },
	{ VMI_CMD_LIFECYCLE_NTF, 2, false, { { VMI_A_EVENT_SEQ, U64 } } },
};

/* the last one seen in an answer */
static uint32_t last_port;

static uint32_t some_ip(void)
{
	static const char * const subnets[] = { "192.0.2.0", "198.51.100.0", "203.0.113.0" };
	uint32_t host = one_in(3) ? 0 : below(256);

	if (one_in(8))
		return odd_value();
	return inet_addr(subnets[below(ARRAY_LEN(subnets))]) | htonl(host);
}

static void put_text(struct nlmsghdr *nlh, uint16_t type, const char *good, uint32_t max)
{
	char text[160];
	uint32_t n = below(max + 8);

	if (!one_in(8)) {
		mnl_attr_put_strz(nlh, type, good);
		return;
	}
	memset(text, 'x', sizeof(text));
	if (one_in(2))
		rnd_fill(text, n);
	text[n] = '\0';
	mnl_attr_put(nlh, type, one_in(4) ? n : n + 1, text);
}

static void put_limit(struct nlmsghdr *nlh, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	uint16_t i;

	for (i = VMI_A_LIMIT_PACKETS; i <= VMI_A_LIMIT_BYTES_BURST; i++) {
		if (one_in(2))
			mnl_attr_put_u64(nlh, i, one_in(2) ? 1 + below(100000) : odd_value());
	}
	mnl_attr_nest_end(nlh, nest);
}

static void put_impair(struct nlmsghdr *nlh, uint16_t type)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, type);
	uint16_t i;

	for (i = VMI_A_IMPAIR_LOSS_PPM; i <= VMI_A_IMPAIR_REORDER_PPM; i++) {
		if (one_in(2))
			mnl_attr_put_u32(nlh, i, one_in(8) ? odd_value() : below(100000));
	}
	mnl_attr_nest_end(nlh, nest);
}

static void put_attr(struct nlmsghdr *nlh, const struct attr *a)
{
	uint8_t mac[6] = { 2, 0, 0, 0, 0, below(8) };

	switch (a->kind) {
	case NAME:
		put_text(nlh, a->type, some_name(), VMI_NAME_MAX);
		break;
	case NET:
		put_text(nlh, a->type, one_in(3) ? "fuzz-m" : "fuzz-n", VMI_NAME_MAX);
		break;
	case IFNAME:
		put_text(nlh, a->type, one_in(2) ? "fuzz%d" : "fuzz0", 15);
		break;
	case TEXT:
		put_text(nlh, a->type, "a note", VMI_TEXT_MAX);
		break;
	case FLAG:
		mnl_attr_put(nlh, a->type, 0, NULL);
		break;
	case U8:
		mnl_attr_put_u8(nlh, a->type, one_in(2) ? below(2) : one_in(2) ? 20 + below(12) :
							      odd_value());
		break;
	case U32:
		mnl_attr_put_u32(nlh, a->type, one_in(3) ? below(2000) : odd_value());
		break;
	case U64:
		mnl_attr_put_u64(nlh, a->type, odd_value());
		break;
	case IP:
		mnl_attr_put_u32(nlh, a->type, some_ip());
		break;
	case MAC:
		if (one_in(4))
			rnd_fill(mac, sizeof(mac));
		mnl_attr_put(nlh, a->type, one_in(16) ? below(sizeof(mac)) : sizeof(mac), mac);
		break;
	case COMMAND:
		mnl_attr_put_u32(nlh, a->type, below(VMI_COMMAND_KILL + 2));
		break;
	case LIMIT:
		put_limit(nlh, a->type);
		break;
	case IMPAIR:
		put_impair(nlh, a->type);
		break;
	case PORT:
		mnl_attr_put_u32(nlh, a->type, one_in(8) ? odd_value() : last_port - below(8));
		break;
	}
}

/* an attribute that nobody asked for, or that says it holds others */
static void put_garbage(struct nlmsghdr *nlh)
{
	static const uint16_t flags[] = { 0, 0, NLA_F_NESTED, NLA_F_NET_BYTEORDER, 0xc000 };
	uint8_t junk[128];
	struct nlattr *nest;
	unsigned int depth = below(12), i;

	rnd_fill(junk, sizeof(junk));
	if (one_in(2)) {
		mnl_attr_put(nlh, below(24) | flags[below(ARRAY_LEN(flags))],
			     below(sizeof(junk)), junk);
		return;
	}
	nest = mnl_attr_nest_start(nlh, below(20));
	for (i = 0; i < depth; i++)
		mnl_attr_nest_start(nlh, below(20));
	mnl_attr_put(nlh, below(20), below(sizeof(junk)), junk);
	/* the inner ones say that they are empty */
	mnl_attr_nest_end(nlh, nest);
}

static const struct op *some_op(void)
{
	unsigned int sum = 0, i, n;

	for (i = 0; i < ARRAY_LEN(ops); i++)
		sum += ops[i].weight;
	n = below(sum);
	for (i = 0; n >= ops[i].weight; i++)
		n -= ops[i].weight;
	return &ops[i];
}

/* a request that the policy allows, mostly */
static struct nlmsghdr *some_request(void)
{
	const struct op *op = some_op();
	bool dump = op->dump && one_in(3);
	struct nlmsghdr *nlh = nl_request(nl_family, op->cmd, dump ? NLM_F_DUMP : 0);
	const struct attr *a;

	for (a = op->attrs; a < op->attrs + ARRAY_LEN(op->attrs) && a->type; a++) {
		/* what comes first is what is needed */
		if (one_in(a < op->attrs + 2 ? 16 : 2))
			continue;
		put_attr(nlh, a);
		if (one_in(32))
			put_attr(nlh, a);
	}
	return nlh;
}

/* make something of it that the policy does not allow; returns how much to send */
static size_t spoil(struct nlmsghdr *nlh)
{
	static const uint16_t flags[] = { NLM_F_DUMP, NLM_F_ECHO, NLM_F_CREATE, NLM_F_REQUEST, 0xffff };
	struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	size_t len;

	switch (below(9)) {
	case 0:
		put_garbage(nlh);
		break;
	case 1:
		nlh->nlmsg_len = below(nlh->nlmsg_len + 64);
		return one_in(2) ? nlh->nlmsg_len : (size_t)MNL_ALIGN(nlh->nlmsg_len) + below(64);
	case 2:
		return below(nlh->nlmsg_len + 1);
	case 3:
		genl->cmd = rnd();
		genl->version = odd_value();
		break;
	case 4:
		nlh->nlmsg_flags ^= flags[below(ARRAY_LEN(flags))];
		break;
	case 5:
		/* a second message behind it, perhaps not a whole one */
		len = MNL_ALIGN(nlh->nlmsg_len);
		memcpy((char *)nlh + len, nlh, len);
		mutate((char *)nlh + len, len);
		return one_in(2) ? 2 * len : len + below(len);
	case 6:
		len = nlh->nlmsg_len - MNL_NLMSG_HDRLEN;
		rnd_fill(genl, len);
		genl->cmd = below(VMI_CMD_MAX + 2);
		break;
	default:
		/* the family stays: other families are not ours to break */
		len = nlh->nlmsg_len - MNL_NLMSG_HDRLEN;
		mutate(genl, len);
	}
	return nlh->nlmsg_len;
}

static int answer_attr(const struct nlattr *attr, void *data)
{
	if (mnl_attr_get_type(attr) == VMI_A_PORT_ID &&
	    mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
		*(uint32_t *)data = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static void answer(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

	if (nlh->nlmsg_type == NLMSG_ERROR) {
		*good += !err->error;
	} else if (nlh->nlmsg_type == NLMSG_DONE) {
		++*good;
	} else if (nlh->nlmsg_type == nl_family && genl->cmd == VMI_CMD_PORT_NEW) {
		mnl_attr_parse(nlh, sizeof(*genl), answer_attr, &last_port);
	}
}

/* read what is there, so that the queue is never full for long */
static void drain(struct mnl_socket *s)
{
	static char buf[BUFFER];
	struct nlmsghdr *nlh;
	int n;

	while ((n = recv(mnl_socket_get_fd(s), buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		for (nlh = (void *)buf; mnl_nlmsg_ok(nlh, n); nlh = mnl_nlmsg_next(nlh, &n))
			answer(nlh);
	}
}

/* a socket that hears all events and has hardly room for them */
static struct mnl_socket *deaf_listener(void)
{
	struct mnl_socket *s = mnl_socket_open(NETLINK_GENERIC);
	int size = 2048, group;

	if (!s || mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID))
		return NULL;
	setsockopt(mnl_socket_get_fd(s), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	/* nobody has to look the numbers up: groups are few, and most are refused */
	for (group = 1; group < 64; group++)
		mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
	return s;
}

static int fuzz_netlink(unsigned int quota)
{
	struct mnl_socket *deaf = deaf_listener();
	struct nlmsghdr *nlh;
	size_t len;

	CHECK(deaf);
	while (atomic_fetch_add(done, 1) < quota) {
		nlh = some_request();
		len = nlh->nlmsg_len;
		if (one_in(3))
			len = spoil(nlh);
		/* it may be refused as a whole, by its length */
		(void)!send(mnl_socket_get_fd(nl), nlh, len, MSG_DONTWAIT);
		drain(nl);
		if (one_in(64))
			drain(deaf);
	}
	return 0;
}

static int fuzz_netlink_nobody(unsigned int quota)
{
	CHECK(!setresgid(NOBODY, NOBODY, NOBODY) && !setresuid(NOBODY, NOBODY, NOBODY));
	return fuzz_netlink(quota);
}

/* dumps are begun, left, overtaken by changes, and begun again before they end */
static int fuzz_dump(unsigned int quota)
{
	static const uint8_t cmds[] = {
		VMI_CMD_VM_GET, VMI_CMD_NET_GET, VMI_CMD_PORT_GET, VMI_CMD_FDB_GET, VMI_CMD_EVENT_GET,
	};
	struct mnl_socket *s = NULL;
	char buf[8192], name[16];
	struct nlmsghdr *nlh;
	int n;

	/* enough for many messages of a dump */
	for (n = 0; n < 200; n++) {
		snprintf(name, sizeof(name), "fuzz-%d", n);
		nl_vm(VMI_CMD_VM_NEW, name);
	}
	while (atomic_fetch_add(done, 1) < quota) {
		if (!s) {
			s = mnl_socket_open(NETLINK_GENERIC);
			CHECK(s && !mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID));
		}
		n = below(ARRAY_LEN(cmds));
		nlh = nl_request(nl_family, cmds[n], NLM_F_DUMP);
		if (cmds[n] == VMI_CMD_FDB_GET)
			mnl_attr_put_strz(nlh, VMI_A_FDB_NET, "fuzz-n");
		(void)!send(mnl_socket_get_fd(s), nlh, nlh->nlmsg_len, MSG_DONTWAIT);
		for (n = below(6); n; n--)
			*good += recv(mnl_socket_get_fd(s), buf, 256 + below(sizeof(buf) - 256),
				      MSG_DONTWAIT) > 0;
		if (one_in(8)) {
			snprintf(name, sizeof(name), "fuzz-%d", below(200));
			nl_vm(one_in(2) ? VMI_CMD_VM_DEL : VMI_CMD_VM_NEW, name);
		}
		if (one_in(4)) {
			mnl_socket_close(s);
			s = NULL;
		}
	}
	return 0;
}

/* ---- files ---- */

struct target {
	const char *name;
	int vm;
	int port[PORTS];
	int sess[2];
	int raw;
	int kick, call;
	int pipe[2];
	int odd;		/* a file of another kind */
	int extra;		/* what a call has returned */
	int events;		/* of sess[1] */
	struct vmi_hits *hits;	/* its ring */
	uint64_t cmd;		/* the last command read */
	uint8_t *arena;
	uint8_t *buffer;	/* behind it is nothing */
	struct vmi_seg *segs;	/* room for many before and behind it: they are answered in place */
	uint8_t *window;
	size_t window_len;
};

static struct target t;
static sigjmp_buf fault_jmp;

static void on_fault(int sig)
{
	siglongjmp(fault_jmp, sig);
}

/* it has interrupted a call: no more is wanted */
static void on_alarm(int sig)
{
	(void)sig;
}

/* files that calls have returned are closed by number: there may be some that nobody knows */
static void close_others(void)
{
	int nl_fd = mnl_socket_get_fd(nl);
	int keep = (nl_fd > dev_fd ? nl_fd : dev_fd) + 1;

	syscall(SYS_close_range, keep, ~0U, 0);
}

static void target_down(void)
{
	if (t.window)
		munmap(t.window, t.window_len);
	if (t.hits)
		munmap(t.hits, RING_BYTES);
	t.window = NULL;
	t.hits = NULL;
	close_others();
	t.vm = -1;
}

/* a VM with memory, ports and sessions, as far as they can be had */
static int target_up(void)
{
	struct port_new_args pa = { .vm = t.name, .net = "fuzz-n", .pairs = below(VMI_PAIRS_MAX + 1) };
	struct net_args na = { .name = "fuzz-n", .subnet = "192.0.2.0", .prefix = 24 };
	struct vmi_mem_region r = { .size = ARENA, .uaddr = (uintptr_t)t.arena };
	struct vmi_session_open so = { .rights = VMI_RIGHT_READ };
	struct vmi_sess_events se = { .size = RING, .timeout_ms = 1 };
	struct vmi_attach a = { 0 };
	char path[64];
	void *ring;
	uint32_t id;
	int i;

	target_down();
	/* what others did to the arena is undone */
	CHECK(mmap(t.arena, ARENA, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == t.arena);
	if (nl_vm(VMI_CMD_VM_NEW, t.name) && errno != EEXIST)
		return -1;
	net_new(&na);
	for (i = 0; i < PORTS; i++) {
		if (!port_new(&pa, &id))
			last_port = id;
	}
	strcpy(a.name, t.name);
	strcpy(so.name, t.name);
	t.vm = ioctl(dev_fd, VMI_ATTACH, &a);
	if (t.vm < 0)
		return -1;
	fcntl(t.vm, F_SETFL, O_NONBLOCK);
	ioctl(t.vm, VMI_VM_MEM, &r);
	for (i = 0; i < PORTS; i++) {
		struct vmi_port_open po = { .index = i };

		t.port[i] = ioctl(t.vm, VMI_VM_PORT, &po);
		fcntl(t.port[i], F_SETFL, O_NONBLOCK);
	}
	t.sess[0] = ioctl(dev_fd, VMI_SESSION, &so);
	so.rights = VMI_RIGHT_READ | VMI_RIGHT_WRITE | VMI_RIGHT_REGS | VMI_RIGHT_STOP |
		    VMI_RIGHT_EVENTS;
	t.sess[1] = ioctl(dev_fd, VMI_SESSION, &so);
	t.events = ioctl(t.sess[1], VMI_SESS_EVENTS, &se);
	ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, t.events, 0);
	t.hits = ring == MAP_FAILED ? NULL : ring;
	snprintf(path, sizeof(path), "/proc/vmi/%s.raw", t.name);
	t.raw = open(path, O_RDONLY);
	t.kick = eventfd(0, EFD_NONBLOCK);
	t.call = eventfd(0, EFD_NONBLOCK);
	t.odd = open("/dev/zero", O_RDWR);
	CHECK(!pipe2(t.pipe, O_NONBLOCK));
	t.extra = -1;
	return 0;
}

static int some_fd(void)
{
	const int fds[] = {
		t.vm, t.port[0], t.port[1], t.sess[0], t.sess[1], t.raw, t.kick, t.call, t.odd,
		t.pipe[0], t.pipe[1], t.events, t.extra, -1, 1000000,
	};

	return fds[below(ARRAY_LEN(fds))];
}

/* most addresses of guests are within the arena, many at the edge of something */
static uint64_t some_gpa(void)
{
	uint64_t gpa = one_in(8) ? odd_value() : below(ARENA);

	return one_in(2) ? gpa & ~(FUZZ_PAGE - 1) : gpa;
}

static uint32_t some_len(void)
{
	return one_in(8) ? odd_value() : one_in(2) ? below(64) : below(2 * BUFFER);
}

/* one call; a new file takes the place of an earlier one */
static int call(int fd, unsigned long cmd, void *arg, size_t len)
{
	static const unsigned long others[] = { VMI_ATTACH, VMI_VM_MEM, VMI_PORT_QUEUE, VMI_SESS_RW, 0 };
	/* another call than the one meant may answer with more */
	static uint64_t room[64];
	int ret;

	if (one_in(4))
		mutate(arg, len);
	if (one_in(64))
		cmd ^= 1UL << below(32);
	if (one_in(64))
		cmd = others[below(ARRAY_LEN(others))];
	if (one_in(64))
		fd = some_fd();
	memcpy(room, arg, len);
	ret = ioctl(fd, cmd, rnd_ptr(room, len));
	memcpy(arg, room, len);
	*good += ret >= 0;
	if (ret > 2 && ret != dev_fd && fcntl(ret, F_GETFD) >= 0 &&
	    (cmd == VMI_ATTACH || cmd == VMI_SESSION || cmd == VMI_VM_PORT ||
	     cmd == VMI_SESS_EVENTS || cmd == VMI_CAPTURE)) {
		fcntl(ret, F_SETFL, O_NONBLOCK);
		if (t.extra >= 0)
			close(t.extra);
		t.extra = ret;
	}
	return ret;
}

static void step_dev(void)
{
	struct vmi_session_open so = { .rights = below(32) };
	struct vmi_attach a = { 0 };
	struct vmi_capture_open co = {
		.what = 1 + below(2), .port = one_in(2) ? VMI_CAPTURE_ALL : below(3),
		.snaplen = one_in(2) ? 0 : some_len(),
	};

	/* rare: its end waits for a grace period */
	if (one_in(16)) {
		strcpy(co.name, one_in(2) ? t.name : some_name());
		call(dev_fd, VMI_CAPTURE, &co, sizeof(co));
	} else if (one_in(2)) {
		strcpy(a.name, some_name());
		call(dev_fd, VMI_ATTACH, &a, sizeof(a));
	} else {
		strcpy(so.name, one_in(2) ? t.name : some_name());
		call(dev_fd, VMI_SESSION, &so, sizeof(so));
	}
}

static void step_vm(void)
{
	struct vmi_mem_region r = { .slot = below(4), .flags = below(2) };
	struct vmi_vm_info info = { .vcpus = 1 + below(4), .mem_bytes = ARENA };
	struct vmi_vm_state st = { .state = 1 + below(3), .reason = below(4) };
	struct vmi_port_open po = { .index = below(PORTS + 1) };
	struct vmi_reply reply = { .id = t.cmd, .error = -(int)below(2) };
	struct vmi_cmd cmd;

	switch (below(9)) {
	case 0:
	case 1:
		r.gpa = below(64) * (ARENA / 16);
		r.size = one_in(3) ? 0 : (1 + below(64)) * (ARENA / 64);
		r.uaddr = (uintptr_t)t.arena + below(ARENA / 4096) * 4096;
		if (one_in(8))
			r.gpa = some_gpa() & ~(FUZZ_PAGE - 1);
		if (one_in(8))
			r.size = odd_value() & ~(FUZZ_PAGE - 1);
		call(t.vm, VMI_VM_MEM, &r, sizeof(r));
		break;
	case 2:
		strcpy(info.console, "/run/console");
		call(t.vm, VMI_VM_INFO, &info, sizeof(info));
		break;
	case 3:
	case 4:
		/* the end is rare */
		if (one_in(16))
			st.state = below(12);
		strcpy(st.text, "as it is");
		call(t.vm, VMI_VM_STATE, &st, sizeof(st));
		break;
	case 5:
		call(t.vm, VMI_VM_REPLY, &reply, sizeof(reply));
		break;
	case 6:
		call(t.vm, VMI_VM_PORT, &po, sizeof(po));
		break;
	case 7:
		(void)!read(t.vm, rnd_ptr(t.buffer, 64), below(128));
		break;
	default:
		if (read(t.vm, &cmd, sizeof(cmd)) == sizeof(cmd))
			t.cmd = cmd.id;
	}
}

static void step_port(void)
{
	int fd = t.port[below(PORTS)];
	struct vmi_port_queue q = {
		.index = below(one_in(4) ? 2 * VMI_PAIRS_MAX + 1 : 4), .size = 1 << below(11),
		.desc_gpa = below(ARENA / 16) * 16, .avail_gpa = below(ARENA / 2) * 2,
		.used_gpa = below(ARENA / 4) * 4,
		.kick_fd = one_in(8) ? some_fd() : t.kick, .call_fd = one_in(8) ? some_fd() : t.call,
		.avail_idx = rnd(),
	};
	struct vmi_port_enable en = {
		.on = !one_in(3), .features = F_ALL, .pairs = below(3), .active = below(3),
	};
	struct vmi_port_pairs pairs = { .active = one_in(4) ? rnd() : below(3) };
	struct vmi_port_status st = { 0 };
	struct vmi_port_open info = { 0 };
	uint64_t one = 1;

	switch (below(8)) {
	case 0:
		for (q.index = 0; q.index < 4; q.index++)
			call(fd, VMI_PORT_QUEUE, &q, sizeof(q));
		en.on = 1;
		if (en.pairs == 2)
			en.features |= BITF(VIRTIO_NET_F_MQ) | BITF(VIRTIO_NET_F_CTRL_VQ);
		call(fd, VMI_PORT_ENABLE, &en, sizeof(en));
		break;
	case 1:
		call(fd, VMI_PORT_QUEUE, &q, sizeof(q));
		break;
	case 2:
		if (one_in(4))
			en.features = rnd();
		call(fd, VMI_PORT_ENABLE, &en, sizeof(en));
		break;
	case 3:
		call(fd, VMI_PORT_PAIRS, &pairs, sizeof(pairs));
		call(fd, VMI_PORT_STATUS, &st, sizeof(st));
		call(fd, VMI_PORT_INFO, &info, sizeof(info));
		break;
	case 4:
		(void)!read(fd, rnd_ptr(t.buffer, 64), some_len() % BUFFER);
		break;
	case 5:
		(void)!write(fd, rnd_ptr(t.buffer, 64), one_in(2) ? below(64) : some_len() % BUFFER);
		break;
	default:
		/* what a driver may have put there */
		if (one_in(2))
			rnd_fill(t.arena + below(ARENA - 256), below(256));
		(void)!write(t.kick, &one, sizeof(one));
	}
}

static void step_rw(int fd)
{
	struct vmi_seg *segs = t.segs;
	struct vmi_sess_rw rw = { .segs = (uintptr_t)segs, .nsegs = 1 + below(SEGS) };
	unsigned int i;

	memset(segs, 0, SEGS * sizeof(*segs));
	for (i = 0; i < SEGS; i++) {
		segs[i].addr = some_gpa();
		segs[i].uaddr = (uintptr_t)rnd_ptr(t.buffer, 64);
		segs[i].len = some_len();
		segs[i].flags = one_in(3) ? below(8) : below(2);
		if (segs[i].flags & VMI_SEG_GVA)
			segs[i].root = some_gpa();
		if (one_in(8))
			mutate(&segs[i], sizeof(segs[i]));
	}
	if (one_in(8))
		rw.segs = (uintptr_t)rnd_ptr(segs, SEGS * sizeof(*segs));
	if (one_in(32))
		rw.nsegs = odd_value();
	call(fd, VMI_SESS_RW, &rw, sizeof(rw));
}

/* make a window, touch it, change it */
static void step_window(int fd)
{
	uint8_t *p;

	if (t.window && one_in(3)) {
		munmap(t.window, t.window_len);
		t.window = NULL;
	}
	if (!t.window) {
		t.window_len = (1 + below(64)) * FUZZ_PAGE;
		p = mmap(NULL, t.window_len, below(8), 1 + below(2), fd,
			 some_gpa() & ~(FUZZ_PAGE - 1));
		if (p != MAP_FAILED)
			t.window = p;
		return;
	}
	p = t.window + below(t.window_len);
	switch (below(6)) {
	case 0:
		mprotect(t.window, t.window_len, below(8));
		break;
	case 1:
		madvise(t.window, t.window_len, below(26));
		break;
	case 2:
		/* what the kernel copies from or to may be a window */
		(void)!pread(t.sess[0], p, below(4096), some_gpa());
		(void)!pwrite(t.sess[1], p, below(4096), some_gpa());
		break;
	default:
		if (one_in(2))
			*(volatile uint8_t *)p = 1;
		else
			(void)*(volatile uint8_t *)p;
	}
}

static void step_sess(void)
{
	int fd = one_in(4) ? t.raw : t.sess[below(2)];
	struct vmi_sess_info info = { 0 };

	switch (below(8)) {
	case 0:
		call(fd, VMI_SESS_INFO, &info, sizeof(info));
		break;
	case 1:
		(void)!pread(fd, rnd_ptr(t.buffer, 64), some_len(), some_gpa());
		break;
	case 2:
		(void)!pwrite(fd, rnd_ptr(t.buffer, 64), some_len(), some_gpa());
		break;
	case 3:
		lseek(fd, some_gpa(), below(6));
		(void)!read(fd, rnd_ptr(t.buffer, 64), some_len());
		(void)!write(fd, rnd_ptr(t.buffer, 64), some_len());
		break;
	case 4:
	case 5:
		step_window(fd);
		break;
	default:
		step_rw(fd);
	}
}

/* bytes of an answer, as the operation has them */
static uint32_t probe_len(uint32_t op)
{
	return op == VMI_PROBE_GET_REGS || op == VMI_PROBE_SET_REGS ? sizeof(struct vmi_regs) :
	       op == VMI_PROBE_GET_FPU ? 512 : 0;
}

/* what a tool asks of the VMM's vCPUs */
static void probe_tool(void)
{
	struct vmi_probe pr = {
		.op = 1 + below(8), .vcpu = below(3), .timeout_ms = 1,
		.data = (uintptr_t)rnd_ptr(t.buffer, 64),
	};
	struct vmi_sess_events se = { .size = 16 << below(4), .timeout_ms = 1 };
	struct vmi_verdict v = { .seq = t.hits ? t.hits->head : 0, .action = below(2) };

	switch (below(4)) {
	case 0:
		call(t.sess[below(2)], VMI_SESS_EVENTS, &se, sizeof(se));
		break;
	case 1:
		if (one_in(4))
			v.flags = VMI_HIT_SET_GPRS;
		call(t.sess[1], VMI_SESS_VERDICT, &v, sizeof(v));
		break;
	default:
		pr.len = probe_len(pr.op);
		if (pr.op == VMI_PROBE_ARM) {
			pr.vcpu = 0;
			pr.flags = 1 + below(6);
			pr.arg[0] = some_gpa();
		}
		call(t.sess[1], VMI_SESS_PROBE, &pr, sizeof(pr));
	}
}

/* what the VMM's side of it says */
static void probe_vmm(int vm, uint32_t random)
{
	static struct vmi_probe_req req;
	static struct vmi_probe_done answer;
	struct vmi_vm_event ev = { 0 };

	if (!ioctl(vm, VMI_VM_PROBE_NEXT, &req)) {
		answer.seq = req.seq;
		answer.id = 1 + random % 4;
		answer.len = random % 8 ? probe_len(req.op) : random % 2048;
		answer.error = random % 3 ? 0 : -(int)(random % 600);
		*good += !ioctl(vm, VMI_VM_PROBE_DONE, &answer);
	}
	ev.session = req.session;
	ev.probe = random % 4;
	ev.kind = random % 8;
	ev.flags = random % 16 ? 0 : VMI_PROBE_SYNC;
	*good += !ioctl(vm, VMI_VM_EVENT, &ev);
}

static void step_probe(void)
{
	/* a mutated time limit may be long */
	const struct itimerval soon = { .it_value.tv_usec = 20000 }, never = { 0 };
	struct vmi_probe_done answer = { .seq = below(8), .len = below(1100) };
	struct vmi_vm_event ev = { .session = below(100), .flags = below(2) * VMI_PROBE_SYNC };
	static struct vmi_probe_req req;

	setitimer(ITIMER_REAL, &soon, NULL);
	switch (below(8)) {
	case 0:
		call(t.vm, VMI_VM_PROBE_NEXT, &req, sizeof(req));
		break;
	case 1:
		call(t.vm, VMI_VM_PROBE_DONE, &answer, sizeof(answer));
		break;
	case 2:
		call(t.vm, VMI_VM_EVENT, &ev, sizeof(ev));
		break;
	case 3:
		probe_vmm(t.vm, rnd());
		break;
	case 4:
		/* the reader may write there what it likes */
		if (t.hits)
			mutate(t.hits, one_in(2) ? sizeof(*t.hits) : RING_BYTES);
		break;
	default:
		probe_tool();
	}
	setitimer(ITIMER_REAL, &never, NULL);
}

/* calls that these files are not made for */
static void step_odd(void)
{
	struct pollfd p = { .fd = some_fd(), .events = rnd() };
	int fd = one_in(16) ? dev_fd : some_fd(), copy;
	size_t len = FUZZ_PAGE * (1 + below(8));
	uint8_t *m;

	switch (below(14)) {
	case 0:
		(void)!read(fd, rnd_ptr(t.buffer, 64), some_len() % BUFFER);
		break;
	case 1:
		(void)!write(fd, rnd_ptr(t.buffer, 64), some_len() % BUFFER);
		break;
	case 2:
		lseek(fd, odd_value(), below(8));
		break;
	case 3:
		m = mmap(NULL, len, below(8), 1 + below(2), fd, odd_value() & ~(FUZZ_PAGE - 1));
		if (m != MAP_FAILED)
			munmap(m, len);
		break;
	case 4:
		(void)!ftruncate(fd, odd_value());
		break;
	case 5:
		fsync(fd);
		fdatasync(fd);
		break;
	case 6:
		posix_fadvise(fd, odd_value(), odd_value(), below(6));
		readahead(fd, odd_value(), below(4096));
		break;
	case 7:
		poll(&p, 1, 0);
		break;
	case 8:
		copy = dup(fd);
		if (copy >= 0)
			close(copy);
		break;
	case 9:
		(void)!splice(fd, NULL, t.pipe[1], NULL, below(4096), SPLICE_F_NONBLOCK);
		(void)!splice(t.pipe[0], NULL, fd, NULL, below(4096), SPLICE_F_NONBLOCK);
		(void)!copy_file_range(fd, NULL, some_fd(), NULL, below(4096), 0);
		break;
	case 10:
		fallocate(fd, below(64), odd_value(), odd_value());
		break;
	case 11:
		fcntl(fd, F_SETFL, O_NONBLOCK | (rnd() & (O_APPEND | O_ASYNC | O_DIRECT)));
		break;
	case 12:
		ioctl(fd, rnd(), rnd_ptr(t.buffer, 64));
		break;
	default:
		(void)!pread(fd, rnd_ptr(t.buffer, 64), some_len() % BUFFER, odd_value());
		(void)!pwrite(fd, rnd_ptr(t.buffer, 64), some_len() % BUFFER, odd_value());
	}
}

static void step(void)
{
	switch (below(14)) {
	case 0:
		step_dev();
		break;
	case 12:
	case 13:
		step_probe();
		break;
	case 1:
	case 2:
		step_vm();
		break;
	case 3:
	case 4:
	case 5:
		step_port();
		break;
	case 6:
	case 7:
	case 8:
	case 9:
		step_sess();
		break;
	default:
		step_odd();
	}
}

static int target_init(const char *name)
{
	struct sigaction sa = { .sa_handler = on_fault };

	t.name = name;
	t.arena = mmap(NULL, ARENA, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t.buffer = mmap(NULL, BUFFER + FUZZ_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	CHECK(t.arena != MAP_FAILED && t.buffer != MAP_FAILED);
	t.segs = mmap(NULL, 2 * SEGS_ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		      -1, 0);
	CHECK(t.segs != MAP_FAILED);
	t.segs += SEGS_ROOM / sizeof(*t.segs);
	CHECK(!mprotect(t.buffer + BUFFER, FUZZ_PAGE, PROT_NONE));
	sigaction(SIGBUS, &sa, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sa.sa_handler = on_alarm;
	sigaction(SIGALRM, &sa, NULL);
	signal(SIGIO, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	t.vm = -1;
	return 0;
}

static int files(unsigned int quota)
{
	struct vmi_vm_info info = { .vcpus = 1 };

	while (atomic_fetch_add(done, 1) < quota) {
		/* it has made its last report, or it is time for another one */
		if (t.vm < 0 || one_in(300) || (ioctl(t.vm, VMI_VM_INFO, &info) && one_in(4)))
			target_up();
		/* its memory may be gone, as may be that behind a window */
		if (!sigsetjmp(fault_jmp, 1))
			step();
	}
	target_down();
	return 0;
}

static int fuzz_files(unsigned int quota)
{
	CHECK(!target_init("fuzz-0"));
	return files(quota);
}

/* ---- everything at once ---- */

/* memory and files go away under the calls of another thread */
static void *pull_the_rug(void *unused)
{
	/* rnd() is the other thread's: what happens here cannot be repeated anyway */
	unsigned int state = getpid();
	unsigned int n, len;
	sigset_t all;
	uint8_t *at;

	(void)unused;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	for (;;) {
		n = rand_r(&state) % (ARENA / FUZZ_PAGE);
		at = t.arena + n * FUZZ_PAGE;
		len = rand_r(&state) % (ARENA / FUZZ_PAGE - n) * FUZZ_PAGE;
		switch (rand_r(&state) % 64) {
		case 0 ... 7:
			madvise(at, len, MADV_DONTNEED);
			break;
		case 8 ... 11:
			mprotect(at, FUZZ_PAGE, rand_r(&state) % 4);
			break;
		case 12:
			mmap(at, FUZZ_PAGE, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
			break;
		case 13:
			if (rand_r(&state) % 16 == 0)
				close((&t.vm)[rand_r(&state) % (1 + PORTS)]);
			break;
		case 14 ... 31:
			/* requests are answered only by another thread than the one that asks */
			probe_vmm(t.vm, rand_r(&state));
			break;
		default:
			sched_yield();
		}
	}
	return NULL;
}

static int files_and_rug(const char *name, unsigned int quota)
{
	pthread_t rug;

	CHECK(!target_init(name));
	CHECK(!pthread_create(&rug, NULL, pull_the_rug, NULL));
	return files(quota);
}

static int files_1(unsigned int quota)
{
	return files_and_rug("fuzz-1", quota);
}

static int files_2(unsigned int quota)
{
	return files_and_rug("fuzz-2", quota);
}

/* ---- the tests ---- */

typedef int (*fuzz_fn)(unsigned int quota);

static pid_t begin(fuzz_fn fn, unsigned int quota)
{
	pid_t pid;

	/* the same calls in each run of a seed */
	seed++;
	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(vnet_open() || fuzz_start(seed) || fn(quota));
	}
	return pid;
}

/* all of @fns side by side until they have made @quota calls together */
static int at_once(const fuzz_fn *fns, unsigned int n, unsigned int quota)
{
	unsigned int left = n, kills = 0, i;
	pid_t pids[4], pid;
	int status, bad = 0;

	atomic_store(done, 0);
	atomic_store(good, 0);
	for (i = 0; i < n; i++)
		pids[i] = begin(fns[i], quota);
	while (left) {
		pid = wait(&status);
		CHECK(pid > 0);
		for (i = 0; i < n && pids[i] != pid; i++)
			;
		CHECK(i < n);
		/* a client of netlink may have had it killed: that is what "kill" is for */
		if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && n > 1) {
			kills++;
			if (atomic_load(done) < quota) {
				pids[i] = begin(fns[i], quota);
				continue;
			}
		} else if (status) {
			printf("# ended with %#x\n", status);
			bad = -1;
		}
		left--;
	}
	printf("# %u of %u accepted, %u VMMs killed\n", atomic_load(good), quota, kills);
	/* else something keeps all of them from getting in */
	CHECK(atomic_load(good) > quota / 50);
	return bad;
}

static int test_netlink(void)
{
	const fuzz_fn fn = fuzz_netlink;

	return at_once(&fn, 1, count / 20 * 7);
}

static int test_nobody(void)
{
	const fuzz_fn fn = fuzz_netlink_nobody;

	return at_once(&fn, 1, count / 20);
}

static int test_dump(void)
{
	const fuzz_fn fn = fuzz_dump;

	return at_once(&fn, 1, count / 20);
}

static int test_files(void)
{
	const fuzz_fn fn = fuzz_files;

	return at_once(&fn, 1, count / 20 * 7);
}

static int test_at_once(void)
{
	static const fuzz_fn fns[] = { fuzz_netlink, fuzz_netlink_nobody, files_1, files_2 };

	return at_once(fns, ARRAY_LEN(fns), count / 20 * 4);
}

/* ---- what is left ---- */

struct found {
	uint64_t id;
	char name[VMI_NAME_LEN];
};

/* the first object that is newer than @after */
struct search {
	uint64_t after;
	struct found first;
};

static int found_attr(const struct nlattr *attr, void *data)
{
	struct found *f = data;

	/* identifier and name have the same numbers in both sets of attributes */
	if (mnl_attr_get_type(attr) == VMI_A_VM_ID)
		f->id = mnl_attr_get_payload_len(attr) == 8 ? mnl_attr_get_u64(attr) :
							      mnl_attr_get_u32(attr);
	else if (mnl_attr_get_type(attr) == VMI_A_VM_NAME)
		snprintf(f->name, sizeof(f->name), "%s", mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static int found_msg(const struct nlmsghdr *nlh, void *data)
{
	struct search *s = data;
	struct found f = { 0 };

	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), found_attr, &f);
	if (f.id > s->after && !s->first.id)
		s->first = f;
	return MNL_CB_OK;
}

static struct search vms, nets;

/* what is there before has smaller identifiers than these two */
static int mark(void)
{
	struct net_args na = {
		.name = "fuzz-mark", .subnet = "192.0.2.0", .flags = 1 << VMI_NET_FLAG_NO_HOST,
	};
	struct search s = { 0 };
	struct nlmsghdr *nlh;

	CHECK(!nl_vm(VMI_CMD_VM_NEW, "fuzz-mark") && !net_new(&na));
	nlh = nl_request(nl_family, VMI_CMD_VM_GET, 0);
	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, "fuzz-mark");
	CHECK(!nl_talk(nlh, found_msg, &s) && s.first.id);
	vms.after = s.first.id;
	s.first.id = 0;
	nlh = nl_request(nl_family, VMI_CMD_NET_GET, 0);
	mnl_attr_put_strz(nlh, VMI_A_NET_NAME, "fuzz-mark");
	CHECK(!nl_talk(nlh, found_msg, &s) && s.first.id);
	nets.after = s.first.id;
	CHECK(!nl_vm(VMI_CMD_VM_DEL, "fuzz-mark") && !net_del("fuzz-mark"));
	return 0;
}

static long module_users(void)
{
	FILE *f = fopen("/sys/module/vmi/refcnt", "r");
	long n = -1;

	if (!f)
		return -1;
	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	fclose(f);
	return n;
}

static long users_before;

static int test_delete(void)
{
	long end = now_us() + 10000000;
	struct pollfd none = { .fd = -1 };
	unsigned int n = 0;

	for (;; n++) {
		vms.first.id = 0;
		CHECK(!nl_talk(nl_request(nl_family, VMI_CMD_VM_GET, NLM_F_DUMP), found_msg, &vms));
		if (!vms.first.id)
			break;
		CHECK(!nl_vm(VMI_CMD_VM_DEL, vms.first.name));
	}
	for (;; n++) {
		nets.first.id = 0;
		CHECK(!nl_talk(nl_request(nl_family, VMI_CMD_NET_GET, NLM_F_DUMP), found_msg, &nets));
		if (!nets.first.id)
			break;
		CHECK(!net_del(nets.first.name));
	}
	printf("# %u objects deleted\n", n);
	/* what the last process held goes soon */
	while (module_users() != users_before && now_us() < end)
		poll(&none, 1, 50);
	CHECK(module_users() == users_before);
	return 0;
}

/* two guests on a new network, and a frame from one to the other */
static int test_alive(void)
{
	struct net_args na = { .name = "fuzz-n", .subnet = "192.0.2.0", .prefix = 24 };
	static uint8_t in[FRAME_MAX], out[FRAME_MAX];
	struct virtio_net_hdr_mrg_rxbuf hdr;
	struct guest a, b;
	int n, got;

	CHECK(!net_new(&na));
	CHECK(!guest_new(&a, "fuzz-a", "fuzz-n") && !guest_new(&b, "fuzz-b", "fuzz-n"));
	CHECK(!guest_start(&a, F_ALL) && !guest_start(&b, F_ALL));
	rx_post(&b, 64, 1536);
	n = udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, 100, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	do {
		got = rx_frame(&b, &hdr, in, 2000);
	} while (got >= 14 && get16(in + 12) != ETH_P_IP);
	CHECK(got == n && !memcmp(in, out, n));
	guest_del(&a);
	guest_del(&b);
	CHECK(!net_del("fuzz-n"));
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "netlink messages", test_netlink },
	{ "netlink messages of nobody", test_nobody },
	{ "dumps that are left", test_dump },
	{ "calls on all files", test_files },
	{ "everything at once", test_at_once },
	{ "all can be deleted and nothing is left", test_delete },
	{ "frames are still switched", test_alive },
};

int main(void)
{
	unsigned int i, failed = 0, n = ARRAY_LEN(tests);
	const char *env;

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	env = getenv("FUZZ_COUNT");
	if (env)
		count = atoi(env);
	env = getenv("FUZZ_SEED");
	seed = env ? strtoull(env, NULL, 0) : (uint64_t)now_us();
	printf("# FUZZ_COUNT=%u FUZZ_SEED=%#llx\n", count, (unsigned long long)seed);
	users_before = module_users();
	done = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	good = done + 1;
	if (done == MAP_FAILED || vnet_open() || mark()) {
		printf("Bail out! no netlink family: is the module loaded?\n");
		return 1;
	}
	/* opening it has taken a reference */
	users_before++;
	for (i = 0; i < n; i++) {
		long start = now_us();
		int bad = tests[i].fn();

		failed += !!bad;
		printf("# %ld ms\n", (now_us() - start) / 1000);
		printf("%sok %u %s\n", bad ? "not " : "", i + 1, tests[i].name);
	}
	return !!failed;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Captures: who may, what is seen and how, what happens when nobody reads; and what
 * Wireshark's own programs make of the files that vmictl writes.
 *
 * Plays the VMM and the guests' virtio-net drivers. Needs root, a loaded module, tshark.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "vnet_policy.h"

#define NET		"tcp0"
#define SUBNET		"198.51.100.0"
#define NOBODY		65534
#define WAIT_MS		5000
#define RUN_MS		60000	/* for programs, which take long in emulation */
#define BUF_BYTES	(4U << 20)

static struct guest a, b;
static int host = -1;
static uint8_t out[FRAME_MAX], in[FRAME_MAX];
static struct virtio_net_hdr_mrg_rxbuf hdr;

/* ---- captures ---- */

/**
 * struct cap - a capture being read
 * @fd: capture file
 * @buf: what was read last
 * @n: bytes of it
 * @at: where the next record is
 */
struct cap {
	int fd;
	uint8_t buf[BUF_BYTES];
	ssize_t n;
	ssize_t at;
};

static struct cap ca, cb, cn;	/* of a, of b, of the network */

static int cap_fd(const char *name, uint32_t what, uint32_t port, uint32_t snaplen, uint32_t bytes)
{
	struct vmi_capture_open o = {
		.what = what, .port = port, .snaplen = snaplen, .bytes = bytes,
	};

	snprintf(o.name, sizeof(o.name), "%s", name);
	return ioctl(dev_fd, VMI_CAPTURE, &o);
}

static int cap_open(struct cap *c, const char *name, uint32_t what, uint32_t snaplen)
{
	c->n = 0;
	c->at = 0;
	c->fd = cap_fd(name, what, VMI_CAPTURE_ALL, snaplen, 0);
	return c->fd < 0 || fcntl(c->fd, F_SETFL, O_NONBLOCK) ? -1 : 0;
}

static void cap_close(struct cap *c)
{
	close(c->fd);
}

/* the next record, or NULL when there is none within the time */
static const struct vmi_capture_rec *cap_next(struct cap *c, int timeout_ms)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	const struct vmi_capture_rec *rec;

	if (c->at == c->n) {
		if (poll(&p, 1, timeout_ms) != 1 || !(p.revents & POLLIN))
			return NULL;
		c->at = 0;
		c->n = read(c->fd, c->buf, sizeof(c->buf));
		if (c->n <= 0) {
			c->n = 0;
			return NULL;
		}
	}
	rec = (const void *)(c->buf + c->at);
	c->at += rec->bytes;
	return rec;
}

static const uint8_t *data_of(const struct vmi_capture_rec *rec)
{
	return (const uint8_t *)(rec + 1);
}

/* the next one that is not the host's own (it has IPv6 too) */
static const struct vmi_capture_rec *cap_guest(struct cap *c, int timeout_ms)
{
	const struct vmi_capture_rec *rec;

	do {
		rec = cap_next(c, timeout_ms);
	} while (rec && (rec->caplen < 14 || get16(data_of(rec) + 12) == ETH_P_IPV6));
	return rec;
}

/* is it that frame, whole? */
static int is_frame(const struct vmi_capture_rec *rec, const uint8_t *f, int n, uint32_t port,
		    uint16_t flags)
{
	CHECK(rec);
	CHECK(rec->len == (uint32_t)n && rec->caplen == (uint32_t)n && rec->flags == flags);
	CHECK(rec->port == port && !rec->lost && rec->time_ns > 1000000000);
	CHECK(!memcmp(data_of(rec), f, n));
	return 0;
}

/* ---- guests ---- */

static int rx_ip(struct guest *g, int timeout_ms)
{
	int n;

	do {
		n = rx_frame(g, &hdr, in, timeout_ms);
	} while (n >= 14 && get16(in + 12) != ETH_P_IP);
	return n;
}

static int udp(int payload, int partial)
{
	return udp_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 1, 2, payload, partial);
}

static int start(void)
{
	CHECK(!guest_start(&a, F_ALL) && !guest_start(&b, F_ALL));
	rx_post(&a, 128, 4096);
	rx_post(&b, 128, 4096);
	return 0;
}

static int stop(void)
{
	CHECK(!guest_stop(&a, NULL) && !guest_stop(&b, NULL));
	return 0;
}

/* ---- tests ---- */

/* as somebody; what became of it: 0 or an errno */
static int cap_as(uid_t uid, const char *name, uint32_t what, int times)
{
	int status, i, fd = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (setresgid(uid, uid, uid) || setresuid(uid, uid, uid))
			_exit(255);
		for (i = 0; i < times && fd >= 0; i++)
			fd = cap_fd(name, what, VMI_CAPTURE_ALL, 0, VMI_CAPTURE_BYTES_MIN);
		_exit(fd < 0 ? errno : 0);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int test_open(void)
{
	struct vmi_capture_open o = { .name = NET, .what = VMI_CAPTURE_NET, .port = VMI_CAPTURE_ALL };
	struct nlmsghdr *nlh;
	int fd;

	CHECK(refused(cap_fd("absent", VMI_CAPTURE_VM, VMI_CAPTURE_ALL, 0, 0), ENOENT));
	CHECK(refused(cap_fd("absent", VMI_CAPTURE_NET, VMI_CAPTURE_ALL, 0, 0), ENOENT));
	CHECK(refused(cap_fd("-bad", VMI_CAPTURE_NET, VMI_CAPTURE_ALL, 0, 0), EINVAL));
	CHECK(refused(cap_fd(NET, VMI_CAPTURE_VM, VMI_CAPTURE_ALL, 0, 0), ENOENT));
	CHECK(refused(cap_fd(NET, 0, VMI_CAPTURE_ALL, 0, 0), EINVAL));
	CHECK(refused(cap_fd(NET, 3, VMI_CAPTURE_ALL, 0, 0), EINVAL));
	CHECK(refused(cap_fd(NET, VMI_CAPTURE_NET, 0, 0, 0), EINVAL));
	CHECK(refused(cap_fd(a.name, VMI_CAPTURE_VM, 1, 0, 0), ENOENT));
	CHECK(refused(cap_fd(NET, VMI_CAPTURE_NET, VMI_CAPTURE_ALL, 0, VMI_CAPTURE_BYTES_MIN - 1),
		      EINVAL));
	CHECK(refused(cap_fd(NET, VMI_CAPTURE_NET, VMI_CAPTURE_ALL, 0, VMI_CAPTURE_BYTES_MAX + 1),
		      EINVAL));
	o.flags = 1;
	CHECK(refused(ioctl(dev_fd, VMI_CAPTURE, &o), EINVAL));
	o.flags = 0;
	o.pad = 1;
	CHECK(refused(ioctl(dev_fd, VMI_CAPTURE, &o), EINVAL));
	fd = cap_fd(a.name, VMI_CAPTURE_VM, 0, 0, VMI_CAPTURE_BYTES_MAX);
	CHECK(fd >= 0 && !close(fd));

	CHECK(cap_as(NOBODY, NET, VMI_CAPTURE_NET, 1) == EPERM);
	CHECK(cap_as(NOBODY, a.name, VMI_CAPTURE_VM, 1) == EPERM);
	nl_vm(VMI_CMD_VM_DEL, "tcp-own");
	nlh = nl_request(nl_family, VMI_CMD_VM_NEW, 0);
	mnl_attr_put_strz(nlh, VMI_A_VM_NAME, "tcp-own");
	mnl_attr_put_u32(nlh, VMI_A_VM_UID, NOBODY);
	CHECK(!nl_talk(nlh, NULL, NULL));
	CHECK(cap_as(NOBODY, "tcp-own", VMI_CAPTURE_VM, 8) == 0);
	CHECK(cap_as(NOBODY, "tcp-own", VMI_CAPTURE_VM, 9) == EBUSY);
	CHECK(!nl_vm(VMI_CMD_VM_DEL, "tcp-own"));
	return 0;
}

/* sent by one, received by the other, and once on the network */
static int test_directions(void)
{
	int n = udp(100, 0);

	CHECK(!start());
	CHECK(!cap_open(&ca, a.name, VMI_CAPTURE_VM, 0) && !cap_open(&cb, b.name, VMI_CAPTURE_VM, 0) &&
	      !cap_open(&cn, NET, VMI_CAPTURE_NET, 0));
	CHECK(!tx_frame(&a, NULL, out, n, TX_SPLIT) && rx_ip(&b, WAIT_MS) == n);
	CHECK(!is_frame(cap_guest(&ca, WAIT_MS), out, n, a.port_id, VMI_CAPTURE_SENT));
	CHECK(!is_frame(cap_guest(&cb, WAIT_MS), out, n, b.port_id, 0));
	CHECK(!is_frame(cap_guest(&cn, WAIT_MS), out, n, a.port_id, VMI_CAPTURE_SENT));

	/* from the host, and to all */
	n = udp_put(out, bcast, (uint8_t *)"\2\0\0\0\0\7", inet_addr("198.51.100.9"), INADDR_BROADCAST,
		    1, 2, 50, 0);
	CHECK(send(host, out, n, 0) == n && rx_ip(&a, WAIT_MS) == n && rx_ip(&b, WAIT_MS) == n);
	CHECK(!is_frame(cap_guest(&ca, WAIT_MS), out, n, a.port_id, 0));
	CHECK(!is_frame(cap_guest(&cb, WAIT_MS), out, n, b.port_id, 0));
	CHECK(!is_frame(cap_guest(&cn, WAIT_MS), out, n, 0, VMI_CAPTURE_SENT));

	/* from the VMM to its guest */
	n = udp_put(out, a.info.mac, (uint8_t *)"\2vmi\0\1", a.info.server, a.info.ip, 67, 68, 300, 0);
	CHECK(write(a.port, out, n) == n && rx_ip(&a, WAIT_MS) == n);
	CHECK(!is_frame(cap_guest(&ca, WAIT_MS), out, n, a.port_id, 0));
	CHECK(!is_frame(cap_guest(&cn, WAIT_MS), out, n, 0, VMI_CAPTURE_SENT));
	CHECK(!cap_guest(&ca, 0) && !cap_guest(&cb, 0) && !cap_guest(&cn, 0));
	cap_close(&ca);
	cap_close(&cb);
	cap_close(&cn);
	return stop();
}

/* what is left to a device is completed, in the copy only; of a large segment, too */
static int test_checksum(void)
{
	struct virtio_net_hdr_mrg_rxbuf h = {
		.hdr = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6 },
	};
	const struct vmi_capture_rec *rec;
	uint8_t *tcp = out + 34;
	int n = udp(333, 1);

	CHECK(!start());
	CHECK(!cap_open(&ca, a.name, VMI_CAPTURE_VM, 0) && !cap_open(&cb, b.name, VMI_CAPTURE_VM, 0));
	CHECK(!l4_ok(out));
	CHECK(!tx_frame(&a, &h, out, n, TX_INDIRECT) && rx_ip(&b, WAIT_MS) == n);
	CHECK(hdr.hdr.flags == VIRTIO_NET_HDR_F_NEEDS_CSUM && !memcmp(in, out, n));
	rec = cap_guest(&ca, WAIT_MS);
	CHECK(rec && rec->caplen == (uint32_t)n && rec->flags == VMI_CAPTURE_SENT &&
	      l4_ok(data_of(rec)));
	rec = cap_guest(&cb, WAIT_MS);
	CHECK(rec && rec->caplen == (uint32_t)n && !rec->flags && l4_ok(data_of(rec)));

	/* 8000 bytes of TCP in segments of 1000 */
	n = ip_put(out, b.info.mac, a.info.mac, a.info.ip, b.info.ip, 6, 20 + 8000) + 20 + 8000;
	memset(tcp, 0, 20 + 8000);
	tcp[12] = 0x50;
	tcp[13] = 0x10;
	put16(tcp + 16, csum16(NULL, 0, pseudo(out + 14, 20 + 8000)));
	h.hdr.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
	h.hdr.gso_size = 1000;
	h.hdr.csum_offset = 16;
	CHECK(!tx_frame(&a, &h, out, n, TX_ONE) && rx_ip(&b, WAIT_MS) == n);
	rec = cap_guest(&ca, WAIT_MS);
	CHECK(rec && rec->caplen == (uint32_t)n && l4_ok(data_of(rec)));

	/* a header that lies about where the checksum is */
	n = udp(100, 1);
	h.hdr.gso_type = VIRTIO_NET_HDR_GSO_NONE;
	h.hdr.csum_start = 0xfff0;
	CHECK(!tx_frame(&a, &h, out, n, TX_ONE));
	rec = cap_guest(&ca, WAIT_MS);
	CHECK(rec && rec->flags == (VMI_CAPTURE_SENT | VMI_CAPTURE_DROPPED | VMI_CAPTURE_CSUM));
	cap_close(&ca);
	cap_close(&cb);
	return stop();
}

static int test_snaplen(void)
{
	struct virtio_net_hdr_mrg_rxbuf h = {
		.hdr = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6 },
	};
	const struct vmi_capture_rec *rec;
	int n = udp(1000, 1), i;

	CHECK(!start());
	CHECK(!cap_open(&ca, a.name, VMI_CAPTURE_VM, 64));
	for (i = 0; i < 3; i++)
		CHECK(!tx_frame(&a, &h, out, n, i));
	for (i = 0; i < 3; i++) {
		rec = cap_guest(&ca, WAIT_MS);
		CHECK(rec && rec->len == (uint32_t)n && rec->caplen == 64);
		CHECK(rec->flags == (VMI_CAPTURE_SENT | VMI_CAPTURE_CSUM));
		CHECK(!memcmp(data_of(rec), out, 64) && rec->bytes == sizeof(*rec) + 64);
	}
	cap_close(&ca);
	return stop();
}

/* what a guest may not send is seen, and says why */
static int test_dropped(void)
{
	int n = udp_put(out, b.info.mac, a.info.mac, b.info.ip, a.info.ip, 1, 2, 20, 0);
	const struct vmi_capture_rec *rec;

	CHECK(!start());
	CHECK(!cap_open(&ca, a.name, VMI_CAPTURE_VM, 0) && !cap_open(&cb, b.name, VMI_CAPTURE_VM, 0));
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	rec = cap_guest(&ca, WAIT_MS);
	CHECK(rec && rec->flags == (VMI_CAPTURE_SENT | VMI_CAPTURE_DROPPED));
	CHECK(rec->caplen == (uint32_t)n && !memcmp(data_of(rec), out, n));
	CHECK(rec->text_bytes == strlen("source-ip") &&
	      !memcmp(data_of(rec) + n, "source-ip", rec->text_bytes));
	CHECK(!cap_guest(&cb, 50));
	cap_close(&ca);
	cap_close(&cb);
	return stop();
}

/* a tool that does not read loses frames, and knows how many; nobody else does */
static int test_full(void)
{
	struct vmi_capture_stats stats;
	const struct vmi_capture_rec *rec;
	int n = udp(1400, 0), i, fd, got = 0;
	uint32_t lost = 0;

	CHECK(!start());
	fd = cap_fd(a.name, VMI_CAPTURE_VM, 0, 0, VMI_CAPTURE_BYTES_MIN);
	ca.fd = fd;
	ca.n = ca.at = 0;
	CHECK(fd >= 0 && !fcntl(fd, F_SETFL, O_NONBLOCK));
	CHECK(refused(read(fd, in, sizeof(in)), EAGAIN));
	/* several rounds, so that it wraps wherever it may */
	for (i = 0; i < 900; i++) {
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && rx_ip(&b, WAIT_MS) == n);
		if (i % 300 == 250)
			while ((rec = cap_guest(&ca, 0))) {
				got++;
				lost += rec->lost;
				CHECK(rec->caplen == (uint32_t)n && !memcmp(data_of(rec), out, n));
			}
	}
	CHECK(refused(read(fd, in, 100), EMSGSIZE));
	while ((rec = cap_guest(&ca, 0))) {
		got++;
		lost += rec->lost;
		CHECK(rec->caplen == (uint32_t)n && !memcmp(data_of(rec), out, n));
	}
	CHECK(!ioctl(fd, VMI_CAPTURE_STATS, &stats));
	printf("# %d read, %u lost\n", got, lost);
	CHECK(lost > 100 && stats.lost >= lost && stats.frames + stats.lost >= 900);
	/* the last record tells of those before it only */
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	rec = cap_guest(&ca, WAIT_MS);
	CHECK(rec && lost + rec->lost == stats.lost);
	cap_close(&ca);
	return stop();
}

/* the end of what is captured is the end of the file */
static int test_end(void)
{
	struct net_args n = { .name = "tcp1", .subnet = "203.0.113.0", .prefix = 24 };
	struct port_new_args pa = { .vm = "tcp-x", .net = "tcp1" };
	struct pollfd p[3];
	uint32_t id;
	int i;

	CHECK(!net_new(&n));
	nl_vm(VMI_CMD_VM_DEL, pa.vm);
	CHECK(!nl_vm(VMI_CMD_VM_NEW, pa.vm) && !port_new(&pa, &id));
	p[0].fd = cap_fd("tcp-x", VMI_CAPTURE_VM, 0, 0, 0);
	p[1].fd = cap_fd("tcp-x", VMI_CAPTURE_VM, VMI_CAPTURE_ALL, 0, 0);
	p[2].fd = cap_fd("tcp1", VMI_CAPTURE_NET, VMI_CAPTURE_ALL, 0, 0);
	for (i = 0; i < 3; i++) {
		p[i].events = POLLIN;
		CHECK(p[i].fd >= 0 && !poll(&p[i], 1, 0));
	}
	CHECK(!port_del(id));
	CHECK(poll(&p[0], 1, 0) == 1 && p[0].revents == POLLHUP && !poll(&p[1], 1, 0));
	CHECK(!nl_vm(VMI_CMD_VM_DEL, pa.vm));
	CHECK(poll(&p[1], 1, 0) == 1 && p[1].revents == POLLHUP);
	CHECK(!net_del("tcp1"));
	/* frames of the host's may still be there */
	while (poll(&p[2], 1, 0) == 1 && p[2].revents & POLLIN)
		CHECK(read(p[2].fd, in, sizeof(in)) > 0);
	for (i = 0; i < 3; i++) {
		CHECK(read(p[i].fd, in, sizeof(in)) == 0);
		close(p[i].fd);
	}
	return 0;
}

static int opener_end;

static void *opener(void *arg)
{
	long *times = arg;
	int fd[4], i;

	while (!__atomic_load_n(&opener_end, __ATOMIC_RELAXED)) {
		for (i = 0; i < 4; i++)
			fd[i] = cap_fd(i & 1 ? NET : a.name, i & 1 ? VMI_CAPTURE_NET : VMI_CAPTURE_VM,
				       VMI_CAPTURE_ALL, 0, VMI_CAPTURE_BYTES_MIN);
		for (i = 0; i < 4; i++)
			close(fd[i]);
		__atomic_add_fetch(times, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* captures come and go under traffic, which does not care */
static int test_come_and_go(void)
{
	int n = udp(200, 0), i, bad = 0;
	pthread_t thread;
	long times = 0, end;

	CHECK(!start());
	CHECK(!pthread_create(&thread, NULL, opener, &times));
	end = now_us() + WAIT_MS * 4000L;
	for (i = 0; !bad && __atomic_load_n(&times, __ATOMIC_RELAXED) < 10 && now_us() < end; i++)
		bad = tx_frame(&a, NULL, out, n, TX_ONE) || rx_ip(&b, WAIT_MS) != n ||
		      memcmp(in, out, n);
	__atomic_store_n(&opener_end, 1, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	printf("# %d frames, %ld times four captures\n", i, times);
	CHECK(!bad && times >= 10);
	return stop();
}

/* ---- vmictl, and what Wireshark's programs say ---- */

static char dir[] = "/tmp/vmi-capture-XXXXXX";

static pid_t spawn(const char *file, char *const argv[])
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		execvp(file, argv);
		_exit(127);
	}
	return pid;
}

static int wait_exit(pid_t pid)
{
	long end = now_us() + RUN_MS * 1000L;
	int status;

	while (!waitpid(pid, &status, WNOHANG)) {
		if (now_us() >= end) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			return -1;
		}
		usleep(10000);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* its header is there when it captures */
static int wait_file(const char *path)
{
	long end = now_us() + RUN_MS * 1000L;
	struct stat st;

	while (stat(path, &st) || !st.st_size) {
		if (now_us() >= end)
			return -1;
		usleep(10000);
	}
	return 0;
}

static int lines_match(const char *cmd, const char *const *want, int n)
{
	FILE *f = popen(cmd, "r");
	char line[512];
	int i, ok = 1;

	CHECK(f);
	for (i = 0; i < n; i++) {
		if (!fgets(line, sizeof(line), f))
			strcpy(line, "(nothing)");
		line[strcspn(line, "\n")] = '\0';
		if (strcmp(line, want[i])) {
			printf("# line %d is '%s', not '%s'\n", i, line, want[i]);
			ok = 0;
		}
	}
	if (fgets(line, sizeof(line), f)) {
		printf("# and there is: %s", line);
		ok = 0;
	}
	return pclose(f) || !ok ? -1 : 0;
}

static const char *vmictl(void)
{
	const char *path = getenv("VMICTL");

	return path ? path : "vmictl";
}

/* udp.checksum.status: 1 is good, 2 not checked; direction: 1 inbound, 2 outbound */
static int test_file(void)
{
	static const char *const net_lines[] = {
		"tcp-a:0|0x00000002|142|1|0|", "tcp-a:0|0x00000002|142|1|0|", "tcp-b:0|0x00000002|142|1|1|",
		"tcp-a:0|0x00000002|142|1|0|dropped: source-ip", "tcp-a:0|0x00000002|142|1|0|",
	};
	static const char *const vm_lines[] = {
		"tcp-b:0|0x00000001|142|1|0|", "tcp-b:0|0x00000001|142|1|0|", "tcp-b:0|0x00000002|142|1|0|",
		"tcp-b:0|0x00000001|142|1|0|",
	};
	static const char *const infos[] = { "pcapng|ether" };
	static const char fields[] =
		"tshark -n -r %s/%s.pcapng -o udp.check_checksum:TRUE -T fields -E separator='|' "
		"-Y udp -e frame.interface_name -e frame.packet_flags_direction -e frame.len "
		"-e udp.checksum.status -e frame.interface_id -e frame.comment 2>/dev/null";
	struct virtio_net_hdr_mrg_rxbuf h = {
		.hdr = { .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM, .csum_start = 34, .csum_offset = 6 },
	};
	char of_net[64], of_vm[64], cmd[512];
	char *net_argv[] = { "vmictl", "-q", "capture", NET, "-w", of_net, NULL };
	char *vm_argv[] = { "vmictl", "-q", "capture", "tcp-b", "-w", of_vm, NULL };
	pid_t net, vm;
	int n, i;

	CHECK(mkdtemp(dir));
	snprintf(of_net, sizeof(of_net), "%s/net.pcapng", dir);
	snprintf(of_vm, sizeof(of_vm), "%s/vm.pcapng", dir);
	CHECK(!start());
	net = spawn(vmictl(), net_argv);
	vm = spawn(vmictl(), vm_argv);
	CHECK(net > 0 && vm > 0 && !wait_file(of_net) && !wait_file(of_vm));

	for (i = 0; i < 2; i++) {
		n = udp(100, i);
		CHECK(!tx_frame(&a, i ? &h : NULL, out, n, TX_ONE) && rx_ip(&b, WAIT_MS) == n);
	}
	n = udp_put(out, a.info.mac, b.info.mac, b.info.ip, a.info.ip, 2, 1, 100, 0);
	CHECK(!tx_frame(&b, NULL, out, n, TX_ONE) && rx_ip(&a, WAIT_MS) == n);
	n = udp_put(out, b.info.mac, a.info.mac, b.info.ip, b.info.ip, 1, 2, 100, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE));
	n = udp(100, 0);
	CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && rx_ip(&b, WAIT_MS) == n);
	CHECK(!kill(net, SIGINT) && !kill(vm, SIGTERM) && !wait_exit(net) && !wait_exit(vm));
	CHECK(!stop());

	/* the host's own frames (IPv6) are not UDP */
	snprintf(cmd, sizeof(cmd), fields, dir, "net");
	CHECK(!lines_match(cmd, net_lines, 5));
	snprintf(cmd, sizeof(cmd), fields, dir, "vm");
	CHECK(!lines_match(cmd, vm_lines, 4));
	snprintf(cmd, sizeof(cmd), "capinfos -T -r -t -E -m %s/net.pcapng | cut -d, -f2- | tr , '|'", dir);
	CHECK(!lines_match(cmd, infos, 1));
	return 0;
}

/* --count to standard output, and through a pipe that is closed early */
static int test_count(void)
{
	int bad, n = udp(100, 0), i;
	char cmd[512];
	FILE *f;

	CHECK(!start());
	snprintf(cmd, sizeof(cmd), "%s -q capture tcp-a:0 -c 3 -w - | tshark -n -r - -T fields "
		 "-e frame.number 2>/dev/null; echo done", vmictl());
	f = popen(cmd, "r");
	CHECK(f && !fcntl(fileno(f), F_SETFL, O_NONBLOCK));
	/* it takes the first three that come when it is ready */
	for (i = 0, bad = 1; bad && i < RUN_MS / 10; i++) {
		CHECK(!tx_frame(&a, NULL, out, n, TX_ONE) && rx_ip(&b, WAIT_MS) == n);
		bad = !fgets((char *)in, sizeof(in), f);
		clearerr(f);
		usleep(bad ? 10000 : 0);
	}
	CHECK(!bad && !strcmp((char *)in, "1\n"));
	CHECK(!fcntl(fileno(f), F_SETFL, 0));
	CHECK(fgets((char *)in, 9, f) && !strcmp((char *)in, "2\n"));
	CHECK(fgets((char *)in, 9, f) && !strcmp((char *)in, "3\n"));
	CHECK(fgets((char *)in, 9, f) && !strcmp((char *)in, "done\n") && !pclose(f));
	return stop();
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "who may capture, and what is refused", test_open },
	{ "sent, received, and once on the network", test_directions },
	{ "checksums are complete", test_checksum },
	{ "frames cut to a length", test_snaplen },
	{ "a frame that goes no further says why", test_dropped },
	{ "a full buffer counts what it loses", test_full },
	{ "the end of a port, a VM, a network", test_end },
	{ "captures come and go under traffic", test_come_and_go },
	{ "files for Wireshark", test_file },
	{ "a number of frames to standard output", test_count },
};

static int setup(void)
{
	struct net_args n = { .name = NET, .subnet = SUBNET, .prefix = 24 };

	CHECK(!vnet_open());
	CHECK(!net_new(&n));
	host = host_open(net_ifindex(NET));
	CHECK(host >= 0);
	CHECK(!guest_new(&a, "tcp-a", NET) && !guest_new(&b, "tcp-b", NET));
	return 0;
}

int main(void)
{
	unsigned int i, failed = 0, n = sizeof(tests) / sizeof(tests[0]);
	char path[64];

	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("TAP version 13\n1..%u\n", n);
	if (setup()) {
		printf("Bail out! no network or no guests\n");
		failed = 1;
		n = 0;
	}
	for (i = 0; i < n; i++) {
		int bad = tests[i].fn();

		failed += !!bad;
		printf("%sok %u %s\n", bad ? "not " : "", i + 1, tests[i].name);
		if (bad) {	/* whatever it left on */
			guest_stop(&a, NULL);
			guest_stop(&b, NULL);
		}
	}
	guest_del(&a);
	guest_del(&b);
	if (host >= 0)
		close(host);
	if (net_del(NET)) {
		printf("# network not deleted: %s\n", strerror(errno));
		failed++;
	}
	for (i = 0; i < 2; i++) {
		static const char *const files[] = { "net", "vm" };

		snprintf(path, sizeof(path), "%s/%s.pcapng", dir, files[i]);
		unlink(path);
	}
	rmdir(dir);
	return failed ? 1 : 0;
}

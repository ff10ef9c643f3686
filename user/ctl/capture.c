// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "chr.h"
#include "json.h"
#include "pcapng.h"
#include "portref.h"
#include "verbs.h"

#define READ_BYTES	(1U << 20)
#define HOST		0	/* instead of a port's identifier */

/**
 * struct iface - an interface of the file
 * @port: identifier of the port, or HOST
 * @frames: of it so far
 */
struct iface {
	uint32_t port;
	uint64_t frames;
};

/**
 * struct capture - what is under way
 * @open: what is captured
 * @fd: capture file
 * @signals: what ends it
 * @nl: to learn what a port is
 * @out: where it is written
 * @ifaces: of struct iface, in the order of the file
 * @limited: end after @left frames more
 * @left: see there
 * @frames: written
 */
struct capture {
	struct vmi_capture_open open;
	int fd;
	int signals;
	struct vmi_nl *nl;
	FILE *out;
	struct vmi_vec ifaces;
	bool limited;
	uint32_t left;
	uint64_t frames;
};

/* ---- interfaces ---- */

static struct iface *add_iface(struct capture *c, const struct vmi_port *port)
{
	char name[VMI_NAME_LEN + 16] = "host", about[2 * VMI_NAME_LEN + 64];
	struct pcapng_if iface = { .name = name, .snaplen = c->open.snaplen };
	struct iface *new = vmi_vec_add(&c->ifaces);

	if (!new)
		return NULL;
	new->port = HOST;
	if (port) {
		new->port = port->id;
		snprintf(name, sizeof(name), "%s:%u", port->vm, port->index);
		snprintf(about, sizeof(about), "port %u of VM %s on network %s", port->id, port->vm,
			 port->net);
		iface.description = about;
		iface.mac = port->mac;
	}
	pcapng_interface(c->out, &iface);
	return new;
}

/* Return: the interface of a port, which may be new; NULL without memory. */
static struct iface *find_iface(struct capture *c, uint32_t id)
{
	struct vmi_port port;
	struct iface *iface;

	vmi_vec_for_each(iface, &c->ifaces)
		if (iface->port == id)
			return iface;
	if (id == HOST)
		return add_iface(c, NULL);
	/* one that is gone already has but its number */
	if (vmi_port_get(c->nl, id, &port)) {
		memset(&port, 0, sizeof(port));
		port.id = id;
		strcpy(port.vm, "port");
		port.index = id;
	}
	return add_iface(c, &port);
}

/* those that are there; others follow when they have frames */
static int add_ifaces(struct capture *c)
{
	struct vmi_vec ports = VMI_VEC_INIT(struct vmi_port);
	bool is_vm = c->open.what == VMI_CAPTURE_VM;
	const struct vmi_port *p;
	int ret;

	ret = vmi_port_dump(c->nl, is_vm ? c->open.name : NULL, is_vm ? NULL : c->open.name, &ports);
	vmi_vec_for_each(p, &ports)
		if (!ret && (c->open.port == VMI_CAPTURE_ALL || c->open.port == p->index) &&
		    !add_iface(c, p))
			ret = -ENOMEM;
	vmi_vec_free(&ports);
	return ret;
}

/* ---- frames ---- */

static int write_frame(struct capture *c, const struct vmi_capture_rec *rec)
{
	const uint8_t *data = (const uint8_t *)(rec + 1);
	struct iface *iface = find_iface(c, rec->port);
	char comment[sizeof("dropped: ") + 64];
	struct pcapng_frame frame = {
		.time_ns = rec->time_ns,
		.data = data,
		.caplen = rec->caplen,
		.len = rec->len,
		.sent = rec->flags & VMI_CAPTURE_SENT,
		.lost = rec->lost,
	};

	if (!iface)
		return -ENOMEM;
	if (rec->flags & VMI_CAPTURE_DROPPED) {
		snprintf(comment, sizeof(comment), "dropped: %.*s",
			 rec->text_bytes < 64 ? rec->text_bytes : 64,
			 (const char *)data + rec->caplen);
		frame.comment = comment;
	} else if (rec->flags & VMI_CAPTURE_CSUM) {
		frame.comment = "its checksum is left to the receiver's device";
	}
	frame.iface = (uint32_t)(iface - (struct iface *)c->ifaces.data);
	pcapng_frame(c->out, &frame);
	iface->frames++;
	c->frames++;
	c->left -= c->limited;
	return 0;
}

static bool is_done(const struct capture *c)
{
	return c->limited && !c->left;
}

/* Return: 1 to go on, 0 at the end, or a negative errno. */
static int read_frames(struct capture *c, uint8_t *buf)
{
	ssize_t n = read(c->fd, buf, READ_BYTES), at;
	const struct vmi_capture_rec *rec;
	int ret;

	if (n <= 0)
		return n < 0 ? -errno : 0;
	for (at = 0; at < n && !is_done(c); at += rec->bytes) {
		rec = (const struct vmi_capture_rec *)(buf + at);
		ret = write_frame(c, rec);
		if (ret)
			return ret;
	}
	/* who looks on sees what has come so far */
	if (fflush(c->out) || ferror(c->out))
		return -errno;
	return !is_done(c);
}

static int run_until_end(struct capture *c)
{
	struct pollfd p[] = {
		{ .fd = c->fd, .events = POLLIN },
		{ .fd = c->signals, .events = POLLIN },
	};
	uint8_t *buf = malloc(READ_BYTES);
	int ret = 1;

	if (!buf)
		return -ENOMEM;
	while (ret > 0 && !is_done(c)) {
		if (poll(p, 2, -1) < 0) {
			ret = errno == EINTR ? 1 : -errno;
			continue;
		}
		/* what was captured before is written yet */
		if (p[1].revents && !(p[0].revents & POLLIN))
			break;
		ret = read_frames(c, buf);
		if (p[1].revents)
			break;
	}
	free(buf);
	return ret < 0 ? ret : 0;
}

/* The buffer is one for all interfaces: what it lost is told of the first. */
static void finish(struct capture *c, struct vmi_capture_stats *stats)
{
	const struct iface *iface;
	struct timespec now;
	uint64_t time_ns;
	uint32_t i = 0;

	memset(stats, 0, sizeof(*stats));
	ioctl(c->fd, VMI_CAPTURE_STATS, stats);
	clock_gettime(CLOCK_REALTIME, &now);
	time_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	vmi_vec_for_each(iface, &c->ifaces) {
		pcapng_statistics(c->out, i, time_ns, iface->frames, i ? 0 : stats->lost);
		i++;
	}
}

static void print_sum(const struct capture *c, bool to_stdout, const struct vmi_capture_stats *stats)
{
	struct json_object *obj;

	if (ctl.json && !to_stdout) {
		obj = json_object_new_object();
		json_put_number(obj, "frames", c->frames);
		json_put_number(obj, "lost", stats->lost);
		json_print(obj);
	} else if (!ctl.quiet && !ctl.json) {
		fprintf(stderr, "%llu frames captured, %llu lost\n", (unsigned long long)c->frames,
			(unsigned long long)stats->lost);
	}
}

static int record(struct capture *c, const char *path)
{
	bool to_stdout = !strcmp(path, "-");
	struct vmi_capture_stats stats;
	int ret;

	c->out = to_stdout ? stdout : fopen(path, "we");
	if (!c->out)
		return fail_errno(errno, "cannot write %s", path);
	pcapng_begin(c->out, "vmictl " VMICTL_VERSION);
	ret = add_ifaces(c);
	if (ret)
		ret = fail_nl(c->nl, ret, "cannot list the ports of %s", c->open.name);
	else if (fflush(c->out))
		ret = fail_errno(errno, "cannot write %s", path);
	else if ((ret = run_until_end(c)))
		ret = fail_errno(ret, "cannot capture");
	if (!ret)
		finish(c, &stats);
	if ((to_stdout ? fflush(c->out) : fclose(c->out)) && !ret)
		ret = fail_errno(errno, "cannot write %s", path);
	if (!ret)
		print_sum(c, to_stdout, &stats);
	vmi_vec_free(&c->ifaces);
	return ret;
}

/* ---- what ---- */

/* A name may be of a VM and of a network. */
static int choose(const struct verb *verb, struct capture *c, bool is_vm, bool is_net)
{
	struct vmi_net net;
	struct vmi_vm vm;

	if (!is_vm && !is_net) {
		is_vm = !vmi_vm_get(c->nl, c->open.name, &vm);
		is_net = !vmi_net_get(c->nl, c->open.name, &net);
		if (!is_vm && !is_net)
			return fail(EXIT_NO_OBJECT, "there is no VM that was started and no network %s",
				    c->open.name);
	}
	if (is_vm && is_net)
		return usage(verb, "capture: there is a VM and a network %s: say --vm or --net",
			     c->open.name);
	c->open.what = is_vm ? VMI_CAPTURE_VM : VMI_CAPTURE_NET;
	return 0;
}

static int set_target(const struct verb *verb, struct capture *c, const char *arg, bool *is_vm)
{
	struct port_ref ref;

	c->open.port = VMI_CAPTURE_ALL;
	if (strchr(arg, ':')) {
		if (portref_parse(verb, arg, &ref))
			return EXIT_USAGE;
		strcpy(c->open.name, ref.vm);
		c->open.port = ref.index;
		*is_vm = true;
		return 0;
	}
	if (check_name(arg))
		return EXIT_USAGE;
	strcpy(c->open.name, arg);
	return 0;
}

static int explain(const struct capture *c, int err)
{
	const char *what = c->open.what == VMI_CAPTURE_VM ? "VM" : "network";

	if (err == -ENOENT && c->open.port != VMI_CAPTURE_ALL)
		return fail(EXIT_NO_OBJECT, "there is no VM %s with a port %u", c->open.name,
			    c->open.port);
	if (err == -ENOENT)
		return fail(EXIT_NO_OBJECT, "there is no %s %s", what, c->open.name);
	if (err == -EBUSY)
		return fail(EXIT_FAILED, "you have as many captures as one may have");
	return fail_errno(err, "cannot capture %s %s", what, c->open.name);
}

static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* a reader that has seen enough */
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static const char *set_count(const char *val, void *dest)
{
	const char *wrong = set_u32(val, dest);

	return wrong ? wrong : *(uint32_t *)dest ? NULL : "is no frame at all";
}

static const char *set_buffer(const char *val, void *dest)
{
	uint64_t bytes;
	const char *wrong = set_bytes(val, &bytes);

	if (wrong)
		return wrong;
	if (bytes < VMI_CAPTURE_BYTES_MIN || bytes > VMI_CAPTURE_BYTES_MAX)
		return "is not from 256K to 64M";
	*(uint32_t *)dest = (uint32_t)bytes;
	return NULL;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct capture c = { .ifaces = VMI_VEC_INIT(struct iface) };
	bool is_vm = false, is_net = false;
	const char *path = NULL;
	const struct opt opts[] = {
		{ "write", 'w', "FILE", NULL, &path, "pcapng file to write; - for standard output; needed" },
		{ "count", 'c', "N", set_count, &c.left, "end after so many frames" },
		{ "snaplen", 's', "BYTES", set_u32, &c.open.snaplen, "of each frame at most (default: all)" },
		{ "buffer", 'b', "BYTES", set_buffer, &c.open.bytes, "for frames that wait (default: 2M)" },
		{ "vm", 0, NULL, NULL, &is_vm, "NAME is a VM" },
		{ "net", 0, NULL, NULL, &is_net, "NAME is a network" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 1);
	int ret;

	c.limited = c.left;
	if (!path)
		return usage(verb, "capture: say where to with --write FILE (- for standard output)");
	if (set_target(verb, &c, args[0], &is_vm))
		return EXIT_USAGE;
	ret = ctl_open(&c.nl);
	if (ret)
		return ret;
	ret = choose(verb, &c, is_vm, is_net);
	if (ret)
		goto out_nl;
	c.fd = vmi_capture_open(&c.open);
	if (c.fd < 0) {
		ret = explain(&c, c.fd);
		goto out_nl;
	}
	c.signals = open_signals();
	if (c.signals < 0) {
		ret = fail_errno(errno, "cannot wait for signals");
	} else {
		ret = record(&c, path);
		close(c.signals);
	}
	close(c.fd);
out_nl:
	vmi_nl_close(c.nl);
	return ret;
}

const struct verb verb_capture = {
	.name = "capture",
	.args = "VM[:INDEX]|NET --write FILE",
	.summary = "Record the frames of a VM or a network in a file for Wireshark",
	.help = "Of a VM: what its guest sends and receives, by one port or by all. Of a network: each\n"
		"frame once, as it comes in from a guest or the host. Frames that a guest may not send\n"
		"have a comment that says why. It ends by a signal (Ctrl-C), after --count frames, or\n"
		"when the VM or the network is deleted. To look on:\n"
		"vmictl capture web -w - | tshark -r -",
	.run = run,
};

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fail.h"
#include "link.h"
#include "loop.h"
#include "ram.h"

#define PATH	"/dev/vmi"

static struct source vm_file = { .fd = -1 };
static link_command_fn on_command;
static void (*on_probe)(void);

static void read_command(struct source *src)
{
	struct vmi_reply reply = { 0 };
	struct vmi_cmd cmd;

	if (read(src->fd, &cmd, sizeof(cmd)) != sizeof(cmd))
		return;
	reply.id = cmd.id;
	reply.error = on_command((enum vmi_command)cmd.op, reply.text);
	/* the client may have given up: there is nobody to tell */
	ioctl(src->fd, VMI_VM_REPLY, &reply);
}

static void ready(struct source *src, short revents)
{
	if (revents & POLLPRI && on_probe)
		on_probe();
	if (revents & ~POLLPRI)
		read_command(src);
}

static int attach(const char *name)
{
	struct vmi_attach arg = { 0 };
	int fd, dev;

	dev = open(PATH, O_RDWR | O_CLOEXEC);
	if (dev < 0 && (errno == ENOENT || errno == ENXIO || errno == ENODEV))
		return fail("there is no " PATH ": load the module (modprobe vmi)");
	if (dev < 0)
		return fail_errno(errno, "cannot open " PATH);
	snprintf(arg.name, sizeof(arg.name), "%s", name);
	fd = ioctl(dev, VMI_ATTACH, &arg);
	if (fd < 0 && errno == ENOENT)
		fail("there is no VM %s: define it first (vmictl does)", name);
	else if (fd < 0 && errno == EBUSY)
		fail("%s has a VMM already", name);
	else if (fd < 0 && errno == EPERM)
		fail("%s belongs to somebody else", name);
	else if (fd < 0)
		fail_errno(errno, "cannot become the VMM of %s", name);
	close(dev);
	return fd < 0 ? -1 : fd;
}

int link_open(const struct options *opts, link_command_fn command)
{
	if (!opts->vmi)
		return 0;
	vm_file.fd = attach(opts->name);
	if (vm_file.fd < 0)
		return -1;
	if (fcntl(vm_file.fd, F_SETFL, O_NONBLOCK))
		return fail_errno(errno, "cannot prepare the VM file");
	vm_file.events = POLLIN | POLLPRI;
	vm_file.ready = ready;
	on_command = command;
	return loop_add(&vm_file);
}

int link_memory(void)
{
	unsigned int i, n;
	const struct ram_region *r = ram_regions(&n);

	if (vm_file.fd < 0)
		return 0;
	for (i = 0; i < n; i++) {
		const struct vmi_mem_region region = {
			.slot = i, .gpa = r[i].gpa, .size = r[i].size,
			.uaddr = (uintptr_t)r[i].host,
		};

		if (ioctl(vm_file.fd, VMI_VM_MEM, &region))
			return fail_errno(errno, "the module refuses the guest's memory");
	}
	return 0;
}

int link_info(const struct options *opts)
{
	struct vmi_vm_info info = { .vcpus = opts->cpus, .mem_bytes = opts->mem_bytes };

	if (vm_file.fd < 0)
		return 0;
	if (opts->console && opts->console[0] == '/')
		snprintf(info.console, sizeof(info.console), "%s", opts->console);
	if (ioctl(vm_file.fd, VMI_VM_INFO, &info))
		return fail_errno(errno, "the module refuses what it was told of the VM");
	return 0;
}

int link_port(unsigned int index, struct vmi_port_open *port, int *fd)
{
	if (vm_file.fd < 0)
		return 0;
	memset(port, 0, sizeof(*port));
	port->index = index;
	*fd = ioctl(vm_file.fd, VMI_VM_PORT, port);
	if (*fd >= 0)
		return 1;
	return errno == ENOENT ? 0 : fail_errno(errno, "cannot open port %u", index);
}

int link_state(enum vmi_state state, enum vmi_reason reason, const char *text)
{
	struct vmi_vm_state arg = { .state = state, .reason = reason };

	if (vm_file.fd < 0)
		return 0;
	if (text)
		snprintf(arg.text, sizeof(arg.text), "%s", text);
	if (ioctl(vm_file.fd, VMI_VM_STATE, &arg))
		return fail_errno(errno, "the module refuses a report of the VM's state");
	return 0;
}

void link_set_probe(void (*fn)(void))
{
	on_probe = fn;
}

int link_probe_next(struct vmi_probe_req *req)
{
	return ioctl(vm_file.fd, VMI_VM_PROBE_NEXT, req) ? -1 : 0;
}

int link_probe_done(const struct vmi_probe_done *done)
{
	return ioctl(vm_file.fd, VMI_VM_PROBE_DONE, done) ? -1 : 0;
}

int link_event(struct vmi_vm_event *ev)
{
	return ioctl(vm_file.fd, VMI_VM_EVENT, ev) ? -1 : 0;
}

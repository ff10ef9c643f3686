// SPDX-License-Identifier: GPL-2.0
/*
 * Our ports: a host-only network, or a bridged one, a VM a NIC.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <linux/vmi_chr.h>

#include "../../user/lib/client.h"
#include "path.h"
#include "sh.h"

#define NET	"bench"
#define IFNAME	"vmi-bench"

/* Silent guests have two rings and no buffer. */
#define SILENT_MEM	0x8000UL
#define SILENT_PORTS	8	/* of a VM */

struct vm {
	char name[VMI_NAME_LEN];
	int vm;
	int port[SILENT_PORTS];
	unsigned int nports;
	void *mem;
	size_t size;
	struct vm *next;
};

static struct vmi_nl *nl;
static struct vm *vms;
static unsigned int nvms;
static int dev = -1;

static int refused(const char *what, int err)
{
	errno = -err;
	return fail("%s: %s", what, vmi_nl_error(nl));
}

static void vmi_down(void)
{
	if (nl) {
		vmi_net_del(nl, NET);
		vmi_nl_close(nl);
	}
	if (dev >= 0)
		close(dev);
	nl = NULL;
	dev = -1;
}

static int vmi_up(const char *uplink)
{
	struct vmi_net_spec spec = { .has = VMI_HAS(VMI_A_NET_MODE) | VMI_HAS(VMI_A_NET_SUBNET) |
					    VMI_HAS(VMI_A_NET_PREFIX_LEN) |
					    VMI_HAS(VMI_A_NET_IFNAME) };
	int err;

	nvms = 0;
	dev = open("/dev/vmi", O_RDWR | O_CLOEXEC);
	if (dev < 0)
		return fail("/dev/vmi");
	err = vmi_nl_open(&nl);
	if (err)
		return refused("netlink", err);
	snprintf(spec.net.name, sizeof(spec.net.name), NET);
	snprintf(spec.net.ifname, sizeof(spec.net.ifname), IFNAME);
	if (uplink) {
		/* Addresses are the LAN's business. */
		spec.has = VMI_HAS(VMI_A_NET_MODE) | VMI_HAS(VMI_A_NET_UPLINK);
		spec.net.mode = VMI_NET_MODE_BRIDGED;
		snprintf(spec.net.uplink, sizeof(spec.net.uplink), "%s", uplink);
	} else {
		spec.net.mode = VMI_NET_MODE_HOST_ONLY;
		spec.net.subnet.s_addr = htonl(0xc6120000);	/* 198.18.0.0/15, for benchmarks */
		spec.net.prefix_len = 16;
	}
	err = vmi_net_new(nl, &spec);
	return err ? refused("network", err) : 0;
}

static void vm_del(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < vm->nports; i++)
		close(vm->port[i]);
	if (vm->vm >= 0)
		close(vm->vm);
	vmi_vm_del(nl, vm->name);
	free(vm);
}

/* a VM with as many ports, attached */
static struct vm *vm_new(unsigned int nports, void *mem, size_t size)
{
	struct vmi_mem_region region = { .uaddr = (uintptr_t)mem, .size = size };
	struct vm *vm = calloc(1, sizeof(*vm));
	struct vmi_vm_spec spec = { .name = vm->name, .vcpus = 1, .mem_bytes = size };
	struct vmi_port_spec port = { .vm = vm->name, .net = NET };
	struct vmi_attach attach = { 0 };
	unsigned int i;
	int err;

	vm->vm = -1;
	snprintf(vm->name, sizeof(vm->name), "bench-%u", nvms++);
	err = vmi_vm_new(nl, &spec);
	for (i = 0; i < nports && !err; i++)
		err = vmi_port_new(nl, &port);
	if (err) {
		refused(vm->name, err);
		goto undo;
	}
	strcpy(attach.name, vm->name);
	vm->vm = ioctl(dev, VMI_ATTACH, &attach);
	if (vm->vm < 0 || ioctl(vm->vm, VMI_VM_MEM, &region)) {
		fail("attach");
		goto undo;
	}
	return vm;
undo:
	vm_del(vm);
	return NULL;
}

static int port_open(struct vm *vm, struct vmi_port_open *info)
{
	int fd;

	memset(info, 0, sizeof(*info));
	info->index = vm->nports;
	fd = ioctl(vm->vm, VMI_VM_PORT, info);
	if (fd < 0)
		return fail("port");
	vm->port[vm->nports++] = fd;
	return fd;
}

static int port_on(int fd, const int *kick, int call)
{
	struct vmi_port_enable enable = { .on = 1, .features = NIC_FEATURES | NIC_OFFLOADS };
	int q;

	for (q = 0; q < 2; q++) {
		struct vmi_port_queue queue = {
			.index = q,
			.size = NIC_QSIZE,
			.desc_gpa = NIC_RING_GPA(q),
			.avail_gpa = NIC_AVAIL_GPA(q),
			.used_gpa = NIC_USED_GPA(q),
			.kick_fd = kick ? kick[q] : -1,
			.call_fd = call,
		};

		if (ioctl(fd, VMI_PORT_QUEUE, &queue))
			return fail("queue");
	}
	return ioctl(fd, VMI_PORT_ENABLE, &enable) ? fail("start of the rings") : 0;
}

static int vmi_plug(struct nic *n)
{
	struct vm *vm = vm_new(1, n->mem, n->size);
	struct vmi_port_open info;

	n->priv = vm;
	if (!vm || port_open(vm, &info) < 0)
		return -1;
	memcpy(n->mac, info.mac, sizeof(n->mac));
	n->ip = info.ip ? info.ip : nth_ip(nvms);
	return 0;
}

static int vmi_start(struct nic *n)
{
	struct vm *vm = n->priv;

	return port_on(vm->port[0], n->kick, n->call);
}

static void vmi_unplug(struct nic *n)
{
	if (n->priv)
		vm_del(n->priv);
	n->priv = NULL;
}

static int vmi_ports(unsigned int count)
{
	struct vmi_port_open info;
	unsigned int i, part;
	struct vm *vm;
	void *mem;
	int fd;

	for (; count; count -= part) {
		part = count < SILENT_PORTS ? count : SILENT_PORTS;
		mem = mmap(NULL, SILENT_MEM, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		vm = vm_new(part, mem, SILENT_MEM);
		if (!vm)
			return -1;
		vm->mem = mem;
		vm->size = SILENT_MEM;
		vm->next = vms;
		vms = vm;
		for (i = 0; i < part; i++) {
			fd = port_open(vm, &info);
			if (fd < 0 || port_on(fd, NULL, -1))
				return -1;
		}
	}
	return 0;
}

static int vmi_stations(unsigned int count)
{
	return send_stations(IFNAME, count);
}

static void vmi_close(void)
{
	struct vm *vm;

	while ((vm = vms)) {
		void *mem = vm->mem;
		size_t size = vm->size;

		vms = vm->next;
		vm_del(vm);
		munmap(mem, size);
	}
	vmi_down();
}

const struct path path_vmi = {
	.name		= "vmi",
	.open		= vmi_up,
	.has_uplink	= true,
	.plug		= vmi_plug,
	.start		= vmi_start,
	.unplug		= vmi_unplug,
	.ports		= vmi_ports,
	.stations	= vmi_stations,
	.close		= vmi_close,
};

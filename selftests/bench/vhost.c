// SPDX-License-Identifier: GPL-2.0
/*
 * vhost-net and the files it serves, set up as QEMU does it for speed.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/vhost.h>
#include <net/if.h>

#include "sh.h"
#include "vhost.h"

/* virtio-net headers as the guest's, all offloads, and no bound on what waits: vhost batches then */
static int tap_setup(int fd)
{
	unsigned int offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_TSO_ECN;
	int len = NIC_HDR, sndbuf = INT_MAX;

	if (ioctl(fd, TUNSETVNETHDRSZ, &len) || ioctl(fd, TUNSETOFFLOAD, offload) ||
	    ioctl(fd, TUNSETSNDBUF, &sndbuf))
		return fail("tap options");
	return fd;
}

int tap_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return fail("/dev/net/tun");
	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &ifr)) {
		close(fd);
		return fail("tap %s", name);
	}
	return tap_setup(fd);
}

int macvtap_open(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	unsigned int major, minor, index = if_nametoindex(name);
	char path[128];
	FILE *f;
	int fd;

	snprintf(path, sizeof(path), "/sys/class/net/%s/macvtap/tap%u/dev", name, index);
	f = fopen(path, "r");
	if (!f || fscanf(f, "%u:%u", &major, &minor) != 2)
		return fail("%s", path);
	fclose(f);
	snprintf(path, sizeof(path), "/dev/bench-%s", name);
	unlink(path);
	if (mknod(path, S_IFCHR | 0600, makedev(major, minor)))
		return fail("%s", path);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	unlink(path);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &ifr))
		return fail("macvtap %s", name);
	return tap_setup(fd);
}

int vhost_start(struct nic *n, int backend)
{
	uint64_t features = NIC_FEATURES;
	struct vhost_memory *map;
	int q, fd, err;

	fd = open("/dev/vhost-net", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return fail("/dev/vhost-net");
	map = calloc(1, sizeof(*map) + sizeof(map->regions[0]));
	map->nregions = 1;
	map->regions[0].memory_size = n->size;
	map->regions[0].userspace_addr = (uintptr_t)n->mem;
	err = ioctl(fd, VHOST_SET_OWNER) || ioctl(fd, VHOST_SET_FEATURES, &features) ||
	      ioctl(fd, VHOST_SET_MEM_TABLE, map);
	free(map);
	for (q = 0; q < 2 && !err; q++) {
		struct vhost_vring_state size = { .index = q, .num = NIC_QSIZE };
		struct vhost_vring_state base = { .index = q };
		struct vhost_vring_addr addr = {
			.index = q,
			.desc_user_addr = (uintptr_t)n->vq[q].desc,
			.avail_user_addr = (uintptr_t)n->vq[q].avail,
			.used_user_addr = (uintptr_t)n->vq[q].used,
		};
		struct vhost_vring_file kick = { .index = q, .fd = n->kick[q] };
		struct vhost_vring_file call = { .index = q, .fd = n->call };

		err = ioctl(fd, VHOST_SET_VRING_NUM, &size) ||
		      ioctl(fd, VHOST_SET_VRING_BASE, &base) ||
		      ioctl(fd, VHOST_SET_VRING_ADDR, &addr) ||
		      ioctl(fd, VHOST_SET_VRING_KICK, &kick) ||
		      ioctl(fd, VHOST_SET_VRING_CALL, &call);
	}
	for (q = 0; q < 2 && !err; q++) {
		struct vhost_vring_file file = { .index = q, .fd = backend };

		err = ioctl(fd, VHOST_NET_SET_BACKEND, &file);
	}
	if (err) {
		fail("vhost-net");
		close(fd);
		return -1;
	}
	return fd;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Sockets of all network namespaces, and who has them open. */
#ifndef VMIG_SOCKET_H
#define VMIG_SOCKET_H

#include "task.h"

#define GUEST_SOCKETS_MAX	(1U << 20)
#define GUEST_SOCKNAME_LEN	109	/* of a unix socket, with its NUL */

/**
 * struct guest_socket - a socket
 * @addr: of the struct sock
 * @family: AF_*
 * @type: SOCK_*; 0 for one that only answers for a connection that was or will be
 * @protocol: IPPROTO_*, or of the family
 * @state: TCP_* of the kernel, which other protocols use likewise
 * @local: address, 4 or 16 bytes as the family has it
 * @remote: address of the peer
 * @local_port: port, or the port ID of netlink
 * @remote_port: port of the peer
 * @ino: inode number, 0 where there is none
 * @uid: user who made it
 * @netns: number of its network namespace's inode
 * @name: of a unix socket; an abstract one begins with @
 * @pid: a process that has it open, 0 for none
 * @fd: its descriptor there
 * @owners: descriptors of processes that are this socket
 * @comm: name of @pid
 */
struct guest_socket {
	uint64_t addr;
	uint16_t family;
	uint16_t type;
	uint16_t protocol;
	uint8_t state;
	uint8_t local[16];
	uint8_t remote[16];
	uint32_t local_port;
	uint32_t remote_port;
	uint64_t ino;
	uint32_t uid;
	uint64_t netns;
	char name[GUEST_SOCKNAME_LEN];
	int32_t pid;
	uint32_t fd;
	uint32_t owners;
	char comm[GUEST_COMM_LEN];
};

/**
 * guest_sockets() - all sockets
 * @g: guest
 * @sockets: vector of struct guest_socket, empty; to be freed with vmi_vec_free()
 *
 * Those that processes have open, and those that the tables of TCP, UDP, raw, unix,
 * packet and netlink sockets know. Return: 0 or a negative errno, see guest_open().
 */
int guest_sockets(struct guest *g, struct vmi_vec *sockets);

/* Words for numbers: "tcp", "udp6", "unix-stream"; "established". Never NULL. */
const char *guest_socket_kind(const struct guest_socket *s);
const char *guest_socket_state(const struct guest_socket *s);

#endif /* VMIG_SOCKET_H */

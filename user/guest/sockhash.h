/* SPDX-License-Identifier: GPL-2.0 */
/* The tables in which the kernel's protocols keep their sockets. */
#ifndef VMIG_SOCKHASH_H
#define VMIG_SOCKHASH_H

#include "guest.h"
#include "vec.h"

/* Add the address of each struct sock, uint64_t. Return: 0, -EAGAIN, or see guest_open(). */
int guest_sockhash(struct guest *g, struct vmi_vec *socks);

#endif /* VMIG_SOCKHASH_H */

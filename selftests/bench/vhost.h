/* SPDX-License-Identifier: GPL-2.0 */
/*
 * vhost-net and the files it serves.
 */
#ifndef BENCH_VHOST_H
#define BENCH_VHOST_H

#include "nic.h"

/* a tap with all its offloads, up; its file or -1 */
int tap_open(const char *name);
/* the same of a macvtap that exists */
int macvtap_open(const char *name);
/* have vhost-net serve the NIC's rings with that file; the vhost file or -1 */
int vhost_start(struct nic *n, int backend);

#endif /* BENCH_VHOST_H */

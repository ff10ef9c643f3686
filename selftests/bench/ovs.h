/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's Open vSwitch datapath, without its daemon.
 */
#ifndef BENCH_OVS_H
#define BENCH_OVS_H

#include <stdint.h>

int ovs_open(void);
/* add an interface, and flows between it and all that were added before */
int ovs_port(const char *name, const uint8_t *mac);
void ovs_close(void);

#endif /* BENCH_OVS_H */

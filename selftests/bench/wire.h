/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The wire behind an uplink: an interface of the host, and a station beyond it.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "nic.h"

#define WIRE_UPLINK	"bench-up"

/*
 * Make the interface. Outward it takes what is sent, at no cost; inward (@in) it is
 * a veth, and frames come from its far end.
 */
int wire_open(bool in);
void wire_close(void);
/* the station: the other end of what a NIC sends or gets */
void wire_station(struct nic *n);
/* frames that have left by the interface */
uint64_t wire_left(void);
/* frames of that length to a NIC */
int wire_aim(const struct nic *to, uint32_t frame_len);
/* let so many come in; number of those that were sent */
unsigned int wire_send(unsigned int n);

#endif /* BENCH_WIRE_H */

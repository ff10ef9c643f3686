/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A path: what carries frames from one guest's NIC to another's.
 *
 * A function that a path has not got is NULL, and so are the figures that need it.
 */
#ifndef BENCH_PATH_H
#define BENCH_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "nic.h"

/**
 * struct path - a way between NICs
 * @name: short, for tables
 * @open: make the network, with an uplink if that is not NULL; -1 and a message on failure
 * @has_uplink: it can have one
 * @plug: give a NIC its addresses
 * @start: serve its rings, which are empty
 * @unplug: undo @plug and @start
 * @ports: add as many ports whose guests are silent
 * @stations: have as many addresses learned that nobody sends to
 * @serve: carry what waits; for a path that is no other task's business
 * @close: undo @open and all that was added
 */
struct path {
	const char *name;
	int (*open)(const char *uplink);
	bool has_uplink;
	int (*plug)(struct nic *n);
	int (*start)(struct nic *n);
	void (*unplug)(struct nic *n);
	int (*ports)(unsigned int count);
	int (*stations)(unsigned int count);
	unsigned int (*serve)(void);
	void (*close)(void);
};

extern const struct path path_vmi;
extern const struct path path_bridge;
extern const struct path path_macvtap;
extern const struct path path_ovs;
extern const struct path path_loop;

#endif /* BENCH_PATH_H */

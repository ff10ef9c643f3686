/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which device answers at which address.
 *
 * All state of devices is under one lock, the device lock: vCPUs hold it for an
 * access, the main thread while it changes something. It is never held while
 * vCPUs are waited for.
 */
#ifndef VMM_BUS_H
#define VMM_BUS_H

#include <stdbool.h>
#include <stdint.h>

enum bus { BUS_PORTS, BUS_MEM, BUSES };

/**
 * struct range - addresses of a device
 * @base: first one
 * @size: how many; 0 for none at present
 * @read: of @len (1, 2, 4 or 8) bytes at @off, which are within the range
 * @write: likewise
 * @next: the bus's
 */
struct range {
	uint64_t base;
	uint64_t size;
	uint64_t (*read)(struct range *range, uint64_t off, unsigned int len);
	void (*write)(struct range *range, uint64_t off, unsigned int len, uint64_t val);
	struct range *next;
};

void bus_lock(void);
void bus_unlock(void);

/* @range stays for ever; its base and size may change with the device lock held. */
void bus_add(enum bus bus, struct range *range);

/* A vCPU's access. Where nobody is, reads give ones and writes go nowhere. Takes the device lock. */
void bus_access(enum bus bus, uint64_t addr, void *data, unsigned int len, bool write);

#endif /* VMM_BUS_H */

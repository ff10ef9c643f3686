// SPDX-License-Identifier: GPL-2.0
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "bus.h"

static pthread_mutex_t device_lock = PTHREAD_MUTEX_INITIALIZER;
static struct range *ranges[BUSES];

void bus_lock(void)
{
	pthread_mutex_lock(&device_lock);
}

void bus_unlock(void)
{
	pthread_mutex_unlock(&device_lock);
}

void bus_add(enum bus bus, struct range *range)
{
	bus_lock();
	range->next = ranges[bus];
	ranges[bus] = range;
	bus_unlock();
}

static struct range *find(enum bus bus, uint64_t addr, unsigned int len)
{
	struct range *r;

	for (r = ranges[bus]; r; r = r->next)
		if (addr >= r->base && addr - r->base < r->size && len <= r->size - (addr - r->base))
			return r;
	return NULL;
}

void bus_access(enum bus bus, uint64_t addr, void *data, unsigned int len, bool write)
{
	uint64_t val = ~UINT64_C(0);
	struct range *r;

	if (len != 1 && len != 2 && len != 4 && len != 8)
		return;
	bus_lock();
	r = find(bus, addr, len);
	if (write) {
		val = 0;
		memcpy(&val, data, len);
		if (r)
			r->write(r, addr - r->base, len, val);
	} else {
		if (r)
			val = r->read(r, addr - r->base, len);
		memcpy(data, &val, len);
	}
	bus_unlock();
}

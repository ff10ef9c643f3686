// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "walk.h"

#define PRESENT		(1ULL << 0)
#define WRITABLE	(1ULL << 1)
#define USER		(1ULL << 2)
#define LARGE		(1ULL << 7)
#define NO_EXEC		(1ULL << 63)
#define ADDRESS		0x000ffffffffff000ULL

static bool canonical(uint64_t va, unsigned int levels)
{
	unsigned int shift = 64 - (12 + 9 * levels);

	return (uint64_t)((int64_t)(va << shift) >> shift) == va;
}

int guest_walk(struct guest_mem *m, const struct guest_space *space, uint64_t va,
	       struct guest_mapping *map)
{
	uint64_t table = space->root_gpa & ADDRESS;
	unsigned int level;

	if (space->levels < 4 || space->levels > 5 || !canonical(va, space->levels))
		return -EFAULT;
	map->writable = true;
	map->user = true;
	map->executable = true;
	for (level = space->levels; level; level--) {
		unsigned int shift = 12 + 9 * (level - 1);
		uint64_t mask = (1ULL << shift) - 1, entry;
		int ret = guest_mem_read(m, table + (va >> shift & 511) * 8, &entry, 8);

		if (ret)
			return ret == -EFAULT ? -ENXIO : ret;
		if (!(entry & PRESENT))
			return -EFAULT;
		map->writable &= !!(entry & WRITABLE);
		map->user &= !!(entry & USER);
		map->executable &= !(entry & NO_EXEC);
		if (level == 1 || (level <= 3 && entry & LARGE)) {
			/* bit 12 of a large page is an attribute, not an address */
			map->gpa = (entry & ADDRESS & ~mask) | (va & mask);
			map->left_bytes = mask + 1 - (va & mask);
			return 0;
		}
		table = entry & ADDRESS;
	}
	return -EFAULT;
}

int guest_space_read(struct guest_mem *m, const struct guest_space *space, uint64_t va,
		     void *buf, size_t len, size_t *done)
{
	uint8_t *to = buf;
	size_t left = len;
	int ret = 0;

	while (left) {
		struct guest_mapping map;
		size_t n;

		ret = guest_walk(m, space, va, &map);
		if (ret)
			break;
		n = map.left_bytes < left ? map.left_bytes : left;
		/* a page at a time, so that what is there is counted */
		if (n > GUEST_PAGE_BYTES - va % GUEST_PAGE_BYTES)
			n = GUEST_PAGE_BYTES - va % GUEST_PAGE_BYTES;
		ret = guest_mem_read(m, map.gpa, to, n);
		if (ret)
			break;
		to += n;
		va += n;
		left -= n;
	}
	if (done)
		*done = len - left;
	return ret;
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail.h"
#include "layout.h"
#include "ram.h"

#define ABOVE_4G	(UINT64_C(1) << 32)

static struct ram_region regions[RAM_REGIONS_MAX];
static unsigned int nregions;
static uint64_t total;
static int memfd = -1;

static int add(uint64_t gpa, uint64_t size, uint64_t offset)
{
	void *host = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, memfd,
			  (off_t)offset);

	if (host == MAP_FAILED)
		return fail_errno(errno, "cannot map %llu MiB of guest memory",
				  (unsigned long long)(size >> 20));
	/* the guest's secrets have no place in a core file; huge pages are a hint */
	madvise(host, size, MADV_DONTDUMP);
	madvise(host, size, MADV_HUGEPAGE);
	regions[nregions++] = (struct ram_region){ .gpa = gpa, .size = size, .host = host };
	return 0;
}

int ram_create(uint64_t bytes)
{
	uint64_t low = bytes < LAYOUT_RAM_LOW_END ? bytes : LAYOUT_RAM_LOW_END;

	memfd = memfd_create("vmi-guest", MFD_CLOEXEC);
	if (memfd < 0 || ftruncate(memfd, (off_t)bytes))
		return fail_errno(errno, "cannot have %llu MiB of guest memory",
				  (unsigned long long)(bytes >> 20));
	total = bytes;
	if (add(0, low, 0))
		return -1;
	return bytes > low ? add(ABOVE_4G, bytes - low, low) : 0;
}

int ram_clear(void)
{
	if (fallocate(memfd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)total))
		return fail_errno(errno, "cannot clear the guest's memory");
	return 0;
}

const struct ram_region *ram_regions(unsigned int *n)
{
	*n = nregions;
	return regions;
}

uint64_t ram_low_end(void)
{
	return regions[0].size;
}

void *ram_ptr(uint64_t gpa, uint64_t len)
{
	unsigned int i;

	for (i = 0; i < nregions; i++) {
		const struct ram_region *r = &regions[i];

		if (gpa >= r->gpa && gpa - r->gpa <= r->size && len <= r->size - (gpa - r->gpa))
			return r->host + (gpa - r->gpa);
	}
	return NULL;
}

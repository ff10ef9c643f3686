/* SPDX-License-Identifier: GPL-2.0 */
/* Guest memory: one memfd, below and above the hole for devices. */
#ifndef VMM_RAM_H
#define VMM_RAM_H

#include <stddef.h>
#include <stdint.h>

#define RAM_REGIONS_MAX	2

/**
 * struct ram_region - a piece of guest memory
 * @gpa: where the guest sees it
 * @size: bytes
 * @host: where this process sees it
 */
struct ram_region {
	uint64_t gpa;
	uint64_t size;
	uint8_t *host;
};

/* Return: 0, or -1 after fail(). */
int ram_create(uint64_t bytes);

/* All of it reads as zeros again and takes no host memory. Return: 0, or -1 after fail(). */
int ram_clear(void);

const struct ram_region *ram_regions(unsigned int *n);

/* end of the memory below 4 GiB */
uint64_t ram_low_end(void);

/* Return: the bytes at @gpa, or NULL when @len of them are not within one region. */
void *ram_ptr(uint64_t gpa, uint64_t len);

#endif /* VMM_RAM_H */

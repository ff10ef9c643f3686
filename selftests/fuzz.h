/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers with a seed, values and pointers that like to break things.
 */
#ifndef VMI_SELFTESTS_FUZZ_H
#define VMI_SELFTESTS_FUZZ_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define FUZZ_PAGE	4096UL

static uint64_t fuzz_state;

/* splitmix64 */
static uint64_t rnd(void)
{
	uint64_t z = fuzz_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static uint32_t below(uint32_t n)
{
	return rnd() % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

static void rnd_fill(void *p, size_t len)
{
	uint8_t *b = p;

	while (len--)
		*b++ = rnd();
}

/* mostly small, or at some limit */
static uint64_t odd_value(void)
{
	static const uint64_t odd[] = {
		0, 1, 2, 4095, 4096, 4097, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
		1ULL << 32, (1ULL << 47) - 4096, 1ULL << 47, (1ULL << 52) - 4096, 1ULL << 52,
		1ULL << 63, -1ULL, -4096ULL, -16ULL,
	};

	switch (below(4)) {
	case 0:
		return odd[below(sizeof(odd) / sizeof(odd[0]))];
	case 1:
		return rnd();
	default:
		return below(20);
	}
}

/* change something in a structure */
static void mutate(void *p, size_t len)
{
	uint64_t v = odd_value();
	uint8_t *b = p;
	size_t n;

	if (!len)
		return;
	switch (below(5)) {
	case 0:
		b[below(len)] ^= 1 << below(8);
		break;
	case 1:
		b[below(len)] = v;
		break;
	case 2:
	case 3:
		n = one_in(2) ? 4 : 8;
		if (len >= n)
			memcpy(b + below(len / n) * n, &v, n);
		break;
	default:
		n = below(len);
		rnd_fill(b + n, below(len - n + 1));
	}
}

/* two pages, and behind them one that cannot be touched */
static uint8_t *fuzz_edge;

static int fuzz_start(uint64_t seed)
{
	fuzz_state = seed;
	fuzz_edge = mmap(NULL, 3 * FUZZ_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (fuzz_edge == MAP_FAILED)
		return -1;
	return mprotect(fuzz_edge + 2 * FUZZ_PAGE, FUZZ_PAGE, PROT_NONE);
}

/*
 * Where to tell the kernel that @arg is: there, or in a copy with nothing behind
 * it, or nowhere.
 */
static void *rnd_ptr(void *arg, size_t len)
{
	static const uint64_t nowhere[] = {
		0, 8, 1ULL << 47, 0xffff888000000000ULL, -8ULL, -4096ULL,
	};
	uint8_t *end = fuzz_edge + 2 * FUZZ_PAGE;

	switch (below(16)) {
	case 0:
		return (void *)(uintptr_t)nowhere[below(sizeof(nowhere) / sizeof(nowhere[0]))];
	case 1:
		/* some of it is beyond the end */
		return end - below(len + 1);
	case 2:
	case 3:
		return memcpy(end - len, arg, len);
	default:
		return arg;
	}
}

#endif /* VMI_SELFTESTS_FUZZ_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the module's pure files use of the kernel, for a program of user space.
 * Included before everything else (-include).
 */
#ifndef VMI_FUZZ_KERNEL_H
#define VMI_FUZZ_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <linux/in.h>
#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define __force
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define min(a, b)		((a) < (b) ? (a) : (b))

/* this machine is little-endian */
#define le16_to_cpu(x)		((u16)(x))
#define cpu_to_le16(x)		((u16)(x))
#define cpu_to_be64(x)		((__be64)__builtin_bswap64(x))
#define htons(x)		((__be16)__builtin_bswap16(x))
#define ntohs(x)		__builtin_bswap16(x)
#define htonl(x)		((__be32)__builtin_bswap32(x))
#define ntohl(x)		__builtin_bswap32(x)

static inline bool ipv4_is_multicast(__be32 addr)
{
	return ntohl(addr) >> 28 == 0xe;
}

static inline bool ipv4_is_lbcast(__be32 addr)
{
	return addr == htonl(INADDR_BROADCAST);
}

static inline bool ether_addr_equal_unaligned(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, 6);
}

#endif /* VMI_FUZZ_KERNEL_H */

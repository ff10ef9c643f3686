/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is measured with: instructions where the host counts them, else time.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* @icount: QEMU runs us one instruction a nanosecond; -1 and a message if that is not so */
int clock_init(bool icount);
/* instructions of the whole host, or nanoseconds */
uint64_t clock_now(void);
/* nanoseconds that all CPUs have been idle since boot, counted in ticks of 10 ms */
uint64_t clock_idle_ns(void);

#endif /* BENCH_CLOCK_H */

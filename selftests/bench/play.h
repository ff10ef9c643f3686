/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A measurement: guests, what they send, and what it cost.
 */
#ifndef BENCH_PLAY_H
#define BENCH_PLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "path.h"

#define PLAY_NICS	9	/* at most, one of them receives */

enum play_what {
	PLAY_STREAM,		/* senders to the first NIC, all at once */
	PLAY_ROUND_TRIP,	/* one frame forth, one back */
	PLAY_OUT,		/* from a NIC to the uplink */
	PLAY_IN,		/* from the uplink to a NIC */
};

/**
 * struct play - one measurement
 * @path: what carries the frames
 * @what: the kind
 * @frame_len: bytes
 * @senders: NICs that send to the first; with an uplink none, the first sends or receives
 * @burst: frames made available at once, for one kick
 * @window: frames under way from one sender, 0 for no bound
 * @dead: each sender also sends as much to a guest that does not read
 * @ports: ports of silent guests besides
 * @stations: addresses learned besides
 * @talks: conversations that a sender's frames belong to in turn, 0 for one
 * @frames: to measure: received, or sent forth and back
 * @threads: guests are played by a thread each, else all by one
 */
struct play {
	const struct path *path;
	enum play_what what;
	uint32_t frame_len;
	unsigned int senders;
	unsigned int burst;
	unsigned int window;
	bool dead;
	unsigned int ports;
	unsigned int stations;
	unsigned int talks;
	uint64_t frames;
	bool threads;
};

/**
 * struct score - what came of it
 * @ticks: instructions or nanoseconds a frame (or round trip)
 * @busy_ns: of all CPUs together, a frame
 * @jain: fairness between the senders (1: equal)
 * @lost: frames that did not arrive, per thousand
 * @reordered: frames that came late within their flow
 */
struct score {
	double ticks;
	double busy_ns;
	double jain;
	double lost;
	uint64_t reordered;
};

/* 0, or -1 and a message */
int play(const struct play *p, struct score *s);

#endif /* BENCH_PLAY_H */

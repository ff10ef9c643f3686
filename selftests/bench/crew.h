/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A crew: a thread and the NICs it plays.
 *
 * It sleeps in a read of an eventfd, which is the interrupt of all of them. A guest's
 * stack sends when it is told that its data arrived, so a window bounds what is under
 * way; TCP's acknowledgements are a counter here, the same for all paths.
 */
#ifndef BENCH_CREW_H
#define BENCH_CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "nic.h"
#include "play.h"

struct game;

/**
 * struct crew - a thread and the NICs it plays
 * @game: what is played
 * @nic, @n: the NICs
 * @call: eventfd, their interrupt
 * @starved: it sleeps until the window opens; atomic
 * @arrived: frames that had arrived when it last slept for a whole tick
 * @thread: the thread, if there are several
 */
struct crew {
	struct game *game;
	struct nic *nic[PLAY_NICS + 1];
	unsigned int n;
	int call;
	bool starved;
	uint64_t arrived;
	pthread_t thread;
};

/* when, how far one was then, and how far each sender */
struct mark {
	uint64_t clock;
	uint64_t idle_ns;
	uint64_t count;
	uint64_t got[NIC_FLOWS];
};

/**
 * struct game - a measurement that goes on
 * @play: what was asked for; const
 * @nic: the receiver, the senders; const
 * @dead: the NIC that does not read; const
 * @crew, @ncrews: who plays; const
 * @received: frames that the receiver has got, or round trips; written by its crew, atomic
 * @given_up: frames that the window waits for no more; written by the senders' crew
 * @stop: enough was measured; atomic
 * @begin, @end: when it was begun and ended to measure; written by the receiver's crew
 */
struct game {
	const struct play *play;
	struct nic nic[PLAY_NICS];
	struct nic dead;
	struct crew crew[PLAY_NICS];
	unsigned int ncrews;
	uint64_t received;
	uint64_t given_up;
	bool stop;
	struct mark begin;
	struct mark end;
};

/* wake a crew */
void crew_ring(struct crew *c);
/* until it is woken; false if it took a whole tick */
bool crew_sleep(struct crew *c);
/* was enough measured? */
bool game_stopped(const struct game *g);
/* as many have come so far; the first eighth, of each sender, is to get warm */
void game_mark(struct game *g, uint64_t count);

/* play until enough was measured; @crew: struct crew, so that a thread can begin here */
void *crew_stream(void *crew);
void *crew_round_trip(void *crew);
void *crew_out(void *crew);
void *crew_in(void *crew);

#endif /* BENCH_CREW_H */

// SPDX-License-Identifier: GPL-2.0
/*
 * A crew: a thread and the NICs it plays.
 */
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "crew.h"

#define NAPI	64	/* frames received before something else is done */

static struct nic *sink(struct game *g)
{
	return &g->nic[0];
}

void crew_ring(struct crew *c)
{
	uint64_t one = 1;

	(void)!write(c->call, &one, sizeof(one));
}

bool crew_sleep(struct crew *c)
{
	uint64_t n;

	return read(c->call, &n, sizeof(n)) == sizeof(n);
}

bool game_stopped(const struct game *g)
{
	return __atomic_load_n(&g->stop, __ATOMIC_RELAXED);
}

void game_mark(struct game *g, uint64_t count)
{
	uint64_t warm = g->play->frames / 8;

	if (g->play->senders)
		warm *= g->play->senders;
	if (!g->begin.clock && count >= warm) {
		memcpy(g->begin.got, sink(g)->got, sizeof(g->begin.got));
		g->begin.idle_ns = clock_idle_ns();
		g->begin.count = count;
		g->begin.clock = clock_now();
	}
	if (!g->end.clock && count >= warm + g->play->frames) {
		g->end.clock = clock_now();
		g->end.idle_ns = clock_idle_ns();
		g->end.count = count;
		memcpy(g->end.got, sink(g)->got, sizeof(g->end.got));
		__atomic_store_n(&g->stop, true, __ATOMIC_SEQ_CST);
	}
}

/* frames that a NIC may send */
static unsigned int window_room(const struct game *g, const struct nic *n)
{
	const struct play *p = g->play;
	uint64_t arrived;

	if (!p->window)
		return p->burst;
	arrived = __atomic_load_n(&g->received, __ATOMIC_ACQUIRE) + g->given_up;
	if (arrived >= n->sent)
		return p->window;
	return n->sent - arrived >= p->window ? 0 : p->window - (n->sent - arrived);
}

static unsigned int send_some(struct game *g, struct nic *n)
{
	unsigned int room = window_room(g, n);

	if (!room)
		return 0;
	return nic_send(n, room < g->play->burst ? room : g->play->burst);
}

static void wake_starved(struct game *g)
{
	unsigned int i;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 1; i < g->ncrews; i++) {
		if (__atomic_load_n(&g->crew[i].starved, __ATOMIC_RELAXED)) {
			__atomic_store_n(&g->crew[i].starved, false, __ATOMIC_RELAXED);
			crew_ring(&g->crew[i]);
		}
	}
}

static unsigned int receive_some(struct game *g, struct nic *n)
{
	unsigned int got = nic_receive(n, NAPI);

	if (n != sink(g) || !got)
		return got;
	__atomic_store_n(&g->received, g->received + got, __ATOMIC_RELEASE);
	game_mark(g, g->received);
	if (g->ncrews > 1 && g->play->window)
		wake_starved(g);
	return got;
}

/* one turn of all guests of the crew; whether something was done */
static bool turn(struct crew *c)
{
	struct game *g = c->game;
	unsigned int i, done = 0;

	for (i = 0; i < c->n; i++) {
		if (c->nic[i] != sink(g))
			done += send_some(g, c->nic[i]);
		done += receive_some(g, c->nic[i]);
	}
	if (g->play->path->serve)
		done += g->play->path->serve();
	return done;
}

/* ask for interrupts; whether there is something to do at once */
static bool arm(struct crew *c)
{
	struct game *g = c->game;
	bool ready = false;
	unsigned int i;

	for (i = 0; i < c->n; i++) {
		struct nic *n = c->nic[i];

		ready |= nic_arm(n, NIC_RX);
		if (n != sink(g) && n->inflight && window_room(g, n))
			ready |= nic_arm(n, NIC_TX);
	}
	if (g->ncrews == 1 || !g->play->window)
		return ready;
	__atomic_store_n(&c->starved, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < c->n; i++)
		ready |= c->nic[i] != sink(g) && window_room(g, c->nic[i]) &&
			 c->nic[i]->inflight < c->nic[i]->slots;
	return ready;
}

/* Nothing has come for a whole tick: what is under way is lost. */
static void give_up(struct crew *c)
{
	struct nic *last = c->nic[c->n - 1];
	struct game *g = c->game;
	uint64_t arrived = __atomic_load_n(&g->received, __ATOMIC_ACQUIRE);

	if (arrived == c->arrived && last != sink(g))
		g->given_up = last->sent - arrived;
	c->arrived = arrived;
}

void *crew_stream(void *crew)
{
	struct crew *c = crew;

	while (!game_stopped(c->game)) {
		if (turn(c) || arm(c))
			continue;
		if (!crew_sleep(c))
			give_up(c);
	}
	return NULL;
}

static void await(struct crew *c, struct nic *n)
{
	const struct path *path = c->game->play->path;

	while (!nic_receive(n, 1) && !game_stopped(c->game)) {
		if (path->serve && path->serve())
			continue;
		if (!nic_arm(n, NIC_RX))
			crew_sleep(c);
	}
}

/* Two guests, played by one thread or by one each. */
void *crew_round_trip(void *crew)
{
	struct crew *c = crew;
	struct game *g = c->game;
	struct nic *near = &g->nic[1], *far = sink(g);
	bool plays_near = c->nic[c->n - 1] == near;
	bool plays_far = c->nic[0] == far;
	uint64_t count = 0;

	while (!game_stopped(g)) {
		if (plays_near)
			nic_send(near, 1);
		if (plays_far) {
			await(c, far);
			nic_send(far, 1);
		}
		if (plays_near) {
			await(c, near);
			game_mark(g, ++count);
		}
	}
	return NULL;
}

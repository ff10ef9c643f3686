// SPDX-License-Identifier: GPL-2.0
/*
 * A measurement: set up, played, judged.
 */
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include "clock.h"
#include "crew.h"
#include "play.h"
#include "sh.h"
#include "wire.h"

#define TICK_MS	100	/* nobody sleeps longer, or the frames are lost */

static void on_alarm(int sig)
{
	(void)sig;
}

/* Sleepers wake up now and then; never with 0. */
static void tick(int ms)
{
	struct itimerval it = { .it_interval.tv_usec = ms * 1000, .it_value.tv_usec = ms * 1000 };
	struct sigaction sa = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &it, NULL);
}

static unsigned int nnics(const struct game *g)
{
	return 1 + g->play->senders;
}

/* a NIC on the path, its frames not known yet */
static int plug(struct game *g, struct nic *n, struct crew *c)
{
	unsigned int flows = g->play->dead && n != &g->nic[0] && n != &g->dead ? 2 : 1;

	if (nic_init(n, c->call, g->play->frame_len, flows))
		return fail("no memory for a guest");
	n->talks = g->play->talks;
	return g->play->path->plug(n);
}

static int plug_all(struct game *g)
{
	unsigned int i;

	for (i = 0; i < g->ncrews; i++) {
		g->crew[i].game = g;
		g->crew[i].call = eventfd(0, EFD_CLOEXEC);
		if (g->crew[i].call < 0)
			return fail("eventfd");
	}
	for (i = 0; i < nnics(g); i++) {
		struct crew *c = &g->crew[i % g->ncrews];

		if (plug(g, &g->nic[i], c))
			return -1;
		c->nic[c->n++] = &g->nic[i];
	}
	return g->play->dead ? plug(g, &g->dead, &g->crew[0]) : 0;
}

static bool has_wire(const struct play *p)
{
	return p->what == PLAY_OUT || p->what == PLAY_IN;
}

/*
 * The senders' flows go to the first NIC, and its one to the first of them, or to the
 * station beyond the uplink.
 */
static void aim(struct game *g)
{
	unsigned int i;

	if (has_wire(g->play))
		wire_station(&g->nic[1]);
	nic_flow_add(&g->nic[0], &g->nic[1], 0);
	for (i = 1; i < nnics(g); i++) {
		nic_flow_add(&g->nic[i], &g->nic[0], i - 1);
		if (g->play->dead)
			nic_flow_add(&g->nic[i], &g->dead, 0);
	}
}

static int set_up(struct game *g)
{
	const struct play *p = g->play;
	unsigned int i;

	if (has_wire(p) && wire_open(p->what == PLAY_IN))
		return -1;
	if (p->path->open(has_wire(p) ? WIRE_UPLINK : NULL) || plug_all(g))
		return -1;
	aim(g);
	for (i = 0; i < nnics(g); i++) {
		if (p->path->start(&g->nic[i]))
			return -1;
		nic_fill(&g->nic[i]);
	}
	if (p->dead && p->path->start(&g->dead))
		return -1;
	if (p->ports && p->path->ports(p->ports))
		return -1;
	if (p->what == PLAY_IN && wire_aim(&g->nic[0], p->frame_len))
		return -1;
	return p->stations ? p->path->stations(p->stations) : 0;
}

static void unplug(struct game *g, struct nic *n)
{
	if (!n->mem)
		return;
	g->play->path->unplug(n);
	nic_exit(n);
}

static void tear_down(struct game *g)
{
	unsigned int i;

	for (i = 0; i < nnics(g); i++)
		unplug(g, &g->nic[i]);
	unplug(g, &g->dead);
	g->play->path->close();
	if (has_wire(g->play))
		wire_close();
	for (i = 0; i < g->ncrews; i++)
		close(g->crew[i].call);
}

/* A guest that only receives says once where it is: switches learn. */
static void announce(struct game *g)
{
	struct nic *far = &g->nic[0], *near = &g->nic[1];
	unsigned int i;

	if (g->play->what == PLAY_IN)
		nic_send(far, 1);
	if (g->play->what != PLAY_STREAM)
		return;
	nic_send(far, 1);
	for (i = 0; i < 50 && !near->got[0]; i++) {
		if (g->play->path->serve)
			g->play->path->serve();
		if (!nic_receive(near, 1))
			usleep(1000);
	}
}

static void run(struct game *g)
{
	static void *(*const players[])(void *) = {
		[PLAY_STREAM] = crew_stream,
		[PLAY_ROUND_TRIP] = crew_round_trip,
		[PLAY_OUT] = crew_out,
		[PLAY_IN] = crew_in,
	};
	void *(*player)(void *) = players[g->play->what];
	unsigned int i, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	if (g->ncrews == 1) {
		player(&g->crew[0]);
		return;
	}
	for (i = 0; i < g->ncrews; i++) {
		pthread_create(&g->crew[i].thread, NULL, player, &g->crew[i]);
		CPU_ZERO(&set);
		CPU_SET(i % cpus, &set);
		pthread_setaffinity_np(g->crew[i].thread, sizeof(set), &set);
	}
	while (!__atomic_load_n(&g->stop, __ATOMIC_RELAXED))
		usleep(TICK_MS * 1000);
	for (i = 0; i < g->ncrews; i++) {
		crew_ring(&g->crew[i]);
		pthread_join(g->crew[i].thread, NULL);
	}
}

static void judge(const struct game *g, struct score *s)
{
	unsigned int i, cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double time = g->end.clock - g->begin.clock, frames = g->end.count - g->begin.count;
	double idle = g->end.idle_ns - g->begin.idle_ns, sum = 0, squares = 0, lost = 0;

	memset(s, 0, sizeof(*s));
	s->ticks = time / frames;
	s->busy_ns = (time * cpus - idle) / frames;
	for (i = 0; i < g->play->senders; i++) {
		double got = g->end.got[i] - g->begin.got[i];

		sum += got;
		squares += got * got;
	}
	s->jain = squares ? sum * sum / (g->play->senders * squares) : 0;
	for (i = 0; i < nnics(g); i++) {
		lost += g->nic[i].lost;
		s->reordered += g->nic[i].reordered;
	}
	if (g->play->what == PLAY_OUT)
		lost = g->nic[0].sent - g->nic[0].inflight - wire_left();
	s->lost = 1000 * lost / (lost + g->end.count);
}

int play(const struct play *p, struct score *s)
{
	static struct game game;
	int err;

	memset(&game, 0, sizeof(game));
	game.play = p;
	game.ncrews = p->threads ? 1 + p->senders : 1;
	err = set_up(&game);
	if (!err) {
		announce(&game);
		tick(TICK_MS);
		run(&game);
		tick(0);
		judge(&game, s);
	}
	tear_down(&game);
	return err;
}

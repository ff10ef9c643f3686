// SPDX-License-Identifier: GPL-2.0
/*
 * Drive guests' frames over our ports and over the peers, in the same boot and
 * the same way, and say what each frame costs:
 *
 *	bench-net [--icount] [--times N] [--path NAME]... [CASE]...
 *
 * A line a figure: case, path, figure, value; bench/report.py makes of it what
 * people read.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "frame.h"
#include "path.h"
#include "play.h"
#include "sh.h"

static const struct path *const paths[] = {
	&path_vmi, &path_bridge, &path_macvtap, &path_ovs, &path_loop,
};

#define FILES	4096	/* a thousand ports have one each */
#define NPATHS	(sizeof(paths) / sizeof(paths[0]))

/**
 * struct bench - a case
 * @name: of the case
 * @play: what is played, but for the path; @frames as many as one CPU's instructions are
 *	counted for
 */
struct bench {
	const char *name;
	struct play play;
};

static const struct bench benches[] = {
	{ "stream-60", { .frame_len = FRAME_SHORT, .senders = 1, .burst = 64, .window = 256,
			 .frames = 40000 } },
	{ "stream-1500", { .frame_len = FRAME_MTU, .senders = 1, .burst = 64, .window = 256,
			   .frames = 40000 } },
	{ "stream-64k", { .frame_len = FRAME_TSO, .senders = 1, .burst = 8, .window = 24,
			  .frames = 4000 } },
	{ "round-trip-60", { .what = PLAY_ROUND_TRIP, .frame_len = FRAME_SHORT, .senders = 1,
			     .burst = 1, .frames = 5000 } },
	{ "round-trip-60-threads", { .what = PLAY_ROUND_TRIP, .frame_len = FRAME_SHORT,
				     .senders = 1, .burst = 1, .frames = 5000, .threads = true } },
	{ "stream-60-1000-ports", { .frame_len = FRAME_SHORT, .senders = 1, .burst = 64,
				    .window = 256, .ports = 998, .frames = 40000 } },
	{ "stream-60-10-stations", { .frame_len = FRAME_SHORT, .senders = 1, .burst = 64,
				     .window = 256, .stations = 10, .frames = 40000 } },
	{ "stream-60-100k-stations", { .frame_len = FRAME_SHORT, .senders = 1, .burst = 64,
				       .window = 256, .stations = 100000, .frames = 40000 } },
	{ "stream-60-10-flows", { .frame_len = FRAME_SHORT, .senders = 1, .burst = 64,
				  .window = 256, .talks = 10, .frames = 40000 } },
	{ "stream-60-100k-flows", { .frame_len = FRAME_SHORT, .senders = 1, .burst = 64,
				    .window = 256, .talks = 100000, .frames = 100000 } },
	{ "uplink-out-1500", { .what = PLAY_OUT, .frame_len = FRAME_MTU, .burst = 64,
			       .frames = 40000 } },
	{ "uplink-out-64k", { .what = PLAY_OUT, .frame_len = FRAME_TSO, .burst = 8,
			      .frames = 4000 } },
	{ "uplink-in-1500", { .what = PLAY_IN, .frame_len = FRAME_MTU, .burst = 64, .window = 256,
			      .frames = 40000 } },
	{ "fair-8", { .frame_len = FRAME_MTU, .senders = 8, .burst = 16, .frames = 40000 } },
	{ "one-receiver", { .frame_len = FRAME_MTU, .senders = 1, .burst = 32,
			    .frames = 40000 } },
	{ "one-stopped", { .frame_len = FRAME_MTU, .senders = 1, .burst = 32, .dead = true,
			   .frames = 40000 } },
};

#define NBENCHES	(sizeof(benches) / sizeof(benches[0]))

static bool named(const char *name, char *const *names, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return !n;
}

static bool can(const struct path *path, const struct play *p)
{
	return (!p->ports || path->ports) && (!p->stations || path->stations) &&
	       (p->senders + 1 + p->dead <= 2 || !path->serve) && !(p->threads && path->serve) &&
	       (p->what < PLAY_OUT || path->has_uplink);
}

static void say(const char *bench, const char *path, const char *figure, double value)
{
	printf("%s\t%s\t%s\t%.6g\n", bench, path, figure, value);
}

static int measure(const struct bench *b, const struct path *path, bool icount, unsigned int times)
{
	struct play p = b->play;
	struct score s;

	p.path = path;
	p.frames *= times;
	if (!icount) {
		/* Time is noisier than instructions, and each guest has a CPU. */
		p.frames *= 2;
		p.threads = !path->serve;
	}
	if (play(&p, &s))
		return fail("%s over %s failed", b->name, path->name);
	say(b->name, path->name, icount ? "instructions" : "ns", s.ticks);
	if (!icount)
		say(b->name, path->name, "cpu-ns", s.busy_ns);
	if (p.senders > 1)
		say(b->name, path->name, "jain", s.jain);
	say(b->name, path->name, "lost", s.lost);
	say(b->name, path->name, "reordered", s.reordered);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "icount", no_argument, NULL, 'i' },
		{ "times", required_argument, NULL, 't' },
		{ "path", required_argument, NULL, 'p' },
		{ }
	};
	char *only[NPATHS];
	unsigned int nonly = 0, i, j;
	bool icount = false;
	unsigned int times = 1;
	int opt, bad = 0;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'i') {
			icount = true;
		} else if (opt == 't') {
			times = atoi(optarg);
		} else if (opt == 'p' && nonly < NPATHS) {
			only[nonly++] = optarg;
		} else {
			fprintf(stderr, "usage: %s [--icount] [--times N] [--path NAME]... "
				"[CASE]...\n", argv[0]);
			return 2;
		}
	}
	if (clock_init(icount) || own_netns() || allow_files(FILES))
		return 1;
	for (i = 0; i < NBENCHES; i++) {
		if (!named(benches[i].name, argv + optind, argc - optind))
			continue;
		for (j = 0; j < NPATHS; j++) {
			if (named(paths[j]->name, only, nonly) && can(paths[j], &benches[i].play))
				bad |= measure(&benches[i], paths[j], icount, times);
		}
	}
	return bad ? 1 : 0;
}

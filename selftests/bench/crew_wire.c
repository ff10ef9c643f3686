// SPDX-License-Identifier: GPL-2.0
/*
 * Crews that play one guest, and what is beyond the uplink.
 */
#include "crew.h"
#include "wire.h"

#define NAPI	64	/* frames received before something else is done */

/* What has left is what the device has given back. */
void *crew_out(void *crew)
{
	struct crew *c = crew;
	struct game *g = c->game;
	struct nic *n = c->nic[0];

	while (!game_stopped(g)) {
		if (!nic_send(n, g->play->burst) && !nic_arm(n, NIC_TX))
			crew_sleep(c);
		game_mark(g, n->sent - n->inflight);
	}
	return NULL;
}

/* The station beyond the uplink is played by this thread too. */
void *crew_in(void *crew)
{
	struct crew *c = crew;
	struct game *g = c->game;
	struct nic *n = c->nic[0];
	uint64_t sent = 0, under_way;
	unsigned int got, room;

	while (!game_stopped(g)) {
		under_way = sent - g->received - g->given_up;
		room = under_way < g->play->window ? g->play->window - under_way : 0;
		if (room)
			sent += wire_send(room < g->play->burst ? room : g->play->burst);
		got = nic_receive(n, NAPI);
		g->received += got;
		if (got)
			game_mark(g, g->received);
		if (got || room || nic_arm(n, NIC_RX) || crew_sleep(c))
			continue;
		/* Nothing has come for a whole tick: what is under way is lost. */
		if (g->received == c->arrived)
			g->given_up = sent - g->received;
		c->arrived = g->received;
	}
	return NULL;
}

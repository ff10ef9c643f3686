// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/vmi.h>

#include "fmt.h"
#include "json.h"
#include "verbs.h"

/**
 * struct monitor - where it stands
 * @events: socket that has joined both groups
 * @query: socket for dumps, whose answers must not mix with events
 * @last: number of the last event printed
 * @limited: end after @left more
 * @left: see there
 */
struct monitor {
	struct vmi_nl *events;
	struct vmi_nl *query;
	uint64_t last;
	bool limited;
	uint64_t left;
};

static void detail(const struct vmi_event *ev, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = '\0';
#define ADD(...) \
	(len += len < size ? (size_t)snprintf(buf + len, size - len, __VA_ARGS__) : 0)
	if (ev->vm[0])
		ADD(" %s", ev->vm);
	if (ev->net[0])
		ADD(" %s%s", ev->vm[0] ? "on " : "", ev->net);
	if (ev->has_port && ev->port)
		ADD(" port %u", ev->port);
	if (ev->kind == VMI_EVENT_KIND_VM_STATE)
		ADD(" %s -> %s", vmi_state_name(ev->old_state), vmi_state_name(ev->state));
	if (ev->reason)
		ADD(" (%s)", vmi_reason_name(ev->reason));
	if (ev->fault)
		ADD(" (%s)", vmi_port_fault_name(ev->fault));
	if (ev->has_uid)
		ADD(" by uid %u", ev->uid);
	if (ev->text[0])
		ADD(": %s", ev->text);
#undef ADD
}

static void print_event(const struct vmi_event *ev)
{
	char text[512], safe[4 * sizeof(text)], when[FMT_LEN];

	if (ctl.json) {
		json_print(event_to_json(ev));
	} else {
		detail(ev, text, sizeof(text));
		printf("%s %6llu %-11s%s\n", fmt_time(ev->time_ns, when),
		       (unsigned long long)ev->seq, vmi_event_kind_name(ev->kind),
		       escape(text, safe, sizeof(safe)));
	}
	fflush(stdout);
}

static void print_lost(uint64_t lost)
{
	struct json_object *obj;

	if (ctl.json) {
		obj = json_object_new_object();
		json_put_number(obj, "lost", lost);
		json_print(obj);
	} else {
		printf("lost %llu events\n", (unsigned long long)lost);
	}
	fflush(stdout);
}

static void pass(struct monitor *m, const struct vmi_event *ev)
{
	if (ev->seq <= m->last || (m->limited && !m->left))
		return;
	m->last = ev->seq;
	m->left--;
	print_event(ev);
}

static int replay(struct monitor *m, uint64_t since)
{
	struct vmi_vec events = VMI_VEC_INIT(struct vmi_event);
	const struct vmi_event *ev;
	uint64_t lost;
	int ret = vmi_event_dump(m->query, since, &events, &lost);

	if (!ret) {
		if (lost)
			print_lost(lost);
		vmi_vec_for_each(ev, &events)
			pass(m, ev);
	}
	vmi_vec_free(&events);
	return ret;
}

/* Begin with the next event: an overflow then knows what to ask from. */
static int find_newest(struct monitor *m)
{
	struct vmi_vec events = VMI_VEC_INIT(struct vmi_event);
	const struct vmi_event *ev;
	uint64_t lost;
	int ret = vmi_event_dump(m->query, 0, &events, &lost);

	vmi_vec_for_each(ev, &events)
		m->last = ev->seq > m->last ? ev->seq : m->last;
	vmi_vec_free(&events);
	return ret;
}

static int on_event(const struct nlmsghdr *nlh, void *arg)
{
	struct vmi_event ev = { 0 };
	uint64_t *newest = arg;
	int ret = vmi_event_parse(nlh, &ev);

	if (!ret && ev.seq > *newest)
		*newest = ev.seq;
	return ret;
}

/*
 * A message only tells that there is something new; what is new comes from the
 * dump. A group is open to everybody, so its messages lack the explanations, and
 * one may be lost: the dump has all that the reader may see.
 */
static int follow(struct monitor *m)
{
	int ret = 0;

	while (ret >= 0 && (!m->limited || m->left)) {
		uint64_t newest = 0;

		ret = vmi_nl_wait(m->events, -1, on_event, &newest);
		if (ret == -ENOBUFS)
			vmi_nl_drain(m->events);
		else if (ret == -EINTR)
			ret = 0;
		if (ret == -ENOBUFS || newest > m->last)
			ret = replay(m, m->last);
		/* what others own is not in the dump: do not ask for it again */
		if (newest > m->last)
			m->last = newest;
	}
	return ret < 0 ? fail_nl(m->query, ret, "cannot follow the events") : 0;
}

static int start(struct monitor *m, const uint64_t *since)
{
	int ret = vmi_nl_join(m->events, VMI_MCGRP_LIFECYCLE);

	if (!ret)
		ret = vmi_nl_join(m->events, VMI_MCGRP_NETWORK);
	if (ret)
		return fail_errno(ret, "cannot listen to events");
	/* listening already: what comes during the dump waits in the queue */
	if (since)
		ret = replay(m, *since);
	if (!ret && !m->last)
		ret = find_newest(m);
	return ret ? fail_nl(m->query, ret, "cannot read the events") : 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint64_t since = UINT64_MAX;
	struct monitor m = { .left = UINT64_MAX };
	const struct opt opts[] = {
		{ "since", 's', "N", set_u64, &since, "first replay what came after event N; 0: all" },
		{ "count", 'n', "N", set_u64, &m.left, "end after N events" },
		OPT_END
	};
	int ret;

	opts_parse(verb, opts, &argc, argv, 0, 0);
	m.limited = m.left != UINT64_MAX;
	ret = ctl_open(&m.events);
	if (ret)
		return ret;
	ret = ctl_open(&m.query);
	if (!ret)
		ret = start(&m, since == UINT64_MAX ? NULL : &since);
	if (!ret)
		ret = follow(&m);
	vmi_nl_close(m.query);
	vmi_nl_close(m.events);
	return ret;
}

const struct verb verb_monitor = {
	.name = "monitor",
	.args = "",
	.summary = "Print events as they happen",
	.help = "Each event has a number and is printed once. Where the kernel could not keep\n"
		"all of them, a line 'lost N events' stands in their place. With --json each\n"
		"event is an object on a line of its own.",
	.run = run,
};

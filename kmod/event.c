// SPDX-License-Identifier: GPL-2.0
/*
 * Numbered events and the replay ring.
 *
 * One lock orders everything: the number, the slot in the ring and the
 * multicast of an event are one step, so subscribers see the numbers in
 * order and a replay never contradicts what was sent.
 */
#include <linux/mm.h>
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "event.h"

/* Innermost lock of the module; taken in process and softirq context. */
static DEFINE_SPINLOCK(vmi_event_lock);
/* guarded by vmi_event_lock; the event numbered n is in slot n % VMI_EVENT_RING */
static struct vmi_event *vmi_event_ring;
/* number of the last event; guarded by vmi_event_lock */
static u64 vmi_event_last;
/* tells subscribers; guarded by vmi_event_lock */
static void (*vmi_event_notify)(const struct vmi_event *ev);

/**
 * vmi_event_emit - give an event its number, keep it and tell the subscribers
 * @ev: the event; its number and its time are filled in
 *
 * Context: Process or softirq context, any lock of this module but the event lock held.
 */
void vmi_event_emit(struct vmi_event *ev)
{
	spin_lock_bh(&vmi_event_lock);
	ev->seq = ++vmi_event_last;
	ev->time_ns = ktime_get_real_ns();
	vmi_event_ring[ev->seq % VMI_EVENT_RING] = *ev;
	if (vmi_event_notify)
		vmi_event_notify(ev);
	spin_unlock_bh(&vmi_event_lock);
}

/**
 * vmi_event_replay - the first event after a number that is still kept
 * @since: number of the last event that the caller knows, 0 for none
 * @ev: where the event goes
 * @lost: how many events after @since are no longer kept
 *
 * Context: Process or softirq context.
 * Return: the event's number, or 0 when there is none after @since.
 */
u64 vmi_event_replay(u64 since, struct vmi_event *ev, u64 *lost)
{
	u64 first, seq = 0;

	*lost = 0;
	spin_lock_bh(&vmi_event_lock);
	if (since == vmi_event_last)
		goto out;
	/* a number from before the module was loaded anew: all that there is, is news */
	if (since > vmi_event_last) {
		since = 0;
		if (!vmi_event_last)
			goto out;
	}
	first = vmi_event_last > VMI_EVENT_RING ? vmi_event_last - VMI_EVENT_RING + 1 : 1;
	seq = since + 1;
	if (seq < first) {
		*lost = first - seq;
		seq = first;
	}
	*ev = vmi_event_ring[seq % VMI_EVENT_RING];
out:
	spin_unlock_bh(&vmi_event_lock);
	return seq;
}

/**
 * vmi_event_set_notify - say who tells the subscribers
 * @fn: called for each event in order, must not sleep nor emit; NULL: nobody
 *
 * Context: Process context. When it returns the former function is not running.
 */
void vmi_event_set_notify(void (*fn)(const struct vmi_event *ev))
{
	spin_lock_bh(&vmi_event_lock);
	vmi_event_notify = fn;
	spin_unlock_bh(&vmi_event_lock);
}

/**
 * vmi_event_init - make the replay ring
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmi_event_init(void)
{
	vmi_event_ring = kvcalloc(VMI_EVENT_RING, sizeof(*vmi_event_ring), GFP_KERNEL);
	return vmi_event_ring ? 0 : -ENOMEM;
}

/**
 * vmi_event_exit - free the replay ring
 *
 * Context: Process context; nothing emits any more.
 */
void vmi_event_exit(void)
{
	kvfree(vmi_event_ring);
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hits: the events of a session's probes, in a ring that the tool maps, and the
 * verdicts on them.
 *
 * The ring is written by the kernel alone but for the reader's tail, which is
 * believed only to say what may be overwritten. The kernel's own head is not the one in
 * the ring.
 */
#ifndef VMI_HIT_H
#define VMI_HIT_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/vmi_chr.h>

struct vmi_hit_ring;

/**
 * struct vmi_hit_queue - where the events of a session go
 * @node: in vm->probe_sessions; vm->lock
 * @id: of the session; const
 * @users: deliveries under way; vm->lock
 * @idle: whoever waits for @users to be 0
 * @lock: leaf; what follows
 * @ring: NULL before VMI_SESS_EVENTS; set once
 * @timeout_ms: for a verdict
 * @seq: of the last event
 * @waiting: vCPUs that wait for a verdict, struct vmi_hit_wait
 * @closed: no more events: the session or the VMM has ended
 */
struct vmi_hit_queue {
	struct list_head node;
	u64 id;
	u32 users;
	wait_queue_head_t idle;
	spinlock_t lock;
	struct vmi_hit_ring *ring;
	u32 timeout_ms;
	u64 seq;
	struct list_head waiting;
	bool closed;
};

void vmi_hit_open(struct vmi_hit_queue *q, u64 id);
long vmi_hit_ring(struct vmi_hit_queue *q, const struct vmi_sess_events *arg);
int vmi_hit_deliver(struct vmi_hit_queue *q, struct vmi_vm_event *ev);
int vmi_hit_verdict(struct vmi_hit_queue *q, const struct vmi_verdict *v);
/* All verdicts are CONTINUE and no event comes any more; readers hear of it. */
void vmi_hit_end(struct vmi_hit_queue *q);
void vmi_hit_close(struct vmi_hit_queue *q);

#endif /* VMI_HIT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* Numbered events and the replay ring. */
#ifndef VMI_EVENT_H
#define VMI_EVENT_H

#include <linux/types.h>
#include <linux/vmi_chr.h>

#define VMI_EVENT_RING	4096	/* events kept for replay */

/**
 * struct vmi_event - something that happened
 * @seq: number, from 1, without gaps; given by vmi_event_emit()
 * @time_ns: CLOCK_REALTIME; given by vmi_event_emit()
 * @vm_id: 0 when no VM is concerned
 * @kind: enum vmi_event_kind
 * @state: enum vmi_state
 * @old_state: enum vmi_state
 * @reason: enum vmi_reason
 * @port: identifier, 0 for none
 * @fault: enum vmi_port_fault
 * @owner: who may see it, with CAP_SYS_ADMIN and CAP_NET_ADMIN
 * @by: uid of the client that caused it, (u32)-1 for none
 * @vm: name, empty for none
 * @net: name, empty for none
 * @text: explanation, empty for none
 */
struct vmi_event {
	u64 seq;
	u64 time_ns;
	u64 vm_id;
	u32 kind;
	u32 state;
	u32 old_state;
	u32 reason;
	u32 port;
	u32 fault;
	kuid_t owner;
	u32 by;
	char vm[VMI_NAME_LEN];
	char net[VMI_NAME_LEN];
	char text[VMI_TEXT_LEN];
};

void vmi_event_emit(struct vmi_event *ev);
u64 vmi_event_replay(u64 since, struct vmi_event *ev, u64 *lost);
void vmi_event_set_notify(void (*fn)(const struct vmi_event *ev));

int vmi_event_init(void);
void vmi_event_exit(void);

#endif /* VMI_EVENT_H */

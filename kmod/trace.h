/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints of the switch: /sys/kernel/tracing/events/vmi.
 *
 * Names and reasons are texts, to filter by: reason == "source-ip".
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmi

#if !defined(VMI_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define VMI_TRACE_H

#include <linux/tracepoint.h>
#include <linux/vmi_chr.h>

#include "drop.h"
#include "frame.h"

#define VMI_TRACE_WORD	32

TRACE_DEFINE_ENUM(VMI_PORT_FAULT_NONE);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_INDEX_JUMP);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_BAD_HEAD);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_LOOP);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_BAD_LENGTH);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_BAD_ADDRESS);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_BAD_INDIRECT);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_BAD_DIRECTION);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_BAD_HEADER);
TRACE_DEFINE_ENUM(VMI_PORT_FAULT_RING_ADDRESS);

#define vmi_trace_fault(fault) __print_symbolic(fault, \
	{ VMI_PORT_FAULT_NONE,		"none" }, \
	{ VMI_PORT_FAULT_INDEX_JUMP,	"index-jump" }, \
	{ VMI_PORT_FAULT_BAD_HEAD,	"bad-head" }, \
	{ VMI_PORT_FAULT_LOOP,		"loop" }, \
	{ VMI_PORT_FAULT_BAD_LENGTH,	"bad-length" }, \
	{ VMI_PORT_FAULT_BAD_ADDRESS,	"bad-address" }, \
	{ VMI_PORT_FAULT_BAD_INDIRECT,	"bad-indirect" }, \
	{ VMI_PORT_FAULT_BAD_DIRECTION,	"bad-direction" }, \
	{ VMI_PORT_FAULT_BAD_HEADER,	"bad-header" }, \
	{ VMI_PORT_FAULT_RING_ADDRESS,	"ring-address" })

/* A frame was dropped at a port, or at none (0). What it says is 0 where it was not looked at. */
TRACE_EVENT(vmi_frame_drop,
	TP_PROTO(const char *net, u32 port, const char *reason, const struct vmi_frame *f),
	TP_ARGS(net, port, reason, f),
	TP_STRUCT__entry(
		__array(char, net, VMI_NAME_LEN)
		__field(u32, port)
		__array(char, reason, VMI_TRACE_WORD)
		__field(u32, len)
		__array(u8, src, 6)
		__array(u8, dst, 6)
		__field(u16, proto)
	),
	TP_fast_assign(
		strscpy(__entry->net, net, VMI_NAME_LEN);
		__entry->port = port;
		strscpy(__entry->reason, reason, VMI_TRACE_WORD);
		__entry->len = f ? f->len : 0;
		memcpy(__entry->src, f ? f->src : vmi_trace_no_mac, 6);
		memcpy(__entry->dst, f ? f->dst : vmi_trace_no_mac, 6);
		__entry->proto = f ? ntohs(f->proto) : 0;
	),
	TP_printk("net=%s port=%u reason=%s len=%u src=%pM dst=%pM proto=0x%04x",
		  __entry->net, __entry->port, __entry->reason, __entry->len, __entry->src,
		  __entry->dst, __entry->proto)
);

/* It was decided where a guest's frame goes: to a port, or host, uplink, flood or vmm (port 0). */
TRACE_EVENT(vmi_frame_forward,
	TP_PROTO(const char *net, u32 port, const char *where, u32 to, const struct vmi_frame *f),
	TP_ARGS(net, port, where, to, f),
	TP_STRUCT__entry(
		__array(char, net, VMI_NAME_LEN)
		__field(u32, port)
		__array(char, where, 8)
		__field(u32, to)
		__field(u32, len)
		__array(u8, src, 6)
		__array(u8, dst, 6)
		__field(u16, proto)
	),
	TP_fast_assign(
		strscpy(__entry->net, net, VMI_NAME_LEN);
		__entry->port = port;
		strscpy(__entry->where, where, 8);
		__entry->to = to;
		__entry->len = f->len;
		memcpy(__entry->src, f->src, 6);
		memcpy(__entry->dst, f->dst, 6);
		__entry->proto = ntohs(f->proto);
	),
	TP_printk("net=%s port=%u where=%s to=%u len=%u src=%pM dst=%pM proto=0x%04x",
		  __entry->net, __entry->port, __entry->where, __entry->to, __entry->len,
		  __entry->src, __entry->dst, __entry->proto)
);

/* The rings of a port were stopped because of what its guest wrote there. */
TRACE_EVENT(vmi_port_fault,
	TP_PROTO(const char *net, u32 port, u32 fault),
	TP_ARGS(net, port, fault),
	TP_STRUCT__entry(
		__array(char, net, VMI_NAME_LEN)
		__field(u32, port)
		__field(u32, fault)
	),
	TP_fast_assign(
		strscpy(__entry->net, net, VMI_NAME_LEN);
		__entry->port = port;
		__entry->fault = fault;
	),
	TP_printk("net=%s port=%u fault=%s", __entry->net, __entry->port,
		  vmi_trace_fault(__entry->fault))
);

#endif /* VMI_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

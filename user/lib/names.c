// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include <linux/vmi.h>

#include "names.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

static const char *const states[] = {
	[VMI_STATE_DEFINED]		= "defined",
	[VMI_STATE_STARTING]		= "starting",
	[VMI_STATE_RUNNING]		= "running",
	[VMI_STATE_PAUSED]		= "paused",
	[VMI_STATE_STOPPING]		= "stopping",
	[VMI_STATE_STOPPED]		= "stopped",
	[VMI_STATE_SAVING]		= "saving",
	[VMI_STATE_RESTORING]		= "restoring",
	[VMI_STATE_MIGRATING_OUT]	= "migrating-out",
	[VMI_STATE_MIGRATING_IN]	= "migrating-in",
	[VMI_STATE_CRASHED]		= "crashed",
};

static const char *const reasons[] = {
	[VMI_REASON_NONE]		= "none",
	[VMI_REASON_REQUEST]		= "request",
	[VMI_REASON_GUEST_POWEROFF]	= "guest-poweroff",
	[VMI_REASON_GUEST_RESET]	= "guest-reset",
	[VMI_REASON_GUEST_PANIC]	= "guest-panic",
	[VMI_REASON_TRIPLE_FAULT]	= "triple-fault",
	[VMI_REASON_VMM_ERROR]		= "vmm-error",
	[VMI_REASON_VMM_DIED]		= "vmm-died",
	[VMI_REASON_KILLED]		= "killed",
	[VMI_REASON_START_FAILED]	= "start-failed",
};

static const char *const commands[] = {
	[VMI_COMMAND_PAUSE]		= "pause",
	[VMI_COMMAND_RESUME]		= "resume",
	[VMI_COMMAND_POWERDOWN]		= "powerdown",
	[VMI_COMMAND_RESET]		= "reset",
	[VMI_COMMAND_POWEROFF]		= "poweroff",
	[VMI_COMMAND_KILL]		= "kill",
};

static const char *const modes[] = {
	[VMI_NET_MODE_HOST_ONLY]	= "host-only",
	[VMI_NET_MODE_NAT]		= "nat",
	[VMI_NET_MODE_BRIDGED]		= "bridged",
};

static const char *const uplink_states[] = {
	[VMI_UPLINK_STATE_UP]		= "up",
	[VMI_UPLINK_STATE_DOWN]		= "down",
	[VMI_UPLINK_STATE_GONE]		= "gone",
	[VMI_UPLINK_STATE_NO_ROUTE]	= "no-route",
	[VMI_UPLINK_STATE_UNFIT]	= "unfit",
};

static const char *const faults[] = {
	[VMI_PORT_FAULT_NONE]		= "none",
	[VMI_PORT_FAULT_INDEX_JUMP]	= "index-jump",
	[VMI_PORT_FAULT_BAD_HEAD]	= "bad-head",
	[VMI_PORT_FAULT_LOOP]		= "loop",
	[VMI_PORT_FAULT_BAD_LENGTH]	= "bad-length",
	[VMI_PORT_FAULT_BAD_ADDRESS]	= "bad-address",
	[VMI_PORT_FAULT_BAD_INDIRECT]	= "bad-indirect",
	[VMI_PORT_FAULT_BAD_DIRECTION]	= "bad-direction",
	[VMI_PORT_FAULT_BAD_HEADER]	= "bad-header",
	[VMI_PORT_FAULT_RING_ADDRESS]	= "ring-address",
};

static const char *const kinds[] = {
	[VMI_EVENT_KIND_VM_NEW]		= "vm-new",
	[VMI_EVENT_KIND_VM_STATE]	= "vm-state",
	[VMI_EVENT_KIND_VM_DEL]		= "vm-del",
	[VMI_EVENT_KIND_NET_NEW]	= "net-new",
	[VMI_EVENT_KIND_NET_SET]	= "net-set",
	[VMI_EVENT_KIND_NET_DEL]	= "net-del",
	[VMI_EVENT_KIND_PORT_NEW]	= "port-new",
	[VMI_EVENT_KIND_PORT_SET]	= "port-set",
	[VMI_EVENT_KIND_PORT_DEL]	= "port-del",
	[VMI_EVENT_KIND_PORT_FAULT]	= "port-fault",
	[VMI_EVENT_KIND_SESSION_NEW]	= "session-new",
	[VMI_EVENT_KIND_SESSION_DEL]	= "session-del",
	[VMI_EVENT_KIND_FORWARD_NEW]	= "forward-new",
	[VMI_EVENT_KIND_FORWARD_DEL]	= "forward-del",
	[VMI_EVENT_KIND_RESERVE_NEW]	= "reserve-new",
	[VMI_EVENT_KIND_RESERVE_DEL]	= "reserve-del",
};

static const char *const guards[] = {
	[VMI_GUARD_MAC]			= "mac",
	[VMI_GUARD_IP]			= "ip",
	[VMI_GUARD_ARP]			= "arp",
	[VMI_GUARD_ND]			= "nd",
	[VMI_GUARD_DHCP]		= "dhcp",
	[VMI_GUARD_RA]			= "ra",
	[VMI_GUARD_STORM]		= "storm",
};

#define WORD(table, i)	\
	((i) < ARRAY_SIZE(table) && (table)[i] ? (table)[i] : "unknown")

const char *vmi_state_name(uint32_t state)
{
	return WORD(states, state);
}

const char *vmi_reason_name(uint32_t reason)
{
	return WORD(reasons, reason);
}

const char *vmi_command_name(uint32_t command)
{
	return WORD(commands, command);
}

const char *vmi_net_mode_name(uint32_t mode)
{
	return WORD(modes, mode);
}

const char *vmi_uplink_state_name(uint32_t state)
{
	return WORD(uplink_states, state);
}

const char *vmi_port_fault_name(uint32_t fault)
{
	return WORD(faults, fault);
}

const char *vmi_event_kind_name(uint32_t kind)
{
	return WORD(kinds, kind);
}

const char *vmi_guard_name(uint32_t bit)
{
	return WORD(guards, bit);
}

static int parse(const char *const *table, size_t n, const char *word)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!strcmp(word, table[i]))
			return (int)i;
	return -1;
}

int vmi_net_mode_parse(const char *word)
{
	return parse(modes, ARRAY_SIZE(modes), word);
}

int vmi_guard_parse(const char *word)
{
	return parse(guards, ARRAY_SIZE(guards), word);
}

/* ctype.h follows the locale, names do not */
static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

bool vmi_name_valid(const char *name)
{
	size_t i, len = strlen(name);

	if (len < 1 || len > VMI_NAME_MAX || !is_alnum(name[0]))
		return false;
	for (i = 1; i < len; i++)
		if (!is_alnum(name[i]) && !strchr("._-", name[i]))
			return false;
	return true;
}

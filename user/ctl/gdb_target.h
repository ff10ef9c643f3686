/* SPDX-License-Identifier: GPL-2.0 */
/* A VM as gdb sees it: vCPUs as threads, that stop and go on together or one by one. */
#ifndef VMICTL_GDB_TARGET_H
#define VMICTL_GDB_TARGET_H

#include <stdbool.h>

#include "session.h"

#define GDB_BREAKS_MAX	128
#define GDB_VCPUS_MAX	256

/* gdb's numbers of breakpoint packets */
enum gdb_break_type { BREAK_SOFT, BREAK_HARD, WATCH_WRITE, WATCH_READ, WATCH_ACCESS, BREAK_TYPES };

enum gdb_action { STAY, GO, STEP };

/**
 * struct gdb_break - a breakpoint
 * @type: enum gdb_break_type
 * @addr: virtual
 * @bytes: of a watched place
 * @wanted: gdb has set it, and not removed it since
 * @id: of the probe, 0 when it is not armed
 * @was: the byte under an int3
 */
struct gdb_break {
	uint32_t type;
	uint64_t addr;
	uint32_t bytes;
	bool wanted;
	uint64_t id;
	uint8_t was;
};

/**
 * struct gdb_target - the VM
 * @s: session
 * @hits: events
 * @breaks: breakpoints; a free entry is neither wanted nor armed
 * @pending: of each vCPU, the probe that it has met and gdb was not told of, or 0
 * @actions: what each was last told to do
 * @running: some vCPU is not held
 */
struct gdb_target {
	struct session s;
	struct vmi_hit_reader hits;
	struct gdb_break breaks[GDB_BREAKS_MAX];
	uint64_t pending[GDB_VCPUS_MAX];
	enum gdb_action actions[GDB_VCPUS_MAX];
	bool running;
};

/* It is stopped then. Return: 0 or an exit code, after the message. */
int target_open(struct gdb_target *t, const char *name);
void target_close(struct gdb_target *t);

/* What follows returns 0 or a negative errno. */

/* @write: from @buf, else to it; as vCPU @vcpu sees it, without our int3. */
int target_memory(struct gdb_target *t, uint32_t vcpu, uint64_t addr, uint8_t *buf, size_t len,
		  bool write);
int target_break(struct gdb_target *t, uint32_t vcpu, uint32_t type, uint64_t addr, uint32_t bytes);

/* It goes from the guest only when that runs: gdb takes all away at each stop. */
int target_unbreak(struct gdb_target *t, uint32_t type, uint64_t addr, uint32_t bytes);

/*
 * Each vCPU as t->actions says. Some may step, or have met something already: @vcpu is then
 * the one to be told of, and the VM is stopped. It runs otherwise.
 */
int target_resume(struct gdb_target *t, uint32_t *vcpu, const struct gdb_break **why);

/* Stop it. */
int target_stop(struct gdb_target *t);

/*
 * Events are there. Return: 1 with a vCPU to be told of, then the VM is stopped, 0 when it
 * goes on, or a negative errno.
 */
int target_events(struct gdb_target *t, uint32_t *vcpu, const struct gdb_break **why);

#endif /* VMICTL_GDB_TARGET_H */

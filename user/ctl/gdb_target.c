// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "ctl.h"
#include "gdb_target.h"

#define RIGHTS	(VMI_RIGHT_READ | VMI_RIGHT_WRITE | VMI_RIGHT_REGS | VMI_RIGHT_STOP | \
		 VMI_RIGHT_EVENTS)
#define RECORDS	1024
#define INT3	0xcc

/* A vCPU waits until it is held: that is soon, but the machine may be busy. */
#define VERDICT_MS	20000

int target_open(struct gdb_target *t, const char *name)
{
	int ret;

	memset(t, 0, sizeof(*t));
	ret = session_open(&t->s, name, RIGHTS);
	if (ret)
		return ret;
	if (t->s.vcpus > GDB_VCPUS_MAX) {
		ret = fail(EXIT_FAILED, "%s has more vCPUs than there can be threads", name);
		goto err_session;
	}
	ret = vmi_hits_open(&t->hits, t->s.fd, RECORDS, VERDICT_MS);
	if (ret) {
		ret = session_fail(&t->s, ret, "cannot get events");
		goto err_session;
	}
	ret = target_stop(t);
	if (!ret)
		return 0;
	ret = session_fail(&t->s, ret, "cannot stop the vCPUs");
	vmi_hits_close(&t->hits);
err_session:
	session_close(&t->s);
	return ret;
}

void target_close(struct gdb_target *t)
{
	vmi_hits_close(&t->hits);
	/* all that was held goes on, all that was armed is not any more */
	session_close(&t->s);
}

/* ---- memory ---- */

static int view_of(struct gdb_target *t, uint32_t vcpu, struct vmi_view *view)
{
	struct vmi_regs regs;
	int ret = vmi_vcpu_regs(t->s.fd, vcpu, &regs);

	*view = vmi_regs_view(&regs);
	return ret;
}

static int disarm(struct gdb_target *t, struct gdb_break *b)
{
	int ret = vmi_break_remove(t->s.fd, b->id);

	/* a reset of the VM has taken it away */
	if (ret && ret != -ENOENT)
		return ret;
	b->id = 0;
	return 0;
}

static bool is_int3(const struct gdb_break *b)
{
	return b->type == BREAK_SOFT && b->id;
}

static void hide_int3(const struct gdb_target *t, uint64_t addr, uint8_t *buf, size_t len)
{
	const struct gdb_break *b;

	for (b = t->breaks; b < t->breaks + GDB_BREAKS_MAX; b++)
		if (is_int3(b) && b->addr - addr < len && buf[b->addr - addr] == INT3)
			buf[b->addr - addr] = b->was;
}

/* What is written there is not to be lost: the int3 comes back when the VM goes on. */
static int clear_int3(struct gdb_target *t, uint64_t addr, size_t len)
{
	struct gdb_break *b;
	int ret = 0;

	for (b = t->breaks; b < t->breaks + GDB_BREAKS_MAX && !ret; b++)
		if (is_int3(b) && b->addr - addr < len)
			ret = disarm(t, b);
	return ret;
}

int target_memory(struct gdb_target *t, uint32_t vcpu, uint64_t addr, uint8_t *buf, size_t len,
		  bool write)
{
	struct vmi_view view;
	size_t done;
	int ret = view_of(t, vcpu, &view);

	if (ret)
		return ret;
	if (write)
		ret = clear_int3(t, addr, len);
	if (ret)
		return ret;
	do {
		ret = write ? vmi_session_write(t->s.fd, &view, addr, buf, len, &done) :
			      vmi_session_read(t->s.fd, &view, addr, buf, len, &done);
	} while (ret == -EFAULT && !done && vmi_view_other(&view, addr));
	if (!ret && !write)
		hide_int3(t, addr, buf, len);
	return ret;
}

/* ---- breakpoints ---- */

static int arm_soft(struct gdb_target *t, uint32_t vcpu, struct gdb_break *b)
{
	const struct vmi_view phys = { 0 };
	struct vmi_view view;
	uint64_t gpa;
	size_t done;
	int ret = view_of(t, vcpu, &view);

	if (ret)
		return ret;
	do {
		ret = vmi_session_translate(t->s.fd, &view, b->addr, &gpa);
	} while (ret == -EFAULT && vmi_view_other(&view, b->addr));
	if (!ret)
		ret = vmi_session_read(t->s.fd, &phys, gpa, &b->was, 1, &done);
	return ret ? ret : vmi_break_soft(t->s.fd, gpa, true, &b->id);
}

static int arm(struct gdb_target *t, uint32_t vcpu, struct gdb_break *b)
{
	static const uint32_t access[] = {
		[BREAK_HARD] = VMI_HW_EXEC, [WATCH_WRITE] = VMI_HW_WRITE,
		/* the CPU cannot watch for reads alone */
		[WATCH_READ] = VMI_HW_RW, [WATCH_ACCESS] = VMI_HW_RW,
	};
	uint32_t bytes = b->type == BREAK_HARD ? 1 : b->bytes;

	if (b->type == BREAK_SOFT)
		return arm_soft(t, vcpu, b);
	return vmi_break_hard(t->s.fd, b->addr, bytes, access[b->type], true, &b->id);
}

static struct gdb_break *find(struct gdb_target *t, uint32_t type, uint64_t addr, uint32_t bytes)
{
	struct gdb_break *b;

	for (b = t->breaks; b < t->breaks + GDB_BREAKS_MAX; b++)
		if ((b->wanted || b->id) && b->type == type && b->addr == addr && b->bytes == bytes)
			return b;
	return NULL;
}

/* Those that gdb does not want any more; they have been kept as they often come back. */
static int disarm_unwanted(struct gdb_target *t)
{
	struct gdb_break *b;
	int ret = 0;

	for (b = t->breaks; b < t->breaks + GDB_BREAKS_MAX && !ret; b++)
		if (b->id && !b->wanted)
			ret = disarm(t, b);
	return ret;
}

static struct gdb_break *free_entry(struct gdb_target *t)
{
	struct gdb_break *b;

	for (b = t->breaks; b < t->breaks + GDB_BREAKS_MAX; b++)
		if (!b->wanted && !b->id)
			return b;
	return NULL;
}

int target_break(struct gdb_target *t, uint32_t vcpu, uint32_t type, uint64_t addr, uint32_t bytes)
{
	struct gdb_break *b = find(t, type, addr, bytes);
	int ret;

	if (!b) {
		/* they may have what this one needs: room, or a debug register */
		ret = disarm_unwanted(t);
		if (ret)
			return ret;
		b = free_entry(t);
		if (!b)
			return -ENOSPC;
		*b = (struct gdb_break){ .type = type, .addr = addr, .bytes = bytes };
	}
	ret = b->id ? 0 : arm(t, vcpu, b);
	b->wanted = !ret;
	return ret;
}

int target_unbreak(struct gdb_target *t, uint32_t type, uint64_t addr, uint32_t bytes)
{
	struct gdb_break *b = find(t, type, addr, bytes);

	if (b)
		b->wanted = false;
	return 0;
}

/* ---- run control ---- */

static const struct gdb_break *by_id(const struct gdb_target *t, uint64_t id)
{
	const struct gdb_break *b;

	for (b = t->breaks; b < t->breaks + GDB_BREAKS_MAX; b++)
		if (id && b->id == id)
			return b;
	return NULL;
}

/* They are held, or it would be too late to let them go on from here. */
static void take_hits(struct gdb_target *t)
{
	struct vmi_hit hit;

	while (vmi_hits_take(&t->hits, &hit)) {
		if (hit.vcpu < t->s.vcpus)
			t->pending[hit.vcpu] = hit.probe;
		if (hit.flags & VMI_PROBE_SYNC)
			vmi_hit_continue(t->s.fd, &hit);
	}
}

int target_stop(struct gdb_target *t)
{
	int ret = vmi_vcpu_stop(t->s.fd, VMI_VCPU_ALL);

	if (ret)
		return ret;
	t->running = false;
	take_hits(t);
	return 0;
}

/* Has it met something that still matters? */
static bool due(struct gdb_target *t, uint32_t vcpu, const struct gdb_break **why)
{
	const struct gdb_break *b = by_id(t, t->pending[vcpu]);
	struct vmi_regs regs;

	t->pending[vcpu] = 0;
	if (!b || !b->wanted)
		return false;
	*why = b;
	/* gdb may have sent it elsewhere meanwhile */
	return b->type > BREAK_HARD ||
	       (!vmi_vcpu_regs(t->s.fd, vcpu, &regs) && regs.gprs.rip == b->addr);
}

static int rearm(struct gdb_target *t)
{
	struct gdb_break *b;
	int ret = disarm_unwanted(t);

	for (b = t->breaks; b < t->breaks + GDB_BREAKS_MAX && !ret; b++)
		if (b->wanted && !b->id)
			ret = arm(t, 0, b);
	return ret;
}

static int let_go(struct gdb_target *t)
{
	bool all = true;
	uint32_t i;
	int ret = 0;

	for (i = 0; i < t->s.vcpus; i++)
		all &= t->actions[i] == GO;
	if (all)
		return vmi_vcpu_resume(t->s.fd, VMI_VCPU_ALL);
	for (i = 0; i < t->s.vcpus && !ret; i++)
		if (t->actions[i] == GO)
			ret = vmi_vcpu_resume(t->s.fd, i);
	return ret;
}

int target_resume(struct gdb_target *t, uint32_t *vcpu, const struct gdb_break **why)
{
	bool stepped = false;
	uint32_t i;
	int ret;

	*why = NULL;
	ret = rearm(t);
	for (i = 0; i < t->s.vcpus && !ret; i++) {
		if (t->actions[i] != STAY && due(t, i, why)) {
			*vcpu = i;
			return 0;
		}
	}
	if (!ret)
		ret = let_go(t);
	t->running = true;
	for (i = 0; i < t->s.vcpus && !ret; i++) {
		if (t->actions[i] != STEP)
			continue;
		ret = vmi_vcpu_step(t->s.fd, i);
		*vcpu = i;
		stepped = true;
	}
	/* what cannot be stepped stays where it is: gdb sees that */
	if (stepped && (!ret || ret == -ETIMEDOUT))
		ret = target_stop(t);
	return ret;
}

int target_events(struct gdb_target *t, uint32_t *vcpu, const struct gdb_break **why)
{
	uint32_t i;
	int ret;

	if (!t->running) {
		take_hits(t);
		return 0;
	}
	ret = target_stop(t);
	if (ret)
		return ret;
	for (i = 0; i < t->s.vcpus; i++) {
		if (due(t, i, why)) {
			*vcpu = i;
			return 1;
		}
	}
	/* it was of a breakpoint that is gone */
	t->running = true;
	return let_go(t);
}

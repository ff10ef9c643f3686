// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "kthread.h"
#include "list.h"
#include "task.h"

#define STATE_REPORT	0x7f		/* TASK_REPORT */
#define STATE_IDLE	0x402		/* TASK_IDLE */
#define STATE_RTLOCK	0x1000		/* TASK_RTLOCK_WAIT */
#define STATE_FROZEN	0x8000		/* TASK_FROZEN */
#define STATE_SLEEP	0x2		/* TASK_UNINTERRUPTIBLE */
#define STATE_LETTERS	"RSDTtXZPI"

/* struct fields - members that processes are read from */
struct fields {
	struct guest_kthreads kthreads;
	struct guest_field tasks, pid, tgid, flags, state, exit_state, real_parent;
	struct guest_field cred, signal, mm, comm, start;
	struct guest_field uid, euid, gid;
	struct guest_field nr_threads, thread_head, thread_node;
	struct guest_field pgd, arg_start, arg_end, env_start, env_end;
};

#define TASK(field, path)	GUEST_WANT(fields, field, "task_struct", path)

static const struct guest_want wants[] = {
	TASK(tasks, "tasks"),
	TASK(pid, "pid"),
	TASK(tgid, "tgid"),
	TASK(flags, "flags"),
	TASK(state, "__state"),
	TASK(exit_state, "exit_state"),
	TASK(real_parent, "real_parent"),
	TASK(cred, "real_cred"),
	TASK(signal, "signal"),
	TASK(mm, "mm"),
	TASK(comm, "comm"),
	TASK(start, "start_boottime"),
	TASK(thread_node, "thread_node"),
	GUEST_WANT(fields, uid, "cred", "uid.val"),
	GUEST_WANT(fields, euid, "cred", "euid.val"),
	GUEST_WANT(fields, gid, "cred", "gid.val"),
	GUEST_WANT(fields, nr_threads, "signal_struct", "nr_threads"),
	GUEST_WANT(fields, thread_head, "signal_struct", "thread_head"),
	GUEST_WANT(fields, pgd, "mm_struct", "pgd"),
	GUEST_WANT(fields, arg_start, "mm_struct", "arg_start"),
	GUEST_WANT(fields, arg_end, "mm_struct", "arg_end"),
	GUEST_WANT(fields, env_start, "mm_struct", "env_start"),
	GUEST_WANT(fields, env_end, "mm_struct", "env_end"),
};

/**
 * struct reader - a reading of processes under way
 * @g: guest
 * @f: members
 * @flags: GUEST_TASKS_*
 * @clock: to turn times of boot into times of day
 * @has_clock: that is known
 * @out: result
 */
struct reader {
	struct guest *g;
	struct fields f;
	unsigned int flags;
	struct guest_clock clock;
	bool has_clock;
	struct vmi_vec *out;
};

static int open_reader(struct reader *r, struct guest *g)
{
	int ret = guest_kthreads_open(g, &r->f.kthreads);

	r->g = g;
	return ret ? ret : guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &r->f);
}

static char state_letter(uint32_t state, uint32_t exit_state)
{
	uint32_t bits = (state | exit_state) & STATE_REPORT;
	unsigned int i = 0;

	if ((state & STATE_IDLE) == STATE_IDLE)
		bits = STATE_REPORT + 1;
	else if (state & (STATE_RTLOCK | STATE_FROZEN))
		bits = STATE_SLEEP;
	while (bits >> i)
		i++;
	return STATE_LETTERS[i];
}

/* Read what of a range of user memory is there. */
static int read_user(struct reader *r, const struct guest_space *space, uint64_t from,
		     uint64_t to, struct guest_task *t)
{
	size_t len = to - from < GUEST_ARGS_MAX ? to - from : GUEST_ARGS_MAX;
	int ret;

	t->args_cut = len < to - from;
	/* one more, for a reader that wants a string */
	t->args = calloc(1, len + 1);
	if (!t->args)
		return -ENOMEM;
	ret = guest_space_read(&r->g->mem, space, from, t->args, len, &t->args_len);
	if (ret == -EFAULT || ret == -ENXIO) {
		t->args_cut = true;
		ret = 0;
	}
	return ret;
}

/* As the kernel shows it: a process may have written over its arguments. */
static int read_args(struct reader *r, uint64_t mm, struct guest_task *t)
{
	struct guest_space space = { .levels = r->g->image.space.levels };
	uint64_t pgd, start, end, env_start, env_end;
	struct guest_mapping map;
	char last = '\0';
	int ret;

	ret = guest_get(r->g, mm, &r->f.pgd, &pgd);
	if (!ret)
		ret = guest_get(r->g, mm, &r->f.arg_start, &start);
	if (!ret)
		ret = guest_get(r->g, mm, &r->f.arg_end, &end);
	if (!ret)
		ret = guest_get(r->g, mm, &r->f.env_start, &env_start);
	if (!ret)
		ret = guest_get(r->g, mm, &r->f.env_end, &env_end);
	if (ret || !env_end || start >= end)
		return ret;
	ret = guest_walk(&r->g->mem, &r->g->image.space, pgd, &map);
	if (ret)
		return ret == -EFAULT || ret == -ENXIO ? -EAGAIN : ret;
	space.root_gpa = map.gpa;
	guest_space_read(&r->g->mem, &space, end - 1, &last, 1, NULL);
	if (last && env_start == end && env_end > end)
		end = env_end;
	ret = read_user(r, &space, start, end, t);
	if (!ret && last)
		t->args_len = strnlen(t->args, t->args_len);
	return ret;
}

static int read_cred(struct reader *r, uint64_t cred, struct guest_task *t)
{
	uint64_t uid, euid, gid;
	int ret = guest_get(r->g, cred, &r->f.uid, &uid);

	if (!ret)
		ret = guest_get(r->g, cred, &r->f.euid, &euid);
	if (!ret)
		ret = guest_get(r->g, cred, &r->f.gid, &gid);
	if (ret)
		return ret;
	t->uid = uid;
	t->euid = euid;
	t->gid = gid;
	return 0;
}

/* Members of the task itself, and pointers to what else tells of it. */
static int read_self(struct reader *r, struct guest_task *t, uint64_t *mm)
{
	uint64_t pid, tgid, flags, state, exit_state, parent, ppid, cred, signal, threads;
	struct guest *g = r->g;
	int ret = guest_get(g, t->addr, &r->f.pid, &pid);

	if (!ret)
		ret = guest_get(g, t->addr, &r->f.tgid, &tgid);
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.flags, &flags);
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.state, &state);
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.exit_state, &exit_state);
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.real_parent, &parent);
	if (!ret)
		ret = guest_get(g, parent, &r->f.tgid, &ppid);
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.start, &t->start_boot_ns);
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.mm, mm);
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.signal, &signal);
	if (!ret)
		ret = guest_get(g, signal, &r->f.nr_threads, &threads);
	if (!ret)
		ret = guest_get_array(g, t->addr, &r->f.comm, t->comm, sizeof(t->comm));
	if (!ret)
		ret = guest_get(g, t->addr, &r->f.cred, &cred);
	if (!ret)
		ret = read_cred(r, cred, t);
	if (ret)
		return ret;
	t->pid = pid;
	t->tgid = tgid;
	t->ppid = ppid;
	t->threads = threads;
	t->kernel = flags & GUEST_PF_KTHREAD;
	t->state = state_letter(state, exit_state);
	if (!t->kernel)
		return 0;
	return guest_kthread_name(g, &r->f.kthreads, t->addr, flags, t->comm, sizeof(t->comm));
}

static int read_task(struct reader *r, uint64_t addr)
{
	struct guest_task *t = vmi_vec_add(r->out);
	uint64_t mm = 0;
	int ret;

	if (!t)
		return -ENOMEM;
	t->addr = addr;
	ret = read_self(r, t, &mm);
	if (ret)
		return ret;
	if (r->has_clock)
		t->start_ns = t->start_boot_ns + r->clock.boot_to_real_ns;
	if (!mm || t->kernel || r->flags & GUEST_TASKS_NO_ARGS)
		return 0;
	return read_args(r, mm, t);
}

static int read_threads(struct reader *r, uint64_t addr)
{
	struct guest_list l;
	uint64_t signal;
	int ret = guest_get(r->g, addr, &r->f.signal, &signal);

	if (ret)
		return ret;
	guest_list_begin(&l, r->g, signal + r->f.thread_head.offset, GUEST_TASKS_MAX);
	while (!ret && guest_list_next(&l))
		ret = read_task(r, l.at - r->f.thread_node.offset);
	return ret ? ret : l.err;
}

/* First the list alone, which is short work, so that it can hardly change meanwhile. */
static int read_addrs(struct reader *r, struct vmi_vec *addrs)
{
	struct guest_list l;
	uint64_t init;
	int ret = guest_symbol(r->g, "init_task", &init);

	if (ret)
		return ret;
	guest_list_begin(&l, r->g, init + r->f.tasks.offset, GUEST_TASKS_MAX);
	while (guest_list_next(&l)) {
		uint64_t *addr = vmi_vec_add(addrs);

		if (!addr)
			return -ENOMEM;
		*addr = l.at - r->f.tasks.offset;
	}
	return l.err;
}

static int read_all(struct reader *r)
{
	struct vmi_vec addrs = VMI_VEC_INIT(uint64_t);
	const uint64_t *addr;
	int ret = read_addrs(r, &addrs);

	vmi_vec_for_each(addr, &addrs) {
		if (ret)
			break;
		ret = r->flags & GUEST_TASKS_THREADS ? read_threads(r, *addr) :
						       read_task(r, *addr);
	}
	vmi_vec_free(&addrs);
	return ret;
}

int guest_tasks(struct guest *g, unsigned int flags, struct vmi_vec *tasks)
{
	struct reader r = { .flags = flags, .out = tasks };
	unsigned int tries = 0;
	int ret = open_reader(&r, g);

	if (ret)
		return ret;
	guest_begin(g);
	do {
		guest_tasks_free(tasks);
		r.has_clock = !guest_clock(g, &r.clock);
		ret = read_all(&r);
	} while (guest_retry(g, ret, &tries));
	return ret;
}

void guest_tasks_free(struct vmi_vec *tasks)
{
	struct guest_task *t;

	vmi_vec_for_each(t, tasks)
		free(t->args);
	vmi_vec_free(tasks);
}

int guest_task_addrs(struct guest *g, struct vmi_vec *addrs)
{
	struct reader r = { 0 };
	unsigned int tries = 0;
	int ret = open_reader(&r, g);

	if (ret)
		return ret;
	do {
		vmi_vec_free(addrs);
		ret = read_addrs(&r, addrs);
	} while (guest_retry(g, ret, &tries));
	return ret;
}

int guest_task_find(struct guest *g, int32_t pid, uint64_t *addr)
{
	struct vmi_vec addrs = VMI_VEC_INIT(uint64_t);
	struct reader r = { 0 };
	const uint64_t *at;
	uint64_t val;
	int ret = open_reader(&r, g);

	if (!ret)
		ret = guest_task_addrs(g, &addrs);
	*addr = 0;
	vmi_vec_for_each(at, &addrs) {
		if (ret || guest_get(g, *at, &r.f.pid, &val) || (int32_t)val != pid)
			continue;
		*addr = *at;
		break;
	}
	vmi_vec_free(&addrs);
	if (!ret && !*addr)
		return guest_fail(g, -ESRCH, "the guest has no process %d", pid);
	return ret;
}

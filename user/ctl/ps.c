// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/task.h"
#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"
#include "view.h"

#define DEPTH_MAX	64	/* of the tree; what is deeper is drawn at this depth */

/**
 * struct line - a process and its place in the tree
 * @task: what is known of it
 * @depth: of it in the tree
 * @done: it is in the output already
 */
struct line {
	const struct guest_task *task;
	unsigned int depth;
	bool done;
};

static int by_pid(const void *a, const void *b)
{
	const struct guest_task *s = ((const struct line *)a)->task;
	const struct guest_task *t = ((const struct line *)b)->task;

	if (s->tgid != t->tgid)
		return s->tgid < t->tgid ? -1 : 1;
	return s->pid < t->pid ? -1 : s->pid > t->pid;
}

/* The command line with blanks; a name in brackets where there is none. */
static char *command(const struct guest_task *t, unsigned int depth)
{
	size_t room = t->args_len + sizeof(t->comm) + 2 * depth + 8, at, i;
	char *text = malloc(room);

	if (!text)
		exit(fail(EXIT_FAILED, "out of memory"));
	at = snprintf(text, room, "%*s", 2 * (int)depth, "");
	if (!t->args_len) {
		snprintf(text + at, room - at, "[%s]", t->comm);
		return text;
	}
	for (i = 0; i < t->args_len; i++)
		text[at++] = t->args[i] ? t->args[i] : ' ';
	while (at && text[at - 1] == ' ')
		at--;
	strcpy(text + at, t->args_cut ? "..." : "");
	return text;
}

static void put_row(struct table *table, const struct line *l, bool threads)
{
	const struct guest_task *t = l->task;
	char pid[FMT_LEN], tid[FMT_LEN], ppid[FMT_LEN], uid[FMT_LEN], nthreads[FMT_LEN];
	char state[2] = { t->state, '\0' }, start[FMT_LEN] = "-";
	char *text = command(t, l->depth);

	snprintf(pid, sizeof(pid), "%" PRId32, t->tgid);
	snprintf(tid, sizeof(tid), "%" PRId32, t->pid);
	snprintf(ppid, sizeof(ppid), "%" PRId32, t->ppid);
	snprintf(uid, sizeof(uid), "%" PRIu32, t->uid);
	snprintf(nthreads, sizeof(nthreads), "%" PRIu32, t->threads);
	if (t->start_ns)
		fmt_time(t->start_ns, start);
	if (threads)
		table_row(table, pid, tid, ppid, uid, state, start, text);
	else
		table_row(table, pid, ppid, uid, state, nthreads, start, text);
	free(text);
}

static struct json_object *args_json(const struct guest_task *t)
{
	struct json_object *list = json_object_new_array();
	size_t at = 0;

	while (at < t->args_len) {
		struct json_object *one = json_object_new_object();

		/* json_put_text() knows how to make text of others harmless */
		json_put_text(one, "arg", t->args + at);
		json_object_array_add(list, json_object_get(json_object_object_get(one, "arg")));
		json_object_put(one);
		at += strlen(t->args + at) + 1;
	}
	return list;
}

static struct json_object *task_json(const struct line *l)
{
	const struct guest_task *t = l->task;
	struct json_object *obj = json_object_new_object();
	char state[2] = { t->state, '\0' };

	json_put_number(obj, "pid", t->tgid);
	if (t->pid != t->tgid)
		json_put_number(obj, "tid", t->pid);
	json_put_number(obj, "ppid", t->ppid);
	json_put_number(obj, "uid", t->uid);
	json_put_number(obj, "euid", t->euid);
	json_put_number(obj, "gid", t->gid);
	json_put_text(obj, "state", state);
	json_put_bool(obj, "kernel", t->kernel);
	json_put_number(obj, "threads", t->threads);
	json_put_number(obj, "start-boot-ns", t->start_boot_ns);
	if (t->start_ns)
		json_put_number(obj, "start-ns", t->start_ns);
	json_put_text(obj, "comm", t->comm);
	if (t->args)
		json_object_object_add(obj, "args", args_json(t));
	if (t->args_cut)
		json_put_bool(obj, "args-cut", true);
	return obj;
}

static struct line *find(struct line *lines, size_t n, int32_t tgid)
{
	struct guest_task key = { .tgid = tgid, .pid = tgid };
	struct line l = { .task = &key };

	return bsearch(&l, lines, n, sizeof(l), by_pid);
}

/* Depth of a process, by way of its parents, who may be lies. */
static unsigned int depth_of(struct line *lines, size_t n, const struct guest_task *t)
{
	unsigned int depth;
	struct line *up;

	for (depth = 0; depth < DEPTH_MAX && t->ppid != t->tgid; depth++) {
		up = find(lines, n, t->ppid);
		if (!up)
			break;
		t = up->task;
	}
	return depth;
}

/* struct child - a process under its parent, to be sorted by both */
struct child {
	int32_t ppid;
	size_t line;
};

static int by_parent(const void *a, const void *b)
{
	const struct child *c = a, *d = b;

	if (c->ppid != d->ppid)
		return c->ppid < d->ppid ? -1 : 1;
	return c->line < d->line ? -1 : c->line > d->line;
}

/* Parents before their children, each once, without recursion. */
static void put_tree(struct line *lines, size_t n, struct child *children,
		     struct vmi_vec *order)
{
	struct vmi_vec stack = VMI_VEC_INIT(size_t);
	size_t i, low, high, *to;

	for (i = 0; i < n; i++)
		children[i] = (struct child){ lines[i].task->ppid, i };
	qsort(children, n, sizeof(*children), by_parent);
	for (i = 0; i < 2 * n; i++) {
		/* roots first, then those whose parents lead round in a circle */
		struct line *l = &lines[i % n];

		if (l->done || (i < n && l->task->ppid != l->task->tgid &&
				find(lines, n, l->task->ppid)))
			continue;
		to = vmi_vec_add(&stack);
		if (!to)
			exit(fail(EXIT_FAILED, "out of memory"));
		*to = i % n;
		while (stack.n) {
			size_t at = ((size_t *)stack.data)[--stack.n];

			if (lines[at].done)
				continue;
			lines[at].done = true;
			to = vmi_vec_add(order);
			if (!to)
				exit(fail(EXIT_FAILED, "out of memory"));
			*to = at;
			for (low = 0, high = n; low < high;) {
				size_t mid = low + (high - low) / 2;

				if (children[mid].ppid < lines[at].task->tgid)
					low = mid + 1;
				else
					high = mid;
			}
			while (high < n && children[high].ppid == lines[at].task->tgid)
				high++;
			/* the last pushed is the first printed */
			while (high-- > low) {
				to = vmi_vec_add(&stack);
				if (!to)
					exit(fail(EXIT_FAILED, "out of memory"));
				*to = children[high].line;
			}
		}
	}
	vmi_vec_free(&stack);
}

static void print(struct line *lines, const size_t *order, size_t n, bool threads)
{
	struct table plain = TABLE_INIT(">PID", ">PPID", ">UID", "STATE", ">THREADS", "START",
					"COMMAND");
	struct table wide = TABLE_INIT(">PID", ">TID", ">PPID", ">UID", "STATE", "START",
				       "COMMAND");
	struct table *table = threads ? &wide : &plain;
	struct json_object *list;
	size_t i;

	if (!ctl.json) {
		for (i = 0; i < n; i++)
			put_row(table, &lines[order ? order[i] : i], threads);
		table_print(table);
		return;
	}
	list = json_object_new_array();
	for (i = 0; i < n; i++)
		json_object_array_add(list, task_json(&lines[order ? order[i] : i]));
	json_print(list);
}

static void show(const struct vmi_vec *tasks, bool tree, bool threads)
{
	struct line *lines = calloc(tasks->n + 1, sizeof(*lines));
	struct child *children = calloc(tasks->n + 1, sizeof(*children));
	struct vmi_vec order = VMI_VEC_INIT(size_t);
	size_t i;

	if (!lines || !children)
		exit(fail(EXIT_FAILED, "out of memory"));
	for (i = 0; i < tasks->n; i++)
		lines[i].task = (const struct guest_task *)tasks->data + i;
	qsort(lines, tasks->n, sizeof(*lines), by_pid);
	if (tree) {
		for (i = 0; i < tasks->n; i++)
			lines[i].depth = depth_of(lines, tasks->n, lines[i].task);
		put_tree(lines, tasks->n, children, &order);
	}
	print(lines, order.data, tasks->n, threads);
	vmi_vec_free(&order);
	free(children);
	free(lines);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec tasks = VMI_VEC_INIT(struct guest_task);
	bool tree = false, threads = false;
	const char *image = NULL;
	const struct opt opts[] = {
		{ "tree", 't', NULL, NULL, &tree, "children below their parents" },
		{ "threads", 'T', NULL, NULL, &threads, "all threads, not only processes" },
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, 1);
	struct view v;
	int ret;

	if (tree && threads)
		return usage(verb, "ps: --tree shows no threads");
	ret = view_open(&v, verb, image, &argc, &args, 0);
	if (ret)
		return ret;
	ret = guest_tasks(&v.guest, threads ? GUEST_TASKS_THREADS : 0, &tasks);
	if (!ret)
		show(&tasks, tree, threads);
	ret = view_fail(&v, ret);
	guest_tasks_free(&tasks);
	view_close(&v);
	return ret;
}

const struct verb verb_ps = {
	.name = "ps",
	.args = "NAME",
	.summary = "List a Linux guest's processes, from outside",
	.help = "The guest is neither stopped nor asked: all is read from its memory, and its kernel's\n"
		"own symbols and types say where. Needs no agent, no debug symbols and no profile.",
	.run = run,
};

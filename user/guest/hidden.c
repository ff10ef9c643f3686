// SPDX-License-Identifier: GPL-2.0
/*
 * What one of the kernel's lists has and another has not. Who hides a process or a
 * module takes it out of the list that people look at; the kernel itself finds it by
 * others, and would lose it if it were taken out of those.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "check.h"
#include "list.h"
#include "module.h"
#include "task.h"

#define NODES_MAX	(1U << 21)	/* of a tree */
#define XA_INTERNAL	2		/* low bits of an entry that is a node */
#define XA_SLOTS	64
#define PIDTYPE_TGID	1
#define LINK_BYTES	16		/* of a struct hlist_node */

/* struct fields - members that the other lists are read from */
struct fields {
	struct guest_field mod_root, mod_node, mod_mod, mod_name;
	struct guest_field rb_left, rb_right;
	struct guest_field idr, xa_head, slots, pid_tasks, links;
	struct guest_field children, sibling, tgid, comm, exit_state;
};

#define MAYBE(field, type, path)	GUEST_MAY_WANT(fields, field, type, path)

static const struct guest_want wants[] = {
	MAYBE(mod_root, "mod_tree_root", "root.tree"),
	MAYBE(mod_node, "mod_tree_node", "node.node"),
	MAYBE(mod_mod, "mod_tree_node", "mod"),
	MAYBE(mod_name, "module", "name"),
	MAYBE(rb_left, "rb_node", "rb_left"),
	MAYBE(rb_right, "rb_node", "rb_right"),
	MAYBE(idr, "pid_namespace", "idr.idr_rt"),
	MAYBE(xa_head, "xarray", "xa_head"),
	MAYBE(slots, "xa_node", "slots"),
	MAYBE(pid_tasks, "pid", "tasks"),
	MAYBE(links, "task_struct", "pid_links"),
	MAYBE(children, "task_struct", "children"),
	MAYBE(sibling, "task_struct", "sibling"),
	MAYBE(tgid, "task_struct", "tgid"),
	MAYBE(comm, "task_struct", "comm"),
	MAYBE(exit_state, "task_struct", "exit_state"),
};

struct reader {
	struct guest *g;
	struct fields f;
	struct vmi_vec *findings;
};

static int by_addr(const void *a, const void *b)
{
	const uint64_t *s = a, *t = b;

	return *s < *t ? -1 : *s > *t;
}

static bool known(const struct vmi_vec *addrs, uint64_t addr)
{
	return addrs->n && bsearch(&addr, addrs->data, addrs->n, addrs->size, by_addr);
}

static int push(struct vmi_vec *v, uint64_t addr)
{
	uint64_t *to;

	if (v->n >= NODES_MAX)
		return -EAGAIN;
	to = vmi_vec_add(v);
	if (!to)
		return -ENOMEM;
	*to = addr;
	return 0;
}

/* A node of the tree by address; its module must be in the list. */
static int visit_module(struct reader *r, uint64_t node, const struct vmi_vec *listed)
{
	char name[GUEST_MODULE_NAME_LEN];
	uint64_t mod;
	int ret = guest_get(r->g, node - r->f.mod_node.offset, &r->f.mod_mod, &mod);

	if (ret || known(listed, mod))
		return ret;
	ret = guest_get_array(r->g, mod, &r->f.mod_name, name, sizeof(name));
	return ret ? ret : guest_finding_add(r->findings, GUEST_FINDING_MODULE, mod,
					     "module %s is loaded and not in the list", name);
}

static int walk_modules(struct reader *r, uint64_t root, const struct vmi_vec *listed)
{
	struct vmi_vec todo = VMI_VEC_INIT(uint64_t);
	size_t i;
	int ret = root ? push(&todo, root) : 0;

	for (i = 0; !ret && i < todo.n && i < 8 * GUEST_MODULES_MAX; i++) {
		uint64_t node = ((uint64_t *)todo.data)[i], left, right;

		ret = visit_module(r, node, listed);
		if (!ret)
			ret = guest_get(r->g, node, &r->f.rb_left, &left);
		if (!ret)
			ret = guest_get(r->g, node, &r->f.rb_right, &right);
		if (!ret && left)
			ret = push(&todo, left);
		if (!ret && right)
			ret = push(&todo, right);
	}
	vmi_vec_free(&todo);
	return ret;
}

static int check_modules(struct reader *r)
{
	struct vmi_vec modules = VMI_VEC_INIT(struct guest_module);
	struct vmi_vec addrs = VMI_VEC_INIT(uint64_t);
	const struct guest_module *m;
	uint64_t tree, root;
	int ret;

	if (!r->f.mod_root.there || !r->f.mod_node.there || !r->f.mod_mod.there ||
	    guest_kallsyms_find(&r->g->syms, "mod_tree", &tree))
		return 0;
	ret = guest_modules(r->g, &modules);
	vmi_vec_for_each(m, &modules)
		if (!ret)
			ret = push(&addrs, m->addr);
	if (addrs.n)
		qsort(addrs.data, addrs.n, addrs.size, by_addr);
	/* the first of a pair of trees: they are alike, but for the moment of a change */
	if (!ret)
		ret = guest_get_u64(r->g, tree + r->f.mod_root.offset, &root);
	if (!ret)
		ret = walk_modules(r, root, &addrs);
	vmi_vec_free(&modules);
	vmi_vec_free(&addrs);
	return ret;
}

static int add_process(struct reader *r, uint64_t task, const char *where)
{
	char comm[GUEST_COMM_LEN];
	uint64_t pid;
	int ret = guest_get(r->g, task, &r->f.tgid, &pid);

	if (!ret)
		ret = guest_get_array(r->g, task, &r->f.comm, comm, sizeof(comm));
	return ret ? ret : guest_finding_add(r->findings, GUEST_FINDING_PROCESS, task,
					     "process %" PRId32 " (%s) is %s and not in the list",
					     (int32_t)pid, comm, where);
}

/* Children of those in the list. */
static int check_children(struct reader *r, uint64_t task, const struct vmi_vec *listed)
{
	struct guest_list l;
	uint64_t dead;
	int ret = 0;

	guest_list_begin(&l, r->g, task + r->f.children.offset, GUEST_TASKS_MAX);
	while (!ret && guest_list_next(&l)) {
		uint64_t child = l.at - r->f.sibling.offset;

		if (known(listed, child))
			continue;
		ret = guest_get(r->g, child, &r->f.exit_state, &dead);
		if (!ret && !dead)
			ret = add_process(r, child, "a child of another");
	}
	return ret ? ret : l.err;
}

/* An entry of the table of process numbers. */
static int visit_pid(struct reader *r, uint64_t pid, const struct vmi_vec *listed)
{
	uint64_t link;
	int ret = guest_get_u64(r->g, pid + r->f.pid_tasks.offset + 8 * PIDTYPE_TGID, &link);

	if (ret || !link)
		return ret;
	link -= r->f.links.offset + LINK_BYTES * PIDTYPE_TGID;
	return known(listed, link) ? 0 : add_process(r, link, "among the process numbers");
}

static int walk_pids(struct reader *r, uint64_t head, const struct vmi_vec *listed)
{
	struct vmi_vec todo = VMI_VEC_INIT(uint64_t);
	unsigned int slot;
	size_t i;
	int ret = push(&todo, head);

	for (i = 0; !ret && i < todo.n; i++) {
		uint64_t entry = ((uint64_t *)todo.data)[i], next;

		if (!entry || entry & 1)
			continue;
		if ((entry & 3) != XA_INTERNAL) {
			ret = visit_pid(r, entry, listed);
			continue;
		}
		/* numbers that stand for an entry are no nodes */
		if (entry < GUEST_PAGE_BYTES)
			continue;
		for (slot = 0; !ret && slot < XA_SLOTS; slot++) {
			ret = guest_get_u64(r->g, entry - XA_INTERNAL + r->f.slots.offset + 8 * slot,
					    &next);
			if (!ret && next)
				ret = push(&todo, next);
		}
	}
	vmi_vec_free(&todo);
	return ret;
}

static int check_processes(struct reader *r)
{
	struct vmi_vec listed = VMI_VEC_INIT(uint64_t);
	const uint64_t *task;
	uint64_t init, ns, head;
	int ret = guest_task_addrs(r->g, &listed);

	if (!ret)
		ret = guest_symbol(r->g, "init_task", &init);
	if (!ret)
		ret = push(&listed, init);
	if (listed.n)
		qsort(listed.data, listed.n, listed.size, by_addr);
	vmi_vec_for_each(task, &listed) {
		if (ret || !r->f.children.there || !r->f.sibling.there)
			break;
		ret = check_children(r, *task, &listed);
	}
	if (!ret && r->f.idr.there && r->f.xa_head.there && r->f.slots.there &&
	    r->f.pid_tasks.there && r->f.links.there &&
	    !guest_kallsyms_find(&r->g->syms, "init_pid_ns", &ns)) {
		ret = guest_get(r->g, ns + r->f.idr.offset, &r->f.xa_head, &head);
		if (!ret)
			ret = walk_pids(r, head, &listed);
	}
	vmi_vec_free(&listed);
	return ret;
}

int guest_check_hidden(struct guest *g, struct vmi_vec *findings)
{
	struct reader r = { .g = g, .findings = findings };
	int ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &r.f);

	if (!ret)
		ret = check_modules(&r);
	return ret ? ret : check_processes(&r);
}

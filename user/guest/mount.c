// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "mount.h"
#include "task.h"

#define MINOR_BITS	20
#define SB_RDONLY	1
#define MNT_READONLY	0x40

/* struct fields - members that mounts are read from */
struct fields {
	struct guest_paths paths;
	struct guest_field nsproxy, mnt_ns, root, mounts, child, devname, id, flags;
	struct guest_field s_flags, s_dev, s_root, s_subtype;
};

static const struct guest_want wants[] = {
	GUEST_WANT(fields, nsproxy, "task_struct", "nsproxy"),
	GUEST_WANT(fields, mnt_ns, "nsproxy", "mnt_ns"),
	GUEST_WANT(fields, root, "mnt_namespace", "root"),
	GUEST_WANT(fields, mounts, "mount", "mnt_mounts"),
	GUEST_WANT(fields, child, "mount", "mnt_child"),
	GUEST_WANT(fields, devname, "mount", "mnt_devname"),
	GUEST_WANT(fields, id, "mount", "mnt_id"),
	GUEST_WANT(fields, flags, "vfsmount", "mnt_flags"),
	GUEST_WANT(fields, s_flags, "super_block", "s_flags"),
	GUEST_WANT(fields, s_dev, "super_block", "s_dev"),
	GUEST_WANT(fields, s_root, "super_block", "s_root"),
	GUEST_MAY_WANT(fields, s_subtype, "super_block", "s_subtype"),
};

/* struct reader - a namespace being read; @todo are addresses of struct mount */
struct reader {
	struct guest *g;
	struct fields f;
	struct vmi_vec todo;
	struct vmi_vec *out;
};

static int read_super(struct reader *r, uint64_t sb, struct guest_mount *m)
{
	const struct fields *f = &r->f;
	char subtype[GUEST_FSTYPE_LEN];
	uint64_t type, dev, sub;
	struct guest *g = r->g;
	int ret = guest_get(g, sb, &f->s_flags, &m->sb_flags);

	if (!ret)
		ret = guest_get(g, sb, &f->s_dev, &dev);
	if (!ret)
		ret = guest_get(g, sb, &f->paths.s_type, &type);
	if (!ret)
		ret = guest_get(g, type, &f->paths.type_name, &type);
	if (!ret)
		ret = guest_get_text(g, type, m->type, sizeof(m->type));
	if (!ret)
		ret = guest_get(g, sb, &f->s_subtype, &sub);
	if (ret)
		return ret;
	m->major = dev >> MINOR_BITS;
	m->minor = dev & ((1U << MINOR_BITS) - 1);
	if (!sub)
		return 0;
	ret = guest_get_text(g, sub, subtype, sizeof(subtype));
	if (!ret && subtype[0] && strlen(m->type) + strlen(subtype) + 2 < sizeof(m->type)) {
		strcat(m->type, ".");
		strcat(m->type, subtype);
	}
	return ret;
}

static int keep(char **to, const char *text)
{
	*to = strdup(text);
	return *to ? 0 : -ENOMEM;
}

static int read_names(struct reader *r, uint64_t at, uint64_t sb, struct guest_mount *m)
{
	const struct guest_paths *p = &r->f.paths;
	char path[GUEST_PATH_LEN];
	uint64_t root, top, name;
	struct guest *g = r->g;
	int ret = guest_get(g, at + p->mnt.offset, &p->mnt_root, &root);

	if (!ret)
		ret = guest_path(g, p, at + p->mnt.offset, root, path);
	if (!ret)
		ret = keep(&m->point, path);
	if (!ret)
		ret = guest_get(g, sb, &r->f.s_root, &top);
	if (!ret)
		ret = guest_path_within(g, p, top, root, path);
	if (!ret)
		ret = keep(&m->root, path);
	if (!ret)
		ret = guest_get(g, at, &r->f.devname, &name);
	if (ret)
		return ret;
	strcpy(path, "none");
	if (name)
		ret = guest_get_text(g, name, path, sizeof(path));
	return ret ? ret : keep(&m->source, path);
}

static int read_mount(struct reader *r, uint64_t at)
{
	struct guest_mount *m = vmi_vec_add(r->out);
	uint64_t id, parent, flags, sb;
	struct guest *g = r->g;
	int ret;

	if (!m)
		return -ENOMEM;
	ret = guest_get(g, at, &r->f.id, &id);
	if (!ret)
		ret = guest_get(g, at, &r->f.paths.mnt_parent, &parent);
	if (!ret)
		ret = guest_get(g, parent, &r->f.id, &parent);
	if (!ret)
		ret = guest_get(g, at + r->f.paths.mnt.offset, &r->f.flags, &flags);
	if (!ret)
		ret = guest_get(g, at + r->f.paths.mnt.offset, &r->f.paths.mnt_sb, &sb);
	if (!ret)
		ret = read_super(r, sb, m);
	if (!ret)
		ret = read_names(r, at, sb, m);
	if (ret)
		return ret;
	m->id = id;
	m->parent = parent;
	m->flags = flags;
	return 0;
}

static int push(struct reader *r, uint64_t at)
{
	uint64_t *to;

	if (r->todo.n == GUEST_MOUNTS_MAX)
		return -EAGAIN;
	to = vmi_vec_add(&r->todo);
	if (!to)
		return -ENOMEM;
	*to = at;
	return 0;
}

/* A mount has a list of those on it, in every kernel; the rest of the order changed. */
static int read_tree(struct reader *r, uint64_t root)
{
	size_t i;
	int ret;

	vmi_vec_clear(&r->todo);
	ret = push(r, root);
	for (i = 0; !ret && i < r->todo.n; i++) {
		uint64_t at = ((uint64_t *)r->todo.data)[i];
		struct guest_list l;

		ret = read_mount(r, at);
		guest_list_begin(&l, r->g, at + r->f.mounts.offset, GUEST_MOUNTS_MAX);
		while (!ret && guest_list_next(&l))
			ret = push(r, l.at - r->f.child.offset);
		if (!ret)
			ret = l.err;
	}
	return ret;
}

static int read_namespace(struct reader *r, uint64_t task, int32_t pid)
{
	uint64_t at;
	int ret = guest_get(r->g, task, &r->f.nsproxy, &at);

	if (!ret && !at)
		return guest_fail(r->g, -ESRCH, "process %d has ended", pid);
	if (!ret)
		ret = guest_get(r->g, at, &r->f.mnt_ns, &at);
	if (!ret)
		ret = guest_get(r->g, at, &r->f.root, &at);
	return ret ? ret : read_tree(r, at);
}

static int by_id(const void *a, const void *b)
{
	const struct guest_mount *m = a, *n = b;

	return m->id < n->id ? -1 : m->id > n->id;
}

int guest_mounts(struct guest *g, int32_t pid, struct vmi_vec *mounts)
{
	struct reader r = { .g = g, .todo = VMI_VEC_INIT(uint64_t), .out = mounts };
	unsigned int tries = 0;
	uint64_t task;
	int ret;

	guest_begin(g);
	ret = guest_paths_open(g, &r.f.paths);
	if (!ret)
		ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &r.f);
	if (ret)
		return ret;
	do {
		guest_mounts_free(mounts);
		ret = guest_task_find(g, pid, &task);
		if (!ret)
			ret = read_namespace(&r, task, pid);
	} while (guest_retry(g, ret, &tries));
	vmi_vec_free(&r.todo);
	if (mounts->n)
		qsort(mounts->data, mounts->n, mounts->size, by_id);
	return ret;
}

void guest_mounts_free(struct vmi_vec *mounts)
{
	struct guest_mount *m;

	vmi_vec_for_each(m, mounts) {
		free(m->root);
		free(m->point);
		free(m->source);
	}
	vmi_vec_free(mounts);
}

char *guest_mount_flags(const struct guest_mount *mount, char *buf)
{
	static const struct {
		uint32_t flag;
		const char *word;
	} words[] = {
		{ 0x01, ",nosuid" }, { 0x02, ",nodev" }, { 0x04, ",noexec" },
		{ 0x08, ",noatime" }, { 0x10, ",nodiratime" }, { 0x20, ",relatime" },
		{ 0x80, ",nosymfollow" },
	};
	size_t i;

	strcpy(buf, mount->flags & MNT_READONLY || mount->sb_flags & SB_RDONLY ? "ro" : "rw");
	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (mount->flags & words[i].flag)
			strcat(buf, words[i].word);
	return buf;
}

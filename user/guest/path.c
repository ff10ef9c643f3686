// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "path.h"

#define STEPS_MAX	4096	/* components, and mounts upon mounts */

static const struct guest_want wants[] = {
	GUEST_WANT(guest_paths, mnt, "mount", "mnt"),
	GUEST_WANT(guest_paths, mnt_parent, "mount", "mnt_parent"),
	GUEST_WANT(guest_paths, mnt_mountpoint, "mount", "mnt_mountpoint"),
	GUEST_WANT(guest_paths, mnt_ns, "mount", "mnt_ns"),
	GUEST_WANT(guest_paths, mnt_root, "vfsmount", "mnt_root"),
	GUEST_WANT(guest_paths, mnt_sb, "vfsmount", "mnt_sb"),
	GUEST_WANT(guest_paths, d_parent, "dentry", "d_parent"),
	GUEST_WANT(guest_paths, d_name, "dentry", "d_name.name"),
	GUEST_WANT(guest_paths, d_name_len, "dentry", "d_name.len"),
	GUEST_WANT(guest_paths, d_hash_pprev, "dentry", "d_hash.pprev"),
	GUEST_WANT(guest_paths, d_op, "dentry", "d_op"),
	GUEST_WANT(guest_paths, d_inode, "dentry", "d_inode"),
	GUEST_WANT(guest_paths, d_sb, "dentry", "d_sb"),
	GUEST_WANT(guest_paths, d_dname, "dentry_operations", "d_dname"),
	GUEST_WANT(guest_paths, s_type, "super_block", "s_type"),
	GUEST_WANT(guest_paths, type_name, "file_system_type", "name"),
	GUEST_WANT(guest_paths, i_ino, "inode", "i_ino"),
};

int guest_paths_open(struct guest *g, struct guest_paths *p)
{
	return guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), p);
}

/**
 * struct tail - a name that grows to the left
 * @buf: of GUEST_PATH_LEN bytes
 * @at: where it begins
 * @cut: there was no more room
 */
struct tail {
	char *buf;
	size_t at;
	bool cut;
};

static void prepend(struct tail *t, const char *text, size_t len)
{
	/* room is kept for the dots */
	if (t->cut || t->at < len + 4) {
		t->cut = true;
		return;
	}
	t->at -= len;
	memcpy(t->buf + t->at, text, len);
}

static void finish(struct tail *t)
{
	if (t->cut) {
		t->at -= 3;
		memcpy(t->buf + t->at, "...", 3);
	}
	memmove(t->buf, t->buf + t->at, GUEST_PATH_LEN - t->at);
}

static int read_name(struct guest *g, const struct guest_paths *p, uint64_t dentry, char *name,
		     size_t *len)
{
	uint64_t at, n;
	int ret = guest_get(g, dentry, &p->d_name, &at);

	if (!ret)
		ret = guest_get(g, dentry, &p->d_name_len, &n);
	if (ret)
		return ret;
	*len = n < GUEST_NAME_LEN ? n : GUEST_NAME_LEN - 1;
	ret = guest_read(g, at, name, *len);
	/* a rename under way: the length is that of the other name */
	*len = strnlen(name, *len);
	name[*len] = '\0';
	return ret;
}

static int prepend_name(struct guest *g, const struct guest_paths *p, uint64_t dentry,
			struct tail *t)
{
	char name[GUEST_NAME_LEN];
	size_t len;
	int ret = read_name(g, p, dentry, name, &len);

	if (ret)
		return ret;
	prepend(t, name, len);
	prepend(t, "/", 1);
	return 0;
}

/* One step towards the root. @top: it is reached. */
static int climb(struct guest *g, const struct guest_paths *p, uint64_t *mount, uint64_t *dentry,
		 struct tail *t, bool *top)
{
	uint64_t root, parent;
	int ret = guest_get(g, *mount + p->mnt.offset, &p->mnt_root, &root);

	if (!ret && *dentry == root) {
		ret = guest_get(g, *mount, &p->mnt_parent, &parent);
		if (!ret && parent == *mount)
			*top = true;
		else if (!ret)
			ret = guest_get(g, *mount, &p->mnt_mountpoint, dentry);
		*mount = parent;
		return ret;
	}
	if (!ret)
		ret = guest_get(g, *dentry, &p->d_parent, &parent);
	if (!ret && parent == *dentry)
		*top = true;
	else if (!ret)
		ret = prepend_name(g, p, *dentry, t);
	*dentry = parent;
	return ret;
}

/* What has no place in a tree has a function that makes its name up. */
static int made_up(struct guest *g, const struct guest_paths *p, uint64_t dentry, char *buf)
{
	char name[GUEST_NAME_LEN], type[32];
	uint64_t op, make, inode, ino = 0, sb, at;
	const char *maker;
	size_t len;
	int ret = guest_get(g, dentry, &p->d_op, &op);

	if (ret || !op)
		return ret ? ret : -ENOENT;
	ret = guest_get(g, op, &p->d_dname, &make);
	if (ret || !make)
		return ret ? ret : -ENOENT;
	ret = read_name(g, p, dentry, name, &len);
	if (!ret)
		ret = guest_get(g, dentry, &p->d_inode, &inode);
	if (!ret && inode)
		ret = guest_get(g, inode, &p->i_ino, &ino);
	if (!ret)
		ret = guest_get(g, dentry, &p->d_sb, &sb);
	if (!ret)
		ret = guest_get(g, sb, &p->s_type, &at);
	if (!ret)
		ret = guest_get(g, at, &p->type_name, &at);
	if (!ret)
		ret = guest_get_text(g, at, type, sizeof(type));
	if (ret)
		return ret;
	maker = guest_symbol_name(g, make);
	if (!strcmp(type, "sockfs"))
		snprintf(buf, GUEST_PATH_LEN, "socket:[%" PRIu64 "]", ino);
	else if (!strcmp(type, "pipefs"))
		snprintf(buf, GUEST_PATH_LEN, "pipe:[%" PRIu64 "]", ino);
	else if (!strcmp(type, "anon_inodefs"))
		snprintf(buf, GUEST_PATH_LEN, "anon_inode:%s", name);
	else if (maker && !strcmp(maker, "simple_dname"))
		snprintf(buf, GUEST_PATH_LEN, "/%s (deleted)", name);
	else
		snprintf(buf, GUEST_PATH_LEN, "%s:[%" PRIu64 "]", type, ino);
	return 0;
}

int guest_path(struct guest *g, const struct guest_paths *p, uint64_t vfsmount,
	       uint64_t dentry, char *buf)
{
	struct tail t = { .buf = buf, .at = GUEST_PATH_LEN };
	uint64_t mount = vfsmount - p->mnt.offset, pprev, parent, at = dentry;
	bool top = false;
	unsigned int steps;
	int ret = guest_get(g, dentry, &p->d_parent, &parent);

	if (ret)
		return ret;
	ret = made_up(g, p, dentry, buf);
	if (ret != -ENOENT)
		return ret;
	prepend(&t, "", 1);
	ret = guest_get(g, dentry, &p->d_hash_pprev, &pprev);
	if (!ret && !pprev && parent != dentry)
		prepend(&t, " (deleted)", 10);
	parent = t.at;
	for (steps = 0; !ret && !top && !t.cut; steps++) {
		if (steps == STEPS_MAX)
			return -EAGAIN;
		ret = climb(g, p, &mount, &at, &t, &top);
	}
	if (ret)
		return ret;
	if (t.at == parent)
		prepend(&t, "/", 1);
	finish(&t);
	return 0;
}

int guest_path_within(struct guest *g, const struct guest_paths *p, uint64_t root,
		      uint64_t dentry, char *buf)
{
	struct tail t = { .buf = buf, .at = GUEST_PATH_LEN };
	unsigned int steps;
	uint64_t parent;
	int ret = 0;

	prepend(&t, "", 1);
	for (steps = 0; dentry != root && !t.cut; steps++) {
		if (steps == STEPS_MAX)
			return -EAGAIN;
		ret = guest_get(g, dentry, &p->d_parent, &parent);
		if (ret)
			return ret;
		if (parent == dentry)
			break;
		ret = prepend_name(g, p, dentry, &t);
		if (ret)
			return ret;
		dentry = parent;
	}
	if (t.at == GUEST_PATH_LEN - 1)
		prepend(&t, "/", 1);
	finish(&t);
	return 0;
}

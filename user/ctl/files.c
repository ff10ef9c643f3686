// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../guest/file.h"
#include "../guest/task.h"
#include "fmt.h"
#include "json.h"
#include "table.h"
#include "verbs.h"
#include "view.h"

static const char *kind(uint32_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "file";
	case S_IFDIR:
		return "directory";
	case S_IFCHR:
		return "char";
	case S_IFBLK:
		return "block";
	case S_IFIFO:
		return "pipe";
	case S_IFSOCK:
		return "socket";
	case S_IFLNK:
		return "link";
	}
	return "other";
}

static const char *access_word(uint32_t flags)
{
	static const char *const words[] = { "r", "w", "rw", "-" };

	return words[flags & O_ACCMODE];
}

/**
 * struct output - where files go
 * @one: for people, of one process
 * @many: likewise, of several
 * @list: for scripts
 * @several: each line says whose it is
 */
struct output {
	struct table one;
	struct table many;
	struct json_object *list;
	bool several;
};

static void put_row(struct output *out, uint32_t pid, const struct guest_file *f)
{
	char whose[FMT_LEN], fd[FMT_LEN], pos[FMT_LEN], ino[FMT_LEN];

	snprintf(whose, sizeof(whose), "%" PRIu32, pid);
	snprintf(fd, sizeof(fd), "%" PRIu32, f->fd);
	snprintf(pos, sizeof(pos), "%" PRIu64, f->pos);
	snprintf(ino, sizeof(ino), "%" PRIu64, f->ino);
	if (out->several)
		table_row(&out->many, whose, fd, kind(f->mode), access_word(f->flags), pos, ino,
			  f->path);
	else
		table_row(&out->one, fd, kind(f->mode), access_word(f->flags), pos, ino, f->path);
}

static void put_json(struct output *out, uint32_t pid, const struct guest_file *f)
{
	struct json_object *obj = json_object_new_object();

	json_put_number(obj, "pid", pid);
	json_put_number(obj, "fd", f->fd);
	json_put_text(obj, "kind", kind(f->mode));
	json_put_text(obj, "mode", access_word(f->flags));
	json_put_number(obj, "flags", f->flags);
	json_put_number(obj, "offset", f->pos);
	json_put_number(obj, "inode", f->ino);
	json_put_text(obj, "path", f->path);
	json_object_array_add(out->list, obj);
}

static int put_process(struct view *v, uint32_t pid, struct output *out)
{
	struct vmi_vec files = VMI_VEC_INIT(struct guest_file);
	int ret = guest_files(&v->guest, (int32_t)pid, &files);
	const struct guest_file *f;

	vmi_vec_for_each(f, &files) {
		if (ret)
			break;
		if (ctl.json)
			put_json(out, pid, f);
		else
			put_row(out, pid, f);
	}
	guest_files_free(&files);
	return ret;
}

static int put_all(struct view *v, struct output *out)
{
	struct vmi_vec tasks = VMI_VEC_INIT(struct guest_task);
	int ret = guest_tasks(&v->guest, GUEST_TASKS_NO_ARGS, &tasks);
	const struct guest_task *t;

	vmi_vec_for_each(t, &tasks) {
		if (ret)
			break;
		if (t->kernel)
			continue;
		ret = put_process(v, t->tgid, out);
		/* it may have ended since */
		if (ret == -ESRCH)
			ret = 0;
	}
	guest_tasks_free(&tasks);
	return ret;
}

static void print(struct output *out)
{
	if (ctl.json)
		json_print(out->list);
	else
		table_print(out->several ? &out->many : &out->one);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct output out = {
		.one = TABLE_INIT(">FD", "KIND", "MODE", ">OFFSET", ">INODE", "PATH"),
		.many = TABLE_INIT(">PID", ">FD", "KIND", "MODE", ">OFFSET", ">INODE", "PATH"),
	};
	const char *image = NULL;
	const struct opt opts[] = {
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, -1);
	uint32_t pid;
	struct view v;
	int i, ret;

	for (i = !image; i < argc; i++)
		if (set_u32(args[i], &pid))
			return usage(verb, "files: '%s' is not a process", args[i]);
	ret = view_open(&v, verb, image, &argc, &args, -1);
	if (ret)
		return ret;
	out.several = argc != 1;
	if (ctl.json)
		out.list = json_object_new_array();
	if (!argc)
		ret = put_all(&v, &out);
	for (i = 0; !ret && i < argc; i++) {
		set_u32(args[i], &pid);
		ret = put_process(&v, pid, &out);
	}
	if (!ret)
		print(&out);
	ret = view_fail(&v, ret);
	view_close(&v);
	return ret;
}

const struct verb verb_files = {
	.name = "files",
	.args = "NAME [PID]...",
	.summary = "List what processes of a Linux guest have open, from outside",
	.run = run,
};

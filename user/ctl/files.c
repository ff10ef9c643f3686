// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "../guest/file.h"
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

static void print_table(const struct vmi_vec *files)
{
	struct table t = TABLE_INIT(">FD", "KIND", "MODE", ">OFFSET", ">INODE", "PATH");
	const struct guest_file *f;

	vmi_vec_for_each(f, files) {
		char fd[FMT_LEN], pos[FMT_LEN], ino[FMT_LEN];

		snprintf(fd, sizeof(fd), "%" PRIu32, f->fd);
		snprintf(pos, sizeof(pos), "%" PRIu64, f->pos);
		snprintf(ino, sizeof(ino), "%" PRIu64, f->ino);
		table_row(&t, fd, kind(f->mode), access_word(f->flags), pos, ino, f->path);
	}
	table_print(&t);
}

static void print_json(const struct vmi_vec *files)
{
	struct json_object *list = json_object_new_array();
	const struct guest_file *f;

	vmi_vec_for_each(f, files) {
		struct json_object *obj = json_object_new_object();

		json_put_number(obj, "fd", f->fd);
		json_put_text(obj, "kind", kind(f->mode));
		json_put_text(obj, "mode", access_word(f->flags));
		json_put_number(obj, "flags", f->flags);
		json_put_number(obj, "offset", f->pos);
		json_put_number(obj, "inode", f->ino);
		json_put_text(obj, "path", f->path);
		json_object_array_add(list, obj);
	}
	json_print(list);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec files = VMI_VEC_INIT(struct guest_file);
	const char *image = NULL;
	const struct opt opts[] = {
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 1, 2);
	uint32_t pid;
	struct view v;
	int ret;

	if (set_u32(args[argc - 1], &pid))
		return usage(verb, "files: '%s' is not a process", args[argc - 1]);
	ret = view_open(&v, verb, image, &argc, &args, 1);
	if (ret)
		return ret;
	ret = guest_files(&v.guest, (int32_t)pid, &files);
	if (!ret && ctl.json)
		print_json(&files);
	else if (!ret)
		print_table(&files);
	ret = view_fail(&v, ret);
	guest_files_free(&files);
	view_close(&v);
	return ret;
}

const struct verb verb_files = {
	.name = "files",
	.args = "NAME PID",
	.summary = "List what a process of a Linux guest has open, from outside",
	.run = run,
};

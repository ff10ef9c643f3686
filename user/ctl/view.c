// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "chr.h"
#include "view.h"

static int open_image(struct view *v, const char *path)
{
	v->name = path;
	v->fd = open(path, O_RDONLY | O_CLOEXEC);
	return v->fd < 0 ? fail_errno(errno, "cannot open %s", path) : 0;
}

static int open_vm(struct view *v, const char *name)
{
	if (check_name(name))
		return EXIT_USAGE;
	v->name = name;
	v->fd = vmi_session_open(name, VMI_RIGHT_READ);
	if (v->fd == -ENOENT)
		return fail(EXIT_NO_OBJECT, "there is no VM %s that was started", name);
	if (v->fd == -ENODEV)
		return fail(EXIT_FAILED, "%s does not run: it has no memory", name);
	return v->fd < 0 ? fail_errno(v->fd, "cannot look into %s", name) : 0;
}

int view_open(struct view *v, const struct verb *verb, const char *image, int *argc,
	      char ***argv, int max)
{
	int ret;

	if (!image && !*argc)
		return usage(verb, "%s: an argument is missing: %s", verb->name, verb->args);
	if (max >= 0 && *argc > max + !image)
		return usage(verb, "%s: '%s' is one argument too many", verb->name,
			     (*argv)[max + !image]);
	ret = image ? open_image(v, image) : open_vm(v, **argv);
	if (ret)
		return ret;
	if (!image) {
		++*argv;
		--*argc;
	}
	ret = guest_open_fd(&v->guest, v->fd);
	if (!ret)
		return 0;
	ret = view_fail(v, ret);
	view_close(v);
	return ret;
}

void view_close(struct view *v)
{
	guest_close(&v->guest);
	close(v->fd);
}

int view_fail(const struct view *v, int err)
{
	if (!err)
		return EXIT_OK;
	return fail(err == -ESRCH ? EXIT_NO_OBJECT : err == -ETIME ? EXIT_TIMEOUT : EXIT_FAILED,
		    "%s: %s", v->name, guest_error(&v->guest));
}

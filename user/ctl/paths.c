// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "paths.h"

static const char *env(const char *name)
{
	const char *val = getenv(name);

	return val && val[0] ? val : NULL;
}

static int check_len(int len, size_t size, const char *what)
{
	if (len < 0 || (size_t)len >= size)
		return fail(EXIT_FAILED, "the path of %s is too long", what);
	return 0;
}

int path_config_dir(char *buf, size_t size)
{
	const char *what = "the definitions";
	const char *dir = env("VMI_CONFIG_DIR");

	if (dir)
		return check_len(snprintf(buf, size, "%s/vms", dir), size, what);
	if (!geteuid())
		return check_len(snprintf(buf, size, "/etc/vmi/vms"), size, what);
	dir = env("XDG_CONFIG_HOME");
	if (dir)
		return check_len(snprintf(buf, size, "%s/vmi/vms", dir), size, what);
	dir = env("HOME");
	if (dir)
		return check_len(snprintf(buf, size, "%s/.config/vmi/vms", dir), size, what);
	return fail(EXIT_FAILED, "neither XDG_CONFIG_HOME nor HOME says where definitions are");
}

int path_definition(const char *name, char *buf, size_t size)
{
	char dir[PATH_MAX];
	int ret = path_config_dir(dir, sizeof(dir));

	if (ret)
		return ret;
	return check_len(snprintf(buf, size, "%s/%s.conf", dir, name), size,
			 "the definition");
}

/* Return: the length of the path, as snprintf() has it, or -1 where it is nowhere. */
static int run_path(const char *name, const char *suffix, char *buf, size_t size)
{
	const char *dir = env("VMI_RUN_DIR");
	const char *sub = "";

	if (!dir && !geteuid()) {
		dir = "/run/vmi";
	} else if (!dir) {
		dir = env("XDG_RUNTIME_DIR");
		sub = "/vmi";
	}
	return dir ? snprintf(buf, size, "%s%s/%s.%s", dir, sub, name, suffix) : -1;
}

int path_run(const char *name, const char *suffix, char *buf, size_t size)
{
	int len = run_path(name, suffix, buf, size);

	if (len < 0)
		return fail(EXIT_FAILED,
			    "XDG_RUNTIME_DIR does not say where sockets and logs shall be");
	return check_len(len, size, "the console socket or log");
}

int path_make_dirs(const char *path)
{
	char buf[PATH_MAX];
	char *p;

	if (strlen(path) >= sizeof(buf))
		return -ENAMETOOLONG;
	strcpy(buf, path);
	for (p = strchr(buf + 1, '/'); p; p = strchr(p + 1, '/')) {
		*p = '\0';
		if (mkdir(buf, 0755) && errno != EEXIST)
			return -errno;
		*p = '/';
	}
	return 0;
}

void path_clean_run(const char *name)
{
	static const char *const suffixes[] = { RUN_CONSOLE, RUN_LOG, RUN_OLD_LOG };
	char path[PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		int len = run_path(name, suffixes[i], path, sizeof(path));

		if (len > 0 && (size_t)len < sizeof(path))
			unlink(path);
	}
}

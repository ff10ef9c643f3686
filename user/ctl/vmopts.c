// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmopts.h"

/* definitions hold absolute paths: they are started from anywhere */
static const char *set_file(struct def *def, const char *key, const char *val)
{
	char path[PATH_MAX];
	struct stat st;

	if (!realpath(val, path))
		return "does not exist or cannot be reached";
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return "is not a file";
	if (access(path, R_OK))
		return "cannot be read";
	return def_set(def, key, path);
}

const char *vmopt_kernel(const char *val, void *dest)
{
	return set_file(dest, "kernel", val);
}

const char *vmopt_initrd(const char *val, void *dest)
{
	return set_file(dest, "initrd", val);
}

const char *vmopt_append(const char *val, void *dest)
{
	return def_set(dest, "append", val);
}

const char *vmopt_memory(const char *val, void *dest)
{
	return def_set(dest, "memory", val);
}

const char *vmopt_cpus(const char *val, void *dest)
{
	return def_set(dest, "cpus", val);
}

const char *vmopt_net(const char *val, void *dest)
{
	return def_set(dest, "net", val);
}

const char *vmopt_note(const char *val, void *dest)
{
	return def_set(dest, "note", val);
}

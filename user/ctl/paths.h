/* SPDX-License-Identifier: GPL-2.0 */
/* Where definitions, sockets and logs are; see FILES of vmictl(8). */
#ifndef VMICTL_PATHS_H
#define VMICTL_PATHS_H

#include <limits.h>
#include <stddef.h>

/* Each returns 0, or an exit code after the message. */
int path_config_dir(char *buf, size_t size);
int path_definition(const char *name, char *buf, size_t size);
int path_run(const char *name, const char *suffix, char *buf, size_t size);

/* Make the directories of a path, but not its last part. Return: 0 or -errno. */
int path_make_dirs(const char *path);

/* Remove the socket and the logs of a VM that is gone. */
void path_clean_run(const char *name);

#define RUN_CONSOLE	"console"
#define RUN_LOG		"log"
#define RUN_OLD_LOG	"log.old"

#endif /* VMICTL_PATHS_H */

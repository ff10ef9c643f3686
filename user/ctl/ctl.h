/* SPDX-License-Identifier: GPL-2.0 */
/* What every verb shares: options, errors, exit codes. */
#ifndef VMICTL_CTL_H
#define VMICTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "names.h"

/* exit codes; documented in vmictl(8) */
enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_NO_OBJECT = 3,
	EXIT_PERMISSION = 4,
	EXIT_TIMEOUT = 5,
	EXIT_NO_MODULE = 6,
};

/**
 * struct ctl - the global options
 * @json: machine-readable output, one line
 * @pretty: the same over several lines
 * @quiet: nothing but what was asked for
 */
struct ctl {
	bool json;
	bool pretty;
	bool quiet;
};

extern struct ctl ctl;

/**
 * struct verb - one word of the command line
 * @name: the word, with the one before it for a verb of a group ("net add")
 * @args: its positional arguments, for the usage
 * @summary: one line for the list of verbs
 * @help: more, or NULL
 * @run: returns an exit code; argv[0] is the verb
 */
struct verb {
	const char *name;
	const char *args;
	const char *summary;
	const char *help;
	int (*run)(const struct verb *verb, int argc, char **argv);
};

/**
 * struct opt - an option of a verb
 * @name: long name
 * @key: letter, or 0
 * @arg: name of its argument, NULL for a flag
 * @set: stores an argument and returns NULL, or what is wrong with it
 * @dest: for @set; without @set a bool (flag) or a const char * (argument)
 * @help: one line
 */
struct opt {
	const char *name;
	char key;
	const char *arg;
	const char *(*set)(const char *val, void *dest);
	void *dest;
	const char *help;
};

/* ends a table of options */
#define OPT_END	{ .name = NULL }

/**
 * opts_parse() - options of a verb, and the global ones, anywhere after it
 * @verb: for messages
 * @opts: table, or NULL
 * @argc: in: arguments with the verb; out: positional ones
 * @argv: arguments
 * @min: fewest positional arguments
 * @max: most of them, -1 for any number
 *
 * Prints the help or the mistake and exits where there is one.
 *
 * Return: the positional arguments.
 */
char **opts_parse(const struct verb *verb, const struct opt *opts, int *argc,
		  char **argv, int min, int max);

/* Run the verb named by argv[1] out of a group. */
int group_run(const struct verb *group, const struct verb *const *verbs,
	      int argc, char **argv);

/* setters for struct opt */
const char *set_u32(const char *val, void *dest);	/* uint32_t */
const char *set_u64(const char *val, void *dest);	/* uint64_t */
const char *set_bytes(const char *val, void *dest);	/* uint64_t, K M G T */
const char *set_memory(const char *val, void *dest);	/* uint64_t, MiB if bare */
const char *set_seconds(const char *val, void *dest);	/* uint32_t, milliseconds */
const char *set_name(const char *val, void *dest);	/* const char * */
const char *set_ip(const char *val, void *dest);	/* struct in_addr */

/* Return: EXIT_USAGE, after the message and a hint to the help. */
int usage(const struct verb *verb, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Return: @code, after "vmictl: MESSAGE". */
int fail(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Return: the exit code for @err, after "vmictl: MESSAGE: the system's words". */
int fail_errno(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same, with the kernel's own explanation where it gave one. */
int fail_nl(const struct vmi_nl *nl, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Return: the exit code that tells of an errno (of either sign). */
int exit_code(int err);

/* A line for people, unless --quiet or JSON. */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Connect. Return: 0 or an exit code, after the message. */
int ctl_open(struct vmi_nl **nl);

/* Refuse what cannot be a name before it is sent. Return: 0 or EXIT_USAGE. */
int check_name(const char *name);

/* Send one command to each of the VMs. Return: the first exit code that is not 0. */
int command_each(const struct verb *verb, int argc, char **argv,
		 uint32_t command, const char *done);

#define DEFAULT_COMMAND_MS	10000

#endif /* VMICTL_CTL_H */

// SPDX-License-Identifier: GPL-2.0
/* Messages to people, and what the exit code says. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "fmt.h"

int exit_code(int err)
{
	switch (err < 0 ? -err : err) {
	case 0:
		return EXIT_OK;
	case ENOENT:
		return EXIT_NO_OBJECT;
	case EPERM:
	case EACCES:
		return EXIT_PERMISSION;
	case ETIMEDOUT:
		return EXIT_TIMEOUT;
	case EPROTONOSUPPORT:
		return EXIT_NO_MODULE;
	}
	return EXIT_FAILED;
}

/* the message may carry words of others: it is escaped as a whole */
static void complain(const char *fmt, va_list ap, const char *why)
{
	char msg[1024], safe[4 * sizeof(msg)];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	fprintf(stderr, "vmictl: %s", escape(msg, safe, sizeof(safe)));
	if (why)
		fprintf(stderr, ": %s", escape(why, safe, sizeof(safe)));
	fputc('\n', stderr);
}

int usage(const struct verb *verb, const char *fmt, ...)
{
	char msg[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return fail(EXIT_USAGE, "%s (try: vmictl %s --help)", msg, verb->name);
}

int fail(int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	complain(fmt, ap, NULL);
	va_end(ap);
	return code;
}

static int no_module(void)
{
	return fail(EXIT_NO_MODULE, "the vmi module is not loaded (try: modprobe vmi)");
}

int fail_errno(int err, const char *fmt, ...)
{
	va_list ap;

	if (exit_code(err) == EXIT_NO_MODULE)
		return no_module();
	va_start(ap, fmt);
	complain(fmt, ap, strerror(err < 0 ? -err : err));
	va_end(ap);
	return exit_code(err);
}

int fail_nl(const struct vmi_nl *nl, int err, const char *fmt, ...)
{
	const char *why = vmi_nl_error(nl);
	va_list ap;

	/* the kernel's macro puts the module's name before some texts */
	if (!strncmp(why, "vmi: ", 5))
		why += 5;
	va_start(ap, fmt);
	complain(fmt, ap, why[0] ? why : strerror(err < 0 ? -err : err));
	va_end(ap);
	return exit_code(err);
}

void say(const char *fmt, ...)
{
	char msg[1024], safe[4 * sizeof(msg)];
	va_list ap;

	if (ctl.quiet || ctl.json)
		return;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	puts(escape(msg, safe, sizeof(safe)));
}

int ctl_open(struct vmi_nl **nl)
{
	int ret = vmi_nl_open(nl);

	return ret ? fail_errno(ret, "cannot reach the kernel") : 0;
}

int check_name(const char *name)
{
	if (vmi_name_valid(name))
		return 0;
	return fail(EXIT_USAGE,
		    "'%s' cannot be a name: 1 to %d letters, digits, '.', '_' or '-', the first a letter or digit",
		    name, VMI_NAME_MAX);
}

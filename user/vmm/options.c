// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vmi_chr.h>

#include "fail.h"
#include "options.h"

#define VERSION	"0.1.0"

enum { NAME = 1, KERNEL, INITRD, APPEND, MEMORY, CPUS, CONSOLE, LOG, NO_VMI, READY_FD, HELP, VERSION_ };

static const struct option longs[] = {
	{ "name", required_argument, NULL, NAME },
	{ "kernel", required_argument, NULL, KERNEL },
	{ "initrd", required_argument, NULL, INITRD },
	{ "append", required_argument, NULL, APPEND },
	{ "memory", required_argument, NULL, MEMORY },
	{ "cpus", required_argument, NULL, CPUS },
	{ "console", required_argument, NULL, CONSOLE },
	{ "log", required_argument, NULL, LOG },
	{ "no-vmi", no_argument, NULL, NO_VMI },
	{ "ready-fd", required_argument, NULL, READY_FD },
	{ "help", no_argument, NULL, HELP },
	{ "version", no_argument, NULL, VERSION_ },
	{ NULL, 0, NULL, 0 }
};

static const char help[] =
	"Usage: vmi-vmm --name NAME --kernel FILE --memory MIB [OPTION...]\n"
	"Run one virtual machine on KVM.\n"
	"\n"
	"  --name NAME       name of the VM, which is defined already (vmictl does it)\n"
	"  --kernel FILE     Linux kernel, a bzImage\n"
	"  --initrd FILE     its initial RAM disk\n"
	"  --append STRING   its command line (default: console=ttyS0)\n"
	"  --memory MIB      guest memory, from 64\n"
	"  --cpus N          vCPUs (default: 1)\n"
	"  --console PATH    unix socket of the serial console; - is standard input and\n"
	"                    output, where Ctrl-] ends the VM at once\n"
	"  --log FILE        append the console's output to FILE\n"
	"  --no-vmi          run without the module: no networks, no management\n"
	"  --ready-fd N      write \"ok\" or the error to file descriptor N\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 the VM was switched off, 1 it could not start or the VMM\n"
	"failed, 2 usage, 3 the guest crashed.\n";

static int number(const char *what, const char *arg, unsigned long min, unsigned long max,
		  unsigned long *val)
{
	char *end;

	errno = 0;
	*val = strtoul(arg, &end, 10);
	if (!isdigit((unsigned char)arg[0]) || *end || errno || *val < min || *val > max)
		return fail("%s must be a number from %lu to %lu, not '%s'", what, min, max, arg);
	return 0;
}

static int check_name(const char *name)
{
	size_t len = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				  "0123456789._-");

	if (!len || name[len] || len >= VMI_NAME_LEN || !isalnum((unsigned char)name[0]))
		return fail("'%s' is no name of a VM: 1 to %d letters, digits, dots, underscores "
			    "and dashes, a letter or digit first", name, VMI_NAME_LEN - 1);
	return 0;
}

static int take(struct options *opts, int opt, const char *arg)
{
	unsigned long val;

	switch (opt) {
	case NAME:
		opts->name = arg;
		return check_name(arg);
	case KERNEL:
		opts->kernel = arg;
		return 0;
	case INITRD:
		opts->initrd = arg;
		return 0;
	case APPEND:
		opts->append = arg;
		return 0;
	case MEMORY:
		if (number("the memory in MiB", arg, MEM_MIB_MIN, MEM_MIB_MAX, &val))
			return -1;
		opts->mem_bytes = (uint64_t)val << 20;
		return 0;
	case CPUS:
		if (number("the number of vCPUs", arg, 1, CPUS_MAX, &val))
			return -1;
		opts->cpus = (unsigned int)val;
		return 0;
	case CONSOLE:
		if (strlen(arg) >= VMI_PATH_LEN)
			return fail("the path of the console is longer than %d bytes",
				    VMI_PATH_LEN - 1);
		opts->console = arg;
		return 0;
	case LOG:
		opts->log = arg;
		return 0;
	case NO_VMI:
		opts->vmi = false;
		return 0;
	case READY_FD:
		if (number("the ready descriptor", arg, 0, 1 << 20, &val))
			return -1;
		if (fcntl((int)val, F_SETFD, FD_CLOEXEC))
			return fail_errno(errno, "the ready descriptor %lu", val);
		opts->ready_fd = (int)val;
		return 0;
	case HELP:
		fputs(help, stdout);
		exit(0);
	case VERSION_:
		puts("vmi-vmm " VERSION);
		exit(0);
	default:
		return fail("unknown or incomplete option; see vmi-vmm --help");
	}
}

/* an error that is found before all options are read goes to the descriptor as well */
static void find_ready_fd(struct options *opts, int argc, char **argv)
{
	unsigned long val;
	int i;

	for (i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--ready-fd") && !number("", argv[i + 1], 0, 1 << 20, &val) &&
		    fcntl((int)val, F_GETFD) >= 0)
			opts->ready_fd = (int)val;
}

int options_parse(struct options *opts, int argc, char **argv)
{
	int opt;

	*opts = (struct options){ .append = "console=ttyS0", .cpus = 1, .ready_fd = -1, .vmi = true };
	find_ready_fd(opts, argc, argv);
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "", longs, NULL)) != -1)
		if (take(opts, opt, optarg))
			return -1;
	if (optind < argc)
		return fail("'%s' is one argument too many; see vmi-vmm --help", argv[optind]);
	if (!opts->name || !opts->kernel || !opts->mem_bytes)
		return fail("--%s is missing; see vmi-vmm --help",
			    !opts->name ? "name" : !opts->kernel ? "kernel" : "memory");
	return 0;
}

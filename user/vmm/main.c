// SPDX-License-Identifier: GPL-2.0
/* vmi-vmm: one virtual machine on KVM. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "machine.h"
#include "options.h"

/* Whoever started us waits for one line: "ok", or why not. */
static void tell(int fd, const char *line)
{
	if (fd < 0)
		return;
	dprintf(fd, "%s\n", line);
	close(fd);
}

int main(int argc, char **argv)
{
	struct options opts;
	int status;

	if (options_parse(&opts, argc, argv)) {
		fprintf(stderr, "vmi-vmm: %s\n", fail_text());
		tell(opts.ready_fd, fail_text());
		return EXIT_USAGE;
	}
	if (machine_start(&opts)) {
		machine_end();
		fprintf(stderr, "vmi-vmm: %s\n", fail_text());
		tell(opts.ready_fd, fail_text());
		return EXIT_ERROR;
	}
	tell(opts.ready_fd, "ok");
	status = machine_serve();
	machine_end();
	if (status != EXIT_OFF)
		fprintf(stderr, "vmi-vmm: %s\n", fail_text());
	return status;
}

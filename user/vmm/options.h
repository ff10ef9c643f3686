/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMM_OPTIONS_H
#define VMM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct options - what the command line asks for
 * @name: of the VM
 * @kernel: bzImage
 * @initrd: or NULL
 * @append: kernel command line
 * @console: path of a socket, "-" for standard input and output, or NULL
 * @log: file that the console's output is appended to, or NULL
 * @mem_bytes: guest memory
 * @cpus: vCPUs
 * @ready_fd: told of the start's outcome, or -1
 * @vmi: be the VMM of a VM that the module knows
 */
struct options {
	const char *name;
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *console;
	const char *log;
	uint64_t mem_bytes;
	unsigned int cpus;
	int ready_fd;
	bool vmi;
};

#define CPUS_MAX	254		/* as many as 8-bit APIC identifiers name */
#define MEM_MIB_MIN	64
#define MEM_MIB_MAX	(1U << 20)

/* Return: 0, or -1 after fail(). Ends the process for --help and --version. */
int options_parse(struct options *opts, int argc, char **argv);

#endif /* VMM_OPTIONS_H */

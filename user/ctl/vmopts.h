/* SPDX-License-Identifier: GPL-2.0 */
/* The options that make a definition: of create and run. */
#ifndef VMICTL_VMOPTS_H
#define VMICTL_VMOPTS_H

#include "ctl.h"
#include "def.h"

/* setters; dest is the struct def */
const char *vmopt_kernel(const char *val, void *dest);
const char *vmopt_initrd(const char *val, void *dest);
const char *vmopt_append(const char *val, void *dest);
const char *vmopt_memory(const char *val, void *dest);
const char *vmopt_cpus(const char *val, void *dest);
const char *vmopt_net(const char *val, void *dest);
const char *vmopt_note(const char *val, void *dest);

#define VM_OPTS(def)							\
	{ "kernel", 'k', "FILE", vmopt_kernel, def, "Linux kernel to boot (bzImage); needed" }, \
	{ "initrd", 'i', "FILE", vmopt_initrd, def, "initial RAM disk" },	\
	{ "append", 'a', "STR", vmopt_append, def, "kernel command line (default: " DEF_APPEND ")" }, \
	{ "memory", 'm', "SIZE", vmopt_memory, def, "memory in MiB, or 512M, 2G (default: 256)" }, \
	{ "cpus", 'c', "N", vmopt_cpus, def, "virtual CPUs (default: 1)" },	\
	{ "net", 'n', "NET", vmopt_net, def, "a port on NET[,mac=MAC][,ip=IP][,queues=N][,...]; can stand again" }, \
	{ "note", 0, "TEXT", vmopt_note, def, "free text of yours" }

#endif /* VMICTL_VMOPTS_H */

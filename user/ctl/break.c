// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "fmt.h"
#include "json.h"
#include "regname.h"
#include "symmap.h"
#include "verbs.h"

#define PLACES_MAX	64
#define RECORDS		4096
#define VERDICT_MS	10000	/* each hit is waved through at once, but the machine may be busy */

/**
 * struct place - where to break
 * @addr: virtual address, or physical with --phys
 * @id: of the probe
 */
struct place {
	uint64_t addr;
	uint64_t id;
};

/**
 * struct breaks - what the command line asks for
 * @s: the VM
 * @map: symbols
 * @hits: events
 * @places: where
 * @n: how many
 * @hard: by debug registers
 * @phys: addresses are physical
 * @async: vCPUs do not wait
 * @bytes: of a hardware breakpoint
 * @access: likewise, VMI_HW_*
 * @vcpu: whose page tables
 * @limited: end after @left more
 * @left: see there
 * @lost: events that were lost, as far as it was told
 */
struct breaks {
	struct session s;
	struct symmap map;
	struct vmi_hit_reader hits;
	struct place places[PLACES_MAX];
	unsigned int n;
	bool hard;
	bool phys;
	bool async;
	uint32_t bytes;
	uint32_t access;
	uint32_t vcpu;
	bool limited;
	uint64_t left;
	uint64_t lost;
};

static const char *set_access(const char *val, void *dest)
{
	uint32_t *access = dest;

	if (!strcmp(val, "x"))
		*access = VMI_HW_EXEC;
	else if (!strcmp(val, "w"))
		*access = VMI_HW_WRITE;
	else if (!strcmp(val, "rw"))
		*access = VMI_HW_RW;
	else
		return "is none of x, w and rw";
	return NULL;
}

static int find(struct breaks *b, const char *what, uint64_t *addr)
{
	if (isdigit((unsigned char)what[0])) {
		if (set_u64(what, addr))
			return fail(EXIT_USAGE, "'%s' is not an address (0x for hexadecimal)", what);
		return 0;
	}
	if (symmap_addr(&b->map, what, addr))
		return fail(EXIT_NO_OBJECT, "there is no symbol %s", what);
	return 0;
}

/* An int3 is in memory, so its address is a physical one. */
static int arm_soft(struct breaks *b, struct place *p)
{
	struct vmi_view view = { 0 };
	struct vmi_regs regs;
	uint64_t gpa;
	int ret;

	if (!b->phys) {
		ret = vmi_vcpu_regs(b->s.fd, b->vcpu, &regs);
		if (ret)
			return ret;
		view = vmi_regs_view(&regs);
	}
	do {
		ret = vmi_session_translate(b->s.fd, &view, p->addr, &gpa);
	} while (ret == -EFAULT && vmi_view_other(&view, p->addr));
	return ret ? ret : vmi_break_soft(b->s.fd, gpa, !b->async, &p->id);
}

static int arm(struct breaks *b, const char *what)
{
	struct place *p = &b->places[b->n];
	int ret = find(b, what, &p->addr);

	if (ret)
		return ret;
	if (b->hard)
		ret = vmi_break_hard(b->s.fd, p->addr, b->bytes, b->access, !b->async, &p->id);
	else
		ret = arm_soft(b, p);
	if (ret == -EFAULT)
		return fail(EXIT_FAILED, "nothing is mapped at %s", what);
	if (ret == -EBUSY && b->hard)
		return fail(EXIT_FAILED, "no debug register is free: there are four");
	if (ret == -EINVAL && b->hard)
		return fail(EXIT_USAGE, "a debug register cannot watch %u bytes at %s like this",
			    b->bytes, what);
	if (ret)
		return session_fail(&b->s, ret, "cannot set a breakpoint");
	b->n++;
	return 0;
}

static uint64_t address_of(const struct breaks *b, const struct vmi_hit *hit)
{
	unsigned int i;

	for (i = 0; i < b->n; i++)
		if (b->places[i].id == hit->probe)
			return b->places[i].addr;
	return hit->arg[0];
}

static void print_hit(const struct breaks *b, const struct vmi_hit *hit)
{
	char name[SYM_LEN + FMT_LEN], safe[4 * sizeof(name)];
	struct json_object *obj;
	uint64_t addr = address_of(b, hit);

	symmap_name(&b->map, addr, name, sizeof(name));
	if (!ctl.json) {
		printf("%" PRIu64 ".%06" PRIu64 " vCPU %u %s cr3=%" PRIx64 " ",
		       (uint64_t)hit->time_ns / 1000000000, (uint64_t)hit->time_ns / 1000 % 1000000,
		       hit->vcpu, escape(name, safe, sizeof(safe)), (uint64_t)hit->cr3);
		gprs_print_line(&hit->gprs);
		return;
	}
	obj = json_object_new_object();
	json_put_number(obj, "seq", hit->seq);
	json_put_number(obj, "time-ns", hit->time_ns);
	json_put_number(obj, "vcpu", hit->vcpu);
	json_put_text(obj, "at", name);
	json_put_number(obj, "address", addr);
	json_put_number(obj, "cr3", hit->cr3);
	gprs_to_json(obj, &hit->gprs);
	json_print(obj);
}

static void tell_lost(struct breaks *b)
{
	uint64_t drops = vmi_hits_drops(&b->hits);
	struct json_object *obj;

	if (drops == b->lost)
		return;
	if (ctl.json) {
		obj = json_object_new_object();
		json_put_number(obj, "lost", drops - b->lost);
		json_print(obj);
	} else {
		printf("lost %" PRIu64 " hits\n", drops - b->lost);
	}
	b->lost = drops;
}

static bool wanted(const struct breaks *b)
{
	return !b->limited || b->left;
}

static void pass(struct breaks *b)
{
	struct vmi_hit hit;

	while (wanted(b) && vmi_hits_take(&b->hits, &hit)) {
		/* it may have given up waiting */
		if (hit.flags & VMI_PROBE_SYNC)
			vmi_hit_continue(b->s.fd, &hit);
		print_hit(b, &hit);
		b->left--;
	}
	tell_lost(b);
	fflush(stdout);
}

static int follow(struct breaks *b)
{
	struct pollfd p[2] = {
		{ .fd = b->hits.fd, .events = POLLIN },
		{ .fd = b->s.signals, .events = POLLIN },
	};

	while (wanted(b) && !ferror(stdout)) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return fail_errno(errno, "cannot wait for events");
		pass(b);
		if (p[1].revents)
			return 0;
		if (p[0].revents & POLLHUP)
			return fail(EXIT_FAILED, "%s does not run any more", b->s.name);
	}
	return 0;
}

/* The guest's own are looked for only if some are meant: it takes a while. */
static int load_symbols(struct breaks *b, const char *path, char **args)
{
	int ret;

	if (path) {
		ret = symmap_load(&b->map, path);
		return ret ? ret : symmap_find_slide(&b->map, &b->s);
	}
	for (; *args; args++)
		if (!isdigit((unsigned char)**args))
			return symmap_load_guest(&b->map, &b->s);
	return 0;
}

static int start(struct breaks *b, const char *path, char **args, int n)
{
	int i, ret = load_symbols(b, path, args);

	if (ret)
		return ret;
	ret = vmi_hits_open(&b->hits, b->s.fd, RECORDS, VERDICT_MS);
	if (ret)
		return session_fail(&b->s, ret, "cannot get events");
	for (i = 0; i < n && !ret; i++)
		ret = arm(b, args[i]);
	if (!ret) {
		if (!ctl.quiet)
			fprintf(stderr, "%u armed; Ctrl-C ends\n", b->n);
		ret = follow(b);
	}
	vmi_hits_close(&b->hits);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct breaks b = { .bytes = 1, .access = VMI_HW_EXEC };
	const char *path = NULL;
	const struct opt opts[] = {
		{ "map", 'm', "FILE", NULL, &path, "take symbols from a System.map, or a kallsyms" },
		{ "hw", 0, NULL, NULL, &b.hard, "use debug registers (there are four)" },
		{ "len", 'l', "N", set_u32, &b.bytes, "watch N bytes: 1, 2, 4 or 8; with --hw" },
		{ "access", 'a', "HOW", set_access, &b.access,
		  "x: execute, w: write, rw: read or write; with --hw" },
		{ "phys", 0, NULL, NULL, &b.phys, "addresses are physical; not with --hw" },
		{ "vcpu", 'c', "N", set_u32, &b.vcpu, "addresses are of this vCPU's process now" },
		{ "count", 'n', "N", set_u64, &b.left, "end after N hits" },
		{ "async", 0, NULL, NULL, &b.async,
		  "let no vCPU wait; hits are lost when too many come" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 2, 1 + PLACES_MAX);
	int ret;

	if (!b.hard && (b.bytes != 1 || b.access != VMI_HW_EXEC))
		return usage(verb, "break: --len and --access belong to --hw");
	if (b.hard && b.phys)
		return usage(verb, "break: --hw takes virtual addresses, --phys physical ones");
	b.limited = b.left != 0;
	ret = session_open(&b.s, args[0], VMI_RIGHT_READ | VMI_RIGHT_REGS | VMI_RIGHT_EVENTS);
	if (ret)
		return ret;
	ret = session_check_vcpu(&b.s, b.vcpu);
	if (!ret)
		ret = start(&b, path, args + 1, argc - 1);
	symmap_free(&b.map);
	session_close(&b.s);
	return ret;
}

const struct verb verb_break = {
	.name = "break",
	.args = "NAME ADDR|SYMBOL...",
	.summary = "Print when vCPUs come to an address",
	.help = "Each hit is a line with the vCPU's registers, until Ctrl-C. The guest goes on after\n"
		"each one; the breakpoints last as long as this command. Symbols are those of a Linux\n"
		"guest's kernel, found in its memory, or with --map in a file.",
	.run = run,
};

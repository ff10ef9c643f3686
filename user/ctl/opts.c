// SPDX-License-Identifier: GPL-2.0
/* Options by table, so that no verb can have one that its help does not tell of. */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"

#define OPTS_MAX	32

static bool help_wanted;

static const struct opt global_opts[] = {
	{ "json", 'j', NULL, NULL, &ctl.json, "print JSON, on one line" },
	{ "pretty", 'p', NULL, NULL, &ctl.pretty, "print JSON over several lines" },
	{ "quiet", 'q', NULL, NULL, &ctl.quiet, "print nothing but errors and what was asked for" },
	{ "help", 'h', NULL, NULL, &help_wanted, "print this and exit" },
	OPT_END
};

static void print_opts(const struct opt *o)
{
	for (; o && o->name; o++) {
		char left[64];

		snprintf(left, sizeof(left), "%s%c%s--%s%s%s",
			 o->key ? "-" : " ", o->key ? o->key : ' ',
			 o->key ? ", " : "  ", o->name,
			 o->arg ? " " : "", o->arg ? o->arg : "");
		printf("  %-28s  %s\n", left, o->help);
	}
}

static void print_help(const struct verb *verb, const struct opt *opts)
{
	printf("Usage: vmictl %s%s%s%s\n\n%s.\n", verb->name,
	       opts && opts->name ? " [OPTIONS]" : "", verb->args[0] ? " " : "",
	       verb->args, verb->summary);
	if (verb->help)
		printf("\n%s\n", verb->help);
	if (opts && opts->name) {
		puts("\nOptions:");
		print_opts(opts);
	}
	puts("\nGlobal options:");
	print_opts(global_opts);
}

/**
 * struct table - options as getopt_long() wants them
 * @n: how many
 * @opts: ours
 * @longs: its form
 * @shorts: its form of the letters
 */
struct table {
	int n;
	const struct opt *opts[OPTS_MAX];
	struct option longs[OPTS_MAX + 1];
	char shorts[2 * OPTS_MAX + 2];
};

static void table_add(struct table *t, const struct opt *o)
{
	char *s = t->shorts + strlen(t->shorts);

	for (; o && o->name && t->n < OPTS_MAX; o++) {
		t->opts[t->n] = o;
		t->longs[t->n] = (struct option){
			.name = o->name,
			.has_arg = o->arg ? required_argument : no_argument,
			.val = 256 + t->n,
		};
		t->n++;
		if (!o->key)
			continue;
		*s++ = o->key;
		if (o->arg)
			*s++ = ':';
	}
}

static const struct opt *table_find(const struct table *t, int val)
{
	int i;

	if (val >= 256)
		return t->opts[val - 256];
	for (i = 0; i < t->n; i++)
		if (t->opts[i]->key == val)
			return t->opts[i];
	return NULL;
}

static void apply(const struct verb *verb, const struct opt *o, const char *val)
{
	const char *wrong;

	if (!o->arg) {
		*(bool *)o->dest = true;
		return;
	}
	if (!o->set) {
		*(const char **)o->dest = val;
		return;
	}
	wrong = o->set(val, o->dest);
	if (wrong)
		exit(usage(verb, "--%s: '%s' %s", o->name, val, wrong));
}

char **opts_parse(const struct verb *verb, const struct opt *opts, int *argc,
		  char **argv, int min, int max)
{
	struct table t = { .shorts = ":" };
	int val;

	table_add(&t, opts);
	table_add(&t, global_opts);
	opterr = 0;
	optind = 0;	/* glibc: begin anew */
	while ((val = getopt_long(*argc, argv, t.shorts, t.longs, NULL)) != -1) {
		const struct opt *o;

		if (val == ':')
			exit(usage(verb, "%s needs a value", argv[optind - 1]));
		if (val == '?' && optopt && optopt < 256)
			exit(usage(verb, "there is no option -%c", optopt));
		if (val == '?')
			exit(usage(verb, "there is no option %s, or not like this", argv[optind - 1]));
		o = table_find(&t, val);
		apply(verb, o, optarg);
	}
	if (help_wanted) {
		print_help(verb, opts);
		exit(EXIT_OK);
	}
	ctl.json |= ctl.pretty;
	argv += optind;
	*argc -= optind;
	if (*argc < min)
		exit(usage(verb, "%s: an argument is missing: %s", verb->name, verb->args));
	if (max >= 0 && *argc > max)
		exit(usage(verb, "%s: '%s' is one argument too many", verb->name, argv[max]));
	return argv;
}

int group_run(const struct verb *group, const struct verb *const *verbs,
	      int argc, char **argv)
{
	const size_t len = strlen(group->name) + 1;
	const struct verb *const *v;

	if (argc < 2)
		return usage(group, "%s: which of its verbs?", group->name);
	for (v = verbs; *v; v++)
		if (!strcmp((*v)->name + len, argv[1]))
			return (*v)->run(*v, argc - 1, argv + 1);
	if (strcmp(argv[1], "--help") && strcmp(argv[1], "-h") && strcmp(argv[1], "help"))
		return usage(group, "%s has no verb '%s'", group->name, argv[1]);
	printf("Usage: vmictl %s %s\n\n%s.\n\nVerbs:\n", group->name, group->args,
	       group->summary);
	for (v = verbs; *v; v++)
		printf("  %-10s  %s\n", (*v)->name + len, (*v)->summary);
	puts("\nEach has --help.");
	return EXIT_OK;
}

/* Return: 0, or -1 for what is no number of the unit's multiples. */
static int parse_number(const char *val, uint64_t unit, uint64_t *to)
{
	static const char suffixes[] = "KMGT";
	const char *s;
	char *end;
	uint64_t n;

	if (!isdigit((unsigned char)val[0]))
		return -1;
	errno = 0;
	/* decimal or 0x: a leading zero shall not turn a number octal */
	n = strtoull(val, &end, val[0] == '0' && (val[1] | 0x20) == 'x' ? 16 : 10);
	if (errno || end == val)
		return -1;
	if (*end && unit) {
		s = strchr(suffixes, toupper((unsigned char)*end));
		if (!s)
			return -1;
		unit = 1ULL << (10 * (s - suffixes + 1));
		end++;
		if (!strcmp(end, "iB") || !strcmp(end, "B"))
			end = "";
	}
	if (*end || (unit > 1 && n > UINT64_MAX / unit))
		return -1;
	*to = unit ? n * unit : n;
	return 0;
}

const char *set_u64(const char *val, void *dest)
{
	return parse_number(val, 0, dest) ? "is not a number" : NULL;
}

const char *set_u32(const char *val, void *dest)
{
	uint64_t n;

	if (parse_number(val, 0, &n))
		return "is not a number";
	if (n > UINT32_MAX)
		return "is too large";
	*(uint32_t *)dest = (uint32_t)n;
	return NULL;
}

const char *set_bytes(const char *val, void *dest)
{
	return parse_number(val, 1, dest) ? "is not a number of bytes (64, 4K, 16M, 1G)" : NULL;
}

const char *set_memory(const char *val, void *dest)
{
	uint64_t n;

	if (parse_number(val, 1 << 20, &n))
		return "is not an amount of memory (MiB, or with a suffix: 512M, 2G)";
	if (!n || n % (1 << 20))
		return "is not a whole number of MiB";
	*(uint64_t *)dest = n;
	return NULL;
}

const char *set_seconds(const char *val, void *dest)
{
	char *end;
	double s = strtod(val, &end);

	if (end == val || *end || !isdigit((unsigned char)val[0]))
		return "is not a number of seconds";
	if (s < 0.001 || s > 600)
		return "is not from 0.001 to 600 seconds";
	*(uint32_t *)dest = (uint32_t)(s * 1000 + 0.5);
	return NULL;
}

const char *set_name(const char *val, void *dest)
{
	if (!vmi_name_valid(val))
		return "cannot be a name (letters, digits, '.', '_', '-', at most 31)";
	*(const char **)dest = val;
	return NULL;
}

const char *set_ip(const char *val, void *dest)
{
	return inet_pton(AF_INET, val, dest) == 1 ? NULL : "is not an IPv4 address";
}

// SPDX-License-Identifier: GPL-2.0
/* vmictl: the table of verbs. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "verbs.h"

struct ctl ctl;

static const struct verb *const verbs[] = {
	&verb_run, &verb_create, &verb_start, &verb_stop, &verb_kill, &verb_pause,
	&verb_resume, &verb_reset, &verb_delete, &verb_list, &verb_show,
	&verb_console, &verb_monitor, &verb_net, &verb_port, &verb_link, &verb_fdb,
	&verb_lease, &verb_reserve, &verb_forward, &verb_capture, &verb_read, &verb_regs,
	&verb_vcpu, &verb_break, &verb_gdb,
	&verb_kernel, &verb_ps, &verb_modules, &verb_dmesg, &verb_sockets, &verb_mounts,
	&verb_files, &verb_symbols, &verb_check, &verb_version,
};

#define NVERBS	(sizeof(verbs) / sizeof(verbs[0]))

static void print_verbs(void)
{
	size_t i;

	puts("Usage: vmictl [-j] [-p] [-q] VERB [ARGUMENTS]\n\n"
	     "Manage virtual machines, their networks and what is in their memory.\n\n"
	     "Verbs:");
	for (i = 0; i < NVERBS; i++)
		printf("  %-8s  %s\n", verbs[i]->name, verbs[i]->summary);
	puts("\nOptions, before or after the verb:\n"
	     "  -j, --json    print JSON, on one line\n"
	     "  -p, --pretty  print JSON over several lines\n"
	     "  -q, --quiet   print nothing but errors and what was asked for\n"
	     "  -h, --help    print this, or the help of the verb\n\n"
	     "Exit status: 0 done, 1 failed, 2 wrong usage, 3 no such object,\n"
	     "4 no permission, 5 time-out, 6 module not loaded. See vmictl(8).");
}

static bool is(const char *arg, const char *word, const char *letter)
{
	return !strcmp(arg, word) || !strcmp(arg, letter);
}

int main(int argc, char **argv)
{
	size_t i;

	setlocale(LC_CTYPE, "");
	for (argc--, argv++; argc && argv[0][0] == '-'; argc--, argv++) {
		if (is(argv[0], "--json", "-j")) {
			ctl.json = true;
		} else if (is(argv[0], "--pretty", "-p")) {
			ctl.json = true;
			ctl.pretty = true;
		} else if (is(argv[0], "--quiet", "-q")) {
			ctl.quiet = true;
		} else if (is(argv[0], "--help", "-h")) {
			print_verbs();
			return EXIT_OK;
		} else if (is(argv[0], "--version", "-V")) {
			char *version[] = { "version", NULL };

			return verb_version.run(&verb_version, 1, version);
		} else {
			return fail(EXIT_USAGE, "there is no option %s (try: vmictl --help)",
				    argv[0]);
		}
	}
	if (!argc) {
		print_verbs();
		return EXIT_USAGE;
	}
	for (i = 0; i < NVERBS; i++)
		if (!strcmp(verbs[i]->name, argv[0]))
			break;
	if (i < NVERBS) {
		int code = verbs[i]->run(verbs[i], argc, argv);

		/* a full disk or a closed pipe must not look like success */
		if ((fflush(stdout) || ferror(stdout)) && code == EXIT_OK)
			return fail(EXIT_FAILED, "cannot write the output");
		return code;
	}
	if (!strcmp(argv[0], "help")) {
		print_verbs();
		return EXIT_OK;
	}
	return fail(EXIT_USAGE, "there is no verb '%s' (try: vmictl --help)", argv[0]);
}

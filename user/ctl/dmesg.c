// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/log.h"
#include "fmt.h"
#include "json.h"
#include "verbs.h"
#include "view.h"

/* As dmesg does it: the time before each line of a record of several. */
static void print_record(const struct guest_log *log)
{
	char *line = log->text, *end, *safe = malloc(4 * strlen(log->text) + 1);

	if (!safe)
		exit(fail(EXIT_FAILED, "out of memory"));
	do {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		printf("[%5" PRIu64 ".%06" PRIu64 "] %s\n", log->time_ns / 1000000000,
		       log->time_ns / 1000 % 1000000, escape(line, safe, 4 * strlen(line) + 1));
		line = end + 1;
	} while (end);
	free(safe);
}

static struct json_object *record_json(const struct guest_log *log)
{
	struct json_object *obj = json_object_new_object();

	json_put_number(obj, "seq", log->seq);
	json_put_number(obj, "time-ns", log->time_ns);
	json_put_number(obj, "level", log->level);
	json_put_number(obj, "facility", log->facility);
	if (log->caller & GUEST_LOG_CPU)
		json_put_number(obj, "cpu", log->caller & ~GUEST_LOG_CPU);
	else if (log->caller)
		json_put_number(obj, "tid", log->caller);
	json_put_text(obj, "text", log->text);
	return obj;
}

static void print(const struct vmi_vec *records, uint32_t level)
{
	struct json_object *list = ctl.json ? json_object_new_array() : NULL;
	const struct guest_log *log;

	vmi_vec_for_each(log, records) {
		if (log->level > level)
			continue;
		if (list)
			json_object_array_add(list, record_json(log));
		else
			print_record(log);
	}
	if (list)
		json_print(list);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	struct vmi_vec records = VMI_VEC_INIT(struct guest_log);
	const char *image = NULL;
	uint32_t level = 7;
	const struct opt opts[] = {
		{ "level", 'l', "N", set_u32, &level,
		  "records of this level and more urgent ones, 0 to 7 (default: 7)" },
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, 1);
	struct view v;
	int ret = view_open(&v, verb, image, &argc, &args, 0);

	if (ret)
		return ret;
	ret = guest_log(&v.guest, &records);
	if (!ret)
		print(&records, level);
	ret = view_fail(&v, ret);
	guest_log_free(&records);
	view_close(&v);
	return ret;
}

const struct verb verb_dmesg = {
	.name = "dmesg",
	.args = "NAME",
	.summary = "Print a Linux guest's kernel log, from outside",
	.help = "Also of a guest that hangs, or that crashed and is still there.",
	.run = run,
};

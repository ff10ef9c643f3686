// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdio.h>

#include "fmt.h"
#include "json.h"
#include "verbs.h"
#include "view.h"

static void print_text(const struct guest *g)
{
	char banner[4 * GUEST_BANNER_LEN];

	printf("banner      %s\n", escape(g->banner, banner, sizeof(banner)));
	printf("text        0x%016" PRIx64 ", at 0x%" PRIx64 " in memory\n", g->image.text_va,
	       g->image.text_gpa);
	printf("kaslr       0x%" PRIx64 "\n", g->image.kaslr_bytes);
	printf("page tables 0x%" PRIx64 ", %u levels\n", g->image.space.root_gpa,
	       g->image.space.levels);
	printf("symbols     %" PRIu32 "\n", g->syms.n);
}

static void put_hex(struct json_object *obj, const char *key, uint64_t val)
{
	char text[FMT_LEN];

	snprintf(text, sizeof(text), "0x%" PRIx64, val);
	json_put_text(obj, key, text);
}

static void print_json(const struct guest *g)
{
	struct json_object *obj = json_object_new_object();

	json_put_text(obj, "banner", g->banner);
	put_hex(obj, "text", g->image.text_va);
	put_hex(obj, "text-gpa", g->image.text_gpa);
	put_hex(obj, "kaslr-offset", g->image.kaslr_bytes);
	put_hex(obj, "root", g->image.space.root_gpa);
	json_put_number(obj, "levels", g->image.space.levels);
	json_put_number(obj, "symbols", g->syms.n);
	json_print(obj);
}

static int run(const struct verb *verb, int argc, char **argv)
{
	const char *image = NULL;
	const struct opt opts[] = {
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, 1);
	struct view v;
	int ret = view_open(&v, verb, image, &argc, &args, 0);

	if (ret)
		return ret;
	if (ctl.json)
		print_json(&v.guest);
	else
		print_text(&v.guest);
	view_close(&v);
	return 0;
}

const struct verb verb_kernel = {
	.name = "kernel",
	.args = "NAME",
	.summary = "Find a Linux guest's kernel in its memory: version, place, page tables",
	.help = "The page tables are what read --virt --root wants (with --la57 for five levels).",
	.run = run,
};

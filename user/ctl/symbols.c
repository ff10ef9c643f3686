// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../guest/symbol.h"
#include "fmt.h"
#include "json.h"
#include "verbs.h"
#include "view.h"

/* As /proc/kallsyms, which people know. */
static void print_line(const struct guest_symbol_info *s, uint64_t offset)
{
	char name[4 * GUEST_SYM_LEN], module[4 * GUEST_MODULE_NAME_LEN];

	printf("%016" PRIx64 " %c %s", s->addr, s->type, escape(s->name, name, sizeof(name)));
	if (offset)
		printf("+0x%" PRIx64, offset);
	if (s->module[0])
		printf("\t[%s]", escape(s->module, module, sizeof(module)));
	putchar('\n');
}

static struct json_object *symbol_json(const struct guest_symbol_info *s)
{
	struct json_object *obj = json_object_new_object();
	char addr[FMT_LEN], type[2] = { s->type, '\0' };

	snprintf(addr, sizeof(addr), "0x%016" PRIx64, s->addr);
	json_put_text(obj, "address", addr);
	json_put_text(obj, "type", type);
	json_put_text(obj, "name", s->name);
	if (s->module[0])
		json_put_text(obj, "module", s->module);
	return obj;
}

static int print_at(struct view *v, uint64_t addr)
{
	struct guest_symbol_info s;
	int ret = guest_symbol_at(&v->guest, addr, &s);

	if (ret == -ENOENT)
		return fail(EXIT_NO_OBJECT, "%s: no code or data of the kernel is at 0x%" PRIx64,
			    v->name, addr);
	if (ret)
		return view_fail(v, ret);
	if (ctl.json) {
		struct json_object *obj = symbol_json(&s);

		json_put_number(obj, "offset", addr - s.addr);
		json_print(obj);
	} else {
		print_line(&s, addr - s.addr);
	}
	free(s.name);
	return 0;
}

static int print_all(struct view *v, const char *pattern)
{
	struct vmi_vec symbols = VMI_VEC_INIT(struct guest_symbol_info);
	struct json_object *list = ctl.json ? json_object_new_array() : NULL;
	const struct guest_symbol_info *s;
	int ret = guest_symbols(&v->guest, pattern, &symbols);

	vmi_vec_for_each(s, &symbols) {
		if (ret)
			break;
		if (list)
			json_object_array_add(list, symbol_json(s));
		else
			print_line(s, 0);
	}
	if (list && !ret)
		json_print(list);
	else
		json_object_put(list);
	if (!ret && pattern && !symbols.n)
		ret = fail(EXIT_NO_OBJECT, "%s: no symbol matches %s", v->name, pattern);
	else
		ret = view_fail(v, ret);
	guest_symbols_free(&symbols);
	return ret;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	uint64_t at = UINT64_MAX;
	const char *image = NULL;
	const struct opt opts[] = {
		{ "at", 'a', "ADDR", set_u64, &at, "what lies at this address" },
		VIEW_IMAGE_OPT(&image),
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 0, 2);
	struct view v;
	int ret = view_open(&v, verb, image, &argc, &args, 1);

	if (ret)
		return ret;
	if (at != UINT64_MAX && argc)
		ret = usage(verb, "symbols: either --at or a pattern");
	else if (at != UINT64_MAX)
		ret = print_at(&v, at);
	else
		ret = print_all(&v, argc ? args[0] : NULL);
	view_close(&v);
	return ret;
}

const struct verb verb_symbols = {
	.name = "symbols",
	.args = "NAME [PATTERN]",
	.summary = "List the symbols of a Linux guest's kernel, from outside",
	.help = "PATTERN is a name, or has *, ? and [] as in the shell.",
	.run = run,
};

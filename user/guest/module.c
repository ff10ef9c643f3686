// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "list.h"
#include "module.h"

#define LAYOUTS_MAX	3	/* to 6.3: code, start-up code, data */
#define MEMORIES_MAX	16	/* from 6.4: kinds of memory in an array */

/* struct fields - members that modules are read from; layouts or memories */
struct fields {
	struct guest_field list, state, name, refs, taints, users;
	struct guest_field base[LAYOUTS_MAX], size[LAYOUTS_MAX], text_size;
	struct guest_field mem, mem_base, mem_size;
	struct guest_field use_list, use_source;
};

#define MODULE(field, path)	GUEST_WANT(fields, field, "module", path)
#define MAYBE(field, path)	GUEST_MAY_WANT(fields, field, "module", path)

static const struct guest_want wants[] = {
	MODULE(list, "list"),
	MODULE(state, "state"),
	MODULE(name, "name"),
	MODULE(taints, "taints"),
	/* without unloading there is neither */
	MAYBE(refs, "refcnt.counter"),
	MAYBE(users, "source_list"),
	MAYBE(base[0], "core_layout.base"),
	MAYBE(size[0], "core_layout.size"),
	MAYBE(text_size, "core_layout.text_size"),
	MAYBE(base[1], "init_layout.base"),
	MAYBE(size[1], "init_layout.size"),
	MAYBE(base[2], "data_layout.base"),
	MAYBE(size[2], "data_layout.size"),
	MAYBE(mem, "mem"),
	GUEST_MAY_WANT(fields, mem_base, "module_memory", "base"),
	GUEST_MAY_WANT(fields, mem_size, "module_memory", "size"),
	GUEST_MAY_WANT(fields, use_list, "module_use", "source_list"),
	GUEST_MAY_WANT(fields, use_source, "module_use", "source"),
};

static int read_layouts(struct guest *g, const struct fields *f, struct guest_module *m)
{
	unsigned int i;
	uint64_t size;
	int ret = guest_get(g, m->addr, &f->base[0], &m->base);

	if (!ret)
		ret = guest_get(g, m->addr, &f->text_size, &m->text_bytes);
	for (i = 0; !ret && i < LAYOUTS_MAX; i++) {
		ret = guest_get(g, m->addr, &f->size[i], &size);
		m->size_bytes += size;
	}
	return ret;
}

/* The first memory of all is that of the code. */
static int read_memories(struct guest *g, const struct fields *f, struct guest_module *m)
{
	uint32_t step, i;
	int ret = 0;

	if (!f->mem.there || !f->mem_base.there || !f->mem_size.there ||
	    guest_types_size(&g->types, "module_memory", &step) || !step)
		return guest_fail(g, -ENODATA, "the guest's kernel keeps its modules in an unknown way");
	for (i = 0; !ret && i < f->mem.bytes / step && i < MEMORIES_MAX; i++) {
		uint64_t at = m->addr + f->mem.offset + (uint64_t)i * step, size;

		ret = guest_get(g, at, &f->mem_size, &size);
		m->size_bytes += size;
		if (ret || i)
			continue;
		m->text_bytes = size;
		ret = guest_get(g, at, &f->mem_base, &m->base);
	}
	return ret;
}

static int read_users(struct guest *g, const struct fields *f, struct guest_module *m)
{
	char name[GUEST_MODULE_NAME_LEN];
	struct guest_list l;
	uint64_t source;
	int ret = 0;

	if (!f->users.there || !f->use_list.there || !f->use_source.there)
		return 0;
	guest_list_begin(&l, g, m->addr + f->users.offset, GUEST_MODULES_MAX);
	while (!ret && guest_list_next(&l)) {
		size_t len = strlen(m->users);

		ret = guest_get(g, l.at - f->use_list.offset, &f->use_source, &source);
		if (!ret)
			ret = guest_get_array(g, source, &f->name, name, sizeof(name));
		if (ret || len + strlen(name) + 2 > sizeof(m->users))
			continue;
		if (len)
			strcat(m->users, ",");
		strcat(m->users, name);
	}
	return ret ? ret : l.err;
}

static int read_module(struct guest *g, const struct fields *f, struct guest_module *m)
{
	uint64_t state, refs;
	int ret = guest_get_array(g, m->addr, &f->name, m->name, sizeof(m->name));

	if (!ret)
		ret = guest_get(g, m->addr, &f->state, &state);
	if (!ret)
		ret = guest_get(g, m->addr, &f->refs, &refs);
	if (!ret)
		ret = guest_get(g, m->addr, &f->taints, &m->taints);
	if (ret)
		return ret;
	m->state = state;
	/* the kernel itself holds one */
	m->refs = f->refs.there ? (int32_t)refs - 1 : 0;
	/* one that is not yet put together has only a name */
	if (m->state == GUEST_MODULE_UNFORMED)
		return 0;
	ret = f->base[0].there ? read_layouts(g, f, m) : read_memories(g, f, m);
	return ret ? ret : read_users(g, f, m);
}

static int read_all(struct guest *g, const struct fields *f, uint64_t head, struct vmi_vec *modules)
{
	struct guest_list l;
	int ret = 0;

	guest_list_begin(&l, g, head, GUEST_MODULES_MAX);
	while (!ret && guest_list_next(&l)) {
		struct guest_module *m = vmi_vec_add(modules);

		if (!m)
			return -ENOMEM;
		m->addr = l.at - f->list.offset;
		ret = read_module(g, f, m);
	}
	return ret ? ret : l.err;
}

int guest_modules(struct guest *g, struct vmi_vec *modules)
{
	struct fields f = { 0 };
	unsigned int tries = 0;
	uint64_t head;
	int ret;

	guest_begin(g);
	ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &f);
	if (!ret)
		ret = guest_symbol(g, "modules", &head);
	if (ret)
		return ret;
	do {
		vmi_vec_free(modules);
		ret = read_all(g, &f, head, modules);
	} while (guest_retry(g, ret, &tries));
	return ret;
}

char *guest_module_taints(uint64_t taints, char *buf)
{
	/* those that a module can have; the rest are the kernel's own */
	static const char letters[] = "PFSRMBUDAWCIOELKXTNJ";
	char *at = buf;
	unsigned int i;

	for (i = 0; i < sizeof(letters) - 1; i++)
		if (taints >> i & 1)
			*at++ = letters[i];
	*at = '\0';
	return buf;
}

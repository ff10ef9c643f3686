// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "types.h"

#define MAGIC		0xeb9f
#define HEADER_BYTES	24		/* what libbpf of any version reads */
#define VLEN_MAX	0xffff		/* likewise */
#define TYPES_MAX	(1U << 20)
#define DEPTH_MAX	16		/* anonymous members in each other, typedefs */
#define STEPS_MAX	(1U << 16)	/* members looked at for one path */
#define PROBES_MAX	64		/* of the hash, a type on average */

/* struct header - what precedes types and strings; offsets are from its end */
struct header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t hdr_len;
	uint32_t type_off;
	uint32_t type_len;
	uint32_t str_off;
	uint32_t str_len;
};

/* struct blob - types and strings of the guest while they are checked */
struct blob {
	const uint8_t *types;
	uint32_t type_len;
	const char *strings;
	uint32_t str_len;
	uint32_t n;
};

static int open_blob(struct blob *b, const uint8_t *data, size_t len)
{
	struct header h;

	if (len < sizeof(h) || len > GUEST_BTF_BYTES_MAX)
		return -EBADMSG;
	memcpy(&h, data, sizeof(h));
	if (h.magic != MAGIC || h.version != 1 || h.hdr_len < sizeof(h) || h.hdr_len > len)
		return -EBADMSG;
	data += h.hdr_len;
	len -= h.hdr_len;
	if (h.type_off > len || h.type_len > len - h.type_off || h.type_off % 4 ||
	    h.type_len % 4 || h.str_off > len || h.str_len > len - h.str_off || !h.str_len)
		return -EBADMSG;
	b->types = data + h.type_off;
	b->type_len = h.type_len;
	b->strings = (const char *)data + h.str_off;
	b->str_len = h.str_len;
	if (b->strings[0] || b->strings[b->str_len - 1])
		return -EBADMSG;
	return 0;
}

/* Bytes behind a type, or a negative errno. */
static int64_t tail_bytes(uint32_t kind, uint32_t vlen)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return (int64_t)vlen * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return (int64_t)vlen * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return (int64_t)vlen * 12;
	case BTF_KIND_FUNC_PROTO:
		return (int64_t)vlen * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return (int64_t)vlen * sizeof(struct btf_var_secinfo);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	}
	return -EOPNOTSUPP;
}

static bool refers(uint32_t kind)
{
	switch (kind) {
	case BTF_KIND_PTR:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FUNC_PROTO:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
	case BTF_KIND_TYPE_TAG:
		return true;
	}
	return false;
}

/* The n-th word behind a type names a type or a string that must be there. */
static bool tail_is_sound(const struct blob *b, uint32_t kind, uint32_t vlen, const uint8_t *tail)
{
	static const struct {
		uint8_t words, name, type;
	} form[] = {
		[BTF_KIND_STRUCT] = { 3, 1, 2 },
		[BTF_KIND_UNION] = { 3, 1, 2 },
		[BTF_KIND_ENUM] = { 2, 1, 0 },
		[BTF_KIND_ENUM64] = { 3, 1, 0 },
		[BTF_KIND_FUNC_PROTO] = { 2, 1, 2 },
		[BTF_KIND_DATASEC] = { 3, 0, 1 },
	};
	uint32_t word[3], i;

	if (kind == BTF_KIND_ARRAY) {
		memcpy(word, tail, sizeof(word));
		return word[0] <= b->n && word[1] <= b->n;
	}
	if (kind >= sizeof(form) / sizeof(form[0]) || !form[kind].words)
		return true;
	for (i = 0; i < vlen; i++, tail += 4 * form[kind].words) {
		memcpy(word, tail, 4 * form[kind].words);
		if (form[kind].name && word[form[kind].name - 1] >= b->str_len)
			return false;
		if (form[kind].type && word[form[kind].type - 1] > b->n)
			return false;
	}
	return true;
}

/* Walk over all types: the first time to count them, the second to check them. */
static int check_blob(struct blob *b, bool refs)
{
	const uint8_t *at = b->types, *end = b->types + b->type_len;
	uint32_t n = 0;

	while (at < end) {
		uint32_t name, info, ref, kind, vlen;
		int64_t tail;

		if (end - at < 12)
			return -EBADMSG;
		memcpy(&name, at, 4);
		memcpy(&info, at + 4, 4);
		memcpy(&ref, at + 8, 4);
		at += 12;
		kind = info >> 24 & 0x7f;
		vlen = info & 0xffffff;
		tail = tail_bytes(kind, vlen);
		if (tail < 0 || vlen > VLEN_MAX)
			return -EOPNOTSUPP;
		if (tail > end - at || ++n > TYPES_MAX || name >= b->str_len)
			return -EBADMSG;
		if (refs && (refers(kind) ? ref > b->n : false))
			return -EBADMSG;
		if (refs && !tail_is_sound(b, kind, vlen, at))
			return -EBADMSG;
		at += tail;
	}
	b->n = n;
	return 0;
}

/* A BTF of the plainest header, with nothing but what was checked. */
static struct btf *new_btf(const struct blob *b)
{
	struct header h = {
		.magic = MAGIC,
		.version = 1,
		.hdr_len = HEADER_BYTES,
		.type_len = b->type_len,
		.str_off = b->type_len,
		.str_len = b->str_len,
	};
	size_t len = sizeof(h) + (size_t)b->type_len + b->str_len;
	uint8_t *data = malloc(len);
	struct btf *btf;

	if (!data) {
		errno = ENOMEM;
		return NULL;
	}
	memcpy(data, &h, sizeof(h));
	memcpy(data + sizeof(h), b->types, b->type_len);
	memcpy(data + sizeof(h) + b->type_len, b->strings, b->str_len);
	libbpf_set_print(NULL);
	btf = btf__new(data, len);
	free(data);
	return btf;
}

static uint32_t hash(const char *name)
{
	uint32_t h = 2166136261U;

	for (; *name; name++)
		h = (h ^ (uint8_t)*name) * 16777619U;
	return h ^ h >> 15;
}

static const char *name_of(const struct guest_types *t, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(t->btf, type->name_off);

	return name ? name : "";
}

static bool has_name(const struct btf_type *type)
{
	return type->name_off && (btf_is_composite(type) || btf_is_any_enum(type));
}

static int fill_buckets(struct guest_types *t)
{
	uint32_t n = btf__type_cnt(t->btf), id, at;
	uint64_t probes = 0;

	t->nbuckets = 1;
	while (t->nbuckets < 2 * n)
		t->nbuckets *= 2;
	t->buckets = calloc(t->nbuckets, sizeof(*t->buckets));
	if (!t->buckets)
		return -ENOMEM;
	for (id = 1; id < n; id++) {
		const struct btf_type *type = btf__type_by_id(t->btf, id);

		if (!type || !has_name(type))
			continue;
		at = hash(name_of(t, type)) & (t->nbuckets - 1);
		while (t->buckets[at]) {
			at = (at + 1) & (t->nbuckets - 1);
			if (++probes > (uint64_t)PROBES_MAX * n)
				return -EBADMSG;
		}
		t->buckets[at] = id;
	}
	return 0;
}

int guest_types_load(struct guest_types *t, const void *data, size_t len)
{
	struct blob b = { 0 };
	int ret;

	memset(t, 0, sizeof(*t));
	ret = open_blob(&b, data, len);
	if (!ret)
		ret = check_blob(&b, false);
	if (!ret)
		ret = check_blob(&b, true);
	if (ret)
		return ret;
	t->btf = new_btf(&b);
	if (!t->btf)
		return errno == ENOMEM ? -ENOMEM : -EBADMSG;
	ret = fill_buckets(t);
	if (ret)
		guest_types_free(t);
	return ret;
}

void guest_types_free(struct guest_types *t)
{
	btf__free(t->btf);
	free(t->buckets);
	memset(t, 0, sizeof(*t));
}

static const struct btf_type *find(const struct guest_types *t, const char *name, bool is_enum)
{
	uint32_t at;

	if (!t->btf)
		return NULL;
	at = hash(name) & (t->nbuckets - 1);
	for (; t->buckets[at]; at = (at + 1) & (t->nbuckets - 1)) {
		const struct btf_type *type = btf__type_by_id(t->btf, t->buckets[at]);

		if (type && !!btf_is_any_enum(type) == is_enum && !strcmp(name_of(t, type), name))
			return type;
	}
	return NULL;
}

/* Past typedefs and qualifiers. */
static const struct btf_type *plain(const struct guest_types *t, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(t->btf, id);
	unsigned int depth;

	for (depth = 0; type && depth < DEPTH_MAX; depth++) {
		if (!btf_is_mod(type) && !btf_is_typedef(type))
			return type;
		type = btf__type_by_id(t->btf, type->type);
	}
	return NULL;
}

/**
 * struct search - a look for one component of a path
 * @t: types
 * @name: component
 * @len: bytes of it
 * @steps: members that may still be looked at: a guest's types may nest without end
 * @id: result: its type, unresolved
 */
struct search {
	const struct guest_types *t;
	const char *name;
	size_t len;
	unsigned int steps;
	uint32_t id;
};

/* Also within members that have no name. */
static const struct btf_type *member(struct search *s, const struct btf_type *type,
				     struct guest_field *f, unsigned int depth)
{
	const struct btf_member *m = btf_members(type);
	uint32_t i;

	if (!btf_is_composite(type) || depth == DEPTH_MAX)
		return NULL;
	for (i = 0; i < btf_vlen(type) && s->steps; i++, s->steps--) {
		const char *name = btf__name_by_offset(s->t->btf, m[i].name_off);
		uint32_t bit = btf_member_bit_offset(type, i);
		const struct btf_type *inner = plain(s->t, m[i].type);

		if (!name || !inner)
			continue;
		if (!name[0]) {
			const struct btf_type *found = member(s, inner, f, depth + 1);

			if (found) {
				f->offset += bit / 8;
				return found;
			}
		} else if (strlen(name) == s->len && !memcmp(name, s->name, s->len)) {
			f->offset = bit / 8;
			f->shift = bit % 8;
			f->bits = btf_member_bitfield_size(type, i);
			s->id = m[i].type;
			return inner;
		}
	}
	return NULL;
}

int guest_types_field(const struct guest_types *t, const char *type, const char *path,
		      struct guest_field *f)
{
	const struct btf_type *at = find(t, type, false);
	struct search s = { .t = t, .steps = STEPS_MAX };
	uint32_t offset = 0;
	int64_t bytes;

	memset(f, 0, sizeof(*f));
	while (at && *path) {
		s.name = path;
		s.len = strcspn(path, ".");
		f->offset = 0;
		at = member(&s, at, f, 0);
		offset += f->offset;
		path += s.len + (path[s.len] == '.');
	}
	bytes = at ? btf__resolve_size(t->btf, s.id) : -1;
	if (bytes < 0 || bytes > UINT32_MAX) {
		memset(f, 0, sizeof(*f));
		return -ENOENT;
	}
	f->there = true;
	f->offset = offset;
	f->bytes = f->bits ? (f->shift + f->bits + 7) / 8 : bytes;
	return 0;
}

int guest_types_size(const struct guest_types *t, const char *type, uint32_t *bytes)
{
	const struct btf_type *at = find(t, type, false);

	if (!at)
		return -ENOENT;
	*bytes = at->size;
	return 0;
}

int guest_types_enum(const struct guest_types *t, const char *type, const char *name, int64_t *val)
{
	const struct btf_type *at = find(t, type, true);
	const struct btf_enum *e;
	uint32_t i;

	if (!at || !btf_is_enum(at))
		return -ENOENT;
	e = btf_enum(at);
	for (i = 0; i < btf_vlen(at); i++) {
		const char *s = btf__name_by_offset(t->btf, e[i].name_off);

		if (s && !strcmp(s, name)) {
			*val = e[i].val;
			return 0;
		}
	}
	return -ENOENT;
}

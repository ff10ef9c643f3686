// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kallsyms.h"

#define CHUNK_BYTES	(1U << 20)
#define INDEX_BYTES	(GUEST_TOKENS * 2)
#define TOKEN_MAX	128		/* bytes of a token with its NUL */
#define NAME_ROOM	(GUEST_SYM_LEN + 8)
#define LEAST_BYTES	(4U << 20)	/* looked for names before an index, at first */
#define BEFORE_BYTES	(32U << 20)	/* and at most */
#define MARKED		256		/* symbols a marker */
#define MARKERS_MIN	4
#define MARK_MAX	(MARKED * TOKEN_MAX)	/* bytes of names a marker, roughly */
#define TRIES_MAX	64		/* markers that turn out to be none */
#define PROBES_MAX	64		/* of the hash, a symbol on average */
#define KERNEL_FIRST	0xffffffff80000000ULL
#define KERNEL_LAST	0xfffffffffeffffffULL

/**
 * struct table - the compressed table in a copy of the memory around it
 * @buf: copy
 * @gpa: of its first byte
 * @len: bytes
 * @index: token index, as all below an offset in @buf
 * @tokens: token table
 * @markers: offsets in @names of every 256th name
 * @names: lengths and tokens
 * @count: where the number of symbols lies
 * @n: number of symbols
 * @token_at: where each token begins, in @buf
 * @token_len: its length
 */
struct table {
	uint8_t *buf;
	uint64_t gpa;
	size_t len;
	size_t index;
	size_t tokens;
	size_t markers;
	size_t names;
	size_t count;
	uint32_t n;
	uint32_t token_at[GUEST_TOKENS];
	uint8_t token_len[GUEST_TOKENS];
};

static uint16_t get16(const uint8_t *p)
{
	uint16_t v;

	memcpy(&v, p, 2);
	return v;
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, 4);
	return v;
}

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return v;
}

static uint64_t align(uint64_t at, uint64_t to)
{
	return (at + to - 1) & ~(to - 1);
}

/* four ascending offsets of tokens? The one test that every 256th byte is put to. */
static bool ascends(uint64_t word)
{
	uint16_t a = word, b = word >> 16, c = word >> 32, d = word >> 48;

	return (uint16_t)(b - a - 1) < TOKEN_MAX && (uint16_t)(c - b - 1) < TOKEN_MAX &&
	       (uint16_t)(d - c - 1) < TOKEN_MAX && a < b && b < c && c < d;
}

/* From an address inside, go back to the start; then all 256 must ascend. */
static int find_start(struct guest_mem *m, uint64_t inside, uint64_t *start)
{
	uint16_t index[GUEST_TOKENS], at, before;
	uint64_t gpa = inside;
	unsigned int i;
	int ret;

	ret = guest_mem_read(m, gpa, &at, 2);
	for (i = 0; !ret && at; i++) {
		if (i == GUEST_TOKENS || gpa < 2)
			return -ENOENT;
		gpa -= 2;
		ret = guest_mem_read(m, gpa, &before, 2);
		if (!ret && (before >= at || at - before > TOKEN_MAX))
			return -ENOENT;
		at = before;
	}
	if (!ret)
		ret = guest_mem_read(m, gpa, index, sizeof(index));
	if (ret)
		return ret == -EFAULT ? -ENOENT : ret;
	for (i = 1; i < GUEST_TOKENS; i++)
		if (index[i] <= index[i - 1] || index[i] - index[i - 1] > TOKEN_MAX)
			return -ENOENT;
	*start = gpa;
	return 0;
}

int guest_kallsyms_scan(struct guest_mem *m, uint64_t from, uint64_t to, uint64_t *index_gpa)
{
	uint8_t *buf;
	int ret = -ENOENT;

	if (to > m->src.top_gpa)
		to = m->src.top_gpa;
	from = align(from, INDEX_BYTES / 2);
	buf = malloc(CHUNK_BYTES);
	if (!buf)
		return -ENOMEM;
	for (; ret == -ENOENT && from < to; from += CHUNK_BYTES) {
		size_t len = to - from < CHUNK_BYTES ? to - from : CHUNK_BYTES;
		size_t at;
		int err = guest_mem_read_through(m, from, buf, len);

		if (err == -EFAULT)
			continue;
		if (err)
			ret = err;
		for (at = 0; !err && at + 8 <= len; at += INDEX_BYTES / 2) {
			if (!ascends(get64(buf + at)))
				continue;
			ret = find_start(m, from + at, index_gpa);
			if (ret != -ENOENT)
				break;
		}
	}
	free(buf);
	return ret;
}

/* Do tokens begin at @at, each where the one before ends? */
static bool tokens_fit(struct table *t, size_t at)
{
	size_t i, from, len;

	for (i = 0; i < GUEST_TOKENS; i++) {
		from = at + get16(t->buf + t->index + 2 * i);
		len = strnlen((const char *)t->buf + from, TOKEN_MAX);
		if (len == TOKEN_MAX || from + len >= t->index)
			return false;
		if (i + 1 < GUEST_TOKENS && from + len + 1 != at + get16(t->buf + t->index + 2 * i + 2))
			return false;
		t->token_at[i] = from;
		t->token_len[i] = len;
	}
	return true;
}

/* The strings end where the index begins, but for the alignment. */
static int find_tokens(struct table *t)
{
	size_t last = get16(t->buf + t->index + INDEX_BYTES - 2);
	size_t len;

	for (len = last + 1; len <= last + TOKEN_MAX + 8 && len <= t->index; len++) {
		if ((t->index - len) % 4 || !tokens_fit(t, t->index - len))
			continue;
		t->tokens = t->index - len;
		return 0;
	}
	return -EBADMSG;
}

/* markers at @at: 0, then steps of a length that 256 names can have; how many? */
static size_t count_markers(const struct table *t, size_t at)
{
	size_t n = 1;
	uint32_t mark = 0;

	if (get32(t->buf + at))
		return 0;
	for (at += 4; at + 4 <= t->tokens && n < GUEST_SYMS_MAX / MARKED; at += 4, n++) {
		uint32_t next = get32(t->buf + at);

		if (next <= mark || next - mark < 2 * MARKED || next - mark > MARK_MAX)
			break;
		mark = next;
	}
	return n;
}

/* Length of the name at @at with its own length, 0 outside the buffer. */
static size_t name_len(const struct table *t, size_t at, size_t *head)
{
	size_t len;

	if (at + 2 > t->len)
		return 0;
	len = t->buf[at];
	*head = 1;
	if (len & 0x80) {
		len = (len & 0x7f) | (size_t)t->buf[at + 1] << 7;
		*head = 2;
	}
	return len && at + *head + len <= t->len ? *head + len : 0;
}

/* Do 256 names from @at end at the first marker? */
static bool names_fit(const struct table *t, size_t at, uint32_t mark)
{
	size_t end = at + mark, head;
	unsigned int i;

	for (i = 0; i < MARKED && at < end; i++) {
		size_t len = name_len(t, at, &head);

		if (!len)
			return false;
		at += len;
	}
	return i == MARKED && at == end;
}

/* The names lie before the markers, and the count before the names. */
static bool find_names(struct table *t, size_t markers, size_t run)
{
	uint32_t last = get32(t->buf + markers + 4 * (run - 1));
	uint32_t first = get32(t->buf + markers + 4);
	size_t from, at, gap;

	if (markers < last + 12)
		return false;
	from = (markers - last) & ~(size_t)3;
	for (at = from; at >= 12 && from - at < 2 * MARK_MAX; at -= 4) {
		for (gap = 4; gap <= 8; gap += 4) {
			uint32_t n = get32(t->buf + at - gap);

			if ((n + MARKED - 1) / MARKED != run || !n || n > GUEST_SYMS_MAX)
				continue;
			if (!names_fit(t, at, first))
				continue;
			t->n = n;
			t->count = at - gap;
			t->names = at;
			t->markers = markers;
			return true;
		}
	}
	return false;
}

static int find_markers(struct table *t)
{
	/* between markers and tokens there may be 3 bytes a symbol */
	size_t at = t->tokens & ~(size_t)3;
	size_t least = at > 4 * GUEST_SYMS_MAX ? at - 4 * GUEST_SYMS_MAX : 0;
	unsigned int tries = 0;

	while (at >= least + 4 * MARKERS_MIN && tries < TRIES_MAX) {
		size_t run;

		at -= 4;
		run = count_markers(t, at);
		if (run < MARKERS_MIN)
			continue;
		/* what follows may by chance look like one or two markers more */
		if (find_names(t, at, run) || find_names(t, at, run - 1) ||
		    find_names(t, at, run - 2))
			return 0;
		tries++;
	}
	return -EBADMSG;
}

/* Addresses ascend, but for a few. Return: 0 or -EBADMSG. */
static int check_order(const struct guest_kallsyms *ks)
{
	uint32_t i, falls = 0;

	for (i = 1; i < ks->n; i++)
		falls += ks->addrs[i] < ks->addrs[i - 1];
	return falls > ks->n / 64 ? -EBADMSG : 0;
}

static int read_relative(const struct table *t, size_t at, uint64_t base, struct guest_kallsyms *ks)
{
	uint32_t i, negative = 0;

	for (i = 0; i < t->n; i++)
		negative += (int32_t)get32(t->buf + at + 4 * i) < 0;
	for (i = 0; i < t->n; i++) {
		int32_t off = (int32_t)get32(t->buf + at + 4 * i);

		if (negative < t->n / 2)
			ks->addrs[i] = base + (uint32_t)off;
		else
			ks->addrs[i] = off < 0 ? base - 1 - (int64_t)off : (uint64_t)off;
	}
	ks->physical = false;
	return check_order(ks);
}

static int read_pc_relative(const struct table *t, size_t at, struct guest_kallsyms *ks)
{
	uint32_t i;

	for (i = 0; i < t->n; i++)
		ks->addrs[i] = t->gpa + at + 4 * i + (int32_t)get32(t->buf + at + 4 * i);
	ks->physical = true;
	return check_order(ks);
}

static bool is_base(uint64_t va)
{
	return va >= KERNEL_FIRST && va <= KERNEL_LAST && va % GUEST_PAGE_BYTES == 0;
}

static int read_addrs(const struct table *t, struct guest_kallsyms *ks)
{
	size_t bytes = 4 * (size_t)t->n, at, base;

	/* to 6.3: before the count */
	if (t->count >= align(bytes, 8) + 8) {
		base = t->count - 8;
		at = base - align(bytes, 8);
		if (is_base(get64(t->buf + base)) &&
		    !read_relative(t, at, get64(t->buf + base), ks))
			return 0;
	}
	/* from 6.4: behind the index */
	at = align(t->index + INDEX_BYTES, 8);
	base = align(at + bytes, 8);
	if (base + 8 <= t->len && is_base(get64(t->buf + base)) &&
	    !read_relative(t, at, get64(t->buf + base), ks))
		return 0;
	at = align(t->index + INDEX_BYTES, 4);
	if (at + bytes <= t->len && !read_pc_relative(t, at, ks))
		return 0;
	return -EBADMSG;
}

/*
 * Write the name at @at with its type before it. Tokens are copied in words: what
 * is copied too much is overwritten by the next one, or lies behind the end.
 * Return: bytes with the NUL, 0 for none.
 */
static size_t expand(const struct table *t, size_t at, char to[NAME_ROOM])
{
	size_t head, len = name_len(t, at, &head), out = 0, i, n;

	for (i = head; i < len; i++) {
		uint8_t token = t->buf[at + i];
		const uint8_t *s = t->buf + t->token_at[token];

		if (out + t->token_len[token] >= GUEST_SYM_LEN)
			return 0;
		for (n = 0; n < t->token_len[token]; n += 8)
			memcpy(to + out + n, s + n, 8);
		out += t->token_len[token];
	}
	/* the type and one letter at least */
	if (out < 2)
		return 0;
	to[out++] = '\0';
	return out;
}

/* Eight bytes at a time: there are some hundred thousand names. */
static uint32_t hash(const char *name)
{
	size_t len = strlen(name);
	uint64_t h = len, word;

	for (; len >= 8; len -= 8, name += 8)
		h = (h ^ get64((const uint8_t *)name)) * 0x9e3779b97f4a7c15ULL;
	word = 0;
	memcpy(&word, name, len);
	h = (h ^ word) * 0x9e3779b97f4a7c15ULL;
	return h ^ h >> 32;
}

/* Of equal names the first one is found, and alone has a bucket. */
static int fill_buckets(struct guest_kallsyms *ks)
{
	uint64_t probes = 0;
	uint32_t i, at;

	ks->nbuckets = 1;
	while (ks->nbuckets < 2 * ks->n)
		ks->nbuckets *= 2;
	ks->buckets = calloc(ks->nbuckets, sizeof(*ks->buckets));
	if (!ks->buckets)
		return -ENOMEM;
	for (i = 0; i < ks->n; i++) {
		const char *name = guest_kallsyms_name(ks, i);

		at = hash(name) & (ks->nbuckets - 1);
		while (ks->buckets[at] &&
		       strcmp(name, guest_kallsyms_name(ks, ks->buckets[at] - 1))) {
			at = (at + 1) & (ks->nbuckets - 1);
			/* a guest may choose names that collide */
			if (++probes > (uint64_t)PROBES_MAX * ks->n)
				return -EBADMSG;
		}
		if (!ks->buckets[at])
			ks->buckets[at] = i + 1;
	}
	return 0;
}

static int read_names(const struct table *t, struct guest_kallsyms *ks)
{
	size_t at = t->names, used = 0, room = 0;
	char name[NAME_ROOM];
	uint32_t i;

	for (i = 0; i < t->n; i++) {
		size_t head, len = expand(t, at, name);

		if (i % MARKED == 0 && get32(t->buf + t->markers + i / MARKED * 4) != at - t->names)
			return -EBADMSG;
		if (!len)
			return -EBADMSG;
		if (used + len > room) {
			char *text;

			room = room ? 2 * room : 1U << 21;
			text = realloc(ks->text, room);
			if (!text)
				return -ENOMEM;
			ks->text = text;
		}
		ks->types[i] = name[0];
		ks->names[i] = used;
		memcpy(ks->text + used, name + 1, len - 1);
		used += len - 1;
		at += name_len(t, at, &head);
	}
	return 0;
}

static int by_addr(const void *a, const void *b, void *addrs)
{
	uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
	const uint64_t *addr = addrs;

	if (addr[i] != addr[j])
		return addr[i] < addr[j] ? -1 : 1;
	return i < j ? -1 : i > j;
}

static int sort(struct guest_kallsyms *ks)
{
	uint32_t i;

	for (i = 1; i < ks->n && ks->addrs[i] >= ks->addrs[i - 1]; i++)
		;
	if (i == ks->n)
		return 0;
	ks->order = malloc(ks->n * sizeof(*ks->order));
	if (!ks->order)
		return -ENOMEM;
	for (i = 0; i < ks->n; i++)
		ks->order[i] = i;
	qsort_r(ks->order, ks->n, sizeof(*ks->order), by_addr, ks->addrs);
	return 0;
}

static int unpack(const struct table *t, struct guest_kallsyms *ks)
{
	int ret;

	ks->n = t->n;
	ks->addrs = malloc(ks->n * sizeof(*ks->addrs));
	ks->types = malloc(ks->n);
	ks->names = malloc(ks->n * sizeof(*ks->names));
	if (!ks->addrs || !ks->types || !ks->names)
		return -ENOMEM;
	ret = read_addrs(t, ks);
	if (!ret)
		ret = read_names(t, ks);
	if (!ret)
		ret = fill_buckets(ks);
	return ret ? ret : sort(ks);
}

/* Copy what lies @before bytes before the index and @behind its start. */
static int copy(struct guest_mem *m, struct table *t, uint64_t index_gpa, size_t before,
		size_t behind)
{
	uint64_t end = index_gpa + behind;

	if (end > m->src.top_gpa)
		end = m->src.top_gpa;
	if (index_gpa > end || end - index_gpa < INDEX_BYTES)
		return -EBADMSG;
	t->gpa = (index_gpa > before ? index_gpa - before : 0) & ~(uint64_t)7;
	t->index = index_gpa - t->gpa;
	t->len = end - t->gpa;
	free(t->buf);
	t->buf = malloc(t->len);
	if (!t->buf)
		return -ENOMEM;
	return guest_mem_read_through(m, t->gpa, t->buf, t->len);
}

/* Copy more and more of what lies before the index, until the names are in it. */
static int find_all(struct guest_mem *m, struct table *t, uint64_t index_gpa)
{
	size_t before;
	int ret = -EBADMSG;

	for (before = LEAST_BYTES; ret == -EBADMSG && before <= BEFORE_BYTES; before *= 2) {
		ret = copy(m, t, index_gpa, before, INDEX_BYTES);
		if (!ret)
			ret = find_tokens(t);
		if (!ret)
			ret = find_markers(t);
	}
	/* their number says how much belongs to it on either side */
	if (!ret)
		ret = copy(m, t, index_gpa, before / 2, INDEX_BYTES + 4 * (size_t)t->n + 32);
	return ret;
}

int guest_kallsyms_load(struct guest_mem *m, uint64_t index_gpa, struct guest_kallsyms *ks)
{
	struct table t = { 0 };
	int ret;

	memset(ks, 0, sizeof(*ks));
	/* most that looks like an index is none: see first whether it has tokens */
	ret = copy(m, &t, index_gpa, GUEST_TOKENS * TOKEN_MAX, INDEX_BYTES);
	if (!ret)
		ret = find_tokens(&t);
	if (!ret)
		ret = find_all(m, &t, index_gpa);
	if (!ret)
		ret = unpack(&t, ks);
	free(t.buf);
	if (ret)
		guest_kallsyms_free(ks);
	return ret;
}

void guest_kallsyms_move(struct guest_kallsyms *ks, uint64_t delta)
{
	uint32_t i;

	for (i = 0; i < ks->n; i++)
		ks->addrs[i] += delta;
	ks->physical = false;
}

void guest_kallsyms_free(struct guest_kallsyms *ks)
{
	free(ks->addrs);
	free(ks->types);
	free(ks->names);
	free(ks->text);
	free(ks->buckets);
	free(ks->order);
	memset(ks, 0, sizeof(*ks));
}

int guest_kallsyms_find(const struct guest_kallsyms *ks, const char *name, uint64_t *addr)
{
	uint32_t at;

	if (!ks->n)
		return -ENOENT;
	at = hash(name) & (ks->nbuckets - 1);
	for (; ks->buckets[at]; at = (at + 1) & (ks->nbuckets - 1)) {
		uint32_t i = ks->buckets[at] - 1;

		if (!strcmp(guest_kallsyms_name(ks, i), name)) {
			*addr = ks->addrs[i];
			return 0;
		}
	}
	return -ENOENT;
}

int64_t guest_kallsyms_at(const struct guest_kallsyms *ks, uint64_t addr)
{
	uint32_t low = 0, high = ks->n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (ks->addrs[ks->order ? ks->order[mid] : mid] <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return -ENOENT;
	return ks->order ? ks->order[low - 1] : low - 1;
}

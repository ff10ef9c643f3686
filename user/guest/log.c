// SPDX-License-Identifier: GPL-2.0
/*
 * A ring of descriptors, each with its record's place in a ring of bytes. The
 * state in a descriptor says whether the record is whole; a number in each of the
 * three parts whether it is the one looked for, for they may be of three moments.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

#define DESC_BITS_MAX	24
#define DATA_BITS_MAX	30
#define STATE_SHIFT	62
#define STATE_COMMITTED	1
#define STATE_FINAL	2
#define ID_MASK		((1ULL << STATE_SHIFT) - 1)
#define NO_TEXT		1	/* bit of a position: there is none */
#define EMPTY_TEXT	3	/* position of an empty one */
#define ID_BYTES	8	/* before a text */

/* struct fields - members of the rings, their descriptors and records */
struct fields {
	struct guest_field count_bits, descs, infos, head_id, tail_id, size_bits, data;
	struct guest_field state, begin, next;
	struct guest_field seq, time, text_len, facility, level, caller;
};

#define RING(field, path)	GUEST_WANT(fields, field, "printk_ringbuffer", path)
#define INFO(field, path)	GUEST_WANT(fields, field, "printk_info", path)

static const struct guest_want wants[] = {
	RING(count_bits, "desc_ring.count_bits"),
	RING(descs, "desc_ring.descs"),
	RING(infos, "desc_ring.infos"),
	RING(head_id, "desc_ring.head_id.counter"),
	RING(tail_id, "desc_ring.tail_id.counter"),
	RING(size_bits, "text_data_ring.size_bits"),
	RING(data, "text_data_ring.data"),
	GUEST_WANT(fields, state, "prb_desc", "state_var.counter"),
	GUEST_WANT(fields, begin, "prb_desc", "text_blk_lpos.begin"),
	GUEST_WANT(fields, next, "prb_desc", "text_blk_lpos.next"),
	INFO(seq, "seq"),
	INFO(time, "ts_nsec"),
	INFO(text_len, "text_len"),
	INFO(facility, "facility"),
	INFO(level, "level"),
	GUEST_MAY_WANT(fields, caller, "printk_info", "caller_id"),
};

/**
 * struct ring - the log
 * @g: guest
 * @f: members
 * @desc_bytes: of a descriptor
 * @info_bytes: of what is known of a record beside its text
 * @descs: address of the descriptors
 * @infos: of those
 * @data: of the texts
 * @count_bits: there are so many descriptors (power of two)
 * @size_bits: of bytes
 * @head: newest record
 * @tail: oldest record
 */
struct ring {
	struct guest *g;
	struct fields f;
	uint32_t desc_bytes;
	uint32_t info_bytes;
	uint64_t descs;
	uint64_t infos;
	uint64_t data;
	uint64_t count_bits;
	uint64_t size_bits;
	uint64_t head;
	uint64_t tail;
};

static int open_ring(struct ring *r)
{
	struct guest *g = r->g;
	uint64_t at;
	int ret = guest_fields(g, wants, sizeof(wants) / sizeof(wants[0]), &r->f);

	if (ret)
		return ret;
	if (guest_types_size(&g->types, "prb_desc", &r->desc_bytes) ||
	    guest_types_size(&g->types, "printk_info", &r->info_bytes))
		return guest_fail(g, -ENODATA, "the guest's kernel keeps its log in an unknown way");
	ret = guest_symbol(g, "prb", &at);
	if (!ret)
		ret = guest_get_u64(g, at, &at);
	if (!ret)
		ret = guest_get(g, at, &r->f.count_bits, &r->count_bits);
	if (!ret)
		ret = guest_get(g, at, &r->f.descs, &r->descs);
	if (!ret)
		ret = guest_get(g, at, &r->f.infos, &r->infos);
	if (!ret)
		ret = guest_get(g, at, &r->f.size_bits, &r->size_bits);
	if (!ret)
		ret = guest_get(g, at, &r->f.data, &r->data);
	if (!ret)
		ret = guest_get(g, at, &r->f.head_id, &r->head);
	if (!ret)
		ret = guest_get(g, at, &r->f.tail_id, &r->tail);
	if (ret)
		return ret;
	if (r->count_bits > DESC_BITS_MAX || r->size_bits > DATA_BITS_MAX ||
	    ((r->head - r->tail) & ID_MASK) >> r->count_bits)
		return -EAGAIN;
	return 0;
}

/* Copy a text. Return: 0, or -ENOENT where it is lost. */
static int read_text(struct ring *r, uint64_t id, uint64_t begin, uint64_t next, uint64_t len,
		     char **text)
{
	uint64_t size = 1ULL << r->size_bits;
	uint64_t from = begin & (size - 1), whose;
	int ret;

	if (begin & NO_TEXT) {
		if (begin != EMPTY_TEXT)
			return -ENOENT;
		*text = strdup("");
		return *text ? 0 : -ENOMEM;
	}
	/* one that would lead over the end begins at the start */
	if (begin >> r->size_bits != next >> r->size_bits && next & (size - 1))
		from = 0;
	if (from + ID_BYTES > size || len > size - ID_BYTES - from)
		return -ENOENT;
	ret = guest_get_u64(r->g, r->data + from, &whose);
	if (ret || whose != id)
		return ret ? ret : -ENOENT;
	*text = calloc(1, len + 1);
	if (!*text)
		return -ENOMEM;
	return guest_read(r->g, r->data + from + ID_BYTES, *text, len);
}

static int read_state(struct ring *r, uint64_t desc, uint64_t id)
{
	uint64_t state;
	int ret = guest_get(r->g, desc, &r->f.state, &state);

	if (ret)
		return ret;
	if ((state & ID_MASK) != id)
		return -ENOENT;
	state >>= STATE_SHIFT;
	return state == STATE_COMMITTED || state == STATE_FINAL ? 0 : -ENOENT;
}

static int read_record(struct ring *r, uint64_t id, struct guest_log *log)
{
	uint64_t i = id & ((1ULL << r->count_bits) - 1);
	uint64_t desc = r->descs + i * r->desc_bytes, info = r->infos + i * r->info_bytes;
	uint64_t begin, next, len, facility, level, caller;
	struct guest *g = r->g;
	int ret = read_state(r, desc, id);

	if (!ret)
		ret = guest_get(g, desc, &r->f.begin, &begin);
	if (!ret)
		ret = guest_get(g, desc, &r->f.next, &next);
	if (!ret)
		ret = guest_get(g, info, &r->f.seq, &log->seq);
	if (!ret)
		ret = guest_get(g, info, &r->f.time, &log->time_ns);
	if (!ret)
		ret = guest_get(g, info, &r->f.text_len, &len);
	if (!ret)
		ret = guest_get(g, info, &r->f.facility, &facility);
	if (!ret)
		ret = guest_get(g, info, &r->f.level, &level);
	if (!ret)
		ret = guest_get(g, info, &r->f.caller, &caller);
	if (!ret)
		ret = read_text(r, id, begin, next, len, &log->text);
	if (ret)
		return ret;
	log->facility = facility;
	log->level = level;
	log->caller = caller;
	/* the slot's number is that of the record, else another has come */
	return (log->seq & ((1ULL << r->count_bits) - 1)) == i ? 0 : -ENOENT;
}

static int read_all(struct ring *r, struct vmi_vec *records)
{
	uint64_t n, id = r->tail;
	int ret;

	/* the first one of all has no record */
	for (n = ((r->head - r->tail) & ID_MASK) + 1; n; n--, id = (id + 1) & ID_MASK) {
		struct guest_log *log = vmi_vec_add(records);

		if (!log)
			return -ENOMEM;
		ret = read_record(r, id, log);
		if (ret == -ENOENT) {
			free(log->text);
			records->n--;
		} else if (ret) {
			return ret;
		}
	}
	return 0;
}

int guest_log(struct guest *g, struct vmi_vec *records)
{
	struct ring r = { .g = g };
	unsigned int tries = 0;
	int ret;

	guest_begin(g);
	do {
		guest_log_free(records);
		ret = open_ring(&r);
		if (!ret)
			ret = read_all(&r, records);
	} while (guest_retry(g, ret, &tries));
	return ret;
}

void guest_log_free(struct vmi_vec *records)
{
	struct guest_log *log;

	vmi_vec_for_each(log, records)
		free(log->text);
	vmi_vec_free(records);
}

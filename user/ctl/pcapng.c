// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "pcapng.h"

#define SECTION_HEADER	0x0a0d0d0a
#define INTERFACE	1
#define STATISTICS	5
#define ENHANCED_PACKET	6
#define BYTE_ORDER	0x1a2b3c4d
#define LINK_ETHERNET	1
#define OPTIONS_MAX	1024

enum {
	OPT_END = 0,
	OPT_COMMENT = 1,
	SHB_USERAPPL = 4,
	IF_NAME = 2,
	IF_DESCRIPTION = 3,
	IF_MAC = 6,
	IF_TSRESOL = 9,
	EPB_FLAGS = 2,
	EPB_DROPCOUNT = 4,
	ISB_IFRECV = 4,
	ISB_IFDROP = 5,
};

#define TSRESOL_NS	9	/* ten to the minus ninth */
#define FLAG_INBOUND	1
#define FLAG_OUTBOUND	2
#define FLAG_TYPE(t)	((t) << 2)
#define TYPE_UNICAST	1
#define TYPE_MULTICAST	2
#define TYPE_BROADCAST	3

/**
 * struct options - options of a block, being collected
 * @buf: as they stand in the file
 * @len: bytes
 */
struct options {
	uint8_t buf[OPTIONS_MAX];
	size_t len;
};

static size_t padded(size_t len)
{
	return (len + 3) & ~(size_t)3;
}

/* What does not fit is left out: none is needed. */
static void add(struct options *o, uint16_t code, const void *val, size_t len)
{
	uint16_t head[2] = { code, (uint16_t)len };

	if (o->len + sizeof(head) + padded(len) + sizeof(head) > sizeof(o->buf))
		return;
	memcpy(o->buf + o->len, head, sizeof(head));
	memset(o->buf + o->len + sizeof(head), 0, padded(len));
	if (len)
		memcpy(o->buf + o->len + sizeof(head), val, len);
	o->len += sizeof(head) + padded(len);
}

static void add_text(struct options *o, uint16_t code, const char *text)
{
	if (text)
		add(o, code, text, strlen(text));
}

/* A block of fixed fields, data and options, each of these two may be empty. */
static void block(FILE *f, uint32_t type, const void *fixed, size_t fixed_len, const void *data,
		  size_t data_len, struct options *o)
{
	static const uint8_t zeros[4];
	uint32_t head[2] = { type, 0 };

	if (o->len)
		add(o, OPT_END, NULL, 0);
	head[1] = (uint32_t)(sizeof(head) + fixed_len + padded(data_len) + o->len + sizeof(head[1]));
	fwrite(head, sizeof(head), 1, f);
	fwrite(fixed, fixed_len, 1, f);
	if (data_len)
		fwrite(data, data_len, 1, f);
	fwrite(zeros, 1, padded(data_len) - data_len, f);
	fwrite(o->buf, 1, o->len, f);
	fwrite(&head[1], sizeof(head[1]), 1, f);
}

void pcapng_begin(FILE *f, const char *program)
{
	const struct {
		uint32_t byte_order;
		uint16_t major;
		uint16_t minor;
		uint32_t section_len[2];
	} fixed = { BYTE_ORDER, 1, 0, { UINT32_MAX, UINT32_MAX } };
	struct options o = { .len = 0 };

	add_text(&o, SHB_USERAPPL, program);
	block(f, SECTION_HEADER, &fixed, sizeof(fixed), NULL, 0, &o);
}

void pcapng_interface(FILE *f, const struct pcapng_if *iface)
{
	const struct {
		uint16_t link;
		uint16_t reserved;
		uint32_t snaplen;
	} fixed = { LINK_ETHERNET, 0, iface->snaplen };
	const uint8_t resolution = TSRESOL_NS;
	struct options o = { .len = 0 };

	add_text(&o, IF_NAME, iface->name);
	add_text(&o, IF_DESCRIPTION, iface->description);
	if (iface->mac)
		add(&o, IF_MAC, iface->mac, 6);
	add(&o, IF_TSRESOL, &resolution, sizeof(resolution));
	block(f, INTERFACE, &fixed, sizeof(fixed), NULL, 0, &o);
}

static uint32_t type_of(const struct pcapng_frame *frame)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	if (frame->caplen < sizeof(all))
		return 0;
	if (!memcmp(frame->data, all, sizeof(all)))
		return TYPE_BROADCAST;
	return frame->data[0] & 1 ? TYPE_MULTICAST : TYPE_UNICAST;
}

void pcapng_frame(FILE *f, const struct pcapng_frame *frame)
{
	const uint32_t fixed[] = {
		frame->iface, (uint32_t)(frame->time_ns >> 32), (uint32_t)frame->time_ns,
		frame->caplen, frame->len,
	};
	uint32_t flags = (frame->sent ? FLAG_OUTBOUND : FLAG_INBOUND) | FLAG_TYPE(type_of(frame));
	struct options o = { .len = 0 };

	add(&o, EPB_FLAGS, &flags, sizeof(flags));
	if (frame->lost)
		add(&o, EPB_DROPCOUNT, &frame->lost, sizeof(frame->lost));
	add_text(&o, OPT_COMMENT, frame->comment);
	block(f, ENHANCED_PACKET, fixed, sizeof(fixed), frame->data, frame->caplen, &o);
}

void pcapng_statistics(FILE *f, uint32_t iface, uint64_t time_ns, uint64_t received, uint64_t lost)
{
	const uint32_t fixed[] = { iface, (uint32_t)(time_ns >> 32), (uint32_t)time_ns };
	struct options o = { .len = 0 };

	add(&o, ISB_IFRECV, &received, sizeof(received));
	add(&o, ISB_IFDROP, &lost, sizeof(lost));
	block(f, STATISTICS, fixed, sizeof(fixed), NULL, 0, &o);
}

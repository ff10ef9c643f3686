// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chr.h"
#include "json.h"
#include "verbs.h"

#define CHUNK_BYTES	(1U << 20)
#define LINE_BYTES	16
#define DEFAULT_BYTES	256

/**
 * struct dump - memory on its way out
 * @name: VM
 * @view: kind of addresses
 * @addr: next address
 * @left: bytes to come
 * @raw: as they are
 * @verbose: no stars for lines that repeat
 * @width: digits of an address
 * @last: the line before, for the stars
 * @have_last: there is one
 * @starred: its star is printed
 */
struct dump {
	const char *name;
	struct vmi_view view;
	uint64_t addr;
	uint64_t left;
	bool raw;
	bool verbose;
	int width;
	uint8_t last[LINE_BYTES];
	bool have_last;
	bool starred;
};

static void print_line(const struct dump *d, uint64_t addr, const uint8_t *p, size_t n)
{
	char line[160];
	int at = sprintf(line, "%0*" PRIx64 " ", d->width, addr);
	size_t i;

	for (i = 0; i < LINE_BYTES; i++) {
		if (i % 8 == 0)
			line[at++] = ' ';
		at += i < n ? sprintf(line + at, "%02x ", p[i]) : sprintf(line + at, "   ");
	}
	at += sprintf(line + at, " |");
	for (i = 0; i < n; i++)
		line[at++] = p[i] >= ' ' && p[i] < 0x7f ? (char)p[i] : '.';
	strcpy(line + at, "|");
	puts(line);
}

/* as hexdump -C: lines that repeat the one before become a star */
static void print_hex(struct dump *d, uint64_t addr, const uint8_t *p, size_t len)
{
	size_t at;

	for (at = 0; at < len; at += LINE_BYTES) {
		size_t n = len - at < LINE_BYTES ? len - at : LINE_BYTES;

		if (!d->verbose && n == LINE_BYTES && d->have_last &&
		    !memcmp(d->last, p + at, n)) {
			if (!d->starred)
				puts("*");
			d->starred = true;
			continue;
		}
		print_line(d, addr + at, p + at, n);
		d->starred = false;
		d->have_last = n == LINE_BYTES;
		memcpy(d->last, p + at, n);
	}
}

static void print_json(const struct dump *d, const uint8_t *p, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	struct json_object *obj = json_object_new_object();
	char *hex = malloc(2 * len + 1);
	size_t i;

	if (!hex)
		exit(fail(EXIT_FAILED, "out of memory"));
	for (i = 0; i < len; i++) {
		hex[2 * i] = digits[p[i] >> 4];
		hex[2 * i + 1] = digits[p[i] & 15];
	}
	hex[2 * len] = '\0';
	json_put_text(obj, "vm", d->name);
	json_put_number(obj, "address", d->addr);
	json_put_number(obj, "length", len);
	json_put_text(obj, "data", hex);
	json_print(obj);
	free(hex);
}

static int explain(const struct dump *d, uint64_t addr, int err)
{
	const char *why = strerror(-err);

	if (err == -EFAULT)
		why = d->view.flags ? "nothing is mapped there" : "there is no memory";
	else if (err == -ENXIO)
		why = "its page tables lead outside its memory";
	return fail(EXIT_FAILED, "cannot read %s at 0x%" PRIx64 ": %s", d->name, addr, why);
}

static int dump(struct dump *d, int fd)
{
	uint8_t *buf = malloc(CHUNK_BYTES);
	int ret = 0;

	if (!buf)
		return fail(EXIT_FAILED, "out of memory");
	while (!ret && d->left) {
		size_t n = d->left < CHUNK_BYTES ? d->left : CHUNK_BYTES;
		size_t done;
		int err = vmi_session_read(fd, &d->view, d->addr, buf, n, &done);

		if (d->raw && fwrite(buf, 1, done, stdout) != done)
			ret = fail_errno(errno, "cannot write the output");
		else if (!d->raw && ctl.json && !err)
			print_json(d, buf, done);
		else if (!d->raw && !ctl.json)
			print_hex(d, d->addr, buf, done);
		d->addr += done;
		d->left -= done;
		if (err && !ret) {
			fflush(stdout);
			ret = explain(d, d->addr, err);
		}
	}
	if (!ret && !d->raw && !ctl.json)
		printf("%0*" PRIx64 "\n", d->width, d->addr);
	free(buf);
	return ret;
}

/* ADDR, ADDR:LEN, or ADDR and LEN apart */
static int parse_place(const struct verb *verb, struct dump *d, char *addr, const char *len)
{
	char *colon = strchr(addr, ':');

	if (colon && len)
		return usage(verb, "read: two lengths");
	if (colon) {
		*colon = '\0';
		len = colon + 1;
	}
	if (set_u64(addr, &d->addr))
		return usage(verb, "read: '%s' is not an address (0x for hexadecimal)", addr);
	d->left = DEFAULT_BYTES;
	if (len && (set_bytes(len, &d->left) || !d->left))
		return usage(verb, "read: '%s' is not a length (64, 4K, 16M)", len);
	if (d->left - 1 > UINT64_MAX - d->addr)
		return usage(verb, "read: the length leads beyond the last address");
	if (ctl.json && d->left > CHUNK_BYTES)
		return usage(verb, "read: JSON holds at most 1M; use --raw for more");
	d->width = d->addr + (d->left - 1) > UINT32_MAX ? 16 : 8;
	return 0;
}

static int run(const struct verb *verb, int argc, char **argv)
{
	bool virt = false, la57 = false;
	struct dump d = { 0 };
	uint64_t root = UINT64_MAX;
	const struct opt opts[] = {
		{ "virt", 0, NULL, NULL, &virt, "the address is a virtual one; needs --root" },
		{ "root", 0, "CR3", set_u64, &root, "page-table root, as the CR3 register has it" },
		{ "la57", 0, NULL, NULL, &la57, "the page tables have five levels" },
		{ "raw", 'r', NULL, NULL, &d.raw, "write the bytes as they are" },
		{ "verbose", 'v', NULL, NULL, &d.verbose, "print lines that repeat, too" },
		OPT_END
	};
	char **args = opts_parse(verb, opts, &argc, argv, 2, 3);
	int fd, ret;

	if (check_name(args[0]))
		return EXIT_USAGE;
	if (virt != (root != UINT64_MAX) || (la57 && !virt))
		return usage(verb, "read: --virt and --root belong together");
	d.name = args[0];
	ret = parse_place(verb, &d, args[1], args[2]);
	if (ret)
		return ret;
	if (virt) {
		d.view.flags = VMI_SEG_GVA | (la57 ? VMI_SEG_LA57 : 0);
		d.view.root = root;
	}
	fd = vmi_session_open(d.name, VMI_RIGHT_READ);
	if (fd == -ENOENT)
		return fail(EXIT_NO_OBJECT, "there is no VM %s that was started", d.name);
	if (fd == -ENODEV)
		return fail(EXIT_FAILED, "%s does not run: it has no memory", d.name);
	if (fd < 0)
		return fail_errno(fd, "cannot look into %s", d.name);
	ret = dump(&d, fd);
	close(fd);
	return ret;
}

const struct verb verb_read = {
	.name = "read",
	.args = "NAME ADDR[:LEN] [LEN]",
	.summary = "Print guest memory, like hexdump -C",
	.help = "ADDR is guest-physical; LEN is 256 bytes, or a number with K, M or G. Where the\n"
		"guest has no memory are zeros. The VM is neither stopped nor asked.",
	.run = run,
};

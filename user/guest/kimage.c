// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>

#include "kimage.h"

#define MIB		(1ULL << 20)
#define ALIGN_BYTES	(2 * MIB)	/* of _text, in both kinds of memory */
#define HEAD_BYTES	(2 * GUEST_PAGE_BYTES)
#define IMAGE_BYTES	(96 * MIB)	/* from _text to the symbol table, at most */
#define TEXT_FIRST	0xffffffff80000000ULL
#define TEXT_BYTES	(1024 * MIB)	/* virtual memory for the image */
#define TEXT_LINKED	0xffffffff81000000ULL

/*
 * Does code that sets up page tables begin here? The first pages of every kernel
 * load CR3 and move other control registers; hardly anything else in memory does
 * so at such an address. No more than a hint where to look first.
 */
static bool looks_like_text(const uint8_t *code)
{
	unsigned int moves = 0;
	bool cr3 = false;
	size_t i;

	for (i = 0; i + 3 <= HEAD_BYTES; i++) {
		if (code[i] != 0x0f || (code[i + 1] & 0xfd) != 0x20 || code[i + 2] < 0xc0)
			continue;
		moves++;
		cr3 |= code[i + 1] == 0x22 && (code[i + 2] & 0xf8) == 0xd8;
	}
	return cr3 && moves >= 3;
}

static bool maps(struct guest_mem *m, const struct guest_space *space, uint64_t va, uint64_t gpa)
{
	struct guest_mapping map;

	return !guest_walk(m, space, va, &map) && map.gpa == gpa;
}

/**
 * struct marks - symbols that the proof needs
 * @text: _text
 * @data: init_task, far from it
 * @root: init_top_pgt
 * @first: of what the symbol table lies in
 * @last: its end
 */
struct marks {
	uint64_t text;
	uint64_t data;
	uint64_t root;
	uint64_t first;
	uint64_t last;
};

static int find_marks(const struct guest_kallsyms *ks, struct marks *k)
{
	if (guest_kallsyms_find(ks, "_text", &k->text) ||
	    guest_kallsyms_find(ks, "init_task", &k->data) ||
	    guest_kallsyms_find(ks, "init_top_pgt", &k->root) ||
	    guest_kallsyms_find(ks, "__start_rodata", &k->first) ||
	    guest_kallsyms_find(ks, "__end_rodata", &k->last))
		return -ENOENT;
	if (k->first < k->text || k->last < k->first || k->last - k->text > IMAGE_BYTES ||
	    k->data < k->text || k->root < k->text)
		return -ENOENT;
	return 0;
}

/* Is the image at @text_gpa mapped at @text_va by its own tables? */
static bool prove(struct guest_mem *m, const struct marks *k, uint64_t text_gpa,
		  uint64_t text_va, struct guest_kimage *img)
{
	struct guest_space space = { .root_gpa = text_gpa + (k->root - k->text) };

	for (space.levels = 4; space.levels <= 5; space.levels++) {
		if (!maps(m, &space, text_va, text_gpa) ||
		    !maps(m, &space, text_va + (k->data - k->text), text_gpa + (k->data - k->text)))
			continue;
		img->text_gpa = text_gpa;
		img->text_va = text_va;
		img->kaslr_bytes = text_va - TEXT_LINKED;
		img->space = space;
		return true;
	}
	return false;
}

/* Virtual addresses are known; the table lies in read-only data, but where there? */
static bool find_gpa(struct guest_mem *m, uint64_t table_gpa, const struct marks *k,
		     struct guest_kimage *img)
{
	uint64_t least = table_gpa > k->last - k->text ? table_gpa - (k->last - k->text) : 0;
	uint64_t gpa = (least + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1);

	for (; gpa + (k->first - k->text) <= table_gpa; gpa += ALIGN_BYTES)
		if (prove(m, k, gpa, k->text, img))
			return true;
	return false;
}

/* Physical addresses are known. */
static bool find_va(struct guest_mem *m, const struct marks *k, struct guest_kimage *img)
{
	uint64_t at;

	for (at = 0; at < TEXT_BYTES; at += ALIGN_BYTES)
		if (prove(m, k, k->text, TEXT_FIRST + at, img))
			return true;
	return false;
}

static int try_table(struct guest_mem *m, uint64_t index_gpa, struct guest_kimage *img,
		     struct guest_kallsyms *ks)
{
	struct marks k;
	int ret = guest_kallsyms_load(m, index_gpa, ks);

	if (ret)
		return ret;
	ret = find_marks(ks, &k);
	if (!ret && !(ks->physical ? find_va(m, &k, img) : find_gpa(m, index_gpa, &k, img)))
		ret = -ENOENT;
	if (ret) {
		guest_kallsyms_free(ks);
		return ret;
	}
	if (ks->physical)
		guest_kallsyms_move(ks, img->text_va - img->text_gpa);
	return 0;
}

static int search(struct guest_mem *m, uint64_t from, uint64_t to, struct guest_kimage *img,
		  struct guest_kallsyms *ks)
{
	uint64_t at = from;
	int ret;

	while (!(ret = guest_kallsyms_scan(m, at, to, &at))) {
		ret = try_table(m, at, img, ks);
		if (ret != -EBADMSG && ret != -ENOENT && ret != -EFAULT)
			return ret;
		at += GUEST_TOKENS * 2;
	}
	return ret;
}

int guest_kimage_find(struct guest_mem *m, struct guest_kimage *img, struct guest_kallsyms *ks)
{
	uint8_t head[HEAD_BYTES];
	uint64_t gpa;
	int ret;

	memset(ks, 0, sizeof(*ks));
	for (gpa = 0; gpa < m->src.top_gpa; gpa += ALIGN_BYTES) {
		ret = guest_mem_read_through(m, gpa, head, sizeof(head));
		if (ret == -EFAULT || (!ret && !looks_like_text(head)))
			continue;
		if (!ret)
			ret = search(m, gpa, gpa + IMAGE_BYTES, img, ks);
		if (ret != -ENOENT)
			return ret;
	}
	return search(m, 0, m->src.top_gpa, img, ks);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The views of a guest's operating system over mutilated memory, with the address
 * and undefined-behaviour sanitizers: fuzz_views IMAGE ROUNDS [SEED].
 *
 * A round opens a guest of which some memory is false, or false only after it was
 * opened, or false in another way at every reading, as where it changes meanwhile;
 * then it takes every view. A view may fail but must do so with a message and in
 * time. What the sanitizers find ends the program. The same seed gives the same
 * rounds.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "file.h"
#include "log.h"
#include "mount.h"
#include "socket.h"
#include "symbol.h"

#define LATE_MS	(GUEST_VIEW_MS + 5000)

/* enum ways - how memory can be false */
enum way {
	WAY_BYTES,	/* a few bytes of a page are others */
	WAY_WORDS,	/* a few words are pointers from elsewhere in the page, or huge */
	WAY_ZERO,	/* a page is zeros */
	WAY_OTHER,	/* a page is another page */
	WAY_HOLE,	/* a page cannot be read */
	WAYS
};

/**
 * struct fuzz - a guest of which some memory is false
 * @image: the true memory
 * @len: bytes of it
 * @seed: of the round
 * @every: one page in so many is false, 0 for none
 * @reads: how often a page was read
 * @moves: it is false in another way at every reading
 */
struct fuzz {
	const uint8_t *image;
	size_t len;
	uint64_t seed;
	unsigned int every;
	uint64_t reads;
	bool moves;
};

static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ULL;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint64_t next(uint64_t *state)
{
	return *state = mix(*state);
}

static void spoil_words(uint8_t *page, size_t len, uint64_t *r)
{
	unsigned int n = 1 + next(r) % 16;

	while (n--) {
		uint8_t *to = page + next(r) % (len / 8) * 8;
		uint64_t val;

		memcpy(&val, to, 8);
		switch (next(r) % 6) {
		case 0:
			memcpy(&val, page + next(r) % (len / 8) * 8, 8);
			break;
		case 1:
			val += 8 * (next(r) % 64) - 256;
			break;
		case 2:
			val = UINT64_MAX >> next(r) % 64;
			break;
		case 3:
			val = 1ULL << next(r) % 64;
			break;
		case 4:
			val ^= 1ULL << next(r) % 64;
			break;
		default:
			val = next(r);
		}
		memcpy(to, &val, 8);
	}
}

/* Return: 0 or -EFAULT. */
static int spoil(const struct fuzz *f, uint8_t *page, size_t len, uint64_t r)
{
	unsigned int n;

	if (len < 64)
		return 0;
	switch (next(&r) % WAYS) {
	case WAY_BYTES:
		for (n = 1 + next(&r) % 32; n; n--)
			page[next(&r) % len] = (uint8_t)next(&r);
		return 0;
	case WAY_WORDS:
		spoil_words(page, len, &r);
		return 0;
	case WAY_ZERO:
		memset(page, 0, len);
		return 0;
	case WAY_OTHER:
		memcpy(page, f->image + next(&r) % (f->len / GUEST_PAGE_BYTES - 1) *
		       GUEST_PAGE_BYTES, len);
		return 0;
	}
	/* rarely: one hole ends most views at once */
	return next(&r) % 8 ? 0 : -EFAULT;
}

static int read_page(struct fuzz *f, uint64_t gpa, uint8_t *buf, size_t len)
{
	uint64_t r = mix(f->seed ^ gpa / GUEST_PAGE_BYTES);

	memcpy(buf, f->image + gpa, len);
	if (f->moves)
		r = mix(r + f->reads);
	f->reads++;
	return f->every && r % f->every == 0 ? spoil(f, buf, len & ~(size_t)7, mix(r)) : 0;
}

static int read_fuzz(void *priv, uint64_t gpa, void *buf, size_t len)
{
	struct fuzz *f = priv;
	uint8_t *to = buf;
	int ret = 0;

	while (len && !ret) {
		size_t n = GUEST_PAGE_BYTES - gpa % GUEST_PAGE_BYTES;

		if (n > len)
			n = len;
		ret = read_page(f, gpa, to, n);
		to += n;
		gpa += n;
		len -= n;
	}
	return ret;
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* struct tally - what came of all rounds */
struct tally {
	uint64_t good;
	uint64_t failed;
	uint64_t mute;
	uint64_t late;
	uint64_t slowest_ms;
};

static void count(struct tally *t, const struct guest *g, int ret, uint64_t since_ms,
		  const char *what, uint64_t seed)
{
	uint64_t ms = now_ms() - since_ms;

	*(ret ? &t->failed : &t->good) += 1;
	if (ms > t->slowest_ms)
		t->slowest_ms = ms;
	if (ret && !guest_error(g)[0]) {
		t->mute++;
		printf("# %s failed with %d and without a word, seed %" PRIu64 "\n", what, ret, seed);
	}
	if (ms > LATE_MS) {
		t->late++;
		printf("# %s took %" PRIu64 " ms, seed %" PRIu64 "\n", what, ms, seed);
	}
}

static void take_views(struct guest *g, struct tally *t, uint64_t seed)
{
	struct vmi_vec tasks = VMI_VEC_INIT(struct guest_task);
	struct vmi_vec modules = VMI_VEC_INIT(struct guest_module);
	struct vmi_vec records = VMI_VEC_INIT(struct guest_log);
	struct vmi_vec sockets = VMI_VEC_INIT(struct guest_socket);
	struct vmi_vec mounts = VMI_VEC_INIT(struct guest_mount);
	struct vmi_vec files = VMI_VEC_INIT(struct guest_file);
	struct vmi_vec symbols = VMI_VEC_INIT(struct guest_symbol_info);
	struct vmi_vec findings = VMI_VEC_INIT(struct guest_finding);
	struct guest_symbol_info sym;
	uint64_t since;

	since = now_ms();
	count(t, g, guest_tasks(g, seed % 2 ? GUEST_TASKS_THREADS : 0, &tasks), since, "ps", seed);
	since = now_ms();
	count(t, g, guest_modules(g, &modules), since, "modules", seed);
	since = now_ms();
	count(t, g, guest_log(g, &records), since, "dmesg", seed);
	since = now_ms();
	count(t, g, guest_sockets(g, &sockets), since, "sockets", seed);
	since = now_ms();
	count(t, g, guest_mounts(g, 1, &mounts), since, "mounts", seed);
	since = now_ms();
	count(t, g, guest_files(g, 1, &files), since, "files", seed);
	since = now_ms();
	count(t, g, guest_symbols(g, "*init*", &symbols), since, "symbols", seed);
	since = now_ms();
	count(t, g, guest_check(g, &findings), since, "check", seed);
	vmi_vec_free(&findings);
	if (modules.n && !guest_symbol_at(g, ((struct guest_module *)modules.data)->base + 16, &sym))
		free(sym.name);
	guest_tasks_free(&tasks);
	vmi_vec_free(&modules);
	guest_log_free(&records);
	vmi_vec_free(&sockets);
	guest_mounts_free(&mounts);
	guest_files_free(&files);
	guest_symbols_free(&symbols);
}

/* One page in 4 to 16384 is false: with few, a view comes far before it meets one. */
static unsigned int density(uint64_t seed)
{
	return 4U << mix(seed ^ 1) % 13;
}

static void run_round(struct fuzz *f, struct guest *g, struct tally *t, uint64_t seed)
{
	const struct guest_source src = { .read = read_fuzz, .priv = f, .top_gpa = f->len };
	uint64_t since = now_ms();
	struct guest own;
	int ret;

	f->seed = mix(seed);
	f->every = density(seed);
	f->moves = mix(seed ^ 2) % 4 == 0;
	/* finding the kernel is long work: one round in eight does it in false memory */
	if (seed % 8) {
		take_views(g, t, seed);
	} else {
		ret = guest_open(&own, &src);
		count(t, &own, ret, since, "open", seed);
		if (!ret)
			take_views(&own, t, seed);
		guest_close(&own);
	}
	f->every = 0;
}

static int open_image(struct fuzz *f, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	f->len = st.st_size & ~(size_t)(GUEST_PAGE_BYTES - 1);
	f->image = mmap(NULL, f->len, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	return f->image == MAP_FAILED ? -errno : 0;
}

static void result(const char *what, bool good, int *failed, int *n)
{
	printf("%sok %d %s\n", good ? "" : "not ", ++*n, what);
	*failed += !good;
}

int main(int argc, char **argv)
{
	struct fuzz f = { 0 };
	const struct guest_source src = { .read = read_fuzz, .priv = &f };
	struct guest_source whole = src;
	struct tally t = { 0 };
	uint64_t rounds, seed = 0, i;
	int failed = 0, n = 0, ret;
	struct guest g;

	if (argc < 3) {
		fprintf(stderr, "usage: %s IMAGE ROUNDS [SEED]\n", argv[0]);
		return 2;
	}
	rounds = strtoull(argv[2], NULL, 10);
	if (argc > 3)
		seed = strtoull(argv[3], NULL, 10);
	printf("TAP version 13\n1..5\n");
	ret = open_image(&f, argv[1]);
	if (ret) {
		printf("Bail out! cannot open %s: %s\n", argv[1], strerror(-ret));
		return 1;
	}
	whole.top_gpa = f.len;
	ret = guest_open(&g, &whole);
	if (ret)
		printf("# %s\n", guest_error(&g));
	result("the image itself has a Linux guest", !ret, &failed, &n);
	if (!ret)
		take_views(&g, &t, seed);
	result("and every view of it succeeds", !ret && !t.failed, &failed, &n);
	for (i = 0; !ret && i < rounds; i++)
		run_round(&f, &g, &t, seed + i);
	printf("# %" PRIu64 " rounds: %" PRIu64 " views succeeded, %" PRIu64
	       " failed, the slowest took %" PRIu64 " ms\n", i, t.good, t.failed, t.slowest_ms);
	result("no memory error in all rounds", i == rounds, &failed, &n);
	result("every failure says why", !t.mute, &failed, &n);
	result("every view ends in time", !t.late, &failed, &n);
	guest_close(&g);
	munmap((void *)f.image, f.len);
	return failed ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * The VMM's own virtqueue, that of control requests, with a driver that means ill: what may not
 * be is refused, nothing outside guest memory is touched, and it ends.
 *
 * The VMM's files over a guest memory of a few pages; needs neither root nor the module.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "../user/vmm/vring.c"

#define RAM_BYTES	0x10000
#define DESC		0x1000UL
#define DRIVER		0x2000UL
#define DEVICE		0x3000UL
#define TABLE		0x4000UL
#define BUF		0x5000UL
#define SIZE		16
#define ROUNDS		200000

#define CHECK(cond) do {							\
	if (!(cond)) {								\
		printf("# %s:%d: %s\n", __func__, __LINE__, #cond);		\
		return -1;							\
	}									\
} while (0)

static uint8_t *ram;	/* pages that cannot be touched are before and behind */
static struct virtio_queue q;
static struct vring_request req;

void *ram_ptr(uint64_t gpa, uint64_t len)
{
	return gpa <= RAM_BYTES && len <= RAM_BYTES - gpa ? ram + gpa : NULL;
}

static struct vring_desc *desc(uint64_t table, unsigned int i)
{
	return (struct vring_desc *)(ram + table) + i;
}

static struct vring_avail *avail(void)
{
	return (struct vring_avail *)(ram + DRIVER);
}

static struct vring_used *used(void)
{
	return (struct vring_used *)(ram + DEVICE);
}

static void renew(void)
{
	memset(ram, 0, RAM_BYTES);
	q = (struct virtio_queue){ .size = SIZE, .desc = DESC, .driver = DRIVER, .device = DEVICE };
}

static void add(uint16_t head)
{
	avail()->ring[avail()->idx % SIZE] = head;
	avail()->idx++;
}

static void set(uint64_t table, unsigned int i, uint64_t addr, uint32_t len, uint16_t flags,
		uint16_t next)
{
	*desc(table, i) = (struct vring_desc){ .addr = addr, .len = len, .flags = flags, .next = next };
}

/* header, body and answer, as Linux has them, from entry 0 of a table on */
static void set_request(uint64_t table)
{
	memcpy(ram + BUF, "\4\0", 2);
	memcpy(ram + BUF + 0x100, "\3\0", 2);
	ram[BUF + 0x200] = 0xff;
	set(table, 0, BUF, 2, VRING_DESC_F_NEXT, 1);
	set(table, 1, BUF + 0x100, 2, VRING_DESC_F_NEXT, 2);
	set(table, 2, BUF + 0x200, 1, VRING_DESC_F_WRITE, 0);
}

static int is_request(void)
{
	return req.len == 4 && !memcmp(req.bytes, "\4\0\3\0", 4) && req.answer == ram + BUF + 0x200;
}

static int test_good(void)
{
	int i;

	renew();
	CHECK(!vring_next(&q, &req));
	for (i = 0; i < 70000; i++) {
		if (i & 1) {
			set_request(TABLE);
			set(DESC, 5, TABLE, 3 * sizeof(struct vring_desc), VRING_DESC_F_INDIRECT, 0);
			add(5);
		} else {
			set_request(DESC);
			add(0);
		}
		CHECK(vring_next(&q, &req) == 1 && is_request());
		CHECK(req.head == (i & 1 ? 5 : 0));
		*req.answer = 0;
		CHECK(vring_done(&q, &req, 1, false));
		CHECK(used()->idx == (uint16_t)(i + 1));
		CHECK(used()->ring[i % SIZE].id == req.head && used()->ring[i % SIZE].len == 1);
		CHECK(!vring_next(&q, &req));
	}
	return 0;
}

static int test_interrupts(void)
{
	uint16_t *used_event, *avail_event;

	renew();
	used_event = &avail()->ring[SIZE];
	avail_event = (uint16_t *)(ram + DEVICE + 4 + 8 * SIZE);
	set_request(DESC);
	add(0), add(0), add(0);
	avail()->flags = VRING_AVAIL_F_NO_INTERRUPT;
	CHECK(vring_next(&q, &req) == 1 && !vring_done(&q, &req, 1, false));
	CHECK(!*avail_event);
	*used_event = 2;
	CHECK(vring_next(&q, &req) == 1 && !vring_done(&q, &req, 1, true));
	CHECK(*avail_event == 2);
	CHECK(vring_next(&q, &req) == 1 && vring_done(&q, &req, 1, true));
	CHECK(*avail_event == 3);
	return 0;
}

static int broken(void)
{
	return vring_next(&q, &req) == -1 && !q.next && !used()->idx;
}

static int test_bad(void)
{
	/* the index jumps, a head that does not exist */
	renew(), set_request(DESC), avail()->idx = SIZE + 1;
	CHECK(broken());
	renew(), set_request(DESC), add(SIZE);
	CHECK(broken());
	renew(), set_request(DESC), add(0xffff);
	CHECK(broken());
	/* chains: to nowhere, in a circle, what is read behind what is written */
	renew(), set_request(DESC), desc(DESC, 1)->next = SIZE, add(0);
	CHECK(broken());
	renew(), set_request(DESC), desc(DESC, 1)->next = 0, add(0);
	CHECK(broken());
	renew(), set_request(DESC), desc(DESC, 0)->next = 0, add(0);
	CHECK(broken());
	renew(), set_request(DESC), desc(DESC, 1)->flags |= VRING_DESC_F_WRITE;
	set(DESC, 2, BUF, 1, 0, 0), add(0);
	CHECK(broken());
	/* buffers that are not in memory, or empty */
	renew(), set_request(DESC), desc(DESC, 1)->addr = RAM_BYTES - 1, add(0);
	CHECK(broken());
	renew(), set_request(DESC), desc(DESC, 1)->addr = -1ULL, add(0);
	CHECK(broken());
	renew(), set_request(DESC), desc(DESC, 2)->len = -1U, add(0);
	CHECK(broken());
	renew(), set_request(DESC), desc(DESC, 0)->len = 0, add(0);
	CHECK(broken());
	/* tables: empty, odd, too large, in one another, in themselves, not in memory */
	renew(), set_request(TABLE), set(DESC, 0, TABLE, 0, VRING_DESC_F_INDIRECT, 0), add(0);
	CHECK(broken());
	renew(), set_request(TABLE), set(DESC, 0, TABLE, 50, VRING_DESC_F_INDIRECT, 0), add(0);
	CHECK(broken());
	renew(), set_request(TABLE), set(DESC, 0, TABLE, 16 * (SIZE + 1), VRING_DESC_F_INDIRECT, 0);
	add(0);
	CHECK(broken());
	renew(), set_request(TABLE);
	set(DESC, 0, TABLE, 48, VRING_DESC_F_INDIRECT | VRING_DESC_F_NEXT, 1), add(0);
	CHECK(broken());
	renew(), set(DESC, 0, DESC, 16, VRING_DESC_F_INDIRECT, 0), add(0);
	CHECK(broken());
	renew(), set(DESC, 0, TABLE, 16, VRING_DESC_F_INDIRECT, 0);
	set(TABLE, 0, TABLE, 16, VRING_DESC_F_INDIRECT, 0), add(0);
	CHECK(broken());
	renew(), set(DESC, 0, -16ULL, 48, VRING_DESC_F_INDIRECT, 0), add(0);
	CHECK(broken());
	renew(), set(DESC, 0, RAM_BYTES - 16, 48, VRING_DESC_F_INDIRECT, 0), add(0);
	CHECK(broken());
	/* areas that are not in memory */
	renew(), set_request(DESC), add(0), q.driver = RAM_BYTES;
	CHECK(vring_next(&q, &req) == -1);
	q.driver = -1ULL;
	CHECK(vring_next(&q, &req) == -1);
	q.driver = DRIVER, q.desc = RAM_BYTES;
	CHECK(vring_next(&q, &req) == -1);
	q.desc = DESC, q.device = RAM_BYTES - 8;
	CHECK(vring_next(&q, &req) == 1 && !vring_done(&q, &req, 1, true));
	/* a long request is cut, none without an answer is answered */
	renew(), set(DESC, 0, 0, 0x1000, 0, 0), add(0);
	CHECK(vring_next(&q, &req) == 1 && req.len == VRING_REQUEST_MAX && !req.answer);
	return 0;
}

static int test_random(void)
{
	unsigned int i, j, good = 0;
	long room = (long)(RAM_BYTES / 16);

	srand(1);
	for (i = 0; i < ROUNDS; i++) {
		renew();
		for (j = 0; j < SIZE; j++) {
			uint64_t table = rand() & 1 ? DESC : TABLE;

			set(table, j, rand() % room * 16, rand() % 64, rand() % 8, rand() % (SIZE + 2));
			if (!(rand() % 16))
				desc(table, j)->addr = (uint64_t)rand() << 33;
		}
		add(rand() % (SIZE + 1));
		if (vring_next(&q, &req) == 1) {
			good++;
			if (req.answer)
				*req.answer = 1;
			vring_done(&q, &req, 1, i & 1);
		}
	}
	printf("# %u of %u were requests\n", good, ROUNDS);
	CHECK(good > ROUNDS / 100 && good < ROUNDS);
	return 0;
}

static const struct {
	const char *name;
	int (*fn)(void);
} tests[] = {
	{ "requests as Linux makes them", test_good },
	{ "interrupts and notifications", test_interrupts },
	{ "what may not be", test_bad },
	{ "random rings", test_random },
};

int main(void)
{
	unsigned int i, failed = 0, n = sizeof(tests) / sizeof(tests[0]);
	uint8_t *map = mmap(NULL, RAM_BYTES + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	printf("TAP version 13\n1..%u\n", n);
	ram = map + 4096;
	if (map == MAP_FAILED || mprotect(ram, RAM_BYTES, PROT_READ | PROT_WRITE)) {
		printf("Bail out! no memory\n");
		return 1;
	}
	for (i = 0; i < n; i++) {
		int bad = tests[i].fn();

		failed += !!bad;
		printf("%sok %u %s\n", bad ? "not " : "", i + 1, tests[i].name);
	}
	return failed ? 1 : 0;
}

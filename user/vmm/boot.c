// SPDX-License-Identifier: GPL-2.0
/*
 * The 64-bit boot protocol of Documentation/arch/x86/boot.rst.
 *
 * The files are not trusted: what is read of the header is checked before it is
 * used for arithmetic, and everything goes to guest memory through ram_ptr().
 */
#include <string.h>
#include <sys/random.h>

#include <asm/bootparam.h>

#include "acpi.h"
#include "boot.h"
#include "fail.h"
#include "file.h"
#include "image.h"
#include "layout.h"
#include "ram.h"

#define LOADER_OTHER	0xff
#define E820_RAM	1
#define E820_RESERVED	2
#define PAGE		4096
#define MIB		(UINT64_C(1) << 20)
#define SEED_BYTES	32

static struct image kernel = { .file.fd = -1 };
static struct file initrd = { .fd = -1 };
static const char *cmdline;
static uint64_t initrd_gpa;

static uint64_t round_up(uint64_t val, uint64_t power)
{
	return (val + power - 1) & ~(power - 1);
}

static int place(uint64_t low_end)
{
	uint64_t need, top;

	need = kernel.end;
	if (initrd.fd >= 0)
		need = round_up(need, PAGE) + round_up(initrd.size, PAGE);
	if (need > low_end) {
		if (need >= LAYOUT_RAM_LOW_END)
			return fail("the kernel and its initrd do not fit below 3 GiB");
		return fail("this kernel%s at least %llu MiB of memory, and there are %llu",
			    initrd.fd >= 0 ? " and its initrd need" : " needs",
			    (unsigned long long)((need + MIB - 1) / MIB),
			    (unsigned long long)(low_end / MIB));
	}
	if (initrd.fd < 0)
		return 0;
	/* as high as the kernel can have it, to be out of its way */
	top = (uint64_t)kernel.header.initrd_addr_max + 1;
	if (top > low_end)
		top = low_end;
	if (top < need)
		return fail("the initrd does not fit between the kernel's end and the highest "
			    "address that it may have");
	initrd_gpa = (top - initrd.size) & ~(uint64_t)(PAGE - 1);
	return 0;
}

int boot_open(const struct options *opts)
{
	uint64_t low_end = opts->mem_bytes;
	size_t max;

	if (image_open(&kernel, opts->kernel))
		return -1;
	if (opts->initrd && file_open(&initrd, "initrd", opts->initrd))
		return -1;
	if (initrd.fd >= 0 && !initrd.size)
		return fail("the initrd %s is empty", initrd.path);
	if (initrd.size > LAYOUT_RAM_LOW_END)
		return fail("the initrd %s is too big", initrd.path);
	max = kernel.header.cmdline_size;
	if (max > LAYOUT_CMDLINE_SIZE - 1)
		max = LAYOUT_CMDLINE_SIZE - 1;
	if (strlen(opts->append) > max)
		return fail("the kernel's command line is longer than %zu bytes", max);
	cmdline = opts->append;
	if (low_end > LAYOUT_RAM_LOW_END)
		low_end = LAYOUT_RAM_LOW_END;
	return place(low_end);
}

static void add_e820(struct boot_params *zero, uint64_t addr, uint64_t size, uint32_t type)
{
	struct boot_e820_entry *e = &zero->e820_table[zero->e820_entries++];

	e->addr = addr;
	e->size = size;
	e->type = type;
}

static void fill_e820(struct boot_params *zero)
{
	unsigned int i, n;
	const struct ram_region *r = ram_regions(&n);

	add_e820(zero, 0, LAYOUT_LOW_END, E820_RAM);
	add_e820(zero, LAYOUT_LOW_END, LAYOUT_HIGH - LAYOUT_LOW_END, E820_RESERVED);
	add_e820(zero, LAYOUT_HIGH, ram_low_end() - LAYOUT_HIGH, E820_RAM);
	add_e820(zero, LAYOUT_ECAM, LAYOUT_ECAM_SIZE, E820_RESERVED);
	for (i = 1; i < n; i++)
		add_e820(zero, r[i].gpa, r[i].size, E820_RAM);
}

/* a guest without other sources has good random numbers at once, new ones each boot */
static uint64_t fill_seed(void)
{
	struct setup_data *seed = ram_ptr(LAYOUT_SETUP_DATA, sizeof(*seed) + SEED_BYTES);

	if (!seed || getrandom(seed->data, SEED_BYTES, 0) != SEED_BYTES)
		return 0;
	seed->next = 0;
	seed->type = SETUP_RNG_SEED;
	seed->len = SEED_BYTES;
	return LAYOUT_SETUP_DATA;
}

static int fill_zero_page(uint64_t rsdp)
{
	struct boot_params *zero = ram_ptr(LAYOUT_ZERO_PAGE, sizeof(*zero));
	char *line = ram_ptr(LAYOUT_CMDLINE, LAYOUT_CMDLINE_SIZE);

	if (!zero || !line)
		return fail("the guest has no memory below 1 MiB");
	strcpy(line, cmdline);
	zero->hdr = kernel.header;
	zero->hdr.type_of_loader = LOADER_OTHER;
	zero->hdr.code32_start = (uint32_t)kernel.header.pref_address;
	zero->hdr.cmd_line_ptr = LAYOUT_CMDLINE;
	zero->hdr.setup_data = fill_seed();
	zero->hdr.ramdisk_image = (uint32_t)initrd_gpa;
	zero->hdr.ramdisk_size = (uint32_t)initrd.size;
	zero->acpi_rsdp_addr = rsdp;
	fill_e820(zero);
	return 0;
}

/* the first 4 GiB, each address itself, in pages of 2 MiB */
static int fill_page_tables(void)
{
	uint64_t *tables = ram_ptr(LAYOUT_PAGE_TABLES, 6 * PAGE);
	uint64_t *pdpt, *pds;
	unsigned int i;

	if (!tables)
		return fail("the guest has no memory below 1 MiB");
	pdpt = tables + 512;
	pds = pdpt + 512;
	tables[0] = (LAYOUT_PAGE_TABLES + PAGE) | 3;
	for (i = 0; i < 4; i++)
		pdpt[i] = (LAYOUT_PAGE_TABLES + (2 + i) * PAGE) | 3;
	for (i = 0; i < 4 * 512; i++)
		pds[i] = ((uint64_t)i << 21) | 0x83;
	return 0;
}

static int fill_gdt(void)
{
	uint64_t *gdt = ram_ptr(LAYOUT_GDT, 4 * sizeof(*gdt));

	if (!gdt)
		return fail("the guest has no memory below 1 MiB");
	gdt[2] = UINT64_C(0x00af9b000000ffff);
	gdt[3] = UINT64_C(0x00cf93000000ffff);
	return 0;
}

/*
 * What is at a PC's reset vector, in real mode. With ACPI in its hardware-reduced form
 * Linux reboots by EFI, and where there is none by a jump to there, never by ACPI.
 */
static int fill_reset_vector(void)
{
	static const uint8_t code[] = {
		0xba, LAYOUT_RESET & 0xff, LAYOUT_RESET >> 8,	/* mov $LAYOUT_RESET, %dx */
		0xb0, LAYOUT_RESET_VALUE,			/* mov $LAYOUT_RESET_VALUE, %al */
		0xee,						/* out %al, (%dx) */
		0xf4,						/* hlt */
		0xeb, 0xfd,					/* jmp to the hlt */
	};
	void *to = ram_ptr(LAYOUT_RESET_VECTOR, sizeof(code));

	if (!to)
		return fail("the guest has no memory below 1 MiB");
	memcpy(to, code, sizeof(code));
	return 0;
}

int boot_load(struct vcpu_entry *entry)
{
	uint64_t rsdp;

	if (image_load(&kernel))
		return -1;
	if (initrd.fd >= 0 && file_load(&initrd, initrd_gpa, initrd.size, 0))
		return -1;
	rsdp = acpi_load();
	if (!rsdp || fill_zero_page(rsdp) || fill_page_tables() || fill_gdt() ||
	    fill_reset_vector())
		return -1;
	*entry = (struct vcpu_entry){
		.rip = kernel.entry,
		.rsi = LAYOUT_ZERO_PAGE,
		.rsp = LAYOUT_STACK,
		.cr3 = LAYOUT_PAGE_TABLES,
		.gdt = LAYOUT_GDT,
	};
	return 0;
}

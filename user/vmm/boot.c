// SPDX-License-Identifier: GPL-2.0
/*
 * The 64-bit boot protocol of Documentation/arch/x86/boot.rst.
 *
 * The files are not trusted: what is read of the header is checked before it is
 * used for arithmetic, and everything goes to guest memory through ram_ptr().
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <asm/bootparam.h>

#include "acpi.h"
#include "boot.h"
#include "fail.h"
#include "layout.h"
#include "ram.h"

#define HEADER_AT	0x1f1
#define HEADER_MAGIC	0x53726448	/* "HdrS" */
#define BOOT_FLAG	0xaa55
#define VERSION_MIN	0x20c		/* xloadflags and init_size */
#define ENTRY_64	0x200
#define SECTOR		512
#define LOADER_OTHER	0xff
#define E820_RAM	1
#define E820_RESERVED	2
#define PAGE		4096
#define MIB		(UINT64_C(1) << 20)
#define SEED_BYTES	32

/**
 * struct file - one of the files
 * @fd: or -1
 * @size: bytes, when it was opened
 * @path: as the user calls it
 */
struct file {
	int fd;
	uint64_t size;
	const char *path;
};

static struct file kernel = { .fd = -1 };
static struct file initrd = { .fd = -1 };
static struct setup_header header;
static const char *cmdline;
static uint64_t image_offset;	/* in the file, of what runs in 64-bit mode */
static uint64_t load_gpa;
static uint64_t initrd_gpa;

static int open_file(struct file *file, const char *what, const char *path)
{
	struct stat st;

	file->path = path;
	/* a FIFO must not hold us up before it is found to be none of ours */
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st))
		return fail_errno(errno, "cannot open the %s %s", what, path);
	if (!S_ISREG(st.st_mode))
		return fail("the %s %s is no regular file", what, path);
	file->size = (uint64_t)st.st_size;
	return 0;
}

static int read_at(const struct file *file, void *buf, uint64_t len, uint64_t offset)
{
	while (len) {
		ssize_t n = pread(file->fd, buf, len, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail_errno(errno, "cannot read %s", file->path);
		if (!n)
			return fail("%s has become shorter", file->path);
		buf = (uint8_t *)buf + n;
		offset += (uint64_t)n;
		len -= (uint64_t)n;
	}
	return 0;
}

static uint64_t round_up(uint64_t val, uint64_t power)
{
	return (val + power - 1) & ~(power - 1);
}

static int check_header(void)
{
	const char *path = kernel.path;
	unsigned int sectors;

	if (kernel.size < HEADER_AT + sizeof(header))
		return fail("%s is too short for a Linux kernel", path);
	if (read_at(&kernel, &header, sizeof(header), HEADER_AT))
		return -1;
	if (header.boot_flag != BOOT_FLAG || header.header != HEADER_MAGIC)
		return fail("%s is no Linux kernel image (bzImage)", path);
	if (header.version < VERSION_MIN || !(header.loadflags & LOADED_HIGH) ||
	    !(header.xloadflags & XLF_KERNEL_64))
		return fail("%s is no 64-bit Linux kernel, or one older than 3.8", path);
	if (!header.relocatable_kernel && !header.pref_address)
		return fail("%s does not say where it is to be loaded", path);
	/* all later sums are of numbers below 4 GiB, in 64 bits */
	if (header.pref_address < LAYOUT_HIGH || header.pref_address >= LAYOUT_RAM_LOW_END ||
	    header.pref_address % PAGE || !header.init_size)
		return fail("%s asks for an impossible place in memory", path);
	sectors = header.setup_sects ? header.setup_sects : 4;
	image_offset = (sectors + 1) * SECTOR;
	if (kernel.size <= image_offset + ENTRY_64)
		return fail("%s ends before its kernel begins", path);
	/* in units of 16 bytes; a signature may come after it */
	if (kernel.size < image_offset + (uint64_t)header.syssize * 16)
		return fail("%s ends before its kernel does: it has been cut off", path);
	return 0;
}

static uint64_t kernel_bytes(void)
{
	uint64_t image = kernel.size - image_offset;

	return image > header.init_size ? image : header.init_size;
}

static int place(uint64_t low_end)
{
	uint64_t need, top;

	load_gpa = header.pref_address;
	need = load_gpa + kernel_bytes();
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
	top = (uint64_t)header.initrd_addr_max + 1;
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

	if (open_file(&kernel, "kernel", opts->kernel) || check_header())
		return -1;
	if (opts->initrd && open_file(&initrd, "initrd", opts->initrd))
		return -1;
	if (initrd.fd >= 0 && !initrd.size)
		return fail("the initrd %s is empty", initrd.path);
	if (initrd.size > LAYOUT_RAM_LOW_END)
		return fail("the initrd %s is too big", initrd.path);
	max = header.cmdline_size < LAYOUT_CMDLINE_SIZE - 1 ? header.cmdline_size :
							      LAYOUT_CMDLINE_SIZE - 1;
	if (strlen(opts->append) > max)
		return fail("the kernel's command line is longer than %zu bytes", max);
	cmdline = opts->append;
	if (low_end > LAYOUT_RAM_LOW_END)
		low_end = LAYOUT_RAM_LOW_END;
	return place(low_end);
}

static int load_file(const struct file *file, uint64_t gpa, uint64_t len, uint64_t offset)
{
	void *to = ram_ptr(gpa, len);

	if (!to)
		return fail("%s does not fit into the guest's memory", file->path);
	return read_at(file, to, len, offset);
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
	zero->hdr = header;
	zero->hdr.type_of_loader = LOADER_OTHER;
	zero->hdr.code32_start = (uint32_t)load_gpa;
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

int boot_load(struct vcpu_entry *entry)
{
	uint64_t rsdp;

	if (load_file(&kernel, load_gpa, kernel.size - image_offset, image_offset))
		return -1;
	if (initrd.fd >= 0 && load_file(&initrd, initrd_gpa, initrd.size, 0))
		return -1;
	rsdp = acpi_load();
	if (!rsdp || fill_zero_page(rsdp) || fill_page_tables() || fill_gdt())
		return -1;
	*entry = (struct vcpu_entry){
		.rip = load_gpa + ENTRY_64,
		.rsi = LAYOUT_ZERO_PAGE,
		.rsp = LAYOUT_STACK,
		.cr3 = LAYOUT_PAGE_TABLES,
		.gdt = LAYOUT_GDT,
	};
	return 0;
}

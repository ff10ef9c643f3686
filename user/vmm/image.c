// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "fail.h"
#include "image.h"
#include "layout.h"
#include "vmlinux.h"

#define HEADER_AT	0x1f1
#define HEADER_MAGIC	0x53726448	/* "HdrS" */
#define BOOT_FLAG	0xaa55
#define VERSION_MIN	0x20c		/* xloadflags and init_size */
#define ENTRY_64	0x200
#define SECTOR		512
#define PAGE		4096

/* where in the file that begins which runs in 64-bit mode */
static uint64_t payload_at(const struct setup_header *header)
{
	unsigned int sectors = header->setup_sects ? header->setup_sects : 4;

	return (sectors + 1) * SECTOR;
}

static uint64_t payload_bytes(const struct image *image)
{
	return image->file.size - payload_at(&image->header);
}

static int bzimage_check(struct image *image)
{
	struct setup_header *header = &image->header;
	const char *path = image->file.path;
	uint64_t size = image->file.size, at, bytes;

	if (file_read(&image->file, header, sizeof(*header), HEADER_AT))
		return -1;
	if (header->boot_flag != BOOT_FLAG || header->header != HEADER_MAGIC)
		return fail("%s is no Linux kernel image (bzImage or vmlinux)", path);
	if (header->version < VERSION_MIN || !(header->loadflags & LOADED_HIGH) ||
	    !(header->xloadflags & XLF_KERNEL_64))
		return fail("%s is no 64-bit Linux kernel, or one older than 3.8", path);
	if (!header->relocatable_kernel && !header->pref_address)
		return fail("%s does not say where it is to be loaded", path);
	/* all later sums are of numbers below 4 GiB, in 64 bits */
	if (header->pref_address < LAYOUT_HIGH || header->pref_address >= LAYOUT_RAM_LOW_END ||
	    header->pref_address % PAGE || !header->init_size)
		return fail("%s asks for an impossible place in memory", path);
	at = payload_at(header);
	if (size <= at + ENTRY_64)
		return fail("%s ends before its kernel begins", path);
	/* in units of 16 bytes; a signature may come after it */
	if (size < at + (uint64_t)header->syssize * 16)
		return fail("%s ends before its kernel does: it has been cut off", path);
	bytes = payload_bytes(image);
	if (bytes < header->init_size)
		bytes = header->init_size;
	image->end = header->pref_address + bytes;
	image->entry = header->pref_address + ENTRY_64;
	return 0;
}

int image_open(struct image *image, const char *path)
{
	uint32_t start;

	if (file_open(&image->file, "kernel", path))
		return -1;
	if (image->file.size < HEADER_AT + sizeof(image->header))
		return fail("%s is too short for a Linux kernel", path);
	if (file_read(&image->file, &start, sizeof(start), 0))
		return -1;
	return vmlinux_is(&start) ? vmlinux_check(image) : bzimage_check(image);
}

int image_load(const struct image *image)
{
	const struct setup_header *header = &image->header;

	if (!header->pref_address)
		return vmlinux_load(image);
	return file_load(&image->file, header->pref_address, payload_bytes(image),
			 payload_at(header));
}

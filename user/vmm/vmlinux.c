// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel proper takes what a boot loader has to say from the same zero page as the
 * code that unpacks a bzImage, which passes it on: a header is made up for it.
 */
#include <elf.h>
#include <string.h>

#include "fail.h"
#include "layout.h"
#include "vmlinux.h"

#define PROTOCOL	0x20f
#define HEADER_MAGIC	0x53726448	/* "HdrS" */
#define BOOT_FLAG	0xaa55
#define CMDLINE_MAX	2047		/* COMMAND_LINE_SIZE of x86, without its end */
#define INITRD_LAST	0x7fffffff
#define SEGMENTS_MAX	64

bool vmlinux_is(const void *start)
{
	return !memcmp(start, ELFMAG, SELFMAG);
}

static int read_header(const struct image *image, Elf64_Ehdr *eh)
{
	const struct file *file = &image->file;

	if (file->size < sizeof(*eh))
		return fail("%s is no Linux kernel image: it is too short", file->path);
	if (file_read(file, eh, sizeof(*eh), 0))
		return -1;
	if (!vmlinux_is(eh) || eh->e_ident[EI_CLASS] != ELFCLASS64 ||
	    eh->e_ident[EI_DATA] != ELFDATA2LSB || eh->e_machine != EM_X86_64 ||
	    eh->e_type != ET_EXEC || eh->e_phentsize != sizeof(Elf64_Phdr))
		return fail("%s is no Linux kernel image: an ELF file, but no x86-64 kernel",
			    file->path);
	if (!eh->e_phnum || eh->e_phnum > SEGMENTS_MAX)
		return fail("%s is no Linux kernel image: it has %u segments", file->path,
			    eh->e_phnum);
	return 0;
}

/* The next segment to load, from *@i on. Return: 1, or 0 if there is none, or -1 after fail(). */
static int next_segment(const struct image *image, const Elf64_Ehdr *eh, unsigned int *i,
			Elf64_Phdr *ph)
{
	const struct file *file = &image->file;

	for (; *i < eh->e_phnum; (*i)++) {
		uint64_t at = eh->e_phoff + (uint64_t)*i * sizeof(*ph);

		if (at < eh->e_phoff || at > file->size || file->size - at < sizeof(*ph))
			return fail("%s ends before its segments do: it has been cut off", file->path);
		if (file_read(file, ph, sizeof(*ph), at))
			return -1;
		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		if (ph->p_paddr < LAYOUT_HIGH || ph->p_paddr >= LAYOUT_RAM_LOW_END ||
		    ph->p_memsz > LAYOUT_RAM_LOW_END || ph->p_filesz > ph->p_memsz)
			return fail("%s asks for an impossible place in memory", file->path);
		if (ph->p_offset > file->size || file->size - ph->p_offset < ph->p_filesz)
			return fail("%s ends before its kernel does: it has been cut off", file->path);
		(*i)++;
		return 1;
	}
	return 0;
}

int vmlinux_check(struct image *image)
{
	bool entry = false;
	unsigned int i = 0;
	Elf64_Phdr ph;
	Elf64_Ehdr eh;
	int more;

	if (read_header(image, &eh))
		return -1;
	while ((more = next_segment(image, &eh, &i, &ph)) > 0) {
		if (ph.p_paddr + ph.p_memsz > image->end)
			image->end = ph.p_paddr + ph.p_memsz;
		if (eh.e_entry >= ph.p_paddr && eh.e_entry - ph.p_paddr < ph.p_filesz)
			entry = true;
	}
	if (more)
		return -1;
	if (!entry)
		return fail("%s is no Linux kernel image: nothing is loaded where it begins",
			    image->file.path);
	image->entry = eh.e_entry;
	image->header = (struct setup_header){
		.boot_flag = BOOT_FLAG,
		.header = HEADER_MAGIC,
		.version = PROTOCOL,
		.loadflags = LOADED_HIGH,
		.initrd_addr_max = INITRD_LAST,
		.cmdline_size = CMDLINE_MAX,
	};
	return 0;
}

int vmlinux_load(const struct image *image)
{
	unsigned int i = 0;
	Elf64_Phdr ph;
	Elf64_Ehdr eh;
	int more;

	/* checked anew, as the file may have been changed */
	if (read_header(image, &eh))
		return -1;
	while ((more = next_segment(image, &eh, &i, &ph)) > 0) {
		if (ph.p_paddr + ph.p_memsz > image->end)
			return fail("%s has been changed", image->file.path);
		if (file_load(&image->file, ph.p_paddr, ph.p_filesz, ph.p_offset))
			return -1;
	}
	return more;
}

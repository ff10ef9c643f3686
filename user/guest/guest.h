/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A Linux guest, seen from outside through its memory alone: no agent, no
 * symbols, no profile, no registers. The views (task.h, module.h, log.h,
 * socket.h, mount.h, file.h, symbol.h, check.h) stand on this.
 *
 *	struct guest g;
 *	struct vmi_vec tasks = VMI_VEC_INIT(struct guest_task);
 *
 *	if (guest_open_fd(&g, fd) || guest_tasks(&g, 0, &tasks))
 *		puts(guest_error(&g));
 *	guest_tasks_free(&tasks);
 *	guest_close(&g);
 *
 * The guest may run all the while and may be hostile: what is read is checked,
 * every walk has a bound, lists are followed only where they point back, and are
 * read again when they changed on the way. A view takes GUEST_VIEW_MS at most.
 * The library prints nothing. A handle is for one thread at a time.
 */
#ifndef VMIG_GUEST_H
#define VMIG_GUEST_H

#include "kimage.h"
#include "types.h"

#define GUEST_OPEN_MS	60000	/* for guest_open() */
#define GUEST_VIEW_MS	30000	/* for a view */
#define GUEST_TRIES	16	/* readings of what changes while it is read */
#define GUEST_ERROR_LEN	256
#define GUEST_BANNER_LEN	512

/**
 * struct guest - a guest that was opened
 * @mem: its memory
 * @image: its kernel
 * @syms: the kernel's symbols
 * @types: the kernel's types
 * @banner: "Linux version ..."
 * @error: why the last call failed
 */
struct guest {
	struct guest_mem mem;
	struct guest_kimage image;
	struct guest_kallsyms syms;
	struct guest_types types;
	char banner[GUEST_BANNER_LEN];
	char error[GUEST_ERROR_LEN];
};

/**
 * guest_open() - find the kernel, its symbols and its types
 * @g: handle, to be closed also on failure
 * @src: memory
 *
 * Return: 0 or a negative errno: -ENOENT where there is no Linux kernel,
 * -ENODATA where it has no types, -ETIME, -ENOMEM, or the source's error.
 * guest_error() says more, here and with every function below.
 */
int guest_open(struct guest *g, const struct guest_source *src);

/* The same for a file with offset = GPA: a session, /proc/vmi/NAME.raw, an image. */
int guest_open_fd(struct guest *g, int fd);

void guest_close(struct guest *g);

/* Return: one sentence, without a full stop, that says why the last call failed. */
const char *guest_error(const struct guest *g);

/* Set the error and return @err. For the views. */
int guest_fail(struct guest *g, int err, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A view begins: forget what was read, and start the clock. */
void guest_begin(struct guest *g);

/**
 * guest_retry() - shall what changed on the way be read again?
 * @g: guest
 * @ret: of the reading: -EAGAIN where it changed
 * @tries: counts the readings; 0 at first
 *
 * Return: true after guest_begin() for another try.
 */
bool guest_retry(struct guest *g, int ret, unsigned int *tries);

/* Find members for a view, into a structure of struct guest_field. Return: 0 or -ENODATA. */
int guest_fields(struct guest *g, const struct guest_want *want, size_t n, void *fields);

/* Address of a symbol. Return: 0 or -ENODATA. */
int guest_symbol(struct guest *g, const char *name, uint64_t *va);

/* Name of the symbol at exactly an address, or NULL. */
const char *guest_symbol_name(const struct guest *g, uint64_t va);

/*
 * Kernel memory. All return 0, -EAGAIN where an address leads nowhere (as when
 * what it was read from has changed), or an error of the memory.
 */
int guest_read(struct guest *g, uint64_t va, void *buf, size_t len);

/* A number of up to 8 bytes or a bit-field; 0 for a member that is not there. */
int guest_get(struct guest *g, uint64_t base, const struct guest_field *f, uint64_t *val);

/* An unsigned number of 8 bytes. */
int guest_get_u64(struct guest *g, uint64_t va, uint64_t *val);

/* A string, cut to @size - 1 bytes and always ended. */
int guest_get_text(struct guest *g, uint64_t va, char *buf, size_t size);

/* A string in an array that is a member. */
int guest_get_array(struct guest *g, uint64_t base, const struct guest_field *f,
		    char *buf, size_t size);

#endif /* VMIG_GUEST_H */

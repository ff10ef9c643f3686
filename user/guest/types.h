/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's own types: the BTF in its read-only data, checked here and read
 * with libbpf. A view names the members it needs in a table; offsets, sizes and
 * bit-fields are those of this very kernel.
 */
#ifndef VMIG_TYPES_H
#define VMIG_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GUEST_BTF_BYTES_MAX	(64U << 20)

struct btf;

/**
 * struct guest_types - the types
 * @btf: libbpf's
 * @buckets: hash of the names of structures: type
 * @nbuckets: a power of two
 */
struct guest_types {
	struct btf *btf;
	uint32_t *buckets;
	uint32_t nbuckets;
};

/**
 * struct guest_field - a member of a structure
 * @there: this kernel has it
 * @offset: bytes from the start of the structure
 * @bytes: its size; of a bit-field, of the bytes that hold it
 * @shift: lowest bit, of a bit-field
 * @bits: how many, 0 where it is none
 */
struct guest_field {
	bool there;
	uint32_t offset;
	uint32_t bytes;
	uint8_t shift;
	uint8_t bits;
};

/**
 * struct guest_want - a line of a view's table of members
 * @type: name of the structure
 * @path: member, with dots for members of members
 * @dest: offset of a struct guest_field in the view's structure
 * @optional: not every kernel has it
 */
struct guest_want {
	const char *type;
	const char *path;
	size_t dest;
	bool optional;
};

#define GUEST_WANT(set, field, type, path) \
	{ type, path, offsetof(struct set, field), false }
#define GUEST_MAY_WANT(set, field, type, path) \
	{ type, path, offsetof(struct set, field), true }

/**
 * guest_types_load() - check and index types
 * @t: result, to be freed with guest_types_free()
 * @data: BTF as the guest has it
 * @len: bytes
 *
 * Return: 0, -EBADMSG where it is no sound BTF, -EOPNOTSUPP where it is of a kind
 * newer than this library, -ENOMEM.
 */
int guest_types_load(struct guest_types *t, const void *data, size_t len);

void guest_types_free(struct guest_types *t);

/* Return: 0 or -ENOENT. */
int guest_types_field(const struct guest_types *t, const char *type, const char *path,
		      struct guest_field *f);

/* Bytes of a structure. Return: 0 or -ENOENT. */
int guest_types_size(const struct guest_types *t, const char *type, uint32_t *bytes);

/* Value of a name in an enumeration. Return: 0 or -ENOENT. */
int guest_types_enum(const struct guest_types *t, const char *type, const char *name,
		     int64_t *val);

#endif /* VMIG_TYPES_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* A growing array of equal items, for what dumps return. */
#ifndef VMIC_VEC_H
#define VMIC_VEC_H

#include <stddef.h>

/**
 * struct vmi_vec - items in one block
 * @data: the items, owned
 * @n: how many
 * @cap: how many fit
 * @size: bytes of one
 */
struct vmi_vec {
	void *data;
	size_t n;
	size_t cap;
	size_t size;
};

#define VMI_VEC_INIT(type)	{ .size = sizeof(type) }

#define vmi_vec_for_each(item, vec)					\
	for ((item) = (vec)->data;					\
	     (item) && (item) < (__typeof__(item))(vec)->data + (vec)->n; \
	     (item)++)

/* Return: a zeroed item at the end, or NULL without memory. */
void *vmi_vec_add(struct vmi_vec *v);
void vmi_vec_clear(struct vmi_vec *v);
void vmi_vec_free(struct vmi_vec *v);

#endif /* VMIC_VEC_H */

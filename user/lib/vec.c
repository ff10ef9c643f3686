// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "vec.h"

void *vmi_vec_add(struct vmi_vec *v)
{
	void *item;

	if (v->n == v->cap) {
		size_t cap = v->cap ? v->cap * 2 : 16;
		void *data = reallocarray(v->data, cap, v->size);

		if (!data)
			return NULL;
		v->data = data;
		v->cap = cap;
	}
	item = (char *)v->data + v->n++ * v->size;
	memset(item, 0, v->size);
	return item;
}

void vmi_vec_clear(struct vmi_vec *v)
{
	v->n = 0;
}

void vmi_vec_free(struct vmi_vec *v)
{
	free(v->data);
	v->data = NULL;
	v->n = 0;
	v->cap = 0;
}

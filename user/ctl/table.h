/* SPDX-License-Identifier: GPL-2.0 */
/* Aligned columns for people. */
#ifndef VMICTL_TABLE_H
#define VMICTL_TABLE_H

#include "vec.h"

#define TABLE_COLUMNS	10
#define TABLE_RIGHT	'>'	/* first character of a heading: align to the right */

/**
 * struct table - rows kept until their widths are known
 * @heads: headings, NULL at the end; one that starts with TABLE_RIGHT is numeric
 * @cells: char *, row after row
 */
struct table {
	const char *heads[TABLE_COLUMNS + 1];
	struct vmi_vec cells;
};

#define TABLE_INIT(...)	\
	{ .heads = { __VA_ARGS__ }, .cells = VMI_VEC_INIT(char *) }

/* Add one row of as many texts as there are headings; they are copied and escaped. */
void table_row(struct table *t, ...);

/* Print headings and rows, and free them. */
void table_print(struct table *t);

#endif /* VMICTL_TABLE_H */

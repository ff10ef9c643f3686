// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "ctl.h"
#include "fmt.h"
#include "table.h"

static size_t columns(const struct table *t)
{
	size_t n = 0;

	while (t->heads[n])
		n++;
	return n;
}

void table_row(struct table *t, ...)
{
	size_t i, n = columns(t);
	va_list ap;

	va_start(ap, t);
	for (i = 0; i < n; i++) {
		const char *text = va_arg(ap, const char *);
		size_t size = 4 * strlen(text) + 1;
		char **cell = vmi_vec_add(&t->cells);
		char *copy = malloc(size);

		if (!cell || !copy)
			exit(fail(EXIT_FAILED, "out of memory"));
		*cell = escape(text, copy, size);
	}
	va_end(ap);
}

/* columns on the terminal, where a byte may be less than a character */
static int width(const char *text)
{
	wchar_t wide[512];
	size_t n = mbstowcs(wide, text, 512);
	int cols;

	if (n == (size_t)-1 || n == 512)
		return (int)strlen(text);
	cols = wcswidth(wide, n);
	return cols < 0 ? (int)strlen(text) : cols;
}

static void print_row(const char *const *cells, const char *const *heads,
		      const int *widths, size_t n)
{
	size_t i;

	/* no blanks at the end of a line */
	while (n && !cells[n - 1][0])
		n--;
	for (i = 0; i < n; i++) {
		int pad = widths[i] - width(cells[i]);

		if (i)
			fputs("  ", stdout);
		if (heads[i][0] == TABLE_RIGHT)
			printf("%*s%s", pad, "", cells[i]);
		else if (i + 1 < n)
			printf("%s%*s", cells[i], pad, "");
		else
			fputs(cells[i], stdout);
	}
	putchar('\n');
}

void table_print(struct table *t)
{
	const char *names[TABLE_COLUMNS];
	int widths[TABLE_COLUMNS];
	size_t i, n = columns(t);
	char **cells = t->cells.data;

	for (i = 0; i < n; i++) {
		names[i] = t->heads[i] + (t->heads[i][0] == TABLE_RIGHT);
		widths[i] = width(names[i]);
	}
	for (i = 0; i < t->cells.n; i++)
		if (width(cells[i]) > widths[i % n])
			widths[i % n] = width(cells[i]);
	print_row(names, t->heads, widths, n);
	for (i = 0; i < t->cells.n; i += n)
		print_row((const char *const *)cells + i, t->heads, widths, n);
	for (i = 0; i < t->cells.n; i++)
		free(cells[i]);
	vmi_vec_free(&t->cells);
}

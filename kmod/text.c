// SPDX-License-Identifier: GPL-2.0
/* Names and explanations that come from outside. */
#include <linux/ctype.h>
#include <linux/string.h>

#include "text.h"

/**
 * vmi_name_ok - is this the name of a VM or a network?
 * @name: the bytes
 * @size: of the array they are in; the name must end within it
 *
 * Context: Any.
 * Return: true for 1 to VMI_NAME_LEN - 1 bytes of [A-Za-z0-9._-], first a letter or digit.
 */
bool vmi_name_ok(const char *name, size_t size)
{
	size_t len = strnlen(name, size), i;

	if (!len || len == size || len >= VMI_NAME_LEN)
		return false;
	for (i = 0; i < len; i++) {
		unsigned char c = name[i];

		/* isalnum() knows Latin-1 letters too */
		if (isascii(c) && isalnum(c))
			continue;
		if (!i || !(c == '.' || c == '_' || c == '-'))
			return false;
	}
	return true;
}

/**
 * vmi_text_ok - is this text that one may show?
 * @text: the bytes
 * @size: of the array they are in; the text must end within it
 *
 * Context: Any.
 * Return: true without control characters; bytes above ASCII are taken as they are.
 */
bool vmi_text_ok(const char *text, size_t size)
{
	size_t len = strnlen(text, size), i;

	if (len == size)
		return false;
	for (i = 0; i < len; i++) {
		unsigned char c = text[i];

		if (c < 0x20 || c == 0x7f)
			return false;
	}
	return true;
}

/**
 * vmi_domain_ok - is this a domain name, or empty?
 * @domain: the name, NUL-terminated
 *
 * Context: Any.
 * Return: true for labels of 1 to 63 letters, digits, '-' and '_' with dots between them.
 */
bool vmi_domain_ok(const char *domain)
{
	const char *p;
	size_t label = 0;

	for (p = domain; *p; p++) {
		unsigned char c = *p;

		if (c == '.') {
			if (!label)
				return false;
			label = 0;
			continue;
		}
		if (!(isascii(c) && isalnum(c)) && c != '-' && c != '_')
			return false;
		if (++label > 63)
			return false;
	}
	return label || p == domain;
}

/**
 * vmi_text_clean - make a text of a VMM, which may quote its guest, fit to show
 * @dst: printable ASCII, zeros up to @size
 * @src: the text, which need not end within @size
 * @size: of both
 *
 * Context: Any. @dst may be @src.
 */
void vmi_text_clean(char *dst, const char *src, size_t size)
{
	size_t i;

	for (i = 0; i < size - 1 && src[i]; i++)
		dst[i] = src[i] >= 0x20 && src[i] < 0x7f ? src[i] : '?';
	memset(dst + i, 0, size - i);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Names and explanations that come from outside. */
#ifndef VMI_TEXT_H
#define VMI_TEXT_H

#include <linux/types.h>
#include <linux/vmi_chr.h>

bool vmi_name_ok(const char *name, size_t size);
bool vmi_text_ok(const char *text, size_t size);
bool vmi_domain_ok(const char *domain);
void vmi_text_clean(char *dst, const char *src, size_t size);

#endif /* VMI_TEXT_H */

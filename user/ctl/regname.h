/* SPDX-License-Identifier: GPL-2.0 */
/* Registers by name. */
#ifndef VMICTL_REGNAME_H
#define VMICTL_REGNAME_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>
#include <linux/vmi_chr.h>

/* As gdb names them; for people, several on a line. */
void regs_print(const struct vmi_regs *regs);
void regs_to_json(struct json_object *to, const struct vmi_regs *regs);

/* The general registers only. */
void gprs_to_json(struct json_object *to, const struct vmi_gprs *gprs);

/* Return: 0, or -1 when there is no such register or it cannot hold the value. */
int regs_set(struct vmi_regs *regs, const char *name, size_t len, uint64_t val);

/* RIP and the registers of arguments, on one line. */
void gprs_print_line(const struct vmi_gprs *gprs);

#endif /* VMICTL_REGNAME_H */

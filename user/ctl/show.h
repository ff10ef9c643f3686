/* SPDX-License-Identifier: GPL-2.0 */
/* Pieces of "show" that networks and ports print as well. */
#ifndef VMICTL_SHOW_H
#define VMICTL_SHOW_H

#include <stdbool.h>

#include "model.h"
#include "vec.h"

/* One aligned line; nothing for an empty value. */
void show_line(const char *key, const char *val);
void show_stats(const struct vmi_stats *stats);

/* A table of struct vmi_port; @with_vm: name their VMs and not their networks. */
void show_ports(const struct vmi_vec *ports, bool with_vm);

#endif /* VMICTL_SHOW_H */

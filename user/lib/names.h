/* SPDX-License-Identifier: GPL-2.0 */
/* The protocol's numbers as the words of its specification. */
#ifndef VMIC_NAMES_H
#define VMIC_NAMES_H

#include <stdbool.h>
#include <stdint.h>

/* Return: the word, or "unknown" for a number of a newer kernel. */
const char *vmi_state_name(uint32_t state);
const char *vmi_reason_name(uint32_t reason);
const char *vmi_command_name(uint32_t command);
const char *vmi_net_mode_name(uint32_t mode);
const char *vmi_uplink_state_name(uint32_t state);
const char *vmi_port_fault_name(uint32_t fault);
const char *vmi_event_kind_name(uint32_t kind);
const char *vmi_guard_name(uint32_t bit);

/* Return: the number, or -1. */
int vmi_net_mode_parse(const char *word);
int vmi_guard_parse(const char *word);

/* May this be the name of a VM or a network? */
bool vmi_name_valid(const char *name);

#endif /* VMIC_NAMES_H */

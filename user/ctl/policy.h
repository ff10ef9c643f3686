/* SPDX-License-Identifier: GPL-2.0 */
/* What an operator imposes on a port: how it is written, and how it is read. */
#ifndef VMICTL_POLICY_H
#define VMICTL_POLICY_H

#include "client.h"
#include "ctl.h"

#define POLICY_LEN	128	/* holds any of the texts */

/*
 * A list of guards, separated by commas or colons: their names, "all" or "none"; or
 * changes, +NAME and -NAME. Return: NULL, or what is wrong with it.
 */
const char *policy_guard(const char *val, uint32_t *guard, uint32_t *mask);

/*
 * One of guard=LIST, isolated, rx-limit=LIST, tx-limit=LIST, rx-impair=LIST,
 * tx-impair=LIST. Return: NULL, or what is wrong with it.
 */
const char *policy_field(const char *field, struct vmi_policy_spec *spec);

/* setters for struct opt; dest is the struct vmi_policy_spec */
const char *policyopt_guard(const char *val, void *dest);
const char *policyopt_rx_limit(const char *val, void *dest);
const char *policyopt_tx_limit(const char *val, void *dest);
const char *policyopt_rx_impair(const char *val, void *dest);
const char *policyopt_tx_impair(const char *val, void *dest);

/* Each writes into @buf, of POLICY_LEN bytes, and returns it; empty where there is nothing. */
char *fmt_guard(uint32_t guard, char *buf);
char *fmt_limit(const struct vmi_limit *limit, char *buf);
char *fmt_impair(const struct vmi_impair *impair, char *buf);

#endif /* VMICTL_POLICY_H */

// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/vmi.h>

#include "policy.h"

#define GUARDS		(VMI_GUARD_STORM + 1)
#define GUARD_ALL	((1U << GUARDS) - 1)
#define SEPARATORS	",:"	/* the colon, where commas separate other things */

/* ---- lists ---- */

/* Call @each for the parts of a list. Return: NULL, or what is wrong with it. */
static const char *split(const char *val, const char *(*each)(char *part, void *arg), void *arg)
{
	char copy[256], *part, *rest;
	const char *wrong = NULL;

	if (strlen(val) >= sizeof(copy))
		return "is too long";
	strcpy(copy, val);
	part = strtok_r(copy, SEPARATORS, &rest);
	if (!part)
		return "is empty";
	for (; part && !wrong; part = strtok_r(NULL, SEPARATORS, &rest))
		wrong = each(part, arg);
	return wrong;
}

/**
 * struct guard_list - a list of guards being read
 * @guard: those named
 * @mask: those that change
 * @whole: parts were names
 * @changes: parts were changes
 */
struct guard_list {
	uint32_t guard;
	uint32_t mask;
	bool whole;
	bool changes;
};

static const char *guard_part(char *part, void *arg)
{
	struct guard_list *list = arg;
	bool change = part[0] == '+' || part[0] == '-';
	int bit = vmi_guard_parse(part + change);
	uint32_t bits;

	list->whole |= !change;
	list->changes |= change;
	if (list->whole && list->changes)
		return "has both names and changes (+NAME, -NAME)";
	if (!strcmp(part, "all"))
		bits = GUARD_ALL;
	else if (!strcmp(part, "none"))
		bits = 0;
	else if (bit >= 0)
		bits = 1U << bit;
	else
		return "names none of mac, ip, arp, nd, dhcp, ra and storm (or all, or none)";
	list->mask |= bits;
	if (part[0] == '-')
		list->guard &= ~bits;
	else
		list->guard |= bits;
	return NULL;
}

const char *policy_guard(const char *val, uint32_t *guard, uint32_t *mask)
{
	struct guard_list list = { 0 };
	const char *wrong = split(val, guard_part, &list);

	*guard = list.guard;
	*mask = list.changes ? list.mask : GUARD_ALL;
	return wrong;
}

/* a number with a unit; @unit has the units' names and factors, "" last for none */
struct unit {
	const char *name;
	double factor;
};

static bool number(const char *val, const struct unit *unit, double max, double *to)
{
	char *end;
	double n = strtod(val, &end);

	if (!isdigit((unsigned char)val[0]) || end == val)
		return false;
	while (unit->name[0] && strcmp(end, unit->name))
		unit++;
	if (strcmp(end, unit->name) || !unit->factor)
		return false;
	n *= unit->factor;
	if (!(n <= max))
		return false;
	*to = n;
	return true;
}

static const char *limit_part(char *part, void *arg)
{
	static const struct unit rates[] = {
		{ "bit", 0.125 }, { "kbit", 125 }, { "mbit", 125e3 }, { "gbit", 125e6 }, { "", 0 },
	};
	struct vmi_limit *limit = arg;
	char *val = strchr(part, '=');
	const char *wrong;
	double rate;

	if (!val)
		return "has a part that is not of the form KEY=VALUE";
	*val++ = '\0';
	if (!strcmp(part, "packets"))
		wrong = set_u64(val, &limit->packets);
	else if (!strcmp(part, "packets-burst"))
		wrong = set_u64(val, &limit->packets_burst);
	else if (!strcmp(part, "bytes"))
		wrong = set_bytes(val, &limit->bytes);
	else if (!strcmp(part, "burst") || !strcmp(part, "bytes-burst"))
		wrong = set_bytes(val, &limit->bytes_burst);
	else if (strcmp(part, "rate"))
		return "has a key that is none of rate, bytes, burst, packets and packets-burst";
	else if (number(val, rates, 1e12, &rate) && rate >= 1)
		wrong = NULL, limit->bytes = (uint64_t)(rate + 0.5);
	else
		return "has a rate= that is not like 512kbit, 100mbit or 2.5gbit";
	return wrong ? "has a value that is not a number" : NULL;
}

static const char *limit_list(const char *val, struct vmi_limit *limit)
{
	memset(limit, 0, sizeof(*limit));
	return strcmp(val, "none") ? split(val, limit_part, limit) : NULL;
}

static bool ppm(const char *val, uint32_t *to)
{
	static const struct unit units[] = { { "%", 1e4 }, { "", 1e4 } };
	double n;

	if (!number(val, units, 1e6, &n))
		return false;
	*to = (uint32_t)(n + 0.5);
	return true;
}

static bool duration_us(const char *val, uint32_t *to)
{
	static const struct unit units[] = {
		{ "us", 1 }, { "ms", 1e3 }, { "s", 1e6 }, { "", 1e3 },
	};
	double n;

	if (!number(val, units, 1e7, &n))
		return false;
	*to = (uint32_t)(n + 0.5);
	return true;
}

static const char *impair_part(char *part, void *arg)
{
	struct vmi_impair *impair = arg;
	char *val = strchr(part, '=');

	if (!val)
		return "has a part that is not of the form KEY=VALUE";
	*val++ = '\0';
	if (!strcmp(part, "loss"))
		return ppm(val, &impair->loss_ppm) ? NULL : "has a loss= that is not from 0% to 100%";
	if (!strcmp(part, "reorder"))
		return ppm(val, &impair->reorder_ppm) ? NULL :
		       "has a reorder= that is not from 0% to 100%";
	if (!strcmp(part, "delay"))
		return duration_us(val, &impair->delay_us) ? NULL :
		       "has a delay= that is not a time like 500us, 20ms or 1s, at most 10s";
	if (!strcmp(part, "jitter"))
		return duration_us(val, &impair->jitter_us) ? NULL :
		       "has a jitter= that is not a time like 500us, 20ms or 1s, at most 10s";
	return "has a key that is none of loss, delay, jitter and reorder";
}

static const char *impair_list(const char *val, struct vmi_impair *impair)
{
	memset(impair, 0, sizeof(*impair));
	return strcmp(val, "none") ? split(val, impair_part, impair) : NULL;
}

/* ---- options ---- */

const char *policyopt_guard(const char *val, void *dest)
{
	struct vmi_policy_spec *spec = dest;

	if (!strcmp(val, "default")) {
		spec->policy.guard_own = false;
		spec->has |= VMI_HAS(VMI_A_PORT_GUARD_OWN);
		return NULL;
	}
	spec->has |= VMI_HAS(VMI_A_PORT_GUARD);
	return policy_guard(val, &spec->policy.guard, &spec->guard_mask);
}

const char *policyopt_rx_limit(const char *val, void *dest)
{
	struct vmi_policy_spec *spec = dest;

	spec->has |= VMI_HAS(VMI_A_PORT_RX_LIMIT);
	return limit_list(val, &spec->policy.limit[VMI_DIR_RX]);
}

const char *policyopt_tx_limit(const char *val, void *dest)
{
	struct vmi_policy_spec *spec = dest;

	spec->has |= VMI_HAS(VMI_A_PORT_TX_LIMIT);
	return limit_list(val, &spec->policy.limit[VMI_DIR_TX]);
}

const char *policyopt_rx_impair(const char *val, void *dest)
{
	struct vmi_policy_spec *spec = dest;

	spec->has |= VMI_HAS(VMI_A_PORT_RX_IMPAIR);
	return impair_list(val, &spec->policy.impair[VMI_DIR_RX]);
}

const char *policyopt_tx_impair(const char *val, void *dest)
{
	struct vmi_policy_spec *spec = dest;

	spec->has |= VMI_HAS(VMI_A_PORT_TX_IMPAIR);
	return impair_list(val, &spec->policy.impair[VMI_DIR_TX]);
}

const char *policy_field(const char *field, struct vmi_policy_spec *spec)
{
	static const struct {
		const char *key;
		const char *(*set)(const char *val, void *dest);
	} keys[] = {
		{ "guard=", policyopt_guard },
		{ "rx-limit=", policyopt_rx_limit },
		{ "tx-limit=", policyopt_tx_limit },
		{ "rx-impair=", policyopt_rx_impair },
		{ "tx-impair=", policyopt_tx_impair },
	};
	size_t i;

	if (!strcmp(field, "isolated")) {
		spec->policy.isolated = true;
		spec->has |= VMI_HAS(VMI_A_PORT_ISOLATED);
		return NULL;
	}
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (!strncmp(field, keys[i].key, strlen(keys[i].key)))
			return keys[i].set(field + strlen(keys[i].key), spec);
	return "has a part that is none of mac=, ip=, queues=, guard=, isolated, rx-limit=, tx-limit=, rx-impair= and tx-impair=";
}

/* ---- texts ---- */

char *fmt_guard(uint32_t guard, char *buf)
{
	size_t len = 0;
	uint32_t bit;

	if (!(guard & GUARD_ALL))
		return strcpy(buf, "none");
	for (bit = 0; bit < GUARDS; bit++)
		if (guard & (1U << bit))
			len += (size_t)snprintf(buf + len, POLICY_LEN - len, "%s%s", len ? "," : "",
						vmi_guard_name(bit));
	return buf;
}

char *fmt_limit(const struct vmi_limit *limit, char *buf)
{
	int len = 0;

	buf[0] = '\0';
	if (limit->packets)
		len = snprintf(buf, POLICY_LEN, "packets=%" PRIu64 ",packets-burst=%" PRIu64,
			       limit->packets, limit->packets_burst);
	if (limit->bytes)
		snprintf(buf + len, POLICY_LEN - (size_t)len, "%sbytes=%" PRIu64 ",burst=%" PRIu64,
			 len ? "," : "", limit->bytes, limit->bytes_burst);
	return buf;
}

char *fmt_impair(const struct vmi_impair *impair, char *buf)
{
	size_t len = 0;

	buf[0] = '\0';
	if (impair->loss_ppm)
		len += (size_t)snprintf(buf, POLICY_LEN, "loss=%g%%", impair->loss_ppm / 1e4);
	if (impair->delay_us)
		len += (size_t)snprintf(buf + len, POLICY_LEN - len, "%sdelay=%gms", len ? "," : "",
					impair->delay_us / 1e3);
	if (impair->jitter_us)
		len += (size_t)snprintf(buf + len, POLICY_LEN - len, ",jitter=%gms",
					impair->jitter_us / 1e3);
	if (impair->reorder_ppm)
		snprintf(buf + len, POLICY_LEN - len, "%sreorder=%g%%", len ? "," : "",
			 impair->reorder_ppm / 1e4);
	return buf;
}

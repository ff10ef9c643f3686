// SPDX-License-Identifier: GPL-2.0
/* The bodies of the tracepoints of trace.h. */
#include <linux/string.h>
#include <linux/types.h>

static const u8 vmi_trace_no_mac[6];

#define CREATE_TRACE_POINTS
#include "trace.h"

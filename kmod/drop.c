// SPDX-License-Identifier: GPL-2.0
/* The names of drop.h, as clients read them. */
#include "drop.h"

const char * const vmi_drop_names[VMI_DROP_COUNT] = {
#define X(id, name) [VMI_DROP_##id] = name,
	VMI_DROPS(X)
#undef X
};

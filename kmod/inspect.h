/* SPDX-License-Identifier: GPL-2.0 */
/* Introspection sessions: authorise, bound, copy. */
#ifndef VMI_INSPECT_H
#define VMI_INSPECT_H

#include <linux/vmi_chr.h>

struct vmi_vm;

/* VMI_SESSION: fills @s and returns a new session file's descriptor */
int vmi_session_open(struct vmi_session_open *s);

#endif /* VMI_INSPECT_H */

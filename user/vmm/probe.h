/* SPDX-License-Identifier: GPL-2.0 */
/* What introspection sessions ask for, served in the main thread. */
#ifndef VMM_PROBE_H
#define VMM_PROBE_H

#include <stdint.h>

/* Return: 0, or -1 after fail(). */
int probe_init(void);

/* The machine is reset: sessions hold and have armed nothing any more. */
void probe_reset(void);

/* By a vCPU's thread: a verdict did not come, so the probe is to be disarmed. */
void probe_expired(uint64_t session, uint64_t id);

#endif /* VMM_PROBE_H */

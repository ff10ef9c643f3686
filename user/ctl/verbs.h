/* SPDX-License-Identifier: GPL-2.0 */
/* The verbs, each in the file of its name. */
#ifndef VMICTL_VERBS_H
#define VMICTL_VERBS_H

#include "ctl.h"

extern const struct verb verb_break;
extern const struct verb verb_capture;
extern const struct verb verb_check;
extern const struct verb verb_console;
extern const struct verb verb_create;
extern const struct verb verb_delete;
extern const struct verb verb_dmesg;
extern const struct verb verb_fdb;
extern const struct verb verb_files;
extern const struct verb verb_gdb;
extern const struct verb verb_kernel;
extern const struct verb verb_forward;
extern const struct verb verb_kill;
extern const struct verb verb_lease;
extern const struct verb verb_link;
extern const struct verb verb_list;
extern const struct verb verb_modules;
extern const struct verb verb_monitor;
extern const struct verb verb_mounts;
extern const struct verb verb_net;
extern const struct verb verb_net_add;
extern const struct verb verb_net_check;
extern const struct verb verb_net_del;
extern const struct verb verb_net_graph;
extern const struct verb verb_net_list;
extern const struct verb verb_net_set;
extern const struct verb verb_net_show;
extern const struct verb verb_net_stats;
extern const struct verb verb_pause;
extern const struct verb verb_port;
extern const struct verb verb_ps;
extern const struct verb verb_read;
extern const struct verb verb_regs;
extern const struct verb verb_reserve;
extern const struct verb verb_reset;
extern const struct verb verb_resume;
extern const struct verb verb_run;
extern const struct verb verb_show;
extern const struct verb verb_sockets;
extern const struct verb verb_start;
extern const struct verb verb_stop;
extern const struct verb verb_symbols;
extern const struct verb verb_vcpu;
extern const struct verb verb_vcpu_step;
extern const struct verb verb_vcpu_stop;
extern const struct verb verb_version;

#endif /* VMICTL_VERBS_H */

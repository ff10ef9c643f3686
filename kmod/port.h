/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ports: where a VM meets a network.
 *
 * The functions that take an extack are called under vmi_ctl.
 */
#ifndef VMI_PORT_H
#define VMI_PORT_H

#include "net.h"

struct vmi_port;
struct vmi_vm;

struct vmi_port_conf {
	char net[VMI_NAME_LEN];
	bool have_mac;
	u8 mac[6];
	__be32 ip;		/* 0: let the network choose */
};

struct vmi_port_view {
	u32 id;
	u32 index;
	char vm[VMI_NAME_LEN];
	char net[VMI_NAME_LEN];
	u8 mac[6];
	__be32 ip;
	bool link;
	bool active;
	u32 fault;
	u64 features;
	kuid_t owner;
};

int vmi_port_new(struct vmi_vm *vm, const struct vmi_port_conf *conf, struct vmi_port_view *view,
		 struct netlink_ext_ack *extack);
int vmi_port_set_link(u32 id, bool up, struct netlink_ext_ack *extack);
int vmi_port_del(u32 id, struct netlink_ext_ack *extack);
/* all ports of a VM that has no VMM, when it is deleted; vmi_ctl held */
void vmi_port_del_all(struct vmi_vm *vm);
/* vmi_ctl held; the port after *@cursor in order of id: 0 or -ENOENT */
int vmi_port_next(u32 *cursor, struct vmi_port_view *view, struct vmi_stats_view *stats);
int vmi_port_view(u32 id, struct vmi_port_view *view, struct vmi_stats_view *stats);
/* VMI_VM_PORT: fills @p and returns a new port file's descriptor; takes vmi_ctl */
int vmi_port_open(struct vmi_vm *vm, struct vmi_port_open *p);
/* the VM file is released: stop the rings of all its ports before the memory dies; takes vmi_ctl */
void vmi_port_stop_all(struct vmi_vm *vm);

int vmi_port_init(void);
void vmi_port_exit(void);

#endif /* VMI_PORT_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The operations of the protocol, one function each.
 *
 * All return 0 or a negative errno; vmi_nl_error() has the kernel's
 * explanation. Dumps that were interrupted by a change are asked again.
 */
#ifndef VMIC_CLIENT_H
#define VMIC_CLIENT_H

#include "model.h"
#include "nl.h"
#include "vec.h"

/**
 * struct vmi_vm_spec - a VM to define
 * @name: its name
 * @vcpus: how many
 * @mem_bytes: guest memory
 * @note: of the owner, or NULL
 * @transient: it goes when it stops in order
 * @replace: take the name of a stopped or crashed one
 */
struct vmi_vm_spec {
	const char *name;
	uint32_t vcpus;
	uint64_t mem_bytes;
	const char *note;
	bool transient;
	bool replace;
};

/**
 * struct vmi_net_spec - a network to add or to change
 * @net: name and values
 * @has: VMI_HAS() of each attribute of @net to send
 * @guard_mask: bits of its guard to change
 */
struct vmi_net_spec {
	struct vmi_net net;
	uint32_t has;
	uint32_t guard_mask;
};

#define VMI_HAS(attr)	(1U << (attr))

/**
 * struct vmi_policy_spec - what to change of a port's policy
 * @policy: values
 * @has: VMI_HAS() of each attribute of a port that stands for one of them
 * @guard_mask: bits of its guard to change
 */
struct vmi_policy_spec {
	struct vmi_policy policy;
	uint32_t has;
	uint32_t guard_mask;
};

/**
 * struct vmi_port_spec - a port to add
 * @vm: its VM
 * @net: its network
 * @has_mac: @mac is wanted; else the kernel chooses
 * @mac: hardware address
 * @ip: address, 0 for one of the kernel's choice
 * @pairs: queue pairs, 0 for one
 * @policy: what differs from the network's
 */
struct vmi_port_spec {
	const char *vm;
	const char *net;
	bool has_mac;
	uint8_t mac[6];
	struct in_addr ip;
	uint32_t pairs;
	struct vmi_policy_spec policy;
};

int vmi_vm_get(struct vmi_nl *nl, const char *name, struct vmi_vm *vm);
/* @vms: of struct vmi_vm */
int vmi_vm_dump(struct vmi_nl *nl, struct vmi_vec *vms);
int vmi_vm_new(struct vmi_nl *nl, const struct vmi_vm_spec *spec);
int vmi_vm_del(struct vmi_nl *nl, const char *name);
/* -ETIMEDOUT when the VMM has not answered in time */
int vmi_vm_command(struct vmi_nl *nl, const char *name, uint32_t command,
		   uint32_t timeout_ms);

int vmi_net_get(struct vmi_nl *nl, const char *name, struct vmi_net *net);
/* @nets: of struct vmi_net */
int vmi_net_dump(struct vmi_nl *nl, struct vmi_vec *nets);
int vmi_net_new(struct vmi_nl *nl, const struct vmi_net_spec *spec);
int vmi_net_set(struct vmi_nl *nl, const struct vmi_net_spec *spec);
int vmi_net_del(struct vmi_nl *nl, const char *name);

/* @vm, @net: only of these, or NULL; @ports: of struct vmi_port */
int vmi_port_dump(struct vmi_nl *nl, const char *vm, const char *net,
		  struct vmi_vec *ports);
int vmi_port_new(struct vmi_nl *nl, const struct vmi_port_spec *spec);
int vmi_port_get(struct vmi_nl *nl, uint32_t id, struct vmi_port *port);
int vmi_port_set_link(struct vmi_nl *nl, uint32_t id, bool up);
/* @ip: 0 for one of the kernel's choice */
int vmi_port_move(struct vmi_nl *nl, uint32_t id, const char *net, struct in_addr ip);
int vmi_port_set_policy(struct vmi_nl *nl, uint32_t id, const struct vmi_policy_spec *spec);

/* @net: only those of that one, or NULL; @forwards: of struct vmi_forward */
int vmi_forward_dump(struct vmi_nl *nl, const char *net, struct vmi_vec *forwards);
/* @forward: all but id, ip and connections */
int vmi_forward_new(struct vmi_nl *nl, const struct vmi_forward *forward);
/* @forward: net, proto, port and address */
int vmi_forward_del(struct vmi_nl *nl, const struct vmi_forward *forward);

/* appends to @reserves, of struct vmi_reserve */
int vmi_reserve_dump(struct vmi_nl *nl, const char *net, struct vmi_vec *reserves);
int vmi_reserve_new(struct vmi_nl *nl, const struct vmi_reserve *reserve);
/* @reserve: net and mac */
int vmi_reserve_del(struct vmi_nl *nl, const struct vmi_reserve *reserve);

/* appends to @entries, of struct vmi_fdb */
int vmi_fdb_dump(struct vmi_nl *nl, const char *net, struct vmi_vec *entries);

/*
 * Events after @since into @events, of struct vmi_event; @lost: how many are gone.
 * An event numbered 0 stands for those only.
 */
int vmi_event_dump(struct vmi_nl *nl, uint64_t since, struct vmi_vec *events,
		   uint64_t *lost);

#endif /* VMIC_CLIENT_H */

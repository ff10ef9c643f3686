/* SPDX-License-Identifier: GPL-2.0 */
/* Loaded modules. */
#ifndef VMIG_MODULE_H
#define VMIG_MODULE_H

#include "guest.h"
#include "vec.h"

#define GUEST_MODULES_MAX	16384
#define GUEST_MODULE_NAME_LEN	64
#define GUEST_MODULE_USERS_LEN	512

/* enum guest_module_state - as the kernel's enum module_state */
enum guest_module_state {
	GUEST_MODULE_LIVE,
	GUEST_MODULE_COMING,
	GUEST_MODULE_GOING,
	GUEST_MODULE_UNFORMED,
};

/**
 * struct guest_module - a module
 * @addr: of its struct module
 * @name: name
 * @users: modules that use it, separated by commas
 * @base: where its code begins
 * @text_bytes: of code from @base on
 * @size_bytes: of all it has
 * @refs: how often it is used
 * @taints: bits as the kernel's taint flags
 * @state: enum guest_module_state
 */
struct guest_module {
	uint64_t addr;
	char name[GUEST_MODULE_NAME_LEN];
	char users[GUEST_MODULE_USERS_LEN];
	uint64_t base;
	uint64_t text_bytes;
	uint64_t size_bytes;
	int32_t refs;
	uint64_t taints;
	uint32_t state;
};

/**
 * guest_modules() - what is loaded, the newest first
 * @g: guest
 * @modules: vector of struct guest_module, empty; to be freed with vmi_vec_free()
 *
 * Return: 0 or a negative errno, see guest_open().
 */
int guest_modules(struct guest *g, struct vmi_vec *modules);

/* Letters of taints as /proc/modules has them; @buf of GUEST_TAINTS_LEN. */
#define GUEST_TAINTS_LEN	65
char *guest_module_taints(uint64_t taints, char *buf);

#endif /* VMIG_MODULE_H */

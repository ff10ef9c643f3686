/* SPDX-License-Identifier: GPL-2.0 */
/* Definitions of VMs: the files, and what they say. */
#ifndef VMICTL_DEF_H
#define VMICTL_DEF_H

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "vec.h"

#include <linux/vmi_chr.h>

#define DEF_NETS_MAX	8
#define DEF_POLICY_LEN	512
#define DEF_APPEND_LEN	2048	/* an x86 kernel takes 2047 bytes */
#define DEF_APPEND	"console=ttyS0"
#define DEF_MEM_BYTES	(256ULL << 20)

/**
 * struct def_net - one network of a VM
 * @name: of the network
 * @has_mac: @mac is fixed
 * @mac: hardware address
 * @ip: fixed address, or 0
 * @queues: queue pairs, 0 for one a vCPU, as far as ports have them
 * @policy: what differs from the network's, as it was written; or empty
 */
struct def_net {
	char name[VMI_NAME_LEN];
	bool has_mac;
	uint8_t mac[6];
	struct in_addr ip;
	uint32_t queues;
	char policy[DEF_POLICY_LEN];
};

/**
 * struct def - a definition
 * @name: of the VM
 * @kernel: absolute path
 * @initrd: absolute path, or empty
 * @append: kernel command line
 * @mem_bytes: guest memory, whole MiB
 * @cpus: how many
 * @note: free text, or empty
 * @nnets: entries of @nets
 * @nets: in order of the ports
 */
struct def {
	char name[VMI_NAME_LEN];
	char kernel[PATH_MAX];
	char initrd[PATH_MAX];
	char append[DEF_APPEND_LEN];
	uint64_t mem_bytes;
	uint32_t cpus;
	char note[VMI_TEXT_LEN];
	unsigned int nnets;
	struct def_net nets[DEF_NETS_MAX];
};

/* Set what is not said. */
void def_init(struct def *def, const char *name);

/* One value under its key. Return: NULL, or what is wrong with it. */
const char *def_set(struct def *def, const char *key, const char *val);

/* Is there a definition of that name? */
bool def_exists(const char *name);

/* Return: 0, EXIT_NO_OBJECT silently when there is none, or an exit code after the message. */
int def_load(const char *name, struct def *def);

/* Write it, whole or not at all. Return: 0 or an exit code after the message. */
int def_save(const struct def *def, bool replace);

/* Return: 0 or an exit code after the message. */
int def_delete(const char *name);

/* Load all into @defs, of struct def; broken ones are told of and left out. */
int def_load_all(struct vmi_vec *defs);

/*
 * Keep others from starting the same definition. Return: an fd that holds the
 * lock (closed on exec), or -1 after the message.
 */
int def_lock(const char *name);

#endif /* VMICTL_DEF_H */

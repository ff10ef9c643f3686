/* SPDX-License-Identifier: GPL-2.0 */
#ifndef VMM_CPUID_H
#define VMM_CPUID_H

#include <linux/kvm.h>

/*
 * What vCPU @id of @cpus says of itself: what KVM supports, with the topology of one
 * socket whose cores have one thread each. The caller frees it. Return: NULL after fail().
 */
struct kvm_cpuid2 *cpuid_make(unsigned int id, unsigned int cpus);

#endif /* VMM_CPUID_H */

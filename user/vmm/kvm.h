/* SPDX-License-Identifier: GPL-2.0 */
/* KVM: the host's side of a machine, made anew for each boot of the guest. */
#ifndef VMM_KVM_H
#define VMM_KVM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/kvm.h>

/* Is there a KVM that can do this, with so many vCPUs? Return: 0, or -1 after fail(). */
int kvm_open(unsigned int cpus);

/* A VM with interrupt controllers and the guest's memory. Return: 0, or -1 after fail(). */
int kvm_create(void);

/* All vCPUs are closed. What was registered with this VM is forgotten. */
void kvm_destroy(void);

/* Return: a file descriptor, or -1 after fail(). */
int kvm_vcpu(unsigned int id);

/* bytes of the area that KVM shares with a vCPU's thread */
size_t kvm_run_bytes(void);

/* What the host's CPUs and KVM can do; the caller frees it. Return: NULL after fail(). */
struct kvm_cpuid2 *kvm_supported_cpuid(unsigned int room);

bool kvm_has(int cap);

/* KVM_GUESTDBG_* that it has. */
uint32_t kvm_debug_flags(void);

/* Set the level of an I/O APIC's pin. */
void kvm_irq_line(unsigned int gsi, bool level);

/*
 * Interrupts by message: routes are numbered from 0. With the device lock held.
 * Return: 0 or -1; a guest may ask for what KVM refuses, it loses its interrupt then.
 */
#define KVM_MSI_ROUTES_MAX	256
int kvm_msi_route(unsigned int route, uint64_t addr, uint32_t data);
int kvm_msi_irqfd(unsigned int route, int fd, bool assign);

/* A guest's write to @gpa, whatever it writes, signals @fd. Return: 0 or -1. */
int kvm_ioeventfd(uint64_t gpa, int fd, bool assign);

#endif /* VMM_KVM_H */

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MSI-X (PCI Local Bus 3.0 section 6.8.2): the table of a device's interrupt
 * messages. Each vector is an eventfd that KVM turns into the guest's interrupt; while
 * the vector is masked nobody takes the event off, so it is what the pending bit
 * shows, and KVM finds it when the vector is unmasked. Device lock held, but for
 * msix_init().
 */
#ifndef VMM_MSIX_H
#define VMM_MSIX_H

#include <stdbool.h>
#include <stdint.h>

#define MSIX_VECTORS_MAX	18	/* eight queue pairs, a control queue, the configuration */
#define MSIX_ENTRY_BYTES	16

/**
 * struct msix_vector - one of them
 * @fd: eventfd
 * @addr: message address
 * @data: message data
 * @masked: by its own bit
 * @live: KVM listens to @fd
 */
struct msix_vector {
	int fd;
	uint64_t addr;
	uint32_t data;
	bool masked;
	bool live;
};

/**
 * struct msix - a device's
 * @vectors: its vectors
 * @n: how many
 * @route: KVM's route of the first one
 * @on: the function has MSI-X enabled and not masked
 */
struct msix {
	struct msix_vector vectors[MSIX_VECTORS_MAX];
	unsigned int n;
	unsigned int route;
	bool on;
};

/* Return: 0, or -1 after fail(). */
int msix_init(struct msix *msix, unsigned int n);

/* All masked, disabled, nothing pending. */
void msix_reset(struct msix *msix);

/* Message control was written. */
void msix_control(struct msix *msix, uint16_t control);

uint64_t msix_table_read(const struct msix *msix, uint64_t off, unsigned int len);
void msix_table_write(struct msix *msix, uint64_t off, unsigned int len, uint64_t val);
uint64_t msix_pending_read(const struct msix *msix, uint64_t off, unsigned int len);

/* Return: the eventfd of a vector, or -1 when there is none of that number. */
int msix_fd(const struct msix *msix, unsigned int vector);

/* Interrupt the guest by a vector; one that does not exist is ignored. */
void msix_signal(const struct msix *msix, unsigned int vector);

#endif /* VMM_MSIX_H */

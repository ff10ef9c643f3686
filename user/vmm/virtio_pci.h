/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The PCI transport of virtio devices, virtio 1.2 section 4.1, modern only.
 *
 * A device fills in a struct virtio_dev and gets told when its driver is ready and
 * when it is not any more. Device lock held, but for virtio_pci_add().
 */
#ifndef VMM_VIRTIO_PCI_H
#define VMM_VIRTIO_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "msix.h"
#include "pci.h"

#define VIRTIO_QUEUES_MAX	(MSIX_VECTORS_MAX - 1)

/**
 * struct virtio_queue - a virtqueue, as its driver has set it up
 * @size: entries
 * @size_max: and at most
 * @enabled: to be used
 * @vector: of MSI-X
 * @desc: guest address of the descriptor area
 * @driver: of the driver area, the available ring
 * @device: of the device area, the used ring
 * @next: next available index to take, where a device that was stopped goes on
 * @kick: eventfd that a notification signals
 * @kick_gpa: where KVM looks for it, 0 for nowhere
 * @own: the device serves it in this process, and is told of notifications; set by @start, or not
 */
struct virtio_queue {
	uint16_t size;
	uint16_t size_max;
	bool enabled;
	uint16_t vector;
	uint64_t desc;
	uint64_t driver;
	uint64_t device;
	uint16_t next;
	int kick;
	uint64_t kick_gpa;
	bool own;
};

struct virtio_dev;

/**
 * struct virtio_ops - what a device does
 * @start: the driver is ready (DRIVER_OK). Return: 0, or -1 when it cannot be served
 * @stop: it is not any more; when this returns, the guest's memory is left alone
 * @reset: the driver begins anew; or NULL
 * @notified: the driver has notified of a queue that is the device's own, while started; or NULL
 * @config: its configuration space, of @config_bytes
 * @config_bytes: size
 */
struct virtio_ops {
	int (*start)(struct virtio_dev *dev);
	void (*stop)(struct virtio_dev *dev);
	void (*reset)(struct virtio_dev *dev);
	void (*notified)(struct virtio_dev *dev, unsigned int index);
	const void *(*config)(struct virtio_dev *dev);
	size_t config_bytes;
};

/**
 * struct virtio_dev - a device
 * @pci: its PCI side
 * @msix: vector 0 is that of the configuration, if the driver wants it so
 * @ops: what it does
 * @features: offered
 * @negotiated: what the driver has taken of them
 * @queues: its virtqueues
 * @nqueues: how many
 * @status: device status
 * @started: between start and stop
 * @generation: of the configuration space
 * @config_vector: interrupt of a change there
 * @isr: what the interrupt status register will say
 * @feature_word: selects a half of @features
 * @driver_word: likewise of @negotiated
 * @queue_select: selects a queue
 * @window: offset of the capability that gives access through the configuration space
 */
struct virtio_dev {
	struct pci_dev pci;
	struct msix msix;
	const struct virtio_ops *ops;
	uint64_t features;
	uint64_t negotiated;
	struct virtio_queue queues[VIRTIO_QUEUES_MAX];
	unsigned int nqueues;
	uint8_t status;
	bool started;
	uint8_t generation;
	uint16_t config_vector;
	uint8_t isr;
	uint32_t feature_word;
	uint32_t driver_word;
	uint16_t queue_select;
	unsigned int window;
};

/*
 * Add a device with @type (virtio 1.2 section 5) and PCI class; ops, features, nqueues
 * and the queues' size_max are set. Return: 0, or -1 after fail().
 */
int virtio_pci_add(struct virtio_dev *dev, uint16_t type, uint8_t class);

/* Tell the driver that the configuration space has changed. */
void virtio_pci_config_changed(struct virtio_dev *dev);

/* The driver has broken the rules: it has to reset the device. */
void virtio_pci_needs_reset(struct virtio_dev *dev);

#endif /* VMM_VIRTIO_PCI_H */

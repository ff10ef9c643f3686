/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PCI: one root bus, configuration by ports and by memory (ECAM), one memory BAR a
 * device. Interrupts are messages only. Called with the device lock held, but for
 * pci_init() and pci_add().
 */
#ifndef VMM_PCI_H
#define VMM_PCI_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.h"

#define PCI_CONFIG_BYTES	256

/* base classes */
#define PCI_CLASS_NETWORK	0x02
#define PCI_CLASS_BRIDGE	0x06

/**
 * struct pci_dev - a device, function 0 of its slot
 * @config: configuration space
 * @writable: the bits of it that the guest may change
 * @initial: what it is after a reset
 * @bar: BAR 0; its read and write are the device's, size 0 while it is not decoded
 * @bar_bytes: size of BAR 0, a power of two and at least 4096, or 0 for none
 * @caps_end: where the next capability goes
 * @last_cap: where the last one's pointer is
 * @read: fill @config before the guest reads it there, or NULL
 * @written: the guest has written @config there, or NULL
 * @reset: the machine is reset, @config is as at first
 */
struct pci_dev {
	uint8_t config[PCI_CONFIG_BYTES];
	uint8_t writable[PCI_CONFIG_BYTES];
	uint8_t initial[PCI_CONFIG_BYTES];
	struct range bar;
	uint32_t bar_bytes;
	uint8_t caps_end;
	uint8_t last_cap;
	void (*read)(struct pci_dev *dev, unsigned int off, unsigned int len);
	void (*written)(struct pci_dev *dev, unsigned int off, unsigned int len);
	void (*reset)(struct pci_dev *dev);
};

/* identification of a device, for pci_identify() */
struct pci_id {
	uint16_t vendor;
	uint16_t device;
	uint16_t sub_vendor;
	uint16_t sub_device;
	uint8_t revision;
	uint8_t class;
	uint8_t sub_class;
};

void pci_identify(struct pci_dev *dev, const struct pci_id *id);

/* A capability of @bytes, its header written. Return: its offset. */
unsigned int pci_add_cap(struct pci_dev *dev, uint8_t id, unsigned int bytes);

/* For use on config and writable, little-endian. */
void pci_put(uint8_t *bytes, unsigned int off, unsigned int len, uint32_t val);
uint32_t pci_get(const uint8_t *bytes, unsigned int off, unsigned int len);

/* Registers and the host bridge. */
void pci_init(void);

/* Put it into the next slot, for ever. Return: 0, or -1 after fail(). */
int pci_add(struct pci_dev *dev);

/* All devices as after power on, with addresses given as firmware does. */
void pci_reset(void);

#endif /* VMM_PCI_H */

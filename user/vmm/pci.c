// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "fail.h"
#include "layout.h"
#include "pci.h"

#define SLOTS		32
#define SLOT_SHIFT	15	/* in an ECAM address; function above 12 */
#define FUNCTION_SHIFT	12
#define REG_MASK	0xfff

#define ADDRESS_PORT	0xcf8
#define DATA_PORT	0xcfc
#define ADDRESS_ENABLE	(1U << 31)

#define BRIDGE_VENDOR	0x1b36	/* a generic PCI Express host bridge */
#define BRIDGE_DEVICE	0x0008

static struct pci_dev *slots[SLOTS];
static unsigned int nslots;
static uint32_t address;	/* device lock */

void pci_put(uint8_t *bytes, unsigned int off, unsigned int len, uint32_t val)
{
	unsigned int i;

	for (i = 0; i < len; i++)
		bytes[off + i] = (uint8_t)(val >> (8 * i));
}

uint32_t pci_get(const uint8_t *bytes, unsigned int off, unsigned int len)
{
	uint32_t val = 0;
	unsigned int i;

	for (i = 0; i < len; i++)
		val |= (uint32_t)bytes[off + i] << (8 * i);
	return val;
}

void pci_identify(struct pci_dev *dev, const struct pci_id *id)
{
	uint8_t *c = dev->config;

	pci_put(c, PCI_VENDOR_ID, 2, id->vendor);
	pci_put(c, PCI_DEVICE_ID, 2, id->device);
	pci_put(c, PCI_REVISION_ID, 1, id->revision);
	pci_put(c, PCI_CLASS_DEVICE, 1, id->sub_class);
	pci_put(c, PCI_CLASS_DEVICE + 1, 1, id->class);
	pci_put(c, PCI_SUBSYSTEM_VENDOR_ID, 2, id->sub_vendor);
	pci_put(c, PCI_SUBSYSTEM_ID, 2, id->sub_device);
	pci_put(dev->writable, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
		PCI_COMMAND_INTX_DISABLE);
	pci_put(dev->writable, PCI_CACHE_LINE_SIZE, 1, 0xff);
	pci_put(dev->writable, PCI_INTERRUPT_LINE, 1, 0xff);
	dev->caps_end = PCI_STD_HEADER_SIZEOF;
	dev->last_cap = PCI_CAPABILITY_LIST;
}

unsigned int pci_add_cap(struct pci_dev *dev, uint8_t id, unsigned int bytes)
{
	unsigned int at = dev->caps_end;

	dev->config[dev->last_cap] = (uint8_t)at;
	dev->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
	dev->config[at] = id;
	dev->last_cap = (uint8_t)(at + 1);
	dev->caps_end = (uint8_t)(at + ((bytes + 3) & ~3U));
	return at;
}

/* Answer where the guest says, if it wants to have it answered. */
static void decode(struct pci_dev *dev)
{
	bool on = pci_get(dev->config, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;

	if (!dev->bar_bytes)
		return;
	dev->bar.base = pci_get(dev->config, PCI_BASE_ADDRESS_0, 4) & PCI_BASE_ADDRESS_MEM_MASK;
	dev->bar.size = on ? dev->bar_bytes : 0;
}

static bool covers(unsigned int off, unsigned int len, unsigned int reg, unsigned int bytes)
{
	return off < reg + bytes && reg < off + len;
}

static void config_write(struct pci_dev *dev, unsigned int off, unsigned int len, uint32_t val)
{
	unsigned int i;

	for (i = 0; i < len; i++) {
		uint8_t mask = dev->writable[off + i];
		uint8_t byte = (uint8_t)(val >> (8 * i));

		dev->config[off + i] = (uint8_t)((dev->config[off + i] & ~mask) | (byte & mask));
	}
	if (covers(off, len, PCI_COMMAND, 2) || covers(off, len, PCI_BASE_ADDRESS_0, 4))
		decode(dev);
	if (dev->written)
		dev->written(dev, off, len);
}

/* @where as in an ECAM address. Return: all ones where there is nothing. */
static uint32_t read_where(uint32_t where, unsigned int len)
{
	struct pci_dev *dev = slots[where >> SLOT_SHIFT & (SLOTS - 1)];
	unsigned int off = where & REG_MASK;

	if (!dev || where >> FUNCTION_SHIFT & 7)
		return UINT32_MAX;
	if (off + len > PCI_CONFIG_BYTES)
		return 0;
	if (dev->read)
		dev->read(dev, off, len);
	return pci_get(dev->config, off, len);
}

static void write_where(uint32_t where, unsigned int len, uint32_t val)
{
	struct pci_dev *dev = slots[where >> SLOT_SHIFT & (SLOTS - 1)];
	unsigned int off = where & REG_MASK;

	if (dev && !(where >> FUNCTION_SHIFT & 7) && off + len <= PCI_CONFIG_BYTES)
		config_write(dev, off, len, val);
}

static uint64_t ecam_read(struct range *range, uint64_t off, unsigned int len)
{
	(void)range;
	return len > 4 ? UINT64_MAX : read_where((uint32_t)off, len);
}

static void ecam_write(struct range *range, uint64_t off, unsigned int len, uint64_t val)
{
	(void)range;
	if (len <= 4)
		write_where((uint32_t)off, len, (uint32_t)val);
}

static uint64_t address_read(struct range *range, uint64_t off, unsigned int len)
{
	(void)range;
	return len == 4 && !off ? address : UINT64_MAX;
}

static void address_write(struct range *range, uint64_t off, unsigned int len, uint64_t val)
{
	(void)range;
	if (len == 4 && !off)
		address = (uint32_t)val;
}

/* Bus, device, function and register of the address port. Return: false for none of ours. */
static bool data_where(uint64_t off, unsigned int len, uint32_t *where)
{
	if (!(address & ADDRESS_ENABLE) || address >> 16 & 0xff || off + len > 4)
		return false;
	*where = (address & 0xff00) << 4 | (address & 0xfc) | (uint32_t)off;
	return true;
}

static uint64_t data_read(struct range *range, uint64_t off, unsigned int len)
{
	uint32_t where;

	(void)range;
	return data_where(off, len, &where) ? read_where(where, len) : UINT64_MAX;
}

static void data_write(struct range *range, uint64_t off, unsigned int len, uint64_t val)
{
	uint32_t where;

	(void)range;
	if (data_where(off, len, &where))
		write_where(where, len, (uint32_t)val);
}

static struct range ecam_range = {
	.base = LAYOUT_ECAM, .size = LAYOUT_ECAM_SIZE, .read = ecam_read, .write = ecam_write,
};

static struct range address_range = {
	.base = ADDRESS_PORT, .size = 4, .read = address_read, .write = address_write,
};

static struct range data_range = {
	.base = DATA_PORT, .size = 4, .read = data_read, .write = data_write,
};

static struct pci_dev bridge;

void pci_init(void)
{
	static const struct pci_id id = {
		.vendor = BRIDGE_VENDOR, .device = BRIDGE_DEVICE, .class = PCI_CLASS_BRIDGE,
	};

	bus_add(BUS_MEM, &ecam_range);
	bus_add(BUS_PORTS, &address_range);
	bus_add(BUS_PORTS, &data_range);
	pci_identify(&bridge, &id);
	pci_add(&bridge);
}

int pci_add(struct pci_dev *dev)
{
	if (nslots == SLOTS)
		return fail("the machine has no room for more than %d devices", SLOTS - 1);
	memcpy(dev->initial, dev->config, sizeof(dev->initial));
	if (dev->bar_bytes) {
		pci_put(dev->writable, PCI_BASE_ADDRESS_0, 4, ~(dev->bar_bytes - 1));
		bus_add(BUS_MEM, &dev->bar);
	}
	slots[nslots++] = dev;
	return 0;
}

void pci_reset(void)
{
	uint32_t base = LAYOUT_PCI_MEM;
	unsigned int i;

	address = 0;
	for (i = 0; i < nslots; i++) {
		struct pci_dev *dev = slots[i];

		memcpy(dev->config, dev->initial, sizeof(dev->config));
		if (dev->bar_bytes) {
			base = (base + dev->bar_bytes - 1) & ~(dev->bar_bytes - 1);
			pci_put(dev->config, PCI_BASE_ADDRESS_0, 4, base);
			base += dev->bar_bytes;
		}
		decode(dev);
		if (dev->reset)
			dev->reset(dev);
	}
}

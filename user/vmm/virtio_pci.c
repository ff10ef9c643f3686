// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>

#include <linux/pci_regs.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>

#include "fail.h"
#include "kvm.h"
#include "virtio_pci.h"

#define VENDOR		0x1af4
#define DEVICE_BASE	0x1040	/* of modern devices; the type is added */
#define REVISION	1

/* BAR 0, a page for each part */
#define AT_COMMON	0x0000
#define AT_ISR		0x1000
#define AT_CONFIG	0x2000
#define AT_NOTIFY	0x3000
#define AT_MSIX		0x4000
#define AT_PENDING	0x5000
#define BAR_BYTES	0x8000
#define PART_BYTES	0x1000
#define NOTIFY_STEP	4	/* bytes between the notification addresses of two queues */

#define ISR_QUEUE	1
#define ISR_CONFIG	2

#define NO_VECTOR	VIRTIO_MSI_NO_VECTOR

static struct virtio_dev *dev_of_pci(struct pci_dev *pci)
{
	return (struct virtio_dev *)((char *)pci - offsetof(struct virtio_dev, pci));
}

static struct virtio_dev *dev_of_bar(struct range *bar)
{
	return dev_of_pci((struct pci_dev *)((char *)bar - offsetof(struct pci_dev, bar)));
}

static struct virtio_queue *selected(struct virtio_dev *dev)
{
	return dev->queue_select < dev->nqueues ? &dev->queues[dev->queue_select] : NULL;
}

/* ---- notifications ---- */

/* Have KVM catch the guest's notifications where the BAR is now, if it is anywhere. */
static void place_kicks(struct virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nqueues; i++) {
		struct virtio_queue *q = &dev->queues[i];
		uint64_t gpa = 0;

		if (dev->pci.bar.size && !q->own)
			gpa = dev->pci.bar.base + AT_NOTIFY + i * NOTIFY_STEP;
		if (gpa == q->kick_gpa)
			continue;
		if (q->kick_gpa)
			kvm_ioeventfd(q->kick_gpa, q->kick, false);
		/* else bus_access() gets them: slower, and as good */
		q->kick_gpa = gpa && !kvm_ioeventfd(gpa, q->kick, true) ? gpa : 0;
	}
}

/* ---- life of the driver ---- */

static void stop(struct virtio_dev *dev)
{
	if (dev->started)
		dev->ops->stop(dev);
	dev->started = false;
}

static void reset_queues(struct virtio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < dev->nqueues; i++) {
		struct virtio_queue *q = &dev->queues[i];

		q->size = q->size_max;
		q->enabled = false;
		q->vector = NO_VECTOR;
		q->desc = q->driver = q->device = 0;
		q->next = 0;
		q->own = false;
	}
}

static void reset(struct virtio_dev *dev)
{
	stop(dev);
	reset_queues(dev);
	if (dev->ops->reset)
		dev->ops->reset(dev);
	dev->negotiated = 0;
	dev->status = 0;
	dev->isr = 0;
	dev->config_vector = NO_VECTOR;
	dev->feature_word = dev->driver_word = 0;
	dev->queue_select = 0;
}

static void signal_config(struct virtio_dev *dev)
{
	dev->isr |= ISR_CONFIG;
	msix_signal(&dev->msix, dev->config_vector);
}

void virtio_pci_config_changed(struct virtio_dev *dev)
{
	dev->generation++;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		signal_config(dev);
}

void virtio_pci_needs_reset(struct virtio_dev *dev)
{
	if (dev->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	dev->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	if (dev->status & VIRTIO_CONFIG_S_DRIVER_OK)
		signal_config(dev);
}

static void start(struct virtio_dev *dev)
{
	if (dev->started)
		return;
	if (!(dev->status & VIRTIO_CONFIG_S_FEATURES_OK) || dev->ops->start(dev))
		virtio_pci_needs_reset(dev);
	else
		dev->started = true;
	/* the device may have chosen to serve one by itself */
	place_kicks(dev);
}

static void write_status(struct virtio_dev *dev, uint8_t status)
{
	uint8_t news = status & (uint8_t)~dev->status;

	if (!status) {
		reset(dev);
		place_kicks(dev);
		return;
	}
	/* a driver can only add to it */
	dev->status |= status & (uint8_t)~VIRTIO_CONFIG_S_NEEDS_RESET;
	if (news & VIRTIO_CONFIG_S_FEATURES_OK &&
	    (dev->negotiated & ~dev->features || !(dev->negotiated & 1ULL << VIRTIO_F_VERSION_1)))
		dev->status &= (uint8_t)~VIRTIO_CONFIG_S_FEATURES_OK;
	if (news & VIRTIO_CONFIG_S_DRIVER_OK)
		start(dev);
}

/* A vector that is changed under way: whoever serves the queue has to learn it. */
static void write_vector(struct virtio_dev *dev, struct virtio_queue *q, uint16_t vector)
{
	vector = vector < dev->msix.n ? vector : NO_VECTOR;
	if (vector == q->vector)
		return;
	q->vector = vector;
	if (!dev->started)
		return;
	stop(dev);
	start(dev);
}

/* ---- the common configuration, section 4.1.4.3 ---- */

static void write_driver_features(struct virtio_dev *dev, uint32_t val)
{
	if (dev->status & VIRTIO_CONFIG_S_FEATURES_OK || dev->driver_word > 1)
		return;
	if (dev->driver_word)
		dev->negotiated = (dev->negotiated & 0xffffffff) | (uint64_t)val << 32;
	else
		dev->negotiated = (dev->negotiated & ~UINT64_C(0xffffffff)) | val;
}

static void set_half(uint64_t *address, unsigned int len, bool high, uint64_t val)
{
	if (len == 8)
		*address = val;
	else if (high)
		*address = (*address & 0xffffffff) | val << 32;
	else
		*address = (*address & ~UINT64_C(0xffffffff)) | (uint32_t)val;
}

static bool power_of_two(uint64_t val)
{
	return val && !(val & (val - 1));
}

static void write_queue(struct virtio_dev *dev, uint64_t off, unsigned int len, uint64_t val)
{
	struct virtio_queue *q = selected(dev);

	if (!q)
		return;
	if (off == VIRTIO_PCI_COMMON_Q_MSIX) {
		write_vector(dev, q, (uint16_t)val);
		return;
	}
	/* section 4.1.4.3.2: the rest is fixed once the queue is enabled */
	if (q->enabled)
		return;
	switch (off) {
	case VIRTIO_PCI_COMMON_Q_SIZE:
		if (power_of_two(val & 0xffff) && (val & 0xffff) <= q->size_max)
			q->size = (uint16_t)val;
		break;
	case VIRTIO_PCI_COMMON_Q_ENABLE:
		q->enabled = val == 1;
		break;
	case VIRTIO_PCI_COMMON_Q_DESCLO:
	case VIRTIO_PCI_COMMON_Q_DESCHI:
		set_half(&q->desc, len, off == VIRTIO_PCI_COMMON_Q_DESCHI, val);
		break;
	case VIRTIO_PCI_COMMON_Q_AVAILLO:
	case VIRTIO_PCI_COMMON_Q_AVAILHI:
		set_half(&q->driver, len, off == VIRTIO_PCI_COMMON_Q_AVAILHI, val);
		break;
	case VIRTIO_PCI_COMMON_Q_USEDLO:
	case VIRTIO_PCI_COMMON_Q_USEDHI:
		set_half(&q->device, len, off == VIRTIO_PCI_COMMON_Q_USEDHI, val);
		break;
	}
}

static void write_common(struct virtio_dev *dev, uint64_t off, unsigned int len, uint64_t val)
{
	switch (off) {
	case VIRTIO_PCI_COMMON_DFSELECT:
		dev->feature_word = (uint32_t)val;
		break;
	case VIRTIO_PCI_COMMON_GFSELECT:
		dev->driver_word = (uint32_t)val;
		break;
	case VIRTIO_PCI_COMMON_GF:
		write_driver_features(dev, (uint32_t)val);
		break;
	case VIRTIO_PCI_COMMON_MSIX:
		dev->config_vector = val < dev->msix.n ? (uint16_t)val : NO_VECTOR;
		break;
	case VIRTIO_PCI_COMMON_STATUS:
		write_status(dev, (uint8_t)val);
		break;
	case VIRTIO_PCI_COMMON_Q_SELECT:
		dev->queue_select = (uint16_t)val;
		break;
	default:
		write_queue(dev, off, len, val);
	}
}

static uint32_t feature_word(uint64_t features, uint32_t word)
{
	return word > 1 ? 0 : (uint32_t)(features >> (32 * word));
}

/* The structure as it is now. */
static void fill_common(struct virtio_dev *dev, uint8_t *common)
{
	const struct virtio_queue *q = selected(dev);
	struct virtio_pci_common_cfg cfg = {
		.device_feature_select = dev->feature_word,
		.device_feature = feature_word(dev->features, dev->feature_word),
		.guest_feature_select = dev->driver_word,
		.guest_feature = feature_word(dev->negotiated, dev->driver_word),
		.msix_config = dev->config_vector,
		.num_queues = (uint16_t)dev->nqueues,
		.device_status = dev->status,
		.config_generation = dev->generation,
		.queue_select = dev->queue_select,
	};

	/* the size of a queue that does not exist is 0 */
	if (q) {
		cfg.queue_size = q->size;
		cfg.queue_msix_vector = q->vector;
		cfg.queue_enable = q->enabled;
		cfg.queue_notify_off = dev->queue_select;
		cfg.queue_desc_lo = (uint32_t)q->desc;
		cfg.queue_desc_hi = (uint32_t)(q->desc >> 32);
		cfg.queue_avail_lo = (uint32_t)q->driver;
		cfg.queue_avail_hi = (uint32_t)(q->driver >> 32);
		cfg.queue_used_lo = (uint32_t)q->device;
		cfg.queue_used_hi = (uint32_t)(q->device >> 32);
	}
	memcpy(common, &cfg, sizeof(cfg));
}

/* ---- BAR 0 ---- */

/* A notification that KVM has not caught. */
static void notified(struct virtio_dev *dev, unsigned int index)
{
	struct virtio_queue *q = &dev->queues[index];

	if (!q->own)
		eventfd_write(q->kick, 1);
	else if (dev->started)
		dev->ops->notified(dev, index);
}

/* @len bytes at @off of @bytes; what is beyond them is zero. */
static uint64_t slice(const void *bytes, size_t size, uint64_t off, unsigned int len)
{
	uint64_t val = 0;

	if (off + len <= size)
		memcpy(&val, (const uint8_t *)bytes + off, len);
	return val;
}

static uint64_t bar_read(struct range *bar, uint64_t off, unsigned int len)
{
	struct virtio_dev *dev = dev_of_bar(bar);
	uint64_t at = off & (PART_BYTES - 1);
	uint8_t common[sizeof(struct virtio_pci_common_cfg)];
	uint64_t val = 0;

	switch (off & ~(uint64_t)(PART_BYTES - 1)) {
	case AT_COMMON:
		fill_common(dev, common);
		return slice(common, sizeof(common), at, len);
	case AT_ISR:
		if (!at) {
			val = dev->isr;
			dev->isr = 0;
		}
		return val;
	case AT_CONFIG:
		return slice(dev->ops->config(dev), dev->ops->config_bytes, at, len);
	case AT_MSIX:
		return msix_table_read(&dev->msix, at, len);
	case AT_PENDING:
		return msix_pending_read(&dev->msix, at, len);
	default:
		return 0;
	}
}

static void bar_write(struct range *bar, uint64_t off, unsigned int len, uint64_t val)
{
	struct virtio_dev *dev = dev_of_bar(bar);
	uint64_t at = off & (PART_BYTES - 1);

	switch (off & ~(uint64_t)(PART_BYTES - 1)) {
	case AT_COMMON:
		write_common(dev, at, len, val);
		break;
	case AT_NOTIFY:
		if (at / NOTIFY_STEP < dev->nqueues)
			notified(dev, (unsigned int)at / NOTIFY_STEP);
		break;
	case AT_MSIX:
		msix_table_write(&dev->msix, at, len, val);
		break;
	}
}

/* ---- configuration space ---- */

#define CAP_BAR		offsetof(struct virtio_pci_cap, bar)
#define CAP_OFFSET	offsetof(struct virtio_pci_cap, offset)
#define CAP_LENGTH	offsetof(struct virtio_pci_cap, length)
#define CAP_DATA	sizeof(struct virtio_pci_cap)	/* of the window, see add_window() */

/* Where the window shows. Return: false when nowhere. */
static bool window_at(const struct virtio_dev *dev, uint32_t *off, unsigned int *len)
{
	const uint8_t *cap = dev->pci.config + dev->window;

	*off = pci_get(cap, CAP_OFFSET, 4);
	*len = pci_get(cap, CAP_LENGTH, 4);
	return !cap[CAP_BAR] && (*len == 1 || *len == 2 || *len == 4) &&
	       *off < BAR_BYTES && !(*off % *len);
}

static bool is_window(const struct virtio_dev *dev, unsigned int off)
{
	return off == dev->window + CAP_DATA;
}

static void config_read(struct pci_dev *pci, unsigned int off, unsigned int len)
{
	struct virtio_dev *dev = dev_of_pci(pci);
	unsigned int width;
	uint32_t at;

	(void)len;
	if (is_window(dev, off) && window_at(dev, &at, &width))
		pci_put(pci->config, off, width, (uint32_t)bar_read(&pci->bar, at, width));
}

static void config_written(struct pci_dev *pci, unsigned int off, unsigned int len)
{
	struct virtio_dev *dev = dev_of_pci(pci);
	unsigned int width;
	uint32_t at;

	(void)len;
	if (is_window(dev, off) && window_at(dev, &at, &width))
		bar_write(&pci->bar, at, width, pci_get(pci->config, off, width));
	msix_control(&dev->msix, (uint16_t)pci_get(pci->config,
						   PCI_STD_HEADER_SIZEOF + PCI_MSIX_FLAGS, 2));
	place_kicks(dev);
}

static void pci_was_reset(struct pci_dev *pci)
{
	struct virtio_dev *dev = dev_of_pci(pci);
	unsigned int i;

	reset(dev);
	msix_reset(&dev->msix);
	/* KVM forgot them, or never knew */
	for (i = 0; i < dev->nqueues; i++)
		dev->queues[i].kick_gpa = 0;
	place_kicks(dev);
}

/* the first capability, as config_written() has it */
static void add_msix(struct virtio_dev *dev)
{
	unsigned int at = pci_add_cap(&dev->pci, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);

	pci_put(dev->pci.config, at + PCI_MSIX_FLAGS, 2, dev->msix.n - 1);
	pci_put(dev->pci.writable, at + PCI_MSIX_FLAGS, 2,
		PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	pci_put(dev->pci.config, at + PCI_MSIX_TABLE, 4, AT_MSIX);
	pci_put(dev->pci.config, at + PCI_MSIX_PBA, 4, AT_PENDING);
}

static unsigned int add_virtio_cap(struct virtio_dev *dev, uint8_t type, uint32_t off,
				   uint32_t bytes, unsigned int extra)
{
	unsigned int len = (unsigned int)sizeof(struct virtio_pci_cap) + extra;
	unsigned int at = pci_add_cap(&dev->pci, PCI_CAP_ID_VNDR, len);
	uint8_t *cap = dev->pci.config + at;

	cap[offsetof(struct virtio_pci_cap, cap_len)] = (uint8_t)len;
	cap[offsetof(struct virtio_pci_cap, cfg_type)] = type;
	pci_put(cap, CAP_OFFSET, 4, off);
	pci_put(cap, CAP_LENGTH, 4, bytes);
	return at;
}

/* section 4.1.4.9: access without the BAR, for firmware; a data word follows */
static void add_window(struct virtio_dev *dev)
{
	dev->window = add_virtio_cap(dev, VIRTIO_PCI_CAP_PCI_CFG, 0, 0, 4);
	memset(dev->pci.writable + dev->window + CAP_BAR, 0xff, 1);
	memset(dev->pci.writable + dev->window + CAP_OFFSET, 0xff, 12);
}

static void add_caps(struct virtio_dev *dev)
{
	unsigned int at;

	add_msix(dev);
	add_virtio_cap(dev, VIRTIO_PCI_CAP_COMMON_CFG, AT_COMMON,
		       sizeof(struct virtio_pci_common_cfg), 0);
	add_virtio_cap(dev, VIRTIO_PCI_CAP_ISR_CFG, AT_ISR, 1, 0);
	add_virtio_cap(dev, VIRTIO_PCI_CAP_DEVICE_CFG, AT_CONFIG, (uint32_t)dev->ops->config_bytes, 0);
	at = add_virtio_cap(dev, VIRTIO_PCI_CAP_NOTIFY_CFG, AT_NOTIFY, dev->nqueues * NOTIFY_STEP, 4);
	pci_put(dev->pci.config, at + (unsigned int)sizeof(struct virtio_pci_cap), 4, NOTIFY_STEP);
	add_window(dev);
}

int virtio_pci_add(struct virtio_dev *dev, uint16_t type, uint8_t class)
{
	const struct pci_id id = {
		.vendor = VENDOR, .device = (uint16_t)(DEVICE_BASE + type),
		.sub_vendor = VENDOR, .sub_device = (uint16_t)(DEVICE_BASE + type),
		.revision = REVISION, .class = class,
	};
	unsigned int i;

	if (msix_init(&dev->msix, dev->nqueues + 1))
		return -1;
	for (i = 0; i < dev->nqueues; i++) {
		dev->queues[i].kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (dev->queues[i].kick < 0)
			return fail_errno(errno, "cannot make an eventfd");
	}
	dev->pci.bar.read = bar_read;
	dev->pci.bar.write = bar_write;
	dev->pci.bar_bytes = BAR_BYTES;
	dev->pci.read = config_read;
	dev->pci.written = config_written;
	dev->pci.reset = pci_was_reset;
	pci_identify(&dev->pci, &id);
	add_caps(dev);
	return pci_add(&dev->pci);
}

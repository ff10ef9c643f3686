// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <linux/pci_regs.h>

#include "fail.h"
#include "kvm.h"
#include "msix.h"

/* words of a table entry */
enum { ADDR_LOW, ADDR_HIGH, DATA, CONTROL, WORDS };

static unsigned int routes;	/* given out so far */

int msix_init(struct msix *msix, unsigned int n)
{
	unsigned int i;

	if (routes + n > KVM_MSI_ROUTES_MAX)
		return fail("the machine has no more than %d interrupts", KVM_MSI_ROUTES_MAX);
	msix->n = n;
	msix->route = routes;
	routes += n;
	for (i = 0; i < n; i++) {
		msix->vectors[i].fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (msix->vectors[i].fd < 0)
			return fail_errno(errno, "cannot make an eventfd");
		msix->vectors[i].masked = true;
	}
	return 0;
}

/* Have KVM listen where, and only where, the guest wants to be interrupted. */
static void update(struct msix *msix, unsigned int i)
{
	struct msix_vector *v = &msix->vectors[i];
	bool want = msix->on && !v->masked;

	if (want == v->live)
		return;
	if (want && kvm_msi_route(msix->route + i, v->addr, v->data))
		return;
	if (!kvm_msi_irqfd(msix->route + i, v->fd, want))
		v->live = want;
}

static void update_all(struct msix *msix)
{
	unsigned int i;

	for (i = 0; i < msix->n; i++)
		update(msix, i);
}

void msix_reset(struct msix *msix)
{
	eventfd_t count;
	unsigned int i;

	msix->on = false;
	update_all(msix);
	for (i = 0; i < msix->n; i++) {
		struct msix_vector *v = &msix->vectors[i];

		v->addr = 0;
		v->data = 0;
		v->masked = true;
		v->live = false;
		eventfd_read(v->fd, &count);
	}
}

void msix_control(struct msix *msix, uint16_t control)
{
	msix->on = (control & PCI_MSIX_FLAGS_ENABLE) && !(control & PCI_MSIX_FLAGS_MASKALL);
	update_all(msix);
}

static uint32_t word(const struct msix_vector *v, unsigned int i)
{
	switch (i) {
	case ADDR_LOW:
		return (uint32_t)v->addr;
	case ADDR_HIGH:
		return (uint32_t)(v->addr >> 32);
	case DATA:
		return v->data;
	default:
		return v->masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
	}
}

static void set_word(struct msix_vector *v, unsigned int i, uint32_t val)
{
	switch (i) {
	case ADDR_LOW:
		v->addr = (v->addr & ~UINT64_C(0xffffffff)) | val;
		break;
	case ADDR_HIGH:
		v->addr = (v->addr & 0xffffffff) | (uint64_t)val << 32;
		break;
	case DATA:
		v->data = val;
		break;
	default:
		v->masked = val & PCI_MSIX_ENTRY_CTRL_MASKBIT;
	}
}

/* only whole words and pairs of them may be accessed (section 6.8.2.6) */
static bool aligned(uint64_t off, unsigned int len)
{
	return (len == 4 || len == 8) && !(off % len);
}

uint64_t msix_table_read(const struct msix *msix, uint64_t off, unsigned int len)
{
	uint64_t i = off / MSIX_ENTRY_BYTES;
	unsigned int first = (unsigned int)(off % MSIX_ENTRY_BYTES / 4);
	uint64_t val;

	if (!aligned(off, len) || i >= msix->n)
		return 0;
	val = word(&msix->vectors[i], first);
	if (len == 8)
		val |= (uint64_t)word(&msix->vectors[i], first + 1) << 32;
	return val;
}

void msix_table_write(struct msix *msix, uint64_t off, unsigned int len, uint64_t val)
{
	uint64_t i = off / MSIX_ENTRY_BYTES;
	unsigned int first = (unsigned int)(off % MSIX_ENTRY_BYTES / 4);
	struct msix_vector *v;

	if (!aligned(off, len) || i >= msix->n)
		return;
	v = &msix->vectors[i];
	set_word(v, first, (uint32_t)val);
	if (len == 8)
		set_word(v, first + 1, (uint32_t)(val >> 32));
	/* a message that changes under way goes to the new place at once */
	if (v->live && !v->masked)
		kvm_msi_route(msix->route + (unsigned int)i, v->addr, v->data);
	update(msix, (unsigned int)i);
}

static bool pending(const struct msix_vector *v)
{
	struct pollfd pfd = { .fd = v->fd, .events = POLLIN };

	return !v->live && poll(&pfd, 1, 0) == 1;
}

uint64_t msix_pending_read(const struct msix *msix, uint64_t off, unsigned int len)
{
	uint64_t bits = 0;
	unsigned int i;

	if (!aligned(off, len) || off >= 8)
		return 0;
	for (i = 0; i < msix->n; i++)
		bits |= (uint64_t)pending(&msix->vectors[i]) << i;
	return bits >> (8 * off);
}

int msix_fd(const struct msix *msix, unsigned int vector)
{
	return vector < msix->n ? msix->vectors[vector].fd : -1;
}

void msix_signal(const struct msix *msix, unsigned int vector)
{
	if (vector < msix->n)
		eventfd_write(msix->vectors[vector].fd, 1);
}

// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fail.h"
#include "kvm.h"
#include "layout.h"
#include "ram.h"

#define PATH	"/dev/kvm"

static const struct {
	int cap;
	const char *name;
} needed[] = {
	{ KVM_CAP_IRQCHIP, "interrupt controllers" },
	{ KVM_CAP_USER_MEMORY, "user memory" },
	{ KVM_CAP_EXT_CPUID, "CPUID" },
	{ KVM_CAP_IRQ_ROUTING, "interrupt routing" },
	{ KVM_CAP_IRQFD, "irqfd" },
	{ KVM_CAP_IOEVENTFD, "ioeventfd" },
	{ KVM_CAP_IOEVENTFD_ANY_LENGTH, "ioeventfd of any length" },
	{ KVM_CAP_SIGNAL_MSI, "MSI" },
	{ KVM_CAP_IMMEDIATE_EXIT, "immediate exits" },
};

static int kvm = -1, vm = -1;
static size_t run_bytes;
static uint32_t debug_flags;
static struct {
	uint64_t addr;
	uint32_t data;
	bool used;
} msis[KVM_MSI_ROUTES_MAX];

bool kvm_has(int cap)
{
	return ioctl(kvm, KVM_CHECK_EXTENSION, cap) > 0;
}

uint32_t kvm_debug_flags(void)
{
	return debug_flags;
}

int kvm_open(unsigned int cpus)
{
	unsigned int i;
	int ret;

	kvm = open(PATH, O_RDWR | O_CLOEXEC);
	if (kvm < 0 && errno == ENOENT)
		return fail("there is no " PATH ": load kvm-intel or kvm-amd, and see whether the "
			    "firmware allows virtualization");
	if (kvm < 0 && (errno == EACCES || errno == EPERM))
		return fail("no permission for " PATH ": be a member of its group");
	if (kvm < 0)
		return fail_errno(errno, "cannot open " PATH);
	if (ioctl(kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
		return fail(PATH " is of another version than %d", KVM_API_VERSION);
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!kvm_has(needed[i].cap))
			return fail("this kernel's KVM lacks %s", needed[i].name);
	ret = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_MAX_VCPUS);
	if (ret > 0 && cpus > (unsigned int)ret)
		return fail("%u vCPUs are more than this host's KVM can have, %d", cpus, ret);
	ret = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (ret < (int)sizeof(struct kvm_run))
		return fail("KVM says nonsense of its vCPUs");
	run_bytes = (size_t)ret;
	ret = ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_SET_GUEST_DEBUG2);
	debug_flags = ret > 0 ? (uint32_t)ret : 0;
	return 0;
}

static int set_memory(void)
{
	unsigned int i, n;
	const struct ram_region *r = ram_regions(&n);

	for (i = 0; i < n; i++) {
		struct kvm_userspace_memory_region slot = {
			.slot = i,
			.guest_phys_addr = r[i].gpa,
			.memory_size = r[i].size,
			.userspace_addr = (uintptr_t)r[i].host,
		};

		if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot))
			return fail_errno(errno, "KVM refuses the guest's memory");
	}
	return 0;
}

static int set_routes(void)
{
	static struct {
		struct kvm_irq_routing head;
		struct kvm_irq_routing_entry entries[LAYOUT_GSIS + KVM_MSI_ROUTES_MAX];
	} table;
	struct kvm_irq_routing_entry *e = table.entries;
	unsigned int i;

	memset(&table, 0, sizeof(table));
	for (i = 0; i < LAYOUT_GSIS; i++, e++) {
		e->gsi = i;
		e->type = KVM_IRQ_ROUTING_IRQCHIP;
		e->u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		e->u.irqchip.pin = i;
	}
	for (i = 0; i < KVM_MSI_ROUTES_MAX; i++) {
		if (!msis[i].used)
			continue;
		e->gsi = LAYOUT_GSIS + i;
		e->type = KVM_IRQ_ROUTING_MSI;
		e->u.msi.address_lo = (uint32_t)msis[i].addr;
		e->u.msi.address_hi = (uint32_t)(msis[i].addr >> 32);
		e->u.msi.data = msis[i].data;
		e++;
	}
	table.head.nr = (uint32_t)(e - table.entries);
	return ioctl(vm, KVM_SET_GSI_ROUTING, &table) ? -1 : 0;
}

int kvm_create(void)
{
	uint64_t identity = LAYOUT_IDENTITY_MAP;

	do {
		vm = ioctl(kvm, KVM_CREATE_VM, 0);
	} while (vm < 0 && errno == EINTR);
	if (vm < 0)
		return fail_errno(errno, "KVM cannot make a VM");
	if (ioctl(vm, KVM_SET_IDENTITY_MAP_ADDR, &identity) ||
	    ioctl(vm, KVM_SET_TSS_ADDR, LAYOUT_TSS) || ioctl(vm, KVM_CREATE_IRQCHIP, 0))
		return fail_errno(errno, "KVM cannot make the interrupt controllers");
	memset(msis, 0, sizeof(msis));
	if (set_routes())
		return fail_errno(errno, "KVM refuses the interrupt routes");
	return set_memory();
}

void kvm_destroy(void)
{
	if (vm >= 0)
		close(vm);
	vm = -1;
}

int kvm_vcpu(unsigned int id)
{
	int fd = ioctl(vm, KVM_CREATE_VCPU, (unsigned long)id);

	return fd < 0 ? fail_errno(errno, "KVM cannot make vCPU %u", id) : fd;
}

size_t kvm_run_bytes(void)
{
	return run_bytes;
}

struct kvm_cpuid2 *kvm_supported_cpuid(unsigned int room)
{
	struct kvm_cpuid2 *cpuid;
	unsigned int n;

	/* KVM says E2BIG until there is room for all */
	for (n = 64; n <= 1024; n *= 2) {
		cpuid = calloc(1, sizeof(*cpuid) + (n + room) * sizeof(cpuid->entries[0]));
		if (!cpuid)
			break;
		cpuid->nent = n;
		if (!ioctl(kvm, KVM_GET_SUPPORTED_CPUID, cpuid))
			return cpuid;
		free(cpuid);
		if (errno != E2BIG)
			break;
	}
	fail_errno(errno, "KVM does not say what CPUs can do");
	return NULL;
}

void kvm_irq_line(unsigned int gsi, bool level)
{
	struct kvm_irq_level irq = { .irq = gsi, .level = level };

	/* fails only without a VM, where there is nobody to interrupt */
	ioctl(vm, KVM_IRQ_LINE, &irq);
}

int kvm_msi_route(unsigned int route, uint64_t addr, uint32_t data)
{
	if (route >= KVM_MSI_ROUTES_MAX)
		return -1;
	if (msis[route].used && msis[route].addr == addr && msis[route].data == data)
		return 0;
	msis[route].used = true;
	msis[route].addr = addr;
	msis[route].data = data;
	if (!set_routes())
		return 0;
	/* else one bad message of the guest would block all later changes */
	msis[route].used = false;
	set_routes();
	return -1;
}

int kvm_msi_irqfd(unsigned int route, int fd, bool assign)
{
	struct kvm_irqfd irqfd = {
		.fd = (uint32_t)fd,
		.gsi = LAYOUT_GSIS + route,
		.flags = assign ? 0 : KVM_IRQFD_FLAG_DEASSIGN,
	};

	return ioctl(vm, KVM_IRQFD, &irqfd) ? -1 : 0;
}

int kvm_ioeventfd(uint64_t gpa, int fd, bool assign)
{
	struct kvm_ioeventfd io = {
		.addr = gpa,
		.fd = fd,
		.flags = assign ? 0 : KVM_IOEVENTFD_FLAG_DEASSIGN,
	};

	return ioctl(vm, KVM_IOEVENTFD, &io) ? -1 : 0;
}

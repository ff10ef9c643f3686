// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <string.h>

#include "cpuid.h"
#include "kvm.h"

#define EXTRA	6	/* entries that topology() adds at most */

#define LEVEL_INVALID	0
#define LEVEL_SMT	1
#define LEVEL_CORE	2

/* bits that an APIC identifier needs for its core */
static unsigned int core_bits(unsigned int cpus)
{
	unsigned int bits = 0;

	while ((1U << bits) < cpus)
		bits++;
	return bits;
}

static void set_field(uint32_t *reg, unsigned int shift, unsigned int width, uint32_t val)
{
	uint32_t mask = (uint32_t)((UINT64_C(1) << width) - 1);

	*reg = (*reg & ~(mask << shift)) | (val & mask) << shift;
}

static bool is_topology(const struct kvm_cpuid_entry2 *e)
{
	return e->function == 0xb || e->function == 0x1f;
}

/* the leaves that list levels of topology are ours altogether */
static void topology(struct kvm_cpuid2 *cpuid, unsigned int id, unsigned int cpus)
{
	static const uint32_t leaves[] = { 0xb, 0x1f };
	uint32_t i, n = 0, max = 0, level;

	for (i = 0; i < cpuid->nent; i++) {
		if (!cpuid->entries[i].function)
			max = cpuid->entries[i].eax;
		if (!is_topology(&cpuid->entries[i]))
			cpuid->entries[n++] = cpuid->entries[i];
	}
	for (i = 0; i < 2; i++) {
		if (max < leaves[i])
			break;
		for (level = 0; level < 3; level++) {
			struct kvm_cpuid_entry2 *e = &cpuid->entries[n++];

			memset(e, 0, sizeof(*e));
			e->function = leaves[i];
			e->index = level;
			e->flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX;
			e->ecx = level;
			e->edx = id;
			if (level == 0) {
				e->ebx = 1;
				e->ecx |= LEVEL_SMT << 8;
			} else if (level == 1) {
				e->eax = core_bits(cpus);
				e->ebx = cpus;
				e->ecx |= LEVEL_CORE << 8;
			}
		}
	}
	cpuid->nent = n;
}

static void patch(struct kvm_cpuid_entry2 *e, unsigned int id, unsigned int cpus)
{
	bool last_level;

	switch (e->function) {
	case 0x1:
		set_field(&e->ebx, 24, 8, id);
		set_field(&e->ebx, 16, 8, cpus);
		set_field(&e->edx, 28, 1, cpus > 1);
		e->ecx |= 1U << 31;	/* hypervisor */
		e->ecx &= ~(1U << 5);	/* no virtualization within */
		/* older kernels have the timer and leave the bit to us */
		if (kvm_has(KVM_CAP_TSC_DEADLINE_TIMER))
			e->ecx |= 1U << 24;
		break;
	case 0x4:
		/* the last level of cache is everyone's, the others are a core's own */
		last_level = (e->eax >> 5 & 7) >= 3;
		if (e->eax & 0x1f) {
			set_field(&e->eax, 14, 12, last_level ? (1U << core_bits(cpus)) - 1 : 0);
			set_field(&e->eax, 26, 6, cpus > 64 ? 63 : (1U << core_bits(cpus)) - 1);
		}
		break;
	case 0x80000001:
		e->ecx &= ~(1U << 2);	/* no virtualization within, on AMD */
		set_field(&e->ecx, 1, 1, cpus > 1);
		break;
	case 0x8000000a:
		e->eax = e->ebx = e->ecx = e->edx = 0;
		break;
	case 0x80000008:
		set_field(&e->ecx, 0, 8, cpus - 1);
		set_field(&e->ecx, 12, 4, core_bits(cpus));
		break;
	case 0x8000001d:
		last_level = (e->eax >> 5 & 7) >= 3;
		if (e->eax & 0x1f)
			set_field(&e->eax, 14, 12, last_level ? cpus - 1 : 0);
		break;
	case 0x8000001e:
		e->eax = id;
		e->ebx = id & 0xff;
		e->ecx = 0;
		break;
	}
}

struct kvm_cpuid2 *cpuid_make(unsigned int id, unsigned int cpus)
{
	struct kvm_cpuid2 *cpuid = kvm_supported_cpuid(EXTRA);
	uint32_t i;

	if (!cpuid)
		return NULL;
	topology(cpuid, id, cpus);
	for (i = 0; i < cpuid->nent; i++)
		patch(&cpuid->entries[i], id, cpus);
	return cpuid;
}

// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>
#include <string.h>

#include "acpi.h"
#include "dsdt.h"
#include "fail.h"
#include "layout.h"
#include "options.h"
#include "ram.h"

#define PACKED	__attribute__((packed))

#define FADT_REVISION		6
#define FADT_WBINVD		(1U << 0)
#define FADT_RESET_REG		(1U << 10)
#define FADT_HW_REDUCED		(1U << 20)
#define BOOT_NO_VGA		(1U << 2)
#define BOOT_NO_CMOS_RTC	(1U << 5)
#define GAS_SYSTEM_IO		1
#define GAS_BYTE		1
#define MADT_ENABLED		1

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} PACKED;

struct rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t reserved[3];
} PACKED;

struct xsdt {
	struct header header;
	uint64_t tables[3];
} PACKED;

struct gas {
	uint8_t space;
	uint8_t bits;
	uint8_t offset;
	uint8_t access;
	uint64_t address;
} PACKED;

struct fadt {
	struct header header;
	uint32_t facs;
	uint32_t dsdt;
	uint8_t legacy1[65];
	uint16_t boot_flags;
	uint8_t reserved;
	uint32_t flags;
	struct gas reset;
	uint8_t reset_value;
	uint16_t arm_flags;
	uint8_t minor;
	uint64_t x_facs;
	uint64_t x_dsdt;
	struct gas legacy2[8];
	struct gas sleep_control;
	struct gas sleep_status;
	uint64_t hypervisor_id;
} PACKED;

struct madt_lapic {
	uint8_t type;
	uint8_t length;
	uint8_t processor;
	uint8_t apic_id;
	uint32_t flags;
} PACKED;

struct madt_ioapic {
	uint8_t type;
	uint8_t length;
	uint8_t id;
	uint8_t reserved;
	uint32_t address;
	uint32_t gsi_base;
} PACKED;

struct madt {
	struct header header;
	uint32_t lapic;
	uint32_t flags;
	struct madt_ioapic ioapic;
	struct madt_lapic lapics[CPUS_MAX];
} PACKED;

struct mcfg {
	struct header header;
	uint8_t reserved[8];
	uint64_t base;
	uint16_t segment;
	uint8_t bus_first;
	uint8_t bus_last;
	uint8_t reserved2[4];
} PACKED;

_Static_assert(sizeof(struct rsdp) == 36, "RSDP");
_Static_assert(sizeof(struct fadt) == 276, "FADT");
_Static_assert(offsetof(struct fadt, boot_flags) == 109, "FADT boot flags");
_Static_assert(offsetof(struct fadt, reset) == 116, "FADT reset register");
_Static_assert(offsetof(struct fadt, sleep_control) == 244, "FADT sleep control");

static unsigned int ncpus;

void acpi_init(unsigned int cpus)
{
	ncpus = cpus;
}

static uint8_t sum(const void *data, size_t len)
{
	const uint8_t *p = data;
	uint8_t ret = 0;

	while (len--)
		ret = (uint8_t)(ret + *p++);
	return ret;
}

static void head(struct header *h, const char *signature, uint8_t revision, size_t length)
{
	memcpy(h->signature, signature, 4);
	h->length = (uint32_t)length;
	h->revision = revision;
	memcpy(h->oem_id, "VMI\0\0\0", 6);
	memcpy(h->oem_table_id, "VMIVMM\0\0", 8);
	h->oem_revision = 1;
	memcpy(h->creator_id, "VMI\0", 4);
	h->creator_revision = 1;
}

/**
 * struct area - where tables go, one after the other
 * @base: guest address of the first byte
 * @mem: the same in this process
 * @used: bytes
 */
struct area {
	uint64_t base;
	uint8_t *mem;
	size_t used;
};

/* the tables' sizes are known and the area is four times as big */
static uint64_t put(struct area *area, void *table, size_t len)
{
	uint64_t gpa = area->base + area->used;
	struct header *h = table;

	h->checksum = 0;
	h->checksum = (uint8_t)-sum(table, len);
	memcpy(area->mem + area->used, table, len);
	area->used += (len + 15) & ~(size_t)15;
	return gpa;
}

static struct gas port(uint64_t address)
{
	return (struct gas){ GAS_SYSTEM_IO, 8, 0, GAS_BYTE, address };
}

static uint64_t put_fadt(struct area *area, uint64_t dsdt)
{
	struct fadt fadt = {
		.boot_flags = BOOT_NO_VGA | BOOT_NO_CMOS_RTC,
		.flags = FADT_WBINVD | FADT_RESET_REG | FADT_HW_REDUCED,
		.reset = port(LAYOUT_RESET),
		.reset_value = LAYOUT_RESET_VALUE,
		.minor = 3,
		.dsdt = (uint32_t)dsdt,
		.x_dsdt = dsdt,
		.sleep_control = port(LAYOUT_SLEEP),
		.sleep_status = port(LAYOUT_SLEEP + 1),
	};

	head(&fadt.header, "FACP", FADT_REVISION, sizeof(fadt));
	memcpy(&fadt.hypervisor_id, "VMI\0\0\0\0\0", 8);
	return put(area, &fadt, sizeof(fadt));
}

static uint64_t put_madt(struct area *area)
{
	static struct madt madt;
	size_t len = offsetof(struct madt, lapics) + ncpus * sizeof(madt.lapics[0]);
	unsigned int i;

	memset(&madt, 0, sizeof(madt));
	head(&madt.header, "APIC", 5, len);
	madt.lapic = LAYOUT_LAPIC;
	madt.ioapic = (struct madt_ioapic){
		.type = 1, .length = sizeof(madt.ioapic), .address = LAYOUT_IOAPIC,
	};
	for (i = 0; i < ncpus; i++)
		madt.lapics[i] = (struct madt_lapic){
			.type = 0, .length = sizeof(madt.lapics[0]),
			.processor = (uint8_t)i, .apic_id = (uint8_t)i, .flags = MADT_ENABLED,
		};
	return put(area, &madt, len);
}

static uint64_t put_mcfg(struct area *area)
{
	struct mcfg mcfg = { .base = LAYOUT_ECAM };

	head(&mcfg.header, "MCFG", 1, sizeof(mcfg));
	return put(area, &mcfg, sizeof(mcfg));
}

static uint64_t put_dsdt(struct area *area)
{
	uint8_t dsdt[sizeof(dsdt_aml)];

	memcpy(dsdt, dsdt_aml, sizeof(dsdt));
	return put(area, dsdt, sizeof(dsdt));
}

uint64_t acpi_load(void)
{
	struct area area = { .base = LAYOUT_ACPI, .mem = ram_ptr(LAYOUT_ACPI, LAYOUT_ACPI_SIZE) };
	struct rsdp rsdp = { .revision = 2, .length = sizeof(rsdp) };
	struct xsdt xsdt = { 0 };

	if (!area.mem) {
		fail("the guest has no memory below 1 MiB");
		return 0;
	}
	/* first, where those who search look for it, and filled in last */
	area.used = (sizeof(rsdp) + 15) & ~(size_t)15;
	xsdt.tables[0] = put_fadt(&area, put_dsdt(&area));
	xsdt.tables[1] = put_madt(&area);
	xsdt.tables[2] = put_mcfg(&area);
	head(&xsdt.header, "XSDT", 1, sizeof(xsdt));
	rsdp.xsdt = put(&area, &xsdt, sizeof(xsdt));
	memcpy(rsdp.signature, "RSD PTR ", 8);
	memcpy(rsdp.oem_id, "VMI\0\0\0", 6);
	rsdp.checksum = (uint8_t)-sum(&rsdp, 20);
	rsdp.extended_checksum = (uint8_t)-sum(&rsdp, sizeof(rsdp));
	memcpy(area.mem, &rsdp, sizeof(rsdp));
	return LAYOUT_ACPI;
}

// SPDX-License-Identifier: GPL-2.0
#include "bus.h"
#include "kvm.h"
#include "layout.h"
#include "machine.h"
#include "power.h"

/* registers at LAYOUT_SLEEP */
#define SLEEP_CONTROL	0
#define SLEEP_RESET	(LAYOUT_RESET - LAYOUT_SLEEP)
#define SLP_EN		(1U << 5)
#define SLP_TYP(val)	((val) >> 2 & 7)

/* the keyboard controller's command that pulls the reset line */
#define KBD_COMMAND	0x64
#define KBD_RESET	0xfe

/* the chipset's reset control */
#define CF9		0xcf9
#define CF9_RESET	(1U << 2)

static uint64_t read_zero(struct range *range, uint64_t off, unsigned int len)
{
	(void)range;
	(void)off;
	(void)len;
	return 0;
}

static void write_sleep(struct range *range, uint64_t off, unsigned int len, uint64_t val)
{
	(void)range;
	(void)len;
	if (off == SLEEP_CONTROL && val & SLP_EN && SLP_TYP(val) == LAYOUT_S5_TYPE)
		machine_ask(ASK_POWEROFF, NULL);
	else if (off == SLEEP_RESET && (val & 0xff) == LAYOUT_RESET_VALUE)
		machine_ask(ASK_RESET, NULL);
}

static void write_kbd(struct range *range, uint64_t off, unsigned int len, uint64_t val)
{
	(void)range;
	(void)off;
	(void)len;
	if ((val & 0xff) == KBD_RESET)
		machine_ask(ASK_RESET, NULL);
}

static void write_cf9(struct range *range, uint64_t off, unsigned int len, uint64_t val)
{
	(void)range;
	(void)off;
	(void)len;
	if (val & CF9_RESET)
		machine_ask(ASK_RESET, NULL);
}

static struct range sleep_range = {
	.base = LAYOUT_SLEEP, .size = LAYOUT_SLEEP_SIZE, .read = read_zero, .write = write_sleep,
};

/* its status reads as zero: nothing waits, so the guest does not wait either */
static struct range kbd_range = {
	.base = KBD_COMMAND, .size = 1, .read = read_zero, .write = write_kbd,
};

static struct range cf9_range = {
	.base = CF9, .size = 1, .read = read_zero, .write = write_cf9,
};

void power_init(void)
{
	bus_add(BUS_PORTS, &sleep_range);
	bus_add(BUS_PORTS, &kbd_range);
	bus_add(BUS_PORTS, &cf9_range);
}

void power_button(void)
{
	kvm_irq_line(LAYOUT_BUTTON_GSI, true);
	kvm_irq_line(LAYOUT_BUTTON_GSI, false);
}

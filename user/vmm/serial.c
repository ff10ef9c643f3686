// SPDX-License-Identifier: GPL-2.0
/*
 * The transmitter is always empty: a byte is with the console as soon as it is
 * written. The receiver has a queue longer than a real one's, which a driver that
 * reads until "data ready" is off does not mind.
 */
#include <stdbool.h>
#include <stdint.h>

#include <linux/serial_reg.h>

#include "bus.h"
#include "console.h"
#include "kvm.h"
#include "layout.h"
#include "serial.h"

#define PORTS		8
#define QUEUE_BYTES	1024	/* a power of two */
#define FIFO_BITS	0xc0	/* of the interrupt register, when the FIFOs are on */
#define IER_BITS	0x0f
#define MCR_BITS	0x1f

static struct {
	uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
	bool thr_empty;		/* an interrupt for it is due */
	bool line;
	uint8_t queue[QUEUE_BYTES];
	unsigned int head, tail;	/* free-running */
} uart;				/* device lock */

static unsigned int waiting(void)
{
	return uart.tail - uart.head;
}

static uint8_t cause(void)
{
	if (uart.ier & UART_IER_RDI && waiting())
		return UART_IIR_RDI;
	if (uart.ier & UART_IER_THRI && uart.thr_empty)
		return UART_IIR_THRI;
	return UART_IIR_NO_INT;
}

static void update_line(void)
{
	bool line = cause() != UART_IIR_NO_INT;

	if (line == uart.line)
		return;
	uart.line = line;
	kvm_irq_line(LAYOUT_COM1_GSI, line);
}

static void push(uint8_t byte)
{
	if (waiting() < QUEUE_BYTES)
		uart.queue[uart.tail++ % QUEUE_BYTES] = byte;
}

static uint8_t pop(void)
{
	uint8_t byte;

	if (!waiting())
		return 0;
	byte = uart.queue[uart.head++ % QUEUE_BYTES];
	if (waiting() == QUEUE_BYTES / 2)
		console_input_room();
	return byte;
}

static uint8_t read_iir(void)
{
	uint8_t iir = cause();

	if (iir == UART_IIR_THRI)
		uart.thr_empty = false;
	return uart.fcr & UART_FCR_ENABLE_FIFO ? iir | FIFO_BITS : iir;
}

static uint8_t read_msr(void)
{
	uint8_t msr = UART_MSR_DCD | UART_MSR_DSR | UART_MSR_CTS;

	if (!(uart.mcr & UART_MCR_LOOP))
		return msr;
	/* the outputs come back as inputs */
	msr = 0;
	if (uart.mcr & UART_MCR_RTS)
		msr |= UART_MSR_CTS;
	if (uart.mcr & UART_MCR_DTR)
		msr |= UART_MSR_DSR;
	if (uart.mcr & UART_MCR_OUT1)
		msr |= UART_MSR_RI;
	if (uart.mcr & UART_MCR_OUT2)
		msr |= UART_MSR_DCD;
	return msr;
}

static uint8_t read_reg(unsigned int reg)
{
	bool dlab = uart.lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_RX:
		return dlab ? uart.dll : pop();
	case UART_IER:
		return dlab ? uart.dlm : uart.ier;
	case UART_IIR:
		return read_iir();
	case UART_LCR:
		return uart.lcr;
	case UART_MCR:
		return uart.mcr;
	case UART_LSR:
		return UART_LSR_TEMT | UART_LSR_THRE | (waiting() ? UART_LSR_DR : 0);
	case UART_MSR:
		return read_msr();
	default:
		return uart.scr;
	}
}

static void transmit(uint8_t byte)
{
	if (uart.mcr & UART_MCR_LOOP)
		push(byte);
	else
		console_output(byte);
	uart.thr_empty = true;
}

static void write_reg(unsigned int reg, uint8_t val)
{
	bool dlab = uart.lcr & UART_LCR_DLAB;

	switch (reg) {
	case UART_TX:
		if (dlab)
			uart.dll = val;
		else
			transmit(val);
		break;
	case UART_IER:
		if (dlab) {
			uart.dlm = val;
			break;
		}
		/* to enable the interrupt while the transmitter is empty raises it */
		if (val & ~uart.ier & UART_IER_THRI)
			uart.thr_empty = true;
		uart.ier = val & IER_BITS;
		break;
	case UART_FCR:
		uart.fcr = val;
		if (val & UART_FCR_CLEAR_RCVR)
			uart.head = uart.tail;
		break;
	case UART_LCR:
		uart.lcr = val;
		break;
	case UART_MCR:
		uart.mcr = val & MCR_BITS;
		break;
	case UART_SCR:
		uart.scr = val;
		break;
	}
}

static uint64_t serial_read(struct range *range, uint64_t off, unsigned int len)
{
	uint64_t val = 0;
	unsigned int i;

	(void)range;
	for (i = 0; i < len; i++)
		val |= (uint64_t)read_reg((unsigned int)off + i) << (8 * i);
	update_line();
	return val;
}

static void serial_write(struct range *range, uint64_t off, unsigned int len, uint64_t val)
{
	unsigned int i;

	(void)range;
	for (i = 0; i < len; i++)
		write_reg((unsigned int)off + i, (uint8_t)(val >> (8 * i)));
	update_line();
}

static struct range serial_range = {
	.base = LAYOUT_COM1, .size = PORTS, .read = serial_read, .write = serial_write,
};

void serial_init(void)
{
	bus_add(BUS_PORTS, &serial_range);
}

void serial_reset(void)
{
	uart.ier = uart.fcr = uart.lcr = uart.mcr = uart.scr = uart.dll = uart.dlm = 0;
	uart.thr_empty = uart.line = false;
	uart.head = uart.tail;
}

size_t serial_input(const void *buf, size_t len)
{
	const uint8_t *p = buf;
	size_t n;

	bus_lock();
	for (n = 0; n < len && waiting() < QUEUE_BYTES; n++)
		push(p[n]);
	update_line();
	bus_unlock();
	return n;
}

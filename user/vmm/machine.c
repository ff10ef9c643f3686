// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "acpi.h"
#include "boot.h"
#include "bus.h"
#include "console.h"
#include "fail.h"
#include "kvm.h"
#include "link.h"
#include "loop.h"
#include "machine.h"
#include "pci.h"
#include "power.h"
#include "probe.h"
#include "ram.h"
#include "serial.h"
#include "vcpu.h"
#include "virtio_net.h"

static unsigned int cpus;
static bool paused;
static bool ended;
static int status;		/* exit status, once @ended */

static pthread_mutex_t ask_lock = PTHREAD_MUTEX_INITIALIZER;
static enum ask asked;			/* ask_lock */
static char asked_text[VMI_TEXT_LEN];	/* ask_lock */
static struct source ask_event = { .fd = -1 };
static struct source signals = { .fd = -1 };

void machine_ask(enum ask ask, const char *text)
{
	pthread_mutex_lock(&ask_lock);
	if (!asked) {
		asked = ask;
		snprintf(asked_text, sizeof(asked_text), "%s", text ? text : "");
		eventfd_write(ask_event.fd, 1);
	}
	pthread_mutex_unlock(&ask_lock);
	vcpu_halt();
}

static bool is_asked(void)
{
	bool ret;

	pthread_mutex_lock(&ask_lock);
	ret = asked != ASK_NONE;
	pthread_mutex_unlock(&ask_lock);
	return ret;
}

/* From power on to the first instruction. Return: 0, or -1 after fail(). */
static int power_on(void)
{
	struct vcpu_entry entry;

	if (kvm_create())
		return -1;
	bus_lock();
	serial_reset();
	pci_reset();
	bus_unlock();
	return boot_load(&entry) || vcpu_create(cpus, &entry) ? -1 : 0;
}

/* The machine's last word; what comes after it only cleans up. */
static void end(enum vmi_state state, enum vmi_reason reason, const char *text)
{
	vcpu_destroy();
	console_close();
	link_state(state, reason, text);
	if (state == VMI_STATE_CRASHED)
		fail("%s", text);
	status = state == VMI_STATE_CRASHED ? EXIT_CRASHED : EXIT_OFF;
	ended = true;
}

static void give_up(void)
{
	char text[VMI_TEXT_LEN];

	snprintf(text, sizeof(text), "%s", fail_text());
	end(VMI_STATE_CRASHED, VMI_REASON_VMM_ERROR, text);
	status = EXIT_ERROR;
}

/* Return: 0, or -1 after fail(). */
static int reset(const char *text)
{
	vcpu_destroy();
	/* devices let go of the old machine before there is a new one */
	bus_lock();
	pci_reset();
	bus_unlock();
	probe_reset();
	kvm_destroy();
	pthread_mutex_lock(&ask_lock);
	asked = ASK_NONE;
	pthread_mutex_unlock(&ask_lock);
	if (ram_clear() || power_on())
		return -1;
	if (paused)
		return 0;
	return vcpu_run() || link_state(VMI_STATE_RUNNING, VMI_REASON_GUEST_RESET, text) ? -1 : 0;
}

static void serve_ask(struct source *src, short revents)
{
	char text[VMI_TEXT_LEN];
	eventfd_t count;
	enum ask ask;

	(void)revents;
	eventfd_read(src->fd, &count);
	pthread_mutex_lock(&ask_lock);
	ask = asked;
	memcpy(text, asked_text, sizeof(text));
	pthread_mutex_unlock(&ask_lock);
	switch (ask) {
	case ASK_NONE:
		/* a client's reset came first */
		break;
	case ASK_RESET:
		if (reset(NULL))
			give_up();
		break;
	case ASK_POWEROFF:
		end(VMI_STATE_STOPPED, VMI_REASON_GUEST_POWEROFF, NULL);
		break;
	case ASK_CRASH:
		end(VMI_STATE_CRASHED, VMI_REASON_TRIPLE_FAULT, text);
		break;
	case ASK_GIVE_UP:
		end(VMI_STATE_CRASHED, VMI_REASON_VMM_ERROR, text);
		break;
	}
}

static int do_pause(char *text)
{
	if (paused)
		return 0;
	vcpu_pause();
	paused = true;
	if (!link_state(VMI_STATE_PAUSED, VMI_REASON_REQUEST, NULL))
		return 0;
	snprintf(text, VMI_TEXT_LEN, "%s", fail_text());
	return -EIO;
}

static int do_resume(char *text)
{
	if (!paused)
		return 0;
	/* one that has asked for something goes on when that is done */
	if ((!is_asked() && vcpu_run()) ||
	    link_state(VMI_STATE_RUNNING, VMI_REASON_REQUEST, NULL)) {
		snprintf(text, VMI_TEXT_LEN, "%s", fail_text());
		return -EIO;
	}
	paused = false;
	return 0;
}

static int do_powerdown(char *text)
{
	if (paused) {
		snprintf(text, VMI_TEXT_LEN, "the VM is paused: its guest cannot hear the button");
		return -EINVAL;
	}
	power_button();
	return 0;
}

static int do_reset(char *text)
{
	if (!reset("by a client"))
		return 0;
	snprintf(text, VMI_TEXT_LEN, "%s", fail_text());
	give_up();
	return -EIO;
}

static int command(enum vmi_command op, char *text)
{
	if (ended)
		return -ESHUTDOWN;
	switch (op) {
	case VMI_COMMAND_PAUSE:
		return do_pause(text);
	case VMI_COMMAND_RESUME:
		return do_resume(text);
	case VMI_COMMAND_POWERDOWN:
		return do_powerdown(text);
	case VMI_COMMAND_RESET:
		return do_reset(text);
	case VMI_COMMAND_POWEROFF:
		/* answered by the VM's end */
		end(VMI_STATE_STOPPED, VMI_REASON_REQUEST, NULL);
		return 0;
	default:
		snprintf(text, VMI_TEXT_LEN, "this VMM does not know command %d", (int)op);
		return -EOPNOTSUPP;
	}
}

void machine_signal(int sig)
{
	char text[VMI_TEXT_LEN];

	snprintf(text, sizeof(text), "the VMM got signal %d (%s)", sig, strsignal(sig));
	end(VMI_STATE_STOPPED, VMI_REASON_REQUEST, text);
}

static void serve_signal(struct source *src, short revents)
{
	struct signalfd_siginfo info;

	(void)revents;
	if (read(src->fd, &info, sizeof(info)) == sizeof(info) && !ended)
		machine_signal((int)info.ssi_signo);
}

static int prepare_loop(void)
{
	sigset_t set;

	/* before there are threads, which inherit it */
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	ask_event.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (signals.fd < 0 || ask_event.fd < 0)
		return fail_errno(errno, "cannot make the main loop's files");
	signals.events = ask_event.events = POLLIN;
	signals.ready = serve_signal;
	ask_event.ready = serve_ask;
	/* what the guest asks for is served before what a client does */
	return loop_add(&ask_event) || loop_add(&signals) ? -1 : 0;
}

static void init_devices(void)
{
	serial_init();
	power_init();
	acpi_init(cpus);
	pci_init();
}

int machine_start(const struct options *opts)
{
	cpus = opts->cpus;
	/* what the user may have got wrong comes first, before anything is changed */
	if (kvm_open(cpus) || boot_open(opts) || prepare_loop() || link_open(opts, command) ||
	    probe_init() || ram_create(opts->mem_bytes) || link_memory() || console_open(opts))
		return -1;
	init_devices();
	if (virtio_net_add_all() || power_on() || link_info(opts) || vcpu_run())
		return -1;
	return link_state(VMI_STATE_RUNNING, VMI_REASON_REQUEST, NULL);
}

int machine_serve(void)
{
	while (!ended)
		if (loop_once())
			give_up();
	return status;
}

void machine_end(void)
{
	vcpu_destroy();
	console_close();
}

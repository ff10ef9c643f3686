# SPDX-License-Identifier: GPL-2.0
# VMI: the module and its user space. "make help" says what there is.

PREFIX  ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
MANDIR  ?= $(PREFIX)/share/man
COMPDIR ?= $(PREFIX)/share/bash-completion/completions
INCDIR  ?= $(PREFIX)/include
KDIR    ?= $(shell scripts/kernel-headers.sh)

MAKEFLAGS += --no-print-directory
Q := $(if $(V),,@)

.PHONY: all module user tests install clean setup guest newer-guests demo check check-debug check-nets check-guests bench-net lint gen help

all: module user

help:
	@echo 'make              the module (KDIR=headers of a kernel) and the programs'
	@echo 'make install      module, programs, headers, man pages (DESTDIR, PREFIX)'
	@echo 'make demo         two guests in a test host; installs what is lacking'
	@echo 'make check        static checks and all tests; installs what is lacking'
	@echo 'make check-debug  the tests on the debug kernel'
	@echo 'make check-nets   the longer tests of networks'
	@echo 'make check-guests the tests end to end on guests; long in emulation'
	@echo 'make bench-net    instructions and time a frame, beside the peers'
	@echo 'make lint         the static checks alone'
	@echo 'make gen          the netlink files from their specification'
	@echo 'make clean        remove what was built'

module:
	@echo '  MODULE  $(KDIR)'
	$(Q)scripts/build-module.sh '$(KDIR)' >/dev/null

user:
	@echo '  USER    lib guest ctl vmm'
	$(Q)$(MAKE) -s -C user/lib
	$(Q)$(MAKE) -s -C user/guest
	$(Q)$(MAKE) -s -C user/ctl
	$(Q)$(MAKE) -s -C user/vmm

tests:
	@echo '  TESTS   selftests'
	$(Q)$(MAKE) -s -C selftests all

guest:
	@echo '  GUEST   initramfs'
	$(Q)selftests/vm/mkguest.sh --stock

newer-guests:
	@echo '  GUEST   newer kernels'
	$(Q)selftests/vm/mkguest.sh --newer

setup:
	@scripts/setup.sh

install: all
	@echo '  INSTALL $(DESTDIR)$(PREFIX)'
	$(Q)release=$$(scripts/kernel-release.sh '$(KDIR)') && \
		install -D -m 644 build/$$release/vmi.ko \
			'$(DESTDIR)'/lib/modules/$$release/updates/vmi.ko
	$(Q)install -D -m 755 -t '$(DESTDIR)$(SBINDIR)' user/ctl/vmictl user/vmm/vmi-vmm
	$(Q)install -D -m 644 -t '$(DESTDIR)$(INCDIR)/linux' uapi/linux/*.h
	$(Q)install -D -m 644 -t '$(DESTDIR)$(MANDIR)/man8' Documentation/man/*.8
	$(Q)install -D -m 644 user/ctl/vmictl.bash-completion '$(DESTDIR)$(COMPDIR)/vmictl'

clean:
	$(Q)$(MAKE) -s -C user/ctl clean
	$(Q)$(MAKE) -s -C user/vmm clean
	$(Q)rm -rf build

demo: setup
	$(Q)$(MAKE) all guest
	$(Q)scripts/demo.sh

check: setup
	$(Q)scripts/check.sh $(SUITES)

check-debug: setup
	$(Q)scripts/check.sh debug

check-nets: setup
	$(Q)scripts/check.sh nets

check-guests: setup
	$(Q)scripts/check.sh guests

bench-net: setup
	$(Q)$(MAKE) module KDIR=/lib/modules/$$(scripts/stock-kernel.sh)/build
	$(Q)$(MAKE) -s -C user/lib
	$(Q)$(MAKE) -s -C selftests/bench
	$(Q)selftests/bench/run.sh

lint:
	$(Q)scripts/lint.sh

gen:
	$(Q)scripts/gen-netlink.sh

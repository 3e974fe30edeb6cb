# SPDX-License-Identifier: GPL-2.0-only
#
# acqdev outside a kernel tree; "make help" tells the targets. Inside one, kbuild
# reads Kbuild instead.

VERSION := $(strip $(file < VERSION))
BUILD ?= build
# an empty one is not the root directory
override BUILD := $(abspath $(or $(strip $(BUILD)),build))

KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
DESTDIR ?=
LIBDIR ?= $(PREFIX)/lib
# udev, sysusers and systemd look here, wherever the programs are
UDEVDIR ?= /usr/lib/udev/rules.d
SYSUSERSDIR ?= /usr/lib/sysusers.d
SYSTEMDDIR ?= /usr/lib/systemd/system
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
STATEDIR := /var/lib/acq
INSTALL ?= install

CFLAGS ?= -O2 -g
USER_CFLAGS := -std=gnu11 -Wall -Wextra -Wshadow -Werror -fno-common

all: user module

include userspace/lib/lib.mk
include userspace/acq/acq.mk
include userspace/nats/nats.mk
include userspace/python/python.mk
include userspace/soapy/soapy.mk
include userspace/scope/scope.mk
include userspace/card/card.mk
include userspace/card-rtl/card-rtl.mk
include tests/tests.mk
include tests/conformance/conformance.mk
include tests/bench/bench.mk

user: $(BUILD)/bin/acq $(BUILD)/lib/libacq.so $(BUILD)/lib/libacq.a scope
	@CC="$(CC)" CPPFLAGS="$(CPPFLAGS)" userspace/libraries optional

# What the compiler would say of a header that is missing does not name its package.
check-libraries:
	@CC="$(CC)" CPPFLAGS="$(CPPFLAGS)" userspace/libraries required

### the module

# Built in a copy, one for each kernel: several are built from one checkout, and
# the checkout stays clean. The copy's file times change only with the contents,
# so that a second build is an incremental one.
RELEASE = $(shell cat $(KDIR)/include/config/kernel.release 2>/dev/null)
ID ?= $(RELEASE)
MODULE_DIR = $(BUILD)/module-$(ID)
KBUILD_MODULE = $(MAKE) -C $(KDIR) M=$(MODULE_DIR)/module CONFIG_ACQDEV=m CONFIG_ACQDEV_FILTERS=y \
		$(if $(EXAMPLES),CONFIG_ACQDEV_EXAMPLES=y) \
		$(if $(ACQ_COVERAGE),$(if $(filter debug,$(ID)),ACQDEV_GCOV=y))

module: module-for

module-for: check-kdir
	@mkdir -p $(MODULE_DIR)
	@find module include -type f \( -name '*.[chS]' -o -name Kbuild -o -name Kconfig \) | \
	while read -r f; do \
		cmp -s "$$f" "$(MODULE_DIR)/$$f" || \
			{ mkdir -p "$(MODULE_DIR)/$${f%/*}" && cp "$$f" "$(MODULE_DIR)/$$f"; } || exit 1; \
	done
	@cd $(MODULE_DIR) && find module include -type f -name '*.[chS]' ! -name '*.mod.c' | \
	while read -r f; do [ -e "$(CURDIR)/$$f" ] || rm -f "$$f"; done
	+$(KBUILD_MODULE) modules
	@cmp -s $(MODULE_DIR)/module/acqdev.ko $(MODULE_DIR)/acqdev.ko || \
		cp $(MODULE_DIR)/module/acqdev.ko $(MODULE_DIR)/acqdev.ko
	@mkdir -p $(MODULE_DIR)/extra
	@for f in $(MODULE_DIR)/module/filters/*.ko $(if $(EXAMPLES),$(MODULE_DIR)/module/examples/*.ko); do \
		cmp -s $$f $(MODULE_DIR)/extra/$${f##*/} || cp $$f $(MODULE_DIR)/extra/ || exit 1; \
	done

check-kdir:
	@[ -e "$(KDIR)/Makefile" ] || { \
		echo "There is no kernel to build the module for in $(KDIR)."; \
		echo "Install its headers, by package:"; \
		echo "  Debian, Ubuntu  linux-headers-$$(uname -r)"; \
		echo "  Fedora, RHEL    kernel-devel-$$(uname -r)"; \
		echo "  SUSE            kernel-default-devel"; \
		echo "  Arch            linux-headers"; \
		echo "or name another kernel's: make KDIR=/path. 'make user' needs none."; \
		exit 1; } >&2
	@[ -n "$(ID)" ] || { \
		echo "$(KDIR) is not prepared for modules: run 'make modules_prepare' there." >&2; exit 1; }

### installation

RULES := $(notdir $(wildcard udev/*.rules))
METAINFO := org.example.acqdev.metainfo.xml
UNITS := $(notdir $(wildcard systemd/*.service systemd/*.timer))

install: install-user install-module

install-user: user install-scope
	$(INSTALL) -D -m 0755 $(BUILD)/bin/acq $(DESTDIR)$(PREFIX)/bin/acq
	$(INSTALL) -D -m 0644 include/uapi/linux/acqdev.h $(DESTDIR)$(PREFIX)/include/linux/acqdev.h
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/include include/acq.h include/acq_r1.h include/acq_user.h
	$(INSTALL) -D -m 0644 $(BUILD)/lib/$(LIB_SHARED) $(DESTDIR)$(LIBDIR)/$(LIB_SHARED)
	ln -sf $(LIB_SHARED) $(DESTDIR)$(LIBDIR)/$(LIB_SONAME)
	ln -sf $(LIB_SONAME) $(DESTDIR)$(LIBDIR)/libacq.so
	$(INSTALL) -m 0644 $(BUILD)/lib/libacq.a $(DESTDIR)$(LIBDIR)/libacq.a
	@mkdir -p $(DESTDIR)$(LIBDIR)/pkgconfig
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' \
		userspace/lib/libacq.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/libacq.pc
	$(INSTALL) -D -m 0644 docs/man/acq.1 $(DESTDIR)$(PREFIX)/share/man/man1/acq.1
	$(INSTALL) -D -m 0644 docs/man/libacq.3 $(DESTDIR)$(PREFIX)/share/man/man3/libacq.3
	$(INSTALL) -D -m 0644 udev/acqdev.conf $(DESTDIR)$(SYSUSERSDIR)/acqdev.conf
	$(INSTALL) -D -m 0644 completion/acq.bash $(DESTDIR)$(BASHDIR)/acq
	$(INSTALL) -D -m 0644 completion/_acq $(DESTDIR)$(ZSHDIR)/_acq
	$(INSTALL) -D -m 0644 -t $(DESTDIR)$(PREFIX)/share/metainfo packaging/$(METAINFO)
	$(INSTALL) -d $(DESTDIR)$(STATEDIR) $(DESTDIR)$(UDEVDIR) $(DESTDIR)$(SYSTEMDDIR)
	for f in $(RULES); do sed 's|/usr/bin/acq|$(PREFIX)/bin/acq|' udev/$$f >$(DESTDIR)$(UDEVDIR)/$$f || exit; done
	for f in $(UNITS); do sed 's|/usr/bin/acq|$(PREFIX)/bin/acq|' systemd/$$f >$(DESTDIR)$(SYSTEMDDIR)/$$f || exit; done
	@[ -n "$(DESTDIR)" ] || { \
		echo "To make the group and the links now: systemd-sysusers; udevadm control --reload; udevadm trigger -s misc"; \
		echo "Has systemd to know the units now: systemctl daemon-reload"; \
		userspace/libraries installed "$(LIBDIR)"; }

# depmod would look at this machine's modules, not at those in DESTDIR
install-module: module
	+$(KBUILD_MODULE) $(if $(DESTDIR),INSTALL_MOD_PATH=$(abspath $(DESTDIR)) DEPMOD=true) modules_install
	$(if $(DESTDIR),,depmod -a $(RELEASE))

uninstall: uninstall-scope
	rm -f $(DESTDIR)$(PREFIX)/bin/acq $(DESTDIR)$(PREFIX)/include/linux/acqdev.h
	rm -f $(addprefix $(DESTDIR)$(PREFIX)/include/,acq.h acq_r1.h acq_user.h)
	rm -f $(addprefix $(DESTDIR)$(LIBDIR)/,$(LIB_SHARED) $(LIB_SONAME) libacq.so libacq.a pkgconfig/libacq.pc)
	rm -f $(DESTDIR)$(PREFIX)/share/man/man1/acq.1 $(DESTDIR)$(PREFIX)/share/man/man3/libacq.3
	rm -f $(addprefix $(DESTDIR)$(UDEVDIR)/,$(RULES)) $(DESTDIR)$(SYSUSERSDIR)/acqdev.conf
	rm -f $(addprefix $(DESTDIR)$(SYSTEMDDIR)/,$(UNITS)) $(DESTDIR)$(BASHDIR)/acq $(DESTDIR)$(ZSHDIR)/_acq
	rm -f $(DESTDIR)$(PREFIX)/share/metainfo/$(METAINFO)
	$(if $(RELEASE),rm -f $(DESTDIR)/lib/modules/$(RELEASE)/updates/acqdev.ko*)
	$(if $(RELEASE),rm -f $(DESTDIR)/lib/modules/$(RELEASE)/updates/filters/acq-filter-*.ko*)
	$(if $(DESTDIR),,$(if $(RELEASE),depmod -a $(RELEASE)))

### tests

test:
	tests/run

check:
	tests/run check

MINUTES ?= 30
soak:
	tests/run --soak $(MINUTES)

# Data races of the module: not in "make test", as it takes a kernel of its own
kcsan:
	tests/run kcsan

# Which lines of the module the tests of the debug kernel run; ONLY= one test
coverage:
	rm -rf $(BUILD)/coverage
	-BUILD=$(BUILD) ACQ_COVERAGE=1 tests/run $(if $(ONLY),--only $(ONLY) -k debug,debug)
	BUILD=$(BUILD) tests/rig/enter python3 tests/rig/coverage.py $(BUILD)

# A card of anybody's: CARD= is the command that starts it; DRIVER=no: without the machine
CARD ?= $(BUILD)/bin/acq-card
DRIVER ?= yes
CONFORMANCE_KERNEL ?= 6.12
conformance:
ifeq ($(DRIVER),no)
	tests/conformance/run $(CONFORMANCE) "$(CARD)"
else
	tests/rig/prepare tree kernels
	tests/rig/enter $(MAKE) --no-print-directory BUILD=$(BUILD) ID=$(CONFORMANCE_KERNEL) \
		KDIR=$$(tests/rig/kernels --field kdir $(CONFORMANCE_KERNEL)) module-for $(BUILD)/bin/acq-static \
		$(BUILD)/bin/acq-card $(BUILD)/bin/minimal-card
	BUILD=$(BUILD) tests/rig/enter tests/conformance/run --driver inside --kernel $(CONFORMANCE_KERNEL) \
		$(CONFORMANCE) "$(CARD)"
endif

demo:
	tests/demo

demo-qemu:
	tests/demo-qemu

demo-scope:
	tests/demo-scope

bench:
	tests/bench/run

check-style:
	tests/style

# Builds the packages of Debian in a copy, and what lintian, rpmbuild and promtool say
check-packages:
	tests/rig/prepare packaging
	tests/rig/enter tests/packages

### cleaning

clean:
	rm -rf $(BUILD)/obj $(BUILD)/bin $(BUILD)/lib $(BUILD)/module-*

distclean: clean
	rm -rf $(BUILD)

help:
	@echo 'acqdev $(VERSION)'
	@echo
	@echo '  all          user and module (default)'
	@echo '  user         the tool acq, build/bin/acq, and the library, build/lib/libacq.*'
	@echo '  module       the kernel module, for the running kernel or for KDIR=/path'
	@echo '  module-for   the same into build/module-ID, with ID=name KDIR=/path [W=1] [C=2]'
	@echo '               EXAMPLES=1: with the examples of modules that use samples'
	@echo '  install      module, acq, libacq, headers, udev rule, group; install-user, install-module'
	@echo '               for one part; PREFIX=/usr/local, DESTDIR= for packages'
	@echo '  install-python  the Python package acqdev, into PYTHONDIR; uninstall-python'
	@echo '  soapy        the module for SoapySDR alone, build/lib/SoapySDR; "user" and "install" have it where pkg-config'
	@echo '               finds SoapySDR (SOAPY=no: not even then); install-soapy, into SOAPYDIR; uninstall-soapy'
	@echo '  uninstall    the reverse'
	@echo '  check        what a change needs, in three minutes: style, unit tests, card models, one machine'
	@echo '  test         all tests, on seven kernels (tests/run)'
	@echo '  soak         10^10 bytes and tests at random for so long: MINUTES=30'
	@echo '  kcsan        the tests of the debug kernel on one that looks for data races (KCSAN)'
	@echo '  coverage     which lines of the module run in the tests of the debug kernel: build/coverage'
	@echo '  conformance  whether a card of your own conforms to docs/acq-r1.md: CARD="command", DRIVER=no'
	@echo '  demo         a simulated card streaming into a guest (tests/demo)'
	@echo '  demo-qemu    sound cards of QEMU in place of simulated ones (tests/demo-qemu)'
	@echo '  demo-scope   a live signal of a simulated card in your browser, until Ctrl-C (tests/demo-scope)'
	@echo '  bench        what each way of reading and writing costs (tests/bench/run)'
	@echo '  check-style  checkpatch, kernel-doc, shellcheck, codespell (tests/style)'
	@echo '  check-packages  the packages of Debian and RPM, built and checked (tests/packages)'
	@echo '  clean        what was built; distclean: and the build directory'
	@echo
	@echo 'BUILD=dir builds elsewhere. CFLAGS, LDFLAGS, CC are for user space and kept.'

.PHONY: all user module module-for check-kdir check-libraries check-packages install install-user install-module uninstall \
	test check soak kcsan coverage conformance demo demo-qemu demo-scope bench check-style clean distclean help
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:

# SPDX-License-Identifier: GPL-2.0-only
#
# acq-scope, which "acq scope" runs. Included by the top Makefile. It is built where pkg-config finds
# libwebsockets and fftw, and uPlot is there: "make uplot" fetches that.

SCOPE_SRC := $(wildcard userspace/scope/*.c)
SCOPE_OBJ := $(patsubst userspace/%.c,$(BUILD)/obj/%.o,$(SCOPE_SRC))
SCOPE_PAGE := $(wildcard userspace/scope/page/*)
SCOPE_NEEDS := libwebsockets fftw3
# of the tool it takes what it calls
SCOPE_PARTS := $(BUILD)/obj/scope/parts.a

# where "make uplot" and tests/rig/prepare put it
UPLOT ?= $(patsubst %/stamp,%,$(firstword $(wildcard \
	$(BUILD)/uplot/stamp $(or $(ACQDEV_CACHE),/var/cache/acqdev)/uplot/stamp)))
SCOPE_UPLOT := $(addprefix $(UPLOT)/,uPlot.iife.min.js uPlot.min.css LICENSE)
SCOPE_LACKS := $(foreach p,$(SCOPE_NEEDS),$(if $(shell $(PKG_CONFIG) --exists $p && echo yes),,$p)) \
	$(if $(UPLOT),,uplot)
SCOPE := $(if $(strip $(SCOPE_LACKS)),,$(BUILD)/bin/acq-scope)
SCOPE_CPPFLAGS := $(ACQ_CPPFLAGS) -Iuserspace/acq
ifneq ($(SCOPE),)
SCOPE_CPPFLAGS += $(shell $(PKG_CONFIG) --cflags $(SCOPE_NEEDS))
SCOPE_LIBS := $(shell $(PKG_CONFIG) --libs $(SCOPE_NEEDS)) $(ACQ_LIBS)
endif

$(BUILD)/obj/scope/%.o: userspace/scope/%.c VERSION | check-libraries
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SCOPE_CPPFLAGS) $(SCOPE_FILE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# the page's files become a part of it
$(BUILD)/obj/scope/asset.o: $(SCOPE_PAGE) $(SCOPE_UPLOT)
$(BUILD)/obj/scope/asset.o: SCOPE_FILE_CFLAGS := -Wa,-Iuserspace/scope/page -Wa,-I$(UPLOT)

$(SCOPE_PARTS): $(filter-out %/main.o,$(ACQ_OBJ))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/acq-scope: $(SCOPE_OBJ) $(SCOPE_PARTS) $(BUILD)/lib/libacq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(SCOPE_LIBS)

scope: $(SCOPE)
	$(if $(SCOPE),,@echo "acq scope is not built, for want of $(strip $(SCOPE_LACKS)). libwebsockets and fftw3 are \
	Debian's packages libwebsockets-dev and libfftw3-dev; uplot: make uplot" >&2)

uplot:
	userspace/scope/fetch-uplot $(BUILD)/uplot

install-scope: scope
	$(if $(SCOPE),$(INSTALL) -D -m 0755 $(BUILD)/bin/acq-scope $(DESTDIR)$(PREFIX)/libexec/acqdev/acq-scope)
	$(if $(SCOPE),$(INSTALL) -D -m 0644 $(UPLOT)/LICENSE $(DESTDIR)$(PREFIX)/share/doc/acqdev-scope/uPlot-LICENSE)

uninstall-scope:
	rm -f $(DESTDIR)$(PREFIX)/libexec/acqdev/acq-scope $(DESTDIR)$(PREFIX)/share/doc/acqdev-scope/uPlot-LICENSE
.PHONY: scope uplot install-scope uninstall-scope

-include $(SCOPE_OBJ:.o=.d)
-include tests/reach/scope.mk

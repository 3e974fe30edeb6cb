# SPDX-License-Identifier: GPL-2.0-only
#
# acq-publish and acq-subscribe, if there is libnats. Included by the top Makefile, after acq.mk.

NATS_CFLAGS := $(shell $(PKG_CONFIG) --cflags libnats 2>/dev/null)
NATS_LIBS := $(shell $(PKG_CONFIG) --libs libnats 2>/dev/null)
NATS_PROGRAMS := acq-publish acq-subscribe
NATS_MAIN := main_publish main_subscribe
NATS_SRC := $(filter-out $(NATS_MAIN:%=userspace/nats/%.c),$(wildcard userspace/nats/*.c))
nats-objects = $(patsubst userspace/%.c,$(BUILD)/obj/acq/$(1)%.o,$(NATS_SRC))
NATS_ALL_OBJ := $(foreach n,$(wildcard userspace/nats/*.c),$(patsubst userspace/%.c,obj/acq/%.o,$n) \
	$(patsubst userspace/%.c,obj/acq/fake/%.o,$n))

$(NATS_ALL_OBJ:%=$(BUILD)/%): ACQ_FILE_CPPFLAGS = -Iuserspace/acq $(NATS_CFLAGS)

# The tool's own, of which each program takes what it uses
$(BUILD)/obj/acq/acq.a: $(filter-out %/main.o,$(ACQ_OBJ))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/acq-publish $(BUILD)/bin/acq-subscribe: $(BUILD)/bin/acq-%: $(BUILD)/obj/acq/nats/main_%.o \
		$(call nats-objects) $(BUILD)/obj/acq/acq.a $(BUILD)/lib/libacq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(NATS_LIBS) $(ACQ_LIBS)

nats: $(NATS_PROGRAMS:%=$(BUILD)/bin/%)
.PHONY: nats

ifneq ($(NATS_LIBS),)
user: nats
install-user: install-nats
test-programs: $(BUILD)/bin/acq-publish-fake $(BUILD)/tests/nats-writer
endif

install-nats: nats
	$(INSTALL) -D -m 0755 -t $(DESTDIR)$(PREFIX)/libexec/acqdev $(NATS_PROGRAMS:%=$(BUILD)/bin/%)

uninstall: uninstall-nats
uninstall-nats:
	rm -f $(NATS_PROGRAMS:%=$(DESTDIR)$(PREFIX)/libexec/acqdev/%)
.PHONY: install-nats uninstall-nats

-include $(NATS_ALL_OBJ:%.o=$(BUILD)/%.d)
-include tests/reach/nats.mk

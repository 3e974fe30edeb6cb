# SPDX-License-Identifier: GPL-2.0-only
#
# The tool acq. Included by the top Makefile, which sets BUILD, VERSION and
# USER_CFLAGS.

ACQ_SRC := $(wildcard userspace/acq/*.c) userspace/common/pattern.c
ACQ_OBJ := $(patsubst userspace/%.c,$(BUILD)/obj/acq/%.o,$(ACQ_SRC))
ACQ_CPPFLAGS := -D_GNU_SOURCE -DACQ_VERSION='"$(VERSION)"' -Iinclude -Iinclude/uapi -Iuserspace/common
ACQ_LIBS := -ljson-c -luring -lmd -lpthread -lm

# Libraries that the tool does without, if pkg-config does not find them: a command that needs
# one then says which package it lacks. One line for each: HAVE_NAME, its name for pkg-config.
PKG_CONFIG ?= pkg-config
acq-optional = $(if $(shell $(PKG_CONFIG) --exists $(2) 2>/dev/null && echo yes),\
	$(eval ACQ_OPTIONAL_CPPFLAGS += -D$(1) $(shell $(PKG_CONFIG) --cflags $(2)))\
	$(eval ACQ_OPTIONAL_LIBS += $(shell $(PKG_CONFIG) --libs $(2))))
ACQ_OPTIONAL_CPPFLAGS :=
ACQ_OPTIONAL_LIBS :=
$(call acq-optional,HAVE_SNDFILE,sndfile)
$(call acq-optional,HAVE_HDF5,hdf5)
$(call acq-optional,HAVE_FFTW,fftw3)

$(BUILD)/obj/acq/%.o: userspace/%.c VERSION | check-libraries
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(ACQ_CPPFLAGS) $(ACQ_FILE_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# libacq is linked in, so that the tool is one file that runs wherever it is put
$(BUILD)/bin/acq: $(ACQ_OBJ) $(BUILD)/lib/libacq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(ACQ_LIBS) $(ACQ_OPTIONAL_LIBS)

# Without the libraries that it does without: the files that ask for one, once more
ACQ_ASK := $(patsubst userspace/%.c,$(BUILD)/obj/acq/%.o,$(shell grep -l '\<HAVE_' $(ACQ_SRC)))
$(ACQ_ASK): ACQ_FILE_CPPFLAGS := $(ACQ_OPTIONAL_CPPFLAGS)
ACQ_PLAIN_OBJ := $(filter-out $(ACQ_ASK),$(ACQ_OBJ)) \
	$(patsubst $(BUILD)/obj/acq/%,$(BUILD)/obj/acq-plain/%,$(ACQ_ASK))
$(BUILD)/obj/acq-plain/%.o: userspace/%.c VERSION
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(ACQ_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# for machines without any library, such as the test rig's guests
$(BUILD)/bin/acq-static: $(ACQ_PLAIN_OBJ) $(BUILD)/lib/libacq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ $(ACQ_LIBS)

acq: $(BUILD)/bin/acq
acq-static: $(BUILD)/bin/acq-static
# for a processor of which there are no libraries to link with
acq-objects: $(ACQ_PLAIN_OBJ)
.PHONY: acq acq-static acq-objects

-include $(ACQ_OBJ:.o=.d) $(ACQ_PLAIN_OBJ:.o=.d)
-include tests/acq/test.mk

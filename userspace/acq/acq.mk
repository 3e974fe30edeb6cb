# SPDX-License-Identifier: GPL-2.0-only
#
# The tool acq. Included by the top Makefile, which sets BUILD, VERSION and
# USER_CFLAGS.

ACQ_SRC := $(wildcard userspace/acq/*.c) userspace/common/pattern.c
ACQ_OBJ := $(patsubst userspace/%.c,$(BUILD)/obj/acq/%.o,$(ACQ_SRC))
ACQ_CPPFLAGS := -D_GNU_SOURCE -DACQ_VERSION='"$(VERSION)"' -Iinclude -Iinclude/uapi -Iuserspace/common

$(BUILD)/obj/acq/%.o: userspace/%.c VERSION | check-libraries
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(ACQ_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# libacq is linked in, so that the tool is one file that runs wherever it is put
$(BUILD)/bin/acq: $(ACQ_OBJ) $(BUILD)/lib/libacq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ -ljson-c -luring -lpthread

# for machines without any library, such as the test rig's guests
$(BUILD)/bin/acq-static: $(ACQ_OBJ) $(BUILD)/lib/libacq.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -static -o $@ $^ -ljson-c -luring -lpthread

acq: $(BUILD)/bin/acq
acq-static: $(BUILD)/bin/acq-static
# for a processor of which there are no libraries to link with
acq-objects: $(ACQ_OBJ)
.PHONY: acq acq-static acq-objects

-include $(ACQ_OBJ:.o=.d)
-include tests/acq/test.mk

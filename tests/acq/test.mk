# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of the tool acq that need no device; tests/acq/run runs them.

comma := ,
FAKE_TEST_OBJ := $(BUILD)/obj/acq/test/fake.o $(BUILD)/obj/acq/test/sysfs.o $(BUILD)/obj/acq/test/failing.o
TEST_ACQ_OBJ := $(BUILD)/obj/acq/test/unit.o $(BUILD)/obj/acq/test/view_unit.o $(FAKE_TEST_OBJ)
FAKE_WRAP := open ioctl read write fsync mmap opendir fopen \
	fdatasync pwrite fallocate rename unlink realloc io_uring_submit_and_wait

# The tool and the library once more, without the flags that turn calls into others (open64,
# __read_chk), which the linker would not find by their names.
FAKE_OBJ := $(patsubst $(BUILD)/obj/%,$(BUILD)/obj/acq/fake/%,$(LIB_OBJ)) \
	$(patsubst $(BUILD)/obj/acq/%,$(BUILD)/obj/acq/fake/%,$(ACQ_OBJ))
FAKE_CFLAGS := -O1 -g -U_FORTIFY_SOURCE -U_FILE_OFFSET_BITS
$(patsubst $(BUILD)/obj/acq/%,$(BUILD)/obj/acq/fake/%,$(ACQ_ASK)): ACQ_FILE_CPPFLAGS := $(ACQ_OPTIONAL_CPPFLAGS)

$(BUILD)/obj/acq/fake/%.o: userspace/%.c VERSION
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(ACQ_CPPFLAGS) $(ACQ_FILE_CPPFLAGS) $(FAKE_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/acq/test/%.o: tests/acq/%.c VERSION
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(ACQ_CPPFLAGS) -Iuserspace/acq $(FAKE_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/bin/acq-unit: $(BUILD)/obj/acq/test/unit.o $(filter-out %/main.o,$(FAKE_OBJ))
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(ACQ_LIBS) $(ACQ_OPTIONAL_LIBS)

# of the arithmetic of views
$(BUILD)/bin/acq-view-unit: $(BUILD)/obj/acq/test/view_unit.o $(filter-out %/main.o,$(FAKE_OBJ))
	@mkdir -p $(@D)
	$(CC) -o $@ $^ $(ACQ_LIBS) $(ACQ_OPTIONAL_LIBS)

# the whole tool, with a device made up in fake.c
$(BUILD)/bin/acq-fake: $(FAKE_TEST_OBJ) $(FAKE_OBJ)
	@mkdir -p $(@D)
	$(CC) $(addprefix -Wl$(comma)--wrap=,$(FAKE_WRAP)) -o $@ $^ $(ACQ_LIBS) $(ACQ_OPTIONAL_LIBS)

test-acq: $(BUILD)/bin/acq-unit $(BUILD)/bin/acq-fake
	BUILD=$(BUILD) tests/acq/run
.PHONY: test-acq

-include $(TEST_ACQ_OBJ:.o=.d) $(FAKE_OBJ:.o=.d)

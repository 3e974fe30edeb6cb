# SPDX-License-Identifier: GPL-2.0-only
# Test programs: those for this machine, and static ones for the test machine.

TEST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Werror
GUEST_TESTS := reading loss trigger ioctl ioctl32 map wake readers stalls sleep lib uring uring-wait rings zerocopy recorded xdma xdma-losses xdma-freerun xdma-packets xdma-control
# Once more over the FIFO, and on a card with XDMA
GUEST_TESTS += $(addsuffix -fifo,reading loss map readers stalls sleep lib)
GUEST_TESTS += $(addsuffix -xdma,reading loss map wake readers stalls sleep lib uring uring-wait rings zerocopy)

$(BUILD)/tests/ring-test: tests/unit/ring-test.c tests/unit/kernel.h tests/harness.h module/core/ring.c module/core/ring.h module/core/uapi.h \
		include/uapi/linux/acqdev.h
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -fsanitize=address,undefined -Itests/unit -o $@ tests/unit/ring-test.c module/core/ring.c

$(BUILD)/tests/moderation-test: tests/unit/moderation-test.c tests/unit/kernel.h tests/harness.h \
		module/core/moderation.c module/core/moderation.h
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -fsanitize=address,undefined -Itests/unit -o $@ tests/unit/moderation-test.c module/core/moderation.c

guest_deps := tests/guest/guest.h tests/harness.h include/uapi/linux/acqdev.h
guest_build = $(CC) $(TEST_CFLAGS) $(1) -static -pthread -Iinclude/uapi -o $@ $<

$(BUILD)/tests/%: tests/guest/%.c $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build)

# With a library, which comes behind what uses it
$(BUILD)/tests/uring $(BUILD)/tests/uring-wait $(BUILD)/tests/xdma-control: $(BUILD)/tests/%: tests/guest/%.c tests/guest/uring.h $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build) -luring -pthread

$(BUILD)/tests/uring-xdma $(BUILD)/tests/uring-wait-xdma: $(BUILD)/tests/%-xdma: tests/guest/%.c tests/guest/uring.h $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build) -luring -pthread

# With libacq
$(BUILD)/tests/lib $(BUILD)/tests/lib-fifo $(BUILD)/tests/lib-xdma: tests/guest/lib.c include/acq.h $(BUILD)/lib/libacq.a $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build,-Iinclude) $(BUILD)/lib/libacq.a -luring

$(BUILD)/tests/xdma-packets: tests/guest/xdma-packets.c tests/guest/uring.h include/acq.h $(BUILD)/lib/libacq.a $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build,-Iinclude) $(BUILD)/lib/libacq.a -luring -pthread

# The examples of the documentation are run as they stand there.
$(BUILD)/tests/control.py $(BUILD)/tests/control-example.c: docs/control.md
	@mkdir -p $(@D)
	sed -n '/^```$(if $(filter %.py,$@),python,c)$$/,/^```$$/{//!p}' $< >$@

$(BUILD)/tests/control-example: $(BUILD)/tests/control-example.c
	$(CC) $(TEST_CFLAGS) -static -o $@ $<

# The same promises with the other way of transfer, or of the other card: a test looks at its name
$(BUILD)/tests/%-fifo: tests/guest/%.c $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build)

$(BUILD)/tests/%-xdma: tests/guest/%.c $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build)

$(BUILD)/tests/xdma-losses $(BUILD)/tests/xdma-freerun: $(BUILD)/tests/xdma-%: tests/guest/%.c $(guest_deps)
	@mkdir -p $(@D)
	$(guest_build)

$(BUILD)/tests/%32: tests/guest/%.c $(guest_deps)
	@mkdir -p $(@D)
	$(call guest_build,-m32)

test-programs: $(addprefix $(BUILD)/tests/,ring-test moderation-test control.py control-example $(GUEST_TESTS)) $(BUILD)/bin/acq-static $(BUILD)/bin/acq-card \
		$(BUILD)/bin/pattern-test $(BUILD)/bin/acq-unit $(BUILD)/bin/acq-fake

.PHONY: test-programs

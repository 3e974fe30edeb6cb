# SPDX-License-Identifier: GPL-2.0-only
# Test programs: those for this machine, and static ones for the test machine.

TEST_CFLAGS := -std=gnu11 -O2 -g -Wall -Wextra -Wshadow -Werror
# There are many for the machine, and each is linked with all of libc: no symbols
GUEST_CFLAGS := $(TEST_CFLAGS) -O1 -g0

UNIT_SANITIZE := -fsanitize=address,undefined

# The module's arithmetic, as programs
$(BUILD)/tests/ring-test $(BUILD)/tests/jump-test $(BUILD)/tests/output-test: module/core/ring.c module/core/ring.h module/core/cursor.c module/core/cursor.h module/core/uapi.h tests/unit/ring.h \
		include/uapi/linux/acqdev.h
$(BUILD)/tests/list-test: module/cards/ac97/list.c module/cards/ac97/list.h
$(BUILD)/tests/litepcie-test: $(foreach f,map times,module/cards/litepcie/$f.c module/cards/litepcie/$f.h) module/cards/litepcie/regs.h
$(BUILD)/tests/moderation-test: module/core/moderation.c module/core/moderation.h

$(BUILD)/tests/%-test: tests/unit/%-test.c tests/unit/kernel.h tests/harness.h
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(UNIT_SANITIZE) -Itests/unit -o $@ $(filter %.c,$^)

# Of these files only the functions that keep an order with ring.c, as they stand there
$(BUILD)/tests/order-extract.h: module/core/run.h module/core/reader.h module/core/reader.c module/core/producer.c
	@mkdir -p $(@D)
	sed -n '/^static inline u32 acq_run_end(/,/^}/p' module/core/run.h >$@
	sed -n '/^static inline void acq_reader_freed(/,/^}/p' module/core/reader.h >>$@
	sed -n '/^u64 acq_readers_hold(/,/^}/p' module/core/reader.c >>$@
	sed -n '/^static void producer_refill(/,/^}/p' module/core/producer.c >>$@

$(BUILD)/tests/order-test: tests/unit/order-test.c tests/unit/weak/weak.c tests/unit/weak/kernel.h tests/harness.h \
		$(BUILD)/tests/order-extract.h module/core/ring.c module/core/ring.h module/core/cursor.c module/core/cursor.h module/core/uapi.h include/uapi/linux/acqdev.h
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -Wno-shadow -Itests/unit/weak -I$(BUILD)/tests -o $@ tests/unit/order-test.c tests/unit/weak/weak.c module/core/ring.c module/core/cursor.c

# The libraries come behind what uses them; only what a test needs of them gets into it.
guest_deps := $(wildcard tests/guest/*.h) tests/harness.h include/uapi/linux/acqdev.h include/acq.h
guest_libs := $(BUILD)/lib/libacq.a
define guest_build
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -static -pthread -Iinclude/uapi -Iinclude -o $@ $< $(guest_libs) -luring -lm
endef

$(BUILD)/tests/%: tests/guest/%.c $(guest_deps) $(guest_libs)
	$(guest_build)

# The same promises with the other way of transfer, or of the other card: a test looks at its name
$(BUILD)/tests/%-fifo: $(BUILD)/tests/%
	ln -f $< $@

$(BUILD)/tests/%-xdma: $(BUILD)/tests/%
	ln -f $< $@

$(BUILD)/tests/%-ac97: $(BUILD)/tests/%
	ln -f $< $@

$(BUILD)/tests/%-litepcie: $(BUILD)/tests/%
	ln -f $< $@

# On the core of gateware/rtl: for the name alone, no test looks at it
$(BUILD)/tests/%-rtl: $(BUILD)/tests/%
	ln -f $< $@

# what only such names ask for stays, too
.SECONDARY:

$(BUILD)/tests/%32: tests/guest/%.c $(guest_deps)
	@mkdir -p $(@D)
	$(CC) $(GUEST_CFLAGS) -m32 -static -pthread -Iinclude/uapi -o $@ $<

# The examples of the documentation are run as they stand there.
$(BUILD)/tests/control.py $(BUILD)/tests/control-example.c: docs/control.md
	@mkdir -p $(@D)
	sed -n '/^```$(if $(filter %.py,$@),python,c)$$/,/^```$$/{//!p}' $< >$@

$(BUILD)/tests/latency $(BUILD)/tests/tone: $(BUILD)/tests/%: userspace/examples/%.c $(guest_deps) $(guest_libs)
	$(guest_build)

$(BUILD)/tests/control-example: $(BUILD)/tests/control-example.c
	$(CC) $(TEST_CFLAGS) -static -o $@ $<

# Modules for tests, built as anybody builds one that uses acqdev's
TEST_MODULES_DIR = $(BUILD)/test-modules-$(ID)

test-modules-for: module-for
	@mkdir -p $(TEST_MODULES_DIR)
	@for f in tests/modules/*; do \
		cmp -s $$f $(TEST_MODULES_DIR)/$${f##*/} || cp $$f $(TEST_MODULES_DIR)/ || exit 1; \
	done
	+$(MAKE) -C $(KDIR) M=$(TEST_MODULES_DIR) ACQDEV=$(CURDIR) \
		KBUILD_EXTRA_SYMBOLS=$(MODULE_DIR)/module/Module.symvers modules
	cp $(TEST_MODULES_DIR)/*.ko $(MODULE_DIR)/extra/

UNIT_TESTS := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*-test.c))
test-programs: $(addprefix $(BUILD)/tests/,$(UNIT_TESTS) python.tar soapy.tar control.py control-example latency tone kexec recorded player powercut promised) $(BUILD)/bin/acq-static $(BUILD)/bin/acq-card \
		$(BUILD)/bin/pattern-test $(BUILD)/bin/minimal-card $(BUILD)/bin/acq-unit $(BUILD)/bin/acq-view-unit $(BUILD)/bin/acq-fake

.PHONY: test-programs test-modules-for

# SPDX-License-Identifier: GPL-2.0-only
# The benchmark: a program for the test machine, a module to compare with, and a
# plugin for QEMU.

$(BUILD)/tests/bench: $(addprefix tests/bench/,bench.c modes.c writing.c measure.c bench.h insn.h) include/uapi/linux/acqdev.h
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -static -Iinclude/uapi -o $@ $(filter %.c,$^) -luring -pthread

# For each card: a test looks at its name
$(BUILD)/tests/cards $(BUILD)/tests/xdma-cards: tests/bench/cards.c tests/bench/insn.h $(guest_deps)
	@mkdir -p $(@D)
	$(guest_build)

# A short form of it is a test
$(BUILD)/tests/economy $(BUILD)/tests/play-economy: tests/bench/cost.h tests/bench/insn.h

test-programs: $(BUILD)/tests/economy $(BUILD)/tests/insn-plugin.so

$(BUILD)/tests/insn-plugin.so: tests/bench/insn-plugin.c tests/bench/insn.h tests/bench/insn-qemu.h
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -shared -fPIC -fvisibility=hidden -o $@ $<

# Built in a copy, as the module is
BARE_DIR = $(BUILD)/bare-$(ID)

bare-for: check-kdir
	@mkdir -p $(BARE_DIR)
	@cmp -s tests/bench/bare.c $(BARE_DIR)/bare.c || cp tests/bench/bare.c $(BARE_DIR)/bare.c
	@echo 'obj-m := bare.o' > $(BARE_DIR)/Kbuild
	+$(MAKE) -C $(KDIR) M=$(BARE_DIR) modules

bench-programs: $(BUILD)/tests/bench $(BUILD)/tests/cards $(BUILD)/tests/xdma-cards $(BUILD)/tests/insn-plugin.so

.PHONY: bare-for bench-programs

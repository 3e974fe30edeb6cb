# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of acq-scope need: the program with the device that is made up in tests/acq/fake.c.
# Included by userspace/scope/scope.mk.

FAKE_PARTS := $(BUILD)/obj/scope/fake-parts.a

$(FAKE_PARTS): $(filter-out %/main.o,$(FAKE_OBJ))
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/acq-scope-fake: $(FAKE_TEST_OBJ) $(SCOPE_OBJ) $(FAKE_PARTS)
	@mkdir -p $(@D)
	$(CC) $(addprefix -Wl$(comma)--wrap=,$(FAKE_WRAP)) -Wl,--as-needed -o $@ $^ $(SCOPE_LIBS)

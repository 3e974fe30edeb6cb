# SPDX-License-Identifier: GPL-2.0-only
#
# A minimal card for the conformance suite: of acq-card's it has what any card needs to talk to a machine.

MINIMAL_OBJ := $(patsubst %,$(BUILD)/obj/card/card/%.o,card fault lie listen pci vfu vfu_command vfu_irq vfu_map vfu_message)
MINIMAL_SRC := $(wildcard tests/conformance/*.c)

$(BUILD)/bin/minimal-card: $(MINIMAL_SRC) tests/conformance/minimal.h include/acq_r1.h $(MINIMAL_OBJ)
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(CARD_CPPFLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $(MINIMAL_SRC) $(MINIMAL_OBJ) \
		$(shell pkg-config --libs json-c)

minimal-card: $(BUILD)/bin/minimal-card
.PHONY: minimal-card

# SPDX-License-Identifier: GPL-2.0-only
#
# acq-publish with the made-up device of tests/acq/fake.c, and what writes to JetStream without any
# device: for tests/reach/nats. Included by userspace/nats/nats.mk.

$(BUILD)/bin/acq-publish-fake: $(BUILD)/obj/acq/fake/nats/main_publish.o $(call nats-objects,fake/) $(FAKE_TEST_OBJ) \
		$(filter-out %/main.o,$(FAKE_OBJ))
	@mkdir -p $(@D)
	$(CC) $(addprefix -Wl$(comma)--wrap=,$(FAKE_WRAP)) -o $@ $^ $(NATS_LIBS) $(ACQ_LIBS) $(ACQ_OPTIONAL_LIBS)

$(BUILD)/tests/nats-writer: tests/reach/nats-writer.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(NATS_CFLAGS) -o $@ $< $(NATS_LIBS)

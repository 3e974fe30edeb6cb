# SPDX-License-Identifier: GPL-2.0-only
#
# What the tests of the Python package need: a made-up device to be preloaded, and libacq with the
# address sanitizer. Included by userspace/python/python.mk.

PYTHON_DEVICE_SRC := tests/python/device.c userspace/acq/names.c userspace/common/pattern.c

$(BUILD)/tests/python-device.so: $(PYTHON_DEVICE_SRC) tests/acq/fake.c tests/acq/fake.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(ACQ_CPPFLAGS) -Iuserspace/acq -Itests/acq $(FAKE_CFLAGS) -fPIC -fvisibility=hidden -shared \
		-o $@ $(PYTHON_DEVICE_SRC) -ldl -lm

$(BUILD)/tests/libacq-asan.so: $(LIB_SRC) $(wildcard userspace/lib/*.h) userspace/lib/libacq.map include/acq.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(LIB_CPPFLAGS) $(FAKE_CFLAGS) -fsanitize=address,undefined -fno-omit-frame-pointer \
		-fPIC -fvisibility=hidden -shared -Wl,--version-script=userspace/lib/libacq.map -o $@ $(LIB_SRC) -luring

# All that a machine needs beside the tree's python3 and numpy
$(BUILD)/tests/python.tar: $(PYTHON_SRC) $(BUILD)/lib/libacq.so tests/guest/python.py
	@mkdir -p $(@D)
	tar -cf $@ -C $(CURDIR)/userspace/python $(patsubst userspace/python/%,%,$(PYTHON_SRC)) \
		-C $(BUILD)/lib $(LIB_SHARED) -C $(CURDIR)/tests/guest python.py

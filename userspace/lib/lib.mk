# SPDX-License-Identifier: GPL-2.0-only
#
# libacq, shared and static. Included by the top Makefile, which sets BUILD, VERSION
# and USER_CFLAGS.

LIB_SRC := $(wildcard userspace/lib/*.c)
LIB_OBJ := $(patsubst userspace/lib/%.c,$(BUILD)/obj/lib/%.o,$(LIB_SRC))
LIB_CPPFLAGS := -D_GNU_SOURCE -Iinclude -Iinclude/uapi
LIB_SONAME := libacq.so.1
LIB_SHARED := libacq.so.1.0.0

# position independent in the archive too, so that it can become part of a plugin
$(BUILD)/obj/lib/%.o: userspace/lib/%.c | check-libraries
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(LIB_CPPFLAGS) -fPIC -fvisibility=hidden $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/lib/libacq.a: $(LIB_OBJ)
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/lib/libacq.so: $(LIB_OBJ) userspace/lib/libacq.map
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(LIB_SONAME) -Wl,--version-script=userspace/lib/libacq.map \
		-Wl,-z,defs -Wl,--no-undefined-version -o $(BUILD)/lib/$(LIB_SHARED) $(LIB_OBJ) -luring
	ln -sf $(LIB_SHARED) $(BUILD)/lib/$(LIB_SONAME)
	ln -sf $(LIB_SONAME) $@

lib: $(BUILD)/lib/libacq.a $(BUILD)/lib/libacq.so
.PHONY: lib

-include $(LIB_OBJ:.o=.d)

# SPDX-License-Identifier: GPL-2.0-only
#
# The simulated card. Included by the top Makefile, which sets BUILD and
# USER_CFLAGS; works alone, too: make -f userspace/card/card.mk BUILD=build
# build/bin/acq-card

BUILD ?= build
CFLAGS ?= -O2 -g
USER_CFLAGS ?= -std=gnu11 -Wall -Wextra -Wshadow -Werror -fno-common

CARD_SRC := $(wildcard userspace/card/*.c userspace/card/models/*/*.c) userspace/common/pattern.c
CARD_OBJ := $(patsubst userspace/%.c,$(BUILD)/obj/card/%.o,$(CARD_SRC))
CARD_CPPFLAGS := -D_GNU_SOURCE -Iinclude -Iuserspace/common -Iuserspace/card
# asked only where they are needed: the rest builds without these libraries
CARD_PKG_CFLAGS = $(shell pkg-config --cflags sndfile json-c)
CARD_PKG_LIBS = $(shell pkg-config --libs sndfile json-c)

$(BUILD)/bin/acq-card: $(CARD_OBJ)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(CARD_PKG_LIBS) -lm

$(BUILD)/obj/card/%.o: userspace/%.c
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(CARD_CPPFLAGS) $(CARD_PKG_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP \
		-c -o $@ $<

# the patterns against their definition
$(BUILD)/bin/pattern-test: tests/card/pattern-test.c userspace/common/pattern.c \
		userspace/common/pattern.h
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) -Iuserspace/common $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ \
		$(filter %.c,$^)

card: $(BUILD)/bin/acq-card
.PHONY: card

-include $(CARD_OBJ:.o=.d)

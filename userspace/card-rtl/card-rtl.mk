# SPDX-License-Identifier: GPL-2.0-only
#
# acq-card-rtl: the core of gateware/rtl as a simulated card, by verilator. It is all of
# acq-card but for its models. Nothing else needs it, and nothing builds it unasked.

# The cores, the default first, and their parameters as acq_r1.v has them. "whole" is there for
# who asks: make RTL_CORES="dma fifo whole" build/bin/acq-card-rtl
RTL_CORES ?= dma fifo duplex
RTL_dma := CHANNELS=2 LANE_BYTES=4 CLOCK_HZ=48000 CLOCKS_PER_US=100
RTL_whole := PARTIAL=0 FIFO_LOG2=10 CHANNELS=2 LANE_BYTES=4 CLOCK_HZ=48000 CLOCKS_PER_US=100
RTL_fifo := HAS_DMA=0 HAS_FIFO=1 FIFO_LOG2=10 CHANNELS=2 LANE_BYTES=4 CLOCK_HZ=4000 CLOCKS_PER_US=100

# both sides: two of the largest blocks, of 64 KiB, in the FIFO of the output
RTL_duplex := HAS_OUT=1 CHANNELS=2 LANE_BYTES=4 OUT_LANE_BYTES=4 CLOCK_HZ=48000 CLOCKS_PER_US=100 TABLE_LOG2=10 OUT_BLOCK_LOG2=16 OUT_FIFO_LOG2=17
RTL_TOP_duplex := acq_r1_duplex

RTL_DIR := $(BUILD)/obj/rtl
RTL_LIST := $(RTL_DIR)/list-$(subst $() ,-,$(strip $(RTL_CORES))).o
RTL_MINE := $(patsubst userspace/%.c,$(BUILD)/obj/card/%.o,$(wildcard userspace/card-rtl/*.c))
RTL_OBJ := $(RTL_MINE) $(filter-out %/card/kinds.o $(BUILD)/obj/card/card/models/%,$(CARD_OBJ)) \
	$(RTL_CORES:%=$(RTL_DIR)/%.o) $(RTL_LIST)

# verilator's own code is the same for each core
$(BUILD)/bin/acq-card-rtl: $(RTL_OBJ)
	@mkdir -p $(@D)
	$(CXX) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(foreach core,$(RTL_CORES),$(RTL_DIR)/$(core)/Vcore_$(core)__ALL.a) \
		$(RTL_DIR)/dma/verilated.o $(RTL_DIR)/dma/verilated_threads.o $(CARD_PKG_LIBS) -lm -pthread

$(RTL_DIR)/%.made: $(wildcard gateware/rtl/*.v) userspace/card-rtl/watch.vlt userspace/card-rtl/card-rtl.mk
	@mkdir -p $(@D)
	verilator --cc --build -O3 --prefix Vcore_$* --top-module $(or $(RTL_TOP_$*),acq_r1) -y gateware/rtl $(RTL_$*:%=-G%) \
		-Mdir $(RTL_DIR)/$* -CFLAGS -O2 userspace/card-rtl/watch.vlt gateware/rtl/$(or $(RTL_TOP_$*),acq_r1).v \
		>$(RTL_DIR)/$*.log 2>&1 || { cat $(RTL_DIR)/$*.log; exit 1; }
	@touch $@

$(RTL_DIR)/%.o: userspace/card-rtl/core.cpp userspace/card-rtl/core.h $(RTL_DIR)/%.made
	root=$$(verilator --getenv VERILATOR_ROOT) && \
	$(CXX) -std=gnu++20 -Wall -Wextra -Werror $(CPPFLAGS) $(CFLAGS) $(RTL_$*:%=-D%) -DMODEL=Vcore_$* -DCORE=core_$* \
		-DNAME='"$*"' -DMODEL_H='"Vcore_$*.h"' -DROOT_H='"Vcore_$*___024root.h"' \
		-isystem $(RTL_DIR)/$* -isystem $$root/include -isystem $$root/include/vltstd -c -o $@ $<

$(RTL_LIST): userspace/card-rtl/core.h userspace/card-rtl/card-rtl.mk
	@mkdir -p $(@D)
	{ echo '#include "core.h"'; \
	  for core in $(RTL_CORES); do echo "extern const struct core_kind core_$$core;"; done; \
	  echo 'const struct core_kind *const core_kinds[] = {'; \
	  for core in $(RTL_CORES); do echo "&core_$$core,"; done; echo '0 };'; } >$(@:.o=.c)
	$(CC) $(USER_CFLAGS) -Iuserspace/card-rtl $(CPPFLAGS) $(CFLAGS) -c -o $@ $(@:.o=.c)

.SECONDARY: $(RTL_CORES:%=$(RTL_DIR)/%.made)

-include $(RTL_MINE:.o=.d)

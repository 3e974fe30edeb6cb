# SPDX-License-Identifier: GPL-2.0-only
#
# The module for SoapySDR, if pkg-config finds that. Included by the top Makefile.

SOAPY_SRC := $(wildcard userspace/soapy/*.cpp)
# the names and values of "acq config" are the tool's
SOAPY_C := $(addprefix userspace/acq/,config.c names.c text.c)
SOAPY_OBJ := $(patsubst userspace/%,$(BUILD)/obj/%.o,$(SOAPY_SRC)) \
	$(patsubst userspace/acq/%,$(BUILD)/obj/soapy/%.o,$(SOAPY_C))
SOAPY_MODULE := libacqdevSupport.so
SOAPY_CPPFLAGS := -D_GNU_SOURCE -Iinclude -Iinclude/uapi -Iuserspace/acq
# no -Wshadow: struct acq_map has a function of its name, as is usual in C
SOAPY_CXXFLAGS := -std=c++17 -Wall -Wextra -Werror -fPIC -fvisibility=hidden
CXXFLAGS ?= $(CFLAGS)

# where SoapySDR looks: modules of its own ABI
SOAPYDIR ?= $(shell $(PKG_CONFIG) --variable=libdir SoapySDR)/SoapySDR/modules$(shell \
	echo SOAPY_SDR_ABI_VERSION | $(CXX) -E -P -include SoapySDR/Version.h -x c++ - | tail -n 1 | tr -d '" ')

$(BUILD)/obj/soapy/%.cpp.o: userspace/soapy/%.cpp | check-libraries
	@mkdir -p $(@D)
	$(CXX) $(SOAPY_CXXFLAGS) $(SOAPY_CPPFLAGS) $(CPPFLAGS) $(CXXFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/obj/soapy/%.c.o: userspace/acq/%.c | check-libraries
	@mkdir -p $(@D)
	$(CC) $(USER_CFLAGS) $(SOAPY_CPPFLAGS) -fPIC -fvisibility=hidden $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/lib/SoapySDR/$(SOAPY_MODULE): $(SOAPY_OBJ) $(BUILD)/lib/libacq.so
	@mkdir -p $(@D)
	$(CXX) $(CXXFLAGS) $(LDFLAGS) -shared -Wl,-z,defs -o $@ $(SOAPY_OBJ) -L$(BUILD)/lib -lacq \
		$(shell $(PKG_CONFIG) --libs SoapySDR)

soapy: $(BUILD)/lib/SoapySDR/$(SOAPY_MODULE)
.PHONY: soapy

# SOAPY=no: not even then
ifeq ($(if $(filter no,$(SOAPY)),,$(shell $(PKG_CONFIG) --exists SoapySDR 2>/dev/null && command -v $(CXX) >/dev/null && echo yes)),yes)
user: soapy

install-user: install-soapy

uninstall: uninstall-soapy
endif

install-soapy: soapy
	$(INSTALL) -D -m 0644 $(BUILD)/lib/SoapySDR/$(SOAPY_MODULE) $(DESTDIR)$(SOAPYDIR)/$(SOAPY_MODULE)

uninstall-soapy:
	rm -f $(DESTDIR)$(SOAPYDIR)/$(SOAPY_MODULE)
.PHONY: install-soapy uninstall-soapy

-include $(SOAPY_OBJ:.o=.d)

include tests/reach/soapy.mk

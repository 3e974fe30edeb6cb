# SPDX-License-Identifier: GPL-2.0-only
#
# All of the SoapySDR module that a machine needs beside the second tree. Included by
# userspace/soapy/soapy.mk.

$(BUILD)/tests/soapy.tar: $(BUILD)/lib/SoapySDR/$(SOAPY_MODULE) $(BUILD)/lib/libacq.so tests/reach/soapy_card.py
	@mkdir -p $(@D)
	tar -cf $@ -C $(BUILD)/lib SoapySDR $(LIB_SHARED) $(LIB_SONAME) -C $(CURDIR)/tests/reach soapy_card.py

# SPDX-License-Identifier: GPL-2.0-only OR MIT
# The clock of the ADC, as its data sheet says, and what crosses to the clock of the bridge (axis_cdc.v).
create_clock -name adc -period 100.000 [get_ports adc_clk]

# Gray pointers: bits of one must not drift apart by more than a period of the faster clock
set_max_delay -datapath_only -from [get_cells -hierarchical *cdc/s_gray_reg[*]] -to [get_cells -hierarchical *cdc/s_gray1_reg[*]] 8.000
set_max_delay -datapath_only -from [get_cells -hierarchical *cdc/m_gray_reg[*]] -to [get_cells -hierarchical *cdc/m_gray1_reg[*]] 8.000
# the memory is read two clocks behind its pointer; the reset is synchronised on both sides
set_max_delay -datapath_only -from [get_cells -hierarchical *cdc/memory_reg*] -to [get_clocks -of_objects [get_pins -hierarchical *cdc/m_at_reg[0]/C]] 8.000
set_false_path -to [get_pins -hierarchical *cdc/?_rsts_reg[*]/PRE]

// SPDX-License-Identifier: GPL-2.0-only
/* Part of bench.h: the core's parameters, as verilator was given them, and what follows of them */
#ifndef PARAMETERS_H
#define PARAMETERS_H

#ifndef CHANNELS
#define CHANNELS 1
#endif
#ifndef FORMAT
#define FORMAT 2
#endif
#ifndef LANE_BYTES
#define LANE_BYTES (1 << FORMAT / 2)
#endif
#ifndef FIFO_LOG2
#define FIFO_LOG2 9
#endif
#ifndef WAITS
#define WAITS 0
#endif
#ifndef PARTIAL
#define PARTIAL 1
#endif
#ifndef ADDR_BITS
#define ADDR_BITS 64
#endif
#ifndef CLOCKS_PER_US
#define CLOCKS_PER_US 8
#endif
#ifndef STAMP_HZ
#define STAMP_HZ 0
#endif
#ifndef BURST_LOG2
#define BURST_LOG2 3
#endif
#define BURST_BYTES (8u << BURST_LOG2)
#define SAMPLE_BYTES (1 << FORMAT / 2)
#define FRAME_BYTES (CHANNELS * SAMPLE_BYTES)
#define FRAME_LANES (FRAME_BYTES / LANE_BYTES)
#define BLOCK_LOG2 22
#define TABLE_LOG2 8

#endif /* PARAMETERS_H */

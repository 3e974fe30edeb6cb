/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core of gateware/rtl for one set of parameters, made into a program by verilator:
 * its pins, a clock at a time. What is asked of it in C; core.cpp knows verilator.
 */
#ifndef CARD_RTL_CORE_H
#define CARD_RTL_CORE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct core;

/* The output side, as it is seen from outside and inside */
struct core_out {
	/* behind a clock */
	bool valid;			/* a frame, of one lane */
	bool filler;
	uint64_t data;

	unsigned int state;		/* ACQ_R1_* */
	bool resetting;
	bool halting;
	bool losing;
	unsigned int engine;
	uint32_t played;		/* blocks */
	uint32_t fetched;
	uint32_t given;
	uint32_t update;
	uint32_t words;			/* of 8 bytes, in the FIFO */
	bool timer_hold;
	uint16_t us;
	uint16_t irq_us;
};

/* Pins have the names that they have in acq_r1.v and acq_r1_duplex.v. */
struct core_pins {
	/* what the card around the core sets before a clock */
	bool rst;
	bool reg_write;
	bool reg_read;
	uint16_t reg_addr;		/* of a word */
	uint32_t reg_wdata;
	bool s_valid;
	bool s_last;
	uint64_t s_data;
	bool bus_master;
	bool msi_enable;
	bool msi_ready;
	bool w_ready;
	bool w_idle;
	bool w_error;
	bool r_ready;
	bool d_valid;
	bool d_error;
	uint64_t d_data;
	bool m_ready;

	/*
	 * what the core shows behind a clock: each comes from flip-flops alone, but W_VALID of
	 * a core with an output, which obeys BUS_MASTER at once
	 */
	bool reg_busy;
	bool reg_done;
	uint32_t reg_rdata;
	bool s_ready;
	bool intx;
	bool msi_valid;
	bool w_valid;
	bool w_first;
	bool w_last;
	uint64_t w_addr;
	unsigned int w_len;
	uint64_t w_data;
	bool r_valid;
	uint64_t r_addr;
	unsigned int r_len;		/* beats */

	/* what lies inside, and is looked at from outside */
	unsigned int state;		/* ACQ_R1_* */
	bool resetting;
	bool losing;
	bool fits;			/* a frame does */
	uint32_t level;			/* bytes in the FIFO */
	uint64_t frames;
	uint64_t dropped;
	unsigned int engine;		/* what the DMA engine does, 0: nothing */
	uint32_t complete;		/* blocks */
	uint32_t update;
	bool timer_hold;		/* there is nothing that IRQ_US waits for */
	uint16_t us;			/* of IRQ_US that have passed */
	uint16_t irq_us;
	struct core_out out;
};

struct core_kind {
	const char *name;
	bool has_dma;
	bool has_out;			/* of the same frames, at the same rate */
	unsigned int channels;
	unsigned int format;
	unsigned int lane_bytes;	/* that the stream has at a clock */
	uint32_t clock_hz;		/* frames */
	unsigned int clocks_per_us;
	/* NULL without memory */
	struct core *(*make)(void);
	void (*free)(struct core *core);
	/* One clock */
	void (*clock)(struct core *core, struct core_pins *pins);
	/* BUS_MASTER is another than at the last one. */
	void (*settle)(struct core *core, struct core_pins *pins);
	/*
	 * So many microseconds pass, at least one, in which nothing happens but that the
	 * timers of IRQ_US count. The last of them ends with the next clock.
	 */
	void (*pass)(struct core *core, uint32_t us);
};

/* All that card-rtl.mk names, the default first; NULL ends. */
extern const struct core_kind *const core_kinds[];

#ifdef __cplusplus
}
#endif

#endif /* CARD_RTL_CORE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the ACQ-R1 model: r1.c has the registers, r1_run.c the source,
 * the FIFO and the trigger, r1_dma.c the blocks and the status page.
 *
 * Frames are known by their index. The source is a function of it, so the FIFO
 * needs no memory: as nothing is stored after an overflow until it is empty, it
 * always holds one range of indices, [out, in).
 */
#ifndef CARD_R1_RUN_H
#define CARD_R1_RUN_H

#include "acq_r1.h"
#include "pace.h"
#include "pattern.h"
#include "r1.h"

#define R1_REGISTERS	(0x100 / 4)
#define R1_ENDLESS	UINT64_MAX
#define R1_SCRATCH	(256u << 10)	/* bytes that are made at a time */

/* The configuration as START has found it */
struct r1_setup {
	bool dma;
	uint32_t mask;
	unsigned int channels;	/* that are enabled */
	unsigned int format;
	unsigned int width;	/* bytes of a sample */
	unsigned int frame;	/* bytes of a frame */
	uint64_t count;
	unsigned int trigger;
	bool falling;
	unsigned int position;	/* of the trigger's channel in the frame */
	int64_t level;
	uint32_t pretrigger;
	unsigned int pattern;
	uint64_t table;
	uint64_t records;
	uint64_t status;
	uint32_t entries;
};

struct r1_gap {
	uint64_t index;
	uint64_t count;
};

/* What is told to the control socket; it outlives a reset. */
struct r1_totals {
	unsigned int state;
	bool losing;
	uint64_t frames;
	uint64_t dropped;
	uint64_t delivered;
	uint64_t blocks;
	uint64_t updates;
	uint64_t fifo_bytes;
	uint32_t given;
};

struct r1 {
	struct r1_config config;
	struct source *source;
	struct faults *faults;
	const struct card_host *host;
	uint32_t regs[R1_REGISTERS];	/* those that just hold what is written */
	uint64_t birth;			/* where the timestamp counter begins */

	/* The run. @epoch changes when a DMA that is under way has lost its purpose. */
	unsigned int epoch;
	unsigned int busy;		/* DMA operations under way */
	bool settling;			/* a reset waits for them */
	struct r1_setup run;
	unsigned int state;
	unsigned int code;		/* of ACQ_R1_ERROR */
	bool losing;
	bool triggered;
	bool frozen;			/* a source that can wait does */
	bool stalled;			/* by the control socket: nothing leaves the FIFO */
	bool more;			/* there is more to do at once */
	uint64_t race;			/* so many millionths of the rate that is configured */
	struct pace pace;
	struct pattern pattern;
	uint64_t sampled;		/* index of the next frame to be sampled */
	uint64_t first;			/* index of the first frame of the run proper */
	uint64_t end;			/* index behind its last frame */
	uint64_t in;
	uint64_t out;
	uint64_t taken;			/* index behind the last frame that left the FIFO */
	uint64_t trigger_index;
	uint64_t dropped;
	uint64_t delivered;
	uint64_t drop_order;		/* frames that the control socket wants dropped */
	struct r1_gap *gaps;
	size_t gap_count;
	size_t gap_room;
	int64_t last_value;		/* of the trigger's channel */

	/* FIFO transfer */
	unsigned int popped;		/* bytes of frame @out that have been read */
	uint64_t fifo_since;		/* when it was empty or read last */
	uint64_t window_index;		/* frames in @window */
	size_t window_frames;

	/* DMA */
	uint32_t given;
	uint32_t complete;
	uint64_t blocks;
	bool open;			/* block number @complete is being filled */
	uint64_t block_addr;
	uint32_t block_bytes;
	uint32_t filled;
	struct acq_r1_record record;	/* in the machine's byte order */
	uint64_t last_stamp;
	uint64_t last_index;

	/* Interrupts and the status page */
	uint32_t status;		/* latched causes */
	uint32_t mask;
	bool stuck;			/* by a fault: asserted, whatever the mask */
	uint32_t events;		/* causes that come with the next update */
	uint32_t update;
	uint32_t due;			/* newest update that is worth an interrupt */
	uint32_t seen;
	uint64_t updates;
	uint64_t news;			/* frames since the newest update */
	uint64_t news_since;
	uint64_t unsaid;		/* frames since the update that was due */
	uint64_t unsaid_since;
	bool block_unsaid;		/* a block was completed since then */
	bool stale;			/* one was completed since the newest update */

	uint32_t latched[5];		/* high halves, see r1.c */
	bool had_run;
	struct r1_totals totals;	/* of the run before the last reset */
	uint64_t reads;
	uint64_t writes;
	uint64_t dma_bytes;
	uint64_t runs;
	uint8_t scratch[R1_SCRATCH];
	uint8_t window[R1_SCRATCH];
};

/* r1_run.c */
bool r1_waits(const struct r1 *c);
void r1_start(struct r1 *c);
void r1_stop(struct r1 *c);
void r1_fail(struct r1 *c, unsigned int code);
void r1_trigger(struct r1 *c, uint64_t index);
void r1_step(struct r1 *c);
uint64_t r1_deadline(const struct r1 *c);
void r1_make(struct r1 *c, uint64_t index, size_t frames, void *buf);
uint32_t r1_fifo_level(const struct r1 *c);
uint64_t r1_fifo_bytes(const struct r1 *c);
bool r1_fifo_ready(const struct r1 *c);
void r1_pop(struct r1 *c, void *buf, size_t bytes);
uint64_t r1_frames(const struct r1 *c);
uint64_t r1_stamp(const struct r1 *c, uint64_t ns);
uint64_t r1_irq_ns(const struct r1 *c);

/* r1_dma.c */
void r1_put(struct r1 *c, size_t *budget);
void r1_flush(struct r1 *c);
void r1_report(struct r1 *c);
void r1_saw(struct r1 *c, uint32_t update);
bool r1_has_room(const struct r1 *c);

/* r1.c */
uint32_t r1_state_word(const struct r1 *c);
uint32_t r1_irq_word(const struct r1 *c);
void r1_refresh_irq(struct r1 *c);

#endif /* CARD_R1_RUN_H */

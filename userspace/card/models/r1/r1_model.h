/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the ACQ-R1 model. Its files from the bottom to the top, as they
 * are declared below: each calls only those before it.
 *
 * Frames are known by their index. The source is a function of it, so the FIFO
 * needs no memory: as nothing is stored after an overflow until it is empty, it
 * always holds one range of indices, [out, in).
 */
#ifndef CARD_R1_MODEL_H
#define CARD_R1_MODEL_H

#include "acq_r1.h"
#include "losses.h"
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

/* What the control socket gets to know; it outlives a reset. */
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
	struct losses gaps;
	int64_t last_value;		/* of the trigger's channel */

	/* FIFO transfer */
	unsigned int popped;		/* bytes of frame @out that have been read */
	uint64_t fifo_since;		/* when it was empty or read last */
	uint64_t window_index;		/* frames in @window */
	size_t window_frames;
	uint64_t made_up;		/* bytes that were popped from an empty FIFO, by a lie */

	/* DMA */
	uint32_t given;
	uint32_t complete;
	uint64_t blocks;
	bool open;			/* block number @complete is being filled */
	bool unwritten;			/* nothing is written to it, by a lie */
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
	uint64_t unreported;		/* frames since the update that was due */
	uint64_t unreported_since;
	bool block_unreported;		/* a block was completed since then */
	bool stale;			/* one was completed since the newest update */

	uint32_t latched[5];		/* high halves, see regs.c */
	bool had_run;
	struct r1_totals totals;	/* of the run before the last reset */
	uint64_t reads;
	uint64_t writes;
	uint64_t dma_bytes;
	uint64_t runs;
	uint8_t scratch[R1_SCRATCH];
	uint8_t window[R1_SCRATCH];
};

static inline uint64_t r1_now(const struct r1 *c)
{
	return c->host->now(c->host->machine);
}

static inline uint64_t r1_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* state.c */

/* Does the source wait for the host, instead of losing frames? */
bool r1_state_waits(const struct r1 *c);
/* The timestamp counter at a time. */
uint64_t r1_state_stamp(const struct r1 *c, uint64_t ns);
uint64_t r1_state_irq_ns(const struct r1 *c);
/* Frames of the run until now. */
uint64_t r1_state_frames(const struct r1 *c);
/* Index behind the last frame that the signal has. */
uint64_t r1_state_signal_end(const struct r1 *c);
/* Writes frames of the run's signal. */
void r1_state_make(struct r1 *c, uint64_t index, size_t frames, void *buf);
/* What STATE says. */
uint32_t r1_state_word(const struct r1 *c);
void r1_state_fail(struct r1 *c, unsigned int code);

/* fifo.c */

uint64_t r1_fifo_bytes(const struct r1 *c);
uint64_t r1_fifo_capacity(const struct r1 *c);	/* frames */
/* Frames that it still takes. */
uint64_t r1_fifo_room(const struct r1 *c);
/* What FIFO_LEVEL reads. */
uint32_t r1_fifo_level(const struct r1 *c);
/* Is there so much in it, or for so long, that the host gets an interrupt? */
bool r1_fifo_ready(const struct r1 *c);
/* Frames that were popped though there were none, by a lie. */
uint64_t r1_fifo_made_up(const struct r1 *c);
/* The host reads the window. */
void r1_fifo_pop(struct r1 *c, void *buf, size_t bytes);

/* irq.c */

uint32_t r1_irq_word(const struct r1 *c);
void r1_irq_refresh(struct r1 *c);

/* bus.c: 0, or the run is not what it was */

int r1_bus_read(struct r1 *c, uint64_t addr, void *buf, size_t bytes);
int r1_bus_write(struct r1 *c, uint64_t addr, const void *buf, size_t bytes);
/* Frames of the signal, to a block. */
int r1_bus_frames(struct r1 *c, uint64_t addr, uint64_t index, size_t frames);
/* The lie of writing beside the open block. */
int r1_bus_stray(struct r1 *c);
/* The lie of writing to a block though nothing runs. */
void r1_bus_late(struct r1 *c);

/* page.c */

/* Writes the status page and raises causes as far as it is time to. */
void r1_page_report(struct r1 *c);
/* The host has seen @update of the status page. */
void r1_page_saw(struct r1 *c, uint32_t update);

/* block.c */

/* Is there a block for the next frame? */
bool r1_block_room(const struct r1 *c);
/* Moves what it can from the FIFO into blocks, at most @budget bytes. */
void r1_block_put(struct r1 *c, size_t *budget);
/* Completes the open block as it is. */
void r1_block_flush(struct r1 *c);

/* setup.c */

/* Takes the configuration from the registers. False if it is not possible. */
bool r1_setup_take(struct r1 *c);

/* run.c */

void r1_run_start(struct r1 *c);
void r1_run_stop(struct r1 *c);
void r1_run_trigger(struct r1 *c, uint64_t index);
/* Does all that is due. */
void r1_run_step(struct r1 *c);
/* When to be called again. */
uint64_t r1_run_deadline(const struct r1 *c);
void r1_run_totals(const struct r1 *c, struct r1_totals *t);

/* regs.c */

/* All registers get the values that they have after a reset. */
void r1_regs_defaults(struct r1 *c);
void r1_regs_reset(void *model);
uint32_t r1_regs_read(struct r1 *c, uint32_t at);
/* Does it say what the card is? */
bool r1_regs_is_identity(uint64_t at);
void r1_regs_write(struct r1 *c, uint32_t at, uint32_t value);
int r1_regs_print(struct r1 *c, bool written, FILE *out);

/* command.c */

void r1_command_stats(void *model, FILE *out);
int r1_command_take(void *model, int argc, char **argv, FILE *out);

/* model.c */

/* False without memory. @source and @faults remain the caller's. */
bool r1_model_new(struct card_model *model, const struct r1_config *config, struct source *source,
		  struct faults *faults, const struct card_host *host);

#endif /* CARD_R1_MODEL_H */

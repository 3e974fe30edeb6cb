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

#define R1_REGISTER_BYTES 0x100	/* of a side */
#define R1_REGISTERS	(R1_REGISTER_BYTES / 4)
#define R1_ENDLESS	UINT64_MAX
#define R1_WORD		4u		/* what the host pops at least */
#define R1_VERSION_WORDS 0x10001u	/* of the map: DATA is not for less than a word */
#define R1_SCRATCH	(256u << 10)	/* bytes that are made at a time */

/* The sides of a card; each has an interrupt condition of this number. */
enum {
	R1_INPUT,
	R1_OUTPUT,
};

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

/* What the host has been told of by the status page, and what not. */
struct r1_tell {
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
};

struct r1_output;

struct r1 {
	struct r1_config config;
	struct source *source;
	struct faults *faults;
	const struct card_host *host;
	struct r1_output *output;	/* or NULL */
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
	bool held;			/* nothing begins before GO */
	bool follows;			/* it begins when the output does */
	bool frozen;			/* a source that can wait does */
	bool stalled;			/* by the control socket: nothing leaves the FIFO */
	bool patient;			/* by the control socket: it waits, and does not say so */
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
	uint64_t stretch;		/* index of the first frame since START or the last loss */
	uint64_t trigger_index;
	uint64_t dropped;
	uint64_t delivered;
	uint64_t drop_order;		/* frames that the control socket wants dropped */
	bool refuses;			/* by the control socket: each START */
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
	bool recorded;			/* there is a record of it */
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
	uint32_t announced;		/* those that come with the one that is being written */
	struct r1_tell tell;

	uint32_t latched[5];		/* high halves, see regs.c */
	uint32_t lately[2];		/* the low half that was read last, of each side */
	uint64_t undefined;		/* accesses whose effect is undefined */
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
const char *r1_state_name(unsigned int state);
/* What STATE says. */
uint32_t r1_state_word(const struct r1 *c);
uint32_t r1_state_told(const struct r1 *c);
void r1_state_fail(struct r1 *c, unsigned int code);

/* host.c: does the host do what only some cards bear? */

void r1_host_reads(struct r1 *c, uint32_t at, size_t bytes);
void r1_host_writes(struct r1 *c, uint32_t at, uint32_t value, size_t bytes);

/* tell.c; @regs are the registers of the side */

/* Those that have the moderation: of a card that tells of whole blocks only, none. */
const uint32_t *r1_tell_regs(const struct r1_config *f, const uint32_t *regs);
/* Frames have got where the host wants them. */
void r1_tell_frames(struct r1_tell *t, uint64_t frames, uint64_t now);
/* A block is complete. */
void r1_tell_block(struct r1_tell *t, uint64_t now);
/*
 * Is there something that is worth an interrupt by now? @needed: there is no
 * other block; @over: nothing more will come.
 */
bool r1_tell_is_due(const struct r1_tell *t, const uint32_t *regs, bool needed, bool over,
		    uint64_t now);
/* Is it time to write the page, worth an interrupt or not? */
bool r1_tell_is_wanted(const struct r1_tell *t, const uint32_t *regs, uint64_t now);
/* The page was written, or could not be. */
void r1_tell_written(struct r1_tell *t, uint32_t update, bool due);
void r1_tell_failed(struct r1_tell *t);
/* Is DATA set? */
bool r1_tell_is_data(const struct r1_tell *t);
/* The host has seen @update. False if there was none. */
bool r1_tell_saw(struct r1_tell *t, uint32_t update);
/* Frames until there is something to be told, and when there is without any. */
uint64_t r1_tell_left(const struct r1_tell *t, const uint32_t *regs);
uint64_t r1_tell_when(const struct r1_tell *t, const uint32_t *regs);
/* The page in memory that is the host's, too. */
void r1_tell_store(struct acq_r1_status *at, const struct acq_r1_status *page);

/* fifo.c */

uint64_t r1_fifo_bytes(const struct r1 *c);
uint64_t r1_fifo_capacity(const struct r1 *c);	/* frames */
/* Frames that it still takes. */
uint64_t r1_fifo_room(const struct r1 *c);
/* What FIFO_LEVEL reads. */
uint32_t r1_fifo_level(const struct r1 *c);
/* Bytes that are worth an interrupt */
uint64_t r1_fifo_want(const struct r1 *c);
/* Is there so much in it, or for so long, that the host gets an interrupt? */
bool r1_fifo_ready(const struct r1 *c);
/* Frames that were popped though there were none, by a lie. */
uint64_t r1_fifo_made_up(const struct r1 *c);
/* What FIFO_INDEX reads. */
uint64_t r1_fifo_index(const struct r1 *c);
/* The host reads the window. */
void r1_fifo_pop(struct r1 *c, void *buf, size_t bytes);

/* irq.c */

uint32_t r1_irq_word(const struct r1 *c);
void r1_irq_refresh(struct r1 *c);
/* As if the condition of a side had been false for a moment: refresh, then. */
void r1_irq_clear(struct r1 *c, unsigned int side);

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

/* What faults and lies make of the page. False: it is not written. */
bool r1_page_falsify(struct faults *faults, struct acq_r1_status *page, uint32_t given);
/* Writes the status page and raises causes as far as it is time to. */
void r1_page_report(struct r1 *c);
/* The host has seen @update of the status page. */
void r1_page_saw(struct r1 *c, uint32_t update);

/* block.c */

/* Can it be an entry of the block table, of so many whole @unit bytes? */
bool r1_block_is_entry(const struct r1_config *f, unsigned int unit,
		       const struct acq_r1_entry *entry);
/* What faults and lies make of a record: @bad_bytes and half of @last_index are wrong. */
void r1_block_falsify(struct faults *faults, struct acq_r1_record *record, uint32_t bad_bytes,
		      uint64_t last_index);
/* Is there a block for the next frame? */
bool r1_block_room(const struct r1 *c);
/* Moves what it can from the FIFO into blocks, at most @budget bytes. */
void r1_block_put(struct r1 *c, size_t *budget);
/* Completes the open block as it is. */
void r1_block_flush(struct r1 *c);

/* setup.c */

/* May these channels be enabled? */
bool r1_setup_is_mask(const struct r1_config *f, uint32_t mask);
/* Where the structures in host memory are. False if they cannot be there. */
bool r1_setup_dma(const uint32_t *regs, const struct r1_config *f, struct r1_setup *s);
/* Takes the configuration from the registers. False if it is not possible. */
bool r1_setup_take(struct r1 *c);

/* run.c */

void r1_run_start(struct r1 *c, bool held);
void r1_run_stop(struct r1 *c);
/* A run that is held begins at a time; harmless if none is. */
void r1_run_release(struct r1 *c, uint64_t now);
/* All sides that are held begin together. */
void r1_run_release_both(struct r1 *c);
void r1_run_trigger(struct r1 *c, uint64_t index);
/* Does all that is due. */
void r1_run_step(struct r1 *c);
/* When to be called again. */
uint64_t r1_run_deadline(const struct r1 *c);
void r1_run_totals(const struct r1 *c, struct r1_totals *t);

/* regs.c */

/* The registers of a side get the values that they have after a reset. */
void r1_regs_defaults(uint32_t *regs, const struct r1_config *f);
/* Does a START wait for GO? */
bool r1_regs_holds(const struct r1_config *f, uint32_t command);
/* A write to one that just holds what is written */
void r1_regs_keep(uint32_t *regs, uint32_t at, uint32_t value);
/* The low half of a counter; the high one is kept until it is read. */
uint32_t r1_regs_latch(uint32_t *high, uint64_t value);
/* What a side is. False if the register tells something else. */
bool r1_regs_identity(const struct r1_config *f, uint32_t at, uint32_t *value);
/* Of the input side */
void r1_regs_reset(struct r1 *c);
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

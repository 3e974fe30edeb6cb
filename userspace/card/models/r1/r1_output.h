/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The output side of the ACQ-R1 model, in files from the bottom to the top as
 * they are declared below. It uses what the input is made of where both are the
 * same: configuration, registers that just hold a value, moderation.
 *
 * Blocks are numbered from 0: those before @complete have been played, those
 * before @fetched were read into the FIFO, those before @given may be.
 */
#ifndef CARD_R1_OUTPUT_H
#define CARD_R1_OUTPUT_H

#include "r1_model.h"
#include "record.h"

#define R1_OUTPUT_FRAME	(32 * 4)	/* bytes of the largest frame */

/* The numbers of a run, for the control socket; they outlive a reset. */
struct r1_output_counts {
	uint64_t frames;		/* that were put out: index of the next one */
	uint64_t filler;		/* of them */
	uint64_t played;
	uint64_t underruns;
	uint32_t given;
	uint32_t fetched;
	uint32_t complete;
	uint64_t updates;
	uint64_t digest;		/* FNV-1a of what was played */
};

struct r1_output {
	struct r1 *card;
	struct r1_config config;
	uint32_t regs[R1_REGISTERS];
	uint32_t latched[4];		/* high halves, see output_regs.c */

	/* The run. @epoch changes when a DMA that is under way has lost its purpose. */
	unsigned int epoch;
	unsigned int busy;		/* DMA operations under way */
	bool settling;			/* a reset waits for them */
	bool halting;			/* HALT does */
	bool stopping;			/* no more blocks are given */
	struct r1_setup run;
	unsigned int state;
	unsigned int code;		/* of ACQ_R1_ERROR */
	bool held;			/* nothing begins before GO */
	bool filling;			/* an episode of filler */
	bool frozen;			/* a converter that can wait does */
	bool more;			/* there is more to do at once */
	struct pace pace;
	struct r1_output_counts n;
	struct r1_output_counts last;	/* of the run before the last reset */
	bool had_run;
	uint64_t runs;
	struct losses gaps;		/* of filler */

	/* Orders of the control socket */
	bool stalled;			/* no block is read */
	bool patient;			/* by the control socket: it waits, and does not say so */
	bool fail;			/* the next DMA does */
	bool refuses;			/* each START */
	uint64_t dry;			/* none is read before so many frames of filler */

	/* The FIFO: positions in it count on, modulo its size they are places */
	uint8_t *fifo;
	uint32_t size;			/* of it, in whole frames */
	uint64_t in;
	uint64_t out;
	uint32_t *packets;		/* bytes of block n, by n modulo the table's size */
	uint32_t pushed;		/* through the window, and not given yet */
	uint32_t seen;			/* blocks the indices of which the host has read */
	uint64_t begun[ACQ_R1_BLOCKS_UNSEEN];	/* index of block n, if it comes by the window */
	bool open;			/* the entry of block @fetched was read: */
	uint64_t block_addr;
	uint32_t block_bytes;

	/* The block that is played, @complete */
	uint32_t done;			/* bytes of it */
	uint64_t gap;			/* filler since the last frame that was played */
	uint64_t index;			/* of its first frame */
	uint64_t lost;
	uint64_t last_index;		/* of the block before */
	uint64_t stamp;

	/* Interrupts and the status page */
	uint32_t status;		/* latched causes */
	uint32_t mask;
	uint32_t events;		/* causes that come with the next update */
	struct r1_tell tell;
	bool raised;
	uint64_t interrupts;

	/* The wire to the inputs: frames by their index there, modulo its room */
	struct {
		uint8_t *memory;	/* or NULL */
		size_t bytes;
		uint64_t first;		/* index of the first one that is there */
		uint64_t next;		/* behind the last one */
		bool tight;		/* the next one follows at once */
	} loop;

	/* What is put out */
	struct record record;
	uint8_t frame[R1_OUTPUT_FRAME];	/* the last one */
	uint8_t scratch[1u << 16];
};

/* output_state.c */

/* Does the converter wait for the host, instead of putting out filler? */
bool r1_output_state_waits(const struct r1_output *o);
bool r1_output_state_is_on(const struct r1_output *o);	/* ARMED or RUNNING */
uint32_t r1_output_state_word(const struct r1_output *o);
void r1_output_state_fail(struct r1_output *o, unsigned int code);
void r1_output_state_finish(struct r1_output *o);

/* output_loop.c; without a wire nothing happens */

/* Frames leave the converter, @index is the first one's there. */
void r1_output_loop_put(struct r1_output *o, const uint8_t *frames, uint64_t count,
			uint64_t index);
/* What comes next does not follow at once. */
void r1_output_loop_part(struct r1_output *o);
/* The input begins a run. */
void r1_output_loop_restart(struct r1_output *o);
/* Up to where the input may sample, if time has got to @target. */
uint64_t r1_output_loop_limit(const struct r1_output *o, uint64_t target);
/* Frames that the wire takes without forgetting what the input needs. */
uint64_t r1_output_loop_left(const struct r1_output *o);
/* What the inputs have seen; nothing is 0. */
void r1_output_loop_read(const struct r1_output *o, uint64_t index, uint64_t frames, uint8_t *buf);

/* output_record.c */

/* Begins the file anew. 0 or a negative errno; NULL ends it. */
/* Frames that leave the converter; filler: the last one again. */
void r1_output_record_put(struct r1_output *o, const uint8_t *frames, size_t bytes,
			  uint64_t index);
void r1_output_record_fill(struct r1_output *o, uint64_t frames, uint64_t index);
/* Do frames go anywhere? */
bool r1_output_record_is_on(const struct r1_output *o);

/* output_bus.c: 0, or the run is not what it was */

int r1_output_bus_read(struct r1_output *o, uint64_t addr, void *buf, size_t bytes);
int r1_output_bus_write(struct r1_output *o, uint64_t addr, const void *buf, size_t bytes);

/* output_page.c */

uint32_t r1_output_irq_word(const struct r1_output *o);
/* The block that is played is complete: its record. */
int r1_output_page_record(struct r1_output *o, bool done);
/* Writes the status page and raises causes as far as it is time to. */
void r1_output_page_report(struct r1_output *o);
void r1_output_page_saw(struct r1_output *o, uint32_t update);

/* output_fifo.c */

/* Reads blocks as far as there are any and room for them; at most @most, and @budget bytes. */
void r1_output_fifo_fetch(struct r1_output *o, unsigned int most, size_t *budget);
/* Frames of the block that is to be played that have not been, 0: there is none. */
uint64_t r1_output_fifo_left(const struct r1_output *o);
/* Plays so many of them. */
void r1_output_fifo_play(struct r1_output *o, uint64_t frames);

/* output_window.c: without DMA */

uint32_t r1_output_window_room(const struct r1_output *o);
void r1_output_window_push(struct r1_output *o, uint32_t value);
/* What was pushed is a block. */
void r1_output_window_give(struct r1_output *o, uint32_t given);
void r1_output_window_saw(struct r1_output *o, uint32_t seen);
/* Of the first frame of the oldest block that was not seen */
uint64_t r1_output_window_index(const struct r1_output *o);

/* output_run.c */

void r1_output_run_start(struct r1_output *o, bool held);
void r1_output_run_stop(struct r1_output *o);
void r1_output_run_halt(struct r1_output *o);
void r1_output_run_give(struct r1_output *o, uint32_t given);
/* Does all that is due. */
void r1_output_run_step(struct r1_output *o);
/* When to be called again. */
uint64_t r1_output_run_deadline(const struct r1_output *o);

/* output_regs.c */

void r1_output_regs_reset(struct r1_output *o);
uint32_t r1_output_regs_read(struct r1_output *o, uint32_t at);
void r1_output_regs_write(struct r1_output *o, uint32_t at, uint32_t value);

/* output.c */

/* NULL without memory. */
struct r1_output *r1_output_new(struct r1 *card, const struct r1_config *config);
void r1_output_free(struct r1_output *o);
/* Before something happens to the card: brings it up to date. */
void r1_output_sync(struct r1_output *o);
uint64_t r1_output_tick(struct r1_output *o);
/* How fast time passes is another now. */
void r1_output_set_pace(struct r1_output *o, uint64_t speed, bool is_free);
/* Command "out" of the control socket */
int r1_output_command(struct r1_output *o, int argc, char **argv, FILE *out);

#endif /* CARD_R1_OUTPUT_H */

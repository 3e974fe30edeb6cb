/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A minimal card: what "Minimal card" of docs/acq-r1.md says, and nothing else. Written from
 * that text for the conformance suite, which it passes; with a violation it does not.
 */
#ifndef MINIMAL_H
#define MINIMAL_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "acq_r1.h"
#include "model.h"

struct mini_options {
	bool dma;
	bool output;
	uint32_t channels;
	uint32_t format;
	uint32_t rate;
	uint32_t fifo_bytes;
	uint32_t ts_hz;
	uint32_t addr_bits;
	const char *violation;	/* its name, or NULL */
};

/* The one card, which may violate in one way. */
struct mini {
	const struct card_host *host;
	struct mini_options o;
	uint32_t frame;			/* bytes */
	/* registers */
	uint32_t state, code, irq, events, mask, irq_frames, irq_us, seen, given, pattern, high;
	uint32_t odd;			/* what should not be kept */
	uint32_t setup[7];		/* 0x060 to 0x078 */
	uint32_t known;			/* causes that it has told of, it thinks */
	bool losing;
	/* the source */
	uint64_t birth, begin, index, dropped, stretch;
	/* the FIFO */
	uint8_t *fifo;
	uint32_t out, level;
	uint64_t since;			/* of a word, or the last pop */
	/* the engine */
	unsigned int run;		/* another one: what is under way is not to be believed */
	unsigned int busy;
	bool settling, open, restless;
	uint64_t later;			/* when it does what it must not */
	uint32_t complete, update, filled;
	uint32_t issued;		/* updates, those that failed on their way included */
	uint64_t addr, first, lost, behind, head;
	uint32_t bytes;
};

extern struct mini mini;

/* Is this the violation that was asked for? minimal_main.c lists them. */
static inline bool mini_does(const char *violation)
{
	return mini.o.violation && !strcmp(mini.o.violation, violation);
}

/* log2 of the largest block */
static inline uint32_t mini_block_log2(void)
{
	return mini_does("no-page") ? 11 : 20;
}

/* minimal_dma.c */
void mini_engine(void);
void mini_page_causes(void);
bool mini_can_move(void);

/* minimal_out.c: registers at 0x200, less that */
void mini_out_reset(void);
void mini_out_step(void);
bool mini_out_runs(void);
uint32_t mini_out_get(uint32_t at);
void mini_out_put(uint32_t at, uint32_t value);

/* minimal.c */
void mini_fail(uint32_t code);
void mini_irq(void);
bool mini_data(void);
uint32_t mini_state_word(void);
uint64_t mini_now(void);
uint64_t mini_stamp(void);
void mini_emptied(void);

extern const struct card_model_ops mini_ops;

#endif /* MINIMAL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lies that the card tells by itself, as the numbers of a seed have it.
 *
 * Each kind of lie has numbers of its own: whether the n-th occasion for a kind is
 * used, and how, follows from the seed alone, whatever other kinds do meanwhile.
 */
#ifndef CARD_LIE_H
#define CARD_LIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum lie {
	/* a register is read */
	LIE_ONES,
	LIE_DEAD,
	LIE_BITS,
	LIE_SLOW,
	LIE_IDENTITY,
	LIE_LEVEL,
	LIE_FULL,
	LIE_LOGIC,
	LIE_CONFIG,
	/* an interrupt is sent, or not */
	LIE_SPURIOUS,
	LIE_MISSING,
	LIE_STORM,
	/* what it writes to memory */
	LIE_UNWRITTEN,
	LIE_PROGRESS,
	LIE_PAGE,
	LIE_RECORD,
	LIE_WRITEBACK,
	LIE_COUNT,
	/* where it writes: wild, as nothing but an IOMMU holds them */
	LIE_LATE,
	LIE_STRAY,
	LIE_NUM,
};

#define LIE_BIT(which)	(UINT32_C(1) << (which))
/* Of any register that does not say what samples are */
#define LIE_REGISTER	(LIE_BIT(LIE_ONES) | LIE_BIT(LIE_DEAD) | LIE_BIT(LIE_BITS) | \
			 LIE_BIT(LIE_SLOW))

/* Words that the card makes up where samples should be: this, and a number in 16 bits */
#define LIE_TAG		UINT32_C(0x5a5a0000)

#define LIE_LOG		32	/* of the newest lies */
#define LIE_TEXT	80

struct lies {
	unsigned int of;		/* FAULT_OF_*: whose lies the card can tell */
	uint32_t on;			/* LIE_BIT() of those that it tells */
	uint64_t seed;
	uint64_t random[LIE_NUM];
	uint64_t asked[LIE_NUM];	/* occasions */
	uint64_t told[LIE_NUM];
	uint32_t ones_left;		/* reads that get all ones still */
	char log[LIE_LOG][LIE_TEXT];
	uint64_t logged;
};

/* "SEED" or "SEED:KINDS", or with @kinds apart; "off". 0 or -EINVAL, and then all is as it was. */
int lie_order(struct lies *l, const char *seed, const char *kinds);
void lie_stop(struct lies *l);

bool lie_is_on(const struct lies *l, enum lie which);
/* Is this an occasion to lie? Then *@dice is a number for the details. */
bool lie_take(struct lies *l, enum lie which, uint64_t *dice);
/* What was said, for the log. */
void __attribute__((format(printf, 3, 4))) lie_note(struct lies *l, enum lie which,
						    const char *format, ...);

/* Something else than @value, or by chance the same. */
uint32_t lie_word(uint64_t dice, uint32_t value);
uint64_t lie_long(uint64_t dice, uint64_t value);
/* Noise. */
void lie_fill(uint64_t dice, void *buf, size_t bytes);
/* Words with the tag. */
void lie_tag(void *buf, size_t bytes);

/* The read of a register that may be one of the kinds in @may: changes what was read. */
void lie_read(struct lies *l, uint32_t may, unsigned int bar, uint64_t offset, void *buf,
	      size_t count);

/* seed=, and KIND:TOLD/OCCASIONS,... of those that are on */
void lie_print(const struct lies *l, FILE *out);
void lie_print_log(const struct lies *l, FILE *out);
void lie_help(const struct lies *l, FILE *out);

#endif /* CARD_LIE_H */

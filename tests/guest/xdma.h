/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of a card with XDMA share. */
#ifndef ACQ_TEST_XDMA_H
#define ACQ_TEST_XDMA_H

#include "guest.h"
#include "messages.h"

static char buf[1 << 20];

/* Whole frames of any test */
#define CHUNK		(sizeof(buf) / 12 * 12)

static inline void reset_function(void)
{
	write_file("/sys/class/misc/acqdev/device/reset", "1");
}

/* Then the card is asked which of its channels it was. */
static inline bool shares_interrupt(void)
{
	return told("", "XDMA version .*\\(INTx\\|one for all\\)");
}

/* Read @bytes of the ramp from @index on. */
static inline void read_ramp(int fd, uint64_t index, size_t bytes)
{
	size_t n;

	for (; bytes; bytes -= n, index += n / FRAME) {
		n = bytes < CHUNK ? bytes : CHUNK;
		read_all(fd, buf, n);
		CHECK(is_ramp(buf, n, index));
	}
}

/* Nothing that XDMA forbids, and no write to memory that the card may not write */
static inline void rules_are_kept(void)
{
	CHECK_EQ(card_stat("c2h0_broken_rules"), 0);
	CHECK_EQ(card_stat("c2h0_lost_writes"), 0);
}

#endif /* ACQ_TEST_XDMA_H */

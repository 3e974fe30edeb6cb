// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: card="$ramp --output --irq intx" own takes=30 kernels=debug
 * acqtest: xdma-module own program=play-unplug-xdma takes=10 kernels=7 \
 *	card="$xdma --irq msi --rate 48000 --h2c 1 --h2c-rate 48000 --h2c-fifo 16384 --h2c-wait"
 */
/*
 * A card that is pulled out in each state of a writer: that is told, nothing stays, and the
 * next one plays.
 * The emulator cannot unplug one with MSI-X.
 */
#include "play-states.h"

static void pull(void)
{
	CHECK_EQ(system(". /lib.sh; must host unplug 0"), 0);
	WAIT_FOR(access(NODE, F_OK));
}

static void put_back(void)
{
	CHECK_EQ(system(". /lib.sh; wait_for host plug 0"), 0);
	WAIT_FOR(!access(NODE, F_OK));
}

static void is_pulled_out(int state)
{
	writer_is_told(state, pull, put_back);
}

TEST(its_card_is_pulled_out)
{
	in_each_state(is_pulled_out);
}

HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing own last takes=30 limit=300 kernels=7,debug
 * acqtest: playing-xdma own last program=play-aer-xdma takes=30 limit=300 kernels=7
 */
/* Errors of PCI Express in each state of a writer: it goes on, with a gap. */
#include "play-states.h"

static void fatal_error(void)
{
	int fd = node(O_RDONLY);

	CHECK_EQ(system(". /lib.sh && must host hmp pcie_aer_inject_error rp0 DLP"), 0);
	/* Until it has been reset, it sleeps, and it wakes behind that. */
	nap(500);
	WAIT_FOR(status_of(fd).state != ACQ_STATE_SUSPENDED);
	close_node(fd);
}

static void has_a_fatal_error(int state)
{
	writer_goes_on(state, fatal_error, ACQ_CAUSE_RESET);
}

TEST(an_error_that_needs_a_reset)
{
	in_each_state(has_a_fatal_error);
}

HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing kernels=7 takes=10
 * acqtest: playing-xdma program=play-registers-xdma kernels=7 takes=10
 */
/* What playing costs at the card's side: its registers are not read for a block. */
#include "play.h"

#define BLOCKS		400
#define RING_BLOCKS	64

static uint8_t samples[16 << 10];

static long long register_reads(void)
{
	return card_stat("reg_reads") + (over_xdma() ? card_stat("user_reads") : 0);
}

TEST(no_register_is_read_for_a_block)
{
	int fd = open_output(output_config(RING_BLOCKS), O_WRONLY, true), i;
	long long reads, blocks;
	struct acq_status status;

	card("out speed 20");
	for (i = 0; i < RING_BLOCKS / 2; i++)
		write_all(fd, samples, PAGE_BYTES);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING && status_of(fd).head);
	blocks = status_of(fd).head / PAGE_BYTES;
	reads = register_reads();
	for (i = 0; i < BLOCKS; i++)
		write_all(fd, samples, PAGE_BYTES);
	reads = register_reads() - reads;
	status = status_of(fd);
	blocks = status.head / PAGE_BYTES - blocks;
	printf("# %lld registers read while %lld blocks were played, %llu interrupts\n", reads,
	       blocks, (unsigned long long)status.interrupts);
	CHECK(blocks >= BLOCKS / 2);
	/* The watchdog asks now and then whether the card is still there. */
	CHECK(reads <= blocks / 20);
	CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
}

HARNESS_MAIN

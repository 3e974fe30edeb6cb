// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs in the test machine: what a MiB costs at the card's side, for the card that
 * is there: registers, as the card counts them, interrupts, instructions. Prints a
 * line of JSON for each way, which report.py makes a table of.
 */
#include "../guest/guest.h"

#include <stdlib.h>

#include "insn.h"

#define RATE	4000000		/* frames a second: 16 MB/s */
#define BYTES	(32 << 20)
#define REPEATS	3

static char buf[1 << 20];

struct cost {
	long long reads;
	long long writes;
	long long interrupts;
	long long wakeups;
	long long kernel;
	long long user;
};

/* So far */
static struct cost cost_of(int fd)
{
	struct acq_status status = status_of(fd);
	struct insn_counts insn;

	/* Asked last, so that what the questions cost is not in it */
	struct cost cost = {
		.reads = card_stat("reg_reads") + (over_xdma() ? card_stat("user_reads") : 0),
		.writes = card_stat("reg_writes") + (over_xdma() ? card_stat("user_writes") : 0),
		.interrupts = status.interrupts,
		.wakeups = status.wakeups,
	};

	CHECK(insn_ask(&insn, INSN_READ));
	cost.kernel = insn.kernel;
	cost.user = insn.user;
	return cost;
}

/* What follows after @before; the questions at its end are in the instructions alone. */
static struct cost since(int fd, const struct cost *before)
{
	struct insn_counts insn;
	struct cost cost;

	CHECK(insn_ask(&insn, INSN_READ));
	cost = cost_of(fd);
	cost.kernel = insn.kernel - before->kernel;
	cost.user = insn.user - before->user;
	cost.reads -= before->reads;
	cost.writes -= before->writes;
	cost.interrupts -= before->interrupts;
	cost.wakeups -= before->wakeups;
	return cost;
}

static struct cost measure(uint32_t block, bool pinned)
{
	struct acq_config config = plain_config();
	struct acq_reader_config reader = { .watermark = pinned ? block : sizeof(buf) };
	struct cost cost;
	int fd = fresh();

	config.rate_millihz = RATE * 1000ULL;
	config.block_bytes = block;
	config.ring_bytes = 16 << 20;
	/* At each block, or as the driver likes */
	config.irq_frames = pinned ? block / FRAME : 0;
	config.irq_us = pinned ? 1000000 : 0;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	read_all(fd, buf, sizeof(buf));
	cost = cost_of(fd);
	for (int have = 0; have < BYTES; have += sizeof(buf))
		read_all(fd, buf, sizeof(buf));
	cost = since(fd, &cost);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	return cost;
}

TEST(what_the_card_costs)
{
	static const uint32_t blocks[] = { 4 << 10, 64 << 10, 1 << 20 };
	struct acq_info info;
	struct cost best, one;
	int fd = fresh(), turn;
	unsigned int i, pinned;

	CHECK_EQ(ioctl(fd, ACQ_IOC_INFO, &info), 0);
	for (i = 0; i < 3; i++) {
		for (pinned = 0; pinned < 2; pinned++) {
			for (turn = 0; turn < REPEATS; turn++) {
				one = measure(blocks[i], pinned);
				if (!turn || one.kernel + one.user < best.kernel + best.user)
					best = one;
			}
			printf("# {\"set\": \"card\", \"family\": \"%s\", \"block\": %u, \"pinned\": %u, \"bytes\": %u, \"reads\": %lld, \"writes\": %lld, \"interrupts\": %lld, \"wakeups\": %lld, \"kernel\": %lld, \"user\": %lld}\n",
			       info.family, blocks[i], pinned, BYTES, best.reads, best.writes,
			       best.interrupts, best.wakeups, best.kernel, best.user);
		}
	}
}

HARNESS_MAIN

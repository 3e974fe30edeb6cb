// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,debug
 * acqtest: ramp program=gaps-fifo kernels=6.12
 * acqtest: losing program=gaps-xdma kernels=7
 * acqtest: litepcie program=gaps-litepcie kernels=7
 */
/*
 * A gap stands: every read fails until the reader has asked for it, so that nobody
 * joins over a loss by not looking.
 */
#include "guest.h"

#include <sys/mman.h>
#include <sys/uio.h>

static char buf[1 << 16];

static ssize_t read_nowait(int fd, void *to, size_t bytes)
{
	struct iovec v = { to, bytes };

	return preadv2(fd, &v, 1, -1, RWF_NOWAIT);
}

/* So that what takes its time here loses nothing but what it shall */
static struct acq_config roomy_config(uint64_t count)
{
	struct acq_config config = plain_config();

	config.rate_millihz = over_xdma() ? 1024000000 : 4000000;
	config.ring_bytes = 1 << 20;
	config.count = count;
	return config;
}

/* A run amid which the card loses @frames; its file, read up to there. @index: of the loss */
static int at_gap(uint64_t count, unsigned int frames, uint32_t flags, uint64_t *index)
{
	struct acq_reader_config reader = { .flags = flags };
	int fd = fresh();
	ssize_t n;

	need_losses();
	configure(fd, roomy_config(count));
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	*index = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, *index));
		if (!*index)
			card("overflow %u", frames);
		*index += n / FRAME;
	}
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EPIPE);
	return fd;
}

/* A card with XDMA loses until its FIFO is empty, and a FIFO that is read late runs over. */
static bool is_loss(uint64_t lost, uint64_t frames)
{
	return over_xdma() || over_fifo() ? lost >= frames : lost == frames;
}

/* What follows begins exactly behind the loss. */
static void check_goes_on(int fd, const struct acq_gap *gap)
{
	ssize_t n = read(fd, buf, sizeof(buf));

	CHECK(n > 0);
	CHECK(is_ramp(buf, n, gap->index + gap->lost));
	CHECK_EQ(status_of(fd).index, gap->index + gap->lost + n / FRAME);
}

TEST(a_gap_stands_until_it_is_asked_for)
{
	uint64_t index;
	int fd = at_gap(0, 1000, 0, &index), i;
	struct acq_gap gap;

	for (i = 0; i < 5; i++) {
		CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
		CHECK_ERR(read(fd, buf, 1), EPIPE);
		CHECK_ERR(read_nowait(fd, buf, sizeof(buf)), EPIPE);
		/* Not asked for PRI: it comes with IN in a mask that asks for both. */
		CHECK(poll_now(fd) & POLLIN);
		CHECK(status_of(fd).flags & ACQ_STATUS_GAP);
	}
	fcntl(fd, F_SETFL, O_NONBLOCK);
	CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	fcntl(fd, F_SETFL, 0);
	gap = gap_of(fd);
	CHECK_EQ(gap.index, index);
	CHECK_EQ(gap.position, index * FRAME);
	CHECK(is_loss(gap.lost, 1000));
	CHECK_EQ(gap.count, 1);
	CHECK_EQ(gap.cause, ACQ_CAUSE_CARD_FIFO);
	CHECK_EQ(gap.flags, 0);
	CHECK(!(status_of(fd).flags & ACQ_STATUS_GAP));
	check_goes_on(fd, &gap);
	/* Asked for again it is the same, and nothing else happens. */
	CHECK_EQ(gap_of(fd).index, index);
	CHECK_EQ(gap_of(fd).count, 1);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
}

TEST(poll_says_priority_as_long_as_it_stands)
{
	uint64_t index;
	int fd = at_gap(0, 1000, 0, &index), i;
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLPRI };

	for (i = 0; i < 3; i++) {
		CHECK_EQ(poll(&p, 1, 0), 1);
		CHECK_EQ(p.revents, POLLIN | POLLPRI);
		CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	}
	gap_of(fd);
	p.events = POLLPRI;
	CHECK_EQ(poll(&p, 1, 0), 0);
}

TEST(one_read_fails_for_who_wants_each_gap_once)
{
	uint64_t index;
	int fd = at_gap(0, 1000, ACQ_READER_GAP_ONCE, &index);
	ssize_t n = read(fd, buf, sizeof(buf));

	CHECK(n > 0);
	CHECK(is_ramp(buf, n, index + lost_of(1000, 1)));
	CHECK_EQ(gap_of(fd).index, index);
	CHECK_EQ(gap_of(fd).count, 1);
}

/* How a reader learns of gaps may change while it reads. */
TEST(once_can_be_chosen_later)
{
	struct acq_reader_config reader = { .flags = ACQ_READER_GAP_ONCE };
	uint64_t index;
	int fd = at_gap(0, 1000, 0, &index);

	CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &reader), 0);
	/* This one it has not asked for. */
	CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	CHECK_EQ(gap_of(fd).index, index);
	CHECK(read(fd, buf, sizeof(buf)) > 0);
}

TEST(a_gap_at_the_end_stands_too)
{
	uint64_t index;
	struct acq_gap gap;
	int fd, i;

	fd = at_gap(20000, 100000, 0, &index);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
	for (i = 0; i < 5; i++)
		CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	CHECK(poll_now(fd) & POLLIN);
	gap = gap_of(fd);
	CHECK_EQ(gap.index, index);
	CHECK_EQ(gap.lost, 20000 - index);
	CHECK_EQ(read(fd, buf, sizeof(buf)), 0);
	CHECK_EQ(gap_of(fd).count, 1);
}

TEST(advance_acknowledges)
{
	uint64_t index, lost;
	int fd = at_gap(0, 1000, 0, &index);
	struct acq_advance advance = {};
	struct acq_gap gap;

	CHECK_ERR(read(fd, buf, sizeof(buf)), EPIPE);
	CHECK_EQ(ioctl(fd, ACQ_IOC_ADVANCE, &advance), 0);
	CHECK(advance.flags & ACQ_ADVANCE_GAP);
	CHECK_EQ(advance.gaps, 1);
	lost = advance.index - index;
	CHECK(is_loss(lost, 1000));
	/* Of the same gap it is told once. */
	advance.flags = 0;
	CHECK_EQ(ioctl(fd, ACQ_IOC_ADVANCE, &advance), 0);
	CHECK(!(advance.flags & ACQ_ADVANCE_GAP));
	gap = (struct acq_gap){ .index = index, .lost = lost };
	check_goes_on(fd, &gap);
}

/* The loop that many programs have, and nothing about errors */
TEST(a_loop_over_fread_ends_there)
{
	struct acq_status status;
	int fd = fresh(), own;
	size_t n, frames = 0;
	FILE *in;

	need_losses();
	configure(fd, roomy_config(0));
	own = node(O_RDONLY);
	in = fdopen(dup(own), "r");
	CHECK(in);
	while ((n = fread(buf, FRAME, 4096, in)) > 0) {
		CHECK(is_ramp(buf, n * FRAME, frames));
		if (!frames)
			card("overflow 1000");
		frames += n;
	}
	CHECK(ferror(in));
	CHECK(!feof(in));
	clearerr(in);
	/* And one who does not even remember that */
	CHECK_EQ(fread(buf, FRAME, 4096, in), 0);
	status = status_of(own);
	CHECK_EQ(gap_of(own).index, frames);
	CHECK_EQ(status.gaps, 1);
	fclose(in);
}

/* Flags of the blocks before which samples were lost, in the mapping's table */
static uint32_t flags_of_losses(int fd, unsigned int *losses)
{
	const struct acq_block *block;
	const struct acq_meta *meta;
	uint32_t flags = 0, i;
	struct acq_map map;
	void *base;

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	meta = base;
	*losses = 0;
	for (i = 0; i < meta->slots; i++) {
		block = (const void *)((char *)base + meta->table_offset + i * sizeof(*block));
		if (!block->lost)
			continue;
		flags |= block->flags;
		++*losses;
	}
	munmap(base, map.bytes);
	return flags;
}

TEST(what_only_the_clock_tells_is_marked_as_estimated)
{
	struct acq_config config = roomy_config(0);
	uint64_t index = 0;
	unsigned int losses;
	struct acq_gap gap;
	int fd;
	ssize_t n;

	if (over_xdma())
		config.rate_millihz = 32000000;
	/* What the card has counted is not. */
	fd = at_gap(0, 1000, 0, &index);
	CHECK_EQ(gap_of(fd).flags, 0);
	CHECK_EQ(flags_of_losses(fd, &losses) & ACQ_BLOCK_ESTIMATED, 0);
	CHECK_EQ(losses, 1);

	fd = fresh();
	configure(fd, config);
	index = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		if (!index)
			card("reset");
		index += n / FRAME;
	}
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.index, index);
	CHECK_EQ(gap.cause, ACQ_CAUSE_RESET);
	CHECK_EQ(gap.flags, ACQ_GAP_ESTIMATED);
	CHECK(flags_of_losses(fd, &losses) & ACQ_BLOCK_ESTIMATED);
	CHECK_EQ(losses, 1);
	/* And what comes behind it is not. */
	CHECK(read(fd, buf, sizeof(buf)) > 0);
	CHECK_EQ(gap_of(fd).count, 1);
}

HARNESS_MAIN

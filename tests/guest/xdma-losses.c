// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: losing kernels=7,debug soak
 */
/*
 * A card with XDMA whose own logic tells of its losses (xdma_losses=1; the card
 * has --mark-gaps and does not wait): each is a gap, in its place and of its
 * length, as the card's own list has it. The second card has --packets as well.
 *
 * Built as xdma-losses: see over_xdma().
 */
#include "guest.h"

#include <stdlib.h>
#include <sys/mman.h>

#define GAPS_MAX	1000

static char buf[1 << 20];

struct loss {
	unsigned long long index;
	unsigned long long count;
};

/* What a reader has got, and the gaps that it was told of */
struct seen {
	uint64_t index;
	uint64_t received;
	uint64_t lost;
	int count;
	struct loss gap[GAPS_MAX];
};

static struct seen seen;

static void meet_gap(int fd)
{
	struct acq_gap gap = gap_of(fd);

	CHECK_EQ(gap.index, seen.index);
	CHECK_EQ(gap.position, seen.received * FRAME);
	CHECK(gap.lost > 0);
	CHECK(seen.count < GAPS_MAX);
	seen.gap[seen.count++] = (struct loss){ gap.index, gap.lost };
	seen.index += gap.lost;
	seen.lost += gap.lost;
}

/* Read @frames, or up to @gaps gaps in all, or to the end, each sample in its place. */
static bool follow(int fd, uint64_t frames, int gaps)
{
	uint64_t have = 0;

	while (have < frames && seen.count < gaps) {
		uint64_t want = (frames - have) * FRAME;
		ssize_t n = read(fd, buf, want < sizeof(buf) ? want : sizeof(buf));

		if (n < 0 && errno == EPIPE) {
			meet_gap(fd);
			continue;
		}
		if (n == 0)
			return false;
		CHECK(n > 0);
		CHECK(is_ramp(buf, n, seen.index));
		seen.index += n / FRAME;
		seen.received += n / FRAME;
		have += n / FRAME;
	}
	return true;
}

/* The card's own list has those gaps, and maybe more behind them. */
static void the_card_says_the_same(int fd)
{
	char *at = strdup(card("gaps"));
	char *list = at;
	struct loss loss;
	int fields, i, length;

	for (i = 0; i < seen.count; i++) {
		fields = sscanf(at, " %llu:%llu%n", &loss.index, &loss.count, &length);
		CHECK_EQ(fields, 2);
		CHECK_EQ(seen.gap[i].index, loss.index);
		CHECK_EQ(seen.gap[i].count, loss.count);
		at += length + (at[length] == ',');
	}
	/* What is behind them lies behind what was read. */
	if (sscanf(at, " %llu", &loss.index) == 1)
		CHECK(loss.index >= seen.index);
	free(list);
	CHECK_EQ(status_of(fd).gaps, seen.count);
	CHECK_EQ(status_of(fd).lost, seen.lost);
	CHECK_EQ(seen.index, seen.received + seen.lost);
}

/* A stream at a thousand times so many hertz, with a ring for so long as that lasts */
static int stream(unsigned int khz, unsigned int ring_bytes)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.rate_millihz = khz * 1000000ULL;
	config.ring_bytes = ring_bytes;
	configure(fd, config);
	memset(&seen, 0, sizeof(seen));
	return fd;
}

/* Loses where its reader dawdles */
static int quick(void)
{
	int fd = stream(1000, 64 << 10);

	card("wait off");
	return fd;
}

/* Loses nothing unless the machine is asleep for seconds */
static int steady(void)
{
	return stream(200, 8 << 20);
}

static void reset_function(void)
{
	int fd = open("/sys/class/misc/acqdev/device/reset", O_WRONLY | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_EQ(write(fd, "1", 1), 1);
	close(fd);
}

static void end(int fd)
{
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, ~0ULL, GAPS_MAX));
	the_card_says_the_same(fd);
	CHECK_EQ(card_stat("c2h0_broken_rules"), 0);
	CHECK_EQ(card_stat("c2h0_lost_writes"), 0);
}

TEST(a_stalled_reader_is_told_what_was_lost)
{
	int fd = quick(), turn, tries = 0;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 0; turn < 5; turn++) {
		follow(fd, 10000 + turn * 777, GAPS_MAX);
		/* It holds the ring: then the card's FIFO is full, and it loses. */
		WAIT_FOR(card_stat("losing"));
		/* A slow machine may have lost some before that. */
		do {
			follow(fd, ~0ULL, seen.count + 1);
			CHECK(tries++ < 50);
		} while (gap_of(fd).cause != ACQ_CAUSE_RING_FULL);
	}
	follow(fd, 10000, GAPS_MAX);
	end(fd);
	CHECK(seen.count >= 5);
	printf("# %llu frames received, %llu lost in %d gaps\n", (unsigned long long)seen.received,
	       (unsigned long long)seen.lost, seen.count);
}

TEST(a_loss_of_the_card_is_a_gap)
{
	int fd = steady(), turn;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 1; turn <= 20; turn++) {
		follow(fd, rand() % 2000, GAPS_MAX);
		card("overflow %d", turn * turn);
		follow(fd, ~0ULL, turn);
		CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_CARD_FIFO);
		/* And what came until it was empty */
		CHECK(gap_of(fd).lost >= (unsigned int)turn * turn);
	}
	end(fd);
}

TEST(a_loss_before_the_first_sample)
{
	int fd = steady();

	card("pause on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	WAIT_FOR(card_stat("c2h0_busy"));
	card("overflow 100");
	card("pause off");
	follow(fd, 10000, GAPS_MAX);
	CHECK_EQ(seen.gap[0].index, 0);
	CHECK(seen.gap[0].count >= 100);
	end(fd);
}

TEST(random_stalls_add_up)
{
	int fd = quick(), turn;

	srand(seed_of(1));
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 0; turn < 60; turn++) {
		follow(fd, rand() % 20000, GAPS_MAX);
		switch (rand() % 4) {
		case 0:
			nap(rand() % 100);
			break;
		case 1:
			card("overflow %d", 1 + rand() % 100);
			break;
		case 2:
			card("stall on");
			nap(rand() % 50);
			card("stall off");
			break;
		}
	}
	end(fd);
	printf("# %llu frames received, %llu lost in %d gaps\n", (unsigned long long)seen.received,
	       (unsigned long long)seen.lost, seen.count);
	CHECK(seen.count > 10);
}

TEST(without_a_loss_nothing_is_asked)
{
	long long reads, user;
	int fd = steady();

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, 50000, GAPS_MAX);
	CHECK_EQ(seen.count, 0);
	user = card_stat("user_reads");
	reads = card_stat("reg_reads");
	follow(fd, 300000, GAPS_MAX);
	CHECK_EQ(seen.count, 0);
	CHECK_EQ(card_stat("user_reads"), user);
	printf("# %lld registers of XDMA read in 1.2 MB\n", card_stat("reg_reads") - reads);
	/* And with one: how many there are, whether all, and the record of two numbers */
	card("overflow 1");
	follow(fd, ~0ULL, 1);
	follow(fd, 20000, GAPS_MAX);
	CHECK_EQ(card_stat("user_reads"), user + 6);
	end(fd);
}

TEST(each_run_begins_at_zero)
{
	int fd = steady(), turn;

	for (turn = 0; turn < 3; turn++) {
		memset(&seen, 0, sizeof(seen));
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		follow(fd, 1000, GAPS_MAX);
		card("overflow 100");
		follow(fd, ~0ULL, 1);
		follow(fd, 1000, GAPS_MAX);
		/* What is in the FIFO now belongs to no run. */
		card("stall on");
		nap(20);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
		card("stall off");
		CHECK(!follow(fd, ~0ULL, GAPS_MAX));
	}
}

TEST(the_rate_is_the_card_s)
{
	long long slow, fast;
	struct acq_config config = plain_config();
	struct acq_info info;
	int fd = steady();

	CHECK(config_of(fd).rate_millihz > 190000000 && config_of(fd).rate_millihz < 210000000);
	/* 3 kHz is no whole part of the clock: rounded to what the card can do */
	config.rate_millihz = 3000001;
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK(config.rate_millihz > 2990000 && config.rate_millihz < 3010000);
	/* Its channels are fixed, and say so; another format is a choice that it does not have. */
	info = info_of(fd);
	CHECK(info.caps & ACQ_CAP_FIXED_CHANNELS);
	config.channel_mask = 1;
	CHECK_EQ(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), 0);
	CHECK_EQ(config.channel_mask, 3);
	CHECK_EQ(config.frame_bytes, FRAME);
	config.format = ACQ_FORMAT_U8;
	CHECK_ERR(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), EINVAL);

	/* Two rates in a run of the same length: which gives more? */
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	nap(200);
	fast = card_stat("frames");
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	config = plain_config();
	config.rate_millihz = 1000000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	nap(200);
	slow = card_stat("frames");
	printf("# %lld frames at 200 kHz, %lld at 1 kHz\n", fast, slow);
	CHECK(slow > 0 && slow * 10 < fast);
	/* At the end of a run it is told to rest. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	slow = card_stat("frames");
	nap(100);
	CHECK_EQ(card_stat("frames"), slow);
}

TEST(a_mapped_reader_finds_the_loss_in_the_table)
{
	const struct acq_meta *meta;
	const struct acq_block *block = NULL, *before = NULL;
	const char *base;
	struct acq_map map;
	uint64_t seq;
	int fd = steady();

	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	meta = (const void *)base;
	WAIT_FOR(__atomic_load_n(&meta->done, __ATOMIC_ACQUIRE) >= 2);
	card("overflow 77");
	WAIT_FOR(__atomic_load_n(&meta->gap_end, __ATOMIC_ACQUIRE));
	for (seq = 1; seq < meta->done; seq++) {
		before = (const void *)(base + meta->table_offset + (seq - 1) * sizeof(*block));
		block = before + 1;
		if (block->lost)
			break;
		CHECK_EQ(before->flags, ACQ_BLOCK_COMPLETE);
	}
	CHECK(block);
	CHECK(block->lost >= 77);
	CHECK_EQ(block->cause, ACQ_CAUSE_CARD_FIFO);
	CHECK_EQ(before->flags, ACQ_BLOCK_COMPLETE | ACQ_BLOCK_EOP);
	CHECK_EQ(block->index, before->index + before->bytes / FRAME + block->lost);
	CHECK(is_ramp(base + meta->data_offset + seq * meta->block_bytes, block->bytes,
		      block->index));
	munmap((void *)base, map.bytes);
}

TEST(after_a_reset_its_time_begins_anew)
{
	uint64_t begin;
	ssize_t n;
	int fd = steady();

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, 5000, GAPS_MAX);
	reset_function();
	while ((n = read(fd, buf, 4000)) > 0)
		CHECK(is_ramp(buf, n, seen.index) && (seen.index += n / FRAME));
	CHECK_EQ(n, -1);
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_RESET);
	begin = gap_of(fd).index + gap_of(fd).lost;
	read_all(fd, buf, 4000);
	CHECK(is_ramp(buf, 4000, 0));
	card("overflow 50");
	while ((n = read(fd, buf, 4000)) > 0)
		;
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_CARD_FIFO);
	CHECK(gap_of(fd).lost >= 50);
	/* The card's index 0 is the run's @begin. */
	seen.index = strtoull(card("gaps"), NULL, 10);
	CHECK_EQ(gap_of(fd).index, begin + seen.index);
}

/* What it was losing when it was reset belongs to the gap: no record tells of it any more. */
TEST(a_reset_amid_a_loss_tells_all_of_it)
{
	long long dropped;
	uint64_t index;
	ssize_t n;
	int fd = quick();

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	follow(fd, 5000, GAPS_MAX);
	WAIT_FOR(card_stat("losing"));
	/* Longer than the reset itself takes */
	WAIT_FOR((dropped = card_stat("dropped")) > 3000000);
	index = seen.index;
	reset_function();
	while ((n = read(fd, buf, 4000)) > 0 || gap_of(fd).cause != ACQ_CAUSE_RESET)
		index += n > 0 ? n / FRAME : (ssize_t)gap_of(fd).lost;
	CHECK_EQ(errno, EPIPE);
	CHECK_EQ(gap_of(fd).index, index);
	printf("# %llu frames lost, of which the card had dropped %lld\n",
	       (unsigned long long)gap_of(fd).lost, dropped);
	CHECK(gap_of(fd).lost >= (uint64_t)dropped);
}

/*
 * The loss and blocks after it are in memory, and nobody has asked the logic for it when a reset
 * makes it forget: those blocks are not delivered as if nothing had been lost.
 */
TEST(a_reset_before_a_loss_is_asked_for)
{
	long long dropped;
	int fd, round;
	ssize_t n;

	for (round = 0; round < 10; round++) {
		fd = steady();
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		follow(fd, 5000, GAPS_MAX);
		/* Until the driver looks by itself */
		card("fault lost-irq 1000");
		dropped = card_stat("dropped");
		card("overflow 500");
		WAIT_FOR(card_stat("dropped") >= dropped + 500);
		nap(50);
		card("reset");
		card("fault lost-irq off");
		while ((n = read(fd, buf, 4000)) > 0 || gap_of(fd).cause != ACQ_CAUSE_RESET) {
			if (n < 0) {
				CHECK_EQ(errno, EPIPE);
				meet_gap(fd);
				continue;
			}
			CHECK(is_ramp(buf, n, seen.index));
			seen.index += n / FRAME;
			seen.received += n / FRAME;
		}
		CHECK_EQ(errno, EPIPE);
	}
}

/* The second card has packets, too: many blocks behind an end of one, few behind a loss */
TEST(among_packets_as_well)
{
	struct acq_config config = plain_config();
	int fd, turn;

	fresh();
	fd = open("/dev/acqdev1", O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	fds[nfds++] = fd;
	config.rate_millihz = 1000000000;
	configure(fd, config);
	memset(&seen, 0, sizeof(seen));
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (turn = 0; turn < 10; turn++) {
		follow(fd, 30000, GAPS_MAX);
		nap(100);
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, ~0ULL, GAPS_MAX));
	printf("# %llu frames received, %llu lost in %d gaps\n", (unsigned long long)seen.received,
	       (unsigned long long)seen.lost, seen.count);
	CHECK(seen.count >= 5);
	CHECK_EQ(status_of(fd).lost, seen.lost);
}

/* What its logic and its engines say is not believed: it costs the run, and no more. */
TEST(a_card_that_lies_costs_its_run_alone)
{
	static const char *const kinds[] = { "logic", "logic,bits", "logic,ones" };
	unsigned int seed, failed = 0;
	ssize_t n;
	int fd, i;

	for (seed = 1; seed <= 9; seed++) {
		fd = steady();
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		follow(fd, 10000, GAPS_MAX);
		card("lie %u %s", seed, kinds[seed % 3]);
		for (i = 0; i < 20; i++) {
			card("overflow 100");
			n = read(fd, buf, 64 << 10);
			if (n <= 0 && errno != EPIPE)
				break;
		}
		failed += status_of(fd).state == ACQ_STATE_FAILED;
		card("clear");
		close_all();
		driver("unbind");
		driver("bind");
		fd = steady();
		follow(fd, 10000, GAPS_MAX);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	}
	printf("# failed for %u of %u\n", failed, seed - 1);
	CHECK(failed);
}

HARNESS_MAIN

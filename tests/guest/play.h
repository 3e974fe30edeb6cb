/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests of an output share: the first card's second stream, and what it has played. */
#ifndef ACQ_TEST_PLAY_H
#define ACQ_TEST_PLAY_H

#define NODE	"/dev/acqdev1"
#define CONTROL	"/dev/ttyS2"
#include "guest.h"

/* What the card has counted of its output, so far */
static inline long long out_stat_now(const char *key)
{
	const char *at = card("out stats");
	size_t length = strlen(key);

	while ((at = strstr(at, key))) {
		if (at[-1] == ' ' && at[length] == '=')
			return strtoull(at + length + 1, NULL, 10);
		at++;
	}
	printf("# the card's output has no statistic '%s'\n", key);
	CHECK(at);
	return 0;
}

/*
 * The same. With XDMA, and AC'97 as QEMU has it, what has been fetched counts as played, and
 * the card plays the rest of its FIFO behind that.
 */
static inline long long out_stat(const char *key)
{
	if (over_xdma() || over_ac97())
		WAIT_FOR(!out_stat_now("fifo_bytes") || out_stat_now("stalled"));
	return out_stat_now(key);
}

static inline size_t write_all(int fd, const void *buf, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = write(fd, (const char *)buf + done, bytes - done);

		CHECK(n > 0);
		done += n;
	}
	return done;
}

/* Two channels of 16 bits at 48 kHz, and a ring of so many blocks of a page */
static inline struct acq_config output_config(unsigned int blocks)
{
	return (struct acq_config){
		.format = ACQ_FORMAT_S16,
		.rate_millihz = 48000000,
		.channel_mask = 3,
		.block_bytes = PAGE_BYTES,
		.ring_bytes = blocks * PAGE_BYTES,
	};
}

/*
 * The output without a run or faults, for the next one to be of @config. Its converter
 * @waits for a machine that is late, or puts out filler; one with XDMA is what it is.
 */
static inline int open_output(struct acq_config config, int flags, bool waits)
{
	int fd;

	close_all();
	card("clear");
	card("out stall off");
	card("out speed 1");
	if (!over_xdma())
		card(waits ? "out wait on" : "out wait off");
	fd = node(flags);
	ioctl(fd, ACQ_IOC_DROP);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

static inline void make_random(uint8_t *bytes, size_t count, unsigned int seed)
{
	srandom(seed);
	while (count--)
		*bytes++ = random();
}

/* Just so many bytes of samples have been played, of two channels of 16 bits. */
static inline void check_played(const void *samples, size_t bytes)
{
	uint64_t digest = digest_more(DIGEST_NONE, samples, bytes);
	size_t more;

	for (more = 0; more < padding_of(bytes); more += 4)
		digest = digest_more(digest, (const uint8_t *)samples + bytes - 4, 4);
	CHECK_EQ(out_stat("played") * 4, bytes + more);
	CHECK_EQ((uint64_t)out_stat("digest"), digest);
}

/* Filler that a writer knows of */
static inline uint64_t known_filler(int fd)
{
	struct acq_reader_stats stats;

	CHECK_EQ(ioctl(fd, ACQ_IOC_READER_STATS, &stats), 0);
	return stats.lost[ACQ_CAUSE_UNDERRUN];
}

/*
 * Is the gap that it was told of where it has written to, or before: more may have been taken
 * meanwhile? It is behind all filler, but its own.
 */
static inline void check_gap(int fd, uint64_t written, uint64_t told)
{
	uint64_t filler = known_filler(fd);
	struct acq_gap gap = gap_of(fd);

	CHECK_EQ(gap.cause, ACQ_CAUSE_UNDERRUN);
	CHECK_EQ(gap.count, told);
	CHECK(gap.position <= written);
	CHECK_EQ(gap.index, gap.position / 4 + filler - (gap.flags & ACQ_GAP_OPEN ? 0 : gap.lost));
}

#endif /* ACQ_TEST_PLAY_H */

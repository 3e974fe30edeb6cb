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
 * The same. With XDMA what has been fetched counts as played, and the card plays the rest of
 * its FIFO behind that.
 */
static inline long long out_stat(const char *key)
{
	if (over_xdma())
		WAIT_FOR(!out_stat_now("fifo_bytes") || out_stat_now("stalled"));
	return out_stat_now(key);
}

/* FNV-1a, as the card has it of the samples that it played */
static inline uint64_t digest_more(uint64_t digest, const void *buf, size_t bytes)
{
	const uint8_t *byte = buf;

	while (bytes--)
		digest = (digest ^ *byte++) * 0x100000001b3ULL;
	return digest;
}

#define DIGEST_NONE	0xcbf29ce484222325ULL

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

#endif /* ACQ_TEST_PLAY_H */

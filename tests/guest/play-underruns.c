// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing args="one_is_told_though_its_page_counts_none a_hundred" kernels=7 takes=20
 * acqtest: rtl-duplex program=play-underruns-rtl args=a_hundred kernels=6.12 takes=10
 * acqtest: playing args=a_thousand kernels=7 takes=150 soak long
 */
/* Underruns at random places and of random length, each told as the card has it */
#include "play.h"

static uint16_t samples[1 << 16];

static int fresh_out(void)
{
	struct acq_reader_config how = { .flags = ACQ_READER_GAP_ONCE };
	int fd = open_output(output_config(16), O_WRONLY, false);
	size_t i;

	card("out speed 4");
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	srandom(seed_of(5));
	for (i = 0; i < sizeof(samples) / 2; i++)
		samples[i] = random();
	return fd;
}

static void underruns(unsigned int wanted)
{
	uint64_t digest = DIGEST_NONE, told = 0, written = 0;
	int fd = fresh_out(), ret;
	struct acq_status status;

	while (told < wanted) {
		size_t bytes = 4 * (random() % 3000 + 1), done = 0;
		size_t at = random() % (sizeof(samples) / 2 - 6000);

		while (done < bytes) {
			ssize_t n = write(fd, (char *)(samples + at) + done, bytes - done);

			if (n < 0) {
				CHECK_EQ(errno, EPIPE);
				check_gap(fd, written, ++told);
				continue;
			}
			digest = digest_more(digest, (char *)(samples + at) + done, n);
			done += n;
			written += n;
		}
		if (random() % 4) {
			ioctl(fd, ACQ_IOC_START);
			WAIT_FOR(out_stat("losing"));
			nap(random() % 4);
		}
	}
	while ((ret = fsync(fd)) && errno == EPIPE)
		check_gap(fd, written, ++told);
	CHECK_EQ(ret, 0);
	status = status_of(fd);
	CHECK_EQ(status.accepted, written);
	CHECK_EQ(status.head, written);
	CHECK_EQ(status.gaps, told);
	CHECK_EQ(status.lost, out_stat("filler"));
	CHECK_EQ(known_filler(fd), out_stat("filler"));
	CHECK_EQ(told, out_stat("underruns"));
	CHECK_EQ(out_stat("played") * 4, written);
	CHECK_EQ((uint64_t)out_stat("digest"), digest);
	card("out speed 1");
}

TEST(a_hundred)
{
	underruns(is_slow() ? 20 : 100);
}

/* The page that tells of filler may not count it yet: the card is dry all the same. */
TEST(one_is_told_though_its_page_counts_none)
{
	struct pollfd p = { .events = POLLPRI };
	int fd = fresh_out();

	p.fd = fd;
	card("fault late-filler");
	write_all(fd, samples, 4000);
	ioctl(fd, ACQ_IOC_START);
	CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
	CHECK(p.revents & POLLPRI);
	CHECK_ERR(write(fd, samples, 4000), EPIPE);
	check_gap(fd, 4000, 1);
	while (fsync(fd))
		CHECK_EQ(errno, EPIPE);
	CHECK_EQ(status_of(fd).lost, out_stat("filler"));
	CHECK_EQ(out_stat("played"), 1000);
	card("clear");
	card("out speed 1");
}

TEST(a_thousand)
{
	underruns(1000);
}

HARNESS_MAIN

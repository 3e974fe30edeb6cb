// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: rtl-duplex program=play-ordering-rtl kernels=6.12 takes=20 */
/*
 * Playing to a card in Verilog, over a bus that holds back and delays at random, in all ways
 * that PCI allows. Nothing of that may be heard but as filler, and each frame of that is told.
 * What PCI forbids is told by the driver: so these tests would find it.
 */
#include "play.h"

#define SEEDS	4
#define INPUT	"/dev/acqdev"

static uint16_t samples[1 << 19];

static int fresh_bus(bool waits)
{
	struct acq_reader_config how = { .flags = ACQ_READER_GAP_ONCE };
	int fd;

	card("bus off");
	fd = open_output(output_config(16), O_WRONLY, waits);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_READER, &how), 0);
	if (!samples[0])
		make_random((uint8_t *)samples, sizeof(samples), seed_of(1));
	return fd;
}

/* What has been written of a run, and told of it */
struct given {
	uint64_t bytes, digest;
	unsigned int gaps;
};

/* Writes so many bytes, of somewhere. */
static void give(int fd, struct given *g, size_t bytes, unsigned int *seed)
{
	size_t at = rand_r(seed) % (sizeof(samples) - bytes) & ~3, done = 0;

	while (done < bytes) {
		const char *from = (const char *)samples + at + done;
		ssize_t n = write(fd, from, bytes - done);

		if (n < 0) {
			CHECK_EQ(errno, EPIPE);
			check_gap(fd, g->bytes, ++g->gaps);
			continue;
		}
		g->digest = digest_more(g->digest, from, n);
		g->bytes += n;
		done += n;
	}
}

/* All of it has been played, and nothing else but filler, which is known. */
static void check_end(int fd, const struct given *g)
{
	struct acq_status status = status_of(fd);

	CHECK_EQ(status.state, ACQ_STATE_IDLE);
	CHECK_EQ(status.accepted, g->bytes);
	CHECK_EQ(status.head, g->bytes);
	CHECK_EQ(status.gaps, g->gaps);
	CHECK_EQ(status.lost, out_stat("filler"));
	CHECK_EQ(known_filler(fd), out_stat("filler"));
	CHECK_EQ(g->gaps, out_stat("underruns"));
	CHECK_EQ(out_stat("played") * 4, g->bytes);
	CHECK_EQ((uint64_t)out_stat("digest"), g->digest);
	CHECK_EQ(card_stat("bus_overtaken"), 0);
}

static void finish(int fd, struct given *g)
{
	int ret;

	while ((ret = fsync(fd)) && errno == EPIPE)
		check_gap(fd, g->bytes, ++g->gaps);
	if (ret)
		printf("# accepted %llu, head %llu; %s\n",
		       (unsigned long long)status_of(fd).accepted,
		       (unsigned long long)status_of(fd).head, card("out stats"));
	CHECK_EQ(ret, 0);
	check_end(fd, g);
}

TEST(some_mebibytes_bit_for_bit)
{
	struct given g = { .digest = DIGEST_NONE };
	int fd = fresh_bus(true), i;
	unsigned int seed = 1;

	card("out speed 20");
	for (i = 0; i < 64; i++)
		give(fd, &g, 65536, &seed);
	finish(fd, &g);
	CHECK_EQ(out_stat("played"), 1 << 20);
	CHECK_EQ(out_stat("filler"), 0);
}

/* Reads the input beside it, for a while. What it loses it knows of. */
static pid_t listener(void)
{
	struct acq_config config = plain_config();
	static char heard[16 << 10];
	uint64_t index = 0;
	pid_t child;
	int fd;

	card("wait off");
	fd = open(INPUT, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	ioctl(fd, ACQ_IOC_STOP);
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	child = fork();
	while (!child && index < 60000) {
		ssize_t n = read(fd, heard, sizeof(heard));

		if (n < 0 && errno == EPIPE)
			index += gap_of(fd).lost;
		else if (n <= 0 || !is_ramp(heard, n, index))
			_exit(printf("# at %llu of the input: %zd, errno %d\n",
				     (unsigned long long)index, n, errno));
		else
			index += n / 4;
	}
	if (!child)
		_exit(0);
	close(fd);
	return child;
}

/* One run with underruns, on the bus as it has been told to be, and the input beside it */
static void run(int fd, unsigned int seed)
{
	struct given g = { .digest = DIGEST_NONE };
	pid_t beside = listener();
	int i, status = -1;

	for (i = 0; i < 12; i++) {
		give(fd, &g, 4 * (1 + rand_r(&seed) % 8000), &seed);
		switch (rand_r(&seed) % 4) {
		case 0:
			ioctl(fd, ACQ_IOC_START);
			WAIT_FOR(strstr(card("out stats"), "state=running"));
			card("out dry %u", 1 + rand_r(&seed) % 500);
			break;
		case 1:
			ioctl(fd, ACQ_IOC_START);
			WAIT_FOR(out_stat("losing"));
		}
	}
	finish(fd, &g);
	CHECK_EQ(waitpid(beside, &status, 0), beside);
	CHECK_EQ(status, 0);
}

static void runs_with(const char *fault)
{
	long long held = card_stat("bus_held"), pushed = card_stat("bus_pushed"), filler = 0;
	unsigned int seed;
	int fd;

	for (seed = seed_of(1); seed < seed_of(1) + SEEDS; seed++) {
		fd = fresh_bus(false);
		card("speed 4");
		card("bus seed %u", seed);
		card("bus %s %d", fault, 30 << seed % 8);
		card("bus slow-idle %s", seed % 3 ? "off" : "on");
		run(fd, seed);
		filler += out_stat("filler");
		card("bus off");
	}
	printf("# %lld held back, %lld of them until a read; %lld frames of filler\n",
	       card_stat("bus_held") - held, card_stat("bus_pushed") - pushed, filler);
}

TEST(whatever_pci_allows_is_not_heard)
{
	runs_with("all");
	CHECK(card_stat("bus_held") > 0);
	CHECK(card_stat("bus_pushed") > 0);
}

TEST(late_reads)
{
	runs_with("read");
}

TEST(late_writes_of_the_card)
{
	runs_with("hold");
}

TEST(late_writes_of_the_host)
{
	runs_with("host");
}

TEST(a_busy_bus)
{
	runs_with("busy");
}

/* HALT in the midst of all that: what has been played is known, and nothing follows. */
TEST(halts_amid_it)
{
	unsigned int seed = seed_of(77);
	struct acq_status status;
	int fd, i;

	for (i = 0; i < 10; i++) {
		struct given g = { .digest = DIGEST_NONE };
		size_t at = 4 * (rand_r(&seed) % 10000);
		const char *from = (const char *)samples + at;

		fd = fresh_bus(true);
		card("bus seed %u", seed + i);
		card("bus all %d", 30 << i % 7);
		g.bytes = 4 * (1 + rand_r(&seed) % 20000);
		g.bytes = write_all(fd, from, g.bytes < 8 * PAGE_BYTES ? g.bytes : 8 * PAGE_BYTES);
		ioctl(fd, ACQ_IOC_START);
		nap(rand_r(&seed) % 60);
		CHECK_EQ(ioctl(fd, ACQ_IOC_DROP), 0);
		status = status_of(fd);
		CHECK_EQ(status.state, ACQ_STATE_IDLE);
		CHECK_EQ(status.accepted, g.bytes);
		CHECK_EQ(status.head, out_stat("played") * 4);
		CHECK_EQ(status.dropped, g.bytes - status.head);
		CHECK_EQ((uint64_t)out_stat("digest"), digest_more(DIGEST_NONE, from, status.head));
		nap(5);
		CHECK_EQ(status.head, out_stat("played") * 4);
	}
	card("bus off");
}

/* A card whose records are overtaken by its pages: the driver believes none that is not there. */
TEST(what_pci_forbids_is_noticed)
{
	int fd = fresh_bus(true), i;

	card("bus wrong record 20000");
	for (i = 0; i < 100 && status_of(fd).state != ACQ_STATE_FAILED; i++)
		if (write(fd, samples, 4 * PAGE_BYTES) < 0)
			break;
	card("bus off");
	printf("# %lld overtaken\n", card_stat("bus_overtaken"));
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	fd = fresh_bus(true);
	write_all(fd, samples, 40000);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, 40000);
}

HARNESS_MAIN

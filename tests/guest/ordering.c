// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: rtl program=ordering-rtl kernels=6.12 takes=20
 * acqtest: rtl-intx program=ordering-rtl kernels=6.12 \
 *	args="whatever_pci_allows_is_not_seen resets_amid_it"
 * acqtest: rtl-fifo program=ordering-fifo-rtl kernels=6.12 takes=20
 */
/*
 * Orderings on the bus. The card is Verilog; between its master and memory lies a bus that
 * holds back and delays at random, in all ways that PCI allows. Nothing of that may be seen
 * but in time. What PCI forbids is seen, or told: so the tests would find it.
 */
#include "guest.h"

#define SEEDS	(over_fifo() ? 2 : 4)

static char buf[64 << 10];

/* What a run has given so far */
struct taken {
	uint64_t index, lost;
	int gaps;
	bool wrong;		/* other samples than the ramp's */
	bool failed;		/* the driver has told so */
};

/*
 * Reads until so many frames have come, or the end. A small ring, in which old samples are
 * other ones.
 */
static void take(int fd, struct taken *t, uint64_t frames, unsigned int *seed)
{
	for (uint64_t have = 0; have < frames && !t->wrong && !t->failed;) {
		size_t want = FRAME * (1 + rand_r(seed) % (sizeof(buf) / FRAME));
		ssize_t n = read(fd, buf, want);

		if (n < 0 && errno == EPIPE) {
			struct acq_gap gap = gap_of(fd);

			CHECK_EQ(gap.index, t->index);
			t->index += gap.lost;
			t->lost += gap.lost;
			t->gaps++;
			continue;
		}
		if (n < 0)
			t->failed = true;
		if (n <= 0)
			return;
		t->wrong = !is_ramp(buf, n, t->index);
		t->index += n / FRAME;
		have += n / FRAME;
	}
}

static int fresh_bus(void)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	card("bus off");
	config.ring_bytes = 64 << 10;
	config.irq_us = 500;
	configure(fd, config);
	return fd;
}

/* One run with losses, on the bus as it has been told to be. */
static void run(int fd, unsigned int seed)
{
	struct taken t = { 0 };
	int i;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 8; i++) {
		take(fd, &t, over_fifo() ? 200 : 3000, &seed);
		if (rand_r(&seed) % 2)
			card("overflow %d", 1 + rand_r(&seed) % 500);
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	take(fd, &t, ~0ULL, &seed);
	CHECK(!t.wrong && !t.failed);
	CHECK_EQ(t.index, card_stat("frames"));
	CHECK_EQ(t.lost, card_stat("dropped"));
	CHECK_EQ(t.gaps, card_stat("gaps"));
	CHECK_EQ(card_stat("bus_overtaken"), 0);
}

static void runs_with(const char *fault)
{
	long long held = card_stat("bus_held"), pushed = card_stat("bus_pushed");
	unsigned int seed;
	int fd;

	for (seed = seed_of(1); seed < seed_of(1) + SEEDS; seed++) {
		fd = fresh_bus();
		card("bus seed %u", seed);
		card("bus %s %d", fault, 30 << seed % 8);
		card("bus slow-idle %s", seed % 3 ? "off" : "on");
		run(fd, seed);
		card("bus off");
	}
	printf("# %lld held back, %lld of them until a read\n", card_stat("bus_held") - held,
	       card_stat("bus_pushed") - pushed);
}

TEST(whatever_pci_allows_is_not_seen)
{
	runs_with("all");
	CHECK(card_stat("bus_held") > 0);
	CHECK(card_stat("bus_pushed") > 0);
}

TEST(late_reads)
{
	if (over_fifo())
		SKIP("this card reads nothing");
	runs_with("read");
	CHECK(card_stat("bus_reads") > 0);
}

TEST(late_writes_of_the_card)
{
	if (over_fifo())
		SKIP("this card writes nothing but messages");
	runs_with("hold");
}

TEST(late_writes_of_the_host)
{
	runs_with("host");
}

TEST(a_busy_bus)
{
	if (over_fifo())
		SKIP("this card writes nothing but messages");
	runs_with("busy");
}

/* RESET in the midst of all that: behind IDLE nothing of the run before comes any more. */
TEST(resets_amid_it)
{
	unsigned int seed = seed_of(77);
	int i;

	for (i = 0; i < 10; i++) {
		int fd = fresh_bus();
		struct taken t = { 0 };

		card("bus seed %u", seed + i);
		card("bus all 2000");
		take(fd, &t, 1 + rand_r(&seed) % 4000, &seed);
		CHECK(!t.wrong && !t.failed);
		CHECK_EQ(t.lost, 0);
		close_node(fd);
	}
	card("bus off");
}

/* A run on a bus that PCI does not allow: true if samples are wrong, or the driver has said so. */
static bool is_noticed(const char *what, struct taken *t)
{
	unsigned int seed = 1;
	int fd = fresh_bus();

	*t = (struct taken){ 0 };
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	take(fd, t, 2000, &seed);
	CHECK(!t->wrong && !t->failed);
	card("bus wrong %s 20000", what);
	take(fd, t, 100000, &seed);
	card("bus off");
	printf("# %s overtaken: %s%s%llu frames, %d gaps, %lld overtaken\n", what,
	       t->wrong ? "wrong samples, " : "", t->failed ? "a failure, " : "",
	       (unsigned long long)t->index, t->gaps, card_stat("bus_overtaken"));
	CHECK(card_stat("bus_overtaken") > 0);
	return t->wrong || t->failed;
}

TEST(what_pci_forbids_is_noticed)
{
	struct taken t;

	if (over_fifo())
		SKIP("this card writes nothing but messages");
	CHECK(is_noticed("data", &t));
	CHECK(t.wrong);
	CHECK(is_noticed("record", &t));
	/* The driver itself finds that out, and gives no wrong sample. */
	CHECK(t.failed && !t.wrong);
}

TEST(a_thousand_gaps_are_exact)
{
	unsigned int seed = seed_of(5), order, gaps = over_fifo() ? 30 : 1000, i;
	struct taken t = { 0 };
	int fd = fresh_bus();
	uint64_t lost;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 1; i <= gaps; i++) {
		take(fd, &t, 1 + rand_r(&seed) % 40, &seed);
		order = 1 + rand_r(&seed) % 1000;
		card("overflow %u", order);
		lost = t.lost;
		while (t.gaps < (int)i && !t.wrong && !t.failed)
			take(fd, &t, 1, &seed);
		CHECK(!t.wrong && !t.failed);
		CHECK_EQ(t.gaps, i);
		CHECK_EQ(t.lost - lost, order);
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	take(fd, &t, ~0ULL, &seed);
	CHECK_EQ(t.gaps, gaps);
	CHECK_EQ(t.index, card_stat("frames"));
	CHECK_EQ(t.index, card_stat("fed"));
	CHECK_EQ(t.lost, card_stat("dropped"));
}

HARNESS_MAIN

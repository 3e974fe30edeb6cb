// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=7,rt,debug soak
 * acqtest: ramp bounce kernels=6.12,arm64
 * acqtest: ramp program=filter-fifo kernels=6.12 args="samples_are_exact \
 *	each_sample_is_filtered_once a_loss_is_a_jump_of_the_index \
 *	a_filter_that_fails_fails_the_run all_go"
 * acqtest: losing program=filter-xdma kernels=7
 * acqtest: litepcie program=filter-litepcie kernels=7 args="samples_are_exact \
 *	a_loss_is_a_jump_of_the_index a_slow_filter_costs_what_is_told all_go"
 */
/*
 * Filters: what readers get is what the filters made of what the card wrote, each sample
 * once; one that does not succeed ends the run, and one that is slow costs samples that are told.
 */
#include "inkernel.h"

#define TESTS	"acq_test_filter"

static struct acq_config filtered(const char *names, uint64_t count)
{
	struct acq_config config = roomy(count);

	snprintf(config.filter, sizeof(config.filter), "%s", names);
	return config;
}

/* The filters are there, and nothing of them is left of the test before. */
static int begin(void)
{
	static const char *const names[] = { "acq-filter-swap", "acq-filter-offset" };
	unsigned int i;
	int ret, fd;

	need_losses();
	for (i = 0; i < 2; i++) {
		ret = load(names[i], "");
		CHECK(!ret || ret == EEXIST);
	}
	fd = fresh();
	ret = unload(TESTS);
	CHECK(!ret || ret == ENOENT);
	CHECK_EQ(load(TESTS, ""), 0);
	return fd;
}

/* A sample of the ramp, as a run with the filters of a test delivers it */
typedef uint16_t (*made_of)(uint16_t sample);

static bool is_made(const uint16_t *sample, size_t bytes, uint64_t index, made_of made)
{
	size_t i;

	for (i = 0; i < bytes / 2; i++) {
		if (sample[i] != made(index * 2 + i)) {
			printf("# sample %zu from index %llu is %u, not %u\n", i,
			       (unsigned long long)index, sample[i], made(index * 2 + i));
			return false;
		}
	}
	return true;
}

/* Read to the end of a run: each sample once, and each loss told. Returns frames read. */
static uint64_t read_run(int fd, made_of made, uint64_t *lost)
{
	uint64_t index = 0, frames = 0;
	struct acq_gap gap;
	ssize_t n;

	*lost = 0;
	while ((n = read(fd, buf, sizeof(buf)))) {
		if (n < 0) {
			CHECK_EQ(errno, EPIPE);
			gap = gap_of(fd);
			CHECK_EQ(gap.index, index);
			*lost += gap.lost;
			index += gap.lost;
			continue;
		}
		CHECK(is_made((uint16_t *)buf, n, index, made));
		index += n / FRAME;
		frames += n / FRAME;
	}
	CHECK_EQ(frames + *lost, index);
	return frames;
}

static uint16_t same(uint16_t s)
{
	return s;
}

static uint16_t swapped(uint16_t s)
{
	return s << 8 | s >> 8;
}

static uint16_t flipped(uint16_t s)
{
	return s ^ 0x8000;
}

static uint16_t swapped_flipped(uint16_t s)
{
	return flipped(swapped(s));
}

static uint16_t flipped_swapped(uint16_t s)
{
	return swapped(flipped(s));
}

static uint16_t inverted(uint16_t s)
{
	return ~s;
}

static uint16_t inverted_flipped(uint16_t s)
{
	return flipped(inverted(s));
}

TEST(names_are_checked)
{
	static const char *const bad[] = {
		",", "swap,", ",swap", "swap,,swap", "Swap", "swap ", "a/b", "swap\n",
		"abcdefghijklmnopqrstuvwx",
	};
	struct acq_config config, stands;
	int fd = begin();
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		config = filtered("", 0);
		memcpy(config.filter, bad[i], strnlen(bad[i], sizeof(config.filter)));
		CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EINVAL);
		CHECK_ERR(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), EINVAL);
	}
	/* Something behind the end */
	config = filtered("swap", 0);
	config.filter[6] = 'a';
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EINVAL);
	config = filtered("swap,no-such", 0);
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), ENOENT);
	CHECK_ERR(ioctl(fd, ACQ_IOC_TRY_CONFIG, &config), ENOENT);
	config = filtered("wide", 0);
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EINVAL);
	stands = config_of(fd);
	CHECK_EQ(stands.filter[0], 0);

	config = filtered("swap,probe,probe,offset", 0);
	/* A card of one format: "offset" makes the other one of it. */
	config.format = over_xdma() ? ACQ_FORMAT_U16 : ACQ_FORMAT_S16;
	configure(fd, config);
	stands = config_of(fd);
	CHECK(!strcmp(stands.filter, "swap,probe,probe,offset"));
	configure(fd, filtered("", 0));
}

TEST(what_has_nothing_to_swap_is_refused)
{
	struct acq_config config = filtered("swap", 0);
	int fd = begin();

	if (over_xdma())
		SKIP("this card has one format");
	config.format = ACQ_FORMAT_U8;
	CHECK_ERR(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), EINVAL);
	config.format = ACQ_FORMAT_U32;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
}

TEST(samples_are_exact)
{
	static const struct {
		const char *names;
		made_of made;
		bool formats;	/* the card is asked for the other one */
	} cases[] = {
		{ "", same, false }, { "swap", swapped, false }, { "swap,swap", same, false },
		{ "probe", inverted, false },
		{ "offset", flipped, true }, { "swap,offset", swapped_flipped, true },
		{ "offset,swap", flipped_swapped, true },
		{ "probe,offset", inverted_flipped, true },
	};
	struct acq_config config;
	uint64_t lost, frames;
	unsigned int i;
	int fd;

	fd = begin();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		config = filtered(cases[i].names, MANY);
		/* A card of one format delivers that, and readers get the other one. */
		if (over_xdma() && cases[i].formats)
			config.format = ACQ_FORMAT_U16;
		configure(fd, config);
		CHECK_EQ(config_of(fd).format, config.format);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		frames = read_run(fd, cases[i].made, &lost);
		CHECK_EQ(frames + lost, MANY);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	}
	CHECK_EQ(number_of(TESTS, "probe_faults"), 0);
	CHECK_EQ(number_of(TESTS, "probe_live"), 0);
}

/* Widths of one and four bytes, and frames that no word of eight bytes is a multiple of */
TEST(each_width_is_exact)
{
	static const uint32_t formats[] = { ACQ_FORMAT_S8, ACQ_FORMAT_U16, ACQ_FORMAT_S32 };
	struct acq_config config = filtered("offset", 3001);
	unsigned int i, width;
	uint32_t value, high;
	size_t at, have;
	ssize_t n;
	int fd = begin();

	if (over_xdma())
		SKIP("this card has one format");
	for (i = 0; i < 3; i++) {
		config.format = formats[i];
		config.channel_mask = 1;
		configure(fd, config);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		width = 1 << formats[i] / 2;
		high = 1U << (8 * width - 1);
		for (have = 0; (n = read(fd, buf + have, sizeof(buf) - have)) > 0; have += n)
			;
		CHECK_EQ(n, 0);
		CHECK_EQ(have, 3001 * width);
		for (at = 0; at < have; at += width) {
			value = 0;
			memcpy(&value, buf + at, width);
			CHECK_EQ(value, ((at / width) ^ high) & (2ULL * high - 1));
		}
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	}
}

/* What the card is asked for is what it has, whoever a filter is by the time of the start. */
TEST(the_format_is_the_cards_when_it_starts)
{
	int fd = begin();

	if (!over_xdma() || over_litepcie())
		SKIP("this card has all formats");
	configure(fd, filtered("odd", 1000));
	set_number(TESTS, "odd", 1);
	mark("acqtest: odd");
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EINVAL);
	CHECK(told("acqtest: odd", "acqdev: the card has no format u16, which filters odd ask"));
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	set_number(TESTS, "odd", 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

/* What the core refuses no filter has seen. */
TEST(a_lie_comes_to_no_filter)
{
	static const char *const lies[] = { "bad-index", "bad-lost", "bad-bytes" };
	struct acq_status status;
	unsigned int i;
	int fd;

	if (over_xdma() || over_fifo())
		SKIP("a card without records");
	for (i = 0; i < 3; i++) {
		fd = begin();
		configure(fd, filtered("probe", 0));
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		WAIT_FOR(status_of(fd).blocks > 2);
		card("fault %s", lies[i]);
		WAIT_FOR(status_of(fd).state == ACQ_STATE_FAILED);
		status = status_of(fd);
		CHECK_EQ(status.failure, ACQ_FAILURE_PROTOCOL);
		CHECK_EQ(number_of(TESTS, "probe_frames") * FRAME, status.head);
		CHECK_EQ(number_of(TESTS, "probe_faults"), 0);
		/* It fails before its filters have ended. */
		WAIT_FOR(!number_of(TESTS, "probe_live"));
	}
}

/* Each sample is there as soon as it would be without a filter, where caches are coherent. */
TEST(no_sample_waits_for_others)
{
	struct acq_config config = filtered("probe", 0);
	unsigned int i, odd = 0;
	int fd = begin();

	if (over_xdma() || over_fifo())
		SKIP("samples come in larger pieces");
	config.rate_millihz = TRICKLE;
	config.irq_us = 1000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 50; i++) {
		odd += !!(status_of(fd).head % 64);
		nap(3);
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	printf("# %u of 50 looks amid 64 bytes\n", odd);
	CHECK(odd > 10);
}

/* Samples that come a few at a time, into a block that is open: each goes through once. */
TEST(each_sample_is_filtered_once)
{
	struct acq_config config = filtered("probe", 4000);
	uint64_t lost;
	int fd = begin();

	config.rate_millihz = TRICKLE;
	config.irq_us = 1000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(number_of(TESTS, "probe_live"), 1);
	CHECK_EQ(read_run(fd, inverted, &lost) + lost, 4000);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(number_of(TESTS, "probe_frames"), 4000 - lost);
	CHECK_EQ(number_of(TESTS, "probe_faults"), 0);
	CHECK_EQ(number_of(TESTS, "probe_live"), 0);
	printf("# %lld pieces\n", number_of(TESTS, "probe_pieces"));
	CHECK(number_of(TESTS, "probe_pieces") > 4000 / 1024);
}

TEST(a_stop_leaves_nothing_behind)
{
	struct acq_config config = filtered("probe", 0);
	struct acq_status status;
	uint64_t lost, frames;
	int fd = begin();

	config.rate_millihz = TRICKLE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	WAIT_FOR(status_of(fd).frames > 1500);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	status = status_of(fd);
	frames = read_run(fd, inverted, &lost);
	CHECK_EQ(frames + lost, status.frames);
	if (!over_xdma())
		CHECK_EQ(lost, 0);
	CHECK_EQ(number_of(TESTS, "probe_frames"), frames);
}

TEST(a_loss_is_a_jump_of_the_index)
{
	uint64_t lost, frames;
	int fd = begin(), i;

	configure(fd, filtered("probe", MANY));
	/* It still runs when a late machine orders the last loss. */
	card("speed 0.2");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	for (i = 0; i < 3; i++) {
		WAIT_FOR(status_of(fd).frames > MANY / 8 * (i + 1ULL));
		card("overflow 100");
	}
	card("speed 1");
	frames = read_run(fd, inverted, &lost);
	CHECK_EQ(frames + lost, MANY);
	CHECK(lost >= 100);
	CHECK_EQ(number_of(TESTS, "probe_faults"), 0);
	CHECK(number_of(TESTS, "probe_jumps") >= 1);
	CHECK_EQ(number_of(TESTS, "probe_frames"), frames);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

/* Reads until it fails; all before that is what it should be. Returns the errno. */
static int read_to_failure(int fd, uint64_t *frames)
{
	ssize_t n;

	*frames = 0;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, *frames));
		*frames += n / FRAME;
	}
	return n ? errno : 0;
}

TEST(a_filter_that_fails_fails_the_run)
{
	struct acq_status status;
	uint64_t frames;
	int fd = begin();

	set_number(TESTS, "fail_after", 3000);
	configure(fd, filtered("fail", 0));
	mark("acqtest: fails");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(read_to_failure(fd, &frames), EIO);
	/* All before the first piece that begins with frame 3000 or a later one */
	CHECK(frames >= 3000 && frames <= 3000 + PAGE_BYTES / FRAME);
	status = status_of(fd);
	CHECK_EQ(status.state, ACQ_STATE_FAILED);
	CHECK_EQ(status.failure, ACQ_FAILURE_FILTER);
	CHECK_EQ(status.error, -EILSEQ);
	/* What no reader got has been counted. */
	CHECK(status.lost > 0);
	CHECK_EQ(frames + status.lost, status.frames);
	CHECK(told("acqtest: fails", "acqdev: filter fail fails (-84)"));
	CHECK_EQ(gap_of(fd).lost, status.lost);

	/* One that returns what is no errno */
	set_number(TESTS, "fail_error", 7);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(read_to_failure(fd, &frames), EIO);
	CHECK_EQ(status_of(fd).error, -EIO);

	/* And without it all is well. */
	configure(fd, filtered("probe", 3000));
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(read_run(fd, inverted, &frames) + frames, 3000);
}

TEST(a_filter_that_does_not_begin)
{
	int fd = begin();

	configure(fd, filtered("deaf,probe", 0));
	mark("acqtest: deaf");
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), EPERM);
	CHECK(told("acqtest: deaf", "acqdev: filter deaf does not begin (-1): not started"));
	CHECK_ERR(read(fd, buf, sizeof(buf)), EPERM);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(number_of(TESTS, "probe_live"), 0);
}

/* A slow one costs samples: they are told, and what comes is what it should be. */
TEST(a_slow_filter_costs_what_is_told)
{
	struct acq_config config = filtered("slow", 0);
	uint64_t index = 0, lost = 0;
	struct acq_gap gap;
	int fd = begin(), gaps = 0;
	ssize_t n;

	set_number(TESTS, "slow_ms", 50);
	config.ring_bytes = 16 * PAGE_BYTES;
	configure(fd, config);
	if (over_xdma() && !over_litepcie())
		card("rate 4000000");
	else
		card("speed %d", FAST);
	card("wait off");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	while (gaps < 3) {
		n = read(fd, buf, sizeof(buf));
		if (n > 0) {
			CHECK(is_ramp(buf, n, index));
			index += n / FRAME;
			continue;
		}
		CHECK_EQ(n, -1);
		CHECK_EQ(errno, EPIPE);
		gap = gap_of(fd);
		CHECK_EQ(gap.index, index);
		CHECK(gap.cause == ACQ_CAUSE_CARD_FIFO || gap.cause == ACQ_CAUSE_RING_FULL);
		index += gap.lost;
		lost += gap.lost;
		gaps++;
	}
	card("speed 1");
	card("wait on");
	CHECK(lost > 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

TEST(a_run_keeps_the_module)
{
	int fd = begin(), fd2;

	configure(fd, filtered("probe", 0));
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 1 << 12);
	CHECK_EQ(unload(TESTS), EAGAIN);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	/* What is left of the run needs no filter. */
	CHECK_EQ(unload(TESTS), 0);
	mark("acqtest: unloaded");
	CHECK_ERR(ioctl(fd, ACQ_IOC_START), ENOENT);
	CHECK(told("acqtest: unloaded", "acqdev: filter probe is not there"));
	fd2 = node(O_RDONLY);
	CHECK_ERR(read(fd2, buf, sizeof(buf)), ENOENT);
	CHECK_EQ(poll_wait(fd2), POLLIN | POLLHUP | POLLERR);
	CHECK_EQ(load(TESTS, ""), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	read_all(fd, buf, 1 << 12);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

/* "acq config filter=swap" is all that anybody has to say. */
TEST(its_module_is_loaded)
{
	static const char script[] = "#!/bin/sh\necho \"$*\" >>/tmp/modprobe.log\n"
				     "for m; do :; done\n/bb/insmod /lib/modules/extra/$m.ko\n";
	struct acq_config config = filtered("swap", 3000);
	int fd = begin(), ro, file;
	uint64_t lost;

	/* Nobody may have it loaded who may not configure. */
	CHECK_EQ(unload("acq_filter_swap"), 0);
	file = open("/tmp/modprobe.sh", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	CHECK_EQ(write(file, script, sizeof(script) - 1), sizeof(script) - 1);
	close(file);
	write_file("/proc/sys/kernel/modprobe", "/tmp/modprobe.sh");
	ro = node(O_RDONLY);
	CHECK_ERR(ioctl(ro, ACQ_IOC_TRY_CONFIG, &config), ENOENT);
	configure(fd, config);
	write_file("/proc/sys/kernel/modprobe", "/sbin/modprobe");
	CHECK_EQ(system("grep -q 'acq-filter-swap$' /tmp/modprobe.log"), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(read_run(fd, swapped, &lost) + lost, 3000);
}

/* The card goes in the midst: what is there was filtered, and the filter has ended. */
TEST(unbound_under_load)
{
	struct acq_config config = filtered("probe,slow", 0);
	struct acq_gap gap;
	uint64_t index;
	int turn, fd;
	ssize_t n;

	fd = begin();
	set_number(TESTS, "slow_ms", 1);
	for (turn = 0; turn < (is_slow() ? 5 : 15); turn++) {
		configure(fd, config);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		read_all(fd, buf, (1 << 12) * (turn % 3 + 1));
		CHECK(is_made((uint16_t *)buf, 1 << 12, 0, inverted));
		index = (1 << 12) * (turn % 3 + 1) / FRAME;
		card_address();
		driver("unbind");
		CHECK_EQ(number_of(TESTS, "probe_live"), 0);
		while ((n = read(fd, buf, sizeof(buf))) > 0 || errno == EPIPE) {
			if (n < 0) {
				gap = gap_of(fd);
				CHECK_EQ(gap.index, index);
				index += gap.lost;
				continue;
			}
			CHECK(is_made((uint16_t *)buf, n, index, inverted));
			index += n / FRAME;
		}
		CHECK_EQ(errno, ENODEV);
		CHECK_EQ(unload(TESTS), 0);
		close_node(fd);
		driver("bind");
		WAIT_FOR(access(NODE, F_OK) == 0);
		CHECK_EQ(load(TESTS, "slow_ms=1"), 0);
		fd = node(O_RDWR);
	}
	CHECK_EQ(number_of(TESTS, "probe_faults"), 0);
}

/* Leaves the others as they were. */
TEST(all_go)
{
	begin();
	close_all();
	CHECK_EQ(unload(TESTS), 0);
	CHECK_EQ(unload("acq_filter_swap"), 0);
	CHECK_EQ(unload("acq_filter_offset"), 0);
}

HARNESS_MAIN

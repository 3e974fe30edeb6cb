// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: sound takes=15 kernels=6.1,7,debug
 * acqtest: sound bounce takes=15 kernels=6.12
 */
/*
 * Card family AC97 against QEMU's model: what it does when the list of blocks is at its
 * end, what others do to its registers, and what it leaves behind.
 *
 * Registers are written behind the driver's back. Built as ac97: see
 * over_ac97().
 */
#include "config.h"

#define OUTPUT		"/dev/acqdev1"

/* Of the mixer, and of the bus master */
#define EXTENDED	0x2a
#define ADC_RATE	0x32
#define MIXER_END	0x40
#define INPUT_LIST	0x00
#define INPUT_LAST	0x05
#define INPUT_CONTROL	0x0b
#define OUTPUT_LIST	0x10
#define OUTPUT_CONTROL	0x1b
#define RESET_ENGINE	0x02

static char buf[1 << 20];

/* A register of a BAR of I/O ports */
static int bar_file(int bar)
{
	char path[100];
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource%d", card_address(), bar);
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	return fd;
}

static uint32_t get(int bar, unsigned int reg, size_t bytes)
{
	uint32_t value = 0;
	int fd = bar_file(bar);

	CHECK_EQ(pread(fd, &value, bytes, reg), bytes);
	close(fd);
	return value;
}

static void set(int bar, unsigned int reg, size_t bytes, uint32_t value)
{
	int fd = bar_file(bar);

	CHECK_EQ(pwrite(fd, &value, bytes, reg), bytes);
	close(fd);
}

static uint16_t mixer(unsigned int reg)
{
	return get(0, reg, 2);
}

static void set_mixer(unsigned int reg, uint16_t value)
{
	set(0, reg, 2, value);
}

/* The PCI configuration, and what of the registers stands when nothing runs */
struct found {
	uint8_t config[256];
	uint16_t mixer[MIXER_END / 2];
	uint32_t list[2];
	uint8_t last;
	uint8_t control[2];
};

static struct found find(void)
{
	struct found found;
	int fd = config_file(O_RDONLY), reg;

	CHECK_EQ(read(fd, found.config, sizeof(found.config)), sizeof(found.config));
	close(fd);
	/* Where I/O is switched off for a card that is not bound, it is to be on meanwhile. */
	for (reg = 0; reg < MIXER_END; reg += 2)
		found.mixer[reg / 2] = mixer(reg);
	found.list[0] = get(1, INPUT_LIST, 4);
	found.list[1] = get(1, OUTPUT_LIST, 4);
	found.last = get(1, INPUT_LAST, 1);
	found.control[0] = get(1, INPUT_CONTROL, 1);
	found.control[1] = get(1, OUTPUT_CONTROL, 1);
	return found;
}

static int play_node(void)
{
	int fd = open(OUTPUT, O_WRONLY | O_CLOEXEC);
	struct acq_config config = plain_config();

	CHECK(fd >= 0);
	CHECK(nfds < 64);
	fds[nfds++] = fd;
	ioctl(fd, ACQ_IOC_DROP);
	card("out wait on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

/* What has been heard since "clear" */
static long long heard(const char *key)
{
	const char *at = strstr(card("out stats"), key);

	CHECK(at && at[strlen(key)] == '=');
	return strtoull(at + strlen(key) + 1, NULL, 10);
}

static void fill(uint16_t *sample, size_t samples, unsigned int seed)
{
	srandom(seed);
	while (samples--)
		*sample++ = random() | 1;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

TEST(it_says_what_it_is)
{
	int fd = fresh(), out = play_node();
	struct acq_info info;

	info = info_of(fd);
	CHECK(!strcmp(info.family, "ac97"));
	CHECK_EQ(info.channels, 2);
	CHECK_EQ(info.rate_max_millihz, 48000000);
	CHECK(!(info.caps & (ACQ_CAP_OUTPUT | ACQ_CAP_WAIT | ACQ_CAP_LINK)));
	info = info_of(out);
	CHECK(info.caps & ACQ_CAP_OUTPUT);
}

TEST(it_begins_with_the_first_frame)
{
	int fd = fresh();

	read_all(fd, buf, 400000);
	CHECK_EQ(*(uint16_t *)buf, 0);
	CHECK(is_ramp(buf, 400000, 0));
	CHECK_EQ(status_of(fd).lost, 0);
}

TEST(where_it_had_no_room_is_a_gap)
{
	struct acq_config config = plain_config();
	const size_t ring = 16 * PAGE_BYTES;
	struct acq_gap gap;
	int fd = fresh(), i;
	double since;

	config.ring_bytes = ring;
	configure(fd, config);
	for (i = 1; i <= 3; i++) {
		uint64_t at = i * ring / FRAME;

		/* All of the ring is filled, and then nothing more. */
		CHECK_EQ(read(fd, buf, FRAME), FRAME);
		WAIT_FOR(status_of(fd).head == i * ring);
		since = now();
		nap(300);
		CHECK_EQ(status_of(fd).head, i * ring);
		read_all(fd, buf + FRAME, ring - FRAME);
		CHECK(is_ramp(buf, ring, at - ring / FRAME));
		WAIT_FOR(status_of(fd).gaps == (uint64_t)i);
		CHECK_ERR(read(fd, buf, FRAME), EPIPE);
		CHECK_ERR(read(fd, buf, FRAME), EPIPE);
		gap = gap_of(fd);
		CHECK_EQ(gap.count, i);
		CHECK_EQ(gap.position, i * ring);
		CHECK_EQ(gap.cause, ACQ_CAUSE_RING_FULL);
		CHECK_EQ(gap.flags, ACQ_GAP_ESTIMATED);
		printf("# gap %d: %llu frames\n", i, (unsigned long long)gap.lost);
		CHECK(gap.lost >= 300 * 48 && gap.lost <= (now() - since + 0.1) * 48000);
		CHECK_EQ(gap.index + gap.lost, status_of(fd).index);
	}
	/* None of them is lost twice: what waited for room comes next. */
	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	CHECK(is_ramp(buf, FRAME, 3 * ring / FRAME));
}

TEST(a_gap_at_the_end_is_told)
{
	struct acq_config config = plain_config();
	int fd = fresh();
	struct acq_gap gap;

	config.ring_bytes = 16 * PAGE_BYTES;
	configure(fd, config);
	CHECK_EQ(read(fd, buf, FRAME), FRAME);
	WAIT_FOR(status_of(fd).head == config.ring_bytes);
	nap(200);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	read_all(fd, buf + FRAME, config.ring_bytes - FRAME);
	CHECK(is_ramp(buf, config.ring_bytes, 0));
	CHECK_ERR(read(fd, buf, FRAME), EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.position, config.ring_bytes);
	CHECK(gap.lost >= 200 * 48);
	CHECK_EQ(read(fd, buf, FRAME), 0);
}

TEST(what_is_written_is_played)
{
	int fd = fresh(), out = play_node(), i;
	const size_t bytes = 200000;

	(void)fd;
	fill((uint16_t *)buf, bytes / 2, 1);
	/* A change of the rate has QEMU forget volumes: they are seen from the second run on. */
	for (i = 0; i < 2; i++) {
		card("clear");
		CHECK_EQ(write(out, buf, bytes), bytes);
		CHECK_EQ(fsync(out), 0);
		WAIT_FOR(heard("played") * FRAME >= (long long)bytes);
		CHECK_EQ(heard("played") * FRAME, bytes);
		CHECK_EQ((uint64_t)heard("digest"), digest_more(DIGEST_NONE, buf, bytes));
		CHECK_EQ(heard("filler"), 0);
	}
}

TEST(an_underrun_is_told_at_its_place)
{
	int fd = fresh(), out = play_node();
	struct acq_gap gap;
	long long filler;

	(void)fd;
	fill((uint16_t *)buf, 100000, 2);
	/* Fewer than it would begin at by itself */
	CHECK_EQ(write(out, buf, 16000), 16000);
	CHECK_EQ(ioctl(out, ACQ_IOC_START), 0);
	WAIT_FOR(status_of(out).head == 16000);
	nap(300);
	CHECK_ERR(write(out, buf, 4), EPIPE);
	gap = gap_of(out);
	CHECK_EQ(gap.position, 16000);
	CHECK_EQ(gap.index, 4000);
	CHECK_EQ(gap.cause, ACQ_CAUSE_UNDERRUN);
	CHECK_EQ(gap.flags, ACQ_GAP_OPEN);
	CHECK_EQ(write(out, buf + 16000, 184000), 184000);
	WAIT_FOR(status_of(out).head > 16000);
	gap = gap_of(out);
	filler = heard("filler");
	printf("# %llu frames of filler, of which QEMU has put out %lld\n",
	       (unsigned long long)gap.lost, filler);
	CHECK_EQ(gap.count, 1);
	CHECK_EQ(gap.flags, ACQ_GAP_ESTIMATED);
	/* QEMU's clock is another one: late where its machine is, and never much ahead. */
	CHECK(filler > 0 && gap.lost >= 300 * 48);
	CHECK(filler < (long long)gap.lost + 200 * 48);
	CHECK_EQ(ioctl(out, ACQ_IOC_STOP), 0);
	WAIT_FOR(heard("played") >= 50000);
	CHECK_EQ(heard("played"), 50000);
	CHECK_EQ((uint64_t)heard("digest"), digest_more(DIGEST_NONE, buf, 200000));
	CHECK_EQ(heard("underruns"), 1);
}

/* Both interrupt by one line. */
TEST(both_sides_at_once)
{
	int fd = fresh(), out = play_node();
	const size_t bytes = 240000;
	pid_t child;
	int status;

	fill((uint16_t *)buf, bytes / 2, 3);
	child = fork();
	CHECK(child >= 0);
	if (!child)
		_exit(write(out, buf, bytes) != (ssize_t)bytes || fsync(out));
	read_all(fd, buf + bytes, bytes);
	CHECK(is_ramp(buf + bytes, bytes, 0));
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
	WAIT_FOR(heard("played") * FRAME >= (long long)bytes);
	CHECK_EQ((uint64_t)heard("digest"), digest_more(DIGEST_NONE, buf, bytes));
	CHECK(status_of(fd).interrupts > 0);
	CHECK(status_of(out).interrupts > 0);
}

TEST(it_has_the_rate_that_was_asked_for)
{
	static const uint32_t rates[] = { 8000, 11025, 12345, 22050, 44100, 47999, 48000 };
	struct acq_config config = plain_config();
	int fd = fresh();
	size_t i;

	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		config.rate_millihz = rates[i] * 1000ULL;
		configure(fd, config);
		CHECK_EQ(config_of(fd).rate_millihz, rates[i] * 1000ULL);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		CHECK_EQ(mixer(ADC_RATE), rates[i]);
		CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	}
	/* What is no number of hertz, or out of its range, is rounded. */
	config.rate_millihz = 12345678;
	configure(fd, config);
	CHECK_EQ(config_of(fd).rate_millihz, 12346000);
	config.rate_millihz = 1;
	configure(fd, config);
	CHECK_EQ(config_of(fd).rate_millihz, 8000000);
}

/* What comes behind a gap, for which somebody resets it */
static void go_on_behind_a_reset(int fd, void (*reset)(void))
{
	struct acq_gap gap;
	uint64_t had;
	ssize_t n;

	read_all(fd, buf, 4000);
	CHECK(is_ramp(buf, 4000, 0));
	had = 1000;
	reset();
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, had));
		had += n / FRAME;
		CHECK(had < 10 * 48000);
	}
	CHECK_EQ(errno, EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.cause, ACQ_CAUSE_RESET);
	CHECK_EQ(gap.position, had * FRAME);
	CHECK_EQ(gap.flags, ACQ_GAP_ESTIMATED);
	read_all(fd, buf, 40000);
	CHECK(is_ramp(buf, 40000, 0));
	CHECK_EQ(status_of(fd).gaps, 1);
}

static void reset_engine(void)
{
	set(1, INPUT_CONTROL, 1, RESET_ENGINE);
}

static void forget_rate(void)
{
	set_mixer(ADC_RATE, 44100);
}

static void reset_by_port(void)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", card_address());
	write_file(path, "1");
}

TEST(an_engine_that_was_reset_begins_anew)
{
	go_on_behind_a_reset(fresh(), reset_engine);
}

TEST(a_codec_that_was_reset_gets_its_rate_again)
{
	go_on_behind_a_reset(fresh(), forget_rate);
	CHECK_EQ(mixer(ADC_RATE), 48000);
}

TEST(a_reset_of_the_bus_is_a_gap)
{
	int fd = fresh();
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/reset", card_address());
	if (access(path, F_OK))
		SKIP("this card cannot be reset");
	go_on_behind_a_reset(fd, reset_by_port);
}

static ssize_t read_to_the_end(int fd)
{
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		;
	return n;
}

TEST(bus_mastering_taken_away_is_an_error)
{
	int fd = fresh();

	read_all(fd, buf, 4000);
	command(0, PCI_COMMAND_MASTER);
	CHECK_ERR(read_to_the_end(fd), EIO);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	fd = fresh();
	read_all(fd, buf, 40000);
	CHECK(is_ramp(buf, 40000, 0));
}

/* A card without I/O decoding reads as one that is not there. */
TEST(one_that_is_gone_is_gone_and_comes_back)
{
	int fd = fresh();

	read_all(fd, buf, 4000);
	command(0, PCI_COMMAND_IO);
	CHECK_ERR(read_to_the_end(fd), ENODEV);
	CHECK_ERR(read(fd, buf, 4), ENODEV);
	command(PCI_COMMAND_IO, 0);
	fd = fresh();
	read_all(fd, buf, 40000);
	CHECK(is_ramp(buf, 40000, 0));
}

static void use_it(void)
{
	int fd = fresh(), out = play_node();

	read_all(fd, buf, 4000);
	CHECK_EQ(write(out, buf, 4000), 4000);
	CHECK_EQ(fsync(out), 0);
	/* One that outlives its file: it runs when it is unbound. */
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	close_all();
}

TEST(it_is_left_as_it_was_found)
{
	struct found before, after;
	size_t i;

	fresh();
	close_all();
	driver("unbind");
	/* As another driver may have left it, which has not switched it off */
	command(PCI_COMMAND_IO, 0);
	for (i = 2; i < 0x20; i += 2)
		set_mixer(i, 0x0101 * (i / 2));
	set_mixer(EXTENDED, 1);
	set_mixer(ADC_RATE, 11025);
	set_mixer(EXTENDED, 0);
	set(1, INPUT_LIST, 4, 0x1230);
	set(1, INPUT_LAST, 1, 7);
	before = find();
	driver("bind");
	WAIT_FOR(!access(NODE, R_OK) && !access(OUTPUT, R_OK));
	CHECK(mixer(EXTENDED) & 1);
	use_it();
	driver("unbind");
	command(PCI_COMMAND_IO, 0);
	after = find();
	driver("bind");
	WAIT_FOR(!access(NODE, R_OK) && !access(OUTPUT, R_OK));
	for (i = 0; i < sizeof(before.config); i++) {
		if (before.config[i] != after.config[i])
			printf("# config %#zx: %#x, not %#x\n", i, after.config[i],
			       before.config[i]);
	}
	for (i = 0; i < MIXER_END / 2; i++) {
		if (before.mixer[i] != after.mixer[i])
			printf("# mixer %#zx: %#x, not %#x\n", 2 * i, after.mixer[i],
			       before.mixer[i]);
	}
	CHECK(!memcmp(before.config, after.config, sizeof(before.config)));
	CHECK(!memcmp(before.mixer, after.mixer, sizeof(before.mixer)));
	CHECK(!memcmp(before.list, after.list, sizeof(before.list)));
	CHECK_EQ(after.last, before.last);
	CHECK(!memcmp(before.control, after.control, sizeof(before.control)));
}

HARNESS_MAIN

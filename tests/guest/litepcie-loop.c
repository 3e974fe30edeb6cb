// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: litepcie takes=30 kernels=7 */
/*
 * LitePCIe's Loop mode beside the other direction, linked, at a stop and at a reset; and what
 * is told of losses at the end of a run, or by a reader that is steadily too slow.
 *
 * Built as litepcie: see over_litepcie().
 */
#include "guest.h"

#define OUT	"/dev/acqdev1"

static char buf[1 << 20];

#define BLOCK_FRAMES	(PAGE_BYTES / FRAME)

static int input(struct acq_config config)
{
	int fd = fresh();

	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

static struct acq_config loop_config(void)
{
	struct acq_config config = plain_config();

	config.transfer = ACQ_TRANSFER_FIFO;
	return config;
}

static int output(void)
{
	struct acq_config config = plain_config();
	int fd = open(OUT, O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0);
	fds[nfds++] = fd;
	config.pattern = ACQ_PATTERN_INPUT;
	CHECK_EQ(ioctl(fd, ACQ_IOC_SET_CONFIG, &config), 0);
	return fd;
}

static void play(int fd, size_t bytes)
{
	size_t done = 0;

	while (done < bytes) {
		ssize_t n = write(fd, buf, bytes - done < sizeof(buf) ? bytes - done : sizeof(buf));

		CHECK(n > 0);
		done += n;
	}
	CHECK_EQ(fsync(fd), 0);
}

/* The first of all, as its memory is not there yet */
TEST(loop_mode_is_linked)
{
	struct acq_link_to to;
	int in = input(loop_config()), out = output();

	to = (struct acq_link_to){ .fd = out };
	CHECK_EQ(ioctl(in, ACQ_IOC_LINK, &to), 0);
	CHECK_EQ(write(out, buf, 4000), 4000);
	CHECK_EQ(ioctl(in, ACQ_IOC_START), 0);
	read_all(in, buf, 40000);
	CHECK(is_ramp(buf, 40000, 0));
	CHECK_EQ(ioctl(in, ACQ_IOC_STOP), 0);
	CHECK_EQ(fsync(out), 0);
	to.fd = -1;
	CHECK_EQ(ioctl(in, ACQ_IOC_LINK, &to), 0);
}

/* Its ring is not mapped, and the memory that it goes round in stays anyway. */
TEST(loop_mode_that_does_not_stop)
{
	int in = input(loop_config());

	read_all(in, buf, 40000);
	card("fault stop-ignored 1000");
	CHECK_EQ(ioctl(in, ACQ_IOC_STOP), 0);
	CHECK_ERR(ioctl(in, ACQ_IOC_START), EIO);
	card("clear");
	in = input(plain_config());
	read_all(in, buf, 40000);
	CHECK(is_ramp(buf, 40000, 0));
}

/* It is full and quiet: interrupts of the other direction are none of its own. */
TEST(loop_mode_beside_an_output)
{
	int in = input(loop_config()), out = output();

	card("out speed 100");
	CHECK_EQ(ioctl(in, ACQ_IOC_START), 0);
	nap(2000);
	play(out, 8 << 20);
	card("out speed 1");
	CHECK_EQ(status_of(in).error, 0);
	/* And it runs on. */
	read_all(in, buf, 40000);
}

TEST(loop_mode_delivers_what_it_holds)
{
	struct acq_config config = loop_config();
	uint64_t frames = 0;
	int fd, status;
	ssize_t n;
	pid_t pid;

	config.ring_bytes = 64 << 10;
	fd = input(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	/* More than the ring, less than is gone round */
	card("pause %llu", 40ULL * BLOCK_FRAMES);
	nap(1500);
	pid = fork();
	CHECK(pid >= 0);
	/* It waits until there was room for the rest. */
	if (!pid)
		_exit(ioctl(fd, ACQ_IOC_STOP) ? 1 : 0);
	nap(200);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, frames));
		frames += n / FRAME;
	}
	if (n < 0)
		printf("# behind %llu frames %lld are lost\n", (unsigned long long)frames,
		       (long long)gap_of(fd).lost);
	CHECK_EQ(n, 0);
	CHECK_EQ(waitpid(pid, &status, 0), pid);
	CHECK_EQ(status, 0);
	card("pause off");
	/* The newest one is not counted; and what is in the FIFO is lost with a stop. */
	printf("# %llu frames\n", (unsigned long long)frames);
	CHECK(frames >= 38 * BLOCK_FRAMES);
}

TEST(loop_mode_that_is_reset_is_started_again)
{
	uint64_t index = 0;
	struct acq_gap gap;
	ssize_t n;
	int fd = input(loop_config());

	read_all(fd, buf, 256 << 10);
	index = (256 << 10) / FRAME;
	card("reset");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		index += n / FRAME;
	CHECK(n < 0 && errno == EPIPE);
	gap = gap_of(fd);
	CHECK_EQ(gap.index, index);
	CHECK_EQ(gap.cause, ACQ_CAUSE_RESET);
	CHECK(gap.lost < 48000 * 20);
	read_all(fd, buf, 20000);
	CHECK(is_ramp(buf, 20000, 0));
}

TEST(a_loss_in_the_last_block_is_told)
{
	struct acq_config config = plain_config();
	long long dropped;
	uint64_t frames, index = 0, lost = 0;
	ssize_t n;
	int fd;

	/* 341 ms, so that none is done between the loss and the stop */
	config.block_bytes = 64 << 10;
	config.ring_bytes = 1 << 20;
	fd = input(config);
	read_all(fd, buf, 65536);
	dropped = card_stat("dropped");
	card("overflow 7");
	WAIT_FOR(card_stat("dropped") == dropped + 7);
	frames = status_of(fd).frames;
	WAIT_FOR(status_of(fd).frames > frames);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	index = 16384;
	while ((n = read(fd, buf, sizeof(buf))) > 0 || (n < 0 && errno == EPIPE)) {
		if (n < 0)
			lost += gap_of(fd).lost;
		else
			index += n / FRAME;
	}
	CHECK_EQ(n, 0);
	printf("# %llu delivered, %llu lost\n", (unsigned long long)index,
	       (unsigned long long)lost);
	CHECK_EQ(lost, 16384 - 1 + 7);
}

/* Each block finds an empty table: the card loses as much each time. */
TEST(a_reader_that_is_steadily_too_slow_gets_gaps)
{
	struct acq_config config = plain_config();
	int fd, i, gaps = 0;

	config.ring_bytes = 8 * PAGE_BYTES;
	fd = input(config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	card("wait off");
	for (i = 0; i < 200; i++) {
		ssize_t n = read(fd, buf, PAGE_BYTES);

		if (n < 0) {
			CHECK_EQ(errno, EPIPE);
			gap_of(fd);
			gaps++;
		} else if (n > 0) {
			/* 4 KiB take 21 ms. */
			nap(27 * PAGE_BYTES / 4096);
		}
	}
	printf("# %d gaps\n", gaps);
	CHECK(gaps > 20);
	card("wait on");
}

HARNESS_MAIN

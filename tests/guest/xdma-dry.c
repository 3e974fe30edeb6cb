// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: xdma-module card="$xdma --dry drop" takes=5 kernels=6.12
 * acqtest: xdma-module card="$xdma --irq msix,msi,intx" append=pci=nomsi takes=5 kernels=6.12
 */
/*
 * A stream with XDMA whose data stay away when it is stopped. On one card the
 * descriptor in hand outlives the run and takes the next data, on the other one it
 * is dropped: the driver cannot know which it has, and is right on both. Both cards
 * have MSI-X, MSI and INTx; the second one is on a machine that can do INTx only.
 */
#include "guest.h"

#define BLOCK	4096

static char buf[1 << 20];

/* Does the card forget a descriptor without data? */
static bool drops(void)
{
	return card_stat("drops");
}

static void read_ramp(int fd, uint64_t index, size_t bytes)
{
	size_t n;

	for (; bytes; bytes -= n, index += n / FRAME) {
		n = bytes < sizeof(buf) ? bytes : sizeof(buf);
		read_all(fd, buf, n);
		CHECK(is_ramp(buf, n, index));
	}
}

/* A run whose source pauses in the midst of its tenth block; nine are read. */
static int run_dry(void)
{
	struct acq_config config = plain_config();
	int fd = fresh();

	config.block_bytes = BLOCK;
	configure(fd, config);
	card("speed 20");
	card("pause on");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	WAIT_FOR(card_stat("c2h0_busy"));
	card("pause %d", 19 * BLOCK / 2 / FRAME);
	read_ramp(fd, 0, 9 * BLOCK);
	WAIT_FOR(card_stat("c2h0_fifo") == 0);
	return fd;
}

TEST(the_host_chooses_among_its_interrupts)
{
	bool intx = system("grep -q pci=nomsi /proc/cmdline") == 0;
	int fd = fresh();

	CHECK_EQ(system(intx ? "dmesg | grep -q 'XDMA version .*INTx'" :
			       "dmesg | grep -q 'XDMA version .*MSI-X'"), 0);
	card("speed 20");
	read_ramp(fd, 0, 4 << 20);
	CHECK(status_of(fd).interrupts > 0);
	CHECK_EQ(status_of(fd).gaps, 0);
}

TEST(a_stop_of_a_dry_stream_delivers_its_blocks)
{
	__u64 got = 9 * BLOCK / FRAME;
	int fd = run_dry();
	ssize_t n;

	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		CHECK(is_ramp(buf, n, got));
		got += n / FRAME;
	}
	CHECK_EQ(n, 0);
	/* Half a block more at most: it is there, but nothing may have told of it. */
	CHECK(got <= 19 * BLOCK / 2 / FRAME);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_IDLE);
	CHECK_EQ(card_stat("c2h0_busy"), !drops());
}

TEST(a_run_after_a_dry_one_has_its_own_data)
{
	long long runs;
	int fd = run_dry();

	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	runs = card_stat("c2h0_runs");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	/* Still without data: only an engine at rest can begin anew. */
	if (drops()) {
		WAIT_FOR(card_stat("c2h0_runs") == runs + 1);
	} else {
		nap(100);
		CHECK_EQ(card_stat("c2h0_runs"), runs);
	}
	card("pause off");
	read_ramp(fd, 0, 100 * BLOCK);
	CHECK_EQ(card_stat("c2h0_runs"), runs + 1);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(card_stat("c2h0_broken_rules"), 0);
}

TEST(a_dry_stream_can_be_closed_and_opened)
{
	int fd = run_dry();

	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close_node(fd);
	fd = node(O_RDWR);
	card("pause off");
	read_ramp(fd, 0, 100 * BLOCK);
	CHECK_EQ(status_of(fd).gaps, 0);
	CHECK_EQ(card_stat("c2h0_lost_writes"), 0);
}

TEST(a_dry_stream_can_be_unbound)
{
	int fd = run_dry();

	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close_node(fd);
	driver("unbind");
	CHECK_EQ(card_stat("c2h0_busy"), 0);
	driver("bind");
	card("pause off");
	fd = fresh();
	card("speed 20");
	read_ramp(fd, 0, 100 * BLOCK);
}

HARNESS_MAIN

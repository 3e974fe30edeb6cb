// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: xdma kernels=6.1,6.12,7
 * acqtest: xdma-intx kernels=6.12
 * acqtest: xdma-intx iommu kernels=debug \
 *	args="credits_are_left_as_they_were a_card_that_is_left_enabled_leaves_its_line_alone"
 * acqtest: losing kernels=6.12
 * acqtest: xdma-module card="$xdma --dry drop" kernels=6.12
 */
/*
 * A card with XDMA is left as it was found: all registers that a host can write are
 * read before the driver is bound and after it is unbound. And one that another
 * driver, or an earlier kernel, has left running is recovered.
 */
#include "config.h"
#include "xdma.h"

#include <sys/mman.h>

#define DMA_BAR_BYTES	0x10000
#define BYTES		65536

static void write_device(const char *file, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/%s", card_address(), file);
	write_file(path, text);
}

/* The DMA BAR, for a card that is not bound */
static volatile uint32_t *map_registers(void)
{
	volatile uint32_t *regs;
	char path[128];
	int fd;

	write_device("enable", "1");
	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource1", card_address());
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(fd >= 0);
	regs = mmap(NULL, DMA_BAR_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	CHECK(regs != MAP_FAILED);
	close(fd);
	return regs;
}

/* Registers that this driver changes, as yet another one might leave them */
static void leave_traces(bool credits)
{
	static const uint32_t traces[][2] = {
		/* control, poll address, mask of C2H channel 0 */
		{ 0x1004, 0x00000204 }, { 0x1088, 0x12345600 }, { 0x108c, 0x9 }, { 0x1090, 0x18 },
		/* first descriptor */
		{ 0x5080, 0x7654320 }, { 0x5084, 0x3 }, { 0x5088, 0x5 },
		/* user lines and their vectors, vectors of channels */
		{ 0x2004, 0x1 }, { 0x2080, 0x01020304 }, { 0x20a0, 0x05060708 },
		{ 0x20a4, 0x090a0b0c },
	};
	volatile uint32_t *regs = map_registers();

	for (size_t i = 0; i < sizeof(traces) / sizeof(*traces); i++)
		regs[traces[i][0] / 4] = traces[i][1];
	/* credit mode, and some credits */
	regs[(credits ? 0x6024 : 0x6028) / 4] = 0x10000;
	if (credits)
		regs[0x508c / 4] = 7;
	munmap((void *)regs, DMA_BAR_BYTES);
}

/* Bind, do @what, unbind: is all as it was? */
static void is_left_as_found(void (*what)(int fd), bool credits)
{
	static char before[4096], after[4096]; /* as long as what card() returns */
	int fd = fresh();

	close_node(fd);
	card("pause off");
	driver("unbind");
	leave_traces(credits);
	strcpy(before, card("regs written"));
	driver("bind");
	fd = node(O_RDWR);
	configure(fd, plain_config());
	what(fd);
	close_all();
	driver("unbind");
	strcpy(after, card("regs written"));
	driver("bind");
	card("clear");
	card("pause off");
	if (strcmp(before, after))
		printf("# before:%s\n# after: %s\n", before, after);
	CHECK(strstr(before, "6020:00010000") ? credits : !credits);
	CHECK_EQ(strcmp(before, after), 0);
}

static void nothing(int fd)
{
	(void)fd;
}

static void stream(int fd)
{
	/* One that waits for nobody must not lose anything where the machine is late. */
	card("speed 4");
	read_all(fd, buf, BYTES);
}

static void stream_and_stop(int fd)
{
	stream(fd);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

static void copy(int fd)
{
	struct acq_config config = plain_config();

	config.transfer = ACQ_TRANSFER_FIFO;
	configure(fd, config);
	stream(fd);
}

static void run_dry(int fd)
{
	stream(fd);
	card("pause on");
	nap(50);
}

static void fail(int fd)
{
	stream(fd);
	card("fault bad-magic 1");
	while (read(fd, buf, BYTES) > 0)
		;
	CHECK(errno == EIO || errno == EPIPE);
}

static bool can_copy(void)
{
	struct acq_info info;

	info = info_of(fresh());
	return info.caps & ACQ_CAP_FIFO;
}

TEST(binding_alone_changes_nothing)
{
	is_left_as_found(nothing, false);
}

TEST(a_stream_leaves_no_trace)
{
	is_left_as_found(stream, false);
	is_left_as_found(stream_and_stop, false);
}

TEST(credits_are_left_as_they_were)
{
	is_left_as_found(stream, true);
}

TEST(a_copied_stream_leaves_no_trace)
{
	if (!can_copy())
		SKIP("this card's losses are told of blocks alone");
	is_left_as_found(copy, false);
	is_left_as_found(copy, true);
}

TEST(a_stream_that_failed_leaves_no_trace)
{
	is_left_as_found(fail, false);
}

/* That resets the card, unless it drops its descriptor. */
TEST(a_dry_stream_leaves_no_trace)
{
	is_left_as_found(run_dry, false);
	is_left_as_found(run_dry, true);
}

/* The streams of a card are stopped one by one; a stream alone leaves its engine plain, too. */
TEST(a_stopped_stream_is_out_of_credit_mode)
{
	int fd = fresh();

	close_node(fd);
	driver("unbind");
	leave_traces(false);
	driver("bind");
	fd = fresh();
	stream(fd);
	CHECK(strstr(card("regs"), " 6020:"));
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!strstr(card("regs"), " 6020:"));
}

/* As found means with a request pending; but nobody handles its line by then. */
TEST(a_card_that_is_left_enabled_leaves_its_line_alone)
{
	volatile uint32_t *regs;
	int fd = fresh();

	close_node(fd);
	driver("unbind");
	regs = map_registers();
	/* IDLE_STOPPED of C2H channel 0, which may interrupt */
	regs[0x1090 / 4] = 0x40;
	regs[0x1004 / 4] = 0x41;
	regs[0x100c / 4] = 0x1;
	regs[0x2014 / 4] = 0xff;
	CHECK(regs[0x2044 / 4]);
	munmap((void *)regs, DMA_BAR_BYTES);
	driver("bind");
	driver("unbind");
	/* it asks for its line, and does not have it */
	CHECK(read_config(6) & 0x0008);
	CHECK(read_config(4) & 0x0400);
	driver("bind");
	fd = fresh();
	stream(fd);
	CHECK(is_ramp(buf, BYTES, status_of(fd).index - BYTES / FRAME));
}

TEST(an_engine_that_an_earlier_driver_left_busy_is_recovered)
{
	const char *since = "xdma test: left busy";
	int fd = fresh();

	run_dry(fd);
	close_all();
	if (!card_stat("c2h0_busy"))
		SKIP("this card's engines do not stay busy");
	/* As if that driver had known nothing of resets */
	write_device("reset_method", "\n");
	driver("unbind");
	write_device("reset_method", "default");
	CHECK_EQ(card_stat("c2h0_busy"), 1);
	mark(since);
	driver("bind");
	CHECK(told(since, "C2H channel 0 is busy with what is not ours: resets the card"));
	CHECK_EQ(card_stat("c2h0_busy"), 0);
	card("pause off");
	fd = fresh();
	stream(fd);
	CHECK(is_ramp(buf, BYTES, status_of(fd).index - BYTES / FRAME));
}

HARNESS_MAIN

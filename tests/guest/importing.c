// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: odd memory=3072 kernels=6.1,7,debug
 * acqtest: xdma-intx iommu program=importing-xdma \
 *	args="behind_an_iommu_it_may_ask_for_both" kernels=debug
 */
/*
 * Devices that map a ring as a dma-buf: they see what the card writes later, without the CPU,
 * or get nothing. tests/modules/acq_test_importer.c is one, of whatever kind is wanted.
 */
#include "inkernel.h"

#define IMPORTER	"acq_test_importer"
#define PIECE		(64 << 10)
#define RING		(32 * PIECE)

/* It must not keep a ring, whatever became of the test before. */
static void plug(const char *options)
{
	if (!access("/sys/module/" IMPORTER, F_OK))
		CHECK_EQ(unload(IMPORTER), 0);
	CHECK_EQ(load(IMPORTER, options), 0);
}

static int put(const char *param, long long value)
{
	char path[100], text[24];
	int ret, fd, n = snprintf(text, sizeof(text), "%lld", value);

	snprintf(path, sizeof(path), "/sys/module/" IMPORTER "/parameters/%s", param);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	CHECK(fd >= 0);
	ret = write(fd, text, n) == n ? 0 : errno;
	close(fd);
	return ret;
}

/* A run with blocks of @block bytes, and its ring as a dma-buf */
static int export_ring(int fd, unsigned int block)
{
	struct acq_export export = { .flags = O_CLOEXEC };
	struct acq_config config = plain_config();

	config.block_bytes = block;
	config.ring_bytes = RING;
	configure(fd, config);
	read_all(fd, buf, FRAME);
	CHECK_EQ(ioctl(fd, ACQ_IOC_EXPORT, &export), 0);
	CHECK_EQ(export.bytes, RING);
	return export.fd;
}

/* What importing such a ring comes to; nothing of it stays. */
static int import_of(unsigned int block)
{
	int fd = fresh(), buffer = export_ring(fd, block), ret = put("import", buffer);

	CHECK_EQ(put("import", -1), 0);
	close(buffer);
	close_node(fd);
	return ret;
}

/* The device finds there what is read next. */
static void sees(int fd)
{
	size_t at;

	read_all(fd, buf + FRAME, 2 * PIECE);
	CHECK(is_ramp(buf, 2 * PIECE, 0));
	for (at = 0; at < 2 * PIECE; at += at ? 4096 + 4 : 4) {
		uint32_t word;

		CHECK_EQ(put("read", at), 0);
		memcpy(&word, buf + at, sizeof(word));
		CHECK_EQ((uint32_t)number_of(IMPORTER, "word"), word);
	}
}

TEST(a_device_sees_what_is_written_later)
{
	int fd = fresh(), buffer;

	plug("");
	buffer = export_ring(fd, PIECE);
	CHECK_EQ(put("import", buffer), 0);
	CHECK_EQ(number_of(IMPORTER, "bytes"), RING);
	CHECK_EQ(number_of(IMPORTER, "pieces"), RING / PIECE);
	sees(fd);
	/* It has it still when buffer, reader and run are gone. */
	close(buffer);
	close_all();
	driver("unbind");
	CHECK_EQ(put("read", PIECE), 0);
	CHECK_EQ(put("import", -1), 0);
	driver("bind");
	CHECK_EQ(unload(IMPORTER), 0);
}

/* The least that a device may take in one piece is a page. */
TEST(pieces_are_what_it_can_take)
{
	int fd = fresh(), buffer;

	plug("segment=12288");
	buffer = export_ring(fd, PIECE);
	CHECK_EQ(put("import", buffer), 0);
	CHECK_EQ(number_of(IMPORTER, "pieces"), RING / 8192);
	sees(fd);
	CHECK_EQ(put("import", -1), 0);
	plug("segment=2048");
	CHECK_EQ(put("import", buffer), EINVAL);
	CHECK_EQ(unload(IMPORTER), 0);
}

TEST(who_could_write_gets_no_access)
{
	plug("writes=1");
	CHECK_EQ(import_of(PIECE), EACCES);
	CHECK_EQ(unload(IMPORTER), 0);
}

/* A device that does not reach the ring would get a copy, as it was then; or nothing at all. */
TEST(a_device_that_would_see_a_copy_gets_none)
{
	plug("bits=32");
	CHECK_EQ(import_of(PIECE), EOPNOTSUPP);
	/* A copy is of 256 KiB at most. */
	plug("bits=32 segment=1048576");
	CHECK_EQ(import_of(512 << 10), EIO);
	CHECK_EQ(unload(IMPORTER), 0);
}

/* What it may not do, its IOMMU keeps it from. */
TEST(behind_an_iommu_it_may_ask_for_both)
{
	char path[100], options[100];
	int fd = fresh(), buffer;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/iommu_group", card_address());
	if (access(path, F_OK))
		SKIP("there is no IOMMU");
	snprintf(options, sizeof(options), "writes=1 device=%s", card_address());
	plug(options);
	buffer = export_ring(fd, PIECE);
	CHECK_EQ(put("import", buffer), 0);
	CHECK_EQ(number_of(IMPORTER, "bytes"), RING);
	sees(fd);
	CHECK_EQ(put("import", -1), 0);
	CHECK_EQ(unload(IMPORTER), 0);
}

HARNESS_MAIN

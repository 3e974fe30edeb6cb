// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: control kernels=6.12
 * acqtest: control-intx kernels=6.12
 * acqtest: control iommu kernels=debug
 */
/* The control node of a card with XDMA: who may open it, and the user BAR, mapped. */
#include "xdma-control.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/wait.h>

TEST(the_node_is_the_cards_and_roots_alone)
{
	struct stat st;

	fresh_card();
	CHECK_EQ(stat("/dev/" CTL, &st), 0);
	CHECK_EQ(st.st_mode & 07777, 0600);
	CHECK_EQ(st.st_uid, 0);
	CHECK_EQ(strcmp(link_of(DEVICE), link_of(MISC "acqdev/device")), 0);
	CHECK_EQ(system("[ $(cat " MISC CTL "/bytes) = 65536 ]"), 0);
}

TEST(registers_are_read_and_written)
{
	long long reads, writes;
	bar_t bar;
	int fd;

	fresh_card();
	/* Nobody has touched it so far, whatever else has been tested. */
	reads = card_stat("user_reads");
	writes = card_stat("user_writes");
	fd = open_control(O_RDWR);
	bar = map_bar(fd);
	arm(fd, 1);
	CHECK_EQ(card_stat("user_reads"), reads);
	CHECK_EQ(card_stat("user_writes"), writes);
	CHECK_EQ(bar[ID], ID_VALUE);
	bar[SCRATCH] = 0x12345678;
	CHECK_EQ(bar[SCRATCH], 0x12345678);
	bar[SCRATCH] = 0x9abcdef0;
	CHECK_EQ(bar[SCRATCH], 0x9abcdef0);
	CHECK_EQ(card_stat("user_reads"), reads + 3);
	CHECK_EQ(card_stat("user_writes"), writes + 2);
	/* The mapping lives longer than the file. */
	close_node(fd);
	CHECK_EQ(bar[ID], ID_VALUE);
}

TEST(a_part_is_mapped_where_it_is)
{
	uint32_t *at;
	int fd;

	fresh_card();
	fd = open_control(O_RDONLY);
	/* Channel 0 of the simulated card: FRAME says two channels of s16, that wait. */
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
	CHECK(at != MAP_FAILED);
	CHECK_EQ(((bar_t)at)[1], 0x10202);
	munmap(at, PAGE);
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, BAR_BYTES - PAGE);
	CHECK(at != MAP_FAILED);
	CHECK_EQ(((bar_t)at)[0], 0);
	munmap(at, PAGE);
}

TEST(what_is_not_the_user_bar_is_refused)
{
	int fd, ro, rw = PROT_READ | PROT_WRITE;
	char *at;

	fresh_card();
	fd = open_control(O_RDWR);
	ro = open_control(O_RDONLY);
	/* Behind it in memory is the DMA BAR. */
	REFUSED(EINVAL, fd, PAGE, rw, MAP_SHARED, BAR_BYTES);
	REFUSED(EINVAL, fd, BAR_BYTES + PAGE, rw, MAP_SHARED, 0);
	REFUSED(EINVAL, fd, BAR_BYTES, rw, MAP_SHARED, PAGE);
	REFUSED(EINVAL, fd, PAGE, rw, MAP_SHARED, 1LL << 44);
	REFUSED(EINVAL, fd, PAGE, rw, MAP_PRIVATE, 0);
	REFUSED(EINVAL, fd, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, 0);
	REFUSED(EACCES, ro, PAGE, rw, MAP_SHARED, 0);
	at = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, BAR_BYTES - PAGE);
	CHECK(at != MAP_FAILED);
	CHECK_ERR(mprotect(at, PAGE, rw), EACCES);
	CHECK_ERR(mprotect(at, PAGE, PROT_READ | PROT_EXEC), EACCES);
	CHECK(mremap(at, PAGE, 2 * PAGE, MREMAP_MAYMOVE) == MAP_FAILED);
	munmap(at, PAGE);
}

/* Without CAP_SYS_RAWIO, which is the mightiest of them here */
static void drop_rawio(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	CHECK_EQ(syscall(SYS_capget, &header, data), 0);
	data[0].effective &= ~(1U << CAP_SYS_RAWIO);
	data[0].permitted &= ~(1U << CAP_SYS_RAWIO);
	CHECK_EQ(syscall(SYS_capset, &header, data), 0);
}

TEST(who_opens_it_must_be_privileged)
{
	int status, fd, other;
	pid_t child;

	fresh_card();
	fd = open_control(O_RDWR);
	child = fork();
	CHECK(child >= 0);
	if (!child) {
		drop_rawio();
		other = open("/dev/" CTL, O_RDWR);
		if (other < 0)
			_exit(1);
		if (map_errno(other, PAGE, PROT_READ, MAP_SHARED, 0) != MAP_FAILED ||
		    errno != EPERM)
			_exit(2);
		/* But one that a privileged program has opened */
		if (map_errno(fd, PAGE, PROT_READ, MAP_SHARED, 0) == MAP_FAILED)
			_exit(3);
		/* Other users do not even open it. */
		if (syscall(SYS_setresuid, 65534, 65534, 65534) ||
		    open("/dev/" CTL, O_RDONLY) >= 0 || errno != EACCES)
			_exit(4);
		_exit(0);
	}
	CHECK_EQ(waitpid(child, &status, 0), child);
	CHECK_EQ(status, 0);
}

TEST(the_region_is_taken)
{
	unsigned long long start, end;
	char command[200];
	FILE *file;

	fresh_card();
	file = fopen(DEVICE "/resource", "re");
	CHECK(file);
	CHECK_EQ(fscanf(file, "%llx %llx", &start, &end), 2);
	fclose(file);
	/* No other driver gets it, nor /dev/mem. */
	snprintf(command, sizeof(command), "grep -q '%08llx-%08llx : acqdev' /proc/iomem", start,
		 end);
	CHECK_EQ(system(command), 0);
}

HARNESS_MAIN

// SPDX-License-Identifier: GPL-2.0-only
/* acqtest: ramp kernels=7 memory=1536 kmod=brd takes=40 */
/*
 * A hibernation whose image is restored (/sys/power/disk, test_resume): the kernel writes
 * it to a disk in memory, goes on, reads it, and puts it in its own place. So a card that has
 * been started again in between finds a driver that does not know of that.
 */
#include "axis.h"

#include <sys/mman.h>

#define CPU1	"/sys/devices/system/cpu/cpu1/online"

static void need_a_disk(void)
{
	static bool there;

	if (access("/sys/power/disk", F_OK) ||
	    system("grep -q test_resume /sys/power/disk"))
		SKIP("this kernel does not hibernate");
	if (there)
		return;
	/* With room for an image, which is mostly what the kernel itself has */
	CHECK_EQ(system("rmmod brd && insmod /lib/modules/brd.ko rd_nr=1 rd_size=524288 && "
			"mkswap /dev/ram0 >/dev/null && swapon /dev/ram0"), 0);
	write_file("/sys/power/disk", "test_resume");
	write_file("/sys/power/pm_debug_messages", "1");
	there = true;
}

static void hibernate_and_restore(void)
{
	/* The emulator may take a minute to get another processor going again. */
	if (!access(CPU1, F_OK))
		write_file(CPU1, "0");
	write_file("/sys/power/state", "disk");
	if (!access(CPU1, F_OK))
		write_file(CPU1, "1");
}

TEST(a_restored_image_is_one_gap)
{
	struct axis axis = { 0 };
	struct acq_map map;
	const char *base;
	int fd = fresh();

	need_a_disk();
	configure(fd, slow_config());
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_MAP, &map), 0);
	base = mmap(NULL, map.bytes, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(base != MAP_FAILED);
	follow(fd, &axis, 100, 99);
	hibernate_and_restore();
	CHECK_EQ(system("dmesg | grep -q 'image restored successfully'"), 0);
	follow(fd, &axis, ~0ULL, 1);
	CHECK_EQ(gap_of(fd).cause, ACQ_CAUSE_SUSPEND);
	follow(fd, &axis, 2000, 99);
	CHECK_EQ(status_of(fd).state, ACQ_STATE_RUNNING);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	CHECK(!follow(fd, &axis, ~0ULL, 99));
	CHECK_EQ(axis.gaps, 1);
	CHECK_EQ(status_of(fd).frames, axis.received + axis.lost);
	CHECK_EQ(status_of(fd).lost, axis.lost);
	CHECK_EQ(((const struct acq_meta *)base)->gaps, 1);
	munmap((void *)base, map.bytes);
}

TEST(armed_it_waits_on)
{
	struct acq_config config = plain_config();
	struct axis axis = { 0 };
	int fd = fresh();

	need_a_disk();
	config.trigger = ACQ_TRIGGER_SOFTWARE;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	hibernate_and_restore();
	WAIT_FOR(status_of(fd).state == ACQ_STATE_ARMED);
	CHECK_EQ(status_of(fd).head, 0);
	trigger(fd);
	CHECK_EQ(poll_wait(fd), POLLIN);
	axis.index = first_index(fd);
	follow(fd, &axis, 1000, 1);
	CHECK_EQ(axis.gaps, 0);
}

HARNESS_MAIN

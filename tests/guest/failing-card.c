// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: playing last takes=20 kernels=debug soak
 * acqtest: losing program=failing-card-xdma last takes=240 kernels=debug soak long
 * acqtest: losing program=failing-card-xdma args=probe_fails last takes=20 kernels=debug
 */
/*
 * As failing.c: memory fails while the card is bound, reset, woken and started again, and
 * while the module is loaded. What fails deep in the kernel's own drivers is theirs to bear.
 */
#include "failing.h"

#include <sys/syscall.h>

#define RESET		"/sys/class/misc/acqdev/device/reset"

/* By a call of its own, so that what fails is in this task. */
static int put(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC), error;

	if (file < 0)
		return errno;
	error = sys(write(file, text, strlen(text)));
	close(file);
	return error;
}

static void before_bind(void)
{
	idle();
	card_address();
	close_all();
	driver("unbind");
	CHECK(access(NODE, F_OK));
}

static int act_bind(void)
{
	char path[100];

	snprintf(path, sizeof(path), "%s/bind", PCI_DRIVER);
	return put(path, card_address());
}

static void not_bound(int error)
{
	char path[100];

	(void)error;
	CHECK(access(NODE, F_OK));
	snprintf(path, sizeof(path), "%s/%s", PCI_DRIVER, card_address());
	CHECK(access(path, F_OK));
}

static void bound(void)
{
	idle();
	CHECK_EQ(act_read(), 0);
	close_all();
}

TEST(probe_fails)
{
	static const struct sweep sweep = {
		.name = "probe", .before = before_bind, .act = act_bind, .failed = not_bound,
		.after = bound, .allowed = { ENOMEM, EFAULT, EBUSY, EINVAL, ENOSPC },
		.near = true, .stride = 5,
	};

	sweep_run(&sweep);
	counts();
}

static int act_reset(void)
{
	return put(RESET, "1");
}

static int act_sleep(void)
{
	return put("/sys/power/state", "mem");
}

/* Behind the gap it goes on; or it has failed, and can be started again. */
static void goes_on(void)
{
	ssize_t n;

	do {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EPIPE && gap_of(fd).cause >= ACQ_CAUSE_SUSPEND)
			break;
	} while (n > 0 || (n < 0 && errno == EPIPE));
	if (n < 0 && errno != EPIPE) {
		CHECK_EQ(errno, EIO);
		CHECK_EQ(status_of(fd).state, ACQ_STATE_FAILED);
		CHECK_EQ(act_start(), 0);
	}
	CHECK(read(fd, buf, sizeof(buf)) > 0);
}

TEST(reset_fails)
{
	static const struct sweep sweep = {
		.name = "reset", .before = running, .act = act_reset, .after = goes_on,
		.allowed = { ENOMEM, EFAULT }, .few = true,
	};

	sweep_run(&sweep);
	sweep_workers(&sweep);
	counts();
}

TEST(resume_fails)
{
	static const struct sweep sweep = {
		.name = "sleep", .before = running, .act = act_sleep, .after = goes_on,
		.allowed = { ENOMEM, EFAULT }, .few = true,
	};

	/* As far as the devices and no further, and each in this task */
	write_file("/sys/power/pm_test", "devices");
	write_file("/sys/power/pm_async", "0");
	write_file("/sys/module/suspend/parameters/pm_test_delay", "0");
	sweep_run(&sweep);
	write_file("/sys/power/pm_test", "none");
	counts();
}

/* The card comes back by itself: what puts it right again is a worker. */
static int act_card_reset(void)
{
	card("reset");
	goes_on();
	return 0;
}

TEST(restart_fails)
{
	static const struct sweep sweep = {
		.name = "restart", .before = running, .act = act_card_reset, .few = true,
	};

	sweep_workers(&sweep);
	counts();
}

static int module_fd = -1;

static void before_load(void)
{
	close_all();
	if (!access("/sys/module/acqdev", F_OK))
		CHECK_EQ(syscall(SYS_delete_module, "acqdev", 0), 0);
	CHECK(access(NODE, F_OK));
}

static int act_load(void)
{
	const char *args = getenv("MODARGS");

	return sys(syscall(SYS_finit_module, module_fd, args ? args : "", 0));
}

static void not_loaded(int error)
{
	(void)error;
	CHECK(access(NODE, F_OK));
	CHECK(access("/sys/module/acqdev", F_OK));
}

/*
 * A card whose probe failed is not bound; the module is there all the same, and another
 * card may have the node.
 */
static void loaded(void)
{
	char path[100];

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/driver", card_address());
	if (access(path, F_OK)) {
		before_load();
		CHECK_EQ(act_load(), 0);
	}
	bound();
}

TEST(module_load_fails)
{
	static const struct sweep sweep = {
		.name = "load", .before = before_load, .act = act_load, .failed = not_loaded,
		/* The bus says EINVAL where it cannot link a driver with its module. */
		.after = loaded, .allowed = { ENOMEM, EINVAL }, .near = true, .stride = 11,
	};
	const char *path = getenv("MODULE");

	CHECK(path);
	idle();
	card_address();
	module_fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK(module_fd >= 0);
	sweep_run(&sweep);
	close(module_fd);
	counts();
}

HARNESS_MAIN

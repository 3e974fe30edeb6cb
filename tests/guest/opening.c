// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,debug
 * acqtest: xdma program=opening-xdma kernels=6.12
 * acqtest: litepcie program=opening-litepcie kernels=7 soak long
 */
/* Opening while the last other file closes: that run, or the next one, never a dying one. */
#include "guest.h"

#include <stdlib.h>

#define WORKERS		3
#define ROUNDS		(is_slow() ? 60 : 250)

static char buf[4096];

/* Open, read once, close, at moments of its own. Prints what was wrong. */
static int open_and_close(int id)
{
	int i, fd, wrong = 0;
	ssize_t n;

	srandom(seed_of(id));
	for (i = 0; i < ROUNDS; i++) {
		fd = open(NODE, O_RDONLY | O_CLOEXEC);
		if (fd < 0) {
			printf("# worker %d, round %d: open: errno %d\n", id, i, errno);
			return 1;
		}
		n = read(fd, buf, 512);
		if (n <= 0) {
			printf("# worker %d, round %d: read gives %zd, errno %d\n", id, i, n,
			       n ? errno : 0);
			wrong++;
		}
		close(fd);
		usleep(random() % 3000);
	}
	return !!wrong;
}

static int workers(void)
{
	int id, status, failed = 0;
	pid_t pid;

	fflush(stdout);
	for (id = 1; id <= WORKERS; id++) {
		pid = fork();
		CHECK(pid >= 0);
		if (!pid)
			_exit(open_and_close(id));
	}
	while (wait(&status) > 0)
		failed += status != 0;
	return failed;
}

/* Nobody has stopped it: a read that gives 0 would be wrong, for good. */
TEST(an_endless_stream_does_not_end_for_who_has_just_opened_it)
{
	struct acq_status status;
	int fd = fresh();
	uint64_t runs = status_of(fd).run;

	close_node(fd);
	CHECK_EQ(workers(), 0);
	status = status_of(node(O_RDONLY));
	/* It was for nothing if the last one never closed. */
	printf("# %llu runs of %d opens\n", (unsigned long long)(status.run - runs),
	       WORKERS * ROUNDS);
	CHECK(status.run - runs > 10);
	CHECK_EQ(status.state, ACQ_STATE_IDLE);
}

/* Who closes last ends a reader's run alone: one that was started goes on. */
TEST(a_run_that_was_started_goes_on_whoever_closes)
{
	int fd = fresh();
	uint64_t run;

	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	run = status_of(fd).run;
	close_node(fd);
	CHECK_EQ(workers(), 0);
	fd = node(O_RDWR);
	CHECK_EQ(status_of(fd).run, run);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
}

HARNESS_MAIN

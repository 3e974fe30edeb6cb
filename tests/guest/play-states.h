/* SPDX-License-Identifier: GPL-2.0-only */
/* A writer in each of the states that it can be in when something comes between. */
#ifndef ACQ_TEST_PLAY_STATES_H
#define ACQ_TEST_PLAY_STATES_H

#include "play.h"

static uint16_t samples[1 << 18];

static const char * const states[] = {
	"below its threshold", "playing", "in an underrun", "waiting for room", "draining",
};

#define STATES	5

static inline int fresh_ring(size_t ring)
{
	struct acq_config config = output_config(ring / PAGE_BYTES);
	size_t i;
	int fd;

	/* So slow that what is queued lasts, also where the machine is late */
	config.rate_millihz = 8000000;
	fd = open_output(config, O_WRONLY, false);
	for (i = 0; i < sizeof(samples) / 2; i++)
		samples[i] = random();
	return fd;
}

/* A program in state @state; it does not end by itself. */
static inline pid_t writer_in_state(int state)
{
	int monitor;
	pid_t child;

	close_node(fresh_ring(512 * PAGE_BYTES));
	card(state < 3 ? "out stall off" : "out stall on");
	child = fork();
	if (!child) {
		int fd = open(NODE, O_WRONLY);

		if (state == 0) {
			write(fd, samples, 4);
		} else if (state == 2) {
			write(fd, samples, 4000);
			ioctl(fd, ACQ_IOC_START);
		} else if (state == 4) {
			write(fd, samples, sizeof(samples));
			WAIT_FOR(status_of(fd).state == ACQ_STATE_RUNNING);
			fsync(fd);
		} else {
			for (;;)
				write(fd, samples, sizeof(samples));
		}
		for (;;)
			pause();
	}
	monitor = node(O_RDONLY);
	if (state == 0)
		WAIT_FOR(status_of(monitor).accepted == 4);
	else if (state == 1)
		WAIT_FOR(out_stat_now("played") > 1000);
	else if (state == 2)
		WAIT_FOR(out_stat_now("losing"));
	else if (state == 3)
		WAIT_FOR(status_of(monitor).accepted >= 256 * PAGE_BYTES);
	else
		WAIT_FOR(status_of(monitor).state == ACQ_STATE_DRAINING);
	close_node(monitor);
	return child;
}

/* Whatever has become of it: it goes, its card comes @back, and the next one plays, alone. */
static inline void next_one_plays(pid_t child, void (*back)(void))
{
	struct acq_status status;
	int fd;

	kill(child, SIGKILL);
	CHECK_EQ(waitpid(child, NULL, 0), child);
	if (back)
		back();
	fd = fresh_ring(64 * PAGE_BYTES);
	CHECK_EQ(status_of(fd).readers, 0);
	write_all(fd, samples, 8000);
	CHECK_EQ(fsync(fd), 0);
	check_played(samples, 8000);
	status = status_of(fd);
	CHECK_EQ(status.state, ACQ_STATE_IDLE);
	CHECK_EQ(status.dropped, 0);
}

/* Does @what happen in each state, and the next one plays? */
static inline void in_each_state(void (*what)(void), void (*back)(void))
{
	int state;

	for (state = 0; state < STATES; state++) {
		pid_t child;

		/* XDMA's converter waits. */
		if (state == 2 && over_xdma())
			continue;
		child = writer_in_state(state);
		printf("# %s\n", states[state]);
		if (what)
			what();
		next_one_plays(child, back);
	}
}

#endif /* ACQ_TEST_PLAY_STATES_H */

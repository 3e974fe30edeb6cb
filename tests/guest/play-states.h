/* SPDX-License-Identifier: GPL-2.0-only */
/* A writer in each of the states that it can be in when something comes between. */
#ifndef ACQ_TEST_PLAY_STATES_H
#define ACQ_TEST_PLAY_STATES_H

#include "play.h"

#include <sys/mman.h>

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
	/* by another clock where the card has this rate alone */
	if (config_of(fd).rate_millihz > config.rate_millihz)
		card("out speed %g", (double)config.rate_millihz / config_of(fd).rate_millihz);
	for (i = 0; i < sizeof(samples) / 2; i++)
		samples[i] = random();
	return fd;
}

/* What becomes of a writer, which is a process of its own: both see this. */
static struct fate {
	bool go;		/* what was to come has come */
	uint64_t bytes;		/* taken, by what write() has returned */
	unsigned int gaps;	/* that it was told of */
	struct acq_gap gap;	/* the first one */
	int error;		/* that ended what it waited in, or its last drain */
	int events;		/* of poll */
	int next_error;		/* of the write behind that */
	struct acq_status status;	/* in the end */
} *fate;

static inline void new_fate(void)
{
	if (!fate)
		fate = mmap(NULL, sizeof(*fate), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	CHECK(fate != MAP_FAILED);
	*fate = (struct fate){ 0 };
}

static inline void note_gap(int fd)
{
	struct acq_gap gap;

	if (!ioctl(fd, ACQ_IOC_GAP, &gap) && !fate->gaps++)
		fate->gap = gap;
}

/* The samples again and again, until so many bytes have been taken. False: an error came. */
static inline bool put_until(int fd, uint64_t bytes)
{
	while (fate->bytes < bytes) {
		size_t at = fate->bytes % sizeof(samples), left = bytes - fate->bytes;
		ssize_t n = write(fd, (char *)samples + at,
				  left < sizeof(samples) - at ? left : sizeof(samples) - at);

		if (n > 0)
			fate->bytes += n;
		else if (n < 0 && errno == EPIPE)
			note_gap(fd);
		else
			return false;
	}
	return true;
}

#define MORE_THAN_ROOM	(3 * sizeof(samples))
/* It takes longer than anybody here waits. */
#define LONG_DRAIN	(sizeof(samples) / 4 * 7)

/* The writer goes to its state. Returns when what it waits in there is over; false: by an error */
static inline bool go_to_state(int fd, int state)
{
	switch (state) {
	case 0:
		return put_until(fd, 4);
	case 1:
		return put_until(fd, sizeof(samples));
	case 2:
		return put_until(fd, 4000) && !ioctl(fd, ACQ_IOC_START);
	case 3:
		return put_until(fd, MORE_THAN_ROOM);
	}
	put_until(fd, LONG_DRAIN);
	while (status_of(fd).state != ACQ_STATE_RUNNING)
		nap(1);
	return !fsync(fd);
}

static inline void stay(int fd, int state)
{
	go_to_state(fd, state);
	for (;;)
		pause();
}

/* A process that goes to a state and does @whole of it; all is as it was but for that. */
static inline pid_t writer_in_state(int state, void (*whole)(int fd, int state))
{
	int monitor;
	pid_t child;

	close_node(fresh_ring(512 * PAGE_BYTES));
	card(state < 3 ? "out stall off" : "out stall on");
	new_fate();
	child = fork();
	if (!child) {
		whole(open(NODE, O_WRONLY), state);
		_exit(0);
	}
	monitor = node(O_RDONLY);
	if (state == 0)
		WAIT_FOR(status_of(monitor).accepted == 4);
	else if (state == 1)
		WAIT_FOR(status_of(monitor).head);
	else if (state == 2)
		WAIT_FOR(out_stat_now("losing"));
	else if (state == 3)
		WAIT_FOR(status_of(monitor).accepted >= 256 * PAGE_BYTES);
	else
		WAIT_FOR(status_of(monitor).state == ACQ_STATE_DRAINING);
	close_node(monitor);
	return child;
}

/* Its card comes @back where it was away, and the next one plays, alone. */
static inline void next_one_plays(void (*back)(void))
{
	struct acq_status status;
	int fd;

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

/* Calls @how for each state. */
static inline void in_each_state(void (*how)(int state))
{
	int state;

	for (state = 0; state < STATES; state++) {
		/* XDMA's converter waits. */
		if (state == 2 && over_xdma())
			continue;
		printf("# %s\n", states[state]);
		how(state);
	}
}

/* It ends by itself, sooner than a drain would. */
static inline void wait_for_writer(pid_t child)
{
	int status = -1, turns = PATIENCE_MS / 10;

	while (turns-- && waitpid(child, &status, WNOHANG) != child)
		nap(10);
	if (turns < 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		printf("# it still waits\n");
	}
	CHECK_EQ(status, 0);
}

/* What a writer does whose card goes: whatever call it is that comes next, it tells why. */
static inline void hear_of_it(int fd, int state)
{
	struct pollfd p = { .fd = fd };
	bool good = go_to_state(fd, state);

	if (state < 3) {
		poll(&p, 1, -1);
		fate->events = p.revents;
		if (state == 0)
			good = !fsync(fd);
		else if (state == 1)
			good = !close(fd);
		else
			good = put_until(fd, 8000);
	}
	fate->error = good ? 0 : errno;
	fate->next_error = state == 1 || write(fd, samples, 4) >= 0 ? 0 : errno;
}

/* It is in a state when @leave takes its card: it learns that, and of all that it has written. */
static inline void writer_is_told(int state, void (*leave)(void), void (*back)(void))
{
	pid_t child = writer_in_state(state, hear_of_it);
	int monitor = node(O_RDONLY);
	struct acq_status status;

	leave();
	wait_for_writer(child);
	CHECK_EQ(fate->error, ENODEV);
	CHECK_EQ(fate->next_error, state == 1 ? 0 : ENODEV);
	CHECK_EQ(fate->events, state < 3 ? POLLERR | POLLHUP : 0);
	CHECK_EQ(fate->gaps, state == 2);
	CHECK_EQ(fate->gap.cause, state == 2 ? ACQ_CAUSE_UNDERRUN : 0);
	status = status_of(monitor);
	CHECK_EQ(status.state, ACQ_STATE_GONE);
	CHECK_EQ(status.accepted, fate->bytes);
	CHECK_EQ(status.head + status.dropped, fate->bytes);
	CHECK_EQ(status.readers, 0);
	close_node(monitor);
	next_one_plays(back);
}

/* What a writer does that goes on: some more, and all of it is to be played. */
static inline void go_on(int fd, int state)
{
	struct acq_reader_config how = { .flags = ACQ_READER_GAP_ONCE };
	int ret = ioctl(fd, ACQ_IOC_SET_READER, &how);

	if (!go_to_state(fd, state) && errno == EPIPE)
		note_gap(fd);
	while (!__atomic_load_n(&fate->go, __ATOMIC_ACQUIRE))
		nap(1);
	if (state < 3)
		put_until(fd, fate->bytes + 40000);
	while ((ret = fsync(fd)) && errno == EPIPE)
		note_gap(fd);
	fate->error = ret ? errno : 0;
	fate->status = status_of(fd);
}

/* The digest of the last @bytes that it has written */
static inline uint64_t digest_of_last(uint64_t bytes)
{
	uint64_t at = fate->bytes - bytes, digest = DIGEST_NONE, n;

	for (; at < fate->bytes; at += n) {
		n = sizeof(samples) - at % sizeof(samples);
		if (n > fate->bytes - at)
			n = fate->bytes - at;
		digest = digest_more(digest, (char *)samples + at % sizeof(samples), n);
	}
	return digest;
}

/* Is that what the card has played at last, so many bytes? */
static inline bool is_last(uint64_t bytes)
{
	uint64_t digest = out_stat("digest"), end = fate->bytes + sizeof(samples) - 4;
	uint64_t is = DIGEST_NONE;
	unsigned int more, n;

	/* As padding_of() has it, by where the card was started again */
	for (more = 0; more < LITE_BEAT && more + 4 <= bytes; more += 4) {
		is = digest_of_last(bytes - more);
		for (n = 0; n < more; n += 4)
			is = digest_more(is, (char *)samples + end % sizeof(samples), 4);
		if (is == digest || !over_litepcie())
			break;
	}
	return is == digest;
}

/*
 * It is in a state when @away takes its card for a while: what has not been played is, from where
 * that was, once, and what is missing between is a gap.
 */
static inline void writer_goes_on(int state, void (*away)(void), uint32_t cause)
{
	pid_t child = writer_in_state(state, go_on);
	uint64_t before = state ? out_stat_now("played") * 4 : 0, played;
	struct acq_status *status = &fate->status;

	away();
	if (state == 0) {
		int monitor = node(O_RDONLY);

		CHECK_EQ(status_of(monitor).state, ACQ_STATE_ARMED);
		close_node(monitor);
	}
	card("out stall off");
	card("out speed 20");
	__atomic_store_n(&fate->go, true, __ATOMIC_RELEASE);
	wait_for_writer(child);
	CHECK_EQ(fate->error, 0);
	CHECK_EQ(status->state, ACQ_STATE_IDLE);
	CHECK_EQ(status->accepted, fate->bytes);
	CHECK_EQ(status->head + status->dropped, fate->bytes);
	CHECK_EQ(status->gaps, fate->gaps);
	/* Since the card was started again */
	played = out_stat("played") * 4;
	printf("# before %llu, behind %llu of %llu bytes, %llu dropped; %u gaps, the first at byte %llu, index %llu: %llu lost, cause %u\n",
	       (unsigned long long)before, (unsigned long long)played,
	       (unsigned long long)fate->bytes, (unsigned long long)status->dropped, fate->gaps,
	       (unsigned long long)fate->gap.position, (unsigned long long)fate->gap.index,
	       (unsigned long long)fate->gap.lost, fate->gap.cause);
	CHECK(before + played <= fate->bytes + (over_litepcie() ? LITE_BEAT - 4 : 0));
	/* Where nothing was begun anew, an engine may have come to the end of its block. */
	if (over_xdma() && status->dropped == fate->bytes)
		CHECK(played <= PAGE_BYTES);
	else
		CHECK(is_last(played));
	if (state == 0) {
		CHECK_EQ(fate->gaps, 0);
		CHECK_EQ(played, fate->bytes + padding_of(fate->bytes));
	} else {
		CHECK(fate->gaps > 0);
		CHECK_EQ(fate->gap.cause, state == 2 ? ACQ_CAUSE_UNDERRUN : cause);
		CHECK_EQ(fate->gap.index, fate->gap.position / 4);
	}
	next_one_plays(NULL);
}

#endif /* ACQ_TEST_PLAY_STATES_H */

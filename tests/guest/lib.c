// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,7,arm64-16k,debug
 * acqtest: ramp program=lib-fifo takes=30 kernels=6.12
 * acqtest: losing program=lib-xdma kernels=7
 * acqtest: litepcie program=lib-litepcie kernels=7
 * acqtest: sound program=lib-ac97 kernels=7
 */
/* libacq on the real device: the same events in every mode. */
#include "lib.h"

#include <signal.h>
#include <sys/time.h>

#define SECOND		1000000000LL

TEST(names_and_errors)
{
	struct acq *acq;
	int fd = fresh_lib(), i;

	(void)fd;
	for (i = 0; i < ACQ_MODE_NUM; i++)
		CHECK_EQ(acq_mode_find(acq_mode_name(i)), i);
	CHECK_EQ(acq_mode_find("telepathy"), -EINVAL);
	CHECK(!acq_mode_name(ACQ_MODE_NUM));
	CHECK_EQ(acq_open(&acq, "77", O_RDONLY), -ENOENT);
	CHECK_EQ(acq_open(&acq, "/dev/null", O_RDONLY), -ENOTTY);
	CHECK_EQ(acq_open(&acq, NULL, O_WRONLY), -EINVAL);
	CHECK_EQ(acq_open(&acq, "acqdev0", O_RDONLY), 0);
	CHECK_EQ(acq_start(acq), -EBADF);
	CHECK_EQ(acq_begin(acq, ACQ_MODE_READ, 0, ACQ_HOLD), -EINVAL);
	CHECK_EQ(acq_begin(acq, ACQ_MODE_NUM, 0, 0), -EINVAL);
	CHECK_EQ(acq_begin(acq, ACQ_MODE_READ, 2, 0), 0);
	CHECK_EQ(acq_begin(acq, ACQ_MODE_READ, 0, 0), -EBUSY);
	CHECK_EQ(acq_next(acq, &(struct acq_span){ }, 0, 0), -EINVAL);	/* less than a frame */
	acq_close(acq);
	acq_close(NULL);
}

TEST(every_mode_tells_the_same)
{
	const uint64_t count = 200000 / (over_fifo() ? 10 : 1);
	int fd = armed(count);
	const struct told *t;
	uint64_t frames = 0;

	begin_all();
	trigger(fd);
	tell_all();
	all_the_same();
	/* one piece and the end: nothing was lost */
	t = &told[ACQ_MODE_READ];
	CHECK_EQ(t->count, 2);
	CHECK_EQ(t->event[0].event, ACQ_EVENT_DATA);
	frames = t->event[0].frames;
	CHECK_EQ(frames, count);
	CHECK_EQ(t->event[0].position, 0);
	CHECK_EQ(t->event[0].index, first_index(fd));
	CHECK_EQ(t->event[1].event, ACQ_EVENT_END);
	CHECK_EQ(t->event[1].position, frames * FRAME);
	/* reading on never starts another run */
	CHECK_EQ(tell(&told[ACQ_MODE_MMAP], 0, -1), ACQ_EVENT_END);
	WAIT_FOR(status_of(fd).state == ACQ_STATE_IDLE);
}

TEST(samples_from_before_the_trigger)
{
	struct acq_config config = plain_config();
	int fd = fresh_lib();

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.pretrigger = 50;
	config.count = 2000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	begin_all();
	nap(100);
	trigger(fd);
	tell_all();
	all_the_same();
	CHECK_EQ(told[0].event[0].index, first_index(fd) - 50);
	CHECK(told[0].event[0].index > 0);
}

TEST(the_next_run_comes_after_the_end)
{
	struct acq_config config = plain_config();
	int fd = armed(5000);
	struct told *t;

	begin_all();
	trigger(fd);
	tell_all();
	/* another block, another ring, another trigger; for the ramp's check the same frame */
	config.block_bytes = 2 * PAGE_BYTES;
	config.ring_bytes = 128 << 10;
	config.count = 7000;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	FOR_MODES(t)
		t->over = false;
	tell_all();
	all_the_same();
	t = &told[ACQ_MODE_READ];
	CHECK_EQ(t->count, 4);
	CHECK_EQ(t->event[2].run, t->event[0].run + 1);
	CHECK_EQ(t->event[2].position, 0);
	CHECK_EQ(t->event[2].index, 0);
	CHECK_EQ(t->event[2].frames, 7000);
	CHECK_EQ(t->event[3].run, t->event[2].run);
}

/* The frames of the next run may be larger, also larger than a span was allowed to be. */
TEST(another_frame_in_the_next_run)
{
	struct acq_config config = plain_config();
	struct acq_span span;
	struct acq *acq;
	int i, fd, ret;

	if (over_xdma() || over_ac97())
		SKIP("this card's frames are what they are");
	for (i = 0; i < ACQ_MODE_NUM; i++) {
		uint64_t frames = 0;

		fd = fresh_lib();
		config.format = ACQ_FORMAT_U8;
		config.channel_mask = 1;
		config.count = 1000;
		configure(fd, config);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		if (!begin(i, ACQ_READER_OLDEST, 100, 0))
			continue;
		acq = told[i].acq;
		while ((ret = acq_next(acq, &span, 0, -1)) == ACQ_EVENT_DATA) {
			CHECK_EQ(span.frame_bytes, 1);
			CHECK(span.bytes <= 100);
			frames += span.frames;
		}
		CHECK_EQ(ret, ACQ_EVENT_END);
		CHECK_EQ(frames, 1000);
		config.format = ACQ_FORMAT_S32;
		config.channel_mask = 3;
		configure(fd, config);
		CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
		for (frames = 0; (ret = acq_next(acq, &span, 0, -1)) == ACQ_EVENT_DATA;) {
			const uint32_t *sample = span.data;

			CHECK_EQ(span.frame_bytes, 8);
			CHECK(span.bytes <= 100 && span.bytes % 8 == 0);
			CHECK_EQ(span.index, frames);
			CHECK_EQ(sample[0], frames * 2);
			CHECK_EQ(sample[span.frames * 2 - 1], (frames + span.frames) * 2 - 1);
			frames += span.frames;
		}
		CHECK_EQ(ret, ACQ_EVENT_END);
		CHECK_EQ(frames, 1000);
	}
}

TEST(a_wait_has_a_limit)
{
	struct pollfd p = { .events = POLLIN };
	struct acq_span span;
	struct told *t;
	int fd = armed(0), ret;

	begin_all();
	FOR_MODES(t) {
		CHECK_EQ(acq_next(t->acq, &span, 0, 0), -EAGAIN);
		/* as in tell_all() */
		do {
			ret = acq_next(t->acq, &span, 0, SECOND / 100);
		} while (ret == -EINTR);
		CHECK_EQ(ret, -EAGAIN);
		p.fd = acq_wait_fd(t->acq);
		CHECK_EQ(poll(&p, 1, 0), 0);
	}
	trigger(fd);
	FOR_MODES(t) {
		p.fd = acq_wait_fd(t->acq);
		CHECK_EQ(poll(&p, 1, PATIENCE_MS), 1);
		CHECK_EQ(tell(t, 0, 0), ACQ_EVENT_DATA);
		CHECK_EQ(t->event[0].position, 0);
	}
}

static void on_alarm(int sig)
{
	(void)sig;
}

TEST(a_signal_ends_a_wait)
{
	struct itimerval off = { };
	struct itimerval soon = {
		.it_value = { .tv_usec = 50000 }, .it_interval = { .tv_usec = 50000 },
	};
	struct sigaction act = { .sa_handler = on_alarm };
	struct acq_span span;
	struct told *t;
	int fd = armed(0), ret;

	sigaction(SIGALRM, &act, NULL);
	begin_all();
	FOR_MODES(t) {
		setitimer(ITIMER_REAL, &soon, NULL);
		ret = acq_next(t->acq, &span, 0, -1);
		setitimer(ITIMER_REAL, &off, NULL);
		CHECK_EQ(ret, -EINTR);
	}
	trigger(fd);
	FOR_MODES(t) {
		CHECK_EQ(tell(t, 0, -1), ACQ_EVENT_DATA);
		CHECK_EQ(t->event[0].position, 0);
	}
}

TEST(modes_take_turns)
{
	static const enum acq_mode order[] = {
		ACQ_MODE_READ, ACQ_MODE_MMAP, ACQ_MODE_POLL, ACQ_MODE_URING, ACQ_MODE_MMAP,
		ACQ_MODE_EPOLL, ACQ_MODE_READ,
	};
	uint64_t index = 0, position = 0;
	struct acq_span span;
	struct acq *acq;
	unsigned int i;
	int ret;

	fresh_lib();
	begin(ACQ_MODE_READ, 0, 0, 0);
	acq = told[ACQ_MODE_READ].acq;
	for (i = 0; i < sizeof(order) / sizeof(order[0]) * 3; i++) {
		acq_finish(acq);
		CHECK_EQ(acq_begin(acq, order[i % 7], 0, 0), 0);
		/* What the ring of an earlier turn leaves to do interrupts epoll. */
		do {
			ret = acq_next(acq, &span, 800, -1);
		} while (ret == -EINTR);
		CHECK_EQ(ret, ACQ_EVENT_DATA);
		CHECK_EQ(span.index, index);
		CHECK_EQ(span.position, position);
		CHECK(is_ramp(span.data, span.bytes, span.index));
		index += span.frames;
		position += span.bytes;
	}
}

TEST(the_card_goes)
{
	int fd = armed(0);
	struct told *t;

	card_address();
	begin_all();
	trigger(fd);
	FOR_MODES(t)
		CHECK_EQ(tell(t, 400, -1), ACQ_EVENT_DATA);
	driver("unbind");
	tell_all();
	all_the_same();
	FOR_MODES(t) {
		CHECK_EQ(t->end, -ENODEV);
		CHECK_EQ(tell(t, 0, -1), -ENODEV);	/* and again */
		CHECK(t->event[0].frames > 0);
	}
	close_told();
	close_all();
	driver("bind");
	WAIT_FOR(access(NODE, R_OK) == 0);
}

TEST(the_card_fails)
{
	struct told *t;
	int fd;

	if (over_fifo())
		SKIP("only with DMA");
	fd = armed(0);
	begin_all();
	trigger(fd);
	FOR_MODES(t)
		CHECK_EQ(tell(t, 400, -1), ACQ_EVENT_DATA);
	card("fault %s", over_litepcie() ? "bad-count 1" : over_xdma() ? "bad-length 1" : "bad-index");
	tell_all();
	all_the_same();
	FOR_MODES(t)
		CHECK_EQ(t->end, -EIO);
	card("clear");
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	close_told();
}

HARNESS_MAIN

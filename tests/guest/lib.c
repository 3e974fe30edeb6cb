// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=6.1,6.12,7,debug
 * acqtest: ramp program=lib-fifo takes=65 kernels=6.12
 * acqtest: losing program=lib-xdma kernels=7
 */
/* libacq on the real device: the same events in every mode. */
#include "guest.h"

#include <acq.h>
#include <signal.h>
#include <sys/time.h>

#define SECOND		1000000000LL
#define EVENTS		200

/* What one mode told: samples that follow each other are one event, however they came. */
struct told {
	struct acq *acq;
	enum acq_mode mode;
	bool over;
	int end;
	unsigned int count;
	struct {
		int event;
		uint64_t run, position, index, frames, lost, count;
		uint32_t cause;
	} event[EVENTS];
};

static struct told told[ACQ_MODE_NUM];
static char copy[1 << 20];

static void close_told(void)
{
	int i;

	for (i = 0; i < ACQ_MODE_NUM; i++) {
		acq_close(told[i].acq);
		told[i].acq = NULL;
	}
}

/* As fresh() of the other tests; the descriptor controls only: START makes it no reader. */
static int fresh_lib(void)
{
	close_told();
	close_node(fresh());
	return node(O_WRONLY);
}

/* Open one for @mode with the reader's @flags. False: the kernel does not have it. */
static bool begin(enum acq_mode mode, uint32_t reader_flags, size_t max, unsigned int flags)
{
	struct acq_reader_config reader = { .flags = reader_flags };
	struct told *t = &told[mode];
	int err;

	memset(t, 0, sizeof(*t));
	t->mode = mode;
	CHECK_EQ(acq_open(&t->acq, NULL, O_RDONLY), 0);
	if (reader_flags)
		CHECK_EQ(acq_set_reader(t->acq, &reader), 0);
	err = acq_begin(t->acq, mode, max, flags);
	if (err == -EOPNOTSUPP && mode == ACQ_MODE_URING_MULTISHOT) {
		acq_close(t->acq);
		t->acq = NULL;
		return false;
	}
	if (err)
		printf("# %s: %s\n", acq_mode_name(mode), acq_errstr(err));
	CHECK_EQ(err, 0);
	/* each gap is an event, whoever chose the other flags */
	CHECK_EQ(acq_get_reader(t->acq, &reader), 0);
	CHECK_EQ(reader.flags, reader_flags | ACQ_READER_GAP_ONCE);
	return true;
}

static void begin_all(void)
{
	int i;

	for (i = 0; i < ACQ_MODE_NUM; i++)
		begin(i, 0, 0, 0);
}

/* The next mode that is open, from @t on; NULL: there is none */
static struct told *open_mode(struct told *t)
{
	while (t < told + ACQ_MODE_NUM && !t->acq)
		t++;
	return t < told + ACQ_MODE_NUM ? t : NULL;
}

#define FOR_MODES(t)	for (t = open_mode(told); t; t = open_mode(t + 1))

/* One event into the list, with all that can be checked of it alone. */
static int tell(struct told *t, size_t max, int64_t timeout_ns)
{
	struct acq_span span;
	unsigned int n = t->count;
	int ret;

	ret = acq_next(t->acq, &span, max, timeout_ns);
	if (ret < 0) {
		if (ret == -EIO || ret == -ENODEV) {
			t->over = true;
			t->end = ret;
		}
		return ret;
	}
	CHECK(n < EVENTS);
	if (ret == ACQ_EVENT_DATA) {
		CHECK(span.bytes > 0 && span.bytes <= (max ? max : 256 << 10));
		CHECK_EQ(span.bytes, span.frames * FRAME);
		CHECK(is_ramp(span.data, span.bytes, span.index));
		CHECK(acq_valid(t->acq));
		if (t->mode == ACQ_MODE_MMAP) {
			CHECK_EQ(span.flags, ACQ_SPAN_TIME | ACQ_SPAN_RING);
			CHECK(span.time_index <= span.index && span.time_ns);
		} else {
			CHECK_EQ(span.flags, 0);
		}
		if (n && t->event[n - 1].event == ret && t->event[n - 1].run == span.run) {
			n--;
			CHECK_EQ(span.position, t->event[n].position + t->event[n].frames * FRAME);
			CHECK_EQ(span.index, t->event[n].index + t->event[n].frames);
			t->event[n].frames += span.frames;
			return ret;
		}
	} else {
		CHECK_EQ(span.bytes, 0);
	}
	t->count++;
	t->event[n].event = ret;
	t->event[n].run = span.run;
	t->event[n].position = span.position;
	t->event[n].index = span.index;
	t->event[n].frames = span.frames;
	if (ret == ACQ_EVENT_GAP) {
		CHECK_EQ(span.gap.index, span.index);
		CHECK_EQ(span.gap.position, span.position);
		CHECK(span.gap.lost > 0);
		t->event[n].lost = span.gap.lost;
		t->event[n].cause = span.gap.cause;
		t->event[n].count = span.gap.count;
	}
	if (ret == ACQ_EVENT_END)
		t->over = true;
	return ret;
}

/* Everybody in turn, until all have been told the end */
static void tell_all(void)
{
	unsigned int open, turns = 0;
	struct told *t;

	do {
		open = 0;
		if (++turns == 20000) {
			FOR_MODES(t)
				printf("# %s: %u events, over %d\n", acq_mode_name(t->mode),
				       t->count, t->over);
			CHECK(turns < 20000);
		}
		FOR_MODES(t) {
			int ret = t->over ? 0 : tell(t, 0, 1000000);

			/* Work of a ring of this thread interrupts epoll as a signal does. */
			if (ret == -EINTR)
				ret = -EAGAIN;
			if (ret < 0 && ret != -EAGAIN && !t->over)
				printf("# %s: %s\n", acq_mode_name(t->mode), acq_errstr(ret));
			CHECK(ret >= 0 || ret == -EAGAIN || t->over);
			open += !t->over;
		}
	} while (open);
}

static void show(const struct told *t, unsigned int i)
{
	printf("# %s: event %u is %d in run %llu at %llu, index %llu, %llu frames, %llu lost, cause %u, gap %llu\n",
	       acq_mode_name(t->mode), i, t->event[i].event, (unsigned long long)t->event[i].run,
	       (unsigned long long)t->event[i].position, (unsigned long long)t->event[i].index,
	       (unsigned long long)t->event[i].frames, (unsigned long long)t->event[i].lost,
	       t->event[i].cause, (unsigned long long)t->event[i].count);
}

static void same_as(const struct told *a, const struct told *b)
{
	unsigned int i;

	for (i = 0; i < a->count && i < b->count; i++) {
		bool same = a->event[i].event == b->event[i].event &&
			    a->event[i].run == b->event[i].run &&
			    a->event[i].position == b->event[i].position &&
			    a->event[i].index == b->event[i].index &&
			    a->event[i].frames == b->event[i].frames &&
			    a->event[i].lost == b->event[i].lost &&
			    a->event[i].cause == b->event[i].cause &&
			    a->event[i].count == b->event[i].count;

		if (!same) {
			show(a, i);
			show(b, i);
		}
		CHECK(same);
	}
	CHECK_EQ(a->count, b->count);
	CHECK_EQ(a->end, b->end);
}

static void all_the_same(void)
{
	struct told *t;

	FOR_MODES(t)
		same_as(&told[ACQ_MODE_READ], t);
}

/* Armed first, so that all of them are there for the first sample. */
static int armed(uint64_t count)
{
	struct acq_config config = plain_config();
	int fd = fresh_lib();

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.count = count;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	return fd;
}

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

TEST(every_mode_tells_the_same_gaps)
{
	int fd = armed(0), gaps = 0, i;
	struct told *t;

	need_losses();
	begin_all();
	trigger(fd);
	for (i = 1; i <= 20; i++) {
		card("overflow %d", i * 7);
		FOR_MODES(t) {
			if (tell(t, i % 3 ? 0 : 400, 100000) < 0)
				continue;
			tell(t, 0, 0);
		}
	}
	CHECK_EQ(ioctl(fd, ACQ_IOC_STOP), 0);
	tell_all();
	all_the_same();
	t = &told[ACQ_MODE_READ];
	for (i = 0; i < (int)t->count; i++) {
		if (t->event[i].event != ACQ_EVENT_GAP)
			continue;
		CHECK_EQ(t->event[i].count, ++gaps);
		CHECK(t->event[i].cause != ACQ_CAUSE_OVERTAKEN && t->event[i].cause);
	}
	/* one overflow may meet the one before */
	CHECK(gaps > (over_fifo() ? 1 : 5));
	CHECK_EQ(status_of(fd).gaps, gaps);
}

TEST(a_loss_at_the_very_end)
{
	int fd = armed(3000);
	struct told *t;

	if (over_xdma())
		SKIP("this card's losses end with a sample");
	begin_all();
	trigger(fd);
	FOR_MODES(t)
		CHECK_EQ(tell(t, 400, -1), ACQ_EVENT_DATA);
	card("overflow 100000");
	tell_all();
	all_the_same();
	t = &told[ACQ_MODE_READ];
	CHECK_EQ(t->count, 3);
	CHECK_EQ(t->event[1].event, ACQ_EVENT_GAP);
	CHECK_EQ(t->event[1].lost, card_stat("dropped"));
	CHECK_EQ(t->event[2].index, t->event[0].index + 3000);
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

/* A reader that did not come for a while; each mode alone, as it holds the ring. */
TEST(a_full_ring_is_one_gap)
{
	int i, ret, tries = 0;
	uint64_t dropped;
	struct told *t;

	need_losses();
	for (i = 0; i < ACQ_MODE_NUM; i++) {
		fresh_lib();
		if (!begin(i, 0, 0, 0))
			continue;
		t = &told[i];
		CHECK_EQ(tell(t, 400, -1), ACQ_EVENT_DATA);
		/* Not faster than what is read ahead, which would make room in a full ring */
		card("speed %d", over_fifo() ? FAST : 5);
		WAIT_FOR(card_stat("dropped") > 5000);
		card("speed 1");
		do {
			ret = tell(t, 0, -1);
		} while (ret == ACQ_EVENT_DATA);
		CHECK_EQ(ret, ACQ_EVENT_GAP);
		CHECK_EQ(tell(t, 0, -1), ACQ_EVENT_DATA);
		dropped = card_stat("dropped");
		/* What is read ahead may have made room for a moment: once more */
		if (t->event[1].lost != dropped) {
			CHECK(++tries < 20);
			i--;
			continue;
		}
		CHECK_EQ(t->count, 3);
		CHECK_EQ(t->event[0].index, 0);
		CHECK_EQ(t->event[1].position, t->event[0].frames * FRAME);
		CHECK_EQ(t->event[1].index, t->event[0].frames);
		CHECK_EQ(t->event[1].lost, dropped);
		CHECK_EQ(t->event[1].cause, ACQ_CAUSE_RING_FULL);
		CHECK_EQ(t->event[2].index, t->event[1].index + dropped);
		CHECK_EQ(t->event[2].position, t->event[1].position);
	}
}

/* Others take @frames in the meantime; that they lose some on a slow machine is no harm. */
static void others_read(int fd, uint64_t frames)
{
	card("speed %d", over_fifo() ? 3 : 10);
	while (frames) {
		ssize_t n = read(fd, copy, sizeof(copy));
		struct acq_gap gap;

		if (n < 0 && errno == EPIPE) {
			CHECK_EQ(ioctl(fd, ACQ_IOC_GAP, &gap), 0);
			continue;
		}
		CHECK(n > 0);
		frames -= (uint64_t)n / FRAME < frames ? (uint64_t)n / FRAME : frames;
	}
	card("speed 1");
}

TEST(an_overtaken_monitor_is_told)
{
	uint64_t rings = plain_config().ring_bytes / FRAME * (over_fifo() ? 2 : 10);
	int i, ret, tries = 0;
	struct told *t;

	for (i = 0; i < ACQ_MODE_NUM; i++) {
		int fd = (fresh_lib(), node(O_RDONLY));

		CHECK_EQ(read(fd, copy, FRAME), FRAME);
		if (!begin(i, ACQ_READER_MONITOR, 400, 0))
			continue;
		t = &told[i];
		CHECK_EQ(tell(t, 0, -1), ACQ_EVENT_DATA);
		others_read(fd, rings);
		if (status_of(fd).gaps) {
			/* the card itself has lost some, which is another gap: once more */
			CHECK(++tries < 50);
			i--;
			continue;
		}
		/* what had been copied before comes first */
		do {
			ret = tell(t, 0, -1);
		} while (ret == ACQ_EVENT_DATA);
		CHECK_EQ(ret, ACQ_EVENT_GAP);
		CHECK_EQ(t->count, 2);
		CHECK_EQ(t->event[1].cause, ACQ_CAUSE_OVERTAKEN);
		CHECK(t->event[1].lost > rings / 2);
		CHECK_EQ(tell(t, 0, -1), ACQ_EVENT_DATA);
		CHECK_EQ(t->event[2].index, t->event[1].index + t->event[1].lost);
		/* positions count the bytes of the run, not those that this reader got */
		CHECK_EQ(t->event[2].position, t->event[2].index * FRAME);
		CHECK_EQ(status_of(fd).gaps, 0);
	}
}

TEST(a_monitor_learns_what_was_overwritten)
{
	uint64_t rings = plain_config().ring_bytes / FRAME * 2;
	struct acq_span span, gap;
	struct acq *acq;
	int fd;

	fresh_lib();
	fd = node(O_RDONLY);
	CHECK_EQ(read(fd, copy, FRAME), FRAME);
	begin(ACQ_MODE_MMAP, ACQ_READER_MONITOR, 400, 0);
	acq = told[ACQ_MODE_MMAP].acq;
	CHECK_EQ(acq_next(acq, &span, 0, -1), ACQ_EVENT_DATA);
	CHECK(acq_valid(acq));
	/* one that was good when it was used stays told */
	others_read(fd, rings);
	CHECK(acq_valid(acq));
	CHECK_EQ(acq_next(acq, &gap, 0, -1), ACQ_EVENT_GAP);
	CHECK_EQ(gap.position, span.position + span.bytes);
	CHECK_EQ(gap.index, span.index + span.frames);
	/* the next is not, whether this is asked or not */
	CHECK_EQ(acq_next(acq, &span, 0, -1), ACQ_EVENT_DATA);
	others_read(fd, rings);
	CHECK(!acq_valid(acq));
	CHECK_EQ(acq_next(acq, &gap, 0, -1), ACQ_EVENT_GAP);
	CHECK_EQ(gap.position, span.position);
	CHECK_EQ(gap.index, span.index);
	CHECK_EQ(acq_next(acq, &span, 0, -1), ACQ_EVENT_DATA);
	CHECK_EQ(span.index, gap.gap.index + gap.gap.lost);
	others_read(fd, rings);
	CHECK_EQ(acq_next(acq, &gap, 0, -1), ACQ_EVENT_GAP);
	CHECK_EQ(gap.gap.index, span.index);
	CHECK_EQ(gap.gap.cause, ACQ_CAUSE_OVERTAKEN);
	CHECK_EQ(acq_next(acq, &span, 0, -1), ACQ_EVENT_DATA);
	CHECK_EQ(span.index, gap.gap.index + gap.gap.lost);
	CHECK(is_ramp(span.data, span.bytes, span.index));
	CHECK(acq_valid(acq));
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
	config.block_bytes = 8192;
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

	if (over_xdma())
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

/* More than the card's FIFO holds: half of it is to take that, and the gap behind it */
#define FULL_RING	(256u << 10)

/* A mapped reader of a ring that is full, without a gap in it */
static struct acq *full_ring(size_t max, unsigned int flags)
{
	struct acq_config config = plain_config();
	struct acq *acq;
	int tries = 0;

	config.ring_bytes = FULL_RING;

	do {
		/* A slow machine loses samples before the ring is full: once more then. */
		CHECK(tries++ < 20);
		configure(fresh_lib(), config);
		begin(ACQ_MODE_MMAP, 0, max, flags);
		acq = told[ACQ_MODE_MMAP].acq;
		card("speed %d", FAST);
		WAIT_FOR(card_stat("dropped") > 5000);
	} while (status_of(acq_fd(acq)).gaps);
	return acq;
}

TEST(what_is_held_stays)
{
	uint64_t held = 0, end;
	const char *first = NULL;
	struct acq_span span;
	struct acq *acq;
	int ret, turns = 0;

	need_losses();
	if (over_fifo())
		SKIP("the ring is smaller than the card's FIFO");
	acq = full_ring(64 << 10, ACQ_HOLD);
	card("speed 1");
	while ((ret = acq_next(acq, &span, 0, -1)) == ACQ_EVENT_DATA) {
		/* whole blocks that follow each other come as one */
		if (!first)
			CHECK_EQ(span.bytes, 64 << 10);
		first = first ? first : span.data;
		CHECK_EQ(span.position, held);
		held += span.bytes;
	}
	/* nothing more can come as long as all is held, so this does not wait */
	CHECK_EQ(ret, -EAGAIN);
	CHECK(held >= FULL_RING - plain_config().block_bytes);
	CHECK(is_ramp(first, held, 0));
	CHECK_EQ(acq_behind(acq), 0);
	CHECK_EQ(acq_release(acq, held + FRAME), -EINVAL);
	CHECK_EQ(acq_release(acq, held / 2), 0);
	CHECK_EQ(acq_release(acq, held / 4), 0);	/* less than before: nothing */
	/* what the card had kept comes, and the gap */
	for (end = held; (ret = acq_next(acq, &span, 0, 0)) != ACQ_EVENT_GAP;) {
		if (ret == ACQ_EVENT_DATA) {
			CHECK_EQ(span.position, end);
			CHECK(is_ramp(span.data, span.bytes, span.index));
			end += span.bytes;
			continue;
		}
		CHECK_EQ(ret, -EAGAIN);
		CHECK(turns++ < PATIENCE_MS / 10);
		nap(10);
	}
	CHECK_EQ(span.position, end);
	CHECK_EQ(span.gap.lost, card_stat("dropped"));
	/* the half that is still held is what it was */
	CHECK(is_ramp(first + held / 2, held - held / 2, held / 2 / FRAME));
}

/* The driver is told of a span only once the next is asked for, however large it is. */
TEST(a_span_stays_until_the_next)
{
	struct acq_span span;
	long long dropped;

	need_losses();
	if (over_fifo())
		SKIP("the ring is smaller than the card's FIFO");
	full_ring(1 << 30, 0);
	CHECK_EQ(acq_next(told[ACQ_MODE_MMAP].acq, &span, 0, -1), ACQ_EVENT_DATA);
	/* large enough to be worth giving back */
	CHECK(span.bytes > FULL_RING / 4);
	dropped = card_stat("dropped");
	WAIT_FOR(card_stat("dropped") > dropped + 5000);
	card("speed 1");
	CHECK(is_ramp(span.data, span.bytes, span.index));
	CHECK_EQ(status_of(acq_fd(told[ACQ_MODE_MMAP].acq)).position, 0);
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
	card("fault %s", over_xdma() ? "bad-length 1" : "bad-index");
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

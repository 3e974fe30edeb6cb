/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of libacq share: all modes at once, and the events that each has told. */
#ifndef ACQ_TEST_LIB_H
#define ACQ_TEST_LIB_H

#include "guest.h"

#include <acq.h>

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

static inline void close_told(void)
{
	int i;

	for (i = 0; i < ACQ_MODE_NUM; i++) {
		acq_close(told[i].acq);
		told[i].acq = NULL;
	}
}

/* As fresh() of the other tests; the descriptor controls only: START makes it no reader. */
static inline int fresh_lib(void)
{
	close_told();
	close_node(fresh());
	return node(O_WRONLY);
}

/* Open one for @mode with the reader's @flags. False: the kernel does not have it. */
static inline bool begin(enum acq_mode mode, uint32_t reader_flags, size_t max,
			 unsigned int flags)
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

static inline void begin_all(void)
{
	int i;

	for (i = 0; i < ACQ_MODE_NUM; i++)
		begin(i, 0, 0, 0);
}

/* The next mode that is open, from @t on; NULL: there is none */
static inline struct told *open_mode(struct told *t)
{
	while (t < told + ACQ_MODE_NUM && !t->acq)
		t++;
	return t < told + ACQ_MODE_NUM ? t : NULL;
}

#define FOR_MODES(t)	for (t = open_mode(told); t; t = open_mode(t + 1))

/* One event into the list, with all that can be checked of it alone. */
static inline int tell(struct told *t, size_t max, int64_t timeout_ns)
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
static inline void tell_all(void)
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

static inline void show(const struct told *t, unsigned int i)
{
	printf("# %s: event %u is %d in run %llu at %llu, index %llu, %llu frames, %llu lost, cause %u, gap %llu\n",
	       acq_mode_name(t->mode), i, t->event[i].event, (unsigned long long)t->event[i].run,
	       (unsigned long long)t->event[i].position, (unsigned long long)t->event[i].index,
	       (unsigned long long)t->event[i].frames, (unsigned long long)t->event[i].lost,
	       t->event[i].cause, (unsigned long long)t->event[i].count);
}

static inline void same_as(const struct told *a, const struct told *b)
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

static inline void all_the_same(void)
{
	struct told *t;

	FOR_MODES(t)
		same_as(&told[ACQ_MODE_READ], t);
}

/* Armed first, so that all of them are there for the first sample. */
static inline int armed(uint64_t count)
{
	struct acq_config config = plain_config();
	int fd = fresh_lib();

	config.trigger = ACQ_TRIGGER_SOFTWARE;
	config.count = count;
	configure(fd, config);
	CHECK_EQ(ioctl(fd, ACQ_IOC_START), 0);
	return fd;
}

#endif /* ACQ_TEST_LIB_H */

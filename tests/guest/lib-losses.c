// SPDX-License-Identifier: GPL-2.0-only
/*
 * acqtest: ramp kernels=7
 * acqtest: ramp program=lib-losses-fifo takes=20 kernels=6.12 args="a_full_ring_is_one_gap \
 *	every_mode_tells_the_same_gaps"
 * acqtest: losing program=lib-losses-xdma kernels=7
 * acqtest: litepcie program=lib-losses-litepcie kernels=7 takes=15 args="a_full_ring_is_one_gap \
 *	every_mode_tells_the_same_gaps a_loss_at_the_very_end what_is_held_stays"
 */
/* libacq where samples are lost: each gap in its place in every mode, and what is held stays. */
#include "lib.h"

static char copy[1 << 20];

static int gaps_of(const struct told *t)
{
	int gaps = 0, i;

	for (i = 0; i < (int)t->count; i++)
		gaps += t->event[i].event == ACQ_EVENT_GAP;
	return gaps;
}

TEST(every_mode_tells_the_same_gaps)
{
	int fd = armed(0), gaps = 0, turns, seen, i;
	struct told *t;

	need_losses();
	begin_all();
	trigger(fd);
	for (i = 1; i <= 20; i++) {
		seen = gaps_of(&told[ACQ_MODE_READ]);
		card("overflow %d", i * 7);
		/* a second overflow before the first one's gap would be part of it */
		for (turns = 0; turns < 300 && gaps_of(&told[ACQ_MODE_READ]) == seen; turns++) {
			FOR_MODES(t) {
				if (tell(t, i % 3 ? 0 : 400, 100000) < 0)
					continue;
				tell(t, 0, 0);
			}
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
	CHECK(gaps >= 20);
	CHECK_EQ(status_of(fd).gaps, gaps);
}

TEST(a_loss_at_the_very_end)
{
	int fd = armed(3000);
	uint64_t dropped;
	struct told *t;

	begin_all();
	trigger(fd);
	FOR_MODES(t)
		CHECK_EQ(tell(t, 400, -1), ACQ_EVENT_DATA);
	card("wait off");
	card("overflow 100000");
	tell_all();
	all_the_same();
	t = &told[ACQ_MODE_READ];
	CHECK_EQ(t->count, 3);
	CHECK_EQ(t->event[1].event, ACQ_EVENT_GAP);
	/* A card that does not count does not end there either. */
	dropped = card_stat("dropped");
	CHECK(over_xdma() ? t->event[1].lost < dropped : t->event[1].lost == dropped);
	CHECK_EQ(t->event[2].index, t->event[0].index + 3000);
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
		overrun(5000);
		card("speed 1");
		do {
			ret = tell(t, 0, -1);
		} while (ret == ACQ_EVENT_DATA);
		CHECK_EQ(ret, ACQ_EVENT_GAP);
		CHECK_EQ(tell(t, 0, -1), ACQ_EVENT_DATA);
		dropped = lost_of(card_stat("dropped"), 1);
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
		CHECK(t->event[1].lost > 0);
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
		overrun(5000);
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
	CHECK_EQ(span.gap.lost, lost_of(card_stat("dropped"), 1));
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
	overrun(dropped + 5000);
	card("speed 1");
	CHECK(is_ramp(span.data, span.bytes, span.index));
	CHECK_EQ(status_of(acq_fd(told[ACQ_MODE_MMAP].acq)).position, 0);
}

HARNESS_MAIN

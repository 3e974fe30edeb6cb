// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a host is told of, and when: the moderation of the status page and of the
 * interrupt DATA. The input and the output have it alike.
 */
#include <endian.h>

#include "r1_model.h"

_Static_assert(sizeof(struct acq_r1_status) == 64, "status page");

const uint32_t *r1_tell_regs(const struct r1_config *f, const uint32_t *regs)
{
	static const uint32_t none[R1_REGISTERS];

	return f->caps & ACQ_R1_CAP_WHOLE_BLOCKS ? none : regs;
}

static uint64_t r1_tell_ns(const uint32_t *regs)
{
	return regs[ACQ_R1_IRQ_US / 4] * UINT64_C(1000);
}

/* What follows has not been told. */
static void r1_tell_begin(struct r1_tell *t, uint64_t now)
{
	if (!t->unreported && !t->block_unreported)
		t->unreported_since = now;
}

void r1_tell_frames(struct r1_tell *t, uint64_t frames, uint64_t now)
{
	r1_tell_begin(t, now);
	if (!t->news)
		t->news_since = now;
	t->news += frames;
	t->unreported += frames;
}

void r1_tell_block(struct r1_tell *t, uint64_t now)
{
	r1_tell_begin(t, now);
	t->stale = true;
	t->block_unreported = true;
}

bool r1_tell_is_due(const struct r1_tell *t, const uint32_t *regs, bool needed, bool over,
		    uint64_t now)
{
	uint32_t frames = regs[ACQ_R1_IRQ_FRAMES / 4];

	if (!t->unreported && !t->block_unreported)
		return false;
	if (frames && t->unreported >= frames)
		return true;
	/* without a free block the host is needed, whatever it would like */
	if (t->block_unreported && (!frames || needed))
		return true;
	return over || (r1_tell_ns(regs) && now - t->unreported_since >= r1_tell_ns(regs));
}

bool r1_tell_is_wanted(const struct r1_tell *t, const uint32_t *regs, uint64_t now)
{
	uint32_t frames = regs[ACQ_R1_IRQ_FRAMES / 4];

	if (t->stale)
		return true;
	return t->news && ((frames && t->news >= frames) ||
			   (r1_tell_ns(regs) && now - t->news_since >= r1_tell_ns(regs)));
}

void r1_tell_written(struct r1_tell *t, uint32_t update, bool due)
{
	t->update = update;
	t->updates++;
	t->news = 0;
	t->stale = false;
	if (due) {
		t->due = update;
		t->unreported = 0;
		t->block_unreported = false;
	}
}

void r1_tell_failed(struct r1_tell *t)
{
	t->news = 0;
	t->unreported = 0;
	t->stale = false;
	t->block_unreported = false;
}

bool r1_tell_is_data(const struct r1_tell *t)
{
	return (int32_t)(t->due - t->seen) > 0;
}

bool r1_tell_saw(struct r1_tell *t, uint32_t update)
{
	/* one that was never written: of another run */
	if ((int32_t)(update - t->update) > 0)
		return false;
	t->seen = update;
	if (update == t->update) {
		t->unreported = t->news;
		t->unreported_since = t->news_since;
		t->block_unreported = t->stale;
	}
	return true;
}

uint64_t r1_tell_left(const struct r1_tell *t, const uint32_t *regs)
{
	uint64_t every = regs[ACQ_R1_IRQ_FRAMES / 4], left = UINT64_MAX;

	/* the frame that starts the clock of IRQ_US */
	if (r1_tell_ns(regs) && !t->news)
		return 1;
	if (t->news < every)
		left = every - t->news;
	if (t->unreported < every)
		left = r1_least(left, every - t->unreported);
	return left;
}

uint64_t r1_tell_when(const struct r1_tell *t, const uint32_t *regs)
{
	uint64_t when = MODEL_NEVER, ns = r1_tell_ns(regs);

	if (ns && t->news)
		when = t->news_since + ns;
	if (ns && (t->unreported || t->block_unreported))
		when = r1_least(when, t->unreported_since + ns);
	return when;
}

static void r1_tell_store64(void *at, uint64_t value)
{
	__atomic_store_n((uint64_t *)at, value, __ATOMIC_RELEASE);
}

static void r1_tell_store32(void *at, uint32_t value)
{
	__atomic_store_n((uint32_t *)at, value, __ATOMIC_RELEASE);
}

/* In ascending order, field by field, @update last: the host relies on it. */
void r1_tell_store(struct acq_r1_status *at, const struct acq_r1_status *page)
{
	r1_tell_store64(&at->progress, page->progress);
	r1_tell_store64(&at->frames, page->frames);
	r1_tell_store64(&at->dropped, page->dropped);
	r1_tell_store64(&at->timestamp, page->timestamp);
	r1_tell_store64(&at->trigger_index, page->trigger_index);
	r1_tell_store32(&at->state, page->state);
	r1_tell_store32(&at->irq, page->irq);
	for (int i = 0; i < 3; i++)
		r1_tell_store32(&at->reserved[i], page->reserved[i]);
	r1_tell_store32(&at->update, page->update);
}

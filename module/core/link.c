// SPDX-License-Identifier: GPL-2.0-only
/*
 * Duplex: an input and an output of one card that begin together. See link.h.
 *
 * A side of a link is started like any stream, but its card holds: nothing is sampled or
 * played. The first side that holds has the other one started, by a worker, so that
 * nobody needs the life_lock of both; the second one lets both go, by one write to a register.
 * A side whose other one cannot come goes alone. Once they run they know nothing of each
 * other.
 *
 * Two files have a link, and it ends with either: no file holds the other. As long as
 * both are open, both streams are there.
 *
 * Locks: link_lock comes before all those of a stream. A link's own is the last but one: what
 * lets a side go may write registers and set states, nothing else. stream->link changes
 * with link_lock, life_lock and producer.lock of its stream, so that who has one of them may use
 * the link.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../compat.h"
#include "attach.h"
#include "link.h"
#include "output.h"
#include "run.h"
#include "stream.h"

enum {
	LINK_INPUT,
	LINK_OUTPUT,
	LINK_SIDES,
};

/**
 * struct acq_link - two streams that begin together
 * @side: the input, and the output
 * @lock: protects what they hold, and @starting
 * @starting: both are being started: there is nothing to be done for the other one
 * @charge: whom the ring is charged to that is made for the other side
 * @work: starts the side that is missing
 */
struct acq_link {
	struct acq_link_side side[LINK_SIDES];
	spinlock_t lock;
	bool starting;
	struct mem_cgroup *charge;
	struct work_struct work;
};

static DEFINE_MUTEX(link_lock);

static struct acq_link_side *link_side(struct acq_link *link, const struct acq_stream *stream)
{
	return &link->side[acq_stream_is_output(stream) ? LINK_OUTPUT : LINK_INPUT];
}

/* Does the card wait, for a side that has failed? */
static bool link_is_left(struct acq_link *link, const struct acq_link_side *side)
{
	guard(spinlock)(&link->lock);
	return side->held && side->left;
}

static bool link_is_held(struct acq_link *link, const struct acq_link_side *side)
{
	guard(spinlock)(&link->lock);
	return side->held;
}

/** acq_link_holds() - does the card hold when it is started now? Not in the midst of a run. */
bool acq_link_holds(const struct acq_producer *p)
{
	return p->stream->link && !p->report_ns && !READ_ONCE(p->run->linked_ns);
}

/** acq_link_waits() - does it wait for the other side? */
bool acq_link_waits(const struct acq_producer *p)
{
	struct acq_link *link = p->stream->link;

	return link && link_is_held(link, link_side(link, p->stream));
}

/* It has begun; @ns: when, with the other side, or 0 */
static void link_begun(struct acq_link_side *side, u64 ns)
{
	WRITE_ONCE(side->held->linked_ns, ns);
	/* It may be failing just now, with a lock that is not held here. */
	if (side->held->config.trigger == ACQ_TRIGGER_IMMEDIATE && !acq_run_end(side->held))
		acq_state_run(&side->stream->life);
	side->held = NULL;
}

/**
 * acq_link_launch() - start the card, so that it begins with that of the other side
 * @p: the producer
 * @config: what is left of its run
 *
 * Context: life_lock and producer.lock; sleeps.
 * Return: 0 or a negative errno, as the family's start().
 */
int acq_link_launch(struct acq_producer *p, const struct acq_config *config)
{
	struct acq_link *link = p->stream->link;
	struct acq_link_side *side, *other;
	u64 now;
	int ret;

	lockdep_assert_held(&p->lock);
	if (!acq_link_holds(p)) {
		ret = p->ops->start(p->stream, config);
		/* The other one may have been told to wait for this one. */
		if (!ret && link)
			queue_work(system_percpu_wq, &link->work);
		return ret;
	}
	ret = p->ops->hold(p->stream, config);
	if (ret)
		return ret;
	side = link_side(link, p->stream);
	other = &link->side[side == link->side];
	guard(spinlock)(&link->lock);
	side->held = p->run;
	side->left = false;
	if (other->held && !acq_run_end(other->held)) {
		now = ktime_get_boottime_ns();
		p->ops->go(p->stream, true);
		link_begun(side, now);
		link_begun(other, now);
	} else if (!link->starting) {
		queue_work(system_percpu_wq, &link->work);
	}
	return 0;
}

/** acq_link_halt() - the card is being stopped; returns whether it waited for the other side */
bool acq_link_halt(struct acq_producer *p)
{
	struct acq_link *link = p->stream->link;
	struct acq_run *held = NULL;

	lockdep_assert_held(&p->lock);
	if (!link)
		return false;
	guard(spinlock)(&link->lock);
	swap(held, link_side(link, p->stream)->held);
	if (!held)
		return false;
	p->report_ns = 0;
	/* The other one may have held since its run ended, and not been let go for that. */
	if (!link->starting)
		queue_work(system_percpu_wq, &link->work);
	return true;
}

/**
 * acq_link_rest() - the card has been stopped: a run that has not begun yet holds again
 * @p: the producer
 * @held: what acq_link_halt() has returned
 */
void acq_link_rest(struct acq_producer *p, bool held)
{
	struct acq_run *run = p->run;

	lockdep_assert_held(&p->lock);
	/* Let go with the other side, both have waited for the output's first block. */
	if (READ_ONCE(run->linked_ns) && run->config.trigger == ACQ_TRIGGER_IMMEDIATE &&
	    !p->report.frames && !run->ring.meta->head)
		held = true;
	/* It has not begun, whatever the card says of that. */
	if (!held)
		return;
	WRITE_ONCE(run->linked_ns, 0);
	p->report_ns = 0;
}

/** acq_link_ended() - a run has ended, of a card that runs or does not: @end */
void acq_link_ended(struct acq_producer *p, enum acq_end end)
{
	struct acq_link *link = p->stream->link;
	struct acq_link_side *other;

	lockdep_assert_held(&p->lock);
	if (!link)
		return;
	other = &link->side[link_side(link, p->stream) == link->side];
	guard(spinlock)(&link->lock);
	if (!other->held)
		return;
	if (end == ACQ_END_FAILED)
		other->left = true;
	if (!link->starting)
		queue_work(system_percpu_wq, &link->work);
}

/* The other side does not come. */
static void link_go_alone(struct acq_link *link, struct acq_link_side *side)
{
	struct acq_producer *p = &side->stream->producer;

	lockdep_assert_held(&p->lock);
	guard(spinlock)(&link->lock);
	/* The card of a run that has ended is about to be stopped. */
	if (!side->held || acq_run_end(side->held))
		return;
	p->ops->go(p->stream, false);
	p->report_ns = ktime_get_boottime_ns();
	link_begun(side, 0);
}

/*
 * Start a side that is idle, with its life_lock held. Its reader gets the run from the first
 * sample, unless it has yet to read some of the one before.
 */
static int link_begin(struct acq_link_side *side, bool explicit, struct mem_cgroup *charge)
{
	int ret = acq_stream_start(side->stream, explicit, NULL, charge);

	if (!ret && side->reads)
		acq_attach_follow(side->reader, side->stream->run);
	return ret;
}

/* Does it hold, or will it when it is started? Not in the midst of a run. life_lock is held. */
static bool link_comes(struct acq_link *link, struct acq_link_side *side)
{
	struct acq_producer *p = &side->stream->producer;

	guard(mutex)(&p->lock);
	return !p->run || acq_run_end(p->run) || acq_link_holds(p) || link_is_held(link, side);
}

/*
 * The input holds: the output plays what has been put. If that is nothing, both begin when
 * it does. Returns false if it is in the midst of a run.
 */
static bool link_fetch_output(struct acq_link *link, struct acq_link_side *side)
{
	struct acq_stream *stream = side->stream;
	struct acq_run *run;

	guard(mutex)(&stream->life_lock);
	if (stream->link != link)
		return true;
	run = stream->run;
	if (run && !acq_run_end(run) && READ_ONCE(run->ring.meta->accepted))
		acq_output_play(stream, run);
	return link_comes(link, side);
}

/* The output holds: the input begins a run. Returns false if it cannot. */
static bool link_fetch_input(struct acq_link *link, struct acq_link_side *side)
{
	struct acq_stream *stream = side->stream;
	bool comes = true;

	if (acq_stream_wake(stream))
		return false;
	scoped_guard(mutex, &stream->life_lock) {
		if (stream->link != link)
			break;
		if (stream->run && !acq_run_end(stream->run))
			comes = link_comes(link, side);
		else
			comes = !link_begin(side, false, link->charge);
	}
	acq_stream_doze(stream);
	return comes;
}

static void link_work(struct work_struct *work)
{
	struct acq_link *link = container_of(work, struct acq_link, work);
	struct acq_link_side *in = &link->side[LINK_INPUT], *out = &link->side[LINK_OUTPUT];
	struct acq_link_side *alone = NULL;

	if (link_is_held(link, in) && !link_is_held(link, out) &&
	    (link_is_left(link, in) || !link_fetch_output(link, out)))
		alone = in;
	if (link_is_held(link, out) && !link_is_held(link, in) &&
	    (link_is_left(link, out) || !link_fetch_input(link, in)))
		alone = out;
	if (!alone)
		return;
	guard(mutex)(&alone->stream->producer.lock);
	link_go_alone(link, alone);
}

static void link_free(struct acq_link *link)
{
	struct acq_link_side *side;

	lockdep_assert_held(&link_lock);
	for (side = link->side; side < link->side + LINK_SIDES; side++) {
		guard(mutex)(&side->stream->life_lock);
		guard(mutex)(&side->stream->producer.lock);
		if (side->stream->link != link)
			continue;
		WRITE_ONCE(side->stream->link, NULL);
		link_go_alone(link, side);
	}
	/* Nobody finds the link any more who could queue it again. */
	cancel_work_sync(&link->work);
	acq_run_charge_put(link->charge);
	kfree(link);
}

/* From now on it begins with the other one. Returns 0, -ENODEV or -EBUSY. */
static int link_join(struct acq_link *link, struct acq_stream *stream)
{
	guard(mutex)(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	if (stream->run && !acq_run_end(stream->run))
		return -EBUSY;
	guard(mutex)(&stream->producer.lock);
	WRITE_ONCE(stream->link, link);
	return 0;
}

/**
 * acq_link_create() - from now on, two streams begin together
 * @one: a stream, and an open file of it
 * @other: another one, whose file stays open meanwhile
 *
 * Context: sleeps.
 * Return: 0; -EINVAL: not an input and an output, -EXDEV: of two cards, -EOPNOTSUPP: their
 * card cannot, -EALREADY: one is linked, -EBUSY: one runs, -ENODEV, -ENOMEM.
 */
int acq_link_create(const struct acq_link_side *one, const struct acq_link_side *other)
{
	struct acq_link *link;
	int ret;

	if (acq_stream_is_output(one->stream) == acq_stream_is_output(other->stream))
		return -EINVAL;
	if (one->stream->dev != other->stream->dev)
		return -EXDEV;
	if (!(one->stream->info.caps & other->stream->info.caps & ACQ_CAP_LINK))
		return -EOPNOTSUPP;
	guard(mutex)(&link_lock);
	if (one->stream->link || other->stream->link)
		return -EALREADY;
	link = kzalloc(sizeof(*link), GFP_KERNEL_ACCOUNT);
	if (!link)
		return -ENOMEM;
	spin_lock_init(&link->lock);
	INIT_WORK(&link->work, link_work);
	link->charge = acq_run_charge_get();
	*link_side(link, one->stream) = *one;
	*link_side(link, other->stream) = *other;
	ret = link_join(link, one->stream);
	if (!ret)
		ret = link_join(link, other->stream);
	if (ret)
		link_free(link);
	return ret;
}

/**
 * acq_link_leave() - a file is linked no more
 * @stream: its stream
 * @reader: its reader
 *
 * Who waits for the other side begins without it.
 *
 * Context: sleeps.
 * Return: 0, or -ENOLINK: it was not.
 */
int acq_link_leave(struct acq_stream *stream, const struct acq_reader *reader)
{
	if (!READ_ONCE(stream->link))
		return -ENOLINK;
	guard(mutex)(&link_lock);
	if (!stream->link || link_side(stream->link, stream)->reader != reader)
		return -ENOLINK;
	link_free(stream->link);
	return 0;
}

/** acq_link_gone() - the card is gone: as acq_link_leave(), whoever has linked the stream */
void acq_link_gone(struct acq_stream *stream)
{
	guard(mutex)(&link_lock);
	if (stream->link)
		link_free(stream->link);
}

/* A run that begins by itself, when the other side or the card is ready. life_lock is held. */
static bool link_pends(struct acq_link *link, struct acq_link_side *side)
{
	const struct acq_run *run = side->stream->run;

	return run && !acq_run_end(run) && !READ_ONCE(run->filling) && link_comes(link, side);
}

/*
 * Start a side, if it does not begin by itself. @reader: joins the run at its begin; or NULL:
 * that of the link does. @started: set if there is a new run
 */
static int link_start_side(struct acq_link *link, struct acq_link_side *side,
			   struct acq_reader *reader, bool *started)
{
	struct acq_stream *stream = side->stream;
	int ret = acq_stream_wake(stream);

	if (ret)
		return ret;
	scoped_guard(mutex, &stream->life_lock) {
		if (link_pends(link, side)) {
			if (reader || side->reads)
				acq_attach_follow(reader ?: side->reader, stream->run);
			break;
		}
		ret = reader ? acq_stream_start(stream, true, reader, NULL) :
			       link_begin(side, true, NULL);
		*started = !ret;
	}
	acq_stream_doze(stream);
	return ret;
}

/* Has it begun, with the other side? */
static bool link_has_begun(struct acq_link_side *side)
{
	const struct acq_run *run;

	guard(mutex)(&side->stream->life_lock);
	run = side->stream->run;
	return run && READ_ONCE(run->linked_ns);
}

/* As ACQ_IOC_START has begun it, it runs until ACQ_IOC_STOP. */
static void link_keep(struct acq_link_side *side)
{
	struct acq_stream *stream = side->stream;

	guard(mutex)(&stream->life_lock);
	if (stream->run && !acq_run_end(stream->run))
		WRITE_ONCE(stream->explicit, true);
}

/* Both, the input first: of the two it is the one that may fail. link_lock is held. */
static int link_start_both(struct acq_link *link, const struct acq_stream *stream,
			   struct acq_reader *reader)
{
	struct acq_link_side *in = &link->side[LINK_INPUT], *out = &link->side[LINK_OUTPUT];
	bool started = false, ignored;
	int ret;

	ret = link_start_side(link, in, stream == in->stream ? reader : NULL, &started);
	/* An output that held has begun with that. */
	if (!ret && !link_has_begun(in))
		ret = link_start_side(link, out, NULL, &ignored);
	if (!ret) {
		link_keep(in);
		link_keep(out);
		return 0;
	}
	if (!started)
		return ret;
	guard(mutex)(&in->stream->life_lock);
	if (link_pends(link, in))
		acq_stream_halt(in->stream, ACQ_END_FINISHED);
	return ret;
}

/* A stream that is not linked: as for any */
static int link_start_one(struct acq_stream *stream, struct acq_reader *reader)
{
	int ret = acq_stream_wake(stream);

	if (ret)
		return ret;
	scoped_guard(mutex, &stream->life_lock)
		ret = acq_stream_start(stream, true, reader, NULL);
	acq_stream_doze(stream);
	return ret;
}

/**
 * acq_link_start() - begin a run, and that of the other side of a link with it
 * @stream: the stream
 * @reader: joins the new run at its begin; or NULL
 *
 * Context: sleeps.
 * Return: 0, else none has been started: as acq_stream_start() and acq_stream_wake().
 */
int acq_link_start(struct acq_stream *stream, struct acq_reader *reader)
{
	struct acq_link *link;
	int ret;

	if (!READ_ONCE(stream->link))
		return link_start_one(stream, reader);
	guard(mutex)(&link_lock);
	link = stream->link;
	if (!link)
		return link_start_one(stream, reader);
	scoped_guard(spinlock, &link->lock)
		link->starting = true;
	ret = link_start_both(link, stream, reader);
	scoped_guard(spinlock, &link->lock)
		link->starting = false;
	/* One may have failed or been stopped meanwhile. */
	queue_work(system_percpu_wq, &link->work);
	return ret;
}

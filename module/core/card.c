// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seam, from the core's side: what card families call. See card.h. What a family
 * knows of a run is counted from its start(): from the begin of a segment.
 */
#include "producer.h"
#include "stream.h"
#include "trace.h"

/** acq_stream_card() - the family's own pointer */
void *acq_stream_card(const struct acq_stream *stream)
{
	return stream->card;
}

/** acq_stream_id() - the stream's number, as in its node's name */
unsigned int acq_stream_id(const struct acq_stream *stream)
{
	return stream->id;
}

static const struct acq_producer *card_producer(const struct acq_stream *stream)
{
	lockdep_assert_held(&stream->producer.lock);
	return &stream->producer;
}

/** acq_stream_given() - blocks that the card got in this segment */
u64 acq_stream_given(const struct acq_stream *stream)
{
	const struct acq_producer *p = card_producer(stream);

	return p->run->ring.given - p->first;
}

/** acq_stream_done() - those of them that are complete; the next one is the open one */
u64 acq_stream_done(const struct acq_stream *stream)
{
	const struct acq_producer *p = card_producer(stream);

	return p->run->ring.meta->done - p->first;
}

/** acq_stream_outstanding() - those of them that are not */
u64 acq_stream_outstanding(const struct acq_stream *stream)
{
	return acq_ring_outstanding(&card_producer(stream)->run->ring);
}

/** acq_stream_position() - bytes filled since the run began: has it got more? */
u64 acq_stream_position(const struct acq_stream *stream)
{
	return card_producer(stream)->run->ring.meta->head;
}

/**
 * acq_stream_memory() - a block that the card has and has not completed
 * @stream: the stream
 * @number: from acq_stream_done() on, below acq_stream_given()
 *
 * For a card that cannot take its blocks when give() comes.
 *
 * Context: producer.lock.
 * Return: what give() got, but for @last.
 */
struct acq_memory acq_stream_memory(const struct acq_stream *stream, u64 number)
{
	const struct acq_producer *p = card_producer(stream);
	struct acq_memory block = acq_run_memory(p->run, p->first + number);

	block.number = number;
	return block;
}

/** acq_stream_open_block() - memory of the open block, for a family that copies */
u8 *acq_stream_open_block(const struct acq_stream *stream)
{
	const struct acq_run *run = card_producer(stream)->run;

	return acq_run_addr(run, acq_ring_slot(&run->ring, run->ring.meta->done));
}

/**
 * acq_stream_block() - memory of a block of an output, for a family that copies
 * @stream: the stream
 * @number: as of acq_stream_memory()
 *
 * Context: producer.lock.
 * Return: the block; it may be read to its end, whatever of it is to be played.
 */
const u8 *acq_stream_block(const struct acq_stream *stream, u64 number)
{
	const struct acq_producer *p = card_producer(stream);

	return acq_run_addr(p->run, acq_ring_slot(&p->run->ring, p->first + number));
}

/**
 * acq_stream_interrupt() - the card has interrupted
 * @stream: the stream
 *
 * Context: the interrupt thread; sleeps.
 * Return: true if it brought something. An interrupt thread on a shared line says
 * IRQ_RETVAL() of it, so that the kernel can give up a line that nobody can quiet.
 */
bool acq_stream_interrupt(struct acq_stream *stream)
{
	return acq_producer_interrupt(&stream->producer);
}

/** acq_stream_service_soon() - have service() called; any context */
void acq_stream_service_soon(struct acq_stream *stream)
{
	acq_producer_service_soon(&stream->producer);
}

/**
 * acq_stream_service_later() - have service() called when samples have waited long enough
 * @stream: the stream
 *
 * For a card that does not interrupt for samples in an open block: after as many
 * microseconds as the last moderate() said. Does nothing if that is under way.
 *
 * Context: producer.lock.
 */
void acq_stream_service_later(struct acq_stream *stream)
{
	acq_producer_service_in(&stream->producer, stream->producer.irq_us);
}

/**
 * acq_stream_service_in() - have service() called in a while
 * @stream: the stream
 * @us: microseconds from now on
 *
 * For a card that is done with something without an interrupt. Does nothing if service() is
 * to come sooner.
 *
 * Context: producer.lock.
 */
void acq_stream_service_in(struct acq_stream *stream, u32 us)
{
	acq_producer_service_in(&stream->producer, us);
}

/**
 * acq_stream_fill() - the open block holds more bytes, or is complete
 * @stream: the stream
 * @fill: what the card says of it, counted from its start(); copied, and placed in
 *	the run: family and ring each count on by themselves
 *
 * A block that has been opened keeps its index and its loss: they are given again
 * as it grows. Nothing new in it is no reason to call.
 *
 * Context: service(), or kick() of a card that had run dry, with producer.lock.
 * Return: 0. Else nothing more can be filled: -ENODATA after the last frame of a run
 * that the core ends, -EPROTO or another errno after the stream has failed: the card
 * contradicts itself, or a filter has failed.
 */
int acq_stream_fill(struct acq_stream *stream, const struct acq_fill *fill)
{
	return acq_producer_fill(&stream->producer, fill);
}

/**
 * acq_stream_lost() - samples were lost, and only the clock tells how many
 * @stream: the stream
 * @cause: why; ACQ_CAUSE_CARD_FIFO becomes ACQ_CAUSE_RING_FULL where readers are the reason
 *
 * They were lost behind the newest that was filled, and until now; the loss is
 * marked as estimated. What the card fills from here on it counts from 0 again, as
 * behind start(), but it keeps the blocks that it has, and their numbers. A block
 * that is open is complete: not while the card still writes to it.
 *
 * Context: service(), or kick() of a card that had run dry, with producer.lock.
 */
void acq_stream_lost(struct acq_stream *stream, enum acq_cause cause)
{
	acq_producer_lost(&stream->producer, cause);
}

/**
 * acq_stream_dry() - an output has played all that it was given, and puts out filler
 * @stream: the stream
 *
 * So that the writer learns of it at once. How much filler it was, the next block that is
 * reported tells. Harmless if that is known, or if it has been given something meanwhile.
 *
 * Context: service(), with producer.lock.
 */
void acq_stream_dry(struct acq_stream *stream)
{
	acq_producer_dry(&stream->producer);
}

/**
 * acq_stream_unsure() - an output may have played more than it has told
 * @stream: the stream
 *
 * What it was given and has not told of is not played again, but counted as dropped.
 *
 * Context: stop(), with producer.lock.
 */
void acq_stream_unsure(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->producer.lock);
	stream->producer.unsure = true;
}

/**
 * acq_stream_report() - the card's counters since its start(), unless it has forgotten
 * @stream: the stream
 * @report: the counters
 *
 * Context: producer.lock.
 */
void acq_stream_report(struct acq_stream *stream, const struct acq_report *report)
{
	acq_producer_report(&stream->producer, report);
}

/** acq_stream_trace_irq() - for the trace: what the card interrupts for, in its own bits */
void acq_stream_trace_irq(struct acq_stream *stream, u32 causes)
{
	trace_acq_irq(stream->id, causes);
}

/** acq_stream_triggered() - the trigger came; harmless if that is known; producer.lock */
void acq_stream_triggered(struct acq_stream *stream)
{
	if (!acq_run_end(card_producer(stream)->run))
		acq_state_set(&stream->life, ACQ_STATE_RUNNING);
}

/**
 * acq_stream_finished() - all samples of the run have been delivered
 * @stream: the stream
 *
 * The card's last acq_stream_report() says how many it should have been.
 *
 * Context: service() or finish(), with producer.lock.
 */
void acq_stream_finished(struct acq_stream *stream)
{
	acq_producer_finished(&stream->producer);
}

/**
 * acq_stream_fail() - the card cannot go on
 * @stream: the stream
 * @error: why, negative errno; readers get ENODEV for -ENODEV, EIO for all else
 *
 * Context: producer.lock. The card is stopped soon after.
 */
void acq_stream_fail(struct acq_stream *stream, int error)
{
	enum acq_failure failure = ACQ_FAILURE_CARD;

	if (error == -ENODEV)
		failure = ACQ_FAILURE_NO_ANSWER;
	else if (error == -EPROTO)
		failure = ACQ_FAILURE_PROTOCOL;
	acq_producer_fail(&stream->producer, error, failure);
}

/**
 * acq_stream_restart() - the card has forgotten what it was told to do
 * @stream: the stream
 *
 * It is stopped and started again; what it does not sample meanwhile becomes a gap.
 * One that delivers nothing though it is started again and again fails. Harmless if
 * that is under way.
 *
 * Context: producer.lock.
 */
void acq_stream_restart(struct acq_stream *stream)
{
	acq_producer_restart(&stream->producer);
}

/**
 * acq_stream_keep_run() - an engine that cannot be stopped may write to the run
 * @stream: the stream
 *
 * The run's memory stays, and stays mapped, until acq_stream_let_go().
 *
 * Context: the card family's stop().
 * Return: for acq_stream_let_go().
 */
struct acq_run *acq_stream_keep_run(struct acq_stream *stream)
{
	struct acq_run *run = card_producer(stream)->run;

	acq_run_keep(run);
	return run;
}

/**
 * acq_stream_let_go() - undo acq_stream_keep_run(): the engine writes no more
 * @run: from acq_stream_keep_run()
 *
 * Context: sleeps; the card family's calls, or after acq_stream_remove().
 */
void acq_stream_let_go(struct acq_run *run)
{
	acq_run_let_go(run);
}

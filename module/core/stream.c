// SPDX-License-Identifier: GPL-2.0-only
/* Life of a stream. See stream.h. */
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../compat.h"
#include "attach.h"
#include "config.h"
#include "consumer.h"
#include "filter.h"
#include "link.h"
#include "output.h"
#include "power.h"
#include "reader.h"
#include "stream.h"

/* How long a card may take to deliver what it holds when it is told to stop */
#define FINISH_TIMEOUT	HZ

static unsigned int files_max = 4096;
module_param(files_max, uint, 0644);
MODULE_PARM_DESC(files_max, "most open files of a stream (4096)");

static DEFINE_IDA(stream_ids);
static const struct acq_node_ops *stream_node_ops;

/** acq_stream_set_node_ops() - before the first stream is made */
void acq_stream_set_node_ops(const struct acq_node_ops *ops)
{
	stream_node_ops = ops;
}

static void stream_gap(struct acq_stream *stream, u64 index, u64 lost, u32 cause)
{
	stream_node_ops->gap(stream->node, index, lost, cause);
}

/** acq_stream_say_failed() - have who watches learn that it has failed; producer.lock */
void acq_stream_say_failed(struct acq_stream *stream)
{
	stream_node_ops->failed(stream->node);
}

static void stream_ended(struct acq_stream *stream)
{
	if (acq_run_end(stream->producer.run) == ACQ_END_FAILED)
		acq_stream_say_failed(stream);
	queue_work(system_percpu_wq, &stream->stop_work);
}

static const struct acq_producer_ops stream_producer_ops = {
	.gap		= stream_gap,
	.ended		= stream_ended,
	.restart	= acq_recovery_ask,
};

/* A run keeps the card from being runtime suspended. */
static void stream_power_up(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->life_lock);
	if (!stream->powered)
		acq_power_hold(stream->dev);
	stream->powered = true;
}

static void stream_power_down(struct acq_stream *stream)
{
	lockdep_assert_held(&stream->life_lock);
	if (stream->powered)
		acq_power_put(stream->dev);
	stream->powered = false;
}

/**
 * acq_stream_halt() - stop the card
 * @stream: the stream
 * @end: how its run ends, if it has not ended already
 *
 * Context: life_lock; sleeps.
 */
void acq_stream_halt(struct acq_stream *stream, enum acq_end end)
{
	struct acq_producer *p = &stream->producer;

	lockdep_assert_held(&stream->life_lock);
	scoped_guard(mutex, &p->lock) {
		if (!p->producing && !p->paused)
			return;
		if (p->producing)
			acq_producer_halt(p);
		/* What the card still has for a reader that has gone is no loss. */
		if (stream->closing)
			acq_producer_drop(p);
		acq_producer_end(p, end);
		p->paused = false;
	}
	cancel_delayed_work_sync(&p->watch_work);
	acq_filters_end(stream->run);
	acq_run_unmap(stream->run);
	stream_power_down(stream);
	/* Refused where it has gone. One that has failed stays so, until it is started. */
	if (acq_state(&stream->life) != ACQ_STATE_FAILED)
		acq_state_set(&stream->life, ACQ_STATE_IDLE);
}

static bool stream_over(const struct acq_stream *stream)
{
	lockdep_assert_held(&stream->life_lock);
	return stream->run && acq_run_end(stream->run);
}

static void stream_stop_work(struct work_struct *work)
{
	struct acq_stream *stream = container_of(work, struct acq_stream, stop_work);

	guard(mutex)(&stream->life_lock);
	/* A new run may have been started since this was queued. */
	if (stream_over(stream))
		acq_stream_halt(stream, ACQ_END_FINISHED);
}

/* Put a run, or none, in the place of the newest one; returns that, with its reference. */
static struct acq_run *stream_replace_run(struct acq_stream *stream, struct acq_run *run)
{
	struct acq_run *old = stream->run;

	lockdep_assert_held(&stream->life_lock);
	guard(mutex)(&stream->producer.lock);
	acq_state_show(&stream->life, run ? run->ring.meta : NULL);
	acq_producer_take(&stream->producer, run);
	guard(spinlock)(&stream->run_lock);
	stream->run = run;
	WRITE_ONCE(stream->begun, false);
	stream->closing = false;
	return old;
}

/* Say why there is no ring, and what to do about it. */
static void stream_say_no_ring(const struct acq_stream *stream, int error, bool mapping)
{
	u64 kb = stream->config.ring_bytes >> 10;
	struct device *dev = stream->dev;

	if (error == -ENOSPC)
		dev_err_ratelimited(dev, "%s: a ring of %llu KiB is more than all rings may have together: set a smaller ring_bytes, or a larger ring_total_kb of the module\n",
				    stream->name, kb);
	else if (mapping)
		dev_err_ratelimited(dev, "%s: no room to map a ring of %llu KiB for DMA: set a smaller ring_bytes, or give the kernel more swiotlb\n",
				    stream->name, kb);
	else if (stream->config.transfer == ACQ_TRANSFER_DMA && acq_run_confined(dev))
		dev_err_ratelimited(dev, "%s: no memory within the card's %d address bits for a ring of %llu KiB: set a smaller ring_bytes\n",
				    stream->name, fls64(dma_get_mask(dev)), kb);
	else
		dev_err_ratelimited(dev, "%s: no memory for a ring of %llu KiB: set a smaller ring_bytes\n",
				    stream->name, kb);
}

/*
 * A new run as configured, mapped for the card; of smaller blocks if memory or the
 * mapping has no such large pieces. @charge pays, or the caller.
 */
static struct acq_run *stream_create_run(struct acq_stream *stream, struct mem_cgroup *charge)
{
	struct acq_config config = stream->config;
	struct acq_run *run, *old;
	u64 number = stream->producer.totals.runs + 1;
	bool mapping;
	int ret;

	lockdep_assert_held(&stream->life_lock);
	old = stream_replace_run(stream, NULL);
	do {
		run = acq_run_create(&config, number, stream->dev, old, charge);
		old = NULL;
		ret = PTR_ERR_OR_ZERO(run);
		mapping = !ret;
		if (mapping) {
			run->ring.output = acq_stream_is_output(stream);
			acq_readers_begin(run);
		}
		if (mapping && config.transfer == ACQ_TRANSFER_DMA) {
			ret = acq_run_map(run, stream->dev);
			if (ret)
				acq_run_put(run);
		}
	} while (ret == -ENOMEM && acq_config_smaller_blocks(stream, &config));
	if (ret) {
		if (ret != -EINTR)
			stream_say_no_ring(stream, ret, mapping);
		return ERR_PTR(ret);
	}
	if (config.block_bytes != stream->config.block_bytes)
		dev_info_ratelimited(stream->dev, "%s: memory is in pieces: blocks of %u KiB instead of %u\n",
				     stream->name, config.block_bytes >> 10,
				     stream->config.block_bytes >> 10);
	ret = acq_filters_begin(run, stream->dev, stream->name, stream->info.formats);
	if (ret) {
		acq_run_unmap(run);
		acq_run_put(run);
		return ERR_PTR(ret);
	}
	return run;
}

/* Start the card for a new run. Returns 0, or why it cannot be started: the run has failed. */
static int stream_launch(struct acq_stream *stream)
{
	struct acq_producer *p = &stream->producer;
	int ret;

	lockdep_assert_held(&stream->life_lock);
	scoped_guard(mutex, &p->lock) {
		ret = acq_producer_launch(p);
		if (ret == -ENOMEM) {
			/* The card has not failed. */
			WRITE_ONCE(p->run->never, true);
			acq_producer_end(p, ACQ_END_FAILED);
		} else if (ret) {
			acq_producer_fail(p, ret, ret == -ENODEV ? ACQ_FAILURE_NO_ANSWER :
								   ACQ_FAILURE_START);
		}
	}
	if (ret)
		acq_stream_halt(stream, ACQ_END_FINISHED);
	return ret;
}

/* A run for which there was no memory has never been. */
static void stream_drop_run(struct acq_stream *stream, struct acq_reader *reader)
{
	struct acq_run *run = stream_replace_run(stream, NULL);

	if (reader)
		acq_attach_undo(reader, run);
	acq_consumers_undo(stream, run);
	acq_run_put(run);
}

/**
 * acq_stream_wake() - resume the card, so that it can be started
 * @stream: the stream
 *
 * A resume walks PCI's buses, the lock of which errors of PCI Express hold while they
 * suspend the stream: so this comes before life_lock.
 *
 * Context: sleeps; not with life_lock.
 * Return: 0, then acq_stream_doze() undoes it; or -ENODEV: gone, -EIO, -ERESTARTSYS.
 */
int acq_stream_wake(struct acq_stream *stream)
{
	int ret;

	if (mutex_lock_killable(&stream->wake_lock))
		return -ERESTARTSYS;
	ret = READ_ONCE(stream->gone) ? -ENODEV : acq_power_get(stream->dev);
	if (!ret && stream->producer.ops->wake)
		stream->producer.ops->wake(stream);
	mutex_unlock(&stream->wake_lock);
	return ret;
}

/** acq_stream_doze() - undo acq_stream_wake(): a run that has been started keeps it awake */
void acq_stream_doze(struct acq_stream *stream)
{
	acq_power_put(stream->dev);
}

/**
 * acq_stream_start() - begin a new run
 * @stream: the stream
 * @explicit: it runs until ACQ_IOC_STOP, not until the last close
 * @reader: joins the new run at its begin; or NULL
 * @charge: whom its memory is charged to; NULL: the caller
 *
 * Context: life_lock, between acq_stream_wake() and acq_stream_doze(); sleeps.
 * Return: 0, or -EBUSY: it runs already, -ENODEV: gone, -EIO: lost until it is reset,
 * -ENOMEM: no memory, and the stream is as before, or what the card family's start()
 * returned.
 */
int acq_stream_start(struct acq_stream *stream, bool explicit, struct acq_reader *reader,
		     struct mem_cgroup *charge)
{
	struct acq_run *run;
	int ret = 0;

	lockdep_assert_held(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	/* A run that has ended but for stop_work: no need to wait for that. */
	if (stream_over(stream))
		acq_stream_halt(stream, ACQ_END_FINISHED);
	/* It waits for its writer to put enough: it need not. */
	if (explicit && stream->producer.paused && stream->run->filling) {
		WRITE_ONCE(stream->explicit, true);
		acq_output_play(stream, stream->run);
		return 0;
	}
	if (stream->producer.producing || stream->producer.paused)
		return -EBUSY;
	if (stream->broken)
		return -EIO;

	stream_power_up(stream);
	/* What an engine has held longer than its run may be what there is no room for. */
	if (stream->producer.ops->reclaim && !stream->asleep) {
		guard(mutex)(&stream->producer.lock);
		stream->producer.ops->reclaim(stream);
	}
	/* The run before this one is over, and so is what it was started for. */
	WRITE_ONCE(stream->explicit, false);
	run = stream_create_run(stream, charge);
	if (IS_ERR(run)) {
		stream_power_down(stream);
		return PTR_ERR(run);
	}
	/* Before its writer, which sees when it has put enough, has it */
	run->filling = run->ring.output && !explicit;
	acq_attach_begin_all(stream, reader, run);
	acq_consumers_begin(stream, run);
	stream_replace_run(stream, run);
	acq_recovery_begin(stream);
	if (stream->asleep)
		/* acq_stream_resume() launches it. */
		acq_state_set(&stream->life, ACQ_STATE_SUSPENDED);
	else if (READ_ONCE(run->filling))
		/* acq_output_play() does. */
		acq_state_set(&stream->life, ACQ_STATE_ARMED);
	else
		ret = stream_launch(stream);
	if (!ret)
		WRITE_ONCE(stream->explicit, explicit);
	else
		acq_attach_undo_asked(stream, run);
	if (ret == -ENOMEM) {
		stream_drop_run(stream, reader);
	} else {
		scoped_guard(spinlock, &stream->run_lock)
			WRITE_ONCE(stream->begun, true);
		/* Who wants to see what is played could not start it. */
		if (acq_stream_is_output(stream))
			acq_attach_answer_all(stream);
		acq_consumers_wake(stream);
	}
	return ret;
}

/**
 * acq_stream_stop() - end the run, but deliver what has been sampled
 * @stream: the stream
 *
 * Waits for the card to empty its buffer into the ring. If it does not within a
 * second, for want of free blocks or at all, what it still holds is lost and
 * counted as a gap at the end.
 *
 * Context: life_lock; sleeps.
 * Return: 0, or -ENODEV. Not running is no error.
 */
int acq_stream_stop(struct acq_stream *stream)
{
	struct acq_producer *p = &stream->producer;

	lockdep_assert_held(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	if (p->producing && acq_recovery_due(stream))
		acq_recovery_pause(stream, ACQ_CAUSE_RESET);
	if (p->producing) {
		scoped_guard(mutex, &p->lock) {
			acq_state_set(&stream->life, ACQ_STATE_DRAINING);
			p->ops->finish(stream);
		}
		if (!wait_event_timeout(p->halted, acq_run_end(stream->run), FINISH_TIMEOUT))
			dev_warn_ratelimited(stream->dev,
					     "%s: the card does not finish within a second: what it holds is lost\n",
					     stream->name);
	} else if (p->paused) {
		/* What has been missed until now is a loss at the end. */
		scoped_guard(mutex, &p->lock)
			acq_segment_next(p);
	}
	acq_stream_halt(stream, ACQ_END_FINISHED);
	return 0;
}

/**
 * acq_stream_trigger() - software trigger
 * @stream: the stream
 *
 * Context: sleeps.
 * Return: 0, -EINVAL if the run does not wait for a software trigger, -ENODATA
 * if there is no run, -EAGAIN if it waits for the other side of a link: the card ignores it.
 */
int acq_stream_trigger(struct acq_stream *stream)
{
	struct acq_producer *p = &stream->producer;

	guard(mutex)(&p->lock);
	if (!p->producing)
		return -ENODATA;
	if (p->run->config.trigger != ACQ_TRIGGER_SOFTWARE)
		return -EINVAL;
	if (acq_link_waits(p))
		return -EAGAIN;
	p->ops->trigger(stream);
	return 0;
}

/**
 * acq_stream_configure() - set what the next run will be started with
 * @stream: the stream
 * @config: rounded in place
 *
 * Context: life_lock; sleeps.
 * Return: 0, -EBUSY while it runs, -ENODEV, or -EINVAL.
 */
int acq_stream_configure(struct acq_stream *stream, struct acq_config *config)
{
	int ret;

	lockdep_assert_held(&stream->life_lock);
	if (stream->gone)
		return -ENODEV;
	if (stream_over(stream))
		acq_stream_halt(stream, ACQ_END_FINISHED);
	if (stream->producer.producing || stream->producer.paused)
		return -EBUSY;
	ret = acq_config_settle(stream, config);
	if (!ret)
		stream->config = *config;
	return ret;
}

/**
 * acq_stream_run() - the newest run with a reference
 * @stream: the stream
 *
 * Return: NULL if there is none, if it has not begun yet, or if it is about to end with
 * its last reader: who comes later gets the next one.
 */
struct acq_run *acq_stream_run(struct acq_stream *stream)
{
	guard(spinlock)(&stream->run_lock);
	return stream->run && stream->begun && !stream->closing ? acq_run_get(stream->run) : NULL;
}

/**
 * acq_stream_status() - the stream's part of struct acq_status
 * @stream: the stream
 * @status: zeroed
 * @fresh: may make the card work for it
 *
 * Context: sleeps.
 */
void acq_stream_status(struct acq_stream *stream, struct acq_status *status, bool fresh)
{
	if (acq_producer_status(&stream->producer, status, fresh) && READ_ONCE(stream->explicit))
		status->flags |= ACQ_STATUS_STARTED;
}

struct acq_stream *acq_stream_get(struct acq_stream *stream)
{
	kref_get(&stream->ref);
	return stream;
}

/**
 * acq_stream_open() - one more user
 * @stream: the stream; whoever calls keeps it meanwhile
 *
 * Return: 0 with a reference, or -EUSERS: an administrator has said that there are
 * enough.
 */
int acq_stream_open(struct acq_stream *stream)
{
	scoped_guard(spinlock, &stream->run_lock) {
		if (stream->users >= READ_ONCE(files_max))
			return -EUSERS;
		stream->users++;
	}
	acq_stream_get(stream);
	return 0;
}

/**
 * acq_stream_close() - one user less
 * @stream: the stream
 *
 * With the last one a run that a reader started ends, and its memory goes. One that
 * was started explicitly goes on, and what it left stays until the next start. Who
 * opens the stream from now on joins the run that goes on, or gets the next one: a
 * run that is about to end is not to be joined from the moment on that nobody has it.
 *
 * Context: sleeps.
 */
void acq_stream_close(struct acq_stream *stream)
{
	struct acq_run *run = NULL;
	bool last;

	scoped_guard(mutex, &stream->life_lock) {
		scoped_guard(spinlock, &stream->run_lock) {
			last = !--stream->users && (!stream->explicit || stream->gone);
			stream->closing = last && stream->run;
		}
		if (last) {
			acq_stream_halt(stream, ACQ_END_FINISHED);
			run = stream_replace_run(stream, NULL);
		}
	}
	if (run)
		acq_run_put(run);
	acq_stream_put(stream);
}

static void stream_release(struct kref *ref)
{
	struct acq_stream *stream = container_of(ref, struct acq_stream, ref);

	/*
	 * Closed files may have left some queued. The others have ended with the
	 * card, and with @gone nothing starts them again.
	 */
	cancel_work_sync(&stream->start_work);
	acq_recovery_cancel(stream);
	acq_run_charge_put(stream->ask_charge);
	cancel_work_sync(&stream->producer.turn_work);
	WARN_ON(stream->producer.producing);
	acq_serial_release(&stream->serial);
	if (stream->run)
		acq_run_put(stream->run);
	if (stream->node)
		stream_node_ops->free(stream->node);
	ida_free(&stream_ids, stream->id);
	put_device(stream->dev);
	kfree(stream);
}

/** acq_stream_put() - drop a reference; sleeps if it was the last */
void acq_stream_put(struct acq_stream *stream)
{
	kref_put(&stream->ref, stream_release);
}

static void stream_init_producer(struct acq_stream *stream, const struct acq_card_ops *ops)
{
	struct acq_producer *p = &stream->producer;

	p->stream = stream;
	p->ops = ops;
	p->up = &stream_producer_ops;
	p->life = &stream->life;
	p->info = &stream->info;
	p->dev = stream->dev;
	p->name = stream->name;
	p->id = stream->id;
	acq_producer_init(p);
}

/**
 * acq_stream_create() - make a stream for a card
 * @dev: the card's device
 * @ops: the card family
 * @card: its own pointer, see acq_stream_card()
 * @info: what the card is; @info->stream is filled in
 * @config: what it is configured to after its reset
 *
 * Interrupts may report to the stream from now on; nobody sees it before
 * acq_stream_register(). Undone by acq_stream_put(); after registration
 * acq_stream_remove() comes before that.
 *
 * Context: sleeps.
 * Return: the stream, or an ERR_PTR().
 */
struct acq_stream *acq_stream_create(struct device *dev, const struct acq_card_ops *ops,
				     void *card, const struct acq_info *info,
				     const struct acq_config *config)
{
	struct acq_stream *stream;
	int ret;

	stream = kzalloc(sizeof(*stream), GFP_KERNEL);
	if (!stream)
		return ERR_PTR(-ENOMEM);

	ret = ida_alloc(&stream_ids, GFP_KERNEL);
	if (ret < 0) {
		kfree(stream);
		return ERR_PTR(ret);
	}
	stream->id = ret;
	strscpy(stream->name, "acqdev", sizeof(stream->name));
	if (stream->id)
		snprintf(stream->name, sizeof(stream->name), "acqdev%d", stream->id);
	kref_init(&stream->ref);
	stream->dev = get_device(dev);
	stream->card = card;
	stream->info = *info;
	stream->info.stream = stream->id;
	/* Of a card that cannot count, the core ends the run; an output ends with its writer. */
	stream->producer.counts = info->caps & ACQ_CAP_COUNT;
	if (!acq_stream_is_output(stream))
		stream->info.caps |= ACQ_CAP_COUNT;
	mutex_init(&stream->wake_lock);
	mutex_init(&stream->life_lock);
	spin_lock_init(&stream->run_lock);
	acq_state_init(&stream->life, stream->id);
	stream_init_producer(stream, ops);
	acq_attach_init(stream);
	acq_serial_init(&stream->serial);
	INIT_LIST_HEAD(&stream->joinable);
	INIT_LIST_HEAD(&stream->consumers);
	INIT_WORK(&stream->stop_work, stream_stop_work);
	acq_recovery_init(stream);

	stream->config = *config;
	ret = acq_config_bound(stream);
	if (!ret)
		ret = acq_config_settle(stream, &stream->config);
	if (ret)
		goto err_put;
	acq_serial_claim(&stream->serial, dev, &stream->info);
	stream->node = stream_node_ops->create(stream);
	if (!stream->node) {
		ret = -ENOMEM;
		goto err_put;
	}
	return stream;

err_put:
	acq_stream_put(stream);
	return ERR_PTR(ret);
}

/**
 * acq_stream_register() - make the device node
 * @stream: from acq_stream_create()
 *
 * Context: sleeps; the card family can be called from now on.
 * Return: 0 or a negative errno; -EBUSY: no minor number is free.
 */
int acq_stream_register(struct acq_stream *stream)
{
	int ret = stream_node_ops->add(stream->node);

	if (!ret)
		acq_consumers_add(stream);
	return ret;
}

/**
 * acq_stream_remove() - the card is going, or gone
 * @stream: a registered stream
 *
 * Readers get what is in the ring, then ENODEV. The family is not called any
 * more when this returns; it may still report, and drops its reference with
 * acq_stream_put() once it cannot interrupt any more.
 *
 * Context: sleeps.
 */
void acq_stream_remove(struct acq_stream *stream)
{
	struct acq_run *run;

	/* No new opens; waits for the readers of attributes. Not under life_lock. */
	acq_consumers_remove(stream);
	stream_node_ops->remove(stream->node);

	scoped_guard(mutex, &stream->life_lock) {
		WRITE_ONCE(stream->gone, true);
		scoped_guard(mutex, &stream->producer.lock)
			stream->producer.gone = true;
		acq_stream_halt(stream, ACQ_END_GONE);
		acq_state_set(&stream->life, ACQ_STATE_GONE);
		/* Ended earlier, but what its readers get in the end is that it is gone. */
		run = stream->run;
		if (run) {
			spin_lock(&run->lock);
			WRITE_ONCE(run->ring.meta->end, ACQ_END_GONE);
			acq_readers_wake(run);
			spin_unlock(&run->lock);
		}
		acq_consumers_wake(stream);
	}
	acq_link_gone(stream);
	/* Who has not seen that it is gone has been through. */
	mutex_lock(&stream->wake_lock);
	mutex_unlock(&stream->wake_lock);
	/* The card may come back before its last file is closed. */
	acq_serial_release(&stream->serial);
	stream_node_ops->gone(stream->node);
	cancel_work_sync(&stream->stop_work);
	acq_recovery_cancel(stream);
	cancel_work_sync(&stream->producer.turn_work);
	cancel_delayed_work_sync(&stream->producer.watch_work);
	/* Who has asked for a start learns that there is nothing to start. */
	acq_attach_answer_all(stream);
	flush_work(&stream->start_work);
}

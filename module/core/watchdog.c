// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watchdog of a running card. See watchdog.h.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>

#include "../compat.h"
#include "producer.h"
#include "watchdog.h"

/* How often it looks after a running card */
#define WATCH_PERIOD	(HZ / 2)

/* A paced card is broken that samples so many times faster than configured. */
#define RATE_FACTOR_MAX		4
/* What comes at once at its begin is not judged. */
#define RATE_AFTER_NS		NSEC_PER_SEC

static bool rate_check = true;
module_param(rate_check, bool, 0644);
MODULE_PARM_DESC(rate_check, "fail a run whose samples come several times faster than configured (Y)");

/** acq_watchdog_start() - have it look soon; producer.lock */
void acq_watchdog_start(struct acq_producer *p)
{
	lockdep_assert_held(&p->lock);
	queue_delayed_work(system_percpu_wq, &p->watch_work, WATCH_PERIOD);
}

/*
 * Does a card that has a clock of its own keep to it? One that races on without it
 * delivers memory that it has not written.
 */
static bool watchdog_rate_is_sane(const struct acq_producer *p)
{
	const struct acq_config *config = &p->run->config;
	u64 ns = ktime_get_boottime_ns() - p->launched_ns;
	u64 frames = p->report.frames - p->segment.frames, most;

	if (!rate_check || !p->ops->paced || p->info->caps & ACQ_CAP_WAIT || ns < RATE_AFTER_NS)
		return true;
	most = RATE_FACTOR_MAX * acq_segment_frames(ns, config->rate_millihz) + config->pretrigger +
	       div_u64(p->info->fifo_bytes, config->frame_bytes);
	return frames <= most || p->report.frames <= p->segment.frames;
}

/**
 * acq_watchdog_beat() - the watchdog's beat
 * @p: the producer
 *
 * Makes up for a lost interrupt, and looks at the card whether samples flow or not.
 *
 * Context: sleeps.
 */
void acq_watchdog_beat(struct acq_producer *p)
{
	guard(mutex)(&p->lock);
	acq_producer_turn(p);
	acq_producer_check(p);
	if (acq_producer_runs(p) && !watchdog_rate_is_sane(p)) {
		dev_err_ratelimited(p->dev,
				    "%s: samples come over %u times faster than configured (%llu frames): stopped\n",
				    p->name, RATE_FACTOR_MAX, p->report.frames - p->segment.frames);
		acq_producer_fail(p, -EIO, ACQ_FAILURE_RATE);
	}
	if (acq_producer_runs(p))
		acq_watchdog_start(p);
}

static void watchdog_work(struct work_struct *work)
{
	acq_watchdog_beat(container_of(to_delayed_work(work), struct acq_producer, watch_work));
}

/** acq_watchdog_init() - of a producer that has no run yet */
void acq_watchdog_init(struct acq_producer *p)
{
	INIT_DELAYED_WORK(&p->watch_work, watchdog_work);
}

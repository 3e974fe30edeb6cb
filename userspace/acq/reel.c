// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "exit.h"
#include "reel.h"
#include "report.h"
#include "resume.h"
#include "series.h"
#include "stop.h"
#include "utc.h"

#define REEL_JOBS	8	/* that the thread may lag behind */
#define REEL_PAGE	4096	/* a file of whole ones lets the next one be written in place */

/* What the thread has to do, in this order */
struct reel_job {
	struct take *take;	/* to complete; NULL: a recording has begun */
	char *base;
	uint64_t number;
};

struct reel {
	const struct reel_options *options;
	struct series *series;		/* NULL: one file */
	struct resume resume;
	struct take_about about;
	struct take *take;		/* that is put to */
	uint64_t number;		/* of @take in the series */
	uint64_t limit;			/* bytes of a file; ~0: no limit */
	bool begun, gap, announced;
	bool ended;			/* nothing more can be put to @take */
	uint64_t files, bytes, copied;	/* of files before it */
	int error;
	char *failed;
	bool said;			/* what @error is has been complained about */

	pthread_t thread;
	bool threaded;
	pthread_mutex_t lock;		/* protects what follows */
	pthread_cond_t changed;
	struct reel_job job[REEL_JOBS];
	unsigned int first, jobs;	/* the first one may be under way */
	unsigned int completing;	/* takes that the thread has not completed yet */
	bool stop;
	struct reel_totals completed;	/* frames, gaps and lost */
	int thread_error;
	char *thread_failed, *trouble;
};

bool reel_is_series(const struct reel_options *o)
{
	return o->file_bytes || o->file_ns || o->split_at_gap;
}

static int64_t reel_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int reel_check(const struct reel_options *o)
{
	int status = series_check(o->name);
	char base[PATH_MAX];

	if (status)
		return status;
	if (!reel_is_series(o) && o->files) {
		complain("--files needs --max-file-size, --max-file-time or --split-at-gap: otherwise there is one file only");
		return EXIT_USAGE;
	}
	if (reel_is_series(o) && o->take.force) {
		complain("--force: a series is continued, and overwrites nothing");
		return EXIT_USAGE;
	}
	if (reel_is_series(o))
		return EXIT_OK;
	if (!series_expand(o->name, reel_now(), base, sizeof(base))) {
		complain("%s: the name is too long", o->name);
		return EXIT_USAGE;
	}
	return take_check(base, o->take.force);
}

static int reel_fail(struct reel *r, int err, const char *name)
{
	if (err && !r->error) {
		r->error = err;
		r->failed = strdup(name);
	}
	return err;
}

/* Which file it was is known only once @err is. */
static int reel_fail_take(struct reel *r, int err)
{
	return reel_fail(r, err, take_failed(r->take));
}

/* Open the next file's take. Returns an exit status; complains. */
static int reel_open_take(struct reel *r)
{
	struct take_options options = r->options->take;
	char base[PATH_MAX];
	bool ok;

	if (r->series)
		ok = series_next(r->series, reel_now(), base, sizeof(base), &r->number);
	else
		ok = series_expand(r->options->name, reel_now(), base, sizeof(base));
	if (!ok) {
		complain("%s: the name is too long", r->options->name);
		return EXIT_USAGE;
	}
	options.base = base;
	/* how much goes to this file of several is not known */
	if (r->series)
		options.size = 0;
	return take_open(&r->take, &options);
}

int reel_open(struct reel **out, const struct reel_options *options)
{
	struct reel *r = calloc(1, sizeof(*r));
	int status = EXIT_OK;

	*out = r;
	if (!r) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	r->options = options;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->changed, NULL);
	if (reel_is_series(options)) {
		status = series_open(&r->series, options->name, options->files);
		/* what cannot be repaired is no reason to miss what comes now */
		if (!status)
			resume_series(r->series, false, &r->resume);
	}
	return status ? status : reel_open_take(r);
}

/* How many frames there are in a time; what it has room for at most */
static uint64_t reel_frames(uint64_t ns, uint64_t rate_millihz)
{
	uint64_t whole = ns / 1000000000, rest = ns % 1000000000;

	/* a rate of some GHz, and times of years: 64 bits do for each part */
	if (__builtin_mul_overflow(whole, rate_millihz, &whole))
		return ~0ULL / 1000;
	return (whole + (uint64_t)(rest * (long double)rate_millihz / 1e9L)) / 1000;
}

/* A file's bytes: whole frames, and whole pages of them where the size is not exact anyway */
static uint64_t reel_limit(const struct reel *r)
{
	const struct acq_config *config = r->about.config;
	uint64_t frame = config->frame_bytes, frames, most = ~0ULL, step;

	if (r->options->file_bytes) {
		frames = r->options->file_bytes / frame;
		for (step = 1; step * frame % REEL_PAGE; step *= 2)
			;
		if (frames > step)
			frames -= frames % step;
		most = frames ? frames * frame : frame;
	}
	if (r->options->file_ns) {
		frames = reel_frames(r->options->file_ns, config->rate_millihz);
		frames = frames ? frames : 1;
		most = frames < most / frame ? frames * frame : most;
	}
	return most;
}

/* Has the thread do it; waits if that is far behind. */
static void reel_add_job(struct reel *r, struct take *take, const char *base, uint64_t number)
{
	struct reel_job job = { take, base ? strdup(base) : NULL, number };

	pthread_mutex_lock(&r->lock);
	while (r->jobs == REEL_JOBS)
		pthread_cond_wait(&r->changed, &r->lock);
	r->job[(r->first + r->jobs++) % REEL_JOBS] = job;
	r->completing += !!take;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
}

static void reel_add(struct reel_totals *sum, const struct take *take)
{
	const struct sigmf_totals *t = take_totals(take);

	sum->frames += t->frames;
	sum->gaps += t->gaps;
	sum->lost += t->lost;
	sum->estimated |= t->estimated;
}

/* The series' own files are worth a remark, but no end: the recordings say the same. */
static void reel_trouble(struct reel *r, int err)
{
	if (!err)
		return;
	pthread_mutex_lock(&r->lock);
	if (!r->trouble &&
	    asprintf(&r->trouble, "%s: %s", series_failed(r->series), strerror(-err)) < 0)
		r->trouble = NULL;
	pthread_mutex_unlock(&r->lock);
}

static void reel_do(struct reel *r, const struct reel_job *job)
{
	int err, listed;

	if (!job->take) {
		reel_trouble(r, series_begun(r->series, job->base, job->number));
		return;
	}
	err = take_complete(job->take, "rotated", EXIT_OK);
	/* what an error has left is a recording, too, if it could be completed */
	listed = series_completed(r->series, take_base(job->take));
	reel_trouble(r, err ? 0 : listed);
	pthread_mutex_lock(&r->lock);
	reel_add(&r->completed, job->take);
	r->completing--;
	if (err && !r->thread_error) {
		r->thread_error = err;
		r->thread_failed = strdup(take_failed(job->take));
	}
	pthread_mutex_unlock(&r->lock);
	take_close(job->take);
}

static void *reel_run(void *arg)
{
	struct reel *r = arg;
	struct reel_job job;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (!r->jobs && !r->stop)
			pthread_cond_wait(&r->changed, &r->lock);
		if (!r->jobs)
			break;
		job = r->job[r->first];
		pthread_mutex_unlock(&r->lock);
		reel_do(r, &job);
		free(job.base);
		pthread_mutex_lock(&r->lock);
		r->first = (r->first + 1) % REEL_JOBS;
		r->jobs--;
		pthread_cond_broadcast(&r->changed);
	}
	pthread_mutex_unlock(&r->lock);
	return NULL;
}

/* Waits until all is done. */
static void reel_stop_thread(struct reel *r)
{
	if (!r->threaded)
		return;
	pthread_mutex_lock(&r->lock);
	r->stop = true;
	pthread_cond_broadcast(&r->changed);
	pthread_mutex_unlock(&r->lock);
	pthread_join(r->thread, NULL);
	r->threaded = false;
}

/*
 * What the thread has met, in the thread that reports. *@hold: an older file is not complete, and
 * with an error never will be.
 */
static int reel_hear(struct reel *r, bool *hold)
{
	char *trouble;
	int err;

	pthread_mutex_lock(&r->lock);
	trouble = r->trouble;
	r->trouble = NULL;
	err = r->thread_error;
	*hold = r->completing || err;
	pthread_mutex_unlock(&r->lock);
	if (trouble)
		remark("%s", trouble);
	free(trouble);
	return err ? reel_fail(r, err, r->thread_failed) : 0;
}

static int reel_begin_take(struct reel *r)
{
	int err;

	r->about.number = r->number;
	err = take_begin(r->take, &r->about);
	if (err)
		return reel_fail(r, err, take_failed(r->take));
	r->files++;
	r->announced = false;
	r->ended = false;
	r->gap = false;
	/* only the first one continues something that was interrupted */
	r->about.continues = NULL;
	return 0;
}

/* A file's end by time is one of frames, whatever they have been before in the series. */
static struct series_full reel_full(const struct reel *r)
{
	struct series_full full = { .amount = r->limit };

	if (r->limit == ~0ULL) {
		full.amount = 0;
	} else if (!r->options->file_bytes) {
		full.amount = r->limit / r->about.config->frame_bytes;
		full.frames = true;
	}
	return full;
}

int reel_begin(struct reel *r, const struct take_about *about)
{
	struct series_full full;
	int err = 0;

	/* a disk that hangs may keep this and the thread waiting for ever */
	stop_insist("\nacq: ended at once: acq record --repair finishes what is there\n");
	r->about = *about;
	r->limit = reel_limit(r);
	if (r->series) {
		r->about.series = series_name(r->series);
		if (*r->resume.previous) {
			r->about.continues = r->resume.previous;
			r->about.continues_ns = r->resume.known ? r->resume.end_ns : 0;
		}
		full = reel_full(r);
		err = series_begin(r->series, &full);
		if (err)
			return reel_fail(r, err, series_failed(r->series));
		err = -pthread_create(&r->thread, NULL, reel_run, r);
		r->threaded = !err;
	}
	if (err)
		return reel_fail(r, err, take_data_name(r->take));
	err = reel_begin_take(r);
	r->begun = !err;
	return err;
}

/* The file after this one. 0 or a negative errno; then there is none. */
static int reel_next(struct reel *r)
{
	int status = reel_open_take(r);

	if (!status)
		return reel_begin_take(r);
	r->said = true;
	return reel_fail(r, status == EXIT_FULL ? -ENOSPC : -EIO, r->options->name);
}

/* Nothing of the ring is needed for this file any more. */
static int reel_drain(struct reel *r)
{
	int err = r->ended ? 0 : take_end(r->take);

	r->ended = true;
	while (!err && !take_drained(r->take))
		err = take_reap(r->take, true);
	return reel_fail(r, err, take_failed(r->take));
}

/*
 * End this file, begin the next; without that one this is the last. A disk that fails must fail
 * before: what followed in another file would hide that samples are missing.
 */
static int reel_turn(struct reel *r)
{
	struct take *old = r->take;
	int err = reel_drain(r);

	if (err)
		return err;
	r->take = NULL;
	err = reel_next(r);
	if (err) {
		take_close(r->take);
		r->take = old;
		r->ended = true;
		return err;
	}
	r->bytes += take_bytes(old);
	r->copied += take_copied(old);
	reel_add_job(r, old, NULL, 0);
	return 0;
}

static bool reel_is_full(const struct reel *r)
{
	uint64_t bytes = take_bytes(r->take);

	/* of nothing there is no end */
	return r->series && bytes && (bytes >= r->limit || (r->gap && r->options->split_at_gap));
}

/* A recording counts once it has samples: one that has none removes no other. */
static void reel_announce(struct reel *r)
{
	if (!r->series || r->announced)
		return;
	r->announced = true;
	reel_add_job(r, NULL, take_base(r->take), r->number);
}

int reel_put(struct reel *r, const struct acq_span *span)
{
	struct acq_span rest = *span, part;
	uint64_t room;
	int err = 0;

	while (rest.bytes && !err) {
		if (reel_is_full(r))
			err = reel_turn(r);
		if (err)
			break;
		reel_announce(r);
		room = r->limit - take_bytes(r->take);
		part = rest;
		part.bytes = room < rest.bytes ? room : rest.bytes;
		part.frames = part.bytes / part.frame_bytes;
		err = reel_fail_take(r, take_put(r->take, &part));
		r->gap = false;
		rest.data = (const char *)rest.data + part.bytes;
		rest.position += part.bytes;
		rest.index += part.frames;
		rest.frames -= part.frames;
		rest.bytes -= part.bytes;
	}
	return err;
}

void reel_gap(struct reel *r, const struct acq_gap *gap)
{
	r->gap = true;
	take_gap(r->take, gap);
}

int reel_tick(struct reel *r)
{
	bool hold;
	int err = reel_hear(r, &hold);

	take_hold(r->take, hold);
	return err ? err : reel_fail_take(r, take_tick(r->take));
}

bool reel_is_due(const struct reel *r)
{
	return take_is_due(r->take);
}

int reel_reap(struct reel *r, bool wait)
{
	return reel_fail_take(r, take_reap(r->take, wait));
}

unsigned int reel_under_way(const struct reel *r)
{
	return take_under_way(r->take);
}

uint64_t reel_needs(const struct reel *r)
{
	return take_needs(r->take);
}

size_t reel_align(const struct reel *r)
{
	return take_align(r->take);
}

const char *reel_data_name(const struct reel *r)
{
	return r->take ? take_data_name(r->take) : r->options->name;
}

const char *reel_continues(const struct reel *r, int64_t *end_ns)
{
	*end_ns = r->resume.known ? r->resume.end_ns : 0;
	return *r->resume.previous ? r->resume.previous : NULL;
}

const char *reel_failed(const struct reel *r)
{
	return r->failed ? r->failed : r->options->name;
}

bool reel_has_said(const struct reel *r)
{
	return r->said;
}

void reel_sum(struct reel *r, struct reel_totals *totals)
{
	pthread_mutex_lock(&r->lock);
	*totals = r->completed;
	pthread_mutex_unlock(&r->lock);
	totals->files = r->files;
	totals->bytes = r->bytes + take_bytes(r->take);
	totals->written = r->bytes + take_written(r->take);
	totals->copied = r->copied + take_copied(r->take);
}

/* The last file; the thread is no more. */
static int reel_complete_last(struct reel *r, const char *reason, int status)
{
	int err, listed;

	err = take_complete(r->take, reason, status);
	reel_fail(r, err, take_failed(r->take));
	reel_add(&r->completed, r->take);
	if (!r->series)
		return err;
	/* one that had nothing would only hide which one was the last */
	if (!err && !take_totals(r->take)->frames && !take_totals(r->take)->gaps) {
		r->files--;
		reel_trouble(r, series_discard(r->series, take_base(r->take)));
		return 0;
	}
	listed = series_completed(r->series, take_base(r->take));
	reel_trouble(r, err ? 0 : listed);
	return err;
}

int reel_end(struct reel *r)
{
	return reel_drain(r);
}

int reel_complete(struct reel *r, const char *reason, int status)
{
	bool hold;
	int err;

	reel_stop_thread(r);
	err = reel_complete_last(r, reason, status);
	reel_hear(r, &hold);
	return r->error ? r->error : err;
}

void reel_close(struct reel *r)
{
	if (!r)
		return;
	reel_stop_thread(r);
	take_close(r->take);
	series_close(r->series);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	free(r->thread_failed);
	free(r->trouble);
	free(r->failed);
	free(r);
}

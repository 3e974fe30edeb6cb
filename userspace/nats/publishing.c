// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "config.h"
#include "exit.h"
#include "identity.h"
#include "json.h"
#include "outbox.h"
#include "publishing.h"
#include "report.h"
#include "stop.h"
#include "summary.h"
#include "text.h"
#include "utc.h"

#define FLUSH		0.1	/* seconds that a sample waits for others to fill a message */
#define PAUSE_MS	10	/* between two looks at the ring while messages are under way */
#define WAIT_NS		100000000
#define GRACE		3.0	/* seconds for what is under way when somebody ends it */
#define GAPS_SHOWN	100
#define PROGRESS	0.2
#define AWAY		1.0	/* seconds without a server that are worth a word */

struct publishing {
	const struct device *dev;
	const struct publishing_options *options;
	struct store_options store;
	char subject[IDENTITY_SUBJECT_MAX], stream[IDENTITY_SUBJECT_MAX];
	struct acq_info info;
	struct acq_config config;
	struct summary summary;
	struct spool *spool;
	struct outbox *outbox;
	int wake;

	struct message about;		/* what all messages of the run have */
	uint64_t run;
	bool known_run;
	struct utc_clock clock;
	double next_clock, next_flush, next_progress, up_at;
	struct {
		uint64_t index, ns, card;
	} seen;
	size_t message;			/* bytes of a whole one */
	uint64_t position, released;	/* in the ring: taken, and given back */
	struct spool_done resume;	/* an earlier publisher got so far */
	struct outbox_entry stuck;	/* taken, and there is no room for it */
	bool is_stuck, spool_full, said_away;
	uint64_t frames, bytes, gaps, lost, spooled;
	bool estimated;
	double began, asked;		/* asked: to end */
	const char *end;
};

static bool publishing_holds(const struct publishing *p)
{
	return p->position > p->released;
}

static int publishing_release(struct publishing *p, uint64_t position)
{
	int err;

	if (position <= p->released)
		return EXIT_OK;
	p->released = position;
	err = acq_release(p->dev->acq, position);
	return err ? device_error(p->dev, "return samples to the ring", err) : EXIT_OK;
}

/* What the servers have goes, from the spool and from the ring. */
static int publishing_reap(struct publishing *p)
{
	struct spool_place place;
	struct spool_done done = { };
	struct outbox_entry entry;
	bool spooled = false;
	int status = EXIT_OK;

	while (!status && outbox_take_done(p->outbox, &entry)) {
		strcpy(done.run, entry.m.run);
		done.index = message_next(&entry.m);
		if (entry.spooled)
			place = entry.place;
		else
			status = publishing_release(p, entry.ring_end);
		spooled |= entry.spooled;
		/* each once it is known, so that the spool's files go */
		if (spooled && !entry.spooled)
			spool_is_done(p->spool, &done, &place);
		spooled &= entry.spooled;
	}
	if (*done.run && p->spool)
		spool_is_done(p->spool, &done, spooled ? &place : NULL);
	return status;
}

/* From the spool to what is sent */
static int publishing_load(struct publishing *p)
{
	struct outbox_entry entry = { .spooled = true };
	int ret = 1;

	while (p->spool && ret > 0 && outbox_has_room(p->outbox) && spool_has_more(p->spool)) {
		ret = spool_next(p->spool, &entry.m, &entry.place);
		if (ret > 0)
			outbox_put(p->outbox, &entry);
	}
	if (ret >= 0)
		return EXIT_OK;
	complain("%s cannot be read: %s", p->options->spool, strerror(-ret));
	return EXIT_SYSTEM;
}

static int publishing_put_spool(struct publishing *p, struct outbox_entry *entry)
{
	int err = spool_put(p->spool, &entry->m, entry->ring, &entry->place);

	if (!err) {
		p->spooled++;
		p->spool_full = false;
		return 0;
	}
	if (!p->spool_full && err == -ENOSPC)
		remark("the spool is full: the ring holds what it can");
	else if (!p->spool_full)
		remark("%s cannot be written: %s: the ring holds what it can", p->options->spool,
		       strerror(-err));
	p->spool_full = true;
	return err;
}

struct publishing_move {
	struct publishing *p;
	uint64_t end;
	bool moved;
};

static int publishing_move_entry(void *arg, struct outbox_entry *entry)
{
	struct publishing_move *move = arg;
	int err = publishing_put_spool(move->p, entry);

	if (err)
		return err;
	move->moved = true;
	move->end = entry->ring_end;
	return 0;
}

/* What is under way and in the ring moves to the spool. 0: all of it has. */
static int publishing_move(struct publishing *p)
{
	struct publishing_move move = { .p = p };
	int err;

	err = outbox_spool(p->outbox, publishing_move_entry, &move);
	if (!move.moved)
		return err;
	spool_took_all(p->spool);
	return publishing_release(p, move.end) ? -EIO : err;
}

/*
 * Behind all that there is, in memory or in the spool: once anything is there, all goes there until
 * the servers have it. False: nowhere is room.
 */
static bool publishing_place(struct publishing *p, struct outbox_entry *entry)
{
	if (!p->spool || (!spool_bytes(p->spool) && outbox_has_room(p->outbox))) {
		if (!outbox_has_room(p->outbox))
			return false;
		outbox_put(p->outbox, entry);
		return true;
	}
	if (publishing_move(p) || publishing_put_spool(p, entry))
		return false;
	return !publishing_release(p, entry->ring_end);
}

static void publishing_put(struct publishing *p, struct outbox_entry *entry)
{
	p->is_stuck = !publishing_place(p, entry);
	if (p->is_stuck)
		p->stuck = *entry;
}

static int publishing_learn_run(struct publishing *p, uint64_t run)
{
	struct acq *acq = p->dev->acq;
	int err;

	if (p->known_run && run == p->run)
		return EXIT_OK;
	err = acq_get_config(acq, &p->config);
	if (err)
		return device_error(p->dev, "read its configuration", err);
	p->run = run;
	p->known_run = true;
	identity_run(p->dev->path, run, p->about.run, sizeof(p->about.run));
	message_set_config(&p->about, &p->config);
	if (strcmp(p->resume.run, p->about.run))
		p->resume.run[0] = '\0';
	return EXIT_OK;
}

static void publishing_set_time(struct publishing *p, struct message *m)
{
	double now = clock_seconds();
	int64_t ns;

	if (now >= p->next_clock) {
		utc_read(&p->clock);
		p->next_clock = now + 1;
	}
	ns = utc_of(&p->clock, p->seen.ns, p->seen.index, m->index, p->config.rate_millihz);
	m->time_ns = ns > 0 ? ns : 0;
	m->card_time = p->seen.card;
	m->card_index = p->seen.index;
	m->synchronized = p->clock.synchronized;
	m->error_us = p->clock.error_us;
}

static void publishing_put_gap(struct publishing *p, const struct acq_gap *gap, uint64_t position)
{
	struct outbox_entry entry = { .m = p->about, .ring_end = position };
	struct message *m = &entry.m;

	m->kind = MESSAGE_GAP;
	m->index = gap->index;
	m->position = gap->position;
	m->frames = gap->lost;
	m->cause = gap->cause;
	m->estimated = !!(gap->flags & ACQ_GAP_ESTIMATED);
	if (p->seen.ns)
		publishing_set_time(p, m);
	p->gaps++;
	p->lost += gap->lost;
	p->estimated |= m->estimated;
	if (p->gaps <= GAPS_SHOWN)
		report_gap(gap, gap->position);
	if (p->gaps == GAPS_SHOWN)
		remark("further gaps are published, and not printed");
	publishing_put(p, &entry);
}

/*
 * An earlier publisher of this run has published up to p->resume. False: all of these @frames from
 * @index on, too; else *@less of them. What was lost between the two is a gap.
 */
static bool publishing_resume(struct publishing *p, const struct acq_span *span, uint64_t index,
			      uint64_t frames, uint64_t *less)
{
	uint64_t next = p->resume.index;

	*less = 0;
	if (!*p->resume.run)
		return true;
	if (index + frames <= next)
		return false;
	p->resume.run[0] = '\0';
	if (index <= next) {
		*less = next - index;
		return true;
	}
	publishing_put_gap(p, &(struct acq_gap) {
		.index = next, .lost = index - next, .position = span->position,
		.cause = ACQ_CAUSE_OVERTAKEN,
	}, p->position);
	return true;
}

static int publishing_take_samples(struct publishing *p, const struct acq_span *span)
{
	struct outbox_entry entry = { .ring = span->data };
	struct message *m = &entry.m;
	uint64_t less;
	bool wanted;

	if (span->flags & ACQ_SPAN_TIME) {
		p->seen.index = span->time_index;
		p->seen.ns = span->time_ns;
		p->seen.card = span->card_time;
	}
	wanted = publishing_resume(p, span, span->index, span->frames, &less);
	p->position = span->position + span->bytes;
	if (!wanted)
		return publishing_release(p, p->position);
	*m = p->about;
	m->kind = MESSAGE_BLOCK;
	m->index = span->index + less;
	m->position = span->position + less * span->frame_bytes;
	m->frames = span->frames - less;
	m->frame_bytes = span->frame_bytes;
	entry.ring = (const char *)span->data + less * span->frame_bytes;
	entry.ring_end = p->position;
	publishing_set_time(p, m);
	p->frames += m->frames;
	p->bytes += m->frames * m->frame_bytes;
	publishing_put(p, &entry);
	return EXIT_OK;
}

static int publishing_take_gap(struct publishing *p, const struct acq_span *span)
{
	struct acq_gap gap = span->gap;
	uint64_t less;

	if (!publishing_resume(p, span, gap.index, gap.lost, &less))
		return EXIT_OK;
	gap.index += less;
	gap.lost -= less;
	publishing_put_gap(p, &gap, p->position);
	return EXIT_OK;
}

/* The run is over: whoever reads it knows how much it had. */
static void publishing_take_end(struct publishing *p, const struct acq_span *span)
{
	struct outbox_entry entry = { .m = p->about, .ring_end = p->position };

	if (!p->known_run)
		return;
	entry.m.kind = MESSAGE_END;
	entry.m.index = span->index;
	entry.m.position = span->position;
	if (p->seen.ns)
		publishing_set_time(p, &entry.m);
	publishing_put(p, &entry);
}

/* How much to ask for: pieces end at the same places of the run whoever publishes it. */
static size_t publishing_wanted(const struct publishing *p)
{
	uint64_t limit = p->options->frames, want = p->message - p->position % p->message, left;

	left = limit > p->frames ? limit - p->frames : 0;
	if (limit && left < want / p->config.frame_bytes)
		want = left * p->config.frame_bytes;
	return want;
}

/* The next event, if it is worth a message. 1: there was one; 0: there was none */
static int publishing_take(struct publishing *p, int *status)
{
	size_t want = publishing_wanted(p), behind = acq_behind(p->dev->acq);
	bool idle = !publishing_holds(p) && !outbox_pending(p->outbox);
	double now = clock_seconds();
	struct acq_span span;
	int event;

	if (!want) {
		p->end = "limit";
		return 0;
	}
	if (behind < want && (behind || publishing_holds(p)) && now < p->next_flush)
		return 0;
	p->next_flush = now + FLUSH;
	event = acq_next(p->dev->acq, &span, want, idle ? WAIT_NS : 0);
	if (event == -EAGAIN || event == -EINTR)
		return 0;
	/* what the ring had before is not ours */
	if (event >= 0 && !p->known_run) {
		p->position = span.position;
		p->released = span.position;
	}
	if (event >= 0)
		*status = publishing_learn_run(p, span.run);
	if (*status)
		return 0;
	if (event == ACQ_EVENT_DATA) {
		*status = publishing_take_samples(p, &span);
	} else if (event == ACQ_EVENT_GAP) {
		*status = publishing_take_gap(p, &span);
	} else if (event == ACQ_EVENT_END) {
		p->end = "finished";
		publishing_take_end(p, &span);
	} else {
		*status = device_read_error(p->dev, event, &p->end);
		publishing_take_end(p, &(struct acq_span) {
			.index = *p->resume.run && p->resume.index > p->about.index ?
				 p->resume.index : p->about.index, .position = p->position });
	}
	/* where an end would be, if the next thing is a failure */
	if (event == ACQ_EVENT_DATA)
		p->about.index = span.index + span.frames;
	else if (event == ACQ_EVENT_GAP)
		p->about.index = span.gap.index + span.gap.lost;
	return 1;
}

/* May something be taken from the ring now? */
static bool publishing_may_take(struct publishing *p)
{
	uint64_t full = p->position - p->released + acq_behind(p->dev->acq);

	if (p->is_stuck)
		publishing_put(p, &p->stuck);
	if (p->end || p->is_stuck)
		return false;
	if (!p->spool)
		return outbox_has_room(p->outbox);
	if (spool_bytes(p->spool))
		return true;
	if (full < p->config.ring_bytes / 2)
		return outbox_has_room(p->outbox);
	return !publishing_move(p) || outbox_has_room(p->outbox);
}

/* The user gets to know when the servers go, and when they are back. */
static void publishing_tell(struct publishing *p)
{
	double now = clock_seconds();
	char text[256];

	if (outbox_is_up(p->outbox) || !outbox_pending(p->outbox)) {
		if (p->said_away)
			remark("publishing again");
		p->said_away = false;
		p->up_at = now;
	} else if (!p->said_away && now > p->up_at + AWAY) {
		outbox_trouble(p->outbox, text, sizeof(text));
		remark("%s: %s", text, p->spool ? "ring and spool hold the samples" :
		       "the ring holds the samples");
		p->said_away = true;
	}
}

static void publishing_show(struct publishing *p)
{
	char much[TEXT_MAX], gaps[TEXT_MAX], spool[TEXT_MAX];
	double now = clock_seconds();

	if (p->options->quiet || now < p->next_progress || !isatty(STDERR_FILENO))
		return;
	report_gaps(p->gaps, p->lost, p->estimated, gaps, sizeof(gaps));
	progress("%.40sB, %.80s, %u messages under way, spool %.40sB", format_human(p->bytes, much),
		 gaps, outbox_pending(p->outbox),
		 format_human(p->spool ? spool_bytes(p->spool) : 0, spool));
	p->next_progress = now + PROGRESS;
}

/* Is everything with the servers, or as much as can be? */
static bool publishing_is_over(struct publishing *p)
{
	if (!p->end)
		return false;
	if (!p->is_stuck && !outbox_pending(p->outbox) &&
	    !(p->spool && spool_has_more(p->spool)))
		return true;
	if (stop_reason() != STOP_SIGNAL)
		return false;
	/* what is under way has a moment; the spool keeps the rest */
	if (!p->asked)
		p->asked = clock_seconds();
	return clock_seconds() > p->asked + GRACE || !outbox_is_up(p->outbox);
}

static void publishing_wait(struct publishing *p)
{
	struct pollfd pollfd = { .fd = p->wake, .events = POLLIN };
	eventfd_t value;

	if (poll(&pollfd, 1, PAUSE_MS) > 0)
		eventfd_read(p->wake, &value);
}

/* The first thing that is wrong ends it; the status of that. */
static int publishing_loop(struct publishing *p)
{
	int status, err, taken, failed = EXIT_OK;

	while (!publishing_is_over(p)) {
		if (stop_reason() && !p->end)
			p->end = stop_reason() == STOP_TIME ? "time" : "signal";
		if (outbox_failed(p->outbox)) {
			complain("%s", outbox_failed(p->outbox));
			p->end = "error";
			return EXIT_SYSTEM;
		}
		status = publishing_reap(p);
		err = publishing_load(p);
		taken = 0;
		if (!status && !err && publishing_may_take(p))
			taken = publishing_take(p, &status);
		if (err || (status && !p->end)) {
			p->end = p->end ?: "error";
			return err ?: status;
		}
		/* a card that is gone: what it had is published */
		failed = failed ? failed : status;
		publishing_tell(p);
		publishing_show(p);
		if (!taken && (publishing_holds(p) || outbox_pending(p->outbox) || p->end))
			publishing_wait(p);
	}
	return failed;
}

/* What nobody has is kept, if there is where. */
static int publishing_keep(struct publishing *p, int status)
{
	unsigned int pending;

	publishing_reap(p);
	pending = outbox_pending(p->outbox);
	if (p->spool && !publishing_move(p) && p->is_stuck)
		publishing_put(p, &p->stuck);
	if (!pending && !p->is_stuck && !(p->spool && spool_has_more(p->spool)))
		return status;
	if (p->spool && !p->spool_full) {
		remark("the spool %s keeps what no server has: the next publisher publishes it",
		       p->options->spool);
		return status;
	}
	complain("%u message%s not acknowledged%s", pending, pending == 1 ? " was" : "s were",
		 p->spool ? ", and the spool is full" : ": --spool DIR would have kept them");
	return status ? status : EXIT_SYSTEM;
}

static int publishing_attach(struct publishing *p)
{
	const struct publishing_options *o = p->options;
	struct acq_reader_config reader = {
		.flags = o->oldest || o->start ? ACQ_READER_OLDEST : 0,
		.watermark = p->message, .flush_us = FLUSH * 1e6,
	};
	struct acq *acq = p->dev->acq;
	struct acq_status status;
	char run[MESSAGE_RUN_MAX];
	int err;

	if (*p->resume.run && !acq_get_status(acq, &status)) {
		identity_run(p->dev->path, status.run, run, sizeof(run));
		if (!strcmp(run, p->resume.run))
			reader.flags |= ACQ_READER_OLDEST;
	}
	err = acq_set_reader(acq, &reader);
	if (err)
		return device_error(p->dev, "choose how to read", err);
	err = o->start ? acq_start(acq) : 0;
	if (err)
		return device_error(p->dev, "start the stream", err);
	err = acq_begin(acq, ACQ_MODE_MMAP, p->message, ACQ_HOLD);
	return err ? device_read_error(p->dev, err, &p->end) : EXIT_OK;
}

static void publishing_describe_card(struct publishing *p)
{
	struct message *m = &p->about;

	identity_host(m->host, sizeof(m->host));
	snprintf(m->device, sizeof(m->device), "%.63s", p->dev->path);
	snprintf(m->card, sizeof(m->card), "%.31s", p->info.card);
	snprintf(m->family, sizeof(m->family), "%.15s", p->info.family);
	snprintf(m->serial, sizeof(m->serial), "%.31s", p->info.serial);
	m->channels = p->info.channels;
	m->timestamp_hz = p->info.timestamp_hz;
}

static int publishing_prepare(struct publishing *p)
{
	const struct publishing_options *o = p->options;
	struct acq *acq = p->dev->acq;
	int err;

	err = acq_get_info(acq, &p->info);
	if (!err)
		err = acq_get_config(acq, &p->config);
	if (err)
		return device_error(p->dev, "read its configuration", err);
	publishing_describe_card(p);
	p->store = o->store;
	identity_subject(&p->info, p->subject, sizeof(p->subject));
	p->store.subject = o->store.subject ?: p->subject;
	identity_stream(p->store.subject, p->stream, sizeof(p->stream));
	p->store.stream = o->store.stream ?: p->stream;
	p->message = o->message < p->config.ring_bytes / 8 ? o->message : p->config.ring_bytes / 8;
	p->message -= p->message % p->config.frame_bytes;
	if (!p->message)
		p->message = p->config.frame_bytes;
	err = summary_open(&p->summary, o->json, o->json_file);
	if (!err && o->spool) {
		err = spool_open(&p->spool, o->spool, o->spool_size, p->store.subject,
				 p->store.stream);
		if (!err)
			p->resume = *spool_known(p->spool);
	}
	return err;
}

static int publishing_open_outbox(struct publishing *p)
{
	const struct publishing_options *o = p->options;
	struct outbox_options outbox = {
		.link = o->link, .store = p->store, .depth = o->depth,
		.bytes = o->message, .spool = p->spool,
	};

	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake < 0) {
		complain("eventfd: %s", strerror(errno));
		return EXIT_SYSTEM;
	}
	outbox.wake = p->wake;
	return outbox_open(&p->outbox, &outbox);
}

static struct json_object *publishing_describe(struct publishing *p, int status)
{
	struct json_object *o = json_object_new_object();
	struct outbox_totals totals = { };

	if (p->outbox)
		outbox_totals(p->outbox, &totals);
	json_text(o, "subject", p->store.subject ?: "");
	json_text(o, "stream", p->store.stream ?: "");
	json_text(o, "end", p->end);
	json_u64(o, "exit", status);
	if (*report_last())
		json_text(o, "error", report_last());
	json_text(o, "device", p->dev->path);
	json_text(o, "run", p->about.run);
	json_u64(o, "frames", p->frames);
	json_u64(o, "bytes", p->bytes);
	json_u64(o, "gaps", p->gaps);
	json_u64(o, "lost", p->lost);
	json_flag(o, "estimated", p->estimated);
	json_u64(o, "acknowledged", totals.messages);
	json_u64(o, "acknowledged_bytes", totals.bytes);
	json_u64(o, "repeated", totals.repeated);
	json_u64(o, "resent", totals.resent);
	json_u64(o, "spooled", p->spooled);
	json_number(o, "seconds", clock_seconds() - p->began);
	return o;
}

static void publishing_summarize(struct publishing *p)
{
	char much[TEXT_MAX], gaps[TEXT_MAX];
	struct outbox_totals totals;
	double seconds = clock_seconds() - p->began;

	if (p->options->quiet)
		return;
	outbox_totals(p->outbox, &totals);
	report_gaps(p->gaps, p->lost, p->estimated, gaps, sizeof(gaps));
	remark("%s: %.40sB in %.1f s, %s, %" PRIu64 " messages, %" PRIu64 " of them sent again",
	       p->store.subject, format_human(totals.bytes, much), seconds, gaps, totals.messages,
	       totals.resent);
}

int publishing_run(const struct device *dev, const struct publishing_options *options)
{
	struct publishing p = { .dev = dev, .options = options, .wake = -1 };
	int status, err;

	stop_catch();
	p.began = clock_seconds();
	p.up_at = p.began;
	status = publishing_prepare(&p);
	report_hurry();
	if (!status)
		status = publishing_open_outbox(&p);
	if (!status)
		status = publishing_attach(&p);
	if (options->milli)
		stop_after(options->milli);
	if (!status) {
		status = publishing_loop(&p);
		progress_end();
		status = publishing_keep(&p, status);
		publishing_summarize(&p);
	}
	report_calm();
	if (!status && options->strict && p.gaps)
		status = EXIT_GAP;
	if (!p.end)
		p.end = "error";
	if (options->json) {
		err = summary_write(&p.summary, publishing_describe(&p, status));
		status = status ? status : err;
	}
	outbox_close(p.outbox);
	acq_finish(dev->acq);
	spool_close(p.spool);
	if (p.wake >= 0)
		close(p.wake);
	return status;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "account.h"
#include "clock.h"
#include "config.h"
#include "disk.h"
#include "exit.h"
#include "journal.h"
#include "json.h"
#include "names.h"
#include "report.h"
#include "sigmf_name.h"
#include "take.h"
#include "utc.h"

#define TIME_PAUSE	20.0	/* seconds between two times of day; one a minute is promised */

struct take {
	char *base, *data_name;
	double flush, flush_next, time_next;
	const struct utc_clock *clock;	/* NULL: this machine's */
	struct disk *disk;
	struct account *account;
	bool begun, held;
	uint32_t frame;			/* bytes of one */
	uint64_t rate_millihz;

	uint64_t bytes, told;		/* put; of these, the account knows as written */
	bool in_segment;
	uint64_t run, next_index;	/* of it */
	/* when the driver saw a sample last, and the last of which the account knows */
	struct {
		uint64_t index, ns, card;
		bool known;
	} seen;
	uint64_t timed;

	int err;
	const char *failed;
	struct sigmf_totals totals;
};

/* Keeps the first error, and the name that belongs to it. */
static int take_fail(struct take *t, const char *name, int err)
{
	if (err && !t->err) {
		t->err = err;
		t->failed = name;
	}
	return err;
}

static int take_account_error(struct take *t)
{
	const char *name;
	int err = account_error(t->account, &name);

	return take_fail(t, name, err);
}

int take_status_of(int err)
{
	return err == -ENOSPC || err == -EDQUOT || err == -EFBIG ? EXIT_FULL : EXIT_SYSTEM;
}

static int take_check_file(const char *base, const char *suffix, bool force)
{
	bool journal = !strcmp(suffix, SIGMF_JOURNAL);
	char *name = sigmf_name(base, suffix);
	int status = EXIT_OK;
	struct stat st;

	if (!name) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	if (!stat(name, &st) || !lstat(name, &st)) {
		if (journal && account_state(base) == ACCOUNT_FINISHED)
			status = EXIT_OK;	/* it is empty, and the metadata is complete */
		else if (!S_ISREG(st.st_mode) && !(S_ISLNK(st.st_mode) && force)) {
			complain("%s is not a file", name);
			status = EXIT_USAGE;
		} else if (!force) {
			complain("%s exists: --force overwrites it%s", name,
				 journal ? ", --repair finishes it" : "");
			status = EXIT_SYSTEM;
		}
	}
	free(name);
	return status;
}

int take_check(const char *base, bool force)
{
	int status;

	if (account_state(base) == ACCOUNT_BUSY) {
		complain("%s%s: another process is recording it (fuser -v %s%s)", base, SIGMF_DATA,
			 base, SIGMF_JOURNAL);
		return EXIT_SYSTEM;
	}
	status = take_check_file(base, SIGMF_JOURNAL, force);
	if (!status)
		status = take_check_file(base, SIGMF_DATA, force);
	if (!status)
		status = take_check_file(base, SIGMF_META, force);
	return status;
}

static int take_open_account(struct take *t, bool force)
{
	const char *name;
	int err;

	err = account_open(&t->account, t->base, force);
	if (!err)
		return EXIT_OK;
	if (!t->account) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	account_error(t->account, &name);
	if (err == -EWOULDBLOCK)
		complain("%s: another process is recording it (fuser -v %s)", t->data_name, name);
	else
		complain("%s cannot be created: %s", name, strerror(-err));
	return take_status_of(err);
}

int take_open(struct take **out, const struct take_options *o)
{
	struct take *t = calloc(1, sizeof(*t));
	int status;

	*out = t;
	if (t) {
		t->flush = o->flush;
		t->clock = o->clock;
		t->base = strdup(o->base);
		t->data_name = sigmf_name(o->base, SIGMF_DATA);
	}
	if (!t || !t->base || !t->data_name) {
		complain("out of memory");
		return EXIT_SYSTEM;
	}
	status = take_check(o->base, o->force);
	/* first what locks: the data of a recording that somebody makes must not be touched */
	if (!status)
		status = take_open_account(t, o->force);
	if (!status)
		status = disk_open(&t->disk, t->data_name, o->chunk, o->depth, o->size, o->force);
	return status;
}

static void take_add_format(struct json_object *o, const struct acq_config *config)
{
	unsigned int width = format_width(config->format);
	char text[16];

	json_text(o, "format", name_of(&format_names, config->format));
	snprintf(text, sizeof(text), "r%c%u%s", format_signed(config->format) ? 'i' : 'u',
		 8 * width, width > 1 ? "_le" : "");
	json_text(o, "datatype", text);
}

/* How much is missing is known when the first sample is: until then, it is up to now. */
static struct json_object *take_continues(const struct take_about *about)
{
	struct json_object *o = json_object_new_object();
	struct timespec now;
	char text[UTC_MAX];
	double missing;

	json_text(o, "file", about->continues);
	if (!about->continues_ns)
		return o;
	clock_gettime(CLOCK_REALTIME, &now);
	json_text(o, "end", utc_text(about->continues_ns, text));
	missing = now.tv_sec + now.tv_nsec / 1e9 - about->continues_ns / 1e9;
	/* the clock may have been set back */
	json_number(o, "missing_s", missing > 0 ? missing : 0);
	return o;
}

static struct json_object *take_begin_line(const struct take_about *about)
{
	const struct acq_config *config = about->config;
	const struct acq_info *info = about->info;
	struct json_object *o = journal_new(JOURNAL_BEGIN);

	if (!o)
		return NULL;
	json_u64(o, "version", JOURNAL_VERSION);
	json_text(o, "recorder", "acq " ACQ_VERSION);
	json_text(o, "device", about->device);
	json_text(o, "card", info->card);
	json_text(o, "family", info->family);
	json_text(o, "serial", info->serial);
	take_add_format(o, config);
	json_u64(o, "channels", config_channels(config, info->channels));
	json_u64(o, "frame_bytes", config->frame_bytes);
	json_u64(o, "rate_millihz", config->rate_millihz);
	json_object_object_add(o, "config", json_config(config));
	json_u64(o, "run", about->run);
	json_u64(o, "timestamp_hz", info->timestamp_hz);
	if (about->series) {
		json_text(o, "series", about->series);
		json_u64(o, "number", about->number);
	}
	if (about->continues)
		json_object_object_add(o, "continues", take_continues(about));
	return o;
}

int take_begin(struct take *t, const struct take_about *about)
{
	int err;

	t->frame = about->config->frame_bytes;
	t->rate_millihz = about->config->rate_millihz;
	err = account_begin(t->account, take_begin_line(about), disk_fd(t->disk), t->flush);
	if (err)
		return take_account_error(t);
	t->begun = true;
	t->flush_next = clock_seconds() + t->flush;
	return take_fail(t, t->data_name, disk_begin(t->disk));
}

static void take_read_clock(const struct take *t, struct utc_clock *clock)
{
	if (t->clock)
		*clock = *t->clock;
	else
		utc_read(clock);
}

/* The time of day of the sample that the driver has seen last */
static void take_note_time(struct take *t, const struct utc_clock *clock)
{
	struct json_object *o;
	char text[UTC_MAX];

	o = journal_new(JOURNAL_TIME);
	if (!o)
		return account_put(t->account, NULL, false);
	json_u64(o, "index", t->seen.index);
	json_text(o, "utc", utc_text(clock->offset_ns + t->seen.ns, text));
	json_u64(o, "card_time", t->seen.card);
	json_text(o, "clock", clock->synchronized ? "synchronized" : "unsynchronized");
	json_u64(o, "error_us", clock->error_us);
	if (clock->tai_offset)
		json_u64(o, "tai_offset", clock->tai_offset);
	account_put(t->account, o, false);
	t->timed = t->seen.index;
}

static void take_note_segment(struct take *t, const struct acq_span *span,
			      const struct utc_clock *clock)
{
	struct json_object *o = journal_new(JOURNAL_SEGMENT);
	char text[UTC_MAX];

	if (!o)
		return account_put(t->account, NULL, false);
	json_u64(o, "frame", t->bytes / t->frame);
	json_u64(o, "index", span->index);
	json_text(o, "utc", utc_text(utc_of(clock, t->seen.ns, t->seen.index, span->index,
					    t->rate_millihz), text));
	json_u64(o, "run", span->run);
	account_put(t->account, o, false);
	t->in_segment = true;
	t->run = span->run;
}

static void take_see(struct take *t, const struct acq_span *span)
{
	struct timespec now;

	t->seen.known = true;
	if (span->flags & ACQ_SPAN_TIME) {
		t->seen.index = span->time_index;
		t->seen.ns = span->time_ns;
		t->seen.card = span->card_time;
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &now);
	t->seen.index = span->index;
	t->seen.ns = now.tv_sec * 1000000000ULL + now.tv_nsec;
	t->seen.card = 0;
}

int take_put(struct take *t, const struct acq_span *span)
{
	double now = clock_seconds();
	struct utc_clock clock;
	bool segment;
	int err;

	segment = !t->in_segment || span->index != t->next_index || span->run != t->run;
	take_see(t, span);
	if (segment || now >= t->time_next)
		take_read_clock(t, &clock);
	if (segment)
		take_note_segment(t, span, &clock);
	if (now >= t->time_next) {
		take_note_time(t, &clock);
		t->time_next = now + TIME_PAUSE;
	}
	err = disk_put(t->disk, span->data, span->bytes, span->position);
	if (err)
		return take_fail(t, t->data_name, err);
	t->bytes += span->bytes;
	t->next_index = span->index + span->bytes / span->frame_bytes;
	return 0;
}

void take_gap(struct take *t, const struct acq_gap *gap)
{
	struct json_object *o = journal_new(JOURNAL_GAP);

	t->in_segment = false;
	if (!o)
		return account_put(t->account, NULL, false);
	json_u64(o, "frame", t->bytes / t->frame);
	json_u64(o, "index", gap->index);
	json_u64(o, "lost", gap->lost);
	json_text(o, "cause", name_of(&cause_names, gap->cause));
	json_flag(o, "estimated", !!(gap->flags & ACQ_GAP_ESTIMATED));
	if (gap->flags & ACQ_GAP_OPEN)
		json_flag(o, "open", true);
	account_put(t->account, o, true);
}

int take_tick(struct take *t)
{
	double now = clock_seconds();
	uint64_t written;
	int err;

	if (now >= t->flush_next) {
		err = take_fail(t, t->data_name, disk_flush(t->disk));
		if (err)
			return err;
		t->flush_next = now + t->flush;
	}
	written = t->held ? t->told : take_written(t);
	if (written != t->told)
		account_written(t->account, written);
	t->told = written;
	return take_account_error(t);
}

void take_hold(struct take *t, bool hold)
{
	t->held = hold;
}

bool take_is_due(const struct take *t)
{
	return disk_is_due(t->disk) || disk_under_way(t->disk) || take_written(t) != t->told ||
	       account_good(t->account) < t->told;
}

int take_reap(struct take *t, bool wait)
{
	return take_fail(t, t->data_name, disk_reap(t->disk, wait));
}

unsigned int take_under_way(const struct take *t)
{
	return disk_under_way(t->disk);
}

uint64_t take_needs(const struct take *t)
{
	return disk_needs(t->disk);
}

size_t take_align(const struct take *t)
{
	return disk_align(t->disk);
}

uint64_t take_bytes(const struct take *t)
{
	return t->bytes;
}

uint64_t take_written(const struct take *t)
{
	uint64_t bytes = disk_written(t->disk);

	return bytes - bytes % t->frame;
}

uint64_t take_copied(const struct take *t)
{
	return disk_copied(t->disk);
}

const char *take_base(const struct take *t)
{
	return t->base;
}

const char *take_data_name(const struct take *t)
{
	return t->data_name;
}

const char *take_failed(const struct take *t)
{
	return t->failed ? t->failed : t->data_name;
}

int take_end(struct take *t)
{
	struct utc_clock clock;

	if (t->seen.known && t->seen.index != t->timed) {
		take_read_clock(t, &clock);
		take_note_time(t, &clock);
	}
	return take_fail(t, t->data_name, disk_flush(t->disk));
}

bool take_drained(const struct take *t)
{
	return !disk_under_way(t->disk);
}

int take_complete(struct take *t, const char *reason, int status)
{
	uint64_t good;

	/*
	 * First the account's thread: an error of writing back is said once, and must not come to
	 * who ends the file while the thread vouches for it.
	 */
	account_stop(t->account);
	take_fail(t, t->data_name, disk_finish(t->disk, t->frame));
	/*
	 * What the account could not say, or nobody knows to be on the disk, is not there: a
	 * disk that has failed says so once.
	 */
	if (take_account_error(t) || !disk_is_synced(t->disk)) {
		good = account_good(t->account);
		take_fail(t, t->data_name, disk_cut(t->disk, good));
	}
	if (t->err) {
		status = take_status_of(t->err);
		reason = status == EXIT_FULL ? "full" : "error";
	}
	t->bytes = disk_bytes(t->disk);
	if (account_finish(t->account, t->bytes, reason, status, &t->totals))
		take_account_error(t);
	t->totals.frames = t->bytes / t->frame;
	return t->err;
}

const struct sigmf_totals *take_totals(const struct take *t)
{
	return &t->totals;
}

void take_close(struct take *t)
{
	if (!t)
		return;
	disk_close(t->disk);
	account_close(t->account);
	free(t->data_name);
	free(t->base);
	free(t);
}

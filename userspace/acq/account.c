// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "clock.h"
#include "directory.h"
#include "journal.h"
#include "json.h"
#include "sigmf_name.h"
#include "target.h"

#define ROOM		(64 << 10) /* reserved at least, half of which is for the end */
#define META_SHARE	4	/* a gap takes less than so many times its line in metadata */
#define RESERVE_TRIES	10
#define RESERVE_WAIT_US	20000
#define SYNC_SHARE	10	/* at most one part in so many of the time is for urgent lines */

struct account {
	char *data_name, *journal_name, *meta_name, *new_name;
	int dir, data;
	struct target journal, meta;
	uint64_t bytes;			/* of the journal */
	uint64_t facts;			/* of these, what metadata is made of */
	bool dirty;			/* a part of it is not synchronized; the thread's own */
	uint64_t journal_room, meta_room;
	bool can_reserve, begun, finished;
	double flush;

	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool running;
	/* under the lock */
	bool quit, urgent;
	char *lines;			/* that wait to be written */
	size_t have, room;
	uint64_t written, good;
	int err;
	const char *failed;		/* the file that it was */
};

/* Keeps the first error, and the name that belongs to it. */
static int account_fail(struct account *a, const char *name, int err)
{
	if (!err)
		return 0;
	pthread_mutex_lock(&a->lock);
	if (!a->err) {
		a->err = err;
		a->failed = name;
	}
	pthread_mutex_unlock(&a->lock);
	return err;
}

int account_error(struct account *a, const char **name)
{
	int err;

	pthread_mutex_lock(&a->lock);
	err = a->err;
	if (name)
		*name = a->failed ? a->failed : a->journal_name;
	pthread_mutex_unlock(&a->lock);
	return err;
}

/* Have @room be at least @wanted. 0 or a negative errno. */
static int account_reserve_file(struct account *a, struct target *target, uint64_t *room,
				uint64_t wanted)
{
	int err;

	if (!a->can_reserve || wanted <= *room)
		return 0;
	do {
		err = fallocate(target->fd, FALLOC_FL_KEEP_SIZE, 0, wanted) ? -errno : 0;
	} while (err == -EINTR);
	target->grown = true;
	/* who cannot reserve has to hope */
	if (err == -EOPNOTSUPP || err == -ENOSYS) {
		a->can_reserve = false;
		return 0;
	}
	if (!err)
		*room = wanted;
	return err;
}

/*
 * Room for @least. Half of ROOM is kept beyond, for the end; until that is used up, there is
 * another time to try. What the data has reserved in vain is there again at once.
 */
static int account_reserve_more(struct account *a, struct target *target, uint64_t *room,
				uint64_t least, uint64_t more)
{
	unsigned int tries = RESERVE_TRIES;
	int err;

	if (least + ROOM / 2 <= *room)
		return 0;
	while ((err = account_reserve_file(a, target, room, least + ROOM / 2 + more)) && --tries) {
		if (least + ROOM / 4 <= *room)
			return 0;
		usleep(RESERVE_WAIT_US);
	}
	return account_fail(a, target->name, err);
}

/* Room for so many more @bytes of lines, and for the end */
static int account_reserve(struct account *a, size_t bytes)
{
	uint64_t more = a->bytes / 8 > ROOM ? a->bytes / 8 : ROOM;
	int err;

	err = account_reserve_more(a, &a->journal, &a->journal_room, a->bytes + bytes, more);
	if (err)
		return err;
	return account_reserve_more(a, &a->meta, &a->meta_room, (a->facts + bytes) * META_SHARE,
				    more * META_SHARE);
}

static int account_open_dir(struct account *a)
{
	a->dir = directory_open(a->data_name);
	return a->dir < 0 ? account_fail(a, a->data_name, a->dir) : 0;
}

static int account_sync_dir(struct account *a)
{
	return account_fail(a, a->meta_name, directory_sync(a->dir));
}

/*
 * For as long as @fd is open. 0; -EWOULDBLOCK: somebody has it; -ESTALE: the file has lost its
 * name meanwhile.
 */
static int account_lock(int fd, int how)
{
	struct stat st;

	/* a file system that knows no locks cannot say who is there */
	if (flock(fd, how | LOCK_NB) && errno == EWOULDBLOCK)
		return -EWOULDBLOCK;
	return !fstat(fd, &st) && !st.st_nlink ? -ESTALE : 0;
}

static int account_open_journal(struct account *a, bool force)
{
	int err;

	do {
		err = target_open(&a->journal, a->journal_name, O_RDWR | (force ? 0 : O_EXCL));
		if (err)
			break;
		err = account_lock(a->journal.fd, LOCK_EX);
		if (!err)
			break;
		/* it is another's: nothing of it may change */
		close(a->journal.fd);
		a->journal.fd = -1;
	} while (err == -ESTALE);
	return account_fail(a, a->journal_name, err);
}

static int account_set_names(struct account *a, const char *base)
{
	a->data_name = sigmf_name(base, SIGMF_DATA);
	a->journal_name = sigmf_name(base, SIGMF_JOURNAL);
	a->meta_name = sigmf_name(base, SIGMF_META);
	a->new_name = sigmf_name(base, SIGMF_META_NEW);
	return a->data_name && a->journal_name && a->meta_name && a->new_name ? 0 : -ENOMEM;
}

static struct account *account_alloc(void)
{
	struct account *a = calloc(1, sizeof(*a));
	pthread_condattr_t attr;

	if (!a)
		return NULL;
	a->dir = -1;
	a->data = -1;
	a->journal.fd = -1;
	a->meta.fd = -1;
	a->can_reserve = true;
	pthread_mutex_init(&a->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&a->change, &attr);
	pthread_condattr_destroy(&attr);
	return a;
}

int account_open(struct account **out, const char *base, bool force)
{
	struct account *a = account_alloc();
	int err;

	*out = a;
	if (!a)
		return -ENOMEM;
	err = account_set_names(a, base);
	if (!err)
		err = account_open_dir(a);
	if (!err)
		err = account_open_journal(a, force);
	if (!err)
		err = account_fail(a, a->new_name, target_open(&a->meta, a->new_name, O_RDWR));
	/* beyond what older files have: that is theirs until they go */
	if (!err)
		err = account_fail(a, a->journal_name,
				   account_reserve_file(a, &a->journal, &a->journal_room, ROOM));
	if (!err)
		err = account_fail(a, a->new_name, account_reserve_file(a, &a->meta, &a->meta_room,
									ROOM * META_SHARE));
	return err;
}

/* Whole lines at the end of the journal, or nothing. 0 or a negative errno. */
static int account_append(struct account *a, const char *text, size_t bytes)
{
	size_t done = 0;
	ssize_t n;
	int err = 0;

	while (done < bytes && !err) {
		n = pwrite(a->journal.fd, text + done, bytes - done, a->bytes + done);
		if (n > 0)
			done += n;
		else if (!n || errno != EINTR)
			err = n ? -errno : -EIO;
	}
	if (!err)
		a->bytes += bytes;
	else if (done && ftruncate(a->journal.fd, a->bytes))
		return account_fail(a, a->journal_name, -errno);
	return account_fail(a, a->journal_name, err);
}

static int account_append_object(struct account *a, struct json_object *object)
{
	size_t bytes;
	char *line = journal_format(object, &bytes);
	int err;

	if (!line)
		return account_fail(a, a->journal_name, -ENOMEM);
	err = account_append(a, line, bytes);
	free(line);
	return err;
}

/* The line may be on the disk, whatever comes next: the data must not be cut below it any more. */
static int account_promise(struct account *a, uint64_t bytes)
{
	struct json_object *o = journal_new(JOURNAL_GOOD);

	pthread_mutex_lock(&a->lock);
	a->good = bytes;
	pthread_mutex_unlock(&a->lock);
	if (o)
		json_u64(o, "bytes", bytes);
	return account_append_object(a, o);
}

static int account_sync_journal(struct account *a)
{
	return fdatasync(a->journal.fd) ? account_fail(a, a->journal_name, -errno) : 0;
}

/* What a round has to do: see account_thread(). */
struct round {
	char *lines;
	size_t bytes;
	bool due;			/* the flush interval is over */
	uint64_t written;
};

static int account_round(struct account *a, const struct round *round, double *sync_after)
{
	double began;
	int err = 0;

	a->dirty |= round->bytes;
	if (round->bytes) {
		err = account_reserve(a, round->bytes);
		if (!err)
			err = account_append(a, round->lines, round->bytes);
		a->facts += round->bytes;
	}
	if (!err && round->due && round->written > a->good) {
		if (fdatasync(a->data))
			err = account_fail(a, a->data_name, -errno);
		if (!err)
			err = account_reserve(a, 0);
		if (!err)
			err = account_promise(a, round->written);
	}
	began = clock_seconds();
	if (err || (!round->due && began < *sync_after))
		return err;
	err = account_sync_journal(a);
	a->dirty = false;
	*sync_after = clock_seconds() + SYNC_SHARE * (clock_seconds() - began);
	return err;
}

/* Is there something for the end of the flush interval? The lock is held. */
static bool account_is_due(const struct account *a)
{
	return a->have || a->dirty || a->written > a->good;
}

/* Until there is a change, or @until. The lock is held. */
static void account_wait(struct account *a, double until)
{
	struct timespec ts = { .tv_sec = until };

	if (!account_is_due(a)) {
		pthread_cond_wait(&a->change, &a->lock);
		return;
	}
	ts.tv_nsec = (until - ts.tv_sec) * 1e9;
	pthread_cond_timedwait(&a->change, &a->lock, &ts);
}

/*
 * Lines that are urgent go to the journal at once. When the flush interval is over, the data
 * is synchronized, then the journal says how far it reaches.
 */
static void *account_thread(void *arg)
{
	double next = clock_seconds() + ((struct account *)arg)->flush, sync_after = 0;
	struct account *a = arg;
	struct round round;

	pthread_mutex_lock(&a->lock);
	/* nor is anything vouched for behind a line that could not be kept */
	while (!a->quit && !a->err) {
		round.due = clock_seconds() >= next && account_is_due(a);
		if (!round.due && !a->urgent) {
			account_wait(a, next);
			continue;
		}
		round.lines = a->lines;
		round.bytes = a->have;
		round.written = a->written;
		a->lines = NULL;
		a->have = 0;
		a->room = 0;
		a->urgent = false;
		pthread_mutex_unlock(&a->lock);
		account_round(a, &round, &sync_after);
		free(round.lines);
		if (round.due)
			next = clock_seconds() + a->flush;
		pthread_mutex_lock(&a->lock);
	}
	pthread_mutex_unlock(&a->lock);
	return NULL;
}

static int account_start_thread(struct account *a)
{
	sigset_t all, old;
	int err;

	/* signals are for who waits for samples */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = -pthread_create(&a->thread, NULL, account_thread, a);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	a->running = !err;
	return account_fail(a, a->journal_name, err);
}

/* Empty it, and have the room again that account_open() found: on a full disk there is no more. */
static int account_begin_file(struct account *a, struct target *target, uint64_t *room)
{
	uint64_t had = *room;
	int err = target_begin(target);

	if (!err && !target->made) {
		target->old = 0;
		target->grown = true;
		*room = 0;
		err = account_reserve_file(a, target, room, had);
	}
	return account_fail(a, target->name, err);
}

int account_begin(struct account *a, struct json_object *begin, int data, double flush)
{
	int err;

	a->data = data;
	a->flush = flush;
	err = account_begin_file(a, &a->meta, &a->meta_room);
	if (!err)
		err = account_begin_file(a, &a->journal, &a->journal_room);
	if (err) {
		json_object_put(begin);
		return err;
	}
	err = account_append_object(a, begin);
	if (!err)
		err = account_sync_journal(a);
	a->facts = a->bytes;
	if (!err)
		err = account_reserve(a, 0);
	if (!err)
		err = account_start_thread(a);
	/* from here on the journal counts, and older metadata does not */
	if (!err && unlink(a->meta_name) && errno != ENOENT)
		err = account_fail(a, a->meta_name, -errno);
	if (!err)
		err = account_sync_dir(a);
	a->begun = !err;
	return err;
}

void account_put(struct account *a, struct json_object *object, bool urgent)
{
	char *line, *more;
	size_t bytes = 0;

	line = journal_format(object, &bytes);
	if (!line) {
		account_fail(a, a->journal_name, -ENOMEM);
		return;
	}
	pthread_mutex_lock(&a->lock);
	if (a->have + bytes > a->room) {
		more = realloc(a->lines, 2 * a->room + bytes);
		if (more) {
			a->lines = more;
			a->room = 2 * a->room + bytes;
		} else if (!a->err) {
			a->err = -ENOMEM;
		}
	}
	if (a->have + bytes <= a->room) {
		memcpy(a->lines + a->have, line, bytes);
		a->have += bytes;
	}
	a->urgent |= urgent;
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
	free(line);
}

void account_written(struct account *a, uint64_t bytes)
{
	pthread_mutex_lock(&a->lock);
	/* who waits for a change has to know only of the first bytes since a flush */
	if (a->written <= a->good && bytes > a->good)
		pthread_cond_signal(&a->change);
	a->written = bytes;
	pthread_mutex_unlock(&a->lock);
}

uint64_t account_good(struct account *a)
{
	uint64_t good;

	pthread_mutex_lock(&a->lock);
	good = a->good;
	pthread_mutex_unlock(&a->lock);
	return good;
}

void account_stop(struct account *a)
{
	if (!a->running)
		return;
	pthread_mutex_lock(&a->lock);
	a->quit = true;
	pthread_cond_signal(&a->change);
	pthread_mutex_unlock(&a->lock);
	pthread_join(a->thread, NULL);
	a->running = false;
	if (!a->err && a->have && !account_reserve(a, a->have))
		account_append(a, a->lines, a->have);
	a->facts += a->have;
	a->have = 0;
}

/* The metadata gets its name, and the journal loses its own. */
static int account_publish(struct account *a)
{
	if (fsync(a->meta.fd))
		return account_fail(a, a->new_name, -errno);
	if (rename(a->new_name, a->meta_name))
		return account_fail(a, a->meta_name, -errno);
	a->finished = true;
	if (account_sync_dir(a))
		return -EIO;
	/* with metadata that is complete, a journal that stays would only be read once more */
	if (unlink(a->journal_name) || account_sync_dir(a))
		return account_fail(a, a->journal_name, -errno);
	return 0;
}

int account_finish(struct account *a, uint64_t bytes, const char *reason, int status,
		   struct sigmf_totals *totals)
{
	struct json_object *o;
	int err;

	account_stop(a);
	o = journal_new(JOURNAL_END);
	if (o) {
		json_u64(o, "bytes", bytes);
		json_text(o, "reason", reason);
		json_u64(o, "status", status);
	}
	/* what is in the journal can become metadata even if the journal fails here */
	err = account_append_object(a, o);
	if (account_sync_journal(a) || err)
		reason = "error";
	err = sigmf_meta_write(a->journal.fd, a->bytes, bytes, reason, a->meta.fd, totals);
	if (err)
		return account_fail(a, err == -EBADMSG ? a->journal_name : a->new_name, err);
	err = account_publish(a);
	return err ? err : a->err;
}

static void account_free(struct account *a)
{
	if (a->dir >= 0)
		close(a->dir);
	pthread_cond_destroy(&a->change);
	pthread_mutex_destroy(&a->lock);
	free(a->lines);
	free(a->new_name);
	free(a->meta_name);
	free(a->journal_name);
	free(a->data_name);
	free(a);
}

void account_close(struct account *a)
{
	if (!a)
		return;
	account_stop(a);
	if (!a->begun) {
		target_drop(&a->meta);
		target_drop(&a->journal);
	} else {
		/* a repair begins anew */
		if (!a->finished)
			unlink(a->new_name);
		close(a->meta.fd);
		close(a->journal.fd);
	}
	account_free(a);
}

/*
 * A journal without a line beside metadata: somebody was about to record anew, and had not begun.
 * What was recorded before is as it was.
 */
static bool account_is_idle(int fd, const char *meta)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && !st.st_size && !access(meta, F_OK);
}

enum account_state account_state(const char *base)
{
	char *journal = sigmf_name(base, SIGMF_JOURNAL), *meta = sigmf_name(base, SIGMF_META);
	enum account_state state = ACCOUNT_UNKNOWN;
	int fd, err;

	fd = journal && meta ? open(journal, O_RDONLY | O_CLOEXEC) : -1;
	err = fd < 0 ? errno : -account_lock(fd, LOCK_SH);
	if (fd >= 0 && !err)
		state = account_is_idle(fd, meta) ? ACCOUNT_FINISHED : ACCOUNT_CUT;
	else if (fd >= 0 && err == EWOULDBLOCK)
		state = ACCOUNT_BUSY;
	else if (err == ENOENT || err == ESTALE)
		state = !meta || access(meta, F_OK) ? ACCOUNT_NONE : ACCOUNT_FINISHED;
	if (fd >= 0)
		close(fd);
	free(meta);
	free(journal);
	errno = err;
	return state;
}

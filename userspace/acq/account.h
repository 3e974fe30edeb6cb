/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The account of one recording: a journal beside the data while it is recorded, SigMF metadata
 * once it is complete. A thread of its own has both on the disk, the data first, so that the
 * journal never says more than there is; who records never waits for that.
 *
 * Room is reserved ahead for the journal and for the metadata: a disk that is full has room for
 * the account of what it has. The journal is locked as long as somebody records.
 */
#ifndef ACQ_ACCOUNT_H
#define ACQ_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "sigmf_meta.h"

struct account;

/**
 * account_open - create the journal, lock it, and reserve room
 * @account: even after an error to be closed with account_close(); NULL without memory
 * @base: name of the recording without a suffix
 * @force: there may be older files; they stay until account_begin()
 *
 * Return: 0 or a negative errno; -EWOULDBLOCK: somebody records it; account_failed() has
 * the file's name.
 */
int account_open(struct account **account, const char *base, bool force);

/**
 * account_begin - the first line is on the disk, and older metadata goes
 * @account: from account_open()
 * @begin: the line "begin", dropped here
 * @data: descriptor of the data
 * @flush: seconds between two lines "good"
 *
 * Return: 0 or a negative errno.
 */
int account_begin(struct account *account, struct json_object *begin, int data, double flush);

/*
 * Another line, dropped here; NULL: there was no memory for it, which is an error like any other.
 * The lines of a place come before account_written() of what is behind it. @urgent: it is written
 * to the file at once, else at the next flush. Never waits.
 */
void account_put(struct account *account, struct json_object *line, bool urgent);

/* So many @bytes of the data are written, whole frames, maybe not on the disk yet. Never waits. */
void account_written(struct account *account, uint64_t bytes);

/* How many bytes are on the disk, and in the journal as such */
uint64_t account_good(struct account *account);

/*
 * What the thread met: 0 or a negative errno; -ENOSPC: there is no more room for the journal.
 * *@name, unless NULL: the file that it met it with.
 */
int account_error(struct account *account, const char **name);

/**
 * account_finish - the last line, then the metadata; the journal goes
 * @account: that has begun
 * @bytes: that the data file has, all on the disk. What it had beyond has been cut.
 * @reason: a word: see docs/recording.md
 * @status: exit status so far
 * @totals: what the recording has
 *
 * Waits for the disk; may be called in any thread. Return: 0 or a negative errno; then the
 * journal stays, for account_repair(), and account_error() has the name of the file.
 */
int account_finish(struct account *account, uint64_t bytes, const char *reason, int status,
		   struct sigmf_totals *totals);

/*
 * All lines are written, and no more will be: what account_good() says is final, and with an
 * account_error() the data has to be cut to it before account_finish(). Waits for the disk.
 */
void account_stop(struct account *account);

/* What has not begun leaves the directory as it was. */
void account_close(struct account *account);

enum account_state {
	ACCOUNT_NONE,		/* neither journal nor metadata */
	ACCOUNT_FINISHED,	/* metadata alone, or with a journal that is empty */
	ACCOUNT_CUT,		/* a journal: to be repaired */
	ACCOUNT_BUSY,		/* a journal: somebody records it */
	ACCOUNT_UNKNOWN,	/* it could not be opened: errno says why */
};

enum account_state account_state(const char *base);

/**
 * struct account_repaired - what a repair has found
 * @was: ACCOUNT_FINISHED: there was nothing to do; ACCOUNT_CUT: it is finished now;
 *	ACCOUNT_NONE: nothing had been recorded, and its empty files are gone
 * @cut: bytes of data that nothing vouched for, which are gone
 * @missing: bytes that the journal vouches for, and the data has not
 * @totals: what the recording has
 */
struct account_repaired {
	enum account_state was;
	uint64_t cut, missing;
	struct sigmf_totals totals;
};

/**
 * account_repair - finish an account that was cut
 * @base: name of the recording without a suffix
 * @force: also if the journal is damaged in its midst: what is behind that goes
 * @found: what it has found
 *
 * Says on stderr what is wrong. Return: an exit status. Whatever is refused changes nothing.
 */
int account_repair(const char *base, bool force, struct account_repaired *found);

#endif /* ACQ_ACCOUNT_H */

// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "account.h"
#include "directory.h"
#include "exit.h"
#include "journal.h"
#include "report.h"
#include "sigmf_name.h"

/* A recording whose account was cut */
struct account_repair {
	char *data_name, *journal_name, *meta_name, *new_name;
	int data, journal, meta;
	uint64_t valid;			/* bytes of whole lines in the journal */
	uint64_t vouched;		/* bytes of data, according to it */
	uint64_t size, bytes;		/* that there are, and that stay */
	uint32_t frame;			/* 0: there is no begin */
	bool ended, damaged;
	char reason[64];
};

static int account_repair_complain(const char *name, const char *what, int err)
{
	complain("%s cannot be %s: %s", name, what, strerror(-err));
	return EXIT_SYSTEM;
}

/* Who was about to record anew had not begun: the metadata is that of the data. A status. */
static int account_repair_drop_journal(struct account_repair *r, struct account_repaired *found)
{
	found->was = ACCOUNT_FINISHED;
	if (unlink(r->new_name) && errno != ENOENT)
		return account_repair_complain(r->new_name, "removed", -errno);
	if (unlink(r->journal_name))
		return account_repair_complain(r->journal_name, "removed", -errno);
	return EXIT_OK;
}

/* Which files are there? A status; @found->was: ACCOUNT_CUT if it is to be repaired. */
static int account_repair_open_journal(struct account_repair *r, struct account_repaired *found)
{
	struct stat st;

	r->journal = open(r->journal_name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (r->journal < 0 && errno != ENOENT)
		return account_repair_complain(r->journal_name, "opened", -errno);
	if (r->journal >= 0 && flock(r->journal, LOCK_EX | LOCK_NB) && errno == EWOULDBLOCK) {
		found->was = ACCOUNT_BUSY;
		complain("%s: another process is recording it: stop it first (fuser -v %s)",
			 r->data_name, r->journal_name);
		return EXIT_SYSTEM;
	}
	/* it may have been finished just before */
	if (r->journal >= 0 && !fstat(r->journal, &st) && st.st_nlink) {
		if (S_ISREG(st.st_mode) && !st.st_size && !access(r->meta_name, F_OK))
			return account_repair_drop_journal(r, found);
		found->was = ACCOUNT_CUT;
		if (S_ISREG(st.st_mode))
			return EXIT_OK;
		complain("%s is not a file", r->journal_name);
		return EXIT_SYSTEM;
	}
	if (!access(r->meta_name, F_OK)) {
		found->was = ACCOUNT_FINISHED;
		return EXIT_OK;
	}
	found->was = ACCOUNT_NONE;
	complain("there is neither %s nor %s", r->journal_name, r->meta_name);
	return EXIT_SYSTEM;
}

/* How far does the journal vouch? Returns an exit status. */
static int account_repair_read_journal(struct account_repair *r)
{
	struct journal *journal = journal_open(r->journal, ~0ULL);
	struct journal_line line;
	int ret = -ENOMEM;

	snprintf(r->reason, sizeof(r->reason), "repaired");
	while (journal && (ret = journal_next(journal, &line)) > 0) {
		if (line.kind == JOURNAL_BEGIN)
			r->frame = line.frame_bytes;
		if (line.kind == JOURNAL_GOOD || line.kind == JOURNAL_END)
			r->vouched = line.bytes;
		if (line.kind != JOURNAL_END)
			continue;
		r->ended = true;
		snprintf(r->reason, sizeof(r->reason), "%s", line.reason);
	}
	if (!ret && !r->ended) {
		ret = journal_damaged(journal);
		r->damaged = ret > 0;
	}
	r->valid = journal ? journal_valid(journal) : 0;
	journal_close(journal);
	return ret < 0 ? account_repair_complain(r->journal_name, "read", ret) : EXIT_OK;
}

static int account_repair_open_data(struct account_repair *r)
{
	struct stat st;

	r->data = open(r->data_name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	/* a recorder may have been killed before it had any */
	if (r->data < 0 && errno == ENOENT && !r->vouched)
		return EXIT_OK;
	if (r->data < 0 || fstat(r->data, &st))
		return account_repair_complain(r->data_name, "opened", -errno);
	if (!S_ISREG(st.st_mode)) {
		complain("%s is not a file", r->data_name);
		return EXIT_SYSTEM;
	}
	r->size = st.st_size;
	return EXIT_OK;
}

/* May the data be cut to what the journal vouches for? Changes nothing. Returns an exit status. */
static int account_repair_judge(struct account_repair *r, bool force,
				struct account_repaired *found)
{
	if (!r->frame && (r->size || r->damaged)) {
		complain("%s: its beginning is damaged, or written by a later acq: nothing has been changed",
			 r->journal_name);
		remark("nothing is known about the %" PRIu64 " bytes in %s", r->size, r->data_name);
		return EXIT_SYSTEM;
	}
	if (r->damaged && !force) {
		complain("%s is damaged after byte %" PRIu64 ": nothing has been changed",
			 r->journal_name, r->valid);
		remark("--force cuts the data to what the journal vouches for up to there: %" PRIu64
		       " of %" PRIu64 " bytes", r->vouched, r->size);
		return EXIT_SYSTEM;
	}
	if (!r->frame)
		return EXIT_OK;
	r->bytes = r->vouched < r->size ? r->vouched : r->size;
	r->bytes -= r->bytes % r->frame;
	found->missing = r->vouched > r->size ? r->vouched - r->size : 0;
	found->cut = r->size - r->bytes;
	return EXIT_OK;
}

/* Nothing had been recorded: no file of it is worth anything. Returns an exit status. */
static int account_repair_remove(struct account_repair *r, struct account_repaired *found)
{
	found->was = ACCOUNT_NONE;
	unlink(r->new_name);
	if (unlink(r->data_name) && errno != ENOENT)
		return account_repair_complain(r->data_name, "removed", -errno);
	if (unlink(r->journal_name))
		return account_repair_complain(r->journal_name, "removed", -errno);
	return EXIT_OK;
}

/* The metadata is there as a whole before anything is cut. Returns an exit status. */
static int account_repair_write_meta(struct account_repair *r, struct account_repaired *found)
{
	int err;

	/* what is reserved behind the data, unless it has a size, is room for this */
	if (r->data >= 0 && ftruncate(r->data, r->size))
		return account_repair_complain(r->data_name, "written", -errno);
	r->meta = open(r->new_name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (r->meta < 0)
		return account_repair_complain(r->new_name, "created", -errno);
	err = sigmf_meta_write(r->journal, r->valid, r->bytes, r->reason, r->meta, &found->totals);
	if (!err && fsync(r->meta))
		err = -errno;
	if (!err)
		return EXIT_OK;
	unlink(r->new_name);
	return account_repair_complain(r->new_name, "written", err);
}

/* From here on, who is interrupted has to repair once more, and comes to the same. */
static int account_repair_publish(struct account_repair *r)
{
	int err = 0;

	if (r->data < 0)
		r->data = open(r->data_name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (r->data < 0 || (r->size != r->bytes && ftruncate(r->data, r->bytes)) ||
	    fsync(r->data))
		return account_repair_complain(r->data_name, "written", -errno);
	if (rename(r->new_name, r->meta_name))
		return account_repair_complain(r->meta_name, "written", -errno);
	err = directory_sync_of(r->data_name);
	if (err)
		return account_repair_complain(r->meta_name, "written", err);
	if (unlink(r->journal_name))
		return account_repair_complain(r->journal_name, "removed", -errno);
	directory_sync_of(r->data_name);
	return EXIT_OK;
}

static int account_repair_do(struct account_repair *r, bool force, struct account_repaired *found)
{
	int status;

	status = account_repair_open_journal(r, found);
	if (status || found->was != ACCOUNT_CUT)
		return status;
	status = account_repair_read_journal(r);
	if (!status)
		status = account_repair_open_data(r);
	if (!status)
		status = account_repair_judge(r, force, found);
	if (!status && !r->frame)
		return account_repair_remove(r, found);
	/* what was said at its end is of another length */
	if (found->missing)
		snprintf(r->reason, sizeof(r->reason), "repaired");
	if (!status)
		status = account_repair_write_meta(r, found);
	if (!status)
		status = account_repair_publish(r);
	if (status || !found->missing)
		return status;
	complain("%s: its last %" PRIu64 " bytes are missing, although they were on the disk",
		 r->data_name, found->missing);
	return EXIT_SYSTEM;
}

int account_repair(const char *base, bool force, struct account_repaired *found)
{
	struct account_repair r = { .data = -1, .journal = -1, .meta = -1 };
	int status = EXIT_SYSTEM;

	*found = (struct account_repaired){ };
	r.data_name = sigmf_name(base, SIGMF_DATA);
	r.journal_name = sigmf_name(base, SIGMF_JOURNAL);
	r.meta_name = sigmf_name(base, SIGMF_META);
	r.new_name = sigmf_name(base, SIGMF_META_NEW);
	if (r.data_name && r.journal_name && r.meta_name && r.new_name)
		status = account_repair_do(&r, force, found);
	else
		complain("out of memory");
	if (r.data >= 0)
		close(r.data);
	if (r.meta >= 0)
		close(r.meta);
	/* the lock goes last */
	if (r.journal >= 0)
		close(r.journal);
	free(r.data_name);
	free(r.journal_name);
	free(r.meta_name);
	free(r.new_name);
	return status;
}

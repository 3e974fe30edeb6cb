/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The journal of a recording: lines that are only ever appended, each with its checksum,
 * "CCCCCCCC {json}\n". What a crash leaves of it is read up to the first line that is not
 * whole. docs/recording.md describes each kind of line.
 *
 * Nothing that is read here is trusted: a line has a largest length, numbers are checked,
 * and places in the file never go back.
 */
#ifndef ACQ_JOURNAL_H
#define ACQ_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#define JOURNAL_VERSION		1
#define JOURNAL_LINE_MAX	8192	/* bytes, with its checksum and newline */

enum journal_kind {
	JOURNAL_BEGIN,		/* the first line: what is recorded */
	JOURNAL_SEGMENT,	/* samples without a gap begin here */
	JOURNAL_GAP,
	JOURNAL_TIME,		/* a sample index and the time of day */
	JOURNAL_GOOD,		/* so much of the data is on the disk */
	JOURNAL_END,
	JOURNAL_OTHER,		/* of a later version: to be passed over */
};

/**
 * struct journal_line - one line as it was read
 * @kind: which of the following is valid
 * @object: all of the line; NULL from a reader that was asked for other kinds
 * @frame: SEGMENT, GAP: where in this file
 * @index: SEGMENT, TIME: of the sample; GAP: of the first that was lost
 * @lost: GAP: frames
 * @run: BEGIN, SEGMENT
 * @bytes: GOOD, END: of the data file
 * @frame_bytes: BEGIN
 * @estimated: GAP: @lost is about right
 * @reason: END: a word. It lives as long as @object.
 */
struct journal_line {
	enum journal_kind kind;
	struct json_object *object;
	uint64_t frame, index, lost, run, bytes;
	uint32_t frame_bytes;
	bool estimated;
	const char *reason;
};

struct journal;

/**
 * journal_format - the line of an object
 * @object: begins with the key "t", see journal_new(); dropped here
 * @bytes: the line's length
 *
 * Return: the line from malloc(), with its newline; NULL without memory or if it is too long.
 */
char *journal_format(struct json_object *object, size_t *bytes);

/* An object of @kind to fill in, with nothing but its kind; NULL without memory */
struct json_object *journal_new(enum journal_kind kind);

/**
 * journal_open - begin to read
 * @fd: of the file; it stays the caller's, and its offset is not used
 * @limit: bytes to read at most, ~0: all
 *
 * Return: to be closed with journal_close(); NULL without memory.
 */
struct journal *journal_open(int fd, uint64_t limit);

/* Once more from the first line on */
void journal_rewind(struct journal *journal);

/**
 * journal_next - the next line
 * @journal: the reader
 * @line: what it is, until the next call
 *
 * Return: 1, there is one; 0, there is none or what follows is not whole; or a negative errno
 * of reading the file.
 */
int journal_next(struct journal *journal, struct journal_line *line);

/*
 * Passes over all lines but those of one kind, without a look at their checksums: for who
 * has read all of it before, and has given journal_open() the limit journal_valid().
 */
int journal_next_of(struct journal *journal, enum journal_kind kind, struct journal_line *line);

/* Bytes of whole lines so far */
uint64_t journal_valid(const struct journal *journal);

/*
 * Behind the first line that is not whole there are whole ones: the file is damaged, not just
 * cut. For who has had 0 from journal_next(). 1, 0 or a negative errno.
 */
int journal_damaged(struct journal *journal);

void journal_close(struct journal *journal);

/* A number of at least 0 in @object. False: there is none. */
bool journal_u64(struct json_object *object, const char *key, uint64_t *value);

/* A text in @object; NULL: there is none */
const char *journal_text(struct json_object *object, const char *key);

#endif /* ACQ_JOURNAL_H */

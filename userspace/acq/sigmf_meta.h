/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SigMF metadata of one recording, made from its journal line by line: a list of a million
 * gaps is never in memory.
 */
#ifndef ACQ_SIGMF_META_H
#define ACQ_SIGMF_META_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct sigmf_totals - what a recording has
 * @frames: in the data file
 * @gaps: that it has, one behind the last frame included
 * @lost: frames in them
 * @estimated: a part of @lost is
 * @begun: it has a segment, so the rest is valid
 * @run: of the first segment
 * @first_index: sample index of the first frame
 * @next_index: sample index that would follow the last frame
 */
struct sigmf_totals {
	uint64_t frames, gaps, lost;
	bool estimated, begun;
	uint64_t run, first_index, next_index;
};

/**
 * sigmf_meta_write - the metadata of a data file
 * @journal: descriptor of its journal
 * @valid: bytes of whole lines in it
 * @bytes: that the data file has; gaps and segments behind them are left out
 * @reason: why it ended, a word
 * @meta: descriptor of the file to write, from its begin; shortened to what is written, not
 *	synchronized
 * @totals: what it has
 *
 * Return: 0 or a negative errno; -EBADMSG: the journal has no begin, or not all of it is
 * whole.
 */
int sigmf_meta_write(int journal, uint64_t valid, uint64_t bytes, const char *reason, int meta,
		     struct sigmf_totals *totals);

#endif /* ACQ_SIGMF_META_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of samples without SigMF metadata: WAV, or raw as the user says or as the FILE.json
 * says that acq 0.8 and before wrote beside a recording.
 */
#ifndef ACQ_PART_RAW_H
#define ACQ_PART_RAW_H

#include "part.h"

/* Returns an exit status. */
int part_raw_open(struct part **part, const char *file, const struct part_raw *raw);

/* "s16,4,48k": format, channels and, if it is known, rate. False: it is none of that. */
bool part_raw_parse(const char *text, struct part_raw *raw);
/* "48k". False: no rate is so. */
bool part_raw_parse_rate(const char *text, struct part_raw *raw);

#define PART_RAW_HELP \
	"What the samples are, where nothing in the file or beside it says it:\n" \
	"      --raw FORMAT,CHANNELS[,RATE]\n" \
	"                         they are raw and little endian: s16,4,48k (also\n" \
	"                         s8, u8, u16, s32 and u32)\n" \
	"      --rate R           frames a second\n"

#endif /* ACQ_PART_RAW_H */

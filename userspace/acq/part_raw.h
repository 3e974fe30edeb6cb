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

#endif /* ACQ_PART_RAW_H */

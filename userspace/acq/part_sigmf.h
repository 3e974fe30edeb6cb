/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of a recording with its SigMF metadata, written by acq or by somebody else.
 */
#ifndef ACQ_PART_SIGMF_H
#define ACQ_PART_SIGMF_H

#include "part.h"

/* Of BASE.sigmf-meta and BASE.sigmf-data. Returns an exit status. */
int part_sigmf_open(struct part **part, const char *base);

/* "ri16_le" as enum acq_format; -1: none of those */
int part_sigmf_format(const char *datatype);

/* The other way; a constant text */
const char *part_sigmf_datatype(unsigned int format);

#endif /* ACQ_PART_SIGMF_H */

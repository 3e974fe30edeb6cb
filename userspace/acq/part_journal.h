/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file of a recording that is not finished, or was cut: as far as its journal vouches for it.
 */
#ifndef ACQ_PART_JOURNAL_H
#define ACQ_PART_JOURNAL_H

#include "part.h"

/* Of BASE.sigmf-journal and BASE.sigmf-data. Returns an exit status. */
int part_journal_open(struct part **part, const char *base);

#endif /* ACQ_PART_JOURNAL_H */

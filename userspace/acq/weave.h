/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The accounts of the files of a recording made one: frames counted through, segments that
 * lead from one file into the next joined, and each loss between two samples a gap.
 */
#ifndef ACQ_WEAVE_H
#define ACQ_WEAVE_H

#include "part.h"

/* Put @part behind what @whole has already. Returns an exit status. */
int weave_part(struct part *whole, const struct part *part);

#endif /* ACQ_WEAVE_H */

/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * One run: its mapping, and where the reader is in it.
 */
#ifndef LIBACQ_RUN_H
#define LIBACQ_RUN_H

#include "handle.h"

/* Become a reader of the newest run, unless that is the one already. 0 or a negative errno. */
int run_enter(struct acq *acq);
void run_leave(struct acq *acq);

/* Take the reader's place from the driver. */
int run_find_place(struct acq *acq);

/* The index of a run's first frame is known once there is one. */
void run_learn_index(struct acq *acq);

#endif /* LIBACQ_RUN_H */

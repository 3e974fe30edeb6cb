/* SPDX-License-Identifier: GPL-2.0-only OR MIT */
/*
 * Playing: acq.h has it, but for the end of acq_map().
 */
#ifndef LIBACQ_WRITE_H
#define LIBACQ_WRITE_H

#include "handle.h"

void write_unmap(struct acq *acq);

#endif /* LIBACQ_WRITE_H */

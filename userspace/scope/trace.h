/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One channel's samples as columns of a picture: see picture.h.
 */
#ifndef SCOPE_TRACE_H
#define SCOPE_TRACE_H

#include <stdint.h>

struct history;

/*
 * @columns columns of @per frames each, the first frame with index @begin: the lowest and the
 * highest code, or the code if @per is 1. Returns what is behind them.
 */
unsigned char *trace_put(unsigned char *to, const struct history *h, unsigned int place,
			 uint64_t begin, uint32_t per, uint32_t columns);

#endif /* SCOPE_TRACE_H */

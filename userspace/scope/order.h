/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a page may do to the stream of a scope that was started with --control.
 */
#ifndef SCOPE_ORDER_H
#define SCOPE_ORDER_H

#include <stdbool.h>
#include <stddef.h>

struct ask;
struct tap;

/* Do it. False: it was not done, and @why says why. After ASK_SET @why says what was rounded. */
bool order_do(struct tap *tap, const struct ask *ask, char *why, size_t size);

#endif /* SCOPE_ORDER_H */

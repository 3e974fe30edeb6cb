/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CARD_LISTEN_H
#define CARD_LISTEN_H

/*
 * Listens at a UNIX socket of that name; replaces one that nobody serves any
 * more. A descriptor that does not block, or a negative errno.
 */
int listen_at(const char *path);

#endif /* CARD_LISTEN_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page's files, which are a part of the program.
 */
#ifndef SCOPE_ASSET_H
#define SCOPE_ASSET_H

#include <stddef.h>

struct asset {
	const char *path;	/* as a browser asks for it */
	const char *type;
	const unsigned char *data, *end;
};

/* NULL: there is no such file. */
const struct asset *asset_find(const char *path);

#endif /* SCOPE_ASSET_H */

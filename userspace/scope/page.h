/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page's files over HTTP. They are the same for everybody, and say nothing about the card.
 */
#ifndef SCOPE_PAGE_H
#define SCOPE_PAGE_H

#include <stddef.h>

struct lws;

/* What is being sent in one connection */
struct page {
	const unsigned char *at, *end;
};

/* Each returns what a callback of libwebsockets does. */
int page_begin(struct lws *wsi, struct page *page, const char *path);
int page_continue(struct lws *wsi, struct page *page);

#endif /* SCOPE_PAGE_H */

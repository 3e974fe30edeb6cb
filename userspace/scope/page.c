// SPDX-License-Identifier: GPL-2.0-only
#include <stdbool.h>
#include <string.h>

#include <libwebsockets.h>

#include "asset.h"
#include "page.h"

#define PAGE_HEADERS	1024
#define PAGE_PIECE	4096

/* Nothing from elsewhere, and nobody may frame it. The plots set widths in style attributes. */
static const struct {
	const char *name, *value;
} page_headers[] = {
	{ "content-security-policy:", "default-src 'self'; style-src 'self' 'unsafe-inline'; "
				      "object-src 'none'; base-uri 'none'; form-action 'none'; "
				      "frame-ancestors 'none'" },
	{ "x-content-type-options:", "nosniff" },
	{ "x-frame-options:", "DENY" },
	{ "referrer-policy:", "no-referrer" },
	{ "cross-origin-resource-policy:", "same-origin" },
	{ "cache-control:", "no-cache" },
};

static bool page_put_headers(struct lws *wsi, unsigned char **p, unsigned char *end)
{
	unsigned int i;

	for (i = 0; i < sizeof(page_headers) / sizeof(page_headers[0]); i++)
		if (lws_add_http_header_by_name(wsi, (const unsigned char *)page_headers[i].name,
						(const unsigned char *)page_headers[i].value,
						strlen(page_headers[i].value), p, end))
			return false;
	return true;
}

static int page_refuse(struct lws *wsi, unsigned int code, const char *why)
{
	if (lws_return_http_status(wsi, code, why) || lws_http_transaction_completed(wsi))
		return -1;
	return 0;
}

int page_begin(struct lws *wsi, struct page *page, const char *path)
{
	unsigned char buf[LWS_PRE + PAGE_HEADERS], *start = buf + LWS_PRE, *p = start;
	unsigned char *end = buf + sizeof(buf) - 1;
	const struct asset *asset = asset_find(path);

	if (!lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI))
		return page_refuse(wsi, HTTP_STATUS_METHOD_NOT_ALLOWED, "This is to be read only.");
	if (!asset)
		return page_refuse(wsi, HTTP_STATUS_NOT_FOUND, "There is no such file.");
	page->at = asset->data;
	page->end = asset->end;
	if (lws_add_http_common_headers(wsi, HTTP_STATUS_OK, asset->type, page->end - page->at, &p,
					end) ||
	    !page_put_headers(wsi, &p, end) ||
	    lws_finalize_write_http_header(wsi, start, &p, end))
		return -1;
	lws_callback_on_writable(wsi);
	return 0;
}

int page_continue(struct lws *wsi, struct page *page)
{
	unsigned char buf[LWS_PRE + PAGE_PIECE];
	size_t n = page->end - page->at;
	bool last = n <= PAGE_PIECE;

	if (!page->at)
		return 0;
	n = last ? n : PAGE_PIECE;
	memcpy(buf + LWS_PRE, page->at, n);
	page->at += n;
	if (lws_write(wsi, buf + LWS_PRE, n, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n)
		return -1;
	if (!last) {
		lws_callback_on_writable(wsi);
		return 0;
	}
	page->at = NULL;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

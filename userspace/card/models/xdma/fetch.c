// SPDX-License-Identifier: GPL-2.0-only
/* The XDMA model fetches descriptors. */
#include <endian.h>
#include <errno.h>

#include "xdma_model.h"

struct raw_desc {
	uint32_t control;
	uint32_t bytes;
	uint64_t source;
	uint64_t target;
	uint64_t next;
};

_Static_assert(sizeof(struct raw_desc) == XDMA_DESC_BYTES, "descriptor");

static void xdma_fetch_put(struct xdma_engine *e, const struct xdma_desc *d)
{
	e->fifo[(e->fifo_first + e->fifo_count++) % XDMA_PREFETCH_MAX] = *d;
}

/* An error takes a descriptor's place: what is before it is still done. */
static void xdma_fetch_error(struct xdma_engine *e, uint32_t bits)
{
	struct xdma_desc d = { .errors = bits };

	e->fetching = false;
	xdma_fetch_put(e, &d);
}

/* What a request may ask for. */
static unsigned int xdma_fetch_size(const struct xdma *x, const struct xdma_engine *e)
{
	uint64_t n = x->config.prefetch - e->fifo_count;

	n = xdma_least(n, e->adjacent);
	n = xdma_least(n, pci_max_read(x->host->pci(x->host->machine)) / XDMA_DESC_BYTES);
	return (unsigned int)(e->credit_mode ? xdma_least(n, e->credits) : n);
}

/* Fetches one request's worth. 0, or -ECANCELED. */
static int xdma_fetch_request(struct xdma *x, struct xdma_engine *e, unsigned int count)
{
	struct raw_desc raw[XDMA_PREFETCH_MAX];
	uint64_t from = e->next, bytes = (uint64_t)e->adjacent * XDMA_DESC_BYTES;
	uint64_t run = e->runs;
	struct xdma_desc d;
	int error;

	if (from % XDMA_DESC_BYTES || from % XDMA_PAGE + bytes > XDMA_PAGE) {
		e->broken_rules++;
		xdma_fetch_error(e, XDMA_DESC_ERROR(XDMA_UNSUPPORTED));
		return 0;
	}
	e->fetches++;
	error = fault_take(x->faults, FAULT_FETCH_ERROR) ? -EIO :
		xdma_bus_read(x, from, raw, count * XDMA_DESC_BYTES);
	if (error == -ECANCELED)
		return error;
	/* the host has stopped it, or begun anew, meanwhile */
	if (!e->fetching || e->runs != run)
		return 0;
	if (error) {
		xdma_fetch_error(e, XDMA_DESC_ERROR(XDMA_UNSUPPORTED));
		return 0;
	}
	for (unsigned int i = 0; i < count; i++) {
		d = (struct xdma_desc){
			.control = le32toh(raw[i].control),
			.bytes = le32toh(raw[i].bytes) & XDMA_LENGTH_MASK,
			.source = le64toh(raw[i].source),
			.target = le64toh(raw[i].target),
			.next = le64toh(raw[i].next),
		};
		if (e->credit_mode && e->credits)
			e->credits--;
		e->adjacent--;
		if (d.control >> 16 != XDMA_DESC_MAGIC || fault_take(x->faults, FAULT_BAD_MAGIC)) {
			xdma_fetch_error(e, XDMA_BAD_MAGIC);
			return 0;
		}
		xdma_fetch_put(e, &d);
		if (d.control & XDMA_DESC_STOP) {
			/* nothing may come behind it in its block */
			e->broken_rules += !!e->adjacent;
			e->fetching = false;
			return 0;
		}
	}
	if (e->adjacent) {
		e->next += (uint64_t)count * XDMA_DESC_BYTES;
	} else {
		e->next = d.next;
		e->adjacent = (d.control >> 8 & 0x3f) + 1;
	}
	return 0;
}

/* Fills the FIFO of descriptors as far as it may. */
int xdma_fetch_ahead(struct xdma *x, struct xdma_engine *e)
{
	unsigned int count;
	int error;

	while (e->fetching && !e->halted) {
		count = xdma_fetch_size(x, e);
		if (!count)
			break;
		error = xdma_fetch_request(x, e, count);
		if (error)
			return error;
	}
	return 0;
}

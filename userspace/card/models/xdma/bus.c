// SPDX-License-Identifier: GPL-2.0-only
/*
 * The XDMA model as a bus master.
 *
 * While DMA is under way the host may do anything, even reset the card. So each
 * step is followed by a look at its result: -ECANCELED means that nothing is
 * what it was. A write is posted: if it fails, it is as if it had been done.
 */
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "xdma_model.h"

int xdma_bus_read(struct xdma *x, uint64_t addr, void *buf, size_t bytes)
{
	unsigned int epoch = x->epoch;
	int error = -EIO;

	if (!fault_take(x->faults, FAULT_DMA_ERROR))
		error = x->host->dma_read(x->host->machine, addr, buf, bytes);
	if (x->epoch != epoch)
		return -ECANCELED;
	if (!error)
		x->dma_bytes += bytes;
	return error;
}

/* Only for a reset does this fail. */
int xdma_bus_post(struct xdma *x, struct xdma_engine *e, uint64_t addr, const void *buf,
		  size_t bytes)
{
	unsigned int epoch = x->epoch;
	int error = -EIO;

	if (!fault_take(x->faults, FAULT_DMA_ERROR))
		error = x->host->dma_write(x->host->machine, addr, buf, bytes);
	if (x->epoch != epoch)
		return -ECANCELED;
	if (error)
		e->lost_writes++;
	else
		x->dma_bytes += bytes;
	return 0;
}

/* Whoever stops it: its result is not this model's affair. */
static int xdma_bus_wild(struct xdma *x, enum lie which, uint64_t addr)
{
	unsigned int epoch = x->epoch;
	uint8_t words[64];
	int error;

	lie_tag(words, sizeof(words));
	error = x->host->dma_stray(x->host->machine, addr, words, sizeof(words));
	lie_note(&x->faults->lies, which, "%" PRIx64 " %s", addr, error ? "refused" : "done");
	return x->epoch == epoch ? 0 : -ECANCELED;
}

int xdma_bus_stray(struct xdma *x, const struct xdma_engine *e)
{
	uint64_t dice, addr = e->desc.target;

	if (!lie_take(&x->faults->lies, LIE_STRAY, &dice))
		return 0;
	if (dice & 1)
		addr += e->desc.bytes + (dice >> 1 & 0xffff) * 64;
	else
		addr = (dice >> 1 & UINT64_C(0xffffffffff)) * 64;
	return xdma_bus_wild(x, LIE_STRAY, addr);
}

void xdma_bus_late(struct xdma *x, const struct xdma_engine *e)
{
	uint64_t dice;

	if (!e->active && !(e->control & XDMA_RUN) && e->desc.target &&
	    lie_take(&x->faults->lies, LIE_LATE, &dice))
		xdma_bus_wild(x, LIE_LATE, e->desc.target);
}

void xdma_bus_run_ahead(struct xdma *x, struct xdma_engine *e)
{
	uint32_t *word = e->ahead_until ? xdma_bus_map(x, e->poll, sizeof(*word)) : NULL;
	uint32_t count = e->count;

	while (word && xdma_now(x) < e->ahead_until) {
		count += 100;
		__atomic_store_n(word, htole32(count & XDMA_POLL_COUNT), __ATOMIC_RELEASE);
	}
	e->ahead_until = 0;
}

void *xdma_bus_map(struct xdma *x, uint64_t addr, size_t bytes)
{
	if (fault_is_on(x->faults, FAULT_DMA_ERROR))
		return NULL;
	return x->host->dma_map(x->host->machine, addr, bytes);
}

/* A packet of a few words, which no reader sees in part. */
int xdma_bus_words(struct xdma *x, struct xdma_engine *e, uint64_t addr, const uint32_t *words,
		   unsigned int count)
{
	void *direct = addr % 4 ? NULL : xdma_bus_map(x, addr, count * 4);
	uint64_t both;

	if (!direct)
		return xdma_bus_post(x, e, addr, words, count * 4);
	if (count == 2 && addr % 8 == 0) {
		memcpy(&both, words, sizeof(both));
		__atomic_store_n((uint64_t *)direct, both, __ATOMIC_RELEASE);
	} else {
		while (count--)
			__atomic_store_n((uint32_t *)direct + count, words[count],
					 __ATOMIC_RELEASE);
	}
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACQ-R1 model as a bus master.
 *
 * While DMA is under way the host may do anything, even reset the card. So each
 * step is followed by a look at its result: anything but 0 means that the run
 * is not what it was, and that nothing of it may be touched any more.
 */
#include <errno.h>
#include <inttypes.h>

#include "r1_model.h"

/* Common end of a DMA operation that was begun in @epoch. */
static int r1_bus_finish(struct r1 *c, unsigned int epoch, int error, size_t bytes)
{
	if (!--c->busy)
		c->settling = false;
	if (c->epoch != epoch)
		return -ECANCELED;
	if (error)
		r1_state_fail(c, ACQ_R1_ERR_DMA);
	else
		c->dma_bytes += bytes;
	return error;
}

int r1_bus_read(struct r1 *c, uint64_t addr, void *buf, size_t bytes)
{
	unsigned int epoch = c->epoch;
	int error = -EIO;

	c->busy++;
	if (!fault_take(c->faults, FAULT_DMA_ERROR))
		error = c->host->dma_read(c->host->machine, addr, buf, bytes);
	return r1_bus_finish(c, epoch, error, bytes);
}

int r1_bus_write(struct r1 *c, uint64_t addr, const void *buf, size_t bytes)
{
	unsigned int epoch = c->epoch;
	int error = -EIO;

	c->busy++;
	if (!fault_take(c->faults, FAULT_DMA_ERROR))
		error = c->host->dma_write(c->host->machine, addr, buf, bytes);
	return r1_bus_finish(c, epoch, error, bytes);
}

/* Whoever stops it: its result is not this model's affair. */
static int r1_bus_wild(struct r1 *c, enum lie which, uint64_t addr)
{
	unsigned int epoch = c->epoch;
	uint8_t words[64];
	int error;

	lie_tag(words, sizeof(words));
	c->busy++;
	error = c->host->dma_stray(c->host->machine, addr, words, sizeof(words));
	lie_note(&c->faults->lies, which, "%" PRIx64 " %s", addr, error ? "refused" : "done");
	return r1_bus_finish(c, epoch, 0, 0);
}

int r1_bus_stray(struct r1 *c)
{
	uint64_t dice, addr = c->block_addr;

	if (!lie_take(&c->faults->lies, LIE_STRAY, &dice))
		return 0;
	if (dice & 1)
		addr += c->block_bytes + (dice >> 1 & 0xffff) * 64;
	else
		addr = (dice >> 1 & UINT64_C(0xffffffffff)) * 64;
	return r1_bus_wild(c, LIE_STRAY, addr);
}

void r1_bus_late(struct r1 *c)
{
	uint64_t dice;

	if ((c->state == ACQ_R1_IDLE || c->state == ACQ_R1_DONE || c->state == ACQ_R1_ERROR) &&
	    c->block_addr && lie_take(&c->faults->lies, LIE_LATE, &dice))
		r1_bus_wild(c, LIE_LATE, c->block_addr);
}

/* Puts frames from the FIFO into the open block. */
int r1_bus_frames(struct r1 *c, uint64_t addr, uint64_t index, size_t frames)
{
	size_t bytes = frames * c->run.frame;
	void *direct = NULL;

	if (!fault_is_on(c->faults, FAULT_DMA_ERROR))
		direct = c->host->dma_map(c->host->machine, addr, bytes);
	if (direct) {
		r1_state_make(c, index, frames, direct);
		c->dma_bytes += bytes;
		return 0;
	}
	while (frames) {
		size_t n = sizeof(c->scratch) / c->run.frame;
		int error;

		if (n > frames)
			n = frames;
		r1_state_make(c, index, n, c->scratch);
		error = r1_bus_write(c, addr, c->scratch, n * c->run.frame);
		if (error)
			return error;
		addr += n * c->run.frame;
		index += n;
		frames -= n;
	}
	return 0;
}

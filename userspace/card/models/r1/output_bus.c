// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACQ-R1 model's output side as a bus master. See bus.c for what may happen
 * meanwhile: anything but 0 means that the run is not what it was.
 */
#include <errno.h>

#include "r1_output.h"

/* Does this access fail, by order? */
static bool r1_output_bus_fails(struct r1_output *o)
{
	bool fails = o->fail || fault_take(o->card->faults, FAULT_DMA_ERROR);

	o->fail = false;
	return fails;
}

/* Common end of a DMA operation that was begun in @epoch. */
static int r1_output_bus_finish(struct r1_output *o, unsigned int epoch, int error)
{
	if (!--o->busy)
		o->settling = false;
	if (o->epoch != epoch)
		return -ECANCELED;
	if (error)
		r1_output_state_fail(o, ACQ_R1_ERR_DMA);
	return error;
}

int r1_output_bus_read(struct r1_output *o, uint64_t addr, void *buf, size_t bytes)
{
	const struct card_host *host = o->card->host;
	unsigned int epoch = o->epoch;
	int error = -EIO;

	o->busy++;
	if (!r1_output_bus_fails(o))
		error = host->dma_read(host->machine, addr, buf, bytes);
	return r1_output_bus_finish(o, epoch, error);
}

int r1_output_bus_write(struct r1_output *o, uint64_t addr, const void *buf, size_t bytes)
{
	const struct card_host *host = o->card->host;
	unsigned int epoch = o->epoch;
	int error = -EIO;

	o->busy++;
	if (!r1_output_bus_fails(o))
		error = host->dma_write(host->machine, addr, buf, bytes);
	return r1_output_bus_finish(o, epoch, error);
}

// SPDX-License-Identifier: GPL-2.0-only OR MIT
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "node.h"
#include "run.h"

void run_leave(struct acq *acq)
{
	if (acq->meta)
		munmap((void *)acq->meta, acq->mapped);
	acq->meta = NULL;
}

int run_find_place(struct acq *acq)
{
	bool fresh = !__atomic_load_n(&acq->meta->head, __ATOMIC_ACQUIRE);
	struct acq_status status;
	int err;

	err = acq_get_status(acq, &status);
	if (err)
		return err;
	acq->at.position = status.position;
	acq->at.index = status.index;
	acq->at.block = NO_BLOCK;
	acq->fresh = fresh;
	acq->released = status.position;
	acq->known = status.position;
	return 0;
}

void run_learn_index(struct acq *acq)
{
	if (acq->fresh)
		acq->at.index = __atomic_load_n(&acq->meta->base_index, __ATOMIC_RELAXED);
	acq->fresh = false;
}

int run_enter(struct acq *acq)
{
	struct acq_map map;
	void *meta;
	int err;

	err = node_call(acq, ACQ_IOC_MAP, &map);
	if (err || (acq->meta && map.run == acq->meta->run))
		return err;
	run_leave(acq);
	acq->mapped = acq->mode->buffers ? (size_t)sysconf(_SC_PAGESIZE) : map.bytes;
	meta = mmap(NULL, acq->mapped, PROT_READ, MAP_SHARED, acq->fd, 0);
	if (meta == MAP_FAILED)
		return -errno;
	acq->meta = meta;
	acq->end = 1;
	acq->last.block = NO_BLOCK;
	err = acq->meta->frame_bytes ? run_find_place(acq) : -EPROTO;
	if (err)
		run_leave(acq);
	return err;
}

uint64_t acq_behind(const struct acq *acq)
{
	if (!acq->meta)
		return 0;
	return __atomic_load_n(&acq->meta->head, __ATOMIC_ACQUIRE) - acq->at.position;
}

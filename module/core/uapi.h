/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The user space interface, and how many values its enumerations have in this
 * driver. Programs do not see those: the next version may have more.
 */
#ifndef ACQ_UAPI_H
#define ACQ_UAPI_H

#include "../../include/uapi/linux/acqdev.h"

#define ACQ_FORMAT_NUM		(ACQ_FORMAT_U32 + 1)
#define ACQ_TRIGGER_NUM		(ACQ_TRIGGER_EXTERNAL + 1)
#define ACQ_EDGE_NUM		(ACQ_EDGE_FALLING + 1)
#define ACQ_PATTERN_NUM		(ACQ_PATTERN_PRBS + 1)
#define ACQ_TRANSFER_NUM	(ACQ_TRANSFER_FIFO + 1)
#define ACQ_STATE_NUM		(ACQ_STATE_GONE + 1)
#define ACQ_CAUSE_NUM		(ACQ_CAUSE_UNDERRUN + 1)
#define ACQ_FAILURE_NUM		(ACQ_FAILURE_FILTER + 1)

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/stddef.h>

/* User space has these numbers compiled in. */
static_assert(sizeof(struct acq_meta) == 224);
static_assert(offsetof(struct acq_meta, run) == 48);
static_assert(offsetof(struct acq_meta, head) == 128);
static_assert(offsetof(struct acq_meta, end) == 196);
static_assert(offsetof(struct acq_meta, packet_end) == 208);
static_assert(sizeof(struct acq_block) == 64);
static_assert(offsetof(struct acq_block, bytes) == 48);
static_assert(sizeof(struct acq_config) == 128);
static_assert(offsetof(struct acq_config, filter) == 96);
static_assert(sizeof(struct acq_map) == 64);
static_assert(sizeof(struct acq_advance) == 80);
static_assert(sizeof(struct acq_export) == 32);
static_assert(sizeof(struct acq_reader_stats) == 192);
#endif

#endif /* ACQ_UAPI_H */

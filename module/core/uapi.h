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
#define ACQ_CAUSE_NUM		(ACQ_CAUSE_UNPLUG + 1)

#endif /* ACQ_UAPI_H */

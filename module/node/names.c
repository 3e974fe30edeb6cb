// SPDX-License-Identifier: GPL-2.0-only
/* Names of enumerations. See names.h. */
#include "../core/uapi.h"
#include "names.h"

const char *const acq_cause_names[ACQ_CAUSE_NUM] = {
	[ACQ_CAUSE_NONE]	= "none",
	[ACQ_CAUSE_CARD_FIFO]	= "card-fifo",
	[ACQ_CAUSE_RING_FULL]	= "ring-full",
	[ACQ_CAUSE_OVERTAKEN]	= "overtaken",
	[ACQ_CAUSE_SUSPEND]	= "suspend",
	[ACQ_CAUSE_RESET]	= "reset",
	[ACQ_CAUSE_UNPLUG]	= "unplug",
	[ACQ_CAUSE_UNDERRUN]	= "underrun",
};

const char *const acq_state_names[ACQ_STATE_NUM] = {
	[ACQ_STATE_IDLE]	= "idle",
	[ACQ_STATE_ARMED]	= "armed",
	[ACQ_STATE_RUNNING]	= "running",
	[ACQ_STATE_DRAINING]	= "draining",
	[ACQ_STATE_SUSPENDED]	= "suspended",
	[ACQ_STATE_FAILED]	= "failed",
	[ACQ_STATE_GONE]	= "gone",
};

const char *const acq_failure_names[ACQ_FAILURE_NUM] = {
	[ACQ_FAILURE_NONE]		= "none",
	[ACQ_FAILURE_NO_ANSWER]		= "no-answer",
	[ACQ_FAILURE_CARD]		= "card",
	[ACQ_FAILURE_PROTOCOL]		= "protocol",
	[ACQ_FAILURE_INTERRUPTS]	= "interrupts",
	[ACQ_FAILURE_RATE]		= "rate",
	[ACQ_FAILURE_START]		= "start",
	[ACQ_FAILURE_RECOVERY]		= "recovery",
	[ACQ_FAILURE_PCI]		= "pci",
	[ACQ_FAILURE_FILTER]		= "filter",
};

const char *const acq_trigger_names[ACQ_TRIGGER_NUM] = {
	[ACQ_TRIGGER_IMMEDIATE]	= "immediate",
	[ACQ_TRIGGER_SOFTWARE]	= "software",
	[ACQ_TRIGGER_LEVEL]	= "level",
	[ACQ_TRIGGER_EXTERNAL]	= "external",
};

const char *const acq_pattern_names[ACQ_PATTERN_NUM] = {
	[ACQ_PATTERN_INPUT]	= "input",
	[ACQ_PATTERN_RAMP]	= "ramp",
	[ACQ_PATTERN_PRBS]	= "prbs",
};

const char *const acq_transfer_names[ACQ_TRANSFER_NUM] = {
	[ACQ_TRANSFER_AUTO]	= "auto",
	[ACQ_TRANSFER_DMA]	= "dma",
	[ACQ_TRANSFER_FIFO]	= "fifo",
};

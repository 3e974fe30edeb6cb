// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <string.h>

#include <linux/acqdev.h>

#include "names.h"

/* A value added to the interface must get a name here: the sizes have to agree. */
#define NAME_TABLE(var, text, last, ...)					\
	static const char *const var##_table[] = { __VA_ARGS__ };		\
	_Static_assert(sizeof(var##_table) / sizeof(var##_table[0]) == (last) + 1,	\
		       "names of " text);					\
	const struct names var##_names = { text, (last) + 1, var##_table }

NAME_TABLE(format, "format", ACQ_FORMAT_U32, "s8", "u8", "s16", "u16", "s32", "u32");
NAME_TABLE(trigger, "trigger", ACQ_TRIGGER_EXTERNAL, "immediate", "software", "level", "external");
NAME_TABLE(edge, "edge", ACQ_EDGE_FALLING, "rising", "falling");
NAME_TABLE(pattern, "pattern", ACQ_PATTERN_PRBS, "input", "ramp", "prbs");
NAME_TABLE(transfer, "transfer", ACQ_TRANSFER_FIFO, "auto", "dma", "fifo");
NAME_TABLE(state, "state", ACQ_STATE_GONE, "idle", "armed", "running", "draining", "suspended",
	   "failed", "gone");
NAME_TABLE(cause, "cause", ACQ_CAUSE_UNDERRUN, "none", "card-fifo", "ring-full", "overtaken", "suspend",
	   "reset", "unplug", "underrun");
NAME_TABLE(failure, "failure", ACQ_FAILURE_FILTER, "none", "no-answer", "card", "protocol", "interrupts",
	   "rate", "start", "recovery", "pci", "filter");
NAME_TABLE(cap, "capability", 12, "dma", "fifo", "wait", "trigger-software", "trigger-level",
	   "trigger-external", "pretrigger", "count", "ramp", "prbs", "packets", "fixed-channels", "output");

const char *name_of(const struct names *names, unsigned int value)
{
	return value < names->num ? names->name[value] : "unknown";
}

int name_value(const struct names *names, const char *name)
{
	unsigned int i;

	for (i = 0; i < names->num; i++)
		if (!strcmp(names->name[i], name))
			return i;
	return -1;
}

char *name_list(const struct names *names, uint64_t mask, char *buf, unsigned int size)
{
	unsigned int i, len = 0;

	buf[0] = '\0';
	for (i = 0; i < names->num; i++) {
		if (!(mask >> i & 1))
			continue;
		len += snprintf(buf + len, size - len, "%s%s", len ? " " : "", names->name[i]);
		if (len >= size)
			break;
	}
	return buf;
}

const char *cause_text(unsigned int cause)
{
	static const char *const text[] = {
		"no cause given",
		"card FIFO overflow",
		"ring full",
		"overtaken",
		"system suspend",
		"card reset",
		"card removed",
		"underrun",
	};

	_Static_assert(sizeof(text) / sizeof(text[0]) == ACQ_CAUSE_UNDERRUN + 1, "texts of causes");
	return cause <= ACQ_CAUSE_UNDERRUN ? text[cause] : "unknown cause";
}

const char *failure_text(unsigned int failure)
{
	static const char *const text[] = {
		"not at all",
		"the card does not answer",
		"the card reports an error",
		"the card contradicts itself",
		"the card interrupts without end",
		"samples come several times faster than configured",
		"the card could not be started",
		"the card was started again several times, and brought nothing",
		"PCI Express has lost the card: a reset of its PCI device may bring it back",
		"a filter has failed: the kernel's log names it",
	};

	_Static_assert(sizeof(text) / sizeof(text[0]) == ACQ_FAILURE_FILTER + 1, "texts of failures");
	return failure <= ACQ_FAILURE_FILTER ? text[failure] : "for an unknown reason";
}

unsigned int format_width(unsigned int format)
{
	switch (format) {
	case ACQ_FORMAT_S8:
	case ACQ_FORMAT_U8:
		return 1;
	case ACQ_FORMAT_S16:
	case ACQ_FORMAT_U16:
		return 2;
	case ACQ_FORMAT_S32:
	case ACQ_FORMAT_U32:
		return 4;
	}
	return 0;
}

int format_signed(unsigned int format)
{
	return format == ACQ_FORMAT_S8 || format == ACQ_FORMAT_S16 || format == ACQ_FORMAT_S32;
}

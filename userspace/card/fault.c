// SPDX-License-Identifier: GPL-2.0-only
/* Faults that the card can be told to have. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

static const struct {
	const char *name;
	const char *what;
	unsigned int of;
} faults[FAULT_NUM] = {
	[FAULT_GONE] = {
		"gone", "all ones everywhere, no DMA, no interrupts", FAULT_OF_ALL
	},
	[FAULT_DEAF] = {
		"deaf", "no register answers, as without memory decoding", FAULT_OF_ALL
	},
	[FAULT_RESET_GONE] = {
		"reset-gone", "a reset of its bus leaves it gone", FAULT_OF_ALL
	},
	[FAULT_LOST_IRQ] = {
		"lost-irq", "interrupts are not sent", FAULT_OF_ALL
	},
	[FAULT_IRQ_STORM] = {
		"irq-storm", "interrupts without end", FAULT_OF_ALL
	},
	[FAULT_BAD_BYTES] = {
		"bad-bytes", "records claim more bytes than the block has", FAULT_OF_R1
	},
	[FAULT_BAD_INDEX] = {
		"bad-index", "records whose index goes back", FAULT_OF_R1
	},
	[FAULT_BAD_NUMBER] = {
		"bad-number", "records with another block's number", FAULT_OF_R1
	},
	[FAULT_BAD_PROGRESS] = {
		"bad-progress", "more blocks complete than were given", FAULT_OF_R1
	},
	[FAULT_BAD_LOST] = {
		"bad-lost", "records with an absurd count of lost frames", FAULT_OF_R1
	},
	[FAULT_BAD_LEVEL] = {
		"bad-level", "FIFO_LEVEL beyond the FIFO", FAULT_OF_R1
	},
	[FAULT_DMA_ERROR] = {
		"dma-error", "bus master accesses fail", FAULT_OF_ALL
	},
	[FAULT_START_IGNORED] = {
		"start-ignored", "START, Run, or enable does nothing", FAULT_OF_ALL
	},
	[FAULT_STOP_IGNORED] = {
		"stop-ignored", "STOP, or the end of Run or enable, does nothing", FAULT_OF_ALL
	},
	[FAULT_RESET_STUCK] = {
		"reset-stuck", "RESET does not come to an end", FAULT_OF_R1
	},
	[FAULT_NO_UPDATE] = {
		"no-update", "the status page is not written", FAULT_OF_R1
	},
	[FAULT_DONE_NEVER] = {
		"done-never", "the state stays DRAINING after the last frame", FAULT_OF_R1
	},
	[FAULT_MASK_IGNORED] = {
		"mask-ignored", "an interrupt that is masked or served stays asserted",
		FAULT_OF_MODELS
	},
	[FAULT_MASTER_IGNORED] = {
		"master-ignored", "DMA goes on without Bus Master Enable", FAULT_OF_ALL
	},
	[FAULT_LATE_CAUSE] = {
		"late-cause", "the status page lacks the causes that it announces", FAULT_OF_R1
	},
	[FAULT_LATE_FILLER] = {
		"late-filler", "the page that tells of filler does not count it yet", FAULT_OF_R1
	},
	[FAULT_NO_OPEN_RECORD] = {
		"no-open-record", "the record without DONE is not written", FAULT_OF_R1
	},
	[FAULT_WINDOW_32] = {
		"window-32", "64 bits of the FIFO window read as ones, none is popped", FAULT_OF_R1
	},
	[FAULT_SLOW_WINDOW] = {
		"slow-window", "a read of the FIFO window takes 20 ms", FAULT_OF_R1
	},
	[FAULT_EARLY_IRQ] = {
		"early-irq", "an interrupt comes before writeback and count", FAULT_OF_XDMA
	},
	[FAULT_BAD_MAGIC] = {
		"bad-magic", "a descriptor arrives without its magic", FAULT_OF_XDMA
	},
	[FAULT_FETCH_ERROR] = {
		"fetch-error", "the fetch of descriptors fails", FAULT_OF_XDMA
	},
	[FAULT_READ_ERROR] = {
		"read-error", "the source of data answers with an error", FAULT_OF_XDMA
	},
	[FAULT_WRITE_ERROR] = {
		"write-error", "the destination of data answers with an error", FAULT_OF_XDMA
	},
	[FAULT_SHORT_PACKET] = {
		"short-packet", "tlast in the midst of a descriptor", FAULT_OF_XDMA
	},
	[FAULT_EXACT_PACKET] = {
		"exact-packet", "tlast with the last byte of a descriptor", FAULT_OF_XDMA
	},
	[FAULT_LOST_WRITEBACK] = {
		"lost-writeback", "the writeback of a descriptor is not written", FAULT_OF_XDMA
	},
	[FAULT_LOST_POLL] = {
		"lost-poll", "the poll mode writeback is not written", FAULT_OF_XDMA
	},
	[FAULT_BAD_LENGTH] = {
		"bad-length", "a writeback tells more bytes than the descriptor has", FAULT_OF_XDMA
	},
	[FAULT_BAD_COUNT] = {
		"bad-count", "the count of descriptors is far ahead",
		FAULT_OF_XDMA | FAULT_OF_LITEPCIE
	},
	[FAULT_STUCK_BUSY] = {
		"stuck-busy", "the engine stays busy when it was stopped",
		FAULT_OF_XDMA | FAULT_OF_LITEPCIE
	},
	[FAULT_COUNT_BACK] = {
		"count-back", "the count of descriptors goes back", FAULT_OF_LITEPCIE
	},
	[FAULT_LOST_PUSH] = {
		"lost-push", "a descriptor does not get into the table", FAULT_OF_LITEPCIE
	},
	[FAULT_BAD_HEADER] = {
		"bad-header", "a header without its magic", FAULT_OF_LITEPCIE
	},
	[FAULT_TIME_BACK] = {
		"time-back", "a header whose time goes back", FAULT_OF_LITEPCIE
	},
	[FAULT_STUCK_D3] = {
		"stuck-d3", "the power state stays D3hot", FAULT_OF_ALL
	},
};

bool fault_is_on(const struct faults *f, enum fault which)
{
	return f->left[which];
}

bool fault_take(struct faults *f, enum fault which)
{
	if (!f->left[which])
		return false;
	if (f->left[which] != FAULT_ALWAYS)
		f->left[which]--;
	f->happened[which]++;
	return true;
}

int fault_set(struct faults *f, const char *name, const char *how)
{
	uint64_t times;
	char *end;
	int i;

	for (i = 0; i < FAULT_NUM && strcmp(name, faults[i].name); i++)
		;
	if (i == FAULT_NUM)
		return -EINVAL;
	if (!(faults[i].of & f->of))
		return -ENOTSUP;
	if (!how || !strcmp(how, "on")) {
		times = FAULT_ALWAYS;
	} else if (!strcmp(how, "off")) {
		times = 0;
	} else {
		errno = 0;
		times = strtoull(how, &end, 10);
		if (errno || *how < '0' || *how > '9' || *end)
			return -EINVAL;
	}
	f->left[i] = times;
	return 0;
}

void fault_clear(struct faults *f)
{
	memset(f->left, 0, sizeof(f->left));
}

void fault_print(const struct faults *f, FILE *out)
{
	const char *comma = "";

	for (int i = 0; i < FAULT_NUM; i++) {
		if (!f->left[i])
			continue;
		if (f->left[i] == FAULT_ALWAYS)
			fprintf(out, "%s%s:on", comma, faults[i].name);
		else
			fprintf(out, "%s%s:%" PRIu64, comma, faults[i].name, f->left[i]);
		comma = ",";
	}
	if (!*comma)
		fputs("none", out);
}

void fault_help(const struct faults *f, FILE *out)
{
	const char *comma = "";

	for (int i = 0; i < FAULT_NUM; i++) {
		if (!(faults[i].of & f->of))
			continue;
		fprintf(out, "%s%s (%s)", comma, faults[i].name, faults[i].what);
		comma = ", ";
	}
}

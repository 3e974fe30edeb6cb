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
} faults[FAULT_NUM] = {
	[FAULT_GONE] = { "gone", "all ones everywhere, no DMA, no interrupts" },
	[FAULT_LOST_IRQ] = { "lost-irq", "interrupts are not sent" },
	[FAULT_IRQ_STORM] = { "irq-storm", "interrupts without end" },
	[FAULT_BAD_BYTES] = { "bad-bytes", "records claim more bytes than the block has" },
	[FAULT_BAD_INDEX] = { "bad-index", "records whose index goes back" },
	[FAULT_BAD_NUMBER] = { "bad-number", "records with another block's number" },
	[FAULT_BAD_PROGRESS] = { "bad-progress", "more blocks complete than were given" },
	[FAULT_BAD_LOST] = { "bad-lost", "records with an absurd count of lost frames" },
	[FAULT_BAD_LEVEL] = { "bad-level", "FIFO_LEVEL beyond the FIFO" },
	[FAULT_DMA_ERROR] = { "dma-error", "bus master accesses fail" },
	[FAULT_START_IGNORED] = { "start-ignored", "START does nothing" },
	[FAULT_STOP_IGNORED] = { "stop-ignored", "STOP does nothing" },
	[FAULT_RESET_STUCK] = { "reset-stuck", "RESET does not come to an end" },
	[FAULT_NO_UPDATE] = { "no-update", "the status page is not written" },
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

void fault_help(FILE *out)
{
	for (int i = 0; i < FAULT_NUM; i++)
		fprintf(out, "%s%s (%s)", i ? ", " : "", faults[i].name, faults[i].what);
}

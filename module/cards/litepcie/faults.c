// SPDX-License-Identifier: GPL-2.0-only
/* What can go wrong with a channel of LitePCIe. */
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "internal.h"

static const char *const lite_faults[LITE_FAULT_NUM] = {
	[LITE_FAULT_NO_ANSWER] = "no_answer",
	[LITE_FAULT_COUNT] = "count",
	[LITE_FAULT_TABLE] = "table",
	[LITE_FAULT_HEADER] = "header",
	[LITE_FAULT_TIME] = "time",
	[LITE_FAULT_RATE] = "rate",
	[LITE_FAULT_MASTER] = "master",
	[LITE_FAULT_RESET] = "reset",
	[LITE_FAULT_STOP] = "stop",
};

/**
 * lite_fault_fail() - end the run for a fault, say so, and count it
 * @ch: the channel
 * @fault: what went wrong
 * @error: negative errno for readers; -ENODEV: the card does not answer
 * @why: for the log
 *
 * Context: producer.lock.
 */
void lite_fault_fail(struct lite_channel *ch, enum lite_fault fault, int error,
		     const char *why, ...)
{
	struct va_format format = { .fmt = why };
	va_list args;

	va_start(args, why);
	format.va = &args;
	dev_err_ratelimited(lite_device(ch), "%s %u: %pV: stopped\n", lite_direction(ch),
			    ch->number, &format);
	va_end(args);
	ch->faults[fault]++;
	if (error == -ENODEV)
		acq_pci_lost(&ch->card->pci);
	acq_stream_fail(ch->stream, error);
}

/** lite_fault_no_answer() - a register reads all ones */
void lite_fault_no_answer(struct lite_channel *ch)
{
	lite_fault_fail(ch, LITE_FAULT_NO_ANSWER, -ENODEV, "does not answer");
}

/** lite_fault_reset() - somebody has reset the channel: start it again */
void lite_fault_reset(struct lite_channel *ch)
{
	dev_warn_ratelimited(lite_device(ch), "%s %u has been reset: starts it again\n",
			     lite_direction(ch), ch->number);
	ch->faults[LITE_FAULT_RESET]++;
	acq_stream_restart(ch->stream);
}

/** lite_fault_show() - struct acq_card_ops.show */
void lite_fault_show(struct acq_stream *stream, struct seq_file *m)
{
	const struct lite_channel *ch = acq_stream_card(stream);
	enum lite_fault fault;

	seq_printf(m, "channel %u\nheaders %d\nearly %d\npushed %llu\ndone %llu\nstarved %llu\nquestions %llu\n",
		   ch->number, ch->timed, ch->early, ch->pushed, ch->popped, ch->starved,
		   ch->questions);
	for (fault = 0; fault < LITE_FAULT_NUM; fault++)
		seq_printf(m, "fault_%s %llu\n", lite_faults[fault], ch->faults[fault]);
}

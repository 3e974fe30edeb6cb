// SPDX-License-Identifier: GPL-2.0-only
/* What can go wrong with an engine of XDMA. */
#include <linux/bitfield.h>
#include <linux/kernel.h>
#include <linux/seq_file.h>

#include "internal.h"

/* Those that the engine logs in its status, and stops for; PG195, "C2H Channel Status" */
static const struct {
	const char *name;
	const char *why;
	u32 bits;
	/* In the other direction the bits mean something else. */
	enum { XDMA_FAULT_ANY, XDMA_FAULT_INPUT, XDMA_FAULT_OUTPUT } of;
} xdma_faults[XDMA_FAULT_NUM] = {
	[XDMA_FAULT_ALIGNMENT] = { "alignment", "an address is not aligned as the core wants it",
			      XDMA_ALIGN_MISMATCH },
	[XDMA_FAULT_MAGIC] = { "magic", "a descriptor arrives without its magic",
			       XDMA_MAGIC_STOPPED },
	[XDMA_FAULT_LENGTH] = { "length", "the length of a block does not fit the data path",
			   XDMA_INVALID_LENGTH },
	[XDMA_FAULT_DATA_DECODE] = { "data_decode", "the card's logic is not there to be read",
				XDMA_READ_DECODE, XDMA_FAULT_INPUT },
	[XDMA_FAULT_DATA_SLAVE] = { "data_slave", "the card's logic answers with an error",
			       XDMA_READ_SLAVE, XDMA_FAULT_INPUT },
	[XDMA_FAULT_DATA_OTHER] = { "data_other", "the card's logic has an error",
			       XDMA_READ_ERRORS & ~(XDMA_READ_DECODE | XDMA_READ_SLAVE),
			       XDMA_FAULT_INPUT },
	[XDMA_FAULT_DATA_FETCH] = { "data_fetch", "samples cannot be fetched from memory",
			       XDMA_READ_ERRORS, XDMA_FAULT_OUTPUT },
	[XDMA_FAULT_DESC_UNSUPPORTED] = { "desc_unsupported",
				     "descriptors cannot be fetched from memory: unsupported request",
				     XDMA_DESC_UNSUPPORTED },
	[XDMA_FAULT_DESC_ABORTED] = { "desc_aborted",
				 "descriptors cannot be fetched from memory: completer abort",
				 XDMA_DESC_ABORTED },
	[XDMA_FAULT_DESC_PARITY] = { "desc_parity", "a descriptor arrives with wrong parity",
				XDMA_DESC_PARITY },
	[XDMA_FAULT_DESC_POISONED] = { "desc_poisoned", "a descriptor arrives poisoned",
				  XDMA_DESC_POISONED },
	[XDMA_FAULT_DESC_UNEXPECTED] = { "desc_unexpected",
				    "a completion arrives that no descriptor waits for",
				    XDMA_DESC_UNEXPECTED },
	[XDMA_FAULT_NO_ANSWER] = { "no_answer", "does not answer" },
	[XDMA_FAULT_WRITEBACK] = { "writeback" },
	[XDMA_FAULT_NO_WRITEBACK] = { "no_writeback", "blocks are completed without a writeback" },
	[XDMA_FAULT_COUNT] = { "count" },
	[XDMA_FAULT_FRAME] = { "frame" },
	[XDMA_FAULT_LOGIC] = { "logic" },
	[XDMA_FAULT_RESET] = { "reset" },
	[XDMA_FAULT_DRY] = { "dry" },
};

/**
 * xdma_fault_fail() - end the run for a fault, say so, and count it
 * @ch: the channel
 * @fault: what went wrong
 * @error: negative errno for readers; -ENODEV: the card does not answer
 * @why: for the log
 *
 * Context: producer.lock.
 */
void xdma_fault_fail(struct xdma_channel *ch, enum xdma_fault fault, int error,
		     const char *why, ...)
{
	struct va_format format = { .fmt = why };
	va_list args;

	va_start(args, why);
	format.va = &args;
	dev_err_ratelimited(xdma_device(ch), "%s channel %u: %pV: stopped\n",
			    xdma_direction(ch), ch->number, &format);
	va_end(args);
	ch->faults[fault]++;
	if (error == -ENODEV)
		acq_pci_lost(&ch->card->pci);
	acq_stream_fail(ch->stream, error);
}

/** xdma_fault_no_answer() - a register reads all ones */
void xdma_fault_no_answer(struct xdma_channel *ch)
{
	xdma_fault_fail(ch, XDMA_FAULT_NO_ANSWER, -ENODEV, "%s",
			xdma_faults[XDMA_FAULT_NO_ANSWER].why);
}

/** xdma_fault_reset() - the engine has forgotten that it runs: start it again */
void xdma_fault_reset(struct xdma_channel *ch)
{
	dev_warn_ratelimited(xdma_device(ch), "%s channel %u has been reset: starts it again\n",
			     xdma_direction(ch), ch->number);
	ch->faults[XDMA_FAULT_RESET]++;
	acq_stream_restart(ch->stream);
}

/** xdma_fault_no_writeback() - the card counts a block that it has not reported */
void xdma_fault_no_writeback(struct xdma_channel *ch)
{
	xdma_fault_fail(ch, XDMA_FAULT_NO_WRITEBACK, -EPROTO, "%s",
			xdma_faults[XDMA_FAULT_NO_WRITEBACK].why);
}

/**
 * xdma_fault_by_status() - the engine has stopped for an error, or for several
 * @ch: the channel
 * @status: of the engine
 */
void xdma_fault_by_status(struct xdma_channel *ch, u32 status)
{
	enum xdma_fault fault, first = XDMA_FAULT_NUM;

	for (fault = 0; fault < XDMA_FAULT_NUM; fault++) {
		if (!(status & xdma_faults[fault].bits) ||
		    xdma_faults[fault].of == (ch->output ? XDMA_FAULT_INPUT : XDMA_FAULT_OUTPUT))
			continue;
		if (first == XDMA_FAULT_NUM)
			first = fault;
		else
			ch->faults[fault]++;
	}
	if (first != XDMA_FAULT_NUM)
		xdma_fault_fail(ch, first, -EIO, "%s (status 0x%08x)", xdma_faults[first].why,
				status);
}

/**
 * xdma_fault_check_writeback() - what does a writeback say?
 * @ch: the channel
 * @back: the writeback
 * @room: bytes of its descriptor
 *
 * Return: bytes that the engine has written, at most @room and whole frames. 0 if the
 * stream has failed.
 */
u32 xdma_fault_check_writeback(struct xdma_channel *ch, u64 back, u32 room)
{
	u32 bytes = FIELD_GET(XDMA_BACK_BYTES, back), frame = ch->frame;
	bool ends = back & XDMA_BACK_EOP;

	if (FIELD_GET(XDMA_BACK_MAGIC, back) != XDMA_BACK_VALUE || back & XDMA_BACK_REST) {
		xdma_fault_fail(ch, XDMA_FAULT_WRITEBACK, -EPROTO,
				"0x%016llx is no writeback of a stream", back);
		return 0;
	}
	if (!bytes || bytes > room || (!ends && bytes != room)) {
		xdma_fault_fail(ch, XDMA_FAULT_WRITEBACK, -EPROTO,
				"a block of %u bytes is told to have %u%s",
				room, bytes, ends ? ", with an end of packet" : "");
		return 0;
	}
	if (bytes % frame) {
		xdma_fault_fail(ch, XDMA_FAULT_FRAME, -EPROTO,
				"a packet ends within a frame of %u bytes (set format and channels as the card has them)",
				frame);
		return 0;
	}
	return bytes;
}

/** xdma_fault_show() - struct acq_card_ops.show */
void xdma_fault_show(struct acq_stream *stream, struct seq_file *m)
{
	const struct xdma_channel *ch = acq_stream_card(stream);
	enum xdma_fault fault;

	seq_printf(m, "channel %u\npackets %llu\ncredit_writes %llu\nstarved %llu\nquestions %llu\n",
		   ch->number, ch->packets, ch->grants, ch->starved, ch->questions);
	for (fault = 0; fault < XDMA_FAULT_NUM; fault++)
		seq_printf(m, "fault_%s %llu\n", xdma_faults[fault].name, ch->faults[fault]);
}

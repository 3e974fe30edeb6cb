/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of card family AC97 share. */
#ifndef ACQ_AC97_INTERNAL_H
#define ACQ_AC97_INTERNAL_H

#include <linux/io.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "../../core/card.h"
#include "../pci.h"
#include "list.h"
#include "regs.h"

struct ac97;

/* Registers of the mixer that are written, and put back */
#define AC97_CODEC_FOUND	8

/**
 * struct ac97_codec - the codec
 * @lock: one access at a time; sleeps
 * @vra: it has variable rates
 * @unity: what PCM_OUT is to be for samples to be played as they are
 * @gain: RECORD_GAIN
 * @source: RECORD_SELECT
 * @cold: it was found in reset
 * @global: that register as it was found
 * @found: registers of the mixer as they were, if it was not
 */
struct ac97_codec {
	struct mutex lock;
	bool vra;
	u16 unity;
	u16 gain;
	u16 source;
	bool cold;
	u32 global;
	u16 found[AC97_CODEC_FOUND];
};

/**
 * struct ac97_engine - a stream
 * @card: its card
 * @stream: its stream
 * @output: it plays
 * @irq: its bit in the global status
 * @regs: its registers
 * @rate_reg: the codec's register for its rate
 * @ready: what is to be ready in the codec
 * @rates: a bit for each of the usual ones that the codec takes
 * @any_rate: it takes all between
 * @found_list: register as it was found
 * @found_last: as well
 * @found_control: as well
 * @list: what it has of blocks
 * @list_dma: where that is
 * @events: that were taken from its status; the card's irq_lock
 * @halts: how often it had nothing to do
 * @fifo_errors: how often the bus was too slow
 *
 * The others live from start() to stop() and are protected by the stream's
 * producer.lock.
 *
 * @frame: bytes of a frame
 * @room: frames of a full block
 * @rate: Hz
 * @most: an interrupt for so many blocks at most
 * @each: for so many
 * @begun: it runs, or has run
 * @halted: it was told to stop
 * @useless: what it says is not to be reported: it begins anew
 * @finishing: nothing more is given
 * @ended: it has done all that was handed to it
 * @handed: blocks that it may use
 * @gap_at: before this block it had stood for a moment
 * @slipped: filler that it has put out amid a block
 * @index: sample index of the open block
 * @open: bytes that were reported of it
 * @at: where it was when it was looked at last
 * @moved: when it had moved, in jiffies
 * @checked: when it was checked last, in jiffies
 */
struct ac97_engine {
	struct ac97 *card;
	struct acq_stream *stream;
	bool output;
	u32 irq;
	void __iomem *regs;
	u32 rate_reg;
	u32 ready;
	u32 rates;
	bool any_rate;
	u32 found_list;
	u8 found_last;
	u8 found_control;
	struct ac97_entry *list;
	dma_addr_t list_dma;
	u16 events;
	u64 halts;
	u64 fifo_errors;

	u32 frame;
	u32 room;
	u32 rate;
	u32 most;
	u32 each;
	bool begun;
	bool halted;
	bool useless;
	bool finishing;
	bool ended;
	u64 handed;
	u64 gap_at;
	u32 slipped;
	u64 index;
	u32 open;
	u32 at;
	unsigned long moved;
	unsigned long checked;
};

/* Inputs come first among the streams. */
enum { AC97_ENGINE_IN, AC97_ENGINE_OUT, AC97_ENGINES };

/**
 * struct ac97 - a card
 * @pci: its PCI device
 * @mixer: registers of its codec
 * @master: registers of its bus master
 * @irq_lock: for status registers, and events taken from them
 * @codec: its codec
 * @engine: its streams
 */
struct ac97 {
	struct acq_pci pci;
	void __iomem *mixer;
	void __iomem *master;
	spinlock_t irq_lock;
	struct ac97_codec codec;
	struct ac97_engine engine[AC97_ENGINES];
};

static inline struct ac97 *ac97_of(struct acq_pci *pci)
{
	return container_of(pci, struct ac97, pci);
}

/* codec.c */
int ac97_codec_open(struct ac97 *card, int gain, unsigned int source);
int ac97_codec_start(struct ac97_engine *e);
int ac97_codec_check(struct ac97_engine *e);
void ac97_codec_put_back(struct ac97 *card);
void ac97_codec_describe(const struct ac97_engine *e, struct acq_info *info);
u32 ac97_codec_round(const struct ac97_engine *e, u64 rate_millihz);

/* engine.c */
extern const struct acq_card_ops ac97_engine_ops;
u32 ac97_engine_take(struct ac97 *card);
int ac97_engine_reset(void __iomem *regs);

#endif /* ACQ_AC97_INTERNAL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between the core and a card family. A family includes this and nothing
 * else of core/.
 *
 * A family knows one register map. It finds its hardware, makes a stream with
 * acq_stream_create() and answers the calls of struct acq_card_ops; it reports what
 * the card says with the acq_stream_*() functions, described in card.c. It never sees
 * a reader, a file, a run or the ring. docs/porting.md has a family that compiles; what
 * is the same for all cards on PCI is in cards/pci.h.
 *
 * A run has one or more segments: after a loss of power, a sleep or a reset the card
 * is started again, and what it did not sample meanwhile is a gap. A family knows of
 * one segment: blocks, sample indices and counters begin at 0 with each start().
 */
#ifndef ACQ_CARD_H
#define ACQ_CARD_H

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/irqreturn.h>

#include "fill.h"
#include "uapi.h"

struct acq_control;
struct acq_run;
struct acq_stream;
struct seq_file;

/**
 * struct acq_memory - a block of the ring for the card to fill
 * @number: counts the blocks given since start(), from 0
 * @dma: its bus address; 0 where the driver copies (ACQ_TRANSFER_FIFO)
 * @bytes: how many the card is to fill: whole frames and whole words. Of an output, to
 *	play: whole frames
 * @last: of an output: nothing follows, and the run ends behind it
 */
struct acq_memory {
	u64 number;
	dma_addr_t dma;
	u32 bytes;
	bool last;
};

/**
 * struct acq_card_ops - what a card family does for its stream
 *
 * @word: a block that is not ended early is filled with a multiple of so many bytes
 * @paced: samples come at the configured rate, from a clock of the card's own. The
 *	core fails a run whose samples come several times faster. Not for a source that
 *	waits, nor where the rate is a description alone
 *
 * @round: round the numbers in a configuration to what the card can do: the rate, if
 *	nothing else. Range and choice have been checked against struct acq_info, and
 *	sizes follow from channels and format, so leave those. (Of a card with
 *	ACQ_CAP_FIXED_CHANNELS the core has all channels acquired.) Touches no
 *	register. Sleeps. Returns 0 or a negative errno.
 * @wake: a start() may follow, and the card is to be in D0: try again where it has not come
 *	back from D3hot. NULL: nothing is to be done. Sleeps; no lock of a stream but
 *	wake_lock is held, and streams of one card may come at the same time.
 * @reclaim: memory for a run is about to be got: let go of what was kept with
 *	acq_stream_keep_run(), if the engine writes to it no more. NULL: nothing is ever
 *	kept. Not while the card sleeps; life_lock and producer.lock are held.
 * @start: program the card and let it go, by what the configuration says. It has no
 *	blocks yet: moderate(), give() and kick() follow at once, service() comes later.
 *	The ring has config->ring_bytes / config->block_bytes blocks, of which the card
 *	gets half at most at a time. Sleeps; life_lock and producer.lock are held. On
 *	error the card is as after stop().
 * @hold: as start(), but nothing is sampled or played before go(). For cards with
 *	ACQ_CAP_LINK, the input and the output of which begin together
 * @go: what hold() has prepared begins; with @both, so does that of the card's other
 *	direction, at the same clock, an output having its first block. Writes a register
 *	and does nothing else. producer.lock is held, and a spinlock.
 * @give: hand a block to the card: the next in order. producer.lock is held.
 * @moderate: interrupt after @frames frames, at each block if that is 0, or @us
 *	microseconds after a frame that was not reported. Follows start(), and comes
 *	while the card runs. A card that has no such timer calls
 *	acq_stream_service_later() from kick() and service(). producer.lock is held.
 * @kick: the blocks given since the last kick are the card's. NULL: give() has handed them
 *	over already. producer.lock is held.
 * @service: look what the card has done and report it with acq_stream_fill(),
 *	acq_stream_triggered(), acq_stream_finished() or acq_stream_fail(); let it
 *	interrupt again. A turn of the core is give() and kick() for what has become
 *	free, service(), and give() and kick() again. It comes for an interrupt, when
 *	blocks have become free, for acq_stream_service_later() or acq_stream_service_in(),
 *	and from the watchdog.
 *	Bounded: no loop may end only when the card says so. producer.lock is held.
 * @check: is the card still there and well? Called by the watchdog about twice a
 *	second while it runs, whether samples flow or not, and for an interrupt that
 *	brought nothing; may read registers; reports acq_stream_fail() or
 *	acq_stream_restart() if it is not. producer.lock is held.
 * @silence: the card interrupts without end: keep its interrupt from coming until the
 *	next start(), whatever the card does; on a shared line that is up to the kernel,
 *	which gives up one that nobody wants. producer.lock is held; called by the
 *	interrupt thread, so it must not wait for that.
 * @trigger: software trigger, for cards with ACQ_CAP_TRIGGER_SOFTWARE. producer.lock is
 *	held.
 * @finish: sample no more but deliver what has been sampled, then report
 *	acq_stream_finished(). producer.lock is held.
 * @stop: end everything at once. Of an output, report with acq_stream_fill() how much of a
 *	block has been played, or acq_stream_unsure(); what is not reported is played later,
 *	if there is a later. When it returns the card writes no more to host
 *	memory, whatever state it was in, but to that of a run that the family keeps
 *	with acq_stream_keep_run(). Reports the final counters with acq_stream_report()
 *	where the card still knows them. life_lock and producer.lock are held.
 * @abandon: as stop(), of a card that cannot be reached: touches no register. It may
 *	have got no further write, and be reset before the next start(). What it could
 *	still write to is given back only after pci_clear_master(), or kept with
 *	acq_stream_keep_run(). life_lock and producer.lock are held.
 * @show: the family's own statistics, "name value" lines for debugfs; NULL: there are
 *	none. producer.lock is held.
 *
 * After acq_stream_remove() has returned, none of these is called any more.
 */
struct acq_card_ops {
	u32 word;
	bool paced;
	int (*round)(struct acq_stream *stream, struct acq_config *config);
	void (*wake)(struct acq_stream *stream);
	void (*reclaim)(struct acq_stream *stream);
	int (*start)(struct acq_stream *stream, const struct acq_config *config);
	int (*hold)(struct acq_stream *stream, const struct acq_config *config);
	void (*go)(struct acq_stream *stream, bool both);
	void (*give)(struct acq_stream *stream, const struct acq_memory *block);
	void (*moderate)(struct acq_stream *stream, u32 frames, u32 us);
	void (*kick)(struct acq_stream *stream);
	void (*service)(struct acq_stream *stream);
	void (*check)(struct acq_stream *stream);
	void (*silence)(struct acq_stream *stream);
	void (*trigger)(struct acq_stream *stream);
	void (*finish)(struct acq_stream *stream);
	void (*stop)(struct acq_stream *stream);
	void (*abandon)(struct acq_stream *stream);
	void (*show)(struct acq_stream *stream, struct seq_file *m);
};

/**
 * struct acq_report - the card's own counters
 * @frames: frames produced since start(), lost ones included
 * @timestamp: its timestamp counter
 * @trigger_index: sample index of the trigger
 * @triggered: @trigger_index is valid
 */
struct acq_report {
	u64 frames;
	u64 timestamp;
	u64 trigger_index;
	bool triggered;
};

/* Life of a stream, from probe() and remove() */
struct acq_stream *acq_stream_create(struct device *dev, const struct acq_card_ops *ops,
				     void *card, const struct acq_info *info,
				     const struct acq_config *config);
int acq_stream_register(struct acq_stream *stream);
void acq_stream_remove(struct acq_stream *stream);
void acq_stream_put(struct acq_stream *stream);
void acq_stream_suspend(struct acq_stream *stream, enum acq_cause cause);
void acq_stream_abandon(struct acq_stream *stream);
void acq_stream_resume(struct acq_stream *stream);
void acq_stream_give_up(struct acq_stream *stream);

void *acq_stream_card(const struct acq_stream *stream);
unsigned int acq_stream_id(const struct acq_stream *stream);

/* Any context */
bool acq_stream_interrupt(struct acq_stream *stream);
void acq_stream_service_soon(struct acq_stream *stream);
void acq_stream_service_later(struct acq_stream *stream);
void acq_stream_service_in(struct acq_stream *stream, u32 us);

/* The segment so far, from the calls of struct acq_card_ops that have producer.lock */
u64 acq_stream_given(const struct acq_stream *stream);
u64 acq_stream_done(const struct acq_stream *stream);
u64 acq_stream_outstanding(const struct acq_stream *stream);
struct acq_memory acq_stream_memory(const struct acq_stream *stream, u64 number);
u64 acq_stream_position(const struct acq_stream *stream);
u8 *acq_stream_open_block(const struct acq_stream *stream);
const u8 *acq_stream_block(const struct acq_stream *stream, u64 number);

/* What the card says, from service(), check(), finish() and stop() */
int acq_stream_fill(struct acq_stream *stream, const struct acq_fill *fill);
void acq_stream_lost(struct acq_stream *stream, enum acq_cause cause);
void acq_stream_dry(struct acq_stream *stream);
void acq_stream_unsure(struct acq_stream *stream);
void acq_stream_report(struct acq_stream *stream, const struct acq_report *report);
void acq_stream_trace_irq(struct acq_stream *stream, u32 causes);
void acq_stream_triggered(struct acq_stream *stream);
void acq_stream_finished(struct acq_stream *stream);
void acq_stream_fail(struct acq_stream *stream, int error);
void acq_stream_restart(struct acq_stream *stream);

/* For an engine that cannot be stopped */
struct acq_run *acq_stream_keep_run(struct acq_stream *stream);
void acq_stream_let_go(struct acq_run *run);

/* Formats by name: for module parameters */
int acq_format_find(const char *name);

/**
 * struct acq_control_ops - what a card family does for its control node
 * @arm: let these lines interrupt
 * @disarm: keep them from it
 *
 * The control node of a card, /dev/acqdev-ctlN: registers of the logic behind its DMA,
 * to be mapped, and the interrupts of that logic. For root alone; see docs/control.md.
 *
 * The driver itself touches no register there: it gives them to a program and takes
 * them back. An interrupt line is armed by a program, fires once, and is quiet until
 * it is armed anew: its level may stay for as long as the logic likes.
 *
 * Both are called with interrupts off, and may write registers and nothing else. Not
 * between acq_control_suspend() or acq_control_abandon() and acq_control_resume(), nor
 * after acq_control_remove(), but by the family's own acq_control_fired().
 */
struct acq_control_ops {
	void (*arm)(void *card, u32 lines);
	void (*disarm)(void *card, u32 lines);
};

struct acq_control *acq_control_create(struct device *dev, unsigned int number,
				       const struct resource *bar, u32 lines,
				       const struct acq_control_ops *ops, void *card);
int acq_control_register(struct acq_control *control);
void acq_control_remove(struct acq_control *control);
void acq_control_put(struct acq_control *control);

bool acq_control_fired(struct acq_control *control, u32 lines);
bool acq_control_armed(const struct acq_control *control);
void acq_control_rearm(struct acq_control *control);
void acq_control_suspend(struct acq_control *control);
void acq_control_abandon(struct acq_control *control);
void acq_control_resume(struct acq_control *control);

#endif /* ACQ_CARD_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Card family XDMA: C2H streams of AMD's DMA/Bridge Subsystem for PCI Express,
 * whatever the card's own logic behind it. See docs/xdma.md.
 *
 * A channel has one descriptor for each block of the ring, in a circle, and never
 * stops: it takes a descriptor only for a credit, and gets a credit only for a
 * block that nobody reads. What it has done is told by the writebacks in host
 * memory: while samples flow over an interrupt of their own, no register is read.
 *
 * Where a run is configured to be copied (ACQ_TRANSFER_FIFO), the engine needs no
 * credits: it fills chunks of memory of its own, round and round, whatever
 * readers do, and the driver copies them into the ring. See bounce.h.
 *
 * An engine in the midst of a descriptor cannot be stopped, only stopped behind it:
 * without data from the card's logic it holds an address in the ring for ever.
 * Then the run is kept, mapped, until the engine is seen to be idle; the next run
 * begins when the data come, and what completes the old descriptor is in neither.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/dma-mapping.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/iopoll.h>
#include <linux/ktime.h>
#include <linux/kernel.h>
#include <linux/lcm.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/units.h>

#include "../../../include/acq_user.h"
#include "../../compat.h"
#include "../../core/card.h"
#include "../pci.h"
#include "bounce.h"
#include "logic.h"
#include "regs.h"
#include "user.h"
#include "xdma.h"

/* A descriptor in hand whose data flow is done soon. */
#define STOP_US			100000

/* Half a ring is the card's at most, and credits must suffice for that. */
#define SLOTS_MAX		1024
#define BLOCK_MIN		SZ_4K
#define BLOCK_MAX		SZ_4M
/* Widest data path, which AMD asks the length of a descriptor to be a multiple of */
#define WORD			64

#define CHANNELS_MAX		32
#define RATE_MAX_MILLIHZ	(10ULL * GIGA * MILLI)

/* While blocks come, the card is not asked how it is. */
#define CHECK_AFTER		(HZ / 4)

#define ALL_ONES		(~0U)

/* What may be logged, and interrupts */
#define CAUSES			(XDMA_COMPLETED | XDMA_IDLE_STOPPED | XDMA_ERRORS)

/* Bits of xdma_channel.flags */
#define XDMA_TOLD			0	/* an interrupt came that service() has not seen */
#define XDMA_MASKED			1	/* it is to be enabled again after that */
#define XDMA_CALLED			2	/* it was one for all, whose thread has not been there */

/* What can go wrong: each has a counter. */
enum xdma_fault {
	XDMA_FAULT_ALIGNMENT,
	XDMA_FAULT_MAGIC,
	XDMA_FAULT_LENGTH,
	XDMA_FAULT_DATA_DECODE,
	XDMA_FAULT_DATA_SLAVE,
	XDMA_FAULT_DATA_OTHER,
	XDMA_FAULT_DESC_UNSUPPORTED,
	XDMA_FAULT_DESC_ABORTED,
	XDMA_FAULT_DESC_PARITY,
	XDMA_FAULT_DESC_POISONED,
	XDMA_FAULT_DESC_UNEXPECTED,
	XDMA_FAULT_NO_ANSWER,
	XDMA_FAULT_WRITEBACK,
	XDMA_FAULT_NO_WRITEBACK,
	XDMA_FAULT_FRAME,
	XDMA_FAULT_LOGIC,
	XDMA_FAULT_RESET,
	XDMA_FAULT_DRY,
	XDMA_FAULT_NUM,
};

/* Those that the engine logs in its status, and stops for; PG195, "C2H Channel Status" */
static const struct {
	const char *name;
	const char *why;
	u32 bits;
} xdma_faults[XDMA_FAULT_NUM] = {
	[XDMA_FAULT_ALIGNMENT] = { "alignment", "an address is not aligned as the core wants it",
			      XDMA_ALIGN_MISMATCH },
	[XDMA_FAULT_MAGIC] = { "magic", "a descriptor arrives without its magic", XDMA_MAGIC_STOPPED },
	[XDMA_FAULT_LENGTH] = { "length", "the length of a block does not fit the data path",
			   XDMA_INVALID_LENGTH },
	[XDMA_FAULT_DATA_DECODE] = { "data_decode", "the card's logic is not there to be read",
				XDMA_READ_DECODE },
	[XDMA_FAULT_DATA_SLAVE] = { "data_slave", "the card's logic answers with an error",
			       XDMA_READ_SLAVE },
	[XDMA_FAULT_DATA_OTHER] = { "data_other", "the card's logic has an error",
			       XDMA_READ_ERRORS & ~(XDMA_READ_DECODE | XDMA_READ_SLAVE) },
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
	[XDMA_FAULT_FRAME] = { "frame" },
	[XDMA_FAULT_LOGIC] = { "logic" },
	[XDMA_FAULT_RESET] = { "reset" },
	[XDMA_FAULT_DRY] = { "dry" },
};

struct xdma;

/**
 * struct xdma_channel - a C2H stream
 * @card: its card
 * @stream: its stream
 * @number: of the C2H channel
 * @line: its bit among the interrupts
 * @irq: Linux number of its interrupt, 0: the card has one for all
 * @regs: its registers
 * @sgdma: those for its descriptors
 * @desc: descriptors, one a slot
 * @desc_dma: bus address of @desc
 * @back: writebacks, one a slot; 0: not done
 * @back_dma: bus address of @back
 * @flags: XDMA_TOLD, XDMA_MASKED, XDMA_CALLED
 * @silenced: its interrupt is disabled; produce_lock
 * @kept: a run that the engine may write yet, although it has ended; changes
 *	within the stream's produce_lock
 * @dry: as @kept, for @bounce
 * @bounce: chunks that the engine fills without asking; allocated when they are
 *	first needed
 * @logic: what the card's own logic tells of the stream
 * @faults: what has gone wrong, how often; produce_lock
 * @packets: ends of packets so far; produce_lock
 * @grants: writes of credits; produce_lock
 * @questions: registers read for a channel that has nothing new, or stops, or has
 *	lost samples; produce_lock
 *
 * The rest lives from start() to stop() and is protected by the stream's
 * produce_lock.
 *
 * @slots: descriptors in the circle
 * @room: bytes of a full block
 * @frame: bytes of a frame
 * @copied: it is by way of @bounce
 * @busy: the engine was not idle at start()
 * @begun: the engine has been started; before that it knows nothing of the run
 * @finishing: it has been told to stop behind its descriptor
 * @credited: blocks that it got credits for
 * @quiet: blocks before this one may complete without an interrupt
 * @index: sample index of the open block
 * @ended: the block before it was ended by tlast, or there is none
 * @asked: a loss before a block below this one is known
 * @checked: where the ring stood when check() was called last
 * @checked_at: since when, in jiffies
 * @each: an interrupt for so many blocks
 */
struct xdma_channel {
	struct xdma *card;
	struct acq_stream *stream;
	unsigned int number;
	unsigned int line;
	int irq;
	void __iomem *regs;
	void __iomem *sgdma;
	struct xdma_desc *desc;
	dma_addr_t desc_dma;
	__le64 *back;
	dma_addr_t back_dma;
	unsigned long flags;
	bool silenced;
	struct acq_run *kept;
	bool dry;
	struct xdma_bounce bounce;
	struct xdma_logic logic;
	u64 faults[XDMA_FAULT_NUM];
	u64 packets;
	u64 grants;
	u64 questions;

	u32 slots;
	u32 room;
	u32 frame;
	bool copied;
	bool busy;
	bool begun;
	bool finishing;
	u64 credited;
	u64 quiet;
	u64 index;
	bool ended;
	u64 asked;
	u64 checked;
	unsigned long checked_at;
	u32 each;
};

/**
 * struct xdma - a card with XDMA
 * @pdev: its PCI device
 * @regs: its DMA BAR
 * @irq: the interrupt of all channels, 0: each has its own
 * @h2c: number of H2C channels, whose bits come first among the interrupts
 * @lines: bits of our channels there
 * @count: number of @channel
 * @registered: number of those with a node
 * @saved: PCI configuration as it was after probe()
 * @lock: for what channels share: PCI configuration, vectors
 * @lost: the card did not answer
 * @user: its own logic
 * @channel: its C2H streams
 */
struct xdma {
	struct pci_dev *pdev;
	void __iomem *regs;
	int irq;
	unsigned int h2c;
	u32 lines;
	unsigned int count;
	unsigned int registered;
	struct pci_saved_state *saved;
	struct mutex lock;
	bool lost;
	struct xdma_user user;
	struct xdma_channel channel[XDMA_CHANNELS];
};

static char *xdma_ids;
module_param(xdma_ids, charp, 0444);
MODULE_PARM_DESC(xdma_ids, "cards with XDMA: VENDOR:DEVICE,... in hexadecimal (none)");

static int xdma_bar = -1;
module_param(xdma_bar, int, 0444);
MODULE_PARM_DESC(xdma_bar, "number of the DMA BAR, -1: found (-1)");

static unsigned int xdma_channels = 1;
module_param(xdma_channels, uint, 0444);
MODULE_PARM_DESC(xdma_channels, "samples in a frame of an XDMA stream unless configured (1)");

static char *xdma_format = "s16";
module_param(xdma_format, charp, 0444);
MODULE_PARM_DESC(xdma_format, "format of its samples unless configured: s8 u8 s16 u16 s32 u32 (s16)");

static unsigned int xdma_rate = 1000000;
module_param(xdma_rate, uint, 0444);
MODULE_PARM_DESC(xdma_rate, "its frames a second unless configured, a description alone (1000000)");

static bool xdma_losses;
module_param(xdma_losses, bool, 0444);
MODULE_PARM_DESC(xdma_losses, "the card tells of frames and losses in its user BAR, see docs/xdma-losses.md (N)");

static int xdma_pci_format;

static u32 xdma_read(const struct xdma_channel *ch, u32 reg)
{
	return readl(ch->regs + reg);
}

static void xdma_write(const struct xdma_channel *ch, u32 reg, u32 value)
{
	writel(value, ch->regs + reg);
}

static void xdma_write_irq(const struct xdma *x, u32 reg, u32 value)
{
	writel(value, x->regs + XDMA_IRQ + reg);
}

static struct device *xdma_device(const struct xdma_channel *ch)
{
	return &ch->card->pdev->dev;
}

/* A card that does not answer has not said that it is idle. */
static bool xdma_idle(u32 status)
{
	return status != ALL_ONES && !(status & XDMA_BUSY);
}

static int xdma_engine_round(struct acq_stream *stream, struct acq_config *config)
{
	const struct xdma_channel *ch = acq_stream_card(stream);

	/* Logic may have no clock that can be set. */
	config->rate_millihz = clamp(config->rate_millihz, 1ULL, RATE_MAX_MILLIHZ);
	return ch->logic.regs ? xdma_logic_round(&ch->logic, config) : 0;
}

/* Give each of our channels its vector, and leave the others theirs. */
static void xdma_irq_set_vectors(struct xdma *x)
{
	unsigned int i;

	lockdep_assert_held(&x->lock);
	for (i = 0; i < x->count; i++) {
		unsigned int line = x->channel[i].line;
		unsigned int shift = line % XDMA_VECTORS_EACH * 8;
		void __iomem *reg = x->regs + XDMA_IRQ + XDMA_VECTORS +
				    line / XDMA_VECTORS_EACH * 4;
		u32 vectors = readl(reg) & ~(XDMA_VECTOR_MASK << shift);

		writel(vectors | (x->irq ? 0 : i) << shift, reg);
	}
	xdma_user_set_vector(&x->user);
}

static int xdma_engine_start(struct acq_stream *stream, const struct acq_config *config)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	struct xdma *x = ch->card;
	u32 status;

	if (config->transfer == ACQ_TRANSFER_FIFO &&
	    xdma_bounce_alloc(&ch->bounce, xdma_device(ch)))
		return -ENOMEM;
	scoped_guard(mutex, &x->lock) {
		/* A card that was without power has forgotten its PCI configuration too. */
		if (x->lost) {
			x->lost = false;
			acq_pci_restore(x->pdev, x->saved);
		}
		status = xdma_read(ch, XDMA_STATUS);
		if (status == ALL_ONES) {
			x->lost = true;
			ch->faults[XDMA_FAULT_NO_ANSWER]++;
			dev_err_ratelimited(xdma_device(ch),
					    "does not answer (removed or without power?)\n");
			return -ENODEV;
		}
		pci_set_master(x->pdev);
		xdma_irq_set_vectors(x);
	}

	ch->slots = div_u64(config->ring_bytes, config->block_bytes);
	ch->room = config->block_used;
	ch->frame = config->frame_bytes;
	ch->copied = config->transfer == ACQ_TRANSFER_FIFO;
	ch->busy = !xdma_idle(status);
	ch->begun = false;
	ch->finishing = false;
	ch->credited = 0;
	ch->quiet = 0;
	ch->index = 0;
	ch->ended = true;
	ch->asked = 0;
	ch->checked = 0;
	ch->checked_at = jiffies;
	ch->each = 1;
	clear_bit(XDMA_TOLD, &ch->flags);
	clear_bit(XDMA_MASKED, &ch->flags);

	if (ch->logic.regs)
		xdma_logic_wake(&ch->logic, config);
	/* Should it be busy, it tells when it no longer is. */
	xdma_write(ch, XDMA_STATUS, CAUSES);
	xdma_write(ch, XDMA_CONTROL, CAUSES);
	xdma_write(ch, XDMA_MASK, CAUSES);
	if (ch->silenced && ch->irq)
		enable_irq(ch->irq);
	ch->silenced = false;
	xdma_write_irq(x, XDMA_ENABLE_W1S, BIT(ch->line));
	/* Behind what lets it tell: it may have come to rest since. */
	if (ch->busy)
		ch->busy = !xdma_idle(xdma_read(ch, XDMA_STATUS));
	if (ch->busy)
		dev_info_ratelimited(xdma_device(ch),
				     "C2H channel %u still waits for data of an earlier run: begins behind them\n",
				     ch->number);
	return 0;
}

/* Where block @number is in the circles of descriptors and writebacks */
static u32 xdma_slot(const struct xdma_channel *ch, u64 number)
{
	return number & (ch->slots - 1);
}

/* Fill in the descriptor of a block that the engine has no credit for yet. */
static void xdma_blocks_describe(struct xdma_channel *ch, const struct acq_memory *block)
{
	u32 slot = xdma_slot(ch, block->number), next = xdma_slot(ch, block->number + 1);
	bool tells = block->number % ch->each == ch->each - 1;

	ch->desc[slot] = (struct xdma_desc){
		.control = cpu_to_le32(XDMA_DESC_MAGIC | (tells ? XDMA_DESC_COMPLETED : 0)),
		.bytes = cpu_to_le32(block->bytes),
		.back = cpu_to_le64(ch->back_dma + slot * sizeof(*ch->back)),
		.to = cpu_to_le64(block->dma),
		.next = cpu_to_le64(ch->desc_dma + next * sizeof(*ch->desc)),
	};
	/* So that the writeback of the block before in this slot cannot pass for its */
	WRITE_ONCE(ch->back[slot], 0);
	if (!tells)
		ch->quiet = block->number + 1;
}

/* Fill in the descriptors of all chunks: they are never changed. */
static void xdma_bounce_describe(struct xdma_channel *ch, u32 bytes)
{
	u32 i;

	for (i = 0; i < XDMA_CHUNKS; i++) {
		u32 next = (i + 1) % XDMA_CHUNKS;

		ch->desc[i] = (struct xdma_desc){
			.control = cpu_to_le32(XDMA_DESC_MAGIC | XDMA_DESC_COMPLETED),
			.bytes = cpu_to_le32(bytes),
			.back = cpu_to_le64(ch->back_dma + i * sizeof(*ch->back)),
			.to = cpu_to_le64(ch->bounce.dma[i]),
			.next = cpu_to_le64(ch->desc_dma + next * sizeof(*ch->desc)),
		};
		WRITE_ONCE(ch->back[i], 0);
	}
}

/* As much as fits into a chunk and into a block: whole frames, whole words */
static u32 xdma_bounce_chunk_bytes(const struct xdma_channel *ch)
{
	u32 unit = lcm(ch->frame, WORD);

	return min(ch->room, XDMA_CHUNK_BYTES - XDMA_CHUNK_BYTES % unit);
}

/* Credits for what has been given since the last time */
static void xdma_blocks_grant(struct xdma_channel *ch)
{
	u64 given = acq_stream_given(ch->stream);

	/* The descriptors are in memory before the engine may fetch them. */
	dma_wmb();
	writel(given - ch->credited, ch->sgdma + XDMA_CREDITS);
	ch->credited = given;
	ch->grants++;
}

/* The engine is idle: no address that it was given is of use to it any more. */
static void xdma_engine_let_go(struct xdma_channel *ch)
{
	if (ch->kept)
		acq_stream_let_go(ch->kept);
	ch->kept = NULL;
	ch->dry = false;
}

/* Let the idle engine go. */
static void xdma_engine_begin(struct xdma_channel *ch)
{
	void __iomem *common = ch->card->regs + XDMA_COMMON;
	struct acq_memory block;
	u32 count, bytes = 0;
	u64 number;

	xdma_engine_let_go(ch);
	if (ch->logic.regs)
		xdma_logic_begin(&ch->logic);
	/* Only now: an earlier run's descriptor may have been told of since start(). */
	if (ch->copied) {
		bytes = xdma_bounce_chunk_bytes(ch);
		xdma_bounce_describe(ch, bytes);
		xdma_write(ch, XDMA_POLL_LO, lower_32_bits(ch->bounce.count_dma));
		xdma_write(ch, XDMA_POLL_HI, upper_32_bits(ch->bounce.count_dma));
	} else {
		for (number = 0; number < acq_stream_given(ch->stream); number++) {
			block = acq_stream_memory(ch->stream, number);
			xdma_blocks_describe(ch, &block);
		}
	}
	writel(lower_32_bits(ch->desc_dma), ch->sgdma + XDMA_FIRST_LO);
	writel(upper_32_bits(ch->desc_dma), ch->sgdma + XDMA_FIRST_HI);
	writel(0, ch->sgdma + XDMA_FIRST_ADJACENT);
	/* The engine is to have those credits alone that it gets from here on. */
	writel(XDMA_COMMON_C2H(ch->number), common + XDMA_CREDIT_MODE_W1C);
	writel(XDMA_COMMON_C2H(ch->number), common + XDMA_CREDIT_MODE_W1S);
	/* Also for an engine that does not ask for a credit for its first descriptor */
	dma_wmb();
	xdma_write(ch, XDMA_STATUS, CAUSES);
	xdma_write(ch, XDMA_CONTROL, CAUSES | XDMA_RUN | (ch->copied ? XDMA_POLL_MODE : 0));
	if (ch->copied) {
		/* Without a credit it has done nothing yet. */
		count = xdma_read(ch, XDMA_COUNT);
		xdma_bounce_begin(&ch->bounce, bytes, count);
		writel(XDMA_COMMON_C2H(ch->number), common + XDMA_CREDIT_MODE_W1C);
	} else {
		xdma_blocks_grant(ch);
	}
	ch->begun = true;
}

static void xdma_engine_give(struct acq_stream *stream, const struct acq_memory *block)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->begun && !ch->copied)
		xdma_blocks_describe(ch, block);
}

static void xdma_engine_moderate(struct acq_stream *stream, u32 frames, u32 us)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	/* For the descriptors that are written from now on */
	ch->each = clamp(frames / (ch->room / ch->frame), 1U, max(ch->slots / 8, 1U));
}

static void xdma_engine_kick(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->finishing)
		return;
	if (!ch->begun && !ch->busy)
		xdma_engine_begin(ch);
	else if (ch->begun && !ch->copied)
		xdma_blocks_grant(ch);
	if (ch->begun && ch->quiet > acq_stream_done(stream))
		acq_stream_service_later(stream);
}

static __printf(4, 5) void xdma_fault_fail(struct xdma_channel *ch, enum xdma_fault fault, int error,
				const char *why, ...)
{
	struct va_format format = { .fmt = why };
	va_list args;

	va_start(args, why);
	format.va = &args;
	dev_err_ratelimited(xdma_device(ch), "C2H channel %u: %pV: stopped\n", ch->number, &format);
	va_end(args);
	ch->faults[fault]++;
	if (error == -ENODEV) {
		guard(mutex)(&ch->card->lock);
		ch->card->lost = true;
	}
	acq_stream_fail(ch->stream, error);
}

static void xdma_fault_no_answer(struct xdma_channel *ch)
{
	xdma_fault_fail(ch, XDMA_FAULT_NO_ANSWER, -ENODEV, "%s", xdma_faults[XDMA_FAULT_NO_ANSWER].why);
}

/* The engine has stopped for an error, or for several. */
static void xdma_fault_by_status(struct xdma_channel *ch, u32 status)
{
	enum xdma_fault fault, first = XDMA_FAULT_NUM;

	for (fault = 0; fault < XDMA_FAULT_NUM; fault++) {
		if (!(status & xdma_faults[fault].bits))
			continue;
		if (first == XDMA_FAULT_NUM)
			first = fault;
		else
			ch->faults[fault]++;
	}
	if (first != XDMA_FAULT_NUM)
		xdma_fault_fail(ch, first, -EIO, "%s (status 0x%08x)", xdma_faults[first].why, status);
}

/* The writeback of block @seq, 0: it is not done */
static u64 xdma_blocks_writeback(const struct xdma_channel *ch, u64 seq)
{
	/* Once and in one piece: the card can write any time. */
	return le64_to_cpu(READ_ONCE(ch->back[xdma_slot(ch, seq)]));
}

/*
 * How many frames were lost before the open block, which is done? Losses come
 * behind a tlast only; one question serves for all blocks that are done by now.
 * False if the stream has failed.
 */
static bool xdma_blocks_find_loss(struct xdma_channel *ch, u64 *lost)
{
	int ret;

	*lost = 0;
	if (!ch->logic.regs || !ch->ended)
		return true;
	if (ch->asked <= acq_stream_done(ch->stream)) {
		while (ch->asked < acq_stream_given(ch->stream) && xdma_blocks_writeback(ch, ch->asked))
			ch->asked++;
		/* What the card tells from here on is newer than those blocks. */
		dma_rmb();
		xdma_logic_ask(&ch->logic);
		ch->questions++;
	}
	ret = xdma_logic_lost(&ch->logic, ch->index, lost);
	if (!ret)
		return true;
	if (ret == -ENODEV)
		xdma_fault_no_answer(ch);
	else if (!(xdma_read(ch, XDMA_CONTROL) & XDMA_RUN))
		/* Its logic has forgotten because all of the card has been reset. */
		acq_stream_restart(ch->stream);
	else if (ret == -EOVERFLOW)
		xdma_fault_fail(ch, XDMA_FAULT_LOGIC, -EIO, "its logic has lost samples more often than it can tell");
	else
		xdma_fault_fail(ch, XDMA_FAULT_LOGIC, ret,
		     "its logic tells of %llu frames lost at %llu, before frame %llu",
		     ch->logic.lost, ch->logic.index, ch->index);
	return false;
}

/* What a writeback says of a descriptor of @room bytes. 0 if the stream has failed. */
static u32 xdma_fault_check_writeback(struct xdma_channel *ch, u64 back, u32 room)
{
	u32 bytes = FIELD_GET(XDMA_BACK_BYTES, back), frame = ch->frame;
	bool ends = back & XDMA_BACK_EOP;

	if (FIELD_GET(XDMA_BACK_MAGIC, back) != XDMA_BACK_VALUE || back & XDMA_BACK_REST) {
		xdma_fault_fail(ch, XDMA_FAULT_WRITEBACK, -EPROTO, "0x%016llx is no writeback of a stream", back);
		return 0;
	}
	if (!bytes || bytes > room || (!ends && bytes != room)) {
		xdma_fault_fail(ch, XDMA_FAULT_WRITEBACK, -EPROTO, "a block of %u bytes is told to have %u%s",
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

/* Report the open block, as its writeback says. False if the stream has failed. */
static bool xdma_blocks_report(struct xdma_channel *ch, u64 back)
{
	u32 bytes = xdma_fault_check_writeback(ch, back, ch->room);
	bool ends = back & XDMA_BACK_EOP;
	struct acq_fill fill = {
		.bytes = bytes,
		.flags = ends ? ACQ_BLOCK_EOP : 0,
		.complete = true,
	};

	if (!bytes || !xdma_blocks_find_loss(ch, &fill.lost))
		return false;
	ch->index += fill.lost;
	fill.index = ch->index;
	if (acq_stream_fill(ch->stream, &fill))
		return false;
	ch->index += bytes / ch->frame;
	ch->ended = ends;
	ch->packets += ends;
	return true;
}

/* Append a copied chunk to the open block. False if the stream has failed. */
static bool xdma_bounce_report(struct xdma_channel *ch, u32 bytes, bool ends)
{
	struct xdma_bounce *bounce = &ch->bounce;
	struct acq_fill fill = {
		.bytes = bounce->at + bytes,
		.flags = ends ? ACQ_BLOCK_EOP : 0,
		/* What comes next may be as large as a chunk. */
		.complete = ends || bounce->at + bytes + bounce->bytes > ch->room,
	};

	if (!bounce->at) {
		bounce->index = ch->index + bounce->lost;
		bounce->before = bounce->lost;
		bounce->lost = 0;
		ch->index = bounce->index;
	}
	fill.index = bounce->index;
	fill.lost = bounce->before;
	bounce->at = fill.complete ? 0 : fill.bytes;
	ch->index += bytes / ch->frame;
	ch->packets += ends;
	bounce->uneven |= ends;
	return acq_stream_fill(ch->stream, &fill) == 0;
}

/* The open block grows no more: what is lost comes behind it. */
static bool xdma_bounce_end_block(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	struct acq_fill fill = {
		.bytes = bounce->at,
		.index = bounce->index,
		.lost = bounce->before,
		.complete = true,
	};

	if (!bounce->at)
		return true;
	bounce->at = 0;
	return acq_stream_fill(ch->stream, &fill) == 0;
}

/* The engine has been round: go on in the middle of what is there. False: not in this leg. */
static bool xdma_bounce_skip(struct xdma_channel *ch, u64 ahead)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u64 skip = ahead - XDMA_CHUNKS / 2;

	/* How much was in them cannot be known. */
	if (bounce->uneven) {
		acq_stream_restart(ch->stream);
		return false;
	}
	if (!xdma_bounce_end_block(ch))
		return false;
	bounce->next += skip;
	bounce->lost += skip * (bounce->bytes / ch->frame);
	return true;
}

/* Copy the chunks that are done while there is room. False if it cannot go on so. */
static bool xdma_bounce_collect(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	u64 ahead = xdma_bounce_ahead(bounce), back;
	u32 slot, bytes;

	while (ahead && acq_stream_outstanding(ch->stream)) {
		if (ahead >= XDMA_CHUNKS_SAFE) {
			if (!xdma_bounce_skip(ch, ahead))
				return false;
			ahead = xdma_bounce_ahead(bounce);
			continue;
		}
		slot = bounce->next % XDMA_CHUNKS;
		back = le64_to_cpu(READ_ONCE(ch->back[slot]));
		bytes = min_t(u64, FIELD_GET(XDMA_BACK_BYTES, back), bounce->bytes);
		memcpy(acq_stream_open_block(ch->stream) + bounce->at, bounce->chunk[slot], bytes);
		/* All of that was before the engine came round to it, or it is worth nothing. */
		dma_rmb();
		ahead = xdma_bounce_ahead(bounce);
		if (ahead >= XDMA_CHUNKS_SAFE)
			continue;
		if (!back) {
			xdma_fault_fail(ch, XDMA_FAULT_NO_WRITEBACK, -EPROTO, "%s", xdma_faults[XDMA_FAULT_NO_WRITEBACK].why);
			return false;
		}
		bytes = xdma_fault_check_writeback(ch, back, bounce->bytes);
		if (!bytes || !xdma_bounce_report(ch, bytes, back & XDMA_BACK_EOP))
			return false;
		bounce->next++;
		ahead--;
	}
	return true;
}

/* Report the blocks that are done, in order. False if the stream has failed. */
static bool xdma_blocks_collect(struct xdma_channel *ch)
{
	u64 back;

	while (acq_stream_outstanding(ch->stream)) {
		back = xdma_blocks_writeback(ch, acq_stream_done(ch->stream));
		if (!back)
			break;
		/* The samples are older than the writeback that tells of them. */
		dma_rmb();
		if (!xdma_blocks_report(ch, back))
			return false;
	}
	return true;
}

/*
 * How many frames the card has produced in this leg, where that is known as of now.
 *
 * Where nothing has come, a source that does not wait has sampled all the same, and
 * how much is not known: acq_stream_fill() has said when it was known last.
 */
static void xdma_engine_report_frames(struct xdma_channel *ch)
{
	struct xdma_bounce *bounce = &ch->bounce;
	struct acq_report report = { .frames = ch->index };

	if (ch->copied) {
		report.frames += bounce->lost;
		/* Those that were not copied, too; of packets nobody knows. */
		if (!bounce->uneven && !acq_stream_outstanding(ch->stream))
			report.frames += (bounce->done - bounce->next) *
					 (bounce->bytes / ch->frame);
		if (report.frames <= bounce->told)
			return;
		bounce->told = report.frames;
	} else if (ch->logic.regs && !(ch->logic.frame & ACQ_USER_WAITS)) {
		return;
	}
	acq_stream_report(ch->stream, &report);
}

/* Report what is done. False if the stream cannot go on so. */
static bool xdma_engine_collect(struct xdma_channel *ch)
{
	if (!(ch->copied ? xdma_bounce_collect(ch) : xdma_blocks_collect(ch)))
		return false;
	xdma_engine_report_frames(ch);
	return true;
}

/* Are all done that it can do, where it is idle? */
static bool xdma_engine_collected(const struct xdma_channel *ch)
{
	return !ch->copied || ch->bounce.next == ch->bounce.done;
}

/*
 * The engine is to stop, or to begin when it has stopped: ask it. Samples do not
 * flow, or are the last, so registers may be read.
 */
static void xdma_engine_service_stopping(struct xdma_channel *ch)
{
	u32 status = xdma_read(ch, XDMA_STATUS);

	ch->questions++;
	if (status == ALL_ONES) {
		xdma_fault_no_answer(ch);
		return;
	}
	/* It was idle before this look: what it has done is in memory. */
	if (ch->begun && !xdma_engine_collect(ch))
		return;
	ch->busy = !xdma_idle(status);
	if (ch->busy) {
		if (ch->finishing)
			acq_stream_service_later(ch->stream);
	} else if (ch->finishing) {
		if (xdma_engine_collected(ch))
			acq_stream_finished(ch->stream);
	} else if (acq_stream_outstanding(ch->stream)) {
		xdma_engine_begin(ch);
	}
}

/* May the interrupt be enabled again that xdma_irq_shared() has masked? */
static bool xdma_engine_may_unmask(struct xdma_channel *ch, bool news)
{
	if (!test_bit(XDMA_MASKED, &ch->flags) || ch->silenced)
		return false;
	if (news)
		return true;
	/* An error stays for check(): until that looks, it would interrupt on and on. */
	ch->questions++;
	return !(xdma_read(ch, XDMA_STATUS) & XDMA_ERRORS);
}

static void xdma_engine_service(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	u64 done = acq_stream_done(stream), position = acq_stream_position(stream);
	bool told, news;

	/*
	 * An engine that needs no credits goes on although there is no room: then
	 * its status stays set, so that it is quiet.
	 */
	if (ch->copied && ch->begun && !ch->finishing &&
	    !acq_stream_outstanding(stream)) {
		xdma_engine_collect(ch);
		return;
	}
	told = test_and_clear_bit(XDMA_TOLD, &ch->flags);

	/* Errors stay, for check(). */
	if (told)
		xdma_write(ch, XDMA_STATUS, XDMA_COMPLETED | XDMA_IDLE_STOPPED);
	if (!ch->begun || ch->finishing)
		xdma_engine_service_stopping(ch);
	else if (!xdma_engine_collect(ch))
		return;
	news = acq_stream_done(stream) != done || acq_stream_position(stream) != position;
	/* Was the message lost? None comes while the status is set. */
	if (!told && news) {
		xdma_write(ch, XDMA_STATUS, XDMA_COMPLETED);
		told = true;
	}
	/* Behind what cleared the cause */
	if (xdma_engine_may_unmask(ch, news)) {
		clear_bit(XDMA_MASKED, &ch->flags);
		xdma_write_irq(ch->card, XDMA_ENABLE_W1S, BIT(ch->line));
	}
	/*
	 * A completion after the look above and before the card has got the write
	 * that clears its status sends no message: look once more.
	 */
	if (ch->begun && (told || ch->quiet > acq_stream_done(stream)))
		acq_stream_service_later(ch->stream);
}

static void xdma_engine_check(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	u32 status, control, count;

	if (!ch->begun || ch->finishing)
		return;
	/* An interrupt for what was found before it is no reason to read registers. */
	if (ch->checked != acq_stream_done(stream)) {
		ch->checked = acq_stream_done(stream);
		ch->checked_at = jiffies;
		return;
	}
	if (time_before(jiffies, ch->checked_at + CHECK_AFTER))
		return;
	status = xdma_read(ch, XDMA_STATUS);
	count = xdma_read(ch, XDMA_COUNT);
	control = xdma_read(ch, XDMA_CONTROL);
	ch->questions += 3;
	if (status == ALL_ONES || control == ALL_ONES) {
		xdma_fault_no_answer(ch);
	} else if (status & XDMA_ERRORS) {
		if (xdma_engine_collect(ch))
			xdma_fault_by_status(ch, status);
	} else if (!(control & XDMA_RUN)) {
		dev_warn_ratelimited(xdma_device(ch),
				     "C2H channel %u has been reset: starts it again\n",
				     ch->number);
		ch->faults[XDMA_FAULT_RESET]++;
		acq_stream_restart(stream);
	} else if (xdma_engine_collect(ch) && !ch->copied && (s32)(count - lower_32_bits(acq_stream_done(stream))) > 0) {
		/* A writeback is older than the count that counts it. */
		xdma_fault_fail(ch, XDMA_FAULT_NO_WRITEBACK, -EPROTO, "%s", xdma_faults[XDMA_FAULT_NO_WRITEBACK].why);
	}
}

static void xdma_engine_silence(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (ch->silenced)
		return;
	ch->silenced = true;
	xdma_write_irq(ch->card, XDMA_ENABLE_W1C, BIT(ch->line));
	if (ch->irq)
		disable_irq_nosync(ch->irq);
}

static void xdma_engine_finish(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);

	if (!ch->begun) {
		acq_stream_finished(stream);
		return;
	}
	ch->finishing = true;
	xdma_write(ch, XDMA_CONTROL_W1C, XDMA_RUN);
	acq_stream_service_later(ch->stream);
}

/* Wait until it has done the descriptor in hand. False: it may write yet. */
static bool xdma_engine_wait_idle(struct xdma_channel *ch, u32 *status)
{
	return !readl_poll_timeout(ch->regs + XDMA_STATUS, *status,
				   *status == ALL_ONES || !(*status & XDMA_BUSY), 50, STOP_US) &&
	       *status != ALL_ONES;
}

static void xdma_engine_stop(struct acq_stream *stream)
{
	struct xdma_channel *ch = acq_stream_card(stream);
	u32 status;

	xdma_write_irq(ch->card, XDMA_ENABLE_W1C, BIT(ch->line));
	xdma_write(ch, XDMA_CONTROL_W1C, XDMA_RUN);
	/* An engine that has not begun knows nothing of the run. */
	if (!ch->begun)
		return;
	ch->begun = false;
	if (xdma_engine_wait_idle(ch, &status)) {
		if (ch->logic.regs)
			xdma_logic_rest(&ch->logic);
		return;
	}
	/*
	 * It waits for data in the midst of a descriptor, does not obey, or cannot
	 * be asked. To take bus mastering from it would stop the other channels,
	 * and only until it gets that back: so it keeps the memory that it knows of.
	 */
	if (status == ALL_ONES) {
		guard(mutex)(&ch->card->lock);
		ch->card->lost = true;
	} else {
		dev_info_ratelimited(xdma_device(ch),
				     "C2H channel %u waits for data: its ring is kept until they come\n",
				     ch->number);
	}
	ch->faults[status == ALL_ONES ? XDMA_FAULT_NO_ANSWER : XDMA_FAULT_DRY]++;
	if (ch->copied) {
		ch->dry = true;
		return;
	}
	ch->kept = acq_stream_keep_run(stream);
}

static void xdma_engine_show(struct acq_stream *stream, struct seq_file *m)
{
	const struct xdma_channel *ch = acq_stream_card(stream);
	enum xdma_fault fault;

	seq_printf(m, "channel %u\npackets %llu\ncredit_writes %llu\nquestions %llu\n",
		   ch->number, ch->packets, ch->grants, ch->questions);
	for (fault = 0; fault < XDMA_FAULT_NUM; fault++)
		seq_printf(m, "fault_%s %llu\n", xdma_faults[fault].name, ch->faults[fault]);
}

static const struct acq_card_ops xdma_engine_ops = {
	.word		= WORD,
	.round		= xdma_engine_round,
	.start		= xdma_engine_start,
	.give		= xdma_engine_give,
	.moderate	= xdma_engine_moderate,
	.kick		= xdma_engine_kick,
	.service	= xdma_engine_service,
	.check		= xdma_engine_check,
	.silence	= xdma_engine_silence,
	.finish		= xdma_engine_finish,
	.stop		= xdma_engine_stop,
	.show		= xdma_engine_show,
};

/* The line's status stays until its service() has looked. */
static u32 xdma_irq_requests(const struct xdma *x)
{
	return readl(x->regs + XDMA_IRQ + XDMA_REQUEST);
}

/*
 * A message-signalled interrupt of a channel alone: no register is read. But user
 * lines may have to use the first one's, and then one that is armed asks for it.
 */
static irqreturn_t xdma_irq_own(int irq, void *data)
{
	struct xdma_channel *ch = data;
	struct xdma *x = ch->card;

	if (irq == x->user.irq && xdma_user_interrupt(&x->user) &&
	    !(xdma_irq_requests(x) & BIT(ch->line)))
		return IRQ_HANDLED;
	set_bit(XDMA_TOLD, &ch->flags);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t xdma_irq_own_thread(int irq, void *data)
{
	struct xdma_channel *ch = data;

	return IRQ_RETVAL(acq_stream_interrupt(ch->stream));
}

/* Whose is it, if ours at all? Those are quiet until their service() has looked. */
static irqreturn_t xdma_irq_shared(int irq, void *data)
{
	struct xdma *x = data;
	bool user = xdma_user_interrupt(&x->user);
	u32 lines = xdma_irq_requests(x);
	unsigned int i;

	if (lines == ALL_ONES || !(lines & x->lines))
		return user ? IRQ_HANDLED : IRQ_NONE;
	lines &= x->lines;
	xdma_write_irq(x, XDMA_ENABLE_W1C, lines);
	for (i = 0; i < x->count; i++) {
		struct xdma_channel *ch = &x->channel[i];

		if (!(lines & BIT(ch->line)))
			continue;
		set_bit(XDMA_MASKED, &ch->flags);
		set_bit(XDMA_TOLD, &ch->flags);
		set_bit(XDMA_CALLED, &ch->flags);
	}
	return IRQ_WAKE_THREAD;
}

/* A message-signalled interrupt of the user lines alone */
static irqreturn_t xdma_irq_user(int irq, void *data)
{
	struct xdma *x = data;

	return xdma_user_interrupt(&x->user) ? IRQ_HANDLED : IRQ_NONE;
}

static irqreturn_t xdma_irq_shared_thread(int irq, void *data)
{
	struct xdma *x = data;
	bool ours = false;
	unsigned int i;

	for (i = 0; i < x->count; i++) {
		/* Not by XDMA_TOLD: that stays where the stream was stopped meanwhile. */
		if (test_and_clear_bit(XDMA_CALLED, &x->channel[i].flags))
			ours |= acq_stream_interrupt(x->channel[i].stream);
	}
	return IRQ_RETVAL(ours);
}

static bool xdma_pci_is_identifier(u32 id, u32 at)
{
	return FIELD_GET(XDMA_ID_FIXED, id) == XDMA_ID_MAGIC &&
	       FIELD_GET(XDMA_ID_BLOCK, id) == at >> 12 &&
	       FIELD_GET(XDMA_ID_CHANNEL, id) == (at >> 8 & 0xf);
}

/* The identifier at @at, or 0 if that is none */
static u32 xdma_pci_identifier(const struct xdma *x, u32 at)
{
	u32 id = readl(x->regs + at + XDMA_ID);

	return xdma_pci_is_identifier(id, at) ? id : 0;
}

/*
 * Which BAR is it? Others may be anything, where a read alone can do harm: they
 * are left alone. The core's is of 64 KiB, and behind that of its AXI-Lite master.
 */
static int xdma_pci_find_bar(struct pci_dev *pdev)
{
	int bar, memory = 0, fits = 0, found = -1, second = -1;

	if (xdma_bar >= 0) {
		if (pci_resource_flags(pdev, xdma_bar) & IORESOURCE_MEM &&
		    pci_resource_len(pdev, xdma_bar) >= XDMA_BAR_BYTES)
			return xdma_bar;
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "xdma_bar=%d: this BAR has no 64 KiB of memory\n", xdma_bar);
	}
	for (bar = 0; bar < PCI_STD_NUM_BARS; bar++) {
		if (!(pci_resource_flags(pdev, bar) & IORESOURCE_MEM) ||
		    !pci_resource_len(pdev, bar))
			continue;
		if (++memory == 2)
			second = bar;
		if (pci_resource_len(pdev, bar) == XDMA_BAR_BYTES) {
			fits++;
			found = bar;
		}
	}
	if (fits == 1)
		return found;
	if (fits && second >= 0 && pci_resource_len(pdev, second) == XDMA_BAR_BYTES)
		return second;
	return dev_err_probe(&pdev->dev, -ENODEV,
			     "which BAR has the DMA registers? %d are of 64 KiB: say xdma_bar=N\n",
			     fits);
}

/* Is it XDMA, and which channels has it? Reads identifiers alone. */
static int xdma_pci_identify(struct xdma *x, int bar)
{
	struct device *dev = &x->pdev->dev;
	u32 id = readl(x->regs + XDMA_CONFIG), at;
	unsigned int i, mapped = 0;

	if (id == ALL_ONES)
		return dev_err_probe(dev, -ENODEV, "does not answer: all registers read ones\n");
	if (!xdma_pci_is_identifier(id, XDMA_CONFIG) || !xdma_pci_identifier(x, XDMA_IRQ) ||
	    !xdma_pci_identifier(x, XDMA_COMMON))
		return dev_err_probe(dev, -ENODEV,
				     "not XDMA: identity 0x%08x at 0x3000 of BAR %d (another BAR: xdma_bar=N)\n",
				     id, bar);
	for (i = 0; i < XDMA_CHANNELS; i++)
		x->h2c += !!xdma_pci_identifier(x, XDMA_H2C + i * XDMA_CHANNEL_STEP);
	for (i = 0; i < XDMA_CHANNELS; i++) {
		struct xdma_channel *ch = &x->channel[x->count];

		at = i * XDMA_CHANNEL_STEP;
		id = xdma_pci_identifier(x, XDMA_C2H + at);
		if (!id || !xdma_pci_identifier(x, XDMA_C2H_SGDMA + at))
			continue;
		if (!(id & XDMA_ID_STREAM)) {
			mapped++;
			continue;
		}
		ch->card = x;
		ch->number = i;
		ch->line = x->h2c + i;
		ch->regs = x->regs + XDMA_C2H + at;
		ch->sgdma = x->regs + XDMA_C2H_SGDMA + at;
		x->lines |= BIT(ch->line);
		x->count++;
	}
	if (!x->count)
		return dev_err_probe(dev, -ENODEV,
				     "no C2H channel with a stream: %u memory-mapped, %u H2C\n",
				     mapped, x->h2c);
	return 0;
}

/* An engine in the midst of what another driver gave it would go on as a bus master. */
static int xdma_pci_check_engines(struct xdma *x)
{
	static const u32 blocks[] = { XDMA_H2C, XDMA_C2H };
	unsigned int i, n;
	u32 at;

	for (i = 0; i < x->count; i++)
		xdma_write(&x->channel[i], XDMA_CONTROL_W1C, XDMA_RUN);
	for (n = 0; n < ARRAY_SIZE(blocks); n++) {
		for (i = 0; i < XDMA_CHANNELS; i++) {
			at = blocks[n] + i * XDMA_CHANNEL_STEP;
			if (!xdma_pci_identifier(x, at) || xdma_idle(readl(x->regs + at + XDMA_STATUS)))
				continue;
			return dev_err_probe(&x->pdev->dev, -EBUSY,
					     "%s channel %u is busy with what is not ours: echo 1 > /sys/bus/pci/devices/%s/reset, and bind it again\n",
					     n ? "C2H" : "H2C", i, pci_name(x->pdev));
		}
	}
	return 0;
}

static void xdma_pci_describe(const struct xdma_channel *ch, struct acq_info *info,
			  struct acq_config *config)
{
	const struct xdma *x = ch->card;
	struct pci_dev *pdev = x->pdev;
	u64 serial = pci_get_dsn(pdev);
	char suffix[4] = "";

	/* What is the card's is each stream's. */
	if (x->count > 1)
		snprintf(suffix, sizeof(suffix), "-%u", ch->number);
	strscpy(info->family, "xdma", sizeof(info->family));
	snprintf(info->card, sizeof(info->card), "%s%s", pci_name(pdev), suffix);
	if (serial)
		snprintf(info->serial, sizeof(info->serial), "%016llx%s", serial, suffix);
	info->caps = ACQ_CAP_DMA | ACQ_CAP_FIFO | ACQ_CAP_PACKETS;
	info->fifo_bytes = XDMA_CHUNKS * XDMA_CHUNK_BYTES;
	info->revision = pdev->revision;
	info->hw_version = FIELD_GET(XDMA_ID_VERSION, readl(x->regs + XDMA_CONFIG)) << 16;
	info->channels = CHANNELS_MAX;
	info->formats = BIT(ACQ_FORMAT_NUM) - 1;
	info->rate_min_millihz = 1;
	info->rate_max_millihz = RATE_MAX_MILLIHZ;
	info->block_min = max_t(u32, BLOCK_MIN, PAGE_SIZE);
	info->block_max = BLOCK_MAX;
	info->blocks_max = SLOTS_MAX;
	info->ring_max = (u64)BLOCK_MAX * SLOTS_MAX;

	config->rate_millihz = xdma_rate * (u64)MILLI;
	config->channel_mask = GENMASK_ULL(xdma_channels - 1, 0);
	config->format = xdma_pci_format;
	if (ch->logic.regs)
		xdma_logic_describe(&ch->logic, info, config);
}

static void xdma_pci_free_channel(struct xdma_channel *ch)
{
	struct device *dev = xdma_device(ch);

	if (ch->stream)
		acq_stream_put(ch->stream);
	xdma_bounce_free(&ch->bounce, dev);
	if (ch->back)
		dma_free_coherent(dev, SLOTS_MAX * sizeof(*ch->back), ch->back, ch->back_dma);
	if (ch->desc)
		dma_free_coherent(dev, SLOTS_MAX * sizeof(*ch->desc), ch->desc, ch->desc_dma);
}

/* Undone by xdma_pci_free_channel(), also where it fails */
static int xdma_pci_make_channel(struct xdma_channel *ch)
{
	struct device *dev = xdma_device(ch);
	struct acq_config config = {};
	struct acq_info info = {};
	struct acq_stream *stream;

	/* Not managed: an engine that cannot be stopped keeps them. */
	ch->desc = dma_alloc_coherent(dev, SLOTS_MAX * sizeof(*ch->desc), &ch->desc_dma,
				      GFP_KERNEL);
	ch->back = dma_alloc_coherent(dev, SLOTS_MAX * sizeof(*ch->back), &ch->back_dma,
				      GFP_KERNEL);
	if (!ch->desc || !ch->back)
		return -ENOMEM;
	xdma_pci_describe(ch, &info, &config);
	stream = acq_stream_create(dev, &xdma_engine_ops, ch, &info, &config);
	if (IS_ERR(stream))
		return dev_err_probe(dev, PTR_ERR(stream), "cannot make a stream\n");
	ch->stream = stream;
	return 0;
}

static void xdma_irq_free(struct xdma *x)
{
	unsigned int i;

	if (x->irq)
		free_irq(x->irq, x);
	else if (x->user.vector)
		free_irq(x->user.irq, x);
	for (i = 0; i < x->count; i++) {
		if (x->channel[i].irq)
			free_irq(x->channel[i].irq, &x->channel[i]);
	}
}

/*
 * One for each channel and one for the user lines, which can share the first; or one
 * for all. Undone by xdma_irq_free(), also where it fails
 */
static int xdma_irq_request(struct xdma *x)
{
	struct pci_dev *pdev = x->pdev;
	int count = pci_alloc_irq_vectors(pdev, 1, x->count + 1, PCI_IRQ_ALL_TYPES), irq, ret;
	unsigned int i;
	bool message;

	if (count < 0)
		return dev_err_probe(&pdev->dev, count, "no interrupt\n");
	message = pdev->msi_enabled || pdev->msix_enabled;
	irq = pci_irq_vector(pdev, 0);
	x->user.irq = irq;
	if (!message || count < x->count) {
		ret = request_threaded_irq(irq, xdma_irq_shared, xdma_irq_shared_thread,
					   message ? 0 : IRQF_SHARED, KBUILD_MODNAME, x);
		if (ret)
			return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
		x->irq = irq;
		return 0;
	}
	for (i = 0; i < x->count; i++) {
		irq = pci_irq_vector(pdev, i);
		ret = request_threaded_irq(irq, xdma_irq_own, xdma_irq_own_thread, 0, KBUILD_MODNAME,
					   &x->channel[i]);
		if (ret)
			return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
		x->channel[i].irq = irq;
	}
	if (count == x->count)
		return 0;
	irq = pci_irq_vector(pdev, x->count);
	ret = request_irq(irq, xdma_irq_user, 0, KBUILD_MODNAME, x);
	if (ret)
		return dev_err_probe(&pdev->dev, ret, "cannot use interrupt %d\n", irq);
	x->user.irq = irq;
	x->user.vector = x->count;
	return 0;
}

/* Did its engine not come to rest when it was stopped last? */
static bool xdma_engine_holds_memory(const struct xdma_channel *ch)
{
	return ch->kept || ch->dry;
}

/*
 * No stream calls any more: free what the card cannot write. Where an engine holds
 * memory still, nothing but a reset takes it from it; the logic behind it is reset,
 * too, but a bus master with memory that belongs to others is worse.
 */
static void xdma_pci_release(struct xdma *x)
{
	struct pci_dev *pdev = x->pdev;
	bool holds = false;
	unsigned int i;

	pci_clear_master(pdev);
	for (i = 0; i < x->count; i++)
		holds |= xdma_engine_holds_memory(&x->channel[i]) && !xdma_idle(xdma_read(&x->channel[i], XDMA_STATUS));
	/* Pulled out, it writes no more. */
	holds &= pci_device_is_present(pdev);
	if (holds) {
		dev_info(&pdev->dev, "still waits for data: resets it\n");
		pci_save_state(pdev);
		holds = __pci_reset_function_locked(pdev);
		pci_restore_state(pdev);
	}
	for (i = 0; i < x->count; i++) {
		struct xdma_channel *ch = &x->channel[i];

		if (xdma_engine_holds_memory(ch) && holds && !xdma_idle(xdma_read(ch, XDMA_STATUS))) {
			dev_err(&pdev->dev,
				"C2H channel %u cannot be reset: cut off from memory, its ring is given up\n",
				ch->number);
			acq_stream_put(ch->stream);
			continue;
		}
		xdma_engine_let_go(ch);
		xdma_pci_free_channel(ch);
	}
}

static void xdma_pci_remove_streams(struct xdma *x)
{
	while (x->registered)
		acq_stream_remove(x->channel[--x->registered].stream);
}

static int xdma_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	void __iomem *user = NULL;
	unsigned int i, bits;
	struct xdma *x;
	int ret, bar;

	/* Not reachable from an open file: a stream calls here no more once it is removed. */
	x = devm_kzalloc(dev, sizeof(*x), GFP_KERNEL);
	if (!x)
		return -ENOMEM;
	x->pdev = pdev;
	mutex_init(&x->lock);
	pci_set_drvdata(pdev, x);

	ret = pcim_enable_device(pdev);
	if (ret)
		return dev_err_probe(dev, ret, "cannot be enabled\n");
	bar = xdma_pci_find_bar(pdev);
	if (bar < 0)
		return bar;
	x->regs = pcim_iomap_region(pdev, bar, KBUILD_MODNAME);
	if (IS_ERR(x->regs))
		return dev_err_probe(dev, PTR_ERR(x->regs), "cannot map BAR %d\n", bar);
	ret = xdma_pci_identify(x, bar);
	if (ret)
		return ret;
	if (xdma_losses) {
		ret = xdma_logic_map(pdev, bar, &user);
		if (ret)
			return ret;
	}
	for (i = 0; user && i < x->count; i++) {
		ret = xdma_logic_find(&x->channel[i].logic, pdev, user, x->channel[i].number);
		if (ret)
			return ret;
	}
	ret = xdma_pci_check_engines(x);
	if (ret)
		return ret;

	bits = FIELD_GET(XDMA_ADDRESS_BITS, xdma_read(&x->channel[0], XDMA_ALIGNMENTS)) ?: 64;
	ret = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(clamp(bits, 32U, 64U)));
	if (ret)
		return dev_err_probe(dev, ret, "no memory within its %u address bits\n", bits);
	/* A block is one piece however large. */
	dma_set_max_seg_size(dev, BLOCK_MAX);

	for (i = 0; i < x->count; i++) {
		ret = xdma_pci_make_channel(&x->channel[i]);
		if (ret)
			goto err_free;
	}
	ret = xdma_user_create(&x->user, pdev, x->regs + XDMA_IRQ, bar,
				   acq_stream_id(x->channel[0].stream));
	if (ret)
		goto err_free;
	ret = xdma_irq_request(x);
	if (ret)
		goto err_free_irqs;
	pci_set_master(pdev);
	ret = acq_pci_save(pdev, &x->saved);
	if (ret)
		goto err_free_irqs;
	/* All or none */
	for (i = 0; i < x->count; i++) {
		ret = acq_stream_register(x->channel[i].stream);
		if (ret) {
			dev_err_probe(dev, ret, "cannot register a device node\n");
			goto err_remove;
		}
		x->registered++;
	}
	ret = xdma_user_register(&x->user);
	if (ret) {
		dev_err_probe(dev, ret, "cannot register a control node\n");
		goto err_remove;
	}

	dev_info(dev, "XDMA version %u in BAR %d: %u C2H stream%s, %s%s\n",
		 (u32)FIELD_GET(XDMA_ID_VERSION, readl(x->regs + XDMA_CONFIG)), bar, x->count,
		 x->count == 1 ? "" : "s",
		 pdev->msix_enabled ? "MSI-X" : pdev->msi_enabled ? "MSI" : "INTx",
		 x->irq && x->count > 1 ? ", one for all" : "");
	return 0;

err_remove:
	xdma_pci_remove_streams(x);
err_free_irqs:
	xdma_irq_free(x);
	xdma_user_free(&x->user);
err_free:
	xdma_pci_release(x);
	return ret;
}

static void xdma_pci_remove(struct pci_dev *pdev)
{
	struct xdma *x = pci_get_drvdata(pdev);

	xdma_user_remove(&x->user);
	xdma_pci_remove_streams(x);
	xdma_irq_free(x);
	xdma_user_free(&x->user);
	xdma_pci_release(x);
}

static void xdma_pci_suspend_streams(struct xdma *x, enum acq_cause cause)
{
	unsigned int i;

	xdma_user_suspend(&x->user);
	for (i = 0; i < x->count; i++)
		acq_stream_suspend(x->channel[i].stream, cause);
}

static void xdma_pci_resume_streams(struct xdma *x)
{
	unsigned int i;

	xdma_user_resume(&x->user);
	for (i = 0; i < x->count; i++)
		acq_stream_resume(x->channel[i].stream);
}

static int xdma_pci_suspend(struct device *dev)
{
	xdma_pci_suspend_streams(dev_get_drvdata(dev), ACQ_CAUSE_SUSPEND);
	return 0;
}

static int xdma_pci_resume(struct device *dev)
{
	xdma_pci_resume_streams(dev_get_drvdata(dev));
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(xdma_pci_pm_ops, xdma_pci_suspend, xdma_pci_resume);

/* Somebody resets the function or its bus, in an orderly way. */
static void xdma_pci_reset_prepare(struct pci_dev *pdev)
{
	xdma_pci_suspend_streams(pci_get_drvdata(pdev), ACQ_CAUSE_RESET);
}

static void xdma_pci_reset_done(struct pci_dev *pdev)
{
	xdma_pci_resume_streams(pci_get_drvdata(pdev));
}

static const struct pci_error_handlers xdma_pci_error_handlers = {
	.reset_prepare	= xdma_pci_reset_prepare,
	.reset_done	= xdma_pci_reset_done,
};

/*
 * No ids of its own: many cards have the core's with quite another logic in them,
 * or with another driver. Without a table, new_id takes any.
 */
static struct pci_driver xdma_driver = {
	.name		= KBUILD_MODNAME "-xdma",
	.probe		= xdma_pci_probe,
	.remove		= xdma_pci_remove,
	.driver.pm	= pm_sleep_ptr(&xdma_pci_pm_ops),
	.err_handler	= &xdma_pci_error_handlers,
};

static int xdma_pci_add_ids(void)
{
	char *list, *rest, *one;
	unsigned int vendor, device;
	int ret = 0, length;

	if (!xdma_ids)
		return 0;
	list = kstrdup(xdma_ids, GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	rest = list;
	while (!ret && (one = strsep(&rest, ","))) {
		if (sscanf(one, "%x:%x%n", &vendor, &device, &length) != 2 || one[length] ||
		    !vendor || vendor > 0xffff || device > 0xffff) {
			pr_err("xdma_ids: '%s' is no VENDOR:DEVICE in hexadecimal\n", one);
			ret = -EINVAL;
		} else {
			ret = pci_add_dynid(&xdma_driver, vendor, device, PCI_ANY_ID, PCI_ANY_ID,
					    0, 0, 0);
		}
	}
	kfree(list);
	return ret;
}

static int xdma_pci_check_parameters(void)
{
	if (xdma_channels < 1 || xdma_channels > CHANNELS_MAX) {
		pr_err("xdma_channels=%u: must be from 1 to %u\n", xdma_channels, CHANNELS_MAX);
		return -EINVAL;
	}
	if (!xdma_rate) {
		pr_err("xdma_rate=0: must be at least 1\n");
		return -EINVAL;
	}
	if (xdma_bar < -1 || xdma_bar >= PCI_STD_NUM_BARS) {
		pr_err("xdma_bar=%d: must be from -1 to %d\n", xdma_bar, PCI_STD_NUM_BARS - 1);
		return -EINVAL;
	}
	xdma_pci_format = acq_format_find(xdma_format);
	if (xdma_pci_format >= 0)
		return 0;
	pr_err("xdma_format=%s: must be one of s8 u8 s16 u16 s32 u32\n", xdma_format);
	return -EINVAL;
}

/**
 * acq_xdma_register() - find the cards of this family that the user has named
 *
 * Return: 0 or a negative errno.
 */
int acq_xdma_register(void)
{
	int ret = xdma_pci_check_parameters();

	if (ret)
		return ret;
	ret = pci_register_driver(&xdma_driver);
	if (ret)
		return ret;
	ret = xdma_pci_add_ids();
	if (ret)
		pci_unregister_driver(&xdma_driver);
	return ret;
}

void acq_xdma_unregister(void)
{
	pci_unregister_driver(&xdma_driver);
}

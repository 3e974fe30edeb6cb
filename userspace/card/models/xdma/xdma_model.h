/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the XDMA model. Its files from the bottom to the top, as they are
 * declared below: each calls only those before it.
 */
#ifndef CARD_XDMA_MODEL_H
#define CARD_XDMA_MODEL_H

#include "converter.h"
#include "losses.h"
#include "pace.h"
#include "xdma.h"
#include "xdma_regs.h"

#define XDMA_PREFETCH_MAX	64
#define XDMA_SCRATCH		(256u << 10)	/* bytes that are made at a time */
#define XDMA_RECORDS_MAX	256
#define XDMA_PACKET_ENDS	4096		/* packets on their way back to the host */
#define XDMA_FRAME_MAX		128
#define XDMA_ENDLESS		UINT64_MAX
#define XDMA_PAGE		4096u
#define XDMA_LOG_BITS		0x00fffe7eu	/* of status, mask and control */

struct xdma;

/*
 * A C2H stream's source and FIFO: frames are known by their index, and the
 * signal is a function of it. As nothing is stored after an overflow until the
 * FIFO is empty, it always holds one range of indices, [out, in). What is left
 * of a frame that a beat has cut is in @rest.
 */
struct xdma_stream {
	struct xdma *card;
	unsigned int number;
	struct source *source;		/* NULL: what H2C sends comes back */
	struct pace pace;
	unsigned int frame;		/* bytes */
	uint64_t capacity;		/* frames */
	bool begun;
	bool enabled;			/* by the host */
	bool frozen;			/* a source that waits does */
	bool losing;
	bool paused;			/* by the control socket: the source stands still */
	bool stalled;			/* or nothing leaves the FIFO */
	uint64_t pause_at;		/* a frame before which it will be paused */
	uint64_t sampled;		/* index of the next frame */
	uint64_t in;
	uint64_t out;
	uint8_t rest[XDMA_FRAME_MAX + 64];
	size_t rest_bytes;
	uint64_t at;			/* bytes that have left */
	uint64_t lost;
	uint64_t taken;			/* frames that have left, or begun to */
	uint64_t behind;		/* index behind the newest of them */
	uint64_t drop_order;		/* frames that the control socket wants lost */
	struct losses losses;		/* all of them */
	struct loss records[XDMA_RECORDS_MAX];
	uint32_t record_first;		/* of all that were ever stored */
	uint32_t record_count;
	uint32_t losses_ended;
	bool record_overflow;

	/* ends of packets, as values of @at */
	uint64_t packet_end;
	uint64_t marked_end;		/* before a gap, or the last one */
	uint64_t forced_end;		/* by a fault */
	unsigned int packet_next;
	uint64_t random;

	/* what comes back */
	uint8_t *ring;
	uint64_t put;			/* bytes that have come, as @at */
	uint64_t ends[XDMA_PACKET_ENDS];
	uint64_t end_put;
	uint64_t end_got;

	bool held;			/* there are data, and nobody takes them */
	uint64_t held_since;
	uint64_t held_ns;
	uint64_t held_times;
	uint32_t latched[5];		/* high halves, see user.c */
};

/* What becomes of an H2C stream */
struct xdma_sink {
	struct xdma *card;
	unsigned int number;
	struct converter *converter;	/* or NULL */
	uint64_t bytes;
	uint64_t packets;
	uint64_t hash;			/* FNV-1a of the bytes */
};

struct xdma_desc {
	uint32_t control;
	uint32_t bytes;
	uint64_t source;
	uint64_t target;
	uint64_t next;
	uint32_t errors;		/* status bits that it brings instead */
};

/* A channel */
struct xdma_engine {
	bool h2c;
	unsigned int number;
	unsigned int line;		/* of its interrupt */
	uint32_t control;
	uint32_t status;		/* without BUSY */
	uint32_t mask;
	uint32_t count;
	uint64_t poll;
	uint64_t first;
	uint32_t first_adj;
	uint32_t credits;
	bool halted;
	bool credit_mode;
	bool preset;			/* the next run begins to count at @preset_count */
	uint32_t preset_count;

	bool stopped;			/* by STOP or an error: Run has to end first */
	bool idle;
	bool fetching;
	uint64_t next;
	unsigned int adjacent;		/* descriptors there */
	struct xdma_desc fifo[XDMA_PREFETCH_MAX];
	unsigned int fifo_first;
	unsigned int fifo_count;
	bool active;			/* with @desc */
	struct xdma_desc desc;
	uint32_t done;			/* bytes of it */
	bool unwritten;			/* nothing is written to its target, by a lie */
	uint64_t ahead_until;		/* its poll word runs ahead, by a command */
	bool started;			/* the faults that concern it have been looked at */
	bool late;			/* the interrupt came first */
	bool late_eop;
	uint64_t late_at;

	uint32_t perf;
	bool perf_on;
	uint64_t perf_since;
	uint64_t cycles;
	uint64_t beats;

	uint64_t runs;
	uint64_t descriptors;
	uint64_t completed;		/* of them, with COMPLETED */
	uint64_t fetches;
	uint64_t credits_given;
	uint64_t broken_rules;
	uint64_t lost_writes;		/* posted, and gone nowhere */
	uint64_t bytes;
};

struct xdma {
	struct xdma_config config;
	struct faults *faults;
	const struct card_host *host;
	unsigned int epoch;		/* changes when DMA under way has lost its purpose */
	bool more;			/* there is more to do at once */
	bool patient;			/* by the control socket: its sources wait for the host */
	struct xdma_engine engines[2][XDMA_CHANNELS];	/* H2C, C2H */
	struct xdma_stream streams[XDMA_CHANNELS];
	struct xdma_sink sinks[XDMA_CHANNELS];
	uint8_t *memory;

	uint32_t user_enable;
	uint32_t chan_enable;
	uint32_t user_vectors[4];
	uint32_t chan_vectors[2];
	uint32_t pcie_control;
	uint32_t user_payload;
	uint32_t user_read;
	uint32_t write_flush;
	uint32_t msix[XDMA_VECTORS * 4];
	uint32_t requested;		/* lines that are asserted */
	bool stuck;			/* by a fault: some are, whatever enables them */

	uint32_t user_irq;		/* lines that the host has raised itself */
	uint32_t loss_irq;
	uint32_t scratch;

	uint64_t reads;			/* DMA BAR */
	uint64_t writes;
	uint64_t user_reads;
	uint64_t user_writes;
	uint64_t dma_bytes;
	uint8_t buffer[XDMA_SCRATCH];
};

static inline uint64_t xdma_now(const struct xdma *x)
{
	return x->host->now(x->host->machine);
}

static inline uint64_t xdma_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Does what H2C sends come back by this stream? */
static inline bool xdma_is_loop(const struct xdma_stream *s)
{
	return !s->source;
}

/* irq.c */

/* Something has happened: logged if control says so; an interrupt if the mask does. */
void xdma_irq_log(struct xdma *x, struct xdma_engine *e, uint32_t bits);
void xdma_irq_refresh(struct xdma *x);
uint32_t xdma_irq_read(const struct xdma *x, uint32_t reg);
void xdma_irq_write(struct xdma *x, uint32_t reg, uint32_t value);
void xdma_irq_reset(struct xdma *x);

/* perf.c */

void xdma_perf_update(struct xdma *x, struct xdma_engine *e);
/* The high register of a counter. */
uint32_t xdma_perf_high(uint64_t value);
void xdma_perf_write(struct xdma *x, struct xdma_engine *e, uint32_t value);

/* packet.c */

/* False if @text is not that; then @packets is as it was. */
bool xdma_packet_parse(const char *text, struct xdma_packets *packets);
/* Where the packet ends that begins at @at. */
uint64_t xdma_packet_next(struct xdma_stream *s, uint64_t at);
/* Where the one ends that has begun. */
uint64_t xdma_packet_end(const struct xdma_stream *s);
void xdma_packet_finish(struct xdma_stream *s);

/* stream.c */

bool xdma_stream_init(struct xdma_stream *s, struct xdma *x, unsigned int number,
		      struct source *source);
void xdma_stream_free(struct xdma_stream *s);
/* Back to its beginning. */
void xdma_stream_reset(struct xdma_stream *s);
/* The stream is ready: the engine has a descriptor for it. */
void xdma_stream_ready(struct xdma_stream *s);
void xdma_stream_run(struct xdma_stream *s);
/* While it is not enabled its time stands still. */
void xdma_stream_enable(struct xdma_stream *s, bool on);
/* Bytes that may be taken now, at most @room; whether the last of them has tlast. */
size_t xdma_stream_has(const struct xdma_stream *s, size_t room, bool *last);
/* Takes what xdma_stream_has() has found. */
void xdma_stream_take(struct xdma_stream *s, void *buf, size_t bytes, bool last);
/* Lets time bring frames to the FIFO. False if there was none to bring. */
bool xdma_stream_fill(struct xdma_stream *s);
void xdma_stream_hold(struct xdma_stream *s, bool held);
uint64_t xdma_stream_held(const struct xdma_stream *s);	/* ns */
/* When it will have @bytes. */
uint64_t xdma_stream_when(const struct xdma_stream *s, uint64_t bytes);
uint64_t xdma_stream_produced(const struct xdma_stream *s);
uint64_t xdma_stream_level(const struct xdma_stream *s);	/* bytes */
void xdma_stream_speed(struct xdma_stream *s);

/* sink.c: how much an H2C stream takes, and what it does with it */

bool xdma_sink_init(struct xdma_sink *sink, struct xdma *x, unsigned int number);
void xdma_sink_free(struct xdma_sink *sink);
/* The engine begins to run, or all of the card begins anew. */
void xdma_sink_run(struct xdma_sink *sink);
void xdma_sink_reset(struct xdma_sink *sink);
/* How fast time passes is another now. */
void xdma_sink_speed(struct xdma_sink *sink);
/* To be called before anything is put. True if there may be more room now. */
bool xdma_sink_step(struct xdma_sink *sink);
uint64_t xdma_sink_when(const struct xdma_sink *sink);
size_t xdma_sink_room(const struct xdma *x, unsigned int number);
void xdma_sink_put(struct xdma *x, unsigned int number, const uint8_t *from, size_t bytes,
		   bool last);

/* bus.c: 0, or an error; -ECANCELED if nothing is what it was */

int xdma_bus_read(struct xdma *x, uint64_t addr, void *buf, size_t bytes);
int xdma_bus_post(struct xdma *x, struct xdma_engine *e, uint64_t addr, const void *buf,
		  size_t bytes);
void *xdma_bus_map(struct xdma *x, uint64_t addr, size_t bytes);
/* A packet of a few words, which no reader sees in part. */
int xdma_bus_words(struct xdma *x, struct xdma_engine *e, uint64_t addr, const uint32_t *words,
		   unsigned int count);

/* The lie of writing beside a descriptor's target. */
int xdma_bus_stray(struct xdma *x, const struct xdma_engine *e);
/* The poll word says more and more, as fast as it can be written, whatever is done. */
void xdma_bus_run_ahead(struct xdma *x, struct xdma_engine *e);
/* The lie of writing to the last one though the engine is idle. */
void xdma_bus_late(struct xdma *x, const struct xdma_engine *e);

/* engine.c */

bool xdma_engine_is_busy(const struct xdma_engine *e);
/* Descriptors that were fetched and not begun */
void xdma_engine_forget(struct xdma_engine *e);
void xdma_engine_start(struct xdma *x, struct xdma_engine *e);
/* Run is 0: what was not begun will not be. */
void xdma_engine_stop(struct xdma *x, struct xdma_engine *e);
/* The same, and the descriptor in hand is forgotten, too. */
void xdma_engine_drop(struct xdma *x, struct xdma_engine *e);

/* fetch.c */

/* Fills the FIFO of descriptors as far as it may. 0, or -ECANCELED. */
int xdma_fetch_ahead(struct xdma *x, struct xdma_engine *e);

/* finish.c */

/* The descriptor is done. */
void xdma_finish_desc(struct xdma *x, struct xdma_engine *e, bool eop);
/* The same, without the fault of an early interrupt. */
void xdma_finish_now(struct xdma *x, struct xdma_engine *e, bool eop);
/* The engine stops for an error until Run begins anew. */
void xdma_finish_error(struct xdma *x, struct xdma_engine *e, uint32_t bits);

/* move.c */

/* Takes up the next descriptor. */
void xdma_move_begin(struct xdma *x, struct xdma_engine *e);
/* Moves a part of it; false if there is none to move. */
bool xdma_move_data(struct xdma *x, struct xdma_engine *e, size_t budget);

/* step.c */

void xdma_step_all(struct xdma *x);
/* When to be called again. */
uint64_t xdma_step_deadline(const struct xdma *x);

/* regs.c */

uint32_t xdma_regs_read(struct xdma *x, uint32_t at);
void xdma_regs_write(struct xdma *x, uint32_t at, uint32_t value);
void xdma_regs_print(struct xdma *x, bool written, FILE *out);
void xdma_regs_reset(struct xdma *x);

/* user.c */

uint32_t xdma_user_read(struct xdma *x, uint32_t at);
void xdma_user_write(struct xdma *x, uint32_t at, uint32_t value);
void xdma_user_print(struct xdma *x, bool written, FILE *out);

/* reset.c */

void xdma_reset_card(void *model);

/* command.c */

void xdma_command_stats(void *model, FILE *out);
int xdma_command_take(void *model, int argc, char **argv, FILE *out);

/* model.c */

/* False without memory. @sources, one for each C2H stream, and @faults remain the caller's. */
bool xdma_model_new(struct card_model *model, const struct xdma_config *config,
		    struct source **sources, struct faults *faults, const struct card_host *host);

#endif /* CARD_XDMA_MODEL_H */

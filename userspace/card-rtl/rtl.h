/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The core of gateware/ as a card. Its files from the bottom to the top, as they are
 * declared below: each calls only those before it.
 *
 * The core has a clock; the card around it has none, and does what is due when it is
 * called. So clocks are run only while the core does something: when it is at rest, and
 * nothing is there for it, time jumps (step.c). A clock lasts as long as the core is told,
 * but that is time of its own: what it does takes no time of the machine, only what waits
 * for the bus or for samples does. So the time of the card is what has passed on the bus:
 * it is as that of the machine, but that it stands where the simulation is late.
 */
#ifndef CARD_RTL_H
#define CARD_RTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "acq_r1.h"
#include "core.h"
#include "losses.h"
#include "model.h"
#include "pace.h"
#include "record.h"
#include "source.h"

#define RTL_FEED_BYTES	4096	/* of frames that are made at a time */
#define RTL_TLPS	4096	/* posted writes under way; the bus takes no more */
#define RTL_BEATS	16	/* of a posted write, at most */
#define RTL_READ	32	/* beats of a read, at most */
#define RTL_HOST_WRITES	64	/* register writes under way */
#define RTL_QUIET	8u	/* clocks without anything, and the core is at rest */

struct rtl_config {
	const struct core_kind *core;
	unsigned int irqs;	/* PCI_IRQ_* */
	uint64_t speed;		/* see pace.h */
	bool waits;		/* the source waits for the core, instead of losing frames */
	bool free;		/* it does, and is as fast as the host */
	uint64_t frames;	/* that the source has, 0: endless */
	uint64_t seed;		/* of the bus */
	bool trace;
};

/* What a posted write is for */
enum rtl_tlp {
	RTL_DATA,
	RTL_RECORD,
	RTL_PAGE,
	RTL_MESSAGE,
	RTL_NOTHING,
};

/* The samples: AXI-Stream */
struct rtl_feed {
	struct source *source;
	struct pace pace;
	bool runs;		/* the core does */
	bool patient;		/* the source waits for the core, and does not say so */
	bool frozen;		/* it waits now */
	bool paused;		/* by the control socket: it has nothing */
	bool loses;		/* the newest frame was lost */
	uint64_t target;	/* frames of the run that there are by now */
	uint64_t fed;		/* and that were offered */
	unsigned int lane;	/* of the frame that goes next */
	uint64_t order;		/* frames that the control socket wants lost */
	uint64_t from;		/* index of the first frame in @buf */
	uint64_t have;		/* frames in it */
	uint8_t buf[RTL_FEED_BYTES];
	struct losses gaps;
};

/* The numbers of a run of the output, which outlive a reset */
struct rtl_dac_counts {
	uint64_t filler;	/* that was taken */
	uint64_t played;
	uint64_t underruns;
	uint64_t digest;	/* of what was played */
	uint32_t blocks;	/* by what the core says */
	uint32_t fetched;
	uint32_t given;
	uint32_t updates;
};

/* What the output plays to */
struct rtl_dac {
	struct pace pace;
	bool runs;		/* the core plays */
	bool patient;		/* it waits for the core, and does not say so */
	bool free;		/* it does, and is as fast as the host */
	bool frozen;		/* it waits now */
	bool stalled;		/* by the control socket: no read of the output is answered */
	bool fails;		/* the next one does */
	bool fills;		/* the newest frame was filler */
	uint64_t dry;		/* no read of the output before so many frames of filler */
	uint64_t target;	/* frames of the run that are due by now */
	uint64_t most;		/* that may be, before the host has its turn */
	uint64_t frames;	/* and that were taken */
	uint64_t runs_seen;
	struct rtl_dac_counts n;
	struct losses gaps;	/* of filler */
	struct record record;
};

/* What the bus does to what passes; times in ns */
struct rtl_faults {
	uint64_t read;		/* a completion comes so much later, at most */
	uint64_t hold;		/* a posted write of the card is held back so long, at most */
	uint64_t host;		/* one of the host */
	uint64_t busy;		/* it takes nothing for so long, at most, again and again */
	bool split;		/* a completion comes in two pieces */
	bool slow_idle;		/* the core is told late that all has left */
	enum rtl_tlp wrong;	/* of what PCI forbids: these are overtaken by all others */
	uint64_t wrong_ns;
};

struct rtl_bus {
	struct rtl_faults faults;
	uint64_t dice;
	bool stalled;		/* by the control socket: it takes nothing of a run */
	uint64_t busy_until;

	/* posted writes of the card, the oldest first, and one that is being taken */
	struct rtl_posted {
		enum rtl_tlp kind;
		uint64_t addr;
		unsigned int beats;
		bool sent;
		uint64_t when;
		uint64_t data[RTL_BEATS];
	} posted[RTL_TLPS], taking;
	unsigned int first;
	unsigned int count;
	uint64_t last_when;
	bool delivering;	/* they are being sent */
	bool by_message;	/* memory is not mapped: no answer to a read can push them */
	bool error;		/* to be told to the core */

	/* the one read that may be outstanding */
	bool reading;
	bool read_done;		/* @words have been read */
	bool read_failed;
	unsigned int read_beat;
	uint64_t read_addr;
	uint64_t read_when;	/* memory is read */
	uint64_t beat_when;	/* the next beat is there */
	unsigned int read_beats;
	uint64_t words[RTL_READ];

	/* writes of the host to registers, the oldest first */
	struct rtl_host_write {
		uint32_t at;
		uint32_t value;
		uint64_t when;
	} host[RTL_HOST_WRITES];
	unsigned int host_count;

	uint64_t writes;	/* posted */
	uint64_t reads;
	uint64_t bytes;
	uint64_t messages;
	uint64_t held;		/* posted writes that were held back */
	uint64_t pushed;	/* of these: until a read pushed them */
	uint64_t overtaken;	/* of what PCI forbids */
};

struct rtl {
	struct rtl_config config;
	struct faults *faults;
	const struct card_host *host;
	struct core *core;
	struct core_pins pins;
	unsigned int frame_bytes;
	unsigned int lanes;	/* of a frame */

	uint64_t birth;		/* ns */
	uint64_t now;		/* the card's time */
	uint64_t late;		/* by which the machine's is ahead of it */
	uint64_t wanted;	/* when it wants to be called again */
	uint64_t clocks;	/* that were run */
	uint64_t ticks;		/* microseconds that have passed for the core */
	unsigned int part;	/* clocks of the next one that have */
	unsigned int quiet;	/* clocks in which nothing has happened */
	unsigned int inside;	/* the host's accesses under way: no DMA by message */
	bool stepping;
	bool more;		/* there is more to be done than was, for this time */

	struct rtl_feed feed;
	struct rtl_dac dac;
	struct rtl_bus bus;

	/* as the host has written them, of either side */
	struct rtl_memory {
		uint64_t at[3];	/* table, records, status page */
		uint32_t log2;
	} memory[2];
	uint64_t runs;
	uint64_t last_frames;	/* of the last run, which a RESET has ended: the core forgets */
	uint64_t last_dropped;
	uint64_t reg_reads;
	uint64_t reg_writes;
	uint64_t undefined;	/* accesses of other than 32 bits */
};

static inline const char *rtl_state_name(bool resetting, unsigned int state)
{
	static const char *const names[] = {
		"idle", "armed", "running", "draining", "done", "error",
	};

	if (resetting)
		return "resetting";
	return state < sizeof(names) / sizeof(*names) ? names[state] : "?";
}

/* feed.c */

/* How many frames there are by now. */
void rtl_feed_look(struct rtl *c);
/* Is one of them to be offered at the next clock? Then it is on the pins. */
bool rtl_feed_offer(struct rtl *c);
/*
 * Behind a clock: was it taken, has a run begun? @was is what the core showed before.
 * True if the core has something to do by it.
 */
bool rtl_feed_after(struct rtl *c, const struct core_pins *was);
/* When there is a frame to be offered, if nothing changes. */
uint64_t rtl_feed_when(const struct rtl *c);
/* Time goes on from here. */
void rtl_feed_rebase(struct rtl *c);

/* dac.c: of a core without an output nothing is ever offered */

/* The host has had its turn. */
void rtl_dac_step(struct rtl *c);
/* How many frames are due by now. */
void rtl_dac_look(struct rtl *c);
/* Does it take one at the next clock? */
bool rtl_dac_offer(struct rtl *c);
/* Behind a clock: true if the core has something to do by it. */
bool rtl_dac_after(struct rtl *c, const struct core_pins *was);
uint64_t rtl_dac_when(const struct rtl *c);
/* Time goes on from here. */
void rtl_dac_rebase(struct rtl *c);
/* Is the output in a run that has not been told to end at once? */
bool rtl_dac_is_on(const struct rtl *c);
/* Is it told to read nothing now? */
bool rtl_dac_is_dry(const struct rtl *c);
int rtl_dac_speed(struct rtl *c, const char *text, FILE *out);
/* Command "out" of the control socket, but what takes a register */
int rtl_dac_command(struct rtl *c, int argc, char **argv, FILE *out);

/* bus.c */

/* What the bus does at the next clock, to the pins. Is there anything? */
bool rtl_bus_before(struct rtl *c);
/* Behind it: true if it did something. */
bool rtl_bus_after(struct rtl *c, const struct core_pins *was);
/* 0 to @most, by the bus's dice */
uint64_t rtl_bus_random(struct rtl_bus *b, uint64_t most);
/* Brings posted writes into memory that are due, or all of them. */
void rtl_bus_deliver(struct rtl *c, bool all);
/* Reads that are due are done. */
void rtl_bus_read(struct rtl *c);
uint64_t rtl_bus_when(const struct rtl *c);

/* clock.c */

/* One clock, behind rtl_bus_before(), rtl_feed_offer() and rtl_dac_offer(). */
void rtl_clock_edge(struct rtl *c);
/* One clock, with all that there is for it. */
void rtl_clock(struct rtl *c);

/* regs.c */

uint32_t rtl_regs_read(struct rtl *c, uint32_t at);
void rtl_regs_write(struct rtl *c, uint32_t at, uint32_t value);
/* A write that PCI has posted: it may arrive later. */
void rtl_regs_post(struct rtl *c, uint32_t at, uint32_t value);
/* Those that are due, or all of them, do. */
void rtl_regs_arrive(struct rtl *c, bool all);

/* step.c */

/* The bits of the configuration space that the core sees, and INTx. */
void rtl_step_gate(struct rtl *c);
/* Runs clocks until there is nothing to be done, or it is enough for this time. */
void rtl_step_run(struct rtl *c);
/* When to run again. */
uint64_t rtl_step_when(struct rtl *c);
/* All that the host and the card have sent arrives. */
void rtl_step_push(struct rtl *c);
void rtl_step_reset(struct rtl *c);

/* order.c */

/* Loses so many frames, at once. 0 or -EINVAL after saying why not. */
int rtl_order_overflow(struct rtl *c, uint64_t frames, FILE *out);
int rtl_order_bus(struct rtl *c, int argc, char **argv, FILE *out);
void rtl_order_print(const struct rtl *c, FILE *out);

/* command.c */

#define RTL_HELP	"gaps | speed X|free|real | pause on|off | stall on|off | wait on|off | overflow FRAMES | reset | bus off, seed N, read|hold|host|busy|all US|off, split|slow-idle on|off, wrong data|record|page|message US|off | of core duplex: out stats | out gaps | out speed X|free|real | out wait on|off | out stall on|off | out dry FRAMES | out fail dma | out record PATH|off | out reset"
void rtl_command_stats(void *model, FILE *out);
int rtl_command_take(void *model, int argc, char **argv, FILE *out);

/* model.c */

/* False without memory. @source and @faults remain the caller's. */
bool rtl_model_new(struct card_model *model, const struct rtl_config *config,
		   struct source *source, struct faults *faults, const struct card_host *host);

/* options.c */

extern const struct card_kind rtl_kind;

#endif /* CARD_RTL_H */

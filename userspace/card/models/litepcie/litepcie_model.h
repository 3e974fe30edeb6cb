/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The inside of the LitePCIe model. Its files from the bottom to the top, as they are
 * declared below: each calls only those before it.
 */
#ifndef CARD_LITEPCIE_MODEL_H
#define CARD_LITEPCIE_MODEL_H

#include "converter.h"
#include "litepcie.h"
#include "losses.h"
#include "pace.h"

#define LITE_BAR_BYTES		(1u << 20)
#define LITE_BANK		0x800u

/* Bank 0 */
#define LITE_CTRL_RESET		0x00u
#define LITE_CTRL_SCRATCH	0x04u
#define LITE_CTRL_ERRORS	0x08u
#define LITE_SCRATCH		0x12345678u

/* The PHY's */
#define LITE_PHY_LINK		0x00u
#define LITE_PHY_MSI		0x04u
#define LITE_PHY_MSIX		0x08u
#define LITE_PHY_MASTER		0x0cu
#define LITE_PHY_REQUEST	0x10u
#define LITE_PHY_PAYLOAD	0x14u

/* A direction of a channel */
#define LITE_ENABLE		0x00u
#define LITE_VALUE_HI		0x04u
#define LITE_VALUE_LO		0x08u
#define LITE_WE			0x0cu
#define LITE_MODE		0x10u
#define LITE_STATUS		0x14u
#define LITE_LEVEL		0x18u
#define LITE_RESET		0x1cu
#define LITE_SIDE_BYTES		0x20u
#define LITE_IRQ_DISABLE	(1u << 24)
#define LITE_LAST_DISABLE	(1u << 25)
#define LITE_LENGTH		0xffffffu
#define LITE_VALUE_BITS		0x3ffffffu	/* all of these */
#define LITE_IDLE		2u

/* Interrupts: of a design whose vector is latched */
#define LITE_MSI_ENABLE		0x00u
#define LITE_MSI_CLEAR		0x04u
#define LITE_MSI_VECTOR		0x08u
#define LITE_MSI_PBA		0x08u

/* M2SDR's headers and clock */
#define LITE_TX_CONTROL		0x00u
#define LITE_TX_CYCLES		0x04u
#define LITE_RX_CONTROL		0x08u
#define LITE_RX_CYCLES		0x0cu
#define LITE_LAST_TX_HEADER	0x10u
#define LITE_LAST_RX_HEADER	0x20u
#define LITE_LAST_RX_TIME	0x28u
#define LITE_HEADER_RESET	1u
#define LITE_HEADER_ON		2u
#define LITE_CYCLES		1022u
#define LITE_HEADER		16u	/* bytes */
#define LITE_MAGIC		UINT64_C(0x5aa55aa55aa55aa5)
#define LITE_TIME_CONTROL	0x00u
#define LITE_TIME_READ		0x04u
#define LITE_TIME_WRITE		0x0cu
#define LITE_TIME_INCREMENT	0x1cu
#define LITE_TIME_ENABLE	1u
#define LITE_TIME_LATCH		2u
#define LITE_TIME_SET		4u

#define LITE_ENDLESS		UINT64_MAX
#define LITE_READER_BUFFER	8192u	/* whose level a register tells */
#define LITE_READER_FIFO	(16384u + LITE_READER_BUFFER)
#define LITE_REQUESTS_MAX	64
#define LITE_SCRATCH_BYTES	(64u << 10)

struct lite;
struct lite_channel;

struct lite_desc {
	uint64_t addr;
	uint32_t bytes;
	bool quiet;		/* no interrupt */
	bool endless;		/* last does not close it */
	bool first;		/* of the table, for Loop mode */
};

/* The table of a direction, a FIFO of descriptors */
struct lite_table {
	uint32_t value[2];	/* high word first */
	uint32_t we;
	bool loop;
	struct lite_desc entry[LITE_DEPTH_MAX];
	unsigned int head;
	unsigned int level;
	bool unpopped;		/* no pop of the first one yet, in Loop mode */
	uint16_t index;
	uint16_t count;

	bool preset;		/* the next reset begins to count at @preset_count */
	uint32_t preset_count;
	uint64_t pushes;
	uint64_t lost_pushes;
	uint64_t pops;
};

/* A Writer or a Reader */
struct lite_side {
	bool reader;
	bool exists;
	uint32_t at;		/* of its registers in the bank */
	unsigned int line;	/* of its interrupt */
	bool enabled;
	unsigned int life;	/* changes when DMA under way has lost its purpose */
	struct lite_table table;
	uint32_t done;		/* bytes of the descriptor in hand */
	bool owes;		/* a Writer: the last TLP of one that is popped, at @debt */
	bool stale;		/* the table was reset meanwhile */
	struct lite_desc debt;
	struct lite_desc last_one;	/* that it had in hand, for lies */
	bool looked;		/* the lies that concern the one in hand have been told */
	bool unwritten;

	uint64_t runs;
	uint64_t bytes;
	uint64_t lost_writes;
	uint64_t broken_rules;
};

/*
 * What comes to a Writer: a source that samples all the time, headers between its frames
 * if they are wanted, and a FIFO.
 */
struct lite_feed {
	struct lite_channel *channel;
	struct source *source;
	struct pace pace;
	unsigned int frame;
	bool passing;		/* what is sampled goes to the FIFO */
	bool frozen;
	bool losing;
	bool paused;
	bool stalled;		/* nothing leaves the FIFO */
	uint64_t pause_at;
	uint64_t sampled;	/* index of the next frame */
	uint64_t lost;
	uint64_t drop_order;
	struct losses losses;
	uint64_t begin_ns;	/* card's time of the first frame of the run */
	uint64_t begin_index;
	uint64_t random;

	uint8_t *fifo;
	uint32_t size;
	uint64_t in;
	uint64_t out;
	uint64_t cut;		/* bytes that went to the FIFO before, for last */
	uint64_t header_left;	/* bytes until the next header */
	uint64_t headers;
	uint64_t delivered;	/* bytes that have left */
};

struct lite_request {
	uint64_t addr;
	uint32_t bytes;
	uint64_t due;
};

/* What a Reader has asked for, and what it has got */
struct lite_sink {
	struct lite_channel *channel;
	struct lite_request request[LITE_REQUESTS_MAX];
	unsigned int first;
	unsigned int count;
	uint32_t asked;		/* bytes */
	uint8_t fifo[LITE_READER_FIFO];
	uint64_t in;
	uint64_t out;
	struct converter *converter;
	uint64_t bytes;
	uint64_t hash;
};

struct lite_channel {
	struct lite *card;
	unsigned int number;
	struct lite_side writer;
	struct lite_side reader;
	struct lite_feed feed;
	struct lite_sink sink;
	bool loopback;
	uint32_t bypass;
	uint32_t mode;
	bool synced;
	uint64_t pps;		/* the second in which the clock was seen last */
	uint32_t fifo_control[2];
};

struct lite {
	struct lite_config config;
	struct faults *faults;
	const struct card_host *host;
	unsigned int epoch;
	bool more;
	bool patient;
	struct lite_channel channel[LITE_CHANNELS];

	uint32_t scratch;
	uint64_t enable;
	uint64_t vector;	/* latched */
	uint64_t message;	/* lines that are to be told of */
	uint32_t masked;	/* vectors, by the control socket */
	uint64_t gone_behind;	/* so many reads that are still answered, and one more */
	uint32_t header_control[2];	/* TX, RX */
	uint32_t header_cycles[2];
	uint64_t last_time;
	uint32_t time_control;
	uint32_t time_increment;
	uint64_t time_ns;	/* at @time_real */
	uint64_t time_real;
	uint64_t time_read;
	uint64_t time_write;

	uint64_t reads;
	uint64_t writes;
	uint64_t dma_bytes;
	uint8_t buffer[LITE_SCRATCH_BYTES];
};

static inline uint64_t lite_now(const struct lite *x)
{
	return x->host->now(x->host->machine);
}

static inline uint64_t lite_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* table.c */

void lite_table_reset(struct lite_table *t);
/* As the write of the last register does it. False: it went nowhere. */
bool lite_table_push(struct lite *x, struct lite_table *t);
/* The one in hand, or NULL. */
struct lite_desc *lite_table_head(struct lite_table *t);
void lite_table_pop(struct lite_table *t);
uint32_t lite_table_status(struct lite *x, const struct lite_table *t);

/* irq.c */

void lite_irq_raise(struct lite *x, unsigned int line);
/* Sends what has been raised. */
void lite_irq_send(struct lite *x);
uint32_t lite_irq_read(const struct lite *x, uint32_t reg);
void lite_irq_write(struct lite *x, uint32_t reg, uint32_t value);
void lite_irq_reset(struct lite *x);

/* feed.c */

bool lite_feed_init(struct lite_feed *f, struct lite_channel *ch, struct source *source);
void lite_feed_free(struct lite_feed *f);
void lite_feed_reset(struct lite_feed *f);
/* Does it go to the FIFO from now on? */
void lite_feed_pass(struct lite_feed *f, bool passing);
/* Lets time bring frames. False if there was none to bring. */
bool lite_feed_fill(struct lite_feed *f);
size_t lite_feed_level(const struct lite_feed *f);
/* Bytes up to a last, or UINT64_MAX */
uint64_t lite_feed_until_last(const struct lite_feed *f);
void lite_feed_take(struct lite_feed *f, void *buf, size_t bytes);
/* What a loopback brings: how much is taken, and that. */
size_t lite_feed_room(const struct lite_feed *f);
void lite_feed_put(struct lite_feed *f, const uint8_t *from, size_t bytes);
uint64_t lite_feed_when(const struct lite_feed *f, uint64_t bytes);
void lite_feed_speed(struct lite_feed *f);
/* The card's clock, in ns */
uint64_t lite_feed_time(const struct lite *x);

/* sync.c */

bool lite_sync_is_waiting(const struct lite_channel *ch);
void lite_sync_step(struct lite_channel *ch);
uint64_t lite_sync_when(const struct lite_channel *ch);
/* Something that decides who passes has changed. */
void lite_sync_refresh(struct lite_channel *ch);
uint32_t lite_sync_time_read(struct lite *x, uint32_t reg);
void lite_sync_time_write(struct lite *x, uint32_t reg, uint32_t value);
void lite_sync_time_speed(struct lite *x);

/* engine.c: Writer and Reader */

void lite_engine_enable(struct lite_channel *ch, struct lite_side *s, uint32_t value);
/* Its table is reset. */
void lite_engine_forget(struct lite_side *s);
uint32_t lite_engine_state(const struct lite_channel *ch, const struct lite_side *s);
/* True if something moved; @budget 0: there is more. */
bool lite_engine_write(struct lite_channel *ch, size_t *budget);
void lite_engine_lie_late(struct lite_channel *ch);

/* sink.c */

bool lite_sink_init(struct lite_sink *k, struct lite_channel *ch);
void lite_sink_free(struct lite_sink *k);
void lite_sink_reset(struct lite_sink *k);
bool lite_sink_run(struct lite_channel *ch, size_t *budget);
uint64_t lite_sink_when(const struct lite_channel *ch);
void lite_sink_speed(struct lite_sink *k);

/* regs.c */

uint32_t lite_regs_read(struct lite *x, uint32_t at);
void lite_regs_write(struct lite *x, uint32_t at, uint32_t value);
void lite_regs_print(struct lite *x, FILE *out);
void lite_regs_reset(struct lite *x);

/* step.c */

void lite_step_all(struct lite *x);
uint64_t lite_step_deadline(const struct lite *x);
void lite_step_reset(void *model);

/* command.c */

void lite_command_stats(void *model, FILE *out);
int lite_command_take(void *model, int argc, char **argv, FILE *out);

/* model.c */

bool lite_model_new(struct card_model *model, const struct lite_config *config,
		    struct source **sources, struct faults *faults, const struct card_host *host);

#endif /* CARD_LITEPCIE_MODEL_H */

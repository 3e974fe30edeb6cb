// SPDX-License-Identifier: GPL-2.0-only
/* A minimal card: the DMA engine. One thing after the other, so that the order is right. */
#include <string.h>

#include "minimal.h"

#define BURST	64u

/* The host may reset the card meanwhile: then the run is another one. */
static bool mini_access(uint64_t addr, void *buf, size_t bytes, bool write)
{
	const struct card_host *h = mini.host;
	unsigned int run = mini.run;
	int error;

	if (mini_does("address-cut"))
		addr = (uint32_t)addr;
	mini.busy++;
	if (mini_does("master-ignored") && write)
		error = h->dma_stray(h->machine, addr, buf, bytes);
	else if (write)
		error = h->dma_write(h->machine, addr, buf, bytes);
	else
		error = h->dma_read(h->machine, addr, buf, bytes);
	if (!--mini.busy)
		mini.settling = false;
	if (mini.run != run)
		return false;
	if (mini_does("dma-error-ignored"))
		error = 0;
	if (error)
		mini_fail(ACQ_R1_ERR_DMA);
	return !error;
}

static bool mini_write(uint64_t addr, const void *buf, size_t bytes)
{
	return mini_access(addr, (void *)(uintptr_t)buf, bytes, true);
}

static uint64_t mini_at(unsigned int lo)
{
	return mini.setup[lo] | (uint64_t)mini.setup[lo + 1] << 32;
}

static uint32_t mini_slot(uint32_t number)
{
	return number & ((1u << mini.setup[6]) - 1);
}

bool mini_can_move(void)
{
	return mini.level && (mini.open || mini.given != mini.complete);
}

/* The status page, then what it announces */

static bool mini_send_page(const struct acq_r1_status *page)
{
	const uint8_t *p = (const uint8_t *)page;
	uint64_t at = mini_at(4);

	if (mini_does("update-first"))
		return mini_write(at + 60, p + 60, 4) && mini_write(at, p, 60);
	if (mini_does("field-in-parts"))
		return mini_write(at, p, 4) && mini_write(at + 4, p + 4, 60);
	return mini_write(at, page, sizeof(*page));
}

static bool mini_page(uint32_t state)
{
	uint32_t events = mini.events;
	struct acq_r1_status page = {
		.progress = (uint64_t)mini.complete << 32,
		.frames = mini.index,
		.dropped = mini.dropped,
		.timestamp = mini_stamp(),
		.state = state,
		.irq = mini.irq | (mini_does("page-without-cause") ? 0 : events) | ACQ_R1_IRQ_DATA,
		.reserved[0] = mini_does("page-reserved"),
	};

	mini.issued += 1 + mini_does("update-skips");
	page.update = mini.issued;

	if (mini_does("page-part"))
		page.progress |= mini.filled;
	mini.events = 0;
	if (mini_does("irq-first")) {
		mini.update = page.update;
		mini_irq();
	}
	if (!mini_send_page(&page))
		return false;
	mini.update = page.update;
	mini.irq |= events;
	mini_irq();
	return true;
}

void mini_page_causes(void)
{
	unsigned int run = mini.run;

	/* nothing but registers tells of an error that the bus does not let pass */
	if (!mini_page(mini_state_word()) && mini.run == run && mini.state == ACQ_R1_ERROR) {
		mini.irq |= ACQ_R1_IRQ_ERROR;
		mini_irq();
	}
}

/* Blocks */

static bool mini_open(void)
{
	struct acq_r1_entry e;
	uint64_t at = mini_at(0) + mini_slot(mini.complete) * sizeof(e), limit = UINT64_MAX;

	if (!mini_access(at, &e, sizeof(e), false) ||
	    (mini_does("entry-twice") && !mini_access(at, &e, sizeof(e), false)))
		return false;
	if (mini.o.addr_bits < 64)
		limit = (UINT64_C(1) << mini.o.addr_bits) - 1;
	if (!mini_does("entry-unchecked") &&
	    (e.addr % 64 || !e.bytes || e.bytes % mini.frame ||
	     e.bytes > 1u << mini_block_log2() || e.flags || e.addr > limit ||
	     e.bytes - 1 > limit - e.addr)) {
		mini_fail(ACQ_R1_ERR_TABLE);
		return false;
	}
	mini.addr = e.addr;
	mini.bytes = e.bytes;
	mini.filled = 0;
	mini.first = mini.head;
	mini.lost = mini.head - mini.behind;
	mini.open = true;
	return true;
}

static bool mini_record(uint32_t bytes, uint32_t flags)
{
	struct acq_r1_record r = {
		.index = mini.first + mini_does("index-of-next"),
		.lost = mini.lost + (mini_does("lost-one-more") && mini.lost),
		.bytes = mini_does("bytes-of-entry") ? mini.bytes : bytes,
		.flags = flags | (mini_does("number-stuck") ? 0 : mini.complete << 16),
	};

	if (mini_does("no-done"))
		r.flags &= ~ACQ_R1_RECORD_DONE;
	return mini_write(mini_at(2) + mini_slot(mini.complete) * sizeof(r), &r, sizeof(r));
}

/* Record, page, and with the last block the end of the run */
static bool mini_complete(bool last)
{
	uint32_t flags = ACQ_R1_RECORD_DONE | (last ? ACQ_R1_RECORD_LAST : 0);
	uint32_t state = mini_state_word();

	if (last) {
		state = ACQ_R1_DONE;
		mini.events |= ACQ_R1_IRQ_FINISHED;
	}
	if (mini_does("page-first")) {
		mini.complete++;
		if (!mini_page(state))
			return false;
		mini.complete--;
	}
	if (!(mini_does("record-first") && mini.filled == mini.bytes) &&
	    !mini_record(mini.filled, flags))
		return false;
	mini.behind = mini.first + mini.filled / mini.frame;
	mini.complete++;
	mini.open = false;
	if (!mini_does("page-first") && !mini_page(state))
		return false;
	if (mini_does("rewrites-block") && !mini_write(mini.addr, "again", 4))
		return false;
	if (last)
		mini.state = ACQ_R1_DONE;
	return true;
}

/* From the FIFO to memory; false if something has gone wrong. */
static bool mini_move(void)
{
	uint32_t n = mini.level, room = mini.bytes - mini.filled;
	uint8_t burst[BURST + 8] = { 0 };

	n = n > room ? room : n;
	n = n > BURST ? BURST / mini.frame * mini.frame : n;
	for (uint32_t i = 0; i < n; i++)
		burst[i] = mini.fifo[(mini.out + i) % mini.o.fifo_bytes];
	if (mini_does("record-first") && mini.filled + n == mini.bytes &&
	    !mini_record(mini.bytes, ACQ_R1_RECORD_DONE))
		return false;
	if (!mini_write(mini.addr + mini.filled, burst,
			n + (mini_does("beyond-block") && mini.filled + n == mini.bytes ? 8 : 0)))
		return false;
	mini.out = (mini.out + n) % mini.o.fifo_bytes;
	mini.level -= n;
	mini.head += n / mini.frame;
	mini.filled += n;
	return true;
}

/* Behind the last frame before a gap, and behind the last one of all */
static void mini_ends(void)
{
	bool last = mini.state == ACQ_R1_DRAINING;

	if (mini.open && (last || (mini.losing && !mini_does("gap-in-block")))) {
		if (!mini_complete(last))
			return;
	} else if (last) {
		mini.events |= ACQ_R1_IRQ_FINISHED;
		if (mini_page(ACQ_R1_DONE))
			mini.state = ACQ_R1_DONE;
		return;
	}
	mini_emptied();
}

static bool mini_runs_on(void)
{
	return mini.state == ACQ_R1_RUNNING || mini.state == ACQ_R1_DRAINING;
}

/* A few bytes at the end of a block do not wait for a burst. */
static bool mini_fills(void)
{
	return mini.open && mini.bytes - mini.filled <= mini.level;
}

static bool mini_is_last(void)
{
	return mini.state == ACQ_R1_DRAINING && !mini.level;
}

void mini_engine(void)
{
	unsigned int run = mini.run;
	bool moving = mini_runs_on();
	uint32_t least = mini.state == ACQ_R1_RUNNING && !mini.losing ? BURST : 1;

	if (mini.restless && mini_now() > mini.later && !mini_runs_on()) {
		mini.restless = false;
		mini_write(mini.addr, "later", 4);
		return;
	}
	if (moving && mini_does("entry-early") && mini.given == mini.complete && !mini.open &&
	    mini.level > BURST) {
		uint64_t entry[2];

		if (!mini_access(mini_at(0) + mini_slot(mini.complete) * 16, entry, 16, false))
			return;
	}
	while (moving && mini_can_move() && (mini.level >= least || mini_fills())) {
		if ((!mini.open && !mini_open()) || mini.run != run || !mini_move())
			break;
		if (mini.filled == mini.bytes && !mini_complete(mini_is_last()))
			break;
	}
	if (mini.run == run && moving && mini.state != ACQ_R1_DONE && !mini.level &&
	    (mini.losing || mini.state == ACQ_R1_DRAINING))
		mini_ends();
	if (mini.events && mini.update + mini.complete + mini.given + mini.index)
		mini_page_causes();
	if (mini_does("after-done") && moving && mini.state == ACQ_R1_DONE) {
		mini.restless = true;
		mini.later = mini_now() + 10000000;
	}
}

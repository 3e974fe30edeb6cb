// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lies between the core's master and memory, and what may be late there. Of what PCI
 * says of order this much is kept whatever the faults: posted writes, and messages are
 * such, arrive in their order; a read pushes what was posted before it, that of the card as
 * that of the host, whose answer comes behind. INTx is not part of it.
 */
#include <endian.h>
#include <string.h>

#include "rtl.h"

static uint64_t rtl_bus_dice(struct rtl_bus *b)
{
	b->dice ^= b->dice << 13;
	b->dice ^= b->dice >> 7;
	b->dice ^= b->dice << 17;
	return b->dice;
}

uint64_t rtl_bus_random(struct rtl_bus *b, uint64_t most)
{
	uint64_t dice;

	if (!most)
		return 0;
	dice = rtl_bus_dice(b);
	/* often not at all, often a little */
	switch (dice >> 60 & 3) {
	case 0:
		return 0;
	case 1:
		return dice % (most / 16 + 1);
	}
	return dice % (most + 1);
}

static bool rtl_bus_active(const struct rtl *c)
{
	return c->pins.state == ACQ_R1_RUNNING || c->pins.state == ACQ_R1_DRAINING;
}

/* What it is of a side's memory, by what the host has written. */
static enum rtl_tlp rtl_bus_part(const struct rtl_memory *m, uint64_t addr)
{
	uint64_t records = (uint64_t)sizeof(struct acq_r1_record) << (m->log2 & 31);

	if (addr / sizeof(struct acq_r1_status) == m->at[2] / sizeof(struct acq_r1_status))
		return RTL_PAGE;
	return addr - m->at[1] < records ? RTL_RECORD : RTL_DATA;
}

/* The output writes no data. */
static bool rtl_bus_writes_for_out(const struct rtl *c, uint64_t addr)
{
	return c->config.core->has_out && rtl_bus_part(&c->memory[1], addr) != RTL_DATA;
}

static enum rtl_tlp rtl_bus_kind(const struct rtl *c, uint64_t addr)
{
	return rtl_bus_part(&c->memory[rtl_bus_writes_for_out(c, addr)], addr);
}

/* The input reads nothing but its table. */
static bool rtl_bus_reads_for_out(const struct rtl *c, uint64_t addr)
{
	const struct rtl_memory *in = &c->memory[0];
	uint64_t table = (uint64_t)sizeof(struct acq_r1_entry) << (in->log2 & 31);

	return c->config.core->has_out && addr - in->at[0] >= table;
}

/* By the control socket: the bus takes nothing of a run of the input. */
static bool rtl_bus_stalls(const struct rtl *c)
{
	return c->bus.stalled && rtl_bus_active(c) && !c->pins.resetting;
}

static bool rtl_bus_write_stalls(const struct rtl *c)
{
	return c->pins.w_valid && rtl_bus_stalls(c) && !rtl_bus_writes_for_out(c, c->pins.w_addr);
}

/* What the output writes has nothing to do with what it may read. */
static bool rtl_bus_read_stalls(const struct rtl *c)
{
	bool for_out = c->pins.r_valid && rtl_bus_reads_for_out(c, c->pins.r_addr);

	return for_out ? rtl_dac_is_dry(c) : c->pins.r_valid && rtl_bus_stalls(c);
}

static void rtl_bus_post(struct rtl *c, const struct rtl_posted *p)
{
	struct rtl_bus *b = &c->bus;
	struct rtl_posted *to = &b->posted[(b->first + b->count) % RTL_TLPS];
	uint64_t late = rtl_bus_random(b, b->faults.hold);

	*to = *p;
	to->sent = false;
	b->count++;
	if (p->kind == b->faults.wrong) {
		to->when = c->now + b->faults.wrong_ns;
		return;
	}
	to->when = c->now + late;
	/* never before one that is ahead of it */
	if (to->when < b->last_when)
		to->when = b->last_when;
	b->last_when = to->when;
	b->held += to->when > c->now;
	if (b->faults.busy && !(rtl_bus_dice(b) & 7))
		b->busy_until = c->now + rtl_bus_random(b, b->faults.busy);
}

/* What was posted gets into memory. False: not now, as that takes messages. */
static bool rtl_bus_store(struct rtl *c, const struct rtl_posted *p)
{
	size_t bytes = p->beats * sizeof(*p->data);
	uint64_t words[RTL_BEATS], *to;

	if (p->kind == RTL_MESSAGE) {
		c->bus.messages++;
		c->host->irq(c->host->machine, 0, 0, true);
		c->host->irq(c->host->machine, 0, 0, false);
		return true;
	}
	to = c->host->dma_map(c->host->machine, p->addr, bytes);
	c->bus.by_message |= !to;
	if (!to && c->inside)
		return false;
	c->bus.writes++;
	c->bus.bytes += bytes;
	if (to) {
		for (unsigned int i = 0; i < p->beats; i++)
			__atomic_store_n(to + i, htole64(p->data[i]), __ATOMIC_RELEASE);
		return true;
	}
	for (unsigned int i = 0; i < p->beats; i++)
		words[i] = htole64(p->data[i]);
	/* nobody hears whether a posted write has got anywhere */
	c->host->dma_write(c->host->machine, p->addr, words, bytes);
	return true;
}

void rtl_bus_deliver(struct rtl *c, bool all)
{
	struct rtl_bus *b = &c->bus;

	/* An access of the host came while one is sent by message: what is under way is first. */
	if (b->delivering)
		return;
	b->delivering = true;
	for (unsigned int i = 0; i < b->count; i++) {
		struct rtl_posted *p = &b->posted[(b->first + i) % RTL_TLPS];
		bool late = p->when > c->now;

		if (p->sent)
			continue;
		if (late && p->kind == b->faults.wrong) {
			b->overtaken++;
			continue;
		}
		if (late && !all)
			break;
		if (!rtl_bus_store(c, p))
			break;
		p->sent = true;
		b->pushed += late;
	}
	while (b->count && b->posted[b->first].sent) {
		b->first = (b->first + 1) % RTL_TLPS;
		b->count--;
	}
	b->delivering = false;
}

void rtl_bus_read(struct rtl *c)
{
	struct rtl_bus *b = &c->bus;
	const uint64_t *from;
	size_t bytes = b->read_beats * sizeof(*b->words);
	uint64_t addr = b->read_addr, words[RTL_READ];
	int error = 0;

	if (!b->reading || b->read_done || b->read_when > c->now)
		return;
	rtl_bus_deliver(c, true);
	from = c->host->dma_map(c->host->machine, addr, bytes);
	if (!from && c->inside)
		return;
	if (from) {
		for (unsigned int i = 0; i < b->read_beats; i++)
			words[i] = __atomic_load_n(from + i, __ATOMIC_ACQUIRE);
	} else {
		error = c->host->dma_read(c->host->machine, addr, words, bytes);
	}
	/* the function was reset meanwhile */
	if (!b->reading)
		return;
	b->reads++;
	b->read_failed = error || fault_take(c->faults, FAULT_DMA_ERROR);
	if (c->dac.fails && rtl_bus_reads_for_out(c, addr)) {
		c->dac.fails = false;
		b->read_failed = true;
	}
	for (unsigned int i = 0; i < b->read_beats; i++)
		b->words[i] = error ? 0 : le64toh(words[i]);
	b->read_done = true;
}

bool rtl_bus_before(struct rtl *c)
{
	struct rtl_bus *b = &c->bus;
	struct core_pins *p = &c->pins;
	bool closed = b->busy_until > c->now || b->count >= RTL_TLPS - 1;
	bool idle = !b->taking.beats && (!(b->faults.slow_idle || b->by_message) || !b->count);
	bool changes = idle != p->w_idle;

	/* a packet that has begun goes on */
	p->w_ready = (!closed && !rtl_bus_write_stalls(c)) || b->taking.beats;
	p->w_idle = idle;
	p->w_error = b->error;
	b->error = false;
	p->r_ready = !closed && !rtl_bus_read_stalls(c) && !b->reading;
	p->d_valid = b->reading && b->read_done && b->beat_when <= c->now;
	p->d_error = b->read_failed;
	p->d_data = b->words[b->read_beat];
	p->msi_ready = b->count < RTL_TLPS - 1;
	return changes || p->w_error || p->d_valid || (p->w_valid && p->w_ready) ||
	       (p->r_valid && p->r_ready) || (p->msi_valid && p->msi_ready);
}

static void rtl_bus_take(struct rtl *c, const struct core_pins *was)
{
	struct rtl_bus *b = &c->bus;
	struct rtl_posted *t = &b->taking;

	if (was->w_first) {
		t->addr = was->w_addr;
		t->beats = 0;
	}
	if (t->beats < RTL_BEATS)
		t->data[t->beats++] = was->w_data;
	if (!was->w_last)
		return;
	if (fault_take(c->faults, FAULT_DMA_ERROR)) {
		b->error = true;
	} else {
		t->kind = rtl_bus_kind(c, t->addr);
		rtl_bus_post(c, t);
	}
	t->beats = 0;
}

bool rtl_bus_after(struct rtl *c, const struct core_pins *was)
{
	static const struct rtl_posted message = { .kind = RTL_MESSAGE };
	struct rtl_bus *b = &c->bus;
	const struct core_pins *p = &c->pins;
	bool works = false;

	if (p->rst) {
		b->taking.beats = 0;
		b->reading = false;
		return true;
	}
	if (was->w_valid && p->w_ready) {
		rtl_bus_take(c, was);
		works = true;
	}
	if (was->msi_valid && p->msi_ready) {
		rtl_bus_post(c, &message);
		works = true;
	}
	if (p->d_valid) {
		works = true;
		if (p->d_error || ++b->read_beat == b->read_beats)
			b->reading = false;
		else if (b->faults.split)
			b->beat_when = c->now + rtl_bus_random(b, b->faults.read);
	}
	if (was->r_valid && p->r_ready) {
		works = true;
		b->reading = true;
		b->read_done = false;
		b->read_failed = false;
		b->read_beat = 0;
		b->read_addr = was->r_addr;
		b->read_beats = was->r_len;
		b->beat_when = c->now + rtl_bus_random(b, b->faults.read);
		b->read_when = c->now + rtl_bus_random(b, b->beat_when - c->now);
	}
	return works;
}

uint64_t rtl_bus_when(const struct rtl *c)
{
	const struct rtl_bus *b = &c->bus;
	uint64_t when = MODEL_NEVER, at;

	for (unsigned int i = 0; i < b->count; i++) {
		const struct rtl_posted *p = &b->posted[(b->first + i) % RTL_TLPS];

		if (!p->sent && p->when < when)
			when = p->when;
	}
	if (b->reading) {
		at = b->read_done ? b->beat_when : b->read_when;
		when = at < when ? at : when;
	}
	if (b->host_count && b->host[0].when < when)
		when = b->host[0].when;
	if (b->busy_until > c->now && b->busy_until < when && (c->pins.w_valid || c->pins.r_valid))
		when = b->busy_until;
	return when;
}

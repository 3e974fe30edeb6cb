// SPDX-License-Identifier: GPL-2.0-only
/*
 * A core as verilator has made it: see core.h. Built once for each set of parameters,
 * which it is told as they were told to verilator.
 */
#include <new>

#include "core.h"
#include "verilated.h"
#include MODEL_H
#include ROOT_H

#ifndef CHANNELS
#define CHANNELS 1
#endif
#ifndef FORMAT
#define FORMAT 2
#endif
#ifndef LANE_BYTES
#define LANE_BYTES (1 << FORMAT / 2)
#endif
#ifndef HAS_DMA
#define HAS_DMA 1
#endif
#ifndef HAS_OUT
#define HAS_OUT 0
#endif

/* what watch.vlt lets be seen; verilator has put these into one module */
#if HAS_OUT
#define INSIDE(name) (model.rootp->acq_r1_duplex__DOT__in__DOT__##name)
#define OUTSIDE(name) (model.rootp->acq_r1_duplex__DOT__out__DOT__side__DOT__##name)
/* the card's converter takes a frame at a clock */
static_assert(OUT_LANE_BYTES == CHANNELS << FORMAT / 2, "more than one lane");
#else
#define INSIDE(name) (model.rootp->acq_r1__DOT__##name)
#endif
#define ENGINE(name) INSIDE(by_dma__DOT__engine__DOT__##name)

/* each set of parameters has one of its own */
namespace {

/* A thread of verilator's would take the signals that the card waits for. */
VerilatedContext *core_alone(VerilatedContext *context)
{
	context->threads(1);
	return context;
}

struct simulation {
	VerilatedContext context;
	MODEL model{core_alone(&context)};
};

simulation *core_of(struct core *c)
{
	return reinterpret_cast<simulation *>(c);
}

void core_set(MODEL &model, const core_pins *p)
{
	model.rst = p->rst;
	model.reg_write = p->reg_write;
	model.reg_read = p->reg_read;
	model.reg_addr = p->reg_addr;
	model.reg_wdata = p->reg_wdata;
	model.s_axis_tvalid = p->s_valid;
	model.s_axis_tlast = p->s_last;
	model.s_axis_tdata = p->s_data;
	model.bus_master = p->bus_master;
	model.msi_enable = p->msi_enable;
	model.msi_ready = p->msi_ready;
	model.w_ready = p->w_ready;
	model.w_idle = p->w_idle;
	model.w_error = p->w_error;
	model.r_ready = p->r_ready;
	model.d_valid = p->d_valid;
	model.d_error = p->d_error;
	model.d_data = p->d_data;
#if HAS_OUT
	model.m_axis_tready = p->m_ready;
#endif
}

void core_show(const MODEL &model, core_pins *p)
{
	p->reg_busy = model.reg_busy;
	p->reg_done = model.reg_done;
	p->reg_rdata = model.reg_rdata;
	p->s_ready = model.s_axis_tready;
	p->intx = model.intx;
	p->msi_valid = model.msi_valid;
	p->w_valid = model.w_valid;
	p->w_first = model.w_first;
	p->w_last = model.w_last;
	p->w_addr = model.w_addr;
	p->w_len = model.w_len;
	p->w_data = model.w_data;
	p->r_valid = model.r_valid;
	p->r_addr = model.r_addr;
#if HAS_OUT
	p->r_len = model.r_len;
	p->out.valid = model.m_axis_tvalid;
	p->out.filler = model.m_axis_tuser;
	p->out.data = model.m_axis_tdata;
#else
	p->r_len = 2;
#endif
}

void core_look(const MODEL &model, core_pins *p)
{
	p->state = INSIDE(state);
	p->losing = INSIDE(losing);
	p->fits = INSIDE(fits);
	p->level = INSIDE(level);
	p->frames = INSIDE(frames);
	p->dropped = INSIDE(dropped);
	p->timer_hold = INSIDE(timer__DOT__hold);
	p->us = INSIDE(timer__DOT__us);
	p->irq_us = INSIDE(timer__DOT__irq_us);
#if HAS_DMA
	p->resetting = INSIDE(resetting);
	p->complete = INSIDE(complete);
	p->update = INSIDE(update_next);
	p->engine = ENGINE(at);
#endif
#if HAS_OUT
	struct core_out *out = &p->out;

	out->state = OUTSIDE(state);
	out->resetting = OUTSIDE(resetting);
	out->halting = OUTSIDE(halting);
	out->losing = OUTSIDE(losing);
	out->engine = OUTSIDE(engine__DOT__at);
	out->played = OUTSIDE(played);
	out->fetched = OUTSIDE(fetched);
	out->given = OUTSIDE(given);
	out->update = OUTSIDE(update_next);
	out->words = (OUTSIDE(player__DOT__wp) - OUTSIDE(player__DOT__rp)) & ((2u << (OUT_FIFO_LOG2 - 3)) - 1);
	out->timer_hold = OUTSIDE(timer__DOT__hold);
	out->us = OUTSIDE(timer__DOT__us);
	out->irq_us = OUTSIDE(timer__DOT__irq_us);
#endif
}

struct core *core_make()
{
	return reinterpret_cast<struct core *>(new (std::nothrow) simulation);
}

void core_free(struct core *c)
{
	if (c)
		core_of(c)->model.final();
	delete core_of(c);
}

void core_clock(struct core *c, struct core_pins *p)
{
	MODEL &model = core_of(c)->model;

	core_set(model, p);
	model.clk = 0;
	model.eval();
	model.clk = 1;
	model.eval();
	core_show(model, p);
	core_look(model, p);
}

void core_settle(struct core *c, struct core_pins *p)
{
	MODEL &model = core_of(c)->model;

	core_set(model, p);
	model.clk = 0;
	model.eval();
	core_show(model, p);
}

/* What a timer shows when so many ticks more have been */
uint32_t core_counted(bool hold, uint32_t us, uint32_t most, uint32_t ticks)
{
	if (hold || us >= most)
		return us;
	return ticks < most - us ? us + ticks : most;
}

/*
 * The clocks that are left out would have done nothing else: the prescalers are put at their
 * last clock, and the timers have counted all ticks but the one that comes of it.
 */
void core_pass(struct core *c, uint32_t us)
{
	MODEL &model = core_of(c)->model;

	INSIDE(timer__DOT__us) = core_counted(INSIDE(timer__DOT__hold), INSIDE(timer__DOT__us),
					      INSIDE(timer__DOT__irq_us), us - 1);
	INSIDE(timer__DOT__part) = CLOCKS_PER_US - 1;
#if HAS_OUT
	OUTSIDE(timer__DOT__us) = core_counted(OUTSIDE(timer__DOT__hold), OUTSIDE(timer__DOT__us),
					       OUTSIDE(timer__DOT__irq_us), us - 1);
	OUTSIDE(timer__DOT__part) = CLOCKS_PER_US - 1;
#endif
}

}

extern "C" const struct core_kind CORE = {
	.name = NAME,
	.has_dma = HAS_DMA != 0,
	.has_out = HAS_OUT != 0,
	.channels = CHANNELS,
	.format = FORMAT,
	.lane_bytes = LANE_BYTES,
	.clock_hz = CLOCK_HZ,
	.clocks_per_us = CLOCKS_PER_US,
	.make = core_make,
	.free = core_free,
	.clock = core_clock,
	.settle = core_settle,
	.pass = core_pass,
};

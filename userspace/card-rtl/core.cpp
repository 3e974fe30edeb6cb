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

/* what watch.vlt lets be seen; verilator has put these into one module */
#define INSIDE(name) (model.rootp->acq_r1__DOT__##name)
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

/*
 * The clocks that are left out would have done nothing else: the prescaler is put at its
 * last clock, and the timer has counted all ticks but the one that comes of it.
 */
void core_pass(struct core *c, uint32_t us)
{
	MODEL &model = core_of(c)->model;
	uint32_t most = INSIDE(timer__DOT__irq_us), counted = INSIDE(timer__DOT__us);

	if (!INSIDE(timer__DOT__hold) && counted < most)
		INSIDE(timer__DOT__us) = us - 1 < most - counted ? counted + us - 1 : most;
	INSIDE(timer__DOT__part) = CLOCKS_PER_US - 1;
}

}

extern "C" const struct core_kind CORE = {
	.name = NAME,
	.has_dma = HAS_DMA != 0,
	.channels = CHANNELS,
	.format = FORMAT,
	.lane_bytes = LANE_BYTES,
	.clock_hz = CLOCK_HZ,
	.clocks_per_us = CLOCKS_PER_US,
	.make = core_make,
	.free = core_free,
	.clock = core_clock,
	.pass = core_pass,
};

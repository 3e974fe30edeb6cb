// SPDX-License-Identifier: GPL-2.0-only
/*
 * The LitePCIe model's synchronizer, one for both directions of a channel, and the clock
 * that it gets its pulses from. Until it is synced the Reader is blocked, and what comes to
 * the Writer is thrown away.
 */
#include "litepcie_model.h"

#define NS_PER_S	UINT64_C(1000000000)

typedef unsigned __int128 wide;

enum { SYNC_NONE, SYNC_BOTH, SYNC_PPS };

void lite_sync_refresh(struct lite_channel *ch)
{
	if (!ch->card->config.map.sync)
		ch->synced = true;
	/* Gateware until 2024 let nothing pass with mode 0. */
	else if (ch->bypass & 1 && (!ch->card->config.early || ch->mode & 3))
		ch->synced = true;
	else if ((ch->mode & 3) == SYNC_NONE)
		ch->synced = false;
	ch->pps = lite_feed_time(ch->card) / NS_PER_S;
	lite_feed_pass(&ch->feed, ch->writer.enabled && ch->synced && !ch->loopback);
}

bool lite_sync_is_waiting(const struct lite_channel *ch)
{
	return ch->card->config.map.sync && !ch->synced &&
	       ((ch->mode & 3) == SYNC_BOTH || (ch->mode & 3) == SYNC_PPS);
}

/* The real time of the pulse that is next */
static uint64_t lite_sync_pulse(const struct lite *x)
{
	uint64_t now = lite_feed_time(x), left = NS_PER_S - now % NS_PER_S;

	return lite_now(x) + (uint64_t)((wide)left * PACE_REAL / x->config.speed) + 1;
}

/* A pulse has come since the last look: the clock has passed a second. */
void lite_sync_step(struct lite_channel *ch)
{
	struct lite *x = ch->card;
	uint64_t second;

	if (!lite_sync_is_waiting(ch) || !(x->time_control & LITE_TIME_ENABLE))
		return;
	second = lite_feed_time(x) / NS_PER_S;
	if (second == ch->pps)
		return;
	ch->pps = second;
	if ((ch->mode & 3) == SYNC_BOTH && ch->sink.in == ch->sink.out)
		return;
	ch->synced = true;
	lite_sync_refresh(ch);
	/* The pulse was then, however late this is looked at. */
	if (ch->feed.passing)
		ch->feed.begin_ns = second * NS_PER_S;
}

uint64_t lite_sync_when(const struct lite_channel *ch)
{
	if (!lite_sync_is_waiting(ch) || !(ch->card->time_control & LITE_TIME_ENABLE))
		return MODEL_NEVER;
	return lite_sync_pulse(ch->card);
}

/* The clock */

/* Another time from now on */
static void lite_sync_set_time(struct lite *x, uint64_t ns)
{
	struct lite_feed *f = &x->channel[0].feed;

	x->time_ns = ns;
	x->time_real = lite_now(x);
	if (f->passing)
		f->begin_ns += ns - lite_feed_time(x);
	for (unsigned int i = 0; i < x->config.channels; i++)
		x->channel[i].pps = lite_feed_time(x) / NS_PER_S;
}

void lite_sync_time_speed(struct lite *x)
{
	uint64_t ns = lite_feed_time(x);

	x->time_ns = ns;
	x->time_real = lite_now(x);
}

uint32_t lite_sync_time_read(struct lite *x, uint32_t reg)
{
	switch (reg) {
	case LITE_TIME_CONTROL:
		return x->time_control;
	case LITE_TIME_READ:
		return (uint32_t)(x->time_read >> 32);
	case LITE_TIME_READ + 4:
		return (uint32_t)x->time_read;
	case LITE_TIME_WRITE:
		return (uint32_t)(x->time_write >> 32);
	case LITE_TIME_WRITE + 4:
		return (uint32_t)x->time_write;
	case LITE_TIME_INCREMENT:
		return x->time_increment;
	}
	return 0;
}

void lite_sync_time_write(struct lite *x, uint32_t reg, uint32_t value)
{
	switch (reg) {
	case LITE_TIME_CONTROL:
		x->time_control = value & ~(LITE_TIME_LATCH | LITE_TIME_SET);
		if (value & LITE_TIME_LATCH)
			x->time_read = lite_feed_time(x);
		if (value & LITE_TIME_SET)
			lite_sync_set_time(x, x->time_write);
		break;
	case LITE_TIME_WRITE:
		x->time_write = (uint64_t)value << 32 | (uint32_t)x->time_write;
		break;
	case LITE_TIME_WRITE + 4:
		x->time_write = (x->time_write & ~(uint64_t)UINT32_MAX) | value;
		break;
	case LITE_TIME_INCREMENT:
		x->time_increment = value;
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The codec of an AC'97 controller: the mixer, and at which rates it converts.
 *
 * Its registers are at the other end of a serial link; one read takes some 40 us. What is
 * written is kept at probe() and put back at remove(), or the codec put into its reset
 * again, if it was found there.
 */
#include <linux/iopoll.h>
#include <linux/math64.h>
#include <linux/pci.h>
#include <linux/units.h>

#include "internal.h"

/* How long an access before this one may take */
#define CODEC_ACCESS_US		1000
/* How long codec and converters may take to get ready */
#define CODEC_READY_US		1000000

#define CODEC_RATE_MAX		48000U

/* Rates to ask for. Of those in the second row no codec has one that it does not compute. */
static const u16 codec_rates[] = { 8000, 11025, 16000, 22050, 32000, 44100, 48000 };
static const u16 codec_odd_rates[] = { 12347, 37123 };

/* In the order in which they are put back: rates may be written as long as they may vary. */
static const u8 codec_regs[AC97_CODEC_FOUND] = {
	AC97_MASTER, AC97_PCM_OUT, AC97_RECORD_SELECT, AC97_RECORD_GAIN, AC97_DAC_RATE,
	AC97_ADC_RATE, AC97_EXTENDED, AC97_POWER,
};

/*
 * Wait for the end of an access before this one. Who reads zero has the semaphore until the
 * end of his. Where it stays taken, one who had it has gone without: there is no other.
 */
static void codec_wait(struct ac97 *card)
{
	u8 value;

	lockdep_assert_held(&card->codec.lock);
	read_poll_timeout(ioread8, value, !(value & AC97_SEMAPHORE_TAKEN), 10, CODEC_ACCESS_US,
			  false, card->master + AC97_SEMAPHORE);
}

static void codec_write(struct ac97 *card, u32 reg, u16 value)
{
	codec_wait(card);
	iowrite16(value, card->mixer + reg);
}

/* A register, or a negative errno: the codec does not answer */
static int codec_read(struct ac97 *card, u32 reg)
{
	u16 value;
	u32 status;

	codec_wait(card);
	value = ioread16(card->mixer + reg);
	status = ioread32(card->master + AC97_GLOBAL_STATUS);
	if (status == AC97_ALL_ONES)
		return -ENODEV;
	if (!(status & AC97_GLOBAL_SILENT))
		return value;
	iowrite32(AC97_GLOBAL_SILENT, card->master + AC97_GLOBAL_STATUS);
	return -EIO;
}

/* Take the codec out of its reset, if it is there, and wait for it. */
static int codec_wake(struct ac97 *card)
{
	u32 global = ioread32(card->master + AC97_GLOBAL), status;
	int ret;

	if (global == AC97_ALL_ONES)
		return -ENODEV;
	if (!(global & AC97_GLOBAL_COLD))
		iowrite32((global & ~AC97_GLOBAL_WARM) | AC97_GLOBAL_COLD,
			  card->master + AC97_GLOBAL);
	ret = read_poll_timeout(ioread32, status, status & AC97_GLOBAL_READY, 1000,
				CODEC_READY_US, false, card->master + AC97_GLOBAL_STATUS);
	return status == AC97_ALL_ONES ? -ENODEV : ret;
}

/* Does it take that rate? */
static bool codec_takes(struct ac97_engine *e, u16 rate)
{
	codec_write(e->card, e->rate_reg, rate);
	return codec_read(e->card, e->rate_reg) == rate;
}

/* At which rates does it convert? A codec says by what is read back. */
static void codec_negotiate(struct ac97_engine *e)
{
	unsigned int i;

	e->rates = BIT(ARRAY_SIZE(codec_rates) - 1);
	if (!e->card->codec.vra)
		return;
	for (i = 0; i < ARRAY_SIZE(codec_rates) - 1; i++) {
		if (codec_takes(e, codec_rates[i]))
			e->rates |= BIT(i);
	}
	e->any_rate = true;
	for (i = 0; i < ARRAY_SIZE(codec_odd_rates); i++)
		e->any_rate &= codec_takes(e, codec_odd_rates[i]);
}

static int codec_set_variable(struct ac97 *card)
{
	int value;

	if (!card->codec.vra)
		return 0;
	value = codec_read(card, AC97_EXTENDED);
	if (value < 0)
		return value;
	codec_write(card, AC97_EXTENDED, value | AC97_VRA);
	return 0;
}

/* What is in the registers that are going to be written */
static int codec_keep(struct ac97 *card)
{
	struct ac97_codec *codec = &card->codec;
	unsigned int i;
	int value;

	for (i = 0; i < AC97_CODEC_FOUND; i++) {
		value = codec_read(card, codec_regs[i]);
		if (value < 0)
			return value;
		codec->found[i] = value;
	}
	return 0;
}

/**
 * ac97_codec_open() - find the codec, and out at which rates it converts
 * @card: which answers; its engines stand
 * @gain: steps of 1.5 dB
 * @source: what is recorded: a number of RECORD_SELECT
 *
 * Undone by ac97_codec_put_back(), also where it fails.
 *
 * Return: 0 or a negative errno, after saying why.
 */
int ac97_codec_open(struct ac97 *card, int gain, unsigned int source)
{
	struct device *dev = &card->pci.pdev->dev;
	struct ac97_codec *codec = &card->codec;
	int value, ret;

	codec->gain = gain << 8 | gain;
	codec->source = source << 8 | source;
	codec->global = ioread32(card->master + AC97_GLOBAL) & ~AC97_GLOBAL_WARM;
	codec->cold = !(ioread32(card->master + AC97_GLOBAL_STATUS) & AC97_GLOBAL_READY);
	guard(mutex)(&codec->lock);
	ret = codec_wake(card);
	if (ret)
		return dev_err_probe(dev, ret, "no codec gets ready\n");
	value = codec_read(card, AC97_EXTENDED_ID);
	ret = value < 0 ? value : codec_keep(card);
	if (ret) {
		codec->cold = true;
		return dev_err_probe(dev, ret, "the codec does not answer\n");
	}
	codec->vra = value & AC97_VRA;
	ret = codec_set_variable(card);
	if (ret)
		return dev_err_probe(dev, ret, "the codec does not answer\n");
	codec_negotiate(&card->engine[AC97_ENGINE_IN]);
	codec_negotiate(&card->engine[AC97_ENGINE_OUT]);
	return 0;
}

/** ac97_codec_put_back() - the codec as it was found, if it is there; no stream uses it */
void ac97_codec_put_back(struct ac97 *card)
{
	struct ac97_codec *codec = &card->codec;
	unsigned int i;

	guard(mutex)(&codec->lock);
	for (i = 0; i < AC97_CODEC_FOUND && !codec->cold; i++)
		codec_write(card, codec_regs[i], codec->found[i]);
	if (ioread32(card->master + AC97_GLOBAL) != AC97_ALL_ONES)
		iowrite32(codec->global, card->master + AC97_GLOBAL);
}

/* Power, volumes and source, which both streams share */
static int codec_set_mixer(struct ac97 *card)
{
	const struct ac97_codec *codec = &card->codec;
	const struct {
		u8 reg;
		u16 value;
	} set[] = {
		{ AC97_POWER, 0 },
		{ AC97_MASTER, 0 },
		{ AC97_PCM_OUT, codec->unity },
		{ AC97_RECORD_SELECT, codec->source },
		{ AC97_RECORD_GAIN, codec->gain },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(set); i++)
		codec_write(card, set[i].reg, set[i].value);
	return codec_set_variable(card);
}

/**
 * ac97_codec_start() - have the codec ready for a stream, whatever state it was in
 * @e: the stream's engine, with its rate
 *
 * Return: 0 or a negative errno, after saying why.
 */
int ac97_codec_start(struct ac97_engine *e)
{
	struct ac97 *card = e->card;
	struct device *dev = &card->pci.pdev->dev;
	int ret, value;

	guard(mutex)(&card->codec.lock);
	ret = codec_wake(card);
	if (!ret)
		ret = codec_set_mixer(card);
	if (!ret)
		ret = read_poll_timeout(codec_read, value, value < 0 || value & e->ready, 1000,
					CODEC_READY_US, false, card, AC97_POWER);
	if (ret || value < 0) {
		dev_err_ratelimited(dev, "the codec does not get ready\n");
		return ret ?: value;
	}
	if (card->codec.vra && !codec_takes(e, e->rate)) {
		dev_err_ratelimited(dev, "the codec does not take %u Hz any more\n", e->rate);
		return -EIO;
	}
	return 0;
}

/**
 * ac97_codec_check() - is the codec there, and does it have the rate that it was told?
 * @e: an engine that runs
 *
 * Return: 0, or -ESTALE: it has been reset; or another negative errno.
 */
int ac97_codec_check(struct ac97_engine *e)
{
	struct ac97 *card = e->card;
	int value;

	guard(mutex)(&card->codec.lock);
	if (!(ioread32(card->master + AC97_GLOBAL_STATUS) & AC97_GLOBAL_READY))
		return -ESTALE;
	value = codec_read(card, card->codec.vra ? e->rate_reg : AC97_POWER);
	if (value < 0)
		return value;
	if (card->codec.vra)
		return value == e->rate ? 0 : -ESTALE;
	return value & e->ready ? 0 : -ESTALE;
}

static u32 codec_rate_min(const struct ac97_engine *e)
{
	return codec_rates[__ffs(e->rates)];
}

/** ac97_codec_describe() - between which rates it converts */
void ac97_codec_describe(const struct ac97_engine *e, struct acq_info *info)
{
	info->rate_min_millihz = codec_rate_min(e) * (u64)MILLI;
	info->rate_max_millihz = CODEC_RATE_MAX * (u64)MILLI;
}

/**
 * ac97_codec_round() - the nearest rate that the codec takes
 * @e: the stream's engine
 * @rate_millihz: any; zero is none that a codec may be told, QEMU's has no voice then
 *
 * Return: Hz.
 */
u32 ac97_codec_round(const struct ac97_engine *e, u64 rate_millihz)
{
	u32 wanted = div_u64(min(rate_millihz, CODEC_RATE_MAX * (u64)MILLI) + MILLI / 2, MILLI);
	u32 best = CODEC_RATE_MAX;
	unsigned int i;

	wanted = max(wanted, codec_rate_min(e));
	if (e->any_rate)
		return wanted;
	for (i = 0; i < ARRAY_SIZE(codec_rates); i++) {
		int away = codec_rates[i] - wanted;

		if (e->rates & BIT(i) && abs(away) < abs((int)(best - wanted)))
			best = codec_rates[i];
	}
	return best;
}

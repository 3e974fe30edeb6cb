// SPDX-License-Identifier: GPL-2.0-only
/* Card family AC97: its cards, and how they are found. See docs/ac97.md. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "../pci.h"
#include "ac97.h"
#include "internal.h"

/* An entry's length is 16 bits of samples: the largest power of two below that */
#define BLOCK_MAX		SZ_64K

/* The card gets half a ring at most. */
#define SLOTS_MAX		(2 * AC97_LIST_BLOCKS)

#define GAIN_MAX		15
#define SOURCE_MAX		7

/* 0 dB of a codec's DAC, and what QEMU plays unchanged, which knows no gain */
#define UNITY			0x0808
#define UNITY_QEMU		0
#define GAIN_QEMU		GAIN_MAX

static char *ac97_ids;
module_param(ac97_ids, charp, 0444);
MODULE_PARM_DESC(ac97_ids, "sound cards to take: VENDOR:DEVICE,... in hexadecimal, 8086:2415 is ICH's and QEMU's (none)");

static unsigned int ac97_source = 4;
module_param(ac97_source, uint, 0444);
MODULE_PARM_DESC(ac97_source, "what they record: 0 microphone, 1 CD, 3 aux, 4 line in, 5 what is heard (4)");

static int ac97_gain = -1;
module_param(ac97_gain, int, 0444);
MODULE_PARM_DESC(ac97_gain, "how loud: 0 to 15, steps of 1.5 dB; -1: as it comes (-1)");

static bool ac97_pci_is_emulated(const struct pci_dev *pdev)
{
	return pdev->subsystem_vendor == PCI_SUBVENDOR_ID_REDHAT_QUMRANET &&
	       pdev->subsystem_device == PCI_SUBDEVICE_ID_QEMU;
}

static void ac97_pci_init(struct ac97 *card)
{
	struct ac97_engine *in = &card->engine[AC97_ENGINE_IN];
	struct ac97_engine *out = &card->engine[AC97_ENGINE_OUT];

	spin_lock_init(&card->irq_lock);
	mutex_init(&card->codec.lock);
	in->card = card;
	in->irq = AC97_GLOBAL_IRQ_IN;
	in->rate_reg = AC97_ADC_RATE;
	in->ready = AC97_POWER_ADC;
	out->card = card;
	out->output = true;
	out->irq = AC97_GLOBAL_IRQ_OUT;
	out->rate_reg = AC97_DAC_RATE;
	out->ready = AC97_POWER_DAC;
}

/* What is in the registers of its engines; one that runs is an earlier kernel's. */
static int ac97_pci_quiet(struct ac97 *card)
{
	static const u8 engines[] = { AC97_INPUT, AC97_OUTPUT, AC97_MICROPHONE };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(engines); i++) {
		void __iomem *regs = card->master + engines[i];
		struct ac97_engine *e = i < AC97_ENGINES ? &card->engine[i] : NULL;
		u8 control = ioread8(regs + AC97_CONTROL);

		if (control & AC97_RUN && ac97_engine_reset(regs))
			return dev_err_probe(&card->pci.pdev->dev, -EBUSY,
					     "an engine runs, and cannot be reset\n");
		if (!e)
			continue;
		e->regs = regs;
		e->found_list = ioread32(regs + AC97_LIST);
		e->found_last = ioread8(regs + AC97_LAST);
		e->found_control = ioread8(regs + AC97_CONTROL) & AC97_IRQS;
	}
	return 0;
}

/* The card as it was found, if it is there; no stream uses it. */
static void ac97_pci_put_back(struct ac97 *card)
{
	unsigned int i;

	if (ioread32(card->master + AC97_GLOBAL_STATUS) == AC97_ALL_ONES)
		return;
	for (i = 0; i < AC97_ENGINES; i++) {
		struct ac97_engine *e = &card->engine[i];

		iowrite32(e->found_list, e->regs + AC97_LIST);
		iowrite8(e->found_last, e->regs + AC97_LAST);
		iowrite8(e->found_control, e->regs + AC97_CONTROL);
	}
	ac97_codec_put_back(card);
}

static struct acq_stream *ac97_pci_make_stream(struct ac97_engine *e)
{
	struct pci_dev *pdev = e->card->pci.pdev;
	struct acq_info info = {
		.family = "ac97",
		.caps = ACQ_CAP_DMA | ACQ_CAP_FIXED_CHANNELS | (e->output ? ACQ_CAP_OUTPUT : 0),
		.revision = pdev->revision,
		.channels = 2,
		.formats = BIT(ACQ_FORMAT_S16),
		.block_min = PAGE_SIZE,
		.block_max = BLOCK_MAX,
		.blocks_max = SLOTS_MAX,
		.ring_max = SLOTS_MAX * BLOCK_MAX,
	};
	struct acq_config config = {
		.format = ACQ_FORMAT_S16,
		.channel_mask = 3,
	};

	snprintf(info.card, sizeof(info.card), "%s%s", pci_name(pdev), e->output ? "-out" : "");
	ac97_codec_describe(e, &info);
	config.rate_millihz = info.rate_max_millihz;
	e->list = dmam_alloc_coherent(&pdev->dev, AC97_ENTRIES * sizeof(*e->list), &e->list_dma,
				      GFP_KERNEL);
	if (!e->list)
		return ERR_PTR(-ENOMEM);
	return acq_stream_create(&pdev->dev, &ac97_engine_ops, e, &info, &config);
}

/*
 * The line is others', too. Events may also have been taken already: see engine_read(), which
 * wakes this where the kernel has it in a thread.
 */
static irqreturn_t ac97_pci_irq(int irq, void *data)
{
	struct acq_pci *pci = data;
	struct ac97 *card = ac97_of(pci);
	const struct ac97_engine *e = card->engine;

	if (acq_pci_asleep(pci))
		return IRQ_NONE;
	guard(spinlock)(&card->irq_lock);
	if (ac97_engine_take(card) || e[AC97_ENGINE_IN].events || e[AC97_ENGINE_OUT].events)
		return IRQ_WAKE_THREAD;
	return IRQ_NONE;
}

/* It has no identity of its own. */
static bool ac97_pci_answers(struct acq_pci *pci)
{
	return ioread32(ac97_of(pci)->master + AC97_GLOBAL_STATUS) != AC97_ALL_ONES;
}

static bool ac97_pci_news(struct acq_pci *pci, const struct acq_stream *stream)
{
	const struct ac97_engine *e = acq_stream_card(stream);

	return READ_ONCE(e->events);
}

/* One that was abandoned while it ran may run still: not with what it had. */
static void ac97_pci_woken(struct acq_pci *pci)
{
	struct ac97 *card = ac97_of(pci);
	unsigned int i;

	for (i = 0; i < AC97_ENGINES; i++) {
		if (!card->engine[i].begun && !ac97_engine_reset(card->engine[i].regs))
			acq_pci_master_allow(pci, i);
	}
}

static const struct acq_pci_ops ac97_pci_ops = {
	.answers	= ac97_pci_answers,
	.news		= ac97_pci_news,
	.woken		= ac97_pci_woken,
};

/* Find out what the card is. Undone by ac97_pci_put_back() only where it does not fail. */
static int ac97_pci_open(struct ac97 *card, struct pci_dev *pdev)
{
	bool emulated = ac97_pci_is_emulated(pdev);
	int ret, gain = ac97_gain;

	ac97_pci_init(card);
	ret = acq_pci_enable(&card->pci, pdev, &ac97_pci_ops);
	if (ret)
		return ret;
	card->mixer = acq_pci_map(&card->pci, AC97_MIXER_BAR, AC97_MIXER_BYTES);
	if (IS_ERR(card->mixer))
		return PTR_ERR(card->mixer);
	card->master = acq_pci_map(&card->pci, AC97_MASTER_BAR, AC97_MASTER_BYTES);
	if (IS_ERR(card->master))
		return PTR_ERR(card->master);
	if (!ac97_pci_answers(&card->pci))
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "does not answer: all registers read ones\n");
	ret = acq_pci_limit_dma(&card->pci, 32, BLOCK_MAX);
	if (ret)
		return ret;
	ret = ac97_pci_quiet(card);
	if (ret)
		return ret;
	if (gain < 0)
		gain = emulated ? GAIN_QEMU : 0;
	card->codec.unity = emulated ? UNITY_QEMU : UNITY;
	ret = ac97_codec_open(card, gain, ac97_source);
	if (ret)
		ac97_pci_put_back(card);
	return ret;
}

static void ac97_pci_say_found(const struct ac97 *card)
{
	const struct ac97_engine *in = &card->engine[AC97_ENGINE_IN];

	dev_info(&card->pci.pdev->dev, "AC'97: an input and an output, %s, %s\n",
		 !card->codec.vra ? "48 kHz" : in->any_rate ? "any rate" : "some rates",
		 acq_pci_interrupts(&card->pci));
}

static int ac97_pci_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct acq_stream *stream[AC97_ENGINES];
	struct ac97 *card;
	unsigned int i;
	int ret;

	/* Not reachable from an open file: a stream calls here no more once it is removed. */
	card = devm_kzalloc(&pdev->dev, sizeof(*card), GFP_KERNEL);
	if (!card)
		return -ENOMEM;
	ret = ac97_pci_open(card, pdev);
	if (ret)
		return ret;
	for (i = 0; i < AC97_ENGINES; i++) {
		stream[i] = ac97_pci_make_stream(&card->engine[i]);
		card->engine[i].stream = stream[i];
	}
	ret = acq_pci_register(&card->pci, stream[AC97_ENGINE_IN], stream[AC97_ENGINE_OUT],
			       ac97_pci_irq);
	if (ret) {
		ac97_pci_put_back(card);
		return ret;
	}
	ac97_pci_say_found(card);
	return 0;
}

static void ac97_pci_remove(struct pci_dev *pdev)
{
	struct acq_pci *pci = pci_get_drvdata(pdev);

	acq_pci_remove(pdev);
	ac97_pci_put_back(ac97_of(pci));
}

/* No ids of its own: these are sound cards, and have a driver. */
static struct pci_driver ac97_pci_driver = {
	.name		= KBUILD_MODNAME "-ac97",
	.probe		= ac97_pci_probe,
	.remove		= ac97_pci_remove,
	.shutdown	= acq_pci_shutdown,
	.driver.pm	= pm_ptr(&acq_pci_pm),
	.err_handler	= &acq_pci_errors,
};

/**
 * acq_ac97_register() - find the cards of this family that the user has named
 *
 * Return: 0 or a negative errno.
 */
int acq_ac97_register(void)
{
	if (ac97_source > SOURCE_MAX) {
		pr_err("ac97_source=%u: must be from 0 to %u\n", ac97_source, SOURCE_MAX);
		return -EINVAL;
	}
	if (ac97_gain < -1 || ac97_gain > GAIN_MAX) {
		pr_err("ac97_gain=%d: must be from -1 to %d\n", ac97_gain, GAIN_MAX);
		return -EINVAL;
	}
	return acq_pci_register_named(&ac97_pci_driver, "ac97", ac97_ids);
}

void acq_ac97_unregister(void)
{
	pci_unregister_driver(&ac97_pci_driver);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What every card family does with its PCI device. */
#ifndef ACQ_PCI_H
#define ACQ_PCI_H

#include <linux/interrupt.h>
#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "../core/card.h"

struct acq_pci;
struct pci_dev;
struct pci_driver;
struct pci_error_handlers;
struct pci_saved_state;

/* Most streams of a card */
#define ACQ_PCI_STREAMS	8

/**
 * struct acq_pci_ops - what a family does for a card that has been away for a while
 * @answers: does the card answer, and is it still the same?
 * @busy: no stream runs, but does the card all the same? NULL: it does not
 * @news: has the card something new for this one of its streams? May be wrong for a
 *	moment; reads no register where that can be helped. NULL: it has one stream
 * @woken: the card may be used again, and its registers may be as after a reset; NULL: a
 *	start sets all of them anyway
 *
 * They sleep, and are called with the device locked, between probe() and remove(); but
 * @busy and @woken maybe with a stream's locks, or those of the control node's open(),
 * and @news in the interrupt thread, with none.
 */
struct acq_pci_ops {
	bool (*answers)(struct acq_pci *pci);
	bool (*busy)(struct acq_pci *pci);
	bool (*news)(struct acq_pci *pci, const struct acq_stream *stream);
	void (*woken)(struct acq_pci *pci);
};

/**
 * struct acq_pci - a card's PCI device; embedded in what the family has of the card
 * @pdev: the device, whose driver data is this
 * @ops: what the family does
 * @saved: its PCI configuration as it was after probe()
 * @streams: suspended, resumed and given up with the card
 * @count: how many there are
 * @control: its control node, which goes with them; the family's; NULL: it has none
 * @latest: the stream that an interrupt has brought something last; its thread
 * @irq: Linux number of its first interrupt
 * @shared: that is a line, which other devices may share
 * @silenced: it has been disabled by acq_pci_silence()
 * @lock: protects @lost, @masters, @stuck, and the configuration while it is restored
 * @masters: streams that use DMA
 * @stuck: engines that did not stop and were not reset since, a bit for each
 * @lost: the card did not answer: it may have been without power
 * @asleep: runtime suspended: its registers are not to be read
 * @away: why its streams are suspended, a bit for each reason; the device's lock
 * @frozen: the bus has lost the card: no register is to be touched; written with the
 *	device locked
 * @broken: it has not come back, and stays away until it has been reset; the device's lock
 * @overdue: does the kernel end its recovery from an error?
 * @waited: times that it was found not to
 */
struct acq_pci {
	struct pci_dev *pdev;
	const struct acq_pci_ops *ops;
	struct pci_saved_state *saved;
	struct acq_stream *streams[ACQ_PCI_STREAMS];
	unsigned int count;
	unsigned int latest;
	struct acq_control *control;
	int irq;
	bool shared;
	bool silenced;
	struct mutex lock;
	unsigned int masters;
	unsigned long stuck;
	bool lost;
	bool asleep;
	unsigned long away;
	bool frozen;
	bool broken;
	struct delayed_work overdue;
	unsigned int waited;
};

/* probe(), in this order; the last takes a card with one interrupt, and one or two streams */
int acq_pci_enable(struct acq_pci *pci, struct pci_dev *pdev, const struct acq_pci_ops *ops);
void __iomem *acq_pci_map(struct acq_pci *pci, int bar, resource_size_t bytes);
int acq_pci_limit_dma(struct acq_pci *pci, unsigned int bits, u32 largest);
int acq_pci_register(struct acq_pci *pci, struct acq_stream *stream, struct acq_stream *other,
		     irq_handler_t irq);

/* Its steps, for a card with more of either; handlers are requested behind the first */
int acq_pci_vectors(struct acq_pci *pci, unsigned int most);
int acq_pci_keep_config(struct acq_pci *pci);
int acq_pci_register_stream(struct acq_pci *pci, struct acq_stream *stream);
void acq_pci_allow_suspend(struct acq_pci *pci);

/* remove(): undoes acq_pci_register() */
void acq_pci_remove(struct pci_dev *pdev);

/* Its steps: before all else, and before handlers are freed */
void acq_pci_disable(struct acq_pci *pci);
void acq_pci_remove_streams(struct acq_pci *pci);

/*
 * Is no register to be touched, for it sleeps or the bus has lost it? An interrupt
 * handler asks: one on a shared line is called for others, too.
 */
static inline bool acq_pci_asleep(const struct acq_pci *pci)
{
	return READ_ONCE(pci->asleep) || READ_ONCE(pci->frozen);
}

/* Its interrupts, once they have been chosen */
void acq_pci_silence(struct acq_pci *pci);
void acq_pci_unsilence(struct acq_pci *pci);
const char *acq_pci_interrupts(const struct acq_pci *pci);

/* DMA of a stream, from its start() to its stop() */
int acq_pci_master_get(struct acq_pci *pci);
void acq_pci_master_put(struct acq_pci *pci);
void acq_pci_master_cut(struct acq_pci *pci, unsigned int engine, bool answers);
void acq_pci_master_allow(struct acq_pci *pci, unsigned int engine);

/* A card that does not answer, and may do so again */
void acq_pci_lost(struct acq_pci *pci);
void acq_pci_wake(struct acq_pci *pci);
int acq_pci_restore_config(struct acq_pci *pci);

/* A card that nothing else can stop */
int acq_pci_reset(struct acq_pci *pci);

/* For a family without ids of its own */
int acq_pci_register_named(struct pci_driver *driver, const char *family, const char *ids);

/* For struct pci_driver */
extern const struct dev_pm_ops acq_pci_pm;
extern const struct pci_error_handlers acq_pci_errors;
void acq_pci_shutdown(struct pci_dev *pdev);

#endif /* ACQ_PCI_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* What every card family does with its PCI device. */
#ifndef ACQ_PCI_H
#define ACQ_PCI_H

#include <linux/mutex.h>
#include <linux/pm.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "../core/card.h"

struct acq_pci;
struct pci_dev;
struct pci_error_handlers;
struct pci_saved_state;

/**
 * struct acq_pci_ops - what a family does when its card goes away for a while
 * @suspend: suspend its streams, and whatever else uses the card
 * @abandon: as well, by acq_stream_abandon(): the card cannot be reached
 * @resume: resume them
 * @give_up: have them fail, by acq_stream_give_up()
 * @answers: does the card answer, and is it still the same?
 * @busy: no stream runs, but does the card all the same? NULL: it does not
 * @woken: nothing used the card, and its registers may be as after a reset; NULL: a
 *	start sets all of them anyway
 *
 * They sleep, and are called with the device locked, between probe() and remove(); but
 * @busy and @woken maybe with a stream's locks, or those of the control node's open().
 */
struct acq_pci_ops {
	void (*suspend)(struct acq_pci *pci, enum acq_cause cause);
	void (*abandon)(struct acq_pci *pci);
	void (*resume)(struct acq_pci *pci);
	void (*give_up)(struct acq_pci *pci);
	bool (*answers)(struct acq_pci *pci);
	bool (*busy)(struct acq_pci *pci);
	void (*woken)(struct acq_pci *pci);
};

/**
 * struct acq_pci - a card's PCI device; embedded in what the family has of the card
 * @pdev: the device, whose driver data is this
 * @ops: what the family does
 * @saved: its PCI configuration as it was after probe()
 * @lock: protects @lost and the configuration while it is restored
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
	struct mutex lock;
	bool lost;
	bool asleep;
	unsigned long away;
	bool frozen;
	bool broken;
	struct delayed_work overdue;
	unsigned int waited;
};

/* probe(), in this order */
int acq_pci_enable(struct acq_pci *pci, struct pci_dev *pdev, const struct acq_pci_ops *ops);
void __iomem *acq_pci_map(struct acq_pci *pci, int bar, resource_size_t bytes);
int acq_pci_limit_dma(struct acq_pci *pci, unsigned int bits, u32 largest);
int acq_pci_vectors(struct acq_pci *pci, unsigned int most);
int acq_pci_keep_config(struct acq_pci *pci);
void acq_pci_allow_suspend(struct acq_pci *pci);

/* remove(), before all else */
void acq_pci_disable(struct acq_pci *pci);

/*
 * Is no register to be touched, for it sleeps or the bus has lost it? An interrupt
 * handler asks: one on a shared line is called for others, too.
 */
static inline bool acq_pci_asleep(const struct acq_pci *pci)
{
	return READ_ONCE(pci->asleep) || READ_ONCE(pci->frozen);
}

/* Its interrupts, once they have been chosen */
bool acq_pci_shared(const struct acq_pci *pci);
const char *acq_pci_interrupts(const struct acq_pci *pci);

/* A card that does not answer, and may do so again */
void acq_pci_lost(struct acq_pci *pci);
void acq_pci_wake(struct acq_pci *pci);
int acq_pci_restore_config(struct acq_pci *pci);

/* A card that nothing else can stop */
int acq_pci_reset(struct acq_pci *pci);

/* For struct pci_driver */
extern const struct dev_pm_ops acq_pci_pm;
extern const struct pci_error_handlers acq_pci_errors;
void acq_pci_shutdown(struct pci_dev *pdev);

#endif /* ACQ_PCI_H */

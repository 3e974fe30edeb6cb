/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The part of a card with XDMA that is its own logic's: the AXI-Lite user BAR and
 * the user interrupts.
 */
#ifndef ACQ_XDMA_USER_H
#define ACQ_XDMA_USER_H

#include <linux/types.h>

struct acq_control;
struct pci_dev;

/**
 * struct xdma_user - a card's own logic
 * @pdev: the card's PCI device
 * @regs: XDMA's registers for interrupts
 * @control: the control node
 * @registered: it has its node
 * @bar: number of the user BAR, which is ours; -1: none
 * @irq: Linux number of the lines' interrupt
 * @vector: number of its message
 */
struct xdma_user {
	struct pci_dev *pdev;
	void __iomem *regs;
	struct acq_control *control;
	bool registered;
	int bar;
	int irq;
	u32 vector;
};

int xdma_user_bar(struct pci_dev *pdev, int dma_bar, resource_size_t bytes);
int xdma_user_create(struct xdma_user *user, struct pci_dev *pdev, void __iomem *regs,
		     int dma_bar, unsigned int number);
int xdma_user_register(struct xdma_user *user);
void xdma_user_remove(struct xdma_user *user);
void xdma_user_free(struct xdma_user *user);

bool xdma_user_interrupt(struct xdma_user *user);
void xdma_user_set_vector(struct xdma_user *user);

#endif /* ACQ_XDMA_USER_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/* What the logic behind a card's XDMA says of a stream: see docs/xdma-losses.md. */
#ifndef ACQ_XDMA_LOGIC_H
#define ACQ_XDMA_LOGIC_H

#include <linux/types.h>

struct acq_config;
struct acq_info;
struct pci_dev;

/**
 * struct xdma_logic - one stream's registers, and the losses it has reported
 * @regs: its registers, NULL: it says nothing
 * @frame: what a frame is
 * @clock_hz: its sample clock, 0: the rate cannot be set
 * @found_control: what probe() found in that register
 * @found_divider: as well
 * @ended: losses that had ended when it was polled last
 * @taken: those whose record was taken
 * @index: sample index of the one that was taken last
 * @lost: its length in frames, 0: the samples before it have been dealt with
 *
 * The first five are constant; the others live from xdma_logic_reset() on and
 * are protected by the stream's producer.lock.
 */
struct xdma_logic {
	void __iomem *regs;
	u32 frame;
	u32 clock_hz;
	u32 found_control;
	u32 found_divider;
	u32 ended;
	u32 taken;
	u64 index;
	u64 lost;
};

int xdma_logic_map(struct pci_dev *pdev, int dma_bar, void __iomem **user);
int xdma_logic_find(struct xdma_logic *logic, struct pci_dev *pdev, void __iomem *user,
		    unsigned int channel);
void xdma_logic_describe(const struct xdma_logic *logic, struct acq_info *info,
			 struct acq_config *config);
void xdma_logic_round(const struct xdma_logic *logic, struct acq_config *config);
void xdma_logic_enable(const struct xdma_logic *logic, const struct acq_config *config);
void xdma_logic_disable(const struct xdma_logic *logic);
void xdma_logic_put_back(const struct xdma_logic *logic);
void xdma_logic_reset(struct xdma_logic *logic);
void xdma_logic_poll(struct xdma_logic *logic);
int xdma_logic_lost(struct xdma_logic *logic, u64 index, u64 *lost);

#endif /* ACQ_XDMA_LOGIC_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_XDMA_H
#define ACQ_XDMA_H

int acq_xdma_register(void);
void acq_xdma_unregister(void);

#endif /* ACQ_XDMA_H */

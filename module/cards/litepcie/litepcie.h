/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_LITEPCIE_H
#define ACQ_LITEPCIE_H

int acq_litepcie_register(void);
void acq_litepcie_unregister(void);

#endif /* ACQ_LITEPCIE_H */

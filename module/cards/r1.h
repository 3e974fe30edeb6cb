/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ACQ_R1_DRIVER_H
#define ACQ_R1_DRIVER_H

struct pci_driver;

extern struct pci_driver acq_r1_driver;

#endif /* ACQ_R1_DRIVER_H */

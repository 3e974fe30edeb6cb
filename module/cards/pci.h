/* SPDX-License-Identifier: GPL-2.0-only */
/* A card's PCI configuration as it was when the card answered, for when it has lost it. */
#ifndef ACQ_PCI_H
#define ACQ_PCI_H

struct pci_dev;
struct pci_saved_state;

int acq_pci_save(struct pci_dev *pdev, struct pci_saved_state **saved);
void acq_pci_restore(struct pci_dev *pdev, struct pci_saved_state *saved);

#endif /* ACQ_PCI_H */

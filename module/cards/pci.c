// SPDX-License-Identifier: GPL-2.0-only
/* A card's PCI configuration. See pci.h. */
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "pci.h"

static void free_saved(void *saved)
{
	kfree(saved);
}

/**
 * acq_pci_save() - keep a card's PCI configuration until it is removed
 * @pdev: the card, which answers now: what is saved later may be all ones
 * @saved: set to it
 *
 * Return: 0 or -ENOMEM.
 */
int acq_pci_save(struct pci_dev *pdev, struct pci_saved_state **saved)
{
	pci_save_state(pdev);
	*saved = pci_store_saved_state(pdev);
	if (!*saved)
		return -ENOMEM;
	return devm_add_action_or_reset(&pdev->dev, free_saved, *saved);
}

/** acq_pci_restore() - for a card that was without power */
void acq_pci_restore(struct pci_dev *pdev, struct pci_saved_state *saved)
{
	pci_load_saved_state(pdev, saved);
	pci_restore_state(pdev);
}

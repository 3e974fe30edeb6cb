/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration space of a PCI Express endpoint. */
#ifndef CARD_PCI_H
#define CARD_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_CONFIG_BYTES	4096
#define PCI_BARS		6

#define PCI_IRQ_INTX		(1u << 0)
#define PCI_IRQ_MSI		(1u << 1)
#define PCI_IRQ_MSIX		(1u << 2)

/* What a write to the configuration space has brought about */
#define PCI_EVENT_RESET		(1u << 0) /* function level reset, or D3hot to D0 */
#define PCI_EVENT_GATE		(1u << 1) /* bus mastering, interrupts or power state changed */
#define PCI_EVENT_SUSPEND	(1u << 2) /* D0 to D3hot */
#define PCI_EVENT_RESUME	(1u << 3) /* D3hot to D0 */

struct pci_identity {
	uint16_t vendor;
	uint16_t device;
	uint16_t subsystem_vendor;
	uint16_t subsystem;
	uint32_t class_code;
	uint8_t revision;
	uint64_t serial;
	uint64_t bar_bytes[PCI_BARS];	/* 0 or a power of two */
	bool narrow_bars;		/* of 32 bits; else each takes two slots */
	bool no_soft_reset;		/* D3hot loses nothing; else the way back is a reset */
	unsigned int irqs;		/* PCI_IRQ_*: what the function has */
	unsigned int msi_log2;		/* of the messages it would like */
	unsigned int msix_vectors;
	unsigned int msix_bar;
	uint32_t msix_table;		/* in that BAR */
	uint32_t msix_pending;
};

struct pci {
	struct pci_identity id;
	uint8_t bytes[PCI_CONFIG_BYTES];
	uint8_t writable[PCI_CONFIG_BYTES];
	uint8_t clearable[PCI_CONFIG_BYTES];	/* by writing ones */
	bool stuck;		/* it does not leave D3hot */
};

void pci_init(struct pci *p, const struct pci_identity *id);
/* Everything that a reset of the function resets. */
void pci_reset(struct pci *p);

/* The caller has checked that @offset + @count is inside. */
void pci_read(const struct pci *p, size_t offset, void *buf, size_t count);
unsigned int pci_write(struct pci *p, size_t offset, const void *buf, size_t count);

bool pci_is_awake(const struct pci *p);		/* in D0 */
bool pci_is_master(const struct pci *p);	/* in D0 and bus mastering enabled */
/* The kind of interrupt that is enabled, or 0. */
unsigned int pci_irq_kind(const struct pci *p);
/* How many messages the system has given to MSI. */
unsigned int pci_msi_vectors(const struct pci *p);
unsigned int pci_max_payload(const struct pci *p);	/* bytes */
unsigned int pci_max_read(const struct pci *p);
bool pci_intx_disabled(const struct pci *p);
void pci_set_intx_status(struct pci *p, bool asserted);

#endif /* CARD_PCI_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The configuration space of a PCI Express endpoint: a type 0 header with
 * memory BARs, power management, MSI, MSI-X, PCI Express, AER and the serial
 * number.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "pci.h"

#define CAP_PM		0x40
#define CAP_MSI		0x48
#define CAP_MSIX	0x58
#define CAP_EXP		0x68
#define CAP_AER		0x100
#define CAP_DSN		0x150

/* linux/pci_regs.h has them only in newer versions */
#define AER_VERSION	2
#define DSN_VERSION	1
#define EXP_VERSION	2
#define LNKCAP_SPEED_5	2
#define LNKCAP_X4	(4 << 4)
#define LNKSTA_X4	(4 << 4)
#define LNKCAP2_2_5_AND_5 0x6

static void pci_set(struct pci *p, size_t at, unsigned int bytes, uint64_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		p->bytes[at + i] = (uint8_t)(value >> (8 * i));
}

static uint32_t pci_get(const struct pci *p, size_t at, unsigned int bytes)
{
	uint32_t value = 0;

	for (unsigned int i = 0; i < bytes; i++)
		value |= (uint32_t)p->bytes[at + i] << (8 * i);
	return value;
}

static void pci_allow(uint8_t *mask, size_t at, unsigned int bytes, uint64_t value)
{
	for (unsigned int i = 0; i < bytes; i++)
		mask[at + i] = (uint8_t)(value >> (8 * i));
}

/* Chains a capability behind the last one; @link is where its address goes. */
static size_t pci_add_cap(struct pci *p, size_t link, size_t at, uint8_t id)
{
	pci_set(p, link, 1, at);
	pci_set(p, at, 1, id);
	return at + PCI_CAP_LIST_NEXT;
}

static void pci_add_header(struct pci *p)
{
	const struct pci_identity *id = &p->id;

	pci_set(p, PCI_VENDOR_ID, 2, id->vendor);
	pci_set(p, PCI_DEVICE_ID, 2, id->device);
	pci_set(p, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	pci_set(p, PCI_REVISION_ID, 1, id->revision);
	pci_set(p, PCI_CLASS_PROG, 3, id->class_code);
	pci_set(p, PCI_SUBSYSTEM_VENDOR_ID, 2, id->subsystem_vendor);
	pci_set(p, PCI_SUBSYSTEM_ID, 2, id->subsystem);
	if (id->irqs & PCI_IRQ_INTX)
		pci_set(p, PCI_INTERRUPT_PIN, 1, 1);

	pci_allow(p->writable, PCI_COMMAND, 2,
		  PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
	      PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	pci_allow(p->clearable, PCI_STATUS, 2,
		  PCI_STATUS_PARITY | PCI_STATUS_SIG_TARGET_ABORT | PCI_STATUS_REC_TARGET_ABORT |
	      PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_SIG_SYSTEM_ERROR |
	      PCI_STATUS_DETECTED_PARITY);
	pci_allow(p->writable, PCI_CACHE_LINE_SIZE, 1, 0xff);
	pci_allow(p->writable, PCI_INTERRUPT_LINE, 1, 0xff);

	for (unsigned int i = 0; i < PCI_BARS && id->narrow_bars; i++) {
		if (id->bar_bytes[i])
			pci_allow(p->writable, PCI_BASE_ADDRESS_0 + i * 4, 4,
				  ~(id->bar_bytes[i] - 1));
	}
	for (unsigned int i = 0; i + 1 < PCI_BARS && !id->narrow_bars; i += 2) {
		uint64_t bytes = id->bar_bytes[i];
		size_t at = PCI_BASE_ADDRESS_0 + i * 4;

		if (!bytes)
			continue;
		pci_set(p, at, 4, PCI_BASE_ADDRESS_MEM_TYPE_64);
		pci_allow(p->writable, at, 8, ~(bytes - 1));
	}
}

static size_t pci_add_pm(struct pci *p, size_t link)
{
	link = pci_add_cap(p, link, CAP_PM, PCI_CAP_ID_PM);
	pci_set(p, CAP_PM + PCI_PM_PMC, 2, 3);
	if (p->id.no_soft_reset)
		pci_set(p, CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_NO_SOFT_RESET);
	pci_allow(p->writable, CAP_PM + PCI_PM_CTRL, 2, PCI_PM_CTRL_STATE_MASK);
	return link;
}

static size_t pci_add_msi(struct pci *p, size_t link)
{
	link = pci_add_cap(p, link, CAP_MSI, PCI_CAP_ID_MSI);
	pci_set(p, CAP_MSI + PCI_MSI_FLAGS, 2, PCI_MSI_FLAGS_64BIT | p->id.msi_log2 << 1);
	pci_allow(p->writable, CAP_MSI + PCI_MSI_FLAGS, 2,
		  PCI_MSI_FLAGS_ENABLE | PCI_MSI_FLAGS_QSIZE);
	pci_allow(p->writable, CAP_MSI + PCI_MSI_ADDRESS_LO, 4, 0xfffffffc);
	pci_allow(p->writable, CAP_MSI + PCI_MSI_ADDRESS_HI, 4, 0xffffffff);
	pci_allow(p->writable, CAP_MSI + PCI_MSI_DATA_64, 2, 0xffff);
	return link;
}

static size_t pci_add_msix(struct pci *p, size_t link)
{
	const struct pci_identity *id = &p->id;

	link = pci_add_cap(p, link, CAP_MSIX, PCI_CAP_ID_MSIX);
	pci_set(p, CAP_MSIX + PCI_MSIX_FLAGS, 2, id->msix_vectors - 1);
	pci_set(p, CAP_MSIX + PCI_MSIX_TABLE, 4, id->msix_table | id->msix_bar);
	pci_set(p, CAP_MSIX + PCI_MSIX_PBA, 4, id->msix_pending | id->msix_bar);
	pci_allow(p->writable, CAP_MSIX + PCI_MSIX_FLAGS, 2,
		  PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	return link;
}

static size_t pci_add_exp(struct pci *p, size_t link)
{
	link = pci_add_cap(p, link, CAP_EXP, PCI_CAP_ID_EXP);
	pci_set(p, CAP_EXP + PCI_EXP_FLAGS, 2, EXP_VERSION | PCI_EXP_TYPE_ENDPOINT << 4);
	pci_set(p, CAP_EXP + PCI_EXP_DEVCAP, 4,
		1 /* 256 bytes of payload */ | PCI_EXP_DEVCAP_RBER | PCI_EXP_DEVCAP_FLR);
	pci_set(p, CAP_EXP + PCI_EXP_DEVCTL, 2,
		PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | 2 << 12 /* reads of 512 */);
	/* all but extended tags, phantom functions and auxiliary power */
	pci_allow(p->writable, CAP_EXP + PCI_EXP_DEVCTL, 2, 0x78ff);
	pci_allow(p->clearable, CAP_EXP + PCI_EXP_DEVSTA, 2,
		  PCI_EXP_DEVSTA_CED | PCI_EXP_DEVSTA_NFED | PCI_EXP_DEVSTA_FED |
		  PCI_EXP_DEVSTA_URD);
	pci_set(p, CAP_EXP + PCI_EXP_LNKCAP, 4, LNKCAP_SPEED_5 | LNKCAP_X4);
	pci_set(p, CAP_EXP + PCI_EXP_LNKSTA, 2, LNKCAP_SPEED_5 | LNKSTA_X4 | PCI_EXP_LNKSTA_SLC);
	pci_allow(p->writable, CAP_EXP + PCI_EXP_LNKCTL, 2,
		  PCI_EXP_LNKCTL_RCB | PCI_EXP_LNKCTL_CCC | PCI_EXP_LNKCTL_ES);
	pci_set(p, CAP_EXP + PCI_EXP_LNKCAP2, 4, LNKCAP2_2_5_AND_5);
	pci_set(p, CAP_EXP + PCI_EXP_LNKCTL2, 2, LNKCAP_SPEED_5);
	pci_allow(p->writable, CAP_EXP + PCI_EXP_LNKCTL2, 2, 0xf);
	return link;
}

static void pci_add_extended(struct pci *p)
{
	const uint32_t uncorrectable = PCI_ERR_UNC_DLP | PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_FCP |
		PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT | PCI_ERR_UNC_UNX_COMP |
		PCI_ERR_UNC_RX_OVER | PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_ECRC | PCI_ERR_UNC_UNSUP;
	const uint32_t fatal = PCI_ERR_UNC_DLP | PCI_ERR_UNC_FCP | PCI_ERR_UNC_RX_OVER |
		PCI_ERR_UNC_MALF_TLP;
	const uint32_t correctable = PCI_ERR_COR_RCVR | PCI_ERR_COR_BAD_TLP | PCI_ERR_COR_BAD_DLLP |
		PCI_ERR_COR_REP_ROLL | PCI_ERR_COR_REP_TIMER | PCI_ERR_COR_ADV_NFAT;

	pci_set(p, CAP_AER, 4, PCI_EXT_CAP_ID_ERR | AER_VERSION << 16 | (uint32_t)CAP_DSN << 20);
	pci_allow(p->clearable, CAP_AER + PCI_ERR_UNCOR_STATUS, 4, uncorrectable);
	pci_allow(p->writable, CAP_AER + PCI_ERR_UNCOR_MASK, 4, uncorrectable);
	pci_set(p, CAP_AER + PCI_ERR_UNCOR_SEVER, 4, fatal);
	pci_allow(p->writable, CAP_AER + PCI_ERR_UNCOR_SEVER, 4, uncorrectable);
	pci_allow(p->clearable, CAP_AER + PCI_ERR_COR_STATUS, 4, correctable);
	pci_set(p, CAP_AER + PCI_ERR_COR_MASK, 4, PCI_ERR_COR_ADV_NFAT);
	pci_allow(p->writable, CAP_AER + PCI_ERR_COR_MASK, 4, correctable);

	pci_set(p, CAP_DSN, 4, PCI_EXT_CAP_ID_DSN | DSN_VERSION << 16);
	pci_set(p, CAP_DSN + 4, 8, p->id.serial);
}

static void pci_build(struct pci *p)
{
	size_t link = PCI_CAPABILITY_LIST;

	memset(p->bytes, 0, sizeof(p->bytes));
	memset(p->writable, 0, sizeof(p->writable));
	memset(p->clearable, 0, sizeof(p->clearable));
	pci_add_header(p);
	link = pci_add_pm(p, link);
	if (p->id.irqs & PCI_IRQ_MSI)
		link = pci_add_msi(p, link);
	if (p->id.irqs & PCI_IRQ_MSIX)
		link = pci_add_msix(p, link);
	pci_add_exp(p, link);
	pci_add_extended(p);
}

void pci_init(struct pci *p, const struct pci_identity *id)
{
	p->id = *id;
	pci_build(p);
}

void pci_reset(struct pci *p)
{
	pci_build(p);
}

void pci_read(const struct pci *p, size_t offset, void *buf, size_t count)
{
	memcpy(buf, p->bytes + offset, count);
}

/* It was in another power state, of PMCSR @before. */
static void pci_settle_power(struct pci *p, uint8_t before)
{
	uint8_t *power = &p->bytes[CAP_PM + PCI_PM_CTRL];
	uint8_t state = *power & PCI_PM_CTRL_STATE_MASK;
	bool slept = before & PCI_PM_CTRL_STATE_MASK;

	/* D1 and D2 do not exist: the state stays */
	if (state == 1 || state == 2 || (slept && p->stuck))
		*power = (uint8_t)((*power & ~PCI_PM_CTRL_STATE_MASK) |
				   (before & PCI_PM_CTRL_STATE_MASK));
}

unsigned int pci_write(struct pci *p, size_t offset, const void *buf, size_t count)
{
	const uint8_t *from = buf;
	bool awake = pci_is_awake(p), master = pci_is_master(p), mute = pci_intx_disabled(p);
	unsigned int kind = pci_irq_kind(p), events = 0;
	uint8_t power = p->bytes[CAP_PM + PCI_PM_CTRL];
	const size_t flr_at = CAP_EXP + PCI_EXP_DEVCTL + 1;

	for (size_t i = 0; i < count; i++) {
		uint8_t *byte = &p->bytes[offset + i];
		uint8_t writable = p->writable[offset + i];

		*byte = (uint8_t)((*byte & ~writable) | (from[i] & writable));
		*byte &= (uint8_t)~(from[i] & p->clearable[offset + i]);
	}
	pci_settle_power(p, power);
	if (awake != pci_is_awake(p))
		events = awake ? PCI_EVENT_SUSPEND : PCI_EVENT_RESUME;
	if ((offset <= flr_at && flr_at < offset + count &&
	     (from[flr_at - offset] & (PCI_EXP_DEVCTL_BCR_FLR >> 8))) ||
	    (events & PCI_EVENT_RESUME && !p->id.no_soft_reset)) {
		pci_build(p);
		return events | PCI_EVENT_RESET;
	}
	if (events || pci_is_master(p) != master || pci_irq_kind(p) != kind ||
	    pci_intx_disabled(p) != mute)
		events |= PCI_EVENT_GATE;
	return events;
}

bool pci_is_awake(const struct pci *p)
{
	return !(pci_get(p, CAP_PM + PCI_PM_CTRL, 2) & PCI_PM_CTRL_STATE_MASK);
}

bool pci_is_master(const struct pci *p)
{
	return pci_is_awake(p) && pci_get(p, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
}

unsigned int pci_irq_kind(const struct pci *p)
{
	if (p->id.irqs & PCI_IRQ_MSIX &&
	    pci_get(p, CAP_MSIX + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE)
		return PCI_IRQ_MSIX;
	if (p->id.irqs & PCI_IRQ_MSI &&
	    pci_get(p, CAP_MSI + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_ENABLE)
		return PCI_IRQ_MSI;
	return p->id.irqs & PCI_IRQ_INTX;
}

unsigned int pci_msi_vectors(const struct pci *p)
{
	unsigned int log2 = (pci_get(p, CAP_MSI + PCI_MSI_FLAGS, 2) & PCI_MSI_FLAGS_QSIZE) >> 4;

	return 1u << (log2 < p->id.msi_log2 ? log2 : p->id.msi_log2);
}

unsigned int pci_max_payload(const struct pci *p)
{
	return 128u << ((pci_get(p, CAP_EXP + PCI_EXP_DEVCTL, 2) & PCI_EXP_DEVCTL_PAYLOAD) >> 5);
}

unsigned int pci_max_read(const struct pci *p)
{
	return 128u << ((pci_get(p, CAP_EXP + PCI_EXP_DEVCTL, 2) & PCI_EXP_DEVCTL_READRQ) >> 12);
}

bool pci_intx_disabled(const struct pci *p)
{
	return pci_get(p, PCI_COMMAND, 2) & PCI_COMMAND_INTX_DISABLE;
}

void pci_set_intx_status(struct pci *p, bool asserted)
{
	p->bytes[PCI_STATUS] &= (uint8_t)~PCI_STATUS_INTERRUPT;
	if (asserted)
		p->bytes[PCI_STATUS] |= PCI_STATUS_INTERRUPT;
}

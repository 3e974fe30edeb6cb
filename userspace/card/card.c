// SPDX-License-Identifier: GPL-2.0-only
/* A simulated card: what PCI lets pass between a model and a machine. */
#include <errno.h>
#include <inttypes.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "card.h"

#define STORM_NS	200000u
#define LIE_STORM_NS	50000u
#define STORM_MOST	2000u

uint64_t card_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool card_is_gone(const struct card *c)
{
	return fault_is_on(&c->faults, FAULT_GONE);
}

/* Does it leave registers alone, and its configuration not? */
static bool card_is_deaf(const struct card *c, unsigned int region)
{
	return region != VFU_CONFIG && fault_is_on(&c->faults, FAULT_DEAF);
}

/* May the card use the bus? */
static bool card_is_master(const struct card *c)
{
	return !card_is_gone(c) && pci_is_master(&c->pci);
}

/* Interrupts */

/* Does the line ask for INTA, the only pin there is? */
static bool card_is_on_pin(const struct card_line *line)
{
	return line->level && !(line->vector & 3);
}

static bool card_intx_level(const struct card *c)
{
	for (unsigned int i = 0; i < MODEL_LINES; i++) {
		if (card_is_on_pin(&c->lines[i]))
			return true;
	}
	return false;
}

static bool card_intx_asserted(const struct card *c)
{
	return !card_is_gone(c) && pci_is_awake(&c->pci) && !pci_intx_disabled(&c->pci) &&
	       pci_irq_kind(&c->pci) == PCI_IRQ_INTX &&
	       (card_intx_level(c) || fault_is_on(&c->faults, FAULT_IRQ_STORM));
}

/* Sends an interrupt of the kind that is enabled. False if none can be sent now. */
static bool card_send_irq(struct card *c, unsigned int vector)
{
	unsigned int kind = pci_irq_kind(&c->pci);
	uint64_t dice;

	if (kind == PCI_IRQ_INTX) {
		if (card_is_gone(c) || !pci_is_awake(&c->pci) || pci_intx_disabled(&c->pci))
			return false;
	} else if (!kind || !card_is_master(c)) {
		return false;
	}
	/* a function must not touch more of a message than it was given */
	if (kind == PCI_IRQ_MSI)
		vector &= pci_msi_vectors(&c->pci) - 1;
	else if (kind == PCI_IRQ_MSIX && vector >= c->pci.id.msix_vectors)
		return true;
	if (kind == PCI_IRQ_INTX && vector & 3)
		return true;
	if (fault_take(&c->faults, FAULT_LOST_IRQ))
		return true;
	if (lie_take(&c->faults.lies, LIE_MISSING, &dice)) {
		lie_note(&c->faults.lies, LIE_MISSING, "vector %u", vector);
		return true;
	}
	c->irqs++;
	c->sent[kind == PCI_IRQ_INTX ? 0 : vector]++;
	if (kind == PCI_IRQ_INTX)
		vfu_irq_intx(c->vfu);
	else
		vfu_irq_send(c->vfu, kind == PCI_IRQ_MSI ? VFU_MSI : VFU_MSIX, vector);
	return true;
}

static void card_set_irq(void *machine, unsigned int number, unsigned int vector, bool level)
{
	struct card *c = machine;
	struct card_line *line = &c->lines[number];

	if (level && !line->level)
		line->pending = true;
	if (!level)
		line->pending = false;
	line->level = level;
	line->vector = vector;
	pci_set_intx_status(&c->pci, card_intx_level(c));
	if (line->pending && card_send_irq(c, vector))
		line->pending = false;
}

/* Bus mastering, kind of interrupt or power state are different now. */
static void card_gate_changed(struct card *c)
{
	for (unsigned int i = 0; i < MODEL_LINES; i++) {
		struct card_line *line = &c->lines[i];

		line->pending = line->level && !card_send_irq(c, line->vector);
	}
}

/* DMA */

static bool card_may_dma(const struct card *c)
{
	return card_is_master(c) ||
	       (!card_is_gone(c) && fault_is_on(&c->faults, FAULT_MASTER_IGNORED));
}

static int card_dma_read(void *machine, uint64_t addr, void *buf, size_t count)
{
	struct card *c = machine;

	return card_may_dma(c) ? vfu_dma_read(c->vfu, addr, buf, count) : -EPERM;
}

static int card_dma_write(void *machine, uint64_t addr, const void *buf, size_t count)
{
	struct card *c = machine;

	return card_may_dma(c) ? vfu_dma_write(c->vfu, addr, buf, count) : -EPERM;
}

static int card_dma_stray(void *machine, uint64_t addr, const void *buf, size_t count)
{
	struct card *c = machine;

	return vfu_dma_stray(c->vfu, addr, buf, count);
}

static void *card_dma_map(void *machine, uint64_t addr, size_t count)
{
	struct card *c = machine;

	return card_may_dma(c) ? vfu_dma_map(c->vfu, addr, count) : NULL;
}

static const struct pci *card_host_pci(void *machine)
{
	struct card *c = machine;

	return &c->pci;
}

static uint64_t card_host_now(void *machine)
{
	(void)machine;
	return card_now();
}

/* What the machine does */

static void card_reset_all(struct card *c)
{
	pci_reset(&c->pci);
	c->model.ops->reset(c->model.model);
}

/* Is it in D3hot? Then an access to a BAR has no answer, and no business. */
static bool card_sleeps(struct card *c, unsigned int region)
{
	if (region == VFU_CONFIG || pci_is_awake(&c->pci))
		return false;
	c->power.accesses++;
	return true;
}

/* Such an access pushes what was posted before it. */
static void card_push(struct card *c)
{
	if (c->model.ops->push && pci_is_awake(&c->pci))
		c->model.ops->push(c->model.model);
}

static void card_write_config(struct card *c, uint64_t offset, const void *buf, size_t count)
{
	unsigned int events;

	card_push(c);
	c->pci.stuck = fault_is_on(&c->faults, FAULT_STUCK_D3);
	events = pci_write(&c->pci, offset, buf, count);
	c->power.suspends += !!(events & PCI_EVENT_SUSPEND);
	c->power.resumes += !!(events & PCI_EVENT_RESUME);
	if (events & PCI_EVENT_RESET)
		c->model.ops->reset(c->model.model);
	else if (events & PCI_EVENT_GATE)
		card_gate_changed(c);
}

/*
 * QEMU asks for that behind each reset of the bus, and connects INTx by the answer: for a
 * card that is gone, all ones would have it without INTx when it is back.
 */
static bool card_is_asked_for_pin(unsigned int region, uint64_t offset, size_t count)
{
	return region == VFU_CONFIG && offset == PCI_INTERRUPT_PIN && count == 1;
}

static int card_on_read(void *owner, unsigned int region, uint64_t offset, void *buf, size_t count)
{
	struct card *c = owner;
	struct lies *lies = &c->faults.lies;
	int error;

	if ((card_is_gone(c) && !card_is_asked_for_pin(region, offset, count)) ||
	    card_is_deaf(c, region) || card_sleeps(c, region)) {
		memset(buf, 0xff, count);
		return 0;
	}
	if (region == VFU_CONFIG) {
		card_push(c);
		pci_read(&c->pci, offset, buf, count);
		lie_read(lies, LIE_BIT(LIE_CONFIG), region, offset, buf, count);
		return 0;
	}
	error = c->model.ops->read(c->model.model, region, offset, buf, count);
	if (!error)
		lie_read(lies, c->model.ops->lies(c->model.model, region, offset), region, offset,
			 buf, count);
	return error;
}

static int card_on_write(void *owner, unsigned int region, uint64_t offset, const void *buf,
			 size_t count)
{
	struct card *c = owner;

	if (card_is_gone(c) || card_is_deaf(c, region) || card_sleeps(c, region))
		return 0;
	if (region == VFU_CONFIG) {
		card_write_config(c, offset, buf, count);
		return 0;
	}
	return c->model.ops->write(c->model.model, region, offset, buf, count);
}

static void card_on_reset(void *owner)
{
	struct card *c = owner;

	if (card_is_gone(c))
		return;
	card_reset_all(c);
	if (fault_take(&c->faults, FAULT_RESET_GONE))
		fault_set(&c->faults, "gone", "on");
}

/* Without a machine there is no power. */
static void card_on_gone(void *owner)
{
	card_reset_all(owner);
}

static bool card_on_intx(void *owner)
{
	return card_intx_asserted(owner);
}

/* What a command has brought about is there when the next one looks. */
static void card_on_done(void *owner)
{
	struct card *c = owner;

	if (!card_is_gone(c) && pci_is_awake(&c->pci))
		c->model.ops->sync(c->model.model);
}

static const struct vfu_ops vfu_ops = {
	.read = card_on_read,
	.write = card_on_write,
	.reset = card_on_reset,
	.gone = card_on_gone,
	.intx = card_on_intx,
	.done = card_on_done,
};

/* The card as such */

void card_init(struct card *c)
{
	memset(c, 0, sizeof(*c));
	c->host = (struct card_host){
		.machine = c,
		.now = card_host_now,
		.dma_read = card_dma_read,
		.dma_write = card_dma_write,
		.dma_stray = card_dma_stray,
		.dma_map = card_dma_map,
		.irq = card_set_irq,
		.pci = card_host_pci,
	};
}

int card_listen(struct card *c, const char *path, bool verbose)
{
	const struct pci_identity *id = &c->model.id;
	struct vfu_device device = {
		.region_bytes[VFU_CONFIG] = PCI_CONFIG_BYTES,
		.irqs[VFU_INTX] = !!(id->irqs & PCI_IRQ_INTX),
		.irqs[VFU_MSI] = id->irqs & PCI_IRQ_MSI ? 1u << id->msi_log2 : 0,
		.irqs[VFU_MSIX] = id->irqs & PCI_IRQ_MSIX ? id->msix_vectors : 0,
	};

	pci_init(&c->pci, id);
	c->faults.of = c->model.ops->faults;
	c->faults.lies.of = c->model.ops->faults;
	for (unsigned int i = 0; i < PCI_BARS; i++)
		device.region_bytes[i] = id->bar_bytes[i];
	c->vfu = vfu_new(path, &device, &vfu_ops, c, verbose);
	return c->vfu ? 0 : -errno;
}

void card_free(struct card *c)
{
	vfu_free(c->vfu);
	if (c->model.ops)
		c->model.ops->free(c->model.model);
}

void card_sync(struct card *c)
{
	card_on_done(c);
	vfu_settle(c->vfu);
}

/* Interrupts that are lies; when to be called again for them, at @when at the latest */
static uint64_t card_lie_irqs(struct card *c, uint64_t when)
{
	struct lies *lies = &c->faults.lies;
	uint64_t dice, now = card_now();

	if (lie_take(lies, LIE_SPURIOUS, &dice)) {
		lie_note(lies, LIE_SPURIOUS, "vector %u", (unsigned int)(dice % VFU_VECTORS));
		card_send_irq(c, (unsigned int)(dice % VFU_VECTORS));
	}
	if (!c->storm_left && lie_take(lies, LIE_STORM, &dice)) {
		c->storm_left = (unsigned int)(dice % STORM_MOST);
		lie_note(lies, LIE_STORM, "of %u", c->storm_left);
	}
	if (!lie_is_on(lies, LIE_STORM))
		c->storm_left = 0;
	if (!c->storm_left)
		return when;
	if (now >= c->storm_at) {
		c->storm_left--;
		card_send_irq(c, 0);
		c->storm_at = now + LIE_STORM_NS;
	}
	return c->storm_at < when ? c->storm_at : when;
}

uint64_t card_tick(struct card *c)
{
	uint64_t when = MODEL_NEVER, now;

	if (card_is_gone(c)) {
		c->was_gone = true;
		return when;
	}
	/* plugged in again */
	if (c->was_gone)
		card_reset_all(c);
	c->was_gone = false;
	if (pci_is_awake(&c->pci))
		when = c->model.ops->tick(c->model.model);
	vfu_settle(c->vfu);
	if (fault_is_on(&c->faults, FAULT_IRQ_STORM)) {
		now = card_now();
		if (now >= c->storm_at && fault_take(&c->faults, FAULT_IRQ_STORM)) {
			card_send_irq(c, 0);
			c->storm_at = now + STORM_NS;
		}
		if (when > c->storm_at)
			when = c->storm_at;
	}
	return card_lie_irqs(c, when);
}

/* VECTOR:INTERRUPTS,... of those that were used, or "none" */
static void card_print_vectors(const struct card *c, FILE *out)
{
	const char *comma = "";

	for (unsigned int i = 0; i < VFU_VECTORS; i++) {
		if (!c->sent[i])
			continue;
		fprintf(out, "%s%u:%" PRIu64, comma, i, c->sent[i]);
		comma = ",";
	}
	if (!*comma)
		fputs("none", out);
}

int card_lie(struct card *c, const char *seed, const char *kinds)
{
	return lie_order(&c->faults.lies, seed, kinds);
}

int card_command(struct card *c, int argc, char **argv, FILE *out)
{
	int error;

	if (!strcmp(argv[0], "help") && argc == 1) {
		fprintf(out,
			"help | stats | irq [VECTOR] | fault [NAME [on|off|N]] | clear | lie SEED [KINDS]|off | lies [log] | quit | %s; faults: ",
			c->model.ops->help);
		fault_help(&c->faults, out);
		fputs("; lies: all, ", out);
		lie_help(&c->faults.lies, out);
		return 0;
	}
	if (!strcmp(argv[0], "stats") && argc == 1) {
		fprintf(out, "model=%s irqs=%" PRIu64 " lost_irqs=%" PRIu64 " vectors=",
			c->model.ops->name, c->irqs, c->faults.happened[FAULT_LOST_IRQ]);
		card_print_vectors(c, out);
		fprintf(out, " power=%s suspends=%" PRIu64 " resumes=%" PRIu64
			" asleep_accesses=%" PRIu64, pci_is_awake(&c->pci) ? "D0" : "D3hot",
			c->power.suspends, c->power.resumes, c->power.accesses);
		fputs(" faults=", out);
		fault_print(&c->faults, out);
		c->model.ops->stats(c->model.model, out);
		return 0;
	}
	if (!strcmp(argv[0], "irq") && argc <= 2) {
		unsigned long vector = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;

		if (vector < VFU_VECTORS && card_send_irq(c, (unsigned int)vector))
			return 0;
		fputs("no interrupt is enabled", out);
		return -EINVAL;
	}
	if (!strcmp(argv[0], "fault") && argc == 1) {
		fault_print(&c->faults, out);
		return 0;
	}
	if (!strcmp(argv[0], "fault") && argc <= 3) {
		error = fault_set(&c->faults, argv[1], argc > 2 ? argv[2] : NULL);
		if (!error)
			return 0;
		if (error == -ENOTSUP)
			fputs("this card does not have that fault: see help", out);
		else
			fputs("no such fault, or not on, off or a number: see help", out);
		return -EINVAL;
	}
	if (!strcmp(argv[0], "lie") && (argc == 2 || argc == 3)) {
		if (!card_lie(c, argv[1], argc > 2 ? argv[2] : NULL))
			return 0;
		fputs("no number, off, or no such lies: see help", out);
		return -EINVAL;
	}
	if (!strcmp(argv[0], "lies") && argc == 1) {
		lie_print(&c->faults.lies, out);
		return 0;
	}
	if (!strcmp(argv[0], "lies") && argc == 2 && !strcmp(argv[1], "log")) {
		lie_print_log(&c->faults.lies, out);
		return 0;
	}
	if (!strcmp(argv[0], "clear") && argc == 1) {
		fault_clear(&c->faults);
		lie_stop(&c->faults.lies);
		return 0;
	}
	error = c->model.ops->command(c->model.model, argc, argv, out);
	if (error == -ENOENT) {
		fputs("unknown command or wrong arguments: see help", out);
		error = -EINVAL;
	}
	return error;
}

// SPDX-License-Identifier: GPL-2.0-only
/* The LitePCIe model's registers: banks of a LiteX design, where its map has them. */
#include <string.h>

#include "litepcie_model.h"

/* Behind the two directions of a channel's bank, as far as they are built in */
enum lite_regs_extra {
	LITE_EXTRA_LOOPBACK, LITE_EXTRA_BYPASS, LITE_EXTRA_MODE, LITE_EXTRA_READER_CONTROL,
	LITE_EXTRA_READER_LEVEL, LITE_EXTRA_WRITER_CONTROL, LITE_EXTRA_WRITER_LEVEL, LITE_EXTRA_NUM,
};

/* Which one is at @reg? LITE_EXTRA_NUM: none */
static enum lite_regs_extra lite_regs_extra(const struct lite_channel *ch, uint32_t reg)
{
	const struct lite_config *c = &ch->card->config;
	const bool there[LITE_EXTRA_NUM] = {
		[LITE_EXTRA_LOOPBACK] = !c->no_loopback,
		[LITE_EXTRA_BYPASS] = c->map.sync,
		[LITE_EXTRA_MODE] = c->map.sync,
		[LITE_EXTRA_READER_CONTROL] = c->buffering && ch->reader.exists,
		[LITE_EXTRA_READER_LEVEL] = c->buffering && ch->reader.exists,
		[LITE_EXTRA_WRITER_CONTROL] = c->buffering && ch->writer.exists,
		[LITE_EXTRA_WRITER_LEVEL] = c->buffering && ch->writer.exists,
	};
	uint32_t at = LITE_SIDE_BYTES * (ch->writer.exists + ch->reader.exists);
	unsigned int i;

	for (i = 0; i < LITE_EXTRA_NUM; i++) {
		if (there[i] && reg == at)
			break;
		at += there[i] ? 4 : 0;
	}
	return i;
}

static uint32_t lite_regs_read_extra(const struct lite_channel *ch, uint32_t reg)
{
	switch (lite_regs_extra(ch, reg)) {
	case LITE_EXTRA_LOOPBACK:
		return ch->loopback;
	case LITE_EXTRA_BYPASS:
		return ch->bypass;
	case LITE_EXTRA_MODE:
		return ch->mode;
	case LITE_EXTRA_READER_CONTROL:
		return ch->fifo_control[0];
	case LITE_EXTRA_READER_LEVEL:
		return (uint32_t)lite_least(ch->sink.in - ch->sink.out, LITE_READER_BUFFER);
	case LITE_EXTRA_WRITER_CONTROL:
		return ch->fifo_control[1];
	case LITE_EXTRA_WRITER_LEVEL:
		return (uint32_t)(ch->feed.in - ch->feed.out);
	default:
		return 0;
	}
}

static void lite_regs_write_extra(struct lite_channel *ch, uint32_t reg, uint32_t value)
{
	switch (lite_regs_extra(ch, reg)) {
	case LITE_EXTRA_LOOPBACK:
		ch->loopback = value & 1;
		break;
	case LITE_EXTRA_BYPASS:
		ch->bypass = value & 1;
		break;
	case LITE_EXTRA_MODE:
		ch->mode = value & 3;
		break;
	case LITE_EXTRA_READER_CONTROL:
		ch->fifo_control[0] = value;
		break;
	case LITE_EXTRA_WRITER_CONTROL:
		ch->fifo_control[1] = value;
		break;
	default:
		return;
	}
	lite_sync_refresh(ch);
}

static struct lite_side *lite_regs_side(struct lite_channel *ch, uint32_t *reg)
{
	struct lite_side *sides[] = { &ch->writer, &ch->reader };

	for (unsigned int i = 0; i < 2; i++) {
		if (sides[i]->exists && *reg - sides[i]->at < LITE_SIDE_BYTES) {
			*reg -= sides[i]->at;
			return sides[i];
		}
	}
	return NULL;
}

static uint32_t lite_regs_read_dma(struct lite_channel *ch, uint32_t reg)
{
	struct lite_side *s = lite_regs_side(ch, &reg);

	if (!s)
		return lite_regs_read_extra(ch, reg);
	switch (reg) {
	case LITE_ENABLE:
		return lite_engine_state(ch, s);
	case LITE_VALUE_HI:
		return s->table.value[ch->card->config.little];
	case LITE_VALUE_LO:
		return s->table.value[!ch->card->config.little];
	case LITE_WE:
		return s->table.we;
	case LITE_MODE:
		return s->table.loop;
	case LITE_STATUS:
		return lite_table_status(ch->card, &s->table);
	case LITE_LEVEL:
		return s->table.level;
	}
	return 0;
}

static void lite_regs_write_dma(struct lite_channel *ch, uint32_t reg, uint32_t value)
{
	struct lite_side *s = lite_regs_side(ch, &reg);
	bool high;

	if (!s) {
		lite_regs_write_extra(ch, reg, value);
		return;
	}
	switch (reg) {
	case LITE_ENABLE:
		lite_engine_enable(ch, s, value);
		break;
	case LITE_VALUE_HI:
	case LITE_VALUE_LO:
		/* Upper word first: it has 26 bits */
		high = (reg == LITE_VALUE_HI) != ch->card->config.little;
		s->table.value[!high] = value & (high ? LITE_VALUE_BITS : UINT32_MAX);
		break;
	case LITE_WE:
		s->table.we = value;
		lite_table_push(ch->card, &s->table);
		break;
	case LITE_MODE:
		s->table.loop = value & 1;
		break;
	case LITE_RESET:
		if (!(value & 1))
			break;
		lite_engine_forget(s);
		break;
	}
}

static uint32_t lite_regs_read_phy(const struct lite *x, uint32_t reg)
{
	const struct pci *pci = x->host->pci(x->host->machine);

	switch (reg) {
	case LITE_PHY_LINK:
		return 1 | 1 << 1 | 2 << 2 | 0x16 << 4;
	case LITE_PHY_MSI:
		return pci_irq_kind(pci) == PCI_IRQ_MSI;
	case LITE_PHY_MSIX:
		return pci_irq_kind(pci) == PCI_IRQ_MSIX;
	case LITE_PHY_MASTER:
		return pci_is_master(pci);
	case LITE_PHY_REQUEST:
		return pci_max_read(pci);
	case LITE_PHY_PAYLOAD:
		return pci_max_payload(pci);
	}
	return 0;
}

static uint32_t lite_regs_read_header(const struct lite *x, uint32_t reg)
{
	switch (reg) {
	case LITE_TX_CONTROL:
		return x->header_control[0];
	case LITE_TX_CYCLES:
		return x->header_cycles[0];
	case LITE_RX_CONTROL:
		return x->header_control[1];
	case LITE_RX_CYCLES:
		return x->header_cycles[1];
	case LITE_LAST_RX_HEADER:
	case LITE_LAST_RX_HEADER + 4:
		return x->channel[0].feed.headers ? (uint32_t)LITE_MAGIC : 0;
	case LITE_LAST_RX_TIME:
		return (uint32_t)(x->last_time >> 32);
	case LITE_LAST_RX_TIME + 4:
		return (uint32_t)x->last_time;
	}
	return 0;
}

static void lite_regs_write_header(struct lite *x, uint32_t reg, uint32_t value)
{
	if (reg == LITE_TX_CONTROL || reg == LITE_RX_CONTROL)
		x->header_control[reg == LITE_RX_CONTROL] = value & 3;
	else if (reg == LITE_TX_CYCLES || reg == LITE_RX_CYCLES)
		x->header_cycles[reg == LITE_RX_CYCLES] = value;
}

/* The channel whose bank it is in, or NULL; @at becomes the register's place in it. */
static struct lite_channel *lite_regs_channel(struct lite *x, uint32_t *at)
{
	uint32_t number = (*at - x->config.map.dma) / LITE_BANK;

	if (*at < x->config.map.dma || number >= x->config.channels)
		return NULL;
	*at = (*at - x->config.map.dma) % LITE_BANK;
	return &x->channel[number];
}

static bool lite_regs_is_in(uint32_t at, uint32_t bank)
{
	return bank && at >= bank && at - bank < LITE_BANK;
}

uint32_t lite_regs_read(struct lite *x, uint32_t at)
{
	const struct lite_map *map = &x->config.map;
	struct lite_channel *ch = lite_regs_channel(x, &at);
	size_t n;

	if (ch)
		return lite_regs_read_dma(ch, at);
	if (at == LITE_CTRL_SCRATCH)
		return x->scratch;
	if (lite_regs_is_in(at, map->ident)) {
		n = (at - map->ident) / 4;
		return n < strlen(map->text) ? (uint8_t)map->text[n] : 0;
	}
	if (lite_regs_is_in(at, map->phy))
		return lite_regs_read_phy(x, at - map->phy);
	if (lite_regs_is_in(at, map->msi))
		return lite_irq_read(x, at - map->msi);
	if (lite_regs_is_in(at, map->header))
		return lite_regs_read_header(x, at - map->header);
	if (lite_regs_is_in(at, map->time))
		return lite_sync_time_read(x, at - map->time);
	return 0;
}

void lite_regs_write(struct lite *x, uint32_t at, uint32_t value)
{
	const struct lite_map *map = &x->config.map;
	struct lite_channel *ch = lite_regs_channel(x, &at);

	if (ch)
		lite_regs_write_dma(ch, at, value);
	else if (at == LITE_CTRL_RESET && value & 1)
		lite_step_reset(x);
	else if (at == LITE_CTRL_SCRATCH && !x->config.bad_id)
		x->scratch = value;
	else if (lite_regs_is_in(at, map->msi))
		lite_irq_write(x, at - map->msi, value);
	else if (lite_regs_is_in(at, map->header))
		lite_regs_write_header(x, at - map->header, value);
	else if (lite_regs_is_in(at, map->time))
		lite_sync_time_write(x, at - map->time, value);
}

/* What a driver may have changed and that is not a matter of what flows */
void lite_regs_print(struct lite *x, FILE *out)
{
	const struct lite_map *map = &x->config.map;
	uint32_t status;

	fprintf(out, " scratch:%08x msi:%llx", x->scratch, (unsigned long long)x->enable);
	for (unsigned int i = 0; i < x->config.channels; i++) {
		struct lite_channel *ch = &x->channel[i];
		struct lite_side *sides[] = { &ch->writer, &ch->reader };

		for (unsigned int n = 0; n < 2; n++) {
			const struct lite_table *t = &sides[n]->table;

			if (!sides[n]->exists)
				continue;
			status = (uint32_t)t->count << 16 | t->index;
			fprintf(out, " %s%u:%d,%d,%u,%u", n ? "reader" : "writer", i,
				sides[n]->enabled, t->loop, t->level, status);
		}
		fprintf(out, " loopback%u:%d sync%u:%x,%x fifo%u:%x,%x", i, ch->loopback, i,
			ch->bypass, ch->mode, i, ch->fifo_control[0], ch->fifo_control[1]);
	}
	if (map->header)
		fprintf(out, " header:%x,%x,%x,%x", x->header_control[0], x->header_cycles[0],
			x->header_control[1], x->header_cycles[1]);
	if (map->time)
		fprintf(out, " time:%x,%x", x->time_control, x->time_increment);
}

void lite_regs_reset(struct lite *x)
{
	x->scratch = x->config.scratch;
	for (unsigned int i = 0; i < 2; i++) {
		x->header_control[i] = LITE_HEADER_RESET;
		x->header_cycles[i] = LITE_CYCLES;
	}
	x->last_time = 0;
	x->time_increment = 10u << 24;
	x->time_control = LITE_TIME_ENABLE;
	x->time_read = 0;
	x->time_write = 0;
	lite_irq_reset(x);
}

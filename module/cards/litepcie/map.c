// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a LiteX design has its registers. See map.h. Pure: tests/unit builds it as a
 * program, too.
 *
 * LiteX assigns addresses per design, and writes them to files next to the bitstream: the
 * hardware has no table of them. Known designs have a table here; the user tells those of
 * others as a list of NAME:NUMBER.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#else
#include "kernel.h"
#endif

#include "map.h"
#include "regs.h"

/*
 * Where nothing in a build tells the width of the PHY's data path, a multiple of it does: no
 * PHY has more than 64 bytes, and none with headers more than 16.
 */
#define LITE_MAP_BEAT		64
#define LITE_MAP_BEAT_HEADERS	16

/* What is not told */
#define LITE_MAP_DEFAULT					\
	.depth = 256, .writer = true, .reader = true,		\
	.loopback = true, .lines = { -1, -1, -1, -1, -1, -1, -1, -1 }

static const struct {
	const char *begins;
	struct lite_map map;
} lite_maps[] = {
	{
		.begins = "LiteX-M2SDR SoC",
		.map = {
			LITE_MAP_DEFAULT,
			.dma = { 0x6000 }, .dmas = 1, .msi = 0x5800, .ident = 0x4000,
			.header = 0xb800, .width = 64, .sync = true, .buffering = true,
			/* With four lanes; one or two have 8 */
			.beat = LITE_MAP_BEAT_HEADERS, .channels = 4,
		},
	},
};

/**
 * lite_map_known() - a design that is known
 * @n: counts from 0
 * @begins: what its identifier begins with
 *
 * Return: where its registers are, or NULL: there are no more.
 */
const struct lite_map *lite_map_known(unsigned int n, const char **begins)
{
	if (n >= ARRAY_SIZE(lite_maps))
		return NULL;
	*begins = lite_maps[n].begins;
	return &lite_maps[n].map;
}

/* "dma0" to "dma3" with @prefix "dma"; -1: it is none of them */
static int lite_map_number(const char *name, const char *prefix)
{
	size_t length = strlen(prefix);

	if (strncmp(name, prefix, length) || name[length] < '0' ||
	    name[length] >= '0' + LITE_DMAS || name[length + 1])
		return -1;
	return name[length] - '0';
}

/* The items of which there is one for each channel. False: it is none of them. */
static bool lite_map_set_channel(struct lite_map *map, const char *name, u32 value)
{
	int n = lite_map_number(name, "dma");

	if (n >= 0) {
		map->dma[n] = value;
		map->dmas = max(map->dmas, (unsigned int)n + 1);
		return true;
	}
	n = lite_map_number(name, "reader-irq");
	if (n >= 0) {
		map->lines[2 * n] = value;
		return true;
	}
	n = lite_map_number(name, "writer-irq");
	if (n >= 0)
		map->lines[2 * n + 1] = value;
	return n >= 0;
}

static bool lite_map_set(struct lite_map *map, const char *name, u32 value)
{
	const struct {
		const char *name;
		u32 *where;
		unsigned int *number;
		bool *flag;
	} items[] = {
		{ "msi", .where = &map->msi },
		{ "ident", .where = &map->ident },
		{ "header", .where = &map->header },
		{ "width", .number = &map->width },
		{ "depth", .number = &map->depth },
		{ "beat", .number = &map->beat },
		{ "writer", .flag = &map->writer },
		{ "reader", .flag = &map->reader },
		{ "loopback", .flag = &map->loopback },
		{ "sync", .flag = &map->sync },
		{ "buffering", .flag = &map->buffering },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(items); i++) {
		if (strcmp(name, items[i].name))
			continue;
		if (items[i].where)
			*items[i].where = value;
		else if (items[i].number)
			*items[i].number = value;
		else
			*items[i].flag = value;
		return true;
	}
	if (!strcmp(name, "kind") && value <= LITE_KIND_WIDE) {
		map->kind = value;
		return true;
	}
	return lite_map_set_channel(map, name, value);
}

/**
 * lite_map_parse() - read what somebody has told
 * @map: filled in
 * @text: "dma0:0x6000,msi:0x5800,ident:0x4000,...", which is taken apart
 * @wrong: the item that is not understood
 *
 * Return: 0 or -EINVAL.
 */
int lite_map_parse(struct lite_map *map, char *text, const char **wrong)
{
	char *item, *colon;
	u32 value;

	*map = (struct lite_map){ LITE_MAP_DEFAULT, .width = 32 };
	while ((item = strsep(&text, ",\n "))) {
		if (!*item)
			continue;
		*wrong = item;
		colon = strchr(item, ':');
		if (!colon)
			return -EINVAL;
		if (kstrtou32(colon + 1, 0, &value))
			return -EINVAL;
		*colon = '\0';
		if (!lite_map_set(map, item, value))
			return -EINVAL;
	}
	if (!map->beat)
		map->beat = map->header ? LITE_MAP_BEAT_HEADERS : LITE_MAP_BEAT;
	return 0;
}

/* Is there a bank, and no other one in it? */
static bool lite_map_fits(const struct lite_map *map, u64 at, u64 bar_bytes)
{
	const u64 others[] = { map->msi, map->ident, map->header,
			       map->dma[0], map->dma[1], map->dma[2], map->dma[3] };
	unsigned int i, same = 0;

	/* The first bank is that of the scratch register. */
	if (at < LITE_BANK_BYTES || at % 4 || at + LITE_BANK_BYTES > bar_bytes)
		return false;
	for (i = 0; i < ARRAY_SIZE(others); i++) {
		if (others[i] && at < others[i] + LITE_BANK_BYTES &&
		    others[i] < at + LITE_BANK_BYTES)
			same++;
	}
	return same == 1;
}

/* Does each Writer and Reader have an interrupt of its own? */
static bool lite_map_lines_differ(const struct lite_map *map)
{
	u32 seen = 0, bit;
	unsigned int i;

	for (i = 0; i < 2 * map->dmas; i++) {
		if (!(i % 2 ? map->writer : map->reader))
			continue;
		bit = 1U << lite_map_line(map, i / 2, i % 2);
		if (seen & bit)
			return false;
		seen |= bit;
	}
	return true;
}

/**
 * lite_map_check() - can a design be so?
 * @map: what was told
 * @bar_bytes: size of BAR 0
 *
 * Return: NULL, or what is wrong.
 */
const char *lite_map_check(const struct lite_map *map, u64 bar_bytes)
{
	unsigned int i;

	if (!map->dmas || (!map->writer && !map->reader))
		return "there is no DMA channel";
	for (i = 0; i < map->dmas; i++) {
		if (!lite_map_fits(map, map->dma[i], bar_bytes))
			return "dma: no place for a bank of registers";
	}
	if (!lite_map_fits(map, map->msi, bar_bytes))
		return "msi: no place for a bank of registers";
	if (!lite_map_fits(map, map->ident, bar_bytes))
		return "ident: no place for an identifier";
	if (map->header && !lite_map_fits(map, map->header, bar_bytes))
		return "header: no place for a bank of registers";
	if (map->width != 32 && map->width != 64)
		return "width: 32 or 64";
	if (map->depth < 8 || map->depth > 4096)
		return "depth: from 8 to 4096";
	if (map->beat < 4 || map->beat > 64 || map->beat & (map->beat - 1))
		return "beat: 4, 8, 16, 32 or 64 bytes";
	if (map->header && map->beat > 16)
		return "header: of 16 bytes, it has no place of its own on so wide a data path";
	if (map->sync && !(map->writer && map->reader))
		return "sync: only between a Writer and a Reader";
	for (i = 0; i < ARRAY_SIZE(map->lines); i++) {
		if (map->lines[i] > 31)
			return "interrupts: from 0 to 31";
	}
	if (!lite_map_lines_differ(map))
		return "interrupts: a line serves two";
	return NULL;
}

/** lite_map_line() - the interrupt of a Writer or a Reader: in the order of names, unless told */
unsigned int lite_map_line(const struct lite_map *map, unsigned int dma, bool writer)
{
	unsigned int each = map->writer + map->reader;

	if (map->lines[2 * dma + writer] >= 0)
		return map->lines[2 * dma + writer];
	return dma * each + (writer && map->reader);
}

/** lite_map_extra() - where in a channel's bank the synchronizer is */
u32 lite_map_extra(const struct lite_map *map)
{
	return LITE_SIDE_BYTES * (map->writer + map->reader) + (map->loopback ? 4 : 0);
}

/** lite_map_fifo() - where in a channel's bank the Writer's FIFO is */
u32 lite_map_fifo(const struct lite_map *map)
{
	return lite_map_extra(map) + (map->sync ? 8 : 0) + (map->reader ? 8 : 0);
}

/** lite_map_reader_fifo() - where the Reader's FIFO is */
u32 lite_map_reader_fifo(const struct lite_map *map)
{
	return lite_map_extra(map) + (map->sync ? 8 : 0);
}

/* Are some of the @bytes from @from on in the page at @at? */
static bool lite_map_is_in(u64 from, u64 bytes, u64 at, u64 page)
{
	return from < at + page && at < from + bytes;
}

/**
 * lite_map_rest() - what of the BAR may be shown to programs
 * @map: where registers are that can write to any memory
 * @bar_bytes: size of BAR 0
 * @page: size of a page
 * @start: filled in
 * @end: as well; behind it
 *
 * The largest piece of whole pages without them.
 *
 * Return: false if there is none.
 */
bool lite_map_rest(const struct lite_map *map, u64 bar_bytes, u64 page, u64 *start, u64 *end)
{
	u64 at, from = 0;
	unsigned int i;

	*start = 0;
	*end = 0;
	for (at = 0; at < bar_bytes; at += page) {
		bool ours = lite_map_is_in(map->msi, LITE_BANK_BYTES, at, page) ||
			    lite_map_is_in(map->table, map->table_bytes, at, page);

		for (i = 0; i < map->dmas; i++)
			ours |= lite_map_is_in(map->dma[i], LITE_BANK_BYTES, at, page);
		if (ours) {
			from = at + page;
		} else if (at + page - from > *end - *start && at + page <= bar_bytes) {
			*start = from;
			*end = at + page;
		}
	}
	return *end > *start;
}

/**
 * lite_map_is_old() - may the gateware count a descriptor before its last packet is sent?
 * @text: its identifier
 *
 * LitePCIe did until October 2023. An identifier ends with the date of the build, if it has
 * one.
 */
bool lite_map_is_old(const char *text)
{
	const char *at;

	for (at = strstr(text, "20"); at; at = strstr(at + 1, "20")) {
		if (at[2] >= '0' && at[2] <= '9' && at[3] >= '0' && at[3] <= '9' && at[4] == '-')
			return at[2] < '2' || (at[2] == '2' && at[3] < '4');
	}
	return true;
}

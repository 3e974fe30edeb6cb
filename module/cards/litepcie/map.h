/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a LiteX design has its registers, which nothing in it tells. */
#ifndef ACQ_LITEPCIE_MAP_H
#define ACQ_LITEPCIE_MAP_H

#include <linux/types.h>

#define LITE_DMAS	4	/* channels, at most */
#define LITE_TEXT	128	/* of an identifier that is kept, with its end */

/* How a design interrupts */
enum lite_kind {
	LITE_KIND_ONE,		/* one message for all lines */
	LITE_KIND_MANY,		/* line n is message n; MSI or MSI-X */
	LITE_KIND_WIDE,		/* as well, and the register is of 64 bits, upper word first */
};

/**
 * struct lite_map - where a design has its registers
 * @dma: banks of its DMA channels, in BAR 0
 * @dmas: how many there are
 * @msi: bank of its interrupts
 * @table: where MSI-X has its messages, as PCI tells
 * @table_bytes: their size, 0: they are not in BAR 0
 * @ident: where its identifier is
 * @header: bank of an M2SDR's headers, 0: it has none
 * @kind: how it interrupts
 * @width: bits of an address
 * @depth: descriptors of a table
 * @beat: bytes of the PHY's data path, or a multiple of that
 * @writer: channels have a Writer
 * @reader: channels have a Reader
 * @loopback: they have the register for a loopback
 * @sync: they have a synchronizer
 * @buffering: and FIFOs, whose depth stands in a register
 * @channels: samples in a frame, 0: not known
 * @lines: interrupts of Readers and Writers, one after the other; -1: in the order of
 *	their names
 */
struct lite_map {
	u32 dma[LITE_DMAS];
	unsigned int dmas;
	u32 msi;
	u32 table;
	u32 table_bytes;
	u32 ident;
	u32 header;
	enum lite_kind kind;
	unsigned int width;
	unsigned int depth;
	unsigned int beat;
	bool writer;
	bool reader;
	bool loopback;
	bool sync;
	bool buffering;
	unsigned int channels;
	int lines[2 * LITE_DMAS];
};

const struct lite_map *lite_map_known(unsigned int n, const char **begins);
int lite_map_parse(struct lite_map *map, char *text, const char **wrong);
const char *lite_map_check(const struct lite_map *map, u64 bar_bytes);
unsigned int lite_map_line(const struct lite_map *map, unsigned int dma, bool writer);
u32 lite_map_extra(const struct lite_map *map);
u32 lite_map_fifo(const struct lite_map *map);
u32 lite_map_reader_fifo(const struct lite_map *map);
bool lite_map_rest(const struct lite_map *map, u64 bar_bytes, u64 page, u64 *start, u64 *end);
bool lite_map_is_old(const char *text);

#endif /* ACQ_LITEPCIE_MAP_H */

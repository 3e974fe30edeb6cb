// SPDX-License-Identifier: GPL-2.0-only
/*
 * acq csr: what a LiteX build says of its registers, as the driver wants to be told.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "exit.h"
#include "report.h"

#define CSR_DMAS	4
#define CSR_NONE	UINT64_MAX

/* What a DMA channel may have */
enum csr_part {
	CSR_WRITER,
	CSR_READER,
	CSR_LOOPBACK,
	CSR_SYNC,
	CSR_BUFFERING,
	CSR_PARTS,
};

/* What of a build matters */
struct csr {
	uint64_t ctrl;
	uint64_t dma[CSR_DMAS];
	uint64_t msi;
	uint64_t ident;
	uint64_t header;
	uint64_t width;
	uint64_t irq[CSR_DMAS][2];	/* of Reader and Writer */
	unsigned int has[CSR_DMAS];	/* CSR_WRITER and so on */
	bool little;		/* registers of 64 bits begin with the lower word */
	bool clears;		/* one message for all */
	unsigned int pba;	/* words of MSI-X's pending bits */
	bool inserts;		/* headers */
};

static void csr_base(struct csr *csr, const char *name, uint64_t value)
{
	const struct {
		const char *name;
		uint64_t *where;
	} bases[] = {
		{ "ctrl", &csr->ctrl }, { "pcie_msi", &csr->msi },
		{ "identifier_mem", &csr->ident },
		{ "header", &csr->header },
	};
	unsigned int i;
	int end;

	for (i = 0; i < sizeof(bases) / sizeof(*bases); i++)
		if (!strcmp(name, bases[i].name))
			*bases[i].where = value;
	if (sscanf(name, "pcie_dma%u%n", &i, &end) == 1 && !name[end] && i < CSR_DMAS)
		csr->dma[i] = value;
}

static void csr_channel(struct csr *csr, const char *name)
{
	static const struct {
		enum csr_part part;
		const char *name;
	} parts[] = {
		{ CSR_WRITER, "writer_enable" },
		{ CSR_READER, "reader_enable" },
		{ CSR_LOOPBACK, "loopback_enable" },
		{ CSR_SYNC, "synchronizer_bypass" },
		{ CSR_BUFFERING, "buffering_writer_fifo_control" },
		{ CSR_BUFFERING, "buffering_reader_fifo_control" },
	};
	unsigned int i, n;
	int end = 0;

	if (sscanf(name, "pcie_dma%u_%n", &n, &end) != 1 || !end || n >= CSR_DMAS)
		return;
	for (i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		if (!strcmp(name + end, parts[i].name))
			csr->has[n] |= 1U << parts[i].part;
}

static void csr_register(struct csr *csr, const char *name, uint64_t words)
{
	csr_channel(csr, name);
	csr->clears |= !strcmp(name, "pcie_msi_clear");
	csr->inserts |= !strcmp(name, "header_rx_control");
	if (!strcmp(name, "pcie_msi_pba"))
		csr->pba = words;
}

static void csr_constant(struct csr *csr, const char *name, uint64_t value)
{
	char direction[8];
	unsigned int i;
	int end = 0;

	if (!strcmp(name, "dma_addr_width"))
		csr->width = value;
	csr->little |= !strcmp(name, "config_csr_ordering_little");
	if (sscanf(name, "pcie_dma%u_%6[a-z]_interrupt%n", &i, direction, &end) != 2 || !end ||
	    name[end] || i >= CSR_DMAS)
		return;
	if (!strcmp(direction, "reader"))
		csr->irq[i][0] = value;
	else if (!strcmp(direction, "writer"))
		csr->irq[i][1] = value;
}

/* A line of csr.csv: what, name, value, words, access */
static void csr_take_line(struct csr *csr, char *line)
{
	char *field[4] = { NULL }, *next = line;
	unsigned int n;

	line[strcspn(line, "\r\n")] = '\0';
	for (n = 0; n < 4 && next; n++)
		field[n] = strsep(&next, ",");
	if (n < 3)
		return;
	if (!strcmp(field[0], "csr_base"))
		csr_base(csr, field[1], strtoull(field[2], NULL, 0));
	else if (!strcmp(field[0], "csr_register"))
		csr_register(csr, field[1], field[3] ? strtoull(field[3], NULL, 0) : 1);
	else if (!strcmp(field[0], "constant"))
		csr_constant(csr, field[1], strtoull(field[2], NULL, 0));
}

static void csr_take_csv(struct csr *csr, FILE *file)
{
	char line[1000];

	while (fgets(line, sizeof(line), file))
		csr_take_line(csr, line);
}

static void csr_take_json(struct csr *csr, json_object *root)
{
	json_object *part, *words;

	if (json_object_object_get_ex(root, "csr_bases", &part)) {
		json_object_object_foreach(part, base, where)
			csr_base(csr, base, json_object_get_int64(where));
	}
	if (json_object_object_get_ex(root, "csr_registers", &part)) {
		json_object_object_foreach(part, reg, what)
			csr_register(csr, reg, json_object_object_get_ex(what, "size", &words) ?
					       json_object_get_int64(words) : 1);
	}
	if (json_object_object_get_ex(root, "constants", &part)) {
		json_object_object_foreach(part, constant, number)
			csr_constant(csr, constant, json_object_get_int64(number));
	}
}

/* Returns an exit status. */
static int csr_read(struct csr *csr, const char *path)
{
	FILE *file = fopen(path, "r");
	json_object *root;
	int c;

	if (!file) {
		complain("%s: %s", path, strerror(errno));
		return EXIT_SYSTEM;
	}
	c = fgetc(file);
	ungetc(c, file);
	if (c != '{')
		csr_take_csv(csr, file);
	fclose(file);
	if (c != '{')
		return EXIT_OK;
	root = json_object_from_file(path);
	if (!root) {
		complain("%s: %s", path, json_util_get_last_err());
		return EXIT_SYSTEM;
	}
	csr_take_json(csr, root);
	json_object_put(root);
	return EXIT_OK;
}

/* Addresses in these files count from where the processor has them; the BAR begins with ctrl. */
static void csr_print_base(const struct csr *csr, const char *name, uint64_t base)
{
	if (base != CSR_NONE)
		printf(",%s:0x%" PRIx64, name, base - csr->ctrl);
}

static bool csr_has(const struct csr *csr, enum csr_part part)
{
	return csr->has[0] & 1U << part;
}

static void csr_print(const struct csr *csr)
{
	unsigned int i;

	printf("ident:0x%" PRIx64, csr->ident - csr->ctrl);
	csr_print_base(csr, "msi", csr->msi);
	if (csr->inserts)
		csr_print_base(csr, "header", csr->header);
	for (i = 0; i < CSR_DMAS; i++) {
		char name[8];

		snprintf(name, sizeof(name), "dma%u", i);
		csr_print_base(csr, name, csr->dma[i]);
		if (csr->dma[i] == CSR_NONE)
			continue;
		if (csr->irq[i][0] != CSR_NONE)
			printf(",reader-irq%u:%" PRIu64, i, csr->irq[i][0]);
		if (csr->irq[i][1] != CSR_NONE)
			printf(",writer-irq%u:%" PRIu64, i, csr->irq[i][1]);
	}
	printf(",width:%" PRIu64 ",kind:%u,writer:%d,reader:%d,loopback:%d,sync:%d,buffering:%d\n",
	       csr->width, csr->clears ? 0 : csr->pba > 1 ? 2 : 1, csr_has(csr, CSR_WRITER),
	       csr_has(csr, CSR_READER), csr_has(csr, CSR_LOOPBACK), csr_has(csr, CSR_SYNC),
	       csr_has(csr, CSR_BUFFERING));
}

/* Can the driver serve it? Returns why not. */
static const char *csr_refuse(const struct csr *csr)
{
	unsigned int i;

	if (csr->dma[0] == CSR_NONE || csr->msi == CSR_NONE || csr->ident == CSR_NONE)
		return "no pcie_dma0, pcie_msi or identifier_mem: is it of a design with LitePCIe?";
	if (csr->little)
		return "csr_ordering=little is not served: build it with csr_ordering=big";
	for (i = 1; i < CSR_DMAS; i++)
		if (csr->dma[i] != CSR_NONE && csr->has[i] != csr->has[0])
			return "its DMA channels differ in what is built in";
	return NULL;
}

int cmd_csr(int argc, char **argv)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ }
	};
	struct csr csr = {
		.msi = CSR_NONE, .ident = CSR_NONE, .header = CSR_NONE,
		.width = 32,
	};
	const char *wrong;
	unsigned int i;
	int c, err;

	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'h':
			puts("usage: acq csr FILE\n\n"
			     "Print the register addresses of a LitePCIe design, from the csr.csv or csr.json\n"
			     "that LiteX wrote with its gateware, in the form of the driver's parameter\n"
			     "litepcie_csr. See docs/litepcie.md.");
			return EXIT_OK;
		default:
			return usage_error("csr");
		}
	}
	if (argc - optind != 1) {
		complain("which file?");
		return usage_error("csr");
	}
	for (i = 0; i < CSR_DMAS; i++) {
		csr.dma[i] = CSR_NONE;
		csr.irq[i][0] = CSR_NONE;
		csr.irq[i][1] = CSR_NONE;
	}
	err = csr_read(&csr, argv[optind]);
	if (err)
		return err;
	wrong = csr_refuse(&csr);
	if (wrong) {
		complain("%s: %s", argv[optind], wrong);
		return EXIT_SYSTEM;
	}
	csr_print(&csr);
	return EXIT_OK;
}

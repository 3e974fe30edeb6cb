// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "asset.h"

/* The assembler finds FILE in the directories that the build names. */
#define ASSET(name, file)						\
	asm(".section .rodata\n"					\
	    ".globl asset_" #name ", asset_" #name "_end\n"		\
	    "asset_" #name ":\n.incbin \"" file "\"\n"			\
	    "asset_" #name "_end:\n.byte 0\n.previous\n");		\
	extern const unsigned char asset_##name[], asset_##name##_end[]

ASSET(page, "index.html");
ASSET(style, "scope.css");
ASSET(script, "scope.js");
ASSET(charts, "charts.js");
ASSET(icon, "icon.svg");
ASSET(plot, "uPlot.iife.min.js");
ASSET(plot_style, "uPlot.min.css");
ASSET(plot_licence, "LICENSE");

#define ASSET_AT(path, type, name) { path, type, asset_##name, asset_##name##_end }

static const struct asset assets[] = {
	ASSET_AT("/", "text/html; charset=utf-8", page),
	ASSET_AT("/scope.css", "text/css; charset=utf-8", style),
	ASSET_AT("/scope.js", "text/javascript; charset=utf-8", script),
	ASSET_AT("/charts.js", "text/javascript; charset=utf-8", charts),
	ASSET_AT("/icon.svg", "image/svg+xml", icon),
	ASSET_AT("/uplot.js", "text/javascript; charset=utf-8", plot),
	ASSET_AT("/uplot.css", "text/css; charset=utf-8", plot_style),
	ASSET_AT("/uplot-licence.txt", "text/plain; charset=utf-8", plot_licence),
};

const struct asset *asset_find(const char *path)
{
	unsigned int i;

	for (i = 0; i < sizeof(assets) / sizeof(assets[0]); i++)
		if (!strcmp(path, assets[i].path))
			return &assets[i];
	return NULL;
}

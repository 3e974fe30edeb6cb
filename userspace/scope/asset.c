// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "asset.h"
#include "embed.h"

EMBED(page, "index.html");
EMBED(style, "scope.css");
EMBED(script, "scope.js");
EMBED(charts, "charts.js");
EMBED(icon, "icon.svg");
EMBED(plot, "uPlot.iife.min.js");
EMBED(plot_style, "uPlot.min.css");
EMBED(plot_licence, "LICENSE");

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

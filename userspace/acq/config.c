// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "names.h"
#include "text.h"

#define FILTER_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-_,"

static bool config_parse_name(const struct names *names, const char *value, __u32 *out)
{
	int v = name_value(names, value);

	if (v < 0)
		return false;
	*out = v;
	return true;
}

static bool config_parse_u64_or(const char *value, const char *zero,
				bool (*parse)(const char *s, uint64_t *out), __u64 *out)
{
	uint64_t v = 0;

	if (strcmp(value, zero) && !parse(value, &v))
		return false;
	*out = v;
	return true;
}

static bool config_parse_u32_or(const char *value, const char *zero,
				bool (*parse)(const char *s, uint64_t *out), __u32 *out)
{
	__u64 v;

	if (!config_parse_u64_or(value, zero, parse, &v) || v > UINT32_MAX)
		return false;
	*out = v;
	return true;
}

static void config_print_or(uint64_t v, const char *zero, char *(*format)(uint64_t v, char *buf),
			    char *text)
{
	if (v)
		format(v, text);
	else
		snprintf(text, TEXT_MAX, "%s", zero);
}

static bool config_parse_rate(struct acq_config *c, const char *value)
{
	uint64_t v;

	if (!parse_milli(value, &v) || !v)
		return false;
	c->rate_millihz = v;
	return true;
}

static void config_print_rate(const struct acq_config *c, char *text)
{
	format_milli(c->rate_millihz, text);
}

static bool config_parse_format(struct acq_config *c, const char *value)
{
	return config_parse_name(&format_names, value, &c->format);
}

static void config_print_format(const struct acq_config *c, char *text)
{
	snprintf(text, TEXT_MAX, "%s", name_of(&format_names, c->format));
}

static bool config_parse_mask(struct acq_config *c, const char *value)
{
	uint64_t v;

	if (!parse_channels(value, &v))
		return false;
	c->channel_mask = v;
	return true;
}

static void config_print_mask(const struct acq_config *c, char *text)
{
	format_channels(c->channel_mask, text);
}

static bool config_parse_frames(struct acq_config *c, const char *value)
{
	return config_parse_u64_or(value, "endless", parse_count, &c->count);
}

static void config_print_frames(const struct acq_config *c, char *text)
{
	config_print_or(c->count, "endless", format_count, text);
}

/* immediate, software, external, level:CHANNEL:LEVEL[:EDGE] */
static bool config_parse_trigger(struct acq_config *c, const char *value)
{
	char copy[64], *save, *word, *channel, *level, *edge;
	struct acq_config new = *c;
	uint64_t v;

	if (strlen(value) >= sizeof(copy))
		return false;
	strcpy(copy, value);
	word = strtok_r(copy, ":", &save);
	if (!word || !config_parse_name(&trigger_names, word, &new.trigger))
		return false;
	channel = strtok_r(NULL, ":", &save);
	if (new.trigger != ACQ_TRIGGER_LEVEL) {
		if (channel)
			return false;
		*c = new;
		return true;
	}
	level = strtok_r(NULL, ":", &save);
	edge = strtok_r(NULL, ":", &save);
	if (!channel || !level || strtok_r(NULL, ":", &save))
		return false;
	if (!parse_count(channel, &v) || v > 63 || !parse_int(level, &new.trigger_level))
		return false;
	new.trigger_channel = v;
	new.trigger_edge = ACQ_EDGE_RISING;
	if (edge && !config_parse_name(&edge_names, edge, &new.trigger_edge))
		return false;
	*c = new;
	return true;
}

static void config_print_trigger(const struct acq_config *c, char *text)
{
	if (c->trigger == ACQ_TRIGGER_LEVEL)
		snprintf(text, TEXT_MAX, "level:%u:%d:%s", c->trigger_channel, c->trigger_level,
			 name_of(&edge_names, c->trigger_edge));
	else
		snprintf(text, TEXT_MAX, "%s", name_of(&trigger_names, c->trigger));
}

static bool config_parse_pretrigger(struct acq_config *c, const char *value)
{
	return config_parse_u64_or(value, "none", parse_count, &c->pretrigger);
}

static void config_print_pretrigger(const struct acq_config *c, char *text)
{
	config_print_or(c->pretrigger, "none", format_count, text);
}

static bool config_parse_pattern(struct acq_config *c, const char *value)
{
	return config_parse_name(&pattern_names, value, &c->pattern);
}

static void config_print_pattern(const struct acq_config *c, char *text)
{
	snprintf(text, TEXT_MAX, "%s", name_of(&pattern_names, c->pattern));
}

static bool config_parse_transfer(struct acq_config *c, const char *value)
{
	return config_parse_name(&transfer_names, value, &c->transfer);
}

static void config_print_transfer(const struct acq_config *c, char *text)
{
	snprintf(text, TEXT_MAX, "%s", name_of(&transfer_names, c->transfer));
}

static bool config_parse_block(struct acq_config *c, const char *value)
{
	return config_parse_u32_or(value, "default", parse_size, &c->block_bytes);
}

static void config_print_block(const struct acq_config *c, char *text)
{
	config_print_or(c->block_bytes, "default", format_size, text);
}

static bool config_parse_ring(struct acq_config *c, const char *value)
{
	return config_parse_u64_or(value, "default", parse_size, &c->ring_bytes);
}

static void config_print_ring(const struct acq_config *c, char *text)
{
	config_print_or(c->ring_bytes, "default", format_size, text);
}

static bool config_parse_irq_frames(struct acq_config *c, const char *value)
{
	return config_parse_u32_or(value, "default", parse_count, &c->irq_frames);
}

static void config_print_irq_frames(const struct acq_config *c, char *text)
{
	config_print_or(c->irq_frames, "default", format_count, text);
}

static bool config_parse_irq_us(struct acq_config *c, const char *value)
{
	return config_parse_u32_or(value, "default", parse_count, &c->irq_us);
}

static void config_print_irq_us(const struct acq_config *c, char *text)
{
	config_print_or(c->irq_us, "default", format_count, text);
}

static bool config_parse_filter(struct acq_config *c, const char *value)
{
	size_t len = strlen(value);

	if (!strcmp(value, "none"))
		len = 0;
	if (len >= sizeof(c->filter) || (value[0] == '\0' || strspn(value, FILTER_CHARS) < len))
		return false;
	memset(c->filter, 0, sizeof(c->filter));
	memcpy(c->filter, value, len);
	return true;
}

static void config_print_filter(const struct acq_config *c, char *text)
{
	snprintf(text, TEXT_MAX, "%.*s", (int)sizeof(c->filter), c->filter[0] ? c->filter : "none");
}

const struct config_key config_keys[CONFIG_KEYS] = {
	{ "rate", "frames per second: 48k, 44.1k, 2M, 0.5", config_parse_rate, config_print_rate },
	{ "format", "s8 u8 s16 u16 s32 u32", config_parse_format, config_print_format },
	{ "channels", "how many (4), which (0,2-3), mask (0xd) or 'all'",
	  config_parse_mask, config_print_mask },
	{ "count", "frames of a run: 1M; 'endless'", config_parse_frames, config_print_frames },
	{ "trigger", "immediate software external level:CHANNEL:LEVEL[:rising|falling]",
	  config_parse_trigger, config_print_trigger },
	{ "pretrigger", "frames from before the trigger: 1000; 'none'", config_parse_pretrigger,
	  config_print_pretrigger },
	{ "pattern", "input (the card's inputs), ramp, prbs (tests)", config_parse_pattern,
	  config_print_pattern },
	{ "transfer", "auto dma fifo", config_parse_transfer, config_print_transfer },
	{ "block", "bytes of a block: 64k; 'default'", config_parse_block, config_print_block },
	{ "ring", "bytes of the ring: 16M; 'default'", config_parse_ring, config_print_ring },
	{ "irq_frames", "interrupt after this many frames: 4k; 'default'", config_parse_irq_frames,
	  config_print_irq_frames },
	{ "irq_us", "interrupt after this many microseconds: 1k; 'default'", config_parse_irq_us,
	  config_print_irq_us },
	{ "filter", "names of filters, the card's side first: swap,offset; 'none'",
	  config_parse_filter, config_print_filter },
};

static const struct config_key *config_find_key(const char *name, size_t len)
{
	unsigned int i;

	for (i = 0; i < CONFIG_KEYS; i++)
		if (strlen(config_keys[i].name) == len && !memcmp(config_keys[i].name, name, len))
			return &config_keys[i];
	return NULL;
}

bool config_set(struct acq_config *config, struct config_asked *asked, const char *setting,
		char *why, size_t size)
{
	const char *eq = strchr(setting, '=');
	const struct config_key *key;
	unsigned int i, len;

	if (!eq) {
		snprintf(why, size, "'%s' is not a setting: key=value is", setting);
		return false;
	}
	key = config_find_key(setting, eq - setting);
	if (!key) {
		len = snprintf(why, size, "there is no setting '%.*s'; there are:",
			       (int)(eq - setting), setting);
		for (i = 0; i < CONFIG_KEYS && len < size; i++)
			len += snprintf(why + len, size - len, " %s", config_keys[i].name);
		return false;
	}
	if (!key->parse(config, eq + 1)) {
		snprintf(why, size, "'%s' is no value for %s: %s", eq + 1, key->name, key->help);
		return false;
	}
	asked->key[key - config_keys] = true;
	return true;
}

bool config_set_list(struct acq_config *config, struct config_asked *asked, const char *list,
		     char *why, size_t size)
{
	char *copy = strdup(list), *at = copy, *end, *next;
	bool ok = true;

	if (!copy) {
		snprintf(why, size, "out of memory");
		return false;
	}
	while (ok && *at) {
		/* a setting ends at the comma before the next "key=" */
		for (end = at + strcspn(at, ","); *end; end = next) {
			next = end + 1 + strcspn(end + 1, ",");
			if (memchr(end + 1, '=', next - end - 1))
				break;
		}
		next = *end ? end + 1 : end;
		*end = '\0';
		ok = config_set(config, asked, at, why, size);
		at = next;
	}
	free(copy);
	return ok;
}

/* Zero, in those settings where it stands for the driver's choice. */
static bool config_is_default(const struct acq_config *c, const char *key)
{
	return (!strcmp(key, "block") && !c->block_bytes) ||
	       (!strcmp(key, "ring") && !c->ring_bytes) ||
	       (!strcmp(key, "irq_frames") && !c->irq_frames) ||
	       (!strcmp(key, "irq_us") && !c->irq_us) ||
	       (!strcmp(key, "transfer") && c->transfer == ACQ_TRANSFER_AUTO) ||
	       (!strcmp(key, "channels") && !c->channel_mask);
}

int config_changes(const struct acq_config *wanted, const struct acq_config *stands,
		   const struct config_asked *asked,
		   void (*tell)(void *arg, const char *key, const char *wanted, const char *stands,
				bool asked),
		   void *arg)
{
	char a[TEXT_MAX], b[TEXT_MAX];
	unsigned int i;
	int num = 0;

	/* the texts are exact, so they differ when and only when the values do */
	for (i = 0; i < CONFIG_KEYS; i++) {
		config_keys[i].print(wanted, a);
		config_keys[i].print(stands, b);
		if (!strcmp(a, b) || config_is_default(wanted, config_keys[i].name))
			continue;
		tell(arg, config_keys[i].name, a, b, asked->key[i]);
		num++;
	}
	return num;
}

static uint64_t config_trigger_cap(unsigned int trigger)
{
	switch (trigger) {
	case ACQ_TRIGGER_SOFTWARE:
		return ACQ_CAP_TRIGGER_SOFTWARE;
	case ACQ_TRIGGER_LEVEL:
		return ACQ_CAP_TRIGGER_LEVEL;
	case ACQ_TRIGGER_EXTERNAL:
		return ACQ_CAP_TRIGGER_EXTERNAL;
	}
	return 0;
}

bool config_blame(const struct acq_config *config, const struct acq_info *info, char *why,
		  size_t size)
{
	static const uint64_t pattern_cap[] = { 0, ACQ_CAP_RAMP, ACQ_CAP_PRBS };
	static const uint64_t transfer_cap[] = { 0, ACQ_CAP_DMA, ACQ_CAP_FIFO };
	uint64_t there = info->channels < 64 ? (1ULL << info->channels) - 1 : ~0ULL;
	bool all = !config->channel_mask || info->caps & ACQ_CAP_FIXED_CHANNELS;
	uint64_t missing, mask = all ? there : config->channel_mask;
	char text[TEXT_MAX];

	/* what filters make of the card's formats only the driver knows */
	if (config->format >= format_names.num ||
	    (!config->filter[0] && !(info->formats >> config->format & 1))) {
		snprintf(why, size, "the card has no format %s; it has: %s",
			 name_of(&format_names, config->format),
			 name_list(&format_names, info->formats, text, sizeof(text)));
		return true;
	}
	if (config->channel_mask & ~there) {
		snprintf(why, size, "the card has channels 0-%u only, not %s", info->channels - 1,
			 format_channels(config->channel_mask, text));
		return true;
	}
	missing = config_trigger_cap(config->trigger) & ~info->caps;
	if (missing) {
		snprintf(why, size, "the card has no %s trigger",
			 name_of(&trigger_names, config->trigger));
		return true;
	}
	if (config->trigger == ACQ_TRIGGER_LEVEL && !(mask >> config->trigger_channel & 1)) {
		snprintf(why, size, "the trigger watches channel %u, which is not acquired",
			 config->trigger_channel);
		return true;
	}
	if (config->pattern < pattern_names.num && pattern_cap[config->pattern] & ~info->caps) {
		snprintf(why, size, "the card has no %s pattern",
			 name_of(&pattern_names, config->pattern));
		return true;
	}
	if (config->transfer < transfer_names.num && transfer_cap[config->transfer] & ~info->caps) {
		snprintf(why, size, "the card has no %s transfer",
			 name_of(&transfer_names, config->transfer));
		return true;
	}
	if (config->count && !(info->caps & ACQ_CAP_COUNT)) {
		snprintf(why, size, "the card cannot count frames: count=endless is all it has");
		return true;
	}
	if (config->pretrigger && !(info->caps & ACQ_CAP_PRETRIGGER)) {
		snprintf(why, size, "the card keeps no samples from before the trigger");
		return true;
	}
	if (config->pretrigger && config->trigger == ACQ_TRIGGER_IMMEDIATE) {
		snprintf(why, size, "pretrigger needs a trigger other than immediate");
		return true;
	}
	return false;
}

char *config_list_asked(const struct acq_config *config, const struct config_asked *asked,
			char *text, size_t size)
{
	char value[TEXT_MAX];
	size_t len = 0;
	unsigned int i;

	text[0] = '\0';
	for (i = 0; i < CONFIG_KEYS && len < size; i++) {
		if (!asked->key[i])
			continue;
		config_keys[i].print(config, value);
		len += snprintf(text + len, size - len, "%s%s=%s", len ? " " : "",
				config_keys[i].name, value);
	}
	return text;
}

unsigned int config_channels(const struct acq_config *config, unsigned int channels)
{
	return config->channel_mask ? __builtin_popcountll(config->channel_mask) : channels;
}

void config_help(void)
{
	unsigned int i;

	for (i = 0; i < CONFIG_KEYS; i++)
		printf("  %-12s%s\n", config_keys[i].name, config_keys[i].help);
}

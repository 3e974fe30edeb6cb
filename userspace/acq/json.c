// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdio.h>

#include "config.h"
#include "json.h"
#include "names.h"
#include "text.h"

void json_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

void json_u64(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

/* Three places: enough for rates and seconds, and no 0.30000000000000004. */
void json_number(struct json_object *object, const char *key, double value)
{
	char text[64];

	snprintf(text, sizeof(text), "%.3f", value);
	json_object_object_add(object, key, json_object_new_double_s(value, text));
}

void json_flag(struct json_object *object, const char *key, int value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

static void json_add_names(struct json_object *object, const char *key, const struct names *names,
			   uint64_t mask)
{
	struct json_object *array = json_object_new_array();
	unsigned int i;

	for (i = 0; i < names->num; i++)
		if (mask >> i & 1)
			json_object_array_add(array, json_object_new_string(names->name[i]));
	json_object_object_add(object, key, array);
}

struct json_object *json_info(const struct acq_info *info)
{
	struct json_object *o = json_object_new_object();

	json_u64(o, "stream", info->stream);
	json_text(o, "direction", info->caps & ACQ_CAP_OUTPUT ? "output" : "input");
	json_text(o, "family", info->family);
	json_text(o, "card", info->card);
	json_text(o, "serial", info->serial);
	json_u64(o, "revision", info->revision);
	json_u64(o, "hw_major", info->hw_version >> 16);
	json_u64(o, "hw_minor", info->hw_version & 0xffff);
	json_u64(o, "channels", info->channels);
	json_add_names(o, "formats", &format_names, info->formats);
	json_add_names(o, "caps", &cap_names, info->caps);
	json_number(o, "rate_min", info->rate_min_millihz / 1e3);
	json_number(o, "rate_max", info->rate_max_millihz / 1e3);
	json_u64(o, "fifo_bytes", info->fifo_bytes);
	json_u64(o, "block_min", info->block_min);
	json_u64(o, "block_max", info->block_max);
	json_u64(o, "blocks_max", info->blocks_max);
	json_u64(o, "pretrigger_bytes", info->pretrigger_bytes);
	json_u64(o, "ring_max", info->ring_max);
	json_u64(o, "timestamp_hz", info->timestamp_hz);
	return o;
}

struct json_object *json_config(const struct acq_config *config)
{
	struct json_object *o = json_object_new_object();

	json_number(o, "rate", config->rate_millihz / 1e3);
	json_text(o, "format", name_of(&format_names, config->format));
	json_u64(o, "channel_mask", config->channel_mask);
	json_u64(o, "count", config->count);
	json_text(o, "trigger", name_of(&trigger_names, config->trigger));
	if (config->trigger == ACQ_TRIGGER_LEVEL) {
		json_u64(o, "trigger_channel", config->trigger_channel);
		json_object_object_add(o, "trigger_level",
				       json_object_new_int64(config->trigger_level));
		json_text(o, "trigger_edge", name_of(&edge_names, config->trigger_edge));
	}
	json_u64(o, "pretrigger", config->pretrigger);
	json_text(o, "pattern", name_of(&pattern_names, config->pattern));
	json_text(o, "transfer", name_of(&transfer_names, config->transfer));
	json_u64(o, "block", config->block_bytes);
	json_u64(o, "ring", config->ring_bytes);
	json_u64(o, "irq_frames", config->irq_frames);
	json_u64(o, "irq_us", config->irq_us);
	json_text(o, "filter", config->filter);
	json_u64(o, "frame_bytes", config->frame_bytes);
	json_u64(o, "block_used", config->block_used);
	return o;
}

struct json_object *json_status(const struct acq_status *status)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "state", name_of(&state_names, status->state));
	json_flag(o, "started", !!(status->flags & ACQ_STATUS_STARTED));
	json_u64(o, "run", status->run);
	json_u64(o, "head", status->head);
	json_u64(o, "oldest", status->oldest);
	json_u64(o, "frames", status->frames);
	json_u64(o, "lost", status->lost);
	json_u64(o, "gaps", status->gaps);
	json_u64(o, "accepted", status->accepted);
	json_u64(o, "dropped", status->dropped);
	if (status->flags & ACQ_STATUS_TRIGGERED)
		json_u64(o, "trigger_index", status->trigger_index);
	json_u64(o, "timestamp", status->timestamp);
	json_u64(o, "blocks", status->blocks);
	json_u64(o, "interrupts", status->interrupts);
	json_u64(o, "wakeups", status->wakeups);
	json_u64(o, "irq_us", status->irq_us);
	json_u64(o, "irq_frames", status->irq_frames);
	json_u64(o, "readers", status->readers);
	json_object_object_add(o, "error", json_object_new_int(status->error));
	json_text(o, "failure", name_of(&failure_names, status->failure));
	return o;
}

struct json_object *json_gap(const struct acq_gap *gap)
{
	struct json_object *o = json_object_new_object();

	json_u64(o, "position", gap->position);
	json_u64(o, "index", gap->index);
	json_u64(o, "lost", gap->lost);
	json_text(o, "cause", name_of(&cause_names, gap->cause));
	json_flag(o, "estimated", !!(gap->flags & ACQ_GAP_ESTIMATED));
	return o;
}

#define PRETTY (JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)

const char *json_pretty(struct json_object *object)
{
	return json_object_to_json_string_ext(object, PRETTY);
}

int json_write(struct json_object *object, FILE *file, int pretty)
{
	int flags = pretty ? PRETTY : JSON_C_TO_STRING_NOSLASHESCAPE;
	int err = 0;

	if (fprintf(file, "%s\n", json_object_to_json_string_ext(object, flags)) < 0 ||
	    fflush(file))
		err = -errno;
	json_object_put(object);
	return err;
}

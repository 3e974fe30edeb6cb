// SPDX-License-Identifier: GPL-2.0-only
#include <stdio.h>

#include <json-c/json.h>

#include "clock.h"
#include "json.h"
#include "message.h"
#include "names.h"
#include "note.h"
#include "picture.h"
#include "tap.h"

static struct message *note_finish(struct json_object *o)
{
	struct message *m = message_text(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));

	json_object_put(o);
	return m;
}

static void note_state(const struct tap *tap, struct json_object *o)
{
	struct acq_status status;

	if (!tap->acq || acq_get_status(tap->acq, &status)) {
		json_text(o, "state", "absent");
		json_text(o, "trouble", tap->trouble);
		return;
	}
	json_text(o, "state", tap->ended ? "ended" : name_of(&state_names, status.state));
	json_u64(o, "run", status.run);
	json_u64(o, "frames", status.frames);
	json_u64(o, "lost", status.lost);
	json_u64(o, "gaps", status.gaps);
	json_u64(o, "readers", status.readers);
	json_u64(o, "interrupts", status.interrupts);
	json_u64(o, "wakeups", status.wakeups);
	json_u64(o, "head", status.head);
	json_u64(o, "oldest", status.oldest);
	json_u64(o, "clock_us", clock_seconds() * 1e6);
	if (status.failure)
		json_text(o, "trouble", failure_text(status.failure));
}

static void note_stream(const struct tap *tap, struct json_object *o)
{
	const struct samples *s = &tap->history.samples;
	char mask[24];

	json_text(o, "card", tap->info.card);
	json_text(o, "serial", tap->info.serial);
	json_text(o, "format", name_of(&format_names, tap->config.format));
	json_text(o, "trigger", name_of(&trigger_names, tap->config.trigger));
	json_u64(o, "rate_millihz", tap->config.rate_millihz);
	json_u64(o, "ring_bytes", tap->config.ring_bytes);
	json_u64(o, "full", s->full);
	/* JavaScript's numbers have 53 bits */
	snprintf(mask, sizeof(mask), "%#llx", (unsigned long long)tap_mask(tap));
	json_text(o, "mask", mask);
	json_u64(o, "room", tap->history.frames);
	json_u64(o, "skipped", tap->skipped);
	json_u64(o, "met", tap->gaps);
	json_u64(o, "met_lost", tap->lost);
}

struct message *note_status(const struct tap *tap, unsigned int viewers)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "is", "status");
	json_u64(o, "viewers", viewers);
	note_state(tap, o);
	if (tap->acq)
		note_stream(tap, o);
	return note_finish(o);
}

struct message *note_answer(bool done, const char *text)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "is", "answer");
	json_flag(o, "done", done);
	json_text(o, "text", text);
	return note_finish(o);
}

struct message *note_hello(const struct tap *tap)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "is", "hello");
	json_text(o, "version", ACQ_VERSION);
	json_text(o, "device", tap->name ?: "/dev/acqdev");
	json_flag(o, "control", tap->control);
	json_u64(o, "lanes", PICTURE_LANES);
	return note_finish(o);
}

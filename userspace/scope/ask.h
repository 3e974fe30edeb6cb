/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a page asks for: a JSON object in a message. It comes from anybody, so everything in it is
 * checked.
 *
 *	{"see": {"channels": "15", "frames": 4096, ...}}	settings; those left out stay
 *	{"do": "start"}, "stop", "trigger"
 *	{"set": "rate=48k"}					settings of the card, as acq config
 */
#ifndef SCOPE_ASK_H
#define SCOPE_ASK_H

#include <stddef.h>

struct picture_settings;

#define ASK_MAX		2048	/* bytes of a message */
#define ASK_TEXT	512

enum ask_kind {
	ASK_BAD,
	ASK_SEE,
	ASK_START,
	ASK_STOP,
	ASK_TRIGGER,
	ASK_SET,
};

/**
 * struct ask - one message
 * @text: of ASK_SET the settings, of ASK_BAD what is wrong
 */
struct ask {
	enum ask_kind kind;
	char text[ASK_TEXT];
};

/* What a page sees before it has asked for anything */
void ask_default(struct picture_settings *settings);

/* ASK_SEE changes @settings, but only if all of it is right. */
void ask_parse(struct ask *ask, const char *data, size_t bytes, struct picture_settings *settings);

#endif /* SCOPE_ASK_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What goes over the wire, and into the spool: a block of samples, a gap, or the end of a run. All
 * but the samples is text, "name: value", which is complete in each message: any of them can be the
 * first that somebody reads. docs/many-machines.md has the names.
 */
#ifndef ACQ_MESSAGE_H
#define ACQ_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/acqdev.h>

#define MESSAGE_RUN_MAX		64
#define MESSAGE_CONFIG_MAX	512
#define MESSAGE_ID_MAX		128	/* bytes of its id as text */
#define MESSAGE_TEXT_MAX	2048	/* bytes of all its text */
#define MESSAGE_FIELDS		22

enum message_kind {
	MESSAGE_BLOCK,
	MESSAGE_GAP,
	MESSAGE_END,
};

/**
 * struct message - one message but for its samples
 * @kind: enum message_kind
 * @run: which run of which card: the same text in no other one
 * @index: sample index of the first frame, or of the first that was lost; END: of the next one
 * @position: in the bytes of the run
 * @frames: BLOCK: in the message; GAP: lost
 * @time_ns: UTC of @index
 * @card_time: the card's timestamp counter, 0: not known, and
 * @card_index: the sample index where it was that
 * @cause: GAP: enum acq_cause
 * @estimated: GAP: @frames is about right
 * @synchronized: the publisher's clock is
 * @error_us: the bound of its error
 * @frame_bytes: of a frame
 * @channels: that the card has
 * @timestamp_hz: of the card's counter
 * @config: the settings, "format=s16,rate=48k,...", see config.h
 * @device: the node's path there
 * @card: and the card's names
 * @family: as well
 * @serial: as well
 * @host: where that is
 */
struct message {
	uint64_t kind;
	char run[MESSAGE_RUN_MAX];
	uint64_t index, position, frames, time_ns, card_time, card_index;
	uint64_t cause, estimated;
	uint64_t synchronized, error_us;
	uint64_t frame_bytes, channels, timestamp_hz;
	char config[MESSAGE_CONFIG_MAX];
	char device[64], card[32], family[16], serial[32], host[64];
};

/* Calls @put with each name and value. */
void message_each(const struct message *m,
		  void (*put)(void *arg, const char *name, const char *value), void *arg);

/**
 * message_parse - the reverse, of what nobody vouches for
 * @m: filled in
 * @get: the value of a name; NULL: it has none
 * @arg: for it
 * @body: bytes of samples that are there
 *
 * Return: NULL, or what is wrong, in words.
 */
const char *message_parse(struct message *m, const char *(*get)(void *arg, const char *name),
			  void *arg, size_t body);

/* All of it as lines of text. Returns the bytes; @text has MESSAGE_TEXT_MAX. */
size_t message_text(const struct message *m, char *text);

/* As message_parse(), of such lines, which are changed by it */
const char *message_parse_text(struct message *m, char *text, size_t body);

/*
 * What the server knows it again by. @again: 0, or a number that makes it another one. Returns
 * @id, which has MESSAGE_ID_MAX.
 */
char *message_id(const struct message *m, unsigned int again, char *id);

/* Sample index behind it */
uint64_t message_next(const struct message *m);

/* The settings of @config as text for message.config */
void message_set_config(struct message *m, const struct acq_config *config);

/* What message_parse() has found good, as the driver has it. False: it is not good. */
bool message_get_config(const struct message *m, struct acq_config *config);

#endif /* ACQ_MESSAGE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stream's configuration as key=value settings.
 */
#ifndef ACQ_CONFIG_H
#define ACQ_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include <linux/acqdev.h>

#define CONFIG_KEYS 13

struct config_key {
	const char *name;
	const char *help;
	bool (*parse)(struct acq_config *config, const char *value);
	void (*print)(const struct acq_config *config, char *text); /* TEXT_MAX */
};

extern const struct config_key config_keys[CONFIG_KEYS];

/* The settings asked for, to be told apart later from what the driver made of them. */
struct config_asked {
	bool key[CONFIG_KEYS];
};

/* Apply "key=value"; false with the reason in @why. */
bool config_set(struct acq_config *config, struct config_asked *asked, const char *setting,
		char *why, size_t size);

/* Apply "key=value,key=value"; a piece without '=' continues the value before: channels=0,2-3. */
bool config_set_list(struct acq_config *config, struct config_asked *asked, const char *list,
		     char *why, size_t size);

/*
 * What differs between what was @wanted and what @stands, setting by setting:
 * calls @tell with the key, both values and whether the user asked for this one.
 * A 0 asked for (the driver's default) is not a difference. Returns their number.
 */
int config_changes(const struct acq_config *wanted, const struct acq_config *stands,
		   const struct config_asked *asked,
		   void (*tell)(void *arg, const char *key, const char *wanted, const char *stands,
				bool asked),
		   void *arg);

/* Why the card described by @info must refuse @config; false: nothing found. */
bool config_blame(const struct acq_config *config, const struct acq_info *info, char *why,
		  size_t size);

/* "channels=0-1 rate=48k": the settings that were asked for. Returns @text. */
char *config_list_asked(const struct acq_config *config, const struct config_asked *asked,
			char *text, size_t size);

/* Number of enabled channels of @config on a card with @channels. */
unsigned int config_channels(const struct acq_config *config, unsigned int channels);

/* The help of every key. */
void config_help(void);

#endif /* ACQ_CONFIG_H */

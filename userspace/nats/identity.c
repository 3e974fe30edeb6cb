// SPDX-License-Identifier: GPL-2.0-only
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "identity.h"

#define IDENTITY_BOOT	8	/* digits of the boot's number that are enough */

static void identity_boot(char boot[IDENTITY_BOOT + 1])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file || fread(boot, 1, IDENTITY_BOOT, file) != IDENTITY_BOOT)
		memset(boot, '0', IDENTITY_BOOT);
	boot[IDENTITY_BOOT] = '\0';
	if (file)
		fclose(file);
}

void identity_run(const char *node, uint64_t run, char *text, size_t size)
{
	char boot[IDENTITY_BOOT + 1];
	struct stat st;

	identity_boot(boot);
	if (stat(node, &st))
		st.st_ino = 0;
	snprintf(text, size, "%s-%" PRIx64 "-%" PRIu64, boot, (uint64_t)st.st_ino, run);
}

void identity_host(char *text, size_t size)
{
	if (gethostname(text, size))
		snprintf(text, size, "unknown");
	text[size - 1] = '\0';
	text[strcspn(text, ".")] = '\0';
}

/* A word of a subject */
static void identity_word(char *word)
{
	for (; *word; word++)
		if (!isalnum((unsigned char)*word) && *word != '-')
			*word = '_';
}

void identity_subject(const struct acq_info *info, char *text, size_t size)
{
	char host[64], card[sizeof(info->card) + 1];

	identity_host(host, sizeof(host));
	snprintf(card, sizeof(card), "%.32s", info->serial[0] ? info->serial : info->card);
	identity_word(host);
	identity_word(card);
	snprintf(text, size, "acqdev.%s.%s.blocks", *host ? host : "unknown",
		 *card ? card : "card");
}

bool identity_subject_is_good(const char *subject)
{
	size_t len = strlen(subject);
	const char *p;

	if (!len || len >= IDENTITY_SUBJECT_MAX || *subject == '.' || subject[len - 1] == '.' ||
	    *subject == '$' || strstr(subject, ".."))
		return false;
	for (p = subject; *p; p++)
		if (*p <= ' ' || *p > '~' || *p == '*' || *p == '>')
			return false;
	return true;
}

void identity_stream(const char *subject, char *text, size_t size)
{
	char *p;

	snprintf(text, size, "%s", subject);
	for (p = text; *p; p++)
		if (!isalnum((unsigned char)*p) && *p != '-')
			*p = '_';
}

// SPDX-License-Identifier: GPL-2.0-only
/* What a converter puts out: in a file, and as a number. */
#include <errno.h>
#include <string.h>

#include "record.h"

int record_to(struct record *r, const char *path)
{
	if (r->file)
		fclose(r->file);
	r->file = path ? fopen(path, "wbe") : NULL;
	return path && !r->file ? -errno : 0;
}

int record_command(struct record *r, const char *path, FILE *out)
{
	int error = record_to(r, strcmp(path, "off") ? path : NULL);

	if (error)
		fprintf(out, "%s: %s", path, strerror(-error));
	return error;
}

void record_write(struct record *r, const void *buf, size_t bytes)
{
	if (!r->file || fwrite(buf, 1, bytes, r->file) == bytes)
		return;
	fprintf(stderr, "acq-card: the record of the output ends here: %s\n", strerror(errno));
	record_to(r, NULL);
}

void record_flush(struct record *r)
{
	if (!r->file || !fflush(r->file))
		return;
	fprintf(stderr, "acq-card: the record of the output is not complete: %s\n",
		strerror(errno));
	record_to(r, NULL);
}

uint64_t record_digest(uint64_t digest, const void *buf, size_t bytes)
{
	const uint8_t *byte = buf;

	while (bytes--)
		digest = (digest ^ *byte++) * UINT64_C(0x100000001b3);
	return digest;
}

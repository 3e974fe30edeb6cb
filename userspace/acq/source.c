// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exit.h"
#include "report.h"
#include "source.h"

/* At a time; the head of a WAV file has room in it. */
#define SOURCE_BYTES	WAV_HEAD_MAX

/* Fill the buffer up, with what comes at once. 0: the end */
static ssize_t source_fill(struct source *s)
{
	size_t room = SOURCE_BYTES - s->have;
	ssize_t n;

	n = read(s->fd, s->buf + s->have, room < s->left ? room : s->left);
	if (n < 0)
		return -errno;
	s->have += n;
	s->left -= n;
	return n;
}

static int source_complain(const struct source *s, const char *why)
{
	complain("%s cannot be read: %s", s->name, why);
	return EXIT_SYSTEM;
}

/* Read on until it is clear what it is. */
static int source_identify(struct source *s)
{
	enum wav_verdict verdict = WAV_MORE;
	ssize_t n = 1;

	while (verdict == WAV_MORE && n) {
		n = source_fill(s);
		if (n < 0)
			return source_complain(s, strerror(-n));
		verdict = wav_parse(s->buf, s->have, &s->wav);
	}
	if (verdict == WAV_BAD) {
		complain("%s cannot be played: %s", s->name, s->wav.fault);
		return EXIT_SYSTEM;
	}
	/* some bytes that look like the begin of a head are samples, too */
	if (verdict == WAV_MORE && s->have >= 12) {
		complain("%s cannot be played: it is a WAV file that ends before its first sample",
			 s->name);
		return EXIT_SYSTEM;
	}
	s->has_wav = verdict == WAV_FOUND;
	if (!s->has_wav)
		return EXIT_OK;
	s->taken = s->wav.begin;
	s->left = s->wav.bytes;
	/* what is behind the samples is none */
	if (s->have - s->taken > s->left)
		s->have = s->taken + s->left;
	s->left -= s->have - s->taken;
	return EXIT_OK;
}

int source_open(struct source *s, const char *name)
{
	bool pipe = !strcmp(name, "-");
	int status;

	*s = (struct source){ .name = pipe ? "stdin" : name, .left = ~0ULL };
	s->fd = pipe ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC);
	if (s->fd < 0) {
		complain("%s cannot be opened: %s", name, strerror(errno));
		return EXIT_SYSTEM;
	}
	s->seekable = lseek(s->fd, 0, SEEK_CUR) == 0;
	s->buf = malloc(SOURCE_BYTES);
	if (!s->buf) {
		source_close(s);
		return source_complain(s, "out of memory");
	}
	status = source_identify(s);
	if (status)
		source_close(s);
	return status;
}

ssize_t source_read(struct source *s, size_t frame, const void **data)
{
	size_t whole;
	ssize_t n;

	while (s->have - s->taken < frame) {
		/* the begin of a frame stays */
		memmove(s->buf, s->buf + s->taken, s->have - s->taken);
		s->have -= s->taken;
		s->taken = 0;
		n = source_fill(s);
		if (n <= 0)
			return n;
	}
	whole = s->have - s->taken;
	whole -= whole % frame;
	*data = s->buf + s->taken;
	s->taken += whole;
	return whole;
}

size_t source_rest(const struct source *s)
{
	return s->have - s->taken;
}

int source_rewind(struct source *s)
{
	off_t begin = s->has_wav ? s->wav.begin : 0;

	if (!s->seekable)
		return -ESPIPE;
	if (lseek(s->fd, begin, SEEK_SET) < 0)
		return -errno;
	s->have = 0;
	s->taken = 0;
	s->left = s->has_wav ? s->wav.bytes : ~0ULL;
	return 0;
}

void source_close(struct source *s)
{
	free(s->buf);
	s->buf = NULL;
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
}

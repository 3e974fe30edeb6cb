// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <linux/acqdev.h>

#include "wav.h"

#define WAV_PCM		0x0001
#define WAV_EXTENSIBLE	0xfffe		/* the code is in the subformat's first two bytes */
#define WAV_UNKNOWN	0xffffffff	/* a length, of who could not go back to write it */
#define WAV_BODY	40		/* bytes of a chunk that are looked at */

static uint64_t wav_number(const unsigned char *at, unsigned int bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | at[bytes];
	return v;
}

/* What is wrong with the chunk that says what the samples are; NULL: nothing */
static const char *wav_take_format(struct wav *w, const unsigned char *body, size_t bytes)
{
	static const int formats[] = { -1, ACQ_FORMAT_U8, ACQ_FORMAT_S16, -1, ACQ_FORMAT_S32 };
	unsigned int code, bits;

	if (bytes < 16)
		return "its head is damaged";
	code = wav_number(body, 2);
	if (code == WAV_EXTENSIBLE && bytes >= 26)
		code = wav_number(body + 24, 2);
	if (code != WAV_PCM)
		return "its samples are no integers: another program must convert it";
	bits = wav_number(body + 14, 2);
	if (bits % 8 || bits > 32 || formats[bits / 8] < 0)
		return "its samples have neither 8, 16 nor 32 bits";
	w->format = formats[bits / 8];
	w->channels = wav_number(body + 2, 2);
	w->rate = wav_number(body + 4, 4);
	if (!w->channels || !w->rate || wav_number(body + 12, 2) != w->channels * bits / 8)
		return "its head is damaged";
	if (w->channels > 64)
		return "it has more channels than any card";
	return NULL;
}

enum wav_verdict wav_parse(const unsigned char *file, size_t bytes, struct wav *wav)
{
	uint64_t size, large = 0;
	const unsigned char *body;
	size_t at = 12, there;

	*wav = (struct wav){ };
	there = bytes < 4 ? bytes : 4;
	/* RF64: with lengths of 64 bits */
	if (memcmp(file, "RIFF", there) && memcmp(file, "RF64", there))
		return WAV_NOT;
	if (bytes >= 12 && memcmp(file + 8, "WAVE", 4))
		return WAV_NOT;
	while (at + 8 <= bytes) {
		size = wav_number(file + at + 4, 4);
		body = file + at + 8;
		if (!memcmp(file + at, "data", 4)) {
			wav->fault = wav->channels ? NULL : "its head does not say what it has";
			wav->begin = at + 8;
			wav->bytes = size && size != WAV_UNKNOWN ? size : large ? large : ~0ULL;
			return wav->fault ? WAV_BAD : WAV_FOUND;
		}
		there = size < WAV_BODY ? size : WAV_BODY;
		if (at + 8 + there > bytes)
			break;
		if (!memcmp(file + at, "fmt ", 4))
			wav->fault = wav_take_format(wav, body, there);
		if (wav->fault)
			return WAV_BAD;
		if (!memcmp(file + at, "ds64", 4) && there >= 16)
			large = wav_number(body + 8, 8);
		/* chunks begin at even places */
		at += 8 + size + (size & 1);
	}
	if (at < WAV_HEAD_MAX && bytes < WAV_HEAD_MAX)
		return WAV_MORE;
	wav->fault = "its head is too long";
	return WAV_BAD;
}

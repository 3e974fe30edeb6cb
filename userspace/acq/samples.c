// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include <linux/acqdev.h>

#include "names.h"
#include "samples.h"

void samples_layout(struct samples *s, unsigned int format, unsigned int channels)
{
	*s = (struct samples){
		.format = format, .width = format_width(format), .channels = channels,
	};
	s->frame = (size_t)s->width * channels;
	s->full = 1LL << (8 * s->width - 1);
	s->zero = format_signed(format) ? 0 : s->full;
	s->lowest = s->zero - s->full;
	s->highest = s->zero + s->full - 1;
}

/* Byte by byte: the frames of three channels are aligned to nothing. */
static uint32_t samples_16(const unsigned char *p)
{
	return p[0] | p[1] << 8;
}

static uint32_t samples_32(const unsigned char *p)
{
	return samples_16(p) | samples_16(p + 2) << 16;
}

#define SAMPLES_EACH(value)					\
	do {							\
		for (i = 0; i < frames; i++, p += s->frame)	\
			code[i] = (value);			\
	} while (0)

void samples_take(const struct samples *s, const void *data, size_t frames, unsigned int place,
		  int64_t *code)
{
	const unsigned char *p = (const unsigned char *)data + (size_t)place * s->width;
	size_t i;

	switch (s->format) {
	case ACQ_FORMAT_S8:
		SAMPLES_EACH((int8_t)*p);
		break;
	case ACQ_FORMAT_U8:
		SAMPLES_EACH(*p);
		break;
	case ACQ_FORMAT_S16:
		SAMPLES_EACH((int16_t)samples_16(p));
		break;
	case ACQ_FORMAT_U16:
		SAMPLES_EACH(samples_16(p));
		break;
	case ACQ_FORMAT_S32:
		SAMPLES_EACH((int32_t)samples_32(p));
		break;
	case ACQ_FORMAT_U32:
		SAMPLES_EACH(samples_32(p));
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is connected to the card's inputs.
 *
 * Signals are computed, and files read, as 32-bit samples whose full scale is
 * that of the type; a format takes the upper bits of them. So a file passes bit
 * for bit if the format has at least the file's width.
 */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sndfile.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "acq_r1.h"
#include "pattern.h"
#include "source.h"

#define CHANNELS_MAX	32
#define CHUNK		256		/* frames that are worked on at a time */
#define WAVE_LOG2	14
#define WAVE		(1 << WAVE_LOG2)
#define TONES		3

enum kind {
	KIND_PATTERN,
	KIND_SINE,
	KIND_NOISE,
	KIND_SOUND,
	KIND_RAW,
};

struct source {
	enum kind kind;
	struct source_info info;
	uint64_t length;	/* frames in the file */
	bool loop;

	/* of the run */
	unsigned int format;
	unsigned int width;
	unsigned int enabled;	/* channels */
	uint8_t channel[CHANNELS_MAX];
	bool whole;		/* all channels of the file, in order */

	enum pattern_kind pattern_kind;
	struct pattern pattern;

	int32_t *wave;
	uint64_t step[CHANNELS_MAX][TONES];

	SNDFILE *sound;
	uint64_t sound_at;	/* where the file is read next */
	bool sound_is_short;	/* no sample needs more than 16 bits */

	const uint8_t *raw;
	size_t raw_bytes;

	int32_t samples[CHUNK * CHANNELS_MAX];
	int32_t *file_samples;	/* CHUNK frames, all channels of the file */
	double *file_doubles;	/* the same, of a file of floating point numbers */
};

unsigned int source_format_bytes(unsigned int format)
{
	return 1u << format / 2;
}

static bool source_is_unsigned(unsigned int format)
{
	return format & 1;
}

static void source_convert(const int32_t *from, size_t samples, unsigned int format, uint8_t *to)
{
	uint32_t flip = source_is_unsigned(format) ? UINT32_C(1) << 31 : 0;

	switch (source_format_bytes(format)) {
	case 1:
		for (size_t i = 0; i < samples; i++)
			to[i] = (uint8_t)(((uint32_t)from[i] ^ flip) >> 24);
		break;
	case 2:
		for (size_t i = 0; i < samples; i++) {
			uint16_t v = htole16((uint16_t)(((uint32_t)from[i] ^ flip) >> 16));

			memcpy(to + i * 2, &v, 2);
		}
		break;
	default:
		for (size_t i = 0; i < samples; i++) {
			uint32_t v = htole32((uint32_t)from[i] ^ flip);

			memcpy(to + i * 4, &v, 4);
		}
	}
}

static int32_t source_expand(const uint8_t *from, unsigned int format)
{
	uint32_t flip = source_is_unsigned(format) ? UINT32_C(1) << 31 : 0;
	unsigned int width = source_format_bytes(format);
	uint32_t v = 0;

	for (unsigned int i = 0; i < width; i++)
		v |= (uint32_t)from[i] << (8 * (4 - width + i));
	return (int32_t)(v ^ flip);
}

/* Signals */

static void source_start_sine(struct source *s, double rate)
{
	/* a tone, its fifth and a slow one, so that each channel differs */
	static const double tone[TONES] = { 1.0, 1.5, 0.02 };

	for (unsigned int c = 0; c < CHANNELS_MAX; c++) {
		for (unsigned int t = 0; t < TONES; t++) {
			double turns = 440.0 * (c + 1) * tone[t] / rate;

			turns -= floor(turns);
			s->step[c][t] = (uint64_t)(turns * 18446744073709549568.0);
		}
	}
}

static void source_fill_sine(struct source *s, uint64_t index, size_t frames)
{
	int32_t *to = s->samples;

	for (size_t i = 0; i < frames; i++, index++) {
		for (unsigned int e = 0; e < s->enabled; e++) {
			const uint64_t *step = s->step[s->channel[e]];
			int32_t sum = 0;

			for (unsigned int t = 0; t < TONES; t++)
				sum += s->wave[step[t] * index >> (64 - WAVE_LOG2)];
			*to++ = sum;
		}
	}
}

static void source_fill_noise(struct source *s, uint64_t index, size_t frames)
{
	int32_t *to = s->samples;

	for (size_t i = 0; i < frames; i++, index++) {
		for (unsigned int e = 0; e < s->enabled; e++) {
			/* a mixing function, so that no state is needed */
			uint64_t z = index * CHANNELS_MAX + s->channel[e];

			z = (z + 1) * UINT64_C(0x9e3779b97f4a7c15);
			z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
			z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
			*to++ = (int32_t)(uint32_t)(z >> 32);
		}
	}
}

/* Files */

static bool source_sound_seek(struct source *s, uint64_t at)
{
	if (s->sound_at != at && sf_seek(s->sound, (sf_count_t)at, SEEK_SET) != (sf_count_t)at) {
		s->sound_at = UINT64_MAX;
		return false;
	}
	s->sound_at = at;
	return true;
}

/* The whole file's channels as 16-bit samples: what a 16-bit file holds. */
static void source_sound_read_short(struct source *s, uint64_t at, size_t frames, uint8_t *to)
{
	unsigned int channels = s->info.channels;
	sf_count_t n = 0;
	short part[CHUNK];

	while (frames) {
		size_t want = CHUNK / channels;

		if (want > frames)
			want = frames;
		if (source_sound_seek(s, at))
			n = sf_readf_short(s->sound, part, (sf_count_t)want);
		if (n <= 0) {
			memset(to, 0, frames * channels * sizeof(*part));
			return;
		}
		for (size_t i = 0; i < (size_t)n * channels; i++)
			part[i] = (short)htole16((uint16_t)part[i]);
		memcpy(to, part, (size_t)n * channels * sizeof(*part));
		to += (size_t)n * channels * sizeof(*part);
		frames -= (size_t)n;
		at += (uint64_t)n;
		s->sound_at = at;
	}
}

/* 1.0 is full scale; the library's own conversion would scale to the file's peak. */
static sf_count_t source_read_doubles(struct source *s, size_t frames)
{
	sf_count_t n = sf_readf_double(s->sound, s->file_doubles, (sf_count_t)frames);

	for (size_t i = 0; n > 0 && i < (size_t)n * s->info.channels; i++) {
		double v = s->file_doubles[i] * 2147483648.0;

		if (!(v > -2147483648.0))
			s->file_samples[i] = INT32_MIN;
		else if (v > 2147483647.0)
			s->file_samples[i] = INT32_MAX;
		else
			s->file_samples[i] = (int32_t)lrint(v);
	}
	return n;
}

static void source_fill_sound(struct source *s, uint64_t at, size_t frames)
{
	int32_t *to = s->samples;
	sf_count_t n = 0;

	if (source_sound_seek(s, at))
		n = s->file_doubles ? source_read_doubles(s, frames) :
		    sf_readf_int(s->sound, s->file_samples, (sf_count_t)frames);
	if (n < 0)
		n = 0;
	s->sound_at += (uint64_t)n;
	/* a file that is shorter than it says ends in silence */
	memset(s->file_samples + (size_t)n * s->info.channels, 0,
	       (frames - (size_t)n) * s->info.channels * sizeof(int32_t));
	for (size_t i = 0; i < frames; i++) {
		for (unsigned int e = 0; e < s->enabled; e++) {
			unsigned int c = s->channel[e];

			*to++ = c < s->info.channels ?
				s->file_samples[i * s->info.channels + c] : 0;
		}
	}
}

static void source_fill_raw(struct source *s, uint64_t at, size_t frames)
{
	unsigned int width = source_format_bytes(s->info.format);
	int32_t *to = s->samples;

	for (size_t i = 0; i < frames; i++) {
		const uint8_t *from = s->raw + (at + i) * s->info.channels * width;

		for (unsigned int e = 0; e < s->enabled; e++) {
			unsigned int c = s->channel[e];

			*to++ = c < s->info.channels ?
				source_expand(from + c * width, s->info.format) : 0;
		}
	}
}

/* Frames that the file has from @at on, in one piece. */
static void source_read_file(struct source *s, uint64_t at, size_t frames, uint8_t *to)
{
	unsigned int frame = s->enabled * s->width;

	if (s->kind == KIND_SOUND && s->whole && s->sound_is_short &&
	    s->format == ACQ_R1_FORMAT_S16) {
		source_sound_read_short(s, at, frames, to);
		return;
	}
	if (s->kind == KIND_RAW && s->whole && s->format == s->info.format) {
		memcpy(to, s->raw + at * frame, frames * frame);
		return;
	}
	while (frames) {
		size_t n = frames < CHUNK ? frames : CHUNK;

		if (s->kind == KIND_SOUND)
			source_fill_sound(s, at, n);
		else
			source_fill_raw(s, at, n);
		source_convert(s->samples, n * s->enabled, s->format, to);
		to += n * frame;
		at += n;
		frames -= n;
	}
}

void source_start(struct source *s, uint32_t mask, unsigned int format, double rate)
{
	s->format = format;
	s->width = source_format_bytes(format);
	s->enabled = 0;
	for (unsigned int c = 0; c < CHANNELS_MAX; c++) {
		if (mask >> c & 1)
			s->channel[s->enabled++] = (uint8_t)c;
	}
	s->whole = s->enabled == s->info.channels && s->channel[s->enabled - 1] == s->enabled - 1;
	if (s->kind == KIND_SINE)
		source_start_sine(s, rate);
	if (s->kind == KIND_PATTERN)
		pattern_seek(&s->pattern, s->pattern_kind, s->width, 0);
}

void source_read(struct source *s, uint64_t index, size_t frames, void *buf)
{
	unsigned int frame = s->enabled * s->width;
	uint8_t *to = buf;
	size_t n;

	switch (s->kind) {
	case KIND_PATTERN:
		if (s->pattern.next != index * s->enabled)
			pattern_seek(&s->pattern, s->pattern_kind, s->width, index * s->enabled);
		pattern_fill(&s->pattern, to, frames * s->enabled);
		break;
	case KIND_SINE:
	case KIND_NOISE:
		for (; frames; frames -= n, index += n, to += n * frame) {
			n = frames < CHUNK ? frames : CHUNK;
			if (s->kind == KIND_SINE)
				source_fill_sine(s, index, n);
			else
				source_fill_noise(s, index, n);
			source_convert(s->samples, n * s->enabled, s->format, to);
		}
		break;
	case KIND_SOUND:
	case KIND_RAW:
		for (; frames; frames -= n, index += n, to += n * frame) {
			uint64_t at = s->loop ? index % s->length : index;

			if (at >= s->length) {
				memset(to, 0, frames * frame);
				break;
			}
			n = s->length - at < frames ? s->length - at : frames;
			source_read_file(s, at, n, to);
		}
		break;
	}
}

/* Opening */

static int source_open_sine(struct source *s)
{
	s->wave = malloc(WAVE * sizeof(*s->wave));
	if (!s->wave)
		return -1;
	/* the sum of all tones stays below full scale */
	for (int i = 0; i < WAVE; i++)
		s->wave[i] = (int32_t)lrint(sin(2 * M_PI * i / WAVE) * 0.99 * 2147483647 / TONES);
	return 0;
}

static int source_open_sound(struct source *s, const char *path, char *why, size_t why_bytes)
{
	SF_INFO info = { 0 };

	s->sound = sf_open(path, SFM_READ, &info);
	if (!s->sound) {
		snprintf(why, why_bytes, "%s: %s", path, sf_strerror(NULL));
		return -1;
	}
	if (!info.seekable || info.frames <= 0 || info.channels < 1 ||
	    info.channels > CHANNELS_MAX || info.samplerate < 1) {
		snprintf(why, why_bytes,
			 "%s: needs to be seekable, not empty and of 1 to %d channels",
			 path, CHANNELS_MAX);
		return -1;
	}
	s->info.channels = (unsigned int)info.channels;
	s->info.rate = (uint32_t)info.samplerate;
	s->length = (uint64_t)info.frames;
	s->file_samples = malloc(CHUNK * s->info.channels * sizeof(int32_t));
	if (!s->file_samples) {
		snprintf(why, why_bytes, "no memory");
		return -1;
	}
	switch (info.format & SF_FORMAT_SUBMASK) {
	case SF_FORMAT_PCM_S8:
		s->info.format = ACQ_R1_FORMAT_S8;
		s->sound_is_short = true;
		break;
	case SF_FORMAT_PCM_U8:
		s->info.format = ACQ_R1_FORMAT_U8;
		s->sound_is_short = true;
		break;
	case SF_FORMAT_PCM_16:
		s->info.format = ACQ_R1_FORMAT_S16;
		s->sound_is_short = true;
		break;
	case SF_FORMAT_PCM_24:
	case SF_FORMAT_PCM_32:
		s->info.format = ACQ_R1_FORMAT_S32;
		break;
	case SF_FORMAT_FLOAT:
	case SF_FORMAT_DOUBLE:
		s->info.format = ACQ_R1_FORMAT_S32;
		s->file_doubles = malloc(CHUNK * s->info.channels * sizeof(double));
		if (!s->file_doubles) {
			snprintf(why, why_bytes, "no memory");
			return -1;
		}
		break;
	default:
		/* lossy ones */
		s->info.format = ACQ_R1_FORMAT_S16;
	}
	return 0;
}

static int source_open_raw(struct source *s, const char *path, char *why, size_t why_bytes)
{
	size_t frame = s->info.channels * source_format_bytes(s->info.format);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *raw;

	if (fd < 0 || fstat(fd, &st)) {
		snprintf(why, why_bytes, "%s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return -1;
	}
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < frame) {
		snprintf(why, why_bytes, "%s: needs to be a file with at least one frame", path);
		close(fd);
		return -1;
	}
	raw = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (raw == MAP_FAILED) {
		snprintf(why, why_bytes, "%s: %s", path, strerror(errno));
		return -1;
	}
	s->raw = raw;
	s->raw_bytes = (size_t)st.st_size;
	s->length = s->raw_bytes / frame;
	return 0;
}

struct source *source_open(const struct source_options *o, struct source_info *info, char *why,
			   size_t why_bytes)
{
	struct source *s = calloc(1, sizeof(*s));
	int error = 0;

	if (!s) {
		snprintf(why, why_bytes, "no memory");
		return NULL;
	}
	s->loop = o->loop;
	s->info.channels = o->channels ? o->channels : 2;
	s->info.format = o->format >= 0 ? (unsigned int)o->format : ACQ_R1_FORMAT_S16;
	s->info.rate = o->rate ? o->rate : 48000;
	snprintf(why, why_bytes, "no memory");
	if (!strcmp(o->spec, "ramp")) {
		s->pattern_kind = PATTERN_RAMP;
	} else if (!strcmp(o->spec, "prbs")) {
		s->pattern_kind = PATTERN_PRBS;
	} else if (!strcmp(o->spec, "sine")) {
		s->kind = KIND_SINE;
		error = source_open_sine(s);
	} else if (!strcmp(o->spec, "noise")) {
		s->kind = KIND_NOISE;
	} else if (!strncmp(o->spec, "raw:", 4)) {
		s->kind = KIND_RAW;
		error = source_open_raw(s, o->spec + 4, why, why_bytes);
	} else {
		s->kind = KIND_SOUND;
		error = source_open_sound(s, o->spec, why, why_bytes);
	}
	if (error) {
		source_close(s);
		return NULL;
	}
	if (s->length && !s->loop)
		s->info.frames = s->length;
	*info = s->info;
	/* the card may be told to differ from what the file has */
	if (o->channels)
		info->channels = o->channels;
	if (o->format >= 0)
		info->format = (unsigned int)o->format;
	if (o->rate)
		info->rate = o->rate;
	return s;
}

void source_close(struct source *s)
{
	if (!s)
		return;
	if (s->sound)
		sf_close(s->sound);
	if (s->raw)
		munmap((void *)s->raw, s->raw_bytes);
	free(s->file_samples);
	free(s->file_doubles);
	free(s->wave);
	free(s);
}

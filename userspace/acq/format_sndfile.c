// SPDX-License-Identifier: GPL-2.0-only
/*
 * WAV, RF64 and FLAC, by libsndfile. All of them have signed samples, but for 8 bits in WAV:
 * unsigned samples get their zero in the middle, which changes the highest bit alone.
 */
#include <inttypes.h>

#include "exit.h"
#include "format.h"
#include "report.h"

static const char *const wav_suffixes[] = { ".wav", ".rf64", NULL };
static const char *const flac_suffixes[] = { ".flac", NULL };

#ifdef HAVE_SNDFILE
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sndfile.h>

#include <linux/acqdev.h>

#include "draft.h"
#include "names.h"
#include "utc.h"

#define SNDFILE_BLOCK	16384		/* samples that are converted at a time */
#define SNDFILE_WAV_MAX	0xffff0000	/* bytes of samples of a WAV file: the head has 32 bits */

struct sndfile_output {
	struct draft draft;
	SNDFILE *file;
	const char *name;
	unsigned int format, channels, cut;	/* bits at a sample's end that are left out */
	uint64_t changed;			/* samples that had something in them */
	int block[SNDFILE_BLOCK];
};

static unsigned int sndfile_bits(const struct format_job *job)
{
	return job->bits ? job->bits : format_width(recorded_about(job->recorded)->format) * 8;
}

static int sndfile_subtype(unsigned int bits, bool flac)
{
	switch (bits) {
	case 8:
		return flac ? SF_FORMAT_PCM_S8 : SF_FORMAT_PCM_U8;
	case 16:
		return SF_FORMAT_PCM_16;
	case 24:
		return SF_FORMAT_PCM_24;
	}
	return flac ? 0 : SF_FORMAT_PCM_32;
}

static bool sndfile_is_large(const struct format_job *job)
{
	uint64_t frame = recorded_about(job->recorded)->channels * (sndfile_bits(job) / 8);

	return job->rf64 || job->frames + job->fill > SNDFILE_WAV_MAX / frame;
}

static SF_INFO sndfile_info(const struct format_job *job, bool flac)
{
	const struct part_about *about = recorded_about(job->recorded);
	uint64_t rate = (about->rate_millihz + 500) / 1000;
	SF_INFO info = {
		.samplerate = rate > INT32_MAX ? 0 : rate,
		.channels = about->channels,
	};

	info.format = flac ? SF_FORMAT_FLAC :
		      sndfile_is_large(job) ? SF_FORMAT_RF64 : SF_FORMAT_WAV;
	info.format |= sndfile_subtype(sndfile_bits(job), flac);
	return info;
}

static int sndfile_refuse(const struct format_job *job, const char *why)
{
	complain("%s cannot be written: %s", job->name, why);
	return EXIT_SYSTEM;
}

static int sndfile_check(const struct format_job *job, bool flac)
{
	const struct part_about *about = recorded_about(job->recorded);
	SF_INFO info = sndfile_info(job, flac);

	if (!about->rate_millihz)
		return sndfile_refuse(job, "the recording does not know its rate: --rate says it");
	if (!info.samplerate)
		return sndfile_refuse(job, "its head has no room for this rate: HDF5 and SigMF have");
	if (flac && about->channels > 8)
		return sndfile_refuse(job, "FLAC has 8 channels at most: WAV, HDF5 and SigMF have more");
	if (flac && sndfile_bits(job) > 24)
		return sndfile_refuse(job, "FLAC has 24 bits at most: --bits 24 leaves out the low 8, WAV, HDF5 and SigMF have 32");
	if (flac && info.samplerate > 655350)
		return sndfile_refuse(job, "FLAC has a rate of at most 655350 Hz: WAV, HDF5 and SigMF have any");
	if (!sf_format_check(&info))
		return sndfile_refuse(job, "libsndfile does not write this number of channels or this rate so: HDF5 and SigMF have any");
	if (about->rate_millihz % 1000)
		remark("%s: its head has whole rates only: %.3f Hz becomes %d Hz", job->name,
		       about->rate_millihz / 1e3, info.samplerate);
	return EXIT_OK;
}

static int wav_check(const struct format_job *job)
{
	return sndfile_check(job, false);
}

static int flac_check(const struct format_job *job)
{
	return sndfile_check(job, true);
}

/* Where it is from, for people */
static void sndfile_tell(SNDFILE *file, const struct format_job *job)
{
	const struct part_about *about = recorded_about(job->recorded);
	int64_t utc = recorded_utc(job->recorded, job->first);
	char text[512], time[UTC_MAX];

	if (utc != PART_NO_TIME)
		sf_set_string(file, SF_STR_DATE, utc_text(utc, time));
	snprintf(text, sizeof(text), "%s%s%s%sfirst sample index %" PRIu64, about->card,
		 *about->serial ? ", serial " : "", about->serial,
		 *about->card || *about->serial ? ", " : "",
		 recorded_index(job->recorded, job->first));
	sf_set_string(file, SF_STR_COMMENT, text);
}

static int sndfile_failed(const struct sndfile_output *o)
{
	if (errno)
		return draft_error(o->name, errno);
	complain("%s cannot be written: %s", o->name, sf_strerror(o->file));
	return EXIT_SYSTEM;
}

static int sndfile_open(void **out, const struct format_job *job, bool flac)
{
	const struct part_about *about = recorded_about(job->recorded);
	struct sndfile_output *o = calloc(1, sizeof(*o));
	SF_INFO info = sndfile_info(job, flac);
	unsigned int bits = format_width(about->format) * 8;
	int status;

	*out = o;
	if (!o)
		return sndfile_refuse(job, "out of memory");
	o->name = job->name;
	o->format = about->format;
	o->channels = about->channels;
	o->cut = bits > sndfile_bits(job) ? bits - sndfile_bits(job) : 0;
	status = draft_open(&o->draft, job->name, job->force);
	if (status)
		return status;
	errno = 0;
	o->file = sf_open_fd(o->draft.fd, SFM_WRITE, &info, SF_FALSE);
	if (!o->file)
		return sndfile_failed(o);
	sndfile_tell(o->file, job);
	return EXIT_OK;
}

static int wav_open(void **out, const struct format_job *job)
{
	return sndfile_open(out, job, false);
}

static int flac_open(void **out, const struct format_job *job)
{
	return sndfile_open(out, job, true);
}

/* As numbers of 32 bits, the sample in the highest ones: so libsndfile has them, any width. */
static void sndfile_convert(struct sndfile_output *o, const void *data, size_t samples)
{
	uint32_t flip = format_signed(o->format) ? 0 : 0x80000000, v, lost;
	unsigned int width = format_width(o->format);
	const uint8_t *at = data;
	size_t i;

	/* the cut bits, once the sample is moved up */
	lost = o->cut ? ((1U << o->cut) - 1) << (32 - width * 8) : 0;
	for (i = 0; i < samples; i++, at += width) {
		if (width == 1)
			v = (uint32_t)at[0] << 24;
		else if (width == 2)
			v = (uint32_t)at[1] << 24 | (uint32_t)at[0] << 16;
		else
			v = (uint32_t)at[3] << 24 | (uint32_t)at[2] << 16 |
			    (uint32_t)at[1] << 8 | at[0];
		o->changed += !!(v & lost);
		o->block[i] = (int)(v ^ flip);
	}
}

static int sndfile_write(void *output, const void *data, size_t frames, uint64_t frame,
			 uint64_t index)
{
	struct sndfile_output *o = output;
	size_t samples = frames * o->channels, n;
	const char *from = data;

	(void)frame;
	(void)index;
	for (; samples; samples -= n, from += n * format_width(o->format)) {
		/* whole frames; 1024 channels at most */
		n = SNDFILE_BLOCK - SNDFILE_BLOCK % o->channels;
		n = samples < n ? samples : n;
		sndfile_convert(o, from, n);
		errno = 0;
		if (sf_write_int(o->file, o->block, n) != (sf_count_t)n)
			return sndfile_failed(o);
	}
	return EXIT_OK;
}

static int sndfile_finish(void *output)
{
	struct sndfile_output *o = output;
	SNDFILE *file = o->file;
	int err;

	o->file = NULL;
	errno = 0;
	if (sf_close(file))
		return sndfile_failed(o);
	err = draft_sync(&o->draft);
	if (err)
		return draft_error(o->name, -err);
	if (o->changed)
		remark("%s: %" PRIu64 " samples had something in the low %u bits, which are left out",
		       o->name, o->changed, o->cut);
	return draft_publish(&o->draft);
}

static void sndfile_close(void *output)
{
	struct sndfile_output *o = output;

	if (!o)
		return;
	if (o->file)
		sf_close(o->file);
	draft_drop(&o->draft);
	free(o);
}

const struct format format_wav = {
	.name = "wav", .title = "WAV", .note = "RF64 above 4 GiB",
	.suffixes = wav_suffixes,
	.check = wav_check, .open = wav_open, .write = sndfile_write,
	.finish = sndfile_finish, .close = sndfile_close,
};

const struct format format_flac = {
	.name = "flac", .title = "FLAC", .note = "at most 24 bits, 8 channels",
	.suffixes = flac_suffixes,
	.check = flac_check, .open = flac_open, .write = sndfile_write,
	.finish = sndfile_finish, .close = sndfile_close,
};

#else /* HAVE_SNDFILE */

const struct format format_wav = {
	.name = "wav", .title = "WAV", .note = "RF64 above 4 GiB",
	.suffixes = wav_suffixes, .package = "libsndfile1-dev",
};

const struct format format_flac = {
	.name = "flac", .title = "FLAC", .note = "at most 24 bits, 8 channels",
	.suffixes = flac_suffixes, .package = "libsndfile1-dev",
};

#endif /* HAVE_SNDFILE */

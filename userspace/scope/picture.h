/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What viewers with the same settings see: trace and spectrum, computed once for all of them.
 *
 * The message for the page, little endian, without padding:
 *
 *	u32	PICTURE_MAGIC
 *	u32	PICTURE_* flags
 *	u32	lanes		channels shown
 *	u32	columns		of the trace
 *	u32	per_column	frames
 *	u32	gaps
 *	u32	bins		of the spectrum; 0: there is none
 *	u32	per_bin		bins of the transform in one of these
 *	u32	fft		samples of its window
 *	f64	begin		sample index of the first column
 *	f64	trigger		sample index; NaN: there is none
 *	u32	channel, [lanes]
 *	f32	peak in Hz, in dB, noise floor in dB, [lanes]; nothing without a spectrum
 *	i32	codes from that of no signal [lanes][columns][2 with PICTURE_PAIRS: lowest and
 *		highest]; PICTURE_NOTHING: there are no samples
 *	i16	dB of full scale * 100, [lanes][bins]
 *	f64	index, lost frames; u32 cause, estimated; [gaps]
 */
#ifndef SCOPE_PICTURE_H
#define SCOPE_PICTURE_H

#include <stdbool.h>
#include <stdint.h>

struct history;
struct message;
struct picture;

#define PICTURE_MAGIC		0x31504353	/* "SCP1" */
#define PICTURE_PAIRS		(1U << 0)
#define PICTURE_TRIGGERED	(1U << 1)	/* else it runs freely */
#define PICTURE_NOTHING		INT32_MIN

#define PICTURE_LANES		8
#define PICTURE_COLUMNS_MIN	16
#define PICTURE_COLUMNS_MAX	2048
#define PICTURE_FRAMES_MIN	16
#define PICTURE_FFT_MIN		64
#define PICTURE_FFT_MAX		65536
#define PICTURE_AVERAGE_MAX	1000

enum picture_trigger {
	PICTURE_FREE,
	PICTURE_AUTO,	/* freely, while there is nothing that triggers */
	PICTURE_NORMAL,	/* what triggered last stays */
};

/**
 * struct picture_settings - what a viewer can choose
 * @channels: a mask of the card's; of more than PICTURE_LANES the first
 * @frames: across the trace
 * @columns: of it and of the spectrum at most
 * @level: in codes from that of no signal
 * @fft: samples of a window, a power of two; 0: no spectrum
 * @average: windows that the mean reaches back
 *
 * Without padding, as they are compared as bytes.
 */
struct picture_settings {
	uint64_t channels;
	int64_t level;
	uint32_t frames, columns;
	uint32_t trigger, channel, falling;
	uint32_t fft, average;
	uint32_t reserved;
};

/* What the samples are of */
struct picture_stream {
	uint64_t mask;		/* the card's channels that are in a frame */
	uint64_t rate_millihz;
};

/* The picture of these settings; one user more. NULL: out of memory */
struct picture *picture_get(const struct picture_settings *settings);

void picture_put(struct picture *p);

/* Another run, or another format: what is kept from the last one goes. */
void picture_restart(void);

/* Each of them anew, of what there is now. */
void picture_make_all(const struct history *h, const struct picture_stream *stream);

/* The newest message; NULL: nothing new since the last picture_make_all(). */
struct message *picture_new(const struct picture *p);

#endif /* SCOPE_PICTURE_H */

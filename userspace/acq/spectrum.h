/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The power spectrum of one channel: windows of samples without a break between them (Hann),
 * and the mean of their powers.
 *
 * Powers are relative to that of a sine that spans the full scale, which has 1 (0 dBFS).
 */
#ifndef ACQ_SPECTRUM_H
#define ACQ_SPECTRUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fft;

struct spectrum {
	unsigned int n;		/* samples of a window */
	unsigned int bins;	/* n / 2 + 1 */
	unsigned int average;	/* windows that the mean reaches back; 0: all of them */
	struct fft *fft;
	double *window, *sample, *power;
	double *mean;		/* power in each bin */
	unsigned int filled;	/* samples in the window that is being filled */
	uint64_t windows;	/* that are in the mean */
};

#define SPECTRUM_MIN	16
#define SPECTRUM_MAX	(1U << 20)

/* False: out of memory. */
bool spectrum_begin(struct spectrum *s, unsigned int n, unsigned int average);

/* Codes that follow those before; full scale is @full codes from @zero. */
void spectrum_feed(struct spectrum *s, const int64_t *code, size_t num, int64_t zero, int64_t full);

/* What comes next does not follow what came: the window begins anew. */
void spectrum_gap(struct spectrum *s);

/* The mean begins anew; the window stays as it is. */
void spectrum_restart(struct spectrum *s);

void spectrum_end(struct spectrum *s);

struct spectrum_peak {
	double bin;	/* between bins too */
	double power;
};

/* The largest line, apart from DC; false: there is no power at all. */
bool spectrum_peak(const double *power, unsigned int bins, struct spectrum_peak *peak);

/* The power that half of the bins, apart from DC, stay below; @scratch: room for them */
double spectrum_floor(const double *power, unsigned int bins, double *scratch);

#endif /* ACQ_SPECTRUM_H */

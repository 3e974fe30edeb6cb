/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The Fourier transform of real samples, by FFTW if acq was built with it.
 */
#ifndef ACQ_FFT_H
#define ACQ_FFT_H

#include <stdbool.h>

struct fft;

/* Was acq built with FFTW? Complains if it was not. */
bool fft_usable(void);

/* Of @n values; NULL: out of memory, or not usable. */
struct fft *fft_begin(unsigned int n);

/* Where the @n values go */
double *fft_input(struct fft *fft);

/* Their squared magnitudes, n / 2 + 1 of them. The input is lost. */
void fft_run(struct fft *fft, double *square);

void fft_end(struct fft *fft);

#endif /* ACQ_FFT_H */

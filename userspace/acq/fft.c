// SPDX-License-Identifier: GPL-2.0-only
#include <stdlib.h>

#include "fft.h"
#include "report.h"

#ifdef HAVE_FFTW

#include <complex.h>
#include <fftw3.h>

struct fft {
	unsigned int n;
	double *in;
	fftw_complex *out;
	fftw_plan plan;
};

bool fft_usable(void)
{
	return true;
}

struct fft *fft_begin(unsigned int n)
{
	struct fft *fft = calloc(1, sizeof(*fft));

	if (!fft)
		return NULL;
	fft->n = n;
	fft->in = fftw_alloc_real(n);
	fft->out = fftw_alloc_complex(n / 2 + 1);
	if (fft->in && fft->out)
		fft->plan = fftw_plan_dft_r2c_1d(n, fft->in, fft->out, FFTW_ESTIMATE);
	if (fft->plan)
		return fft;
	fft_end(fft);
	return NULL;
}

double *fft_input(struct fft *fft)
{
	return fft->in;
}

void fft_run(struct fft *fft, double *square)
{
	unsigned int i;

	fftw_execute(fft->plan);
	for (i = 0; i <= fft->n / 2; i++)
		square[i] = creal(fft->out[i]) * creal(fft->out[i]) +
			    cimag(fft->out[i]) * cimag(fft->out[i]);
}

void fft_end(struct fft *fft)
{
	if (!fft)
		return;
	if (fft->plan)
		fftw_destroy_plan(fft->plan);
	fftw_free(fft->in);
	fftw_free(fft->out);
	free(fft);
}

#else

bool fft_usable(void)
{
	complain("this acq was built without FFTW, which spectrum and waterfall need: install libfftw3-dev (Debian) or fftw-devel (Fedora) and build it again; meter, histogram and plot work without");
	return false;
}

struct fft *fft_begin(unsigned int n)
{
	(void)n;
	return NULL;
}

double *fft_input(struct fft *fft)
{
	(void)fft;
	return NULL;
}

void fft_run(struct fft *fft, double *square)
{
	(void)fft;
	(void)square;
}

void fft_end(struct fft *fft)
{
	(void)fft;
}

#endif

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unit tests of the arithmetic of views. KTAP on stdout.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/acqdev.h>

#include "axis.h"
#include "fft.h"
#include "frequency.h"
#include "histogram.h"
#include "meter.h"
#include "report.h"
#include "samples.h"
#include "spectrum.h"
#include "text.h"

#define N	4096
#define RATE	48000000	/* millihertz */

static unsigned int bad;
static unsigned int checks;

#define CHECK(cond)								\
	do {									\
		checks++;							\
		if (!(cond)) {							\
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
			bad++;							\
		}								\
	} while (0)

static void near(double value, double want, double by, int line)
{
	checks++;
	if (fabs(value - want) <= by)
		return;
	printf("# line %d: %.9g is not %.9g within %g\n", line, value, want, by);
	bad++;
}

#define NEAR(value, want, by) near(value, want, by, __LINE__)

static const unsigned int formats[] = {
	ACQ_FORMAT_S8, ACQ_FORMAT_S16, ACQ_FORMAT_S32, ACQ_FORMAT_U8, ACQ_FORMAT_U16,
	ACQ_FORMAT_U32,
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/* Both ends of each format, in a frame of three channels that is aligned to nothing */
static void test_samples(void)
{
	static const int64_t lowest[] = { -128, -32768, -2147483648LL, 0, 0, 0 };
	static const int64_t highest[] = { 127, 32767, 2147483647, 255, 65535, 4294967295LL };
	unsigned char frames[2 * 3 * 4 + 1], *p;
	unsigned int f, b, place;
	int64_t code[2];
	struct samples s;
	uint64_t v;

	for (f = 0; f < FORMATS; f++) {
		samples_layout(&s, formats[f], 3);
		CHECK(s.frame == 3 * s.width && s.lowest == lowest[f] && s.highest == highest[f]);
		CHECK(s.highest - s.lowest == 2 * s.full - 1 && s.zero == s.lowest + s.full);
		for (place = 0; place < 3; place++) {
			memset(frames, 0x5a, sizeof(frames));
			p = frames + 1 + place * s.width;
			for (b = 0; b < s.width; b++) {
				v = lowest[f];
				p[b] = v >> 8 * b;
				v = highest[f];
				p[b + s.frame] = v >> 8 * b;
			}
			samples_take(&s, frames + 1, 2, place, code);
			CHECK(code[0] == lowest[f] && code[1] == highest[f]);
		}
	}
}

/* @num samples of a sine: amplitude and DC of full scale, frequency in bins of N */
static int64_t *sine(const struct samples *s, size_t num, double amplitude, double bin, double dc)
{
	int64_t *code = malloc(num * sizeof(*code));
	double v;
	size_t i;

	for (i = 0; i < num; i++) {
		v = dc + amplitude * sin(2 * M_PI * bin * i / N + 0.3);
		code[i] = s->zero + llrint(v * s->full);
		code[i] = code[i] > s->highest ? s->highest : code[i];
		code[i] = code[i] < s->lowest ? s->lowest : code[i];
	}
	return code;
}

static struct spectrum_peak peak_of(unsigned int format, size_t num, double amplitude, double bin,
				    double dc)
{
	struct spectrum_peak peak = { };
	struct spectrum sp;
	struct samples s;
	int64_t *code;

	samples_layout(&s, format, 1);
	code = sine(&s, num, amplitude, bin, dc);
	CHECK(spectrum_begin(&sp, N, 0));
	spectrum_feed(&sp, code, num, s.zero, s.full);
	CHECK(sp.windows == num / N);
	CHECK(spectrum_peak(sp.mean, sp.bins, &peak));
	spectrum_end(&sp);
	free(code);
	return peak;
}

/* Wherever between two bins a sine is, its place and level are right. */
static void test_peak(void)
{
	static const double bins[] = {
		10, 100, 100.1, 100.25, 100.5, 100.77, 1024, 1500.5, 2040.3,
	};
	static const double levels[] = { 1, 0.5, 0.1, 0.01 };
	struct spectrum_peak peak;
	unsigned int i, j, f;

	for (i = 0; i < sizeof(bins) / sizeof(bins[0]); i++) {
		for (j = 0; j < sizeof(levels) / sizeof(levels[0]); j++) {
			peak = peak_of(ACQ_FORMAT_S32, 3 * N, levels[j], bins[i], 0);
			NEAR(peak.bin, bins[i], 0.01);
			NEAR(axis_db(peak.power), 20 * log10(levels[j]), 0.1);
		}
	}
	/* in each format, and beside a DC that is larger */
	for (f = 0; f < FORMATS; f++) {
		peak = peak_of(formats[f], N, 0.25, 333.3, 0.5);
		NEAR(peak.bin, 333.3, 0.02);
		NEAR(axis_db(peak.power), 20 * log10(0.25), 0.1);
	}
}

/* The power of white noise is spread evenly; the window makes each bin 1.5 times as wide. */
static void test_floor(void)
{
	const size_t num = 200 * N;
	const double sigma = 0.01;
	int64_t *code = malloc(num * sizeof(*code));
	double *scratch = malloc((N / 2 + 1) * sizeof(*scratch)), v;
	struct spectrum sp;
	unsigned int k;
	size_t i;

	srand48(1);
	for (i = 0; i < num; i++) {
		for (v = -6, k = 0; k < 12; k++)
			v += drand48();
		code[i] = llrint(v * sigma * 2147483648.0);
	}
	CHECK(spectrum_begin(&sp, N, 0));
	spectrum_feed(&sp, code, num, 0, 1LL << 31);
	v = spectrum_floor(sp.mean, sp.bins, scratch);
	/* sigma^2 of full scale's 1/2, in N / 2 bins */
	NEAR(axis_db(v), 10 * log10(2 * sigma * sigma * 1.5 / (N / 2)), 0.1);
	spectrum_end(&sp);
	free(scratch);
	free(code);
}

static void test_windows(void)
{
	struct spectrum_peak peak;
	struct spectrum sp;
	struct samples s;
	int64_t *loud, *quiet, *code;

	samples_layout(&s, ACQ_FORMAT_S32, 1);
	loud = sine(&s, N, 1, 64, 0);
	quiet = sine(&s, N, 0.1, 512, 0);
	/* DC is at 0, alone, and no peak */
	code = sine(&s, N, 0, 0, 0.5);
	CHECK(spectrum_begin(&sp, N, 0));
	spectrum_feed(&sp, code, N, s.zero, s.full);
	NEAR(axis_db(sp.mean[0]), 20 * log10(0.5), 0.1);
	CHECK(!spectrum_peak(sp.mean, sp.bins, &peak) || axis_db(peak.power) < -150);
	/* a window that a gap cuts is of no use to anybody */
	spectrum_restart(&sp);
	spectrum_feed(&sp, loud, N - 1, s.zero, s.full);
	spectrum_gap(&sp);
	CHECK(!sp.windows);
	spectrum_feed(&sp, quiet, N, s.zero, s.full);
	CHECK(sp.windows == 1 && spectrum_peak(sp.mean, sp.bins, &peak));
	NEAR(peak.bin, 512, 0.01);
	NEAR(axis_db(peak.power), -20, 0.1);
	NEAR(axis_db(sp.mean[64]), AXIS_FLOOR, 50);
	/* the mean is one of powers */
	spectrum_feed(&sp, loud, N, s.zero, s.full);
	NEAR(axis_db(sp.mean[64]), 10 * log10(0.5), 0.1);
	NEAR(axis_db(sp.mean[512]), 10 * log10(0.01 / 2), 0.1);
	spectrum_end(&sp);
	/* which forgets, if it is to */
	CHECK(spectrum_begin(&sp, N, 2));
	spectrum_feed(&sp, loud, N, s.zero, s.full);
	spectrum_feed(&sp, quiet, N, s.zero, s.full);
	spectrum_feed(&sp, quiet, N, s.zero, s.full);
	spectrum_feed(&sp, quiet, N, s.zero, s.full);
	NEAR(axis_db(sp.mean[64]), 10 * log10(0.125), 0.1);
	spectrum_end(&sp);
	/* nothing at all */
	CHECK(spectrum_begin(&sp, 16, 0));
	memset(code, 0, N * sizeof(*code));
	spectrum_feed(&sp, code, N, 0, 1);
	CHECK(sp.windows == N / 16 && !spectrum_peak(sp.mean, sp.bins, &peak));
	spectrum_end(&sp);
	free(code);
	free(quiet);
	free(loud);
}

static void test_meter(void)
{
	struct meter m = { }, half = { };
	struct samples s;
	unsigned int f;
	int64_t *code;

	for (f = 0; f < FORMATS; f++) {
		samples_layout(&s, formats[f], 1);
		code = sine(&s, N, 0.5, 100, 0.25);
		m = (struct meter){ };
		meter_feed(&m, &s, code, N);
		NEAR(axis_db(meter_rms_power(&m, &s)), 20 * log10(0.5), 0.1);
		NEAR(axis_db(meter_peak_power(&m, &s)), 20 * log10(0.75), 0.1);
		NEAR((m.mean - s.zero) / s.full, 0.25, 0.005);
		CHECK(m.num == N && !m.clipped);
		/* in pieces it is the same */
		half = (struct meter){ };
		meter_feed(&half, &s, code, 1000);
		meter_feed(&half, &s, code + 1000, N - 1000);
		NEAR(meter_sigma(&half) / meter_sigma(&m), 1, 0.000000001);
		CHECK(half.lo == m.lo && half.hi == m.hi && half.num == m.num);
		free(code);
		/* full scale and beyond */
		code = sine(&s, N, 1.5, 100, 0);
		m = (struct meter){ };
		meter_feed(&m, &s, code, N);
		NEAR(axis_db(meter_peak_power(&m, &s)), 0, 0.000001);
		CHECK(m.clipped > N / 3 && m.clipped < N / 1.8);
		free(code);
	}
	/* a code of noise upon all of the DC that there is, a million times over */
	samples_layout(&s, ACQ_FORMAT_U32, 1);
	m = (struct meter){ };
	for (f = 0; f < 1000000; f++) {
		int64_t pair[2] = { 4294967292LL, 4294967294LL };

		meter_feed(&m, &s, pair, 2);
	}
	NEAR(meter_sigma(&m), 1, 0.001);
	m = (struct meter){ };
	CHECK(meter_sigma(&m) == 0 && meter_rms_power(&m, &s) == 0);
	CHECK(meter_peak_power(&m, &s) == 0);
}

static void test_histogram(void)
{
	struct histogram_missing missing;
	struct samples s;
	struct histogram h;
	int64_t code, v;
	unsigned int i;

	samples_layout(&s, ACQ_FORMAT_S16, 1);
	CHECK(histogram_begin(&h, &s));
	histogram_missing(&h, &missing);
	CHECK(!missing.known && !histogram_stuck(&h));
	/* each of 256 codes but one, thirty times */
	for (i = 0; i < 30 * 256; i++) {
		code = (int)(i % 256) - 128;
		if (code != 17)
			histogram_feed(&h, &code, 1);
	}
	NEAR(histogram_between(&h, -128, 128), 30 * 255, 0.000001);
	NEAR(histogram_between(&h, 17, 18), 0, 0.000001);
	NEAR(histogram_between(&h, 16, 16.5), 15, 0.000001);
	NEAR(histogram_between(&h, -40000, 40000), 30 * 255, 0.000001);
	histogram_missing(&h, &missing);
	CHECK(missing.known && missing.missing == 1 && missing.first == 17);
	CHECK(!histogram_stuck(&h) && h.meter.lo == -128 && h.meter.hi == 127);
	histogram_restart(&h);
	/* of 12 bits, filled up with zeros, bit 6 stuck at 1 */
	for (i = 0; i < 40 * 4096; i++) {
		code = ((int)(i % 4096) - 2048) * 16 | 0x40;
		histogram_feed(&h, &code, 1);
	}
	CHECK(histogram_stuck(&h) == 0x4f);
	histogram_missing(&h, &missing);
	/* steps of 16: the bit alone makes half of the codes go */
	CHECK(missing.known && missing.missing * 2 + 8 >= missing.codes);
	histogram_restart(&h);
	code = 5;
	for (i = 0; i < 5000; i++)
		histogram_feed(&h, &code, 1);
	CHECK(!histogram_stuck(&h));
	histogram_missing(&h, &missing);
	CHECK(missing.known && !missing.missing && missing.codes == 1);
	histogram_end(&h);
	/* cells grow to either side, and nothing gets lost */
	for (i = 0; i < 2; i++) {
		samples_layout(&s, i ? ACQ_FORMAT_U32 : ACQ_FORMAT_S32, 1);
		CHECK(histogram_begin(&h, &s));
		for (v = 0; v < 32; v++) {
			code = s.zero + (v % 2 ? 1 : -1) * (1LL << v) / 2;
			code = code > s.highest ? s.highest : code;
			histogram_feed(&h, &code, 1);
		}
		CHECK(h.shift >= 15 && h.shift <= 17);
		NEAR(histogram_between(&h, s.lowest - 1e6, s.highest + 1e6), 32, 0.000001);
		code = s.lowest;
		histogram_feed(&h, &code, 1);
		code = s.highest;
		histogram_feed(&h, &code, 1);
		NEAR(histogram_between(&h, h.origin, h.origin + 65536.0 * (1 << h.shift)), 34,
		     0.000001);
		histogram_end(&h);
	}
}

static void label(double value, unsigned int digits, const char *unit, const char *want, int line)
{
	char text[TEXT_MAX];

	checks++;
	if (!strcmp(axis_label(value, digits, unit, text), want))
		return;
	printf("# line %d: '%s' instead of '%s'\n", line, text, want);
	bad++;
}

#define LABEL(value, digits, unit, want) label(value, digits, unit, want, __LINE__)

static void test_axis(void)
{
	static const unsigned int cut[] = { 0, 1, 5, 11, 12, 13, 17, 18, 30 };
	double span, step;
	unsigned int i;

	NEAR(axis_step(24000, 5), 5000, 0);
	NEAR(axis_step(25000, 5), 5000, 0.000001);
	NEAR(axis_step(0.5, 5), 0.1, 0.000000001);
	NEAR(axis_step(1, 1), 1, 0.000000001);
	NEAR(axis_step(0, 5), 1, 0);
	NEAR(axis_step(NAN, 0), 1, 0);
	for (span = 0.001; span < 1e10; span *= 1.7) {
		for (i = 1; i < 20; i++) {
			step = axis_step(span, i);
			CHECK(span / step <= i * 1.000001 && span / step * 2.5 >= i * 0.999999);
		}
	}
	LABEL(0, 4, "Hz", "0 Hz");
	LABEL(1000.3, 7, "Hz", "1.0003 kHz");
	LABEL(999.96, 4, "Hz", "1 kHz");
	LABEL(999.94, 4, "Hz", "999.9 Hz");
	LABEL(1.25e9, 4, "Hz", "1.25 GHz");
	LABEL(-2.5e6, 4, "", "-2.5 M");
	LABEL(12, 4, "", "12");
	NEAR(axis_db(0), AXIS_FLOOR, 0);
	NEAR(axis_db(NAN), AXIS_FLOOR, 0);
	NEAR(axis_db(DBL_MIN), AXIS_FLOOR, 0);
	CHECK(frequency_window(RATE, 4096) == 4096 && frequency_window(1000000, 4096) == 256);
	CHECK(frequency_window(8000000, 4096) == 1024 || frequency_window(8000000, 4096) == 2048);
	CHECK(frequency_window(0, 1024) == 1024);
	/* a line is cut between two clauses, and within the first alone */
	for (i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		char text[32] = "first part, second";

		report_fit(text, cut[i]);
		CHECK(strlen(text) <= cut[i]);
		if (cut[i] >= 10)
			CHECK(!strcmp(text, cut[i] < 18 ? "first part" : "first part, second"));
	}
}

static const struct {
	const char *name;
	void (*run)(void);
	bool transform;
} tests[] = {
	{ "samples of each format", test_samples, false },
	{ "peaks", test_peak, true },
	{ "noise floor", test_floor, true },
	{ "windows and means", test_windows, true },
	{ "meter", test_meter, false },
	{ "histogram", test_histogram, false },
	{ "axes and lines", test_axis, false },
};

int main(void)
{
	unsigned int i, failed = 0, num = sizeof(tests) / sizeof(tests[0]);
	bool transform = fft_usable();

	printf("KTAP version 1\n1..%u\n", num);
	for (i = 0; i < num; i++) {
		bad = 0;
		checks = 0;
		if (tests[i].transform && !transform) {
			printf("ok %u %s # SKIP built without FFTW\n", i + 1, tests[i].name);
			continue;
		}
		tests[i].run();
		failed += !!bad;
		printf("%sok %u %s # %u checks\n", bad ? "not " : "", i + 1, tests[i].name, checks);
	}
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test patterns of a card, from any sample on.
 *
 * PRBS: b[n] = b[n - 31] ^ b[n - 28] squared five times says that words of 32
 * bits obey the same rule, w[n] = w[n - 31] ^ w[n - 28], whatever bit they
 * begin at. So one exclusive or makes 32 bits, and 28 words do not depend on
 * each other.
 */
#include <endian.h>
#include <string.h>

#include "pattern.h"

#define PRBS_BITS	31
#define PRBS_PERIOD	((UINT32_C(1) << PRBS_BITS) - 1)
#define PRBS_STEP	28		/* bits, or words, that are known at once */
#define PRBS_POLY	UINT32_C(0x9)	/* x^31 = x^3 + 1 */
/* b[-31] .. b[-1]: the bits that make the first 31 ones */
#define PRBS_START	UINT32_C(0x0e38e38e)
#define PRBS_ROUNDS	36

#define RAMP_CHUNK	256

/* The product of two polynomials over GF(2), modulo x^31 + x^3 + 1. */
static uint32_t poly_mul(uint32_t a, uint32_t b)
{
	uint32_t r = 0;

	for (; b; b >>= 1) {
		if (b & 1)
			r ^= a;
		a <<= 1;
		if (a >> PRBS_BITS)
			a = (a & PRBS_PERIOD) ^ PRBS_POLY;
	}
	return r;
}

/* The next @n bits, n <= PRBS_STEP, and the state behind them. */
static uint32_t prbs_step(uint32_t *state, unsigned int n)
{
	uint32_t bits = (*state ^ *state >> 3) & ((UINT32_C(1) << n) - 1);

	*state = *state >> n | bits << (PRBS_BITS - n);
	return bits;
}

static uint32_t prbs_word(uint32_t *state)
{
	uint32_t low = prbs_step(state, 16);

	return low | prbs_step(state, 16) << 16;
}

/*
 * The generator's step, as a matrix, is a root of its own characteristic
 * polynomial: its power n is the polynomial x^n mod x^31 + x^3 + 1 of it.
 */
static uint32_t prbs_state(uint64_t bit)
{
	uint32_t power = 1, square = 2, state = 0, s = PRBS_START;

	for (; bit; bit >>= 1) {
		if (bit & 1)
			power = poly_mul(power, square);
		square = poly_mul(square, square);
	}
	for (; power; power >>= 1) {
		if (power & 1)
			state ^= s;
		prbs_step(&s, 1);
	}
	return state;
}

void pattern_seek(struct pattern *p, enum pattern_kind kind, unsigned int width, uint64_t first)
{
	p->kind = kind;
	p->width = width;
	p->next = first;
	p->state = 0;
	if (kind == PATTERN_PRBS)
		p->state = prbs_state(first % PRBS_PERIOD * (width * 8));
}

static void prbs_fill(struct pattern *p, uint8_t *out, size_t bytes)
{
	/* Not in place: the buffer may be a guest's memory. */
	uint32_t w[PRBS_BITS + PRBS_STEP * PRBS_ROUNDS];
	uint8_t tail[8];
	size_t done;
	int i, j;

	while (bytes >= sizeof(w)) {
		for (i = 0; i < PRBS_BITS; i++)
			w[i] = htole32(prbs_word(&p->state));
		for (;;) {
			/* the last 31 words of a round begin the next one */
			for (i = 0; i < PRBS_ROUNDS; i++) {
				const uint32_t *from = w + i * PRBS_STEP;
				uint32_t *to = w + PRBS_BITS + i * PRBS_STEP;

				for (j = 0; j < PRBS_STEP; j++)
					to[j] = from[j] ^ from[j + 3];
			}
			done = PRBS_STEP * PRBS_ROUNDS * sizeof(*w);
			memcpy(out, w, done);
			out += done;
			bytes -= done;
			memcpy(w, w + PRBS_STEP * PRBS_ROUNDS, PRBS_BITS * sizeof(*w));
			if (bytes < sizeof(w))
				break;
		}
		/* w[0..30] are the next words to come */
		memcpy(out, w, PRBS_BITS * sizeof(*w));
		out += PRBS_BITS * sizeof(*w);
		bytes -= PRBS_BITS * sizeof(*w);
		p->state = le32toh(w[PRBS_BITS - 1]) >> 1;
	}
	while (bytes >= 4) {
		w[0] = htole32(prbs_word(&p->state));
		memcpy(out, w, 4);
		out += 4;
		bytes -= 4;
	}
	for (done = 0; done < bytes; done++)
		tail[done] = (uint8_t)prbs_step(&p->state, 8);
	memcpy(out, tail, done);
}

static void ramp8_fill(uint64_t first, uint8_t *out, size_t samples)
{
	uint8_t chunk[RAMP_CHUNK];
	size_t n;
	int i;

	for (i = 0; i < RAMP_CHUNK; i++)
		chunk[i] = (uint8_t)(first + i);
	for (; samples; samples -= n, out += n) {
		n = samples < RAMP_CHUNK ? samples : RAMP_CHUNK;
		memcpy(out, chunk, n);
	}
}

static void ramp16_fill(uint64_t first, uint8_t *out, size_t samples)
{
	uint16_t chunk[RAMP_CHUNK];
	uint16_t base = (uint16_t)first;
	size_t n;
	int i;

	for (; samples; samples -= n, out += n * sizeof(*chunk), base += RAMP_CHUNK) {
		for (i = 0; i < RAMP_CHUNK; i++)
			chunk[i] = htole16((uint16_t)(base + i));
		n = samples < RAMP_CHUNK ? samples : RAMP_CHUNK;
		memcpy(out, chunk, n * sizeof(*chunk));
	}
}

static void ramp32_fill(uint64_t first, uint8_t *out, size_t samples)
{
	uint32_t chunk[RAMP_CHUNK];
	uint32_t base = (uint32_t)first;
	size_t n;
	int i;

	for (; samples; samples -= n, out += n * sizeof(*chunk), base += RAMP_CHUNK) {
		for (i = 0; i < RAMP_CHUNK; i++)
			chunk[i] = htole32(base + (uint32_t)i);
		n = samples < RAMP_CHUNK ? samples : RAMP_CHUNK;
		memcpy(out, chunk, n * sizeof(*chunk));
	}
}

void pattern_fill(struct pattern *p, void *buf, size_t samples)
{
	if (p->kind == PATTERN_PRBS)
		prbs_fill(p, buf, samples * p->width);
	else if (p->width == 1)
		ramp8_fill(p->next, buf, samples);
	else if (p->width == 2)
		ramp16_fill(p->next, buf, samples);
	else
		ramp32_fill(p->next, buf, samples);
	p->next += samples;
}
